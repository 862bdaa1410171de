// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	mock "github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/venafi"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

func ptr[T any](v T) *T { return &v }

var theApplication = Application{
	ID: "ci", Name: "CI", Description: "Builds", Vendor: "Example", URL: "https://ci.example.com", Scope: "certificate:discover",
	MaximumScope: "certificate:discover,manage", AccessValidity: ptr(int64(60)), Renewable: ptr(false),
}

// oauthSwitches are the positions in which the answers of applications, rules and mappings differ.
var oauthSwitches = map[string]mock.Switches{
	"first": {}, "array": {GetApplication: mock.ApplicationArray, EnumerateApplications: mock.EnumerateSingular}, "skip": {Start: mock.StartSkip},
	"forever": {NullValidity: mock.NullForever}, "filled": {DefaultValidity: mock.DefaultFilled}, "upper": {ScopeSpelling: mock.ScopeUpper},
	"reordered": {ScopeSpelling: mock.ScopeReordered}, "spaced": {ScopeSpelling: mock.ScopeSpaced}, "more": {MoreFields: mock.Sent},
	"four": {RuleFields: mock.RuleFieldsFour}, "absent": {AbsentRule: mock.ResultSuccess}, "spelling": {GranteeSpelling: mock.SpellingUpper},
	"null": {SuccessError: mock.SuccessErrorNull},
}

func TestApplicationLife(t *testing.T) {
	t.Parallel()
	for name, switches := range oauthSwitches {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, switches)
			c := s.client(t, "admin")
			if err := c.CreateApplication(t.Context(), theApplication); err != nil {
				t.Fatal(err)
			}
			got, err := c.Application(t.Context(), "ci")
			if err != nil || !got.Like(theApplication) || got.GrantCount == nil || *got.GrantCount != 0 {
				t.Fatalf("%+v, %v", got, err)
			}
			before := s.application(t, "ci")
			got.Description, got.UnusedExpiration = "Builds more", ptr(int64(90))
			if err := c.UpdateApplication(t.Context(), got); err != nil {
				t.Fatal(err)
			}
			after := s.application(t, "ci")
			if diff := cmp.Diff(before, after, cmpopts.IgnoreFields(mock.Application{}, "Description", "UnusedExpirationSeconds", "Scope", "MaximumScope")); diff != "" ||
				after.Description != "Builds more" || *after.UnusedExpirationSeconds != 90 || !SameScope(after.MaximumScope, theApplication.MaximumScope) {
				t.Errorf("the update lost something: %+v %s", after, diff)
			}
			all, err := c.Applications(t.Context())
			if err != nil || len(all) != 5 || all[3].ID != "ci" {
				t.Errorf("%v, %v", all, err)
			}
			for range 2 {
				if err := c.DeleteApplication(t.Context(), "ci"); err != nil {
					t.Error(err)
				}
			}
			if _, err := c.Application(t.Context(), "ci"); !HasResult(err, ApplicationNotFound) {
				t.Error(err)
			}
		})
	}
}

// A create fails without an answer, and there is another one of that name: it is somebody else's,
// and not perhaps the caller's own.
func TestCreateOfWhatSomebodyElseHasMade(t *testing.T) {
	t.Parallel()
	s := start(t, mock.Switches{})
	c := s.client(t, "admin")
	for _, operation := range []string{mock.CreateApplication, mock.CreateJwtMapping} {
		s.faults.Add(wire.Fault{Operation: operation, Kind: wire.ResetBefore})
	}
	theirs := mock.JwtMapping{Name: "ci", IssuerURI: "https://a.example.com", PurposeField: "aud", PurposeMatch: "theirs", IDField: "sub", IDMatch: "^(.*)$"}
	if err := errors.Join(s.AddApplication(mock.Application{ID: "ci", MaximumScope: "certificate"}), s.AddJwtMapping(theirs)); err != nil {
		t.Fatal(err)
	}
	if err := c.CreateApplication(t.Context(), theApplication); !HasResult(err, ApplicationAlreadyExists) || Uncertain(err) {
		t.Error(err)
	}
	ours := JwtMapping{Name: "ci", IssuerURI: "https://a.example.com", PurposeField: "aud", PurposeMatch: "ours", IDField: "sub", IDMatch: "^(.*)$"}
	if err := c.CreateJwtMapping(t.Context(), ours); !HasResult(err, JwtMappingAlreadyExists) || Uncertain(err) {
		t.Error(err)
	}
}

func (s *service) application(t *testing.T, id string) mock.Application {
	t.Helper()
	for _, a := range s.Applications() {
		if a.ID == id {
			return a
		}
	}
	t.Fatalf("no application %q", id)
	return mock.Application{}
}

func TestRuleLife(t *testing.T) {
	t.Parallel()
	for name, switches := range oauthSwitches {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, switches)
			if err := s.AddRules(mock.Rule{ApplicationID: "app-a", Trustee: bob, MaximumScope: "admin"}, mock.Rule{ApplicationID: "app-b", Trustee: alice, MaximumScope: "admin"}); err != nil {
				t.Fatal(err)
			}
			c := s.client(t, "admin")
			rule := Rule{ApplicationID: "app-a", Trustee: alice, MaximumScope: "admin", Description: "D", GrantValidity: ptr(int64(60)), Renewable: ptr(true)}
			if err := c.CreateRule(t.Context(), rule); err != nil {
				t.Fatal(err)
			}
			got, found, err := c.findRule(t.Context(), "app-a", alice)
			if switches.RuleFields == mock.RuleFieldsFour {
				rule.GrantValidity, rule.Renewable = nil, nil
			}
			if err != nil || !found || !got.Like(rule) {
				t.Fatalf("%+v, %v", got, err)
			}
			got.MaximumScope = "admin;configuration:manage"
			if err := c.UpdateRule(t.Context(), got); err != nil {
				t.Fatal(err)
			}
			for _, is := range s.Rules() {
				if is.Trustee != alice || is.ApplicationID != "app-a" {
					continue
				}
				if is.MaximumScope != "admin;configuration:manage" || is.Description != "D" {
					t.Errorf("%+v", is)
				}
				if switches.RuleFields != mock.RuleFieldsFour && (is.GrantValiditySeconds == nil || *is.GrantValiditySeconds != 60) {
					t.Errorf("the update lost the validity: %+v", is)
				}
				if switches.MoreFields == mock.Sent && is.ReviewedBy == "" {
					t.Errorf("the update lost a field that nobody knows: %+v", is)
				}
			}
			for range 2 {
				if err := c.DeleteRule(t.Context(), "app-a", alice); err != nil {
					t.Error(err)
				}
			}
			if left := s.Rules(); len(left) != 2 {
				t.Errorf("left are %v", left)
			}
		})
	}
}

// A call with an empty ID is about everything of somebody: it is refused before it is sent.
func TestEmptyIDsAreNotSent(t *testing.T) {
	t.Parallel()
	s := start(t, mock.Switches{})
	c := s.client(t, "admin")
	ctx := t.Context()
	for name, err := range map[string]error{
		"delete without trustee": c.DeleteRule(ctx, "app-a", ""), "delete without application": c.DeleteRule(ctx, "", alice),
		"delete without both": c.DeleteRule(ctx, "", ""), "create": c.CreateRule(ctx, Rule{ApplicationID: "app-a"}), "update": c.UpdateRule(ctx, Rule{Trustee: alice}),
		"delete application": c.DeleteApplication(ctx, ""), "update application": c.UpdateApplication(ctx, Application{}),
		"create application": c.CreateApplication(ctx, Application{}), "delete mapping": c.DeleteJwtMapping(ctx, ""),
		"create mapping": c.CreateJwtMapping(ctx, JwtMapping{IssuerURI: "x"}), "update mapping": c.UpdateJwtMapping(ctx, JwtMapping{Name: "x"}),
	} {
		if !errors.Is(err, ErrNoID) {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, rules := c.Rules(ctx, "")
	_, application := c.Application(ctx, "")
	_, live := c.LiveGrants(ctx, "")
	_, mapping := c.JwtMapping(ctx, "")
	for _, err := range []error{rules, application, live, mapping} {
		if !errors.Is(err, ErrNoID) {
			t.Error(err)
		}
	}
	if n := len(s.recorder.All()); n != 0 {
		t.Errorf("%d requests", n)
	}
}

// Every DeleteRule that leaves the client names both IDs, whatever goes wrong.
func TestDeleteRuleAlwaysNamesBoth(t *testing.T) {
	t.Parallel()
	for _, kind := range []wire.FaultKind{"", wire.ResetAfter, wire.ResetBefore, mock.FaultRerun, mock.FaultHTML503, mock.FaultResult, mock.FaultTokenExpired} {
		s := start(t, mock.Switches{})
		if err := s.AddRules(mock.Rule{ApplicationID: "app-a", Trustee: alice, MaximumScope: "admin"}, mock.Rule{ApplicationID: "app-a", Trustee: bob, MaximumScope: "admin"},
			mock.Rule{ApplicationID: "app-b", Trustee: alice, MaximumScope: "admin"}); err != nil {
			t.Fatal(err)
		}
		if kind != "" {
			s.faults.Add(wire.Fault{Operation: mock.DeleteRule, Kind: kind, Times: 1})
		}
		err := s.client(t, "admin").DeleteRule(t.Context(), "app-a", alice)
		if kind != mock.FaultResult && err != nil || kind == mock.FaultResult && err == nil {
			t.Errorf("%s: %v", kind, err)
		}
		sent := 0
		for _, exchange := range s.recorder.All() {
			if exchange.Operation != mock.DeleteRule {
				continue
			}
			sent++
			var body map[string]string
			if err := json.Unmarshal(exchange.Body, &body); err != nil || body["ApplicationId"] != "app-a" || body["TrusteePrefixedUniversal"] != alice {
				t.Errorf("%s: %s", kind, exchange.Body)
			}
		}
		if sent == 0 {
			t.Errorf("%s: no DeleteRule was recorded", kind)
		}
	}
}

func TestLostAnswersOfWrites(t *testing.T) {
	t.Parallel()
	mapping := JwtMapping{Name: "m", IssuerURI: "https://i.example.com", PurposeField: "aud", PurposeMatch: "x", IDField: "sub", IDMatch: "^(.+)$"}
	for operation, do := range map[string]func(*Client) error{
		mock.CreateRule: func(c *Client) error {
			return c.CreateRule(t.Context(), Rule{ApplicationID: "app-a", Trustee: alice, MaximumScope: "admin"})
		},
		mock.CreateApplication: func(c *Client) error { return c.CreateApplication(t.Context(), theApplication) },
		mock.CreateJwtMapping:  func(c *Client) error { return c.CreateJwtMapping(t.Context(), mapping) },
	} {
		for _, kind := range []wire.FaultKind{wire.ResetAfter, wire.ResetBefore, wire.ServerError, mock.FaultRerun, mock.FaultHTML500, wire.Truncated, mock.FaultTokenExpired} {
			s := start(t, mock.Switches{})
			s.faults.Add(wire.Fault{Operation: operation, Kind: kind, Times: 1})
			if err := do(s.client(t, "admin")); err != nil {
				t.Errorf("%s with %s: %v", operation, kind, err)
			}
		}
		s := start(t, mock.Switches{})
		s.faults.Add(wire.Fault{Operation: operation, Kind: wire.ResetBefore})
		if err := do(s.client(t, "admin")); err == nil {
			t.Errorf("%s: no error", operation)
		}
	}
}

func TestJwtMappingLife(t *testing.T) {
	t.Parallel()
	for name, switches := range oauthSwitches {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, switches)
			c := s.client(t, "admin")
			m := JwtMapping{Name: "m", IssuerURI: "https://i.example.com", JwksURI: "https://i.example.com/k", PurposeField: "aud", PurposeMatch: "x", IDField: "sub", IDMatch: "^(.+)$", Grantee: alice}
			if err := c.CreateJwtMapping(t.Context(), m); err != nil {
				t.Fatal(err)
			}
			got, err := c.JwtMapping(t.Context(), "m")
			if err != nil || !got.Like(m) {
				t.Fatalf("%+v, %v", got, err)
			}
			got.IDMatch = "^([a-z]+)$"
			if err := c.UpdateJwtMapping(t.Context(), got); err != nil {
				t.Fatal(err)
			}
			is := s.JwtMappings()[0]
			if is.IDMatch != got.IDMatch || !SameGrantee(is.Grantee, alice) || is.JwksURI != m.JwksURI || switches.MoreFields == mock.Sent && is.ReviewedBy == "" {
				t.Errorf("the update lost something: %+v", is)
			}
			got.Grantee = ""
			if err := c.UpdateJwtMapping(t.Context(), got); err != nil || s.JwtMappings()[0].Grantee != "" {
				t.Error(err, s.JwtMappings())
			}
			if all, err := c.JwtMappings(t.Context()); err != nil || len(all) != 1 {
				t.Error(all, err)
			}
			for range 2 {
				if err := c.DeleteJwtMapping(t.Context(), "m"); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for position, off := range map[string]bool{mock.CertificateEnabled: false, mock.CertificateDisabled: true} {
		if got, err := start(t, mock.Switches{JwtLogin: position}).client(t, "admin").JwtLoginOff(t.Context()); err != nil || got != off {
			t.Errorf("%s: %t, %v", position, got, err)
		}
	}
}

// The tokens in the answer are in nothing that the client returns, and in no error about the
// answer.
func TestLiveGrants(t *testing.T) {
	t.Parallel()
	s := start(t, mock.Switches{})
	if err := s.AddRules(mock.Rule{ApplicationID: "app-a", Trustee: "local:{00000000-0000-4000-8000-0000000000ff}", MaximumScope: "admin"}, mock.Rule{ApplicationID: "app-a", Trustee: alice, MaximumScope: "admin"}); err != nil {
		t.Fatal(err)
	}
	token, err := s.IssueToken("app-a", alice, "admin")
	if err != nil {
		t.Fatal(err)
	}
	live, err := s.client(t, "admin").LiveGrants(t.Context(), "app-a")
	if err != nil || len(live) != 1 || live[0].Grantee != alice || live[0].GrantedTo != alice || live[0].Expires.IsZero() {
		t.Fatal(live, err)
	}
	if text, err := json.Marshal(live); err != nil || strings.Contains(string(text), token) {
		t.Errorf("a token in %s, %v", text, err)
	}
	for _, answer := range []string{
		`{"Grants":{"AccessToken":"the-secret-token"}}`, `{"Grants":["the-secret-token"]}`, `{"Grants":[{"AccessToken":"the-secret-token"`,
		`the-secret-token`, `{"Grants":[7]}`,
	} {
		if _, err := decodeLiveGrants([]byte(answer)); err == nil || strings.Contains(err.Error(), "the-secret-token") {
			t.Errorf("%s: %v", answer, err)
		}
	}
}

func TestRulesNobodyUnderstands(t *testing.T) {
	t.Parallel()
	for _, kind := range []wire.FaultKind{"nulls", "wrong_types", "invalid_utf8", "unknown_enum"} {
		s := start(t, mock.Switches{})
		s.faults.Add(wire.Fault{Operation: mock.GetRules, Kind: kind})
		if rules, err := s.client(t, "admin").Rules(t.Context(), "app-a"); err == nil {
			t.Errorf("%s: %v", kind, rules)
		}
	}
}

func TestSeesRules(t *testing.T) {
	t.Parallel()
	for user, want := range map[string]map[string]bool{
		"admin": {"app-a": true, "app-b": true}, "auditor": {"app-a": true, "app-b": true}, "owner": {"app-a": true, "app-b": false}, "maintainer": {"app-a": false},
	} {
		c := start(t, mock.Switches{}).client(t, user)
		for application, sees := range want {
			if got, err := c.SeesRules(t.Context(), application); err != nil || got != sees {
				t.Errorf("%s on %s: %t, %v", user, application, got, err)
			}
		}
	}
}

func TestOwnLogin(t *testing.T) {
	t.Parallel()
	s := start(t, mock.Switches{})
	for _, c := range []*Client{s.client(t, "admin"), s.ready(t, adminID, "admin;configuration")} {
		id, scope, err := c.OwnApplication(t.Context())
		if err != nil || id != clientID || scope != DefaultScope {
			t.Error(id, scope, err)
		}
		if identity, groups, err := c.OwnTrustees(t.Context()); err != nil || !SameGrantee(identity, adminID) || len(groups) != 0 {
			t.Error(identity, groups, err)
		}
		if c.LogsIn(JwtMapping{IssuerURI: "https://i.example.com"}) {
			t.Error("a password login is no JWT")
		}
	}
	claims := map[string]any{"iss": "https://i.example.com", "aud": []string{"y", "x"}, "sub": "alice"}
	c := s.configured(t, func(c *Config) { c.ClientID, c.JWT = clientID, mock.SignJWT("a-secret-of-the-issuer", claims) })
	own := JwtMapping{Name: "m", IssuerURI: "https://i.example.com", PurposeField: "aud", PurposeMatch: "x", IDField: "sub", IDMatch: "^(.+)$"}
	other, purpose, id := own, own, own
	other.IssuerURI, purpose.PurposeMatch, id.IDMatch = "https://j.example.com", "z", "^bob$"
	if !c.LogsIn(own) || c.LogsIn(other) || c.LogsIn(purpose) || c.LogsIn(id) {
		t.Error(c.LogsIn(own), c.LogsIn(other), c.LogsIn(purpose), c.LogsIn(id))
	}
}
