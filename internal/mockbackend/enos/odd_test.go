// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package enos

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

func TestInfoData(t *testing.T) {
	t.Parallel()
	for position, want := range map[string]string{
		InfoDataList:      `{"code":0,"message":"OK","data":{"dataAuthorizeType":["ROLE","USER_OP","ASSET","USER"]}}`,
		InfoDataMissing:   `{"code":0,"message":"OK"}`,
		InfoDataEmpty:     `{"code":0,"message":"OK","data":{}}`,
		InfoDataNullAmong: `{"code":0,"message":"OK","data":{"dataAuthorizeType":[null,"USER_OP","ASSET","USER"]}}`,
	} {
		h := newHarness(t, Switches{InfoData: position, Order: OrderStored})
		token := h.token()
		if a := h.info(token, org, portal); strings.TrimSpace(a.Text) != want {
			t.Errorf("%s: %s, want %s", position, a.Text, want)
		}
		if a := h.set(token, portal, "USER"); a.Body["data"] != true {
			t.Errorf("%s: set: %s", position, a.Text)
		}
	}
	h := newHarness(t, Switches{InfoData: InfoDataNullAmong})
	if a := h.info(h.token(), org, bare); !strings.Contains(a.Text, `[null]`) {
		t.Error(a.Text)
	}
}

func TestEnvelope(t *testing.T) {
	t.Parallel()
	for position, want := range map[string][2][2]any{ // code and status of success and of failure
		EnvelopeCodeOnly:    {{0.0, nil}, {31400.0, nil}},
		EnvelopeBoth:        {{0.0, 0.0}, {31400.0, 31400.0}},
		EnvelopeStatusFails: {{0.0, 31500.0}, {31400.0, 31400.0}},
		EnvelopeCodeFails:   {{31500.0, 0.0}, {31400.0, 0.0}},
	} {
		h := newHarness(t, Switches{Envelope: position})
		token := h.token()
		success, failure := h.set(token, portal, "USER"), h.info(token, org, "gone")
		got := [2][2]any{{success.Body["code"], success.Body["status"]}, {failure.Body["code"], failure.Body["status"]}}
		if got != want {
			t.Errorf("%s: %v, want %v: %s %s", position, got, want, success.Text, failure.Text)
		}
		if diff := cmp.Diff([]string{"USER"}, h.stored(portal)); diff != "" {
			t.Error(diff) // done, whatever it says
		}
	}
}

// A token is refused once it was used as often as it may be, and a get then hands out another.
func TestTokenCalls(t *testing.T) {
	t.Parallel()
	h := newHarness(t, Switches{TokenCalls: 2})
	token := h.token()
	for call, code := range []int{0, 0, 1203, 1203} {
		a := h.info(token, org, portal)
		if key := map[bool]string{true: "code", false: "status"}[code == 0]; a.code(key) != code {
			t.Errorf("call %d: %s, want %d", call, a.Text, code)
		}
	}
	if another := h.token(); another == token {
		t.Error("the same token")
	} else if a := h.info(another, org, portal); a.code("code") != 0 {
		t.Error(a.Text)
	}
}

// A set that was not answered, or answered early, overwrites later what came between.
func TestLateSet(t *testing.T) {
	t.Parallel()
	h := newHarness(t, Switches{})
	token := h.token()
	h.faults.Add(wire.Fault{Kind: wire.LateSuccess, Operation: UpdateApplicationAuthorization, Times: 1, EffectRequests: 2})
	h.faults.Add(wire.Fault{Kind: wire.Late, Operation: UpdateApplicationAuthorization, Times: 1, After: 1})
	if a := h.set(token, portal, "USER"); a.Text != `{"code":0,"message":"OK","data":true}` {
		t.Error(a.Text)
	}
	if len(h.listed(h.info(token, org, portal))) != 4 {
		t.Error("done at once")
	}
	h.set(token, portal, "ASSET")
	if diff := cmp.Diff([]string{"ASSET"}, h.stored(portal)); diff != "" {
		t.Error(diff)
	}
	if a := h.set(token, portal, "ROLE"); a.Status != http.StatusGatewayTimeout {
		t.Error(a.Text)
	}
	if diff := cmp.Diff([]string{"USER"}, h.stored(portal)); diff != "" {
		t.Error(diff) // of the first, and not of the last yet
	}
	h.faults.Settle()
	if diff := cmp.Diff([]string{"ROLE"}, h.stored(portal)); diff != "" {
		t.Error(diff)
	}
	h.wantNoViolation()
}
