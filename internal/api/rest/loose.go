// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package rest

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Number is an integer that a service may send as a number or as text, in decimal digits. Anything
// else counts as absent, which is "".
type Number string

// UnmarshalJSON never fails.
func (n *Number) UnmarshalJSON(b []byte) error {
	*n = ""
	text := strings.Trim(string(b), `" `)
	if _, err := strconv.ParseInt(text, 10, 64); err == nil {
		*n = Number(text)
		return nil
	}
	if f, err := strconv.ParseFloat(text, 64); err == nil && f == float64(int64(f)) {
		*n = Number(strconv.FormatInt(int64(f), 10))
	}
	return nil
}

// Int is the number, false where it is absent.
func (n Number) Int() (int64, bool) {
	v, err := strconv.ParseInt(string(n), 10, 64)
	return v, err == nil
}

// Text is a text that a service may send as anything else; then it is "".
type Text string

// UnmarshalJSON never fails.
func (t *Text) UnmarshalJSON(b []byte) error {
	if len(b) >= 2 && b[0] == '"' && bytes.IndexByte(b, '\\') < 0 && utf8.Valid(b) {
		*t = Text(b[1 : len(b)-1]) // as in nearly all of a long listing
		return nil
	}
	var s string
	_ = json.Unmarshal(b, &s)
	*t = Text(s)
	return nil
}

// Scalar gives a text or a number of JSON as text, "" for all else.
func Scalar(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) == nil && text != "" {
		return text
	}
	var number json.Number
	if json.Unmarshal(raw, &number) == nil {
		return number.String()
	}
	return ""
}
