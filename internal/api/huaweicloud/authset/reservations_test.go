// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package authset

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/rest"
)

// hurriedOffice is an office in which somebody reserves something just before the first request.
type hurriedOffice struct {
	*office
	reserve func()
}

func (o *hurriedOffice) AssignAuthorizations(ctx context.Context, a api.Assignment) error {
	if o.reserve != nil {
		o.reserve()
		o.reserve = nil
	}
	if err := a.Allow(); err != nil {
		return &rest.Error{Unsent: true, Err: err}
	}
	a.Allow = nil
	return o.office.AssignAuthorizations(ctx, a)
}

// What another resource reserves after it was seen, and before it is revoked, is not revoked; the
// rest is.
func TestReconcileYieldsToReservations(t *testing.T) {
	t.Parallel()
	reserved := func(mode api.AuthorizationType, names ...string) Set {
		return Set{AppIDs: []string{"a"}, Mode: mode, Accounts: accountsOf(names...)}
	}
	xy := []string{"x", "y"}
	for name, test := range map[string]struct {
		mode          api.AuthorizationType // of the application; "" is ASSIGN_USER
		listed, prior []string
		wanted        Set
		exclusive     bool
		other         Set

		left     []string // who is granted in the end
		passed   []string
		leftOpen bool
	}{
		"an account":                      {listed: xy, prior: xy, wanted: reserved(api.AssignUser, "y"), other: reserved(api.AssignUser, "x"), left: xy, passed: []string{"x"}},
		"a stranger of a set":             {listed: xy, prior: []string{"y"}, wanted: reserved(api.AssignUser), other: reserved(api.AssignUser, "x"), left: []string{"x"}},
		"a stranger of an owner":          {listed: xy, prior: []string{"y"}, wanted: reserved(api.AssignUser, "y"), exclusive: true, other: reserved(api.AssignUser, "x"), left: xy},
		"one of those that are destroyed": {listed: xy, prior: xy, other: reserved(api.AssignUser, "x", "z"), left: []string{"x"}, passed: []string{"x"}},
		"an account that both want":       {listed: xy, prior: xy, wanted: reserved(api.AssignUser, "x"), other: reserved(api.AssignUser, "x"), left: []string{"x"}},
		"another account":                 {listed: xy, prior: xy, wanted: reserved(api.AssignUser, "y"), other: reserved(api.AssignUser, "z"), left: []string{"y"}},
		"a decorated account": {
			listed: []string{"x(sales)", "y"}, prior: []string{"x(sales)", "y"},
			other: Set{AppIDs: []string{"a"}, Mode: api.AssignUser, Accounts: accountsOf("x"), Spelled: Spellings{account("x"): account("x(sales)")}}, left: []string{"x(sales)"}, passed: []string{"x(sales)"},
		},
		"a decorated account beside the plain one": {
			listed: []string{"x", "x(sales)"}, prior: []string{"x(sales)"}, other: reserved(api.AssignUser, "x"), left: []string{"x"},
		},
		"an open application": {mode: api.AllUser, listed: xy, prior: xy, other: reserved(api.AllUser), left: xy, leftOpen: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mode := cmp.Or(test.mode, api.AssignUser)
			o := &hurriedOffice{office: newOffice(Actual{"a": {App: api.App{ID: "a", AuthorizationType: mode}, Accounts: accountsOf(test.listed...)}})}
			reservations := &Reservations{}
			o.reserve = func() {
				other, err := reservations.reserve(t.Context(), o, test.other, Set{})
				if err != nil {
					t.Error(err)
				}
				other.decide(test.other)
			}
			out, err := Reconcile(t.Context(), o, Reconciliation{
				Wanted: test.wanted, Prior: reserved(mode, test.prior...), Exclusive: test.exclusive, Reservations: reservations,
			})
			if err != nil {
				t.Error(err)
			}
			if got := o.apps["a"]; !slices.Equal(sortedHandles(got.accounts), sortedHandles(accountsOf(test.left...))) || got.mode != mode {
				t.Errorf("%s, granted to %v", got.mode, sortedHandles(got.accounts))
			}
			var passed []api.Handle
			leftOpen := false
			for _, delta := range out.Left.Apps {
				passed, leftOpen = append(passed, delta.Revoke...), leftOpen || delta.LeftOpen
			}
			if !test.leftOpen && !slices.Equal(passed, sortedHandles(accountsOf(test.passed...))) {
				t.Errorf("passed: %v", passed)
			}
			if leftOpen != test.leftOpen {
				t.Errorf("left open: %v", out.Left)
			}
		})
	}
}

// A state after a failure does not hold what has passed to others: the next run would revoke it.
func TestOutcomeStateLacksWhatOthersReserved(t *testing.T) {
	t.Parallel()
	o := newOffice(Actual{"a": {App: api.App{ID: "a", AuthorizationType: api.AssignUser}, Accounts: accountsOf("x", "y", "z")}})
	o.fault = func(int, api.Assignment) (before, after error) { return answer(403), nil }
	reservations := &Reservations{}
	kept := Set{AppIDs: []string{"a"}, Mode: api.AssignUser, Accounts: accountsOf("x")}
	other, err := reservations.reserve(t.Context(), o, kept, Set{})
	if err != nil {
		t.Fatal(err)
	}
	other.decide(kept)
	prior := Set{AppIDs: []string{"a"}, Mode: api.AssignUser, Accounts: accountsOf("x", "y", "z")}
	wanted := Set{AppIDs: []string{"a"}, Mode: api.AssignUser, Accounts: accountsOf("z")}
	out, err := Reconcile(t.Context(), &hurriedOffice{office: o}, Reconciliation{Wanted: wanted, Prior: prior, Reservations: reservations})
	if err == nil || errors.Is(err, ErrReserved) {
		t.Fatal(err)
	}
	state := out.State(wanted, prior, false)
	if got := sortedHandles(state.Accounts); !slices.Equal(got, sortedHandles(accountsOf("y", "z"))) {
		t.Errorf("the state holds %v", got)
	}
}

// Two sets of one apply: one lets go of what the other wants, and the other fails before it sends
// anything. Nobody is left with access that no state holds, whichever comes first.
func TestReservationsAreGivenBack(t *testing.T) {
	t.Parallel()
	closed := func(apps []string, names ...string) Set {
		return Set{AppIDs: apps, Mode: api.AssignUser, Accounts: accountsOf(names...)}
	}
	for name, test := range map[string]struct {
		mode          api.AuthorizationType
		wanted, prior Set // of the one that lets go
		other         Set // of the one that fails
		left          []string
	}{
		"an account":          {mode: api.AssignUser, wanted: closed([]string{"a"}, "y"), prior: closed([]string{"a"}, "x", "y"), other: closed([]string{"a", "gone"}, "x"), left: []string{"y"}},
		"a destroy":           {mode: api.AssignUser, prior: closed([]string{"a"}, "x", "y"), other: closed([]string{"a", "gone"}, "x")},
		"an open application": {mode: api.AllUser, prior: Set{AppIDs: []string{"a"}, Mode: api.AllUser}, other: Set{AppIDs: []string{"a", "gone"}, Mode: api.AllUser}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(Actual{"a": {App: api.App{ID: "a", AuthorizationType: test.mode}, Accounts: accountsOf("x", "y")}})
			if test.mode == api.AllUser {
				o.apps["a"].accounts = api.Accounts{}
			}
			reservations := &Reservations{}
			other, err := reservations.reserve(t.Context(), o, test.other, Set{})
			if err != nil {
				t.Fatal(err)
			}
			done := make(chan error, 1)
			go func() {
				_, err := Reconcile(t.Context(), o, Reconciliation{Wanted: test.wanted, Prior: test.prior, Reservations: reservations})
				done <- err
			}()
			time.Sleep(20 * time.Millisecond) // it has seen that somebody else wants it
			other.decide(Set{})
			if err := <-done; err != nil {
				t.Fatal(err)
			}
			if got := o.granted("a"); !slices.Equal(got, test.left) || o.apps["a"].mode != api.AssignUser {
				t.Errorf("%s, granted to %q", o.apps["a"].mode, got)
			}
		})
	}
}

// Who is interrupted while another resource may still give an account back keeps it in its state.
func TestInterruptedWhileOthersDecide(t *testing.T) {
	t.Parallel()
	o := newOffice(Actual{"a": {App: api.App{ID: "a", AuthorizationType: api.AssignUser}, Accounts: accountsOf("x", "y", "z")}})
	reservations := &Reservations{}
	if _, err := reservations.reserve(t.Context(), o, Set{AppIDs: []string{"a"}, Mode: api.AssignUser, Accounts: accountsOf("x")}, Set{}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	wanted := Set{AppIDs: []string{"a"}, Mode: api.AssignUser, Accounts: accountsOf("z")}
	prior := Set{AppIDs: []string{"a"}, Mode: api.AssignUser, Accounts: accountsOf("x", "y", "z")}
	out, err := Reconcile(ctx, o, Reconciliation{Wanted: wanted, Prior: prior, Reservations: reservations})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Fatal(err)
	}
	state := out.State(wanted, prior, false)
	if got := sortedHandles(state.Accounts); !slices.Equal(got, sortedHandles(accountsOf("x", "z"))) {
		t.Errorf("the state holds %v", got)
	}
}

// Of two applications that list the same accounts, only the one on which somebody is reserved says
// so.
func TestUnreservedIsOfOneApplication(t *testing.T) {
	t.Parallel()
	listed := accountsOf("x", "y")
	status := Status{App: api.App{AuthorizationType: api.AssignUser}, Accounts: listed}
	actual, ours := Actual{"a": status, "b": status}, Set{AppIDs: []string{"a", "b"}, Mode: api.AssignUser}
	reservations := &Reservations{}
	own, err := reservations.reserve(t.Context(), newOffice(nil), ours, ours)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := reservations.reserve(t.Context(), newOffice(nil), Set{AppIDs: []string{"a"}, Accounts: accountsOf("x")}, Set{}); err != nil {
		t.Fatal(err)
	}
	got := own.unreserved(Foreign(ours, ours, actual), actual)
	if !slices.Equal(got["a"], sortedHandles(accountsOf("y"))) || !slices.Equal(got["b"], sortedHandles(listed)) {
		t.Errorf("%v", got)
	}
}
