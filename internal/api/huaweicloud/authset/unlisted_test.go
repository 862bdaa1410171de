// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package authset

import (
	"slices"
	"testing"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud"
)

// Whom a set had on an application that it opens may be hidden there, and is revoked when the set closes it, be it in the next apply or
// after many. Nobody loses access for a moment when it is opened, and whom others granted keeps it.
func TestWhatAnOpenedApplicationHides(t *testing.T) {
	t.Parallel()
	set := func(mode api.AuthorizationType, names ...string) Set {
		return Set{AppIDs: []string{"a"}, Mode: mode, Accounts: accountsOf(names...)}
	}
	for name, office := range map[string]func(*office){
		"hidden":                         func(o *office) { o.ignored = true },
		"shown":                          func(o *office) { o.ignored, o.records = true, true },
		"hidden, and no modes":           func(o *office) { o.ignored, o.modes = true, false },
		"revoked":                        func(*office) {},
		"revoked, and absent is refused": func(o *office) { o.absentRemove = answer(400) },
	} {
		for then, next := range map[string]Set{"destroyed": {}, "closed for another": set(api.AssignUser, "w"), "closed for one of them": set(api.AssignUser, "v")} {
			t.Run(name+", "+then, func(t *testing.T) {
				t.Parallel()
				o := newOffice(Actual{"a": {App: api.App{ID: "a", AuthorizationType: api.AssignUser}, Accounts: accountsOf("u", "v", "other")}})
				office(o)
				wanted := set(api.AllUser)
				out, err := Reconcile(t.Context(), o, Reconciliation{Wanted: wanted, Prior: set(api.AssignUser, "u", "v")})
				if err != nil {
					t.Fatal(err)
				}
				if len(o.requests) != 1 {
					t.Errorf("opened by %+v", o.requests)
				}
				wanted.Unlisted = out.Unlisted
				actual, err := ObserveTracked(t.Context(), o, wanted, false)
				if err != nil {
					t.Fatal(err)
				}
				state := Track(wanted, actual, false).Set
				if _, err := Reconcile(t.Context(), o, Reconciliation{Wanted: next, Prior: state}); err != nil {
					t.Fatal(err)
				}
				want := append([]string{"other"}, sortedNames(next)...)
				if got := o.granted("a"); !slices.Equal(got, want) || o.apps["a"].mode != api.AssignUser {
					t.Errorf("%s, granted to %q", o.apps["a"].mode, got)
				}
			})
		}
	}
}

// What an application had hidden and shows again, since somebody else has closed it, is of the set again, so that the plan shows it.
func TestHiddenShowsAgain(t *testing.T) {
	t.Parallel()
	prior := Set{AppIDs: []string{"a"}, Mode: api.AllUser, Unlisted: Unlisted{Hidden: []api.Account{account("u").Value()}, HiddenOn: []string{"a"}}}
	o := newOffice(Actual{"a": {App: api.App{ID: "a", AuthorizationType: api.AssignUser}, Accounts: accountsOf("u", "other")}})
	actual, err := ObserveTracked(t.Context(), o, prior, false)
	if err != nil {
		t.Fatal(err)
	}
	if state := Track(prior, actual, false); !slices.Equal(sortedNames(state.Set), []string{"u"}) || len(state.Unlisted.HiddenOn) > 0 {
		t.Errorf("%+v", state)
	}
}

func sortedNames(s Set) []string {
	var names []string
	for _, h := range sortedHandles(s.Accounts) {
		names = append(names, h.Value().Name)
	}
	return names
}
