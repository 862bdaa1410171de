// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package rest

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"html"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/shared"
)

const (
	// hidden stands in the place of a secret.
	hidden = "***"
	// shortest is the length from which on a secret is hidden: a shorter one would hide every other
	// word.
	shortest = 6
	// piece is the length of the parts of a secret that are hidden wherever they stand: who quotes
	// a secret may cut it off. What is encoded is longer.
	piece = 12
	// longPart is the length from which on a part of a header is taken for a token or a signature:
	// "Bearer x", "a=b, Signature=x". The names of schemes are shorter, the tokens of Venafi have
	// 24 characters.
	longPart = 16
	// maxMasked is how much of an answer is looked at for secrets: more than is ever shown of it.
	maxMasked = 16 << 10
	// maxPercent is how often a secret may have been escaped with percent signs, and one more.
	maxPercent = 4
)

// Redact hides Config.Secrets in a text of the service that is not part of an Error.
func (c *Client) Redact(text string) string { return mask(text, *c.secrets.Load()) }

// Hide adds to Config.Secrets what became known later, such as keys that a service gave.
func (c *Client) Hide(secrets ...string) {
	var added []form
	for _, secret := range secrets {
		added = append(added, formsOf(secret)...)
	}
	for {
		old := c.secrets.Load()
		if c.secrets.CompareAndSwap(old, new(slices.Concat(*old, added))) {
			return
		}
	}
}

// redact takes out of an error what the request was authorized with: gateways quote the headers
// that they could not verify.
func (c *call) redact(e *Error) { e.hide(c.secretForms()) }

func (e *Error) hide(forms []form) {
	if page := e.page; page != nil {
		e.page = nil
		if page = []byte(mask(string(page), forms)); isHTML(page) {
			e.Message += quotedTitle(page)
		} else {
			e.quoted = ": " + Excerpt(page, 80)
		}
	}
	for _, text := range []*string{&e.Code, &e.Message, &e.StatusText, &e.RequestID, &e.quoted} {
		*text = mask(*text, forms)
	}
	if e.Err == nil {
		return
	}
	// Errors of net/http quote headers that it could not read.
	if text := e.Err.Error(); text != mask(text, forms) {
		e.Err = &redacted{error: e.Err, text: mask(text, forms)}
	}
}

// redacted is an error with another text.
type redacted struct {
	error

	text string
}

func (e *redacted) Error() string { return e.text }
func (e *redacted) Unwrap() error { return e.error }

func (c *call) redactText(text string) string {
	if text == "" {
		return text
	}
	return mask(text, c.secretForms())
}

// secretForms are the secrets of the client, and of the latest attempt: headers and query values
// that authorize, and what a login proves who it is with.
func (c *call) secretForms() []form {
	all := slices.Clip(*c.client.secrets.Load())
	for name, values := range c.request.Query {
		if secretName(name) {
			for _, v := range values {
				all = append(all, formsOf(v)...)
			}
		}
	}
	if c.sent == nil {
		return all
	}
	for name, values := range c.sent.Header {
		if secretName(name) {
			for _, v := range values {
				all = append(all, headerForms(v)...)
			}
		}
	}
	if c.request.Kind == Login {
		var fields map[string]any
		_ = json.Unmarshal(c.login, &fields)
		for name, v := range fields {
			if text, ok := v.(string); ok && secretName(name) {
				all = append(all, formsOf(text)...)
			}
		}
	}
	return all
}

// form is one spelling of a secret.
type form struct {
	text string
	// size is the length of the pieces of text that are hidden.
	size int
}

// headerForms hides a header as a whole, and those parts of it that are long enough to be a token
// or a signature.
func headerForms(v string) []form {
	all := []form{{v, len(v)}}
	for part := range strings.FieldsFuncSeq(v, func(r rune) bool { return r == ' ' || r == ',' || r == ';' }) {
		_, value, _ := strings.Cut(part, "=") // as in a=b, and at the end of base64
		for _, text := range []string{part, value} {
			if len(text) >= longPart {
				all = append(all, formsOf(text)...)
			}
		}
	}
	return all
}

// formsOf gives the spellings of a secret that programs commonly print.
func formsOf(secret string) []form {
	if len(secret) < shortest {
		return nil
	}
	quoted := strconv.Quote(secret)
	coded := hex.EncodeToString([]byte(secret))
	sizes := map[string]int{coded: 2 * piece, strings.ToUpper(coded): 2 * piece}
	for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		for before := range 3 { // the secret may stand anywhere in what was encoded
			coded := encoding.EncodeToString(append(make([]byte, before), secret...))
			from, to := (before*8+5)/6, (before+len(secret))*8/6 // the characters that depend on nothing else
			sizes[coded[from:to]] = piece * 4 / 3
		}
	}
	for _, text := range []string{
		secret, shared.Printable(secret), quoted[1 : len(quoted)-1], jsonText(secret), jsonText(jsonText(secret)), safeJSON(secret), jsonText(safeJSON(secret)), Escape(secret),
		strings.ReplaceAll(secret, " ", "+"), url.QueryEscape(secret), url.PathEscape(secret), html.EscapeString(secret), backwards(secret),
	} {
		sizes[text] = piece
	}
	var all []form
	for text, size := range sizes {
		if len(text) >= shortest {
			all = append(all, form{text, min(len(text), size)})
		}
	}
	return all
}

// jsonText gives s as it stands between the quotes of JSON.
func jsonText(s string) string {
	b, err := marshal(s)
	if err != nil || len(b) < 2 {
		return s
	}
	return string(b[1 : len(b)-1])
}

// safeJSON is jsonText with what means something in HTML escaped too.
func safeJSON(s string) string {
	b, err := json.Marshal(s)
	if err != nil || len(b) < 2 {
		return s
	}
	return string(b[1 : len(b)-1])
}

func backwards(s string) string {
	runes := []rune(s)
	slices.Reverse(runes)
	return string(runes)
}

// mask hides in text every piece of a form, in any percent form too, and then cuts a text that is
// too long to be shown.
func mask(text string, forms []form) string {
	text = text[:min(len(text), maxMasked)]
	hide := make([]bool, len(text))
	found := false
	plain, at := text, []int(nil)
	for range maxPercent {
		found = markPieces(plain, at, forms, hide) || found
		var less bool
		if plain, at, less = unpercent(plain, at); !less {
			break
		}
	}
	if found {
		var b strings.Builder
		for i := range len(text) {
			switch {
			case !hide[i]:
				b.WriteByte(text[i])
			case i == 0 || !hide[i-1]:
				b.WriteString(hidden)
			}
		}
		text = strings.ToValidUTF8(b.String(), "") // a piece may end inside a character
	}
	return cut(text, maxText)
}

// markPieces marks in hide where plain has pieces of forms. at is where each byte of plain, and
// what follows its last, begins in the text that hide is of; nil means that plain is that text.
func markPieces(plain string, at []int, forms []form, hide []bool) bool {
	found := false
	for _, f := range forms {
		if f.size < shortest {
			continue
		}
		for i := 0; i+f.size <= len(plain); i++ {
			if !strings.Contains(f.text, plain[i:i+f.size]) {
				continue
			}
			found = true
			from, to := i, i+f.size
			if at != nil {
				from, to = at[from], at[to]
			}
			for j := from; j < to; j++ {
				hide[j] = true
			}
		}
	}
	return found
}

// unpercent reads the percent escapes of a text once, in upper or lower case, whatever they stand
// for. It tells whether there was one.
func unpercent(text string, at []int) (string, []int, bool) {
	if strings.IndexByte(text, '%') < 0 {
		return text, at, false
	}
	plain, from, less := make([]byte, 0, len(text)), make([]int, 0, len(text)+1), false
	for i := 0; i < len(text); {
		from = append(from, i)
		if i+2 < len(text) && text[i] == '%' {
			if b, err := hex.DecodeString(text[i+1 : i+3]); err == nil {
				plain, less = append(plain, b[0]), true
				i += 3
				continue
			}
		}
		plain = append(plain, text[i])
		i++
	}
	from = append(from, len(text))
	if at != nil {
		for i, n := range from {
			from[i] = at[n]
		}
	}
	return string(plain), from, less
}

func secretName(name string) bool {
	name = strings.ToLower(name)
	for _, word := range []string{"auth", "token", "sign", "secret", "password", "key", "cookie", "credential", "jwt", "encryption"} {
		if strings.Contains(name, word) {
			return true
		}
	}
	return false
}
