// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package rest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"unicode/utf8"
)

// buffers holds the bodies of answers while they are decoded. Bodies above maxPooledBuffer are not
// kept.
var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

const maxPooledBuffer = 1 << 20

// WithBody calls f with the whole of body, which is valid only until f returns.
func WithBody(body io.Reader, f func([]byte) error) error {
	b := buffers.Get().(*bytes.Buffer) //nolint:forcetypeassert // the pool holds nothing else
	b.Reset()
	defer func() {
		if b.Cap() <= maxPooledBuffer {
			buffers.Put(b)
		}
	}()
	if _, err := b.ReadFrom(body); err != nil {
		return err
	}
	return f(b.Bytes())
}

// DecodeJSON gives a Request.Decode that fills dst, which it sets to its zero value first. The body
// must be one JSON value and nothing else. An empty body, an HTML page and a text that ends early
// are Transient errors: an intermediary answered, or the connection broke. The content type is not
// trusted. JSON of an unexpected shape is an error that is not repeated.
func DecodeJSON[T any](dst *T) func(int, http.Header, io.Reader) error {
	return func(_ int, _ http.Header, body io.Reader) error {
		return WithBody(body, func(b []byte) error {
			var fresh T
			if err := UnmarshalJSON(b, &fresh); err != nil {
				return err
			}
			*dst = fresh
			return nil
		})
	}
}

// UnmarshalJSON is json.Unmarshal with the errors of DecodeJSON, for a Decode of your own.
func UnmarshalJSON(b []byte, dst any) error {
	err := json.Unmarshal(b, dst)
	if err == nil && !utf8.Valid(b) {
		return NotUTF8()
	}
	if err == nil {
		return nil
	}
	return JSONError(b, err)
}

// NotUTF8 is the error of JSON that is not UTF-8. A decoder would put the same sign for all that it
// can't read, and make one name of several.
func NotUTF8() *Error {
	return &Error{Message: "answered JSON that is not valid UTF-8"}
}

// JSONError says why the text b of an answer, which was to be JSON, could not be read. err is the
// decoder's.
func JSONError(b []byte, err error) error {
	trimmed := bytes.TrimSpace(b)
	if _, ok := errors.AsType[*json.SyntaxError](err); !ok && err != nil {
		// It is JSON, but not what the service documents: the same again would come.
		return &Error{Message: "answered JSON of an unexpected shape", Err: err}
	}
	switch {
	case len(trimmed) == 0:
		return &Error{Message: "answered nothing instead of JSON", Transient: true}
	case trimmed[0] == '<':
		return &Error{Message: "answered HTML instead of JSON", page: bytes.Clone(trimmed), Transient: true, Hint: hintHTML}
	case !json.Valid(trimmed) && (trimmed[0] == '{' || trimmed[0] == '['):
		return &Error{Message: fmt.Sprintf("answered JSON that is cut off or damaged after %d bytes", len(b)), Transient: true, Err: err}
	}
	if !utf8.Valid(trimmed) {
		return &Error{Message: "answered binary data instead of JSON", Transient: true}
	}
	return &Error{Message: "answered text instead of JSON", page: bytes.Clone(trimmed), Transient: true}
}

const hintHTML = "A proxy, a login page or a web server answered in place of the service: check the address and the proxy settings."
