// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package authset

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/rest"
)

// Whom a set had on an application that it opens may be hidden there, and is revoked when the set
// closes it, be it in the next apply or after many. Nobody loses access for a moment when it is
// opened, and whom others granted keeps it.
func TestWhatAnOpenedApplicationHides(t *testing.T) {
	t.Parallel()
	set := func(mode api.AuthorizationType, names ...string) Set {
		return Set{AppIDs: []string{"a"}, Mode: mode, Accounts: accountsOf(names...)}
	}
	for name, office := range map[string]func(*office){
		"hidden":                         func(o *office) { o.ignored = true },
		"shown":                          func(o *office) { o.ignored, o.records = true, true },
		"shown, and no modes":            func(o *office) { o.ignored, o.records, o.modes = true, true, false },
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
				if len(state.Accounts) > 0 {
					t.Errorf("it is open, and the state lists %q", sortedNames(state))
				}
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

// What an application had hidden and shows again, since somebody else has closed it, is of the set
// again, so that the plan shows it.
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

// A run is interrupted after the service has granted somebody and lists it in another spelling. The
// next refresh finds it, or what is planned without one, so that a destroy leaves nothing behind,
// and takes nobody for it who was there before.
func TestSpellingOfAnInterruptedGrant(t *testing.T) {
	t.Parallel()
	for name, before := range map[string][]string{
		"alone":                     nil,
		"beside somebody alike":     {"X", "x (guests)"},
		"who had it before the run": {"x (staff)"},
	} {
		for _, lag := range []time.Duration{0, time.Minute} {
			test := func(t *testing.T, refreshes int) {
				t.Helper()
				o := newOffice(Actual{"a": {App: api.App{ID: "a", AuthorizationType: api.AssignUser}, Accounts: accountsOf(before...)}})
				o.rewrites = decorate
				ctx, interrupt := context.WithCancel(t.Context())
				o.fault = func(int, api.Assignment) (error, error) { interrupt(); return nil, nil }
				wanted := Set{AppIDs: []string{"a"}, Mode: api.AssignUser, Accounts: accountsOf("x", "y")}
				out, err := Reconcile(ctx, o, Reconciliation{Wanted: wanted, Lag: lag})
				if err == nil {
					t.Fatal("no error")
				}
				o.fault = nil
				state := out.State(wanted, Set{}, false).Set
				for range refreshes {
					actual, err := ObserveTracked(t.Context(), o, state, false)
					if err != nil {
						t.Fatal(err)
					}
					state = Track(state, actual, false).Set
				}
				if _, err := Reconcile(t.Context(), o, Reconciliation{Prior: state}); err != nil {
					t.Fatal(err)
				}
				if got := o.granted("a"); !slices.Equal(got, before) {
					t.Errorf("%q are granted after the destroy, and were there before: %q", got, before)
				}
			}
			for _, refreshes := range []int{0, 2} {
				t.Run(fmt.Sprintf("%s, lists lag by %s, %d refreshes", name, lag, refreshes), func(t *testing.T) {
					t.Parallel()
					test(t, refreshes)
				})
			}
		}
	}
}

// A run is interrupted after it has closed an application, on a service that lists whom it was
// granted in another spelling: nobody saw who was hidden there before. The next apply finds out by
// a trial who the rows are, a destroy leaves nothing behind, and whom the application had hidden
// before keeps it.
func TestSpellingOfAnInterruptedClosing(t *testing.T) {
	t.Parallel()
	for name, hidden := range map[string][]string{"alone": nil, "beside somebody": {"other"}, "beside somebody alike": {"y (staff)"}} {
		for then, next := range map[string]Set{"destroyed": {}, "applied again": {AppIDs: []string{"a"}, Mode: api.AssignUser, Accounts: accountsOf("x")}} {
			t.Run(name+", "+then, func(t *testing.T) {
				t.Parallel()
				o := newOffice(Actual{"a": {App: api.App{ID: "a", AuthorizationType: api.AllUser}, Accounts: accountsOf(hidden...)}})
				o.rewrites, o.bothNames = decorate, true
				ctx, interrupt := context.WithCancel(t.Context())
				o.fault = func(int, api.Assignment) (error, error) { interrupt(); return nil, nil }
				wanted, prior := Set{AppIDs: []string{"a"}, Mode: api.AssignUser, Accounts: accountsOf("x")}, Set{AppIDs: []string{"a"}, Mode: api.AllUser}
				out, err := Reconcile(ctx, o, Reconciliation{Wanted: wanted, Prior: prior})
				if err == nil {
					t.Fatal("no error")
				}
				o.fault = nil
				state := out.State(wanted, prior, false).Set
				for range 2 {
					actual, err := ObserveTracked(t.Context(), o, state, false)
					if err != nil {
						t.Fatal(err)
					}
					if state = Track(state, actual, false).Set; !slices.Equal(sortedNames(state), []string{"x"}) {
						t.Errorf("the state says %q", sortedNames(state))
					}
				}
				if _, err := Reconcile(t.Context(), o, Reconciliation{Wanted: next, Prior: state}); err != nil {
					t.Fatal(err)
				}
				want := slices.Clone(hidden)
				if len(next.AppIDs) > 0 {
					want = append(want, "x (staff)")
				}
				slices.Sort(want)
				if got := o.granted("a"); !slices.Equal(got, want) {
					t.Errorf("%q are granted, want %q", got, want)
				}
			})
		}
	}
}

// The trial that is to find out who the rows are fails, too. Nothing is known yet, so the state
// goes on saying what was granted, and the next apply tries again.
func TestSpellingAfterATrialThatFails(t *testing.T) {
	t.Parallel()
	for name, fails := range map[string]error{
		"without an answer": &rest.Error{Service: "office", Status: 200, Message: "answered HTML"}, "expired": answer(401), "unavailable": answer(503),
	} {
		for then, next := range map[string]Set{"destroyed": {}, "applied again": {AppIDs: []string{"a"}, Mode: api.AssignUser, Accounts: accountsOf("x")}} {
			t.Run(name+", "+then, func(t *testing.T) {
				t.Parallel()
				o := newOffice(Actual{"a": {App: api.App{ID: "a", AuthorizationType: api.AllUser}}})
				o.rewrites, o.bothNames = decorate, true
				ctx, interrupt := context.WithCancel(t.Context())
				o.fault = func(int, api.Assignment) (error, error) { interrupt(); return nil, nil }
				wanted, state := Set{AppIDs: []string{"a"}, Mode: api.AssignUser, Accounts: accountsOf("x")}, Set{AppIDs: []string{"a"}, Mode: api.AllUser}
				for n := range 2 {
					out, err := Reconcile(ctx, o, Reconciliation{Wanted: wanted, Prior: state})
					if err == nil {
						t.Fatal("no error")
					}
					state = out.State(wanted, state, false).Set
					actual, err := ObserveTracked(t.Context(), o, state, false)
					if err != nil {
						t.Fatal(err)
					}
					if state = Track(state, actual, false).Set; !slices.Equal(sortedNames(state), []string{"x"}) {
						t.Errorf("after apply %d, the state says %q", n+1, sortedNames(state))
					}
					ctx = t.Context()
					o.fault = func(_ int, a api.Assignment) (error, error) {
						if len(a.DelUsers) > 0 {
							return fails, nil
						}
						return nil, nil
					}
				}
				o.fault = nil
				if _, err := Reconcile(t.Context(), o, Reconciliation{Wanted: next, Prior: state}); err != nil {
					t.Fatal(err)
				}
				var want []string
				if len(next.AppIDs) > 0 {
					want = []string{"x (staff)"}
				}
				if got := o.granted("a"); !slices.Equal(got, want) {
					t.Errorf("%q are granted, want %q", got, want)
				}
			})
		}
	}
}

// A request closes an application and fails; sent again it is refused, since the account is
// authorized already. What the application lists in another spelling came with the request: it is
// in the state, and goes with it.
func TestSpellingOfAClosingThatWasSentTwice(t *testing.T) {
	t.Parallel()
	o := newOffice(Actual{"a": {App: api.App{ID: "a", AuthorizationType: api.AllUser}, Accounts: accountsOf("other")}})
	o.rewrites, o.bothNames = decorate, true
	o.fault = func(_ int, a api.Assignment) (before, after error) {
		if len(a.Users) > 0 {
			return nil, &rest.Error{Service: "office", Status: http.StatusBadRequest, Message: "authorized already", Attempts: 2}
		}
		return nil, nil
	}
	wanted, prior := Set{AppIDs: []string{"a"}, Mode: api.AssignUser, Accounts: accountsOf("x")}, Set{AppIDs: []string{"a"}, Mode: api.AllUser}
	out, err := Reconcile(t.Context(), o, Reconciliation{Wanted: wanted, Prior: prior})
	state := wanted
	if err != nil {
		state = out.State(wanted, prior, false).Set
	}
	state.Spelled = out.Spelled
	if _, err := Reconcile(t.Context(), o, Reconciliation{Prior: state}); err != nil {
		t.Fatal(err)
	}
	if got := o.granted("a"); !slices.Equal(got, []string{"other"}) {
		t.Errorf("%q are granted after the destroy", got)
	}
}

// A create fails when it reads back, and what takes it back fails, too: that nobody is listed by
// the name that was sent proves nothing.
func TestUndoOfWhatIsSpelledAnew(t *testing.T) {
	t.Parallel()
	for name, fails := range map[string]error{"answered with a page": &rest.Error{Service: "office", Status: 200, Message: "answered HTML"}, "refused": answer(400)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(Actual{"a": {App: api.App{ID: "a", AuthorizationType: api.AssignUser}}})
			o.rewrites, o.bothNames = decorate, true
			wanted := Set{AppIDs: []string{"a"}, Mode: api.AssignUser, Accounts: accountsOf("x")}
			if err := o.AssignAuthorizations(t.Context(), api.Assignment{
				AppIDs: []string{"a"}, AuthorizationType: api.AssignUser, Users: []api.Authorization{{Account: account("x").Value()}},
			}); err != nil {
				t.Fatal(err)
			}
			o.fault = func(int, api.Assignment) (error, error) { return fails, nil }
			r := Reconciliation{Wanted: wanted}
			undo := r.undo(Outcome{Actual: Actual{"a": {Accounts: wanted.Accounts}}, Touched: map[string]bool{"a": true}}, Actual{"a": {}})
			if err := Undo(t.Context(), o, *undo, nil, 0); err == nil {
				t.Errorf("it says that nothing is left, and %q are granted", o.granted("a"))
			}
		})
	}
}
