// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package authset

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud"
)

// resident is a set with its state, and a service of its own: twins do the same in two worlds, one
// of which is read by counts.
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

// Read by counts, a set has the same life as read in full, whatever the service does, as long as
// nobody puts an account in the place of another.
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

// An account whose spelling nobody has seen, since a count has confirmed it, stays in the state
// when it can't be revoked.
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

// What a count can't see is an account in the place of another, unless one of them is among the
// last of the list.
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

// A service that was seen to count otherwise than it lists is not asked to count again, and nothing
// is remembered of its counts.
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
