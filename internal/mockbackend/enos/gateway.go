// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package enos

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

// The gateway's own answers, by HTTP status; see the table of PoseidonException in the vendor's
// "Getting Started".
var gatewayMessages = map[int]string{
	http.StatusBadRequest:            "Cannot process request body",
	http.StatusUnauthorized:          "Invalid authentication credentials",
	http.StatusForbidden:             "Your IP address is not allowed",
	http.StatusNotFound:              "no Route matched with those values",
	http.StatusRequestEntityTooLarge: "Request size limit exceeded",
	http.StatusTooManyRequests:       "API rate limit exceeded",
	http.StatusInternalServerError:   "An unexpected error occurred",
	http.StatusServiceUnavailable:    "Service unavailable",
}

type gatewayAnswer struct {
	Message string `json:"message"`
}

func gateway(w http.ResponseWriter, status int) {
	wire.WriteJSON(w, status, gatewayAnswer{gatewayMessages[status]})
}

func gatewayBody(status int) func() (int, http.Header, []byte) {
	return func() (int, http.Header, []byte) {
		body, _ := json.Marshal(gatewayAnswer{gatewayMessages[status]}) // a string always marshals
		return status, http.Header{"Content-Type": {"application/json; charset=utf-8"}}, body
	}
}

func html(w http.ResponseWriter, status int) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, "<html>\r\n<head><title>%d %[2]s</title></head>\r\n<body>\r\n<center><h1>%[1]d %[2]s</h1></center>\r\n</body>\r\n</html>\r\n",
		status, http.StatusText(status))
}

func noRoute(w http.ResponseWriter, r *http.Request) {
	wire.Violate(r, "no operation is %s %s", r.Method, r.URL.Path)
	gateway(w, http.StatusNotFound)
}

// call is one request that the gateway let through, and the switches it is answered under.
type call struct {
	w        http.ResponseWriter
	r        *http.Request
	query    url.Values
	body     []byte
	account  *ServiceAccount
	switches Switches
}

// signedCall wraps an app-portal operation with what the gateway checks: route, size, rate limit,
// token and signature. The backend's lock is held while the operation runs.
func (b *Backend) signedCall(method string, operation func(*call), parameters ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body := wire.Body(r)
		if !received(w, r, method, body) {
			return
		}
		query, err := url.ParseQuery(r.URL.RawQuery)
		if err != nil {
			wire.Violate(r, "malformed query: %v", err)
			gateway(w, http.StatusBadRequest)
			return
		}
		for _, name := range slices.Sorted(maps.Keys(query)) {
			if !slices.Contains(parameters, name) {
				wire.Violate(r, "unknown query parameter %q", name)
			} else if len(query[name]) > 1 {
				wire.Violate(r, "query parameter %q stands %d times", name, len(query[name]))
			}
		}
		if r.Header.Get("Authorization") != "" {
			wire.Violate(r, "an Authorization header, which belongs to the calls of a signed-in user")
		}

		fault, struck := wire.ServiceFault(r)
		if struck && (unknownFault(w, r, fault.Kind) || portalBodies.Play(w, r, fault)) {
			return
		}
		b.mu.Lock()
		defer b.mu.Unlock()
		if struck && b.signedFault(w, r, fault.Kind) {
			return
		}
		if b.throttled(w) {
			return
		}
		account := b.authenticate(w, r, query, body)
		if account == nil {
			return
		}
		operation(&call{w: w, r: r, query: query, body: body, account: account, switches: b.switches})
	}
}

// received checks what every call has to have, and answers when it hasn't.
func received(w http.ResponseWriter, r *http.Request, method string, body []byte) bool {
	if r.Method != method {
		noRoute(w, r)
		return false
	}
	if len(body) > maxBodyBytes {
		wire.Violate(r, "a body of %d bytes", len(body))
		gateway(w, http.StatusRequestEntityTooLarge)
		return false
	}
	if method == http.MethodGet && len(body) > 0 {
		wire.Violate(r, "a GET with a body")
	}
	return true
}

// authenticate returns the service account that signed the call, or answers and returns nil.
func (b *Backend) authenticate(w http.ResponseWriter, r *http.Request, query url.Values, body []byte) *ServiceAccount {
	value, signature, timestamp := r.Header.Get("apim-accesstoken"), r.Header.Get("apim-signature"), r.Header.Get("apim-timestamp")
	for name, header := range map[string]string{"apim-accesstoken": value, "apim-signature": signature, "apim-timestamp": timestamp} {
		if header == "" {
			wire.Violate(r, "no header %s", name)
		}
	}
	t := b.tokens[value]
	if value == "" || signature == "" || timestamp == "" || t == nil {
		gateway(w, http.StatusUnauthorized)
		return nil
	}
	if !t.alive(b.service.Time()) {
		b.expired(w)
		return nil
	}
	t.calls++
	if limit := b.switches.TokenCalls; limit > 0 && t.calls >= limit {
		t.killed = true // with this call
	}
	account := b.accountByID[t.accessKey]
	if account == nil || Signature(value, query, body, timestamp, account.SecretKey) != signature {
		wire.Violate(r, "wrong signature")
		gateway(w, http.StatusUnauthorized)
		return nil
	}
	sent, err := milliseconds(timestamp)
	if err != nil {
		wire.Violate(r, "apim-timestamp: %v", err)
	}
	if err != nil || b.switches.Skew == Checked && b.service.Time().Sub(sent).Abs() > skewTolerance {
		gateway(w, http.StatusUnauthorized)
		return nil
	}
	if b.switches.Replay == Rejected {
		if b.signatures[signature] {
			gateway(w, http.StatusUnauthorized)
			return nil
		}
		b.signatures[signature] = true
	}
	return account
}

// expired refuses a call whose token is dead, in the shape that the switch says.
func (b *Backend) expired(w http.ResponseWriter) {
	type status struct {
		Status any    `json:"status"`
		Msg    string `json:"msg"`
	}
	type code struct {
		Code    any    `json:"code"`
		Message string `json:"message"`
	}
	type apim struct {
		Status  int    `json:"apim_status"`
		Message string `json:"message"`
	}
	switch b.switches.ExpiredToken {
	case ExpiredUnauthorized:
		wire.WriteJSON(w, http.StatusUnauthorized, status{b.code(codeTokenExpired), tokenMessages[codeTokenExpired]})
	case ExpiredCode:
		wire.WriteJSON(w, http.StatusOK, code{b.code(codeTokenExpired), tokenMessages[codeTokenExpired]})
	case ExpiredShort:
		wire.WriteJSON(w, http.StatusOK, apim{4011, "short token expired"})
	case ExpiredRefresh:
		wire.WriteJSON(w, http.StatusOK, apim{4012, "refresh token expired"})
	default:
		wire.WriteJSON(w, http.StatusOK, status{b.code(codeTokenExpired), tokenMessages[codeTokenExpired]})
	}
}

// code returns a code in the JSON type that the switch says.
func (b *Backend) code(code int) any {
	if b.switches.CodeType == CodeString {
		return strconv.Itoa(code)
	}
	return code
}

// throttled counts a call against the gateway's limit for a calendar minute, and answers when it is
// used up.
func (b *Backend) throttled(w http.ResponseWriter) bool {
	limit, err := strconv.Atoi(b.switches.RateLimit)
	if err != nil { // no limit
		return false
	}
	now := b.service.Time()
	if minute := now.Truncate(time.Minute); !minute.Equal(b.minute) {
		b.minute, b.calls = minute, 0
	}
	b.calls++
	w.Header().Set("X-RateLimit-Limit-Minute", strconv.Itoa(limit))
	w.Header().Set("X-RateLimit-Remaining-Minute", strconv.Itoa(max(limit-b.calls, 0)))
	if b.calls <= limit {
		return false
	}
	if b.switches.RetryAfter != RetryAfterAbsent {
		rest := b.minute.Add(time.Minute).Sub(now)
		w.Header().Set("Retry-After", strconv.Itoa(int((rest+time.Second-1)/time.Second)))
	}
	gateway(w, http.StatusTooManyRequests)
	return true
}

// milliseconds reads a timestamp in decimal milliseconds since 1970.
func milliseconds(text string) (time.Time, error) {
	ms, err := strconv.ParseInt(text, 10, 64)
	if err != nil || ms <= 0 || strings.TrimLeft(text, "+0") != text {
		return time.Time{}, fmt.Errorf("%q is no decimal number of milliseconds", text)
	}
	return time.UnixMilli(ms), nil
}

// jsonContent tells whether a request says that its body is JSON in UTF-8.
func jsonContent(r *http.Request) bool {
	mediaType, parameters, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	charset := parameters["charset"]
	return err == nil && mediaType == "application/json" && (charset == "" || strings.EqualFold(charset, "utf-8"))
}

// fields takes a JSON object apart by its exact keys and reports those that aren't known.
func fields(r *http.Request, body []byte, known ...string) (map[string]json.RawMessage, error) {
	var object map[string]json.RawMessage
	if err := wire.DecodeStrict(body, &object); err != nil {
		wire.Violate(r, "malformed body: %v", err)
		return nil, err
	}
	if object == nil {
		wire.Violate(r, "malformed body: null")
		return nil, errors.New("the body is null")
	}
	for _, name := range slices.Sorted(maps.Keys(object)) {
		if !slices.Contains(known, name) {
			wire.Violate(r, "unknown body field %q", name)
		}
	}
	return object, nil
}
