// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package bench

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/appaccess/terraform-provider-appaccess/internal/bench/inprocess"
	"github.com/appaccess/terraform-provider-appaccess/internal/bench/workload"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/huaweicloud"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
	"github.com/appaccess/terraform-provider-appaccess/internal/provider"
)

// These tests run the whole provider and the mock on a fake clock: what takes minutes of waiting takes seconds of CPU, and
// what is measured is waiting alone, to the millisecond, on however busy a machine.

const roundTrip = 50 * time.Millisecond

// slow is a service with a round trip of 50 ms on a fake clock, and a provider on it.
type slow struct {
	*inprocess.Process

	recorder *wire.Recorder
}

// start needs a synctest bubble. Without a quota, the provider is told that there is none.
func start(t *testing.T, apps int, quota huaweicloud.Quota) slow {
	t.Helper()
	w := authorizationSet{apps: apps}
	recorder := &wire.Recorder{}
	service := w.Service(recorder, Conditions{Latency: roundTrip, ReadQuota: quota.Read, WriteQuota: quota.Write})
	network := inprocess.NewNetwork()
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
	process, err := inprocess.Start(t.Context(), map[string]any{"huaweicloud": map[string]any{
		"region": region, "access_key": accessKey, "secret_key": secretKey, "project_id": projectID,
		"workspace_endpoint": "http://127.0.0.1", "iam_endpoint": "http://127.0.0.1",
		"requests_per_minute": map[string]int{"read": quota.Read, "write": quota.Write},
	}}, provider.WithDial(network.Dial))
	if err != nil {
		t.Fatal(err)
	}
	return slow{process, recorder}
}

// apply creates a set of so many accounts on the applications.
func (s slow) apply(t *testing.T, apps []string, accounts int) {
	t.Helper()
	set := &inprocess.Instance{TypeName: "appaccess_huaweicloud_app_authorization_set"}
	change, err := s.Plan(t.Context(), set, setData{apps, workload.ByDomain(workload.List(accounts))})
	if err == nil {
		err = s.Apply(t.Context(), set, change)
	}
	if err != nil {
		t.Error(err)
	}
}

// With no quota an apply takes what its requests' round trips take, as many at once as may be in flight. The writes of 20
// applications go one after the other, and so do reading, writing and reading back.
func TestThroughputWithoutQuota(t *testing.T) {
	t.Parallel()
	const accounts, apps, concurrency = 20_000, 100, 8
	synctest.Test(t, func(t *testing.T) {
		s := start(t, apps, huaweicloud.Quota{})
		began := time.Now()
		s.apply(t, workload.AppIDs(apps), accounts)
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

// documented are the limits of the service.
var documented = huaweicloud.Quota{Read: 200, Write: 100}

// served is when the service got the requests of one kind, of each of several sets.
type served map[int][]time.Time

// servedTo sorts the requests by the set whose application they name: the applications of set i begin at first[i].
func servedTo(t *testing.T, exchanges []wire.Exchange, operation string, first []int) served {
	t.Helper()
	out := served{}
	for _, e := range exchanges {
		if e.Status != http.StatusOK {
			t.Errorf("%s was answered %d", e.Operation, e.Status)
		}
		if e.Operation != operation {
			continue
		}
		text := e.Path
		if operation == huaweicloud.OpBatchUpdateAppAuthorizations {
			var body struct {
				AppIDs []string `json:"app_ids"`
			}
			if err := json.Unmarshal(e.Body, &body); err != nil {
				t.Fatal(err)
			}
			text = body.AppIDs[0]
		}
		app := appIndex(text)
		for i := range slices.Backward(first) {
			if app >= first[i] {
				out[i] = append(out[i], e.Started)
				break
			}
		}
	}
	return out
}

// appIndex is the number of the application whose id a text holds.
func appIndex(text string) (n int) {
	prefix := workload.AppID(0)[:24]
	_, _ = fmt.Sscanf(text[strings.Index(text, prefix)+len(prefix):], "%012d", &n)
	return n
}

func (s served) all() []time.Time {
	var all []time.Time
	for _, times := range s {
		all = append(all, times...)
	}
	slices.SortFunc(all, time.Time.Compare)
	return all
}

// used is the part of a quota that requests in a row have used: the time that so many take at least, to the time that they took.
func used(times []time.Time, perMinute int) float64 {
	least := time.Duration((len(times)-1)/perMinute) * time.Minute
	return ratio(least, times[len(times)-1].Sub(times[0]))
}

// Sets that are applied side by side use the documented quota to 95 % and more, are never told to slow down, and get an even share of it.
func TestThroughputWithQuota(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		apps     []int // of each set
		accounts int
		writes   bool // whether writes are what there is most of
	}{
		"one set":                        {apps: []int{20}, accounts: 6_050},
		"three sets":                     {apps: []int{20, 20, 20}, accounts: 3_050},
		"three sets that write the most": {apps: []int{1, 1, 1}, accounts: 15_000, writes: true},
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
				var applying sync.WaitGroup
				for i, n := range tc.apps {
					applying.Go(func() { s.apply(t, workload.AppIDs(total)[first[i]:first[i]+n], tc.accounts) })
				}
				applying.Wait()
				exchanges := s.recorder.All()
				operation, quota := huaweicloud.OpListAppAuthorizations, documented.Read
				if tc.writes {
					operation, quota = huaweicloud.OpBatchUpdateAppAuthorizations, documented.Write
				}
				requests := servedTo(t, exchanges, operation, first)
				if !tc.writes {
					requests = requests.after(servedTo(t, exchanges, huaweicloud.OpBatchUpdateAppAuthorizations, first))
				}
				if u := used(requests.all(), quota); u < 0.95 || u > 1 {
					t.Errorf("%.1f %% of the quota of %s are used", 100*u, operation)
				} else {
					t.Logf("%d requests use %.1f %% of the quota", len(requests.all()), 100*u)
				}
				requests.checkShares(t, quota)
			})
		})
	}
}

// after are each set's requests after the last of others.
func (s served) after(others served) served {
	out := served{}
	for i, times := range s {
		last := others[i][len(others[i])-1]
		out[i] = slices.DeleteFunc(slices.Clone(times), func(at time.Time) bool { return !at.After(last) })
	}
	return out
}

// checkShares counts each set's requests in every minute in which all of them have something to ask, but for the first one, in which
// nobody waits for the quota: until it is used up, who comes first is served first.
func (s served) checkShares(t *testing.T, quota int) {
	t.Helper()
	var from, to time.Time
	for _, times := range s {
		if from.IsZero() || times[0].After(from) {
			from = times[0]
		}
		if end := times[len(times)-1]; to.IsZero() || end.Before(to) {
			to = end
		}
	}
	minutes := 0
	for from = from.Add(time.Minute); from.Add(time.Minute).Before(to); from = from.Add(time.Minute) {
		minutes++
		for i, times := range s {
			n := 0
			for _, at := range times {
				if !at.Before(from) && at.Before(from.Add(time.Minute)) {
					n++
				}
			}
			fair := float64(quota) / float64(len(s))
			if share := float64(n) / fair; share < 0.9 || share > 1.1 {
				t.Errorf("set %d got %d requests in a minute, and its share is %.0f", i, n, fair)
			}
		}
	}
	if minutes == 0 {
		t.Error("there is no minute in which all sets ask")
	}
}
