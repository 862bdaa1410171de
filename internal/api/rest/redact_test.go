// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package rest

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// quoting are the ways in which a server may send back what it got.
var quoting = map[string]func(string) string{
	"plain":       func(s string) string { return s },
	"cut off":     func(s string) string { return s[:len(s)-7] },
	"its end":     func(s string) string { return s[9:] },
	"base64":      func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) },
	"in base64":   func(s string) string { return base64.URLEncoding.EncodeToString([]byte("user:" + s + "@")) },
	"hex":         func(s string) string { return hex.EncodeToString([]byte(s)) },
	"HEX":         func(s string) string { return strings.ToUpper(hex.EncodeToString([]byte(s))) },
	"URL":         url.QueryEscape,
	"JSON":        jsonText,
	"JSON, HTML":  safeJSON,
	"JSON twice":  func(s string) string { return jsonText(jsonText(s)) },
	"Go":          strconv.Quote,
	"HTML":        html.EscapeString,
	"backwards":   backwards,
	"url":         func(s string) string { return lowerEscapes(Escape(s)) },
	"query":       func(s string) string { return lowerEscapes(url.QueryEscape(s)) },
	"url twice":   func(s string) string { return Escape(lowerEscapes(Escape(s))) },
	"all escaped": allEscaped,
	"long url":    func(s string) string { return strings.Repeat("x", maxText-20) + allEscaped(s) },
	"url at 200":  func(s string) string { return strings.Repeat("x", 170) + lowerEscapes(Escape(s)) },
	"url at 80":   func(s string) string { return strings.Repeat("x", 50) + allEscaped(s) },
	"long before": func(s string) string { return strings.Repeat("x", maxText-20) + s },
}

// lowerEscapes writes the digits of percent escapes in lower case.
func lowerEscapes(s string) string {
	return regexp.MustCompile(`%[0-9A-F]{2}`).ReplaceAllStringFunc(s, strings.ToLower)
}

// allEscaped escapes every byte, every other one in upper case.
func allEscaped(s string) string {
	var b strings.Builder
	for i := range len(s) {
		format := "%%%02x"
		if i%2 == 0 {
			format = "%%%02X"
		}
		fmt.Fprintf(&b, format, s[i])
	}
	return b.String()
}

// pieces finds a piece of a secret, in any of the ways above, in a text.
func pieces(text, secret string) string {
	for way, quote := range quoting {
		quoted := quote(secret)
		n := piece
		switch way {
		case "long before":
			quoted = secret
		case "url at 200":
			quoted = lowerEscapes(Escape(secret))
		case "long url", "url at 80", "all escaped":
			quoted, n = allEscaped(secret), 4*piece/2
		}
		if strings.Contains(way, "base64") || strings.EqualFold(way, "hex") {
			n *= 2
		}
		for i := 0; i+n <= len(quoted); i++ {
			if strings.Contains(text, quoted[i:i+n]) {
				return way + ": " + quoted[i:i+n]
			}
		}
	}
	return ""
}

func TestNoPieceOfASecretInAnySpelling(t *testing.T) {
	t.Parallel()
	const (
		password = `pa"ss & wörd/with=signs+and <tags>`
		token    = "QXzSGj7AEp2Sw8TebqrN6Q=="
		proof    = "5ca1ab1e5ca1ab1e00112233445566778899aabbccddeeff0123456789abcdef"
	)
	answers := map[string]func(w http.ResponseWriter, echo string){
		"JSON": func(w http.ResponseWriter, echo string) {
			w.WriteHeader(403)
			_, _ = io.WriteString(w, `{"message":"x `+jsonText(echo)+`"}`)
		},
		"code": func(w http.ResponseWriter, echo string) {
			w.WriteHeader(500)
			_, _ = io.WriteString(w, `{"code":"`+jsonText(echo)+`"}`)
		},
		"text": func(w http.ResponseWriter, echo string) {
			w.WriteHeader(400)
			_, _ = io.WriteString(w, "bad password "+echo)
		},
		"title": func(w http.ResponseWriter, echo string) {
			w.WriteHeader(502)
			_, _ = io.WriteString(w, "<title>"+echo+"</title>")
		},
		"id": func(w http.ResponseWriter, echo string) {
			w.Header().Set("X-Request-Id", strings.ReplaceAll(echo, "\n", " "))
			w.WriteHeader(429)
		},
		"success": func(w http.ResponseWriter, echo string) { _, _ = io.WriteString(w, "access_token="+echo) },
		"redirect": func(w http.ResponseWriter, echo string) {
			w.Header().Set("Location", "https://"+url.PathEscape(echo)+"/")
			w.WriteHeader(302)
		},
	}
	for form, answer := range answers {
		for way, quote := range quoting {
			t.Run(form+"/"+way, func(t *testing.T) {
				t.Parallel()
				for name, secret := range map[string]string{"password": password, "token": token, "proof": proof} {
					book := &logBook{}
					c := serve(t, Config{Logger: book, Secrets: []string{password}, Authorize: func(_ context.Context, r *http.Request, _ []byte) error {
						r.Header.Set("Authorization", "Bearer "+token)
						return nil
					}}, func(w http.ResponseWriter, _ *http.Request) { answer(w, quote(secret)) })
					var dst map[string]any
					e := failure(t.Context(), t, c, Request{
						Operation: "Login", Method: http.MethodPost, Kind: Login, Body: map[string]string{"encryption": proof, "user": "somebody"}, Decode: DecodeJSON(&dst),
					})
					for _, text := range []string{e.Error(), e.Message, e.Code, e.RequestID, e.StatusText, book.String()} {
						if found := pieces(text, secret); found != "" {
							t.Errorf("%s: %s is in %q", name, found, text)
						}
					}
				}
			})
		}
	}
}

// What a login answers when it is no JSON may be a token that nobody has seen before.
func TestLoginsAreNotQuoted(t *testing.T) {
	t.Parallel()
	for kind, quoted := range map[Kind]bool{Login: false, Read: true} {
		c := serve(t, Config{}, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "access_token=abcdefgh") })
		var dst map[string]any
		e := failure(t.Context(), t, c, Request{Kind: kind, Decode: DecodeJSON(&dst)})
		if strings.Contains(e.Error(), "abcdefgh") != quoted || !strings.Contains(e.Error(), "answered text instead of JSON") {
			t.Errorf("kind %d: %v", kind, e)
		}
	}
}

func TestMaskLeavesTheRest(t *testing.T) {
	t.Parallel()
	forms := formsOf("correct horse battery staple")
	for text, want := range map[string]string{
		"":                              "",
		"correct hors":                  "***",
		"a correct horse battery b":     "a ***b", // with the blank behind it, which is in the secret too
		"correct":                       "correct",
		"horse battery, correct horse ": "***, ***",
	} {
		if got := mask(text, forms); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
	if got := mask("abcde", formsOf("abcde")); got != "abcde" {
		t.Errorf("a secret of five characters hides words: %q", got)
	}
	c := dial(t, Config{Secrets: []string{"correct horse"}}, "http://127.0.0.1:1")
	if got := c.Redact("a correct horse b"); got != "a *** b" {
		t.Errorf("got %q", got)
	}
}
