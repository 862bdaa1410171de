// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package wire

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"unicode/utf8"
)

// WriteJSON answers with one JSON value. HTML characters are not escaped, as the services don't.
func WriteJSON(w http.ResponseWriter, status int, v any) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		http.Error(w, "mock: "+err.Error(), http.StatusInternalServerError)
		return
	}
	if w.Header().Get("Content-Type") == "" {
		w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	}
	w.WriteHeader(status)
	_, _ = w.Write(bytes.TrimSuffix(buf.Bytes(), []byte("\n")))
}

// DecodeStrict decodes one JSON value and nothing after it. Unlike encoding/json it refuses unknown
// keys, keys whose case differs from the tag, keys that stand twice, and text that is not UTF-8.
func DecodeStrict(data []byte, dst any) error {
	if !utf8.Valid(data) {
		return errors.New("the body is not UTF-8")
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	if err := checkKeys(dec, reflect.TypeOf(dst), ""); err != nil {
		return err
	}
	if _, err := dec.Token(); err != io.EOF {
		return errors.New("text after the JSON value")
	}
	return json.Unmarshal(data, dst)
}

// FindNull returns the place of the first null in a JSON value, such as "users[].domain"; "" when
// there is none or the text is not JSON.
func FindNull(data []byte) string {
	dec := json.NewDecoder(bytes.NewReader(data))
	return findNull(dec, "")
}

func findNull(dec *json.Decoder, at string) string {
	token, err := dec.Token()
	if err != nil {
		return ""
	}
	switch token {
	case nil:
		return cmp.Or(at, "the body")
	case json.Delim('{'), json.Delim('['):
		for dec.More() {
			inner := at + "[]"
			if token == json.Delim('{') {
				key, err := dec.Token()
				if err != nil {
					return ""
				}
				inner = strings.TrimPrefix(fmt.Sprintf("%s.%v", at, key), ".")
			}
			if found := findNull(dec, inner); found != "" {
				return found
			}
		}
		_, _ = dec.Token()
	}
	return ""
}

var unmarshaler = reflect.TypeFor[json.Unmarshaler]()

// checkKeys walks one JSON value beside the type that it will be decoded to.
func checkKeys(dec *json.Decoder, t reflect.Type, at string) error {
	for t != nil && t.Kind() == reflect.Pointer && !t.Implements(unmarshaler) {
		t = t.Elem()
	}
	if t != nil && (t.Implements(unmarshaler) || reflect.PointerTo(t).Implements(unmarshaler)) {
		t = nil // its own decoder checks
	}
	token, err := dec.Token()
	if err != nil {
		if err == io.EOF {
			return errors.New("no JSON value")
		}
		return err
	}
	switch token {
	case json.Delim('{'):
		seen := map[string]bool{}
		for dec.More() {
			token, err := dec.Token()
			if err != nil {
				return err
			}
			key, _ := token.(string)
			name := strings.TrimPrefix(at+"."+key, ".")
			if seen[key] {
				return fmt.Errorf("key %q stands twice", name)
			}
			seen[key] = true
			inner, ok := member(t, key)
			if !ok {
				return fmt.Errorf("unknown field %q", name)
			}
			if err := checkKeys(dec, inner, name); err != nil {
				return err
			}
		}
		_, err = dec.Token()
	case json.Delim('['):
		var inner reflect.Type
		if t != nil && (t.Kind() == reflect.Slice || t.Kind() == reflect.Array) {
			inner = t.Elem()
		}
		for dec.More() {
			if err := checkKeys(dec, inner, at+"[]"); err != nil {
				return err
			}
		}
		_, err = dec.Token()
	}
	return err
}

// member returns the type of a key's value; nil when anything may stand there.
func member(t reflect.Type, key string) (reflect.Type, bool) {
	if t == nil {
		return nil, true
	}
	switch t.Kind() {
	case reflect.Map:
		return t.Elem(), true
	case reflect.Struct:
		for _, field := range reflect.VisibleFields(t) {
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			if name == "" {
				name = field.Name
			}
			if name == key && field.IsExported() && name != "-" {
				return field.Type, true
			}
		}
		return nil, false
	}
	return nil, true
}
