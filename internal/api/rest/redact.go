// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package rest

import "strings"

// redact takes out of the service's words what the request was authorized with: gateways quote the headers that they could not verify.
func (c *call) redact(e *Error) {
	if c.sent == nil {
		return
	}
	hide := func(v string) {
		e.Code, e.Message, e.StatusText, e.RequestID = redactValue(e.Code, v), redactValue(e.Message, v), redactValue(e.StatusText, v), redactValue(e.RequestID, v)
	}
	for name, values := range c.sent.Header {
		if secretName(name) {
			for _, v := range values {
				hide(v)
			}
		}
	}
	for name, values := range c.request.Query {
		if secretName(name) {
			for _, v := range values {
				hide(v)
				hide(Escape(v))
			}
		}
	}
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
