// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package authset

import (
	"context"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/rest"
)

// A service may act on a request after it let the client wait in vain: what may be granted, or
// opened, yet is in the state.
func TestReconcileWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	late := &rest.Error{Service: "office", Message: "no answer in time"}
	for name, test := range map[string]struct {
		wanted Set
		fails  error
		state  Tracked
	}{
		"a grant": {
			wanted: Set{AppIDs: []string{"a"}, Mode: api.AssignUser, Accounts: accountsOf("x")}, fails: late,
			state: Tracked{
				Set: Set{
					AppIDs: []string{"a"}, Mode: api.AssignUser, Accounts: accountsOf("x"),
					Unlisted: Unlisted{Unsettled: []api.Account{account("x").Value()}, UnsettledOn: []string{"a"}, SeenOn: []string{"a"}},
				},
				Missing: map[string][]api.Handle{"a": sortedHandles(accountsOf("x"))},
			},
		},
		"a grant that was refused": {
			wanted: Set{AppIDs: []string{"a"}, Mode: api.AssignUser, Accounts: accountsOf("x")}, fails: answer(http.StatusForbidden),
			state: Tracked{Set: Set{AppIDs: []string{"a"}, Mode: api.AssignUser}, Missing: map[string][]api.Handle{}},
		},
		"an opening": {
			wanted: Set{AppIDs: []string{"a"}, Mode: api.AllUser}, fails: late,
			state: Tracked{Set: Set{AppIDs: []string{"a"}, Mode: api.AllUser, Unlisted: Unlisted{Opening: []string{"a"}}}, Missing: map[string][]api.Handle{}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(Actual{"a": {App: api.App{ID: "a", AuthorizationType: api.AssignUser}}})
			o.fault = func(int, api.Assignment) (before, after error) { return test.fails, nil }
			out, err := Reconcile(t.Context(), o, Reconciliation{Wanted: test.wanted})
			if err == nil {
				t.Fatal("no error")
			}
			if diff := cmp.Diff(test.state, out.State(test.wanted, Set{}, false), byHandle, ignoreOpen); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// An apply that is interrupted after it closed an application, and before it saw what that one hid,
// still answers for it.
func TestReconcileInterruptedAfterClosing(t *testing.T) {
	t.Parallel()
	prior := Set{AppIDs: []string{"a"}, Mode: api.AssignUser, Accounts: accountsOf("x"), Open: map[string]bool{"a": true}}
	for name, wanted := range map[string]Set{
		"destroyed": {},
		"emptied":   {AppIDs: []string{"a"}, Mode: api.AssignUser, Accounts: accountsOf()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(Actual{"a": {App: api.App{ID: "a", AuthorizationType: api.AllUser}, Accounts: accountsOf("x")}})
			ctx, cancel := context.WithCancel(t.Context())
			o.fault = func(int, api.Assignment) (before, after error) { cancel(); return nil, nil }
			out, err := Reconcile(ctx, o, Reconciliation{Wanted: wanted, Prior: prior})
			if err == nil || o.apps["a"].mode != api.AssignUser {
				t.Fatalf("%v, %s", err, o.apps["a"].mode)
			}
			if diff := cmp.Diff(prior, out.State(wanted, prior, false).Set, byHandle, ignoreOpen); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Where the service tells no modes, a flip that failed on some of the applications is due on all of
// them again.
func TestReconcileFlipThatFailsUnseen(t *testing.T) {
	t.Parallel()
	for name, failing := range map[string]int{"on all": 1, "on the last": 2} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(Actual{
				"a": {App: api.App{ID: "a", AuthorizationType: api.AssignUser}, Accounts: accountsOf("x")},
				"b": {App: api.App{ID: "b", AuthorizationType: api.AssignUser}},
			})
			o.modes = false
			o.fault = func(request int, _ api.Assignment) (before, after error) {
				if request >= failing {
					return answer(http.StatusForbidden), nil
				}
				return nil, nil
			}
			prior := Set{AppIDs: []string{"a", "b"}, Mode: api.AssignUser, Accounts: accountsOf("x")}
			wanted := Set{AppIDs: []string{"a", "b"}, Mode: api.AllUser}
			out, err := Reconcile(t.Context(), o, Reconciliation{Wanted: wanted, Prior: prior})
			if err == nil {
				t.Fatal("no error")
			}
			state := out.State(wanted, prior, false).Set
			if state.Mode == wanted.Mode && !state.Mixed {
				t.Errorf("nothing shows that it is not done: %+v", state)
			}
			o.fault = nil
			actual, err := ObserveTracked(t.Context(), o, state, false) // the refresh of the next run
			if err != nil {
				t.Fatal(err)
			}
			if state = Track(state, actual, false).Set; state.Mode == wanted.Mode && !state.Mixed {
				t.Errorf("nothing shows after a refresh that it is not done: %+v", state)
			}
			if _, err := Reconcile(t.Context(), o, Reconciliation{Wanted: wanted, Prior: state}); err != nil {
				t.Fatal(err)
			}
			for id, room := range o.apps {
				if room.mode != api.AllUser {
					t.Errorf("%s is %s", id, room.mode)
				}
			}
		})
	}
}
