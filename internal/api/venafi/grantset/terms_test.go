// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package grantset

import (
	"testing"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/venafi"
	mock "github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/venafi"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

// users may use app-a with a scope.
func users(scope string, who ...string) Set {
	set := Set{Role: venafi.Use, ApplicationID: "app-a", Grantees: map[string]string{}, Terms: &Terms{Scope: scope}}
	for _, id := range who {
		set.Grantees[id] = id
	}
	return set
}

// rules makes the rules of app-a these, by trustee.
func (s *service) rules(t *testing.T, scopes map[string]string) {
	t.Helper()
	for who, scope := range scopes {
		s.RemoveRule("app-a", who)
		if err := s.AddRules(mock.Rule{ApplicationID: "app-a", Trustee: who, MaximumScope: scope}); err != nil {
			t.Fatal(err)
		}
	}
}

func (s *service) scopeOf(who string) string {
	for _, rule := range s.Rules() {
		if rule.ApplicationID == "app-a" && rule.Trustee == who {
			return rule.MaximumScope
		}
	}
	return ""
}

// applied changes a set into another one, in a run of its own.
func (s *service) applied(t *testing.T, wanted, prior Set) (Outcome, error) {
	t.Helper()
	return s.client(t, "admin").Of(wanted).Apply(t.Context(), Change{Wanted: wanted, Prior: prior})
}

// A state shows every scope that a rule has, so that a plan shows what goes, and which rule has
// less.
func TestScopesThatShow(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		alice, bob, want string
	}{
		{"admin", "admin", "admin"},
		{"ADMIN", "Admin", "admin"},
		{"admin;agent", "admin", "admin | admin;agent"},
		{"agent;admin", "admin;Agent", "admin;agent"},
		{"agent;admin", "admin;security:delete", "admin;agent | admin;security:delete"},
		{"agent", "configuration", "agent | configuration"},
		{"admin", "agent", "admin | agent"},
		{"admin:delete", "admin", "admin | admin:delete"},
	} {
		s := start(t, mock.Switches{})
		s.rules(t, map[string]string{alice: test.alice, bob: test.bob})
		set := users("admin", alice, bob)
		for look := range 3 { // each from what the one before has found
			now, err := s.client(t, "admin").Of(set).Read(t.Context(), set, false)
			if err != nil || !venafi.SameScope(now.Terms.Scope, test.want) {
				t.Errorf("%+v: look %d: %+v, %v", test, look, now.Terms, err)
			}
			set = now
		}
	}
	s := start(t, mock.Switches{})
	s.rules(t, map[string]string{alice: "admin;configuration", bob: "admin"})
	set := users("admin", bob)
	if now, err := s.client(t, "admin").Of(set).Read(t.Context(), set, true); err != nil || now.Terms.Scope != "admin | admin;configuration" {
		t.Errorf("whom an exclusive set does not list yet: %+v, %v", now.Terms, err)
	}
	set = users("admin;configuration", alice, bob)
	if now, err := s.client(t, "admin").Of(set).Read(t.Context(), set, false); err != nil || now.Terms.Scope != "admin | admin;configuration" {
		t.Errorf("%+v, %v", now.Terms, err)
	}
	s.rules(t, map[string]string{alice: "admin", bob: "agent"})
	set = users("admin;agent;configuration", alice, bob)
	if now, err := s.client(t, "admin").Of(set).Read(t.Context(), set, false); err != nil || now.Terms.Scope != "admin | agent" {
		t.Errorf("where all together have less than the set: %+v, %v", now.Terms, err)
	}
}

// A scope that appeared since the plan is left alone, and one that the plan has shown goes.
func TestScopesThatAppeared(t *testing.T) {
	t.Parallel()
	s := start(t, mock.Switches{})
	s.rules(t, map[string]string{alice: "admin", bob: "admin"})
	prior, wanted := users("admin", alice, bob), users("admin;configuration", alice, bob)
	s.rules(t, map[string]string{bob: "admin;agent"})
	out, err := s.applied(t, wanted, prior)
	if err != nil || len(out.Widened) != 1 || s.scopeOf(alice) != "admin;configuration" || s.scopeOf(bob) != "admin;agent" {
		t.Fatalf("%+v, %v: alice has %s, bob %s", out, err, s.scopeOf(alice), s.scopeOf(bob))
	}
	now, err := s.client(t, "admin").Of(wanted).Read(t.Context(), wanted, false)
	if err != nil {
		t.Fatal(err)
	}
	if out, err := s.applied(t, wanted, now); err != nil || len(out.Widened) > 0 || s.scopeOf(bob) != "admin;configuration" {
		t.Errorf("%+v, %v: bob has %s", out, err, s.scopeOf(bob))
	}
}

// A create that fails in the middle of its amendments gives back what it has amended.
func TestAmendmentsAreUndone(t *testing.T) {
	t.Parallel()
	s := start(t, mock.Switches{})
	s.rules(t, map[string]string{alice: "admin", bob: "admin"})
	wanted := users("admin;configuration", alice, bob)
	s.faults.Add(wire.Fault{Operation: mock.UpdateRule, Kind: mock.FaultResult, After: 1})
	out, err := s.applied(t, wanted, wanted.Empty())
	wantError(t, err, "Done: 1 of 2 grants")
	if len(out.Amended) != 1 || len(out.Unknown) > 0 {
		t.Fatalf("%+v", out)
	}
	s.faults.Clear()
	undo := wanted.Empty()
	undo.Restore = []venafi.Rule{out.Amended[0].Is}
	if _, err := s.client(t, "admin").Of(undo).Apply(t.Context(), Change{Wanted: undo.Empty(), Prior: undo, Undo: true}); err != nil {
		t.Error(err)
	}
	if a, b := s.scopeOf(alice), s.scopeOf(bob); a != "admin" || b != "admin" {
		t.Errorf("alice has %s, bob %s", a, b)
	}
}

// A rule whose creation is not answered may be there: the state holds it, and so it does where a
// rule may have been amended.
func TestRulesWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	for operation, there := range map[string]map[string]string{mock.CreateRule: nil, mock.UpdateRule: {alice: "certificate"}} {
		s := start(t, mock.Switches{})
		s.rules(t, there)
		s.faults.Add(wire.Fault{Operation: operation, Kind: wire.Late, EffectRequests: 100})
		wanted := users("certificate;configuration", alice)
		out, err := s.applied(t, wanted, wanted.Empty())
		wantError(t, err, "may act on it yet")
		if len(out.Now.Grantees) != 1 || !out.Touched {
			t.Errorf("%s: %+v", operation, out)
		}
	}
}

// All sets of one application share a listing, and a listing of another one that is gone says so.
func TestRulesOfOneApplication(t *testing.T) {
	t.Parallel()
	s := start(t, mock.Switches{})
	s.rules(t, map[string]string{alice: "admin"})
	c := s.client(t, "admin")
	a, b := users("admin", alice), users("admin", bob)
	for range 2 {
		if _, err := c.Of(a).Delta(t.Context(), a, a, false); err != nil {
			t.Fatal(err)
		}
	}
	if c.Of(a) != c.Of(b) || c.Of(maintainers()) != c.Run {
		t.Error("two runs for one application")
	}
	s.counts(t, map[string]int{mock.GetRules: 1, mock.ListRoles: 0})
	_, err := c.Of(Set{Role: venafi.Use, ApplicationID: "gone"}).Read(t.Context(), Set{Role: venafi.Use, ApplicationID: "gone"}, true)
	if !venafi.HasResult(err, venafi.ApplicationNotFound) {
		t.Error(err)
	}
}
