// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package bench

import (
	"net/http"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/appaccess/terraform-provider-appaccess/internal/acctest/core"
	"github.com/appaccess/terraform-provider-appaccess/internal/bench/workload"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/huaweicloud"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

// These tests run the whole provider and the mock on a fake clock: what takes minutes of waiting
// takes seconds of CPU, and what is measured is waiting alone, to the millisecond, on however busy
// a machine.

const roundTrip = 50 * time.Millisecond

// slow is a service with a round trip of 50 ms on a fake clock, and a provider on it.
type slow struct {
	*core.Terraform

	service  Service
	recorder *wire.Recorder
}

// start needs a synctest bubble. Without a quota, the provider is told that there is none.
func start(t *testing.T, apps int, quota huaweicloud.Quota) slow {
	t.Helper()
	return startWith(t, authorizationSet{apps: apps}, quota)
}

func startWith(t *testing.T, w authorizationSet, quota huaweicloud.Quota) slow {
	t.Helper()
	recorder := &wire.Recorder{}
	service := w.Service(recorder, Conditions{Latency: roundTrip, ReadQuota: quota.Read, WriteQuota: quota.Write})
	network := newNetwork()
	server := &http.Server{Handler: service, ReadHeaderTimeout: time.Hour}
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(network) })
	t.Cleanup(func() {
		_ = server.Close()
		serving.Wait()
		for _, violation := range recorder.Violations() {
			t.Error(violation)
		}
	})
	return slow{terraformOn(network, providerBlock(quota, w.verification())), service, recorder}
}

// plan plans sets of so many accounts, each on applications of its own.
func (s slow) plan(t *testing.T, accounts int, apps ...[]string) *core.Plan {
	t.Helper()
	var sets []core.Resource
	for i, ids := range apps {
		set := authorizationSetOf(ids, workload.List(accounts))
		set.Name += strconv.Itoa(i)
		sets = append(sets, set)
	}
	plan, err := s.Plan(t.Context(), sets)
	if err == nil {
		err = plan.Err()
	}
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

func (s slow) apply(t *testing.T, plan *core.Plan) {
	t.Helper()
	diags, err := s.Apply(t.Context(), plan)
	if err == nil {
		err = diags.Err()
	}
	if err != nil {
		t.Error(err)
	}
}

// With no quota an apply takes what its requests' round trips take, as many at once as may be in
// flight. The writes of 20 applications go one after the other, and so do reading, writing and
// reading back.
func TestThroughputWithoutQuota(t *testing.T) {
	t.Parallel()
	const accounts, apps, concurrency = 5_000, 100, 8
	synctest.Test(t, func(t *testing.T) {
		s := start(t, apps, huaweicloud.Quota{})
		plan := s.plan(t, accounts, workload.AppIDs(apps))
		s.recorder.Reset()
		began := time.Now()
		s.apply(t, plan)
		took := time.Since(began)
		requests := s.recorder.Count("")
		w := authorizationSet{size: accounts, apps: apps}
		if least := sum(w.Least(Apply)); requests != least {
			t.Errorf("%d requests, want %d", requests, least)
		}
		best := time.Duration(requests) * roundTrip / concurrency
		t.Logf("%d requests took %s, at best %s: %.3f times", requests, took, best, ratio(took, best))
		if ratio(took, best) > 1.3 {
			t.Errorf("%d requests took %s, more than 1.3 times %s", requests, took, best)
		}
		if n := s.recorder.MaxInFlight(); n != concurrency {
			t.Errorf("%d requests were in flight at most, want %d", n, concurrency)
		}
	})
}

// Sets that are applied side by side use the documented quota to 95 % and more, are never told to
// slow down, and get an even share of it.
func TestThroughputWithQuota(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		apps     []int // of each set
		accounts int
		writes   bool // whether writes are what there is most of
	}{
		"one set":                        {apps: []int{20}, accounts: 6_050},
		"three sets":                     {apps: []int{20, 20, 20}, accounts: 3_050},
		"three sets that write the most": {apps: []int{1, 1, 1}, accounts: 9_050, writes: true},
		"a large and a small set":        {apps: []int{60, 15}, accounts: 3_050},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var first []int
				total := 0
				for _, n := range tc.apps {
					first = append(first, total)
					total += n
				}
				s := start(t, total, documented)
				var apps [][]string
				for i, n := range tc.apps {
					apps = append(apps, workload.AppIDs(total)[first[i]:first[i]+n])
				}
				plan := s.plan(t, tc.accounts, apps...)
				s.recorder.Reset()
				time.Sleep(time.Minute) // the quota of the plan's requests is free again
				s.apply(t, plan)
				exchanges := s.recorder.All()
				for _, e := range exchanges {
					if e.Status != http.StatusOK {
						t.Errorf("%s was answered %d", e.Operation, e.Status)
					}
				}
				uses, err := quotaUses(exchanges, first, documented)
				if err != nil {
					t.Fatal(err)
				}
				use := uses[1]
				if tc.writes {
					use = uses[0]
				}
				t.Logf("%+v", use)
				if use.Used < 0.95 || use.Used > 1 {
					t.Errorf("%.1f %% of the quota of %s are used", 100*use.Used, use.Operation)
				}
				if use.Minutes == 0 || use.Least < 0.85 || use.Most > 1.15 {
					t.Errorf("in %d minutes a set got %.2f to %.2f of its share", use.Minutes, use.Least, use.Most)
				}
			})
		})
	}
}
