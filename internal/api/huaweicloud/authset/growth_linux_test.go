// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package authset

import (
	"fmt"
	"maps"
	"runtime"
	"syscall"
	"testing"
	"time"
	"unsafe"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud"
)

// What compares every account with every other shows in time alone. 64 times the accounts take up
// to 300 times as long, with the caches of the processor, and 4,096 times with such a step. So the
// limit is far from both. The time is that of the processor for this thread, the best of some runs.
func TestTimeGrowsAsAccountsDo(t *testing.T) { //nolint:paralleltest // it takes the time
	const small, large, limit = 1_000, 64_000, 1_000
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	smallLoads, largeLoads := newLoads(small, 1), newLoads(large, 1)
	for name, do := range work {
		var growth float64
		for range 3 { // a busy machine may disturb one run
			before := fastest(5, func() { do(smallLoads) })
			now := fastest(2, func() { do(largeLoads) })
			if growth = now.Seconds() / before.Seconds(); growth <= limit {
				break
			}
		}
		if growth > limit {
			t.Errorf("%s: %d accounts take %.0f times as long as %d", name, large, growth, small)
		}
		t.Logf("%s: %.0f times", name, growth)
	}
}

func fastest(runs int, do func()) time.Duration {
	best := time.Duration(1<<63 - 1)
	for range runs {
		began := threadTime()
		do()
		best = min(best, threadTime()-began)
	}
	return best
}

// threadTime is how long the processor has worked for this thread, to the nanosecond.
func threadTime() time.Duration {
	const clock = 3 // CLOCK_THREAD_CPUTIME_ID
	var ts syscall.Timespec
	if _, _, err := syscall.Syscall(syscall.SYS_CLOCK_GETTIME, clock, uintptr(unsafe.Pointer(&ts)), 0); err != 0 {
		panic(err)
	}
	return time.Duration(ts.Nano())
}

// What a set looks up in the reservations of others does not grow with their number, and what a
// failed apply has still to send grows as its applications do. Both would take 16 times as long,
// or 256.
func TestTimeGrowsAsSetsAndAppsDo(t *testing.T) { //nolint:paralleltest // it takes the time
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	const times, each = 16, 100
	for name, test := range map[string]struct {
		of    func(n int) (do func())
		small int
		limit float64
	}{
		"a look at one of many sets of an application": {limit: 6, small: 50, of: func(n int) func() {
			reservations, listed := &Reservations{}, api.Accounts{}
			var all []*reservation
			for i := range n {
				set := Set{AppIDs: []string{"a"}, Mode: api.AssignUser, Accounts: api.Accounts{}}
				for j := range each {
					set.Accounts[account(fmt.Sprintf("user%d-%d", i, j))] = ""
				}
				maps.Copy(listed, set.Accounts)
				own, err := reservations.reserve(t.Context(), newOffice(nil), Set{AppIDs: []string{"a"}, Mode: api.AssignUser}, set)
				if err != nil {
					t.Fatal(err)
				}
				own.decide(set)
				all = append(all, own)
			}
			prior := Set{AppIDs: []string{"a"}, Mode: api.AssignUser, Accounts: all[0].set.Accounts}
			actual := Actual{"a": {App: api.App{ID: "a", AuthorizationType: api.AssignUser}, Accounts: listed}}
			all[0].set = Set{}
			deltas := Diff(Set{}, prior, actual)
			return func() { deltas.Without(all[0].reserved) }
		}},
		"the next round of a refused apply": {limit: 64, small: 500, of: func(n int) func() {
			r, wanted := &run{log: newRequestLog(Deltas{}, nil, Set{}, nil)}, Set{Mode: api.AssignUser, Accounts: accountsOf("x")}
			actual := Actual{}
			for i := range n {
				id := fmt.Sprintf("app%d", i)
				wanted.AppIDs = append(wanted.AppIDs, id)
				actual[id] = Status{App: api.App{ID: id, AuthorizationType: api.AssignUser}}
			}
			deltas := Diff(wanted, Set{}, actual)
			for _, phase := range deltas.Phases() {
				for _, group := range phase {
					r.log.add(group.Request(0), answer(400))
				}
			}
			r.out.Actual = actual
			return func() { r.next(deltas) }
		}},
	} {
		var growth float64
		for range 3 { // a busy machine may disturb one run
			before, now := fastest(5, test.of(test.small)), fastest(3, test.of(times*test.small))
			if growth = now.Seconds() / before.Seconds(); growth <= test.limit {
				break
			}
		}
		if growth > test.limit {
			t.Errorf("%s: %d times as many take %.0f times as long", name, times, growth)
		}
		t.Logf("%s: %.0f times", name, growth)
	}
}
