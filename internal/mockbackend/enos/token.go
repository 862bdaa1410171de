// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package enos

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"time"

	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

// Codes of the token scheme; see the vendor page "Get Access Token".
const (
	codeDuplicateEncryption = 1001
	codeUnknownAppKey       = 1002
	codeWrongEncryption     = 1003
	codeInvalidParameter    = 1004
	codeTokenInternal       = 1005
	codeEmptyParameter      = 1202
	codeTokenExpired        = 1203
	codeRefreshFailed       = 1204
)

var tokenMessages = map[int]string{
	codeDuplicateEncryption: "Duplicate request: this encryption was used before",
	codeUnknownAppKey:       "The appKey does not exist",
	codeWrongEncryption:     "The encryption is invalid",
	codeInvalidParameter:    "Invalid parameter",
	codeTokenInternal:       "Internal service exception",
	codeEmptyParameter:      "The parameter is empty",
	codeTokenExpired:        "The access token has expired",
	codeRefreshFailed:       "Failed to refresh the token",
}

// tokenData is the data of a token answer. expire counts seconds.
type tokenData struct {
	AccessToken string `json:"accessToken"`
	Expire      int64  `json:"expire"`
}

// tokenRequest is the body of a token call after its checks.
type tokenRequest struct {
	account     *ServiceAccount
	accessToken string
}

// tokenCall wraps an operation of the token service, which is neither signed nor carries a token.
// The backend's lock is held while the operation runs.
func (b *Backend) tokenCall(operation func(http.ResponseWriter, *http.Request, tokenRequest)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body := wire.Body(r)
		if !received(w, r, http.MethodPost, body) {
			return
		}
		for _, name := range []string{"apim-accesstoken", "apim-signature", "apim-timestamp", "Authorization"} {
			if r.Header.Get(name) != "" {
				wire.Violate(r, "a token call with the header %s", name)
			}
		}
		if r.URL.RawQuery != "" {
			wire.Violate(r, "a token call with a query")
		}
		fault, struck := wire.ServiceFault(r)
		if struck && (unknownFault(w, r, fault.Kind) || tokenBodies.Play(w, r, fault)) {
			return
		}
		b.mu.Lock()
		defer b.mu.Unlock()
		if struck && b.tokenFault(w, r, fault.Kind) {
			return
		}
		request, code := b.checkTokenRequest(r, body)
		if code != 0 {
			b.tokenFailure(w, r, code)
			return
		}
		operation(w, r, request)
	}
}

// checkTokenRequest verifies a body in the order that the codes suggest: what is empty, what is
// malformed, who it is, whether the secret is right, whether it was sent before.
func (b *Backend) checkTokenRequest(r *http.Request, body []byte) (tokenRequest, int) {
	refresh := r.URL.Path == TokenRefreshPath
	known := []string{"appKey", "encryption", "timestamp"}
	if refresh {
		known = append(known, "accessToken")
	}
	if !jsonContent(r) {
		wire.Violate(r, "content type %q instead of application/json in UTF-8", r.Header.Get("Content-Type"))
		return tokenRequest{}, codeInvalidParameter
	}
	object, err := fields(r, body, known...)
	if err != nil {
		return tokenRequest{}, codeInvalidParameter
	}
	values := make(map[string]string, len(known))
	for _, name := range known {
		value, ok := text(object[name], name == "timestamp")
		if !ok {
			wire.Violate(r, "%s has the wrong JSON type", name)
			return tokenRequest{}, codeInvalidParameter
		}
		if value == "" {
			wire.Violate(r, "%s is empty", name)
			return tokenRequest{}, codeEmptyParameter
		}
		values[name] = value
	}
	timestamp := values["timestamp"]
	sent, err := milliseconds(timestamp)
	if err != nil {
		wire.Violate(r, "timestamp: %v", err)
		return tokenRequest{}, codeInvalidParameter
	}
	if b.switches.Skew == Checked && b.service.Time().Sub(sent).Abs() > skewTolerance {
		return tokenRequest{}, codeInvalidParameter
	}
	account, encryption := b.accountByID[values["appKey"]], values["encryption"]
	switch {
	case account == nil:
		return tokenRequest{}, codeUnknownAppKey
	case account.SecretKey == "" || Encryption(account.AccessKey, timestamp, account.SecretKey) != encryption:
		return tokenRequest{}, codeWrongEncryption
	case b.encryptions[encryption]:
		return tokenRequest{}, codeDuplicateEncryption
	}
	b.encryptions[encryption] = true
	return tokenRequest{account: account, accessToken: values["accessToken"]}, 0
}

// text returns a JSON string; "" for null and for nothing. A number is taken by its digits where
// numbers are allowed.
func text(raw json.RawMessage, number bool) (string, bool) {
	if len(raw) == 0 || string(raw) == "null" {
		return "", true
	}
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s, true
	}
	var n json.Number
	if number && json.Unmarshal(raw, &n) == nil {
		return n.String(), true
	}
	return "", false
}

// getToken hands out the account's live token again, or a new one.
func (b *Backend) getToken(w http.ResponseWriter, r *http.Request, request tokenRequest) {
	now := b.service.Time()
	t := b.live[request.account.AccessKey]
	expire := b.validity
	if t == nil || !t.alive(now) {
		t = b.newToken(request.account.AccessKey, now)
	} else if b.switches.Expire != ExpireFull {
		expire = t.expires.Sub(now)
	}
	b.tokenSuccess(w, r, t, expire)
}

// refreshToken replaces a live token before it expires.
func (b *Backend) refreshToken(w http.ResponseWriter, r *http.Request, request tokenRequest) {
	now := b.service.Time()
	old := b.tokens[request.accessToken]
	if old == nil || old.accessKey != request.account.AccessKey {
		b.tokenFailure(w, r, codeRefreshFailed)
		return
	}
	if !old.alive(now) {
		code := codeRefreshFailed
		if b.switches.RefreshExpired == RefreshTooLate {
			code = codeTokenExpired
		}
		b.tokenFailure(w, r, code)
		return
	}
	if b.switches.RefreshedToken == TokenDies {
		old.killed = true
	}
	b.tokenSuccess(w, r, b.newToken(request.account.AccessKey, now), b.validity)
}

func (b *Backend) newToken(accessKey string, now time.Time) *token {
	random := make([]byte, 32)
	_, _ = rand.Read(random) // never fails
	t := &token{value: hex.EncodeToString(random), accessKey: accessKey, expires: now.Add(b.validity)}
	b.tokens[t.value], b.live[accessKey] = t, t
	return t
}

func (b *Backend) tokenSuccess(w http.ResponseWriter, r *http.Request, t *token, expire time.Duration) {
	seconds := int64(expire / time.Second)
	wire.Note(r, "account", t.accessKey, "expire", seconds)
	b.tokenAnswer(w, http.StatusOK, 0, "SUCCESS", tokenData{AccessToken: t.value, Expire: seconds})
}

func (b *Backend) tokenFailure(w http.ResponseWriter, r *http.Request, code int) {
	wire.Note(r, "code", code)
	status := http.StatusOK
	if b.switches.TokenErrorStatus == StatusUnauthorized && (code == codeUnknownAppKey || code == codeWrongEncryption) {
		status = http.StatusUnauthorized
	}
	b.tokenAnswer(w, status, code, tokenMessages[code], nil)
}

func (b *Backend) tokenAnswer(w http.ResponseWriter, httpStatus, code int, message string, data any) {
	type status struct {
		Status   any    `json:"status"`
		Msg      string `json:"msg"`
		Business string `json:"business"`
		Data     any    `json:"data"`
	}
	type codeEnvelope struct {
		Code     any    `json:"code"`
		Msg      string `json:"msg"`
		Business string `json:"business"`
		Data     any    `json:"data"`
	}
	const business = "apim-token-service"
	if b.switches.TokenEnvelope == EnvelopeCode {
		wire.WriteJSON(w, httpStatus, codeEnvelope{b.code(code), message, business, data})
		return
	}
	wire.WriteJSON(w, httpStatus, status{b.code(code), message, business, data})
}
