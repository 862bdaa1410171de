// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
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
		t.Run(strconv.Itoa(int(role.id)), func(t *testing.T) {
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
