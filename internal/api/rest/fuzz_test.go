// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package rest

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// FuzzAnswer: no answer makes Do panic, hang, repeat a final failure, or give an error that is not
// fit to print.
func FuzzAnswer(f *testing.F) {
	for _, seed := range []struct {
		status           int
		phrase, body     string
		location, waiter string
	}{
		{200, "OK", `{"count":1,"items":[{"account":"x"}]}`, "", ""},
		{200, "", `<html><title>x</title>`, "", ""},
		{204, "No Content", ``, "", ""},
		{302, "Found", ``, "https://idp.example.com/x?y", ""},
		{307, "", ``, "http://[::1", ""},
		{400, "Bad\xffRequest", `{"error_code":7,"error_msg":null}`, "", ""},
		{401, "", `{"error":{"code":"x"}}`, "", ""},
		{429, "Too Many", `{"message":"later"}`, "", "1"},
		{503, "", `<h1>down<h1`, "", "Mon, 02 Jan 2006 15:04:05 GMT"},
		{0, "", "", "", ""},
		{-7, "", "", "", ""},
		{1000, "", "\x00", "\x00", "\x00"},
	} {
		f.Add(seed.status, seed.phrase, seed.body, seed.location, seed.waiter)
	}
	f.Fuzz(func(t *testing.T, status int, phrase, body, location, wait string) {
		sent := 0
		c := fake(t, Config{MaxRetries: 1, RetryWaitMin: 1, MaxBodyBytes: 1 << 16}, func(*http.Request) (*http.Response, error) {
			sent++
			r := respond(status, body, "Location", location)
			r.Status = phrase
			if wait != "" && retryAfter(http.Header{"Retry-After": {wait}}, time.Now()) == 0 {
				r.Header.Set("Retry-After", wait)
			}
			return r, nil
		})
		var dst struct {
			Count int
			Items []struct{ Account *string }
		}
		err := c.Do(t.Context(), Request{Operation: "Op", Decode: DecodeJSON(&dst)})
		if err == nil {
			if status < 200 || status > 299 || !json.Valid([]byte(body)) {
				t.Fatalf("%d %q is a success", status, body)
			}
			return
		}
		e, ok := errors.AsType[*Error](err)
		if !ok || !utf8.ValidString(e.Error()) || strings.ContainsAny(e.Error(), "\r\n\x00\x1b") || e.Attempts != sent {
			t.Fatalf("%T %q after %d", err, err, sent)
		}
		if e.Transient != (sent == 2) || e.Status != status && e.Status != 0 {
			t.Fatalf("sent %d times, %+v", sent, e)
		}
	})
}

func FuzzDecodeJSON(f *testing.F) {
	for _, seed := range []string{`{"a":1}`, `null`, ``, ` `, `[{}]`, `{"a":1}x`, `<p>`, "\xff", `{"a":"b"}`, `"\ud800"`, `{"a":`, "{\"\xff\":\"\"}"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		dst := map[string]any{"untouched": true}
		err := DecodeJSON(&dst)(200, nil, strings.NewReader(string(b)))
		var want map[string]any
		// encoding/json reads what is no text, and makes one name of several.
		if wantErr := json.Unmarshal(b, &want); (wantErr == nil && utf8.Valid(b)) != (err == nil) {
			t.Fatalf("%q: %v, encoding/json says %v", b, err, wantErr)
		}
		if err != nil {
			if _, ok := errors.AsType[*Error](err); !ok || dst["untouched"] != true {
				t.Fatalf("%q: %T %v, %v", b, err, err, dst)
			}
			return
		}
		if diff := cmp.Diff(want, dst); diff != "" {
			t.Fatal(diff)
		}
	})
}

func FuzzCheckURL(f *testing.F) {
	for _, seed := range []string{"https://h", "https://h:hunter2", "hunter2://h", "http://hunter2", "http://[::1]/", "https://a:b@h", "https://h/%2f?x#y", "\x00", "http://127.0.0.1", "HTTP://0x7f.1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		u, err := CheckURL(raw)
		if err != nil {
			// An address may be a secret that got into the wrong place: what is wrong is said in
			// the same words whatever it is.
			said := []string{
				"not a valid URL: check the host and the port", "must be an absolute URL such as https://host.example.com",
				"must not contain a user name or password", "must not contain a query", "must not contain a fragment",
				"http:// is accepted for loopback addresses only: use https://", "the scheme must be https",
			}
			if !slices.Contains(said, err.Error()) {
				t.Fatalf("%q: %v", raw, err)
			}
			return
		}
		if u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Host == "" || strings.HasSuffix(u.EscapedPath(), "/") {
			t.Fatalf("%q gave %+v", raw, u)
		}
		if u.Scheme != "https" && (u.Scheme != "http" || !isLoopback(u.Hostname())) {
			t.Fatalf("%q gave %s", raw, u)
		}
		if _, err := CheckURL(u.String()); err != nil {
			t.Fatalf("%q became %s, which is refused: %v", raw, u, err)
		}
	})
}

// FuzzTarget: what a server reads from the wire is what the request said, and the query has one
// spelling.
func FuzzTarget(f *testing.F) {
	f.Add("/v1/a", "b/c", "name", "一 (&=?!#%.*)", "+")
	f.Add("", "%41", "", "", "\xff")
	f.Fuzz(func(t *testing.T, path, segment, key, v1, v2 string) {
		base, err := CheckURL("https://h/p")
		if err != nil {
			t.Fatal(err)
		}
		r := Request{Path: path, Segments: []string{segment}, Query: url.Values{key: {v1, v2}, "limit": {"100"}}}
		u := target(base, &r)
		got, err := url.ParseRequestURI(u.RequestURI())
		if err != nil {
			t.Fatalf("%s: %v", u, err)
		}
		want := "/" + strings.TrimPrefix(path, "/")
		if path == "" {
			want = ""
		}
		if got.Path != "/p"+want+"/"+segment {
			t.Fatalf("path %q, want %q", got.Path, "/p"+want+"/"+segment)
		}
		escaped := got.EscapedPath()
		if i := strings.LastIndex(escaped, "/"); escaped[i+1:] != Escape(segment) {
			t.Fatalf("the last segment of %s is not %s", escaped, Escape(segment))
		}
		if diff := cmp.Diff(map[string][]string(r.Query), map[string][]string(got.Query())); diff != "" {
			t.Fatal(diff)
		}
		if strings.ContainsAny(got.RawQuery, "+ ") || EncodeQuery(got.Query()) != got.RawQuery {
			t.Fatalf("query %q", got.RawQuery)
		}
	})
}

// FuzzRedact: whoever quotes a secret, as a whole or cut off, and in whatever common spelling, no
// piece of it is left, and a text without one is left as it is.
func FuzzRedact(f *testing.F) {
	f.Add("0123456789012345678901234567890123456789", "a Signature=", " b", 7, 30)
	f.Add("secret", "sec", "ret", 0, 6)
	f.Add("correct \"horse\" & bättery\nstaple", "the password was ", "!", 3, 25)
	f.Add("-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg\n-----END PRIVATE KEY-----", "x", "y", 28, 60)
	f.Fuzz(func(t *testing.T, secret, before, after string, from, to int) {
		if strings.Contains(secret, "*") {
			return // the mask itself
		}
		forms := formsOf(secret)
		if len(secret) < shortest != (len(forms) == 0) {
			t.Fatalf("%q has %d forms", secret, len(forms))
		}
		plain := before + after
		if got := mask(plain, forms); !strings.Contains(got, hidden) && got != plain && len(plain) <= maxText {
			t.Fatalf("%q became %q without a secret in it", plain, got)
		}
		for _, form := range forms {
			cut := form.text[min(max(from, 0), len(form.text)):]
			cut = cut[:min(max(to, 0), len(cut))]
			got := mask(before+cut+after, forms)
			for i := 0; i+form.size <= len(cut); i++ {
				if strings.Contains(got, cut[i:i+form.size]) && utf8.ValidString(cut[i:i+form.size]) {
					t.Fatalf("%q of %q is still in %q", cut[i:i+form.size], form.text, got)
				}
			}
		}
	})
}

// FuzzRetryAfter: a wait is never negative nor longer than the cap, and seconds are what they say.
func FuzzRetryAfter(f *testing.F) {
	for _, seed := range []string{"1", "0", "-1", " 7 ", "99999999999999999999", "1.5", "Mon, 23 Nov 2026 21:00:05 GMT", "Mon, 23 Nov 2099 21:00:00 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "\x00", "+5"} {
		f.Add(seed)
	}
	now := time.Date(2026, time.November, 23, 21, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, text string) {
		got := retryAfter(http.Header{"Retry-After": {text}}, now)
		if got < 0 || got > maxRetryAfter {
			t.Fatalf("%q is %s", text, got)
		}
		if n, err := strconv.Atoi(strings.TrimSpace(text)); err == nil && n >= 0 && n <= 300 && got != time.Duration(n)*time.Second {
			t.Fatalf("%q is %s", text, got)
		}
	})
}

// FuzzText: whatever a page, a text or a header holds, an error repeats of it one line of valid
// text, not too long.
func FuzzText(f *testing.F) {
	for _, seed := range []string{"<title>a\r\nb</title>", "<H1 class=x>a<b>c</b></h2>", "<title></title><h1>x</h1>", "&#0;&#x1b;[31m", "\xff\xfe", "\u202e\u2028", strings.Repeat("界", 600), "<"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for what, text := range map[string]string{
			"clean": clean(string(b)), "quoted title": quotedTitle(b), "excerpt": Excerpt(b, 200),
			"request id": (&Error{RequestID: requestID(http.Header{"X-Request-Id": {string(b)}})}).Error(),
			"reading":    (&Error{Message: generalReading(Answer{Status: 400, Body: b}).Message}).Error(),
			"no JSON":    JSONError(b, nil).Error(),
		} {
			// Quoting may make four bytes of one.
			if !utf8.ValidString(text) || strings.ContainsAny(text, "\n\r\x00\x1b\u202e\u2028") || len(text) > 4*maxText+200 {
				t.Fatalf("%s of %.100q is %.200q", what, b, text)
			}
		}
	})
}
