// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package enos

import (
	"net/http"

	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

// Faults of this service, besides those of package wire. The operation does not run, unless a comment says otherwise.
const (
	// The gateway's own refusals, as JSON and as the HTML page of something before it.
	FaultBadRequest       wire.FaultKind = "gateway_400"
	FaultUnauthorized     wire.FaultKind = "gateway_401"
	FaultForbidden        wire.FaultKind = "gateway_403"
	FaultTooLarge         wire.FaultKind = "gateway_413"
	FaultUnavailable      wire.FaultKind = "gateway_503"
	FaultUnauthorizedHTML wire.FaultKind = "html_401"
	FaultForbiddenHTML    wire.FaultKind = "html_403"
	// FaultTokenExpired kills the caller's token and refuses the call as [Switches.ExpiredToken] says. On the token service
	// it kills all tokens, so that a new one is handed out: the call itself is answered.
	FaultTokenExpired wire.FaultKind = "token_expired"
	// FaultShortToken and FaultRefreshToken answer apim_status 4011 and 4012; the token stays alive.
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

// FaultKinds returns the faults that this service plays itself.
func FaultKinds() []wire.FaultKind {
	return []wire.FaultKind{
		FaultBadRequest, FaultUnauthorized, FaultForbidden, FaultTooLarge, FaultUnavailable, FaultUnauthorizedHTML,
		FaultForbiddenHTML, FaultTokenExpired, FaultShortToken, FaultRefreshToken, FaultUnauthenticated, FaultExhausted,
		FaultInternal, FaultTimeout, FaultDuplicateEncryption, FaultTokenInternal,
	}
}

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
