// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const oauth = "/vedsdk/oauth/"

func (h *harness) oauth(method string, body map[string]any) answer {
	h.t.Helper()
	return h.postJSON(oauth+method, body)
}

func ruleBody(application, trustee string) map[string]any {
	return map[string]any{
		"ApplicationId": application, "TrusteePrefixedUniversal": trustee, "MaximumScope": "certificate", "Description": "D",
		"AccessValidity": 60, "GrantValidity": 120, "Renewable": true,
	}
}

// ruled returns the rules that are there as "application trustee scope", sorted.
func (h *harness) ruled() []string {
	lines := []string{}
	for _, rule := range h.Rules() {
		lines = append(lines, fmt.Sprintf("%s %s %s", rule.ApplicationID, rule.Trustee, rule.MaximumScope))
	}
	slices.Sort(lines)
	return lines
}

func (h *harness) wantRules(want ...string) {
	h.t.Helper()
	if diff := cmp.Diff(append([]string{}, want...), h.ruled()); diff != "" {
		h.t.Error(diff)
	}
}

func TestRules(t *testing.T) {
	t.Parallel()
	h := newHarness(t, Switches{})
	a := h.oauth("createrule", ruleBody("AppA", aliceID))
	h.wantResult(a, 0)
	want := map[string]any{
		"ApplicationId": "AppA", "TrusteePrefixedUniversal": aliceID, "MaximumScope": "certificate", "Description": "D",
		"AccessValidity": 60.0, "GrantValidity": 120.0, "Renewable": true,
	}
	if diff := cmp.Diff(want, a.Body["Rule"]); diff != "" {
		t.Error(diff)
	}
	h.wantResult(h.oauth("createrule", ruleBody("AppA", strings.ToUpper(aliceID[:2])+aliceID[2:])), 20)
	a = h.oauth("getrules", map[string]any{"ApplicationId": "AppA"})
	h.wantResult(a, 0)
	if diff := cmp.Diff([]any{want}, a.Body["Rules"]); diff != "" {
		t.Error(diff)
	}
	changed := ruleBody("AppA", aliceID)
	delete(changed, "GrantValidity")
	delete(changed, "Description")
	h.wantResult(h.oauth("updaterule", map[string]any{"Rule": changed}), 0)
	a = h.oauth("getrules", map[string]any{"ApplicationId": "AppA"})
	want["GrantValidity"], want["Description"] = nil, ""
	if diff := cmp.Diff([]any{want}, a.Body["Rules"]); diff != "" {
		t.Error("a full replacement: " + diff)
	}
	h.wantResult(h.oauth("updaterule", map[string]any{"Rule": ruleBody("AppA", bobID)}), 4)
	h.wantResult(h.oauth("createrule", ruleBody("gone", aliceID)), 2)
	h.wantResult(h.oauth("getrules", map[string]any{"ApplicationId": "gone"}), 2)
	h.wantResult(h.oauth("createrule", ruleBody("AppA", "local:{00000000-0000-0000-0000-000000000000}")), 18)
	h.wantResult(h.oauth("deleterule", map[string]any{"ApplicationId": "AppA", "TrusteePrefixedUniversal": aliceID}), 0)
	h.wantResult(h.oauth("deleterule", map[string]any{"ApplicationId": "AppA", "TrusteePrefixedUniversal": aliceID}), 4)
	h.wantRules()
	h.wantNoViolation()
	for _, body := range []string{`{}`, `{"ApplicationId":""}`, `{"ApplicationId":7}`} {
		h.wantError(h.post(oauth+"getrules", body), 400, "invalid_request")
		h.wantError(h.post(oauth+"deleterule", body), 400, "invalid_request")
	}
	h.wantError(h.post(oauth+"updaterule", `{"Rule":[]}`), 400, "invalid_request")
	h.wantError(h.post(oauth+"createrule", `{"ApplicationId":"AppA","TrusteePrefixedUniversal":"x"}`), 400, "invalid_request")
}

// The vendor's page says it: with one ID alone the rules of others go.
func TestDeleteRuleWithOneID(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		body map[string]any
		want []string
	}{
		{map[string]any{"TrusteePrefixedUniversal": aliceID}, []string{"AppA " + bobID + " certificate"}},
		{map[string]any{"ApplicationId": "AppA"}, []string{"AppB " + aliceID + " certificate"}},
		{map[string]any{"ApplicationId": "AppA", "TrusteePrefixedUniversal": aliceID}, []string{"AppA " + bobID + " certificate", "AppB " + aliceID + " certificate"}},
	} {
		h := newHarness(t, Switches{})
		for _, pair := range [][2]string{{"AppA", aliceID}, {"AppA", bobID}, {"AppB", aliceID}} {
			h.wantResult(h.oauth("createrule", ruleBody(pair[0], pair[1])), 0)
		}
		h.wantNoViolation()
		h.wantResult(h.oauth("deleterule", tc.body), 0)
		h.wantRules(tc.want...)
		if len(tc.body) == 1 {
			h.wantViolation("with one ID")
		}
	}
}

func TestRuleSwitches(t *testing.T) {
	t.Parallel()
	absent := map[string]any{"ApplicationId": "AppA", "TrusteePrefixedUniversal": aliceID}
	h := newHarness(t, Switches{AbsentRule: ResultSuccess, UnknownGrantee: GranteeInvalid, RuleBeyondApplication: ScopeMismatch, RuleFields: RuleFieldsFour})
	h.wantResult(h.oauth("deleterule", absent), 0)
	h.wantResult(h.oauth("createrule", ruleBody("AppA", "local:nobody")), 6)
	beyond := ruleBody("AppA", aliceID)
	beyond["MaximumScope"] = "certificate:manage"
	h.wantResult(h.oauth("createrule", beyond), 23)
	h.wantResult(h.oauth("createrule", ruleBody("AppA", aliceID)), 0)
	if a := h.oauth("getrules", map[string]any{"ApplicationId": "AppA"}); strings.Contains(a.Text, "Validity") {
		t.Error(a)
	}
	h.SetSwitches(Switches{UnknownGrantee: GranteeAccepted, ScopeSpelling: ScopeUpper, StaleList: StaleOnce, MoreFields: Sent})
	h.wantResult(h.oauth("createrule", ruleBody("AppB", "local:nobody")), 0)
	if a := h.oauth("getrules", map[string]any{"ApplicationId": "AppB"}); strings.Contains(a.Text, "nobody") {
		t.Errorf("shown too soon: %s", a)
	}
	if a := h.oauth("getrules", map[string]any{"ApplicationId": "AppB"}); !strings.Contains(a.Text, `"CERTIFICATE"`) || !strings.Contains(a.Text, firstReviewer) {
		t.Error(a)
	}
	h.wantResult(h.oauth("updaterule", map[string]any{"Rule": ruleBody("AppB", "local:nobody")}), 0)
	if a := h.oauth("getrules", map[string]any{"ApplicationId": "AppB"}); strings.Contains(a.Text, firstReviewer) {
		t.Errorf("an update without the field keeps it: %s", a)
	}
	h.wantResult(h.oauth("deleterule", map[string]any{"ApplicationId": "AppB", "TrusteePrefixedUniversal": "local:nobody"}), 0)
	if a := h.oauth("getrules", map[string]any{"ApplicationId": "AppB"}); !strings.Contains(a.Text, "nobody") {
		t.Errorf("gone too soon: %s", a)
	}
	if a := h.oauth("getrules", map[string]any{"ApplicationId": "AppB"}); strings.Contains(a.Text, "nobody") {
		t.Errorf("still there: %s", a)
	}
	h.wantNoViolation()
}

func TestRuleRights(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]struct{ write, read, other bool }{
		adminID: {true, true, true}, auditorID: {false, true, true}, grantAdminID: {false, true, true}, ownerID: {true, true, false},
		maintainerID: {}, nobodyID: {},
	} {
		h := newHarness(t, Switches{}).as(id)
		for _, try := range []struct {
			method string
			body   map[string]any
			may    bool
		}{
			{"createrule", ruleBody("AppA", aliceID), want.write},
			{"updaterule", map[string]any{"Rule": ruleBody("AppA", aliceID)}, want.write},
			{"getrules", map[string]any{"ApplicationId": "AppA"}, want.read},
			{"getrules", map[string]any{"ApplicationId": "AppB"}, want.other},
			{"deleterule", map[string]any{"ApplicationId": "AppA", "TrusteePrefixedUniversal": aliceID}, want.write},
		} {
			if a := h.oauth(try.method, try.body); (a.Status == 200) != try.may {
				t.Errorf("%s as %s: %s", try.method, id, a)
			}
		}
	}
	h := newHarness(t, Switches{ForeignRules: ForeignEmpty}).as(ownerID)
	if a := h.oauth("getrules", map[string]any{"ApplicationId": "AppB"}); a.Status != 200 || !strings.Contains(a.Text, `"Rules":[]`) {
		t.Error(a)
	}
	h.with(adminID, "certificate")
	h.wantError(h.oauth("getrules", map[string]any{"ApplicationId": "AppA"}), 403, "insufficient_scope")
}

// A rule lets in, its scope bounds what a token may do, and removing it leaves tokens alive that
// can't be renewed.
func TestRulesDecideWhoLogsIn(t *testing.T) {
	t.Parallel()
	h := newHarness(t, Switches{})
	login := func(scope string) answer {
		return h.postJSON("/vedauth/authorize/oauth", map[string]any{"client_id": "AppA", "username": "AD+corp:alice", "password": password, "scope": scope})
	}
	if a := login("certificate"); a.Status != 200 {
		t.Errorf("an application without rules is open: %s", a)
	}
	h.wantResult(h.oauth("createrule", ruleBody("AppA", bobID)), 0)
	h.wantError(login("certificate"), 400, "invalid_grant")
	narrow := ruleBody("AppA", aliceID)
	narrow["MaximumScope"] = "agent"
	h.wantResult(h.oauth("createrule", narrow), 0)
	h.wantError(login("certificate"), 400, "invalid_scope")
	h.wantResult(h.oauth("updaterule", map[string]any{"Rule": ruleBody("AppA", aliceID)}), 0)
	a := login("certificate")
	if a.Status != 200 || a.number("expires_in") != 60 {
		t.Errorf("the rule's validity: %s", a)
	}
	h.wantResult(h.oauth("deleterule", map[string]any{"ApplicationId": "AppA", "TrusteePrefixedUniversal": aliceID}), 0)
	admin := h.token
	h.token = a.text("access_token")
	if v := h.do(h.request("GET", "/vedauth/authorize/verify", "")); v.Status != 200 {
		t.Errorf("the token is dead: %s", v)
	}
	h.token = admin
	renewal := map[string]any{"client_id": "AppA", "refresh_token": a.text("refresh_token")}
	h.wantError(h.postJSON("/vedauth/authorize/token", renewal), 400, "invalid_grant")
}

func TestGrants(t *testing.T) {
	t.Parallel()
	h := newHarness(t, Switches{})
	h.wantResult(h.oauth("createrule", ruleBody("AppA", groupID)), 0)
	if _, err := h.IssueToken("AppA", bobID, "certificate"); err != nil {
		t.Fatal(err)
	}
	a := h.oauth("enumerategrants", map[string]any{"ApplicationId": "AppA", "Start": 0, "Count": 9})
	h.wantResult(a, 0)
	var list struct{ Grants []map[string]any }
	if err := json.Unmarshal([]byte(a.Text), &list); err != nil || len(list.Grants) != 1 {
		t.Fatal(err, a)
	}
	grant := list.Grants[0]
	if grant["GranteePrefixedUniversal"] != bobID || grant["GrantedToPrefixedUniversal"] != groupID || grant["AccessToken"] == "" || grant["RefreshToken"] == "" {
		t.Error(grant)
	}
	if grant["ExpiresISO8601"] != "2023-11-14T22:14:20Z" {
		t.Error(grant["ExpiresISO8601"])
	}
	for _, method := range []string{"grantcount", "usercount"} {
		if a := h.oauth(method, map[string]any{"ApplicationId": "AppA"}); a.number("Count") != 1 {
			t.Error(a)
		}
		h.wantResult(h.oauth(method, map[string]any{"ApplicationId": "gone"}), 2)
	}
	if a := h.oauth("getgrants", map[string]any{"GranteePrefixedUniversal": bobID}); strings.Count(a.Text, "AccessToken") != 1 {
		t.Error(a)
	}
	h.wantNoViolation()
	h.wantError(h.oauth("revokegrants", map[string]any{}), 400, "invalid_request")
	h.wantResult(h.oauth("revokegrants", map[string]any{"ApplicationId": "AppA"}), 0)
	if a := h.oauth("grantcount", map[string]any{"ApplicationId": "AppA"}); a.number("Count") != 0 {
		t.Error(a)
	}
	for id, may := range map[string]bool{adminID: true, grantAdminID: true, ownerID: true, auditorID: false, maintainerID: false} {
		h.as(id)
		for _, method := range []string{"enumerategrants", "grantcount", "usercount"} {
			if a := h.oauth(method, map[string]any{"ApplicationId": "AppA", "Count": 5}); (a.Status == 200) != may {
				t.Errorf("%s as %s: %s", method, id, a)
			}
		}
	}
}

func TestUpdateApplication(t *testing.T) {
	t.Parallel()
	h := newHarness(t, Switches{MoreFields: Sent})
	if a := h.oauth("createapplication", map[string]any{
		"ApplicationId": "N", "Name": "n", "Vendor": "v", "Description": "d", "Url": "u", "Scope": "certificate", "MaximumScope": "certificate",
	}); !strings.Contains(a.Text, firstReviewer) {
		t.Error(a)
	}
	h.wantResult(h.oauth("updateapplication", map[string]any{"Application": map[string]any{
		"ID": "N", "Name": "n2", "MaximumScope": "certificate:manage", "UnusedExpiration": 9, "AccessValidity": 7, "ReviewedBy": "us",
	}}), 0)
	a := h.oauth("getapplication", map[string]any{"ApplicationId": "N"})
	want := map[string]any{
		"AccessValidity": 7.0, "Description": "", "GrantCount": 0.0, "GrantValidity": nil, "ID": "N", "MaximumScope": "certificate:manage", "Name": "n2",
		"Renewable": nil, "ReviewedBy": "us", "Scope": "", "UnusedExpiration": 9.0, "Url": "", "UserCount": 0.0, "Vendor": "",
	}
	if diff := cmp.Diff(want, a.Body["Application"]); diff != "" {
		t.Error(diff)
	}
	h.wantResult(h.oauth("updateapplication", map[string]any{"Application": map[string]any{"ID": "gone"}}), 2)
	h.wantNoViolation()
	h.oauth("updateapplication", map[string]any{"Application": map[string]any{"ID": "N", "GrantCount": 0}})
	h.wantViolation("GrantCount")
	h.wantError(h.oauth("updateapplication", map[string]any{"Application": "N"}), 400, "invalid_request")
	h.wantError(h.oauth("updateapplication", map[string]any{"Application": map[string]any{"ID": "N", "Name": 7}}), 400, "invalid_request")
	for id, may := range map[string]bool{ownerID: true, maintainerID: true, auditorID: false, grantAdminID: false} {
		if a := h.as(id).oauth("updateapplication", map[string]any{"Application": map[string]any{"ID": "AppA", "MaximumScope": "certificate"}}); (a.Status == 200) != may {
			t.Errorf("as %s: %s", id, a)
		}
	}
}

func TestApplicationSwitches(t *testing.T) {
	t.Parallel()
	create := map[string]any{
		"ApplicationId": "N", "Name": "n", "Vendor": "v", "Description": "d", "Url": "u", "Scope": "certificate;agent", "MaximumScope": "certificate:manage,revoke;agent",
		"GrantValidity": nil,
	}
	h := newHarness(t, Switches{NullValidity: NullForever, DefaultValidity: DefaultFilled, ScopeSpelling: ScopeReordered, EnumerateApplications: EnumerateSingular})
	a := h.oauth("createapplication", create)
	for _, text := range []string{`"AccessValidity":7776000`, `"GrantValidity":null`, `"agent;certificate:revoke,manage"`} {
		if !strings.Contains(a.Text, text) {
			t.Errorf("no %s in %s", text, a)
		}
	}
	if a := h.oauth("enumerateapplications", map[string]any{"Start": 0, "Count": 9}); !strings.Contains(a.Text, `"Application":[`) {
		t.Error(a)
	}
	h.SetSwitches(Switches{ScopeSpelling: ScopeSpaced})
	if a := h.oauth("getapplication", map[string]any{"ApplicationId": "N"}); !strings.Contains(a.Text, `"certificate:manage, revoke; agent"`) {
		t.Error(a)
	}
	for end, want := range map[string]struct{ result, rules int }{EndCascades: {0, 0}, EndKeeps: {0, 1}, EndRefused: {1, 1}} {
		h := newHarness(t, Switches{ApplicationEnd: end})
		h.wantResult(h.oauth("createrule", ruleBody("AppA", aliceID)), 0)
		h.wantResult(h.oauth("deleteapplication", map[string]any{"ApplicationId": "AppA"}), want.result)
		if len(h.Rules()) != want.rules {
			t.Errorf("%s: %v", end, h.Rules())
		}
	}
}

func mappingBody(name string) map[string]any {
	return map[string]any{
		"Name": name, "IssuerUri": "https://new.example.com", "PurposeField": "aud", "PurposeMatch": "venafi", "IdField": "sub", "IdMatch": "user:(.+)",
	}
}

func TestJwtMappings(t *testing.T) {
	t.Parallel()
	h := newHarness(t, Switches{MoreFields: Sent})
	body := mappingBody("new")
	body["JwksUri"], body["GranteePrefixedUniversal"] = "https://new.example.com/keys", adminID
	a := h.oauth("createjwtmapping", body)
	h.wantResult(a, 0)
	want := map[string]any{"ReviewedBy": firstReviewer}
	for name, value := range body {
		want[name] = value
	}
	if diff := cmp.Diff(want, a.Body["JwtMapping"]); diff != "" {
		t.Error(diff)
	}
	h.wantResult(h.oauth("createjwtmapping", body), 22)
	h.wantResult(h.oauth("getjwtmapping", map[string]any{"Name": "gone"}), 21)
	if a := h.oauth("enumeratejwtmappings", map[string]any{"Start": 0, "Count": 1000, "OrderBy": 1, "Descending": false, "ResolveIdentities": false}); a.number("Count") != 3 {
		t.Error(a)
	}
	second := mappingBody("second")
	second["JwksUri"] = "https://elsewhere.example.com/keys"
	h.wantResult(h.oauth("createjwtmapping", second), 6)
	second["JwksUri"] = "http://new.example.com/keys"
	h.wantResult(h.oauth("createjwtmapping", second), 6)
	delete(second, "JwksUri")
	second["IdMatch"] = "user"
	h.wantResult(h.oauth("createjwtmapping", second), 6)
	second["GranteePrefixedUniversal"] = "local:nobody"
	h.wantResult(h.oauth("createjwtmapping", second), 18)
	h.wantResult(h.oauth("updatejwtmapping", map[string]any{"JwtMapping": mappingBody("gone")}), 21)
	h.wantResult(h.oauth("updatejwtmapping", map[string]any{"JwtMapping": mappingBody("new")}), 0)
	a = h.oauth("getjwtmapping", map[string]any{"Name": "new"})
	want["JwksUri"], want["GranteePrefixedUniversal"], want["ReviewedBy"] = nil, nil, ""
	if diff := cmp.Diff(want, a.Body["JwtMapping"]); diff != "" {
		t.Error("a full replacement: " + diff)
	}
	h.wantResult(h.oauth("deletejwtmapping", map[string]any{"Name": "new"}), 0)
	h.wantResult(h.oauth("deletejwtmapping", map[string]any{"Name": "new"}), 21)
	h.wantNoViolation()
	second["IdMatch"] = "("
	h.wantResult(h.oauth("createjwtmapping", second), 6)
	for _, method := range []string{"createjwtmapping", "updatejwtmapping", "getjwtmapping", "deletejwtmapping", "enumeratejwtmappings"} {
		h.wantError(h.oauth(method, map[string]any{}), 400, "invalid_request")
	}
	for id, may := range map[string][2]bool{adminID: {true, true}, auditorID: {false, true}, grantAdminID: {}, ownerID: {}} {
		h.as(id)
		if a := h.oauth("getjwtmapping", map[string]any{"Name": "fixed"}); (a.Status == 200) != may[1] {
			t.Errorf("as %s: %s", id, a)
		}
		if a := h.oauth("deletejwtmapping", map[string]any{"Name": "none"}); (a.Status == 200) != may[0] {
			t.Errorf("as %s: %s", id, a)
		}
	}
}

// A mapping that the API made takes its issuer's key, and its token logs in.
func TestJwtMappingLogsIn(t *testing.T) {
	t.Parallel()
	h := newHarness(t, Switches{JwksURI: Ignored})
	seed := h.Snapshot()
	seed.Issuers = []Issuer{{URI: "https://new.example.com", HS256Secret: jwtSecret}}
	if err := h.Restore(seed); err != nil {
		t.Fatal(err)
	}
	h.as(adminID)
	body := mappingBody("new")
	body["IdMatch"] = "user:([a-z]+)"
	h.wantResult(h.oauth("createjwtmapping", body), 0)
	login := func(subject string) answer {
		token := SignJWT(jwtSecret, map[string]any{"iss": "https://new.example.com", "aud": "venafi", "sub": subject, "exp": start.Unix() + 60})
		return h.postJSON("/vedauth/authorize/jwt", map[string]any{"client_id": clientID, "scope": "admin", "jwt": token})
	}
	if a := login("user:admin"); a.Status != 200 || a.text("identity") != adminID {
		t.Error(a)
	}
	h.wantError(login("user:admin/x"), 400, "invalid_grant")
	h.SetSwitches(Switches{IDMatch: MatchPart})
	if a := login("user:admin/x"); a.Status != 200 {
		t.Error(a)
	}
	h.SetSwitches(Switches{JwtLogin: CertificateDisabled})
	h.wantError(login("user:admin"), 400, "unauthorized_client")
	if a := h.oauth("getconfiguration", map[string]any{}); !strings.Contains(a.Text, `"AuthorizeByJwt":false`) {
		t.Error(a)
	}
	if text, err := json.Marshal(h.Snapshot()); err != nil || strings.Contains(string(text), jwtSecret) {
		t.Error("a snapshot holds the issuer's secret", err)
	}
}

// A write that is answered and not done leaves everything as it was.
func TestIgnoredOAuthWrites(t *testing.T) {
	t.Parallel()
	h := newHarness(t, Switches{})
	h.wantResult(h.oauth("createrule", ruleBody("AppA", aliceID)), 0)
	before, err := json.Marshal(h.Snapshot())
	if err != nil {
		t.Fatal(err)
	}
	changed := ruleBody("AppA", aliceID)
	changed["Description"] = "changed"
	mapping := mappingBody("fixed")
	for method, body := range map[string]map[string]any{
		CreateRule: ruleBody("AppA", bobID), UpdateRule: {"Rule": changed}, DeleteRule: {"ApplicationId": "AppA", "TrusteePrefixedUniversal": aliceID},
		UpdateApplication: {"Application": map[string]any{"ID": "AppA"}}, DeleteApplication: {"ApplicationId": "AppA"},
		CreateJwtMapping: mappingBody("new"), UpdateJwtMapping: {"JwtMapping": mapping}, DeleteJwtMapping: {"Name": "fixed"},
	} {
		h.faults.Add(once(method, FaultIgnoredWrite))
		h.wantResult(h.oauth(strings.ToLower(method), body), 0)
	}
	after, err := json.Marshal(h.Snapshot())
	if err != nil || string(after) != string(before) {
		t.Errorf("%v\nbefore %s\nafter  %s", err, before, after)
	}
}
