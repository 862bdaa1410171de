// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package authset

import (
	"math"
	"runtime"
	"testing"
	"time"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud"
	"github.com/appaccess/terraform-provider-appaccess/internal/bench/workload"
)

// work is everything that is done with accounts and is no request.
var work = map[string]func(l loads){
	"Diff of a create":  func(l loads) { Diff(l.set, l.none, l.empty) },
	"Diff of nothing":   func(l loads) { Diff(l.set, l.set, l.full) },
	"Diff of a change":  func(l loads) { Diff(l.changed, l.set, l.full) },
	"Diff of a destroy": func(l loads) { Diff(l.none, l.set, l.full) },
	"Phases": func(l loads) {
		deltas := Diff(l.changed, l.none, l.full)
		for _, phase := range deltas.Phases() {
			for _, group := range phase {
				for i := range group.Len() {
					group.Request(i)
				}
			}
		}
	},
	"Track":              func(l loads) { Track(l.changed, l.full, false) },
	"Track, exclusively": func(l loads) { Track(l.changed, l.full, true) },
	"Import":             func(l loads) { Import(l.set.AppIDs, l.full, false) },
	"Remembered": func(l loads) {
		Remembered(Track(l.changed, l.full, false), nil)
	},
	"reconcile": func(l loads) {
		deltas := Diff(l.changed, l.set, l.full)
		ledger := newRequestLog(deltas, l.changed.Accounts, Set{}, l.full)
		for _, phase := range deltas.Phases() {
			for _, group := range phase {
				for i := range group.Len() {
					ledger.add(group.Request(i), nil)
				}
			}
		}
		out := Outcome{Actual: ledger.settle(ledger.estimate(l.full, l.set), false), Touched: ledger.touched()}
		out.State(l.changed, l.set, true)
	},
}

// Twice the accounts take at most 2.3 times the allocations. These are counted, so that it holds on
// any machine.
func TestAllocationsGrowAsAccountsDo(t *testing.T) { //nolint:paralleltest // others would be counted, too
	for name, do := range work {
		before := 0.0
		for _, size := range []int{2_000, 4_000, 8_000} {
			l := newLoads(size, 3)
			now := testing.AllocsPerRun(1, func() { do(l) })
			if before > 0 && now > 2.3*before+100 {
				t.Errorf("%s: %.0f allocations for %d accounts, %.0f for half of them", name, now, size, before)
			}
			before = now
		}
	}
}

// However many applications list the same accounts, and however many lists are read at once, one
// copy is held.
func TestOneCopyForManyApps(t *testing.T) { //nolint:paralleltest // it measures the memory of the process
	const size, apps = 4_000, 60
	client := listedOn(t, size, apps)
	held := func() int64 {
		var m runtime.MemStats
		for last := uint64(math.MaxUint64); ; last = m.HeapAlloc { // what earlier tests have left goes in more than one turn
			runtime.GC()
			if runtime.ReadMemStats(&m); m.HeapAlloc+10_000 >= last {
				return int64(m.HeapAlloc)
			}
			time.Sleep(10 * time.Millisecond)
		}
	}
	set := Set{AppIDs: workload.AppIDs(1), Mode: api.AssignUser, Accounts: api.Accounts{api.Account{Name: "somebody"}.Handle(): ""}}
	observe := func() Actual {
		actual, err := Observe(t.Context(), client, set, Set{}, false)
		if err != nil {
			t.Fatal(err)
		}
		return actual
	}
	before := held()
	one := observe()
	copyOfOne := held() - before
	set.AppIDs = workload.AppIDs(apps)
	all := observe()
	more := held() - before - copyOfOne
	t.Logf("%d bytes for one application, %d more for %d others", copyOfOne, more, apps-1)
	if more > copyOfOne {
		t.Errorf("%d more applications that list the same take %d bytes, more than one copy of the list, which takes %d", apps-1, more, copyOfOne)
	}
	runtime.KeepAlive([]Actual{one, all})
	runtime.KeepAlive(client)
}
