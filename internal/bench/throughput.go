// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// ThroughputSpec is an apply in which waiting is all there is to do.
type ThroughputSpec struct {
	Spec       Spec
	Conditions Conditions
}

// Throughput is how long it took, from the start of terraform to its end.
type Throughput struct {
	Of        ThroughputSpec
	What      string
	Requests  int
	Best      time.Duration `json:",omitempty"` // the requests' round trips, as many at once as may be in flight
	Took      time.Duration
	Throttled int        // answers 429
	Uses      []QuotaUse `json:",omitempty"`
}

// concurrency is the default of max_concurrent_requests.
const concurrency = 8

// Title says what is applied under which conditions.
func (s ThroughputSpec) Title() (string, error) {
	workload, err := s.Spec.Workload()
	if err != nil {
		return "", err
	}
	title := fmt.Sprintf("throughput: %s, round trip %s", workload.Title(), s.Conditions.Latency)
	if s.Conditions.ReadQuota > 0 {
		title += fmt.Sprintf(", %d reads and %d writes a minute", s.Conditions.ReadQuota, s.Conditions.WriteQuota)
	}
	return title, nil
}

// Throughput plans and applies a workload, and measures the apply.
func (r *Runner) Throughput(ctx context.Context, spec ThroughputSpec) (t Throughput, err error) {
	workload, err := spec.Spec.Workload()
	if err != nil {
		return t, err
	}
	dir, err := os.MkdirTemp(r.dir, "run-")
	if err != nil {
		return t, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	mock, err := startMock(ctx, spec.Spec, spec.Conditions)
	if err != nil {
		return t, err
	}
	defer func() { err = errors.Join(err, mock.stop()) }()
	w, err := newWorkspace(filepath.Join(dir, "real"), r.tools, r.tools.provider)
	if err != nil {
		return t, err
	}
	if err := w.configure(workload, mock.URL, spec.Conditions.quota(), false); err != nil {
		return t, err
	}
	if _, err := w.run(ctx, Plan); err != nil {
		return t, err
	}
	planning, err := mock.traffic()
	if err != nil {
		return t, err
	}
	cost, err := w.run(ctx, Apply)
	if err != nil {
		return t, err
	}
	traffic, err := mock.traffic()
	if err != nil {
		return t, err
	}
	t = Throughput{
		Of: spec, What: workload.Title(), Requests: sum(traffic.Requests), Took: cost.Wall,
		Throttled: planning.Throttled + traffic.Throttled, Uses: traffic.Uses,
	}
	if spec.Conditions.ReadQuota == 0 {
		t.Best = time.Duration(t.Requests) * spec.Conditions.Latency / concurrency
	}
	fmt.Fprintf(r.Progress, "%-50s apply took %s, at best %s; %d answers 429; %+v\n", t.What, t.Took, t.Best, t.Throttled, t.Uses)
	return t, nil
}
