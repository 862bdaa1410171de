// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

func TestValidate(t *testing.T) {
	t.Parallel()
	h := newHarness(t, Switches{})
	for body, want := range map[string]string{
		`{"ID":{"PrefixedName":"local:admin"}}`:                          adminID,
		`{"ID":{"PrefixedName":"LOCAL:ADMIN"}}`:                          adminID,
		`{"ID":{"PrefixedUniversal":"` + adminID + `"}}`:                 adminID,
		`{"ID":{"PrefixedUniversal":"` + strings.ToUpper(bobID) + `"}}`:  bobID,
		`{"ID":{"PrefixedName":"AD+corp:alice","PrefixedUniversal":""}}`: aliceID,
	} {
		a := h.post("/vedsdk/Identity/Validate", body)
		entry, _ := a.Body["ID"].(map[string]any)
		if a.Status != 200 || entry["PrefixedUniversal"] != want {
			t.Errorf("%s: %s", body, a)
		}
	}
	a := h.post("/vedsdk/identity/validate", `{"ID":{"PrefixedName":"local:maintainers"}}`)
	want := map[string]any{"ID": map[string]any{
		"FullName": `\VED\Identity\maintainers`, "IsGroup": true, "Name": "maintainers", "Prefix": "local", "PrefixedName": "local:maintainers",
		"PrefixedUniversal": groupID, "Type": 2.0, "Universal": strings.TrimPrefix(groupID, "local:"),
	}}
	if diff := cmp.Diff(want, a.Body); diff != "" {
		t.Error(diff)
	}
	if a := h.post("/vedsdk/identity/validate", `{"ID":{"PrefixedName":"local:disabled"}}`); !strings.Contains(a.Text, `"State":1`) || strings.Contains(a.Text, "IsGroup") {
		t.Error(a)
	}
	h.wantNoViolation()
	for _, body := range []string{`{}`, `{"ID":null}`, `{"ID":{}}`, `{"ID":"local:admin"}`, `{"ID":{"PrefixedName":"a","PrefixedUniversal":"b"}}`, `{"ID":{"Name":"a"}}`} {
		h.wantError(h.post("/vedsdk/identity/validate", body), 400, "invalid_request")
	}
	h.wantViolation("ID is no object")
}

func TestUnknownIdentity(t *testing.T) {
	t.Parallel()
	for position, want := range map[string]string{"": "", IdentityNoBody: "", IdentityObject: "{}", IdentityNull: `{"ID":null}`} {
		t.Run(position, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t, Switches{UnknownIdentity: position})
			for _, body := range []string{`{"ID":{"PrefixedName":"local:root"}}`, `{"ID":{"PrefixedName":"admin"}}`, `{"ID":{"PrefixedUniversal":"local:admin"}}`} {
				if a := h.post("/vedsdk/identity/validate", body); a.Status != 200 || a.Text != want {
					t.Errorf("%s: %s", body, a)
				}
			}
		})
	}
}

func (h *harness) browsed(body string) []string {
	h.t.Helper()
	a := h.post("/vedsdk/Identity/Browse", body)
	var found struct {
		Identities []struct{ PrefixedName string }
	}
	if err := json.Unmarshal([]byte(a.Text), &found); err != nil || a.Status != 200 || found.Identities == nil {
		h.t.Fatalf("%v: %s", err, a)
	}
	names := []string{}
	for _, identity := range found.Identities {
		names = append(names, identity.PrefixedName)
	}
	slices.Sort(names)
	return names
}

func TestBrowse(t *testing.T) {
	t.Parallel()
	h := newHarness(t, Switches{})
	for i := range 60 {
		if err := h.AddIdentities(
			Identity{Prefix: "local", Universal: fmt.Sprintf("{%08d-0000-0000-0000-000000000000}", i), Name: fmt.Sprintf("many%d", i)},
			Identity{Prefix: "AD+corp", Universal: fmt.Sprintf("%032d", i), Name: fmt.Sprintf("many%d", i)},
		); err != nil {
			t.Fatal(err)
		}
	}
	for body, want := range map[string][]string{
		`{"Filter":"ma"}`:                                 nil, // 50 of the local ones: see below
		`{"Filter":"MAINTAINER"}`:                         {"local:maintainer", "local:maintainers"},
		`{"Filter":"maintainer","Limit":1}`:               {"local:maintainer"},
		`{"Filter":"maintainer","IdentityType":1}`:        {"local:maintainer"},
		`{"Filter":"maintainer","IdentityType":2}`:        {"local:maintainers"},
		`{"Filter":"maintainer","IdentityType":8}`:        {},
		`{"Filter":"admin@example.com","IdentityType":3}`: {"local:admin"},
		`{"Filter":"alice"}`:                              {}, // another provider than the caller's
		`{"Filter":"aintainer"}`:                          {},
	} {
		if got := h.browsed(body); want != nil {
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s: %s", body, diff)
			}
		} else if len(got) != 50 {
			t.Errorf("%s: %d found", body, len(got))
		}
	}
	h.as(aliceID)
	if got := h.browsed(`{"Filter":"many","Limit":2}`); len(got) != 4 {
		t.Errorf("a limit of 2 for each of two providers: %q", got)
	}
	if got := h.browsed(`{"Filter":"many"}`); len(got) != 50+60 {
		t.Errorf("%d found", len(got))
	}
	h.as(bobID)
	if diff := cmp.Diff([]string{"LDAP+x:bob"}, h.browsed(`{"Filter":"bob"}`)); diff != "" {
		t.Error(diff)
	}
	h.wantNoViolation()
	for _, body := range []string{`{"Filter":1}`, `{"Filter":"a","Limit":"2"}`, `{"Filter":"a","Limit":-1}`, `{"Filter":"a","IdentityType":"user"}`} {
		h.wantError(h.post("/vedsdk/identity/browse", body), 400, "invalid_request")
	}
}

func TestSelf(t *testing.T) {
	t.Parallel()
	h := newHarness(t, Switches{})
	if err := h.AddIdentities(Identity{Prefix: "local", Universal: "{all}", Name: "all", IsGroup: true, Members: []string{groupID, bobID, "local:{gone}"}}); err != nil {
		t.Fatal(err)
	}
	h.as(bobID)
	a := h.getPath("/vedsdk/Identity/Self")
	var found struct {
		Identities []struct{ Name string }
	}
	if err := json.Unmarshal([]byte(a.Text), &found); err != nil {
		t.Fatal(err)
	}
	names := []string{}
	for _, identity := range found.Identities {
		names = append(names, identity.Name)
	}
	if diff := cmp.Diff([]string{"bob", "maintainers", "all"}, names); diff != "" {
		t.Error(diff)
	}
	for position, status := range map[string]int{"": 200, ScopeAny: 200, ScopeConfiguration: 403} {
		h.SetSwitches(Switches{SelfScope: position})
		h.with(adminID, "certificate")
		if a := h.getPath("/vedsdk/identity/self"); a.Status != status {
			t.Errorf("%q: %s", position, a)
		}
	}
	if a := h.post("/vedsdk/identity/self", "{}"); a.Status != http.StatusMethodNotAllowed {
		t.Error(a)
	}
	if a := h.do(h.request(http.MethodGet, "/vedauth/authorize/verify", "x")); a.Status != 200 {
		t.Error(a)
	}
	h.wantViolation("a GET with a body")
}

func TestApplications(t *testing.T) {
	t.Parallel()
	h := newHarness(t, Switches{})
	body := map[string]any{
		"ApplicationId": "New", "Name": "New one", "Vendor": "V", "Description": "D", "Url": "https://example.com", "Scope": "certificate",
		"MaximumScope": "certificate:manage", "AccessValidity": 60, "GrantValidity": 120, "Renewable": false,
	}
	a := h.postJSON("/vedsdk/oauth/CreateApplication", body)
	h.wantResult(a, 0)
	want := map[string]any{
		"AccessValidity": 60.0, "Description": "D", "GrantCount": 0.0, "GrantValidity": 120.0, "ID": "New", "MaximumScope": "certificate:manage",
		"Name": "New one", "Renewable": false, "Scope": "certificate", "UnusedExpiration": nil, "Url": "https://example.com", "UserCount": 0.0, "Vendor": "V",
	}
	if diff := cmp.Diff(want, a.Body["Application"]); diff != "" {
		t.Error(diff)
	}
	h.wantResult(h.postJSON("/vedsdk/oauth/createapplication", body), 19)
	a = h.post("/vedsdk/oauth/getapplication", `{"ApplicationId":"New"}`)
	h.wantResult(a, 0)
	if diff := cmp.Diff(want, a.Body["Application"]); diff != "" {
		t.Error(diff)
	}
	h.wantResult(h.post("/vedsdk/oauth/getapplication", `{"ApplicationId":"gone"}`), 2)
	if a := h.post("/vedsdk/oauth/getapplications", `{"ApplicationIds":["AppB","gone","New"]}`); strings.Count(a.Text, `"ID":`) != 2 {
		t.Error(a)
	}
	h.SetSwitches(Switches{GetApplication: ApplicationArray})
	if a := h.post("/vedsdk/oauth/getapplication", `{"ApplicationId":"terraform"}`); !strings.Contains(a.Text, `"Applications":[{`) || !strings.Contains(a.Text, `"GrantCount":1`) {
		t.Error(a)
	}
	h.SetSwitches(Switches{GetApplication: ApplicationObject})
	h.wantResult(h.grant(Owner, ownerID, "New"), 0)
	h.as(ownerID)
	h.wantResult(h.post("/vedsdk/oauth/deleteapplication", `{"ApplicationId":"New"}`), 0)
	if h.Holds(ownerID, Owner, "New") {
		t.Error("a role of an application that is gone")
	}
	h.as(adminID)
	h.wantResult(h.post("/vedsdk/oauth/deleteapplication", `{"ApplicationId":"New"}`), 2)
	h.wantNoViolation()

	delete(body, "Vendor")
	h.wantError(h.postJSON("/vedsdk/oauth/createapplication", body), 400, "invalid_request")
	body["Vendor"], body["GrantValidity"] = "V", "long"
	h.wantError(h.postJSON("/vedsdk/oauth/createapplication", body), 400, "invalid_request")
	body["GrantValidity"], body["MaximumScope"] = nil, ";"
	h.wantResult(h.postJSON("/vedsdk/oauth/createapplication", body), 6)
	h.wantError(h.post("/vedsdk/oauth/getapplication", `{}`), 400, "invalid_request")
	h.wantError(h.post("/vedsdk/oauth/deleteapplication", `{}`), 400, "invalid_request")
	h.wantError(h.post("/vedsdk/oauth/getapplications", `{"ApplicationIds":"x"}`), 400, "invalid_request")
}

func TestEnumerateApplications(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		position, body, want string
	}{
		{"", `{"Start":0,"Count":100}`, "AppA AppB terraform"},
		{"", `{"Start":0,"Count":100,"Descending":true}`, "terraform AppB AppA"},
		{"", `{"Start":0,"Count":100,"OrderBy":1}`, "AppB AppA terraform"},
		{"", `{"Start":0,"Count":100,"OrderBy":2}`, "terraform AppA AppB"},
		{"", `{"Start":0,"Count":100,"OrderBy":3}`, "AppB terraform AppA"},
		{"", `{"Start":0,"Count":100,"OrderBy":4}`, "terraform AppB AppA"},
		{"", `{"Start":1,"Count":2}`, "terraform"},
		{StartPage, `{"Start":1,"Count":2}`, "terraform"},
		{StartSkip, `{"Start":1,"Count":2}`, "AppB terraform"},
		{StartSkip, `{"Start":7,"Count":2}`, ""},
	} {
		t.Run(tc.position+tc.body, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t, Switches{Start: tc.position})
			seed := h.Snapshot()
			zero, one, two := int64(0), int64(1), int64(2)
			for i, validity := range []*int64{&one, &two, &zero} {
				seed.Applications[i].AccessValiditySeconds = validity
			}
			for i, validity := range []*int64{nil, &two, &one} {
				seed.Applications[i].GrantValiditySeconds = validity
			}
			if err := h.Restore(seed); err != nil {
				t.Fatal(err)
			}
			h.as(adminID)
			a := h.post("/vedsdk/oauth/enumerateapplications", tc.body)
			h.wantResult(a, 0)
			var found struct{ Applications []struct{ ID string } }
			if err := json.Unmarshal([]byte(a.Text), &found); err != nil {
				t.Fatal(err)
			}
			ids := []string{}
			for _, application := range found.Applications {
				ids = append(ids, application.ID)
			}
			if got := strings.Join(ids, " "); got != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
		})
	}
	h := newHarness(t, Switches{})
	for _, body := range []string{`{}`, `{"Start":0}`, `{"Start":-1,"Count":1}`, `{"Start":0,"Count":1,"OrderBy":9}`, `{"Start":0,"Count":1,"Descending":"no"}`, `{"Start":"0","Count":1}`} {
		h.wantError(h.post("/vedsdk/oauth/enumerateapplications", body), 400, "invalid_request")
	}
}

func TestApplicationRights(t *testing.T) {
	t.Parallel()
	create := `{"ApplicationId":"N","Name":"n","Vendor":"v","Description":"d","Url":"u","Scope":"certificate","MaximumScope":"certificate"}`
	for id, want := range map[string]struct{ create, remove, get, other, some bool }{
		adminID: {true, true, true, true, true}, auditorID: {get: true, other: true, some: true}, grantAdminID: {get: true, other: true, some: true},
		ownerID: {remove: true, get: true, some: true}, maintainerID: {get: true, some: true}, nobodyID: {},
	} {
		h := newHarness(t, Switches{}).as(id)
		for _, try := range []struct {
			path, body string
			may        bool
		}{
			{"createapplication", create, want.create},
			{"getapplication", `{"ApplicationId":"AppA"}`, want.get},
			{"getapplication", `{"ApplicationId":"AppB"}`, want.other},
			{"getapplications", `{"ApplicationIds":["AppA"]}`, want.some},
			{"enumerateapplications", `{"Start":0,"Count":9}`, want.some},
			{"deleteapplication", `{"ApplicationId":"AppA"}`, want.remove},
		} {
			a := h.post("/vedsdk/oauth/"+try.path, try.body)
			if (a.Status == 200) != try.may || !try.may && a.text("error") != "insufficient_rights" {
				t.Errorf("%s as %s: %s", try.path, id, a)
			}
		}
	}
	h := newHarness(t, Switches{}).as(ownerID)
	if a := h.post("/vedsdk/oauth/enumerateapplications", `{"Start":0,"Count":9}`); strings.Count(a.Text, `"ID":`) != 1 {
		t.Errorf("an owner sees more: %s", a)
	}
}

func TestOutOfBand(t *testing.T) {
	t.Parallel()
	h := newHarness(t, Switches{})
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Error(err)
		}
	}
	check(h.AddApplication(Application{ID: "AppC", MaximumScope: "certificate"}))
	check(h.AddApplication(Application{ID: "AppC", MaximumScope: "ssh"}))
	if got := len(h.Snapshot().Applications); got != 4 {
		t.Errorf("%d applications", got)
	}
	h.wantResult(h.grant(Owner, aliceID, "AppC"), 0)
	check(h.RemoveApplication("AppC"))
	if h.Holds(aliceID, Owner, "AppC") {
		t.Error("a role of an application that is gone")
	}
	check(h.RemoveIdentity(aliceID))
	h.wantResult(h.grant(Owner, aliceID, "AppA"), 18)
	check(h.SetPassword(adminID, "new"))
	h.wantError(h.login(nil), 400, "invalid_grant")
	if a := h.login(map[string]any{"password": "new"}); a.Status != 200 {
		t.Error(a)
	}
	if n := h.Revoke(Role{Role: Admin, Grantee: adminID}, Role{Role: Admin, Grantee: "local:{gone}"}); n != 1 {
		t.Errorf("%d revoked", n)
	}
	h.as(adminID)
	h.wantError(h.post("/vedsdk/oauth/listroles", "{}"), 401, "insufficient_rights")
	if n := h.LiveTokens(); n != 3 {
		t.Errorf("%d tokens alive", n)
	}
	if n := h.KillTokens(); n != 3 || h.LiveTokens() != 0 {
		t.Errorf("%d tokens killed", n)
	}
	h.wantError(h.post("/vedsdk/oauth/getrole", "{}"), 401, "invalid_token")
	for what, err := range map[string]error{
		"grant without application": h.Grant(Role{Role: Owner, Grantee: aliceID}),
		"grant of role 4":           h.Grant(Role{Role: Mixed, Grantee: aliceID}),
		"grant to nobody":           h.Grant(Role{Role: Admin}),
		"identity twice":            h.AddIdentities(Identity{Prefix: "local", Universal: strings.TrimPrefix(adminID, "local:"), Name: "x"}),
		"identity without name":     h.AddIdentities(Identity{Prefix: "local", Universal: "x"}),
		"unknown identity":          h.RemoveIdentity(aliceID),
		"password of nobody":        h.SetPassword(aliceID, "x"),
		"application without id":    h.AddApplication(Application{}),
		"unknown application":       h.RemoveApplication("AppC"),
	} {
		if err == nil {
			t.Errorf("%s: no error", what)
		}
	}
}

// Deleting an application ends the sessions that were opened through it.
func TestRemoveApplicationEndsSessions(t *testing.T) {
	t.Parallel()
	h := newHarness(t, Switches{})
	login := h.login(nil)
	if err := h.RemoveApplication(clientID); err != nil {
		t.Fatal(err)
	}
	if h.usable(login.text("access_token")) {
		t.Error("the token is alive")
	}
	h.wantError(h.refreshCall(clientID, login.text("refresh_token")), 400, "invalid_grant")
}

func TestSeedJSON(t *testing.T) {
	t.Parallel()
	h := newHarness(t, Switches{})
	text, err := json.Marshal(h.Snapshot())
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), password) || strings.Contains(string(text), jwtSecret) || !strings.Contains(string(text), `"role":"application_owner"`) {
		t.Errorf("snapshot: %s", text)
	}
	var seed Seed
	if err := json.Unmarshal(text, &seed); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(h.Snapshot(), seed); diff != "" {
		t.Error(diff)
	}
	if err := h.Restore(seed); err != nil {
		t.Fatal(err)
	}
	if a := h.login(nil); a.Status != 200 {
		t.Errorf("the password is gone: %s", a)
	}
	if a := h.loginJwtCall(SignJWT(jwtSecret, claims(nil))); a.Status != 200 {
		t.Errorf("the JWT secret is gone: %s", a)
	}
	for _, bad := range []string{
		`{"configuration":{"certificate_source":"DN"}}`,
		`{"configuration":{"client_ca":"x"}}`,
		`{"applications":[{"maximum_scope":"admin"}]}`,
		`{"applications":[{"id":"a","maximum_scope":";"}]}`,
		`{"applications":[{"id":"a"},{"id":"a"}]}`,
		`{"identities":[{"prefix":"local","name":"x"}]}`,
		`{"identities":[{"prefix":"local","name":"x","universal":"{A}"},{"prefix":"LOCAL","name":"y","universal":"{A}"}]}`,
		`{"jwt_mappings":[{"name":"x"}]}`,
		`{"jwt_mappings":[{"name":"x","issuer_uri":"y","id_match":"("}]}`,
		`{"jwt_mappings":[{"name":"x","issuer_uri":"y","rs256_public_key":"z"}]}`,
		`{"jwt_mappings":[{"name":"x","issuer_uri":"y","rs256_public_key":"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"}]}`,
		`{"roles":[{"role":"admin"}]}`,
		`{"roles":[{"role":2,"grantee":"x"}]}`,
	} {
		var seed Seed
		if err := json.Unmarshal([]byte(bad), &seed); err != nil {
			t.Fatalf("%s: %v", bad, err)
		}
		if err := h.Restore(seed); err == nil || !strings.HasPrefix(err.Error(), "seed: ") {
			t.Errorf("%s: %v", bad, err)
		}
	}
	for _, bad := range []string{`"owner"`, `""`, `4`, `0`, `7`, `-1`, `null`, `{}`} {
		var id RoleID
		if err := json.Unmarshal([]byte(bad), &id); err == nil && bad != "null" {
			t.Errorf("role %s: no error", bad)
		}
	}
	if _, err := json.Marshal(Mixed); err == nil {
		t.Error("role 4 marshals")
	}
	var id RoleID
	if err := json.Unmarshal([]byte("6"), &id); err != nil || id != Admin {
		t.Errorf("role 6: %v %v", id, err)
	}
}

func TestNewPanicsOnABadSeed(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	New(wire.Service{}, Seed{Applications: []Application{{}}}, Switches{})
}

func TestUpdate(t *testing.T) {
	t.Parallel()
	h := newHarness(t, Switches{})
	err := h.Update(func(seed Seed) (Seed, error) {
		seed.Roles = append(seed.Roles, Role{Role: Auditor, Grantee: aliceID})
		return seed, nil
	})
	if err != nil || !h.Holds(aliceID, Auditor, "") {
		t.Errorf("%v, roles %v", err, h.Roles())
	}
	if a := h.login(nil); a.Status != 200 {
		t.Errorf("the password is gone: %s", a)
	}
	err = h.Update(func(Seed) (Seed, error) { return Seed{}, fmt.Errorf("no change") })
	if err == nil || err.Error() != "no change" || !h.Holds(aliceID, Auditor, "") {
		t.Errorf("%v, roles %v", err, h.Roles())
	}
}

func TestOwns(t *testing.T) {
	t.Parallel()
	h := newHarness(t, Switches{})
	for path, want := range map[string]bool{
		"/vedsdk/oauth/GrantRole": true, "/VEDAUTH/authorize/oauth": true, "/vedsdkx/": false, "/": false, "/x/vedsdk/": false,
	} {
		if got := h.Owns(path); got != want {
			t.Errorf("%s: %t", path, got)
		}
	}
}

func TestSwitchesAreDescribed(t *testing.T) {
	t.Parallel()
	described := wire.DescribeSwitches(Switches{})
	if len(described) < 30 {
		t.Errorf("%d switches", len(described))
	}
	for _, s := range described {
		if s.Doc == "" || len(s.Positions) < 2 || s.Value != s.Positions[0] {
			t.Errorf("switch %s: positions %q, value %q, doc %q", s.Name, s.Positions, s.Value, s.Doc)
		}
	}
	var switches Switches
	for name, positions := range map[string][]string{
		"expires_in": {Sent, Absent}, "expires": {Sent, Absent}, "refresh_token": {Sent, Absent}, "jwt_answer": {JwtAnswerShort, JwtAnswerFull},
		"certificate_login": {CertificateEnabled, CertificateDisabled}, "revoke_scope": {ScopeAny, ScopeConfigurationManage}, "self_scope": {ScopeAny, ScopeConfiguration},
		"insufficient_rights": {Rights401, RightsResult9}, "missing_application_id": {Status400, Result6}, "bad_role": {Result6, Status400},
		"duplicate_grant": {ResultSuccess, ResultRights}, "absent_revoke": {ResultSuccess, ResultRights},
		"unknown_grantee": {GranteeRemoteIdentity, GranteeInvalid, GranteeAccepted}, "grantee_names": {NamesRefused, NamesResolved},
		"grantee_matching": {MatchGUID, MatchExact}, "grantee_spelling": {SpellingAsGiven, SpellingDirectory, SpellingLower, SpellingUpper, SpellingUnbraced},
		"revoke_application_id": {RevokeHonours, RevokeIgnores}, "global_application_id": {GlobalOmitted, GlobalNull, GlobalEmpty},
		"auditor_application_id": {AuditorPlain, AuditorOdd}, "implied_roles": {ImpliedHidden, ImpliedShown}, "order": {OrderUnstable, OrderStable},
		"stale_list": {StaleNever, StaleOnce, StaleThreeTimes}, "owner_assigns_owner": {Allowed, Refused}, "maintainer_grants": {Allowed, Refused},
		"unknown_identity": {IdentityNoBody, IdentityObject, IdentityNull}, "error_form": {ErrorBody, ErrorReason}, "error_keys": {KeysLower, KeysCapitalised},
		"malformed_token": {MalformedInvalidToken, MalformedSessionError}, "challenge": {Absent, Sent}, "success_error": {SuccessErrorAbsent, SuccessErrorNull},
		"get_application": {ApplicationObject, ApplicationArray}, "start": {StartPage, StartSkip},
	} {
		for _, position := range positions {
			if err := wire.SetSwitch(&switches, name, position); err != nil {
				t.Error(err)
			}
		}
	}
}

func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	h := newHarness(t, Switches{})
	done := make(chan error)
	for i := range 24 {
		go func() {
			body := fmt.Sprintf(`{"GranteePrefixedUniversal":%q,"Role":2,"ApplicationId":"AppB"}`, []string{aliceID, bobID, nobodyID}[i%3])
			path := []string{"grantrole", "listroles", "revokerole", "getrole"}[i%4]
			if i%2 == 1 {
				body = "{}"
			}
			r, err := http.NewRequest(http.MethodPost, h.url+"/vedsdk/oauth/"+path, strings.NewReader(body))
			if err == nil {
				r.Header.Set("Content-Type", "application/json")
				r.Header.Set("Authorization", "Bearer "+h.token)
				var response *http.Response
				if response, err = http.DefaultClient.Do(r); err == nil {
					response.Body.Close()
					if response.StatusCode != http.StatusOK {
						err = fmt.Errorf("%s: %s", path, response.Status)
					}
				}
			}
			h.Snapshot()
			h.SetSwitches(h.Switches())
			done <- err
		}()
	}
	for range 24 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	h.wantNoViolation()
}
