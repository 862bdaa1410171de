// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package authset

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud"
)

// byHandle lets cmp compare accounts by their handles.
var byHandle = cmpopts.EquateComparable(api.Handle{})

// ignoreOpen leaves to a test of its own which applications are open.
var ignoreOpen = cmp.Options{cmpopts.IgnoreFields(Set{}, "Open"), cmpopts.IgnoreFields(Unlisted{}, "Until")}

func TestTrack(t *testing.T) {
	t.Parallel()
	closed := func(names ...string) Status {
		return Status{App: api.App{AuthorizationType: api.AssignUser}, Accounts: accountsOf(names...)}
	}
	open := Status{App: api.App{AuthorizationType: api.AllUser}}
	prior := Set{AppIDs: []string{"b", "a"}, Mode: api.AssignUser, Accounts: accountsOf("x", "y")}
	for name, test := range map[string]struct {
		actual    Actual
		exclusive bool
		want      Tracked
	}{
		"as it was": {
			actual: Actual{"a": closed("x", "y", "other"), "b": closed("x", "y")},
			want:   Tracked{Set: Set{AppIDs: []string{"a", "b"}, Mode: api.AssignUser, Accounts: accountsOf("x", "y")}, Missing: map[string][]api.Handle{}},
		},
		"gone from one": {
			actual: Actual{"a": closed("x"), "b": closed("x", "y")},
			want: Tracked{
				Set:     Set{AppIDs: []string{"a", "b"}, Mode: api.AssignUser, Accounts: accountsOf("x", "y")},
				Missing: map[string][]api.Handle{"a": {account("y")}},
			},
		},
		"gone from all": {
			actual: Actual{"a": closed("x"), "b": closed("x")},
			want:   Tracked{Set: Set{AppIDs: []string{"a", "b"}, Mode: api.AssignUser, Accounts: accountsOf("x")}, Missing: map[string][]api.Handle{}},
		},
		"app gone": {
			actual: Actual{"a": closed("x", "y")},
			want:   Tracked{Set: Set{AppIDs: []string{"a"}, Mode: api.AssignUser, Accounts: accountsOf("x", "y")}, Missing: map[string][]api.Handle{}},
		},
		"opened by somebody": {
			actual: Actual{"a": open, "b": closed("x")},
			want: Tracked{
				Set:     Set{AppIDs: []string{"a", "b"}, Mode: api.AllUser, Accounts: accountsOf("x", "y"), Mixed: true},
				Missing: map[string][]api.Handle{"b": {account("y")}},
			},
		},
		"exclusive takes up foreign accounts": {
			actual: Actual{"a": closed("x", "y", "other"), "b": closed("x", "y")}, exclusive: true,
			want: Tracked{
				Set:     Set{AppIDs: []string{"a", "b"}, Mode: api.AssignUser, Accounts: accountsOf("x", "y", "other")},
				Missing: map[string][]api.Handle{"b": {account("other")}},
			},
		},
		"a request without an answer": {
			actual: Actual{"a": {App: api.App{AuthorizationType: api.AssignUser}, Accounts: accountsOf("x"), Knowledge: Knowledge{Unsure: accountsOf("y")}}},
			want: Tracked{
				Set:     Set{AppIDs: []string{"a"}, Mode: api.AssignUser, Accounts: accountsOf("x", "y")},
				Missing: map[string][]api.Handle{"a": {account("y")}},
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, Track(prior, test.actual, test.exclusive), byHandle, ignoreOpen); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// An application that an exclusive set has opened lists whom it was granted before, and the service
// does not tell that it is open: these are none of the set's, which could never revoke them.
func TestTrackWhatIsOpenUntold(t *testing.T) {
	t.Parallel()
	prior := Set{AppIDs: []string{"a", "b"}, Mode: api.AllUser, Open: map[string]bool{"a": true, "b": false}}
	listed := accountsOf("other")
	now := Track(prior, Actual{"a": {App: api.App{ID: "a"}, Accounts: listed}, "b": {App: api.App{ID: "b"}, Accounts: accountsOf("x")}}, true)
	if got := sortedNames(now.Set); !slices.Equal(got, []string{"x"}) {
		t.Errorf("the state lists %q", got)
	}
	now = Track(prior, Actual{"a": {App: api.App{ID: "a"}, Accounts: listed}, "b": {App: api.App{ID: "b"}, Accounts: listed}}, true)
	if got := sortedNames(now.Set); !slices.Equal(got, []string{"other"}) {
		t.Errorf("the state lists %q, and the other application, which is closed, lists the same", got)
	}
}

// What Track says, taken as the prior of the next diff, never hides an account that is granted.
func TestTrackLosesNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		prior, actual := drawSet(t, "prior"), drawActual(t)
		exclusive := rapid.Bool().Draw(t, "exclusive")
		tracked := Track(prior, actual, exclusive)
		for _, id := range prior.AppIDs {
			for h := range actual[id].Accounts {
				_, ours := prior.Accounts[h]
				if _, kept := tracked.Accounts[h]; ours && !kept {
					t.Fatalf("%s is granted on %s and left the state", h.Value(), id)
				}
			}
			if opaque(actual[id].App) {
				continue
			}
			for h := range tracked.Accounts {
				_, there := actual[id].Accounts[h]
				if missing := slices.Contains(tracked.Missing[id], h); missing == there {
					t.Fatalf("%s on %s: there=%v missing=%v", h.Value(), id, there, missing)
				}
			}
		}
		destroyed, _ := perform(t, actual, Diff(Set{}, tracked.Set, actual))
		for _, id := range prior.AppIDs {
			for h := range destroyed[id].Accounts {
				if _, ours := prior.Accounts[h]; ours {
					t.Fatalf("%s outlives the destroy on %s", h.Value(), id)
				}
			}
		}
	})
}

func TestImport(t *testing.T) {
	t.Parallel()
	actual := Actual{
		"a": {App: api.App{ID: "a", AuthorizationType: api.AssignUser}, Accounts: accountsOf("x", "y")},
		"b": {App: api.App{ID: "b", AuthorizationType: api.AssignUser}, Accounts: accountsOf("y", "z")},
		"c": {App: api.App{ID: "c", AuthorizationType: api.AllUser}},
	}
	for name, test := range map[string]struct {
		ids       []string
		exclusive bool
		want      Tracked
	}{
		"in common": {ids: []string{"a", "b"}, want: Tracked{
			Set: Set{AppIDs: []string{"a", "b"}, Mode: api.AssignUser, Accounts: accountsOf("y")}, Missing: map[string][]api.Handle{},
		}},
		"of any": {ids: []string{"a", "b"}, exclusive: true, want: Tracked{
			Set:     Set{AppIDs: []string{"a", "b"}, Mode: api.AssignUser, Accounts: accountsOf("x", "y", "z")},
			Missing: map[string][]api.Handle{"a": {account("z")}, "b": {account("x")}},
		}},
		"open": {ids: []string{"c"}, want: Tracked{Set: Set{AppIDs: []string{"c"}, Mode: api.AllUser}, Missing: map[string][]api.Handle{}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, Import(test.ids, actual, test.exclusive), byHandle, ignoreOpen); diff != "" {
				t.Error(diff)
			}
		})
	}
}
