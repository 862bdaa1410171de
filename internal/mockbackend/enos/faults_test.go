// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package enos

import (
	"net/http"
	"strings"
	"testing"

	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

func faultOnce(operation string, kind wire.FaultKind) wire.Fault {
	return wire.Fault{Operation: operation, Kind: kind, Times: 1}
}

func TestGatewayFaults(t *testing.T) {
	t.Parallel()
	for kind, want := range map[wire.FaultKind]struct {
		status int
		body   string
	}{
		FaultBadRequest:       {400, `{"message":"Cannot process request body"}`},
		FaultUnauthorized:     {401, kong401},
		FaultForbidden:        {403, `{"message":"Your IP address is not allowed"}`},
		FaultTooLarge:         {413, `{"message":"Request size limit exceeded"}`},
		FaultUnavailable:      {503, `{"message":"Service unavailable"}`},
		wire.Throttle:         {429, `{"message":"API rate limit exceeded"}`},
		wire.ServerError:      {500, `{"message":"An unexpected error occurred"}`},
		FaultUnauthorizedHTML: {401, "<h1>401 Unauthorized</h1>"},
		FaultForbiddenHTML:    {403, "<h1>403 Forbidden</h1>"},
		wire.Unavailable:      {503, "<h1>"},
		wire.HTML:             {200, "<h1>"},
	} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			h := newHarness(t, Switches{})
			token := h.token()
			h.faults.Add(wire.Fault{Operation: UpdateApplicationAuthorization, Kind: kind, Times: 1, RetryAfter: "7"})
			h.faults.Add(faultOnce(GetAccessToken, kind))
			a := h.set(token, portal, "USER")
			if a.Status != want.status || !strings.Contains(a.Text, want.body) {
				t.Errorf("set: got %d %s, want %d %s", a.Status, a.Text, want.status, want.body)
			}
			if kind == wire.Throttle && a.Header.Get("Retry-After") != "7" {
				t.Errorf("Retry-After %q", a.Header.Get("Retry-After"))
			}
			if got := h.stored(portal); len(got) != 4 {
				t.Errorf("the set was applied: %q", got)
			}
			if a := h.get(); a.Status != want.status || !strings.Contains(a.Text, want.body) || a.Header.Get("Retry-After") != "" {
				t.Errorf("token: got %d %s %v", a.Status, a.Text, a.Header)
			}
			if a := h.set(token, portal, "USER"); a.Body["data"] != true {
				t.Errorf("afterwards: %s", a.Text)
			}
		})
	}
}

func TestPortalFaults(t *testing.T) {
	t.Parallel()
	for kind, want := range map[wire.FaultKind]struct {
		key  string
		code int
	}{
		FaultShortToken:      {"apim_status", 4011},
		FaultRefreshToken:    {"apim_status", 4012},
		FaultUnauthenticated: {"code", 31401},
		FaultExhausted:       {"code", 31429},
		FaultInternal:        {"code", 31500},
		FaultTimeout:         {"code", 31504},
	} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			h := newHarness(t, Switches{})
			token := h.token()
			h.faults.Add(faultOnce("", kind))
			if a := h.set(token, portal, "USER"); a.Status != http.StatusOK || a.code(want.key) != want.code {
				t.Errorf("got %d %s", a.Status, a.Text)
			}
			if got := h.stored(portal); len(got) != 4 {
				t.Errorf("the set was applied: %q", got)
			}
			if a := h.set(token, portal, "USER"); a.Body["data"] != true {
				t.Errorf("afterwards: %s", a.Text)
			}
		})
	}
}

func TestTokenFaults(t *testing.T) {
	t.Parallel()
	for kind, want := range map[wire.FaultKind]int{FaultDuplicateEncryption: 1001, FaultTokenInternal: 1005} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			h := newHarness(t, Switches{})
			h.faults.Add(faultOnce("", kind))
			if a := h.get(); a.Status != http.StatusOK || a.code("status") != want {
				t.Errorf("got %d %s", a.Status, a.Text)
			}
			if a := h.get(); a.code("status") != 0 {
				t.Errorf("afterwards: %s", a.Text)
			}
		})
	}
}

// On the token service the fault that kills tokens lets the call through, with a new token.
func TestTokenExpiredFaultOnTokenCall(t *testing.T) {
	t.Parallel()
	h := newHarness(t, Switches{})
	old := h.token()
	h.faults.Add(faultOnce(GetAccessToken, FaultTokenExpired))
	if h.token() == old {
		t.Error("the old token was handed out")
	}
	if a := h.info(old, org, portal); a.code("status") != 1203 {
		t.Errorf("the old token: %s", a.Text)
	}
}

// Every described fault changes something: none is mistaken for an ordinary call on both kinds of
// operation.
func TestFaultKindsArePlayed(t *testing.T) {
	t.Parallel()
	for _, doc := range FaultKinds {
		h := newHarness(t, Switches{Order: OrderStored})
		token := h.token()
		want := h.info(token, org, portal)
		h.faults.Add(wire.Fault{Operation: GetApplicationAuthorization, Kind: doc.Kind, Times: 1, Size: 1 << 16, Body: h.url + TokenGetPath})
		h.faults.Add(wire.Fault{Operation: GetAccessToken, Kind: doc.Kind, Times: 1, Size: 1 << 16, Body: h.url + TokenGetPath})
		signed, fresh := h.info(token, org, portal), h.get()
		sameType := signed.Header.Get("Content-Type") == want.Header.Get("Content-Type")
		if signed.Text == want.Text && sameType && fresh.data()["accessToken"] == token {
			t.Errorf("%s changes nothing", doc.Kind)
		}
		if doc.Doc == "" {
			t.Errorf("%s is not described", doc.Kind)
		}
	}
}

func TestUnknownFaultKind(t *testing.T) {
	t.Parallel()
	h := newHarness(t, Switches{})
	h.faults.Add(faultOnce("", "no_such_fault"))
	if a := h.get(); a.Status != http.StatusInternalServerError {
		t.Errorf("got %d", a.Status)
	}
	h.wantViolation(`no fault of kind "no_such_fault"`)
}

func TestNewPanicsOnABadSeed(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	New(wire.Service{}, Seed{Organizations: []Organization{{}}}, Switches{})
}
