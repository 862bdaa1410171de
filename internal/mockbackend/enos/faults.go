// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package enos

import (
	"net/http"
	"slices"

	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/hostile"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

// Faults of this service, besides those of package wire. The operation does not run, unless a
// comment says otherwise.
const (
	// The gateway's own refusals, as JSON and as the HTML page of something before it.
	FaultBadRequest       wire.FaultKind = "gateway_400"
	FaultUnauthorized     wire.FaultKind = "gateway_401"
	FaultForbidden        wire.FaultKind = "gateway_403"
	FaultTooLarge         wire.FaultKind = "gateway_413"
	FaultUnavailable      wire.FaultKind = "gateway_503"
	FaultUnauthorizedHTML wire.FaultKind = "html_401"
	FaultForbiddenHTML    wire.FaultKind = "html_403"
	// FaultTokenExpired kills the caller's token and refuses the call as [Switches.ExpiredToken]
	// says. On the token service it kills all tokens, so that a new one is handed out: the call
	// itself is answered.
	FaultTokenExpired wire.FaultKind = "token_expired"
	// FaultShortToken and FaultRefreshToken answer apim_status 4011 and 4012; the token stays
	// alive.
	FaultShortToken   wire.FaultKind = "apim_4011"
	FaultRefreshToken wire.FaultKind = "apim_4012"
	// Codes of the Application Portal.
	FaultUnauthenticated wire.FaultKind = "code_31401"
	FaultExhausted       wire.FaultKind = "code_31429"
	FaultInternal        wire.FaultKind = "code_31500"
	FaultTimeout         wire.FaultKind = "code_31504"
	// Codes of the token service.
	FaultDuplicateEncryption wire.FaultKind = "code_1001"
	FaultTokenInternal       wire.FaultKind = "code_1005"
)

// FaultKinds describes the service's own faults.
var FaultKinds = slices.Concat([]wire.FaultDoc{
	{Kind: FaultBadRequest, Doc: "400 of the gateway; nothing is done"},
	{Kind: FaultUnauthorized, Doc: "401 of the gateway; nothing is done"},
	{Kind: FaultForbidden, Doc: "403 of the gateway; nothing is done"},
	{Kind: FaultTooLarge, Doc: "413 of the gateway; nothing is done"},
	{Kind: FaultUnavailable, Doc: "503 of the gateway as JSON; nothing is done"},
	{Kind: FaultUnauthorizedHTML, Doc: "401 with an HTML page; nothing is done"},
	{Kind: FaultForbiddenHTML, Doc: "403 with an HTML page; nothing is done"},
	{Kind: FaultTokenExpired, Doc: "kills the token and refuses the call as the switch expired_token says"},
	{Kind: FaultShortToken, Doc: "portal: apim_status 4011; nothing is done"},
	{Kind: FaultRefreshToken, Doc: "portal: apim_status 4012; nothing is done"},
	{Kind: FaultUnauthenticated, Doc: "portal: code 31401; nothing is done"},
	{Kind: FaultExhausted, Doc: "portal: code 31429, throttled; nothing is done"},
	{Kind: FaultInternal, Doc: "portal: code 31500, internal error; nothing is done"},
	{Kind: FaultTimeout, Doc: "portal: code 31504, timeout; nothing is done"},
	{Kind: FaultDuplicateEncryption, Doc: "token: code 1001; nothing is done"},
	{Kind: FaultTokenInternal, Doc: "token: code 1005; nothing is done"},
}, hostile.FaultKinds)

// portalBodies and tokenBodies are the hostile answers of the two services behind the gateway.
var (
	portalBodies = hostile.Bodies{
		Head: `{"code":0,"message":"OK","data":{"dataAuthorizeType":[`, Element: `"GIANT"`, Tail: `]}}`,
		TextHead: `{"code":0,"message":"OK","data":{"dataAuthorizeType":["`, TextTail: `"]}}`,
		Nulls:       `{"code":null,"message":null,"data":null}`,
		WrongTypes:  `{"code":"many","message":7,"data":{"dataAuthorizeType":{"USER":true},"createdType":"own","nameJson":[]}}`,
		InvalidUTF8: "{\"code\":0,\"message\":\"\xff\",\"data\":{\"dataAuthorizeType\":[\"\xff\xfe\"],\"createdType\":1}}",
		UnknownEnum: `{"code":0,"message":"OK","data":{"dataAuthorizeType":["SOMETHING_NEW",""],"createdType":99}}`,
	}
	tokenBodies = hostile.Bodies{
		Head: `{"status":0,"msg":"SUCCESS","data":[`, Element: `{"accessToken":"giant"}`, Tail: `]}`,
		TextHead: `{"status":0,"msg":"SUCCESS","data":{"expire":7200,"accessToken":"`, TextTail: `"}}`,
		Nulls:       `{"status":null,"msg":null,"data":{"accessToken":null,"expire":null}}`,
		WrongTypes:  `{"status":{},"msg":[],"data":{"accessToken":7,"expire":"soon"}}`,
		InvalidUTF8: "{\"status\":0,\"msg\":\"SUCCESS\",\"data\":{\"accessToken\":\"\xff\",\"expire\":7200}}",
		UnknownEnum: `{"status":-1,"msg":"odd","data":{"accessToken":"","expire":-5}}`,
	}
)

// gatewayFault plays the faults that any call can suffer.
func gatewayFault(w http.ResponseWriter, kind wire.FaultKind) bool {
	switch kind {
	case FaultBadRequest:
		gateway(w, http.StatusBadRequest)
	case FaultUnauthorized:
		gateway(w, http.StatusUnauthorized)
	case FaultForbidden:
		gateway(w, http.StatusForbidden)
	case FaultTooLarge:
		gateway(w, http.StatusRequestEntityTooLarge)
	case FaultUnavailable:
		gateway(w, http.StatusServiceUnavailable)
	case FaultUnauthorizedHTML:
		html(w, http.StatusUnauthorized)
	case FaultForbiddenHTML:
		html(w, http.StatusForbidden)
	default:
		return false
	}
	return true
}

// signedFault plays a fault of an app-portal call; false leaves the call to be answered as usual.
func (b *Backend) signedFault(w http.ResponseWriter, r *http.Request, kind wire.FaultKind) bool {
	if gatewayFault(w, kind) {
		return true
	}
	switch kind {
	case FaultTokenExpired:
		if t := b.tokens[r.Header.Get("apim-accesstoken")]; t != nil {
			t.killed = true
		}
		b.expired(w)
	case FaultShortToken:
		wire.WriteJSON(w, http.StatusOK, map[string]any{"apim_status": 4011, "message": "short token expired"})
	case FaultRefreshToken:
		wire.WriteJSON(w, http.StatusOK, map[string]any{"apim_status": 4012, "message": "refresh token expired"})
	case FaultUnauthenticated:
		b.failure(w, codeUnauthenticated, "Please login first")
	case FaultExhausted:
		b.failure(w, codeExhausted, "Try too many times. Please try again later")
	case FaultInternal:
		b.failure(w, codeInternal, "System internal error")
	case FaultTimeout:
		b.failure(w, codeTimeout, "Service timeout")
	default:
		return false
	}
	return true
}

// tokenFault plays a fault of a token call; false leaves the call to be answered as usual.
func (b *Backend) tokenFault(w http.ResponseWriter, r *http.Request, kind wire.FaultKind) bool {
	if gatewayFault(w, kind) {
		return true
	}
	switch kind {
	case FaultTokenExpired:
		for _, t := range b.live {
			t.killed = true
		}
		return false
	case FaultDuplicateEncryption:
		b.tokenFailure(w, r, codeDuplicateEncryption)
	case FaultTokenInternal:
		b.tokenFailure(w, r, codeTokenInternal)
	default:
		return false
	}
	return true
}

// unknownFault refuses to play a kind that nobody knows, so that a misspelt one doesn't pass for a
// fault that did nothing.
func unknownFault(w http.ResponseWriter, r *http.Request, kind wire.FaultKind) bool {
	if slices.ContainsFunc(FaultKinds, func(doc wire.FaultDoc) bool { return doc.Kind == kind }) {
		return false
	}
	wire.Violate(r, "the mock has no fault of kind %q", kind)
	http.Error(w, "mock: no fault of kind "+string(kind), http.StatusInternalServerError)
	return true
}
