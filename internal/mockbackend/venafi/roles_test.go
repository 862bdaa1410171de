// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

var seededRoles = []string{
	"1 " + auditorID + " -",
	"2 " + maintainerID + " AppA",
	"3 " + ownerID + " AppA",
	"5 " + grantAdminID + " -",
	"6 " + adminID + " -",
}

func TestGrantListRevoke(t *testing.T) {
	t.Parallel()
	for _, role := range []struct {
		id          RoleID
		application string
	}{{Auditor, ""}, {Maintainer, "AppB"}, {Owner, "AppB"}, {GrantAdmin, ""}, {Admin, ""}} {
		t.Run(fmt.Sprint(int(role.id)), func(t *testing.T) {
			t.Parallel()
			h := newHarness(t, Switches{})
			if diff := cmp.Diff(seededRoles, h.listed()); diff != "" {
				t.Error(diff)
			}
			if a := h.grant(role.id, aliceID, role.application); a.Text != `{"Result":0,"Success":true}` {
				t.Error(a)
			}
			shown := role.application
			if shown == "" {
				shown = "-"
			}
			if line := fmt.Sprintf("%d %s %s", role.id, aliceID, shown); !slices.Contains(h.listed(), line) {
				t.Errorf("no %q", line)
			}
			if !h.Holds(aliceID, role.id, role.application) {
				t.Error("not held")
			}
			if a := h.revoke(role.id, aliceID, role.application); a.Text != `{"Result":0,"Success":true}` {
				t.Error(a)
			}
			if diff := cmp.Diff(seededRoles, h.listed()); diff != "" {
				t.Error(diff)
			}
			h.wantNoViolation()
		})
	}
}

func TestRoutesIgnoreCaseAndTakePostOnly(t *testing.T) {
	t.Parallel()
	h := newHarness(t, Switches{})
	for _, path := range []string{"/VEDSDK/OAuth/ListRoles", "/vedsdk/oauth/LISTROLES"} {
		h.wantResult(h.post(path, "{}"), 0)
	}
	h.wantNoViolation()
	for method, status := range map[string]int{http.MethodGet: 405, http.MethodPut: 405, http.MethodDelete: 405} {
		a := h.do(h.request(method, "/vedsdk/oauth/ListRoles", ""))
		if a.Status != status || !strings.Contains(a.Text, "<html>") || a.Header.Get("Allow") != http.MethodPost {
			t.Errorf("%s: %s", method, a)
		}
	}
	h.wantViolation("which is POST only")
	if a := h.post("/vedsdk/oauth/enumerateroles", "{}"); a.Status != 404 || !strings.Contains(a.Text, "<html>") {
		t.Error(a)
	}
	h.wantViolation("no operation is POST /vedsdk/oauth/enumerateroles")
}

func TestAssignmentBodies(t *testing.T) {
	t.Parallel()
	full := func(more string) string { return `{"GranteePrefixedUniversal":"` + aliceID + `"` + more + `}` }
	for name, tc := range map[string]struct {
		body      string
		switches  Switches
		status    int
		result    int
		violation string
	}{
		"no JSON":                   {body: `Role=2`, status: 400, violation: "malformed body"},
		"nothing":                   {body: ``, status: 400, violation: "malformed body"},
		"an array":                  {body: `[]`, status: 400, violation: "malformed body"},
		"null":                      {body: `null`, status: 400, violation: "no GranteePrefixedUniversal"},
		"no grantee":                {body: `{"Role":6}`, status: 400, violation: "no GranteePrefixedUniversal"},
		"read field":                {body: `{"Grantee":"x","Role":6}`, status: 400, violation: `unknown parameter "Grantee"`},
		"grantee in wrong case":     {body: `{"granteeprefixeduniversal":"x","Role":6}`, status: 400, violation: "unknown parameter"},
		"no role":                   {body: full(``), status: 400},
		"role a name":               {body: full(`,"Role":"admin"`), status: 400, violation: "Role is no integer"},
		"role a string":             {body: full(`,"Role":"6"`), status: 400, violation: "Role is no integer"},
		"role a fraction":           {body: full(`,"Role":1.5`), status: 400, violation: "Role is no integer"},
		"application a number":      {body: full(`,"Role":2,"ApplicationId":7`), status: 400, violation: "ApplicationId is no string"},
		"role 0":                    {body: full(`,"Role":0`), status: 200, result: 6, violation: "role 0 cannot be granted"},
		"role 4":                    {body: full(`,"Role":4,"ApplicationId":"AppA"`), status: 200, result: 6, violation: "role 4"},
		"role 7":                    {body: full(`,"Role":7`), status: 200, result: 6, violation: "role 7"},
		"role -1":                   {body: full(`,"Role":-1`), status: 200, result: 6, violation: "role -1"},
		"role 4, result 6":          {body: full(`,"Role":4`), switches: Switches{BadRole: Result6}, status: 200, result: 6, violation: "role 4"},
		"role 4, 400":               {body: full(`,"Role":4`), switches: Switches{BadRole: Status400}, status: 400, violation: "role 4"},
		"no application":            {body: full(`,"Role":2`), status: 400, violation: "role 2 without ApplicationId"},
		"application null":          {body: full(`,"Role":3,"ApplicationId":null`), status: 400, violation: "role 3 without ApplicationId"},
		"no application, 400":       {body: full(`,"Role":2`), switches: Switches{MissingApplicationID: Status400}, status: 400, violation: "without ApplicationId"},
		"no application, result 6":  {body: full(`,"Role":2`), switches: Switches{MissingApplicationID: Result6}, status: 200, result: 6, violation: "without ApplicationId"},
		"global with application":   {body: full(`,"Role":6,"ApplicationId":"AppA"`), status: 200, violation: "role 6 with ApplicationId"},
		"unknown application":       {body: full(`,"Role":2,"ApplicationId":"gone"`), status: 200, result: 2},
		"application in wrong case": {body: full(`,"Role":2,"ApplicationId":"appa"`), status: 200, result: 2},
		"extra parameter":           {body: full(`,"Role":6,"Extra":1`), status: 200, violation: `unknown parameter "Extra"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, path := range []string{"/vedsdk/oauth/grantrole", "/vedsdk/oauth/revokerole"} {
				h := newHarness(t, tc.switches)
				before := len(h.Roles())
				a := h.post(path, tc.body)
				if tc.status == 400 {
					h.wantError(a, 400, "invalid_request")
				} else {
					h.wantResult(a, tc.result)
				}
				granted := 0
				if tc.status == 200 && tc.result == 0 && strings.HasSuffix(path, "grantrole") {
					granted = 1
				}
				if got := len(h.Roles()) - before; got != granted {
					t.Errorf("%s: %d roles more", path, got)
				}
				if tc.violation == "" {
					h.wantNoViolation()
				} else {
					h.wantViolation(tc.violation)
				}
			}
		})
	}
}

func TestContentType(t *testing.T) {
	t.Parallel()
	h := newHarness(t, Switches{})
	for contentType, want := range map[string]int{"application/json": 200, "application/json; charset=UTF-8": 200, "text/plain": 400, "": 400, "application/json; charset=latin1": 400} {
		r := h.request(http.MethodPost, "/vedsdk/oauth/getrole", "{}")
		r.Header.Set("Content-Type", contentType)
		if a := h.do(r); a.Status != want {
			t.Errorf("%q: %s", contentType, a)
		}
	}
	h.wantViolation("content type")
}

func TestReadBodies(t *testing.T) {
	t.Parallel()
	h := newHarness(t, Switches{})
	h.wantResult(h.post("/vedsdk/oauth/listroles", "null"), 0)
	h.wantResult(h.post("/vedsdk/oauth/getrole", "{}"), 0)
	h.wantNoViolation()
	h.wantError(h.post("/vedsdk/oauth/listroles", ""), 400, "invalid_request")
	h.wantResult(h.post("/vedsdk/oauth/listroles", `{"GranteePrefixedUniversal":"`+adminID+`"}`), 0)
	h.wantViolation(`unknown parameter "GranteePrefixedUniversal"`)
	h.wantResult(h.post("/vedsdk/oauth/listroles?x=y", "{}"), 0)
	h.wantViolation("a query")
}

func TestDuplicateAndAbsent(t *testing.T) {
	t.Parallel()
	for position, want := range map[string]int{"": 0, ResultSuccess: 0, ResultRights: 16} {
		t.Run(position, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t, Switches{DuplicateGrant: position, AbsentRevoke: position})
			h.wantResult(h.grant(Owner, ownerID, "AppA"), want)
			h.wantResult(h.grant(Owner, strings.ToUpper(ownerID), "AppA"), want)
			h.wantResult(h.revoke(Owner, aliceID, "AppA"), want)
			h.wantResult(h.revoke(Owner, "local:nobody-at-all", "AppA"), want)
			if diff := cmp.Diff(seededRoles, h.listed()); diff != "" {
				t.Error(diff)
			}
			h.wantNoViolation()
		})
	}
}

func TestUnknownGrantee(t *testing.T) {
	t.Parallel()
	for position, want := range map[string]int{"": 18, GranteeRemoteIdentity: 18, GranteeInvalid: 6, GranteeAccepted: 0} {
		t.Run(position, func(t *testing.T) {
			t.Parallel()
			for _, grantee := range []string{"AD+corp:00000000000000000000000000000000", "bob", "local:admin"} {
				h := newHarness(t, Switches{UnknownGrantee: position, GranteeNames: NamesRefused})
				h.wantResult(h.grant(Maintainer, grantee, "AppA"), want)
				if got := h.Holds(grantee, Maintainer, "AppA"); got != (want == 0) {
					t.Errorf("%s: held %t", grantee, got)
				}
			}
		})
	}
}

func TestGranteeNames(t *testing.T) {
	t.Parallel()
	h := newHarness(t, Switches{GranteeNames: NamesResolved})
	h.wantResult(h.grant(Maintainer, "AD+corp:Alice", "AppA"), 0)
	if !h.Holds(aliceID, Maintainer, "AppA") {
		t.Error("the name was not resolved")
	}
	h.wantResult(h.revoke(Maintainer, "AD+corp:Alice", "AppA"), 0)
	if h.Holds(aliceID, Maintainer, "AppA") {
		t.Error("the name was not resolved to revoke")
	}
}

func TestRevokeApplicationID(t *testing.T) {
	t.Parallel()
	for position, left := range map[string]bool{"": true, RevokeHonours: true, RevokeIgnores: false} {
		t.Run(position, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t, Switches{RevokeApplicationID: position, AbsentRevoke: ResultRights})
			if err := h.Grant(Role{Maintainer, aliceID, "AppA"}, Role{Maintainer, aliceID, "AppB"}, Role{Owner, aliceID, "AppB"}); err != nil {
				t.Fatal(err)
			}
			h.wantResult(h.revoke(Maintainer, aliceID, "AppA"), 0)
			if h.Holds(aliceID, Maintainer, "AppA") || h.Holds(aliceID, Maintainer, "AppB") != left || !h.Holds(aliceID, Owner, "AppB") {
				t.Errorf("roles %v", h.Roles())
			}
			if !h.Holds(maintainerID, Maintainer, "AppA") {
				t.Error("somebody else lost the role")
			}
			h.wantResult(h.revoke(Maintainer, aliceID, "AppA"), 16)
		})
	}
}

func TestGlobalApplicationID(t *testing.T) {
	t.Parallel()
	for position, want := range map[string]string{"": "-", GlobalOmitted: "-", GlobalNull: "<nil>", GlobalEmpty: ""} {
		t.Run(position, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t, Switches{GlobalApplicationID: position})
			lines := h.listed()
			if lines[4] != "6 "+adminID+" "+want || lines[1] != seededRoles[1] {
				t.Errorf("got %q", lines)
			}
		})
	}
}

func TestOddAuditor(t *testing.T) {
	t.Parallel()
	for position, want := range map[string]string{"": "-", AuditorPlain: "-", AuditorOdd: "VenafiMMCRecycleBin"} {
		t.Run(position, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t, Switches{AuditorApplicationID: position})
			if err := h.Grant(Role{Role: Auditor, Grantee: bobID, ApplicationID: "Seeded"}); err != nil {
				t.Fatal(err)
			}
			lines := h.listed()
			for _, line := range []string{"1 " + auditorID + " " + want, "1 " + bobID + " Seeded", "6 " + adminID + " -"} {
				if !slices.Contains(lines, line) {
					t.Errorf("no %q in %q", line, lines)
				}
			}
			h.wantResult(h.revoke(Auditor, bobID, ""), 0) // the application makes no part of the role
			if h.Holds(bobID, Auditor, "") {
				t.Error("still held")
			}
		})
	}
}

func TestGranteeSpelling(t *testing.T) {
	t.Parallel()
	const given = "local:11111111-AAAA-1111-1111-111111111111"
	for position, want := range map[string]string{
		"":                given,
		SpellingAsGiven:   given,
		SpellingDirectory: "local:{11111111-aaaa-1111-1111-111111111111}",
		SpellingLower:     strings.ToLower(given),
		SpellingUpper:     given,
		SpellingUnbraced:  given,
	} {
		t.Run(position, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t, Switches{GranteeSpelling: position, DuplicateGrant: ResultRights})
			if err := h.AddIdentities(Identity{Prefix: "local", Universal: "{11111111-aaaa-1111-1111-111111111111}", Name: "spelled"}); err != nil {
				t.Fatal(err)
			}
			h.wantResult(h.grant(Maintainer, given, "AppB"), 0)
			if lines := h.listed(); !slices.Contains(lines, "2 "+want+" AppB") {
				t.Errorf("no %q in %q", want, lines)
			}
			h.wantResult(h.grant(Maintainer, "LOCAL:{11111111-aaaa-1111-1111-111111111111}", "AppB"), 16)
			h.wantResult(h.revoke(Maintainer, "Local:{11111111-AAAA-1111-1111-111111111111}", "AppB"), 0)
			if diff := cmp.Diff(len(seededRoles), len(h.listed())); diff != "" {
				t.Error(diff)
			}
		})
	}
	h := newHarness(t, Switches{GranteeSpelling: SpellingUnbraced})
	if lines := h.listed(); lines[4] != "6 local:11111111-1111-1111-1111-111111111111 -" {
		t.Errorf("unbraced: %q", lines)
	}
	h.SetSwitches(Switches{GranteeSpelling: SpellingUpper})
	if err := h.Grant(Role{Role: Auditor, Grantee: "odd"}, Role{Role: Auditor, Grantee: aliceID}, Role{Role: Auditor, Grantee: "LDAP+x:uid=Bob"}); err != nil {
		t.Fatal(err)
	}
	lines := h.listed()
	for _, want := range []string{"1 odd -", "1 AD+corp:7F93D2908020204A959910EA5A5704FF -", "1 LDAP+x:uid=Bob -"} {
		if !slices.Contains(lines, want) {
			t.Errorf("no %q in %q", want, lines)
		}
	}
}

func TestExactMatching(t *testing.T) {
	t.Parallel()
	h := newHarness(t, Switches{GranteeMatching: MatchExact, AbsentRevoke: ResultRights})
	upper := "AD+corp:" + strings.ToUpper(strings.TrimPrefix(aliceID, "AD+corp:"))
	h.wantResult(h.grant(Auditor, upper, ""), 18)
	if err := h.Grant(Role{Role: Auditor, Grantee: upper}); err != nil {
		t.Fatal(err)
	}
	h.wantResult(h.grant(Auditor, aliceID, ""), 0)
	if got := len(h.Roles()); got != 7 {
		t.Errorf("%d roles", got)
	}
	h.wantResult(h.revoke(Auditor, aliceID, ""), 0)
	h.wantResult(h.revoke(Auditor, aliceID, ""), 16)
	h.wantResult(h.revoke(Auditor, upper, ""), 0)
	if err := h.Grant(Role{Role: Auditor, Grantee: upper}, Role{Role: Auditor, Grantee: aliceID}); err != nil {
		t.Fatal(err)
	}
	h.SetSwitches(Switches{GranteeMatching: MatchGUID})
	if got := len(h.Roles()); got != 6 || !h.Holds(aliceID, Auditor, "") {
		t.Errorf("%d roles after the switch", got)
	}
}

func TestOrder(t *testing.T) {
	t.Parallel()
	for position, stable := range map[string]bool{"": false, OrderUnstable: false, OrderStable: true} {
		t.Run(position, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t, Switches{Order: position})
			seen := map[string]bool{}
			for range 30 {
				seen[h.post("/vedsdk/oauth/listroles", "{}").Text] = true
			}
			if (len(seen) == 1) != stable {
				t.Errorf("%d different lists of 30", len(seen))
			}
		})
	}
}

func TestStaleList(t *testing.T) {
	t.Parallel()
	for position, lists := range map[string]int{"": 0, StaleNever: 0, StaleOnce: 1, StaleThreeTimes: 3} {
		t.Run(position, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t, Switches{StaleList: position})
			granted := "2 " + aliceID + " AppA"
			h.wantResult(h.grant(Maintainer, aliceID, "AppA"), 0)
			h.wantResult(h.revoke(Owner, ownerID, "AppA"), 0)
			if h.Holds(ownerID, Owner, "AppA") || !h.Holds(aliceID, Maintainer, "AppA") {
				t.Error("the change is not made at once")
			}
			for i := range lists + 2 {
				lines := h.listed()
				if got := slices.Contains(lines, granted); got != (i >= lists) {
					t.Errorf("list %d shows the grant: %t", i, got)
				}
				if got := slices.Contains(lines, seededRoles[2]); got != (i < lists) {
					t.Errorf("list %d shows the revoked role: %t", i, got)
				}
			}
			// A role that is revoked and granted again shows once.
			h.wantResult(h.revoke(Maintainer, aliceID, "AppA"), 0)
			h.wantResult(h.grant(Maintainer, aliceID, "AppA"), 0)
			for range lists + 1 {
				lines := h.listed()
				if slices.Contains(lines[1:], lines[0]) {
					t.Errorf("a line twice: %q", lines)
				}
			}
			if err := h.Grant(Role{Role: Auditor, Grantee: bobID}); err != nil {
				t.Fatal(err)
			}
			if !slices.Contains(h.listed(), "1 "+bobID+" -") {
				t.Error("a grant out of band is stale")
			}
			if n := h.Revoke(Role{Role: Auditor, Grantee: bobID}); n != 1 || slices.Contains(h.listed(), "1 "+bobID+" -") {
				t.Error("a revoke out of band is stale")
			}
		})
	}
}

func TestImpliedRoles(t *testing.T) {
	t.Parallel()
	for position, shown := range map[string]bool{"": false, ImpliedHidden: false, ImpliedShown: true} {
		t.Run(position, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t, Switches{ImpliedRoles: position})
			h.as(tppID) // an auditor without a grant may list
			line := "1 " + tppID + " -"
			if got := slices.Contains(h.listed(), line); got != shown {
				t.Errorf("shown: %t", got)
			}
			if err := h.Grant(Role{Role: Auditor, Grantee: tppID}); err != nil {
				t.Fatal(err)
			}
			lines := h.listed()
			if got := len(slices.DeleteFunc(lines, func(l string) bool { return l != line })); got != 1 {
				t.Errorf("shown %d times", got)
			}
		})
	}
}

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

// 100,000 grants are listed in one pass, and one grant among them costs no more than among few.
func TestManyRoles(t *testing.T) {
	t.Parallel()
	const count = 100_000
	h := newHarness(t, Switches{UnknownGrantee: GranteeAccepted})
	many := make([]Role, count)
	for i := range many {
		many[i] = Role{Maintainer, fmt.Sprintf("AD+corp:%032x", i), "AppA"}
	}
	if err := h.Grant(many...); err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	a := h.post("/vedsdk/oauth/listroles", "{}")
	if n := strings.Count(a.Text, `"Grantee"`); n != count+len(seededRoles) {
		t.Errorf("%d roles", n)
	}
	for i := range 200 {
		h.wantResult(h.revoke(Maintainer, many[i].Grantee, "AppA"), 0)
		h.wantResult(h.grant(Maintainer, many[i].Grantee, "AppA"), 0)
	}
	if took := time.Since(begin); took > time.Minute { // about 0.3 s on an idle machine
		t.Errorf("took %s", took)
	}
}

// Ten times the grants take about ten times the memory to list: no table of all against all.
func TestListMemoryIsLinear(t *testing.T) {
	measure := func(count int) float64 {
		b := New(wire.Service{}, testSeed(), Switches{})
		for i := range count {
			b.roles.add(Role{Maintainer, fmt.Sprintf("AD+corp:%032x", i), "AppA"}, 0)
		}
		c := &call{r: httptest.NewRequest(http.MethodPost, "/", nil), caller: caller{global: Admin}}
		return testing.AllocsPerRun(3, func() { b.listRoles(c) })
	}
	if small, large := measure(1000), measure(10_000); large > 11*small {
		t.Errorf("%.0f allocations for 1,000 grants, %.0f for 10,000", small, large)
	}
}

func BenchmarkListRoles(b *testing.B) {
	for _, count := range []int{1000, 10_000, 100_000} {
		b.Run(fmt.Sprint(count), func(b *testing.B) {
			r := newRoles(nil, false)
			for i := range count {
				r.add(Role{Maintainer, fmt.Sprintf("AD+corp:%032x", i), "AppA"}, 0)
			}
			b.ReportAllocs()
			for b.Loop() {
				r.list(false)
			}
		})
	}
}
