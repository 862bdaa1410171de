// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/rest"
)

const (
	hintParameters = "Check the arguments: a value is missing, or of a form that the server does not take."
	hintTrustee    = "Check the trustee or grantee: it must be the prefixed universal ID of a user or group that the server knows. The data source " +
		"appaccess_venafi_identity finds it by the name."
)

// decodeAnswer reads an answer of /vedsdk/oauth: its envelope, and then what belongs to the call.
func decodeAnswer(decode func([]byte) error) func(int, http.Header, io.Reader) error {
	return func(_ int, _ http.Header, body io.Reader) error {
		return rest.WithBody(body, func(b []byte) error {
			var e envelope
			if err := rest.UnmarshalJSON(b, &e); err != nil {
				return err
			}
			err := e.failure()
			switch {
			case HasResult(err, InvalidParameters):
				return withHint(err, hintParameters)
			case HasResult(err, RemoteIdentityRequired):
				return withHint(err, hintTrustee)
			case err != nil || decode == nil:
				return err
			}
			return decode(b)
		})
	}
}

// flag is a bool that a server may leave open; anything else counts as open.
type flag struct{ value *bool }

// UnmarshalJSON never fails.
func (f *flag) UnmarshalJSON(b []byte) error {
	f.value = nil
	var v bool
	if json.Unmarshal(b, &v) == nil && string(b) != "null" {
		f.value = &v
	}
	return nil
}

// seconds is a validity, nil where the server names none.
func seconds(n rest.Number) *int64 {
	if v, ok := n.Int(); ok && v > 0 {
		return &v
	}
	return nil
}

var errShape = errors.New("it is none, or it is not named")

// elements decodes a list, each element both as it is known and as it came. An element that can't
// be understood is an error: to leave it out would be to say that it is not there.
func elements[T any](what string, raw json.RawMessage, decode func(object, json.RawMessage) (T, bool)) ([]T, error) {
	if len(raw) == 0 || string(bytes.TrimSpace(raw)) == "null" {
		return nil, nil
	}
	var list []json.RawMessage
	if err := json.Unmarshal(raw, &list); err != nil {
		return nil, &rest.Error{Message: "answered no list of " + what + "s"}
	}
	all := []T{}
	for i, element := range list {
		one, err := single(what, element, decode)
		if err != nil {
			return nil, &rest.Error{Message: fmt.Sprintf("answered as %s %d of %d something that can't be understood", what, i+1, len(list)), Err: err}
		}
		all = append(all, one)
	}
	return all, nil
}

// single decodes one object.
func single[T any](what string, raw json.RawMessage, decode func(object, json.RawMessage) (T, bool)) (T, error) {
	var none T
	var all object
	if err := json.Unmarshal(raw, &all); err != nil || all == nil {
		return none, &rest.Error{Message: "answered no " + what, Err: errShape}
	}
	one, ok := decode(all, raw)
	if !ok {
		return none, &rest.Error{Message: "answered no " + what, Err: errShape}
	}
	return one, nil
}
