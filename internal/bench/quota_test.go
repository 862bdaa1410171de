// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package bench

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/appaccess/terraform-provider-appaccess/internal/bench/workload"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/huaweicloud"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

// documented are the limits of the service (vendor page on limits per user and API).
var documented = huaweicloud.Quota{Read: 200, Write: 100}

// QuotaUse is what sets that are applied side by side have made of a quota.
type QuotaUse struct {
	Operation string
	Requests  int
	// Used is the time that so many requests take at least, to the time that they took: 1 is the
	// whole quota.
	Used float64
	// Least and Most are the smallest and the largest part of the quota that a set got in a minute
	// in which all of them had something to ask: 1 is an even share. Minutes is how many such
	// minutes there were. The first one doesn't count: until the quota is used up nobody waits, and
	// who comes first is served first.
	Least, Most float64
	Minutes     int
}

// quotaUses reads from the requests what was made of both quotas. The applications of set i begin
// with number first[i]. Of the lists, those count that read back what a set has written.
func quotaUses(exchanges []wire.Exchange, first []int, quota huaweicloud.Quota) ([]QuotaUse, error) {
	writes, err := servedTo(exchanges, huaweicloud.OpBatchUpdateAppAuthorizations, first)
	if err != nil {
		return nil, err
	}
	lists, err := servedTo(exchanges, huaweicloud.OpListAppAuthorizations, first)
	if err != nil {
		return nil, err
	}
	var begin time.Time // of reading back
	for i := range lists {
		if len(writes[i]) == 0 {
			return nil, fmt.Errorf("nothing was written for set %d", i)
		}
		last := writes[i][len(writes[i])-1]
		lists[i] = slices.DeleteFunc(lists[i], func(at time.Time) bool { return !at.After(last) })
		if len(lists[i]) == 0 {
			return nil, fmt.Errorf("nothing was read back for set %d", i)
		}
		if begin.IsZero() || lists[i][0].Before(begin) {
			begin = lists[i][0]
		}
	}
	var apps []time.Time // lists of applications, which all sets share, take from the same quota
	for _, e := range exchanges {
		if e.Operation == huaweicloud.OpListApps && !e.Started.Before(begin) {
			apps = append(apps, e.Started)
		}
	}
	return []QuotaUse{
		writes.use(huaweicloud.OpBatchUpdateAppAuthorizations, nil, quota.Write), lists.use(huaweicloud.OpListAppAuthorizations, apps, quota.Read),
	}, nil
}

// served is when the service got the requests of each of several sets, in order.
type served [][]time.Time

// servedTo sorts the requests of an operation by the set whose application they name.
func servedTo(exchanges []wire.Exchange, operation string, first []int) (served, error) {
	out := make(served, len(first))
	for _, e := range exchanges {
		if e.Operation != operation {
			continue
		}
		text := e.Path
		if operation == huaweicloud.OpBatchUpdateAppAuthorizations {
			var body struct {
				AppIDs []string `json:"app_ids"`
			}
			if err := json.Unmarshal(e.Body, &body); err != nil {
				return nil, err
			}
			text = body.AppIDs[0]
		}
		app, err := appIndex(text)
		if err != nil {
			return nil, err
		}
		set := len(first) - 1
		for first[set] > app {
			set--
		}
		out[set] = append(out[set], e.Started)
	}
	return out, nil
}

// appIndex is the number of the application whose id a text holds.
func appIndex(text string) (n int, err error) {
	prefix := workload.AppID(0)[:24]
	_, id, _ := strings.Cut(text, prefix)
	_, err = fmt.Sscanf(id, "%012d", &n)
	return n, err
}

// use is what became of a quota. shared are requests that belong to no set.
func (s served) use(operation string, shared []time.Time, perMinute int) QuotaUse {
	all := slices.Concat(slices.Concat(s...), shared)
	slices.SortFunc(all, time.Time.Compare)
	least := time.Duration((len(all)-1)/perMinute) * time.Minute
	use := QuotaUse{
		Operation: operation, Requests: len(all), Used: ratio(least, all[len(all)-1].Sub(all[0])), Least: math.Inf(1), Most: 0,
	}
	from, to := all[0], all[len(all)-1]
	for _, times := range s {
		if times[0].After(from) {
			from = times[0]
		}
		if end := times[len(times)-1]; end.Before(to) {
			to = end
		}
	}
	even := float64(perMinute) / float64(len(s))
	for from = from.Add(time.Minute); from.Add(time.Minute).Before(to); from = from.Add(time.Minute) {
		use.Minutes++
		for _, times := range s {
			n := 0
			for _, at := range times {
				if !at.Before(from) && at.Before(from.Add(time.Minute)) {
					n++
				}
			}
			use.Least, use.Most = min(use.Least, float64(n)/even), max(use.Most, float64(n)/even)
		}
	}
	if use.Minutes == 0 {
		use.Least = 0
	}
	return use
}
