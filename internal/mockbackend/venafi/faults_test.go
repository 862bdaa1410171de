// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/hostile"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

func once(operation string, kind wire.FaultKind) wire.Fault {
	return wire.Fault{Operation: operation, Kind: kind, Times: 1}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	for kind, want := range map[wire.FaultKind]struct {
		status int
		text   string
	}{
		FaultRerun:             {500, "Rerun the transaction."},
		FaultHTML401:           {401, "<h2>401 - Unauthorized"},
		FaultHTML403:           {403, "<h2>403 - Forbidden"},
		FaultHTML500:           {500, "<h2>500 - Internal server error."},
		FaultHTML503:           {503, "<h2>Service Unavailable"},
		FaultSessionError:      {401, `{"error":"session_error","error_description":"Invalid token format"}`},
		FaultInsufficientRight: {401, `"error":"insufficient_rights"`},
		FaultInsufficientScope: {403, `"error":"insufficient_scope"`},
		FaultTokenExpired:      {401, `"error":"invalid_token"`},
		FaultResult:            {200, `"Result":1,"Success":false`},
		wire.Unavailable:       {503, "<html>"},
		wire.HTML:              {200, "<html>"},
		wire.Throttle:          {429, "<h2>429"},
		wire.ServerError:       {500, "<h2>500"},
	} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			h := newHarness(t, Switches{})
			h.faults.Add(once(GrantRole, kind))
			a := h.grant(Auditor, aliceID, "")
			if a.Status != want.status || !strings.Contains(a.Text, want.text) {
				t.Errorf("got %s, want %d %s", a, want.status, want.text)
			}
			if h.Holds(aliceID, Auditor, "") {
				t.Error("the role was granted")
			}
			a = h.grant(Auditor, aliceID, "")
			if kind == FaultTokenExpired {
				h.wantError(a, 401, "invalid_token")
				a = h.as(adminID).grant(Auditor, aliceID, "")
			}
			h.wantResult(a, 0)
			h.wantNoViolation()
		})
	}
}

func TestReasonFault(t *testing.T) {
	t.Parallel()
	h := newHarness(t, Switches{})
	h.faults.Add(once(AuthorizeOAuth, FaultReason))
	if a := h.login(nil); a.Status != 400 || a.Text != "" || a.Reason != "Grant has been revoked, has expired, or the refresh token is invalid" {
		t.Error(a)
	}
	h.faults.Add(wire.Fault{Operation: AuthorizeOAuth, Kind: FaultReason, Times: 1, Status: 403, Body: "Failed to issue grant"})
	if a := h.login(nil); a.Status != 403 || a.Text != "" || a.Reason != "Failed to issue grant" {
		t.Error(a)
	}
	if a := h.login(nil); a.Status != 200 {
		t.Error(a)
	}
}

func TestResultFault(t *testing.T) {
	t.Parallel()
	h := newHarness(t, Switches{})
	h.faults.Add(wire.Fault{Operation: RevokeRole, Kind: FaultResult, Times: 1, Status: 5})
	h.wantResult(h.revoke(Owner, ownerID, "AppA"), 5)
	if !h.Holds(ownerID, Owner, "AppA") {
		t.Error("revoked")
	}
}

// A login has no token to kill: the fault lets it through.
func TestTokenExpiredInLogin(t *testing.T) {
	t.Parallel()
	h := newHarness(t, Switches{})
	h.faults.Add(once(AuthorizeOAuth, FaultTokenExpired))
	if a := h.login(nil); a.Status != 200 {
		t.Error(a)
	}
}

func TestLateList(t *testing.T) {
	t.Parallel()
	h := newHarness(t, Switches{})
	h.faults.Add(wire.Fault{Kind: FaultLateList, Times: 2})
	h.wantResult(h.grant(Auditor, aliceID, ""), 0)
	h.wantResult(h.revoke(Owner, ownerID, "AppA"), 0)
	granted := "1 " + aliceID + " -"
	if lines := h.listed(); slices.Contains(lines, granted) || !slices.Contains(lines, seededRoles[2]) {
		t.Errorf("first list %q", lines)
	}
	if lines := h.listed(); !slices.Contains(lines, granted) || slices.Contains(lines, seededRoles[2]) {
		t.Errorf("second list %q", lines)
	}
}

func TestIgnoredWrite(t *testing.T) {
	t.Parallel()
	h := newHarness(t, Switches{})
	h.faults.Add(wire.Fault{Kind: FaultIgnoredWrite, Times: 2})
	h.wantResult(h.grant(Auditor, aliceID, ""), 0)
	h.wantResult(h.revoke(Owner, ownerID, "AppA"), 0)
	if h.Holds(aliceID, Auditor, "") || !h.Holds(ownerID, Owner, "AppA") {
		t.Error("something was done")
	}
}

// The answer is lost, but the role is granted.
func TestResetAfterCommit(t *testing.T) {
	t.Parallel()
	h := newHarness(t, Switches{})
	h.faults.Add(once(GrantRole, wire.ResetAfter))
	r := h.request(http.MethodPost, "/vedsdk/oauth/grantrole", `{"GranteePrefixedUniversal":"`+aliceID+`","Role":1}`)
	if response, err := http.DefaultClient.Do(r); err == nil {
		response.Body.Close()
		t.Errorf("an answer: %s", response.Status)
	}
	if !h.Holds(aliceID, Auditor, "") {
		t.Error("not granted")
	}
}

// IIS starts the platform with the first request, which takes its time.
func TestColdStart(t *testing.T) {
	t.Parallel()
	h := newHarness(t, Switches{})
	const delay = 150 * time.Millisecond
	h.faults.Add(wire.Fault{Kind: wire.Slow, Delay: delay, Times: 1})
	begin := time.Now()
	h.listed()
	if took := time.Since(begin); took < delay {
		t.Errorf("the first answer took %s", took)
	}
	if n := h.faults.Struck(); n != 1 {
		t.Errorf("%d faults", n)
	}
	h.listed()
	if n := h.faults.Struck(); n != 1 {
		t.Errorf("%d faults after the second", n)
	}
}

// Every described fault changes something for at least one operation, and hostile ones fit the
// operation.
func TestFaultKindsArePlayed(t *testing.T) {
	t.Parallel()
	get := func(h *harness, method, path, body string) (int, string, string) {
		r := h.request(method, path, body)
		response, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		text, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		return response.StatusCode, string(text), response.Header.Get("Content-Type")
	}
	writes := []wire.FaultKind{FaultLateList, FaultIgnoredWrite}
	for _, doc := range FaultKinds {
		h := newHarness(t, Switches{Order: OrderStable})
		for operation, target := range map[string][3]string{
			ListRoles:      {http.MethodPost, "/vedsdk/oauth/listroles", "{}"},
			IdentitySelf:   {http.MethodGet, "/vedsdk/identity/self", ""},
			AuthorizeOAuth: {http.MethodPost, "/vedauth/authorize/oauth", `{"client_id":"AppA","username":"a","password":"b","scope":"admin"}`},
		} {
			status, text, contentType := get(h, target[0], target[1], target[2])
			h.faults.Add(wire.Fault{Operation: operation, Kind: doc.Kind, Times: 1, Size: 1 << 16})
			if doc.Kind == FaultTokenExpired {
				h.as(adminID)
			}
			status2, text2, contentType2 := get(h, target[0], target[1], target[2])
			changed := status != status2 || text != text2 || contentType != contentType2
			if changed == slices.Contains(writes, doc.Kind) {
				t.Errorf("%s changes %s: %t", doc.Kind, operation, changed)
			}
			if doc.Kind == FaultTokenExpired {
				h.as(adminID)
			}
		}
		if doc.Doc == "" {
			t.Errorf("%s is not described", doc.Kind)
		}
	}
	if !slices.ContainsFunc(FaultKinds, func(doc wire.FaultDoc) bool { return doc.Kind == hostile.GiantBody }) {
		t.Error("the hostile kinds are missing")
	}
}

func TestUnknownFaultKind(t *testing.T) {
	t.Parallel()
	h := newHarness(t, Switches{})
	h.faults.Add(once("", "no_such_fault"))
	if a := h.post("/vedsdk/oauth/listroles", "{}"); a.Status != http.StatusInternalServerError {
		t.Error(a)
	}
	h.wantViolation(`no fault of kind "no_such_fault"`)
}
