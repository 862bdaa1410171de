// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud

import (
	"context"
	"errors"
	"slices"
	"testing"
)

// hurriedOffice is an office in which somebody claims something just before the first request.
type hurriedOffice struct {
	*office
	claim func()
}

func (o *hurriedOffice) AssignAuthorizations(ctx context.Context, a Assignment) error {
	if o.claim != nil {
		o.claim()
		o.claim = nil
	}
	if err := a.Claim.allow(a); err != nil {
		return unsentError(opBatchUpdate, err)
	}
	a.Claim = nil
	return o.office.AssignAuthorizations(ctx, a)
}

// What somebody claims after it was seen, and before it is revoked, is not revoked; the rest is.
func TestReconcileYieldsToClaims(t *testing.T) {
	t.Parallel()
	claimed := func(mode AuthorizationType, names ...string) Set {
		return Set{AppIDs: []string{"a"}, Mode: mode, Accounts: accountsOf(names...)}
	}
	for name, test := range map[string]struct {
		mode      AuthorizationType // of the application
		wanted    Set
		exclusive bool
		other     Set
		left      []string
		leftMode  AuthorizationType
		leftOpen  bool
	}{
		"an account":                      {AssignUser, claimed(AssignUser, "y"), false, claimed(AssignUser, "x"), []string{"x", "y"}, AssignUser, false},
		"an account of an owner":          {AssignUser, claimed(AssignUser, "y"), true, claimed(AssignUser, "x"), []string{"x", "y"}, AssignUser, false},
		"one of those that are destroyed": {AssignUser, Set{}, false, claimed(AssignUser, "x"), []string{"x"}, AssignUser, false},
		"an account that both want":       {AssignUser, claimed(AssignUser, "x"), false, claimed(AssignUser, "x"), []string{"x"}, AssignUser, false},
		"another account":                 {AssignUser, claimed(AssignUser, "y"), false, claimed(AssignUser, "z"), []string{"y"}, AssignUser, false},
		"another spelling":                {AssignUser, Set{}, false, claimed(AssignUser, "z", "x"), []string{"x"}, AssignUser, false},
		"an open application":             {AllUser, Set{}, false, claimed(AllUser), []string{"x", "y"}, AllUser, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := &hurriedOffice{office: newOffice(Actual{"a": {App: App{ID: "a", AuthorizationType: test.mode}, Accounts: accountsOf("x", "y")}})}
			claims := &Claims{settled: func(context.Context, []string) error { return nil }}
			o.claim = func() {
				if _, err := claims.make(t.Context(), test.other); err != nil {
					t.Error(err)
				}
			}
			prior := claimed(test.mode, "x", "y")
			out, err := Reconcile(t.Context(), o, Reconciliation{Wanted: test.wanted, Prior: prior, Exclusive: test.exclusive, Claims: claims})
			if err != nil {
				t.Error(err)
			}
			if got := o.apps["a"]; !slices.Equal(sortedHandles(got.accounts), sortedHandles(accountsOf(test.left...))) || got.mode != test.leftMode {
				t.Errorf("%s, granted to %v", got.mode, sortedHandles(got.accounts))
			}
			if (len(out.LeftOpen) > 0) != test.leftOpen {
				t.Errorf("left open: %v", out.LeftOpen)
			}
		})
	}
}

// A state after a failure does not hold what has passed to others: the next run would revoke it.
func TestOutcomeStateLacksWhatOthersClaimed(t *testing.T) {
	t.Parallel()
	o := newOffice(Actual{"a": {App: App{ID: "a", AuthorizationType: AssignUser}, Accounts: accountsOf("x", "y", "z")}})
	o.fault = func(int, Assignment) (before, after error) { return answer(403), nil }
	claims := &Claims{settled: func(context.Context, []string) error { return nil }}
	if _, err := claims.make(t.Context(), Set{AppIDs: []string{"a"}, Mode: AssignUser, Accounts: accountsOf("x")}); err != nil {
		t.Fatal(err)
	}
	prior := Set{AppIDs: []string{"a"}, Mode: AssignUser, Accounts: accountsOf("x", "y", "z")}
	wanted := Set{AppIDs: []string{"a"}, Mode: AssignUser, Accounts: accountsOf("z")}
	out, err := Reconcile(t.Context(), &hurriedOffice{office: o}, Reconciliation{Wanted: wanted, Prior: prior, Claims: claims})
	if err == nil || errors.Is(err, ErrClaimed) {
		t.Fatal(err)
	}
	state := out.State(wanted, prior, false)
	if got := sortedHandles(state.Accounts); !slices.Equal(got, sortedHandles(accountsOf("y", "z"))) {
		t.Errorf("the state holds %v", got)
	}
}
