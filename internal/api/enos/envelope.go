// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package enos

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/rest"
)

// envelope is what surrounds every answer. The application portal writes code and message, the
// token service status and msg, and the gateway a message alone, or apim_status.
type envelope struct {
	Code       rest.Number     `json:"code"`
	Status     rest.Number     `json:"status"`
	APIMStatus rest.Number     `json:"apim_status"`
	Message    rest.Text       `json:"message"`
	Msg        rest.Text       `json:"msg"`
	SubMsg     rest.Text       `json:"subMsg"`
	RequestID  rest.Text       `json:"requestId"`
	Data       json.RawMessage `json:"data"`
}

// code returns the number that tells success from failure, "" when there is none.
func (e *envelope) code() string {
	if e.APIMStatus == codeShortTokenExpired || e.APIMStatus == codeRefreshTokenExpired {
		return string(e.APIMStatus)
	}
	code := ""
	for _, n := range []rest.Number{e.Code, e.Status, e.APIMStatus} {
		switch {
		case n == "":
		case !succeeded(string(n)):
			return string(n) // where two numbers disagree, the failure counts
		case code == "":
			code = string(n)
		}
	}
	return code
}

// succeeded tells whether a code means success. 200 stands on v2.0 and v2.1 pages.
func succeeded(code string) bool { return code == "0" || code == "200" }

func (e *envelope) message() string {
	for _, t := range []rest.Text{e.Message, e.Msg, e.SubMsg} {
		if t != "" {
			return string(t)
		}
	}
	return ""
}

// failure returns the error that the envelope tells of, nil when it tells of success.
func (e *envelope) failure() *rest.Error {
	code := e.code()
	switch {
	case succeeded(code):
		return nil
	case code == "":
		return &rest.Error{Message: "answered without a result code", RequestID: string(e.RequestID), Hint: statusHints[http.StatusNotFound]}
	}
	return &rest.Error{
		Code:      code,
		Message:   e.message(),
		RequestID: string(e.RequestID),
		Transient: transientCodes[code],
		Hint:      hints[code],
	}
}

// decode reads an answer's data into dst. HTTP 200 is no success yet: the code in the envelope
// decides; and an answer without data is none, not an empty one.
func decode[T any](dst *T) func(int, http.Header, io.Reader) error {
	return func(_ int, _ http.Header, body io.Reader) error {
		return rest.WithBody(body, func(b []byte) error {
			var e envelope
			if err := rest.UnmarshalJSON(b, &e); err != nil {
				return err
			}
			if failure := e.failure(); failure != nil {
				return failure
			}
			var fresh T
			data := bytes.TrimSpace(e.Data)
			if len(data) == 0 || bytes.Equal(data, []byte("null")) {
				return &rest.Error{Message: "answered without data", RequestID: string(e.RequestID)}
			}
			if err := rest.UnmarshalJSON(data, &fresh); err != nil {
				return err
			}
			*dst = fresh
			return nil
		})
	}
}

// classify reads a failure by its envelope: a code in it says more than the HTTP status does.
func classify(a rest.Answer) *rest.Error {
	var e envelope
	if err := json.Unmarshal(a.Body, &e); err != nil {
		return statusError(a.Status)
	}
	if failure := e.failure(); failure != nil && failure.Code != "" && failure.Code != strconv.Itoa(a.Status) {
		return failure
	}
	failure := statusError(a.Status)
	failure.Message, failure.RequestID = e.message(), string(e.RequestID)
	return failure
}

// statusError reads a failure that came without a code. All calls may be repeated, so an internal
// error of the gateway is worth another try.
func statusError(status int) *rest.Error {
	return &rest.Error{Hint: statusHints[status], Transient: status == http.StatusInternalServerError}
}

// codeOf returns the service's result code in err, "" when it has none.
func codeOf(err error) string {
	if e, ok := errors.AsType[*rest.Error](err); ok {
		return e.Code
	}
	return ""
}
