// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud/authset"
	mock "github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/huaweicloud"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

// Twenty applies of six sets side by side, in each of which accounts and applications go from one
// set to another: in the end who is in a set is granted on its applications, and nobody else is.
func TestHandoversSideBySide(t *testing.T) {
	t.Parallel()
	const seed, sets, people = 7, 6, 40
	random := rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // for a test
	ids := []string{"a", "b", "c"}
	apps := map[string]mock.App{}
	for _, id := range ids {
		apps[id] = mock.App{Name: id}
	}
	b := start(t, apps)
	b.faults.Add(wire.Fault{Kind: wire.Slow, Operation: mock.OpBatchUpdateAppAuthorizations, Delay: 15 * time.Millisecond, Probability: 0.5})
	b.faults.Add(wire.Fault{Kind: wire.Slow, Operation: mock.OpListAppAuthorizations, Delay: 2 * time.Millisecond, Probability: 0.1})
	prior := make([]authset.Set, sets)
	for round := range 20 {
		client, reservations := b.dial(), &authset.Reservations{} // each apply has a provider of its own
		wanted := make([]authset.Set, sets)
		for i := range wanted {
			wanted[i] = authset.Set{Mode: huaweicloud.AssignUser, Accounts: huaweicloud.Accounts{}}
			for _, id := range ids {
				if random.IntN(3) > 0 {
					wanted[i].AppIDs = append(wanted[i].AppIDs, id)
				}
			}
			if len(wanted[i].AppIDs) == 0 {
				wanted[i].AppIDs = ids[:1]
			}
		}
		for person := range people {
			h := user(fmt.Sprintf("user%02d", person)).Handle()
			wanted[random.IntN(sets)].Accounts[h] = "" // each belongs to one set, and moves about
		}
		var wg sync.WaitGroup
		for i := range sets {
			late := time.Duration(random.IntN(40)) * time.Millisecond
			wg.Go(func() {
				time.Sleep(late) // so that some have read, or begun to write, before others reserve
				_, err := authset.Reconcile(t.Context(), client, authset.Reconciliation{
					Wanted: wanted[i], Prior: prior[i], Exclusive: false, Reservations: reservations,
				})
				if err != nil {
					t.Errorf("round %d, set %d: %v", round, i, err)
				}
			})
		}
		wg.Wait()
		prior = wanted
		for _, id := range ids {
			var want []string
			for _, set := range wanted {
				if slices.Contains(set.AppIDs, id) {
					want = append(want, names(set.Accounts)...)
				}
			}
			slices.Sort(want)
			if got := b.listed(id); !slices.Equal(slices.Sorted(slices.Values(got)), want) {
				t.Fatalf("round %d: %s is granted to %q, want %q", round, id, got, want)
			}
		}
	}
	b.noViolations()
}

// Who reserves an account while its revocation is under way waits for it, however fresh the list is
// that was read before.
func TestReservationWaitsForWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	b := start(t, map[string]mock.App{"a": {Name: "a"}})
	set := func(names ...string) authset.Set {
		s := authset.Set{AppIDs: []string{"a"}, Mode: huaweicloud.AssignUser, Accounts: huaweicloud.Accounts{}}
		for _, name := range names {
			s.Accounts[user(name).Handle()] = ""
		}
		return s
	}
	reservations := &authset.Reservations{}
	apply := func(wanted, prior authset.Set) error {
		_, err := authset.Reconcile(t.Context(), b.client, authset.Reconciliation{Wanted: wanted, Prior: prior, Reservations: reservations})
		return err
	}
	if err := b.client.AssignAuthorizations(t.Context(), grant([]string{"a"}, "x", "y")); err != nil {
		t.Fatal(err)
	}
	if listed, err := b.client.Authorizations(t.Context(), "a"); err != nil || len(listed) != 2 {
		t.Fatal(listed, err)
	}
	arrived, release := b.hold(mock.OpBatchUpdateAppAuthorizations, 1)
	first, second := make(chan error, 1), make(chan error, 1)
	go func() { first <- apply(set("y"), set("x", "y")) }()
	<-arrived
	go func() { second <- apply(set("x"), set()) }()
	select {
	case err := <-second:
		t.Fatalf("the second apply did not wait: %v", err)
	case <-time.After(200 * time.Millisecond):
	}
	release()
	if err := <-first; err != nil {
		t.Error(err)
	}
	if err := <-second; err != nil {
		t.Error(err)
	}
	if got := b.listed("a"); !slices.Equal(slices.Sorted(slices.Values(got)), []string{"local.com/x", "local.com/y"}) {
		t.Errorf("%q are granted", got)
	}
}
