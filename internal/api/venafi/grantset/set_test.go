// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package grantset

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/venafi"
	mock "github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/venafi"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

// spellings of a few identities: GUIDs in every form, and IDs whose case counts.
func drawGrantee(t *rapid.T) string {
	n := rapid.IntRange(0, 7).Draw(t, "identity")
	digits := fmt.Sprintf("abcdef%026d", n)
	switch rapid.IntRange(0, 3).Draw(t, "spelling") {
	case 0:
		return "local:{" + digits + "}"
	case 1:
		return "LOCAL:" + strings.ToUpper(digits)
	case 2:
		return "local:" + digits
	default:
		return fmt.Sprintf("LDAP+x:uid%d", n)
	}
}

// drawSet draws a set in which nobody stands twice, as the validators see to.
func drawSet(t *rapid.T, name string) Set {
	set := Set{Role: venafi.ApplicationOwner, ApplicationID: "app-a", Grantees: map[string]string{}}
	seen := map[string]bool{}
	for range rapid.IntRange(0, 8).Draw(t, name) {
		if id := drawGrantee(t); !seen[venafi.CanonicalGrantee(id)] {
			seen[venafi.CanonicalGrantee(id)] = true
			label := rapid.SampledFrom([]string{"a", "b", "c", "LDAP+x:uid1", "LDAP+x:uid1 (2)", id}).Draw(t, "label")
			set.Grantees[label] = id
		}
	}
	return set
}

func drawHeld(t *rapid.T, set Set) []venafi.Grant {
	var held []venafi.Grant
	seen := map[venafi.Key]bool{}
	for range rapid.IntRange(0, 10).Draw(t, "held") {
		if g := set.Grant(drawGrantee(t)); !seen[g.Key()] {
			seen[g.Key()] = true
			held = append(held, g)
		}
	}
	return held
}

func TestDiffProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		wanted, prior := drawSet(t, "wanted"), drawSet(t, "prior")
		held := drawHeld(t, wanted)
		delta := Diff(wanted, prior, held)
		all := slices.Concat(delta.Grant, delta.Adopt, delta.Revoke, delta.Foreign)
		if len(keySet(all)) != len(all) {
			t.Fatalf("a grant stands twice: %v", delta)
		}
		// Done, the role is held by whom the set wants and by those who are not its business.
		after := keySet(held)
		for _, g := range delta.Revoke {
			if !slices.Contains(held, g) {
				t.Fatalf("%s is revoked under a spelling that the service doesn't list", g)
			}
			delete(after, g.Key())
		}
		for _, g := range delta.Grant {
			if after[g.Key()] {
				t.Fatalf("%s is held already", g)
			}
			after[g.Key()] = true
		}
		want := map[venafi.Key]bool{}
		for key := range wanted.keys() {
			want[key] = true
		}
		for _, g := range held {
			if _, had := prior.keys()[g.Key()]; !had {
				want[g.Key()] = true
			}
		}
		if !maps.Equal(after, want) {
			t.Fatalf("afterwards it is held by %v, want %v", after, want)
		}
		var now []venafi.Grant
		for _, grantee := range wanted.Grantees {
			now = append(now, wanted.Grant(grantee))
		}
		if again := Diff(wanted, wanted, now); !again.Empty() || len(again.Adopt) > 0 {
			t.Fatalf("doing it leaves something to do: %v", again)
		}
	})
}

func TestTrackProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		wanted, prior := drawSet(t, "wanted"), drawSet(t, "prior")
		held, exclusive := drawHeld(t, wanted), rapid.Bool().Draw(t, "exclusive")
		tracked := Track(held, exclusive, wanted, prior).Grantees
		want := map[venafi.Key]bool{}
		for _, g := range held {
			_, wants := wanted.keys()[g.Key()]
			_, had := prior.keys()[g.Key()]
			if wants || had || exclusive {
				want[g.Key()] = true
			}
		}
		got := map[venafi.Key]bool{}
		for label, grantee := range tracked {
			key := wanted.Grant(grantee).Key()
			if got[key] {
				t.Fatalf("%s stands twice", grantee)
			}
			got[key] = true
			if own, ok := wanted.keys()[key]; ok && (label != own || grantee != wanted.Grantees[own]) {
				t.Fatalf("%q = %q has lost the user's label or spelling, %q = %q", label, grantee, own, wanted.Grantees[own])
			}
		}
		if !maps.Equal(got, want) {
			t.Fatalf("tracked %v, want %v", got, want)
		}
	})
}

func TestTrackLabels(t *testing.T) {
	t.Parallel()
	set := Set{Role: venafi.Auditor, Grantees: map[string]string{"ops": bob, alice: nobodyID}}
	held := []venafi.Grant{set.Grant(strings.ToUpper(bob)), set.Grant(nobodyID), set.Grant(alice), set.Grant(adminID)}
	want := map[string]string{"ops": bob, alice: nobodyID, alice + " (2)": alice, adminID: adminID}
	if diff := cmp.Diff(want, Track(held, true, set).Grantees); diff != "" {
		t.Error(diff)
	}
	delete(want, alice+" (2)")
	delete(want, adminID)
	if diff := cmp.Diff(want, Track(held, false, set).Grantees); diff != "" {
		t.Error(diff)
	}
}

func maintainers(grantees ...string) Set {
	set := Set{Role: venafi.ApplicationMaintainer, ApplicationID: "app-a", Grantees: map[string]string{}}
	for _, grantee := range grantees {
		set.Grantees[grantee] = grantee
	}
	return set
}

// A change makes a request for each difference, and a listing before and after them, under every
// position of the switches.
func TestApply(t *testing.T) {
	t.Parallel()
	for name, switches := range map[string]mock.Switches{
		"plain":     {},
		"result 16": {DuplicateGrant: mock.ResultRights, AbsentRevoke: mock.ResultRights},
		"lag":       {StaleList: mock.StaleOnce},
		"long lag":  {StaleList: mock.StaleThreeTimes},
		"upper":     {GranteeSpelling: mock.SpellingUpper},
		"unbraced":  {GranteeSpelling: mock.SpellingUnbraced},
		"exact":     {GranteeMatching: mock.MatchExact},
		"misspelt":  {GranteeMatching: mock.MatchExact, GranteeSpelling: mock.SpellingUpper},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, switches)
			var progress Progress
			out, err := s.client(t, "admin").Apply(t.Context(), Change{Wanted: maintainers(alice, bob), Prior: maintainers(), Progress: &progress})
			if err != nil || !out.Touched || len(out.Now.Grantees) != 2 || len(out.Unlisted) != 0 {
				t.Fatalf("%+v, %v", out, err)
			}
			if progress.Done.Load() != 2 || progress.Due.Load() != 2 {
				t.Errorf("%d of %d", progress.Done.Load(), progress.Due.Load())
			}
			s.holds(t, maintainers().Grant(alice), true)
			s.holds(t, maintainers().Grant(bob), true)
			s.counts(t, map[string]int{"GrantRole": 2, "RevokeRole": 0})

			// maintainer was there before, and is not of this set
			out, err = s.client(t, "admin").Apply(t.Context(), Change{Wanted: maintainers(bob), Prior: maintainers(alice, bob)})
			if err != nil || len(out.Now.Grantees) != 1 {
				t.Fatalf("%+v, %v", out, err)
			}
			s.holds(t, maintainers().Grant(alice), false)
			s.holds(t, maintainers().Grant(maintainer), true)

			if err := s.Grant(mock.Role{Role: mock.Maintainer, Grantee: alice, ApplicationID: "app-a"}); err != nil {
				t.Fatal(err)
			}
			prior, err := s.client(t, "admin").Read(t.Context(), maintainers(bob), true)
			if err != nil || len(prior.Grantees) != 3 {
				t.Fatalf("%+v, %v", prior, err)
			}
			out, err = s.client(t, "admin").Apply(t.Context(), Change{Wanted: maintainers(bob), Prior: prior, Exclusive: true})
			if name == "misspelt" { // nobody knows the spelling of a stranger
				wantError(t, err, "goes on listing it")
				if len(out.Now.Grantees) != 2 {
					t.Errorf("held by %v", out.Now)
				}
				return
			}
			if err != nil || len(out.Now.Grantees) != 1 {
				t.Fatalf("%+v, %v", out, err)
			}
			s.holds(t, maintainers().Grant(maintainer), false)
		})
	}
}

func TestApplyGrantsCalls(t *testing.T) {
	t.Parallel()
	s := start(t, mock.Switches{UnknownGrantee: mock.GranteeAccepted})
	var many, others []string
	for i := range 1000 {
		many = append(many, fmt.Sprintf("AD+corp:%032d", i))
		others = append(others, fmt.Sprintf("AD+corp:%032d", i+500))
	}
	for _, grantee := range many {
		if err := s.Grant(mock.Role{Role: mock.Maintainer, Grantee: grantee, ApplicationID: "app-b"}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.client(t, "admin").Apply(t.Context(), Change{Wanted: maintainers(many...), Prior: maintainers()}); err != nil {
		t.Fatal(err)
	}
	s.counts(t, map[string]int{"GrantRole": 1000, "ListRoles": 2})
	s.recorder.Reset()
	// Whom a revoke may cost another application: one look after the first, one at the end.
	if _, err := s.client(t, "admin").Apply(t.Context(), Change{Wanted: maintainers(others...), Prior: maintainers(many...)}); err != nil {
		t.Fatal(err)
	}
	s.counts(t, map[string]int{"GrantRole": 500, "RevokeRole": 500, "ListRoles": 3})
}

// A service that takes the role on other applications along does so once.
func TestApplyGrantsCollateral(t *testing.T) {
	t.Parallel()
	s := start(t, mock.Switches{RevokeApplicationID: mock.RevokeIgnores})
	for _, g := range []venafi.Grant{aliceOnA, aliceOnB, maintainers().Grant(bob), {Grantee: bob, Role: venafi.ApplicationMaintainer, ApplicationID: "app-b"}} {
		if err := s.Grant(mock.Role{Role: mock.RoleID(g.Role), Grantee: g.Grantee, ApplicationID: g.ApplicationID}); err != nil {
			t.Fatal(err)
		}
	}
	out, err := s.client(t, "admin").Apply(t.Context(), Change{Wanted: maintainers(), Prior: maintainers(alice, bob)})
	if _, ok := errors.AsType[*CollateralError](err); !ok {
		t.Fatalf("%+v, %v", out, err)
	}
	s.counts(t, map[string]int{"RevokeRole": 1})
	if len(out.Now.Grantees) != 1 {
		t.Errorf("held by %v", out.Now)
	}
}

// Nothing is sent when the own grant would be revoked, or the delta is not approved of.
func TestApplyGrantsRefused(t *testing.T) {
	t.Parallel()
	s := start(t, mock.Switches{})
	c := s.client(t, "admin")
	admins := Set{Role: venafi.Admin, Grantees: map[string]string{"bob": bob}}
	before := Set{Role: venafi.Admin, Grantees: map[string]string{"admin": adminID}}
	out, err := c.Apply(t.Context(), Change{Wanted: admins, Prior: before, Exclusive: true})
	if own, ok := errors.AsType[*OwnGrantError](err); !ok || !venafi.SameGrantee(own.Grant.Grantee, adminID) || out.Touched {
		t.Errorf("%+v, %v", out, err)
	}
	refusal := errors.New("no")
	_, err = c.Apply(t.Context(), Change{
		Wanted: maintainers(alice), Prior: maintainers(maintainer), Exclusive: true,
		Approve: func(d Delta) error {
			if len(d.Grant) != 1 || len(d.Revoke) != 1 {
				t.Errorf("delta %v", d)
			}
			return refusal
		},
	})
	if !errors.Is(err, refusal) {
		t.Error(err)
	}
	s.counts(t, map[string]int{"GrantRole": 0, "RevokeRole": 0})
}

// A failed grant keeps the revocations back; a grantee that is refused doesn't keep the other
// grants back.
func TestApplyGrantsFailures(t *testing.T) {
	t.Parallel()
	s := start(t, mock.Switches{})
	const nobody = "local:{99999999-0000-4000-8000-000000000001}"
	out, err := s.client(t, "admin").Apply(t.Context(), Change{Wanted: maintainers(alice, bob, nobody), Prior: maintainers(maintainer)})
	wantError(t, err, "Done: 2 of 3 grants and 0 of 1 revocation.", nobody, "no identity that it knows")
	if len(out.Granted) != 2 || len(out.Now.Grantees) != 3 || !out.Touched {
		t.Errorf("%+v", out)
	}
	s.counts(t, map[string]int{"RevokeRole": 0})

	s = start(t, mock.Switches{})
	s.faults.Add(wire.Fault{Operation: "GrantRole", Kind: mock.FaultInsufficientRight})
	out, err = s.client(t, "admin").Apply(t.Context(), Change{Wanted: maintainers(alice), Prior: maintainers(maintainer)})
	wantError(t, err, "insufficient_rights")
	if out.Touched {
		t.Errorf("%+v", out)
	}
}

// What is not visible is not gone.
func TestHoldersVisibility(t *testing.T) {
	t.Parallel()
	s := start(t, mock.Switches{})
	c := s.client(t, "owner")
	onB := Set{Role: venafi.ApplicationMaintainer, ApplicationID: "app-b", Grantees: map[string]string{"alice": alice}}
	if _, err := c.Holders(t.Context(), onB, Set{}, false); !errors.Is(err, ErrNotVisible) {
		t.Error(err)
	}
	if _, err := c.Holders(t.Context(), onB.Empty(), Set{}, true); !errors.Is(err, ErrNotVisible) {
		t.Error(err)
	}
	if held, err := c.Holders(t.Context(), maintainers(alice), Set{}, true); err != nil || len(held) != 1 {
		t.Errorf("%v, %v", held, err)
	}
}
