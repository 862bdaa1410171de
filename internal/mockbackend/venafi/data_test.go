// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

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
	err = h.Update(func(Seed) (Seed, error) { return Seed{}, errors.New("no change") })
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
		"grantee_matching": {MatchGUID, MatchExact, MatchFolded}, "grantee_spelling": {SpellingAsGiven, SpellingDirectory, SpellingLower, SpellingUpper, SpellingUnbraced},
		"revoke_application_id": {RevokeHonours, RevokeIgnores}, "global_application_id": {GlobalOmitted, GlobalNull, GlobalEmpty},
		"auditor_application_id": {AuditorPlain, AuditorOdd}, "implied_roles": {ImpliedHidden, ImpliedShown}, "order": {OrderUnstable, OrderStable},
		"stale_list": {StaleNever, StaleOnce, StaleThreeTimes}, "owner_assigns_owner": {Allowed, Refused}, "maintainer_grants": {Allowed, Refused},
		"unknown_identity": {IdentityNoBody, IdentityObject, IdentityNull}, "error_form": {ErrorBody, ErrorReason}, "error_keys": {KeysLower, KeysCapitalised},
		"malformed_token": {MalformedInvalidToken, MalformedSessionError}, "challenge": {Absent, Sent}, "success_error": {SuccessErrorAbsent, SuccessErrorNull},
		"get_application": {ApplicationObject, ApplicationArray}, "start": {StartPage, StartSkip},
		"role_rows":    {RowsDocumented, RowsRoleText, RowsRoleName, RowsRoleDecimal, RowsGranteeWriteName, RowsGranteeObject, RowsApplicationNumber, RowsMissing, RowsNull},
		"failed_login": {LoginStatus400, LoginStatus200}, "login_echo": {EchoNothing, EchoRaw, EchoEscaped, EchoEscapedAll, EchoLong},
		"self_groups": {GroupsShown, GroupsHidden},
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
