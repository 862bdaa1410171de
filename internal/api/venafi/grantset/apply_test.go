// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package grantset

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/venafi"
	mock "github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/venafi"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

func TestLifecycleUnderEverySwitch(t *testing.T) {
	t.Parallel()
	for name, switches := range map[string]mock.Switches{
		"default":                 {},
		"duplicate and absent 16": {DuplicateGrant: mock.ResultRights, AbsentRevoke: mock.ResultRights},
		"no expires_in":           {ExpiresIn: mock.Absent},
		"no expiry":               {ExpiresIn: mock.Absent, Expires: mock.Absent, RefreshToken: mock.Absent},
		"exact, as given":         {GranteeMatching: mock.MatchExact},
		"exact, upper":            {GranteeMatching: mock.MatchExact, GranteeSpelling: mock.SpellingUpper},
		"exact, unbraced":         {GranteeMatching: mock.MatchExact, GranteeSpelling: mock.SpellingUnbraced, AbsentRevoke: mock.ResultRights},
		"lower":                   {GranteeSpelling: mock.SpellingLower},
		"directory":               {GranteeSpelling: mock.SpellingDirectory},
		"global null":             {GlobalApplicationID: mock.GlobalNull},
		"global empty":            {GlobalApplicationID: mock.GlobalEmpty},
		"odd auditor":             {AuditorApplicationID: mock.AuditorOdd},
		"implied":                 {ImpliedRoles: mock.ImpliedShown},
		"stable":                  {Order: mock.OrderStable},
		"stale once":              {StaleList: mock.StaleOnce, DuplicateGrant: mock.ResultRights, AbsentRevoke: mock.ResultRights},
		"stale three times":       {StaleList: mock.StaleThreeTimes, DuplicateGrant: mock.ResultRights, AbsentRevoke: mock.ResultRights},
		"error null":              {SuccessError: mock.SuccessErrorNull},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, switches)
			ctx := t.Context()
			all := []venafi.Grant{aliceOnA, aliceOnB, aliceOwn, bobAudit, {Grantee: bob, Role: venafi.GrantAdmin}, {Grantee: alice, Role: venafi.Admin}}
			for _, g := range all {
				// Each client is a run of its own, as each apply is.
				if got := s.client(t, "admin").create(ctx, g); got.Err != nil || got.Adopted || got.Unlisted {
					t.Errorf("%s: %+v", g, got)
				}
				s.holds(t, g, true)
				if ok, err := s.client(t, "admin").find(ctx, g); err != nil || !ok {
					t.Errorf("%s: found %t, %v", g, ok, err)
				}
				if got := s.client(t, "admin").create(ctx, g); got.Err != nil || !got.Adopted {
					t.Errorf("%s again: %+v", g, got)
				}
			}
			s.counts(t, map[string]int{mock.GrantRole: len(all)})
			for i, g := range all {
				for range 2 {
					if err := s.client(t, "admin").destroy(ctx, g); err != nil {
						t.Errorf("revoke of %s: %v", g, err)
					}
				}
				s.holds(t, g, false)
				for _, kept := range all[i+1:] {
					s.holds(t, kept, true)
				}
			}
		})
	}
}

func TestAThousandGrants(t *testing.T) {
	t.Parallel()
	const n = 1000
	s := start(t, mock.Switches{UnknownGrantee: mock.GranteeAccepted})
	s.recorder.Limit(10, 10)
	grants := make([]venafi.Grant, n)
	for i := range grants {
		grants[i] = venafi.Grant{Grantee: fmt.Sprintf("local:{5be5a591-c842-4520-9142-%012x}", i), Role: venafi.ApplicationMaintainer, ApplicationID: "app-a"}
	}
	c := s.client(t, "admin")
	for _, outcome := range parallel(grants, func(g venafi.Grant) outcome { return c.create(t.Context(), g) }) {
		if outcome.Err != nil || outcome.Adopted || outcome.Unlisted {
			t.Fatalf("%+v", outcome)
		}
	}
	s.counts(t, map[string]int{mock.GrantRole: n, mock.ListRoles: 2, mock.AuthorizeOAuth: 1, "": n + 3})
	if got := s.recorder.MaxInFlight(); got < 4 || got > 8 {
		t.Errorf("%d requests at once, want up to 8", got)
	}

	// A refresh of all of them is one listing.
	s.recorder.Reset()
	reader := s.client(t, "admin")
	var wg sync.WaitGroup
	for _, g := range grants {
		wg.Go(func() {
			g.Grantee = strings.ToUpper(g.Grantee[:6]) + strings.ToUpper(g.Grantee[6:])
			if ok, err := reader.find(t.Context(), g); !ok || err != nil {
				t.Errorf("%s: %t, %v", g, ok, err)
			}
		})
	}
	wg.Wait()
	s.counts(t, map[string]int{mock.ListRoles: 1, "": 2})

	// With some of them gone it is three calls, however many are gone.
	s.recorder.Reset()
	for _, g := range grants[:100] {
		s.Revoke(mock.Role{Role: mock.Maintainer, Grantee: g.Grantee, ApplicationID: g.ApplicationID})
	}
	reader = s.client(t, "admin")
	for i, g := range grants {
		wg.Go(func() {
			if ok, err := reader.find(t.Context(), g); ok != (i >= 100) || err != nil {
				t.Errorf("%s: %t, %v", g, ok, err)
			}
		})
	}
	wg.Wait()
	s.counts(t, map[string]int{mock.ListRoles: 2, mock.GetRole: 1, "": 4})

	s.recorder.Reset()
	c = s.client(t, "admin")
	for _, err := range parallel(grants, func(g venafi.Grant) error { return c.destroy(t.Context(), g) }) {
		if err != nil {
			t.Fatal(err)
		}
	}
	// Those that are gone already are looked for once more, and need no revoke.
	s.counts(t, map[string]int{mock.RevokeRole: n - 100, mock.ListRoles: 2, mock.GetRole: 1, "": n - 100 + 4})
	if got := len(s.Roles()); got != 4 {
		t.Errorf("%d roles are left, want those of the seed", got)
	}
}

func TestRevokeTakesNothingAlong(t *testing.T) {
	t.Parallel()
	others := func(t *testing.T, s *service) {
		t.Helper()
		for _, g := range []venafi.Grant{aliceOnA, aliceOnB, aliceOwn, {Grantee: alice, Role: venafi.ApplicationMaintainer, ApplicationID: "app-c"}} {
			s.grant(t, g)
		}
	}
	for name, switches := range map[string]mock.Switches{"current": {}, "stale": {StaleList: mock.StaleThreeTimes}} {
		t.Run("honoured, "+name, func(t *testing.T) {
			t.Parallel()
			s := start(t, switches)
			others(t, s)
			if err := s.client(t, "admin").destroy(t.Context(), aliceOnA); err != nil {
				t.Error(err)
			}
			s.holds(t, aliceOnB, true)
		})
		t.Run("ignored, "+name, func(t *testing.T) {
			t.Parallel()
			ignoring := switches
			ignoring.RevokeApplicationID = mock.RevokeIgnores
			s := start(t, ignoring)
			others(t, s)
			err := s.client(t, "admin").destroy(t.Context(), aliceOnA)
			lost, ok := errors.AsType[*CollateralError](err)
			if !ok || len(lost.Lost) != 2 || lost.Revoked != aliceOnA {
				t.Fatalf("got %v", err)
			}
			wantError(t, err, `"app-b"`, `"app-c"`, alice)
			s.holds(t, aliceOnA, false)
			s.holds(t, aliceOwn, true)
		})
	}
	t.Run("own concurrent revokes are no alarm", func(t *testing.T) {
		t.Parallel()
		s := start(t, mock.Switches{})
		others(t, s)
		grants := []venafi.Grant{aliceOnA, aliceOnB, {Grantee: alice, Role: venafi.ApplicationMaintainer, ApplicationID: "app-c"}}
		c := s.client(t, "admin")
		for _, err := range parallel(grants, func(g venafi.Grant) error { return c.destroy(t.Context(), g) }) {
			if err != nil {
				t.Error(err)
			}
		}
		s.holds(t, aliceOwn, true)
	})
	t.Run("not even with an old listing", func(t *testing.T) {
		t.Parallel()
		s := start(t, mock.Switches{})
		others(t, s)
		c := s.client(t, "admin")
		if _, err := c.Grants(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, g := range []venafi.Grant{aliceOnA, aliceOnB, {Grantee: alice, Role: venafi.ApplicationMaintainer, ApplicationID: "app-c"}} {
			if err := c.destroy(t.Context(), g); err != nil {
				t.Error(err)
			}
		}
	})
}

func TestOwnIdentityIsNotRevoked(t *testing.T) {
	t.Parallel()
	own := venafi.Grant{Grantee: strings.ToUpper(adminID[:5]) + strings.ToUpper(adminID[5:]), Role: venafi.Admin}
	s := start(t, mock.Switches{SelfScope: mock.ScopeConfiguration})
	for name, c := range map[string]run{
		"login": s.client(t, "admin"), "token": s.ready(t, adminID, "admin"), "token that may look up": s.ready(t, adminID, venafi.DefaultScope),
	} {
		if err := c.destroy(t.Context(), own); !errors.Is(err, ErrOwnIdentity) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	s.counts(t, map[string]int{mock.RevokeRole: 0, mock.AuthorizeVerify: 2, mock.IdentitySelf: 0})
	s.faults.Add(wire.Fault{Operation: mock.AuthorizeVerify, Kind: mock.FaultHTML403})
	if err := s.ready(t, adminID, venafi.DefaultScope).destroy(t.Context(), own); !errors.Is(err, ErrOwnIdentity) {
		t.Errorf("got %v", err)
	}
	s.grant(t, aliceOnA)
	wantError(t, s.ready(t, adminID, "admin").destroy(t.Context(), aliceOnA), "could not be found out whether a role that would be revoked belongs", "configuration")
	s.counts(t, map[string]int{mock.RevokeRole: 0, mock.IdentitySelf: 2})
}

func TestListingsOfEverything(t *testing.T) {
	t.Parallel()
	s := start(t, mock.Switches{GranteeSpelling: mock.SpellingUpper})
	c := s.client(t, "admin")
	ctx := t.Context()
	if got := c.create(ctx, aliceOnA); got.Err != nil {
		t.Fatal(got.Err)
	}
	if got := c.create(ctx, bobAudit); got.Err != nil {
		t.Fatal(got.Err)
	}
	if err := c.destroy(ctx, venafi.Grant{Grantee: auditorID, Role: venafi.Auditor}); err != nil {
		t.Fatal(err)
	}
	all, err := c.Grants(ctx)
	if err != nil || len(all) != 5 {
		t.Errorf("%d grants, %v: %v", len(all), err, all)
	}
	holders, err := c.Holders(ctx, Set{Role: venafi.Auditor}, Set{}, true)
	if err != nil || len(holders) != 1 || holders[0].Key() != bobAudit.Key() {
		t.Errorf("auditors are %v, %v", holders, err)
	}
	holders, err = c.Holders(ctx, maintainers(), Set{}, true)
	if err != nil || len(holders) != 2 {
		t.Errorf("maintainers are %v, %v", holders, err)
	}
}

// A grant that passes from one owner to another in one run is held afterwards, whoever comes first.
func TestGrantsThatChangeHands(t *testing.T) {
	t.Parallel()
	for _, held := range []bool{true, false} {
		s := start(t, mock.Switches{})
		if held {
			s.grant(t, aliceOnA)
		}
		c := s.client(t, "admin")
		if got := c.create(t.Context(), aliceOnA); got.Err != nil || got.Adopted != held {
			t.Errorf("%+v", got)
		}
		if err := c.destroy(t.Context(), aliceOnA); !errors.Is(err, errClaimed) {
			t.Errorf("got %v", err)
		}
		s.counts(t, map[string]int{mock.RevokeRole: 0})
	}
	for range 20 {
		s := start(t, mock.Switches{})
		s.grant(t, aliceOnA)
		c := s.client(t, "admin")
		var wg sync.WaitGroup
		wg.Go(func() {
			if err := c.destroy(t.Context(), aliceOnA); err != nil && !errors.Is(err, errClaimed) {
				t.Error(err)
			}
		})
		wg.Go(func() {
			if got := c.create(t.Context(), aliceOnA); got.Err != nil {
				t.Errorf("%+v", got)
			}
		})
		wg.Wait()
		s.holds(t, aliceOnA, true)
	}
}

// A client that serves many plans, as in terraform test, revokes in one what it granted in another.
func TestGrantsOfManyPlans(t *testing.T) {
	t.Parallel()
	s := start(t, mock.Switches{})
	c := run{New(s.client(t, "admin").client, true)}
	for range 2 {
		if got := c.create(t.Context(), aliceOnA); got.Err != nil {
			t.Errorf("%+v", got)
		}
		s.holds(t, aliceOnA, true)
		if err := c.destroy(t.Context(), aliceOnA); err != nil {
			t.Error(err)
		}
		s.holds(t, aliceOnA, false)
	}
}

func TestIntentsThatClash(t *testing.T) {
	t.Parallel()
	s := start(t, mock.Switches{})
	s.grant(t, aliceOnA)
	c := s.client(t, "admin")
	clashes := func(g venafi.Grant, want ...venafi.Grant) {
		t.Helper()
		got, err := c.Intend(t.Context(), []venafi.Grant{g}, nil)
		if err != nil || len(got) != len(want) {
			t.Fatalf("%s: got %v, %v; want %v", g, got, err, want)
		}
		for i := range want {
			if got[i].Key() != want[i].Key() {
				t.Errorf("%s: got %v, want %v", g, got, want)
			}
		}
	}
	admin := venafi.Grant{Grantee: strings.ToUpper(alice), Role: venafi.Admin}
	clashes(aliceOnB)                  // two application roles
	clashes(admin, aliceOnA, aliceOnB) // one is held, the other planned
	clashes(aliceOwn, admin)
	clashes(bobAudit)
	clashes(venafi.Grant{Grantee: bob, Role: venafi.GrantAdmin})
	if _, err := c.Intend(t.Context(), nil, []venafi.Grant{admin}); err != nil {
		t.Fatal(err)
	}
	clashes(venafi.Grant{Grantee: alice, Role: venafi.ApplicationOwner, ApplicationID: "app-c"})
	s.counts(t, map[string]int{mock.ListRoles: 1})
}

// Callers who may see or do less than an admin.
func TestCallers(t *testing.T) {
	t.Parallel()
	for _, rights := range []string{mock.Rights401, mock.RightsResult9} {
		for _, form := range []string{mock.ErrorBody, mock.ErrorReason} {
			t.Run(rights+" "+form, func(t *testing.T) {
				t.Parallel()
				s := start(t, mock.Switches{InsufficientRights: rights, ErrorForm: form})
				ctx := t.Context()

				// A maintainer may grant but not list.
				got := s.client(t, "maintainer").create(ctx, aliceOnA)
				wantError(t, got.Err, "may not list roles", "admin, or application_owner", "token scope admin")
				wantError(t, s.client(t, "nobody").destroy(ctx, aliceOnA), "may not list roles")

				// An auditor sees everything and changes nothing.
				auditor := s.client(t, "auditor")
				if found, err := auditor.find(ctx, aliceOnA); found || err != nil {
					t.Errorf("%t, %v", found, err)
				}
				wantError(t, auditor.create(ctx, aliceOnA).Err, "may not grant this role", "admin, or application_owner")
				wantError(t, auditor.destroy(ctx, venafi.Grant{Grantee: ownerID, Role: venafi.ApplicationOwner, ApplicationID: "app-a"}), "may not revoke this role")

				// An owner does it all on the own application, and what an owner can't see is not
				// gone.
				owner := s.client(t, "owner")
				if found, err := owner.find(ctx, aliceOnA); found || err != nil {
					t.Errorf("%t, %v", found, err)
				}
				if got := owner.create(ctx, aliceOnA); got.Err != nil {
					t.Errorf("%+v", got)
				}
				for _, g := range []venafi.Grant{aliceOnB, bobAudit} {
					_, err := owner.find(ctx, g)
					wantError(t, err, "sees the roles of those applications only that it owns")
				}
				s.counts(t, map[string]int{mock.AuthorizeOAuth: 4, mock.GrantRole: 2})
			})
		}
	}
}
