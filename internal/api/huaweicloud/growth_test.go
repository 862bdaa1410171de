// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud

import (
	"bytes"
	"encoding/json"
	"runtime"
	"testing"

	"github.com/appaccess/terraform-provider-appaccess/internal/bench/workload"
)

// work is everything that is done with accounts and is no request.
var work = map[string]func(l loads, pages [][]byte){
	"Diff of a create":  func(l loads, _ [][]byte) { Diff(l.set, l.none, l.empty) },
	"Diff of nothing":   func(l loads, _ [][]byte) { Diff(l.set, l.set, l.full) },
	"Diff of a change":  func(l loads, _ [][]byte) { Diff(l.changed, l.set, l.full) },
	"Diff of a destroy": func(l loads, _ [][]byte) { Diff(l.none, l.set, l.full) },
	"Phases": func(l loads, _ [][]byte) {
		deltas := Diff(l.changed, l.none, l.full)
		for _, phase := range deltas.Phases() {
			for _, group := range phase {
				for i := range group.Len() {
					group.Request(i)
				}
			}
		}
	},
	"Track":              func(l loads, _ [][]byte) { Track(l.changed, l.full, false) },
	"Track, exclusively": func(l loads, _ [][]byte) { Track(l.changed, l.full, true) },
	"Import":             func(l loads, _ [][]byte) { Import(l.set.AppIDs, l.full, false) },
	"Remembered": func(l loads, _ [][]byte) {
		Remembered(Track(l.changed, l.full, false), nil)
	},
	"decode, and decode again": func(_ loads, pages [][]byte) {
		var known knownRecords
		var lists knownLists
		for range 2 {
			c := accountCollection{lists: &lists}
			for _, page := range pages {
				records, count, err := known.decode(page)
				if err != nil {
					panic(err)
				}
				c.add(records, count)
				c.size()
			}
			c.list()
		}
	},
	"reconcile": func(l loads, _ [][]byte) {
		deltas := Diff(l.changed, l.set, l.full)
		ledger := newLedger(deltas, l.changed.Accounts, l.full)
		for _, phase := range deltas.Phases() {
			for _, group := range phase {
				for i := range group.Len() {
					ledger.add(group.Request(i), nil)
				}
			}
		}
		out := Outcome{Actual: ledger.settle(ledger.estimate(l.full, l.set)), Touched: ledger.touched()}
		out.State(l.changed, l.set, true)
	},
}

func pagesOf(size int) [][]byte {
	var pages [][]byte
	list := workload.List(size)
	for from := 0; from < size; from += pageLimit {
		items := make([]accountInfo, 0, pageLimit)
		for _, a := range list[from : from+pageLimit] {
			items = append(items, accountInfo{Account: a.Name, Domain: a.Domain, AccountType: string(Simple), PlatformType: a.Platform})
		}
		var b bytes.Buffer
		if err := json.NewEncoder(&b).Encode(map[string]any{"count": size, "items": items}); err != nil {
			panic(err)
		}
		pages = append(pages, bytes.TrimSpace(b.Bytes()))
	}
	return pages
}

// Twice the accounts take at most 2.3 times the allocations. These are counted, so that it holds on any machine.
func TestAllocationsGrowAsAccountsDo(t *testing.T) { //nolint:paralleltest // others would be counted, too
	for name, do := range work {
		before := 0.0
		for _, size := range []int{2_000, 4_000, 8_000} {
			l, pages := newLoads(size, 3), pagesOf(size)
			now := testing.AllocsPerRun(1, func() { do(l, pages) })
			if before > 0 && now > 2.3*before+100 {
				t.Errorf("%s: %.0f allocations for %d accounts, %.0f for half of them", name, now, size, before)
			}
			before = now
		}
	}
}

// Applications that list the very same pages share one list, though its end is not known while the pages come.
func TestOneListForTheSamePages(t *testing.T) {
	t.Parallel()
	client := listedOn(t, 5_000, 2)
	var lists []Accounts
	for i := range 2 {
		list, err := client.ListAuthorizations(t.Context(), workload.AppID(i))
		if err != nil {
			t.Fatal(err)
		}
		if len(list) != 5_000 {
			t.Fatalf("%d accounts", len(list))
		}
		lists = append(lists, list)
	}
	if identity(lists[0]) != identity(lists[1]) {
		t.Error("there are two copies of one list")
	}
}

// However many applications list the same accounts, and however many lists are read at once, one copy is held.
func TestOneCopyForManyApps(t *testing.T) { //nolint:paralleltest // it measures the memory of the process
	const size, apps = 4_000, 60
	client := listedOn(t, size, apps)
	held := func() int64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	set := Set{AppIDs: workload.AppIDs(1), Mode: AssignUser, Accounts: Accounts{Account{Name: "somebody"}.Handle(): ""}}
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
