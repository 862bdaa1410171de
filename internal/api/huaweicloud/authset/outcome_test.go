// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package authset

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud"
)

// The service decorates an account of the set. When an apply fails, the state must not hold it in
// both spellings: each application would seem to lack one of them.
func TestOutcomeStateHoldsOneSpelling(t *testing.T) {
	t.Parallel()
	o := newOffice(Actual{
		"a": {App: api.App{ID: "a", AuthorizationType: api.AssignUser}, Accounts: accountsOf("lisi(sales)")},
		"b": {App: api.App{ID: "b", AuthorizationType: api.AssignUser}},
	})
	o.fault = func(int, api.Assignment) (before, after error) { return answer(http.StatusForbidden), nil }
	prior := Set{AppIDs: []string{"a", "b"}, Mode: api.AssignUser, Accounts: accountsOf("lisi"), Spelled: Spellings{account("lisi"): account("lisi(sales)")}}
	wanted := Set{AppIDs: []string{"a", "b"}, Mode: api.AssignUser, Accounts: accountsOf("lisi")}
	out, err := Reconcile(t.Context(), o, Reconciliation{Wanted: wanted, Prior: prior, Exclusive: true})
	if err == nil {
		t.Fatal("no error")
	}
	want := Tracked{Set: Set{AppIDs: wanted.AppIDs, Mode: wanted.Mode, Accounts: wanted.Accounts, Spelled: prior.Spelled}, Missing: map[string][]api.Handle{"b": sortedHandles(accountsOf("lisi"))}}
	if diff := cmp.Diff(want, out.State(wanted, prior, true), byHandle, ignoreOpen); diff != "" {
		t.Error(diff)
	}
}
