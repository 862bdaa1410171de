// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud"
	mock "github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/huaweicloud"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

// A write between two pages of a listing would hide accounts that kept their access.
func TestListingsShowNoHalfOfAWrite(t *testing.T) {
	t.Parallel()
	b := start(t, map[string]mock.App{"a": {Name: "a"}})
	names := func(from int) (list []string) {
		for i := range 60 {
			list = append(list, fmt.Sprintf("user%03d", from+i))
		}
		return list
	}
	steady := huaweicloud.Assignment{AppIDs: []string{"a"}, AuthorizationType: huaweicloud.AssignUser}
	for i := range 3 {
		steady.Users = nil
		for j := range 80 {
			steady.Users = append(steady.Users, user(fmt.Sprintf("user9%d%02d", i, j)))
		}
		if err := b.client.AssignAuthorizations(t.Context(), steady); err != nil {
			t.Fatal(err)
		}
	}
	b.faults.Add(wire.Fault{Kind: wire.Slow, Operation: mock.OpListAppAuthorizations, Delay: 5 * time.Millisecond, Probability: 0.5})
	var wg sync.WaitGroup
	for writer := range 3 {
		wg.Go(func() {
			for i := range 8 { // as many leave as come: the count stays
				swap := huaweicloud.Assignment{AppIDs: []string{"a"}, AuthorizationType: huaweicloud.AssignUser}
				for j, name := range names(200 * writer) {
					other := names(200*writer + 100)[j]
					if i%2 == 1 {
						name, other = other, name
					}
					swap.Users = append(swap.Users, user(name))
					swap.DelUsers = append(swap.DelUsers, user(other))
				}
				if err := b.client.AssignAuthorizations(t.Context(), swap); err != nil {
					t.Error(err)
				}
				accounts, err := b.client.Authorizations(t.Context(), "a")
				if err != nil {
					t.Error(err)
				}
				for _, a := range swap.Users {
					if _, ok := accounts[a.Handle()]; !ok {
						t.Errorf("writer %d: %s was granted and is not listed", writer, a.Name)
						return
					}
				}
				for _, a := range swap.DelUsers {
					if _, ok := accounts[a.Handle()]; ok {
						t.Errorf("writer %d: %s was revoked and is listed", writer, a.Name)
						return
					}
				}
				for _, a := range steady.Users {
					if _, ok := accounts[a.Handle()]; !ok {
						t.Errorf("writer %d: %s is not listed", writer, a.Name)
						return
					}
				}
			}
		})
	}
	wg.Wait()
}

// Writes to one application never interleave, and all of them end up done: twenty writers, four
// applications, some of them in common.
func TestWritesToOneApplicationDoNotInterleave(t *testing.T) {
	t.Parallel()
	ids := []string{"a", "b", "c", "d"}
	apps := map[string]mock.App{}
	for _, id := range ids {
		apps[id] = mock.App{Name: id}
	}
	b := start(t, apps)
	b.faults.Add(wire.Fault{Kind: wire.Slow, Operation: mock.OpBatchUpdateAppAuthorizations, Delay: 3 * time.Millisecond, Probability: 0.7})
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			var mine []string
			for j, id := range ids {
				if i>>(j%2)&1 == 0 || i%4 == j {
					mine = append(mine, id)
				}
			}
			if i%2 == 1 {
				slices.Reverse(mine)
			}
			for j := range 3 {
				if err := b.client.AssignAuthorizations(t.Context(), grant(mine, fmt.Sprintf("writer%d-%d", i, j))); err != nil {
					t.Error(err)
				}
				if accounts, err := b.client.Authorizations(t.Context(), mine[0]); err != nil {
					t.Error(err)
				} else if _, ok := accounts[user(fmt.Sprintf("writer%d-%d", i, j)).Handle()]; !ok {
					t.Errorf("writer %d does not see its own write", i)
				}
			}
		})
	}
	wg.Wait()
	type write struct {
		from, to time.Time
		apps     []string
	}
	var writes []write
	overlap := 0
	for _, e := range b.recorder.All() {
		if e.Operation != mock.OpBatchUpdateAppAuthorizations {
			continue
		}
		var body struct {
			AppIDs []string `json:"app_ids"`
		}
		if err := json.Unmarshal(e.Body, &body); err != nil {
			t.Fatal(err)
		}
		w := write{e.Started, e.Ended, body.AppIDs}
		for _, o := range writes {
			if w.from.Before(o.to) && o.from.Before(w.to) {
				overlap++
				if slices.ContainsFunc(w.apps, func(id string) bool { return slices.Contains(o.apps, id) }) {
					t.Errorf("writes to %v and %v interleave", o.apps, w.apps)
				}
			}
		}
		writes = append(writes, w)
	}
	if len(writes) != 60 {
		t.Errorf("%d writes", len(writes))
	}
	for _, id := range ids {
		for i := range 20 {
			if (i%4 == slices.Index(ids, id)) && !slices.Contains(b.listed(id), fmt.Sprintf("local.com/writer%d-2", i)) {
				t.Errorf("writer %d did not reach %s", i, id)
			}
		}
	}
	b.noViolations()
	t.Logf("%d pairs of writes to different applications ran side by side", overlap)
}

// Who waits for another's write can be cancelled, and sends nothing.
func TestCancelWhileAnotherWrites(t *testing.T) {
	t.Parallel()
	b := start(t, map[string]mock.App{cad: {Name: "CAD"}, mail: {Name: "Mail"}})
	arrived, release := b.hold(mock.OpBatchUpdateAppAuthorizations, 1)
	done := make(chan error, 1)
	go func() { done <- b.client.AssignAuthorizations(t.Context(), grant([]string{mail}, "first")) }()
	<-arrived
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	err := b.client.AssignAuthorizations(ctx, grant([]string{cad, mail}, "second"))
	if e := failure(t, err); !errors.Is(err, context.DeadlineExceeded) || !e.Unsent || !strings.Contains(err.Error(), "stopped before it was sent") {
		t.Error(err)
	}
	release()
	if err := <-done; err != nil {
		t.Error(err)
	}
	// The lock that it held already is free again.
	if err := b.client.AssignAuthorizations(t.Context(), grant([]string{cad, mail}, "third")); err != nil {
		t.Error(err)
	}
	b.want(mock.OpBatchUpdateAppAuthorizations, 2)
}

// An interrupt lets the write that is under way end, within a second, and its outcome is known.
func TestInterruptedWrite(t *testing.T) {
	t.Parallel()
	b := start(t, map[string]mock.App{cad: {Name: "CAD"}})
	for name, tc := range map[string]struct {
		holds time.Duration
		fails bool
	}{"ends in time": {200 * time.Millisecond, false}, "hangs": {time.Hour, true}} {
		arrived, release := b.hold(mock.OpBatchUpdateAppAuthorizations, 1)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- b.client.AssignAuthorizations(ctx, grant([]string{cad}, "newcomer")) }()
		<-arrived
		interrupted := time.Now()
		cancel()
		time.AfterFunc(tc.holds, release)
		err := <-done
		if took := time.Since(interrupted); took > 1500*time.Millisecond {
			t.Errorf("%s: stopped after %s", name, took)
		}
		if (err != nil) != tc.fails || tc.fails && (!errors.Is(err, context.Canceled) || failure(t, err).Unsent) {
			t.Errorf("%s: %v", name, err)
		}
		b.faults.Clear()
	}
}
