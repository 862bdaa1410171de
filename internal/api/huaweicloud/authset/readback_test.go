// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package authset

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud"
)

// What the service said yes to is waited for, and what it skipped is not waited for for ever. Of
// applications that share a request one is looked at until it changes.
func TestReadBackWaitsForLateLists(t *testing.T) {
	t.Parallel()
	apps := Actual{}
	for _, id := range []string{"a", "b", "c"} {
		apps[id] = Status{App: api.App{ID: id, AuthorizationType: api.AssignUser}, Accounts: accountsOf("y")}
	}
	ids := []string{"a", "b", "c"}
	closed := func(names ...string) Set {
		return Set{AppIDs: ids, Mode: api.AssignUser, Accounts: accountsOf(names...)}
	}
	for name, test := range map[string]struct {
		lag           time.Duration
		wanted, prior Set
		granted       []string // in the end
		fails         bool
		takes         time.Duration
		lists         int
	}{
		"at once":           {wanted: closed("x"), granted: []string{"x", "y"}, lists: 6},
		"a grant":           {lag: 3 * time.Second, wanted: closed("x"), granted: []string{"x", "y"}, takes: 3500 * time.Millisecond, lists: 3 + 3 + 3 + 3},
		"a revocation":      {lag: 3 * time.Second, wanted: closed(), prior: closed("y"), takes: 3500 * time.Millisecond, lists: 3 + 3 + 3 + 3},
		"an opening":        {lag: time.Second, wanted: Set{AppIDs: ids, Mode: api.AllUser}, granted: []string{"y"}, takes: 1500 * time.Millisecond, lists: 0},
		"somebody unknown":  {wanted: closed("x", "nobody"), granted: []string{"y"}, fails: true, takes: 7500 * time.Millisecond, lists: 3 + 3 + 4 + 3},
		"much too late":     {lag: time.Minute, wanted: closed("x"), granted: []string{"y"}, fails: true, takes: 7500 * time.Millisecond, lists: 3 + 3 + 4},
		"a failed one ends": {lag: 3 * time.Second, wanted: closed("x", "nobody"), granted: []string{"y"}, fails: true, takes: 11 * time.Second, lists: 25},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				o := newOffice(apps)
				o.lag, o.strangers = test.lag, map[string]bool{"nobody": true}
				begun := time.Now()
				out, err := Reconcile(t.Context(), o, Reconciliation{Wanted: test.wanted, Prior: test.prior, Lag: 10 * time.Second})
				if (err != nil) != test.fails {
					t.Fatal(err)
				}
				if out.Undo != nil && test.lag < time.Minute {
					if err := Undo(t.Context(), o, *out.Undo, nil, 10*time.Second); err != nil {
						t.Fatal(err)
					}
				}
				if got := time.Since(begun); got != test.takes {
					t.Errorf("it took %s", got)
				}
				if o.lists != test.lists {
					t.Errorf("%d lists of accounts", o.lists)
				}
				for _, id := range ids {
					if got := o.granted(id); !slices.Equal(got, test.granted) {
						t.Errorf("%s is granted to %q", id, got)
					}
				}
				time.Sleep(time.Hour)
			})
		})
	}
}
