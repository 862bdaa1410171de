// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package authset

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/rest"
)

func drawOffice(t *rapid.T, actual Actual) *office {
	o := newOffice(actual)
	o.wipe = rapid.Bool().Draw(t, "wipe")
	o.records = rapid.Bool().Draw(t, "records")
	o.partial = rapid.Bool().Draw(t, "partial")
	o.modes = rapid.IntRange(0, 4).Draw(t, "modes") > 0
	if rapid.Bool().Draw(t, "duplicate add is an error") {
		o.duplicateAdd = answer(http.StatusBadRequest)
	}
	if rapid.Bool().Draw(t, "absent remove is an error") {
		o.absentRemove = answer(http.StatusConflict)
	}
	if o.wipe {
		for _, room := range o.apps {
			if room.mode == api.AllUser {
				room.accounts = api.Accounts{}
			}
		}
	}
	return o
}

// seen gives prior what a refresh would, and closes applications that join: a plan with an open one
// is refused.
func (o *office) seen(prior *Set, wanted Set) {
	prior.Open = map[string]bool{}
	for _, id := range prior.AppIDs {
		prior.Open[id] = o.apps[id].mode == api.AllUser
	}
	for _, id := range wanted.AppIDs {
		if wanted.Mode == api.AssignUser && !slices.Contains(prior.AppIDs, id) {
			o.apps[id].mode = api.AssignUser
		}
	}
}

// honest brings a drawn prior to what a state can hold: everything it lists was granted once.
func honest(prior Set, o *office) {
	if prior.Mode == api.AllUser {
		return
	}
	for _, id := range prior.AppIDs {
		if room := o.apps[id]; room.mode == api.AssignUser {
			maps.Copy(room.accounts, prior.Accounts)
		}
	}
}

// Whatever position the unknowns are in, one apply makes the service show what is wanted and leaves
// strangers alone.
func TestReconcileUnderEveryPosition(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		actual := drawActual(t)
		o := drawOffice(t, actual)
		wanted, prior := drawSet(t, "wanted"), drawSet(t, "prior")
		honest(prior, o)
		o.seen(&prior, wanted)
		before := map[string]api.Accounts{}
		for id, room := range o.apps {
			before[id] = maps.Clone(room.accounts)
		}
		exclusive := rapid.Bool().Draw(t, "exclusive")
		if !o.modes {
			// Who can't see a mode can't see that somebody else changed it.
			for _, id := range slices.Concat(prior.AppIDs, wanted.AppIDs) {
				o.apps[id].mode = api.AssignUser
			}
			if prior.Mode == api.AllUser {
				for _, id := range prior.AppIDs {
					o.apps[id].mode = api.AllUser
				}
			}
		}
		o.seen(&prior, wanted)
		out, err := Reconcile(t.Context(), o, Reconciliation{Wanted: wanted, Prior: prior, Exclusive: exclusive})
		if err != nil {
			t.Fatalf("%v\n%+v", err, out)
		}
		for _, id := range wanted.AppIDs {
			room := o.apps[id]
			if room.mode != wanted.Mode {
				t.Fatalf("%s is %s", id, room.mode)
			}
			for h := range wanted.Accounts {
				if _, ok := room.accounts[h]; !ok {
					t.Fatalf("%s lacks %s", id, h.Value())
				}
			}
			for h := range room.accounts {
				_, ok := wanted.Accounts[h]
				_, had := prior.Accounts[h]
				left := slices.Contains(out.Foreign[id], h)
				switch {
				case ok || wanted.Mode != api.AssignUser:
				case had && slices.Contains(prior.AppIDs, id):
					t.Fatalf("%s still has %s", id, h.Value())
				case left != exclusive:
					t.Fatalf("%s has %s, which is left alone: said %v", id, h.Value(), left)
				}
			}
			if o.wipe {
				continue
			}
			for h := range before[id] {
				_, ours := prior.Accounts[h]
				if _, ok := room.accounts[h]; !ok && !(ours && slices.Contains(prior.AppIDs, id)) {
					t.Fatalf("%s lost %s, which is somebody else's", id, h.Value())
				}
			}
		}
		for _, id := range prior.AppIDs {
			if slices.Contains(wanted.AppIDs, id) {
				continue
			}
			for h := range prior.Accounts {
				if _, ok := o.apps[id].accounts[h]; ok {
					t.Fatalf("%s left the set and still has %s", id, h.Value())
				}
			}
		}
	})
}

// After a failure at any request, whatever became of it, the state tells the truth and the next
// apply does the rest.
func TestReconcileAfterAFault(t *testing.T) {
	t.Parallel()
	lost := &rest.Error{Service: "office", Message: "connection reset"}
	dialled := &rest.Error{Service: "office", Message: "connection refused", Unsent: true}
	rapid.Check(t, func(t *rapid.T) {
		actual := drawActual(t)
		o := newOffice(actual)
		o.records = true
		wanted, prior := drawSet(t, "wanted"), drawSet(t, "prior")
		honest(prior, o)
		o.seen(&prior, wanted)
		exclusive := rapid.Bool().Draw(t, "exclusive")
		failing := rapid.IntRange(1, 6).Draw(t, "request that fails")
		kind := rapid.IntRange(0, 3).Draw(t, "kind of fault")
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		o.fault = func(request int, _ api.Assignment) (before, after error) {
			if request != failing {
				return nil, nil
			}
			switch kind {
			case 0:
				return lost, nil
			case 1:
				return nil, lost
			case 2:
				return dialled, nil
			default:
				cancel() // an interrupt: the answer gets lost, and nothing can be read any more
				return nil, context.Canceled
			}
		}
		out, err := Reconcile(ctx, o, Reconciliation{Wanted: wanted, Prior: prior, Exclusive: exclusive})
		state := wanted
		if err != nil {
			state = prior
			if len(out.Touched) > 0 {
				state = out.State(wanted, prior, exclusive).Set
			}
		}
		for _, id := range slices.Concat(prior.AppIDs, wanted.AppIDs) {
			if state.Mode == api.AllUser && len(state.Accounts) == 0 || !slices.Contains(state.AppIDs, id) {
				continue
			}
			for h := range wanted.Accounts {
				_, granted := o.apps[id].accounts[h]
				_, was := actual[id].Accounts[h]
				if _, listed := state.Accounts[h]; granted && !was && !listed {
					t.Fatalf("%s was granted on %s and is not in the state", h.Value(), id)
				}
			}
		}
		o.fault = nil
		if _, err := Reconcile(t.Context(), o, Reconciliation{Wanted: wanted, Prior: state, Exclusive: exclusive}); err != nil {
			t.Fatal(err)
		}
		for _, id := range wanted.AppIDs {
			for h := range wanted.Accounts {
				if _, ok := o.apps[id].accounts[h]; !ok {
					t.Fatalf("%s lacks %s", id, h.Value())
				}
			}
		}
		for _, id := range prior.AppIDs {
			for h := range prior.Accounts {
				_, ours := wanted.Accounts[h]
				if _, ok := o.apps[id].accounts[h]; ok && !(ours && slices.Contains(wanted.AppIDs, id)) {
					t.Fatalf("%s still has %s", id, h.Value())
				}
			}
		}
	})
}

// decorate lists x as a member of a group, as some do.
func decorate(h api.Handle) api.Handle {
	if a := h.Value(); a.Name == "x" {
		a.Name = "x (staff)"
		return a.Handle()
	}
	return h
}

// An exclusive set takes no row for somebody else's that its own requests made, neither before a
// second round nor in what it warns of.
func TestOwnRowsAreNotForeign(t *testing.T) {
	t.Parallel()
	o := newOffice(Actual{
		"a": {App: api.App{ID: "a", AuthorizationType: api.AssignUser}, Accounts: accountsOf("y")}, "b": {App: api.App{ID: "b", AuthorizationType: api.AssignUser}},
	})
	o.rewrites, o.bothNames = decorate, true
	o.fault = func(_ int, request api.Assignment) (error, error) { // somebody else has revoked y, so that a second round is due
		if !slices.Contains(request.AppIDs, "a") {
			return nil, nil
		}
		o.fault = nil
		delete(o.apps["a"].accounts, account("y"))
		return answer(400), nil
	}
	wanted := Set{AppIDs: []string{"a", "b"}, Mode: api.AssignUser, Accounts: accountsOf("x")}
	prior := Set{AppIDs: []string{"a"}, Mode: api.AssignUser, Accounts: accountsOf("y")}
	rounds := 0
	out, err := Reconcile(t.Context(), o, Reconciliation{
		Wanted: wanted, Prior: prior, Exclusive: true,
		Approve: func(_ Deltas, actual Actual, spelled Spellings, _ int) error {
			rounds++
			known := wanted
			known.Spelled = spelled
			if foreign := Foreign(known, prior, actual); len(foreign) > 0 {
				t.Errorf("round %d takes %v for somebody else's", rounds, foreign)
			}
			return nil
		},
	})
	if err != nil || rounds < 2 {
		t.Fatalf("%d rounds, %v", rounds, err)
	}
	if len(out.Foreign) > 0 {
		t.Errorf("it warns of %v", out.Foreign)
	}
}

func TestReconcileCases(t *testing.T) {
	t.Parallel()
	one := func(mode api.AuthorizationType, names ...string) Actual {
		return Actual{"a": {App: api.App{ID: "a", AuthorizationType: mode}, Accounts: accountsOf(names...)}}
	}
	set := func(mode api.AuthorizationType, names ...string) Set {
		return Set{AppIDs: []string{"a"}, Mode: mode, Accounts: accountsOf(names...)}
	}
	for name, test := range map[string]struct {
		wanted, prior Set
		actual        Actual
		office        func(*office)
		granted       []string
		requests      int
		err           []string // parts of it
	}{
		"nothing to send": {wanted: set(api.AssignUser, "x"), actual: one(api.AssignUser, "x"), granted: []string{"x"}},
		"closing in one request": {
			wanted: set(api.AssignUser, "x"), prior: set(api.AllUser), actual: one(api.AllUser), granted: []string{"x"}, requests: 1,
		},
		"closing uncovers the accounts that it would grant": {
			wanted: set(api.AssignUser, "x"), prior: set(api.AllUser), actual: one(api.AllUser, "x", "other"), granted: []string{"other", "x"}, requests: 2,
			office: func(o *office) { o.duplicateAdd = answer(400) },
		},
		"nor is a row lost that a grant made while nobody could see": {
			wanted: set(api.AssignUser, "x"), prior: set(api.AllUser), actual: one(api.AllUser, "other"), granted: []string{"other", "x (staff)"}, requests: 3,
			office: func(o *office) { o.duplicateAdd, o.rewrites, o.bothNames = answer(400), decorate, true },
		},
		"and where a service takes any account without a word": {
			wanted: set(api.AssignUser, "x"), prior: set(api.AllUser), actual: one(api.AllUser, "other"), granted: []string{"other", "x (staff)"}, requests: 3,
			office: func(o *office) { o.rewrites, o.bothNames, o.modes = decorate, true, false },
		},
		"somebody who looks like an account stays when it is tried": {
			wanted: set(api.AssignUser, "x"), prior: set(api.AllUser), actual: one(api.AllUser, "x (staff)"), granted: []string{"x (staff)"}, requests: 3,
			office: func(o *office) { o.strangers = map[string]bool{"x": true} },
			err:    []string{"not granted: local.com/x (the service lists local.com/x (staff)"},
		},
		"also where revoking nobody is refused": {
			wanted: set(api.AssignUser, "x"), prior: set(api.AllUser), actual: one(api.AllUser, "x (staff)"), granted: []string{"x (staff)"}, requests: 2,
			office: func(o *office) { o.strangers, o.absentRemove = map[string]bool{"x": true}, answer(400) },
			err:    []string{"not granted: local.com/x (the service lists local.com/x (staff)"},
		},
		"whom an open application hid is nobody in another spelling": {
			wanted: set(api.AssignUser, "x", "User"), prior: set(api.AllUser), actual: one(api.AllUser, "x", "user"), granted: []string{"User", "user", "x"}, requests: 3,
			office: func(o *office) { o.duplicateAdd = answer(400) },
		},
		"nor where no modes are told": {
			wanted: set(api.AssignUser, "x", "User"), prior: set(api.AllUser), actual: one(api.AllUser, "x", "user"), granted: []string{"User", "user", "x"}, requests: 3,
			office: func(o *office) { o.duplicateAdd, o.modes = answer(400), false },
		},
		"a row that the plan takes for somebody else is an account of the set": {
			wanted: set(api.AssignUser, "x"), prior: set(api.AssignUser, "x (staff)"), actual: one(api.AssignUser, "x (staff)"), granted: []string{"x (staff)"}, requests: 2,
			office: func(o *office) { o.rewrites, o.bothNames = decorate, true },
		},
		"nor is it an account that was skipped": {
			wanted: set(api.AssignUser, "nobody"), prior: set(api.AllUser), actual: one(api.AllUser, "Nobody"), granted: []string{"Nobody"}, requests: 3,
			office: func(o *office) { o.strangers = map[string]bool{"nobody": true} },
			err:    []string{"not granted: local.com/nobody"},
		},
		"opening that ignores del_users": {
			wanted: set(api.AllUser), prior: set(api.AssignUser, "x"), actual: one(api.AssignUser, "x", "other"), granted: []string{"other", "x"}, requests: 1,
			office: func(o *office) { o.ignored, o.records = true, true },
		},
		"opening what somebody else has opened revokes what it hides": {
			wanted: set(api.AllUser), prior: set(api.AssignUser, "x"), actual: one(api.AllUser, "x", "other"), granted: []string{"other"}, requests: 1,
		},
		"what it hides can't be told where absent ones are refused": {
			wanted: set(api.AllUser), prior: set(api.AssignUser, "x", "gone"), actual: one(api.AllUser, "x", "other"), granted: []string{"other", "x"}, requests: 1,
			office: func(o *office) { o.absentRemove = answer(400) },
		},
		"a skipped account is an error that names it": {
			wanted: set(api.AssignUser, "x", "nobody"), actual: one(api.AssignUser), granted: []string{"x"}, requests: 1,
			office: func(o *office) { o.strangers = map[string]bool{"nobody": true} },
			err:    []string{"not granted: local.com/nobody", "Not done: 1 account to grant"},
		},
		"another letter case is pointed out": {
			wanted: set(api.AssignUser, "lisi"), actual: one(api.AssignUser, "LiSi"), granted: []string{"LiSi"}, requests: 1,
			office: func(o *office) { o.foldCase = true },
			err:    []string{"the service lists local.com/LiSi", "use its spelling"},
		},
		"a lost answer is no failure": {
			wanted: set(api.AssignUser, "x"), actual: one(api.AssignUser), granted: []string{"x"}, requests: 1,
			office: func(o *office) {
				o.fault = func(int, api.Assignment) (error, error) { return nil, &rest.Error{Message: "reset"} }
			},
		},
		"a refusal is not repeated": {
			wanted: set(api.AssignUser, "x"), actual: one(api.AssignUser), requests: 1,
			office: func(o *office) { o.fault = func(int, api.Assignment) (error, error) { return answer(400), nil } },
			err:    []string{"400", "local.com/x"},
		},
		"a wanted application that is gone": {
			wanted: set(api.AssignUser, "x"), actual: Actual{}, err: []string{"no such application: a"},
		},
		"an application that left and is gone": {prior: set(api.AssignUser, "x"), actual: Actual{}},
		"opened since the plan": {
			wanted: set(api.AssignUser, "x", "y"), prior: set(api.AssignUser, "x"), actual: one(api.AllUser, "x"), granted: []string{"x"}, err: []string{"a: open to everybody"},
		},
		"destroyed after it was opened": {
			prior: set(api.AssignUser, "x"), actual: one(api.AllUser, "x"), granted: []string{"x"}, err: []string{"a: open to everybody"},
		},
		"two writers don't fight for ever": {
			wanted: set(api.AssignUser), prior: set(api.AllUser), actual: one(api.AllUser), requests: 1,
			office: func(o *office) { o.stubborn = true },
			err:    []string{"it is still not ASSIGN_USER"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(test.actual)
			if test.office != nil {
				test.office(o)
			}
			_, err := Reconcile(t.Context(), o, Reconciliation{Wanted: test.wanted, Prior: test.prior})
			if err == nil && len(test.err) > 0 {
				t.Fatal("no error")
			}
			if err != nil && len(test.err) == 0 {
				t.Fatal(err)
			}
			for _, part := range test.err {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("the error lacks %q: %v", part, err)
				}
			}
			if o.apps["a"] != nil {
				if diff := cmp.Diff(test.granted, o.granted("a")); diff != "" {
					t.Error(diff)
				}
			}
			if len(o.requests) != test.requests {
				t.Errorf("%d requests, want %d: %+v", len(o.requests), test.requests, o.requests)
			}
		})
	}
}
