// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package authset

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/rest"
)

// office is a Workspace in memory. Its fields are the questions that the vendor's pages leave open, and faults.
type office struct {
	rewrites                   func(api.Handle) api.Handle // how it lists an account
	bothNames                  bool                        // and it knows the account by either name
	duplicateAdd, absentRemove error                       // nil: taken without a word
	wipe, records, ignored     bool                        // on a flip to ALL_USER; on its list; users and del_users with ALL_USER
	foldCase, partial, modes   bool                        // one account whatever its case; a refused batch was done for its first app; modes are told
	stubborn                   bool                        // another writer sets every mode back
	strangers                  map[string]bool
	lag                        time.Duration // it says yes at once, and acts later
	fault                      func(request int, a api.Assignment) (before, after error)

	mu       sync.Mutex
	apps     map[string]*room
	requests []api.Assignment
	lists    int
}

type room struct {
	mode     api.AuthorizationType
	accounts api.Accounts
}

func newOffice(actual Actual) *office {
	o := &office{modes: true, apps: map[string]*room{}}
	for id, status := range actual {
		accounts := api.Accounts{}
		maps.Copy(accounts, status.Accounts)
		o.apps[id] = &room{mode: status.App.AuthorizationType, accounts: accounts}
	}
	return o
}

func (o *office) Apps(context.Context) (map[string]api.App, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	out := map[string]api.App{}
	for id, room := range o.apps {
		out[id] = api.App{ID: id, AuthorizationType: room.mode}
		if !o.modes {
			out[id] = api.App{ID: id}
		}
	}
	return out, nil
}

func (o *office) Authorizations(_ context.Context, id string) (api.Accounts, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.lists++
	room, ok := o.apps[id]
	if !ok {
		return nil, fmt.Errorf("list: %w", api.ErrAppNotFound)
	}
	if room.mode == api.AllUser && !o.records {
		return api.Accounts{}, nil
	}
	return maps.Clone(room.accounts), nil
}

func answer(status int) error { return &rest.Error{Service: "office", Status: status, Message: "no"} }

func (o *office) AssignAuthorizations(ctx context.Context, a api.Assignment) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	o.requests = append(o.requests, a)
	var before, after error
	if o.fault != nil {
		before, after = o.fault(len(o.requests), a)
	}
	if before != nil {
		return before
	}
	if o.lag > 0 {
		time.AfterFunc(o.lag, func() {
			o.mu.Lock()
			defer o.mu.Unlock()
			_ = o.act(a)
		})
		return after
	}
	return errors.Join(o.act(a), after)
}

// act carries a request out.
func (o *office) act(a api.Assignment) error {
	draft := map[string]*room{}
	var refusal error
	for _, id := range a.AppIDs {
		if refusal == nil {
			draft[id], refusal = o.change(id, a)
		}
	}
	if refusal == nil || o.partial {
		for id, room := range draft {
			if room != nil {
				o.apps[id] = room
			}
		}
	}
	return refusal
}

func (o *office) Settled(context.Context, []string) error { return nil }

func (o *office) Forget([]string) {}

func (o *office) Confirm(ctx context.Context, _ []string) (map[string]api.App, error) {
	return o.Apps(ctx)
}

func (o *office) change(id string, a api.Assignment) (*room, error) {
	old, ok := o.apps[id]
	if !ok {
		return nil, answer(http.StatusNotFound)
	}
	next := &room{mode: a.AuthorizationType, accounts: maps.Clone(old.accounts)}
	if next.mode == api.AllUser && o.ignored {
		return next, nil
	}
	for _, user := range a.DelUsers {
		h, ok := o.find(next.accounts, user.Handle())
		if !ok && o.absentRemove != nil {
			return nil, o.absentRemove
		}
		delete(next.accounts, h)
	}
	for _, user := range a.Users {
		h, ok := o.find(next.accounts, user.Handle())
		switch {
		case ok && o.duplicateAdd != nil:
			return nil, o.duplicateAdd
		case !ok && !o.strangers[user.Name]:
			if o.rewrites != nil {
				h = o.rewrites(h)
			}
			next.accounts[h] = user.PlatformType
		}
	}
	if next.mode == api.AllUser && o.wipe {
		next.accounts = api.Accounts{}
	}
	if o.stubborn {
		next.mode = old.mode
	}
	return next, nil
}

// find returns the handle by which accounts hold h.
func (o *office) find(accounts api.Accounts, h api.Handle) (api.Handle, bool) {
	if o.bothNames {
		if row := o.rewrites(h); row != h {
			if _, ok := accounts[row]; ok {
				return row, true
			}
		}
	}
	if _, ok := accounts[h]; ok || !o.foldCase {
		return h, ok
	}
	for other := range accounts {
		if fold(other.Value()) == fold(h.Value()) {
			return other, true
		}
	}
	return h, false
}

func (o *office) granted(id string) []string {
	var names []string
	for h := range o.apps[id].accounts {
		names = append(names, h.Value().Name)
	}
	slices.Sort(names)
	return names
}

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

// seen gives prior what a refresh would, and closes applications that join: a plan with an open one is
// refused.
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

// Whatever position the unknowns are in, one apply makes the service show what is wanted and leaves strangers alone.
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

// After a failure at any request, whatever became of it, the state tells the truth and the next apply does the rest.
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

// A service may act on a request after it let the client wait in vain: what may be granted, or opened, yet is in the state.
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

// An apply that is interrupted after it closed an application, and before it saw what that one hid, still answers for it.
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

// Where the service tells no modes, a flip that failed on some of the applications is due on all of them again.
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
