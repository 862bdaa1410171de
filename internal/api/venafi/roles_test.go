// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/rest"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/hostile"
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
			all := []Grant{aliceOnA, aliceOnB, aliceOwn, bobAudit, {Grantee: bob, Role: GrantAdmin}, {Grantee: alice, Role: Admin}}
			for _, g := range all {
				// Each client is a run of its own, as each apply is.
				if got := s.client(t, "admin").GrantRole(ctx, g); got.Err != nil || got.Adopted || got.Unlisted {
					t.Errorf("%s: %+v", g, got)
				}
				s.holds(t, g, true)
				if found, ok, err := s.client(t, "admin").FindGrant(ctx, g); err != nil || !ok || found.Key() != g.Key() {
					t.Errorf("%s: found %v, %t, %v", g, found, ok, err)
				}
				if got := s.client(t, "admin").GrantRole(ctx, g); got.Err != nil || !got.Adopted {
					t.Errorf("%s again: %+v", g, got)
				}
			}
			s.counts(t, map[string]int{mock.GrantRole: len(all)})
			for i, g := range all {
				for range 2 {
					if err := s.client(t, "admin").RevokeRole(ctx, g); err != nil {
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
	grants := make([]Grant, n)
	for i := range grants {
		grants[i] = Grant{Grantee: fmt.Sprintf("local:{5be5a591-c842-4520-9142-%012x}", i), Role: ApplicationMaintainer, ApplicationID: "app-a"}
	}
	for _, outcome := range s.client(t, "admin").GrantRoles(t.Context(), grants) {
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
			if _, ok, err := reader.FindGrant(t.Context(), g); !ok || err != nil {
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
			if _, ok, err := reader.FindGrant(t.Context(), g); ok != (i >= 100) || err != nil {
				t.Errorf("%s: %t, %v", g, ok, err)
			}
		})
	}
	wg.Wait()
	s.counts(t, map[string]int{mock.ListRoles: 2, mock.GetRole: 1, "": 4})

	s.recorder.Reset()
	for _, outcome := range s.client(t, "admin").RevokeRoles(t.Context(), grants) {
		if outcome.Err != nil {
			t.Fatalf("%+v", outcome)
		}
	}
	s.counts(t, map[string]int{mock.RevokeRole: n, mock.ListRoles: 1, "": n + 2})
	if got := len(s.Roles()); got != 4 {
		t.Errorf("%d roles are left, want those of the seed", got)
	}
}

// A write that fails, in whatever way, is decided by who holds the role then.
func TestLostAnswers(t *testing.T) {
	t.Parallel()
	results := []mock.Switches{{}, {DuplicateGrant: mock.ResultRights, AbsentRevoke: mock.ResultRights}, {StaleList: mock.StaleOnce, DuplicateGrant: mock.ResultRights, AbsentRevoke: mock.ResultRights}}
	for _, fault := range []wire.FaultKind{
		wire.ResetBefore, wire.ResetAfter, wire.Truncated, wire.Half, wire.HTML, wire.Unavailable, wire.ServerError, wire.Throttle,
		mock.FaultRerun, mock.FaultHTML500, mock.FaultHTML503, mock.FaultTokenExpired, hostile.NullBody, hostile.WrongContentType,
	} {
		for i, switches := range results {
			t.Run(fmt.Sprint(fault, i), func(t *testing.T) {
				t.Parallel()
				s := start(t, switches)
				c := s.client(t, "admin")
				s.faults.Add(wire.Fault{Operation: mock.GrantRole, Kind: fault, Times: 1})
				s.faults.Add(wire.Fault{Operation: mock.RevokeRole, Kind: fault, Times: 1})
				if got := c.GrantRole(t.Context(), aliceOnA); fault != hostile.NullBody && got.Err != nil {
					t.Fatalf("%+v", got)
				} else if fault == hostile.NullBody {
					// Not an answer of the service, and nothing says that the same again would not come: the listing decided.
					wantError(t, got.Err, "without a result")
					s.holds(t, aliceOnA, false)
					if got := c.GrantRole(t.Context(), aliceOnA); got.Err != nil {
						t.Fatalf("%+v", got)
					}
				}
				s.holds(t, aliceOnA, true)
				c = s.client(t, "admin") // another run
				if err := c.RevokeRole(t.Context(), aliceOnA); fault != hostile.NullBody && err != nil {
					t.Fatal(err)
				} else if fault == hostile.NullBody {
					wantError(t, err, "without a result")
					if err := c.RevokeRole(t.Context(), aliceOnA); err != nil {
						t.Fatal(err)
					}
				}
				s.holds(t, aliceOnA, false)
				if s.faults.Struck() != 2 {
					t.Errorf("%d faults, want 2", s.faults.Struck())
				}
			})
		}
	}
}

func TestFailuresThatLast(t *testing.T) {
	t.Parallel()
	t.Run("reset after the commit, for ever", func(t *testing.T) {
		t.Parallel()
		s := start(t, mock.Switches{})
		s.faults.Add(wire.Fault{Operation: mock.GrantRole, Kind: wire.ResetAfter})
		if got := s.client(t, "admin").GrantRole(t.Context(), aliceOnA); got.Err != nil || got.Adopted {
			t.Errorf("%+v", got)
		}
		s.counts(t, map[string]int{mock.GrantRole: 1})
	})
	t.Run("reset before, for ever", func(t *testing.T) {
		t.Parallel()
		s := start(t, mock.Switches{})
		s.faults.Add(wire.Fault{Operation: mock.GrantRole, Kind: wire.ResetBefore})
		got := s.client(t, "admin").GrantRole(t.Context(), aliceOnA)
		wantError(t, got.Err, "GrantRole")
		// A service may act on a request after the connection broke, and a listing may be late: it is looked for once more in the end.
		if _, unknown := errors.AsType[*UnknownOutcomeError](got.Err); !unknown {
			t.Errorf("the outcome is not known: %v", got.Err)
		}
		s.counts(t, map[string]int{mock.GrantRole: 6, mock.ListRoles: 9})
	})
	for _, kind := range []wire.FaultKind{wire.ResetAfter, wire.Truncated, wire.Half} {
		t.Run(fmt.Sprintf("%s, once, with a late listing and no repetition", kind), func(t *testing.T) {
			t.Parallel()
			s := start(t, mock.Switches{StaleList: mock.StaleOnce})
			s.faults.Add(wire.Fault{Operation: mock.GrantRole, Kind: kind, Times: 1})
			c := s.client(t, "admin")
			c.tries = 0
			if got := c.GrantRole(t.Context(), aliceOnA); got.Err != nil {
				t.Errorf("%+v", got)
			}
		})
	}
	t.Run("the listing after it fails too", func(t *testing.T) {
		t.Parallel()
		s := start(t, mock.Switches{})
		s.faults.Add(wire.Fault{Operation: mock.GrantRole, Kind: wire.ResetAfter})
		s.faults.Add(wire.Fault{Operation: mock.ListRoles, Kind: mock.FaultInsufficientScope, After: 1})
		got := s.client(t, "admin").GrantRole(t.Context(), aliceOnA)
		unknown, ok := errors.AsType[*UnknownOutcomeError](got.Err)
		if !ok || unknown.Grant != aliceOnA {
			t.Fatalf("got %v", got.Err)
		}
		wantError(t, got.Err, "GrantRole", "ListRoles", "could not be found out")
	})
	for result, want := range map[int]string{1: "Result 1 (Failure)", 2: "Result 2 (ApplicationNotFound)", 16: "Result 16 (RightsAssignmentError)", 18: "appaccess_venafi_identity"} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			s := start(t, mock.Switches{})
			s.faults.Add(wire.Fault{Operation: mock.GrantRole, Kind: mock.FaultResult, Status: result})
			wantError(t, s.client(t, "admin").GrantRole(t.Context(), aliceOnA).Err, want, Result(result).Meaning())
			s.counts(t, map[string]int{mock.GrantRole: 1})
		})
	}
	t.Run("unknown application and grantee", func(t *testing.T) {
		t.Parallel()
		s := start(t, mock.Switches{})
		c := s.client(t, "admin")
		wantError(t, c.GrantRole(t.Context(), Grant{Grantee: alice, Role: ApplicationOwner, ApplicationID: "app-z"}).Err, "ApplicationNotFound", "application_id")
		wantError(t, c.GrantRole(t.Context(), Grant{Grantee: "local:{ffffffff-c842-4520-9142-b455f4ad2286}", Role: Admin}).Err, "RemoteIdentityRequired", "grantee")
	})
	t.Run("success that does nothing", func(t *testing.T) {
		t.Parallel()
		s := start(t, mock.Switches{})
		s.faults.Add(wire.Fault{Operation: mock.GrantRole, Kind: mock.FaultIgnoredWrite})
		if got := s.client(t, "admin").GrantRole(t.Context(), aliceOnA); got.Err != nil || !got.Unlisted {
			t.Errorf("%+v, want one that is not listed", got)
		}
	})
}

func TestRevokeTakesNothingAlong(t *testing.T) {
	t.Parallel()
	others := func(t *testing.T, s *service) {
		t.Helper()
		for _, g := range []Grant{aliceOnA, aliceOnB, aliceOwn, {Grantee: alice, Role: ApplicationMaintainer, ApplicationID: "app-c"}} {
			if err := s.Grant(mock.Role{Role: mock.RoleID(g.Role), Grantee: g.Grantee, ApplicationID: g.ApplicationID}); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, switches := range map[string]mock.Switches{"current": {}, "stale": {StaleList: mock.StaleThreeTimes}} {
		t.Run("honoured, "+name, func(t *testing.T) {
			t.Parallel()
			s := start(t, switches)
			others(t, s)
			if err := s.client(t, "admin").RevokeRole(t.Context(), aliceOnA); err != nil {
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
			err := s.client(t, "admin").RevokeRole(t.Context(), aliceOnA)
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
		grants := []Grant{aliceOnA, aliceOnB, {Grantee: alice, Role: ApplicationMaintainer, ApplicationID: "app-c"}}
		for _, outcome := range s.client(t, "admin").RevokeRoles(t.Context(), grants) {
			if outcome.Err != nil {
				t.Errorf("%+v", outcome)
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
		for _, g := range []Grant{aliceOnA, aliceOnB, {Grantee: alice, Role: ApplicationMaintainer, ApplicationID: "app-c"}} {
			if err := c.RevokeRole(t.Context(), g); err != nil {
				t.Error(err)
			}
		}
	})
}

func TestOwnIdentityIsNotRevoked(t *testing.T) {
	t.Parallel()
	own := Grant{Grantee: strings.ToUpper(adminID[:5]) + strings.ToUpper(adminID[5:]), Role: Admin}
	s := start(t, mock.Switches{SelfScope: mock.ScopeConfiguration})
	for name, c := range map[string]*Client{
		"login": s.client(t, "admin"), "token": s.ready(t, adminID, "admin"), "token that may look up": s.ready(t, adminID, DefaultScope),
	} {
		if err := c.RevokeRole(t.Context(), own); !errors.Is(err, ErrOwnIdentity) {
			t.Errorf("%s: got %v", name, err)
		}
		for _, outcome := range c.RevokeRoles(t.Context(), []Grant{own}) {
			if !errors.Is(outcome.Err, ErrOwnIdentity) {
				t.Errorf("%s: got %+v", name, outcome)
			}
		}
	}
	s.counts(t, map[string]int{mock.RevokeRole: 0, mock.AuthorizeVerify: 2, mock.IdentitySelf: 0})
	s.faults.Add(wire.Fault{Operation: mock.AuthorizeVerify, Kind: mock.FaultHTML403})
	if err := s.ready(t, adminID, DefaultScope).RevokeRole(t.Context(), own); !errors.Is(err, ErrOwnIdentity) {
		t.Errorf("got %v", err)
	}
	wantError(t, s.ready(t, adminID, "admin").RevokeRole(t.Context(), aliceOnA), "could not be found out whether the role belongs", "configuration")
	s.counts(t, map[string]int{mock.RevokeRole: 0, mock.IdentitySelf: 2})
}

func TestListingsOfEverything(t *testing.T) {
	t.Parallel()
	s := start(t, mock.Switches{GranteeSpelling: mock.SpellingUpper})
	c := s.client(t, "admin")
	ctx := t.Context()
	if got := c.GrantRole(ctx, aliceOnA); got.Err != nil {
		t.Fatal(got.Err)
	}
	if got := c.GrantRole(ctx, bobAudit); got.Err != nil {
		t.Fatal(got.Err)
	}
	if err := c.RevokeRole(ctx, Grant{Grantee: auditorID, Role: Auditor}); err != nil {
		t.Fatal(err)
	}
	all, err := c.Grants(ctx)
	if err != nil || len(all) != 5 {
		t.Errorf("%d grants, %v: %v", len(all), err, all)
	}
	of, err := c.GrantsOf(ctx, strings.ToUpper(alice))
	if err != nil || len(of) != 1 || of[0].Key() != aliceOnA.Key() {
		t.Errorf("alice holds %v, %v", of, err)
	}
	holders, err := c.Holders(ctx, Auditor, "")
	if err != nil || len(holders) != 1 || holders[0].Key() != bobAudit.Key() {
		t.Errorf("auditors are %v, %v", holders, err)
	}
	maintainers, err := c.Holders(ctx, ApplicationMaintainer, "app-a")
	if err != nil || len(maintainers) != 2 {
		t.Errorf("maintainers are %v, %v", maintainers, err)
	}
}

func TestCancelledWrites(t *testing.T) {
	t.Parallel()
	s := start(t, mock.Switches{})
	c := s.client(t, "admin")
	if _, err := c.Grants(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	s.faults.Add(wire.Fault{Operation: mock.GrantRole, Kind: wire.Slow, Delay: 100 * time.Millisecond})
	time.AfterFunc(20*time.Millisecond, cancel)
	// A request in flight may finish, so that its outcome is known.
	if got := c.GrantRole(ctx, aliceOnA); got.Err != nil {
		t.Errorf("%+v", got)
	}
	s.holds(t, aliceOnA, true)
	began := time.Now()
	got := c.GrantRole(ctx, aliceOnB)
	if !errors.Is(got.Err, context.Canceled) || time.Since(began) > time.Second {
		t.Errorf("%+v after %s", got, time.Since(began))
	}
	s.holds(t, aliceOnB, false)
}

// A grant that passes from one owner to another in one run is held afterwards, whoever comes first.
func TestGrantsThatChangeHands(t *testing.T) {
	t.Parallel()
	for _, held := range []bool{true, false} {
		s := start(t, mock.Switches{})
		if held {
			if err := s.Grant(mock.Role{Role: mock.Maintainer, Grantee: alice, ApplicationID: "app-a"}); err != nil {
				t.Fatal(err)
			}
		}
		c := s.client(t, "admin")
		if got := c.GrantRole(t.Context(), aliceOnA); got.Err != nil || got.Adopted != held {
			t.Errorf("%+v", got)
		}
		if err := c.RevokeRole(t.Context(), aliceOnA); !errors.Is(err, ErrClaimed) {
			t.Errorf("got %v", err)
		}
		s.counts(t, map[string]int{mock.RevokeRole: 0})
	}
	for range 20 {
		s := start(t, mock.Switches{})
		if err := s.Grant(mock.Role{Role: mock.Maintainer, Grantee: alice, ApplicationID: "app-a"}); err != nil {
			t.Fatal(err)
		}
		c := s.client(t, "admin")
		var wg sync.WaitGroup
		wg.Go(func() {
			if err := c.RevokeRole(t.Context(), aliceOnA); err != nil && !errors.Is(err, ErrClaimed) {
				t.Error(err)
			}
		})
		wg.Go(func() {
			if got := c.GrantRole(t.Context(), aliceOnA); got.Err != nil {
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
	c := s.client(t, "admin")
	c.roles.manyPlans = true
	for range 2 {
		if got := c.GrantRole(t.Context(), aliceOnA); got.Err != nil {
			t.Errorf("%+v", got)
		}
		s.holds(t, aliceOnA, true)
		if err := c.RevokeRole(t.Context(), aliceOnA); err != nil {
			t.Error(err)
		}
		s.holds(t, aliceOnA, false)
	}
}

func TestTurnsEndWithTheirContext(t *testing.T) {
	t.Parallel()
	var all turns
	done, err := all.take(t.Context(), aliceOnA.Key())
	if err != nil {
		t.Fatal(err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := all.take(ended, aliceOnA.Key()); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if _, err := all.take(t.Context(), aliceOnB.Key()); err != nil {
		t.Errorf("another grant waits: %v", err)
	}
	done()
	if len(all.byKey) != 1 {
		t.Errorf("%d turns are kept, want 1", len(all.byKey))
	}
}

func TestIntentsThatClash(t *testing.T) {
	t.Parallel()
	s := start(t, mock.Switches{})
	if err := s.Grant(mock.Role{Role: mock.Maintainer, Grantee: alice, ApplicationID: "app-a"}); err != nil {
		t.Fatal(err)
	}
	c := s.client(t, "admin")
	clashes := func(g Grant, want ...Grant) {
		t.Helper()
		got, err := c.Intend(t.Context(), g)
		if err != nil || len(got) != len(want) {
			t.Fatalf("%s: got %v, %v; want %v", g, got, err, want)
		}
		for i := range want {
			if got[i].Key() != want[i].Key() {
				t.Errorf("%s: got %v, want %v", g, got, want)
			}
		}
	}
	admin := Grant{Grantee: strings.ToUpper(alice), Role: Admin}
	clashes(aliceOnB)                  // two application roles
	clashes(admin, aliceOnA, aliceOnB) // one is held, the other planned
	clashes(aliceOwn, admin)
	clashes(bobAudit)
	clashes(Grant{Grantee: bob, Role: GrantAdmin})
	c.IntendEnd(admin)
	clashes(Grant{Grantee: alice, Role: ApplicationOwner, ApplicationID: "app-c"})
	s.counts(t, map[string]int{mock.ListRoles: 1})
}

// A hint ends with a full stop, and what follows begins a sentence: there is one full stop between them.
func TestUnknownOutcomeText(t *testing.T) {
	t.Parallel()
	failed := &rest.Error{Service: serviceName, Operation: "GrantRole", Status: 504, Hint: "Look there."}
	for _, e := range []*UnknownOutcomeError{{Err: failed}, {Err: failed, ListErr: errors.New("gone")}, {Err: errors.New("failed")}} {
		if text := e.Error(); strings.Contains(text, "..") || !strings.Contains(text, ". Whether") {
			t.Error(text)
		}
	}
}
