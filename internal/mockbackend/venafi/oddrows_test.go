// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

func TestRoleRows(t *testing.T) {
	t.Parallel()
	const number = "12345"
	grantee := `"Grantee":"` + maintainerID + `"`
	for position, want := range map[string]string{
		RowsDocumented:        `{"ApplicationId":"12345",` + grantee + `,"Role":2}`,
		RowsRoleText:          `{"ApplicationId":"12345",` + grantee + `,"Role":"2"}`,
		RowsRoleName:          `{"ApplicationId":"12345",` + grantee + `,"Role":"application_maintainer"}`,
		RowsRoleDecimal:       `{"ApplicationId":"12345",` + grantee + `,"Role":2.0}`,
		RowsGranteeWriteName:  `{"ApplicationId":"12345","GranteePrefixedUniversal":"` + maintainerID + `","Role":2}`,
		RowsGranteeObject:     `{"ApplicationId":"12345","Grantee":{"Prefix":"local","PrefixedUniversal":"` + maintainerID + `","Universal":"` + maintainerID[6:] + `"},"Role":2}`,
		RowsApplicationNumber: `{"ApplicationId":12345,` + grantee + `,"Role":2}`,
		RowsMissing:           `{"Result":0,"Success":true}`,
		RowsNull:              `{"Result":0,"Roles":null,"Success":true}`,
	} {
		h := newHarness(t, Switches{RoleRows: position})
		if err := h.AddApplication(Application{ID: number, MaximumScope: "certificate"}); err != nil {
			t.Fatal(err)
		}
		h.wantResult(h.grant(Maintainer, maintainerID, number), 0)
		a := h.post("/vedsdk/oauth/listroles", "{}")
		if !strings.Contains(a.Text, want) || strings.HasPrefix(want, `{"Result"`) && strings.TrimSpace(a.Text) != want {
			t.Errorf("%s: %s, want %s", position, a.Text, want)
		}
		if position == RowsApplicationNumber && !strings.Contains(a.Text, `"ApplicationId":"AppA"`) {
			t.Errorf("what is no number is text: %s", a.Text)
		}
		if !h.Holds(maintainerID, Maintainer, number) {
			t.Errorf("%s: not held", position)
		}
	}
}

// Rows of the seed are shown as they are, whatever the switch says of the others, and live through
// a restore.
func TestOddRoles(t *testing.T) {
	t.Parallel()
	h := newHarness(t, Switches{Order: OrderStable})
	seed := h.Snapshot()
	seed.OddRoles = []json.RawMessage{[]byte(`{"Grantee":"x\u001b[2K","Role":6.0}`), []byte(`null`)}
	for range 2 {
		if err := h.Restore(seed); err != nil {
			t.Fatal(err)
		}
		a := h.post("/vedsdk/oauth/listroles", "{}")
		if !strings.HasSuffix(strings.TrimSpace(a.Text), `,{"Grantee":"x\u001b[2K","Role":6.0},null],"Success":true}`) || !strings.Contains(a.Text, adminID) {
			t.Error(a.Text)
		}
		seed = h.Snapshot()
	}
}

func TestFailedLogins(t *testing.T) {
	t.Parallel()
	const secret = "p/ä w%"
	for position, want := range map[string]string{
		EchoNothing: "", EchoRaw: ": " + secret, EchoEscaped: ": p%2f%c3%a4%20w%25", EchoEscapedAll: ": %70%2f%c3%a4%20%77%25", EchoLong: ": " + secret + " " + secret,
	} {
		for _, status := range []string{LoginStatus400, LoginStatus200} {
			h := newHarness(t, Switches{LoginEcho: position, FailedLogin: status})
			a := h.login(map[string]any{"password": secret})
			wantStatus := map[string]int{LoginStatus400: http.StatusBadRequest, LoginStatus200: http.StatusOK}[status]
			description := a.text("error_description")
			if a.Status != wantStatus || a.text("error") != "invalid_grant" || !strings.HasPrefix(description, "Username or password is incorrect"+want) {
				t.Errorf("%s, %s: %s", position, status, a)
			}
			if long := len(description) > 16<<10; long != (position == EchoLong) {
				t.Errorf("%s: %d bytes", position, len(description))
			}
			if position == EchoNothing && strings.Contains(a.Text, secret) {
				t.Error(a)
			}
			if a := h.login(nil); a.Status != http.StatusOK || a.text("access_token") == "" || a.text("error") != "" {
				t.Errorf("a right login: %s", a)
			}
			const jwt = "no-jwt"
			a = h.postJSON("/vedauth/authorize/jwt", map[string]any{"client_id": clientID, "scope": "admin", "jwt": jwt})
			if a.Status != wantStatus || strings.Contains(a.Text, jwt) != (position == EchoRaw || position == EchoEscaped || position == EchoLong) {
				t.Errorf("%s, JWT: %s", position, a)
			}
		}
	}
}

// What a caller may do through a group is told by its role, and by identity/self where the switch
// says so.
func TestRolesThroughGroups(t *testing.T) {
	t.Parallel()
	for _, groups := range []string{GroupsShown, GroupsHidden} {
		h := newHarness(t, Switches{SelfGroups: groups})
		if err := h.Grant(Role{Role: Admin, Grantee: groupID}); err != nil {
			t.Fatal(err)
		}
		h.as(bobID)
		if a := h.post("/vedsdk/oauth/getrole", "{}"); a.Body["Role"].(map[string]any)["Role"] != 6.0 {
			t.Error(a)
		}
		var ids []string
		for _, entry := range h.getPath("/vedsdk/identity/self").Body["Identities"].([]any) {
			ids = append(ids, entry.(map[string]any)["PrefixedUniversal"].(string))
		}
		want := []string{bobID}
		if groups == GroupsShown {
			want = append(want, groupID)
		}
		if diff := cmp.Diff(want, ids); diff != "" {
			t.Error(diff)
		}
		h.wantResult(h.revoke(Admin, groupID, ""), 0) // the grant that carries the caller
		h.wantError(h.post("/vedsdk/oauth/listroles", "{}"), http.StatusUnauthorized, "insufficient_rights")
	}
}

// A grant whose answer came early, or not at all, is made later.
func TestLateGrant(t *testing.T) {
	t.Parallel()
	h := newHarness(t, Switches{})
	h.faults.Add(wire.Fault{Kind: wire.LateSuccess, Operation: GrantRole, Times: 1, EffectRequests: 1})
	h.wantResult(h.grant(Admin, aliceID, ""), 0)
	if slices.Contains(h.listed(), "6 "+aliceID+" -") {
		t.Error("done at once")
	}
	if !slices.Contains(h.listed(), "6 "+aliceID+" -") {
		t.Error("not done")
	}
	h.faults.Add(wire.Fault{Kind: wire.Late, Operation: RevokeRole, Times: 1})
	if a := h.revoke(Admin, aliceID, ""); a.Status != http.StatusGatewayTimeout || !h.Holds(aliceID, Admin, "") {
		t.Error(a)
	}
	h.faults.Settle()
	if h.Holds(aliceID, Admin, "") {
		t.Error("not settled")
	}
	h.wantNoViolation()
}
