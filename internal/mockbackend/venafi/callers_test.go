// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// What each caller may do, by the pages' table.
func TestCallerRoles(t *testing.T) {
	t.Parallel()
	type rights struct {
		list, maintainer, owner, other, global bool
	}
	for name, tc := range map[string]struct {
		as       string
		grant    []Role
		switches Switches
		want     rights
		role     string
	}{
		"admin":       {as: adminID, want: rights{true, true, true, true, true}, role: `{"Role":6}`},
		"auditor":     {as: auditorID, want: rights{list: true}, role: `{"Role":1}`},
		"grant admin": {as: grantAdminID, want: rights{}, role: `{"Role":5}`},
		"owner": {
			as: ownerID, want: rights{list: true, maintainer: true, owner: true},
			role: `{"OwnedApplications":[{"ApplicationId":"AppA","Role":3}],"PermittedApplications":["AppA"],"Role":3}`,
		},
		"owner who may not delegate": {
			as: ownerID, switches: Switches{OwnerAssignsOwner: Refused}, want: rights{list: true, maintainer: true},
			role: `{"OwnedApplications":[{"ApplicationId":"AppA","Role":3}],"PermittedApplications":["AppA"],"Role":3}`,
		},
		"maintainer": {
			as: maintainerID, want: rights{maintainer: true},
			role: `{"OwnedApplications":[],"PermittedApplications":["AppA"],"Role":2}`,
		},
		"maintainer who may not grant": {
			as: maintainerID, switches: Switches{MaintainerGrants: Refused}, want: rights{},
			role: `{"OwnedApplications":[],"PermittedApplications":["AppA"],"Role":2}`,
		},
		"mixed": {
			as: maintainerID, grant: []Role{{Owner, maintainerID, "AppB"}}, want: rights{list: true, maintainer: true, other: true},
			role: `{"OwnedApplications":[{"ApplicationId":"AppB","Role":3}],"PermittedApplications":["AppA","AppB"],"Role":4}`,
		},
		"owner and maintainer of one": {
			as: ownerID, grant: []Role{{Maintainer, ownerID, "AppA"}}, want: rights{list: true, maintainer: true, owner: true},
			role: `{"OwnedApplications":[{"ApplicationId":"AppA","Role":3}],"PermittedApplications":["AppA"],"Role":3}`,
		},
		"nobody":      {as: nobodyID, want: rights{}, role: `{"OwnedApplications":[],"PermittedApplications":[],"Role":0}`},
		"TPP auditor": {as: tppID, want: rights{list: true}, role: `{"Role":1}`},
		"by group": {
			as: bobID, grant: []Role{{Maintainer, groupID, "AppA"}}, want: rights{maintainer: true},
			role: `{"OwnedApplications":[],"PermittedApplications":["AppA"],"Role":2}`,
		},
		"a global role overrides": {as: ownerID, grant: []Role{{Role: Auditor, Grantee: ownerID}}, want: rights{list: true}, role: `{"Role":1}`},
		"the highest global role": {
			as: auditorID, grant: []Role{{Role: Admin, Grantee: strings.ToUpper(auditorID)}}, want: rights{true, true, true, true, true}, role: `{"Role":6}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t, tc.switches)
			if err := h.Grant(tc.grant...); err != nil {
				t.Fatal(err)
			}
			h.as(tc.as)
			check := func(what string, a answer, may bool) {
				t.Helper()
				if may {
					h.wantResult(a, 0)
				} else {
					h.wantError(a, 401, "insufficient_rights")
				}
				if t.Failed() {
					t.Log(what)
				}
			}
			check("list", h.post("/vedsdk/oauth/listroles", "{}"), tc.want.list)
			if a := h.post("/vedsdk/oauth/getrole", "{}"); a.Text != `{"Result":0,"Role":`+tc.role+`,"Success":true}` {
				t.Errorf("role: %s", a)
			}
			for what, try := range map[string]struct {
				role        RoleID
				application string
				may         bool
			}{
				"maintainer": {Maintainer, "AppA", tc.want.maintainer}, "owner": {Owner, "AppA", tc.want.owner},
				"maintainer of another": {Maintainer, "AppB", tc.want.other}, "global": {Auditor, "", tc.want.global},
			} {
				check("grant "+what, h.grant(try.role, aliceID, try.application), try.may)
				check("revoke "+what, h.revoke(try.role, aliceID, try.application), try.may)
			}
			h.wantNoViolation()
		})
	}
}

func TestInsufficientRightsAsResult(t *testing.T) {
	t.Parallel()
	for position, result := range map[string]bool{"": false, Rights401: false, RightsResult9: true} {
		t.Run(position, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t, Switches{InsufficientRights: position}).as(nobodyID)
			for _, a := range []answer{h.post("/vedsdk/oauth/listroles", "{}"), h.grant(Admin, aliceID, ""), h.revoke(Admin, aliceID, "")} {
				if result {
					h.wantResult(a, 9)
				} else {
					h.wantError(a, 401, "insufficient_rights")
				}
			}
		})
	}
}

func TestOwnersSeeOnlyTheirApplications(t *testing.T) {
	t.Parallel()
	h := newHarness(t, Switches{ImpliedRoles: ImpliedShown})
	if err := h.Grant(Role{Maintainer, aliceID, "AppB"}, Role{Maintainer, ownerID, "AppB"}); err != nil {
		t.Fatal(err)
	}
	h.as(ownerID)
	if diff := cmp.Diff(seededRoles[1:3], h.listed()); diff != "" {
		t.Error(diff)
	}
}

func TestBearer(t *testing.T) {
	t.Parallel()
	for position, want := range map[string]string{"": "invalid_token", MalformedInvalidToken: "invalid_token", MalformedSessionError: "session_error"} {
		t.Run(position, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t, Switches{MalformedToken: position})
			good := h.token
			h.token = "no base64!"
			h.wantError(h.post("/vedsdk/oauth/listroles", "{}"), 401, want)
			h.token = randomToken()
			h.wantError(h.post("/vedsdk/oauth/listroles", "{}"), 401, "invalid_token")
			h.token = good
			h.wantResult(h.post("/vedsdk/oauth/listroles", "{}"), 0)
			h.wantNoViolation()
			h.advance(7776000 * time.Second)
			h.wantError(h.post("/vedsdk/oauth/listroles", "{}"), 401, "invalid_token")
			h.token = ""
			h.wantError(h.post("/vedsdk/oauth/listroles", "{}"), 401, "invalid_token")
			h.wantViolation("no bearer token")
			r := h.request(http.MethodPost, "/vedsdk/oauth/listroles", "{}")
			r.Header.Set("Authorization", "Basic "+good)
			h.wantError(h.do(r), 401, "invalid_token")
		})
	}
}

func TestScopes(t *testing.T) {
	t.Parallel()
	h := newHarness(t, Switches{})
	h.with(adminID, "configuration;certificate:manage")
	a := h.post("/vedsdk/oauth/listroles", "{}")
	h.wantError(a, 403, "insufficient_scope")
	if !strings.Contains(a.Text, `Grant rejected scope 'admin'. Call POST Authorize\/OAuth with the correct scope and restriction. Update the header with the new token and retry.`) {
		t.Error(a)
	}
	h.with(adminID, "admin:delete")
	h.wantResult(h.post("/vedsdk/oauth/listroles", "{}"), 0)
	h.wantError(h.post("/vedsdk/identity/validate", `{"ID":{"PrefixedName":"local:admin"}}`), 403, "insufficient_scope")
	h.wantError(h.post("/vedsdk/identity/browse", `{"Filter":"a"}`), 403, "insufficient_scope")
	if _, err := h.IssueToken(clientID, adminID, ";"); err == nil {
		t.Error("a malformed scope")
	}
	if _, err := h.IssueToken("other", adminID, "admin"); err == nil {
		t.Error("an unknown application")
	}
}

func TestErrorForms(t *testing.T) {
	t.Parallel()
	h := newHarness(t, Switches{ErrorKeys: KeysCapitalised})
	h.token = ""
	if a := h.post("/vedsdk/oauth/listroles", "{}"); a.text("Error") != "invalid_token" || a.text("error_description") == "" {
		t.Errorf("401: %s", a)
	}
	h.as(adminID)
	if a := h.post("/vedsdk/oauth/grantrole", "{}"); a.text("Error") != "invalid_request" || a.text("Error_description") == "" {
		t.Errorf("400: %s", a)
	}
	h.SetSwitches(Switches{ErrorKeys: KeysLower, ErrorForm: ErrorBody, Challenge: Sent})
	h.token = ""
	a := h.post("/vedsdk/oauth/listroles", "{}")
	h.wantError(a, 401, "invalid_token")
	if a.Header.Get("WWW-Authenticate") != "Bearer" || a.Header.Get("Server") != "Microsoft-IIS/10.0" {
		t.Error(a.Header)
	}
	h.SetSwitches(Switches{ErrorForm: ErrorReason})
	a = h.post("/vedsdk/oauth/listroles", "{}")
	if a.Status != 401 || a.Text != "" || a.Reason != "The access token provided is expired, revoked, malformed, or invalid for other reasons" ||
		a.Header.Get("WWW-Authenticate") != "" {
		t.Errorf("reason phrase: %s %v", a, a.Header)
	}
	if a := h.login(map[string]any{"password": "x"}); a.Status != 400 || a.Text != "" || a.Reason != "Username or password is incorrect" {
		t.Errorf("login: %s", a)
	}
	h.SetSwitches(Switches{SuccessError: SuccessErrorNull})
	h.as(adminID)
	if a := h.grant(Auditor, aliceID, ""); a.Text != `{"Error":null,"Result":0,"Success":true}` {
		t.Error(a)
	}
}
