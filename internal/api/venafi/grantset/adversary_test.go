// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package grantset

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/venafi"
	mock "github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/venafi"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

const stranger = "local:{99999999-0000-4000-8000-000000000001}" // whom the server doesn't know

// What another resource was to take over and could not stays where it was: revoked by nobody, and
// in the state of whom it leaves.
func TestReservationsAreGivenBack(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		taker func(Set) Change
		fault wire.FaultKind
	}{
		"a create is refused": {func(s Set) Change { return Change{Wanted: s, Prior: s.Empty()} }, ""},
		"a list fails":        {func(s Set) Change { return Change{Wanted: s, Prior: s.Empty()} }, mock.FaultInsufficientScope},
		"a plan is not agreed": {func(s Set) Change {
			return Change{Wanted: s, Prior: s.Empty(), Approve: func(Delta) error { return errors.New("no") }}
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, mock.Switches{})
			s.grant(t, aliceOnA)
			c := s.client(t, "admin")
			if test.fault != "" {
				if _, err := c.Grants(t.Context()); err != nil {
					t.Fatal(err)
				}
				s.faults.Add(wire.Fault{Operation: mock.ListRoles, Kind: test.fault, Times: 1})
			}
			if out, err := c.Apply(t.Context(), test.taker(maintainers(alice, stranger))); err == nil || len(out.Now.Grantees) != 0 {
				t.Fatalf("%+v, %v", out, err)
			}
			left := maintainers(alice)
			out, err := c.Apply(t.Context(), Change{Wanted: left.Empty(), Prior: left})
			if !errors.Is(err, ErrGivenBack) || len(out.Now.Grantees) != 1 {
				t.Errorf("%+v, %v", out, err)
			}
			s.holds(t, aliceOnA, true)
			// The next run does what is planned then.
			if err := s.client(t, "admin").destroy(t.Context(), aliceOnA); err != nil {
				t.Error(err)
			}
			s.holds(t, aliceOnA, false)
		})
	}
}

// Who revokes waits for whom may take over, and leaves it to them.
func TestRevokesWaitForTakers(t *testing.T) {
	t.Parallel()
	s := start(t, mock.Switches{})
	s.grant(t, aliceOnA)
	c := s.client(t, "admin")
	if _, err := c.Grants(t.Context()); err != nil {
		t.Fatal(err)
	}
	reserved := make(chan bool)
	s.faults.Add(wire.Fault{Operation: mock.GrantRole, Kind: wire.Hook, Times: 1, Do: func(*http.Request) {
		close(reserved)
		time.Sleep(50 * time.Millisecond)
	}})
	var wg sync.WaitGroup
	wg.Go(func() {
		set := maintainers(alice, bob)
		if out, err := c.Apply(t.Context(), Change{Wanted: set, Prior: set.Empty()}); err != nil || len(out.Now.Grantees) != 2 {
			t.Errorf("%+v, %v", out, err)
		}
	})
	<-reserved
	if err := c.destroy(t.Context(), aliceOnA); !errors.Is(err, errClaimed) {
		t.Error(err)
	}
	wg.Wait()
	s.holds(t, aliceOnA, true)
	s.counts(t, map[string]int{mock.RevokeRole: 0})
}

// A create that is taken back revokes what it granted, though it was reserved, and nobody who was
// there.
func TestUndo(t *testing.T) {
	t.Parallel()
	s := start(t, mock.Switches{})
	s.grant(t, maintainers().Grant(bob))
	c := s.client(t, "admin")
	set := maintainers(alice, bob, stranger)
	out, err := c.Apply(t.Context(), Change{Wanted: set, Prior: set.Empty()})
	if err == nil || len(out.Granted) != 1 || len(out.Unknown) != 0 {
		t.Fatalf("%+v, %v", out, err)
	}
	undo := maintainers(alice)
	if out, err = c.Apply(t.Context(), Change{Wanted: undo.Empty(), Prior: undo, Undo: true}); err != nil || len(out.Now.Grantees) != 0 {
		t.Errorf("%+v, %v", out, err)
	}
	s.holds(t, aliceOnA, false)
	s.holds(t, maintainers().Grant(bob), true)
}

// An attempt that was never answered counts, whatever its repetition is answered: the service acts
// on it later.
func TestLateEffects(t *testing.T) {
	t.Parallel()
	for _, last := range []wire.FaultKind{wire.Throttle, wire.Unavailable, mock.FaultInsufficientRight, mock.FaultInsufficientScope, mock.FaultHTML401} {
		t.Run(string(last), func(t *testing.T) {
			t.Parallel()
			s := start(t, mock.Switches{})
			s.faults.Add(wire.Fault{Operation: mock.GrantRole, Kind: wire.LateReset, Times: 1, EffectDelay: time.Hour})
			s.faults.Add(wire.Fault{Operation: mock.GrantRole, Kind: last})
			set := Of(aliceOnA)
			out, err := s.client(t, "admin").Apply(t.Context(), Change{Wanted: set, Prior: set.Empty()})
			if _, unknown := errors.AsType[*UnknownOutcomeError](err); !unknown || len(out.Unknown) != 1 || len(out.Now.Grantees) != 1 {
				t.Fatalf("%+v, %v", out, err)
			}
			s.faults.Clear()
			// A refresh that comes too early goes on assuming it, and a destroy revokes it when it
			// is there.
			next := s.client(t, "admin")
			out.Now.Unsettled[venafi.CanonicalGrantee(alice)] = time.Now().Add(time.Hour)
			now, err := next.Read(t.Context(), out.Now, false)
			if err != nil || len(now.Grantees) != 1 || len(now.Unsettled) != 1 {
				t.Fatalf("%+v, %v", now, err)
			}
			s.faults.Settle()
			s.holds(t, aliceOnA, true)
			if _, err := s.client(t, "admin").Apply(t.Context(), Change{Wanted: now.Empty(), Prior: now}); err != nil {
				t.Error(err)
			}
			s.holds(t, aliceOnA, false)
		})
	}
}

// An attempt that was never answered may grant once more what its repetition has granted: a create
// that fails is not undone then.
func TestLateEffectOfAGrantThatCameAbout(t *testing.T) {
	t.Parallel()
	s := start(t, mock.Switches{})
	s.faults.Add(wire.Fault{Operation: mock.GrantRole, Kind: wire.LateReset, Times: 1, EffectDelay: time.Hour})
	set := maintainers(alice)
	out, err := s.client(t, "admin").Apply(t.Context(), Change{Wanted: set, Prior: set.Empty()})
	if err != nil || len(out.Granted) != 1 || len(out.Unknown) != 1 || len(out.Now.Grantees) != 1 {
		t.Errorf("%+v, %v", out, err)
	}
}

// What is assumed ends: when a listing shows it, and when the time is over.
func TestUnsettledEnds(t *testing.T) {
	t.Parallel()
	s := start(t, mock.Switches{})
	set := Of(aliceOnA)
	set.assume(venafi.CanonicalGrantee(alice), time.Now().Add(-time.Second))
	if now, err := s.client(t, "admin").Read(t.Context(), set, false); err != nil || len(now.Grantees)+len(now.Unsettled) != 0 {
		t.Errorf("%+v, %v", now, err)
	}
	s.grant(t, aliceOnA)
	set.assume(venafi.CanonicalGrantee(alice), time.Now().Add(time.Hour))
	if now, err := s.client(t, "admin").Read(t.Context(), set, false); err != nil || len(now.Grantees) != 1 || len(now.Unsettled) != 0 {
		t.Errorf("%+v, %v", now, err)
	}
}

// A service that ignores letter case lists another ID than was granted. It is ours where our grant
// made it appear, and only there.
func TestAliases(t *testing.T) {
	t.Parallel()
	const jim, folded = "LDAP+unix:uid=Jim", "ldap+unix:uid=jim"
	role := func(grantee string) venafi.Grant { return maintainers().Grant(grantee) }
	for _, size := range []int{1, 3} {
		s := start(t, mock.Switches{GranteeMatching: mock.MatchFolded, UnknownGrantee: mock.GranteeAccepted})
		set := maintainers([]string{jim, alice, bob}[:size]...)
		out, err := s.client(t, "admin").Apply(t.Context(), Change{Wanted: set, Prior: set.Empty()})
		if err != nil || len(out.Unlisted) != 0 || out.Now.Aliases[venafi.CanonicalGrantee(jim)] != folded {
			t.Fatalf("%+v, %v", out, err)
		}
		now, err := s.client(t, "admin").Read(t.Context(), out.Now, true)
		if want := size + 1; err != nil || len(now.Grantees) != want || now.Grantees[jim] != jim {
			t.Errorf("%+v, %v", now, err)
		}
		set.Aliases = now.Aliases // as the private state remembers them
		if delta := Diff(set, now, []venafi.Grant{role(folded)}); len(delta.Revoke) != 0 {
			t.Errorf("%+v", delta)
		}
		end, err := s.client(t, "admin").Apply(t.Context(), Change{Wanted: set.Empty(), Prior: out.Now})
		if err != nil || len(end.Now.Grantees) != 0 {
			t.Errorf("%+v, %v", end, err)
		}
		s.holds(t, role(folded), false)
	}

	// Whoever was there before is somebody else.
	s := start(t, mock.Switches{UnknownGrantee: mock.GranteeAccepted})
	s.grant(t, role(folded))
	s.faults.Add(wire.Fault{Operation: mock.GrantRole, Kind: mock.FaultIgnoredWrite})
	set := Of(role(jim))
	out, err := s.client(t, "admin").Apply(t.Context(), Change{Wanted: set, Prior: set.Empty()})
	if err != nil || len(out.Now.Aliases) != 0 || len(out.Unlisted) != 1 {
		t.Errorf("%+v, %v", out, err)
	}
}

// A create adopts only what a listing from after its start shows: somebody may have revoked it
// since an older one.
func TestAdoptionLooksAgain(t *testing.T) {
	t.Parallel()
	s := start(t, mock.Switches{})
	s.grant(t, aliceOnA, maintainers().Grant(bob))
	c := s.client(t, "admin")
	if _, err := c.Grants(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.Revoke(mock.Role{Role: mock.Maintainer, Grantee: alice, ApplicationID: "app-a"})
	if got := c.create(t.Context(), aliceOnA); got.Err != nil || got.Adopted {
		t.Errorf("%+v", got)
	}
	s.holds(t, aliceOnA, true)
	// Those of one moment share it.
	s.recorder.Reset()
	s.faults.Add(wire.Fault{Operation: mock.ListRoles, Kind: wire.Slow, Delay: 50 * time.Millisecond})
	for _, got := range parallel(make([]venafi.Grant, 10), func(venafi.Grant) outcome { return c.create(t.Context(), maintainers().Grant(bob)) }) {
		if got.Err != nil || !got.Adopted {
			t.Errorf("%+v", got)
		}
	}
	if n := s.recorder.Count(mock.ListRoles); n > 2 {
		t.Errorf("%d listings for ten creates", n)
	}
}

// A row that can't be read is an error where something is missed or everybody counts; never "gone".
func TestUnreadRows(t *testing.T) {
	t.Parallel()
	for _, position := range []string{mock.RowsRoleName, mock.RowsGranteeWriteName, mock.RowsGranteeObject, mock.RowsMissing, mock.RowsNull} {
		s := start(t, mock.Switches{RoleRows: position})
		s.grant(t, aliceOnA)
		for what, err := range map[string]error{
			"read":      func() error { _, err := s.client(t, "admin").Read(t.Context(), Of(aliceOnA), false); return err }(),
			"exclusive": func() error { _, err := s.client(t, "admin").Read(t.Context(), maintainers(), true); return err }(),
			"destroy":   s.client(t, "admin").destroy(t.Context(), aliceOnA),
			"list":      func() error { _, err := s.client(t, "admin").Grants(t.Context()); return err }(),
		} {
			if err == nil || !strings.Contains(err.Error(), "ListRoles") {
				t.Errorf("%s, %s: %v", position, what, err)
			}
		}
		s.holds(t, aliceOnA, true)
	}
	for _, position := range []string{mock.RowsRoleText, mock.RowsRoleDecimal} {
		s := start(t, mock.Switches{RoleRows: position})
		s.grant(t, aliceOnA)
		if ok, err := s.client(t, "admin").find(t.Context(), aliceOnA); !ok || err != nil {
			t.Errorf("%s: %t, %v", position, ok, err)
		}
	}
}

// The own role may come from a group. Its last grant is not revoked, and where the server doesn't
// tell which group it is, those that may be are revoked last.
func TestOwnRoleThroughGroups(t *testing.T) {
	t.Parallel()
	admins := func(grantees ...string) Set {
		set := Set{Role: venafi.Admin, Grantees: map[string]string{}}
		for _, grantee := range grantees {
			set.Grantees[grantee] = grantee
		}
		return set
	}
	apply := func(ctx context.Context, c run, wanted, prior Set) (Outcome, error) {
		return c.Apply(ctx, Change{Wanted: wanted, Prior: prior, Exclusive: true})
	}
	for _, groups := range []string{mock.GroupsShown, mock.GroupsHidden} {
		s := start(t, mock.Switches{SelfGroups: groups})
		s.Revoke(mock.Role{Role: mock.Admin, Grantee: adminID})
		s.grant(t, admins().Grant(team)) // of which nobody is a member
		out, err := apply(t.Context(), s.client(t, "nobody"), admins(), admins(team))
		own, ok := errors.AsType[*OwnGrantError](err)
		if !ok || !own.Group || out.Touched {
			t.Errorf("%s: %+v, %v", groups, out, err)
		}
		s.counts(t, map[string]int{mock.RevokeRole: 0})

		// Others who hold it are revoked, and the group keeps it.
		s.grant(t, admins().Grant(bob))
		s.recorder.Reset()
		out, err = apply(t.Context(), s.client(t, "nobody"), admins(team), admins(team, bob))
		if err != nil || len(out.Now.Grantees) != 1 {
			t.Errorf("%s: %+v, %v", groups, out, err)
		}
		requests := s.recorder.All()
		if last := requests[len(requests)-1].Operation; groups == mock.GroupsHidden && last != mock.RevokeRole {
			t.Errorf("the last request is %s", last)
		}

		// All of them at once: one stays, and whoever that is, the provider can go on.
		s.grant(t, admins().Grant(bob))
		if _, err = apply(t.Context(), s.client(t, "nobody"), admins(), admins(team, bob)); err == nil {
			t.Errorf("%s: no error", groups)
		}
		s.holds(t, admins().Grant(team), true)
	}
}
