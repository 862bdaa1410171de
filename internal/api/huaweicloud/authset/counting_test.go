// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package authset

import (
	"context"
	"fmt"
	"hash/fnv"
	"maps"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/rest"
)

// registry is an office that counts, right or wrong.
type registry struct {
	*office

	page    int            // how many accounts it shows with a count
	cap     int            // the most that it counts
	silent  bool           // it doesn't count at all
	late    map[string]int // what it counted before the last change, where it says that once more
	counted int            // requests
}

func (r *registry) CountAuthorizations(_ context.Context, id string, expected int) (int, api.Accounts, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.counted++
	room, ok := r.apps[id]
	if !ok {
		return 0, nil, fmt.Errorf("list: %w", api.ErrAppNotFound)
	}
	listed := room.accounts
	if room.mode == api.AllUser && !r.records {
		listed = nil
	}
	has, last := len(listed), api.Accounts{}
	for i, h := range sortedHandles(listed) {
		if i >= expected-r.page {
			last[h] = listed[h]
		}
	}
	count := min(has, r.cap)
	if before, ok := r.late[id]; ok && r.late != nil {
		count = before
		delete(r.late, id)
	}
	if r.silent || count == expected && has != expected {
		return -1, last, nil
	}
	return count, last, nil
}

func (r *registry) ListedAuthorizations(string) (api.Accounts, bool) { return nil, false }

func (r *registry) sizes() map[string]int {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := map[string]int{}
	for id, room := range r.apps {
		out[id] = len(room.accounts)
	}
	return out
}

// row is how it lists an account.
func (r *registry) row(h api.Handle) api.Handle {
	if r.rewrites == nil {
		return h
	}
	return r.rewrites(h)
}

// AssignAuthorizations takes requests that come side by side in the same order in both worlds.
func (r *registry) AssignAuthorizations(ctx context.Context, a api.Assignment) error {
	turn := fnv.New32a()
	for _, users := range [][]api.Authorization{a.Users, a.DelUsers} {
		fmt.Fprint(turn, a.AppIDs, a.AuthorizationType)
		for _, user := range users {
			fmt.Fprint(turn, fold(user.Handle().Value()))
		}
	}
	time.Sleep(time.Duration(turn.Sum32()))
	before := r.sizes()
	err := r.office.AssignAuthorizations(ctx, a)
	after := r.sizes()
	r.mu.Lock()
	for _, id := range a.AppIDs {
		if r.late != nil && after[id] != before[id] {
			r.late[id] = before[id]
		}
	}
	r.mu.Unlock()
	if a.Done != nil {
		a.Done(err)
	}
	return err
}

// resident is a set with its state, and a service of its own: twins do the same in two worlds, one of which is read by counts.
type resident struct {
	client    Counter // of the service
	lag       time.Duration
	counts    bool
	exclusive bool
	state     Tracked
	memory    Memory
}

func (r *resident) open(wanted Set) (Workspace, *Counting) {
	if !r.counts {
		return r.client, nil
	}
	c := NewCounting(r.client, &Counts{}, wanted, r.state, r.memory)
	return c, c
}

// refresh is what a refresh makes of the state.
func (r *resident) refresh(ctx context.Context) error {
	w, counting := r.open(Set{})
	actual, err := ObserveTracked(ctx, w, r.state.Set, r.exclusive)
	if err != nil {
		return err
	}
	prior := r.state.Set
	prior.Spelled = prior.spellings(Set{Spelled: counting.Learned()})
	r.state = Track(prior, actual, r.exclusive)
	r.memory = counting.Memory(r.state)
	return nil
}

// plan is what an apply would change.
func (r *resident) plan(ctx context.Context, wanted Set) (Deltas, error) {
	wanted.Spelled = r.state.Spelled
	w, _ := r.open(wanted)
	actual, err := Observe(ctx, w, wanted, r.state.Set, r.exclusive)
	return Diff(wanted, r.state.Set, actual), err
}

// apply is an apply and what it leaves in the state.
func (r *resident) apply(ctx context.Context, wanted Set) error {
	wanted.Spelled = r.state.Spelled
	w, counting := r.open(wanted)
	out, err := Reconcile(ctx, w, Reconciliation{Wanted: wanted, Prior: r.state.Set, Exclusive: r.exclusive, Counting: counting, Lag: r.lag})
	switch {
	case out.Undo != nil:
		w, _ := (&resident{client: r.client, counts: r.counts}).open(Set{})
		if undoErr := Undo(ctx, w, *out.Undo, nil, r.lag); undoErr != nil {
			r.state = out.State(wanted, r.state.Set, r.exclusive)
		}
	case err == nil:
		wanted.Spelled = out.Spelled.Of(wanted.Accounts)
		wanted.Open = map[string]bool{}
		for _, id := range wanted.AppIDs {
			wanted.Open[id] = wanted.Mode == api.AllUser
		}
		r.state = Tracked{Set: wanted}
	case len(out.Touched) > 0:
		r.state = out.State(wanted, r.state.Set, r.exclusive)
	}
	r.memory = counting.Memory(r.state)
	return err
}

const lag = time.Minute

// drawFault makes requests of an apply fail that both worlds get: refused, or without an answer, whatever the service does.
func drawFault(t *rapid.T, twins ...*registry) {
	kind := rapid.IntRange(0, 11).Draw(t, "what requests fail with")
	first, all := rapid.IntRange(1, 3).Draw(t, "the first one that fails"), rapid.Bool().Draw(t, "and all others")
	if twins[0].rewrites != nil { // requests differ where one world has seen a spelling that the other has not
		first, all = 1, true
		if kind == 3 || kind == 4 {
			kind = 0
		}
	}
	for _, r := range twins {
		sent := len(r.requests)
		r.fault = func(request int, a api.Assignment) (before, after error) {
			if n := request - sent; n < first || n > first && !all {
				return nil, nil
			}
			lost := &rest.Error{Service: "office", Unanswered: true, Message: "lost"}
			switch kind {
			case 0:
				return answer(http.StatusForbidden), nil
			case 1:
				return answer(http.StatusBadRequest), nil
			case 2:
				return lost, nil
			case 3:
				return nil, lost
			case 4:
				time.AfterFunc(lag/2, func() {
					r.mu.Lock()
					defer r.mu.Unlock()
					_ = r.act(a)
				})
				return lost, nil
			case 5:
				return &rest.Error{Service: "office", Unsent: true, Message: "never sent"}, nil
			}
			return nil, nil
		}
	}
}

// drawRegistry gives twins of one service. An exclusive set takes decorated names into its state when it
// finds them, and can't tell them from its own then.
func drawRegistry(t *rapid.T, exclusive bool) (full, counts *registry) {
	actual := drawActual(t)
	o := drawOffice(t, actual)
	if rapid.IntRange(0, 3).Draw(t, "somebody is unknown") == 0 {
		o.strangers = map[string]bool{"user03": true, "User07": true}
	}
	switch how := rapid.IntRange(0, 5).Draw(t, "how names come back"); {
	case how == 0:
		o.foldCase = true
		o.rewrites = func(h api.Handle) api.Handle {
			a := h.Value()
			a.Name = strings.ToLower(a.Name)
			return a.Handle()
		}
	case how == 1 && !exclusive:
		o.foldCase = true // it takes both forms in requests
		o.rewrites = func(h api.Handle) api.Handle {
			a := h.Value()
			a.Name = strings.TrimSuffix(strings.ToLower(a.Name), "(group)") + "(group)"
			return a.Handle()
		}
	}
	for _, room := range o.apps {
		if o.rewrites != nil {
			room.accounts = api.Accounts{} // whoever was there before, and looks like one of the set, is somebody else
		}
	}
	twin := newOffice(nil)
	twin.duplicateAdd, twin.absentRemove, twin.strangers, twin.rewrites = o.duplicateAdd, o.absentRemove, o.strangers, o.rewrites
	twin.wipe, twin.records, twin.foldCase, twin.partial, twin.modes = o.wipe, o.records, o.foldCase, o.partial, o.modes
	for id, r := range o.apps {
		twin.apps[id] = &room{mode: r.mode, accounts: maps.Clone(r.accounts)}
	}
	full, counts = &registry{office: o, cap: 1 << 20}, &registry{office: twin, cap: 1 << 20}
	counts.page = max(0, rapid.IntRange(-10, 10).Draw(t, "the accounts of a page"))
	switch {
	case o.rewrites != nil && exclusive:
		counts.page = 100 // of accounts that are gone before a list has shown them nobody knows the spelling, and strangers may look like them
	case o.rewrites != nil:
		counts.page = max(1, counts.page)
	}
	switch rapid.IntRange(0, 4).Draw(t, "what the count says") {
	case 0:
		counts.cap = rapid.IntRange(0, 20).Draw(t, "the most it counts")
	case 1:
		counts.silent = true
	case 2:
		counts.late = map[string]int{}
	}
	return full, counts
}

// apart leaves of the accounts that such a service takes for one always the same.
func apart(accounts api.Accounts) {
	for h := range accounts {
		name := h.Value().Name
		if even := name[len(name)-1]%2 == 0; strings.HasPrefix(name, "User") != even {
			delete(accounts, h)
		}
	}
}

// meddle changes applications behind the back of both: it grants somebody, or revokes somebody, and never both.
func meddle(t *rapid.T, twins ...*registry) {
	who := drawAccounts(t, "others' accounts")
	for i := range 6 {
		id := fmt.Sprintf("app-%d", i)
		what := rapid.IntRange(0, 3).Draw(t, "what others do on "+id)
		for _, r := range twins {
			before := len(r.apps[id].accounts)
			for _, h := range sortedHandles(who) {
				h = r.row(h)
				switch what {
				case 0:
					addNew(r.apps[id].accounts, api.Accounts{h: ""})
				case 1:
					delete(r.apps[id].accounts, h)
				}
			}
			if r.late != nil && len(r.apps[id].accounts) != before {
				r.late[id] = before
			}
		}
	}
}

// Read by counts, a set has the same life as read in full, whatever the service does, as long as nobody puts an account in the
// place of another.
func TestCountingIsTheSame(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(life *rapid.T) {
		var failed any
		synctest.Test(t, func(t *testing.T) {
			defer func() { failed = recover() }()
			liveTwice(t.Context(), life)
		})
		if failed != nil {
			panic(failed)
		}
	})
}

func liveTwice(ctx context.Context, t *rapid.T) {
	exclusive := rapid.Bool().Draw(t, "exclusive")
	a, b := drawRegistry(t, exclusive)
	full, counts := &resident{client: a, lag: lag, exclusive: exclusive}, &resident{client: b, lag: lag, exclusive: exclusive, counts: true}
	for range 4 {
		wanted := drawSet(t, "wanted")
		if a.rewrites != nil {
			apart(wanted.Accounts)
		}
		both := func(what string, do func(r *resident) error) {
			var err, other error
			var done sync.WaitGroup
			done.Go(func() { err = do(full) })
			other = do(counts)
			done.Wait()
			same := fmt.Sprint(err) == fmt.Sprint(other)
			if a.rewrites != nil { // which spelling an error names depends on who has seen it
				same = (err == nil) == (other == nil)
			}
			if !same {
				t.Fatalf("%s in full: %v\nby counts: %v", what, err, other)
			}
			for id := range a.apps {
				if diff := cmp.Diff(a.granted(id), b.granted(id)); diff != "" || a.apps[id].mode != b.apps[id].mode {
					t.Fatalf("after the %s %s (-full +counts):\n%s", what, id, diff)
				}
			}
			was, is := full.state, counts.state
			was.Spelled, is.Spelled = nil, nil
			was.Unlisted.Until, is.Unlisted.Until = time.Time{}, time.Time{}
			if diff := cmp.Diff(was, is, byHandle); diff != "" {
				t.Fatalf("the state after the %s (-full +counts):\n%s", what, diff)
			}
		}
		time.Sleep(rapid.SampledFrom([]time.Duration{0, 2 * lag}).Draw(t, "pause"))
		meddle(t, a, b)
		both("refresh", func(r *resident) error { return r.refresh(ctx) })
		if rapid.Bool().Draw(t, "the world moves on") {
			meddle(t, a, b)
		}
		for _, r := range []*registry{a, b} { // a plan with an open one that joins is refused
			r.seen(new(Set), wanted)
		}
		drawFault(t, a, b)
		both("apply", func(r *resident) error { return r.apply(ctx, wanted) })
	}
}

// An account whose spelling nobody has seen, since a count has confirmed it, stays in the state when it can't be revoked.
func TestCountingKeepsWhomNobodySaw(t *testing.T) {
	t.Parallel()
	o := newOffice(Actual{"app": {App: api.App{ID: "app", AuthorizationType: api.AssignUser}}})
	o.foldCase = true
	o.rewrites = func(h api.Handle) api.Handle {
		a := h.Value()
		a.Name = strings.ToLower(a.Name)
		return a.Handle()
	}
	r := &resident{client: &registry{office: o, page: 1, cap: 10}, lag: lag, counts: true}
	set := func(names ...string) Set {
		return Set{AppIDs: []string{"app"}, Mode: api.AssignUser, Accounts: accountsOf(names...)}
	}
	if err := r.apply(t.Context(), set("Alice", "zoe")); err != nil {
		t.Fatal(err)
	}
	if len(r.state.Spelled) > 0 || !r.memory.Unseen {
		t.Fatalf("somebody has seen %v", r.state.Spelled)
	}
	o.fault = func(int, api.Assignment) (before, after error) { return answer(http.StatusBadRequest), nil }
	if err := r.apply(t.Context(), set()); err == nil {
		t.Error("no error")
	}
	if diff := cmp.Diff(accountsOf("Alice", "zoe"), r.state.Accounts, byHandle); diff != "" {
		t.Error(diff)
	}
	if len(r.memory.Counts) > 0 {
		t.Errorf("after a request that failed it remembers %v", r.memory.Counts)
	}
}

// What a count can't see is an account in the place of another, unless one of them is among the last of the list.
func TestCountingCantSeeASwap(t *testing.T) {
	t.Parallel()
	for came, seen := range map[string]bool{"a": false, "z": true} {
		o := newOffice(Actual{"app": {App: api.App{ID: "app", AuthorizationType: api.AssignUser}, Accounts: accountsOf("b", "c", "d")}})
		r := &resident{client: &registry{office: o, page: 2, cap: 10}, lag: lag, counts: true}
		r.state = Tracked{Set: Set{AppIDs: []string{"app"}, Mode: api.AssignUser, Accounts: accountsOf("b", "c", "d")}}
		mustRefresh := func() {
			t.Helper()
			if err := r.refresh(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		mustRefresh() // in full, since there is nothing to compare with
		delete(o.apps["app"].accounts, account("b"))
		o.apps["app"].accounts[account(came)] = ""
		mustRefresh()
		if left := !r.state.Lists(account("b")); left != seen {
			t.Errorf("%s came in the place of b: seen %t, want %t", came, left, seen)
		}
	}
}

// A service that was seen to count otherwise than it lists is not asked to count again, and nothing is remembered of its counts.
func TestCountingBelievesNoServiceThatCountedWrong(t *testing.T) {
	t.Parallel()
	status := func(id string) Status {
		return Status{App: api.App{ID: id, AuthorizationType: api.AssignUser}, Accounts: accountsOf("a", "b", "c")}
	}
	o := newOffice(Actual{"app-1": status("app-1"), "app-2": status("app-2")})
	w := &registry{office: o, cap: 2}
	state := Tracked{Set: Set{AppIDs: []string{"app-1", "app-2"}, Mode: api.AssignUser, Accounts: accountsOf("a", "b", "c")}}
	c := NewCounting(w, &Counts{}, Set{}, state, Memory{Counts: map[string]int{"app-1": 3, "app-2": 3}})
	if _, err := c.Apps(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, id := range state.AppIDs {
		if listed, err := c.Authorizations(t.Context(), id); err != nil || len(listed) != 3 {
			t.Errorf("%s has %v: %v", id, listed, err)
		}
	}
	if counts := c.Memory(state).Counts; w.counted != 1 || len(counts) > 0 {
		t.Errorf("it was asked %d times, want once, and %v are remembered", w.counted, counts)
	}
}
