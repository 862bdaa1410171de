// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package rest

import "strings"

// redact takes out of an error what the request was authorized with: gateways quote the headers that they could not verify.
func (c *call) redact(e *Error) {
	for _, text := range []*string{&e.Code, &e.Message, &e.StatusText, &e.RequestID} {
		*text = c.redactText(*text)
	}
	if e.Err == nil {
		return
	}
	// Errors of net/http quote headers that it could not read.
	if text := e.Err.Error(); text != c.redactText(text) {
		e.Err = &redacted{error: e.Err, text: c.redactText(text)}
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
	for _, secret := range c.client.config.Secrets {
		text = redactValue(text, secret)
	}
	if c.sent == nil {
		return text
	}
	for name, values := range c.sent.Header {
		if secretName(name) {
			for _, v := range values {
				text = redactValue(text, v)
			}
		}
	}
	for name, values := range c.request.Query {
		if secretName(name) {
			for _, v := range values {
				text = redactValue(text, v)
				text = redactValue(text, Escape(v))
			}
		}
	}
	return text
}

// redactValue hides v and those parts of it that are long enough to be a token or a signature: "Bearer x", "a=b, Signature=x".
func redactValue(text, v string) string {
	const hidden, short, long = "***", 6, 32
	if len(v) >= short {
		text = strings.ReplaceAll(text, v, hidden)
	}
	for part := range strings.FieldsFuncSeq(v, func(r rune) bool { return r == ' ' || r == ',' || r == ';' || r == '=' }) {
		if len(part) >= long {
			text = strings.ReplaceAll(text, part, hidden)
		}
	}
	return text
}

func secretName(name string) bool {
	name = strings.ToLower(name)
	for _, word := range []string{"auth", "token", "sign", "secret", "password", "key", "cookie", "credential"} {
		if strings.Contains(name, word) {
			return true
		}
	}
	return false
}
