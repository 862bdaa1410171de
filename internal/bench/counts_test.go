// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package bench

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/appaccess/terraform-provider-appaccess/internal/acctest/core"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/huaweicloud"
)

// With verification = "count", 20,000 accounts on 20 applications take seconds, and their writes, where 100 accounts with each
// request take 20 minutes at the documented quota. What reads doesn't depend on the accounts, so that here are a tenth of them,
// and a tenth of the documented writes: twenty of the writes below stand for two hundred.
func TestCounts(t *testing.T) {
	t.Parallel()
	const accounts, apps = 2_000, 20
	quota := huaweicloud.Quota{Read: documented.Read, Write: documented.Write / 10}
	w := authorizationSet{size: accounts, apps: apps, counts: true}
	synctest.Test(t, func(t *testing.T) {
		s := startWith(t, w, quota)
		set := func(changed bool) []core.Resource { return []core.Resource{w.resource(changed)} }
		var plan *core.Plan
		planned := func(p *core.Plan, err error) {
			t.Helper()
			if err == nil {
				err = p.Err()
			}
			if err != nil {
				t.Fatal(err)
			}
			plan = p
		}
		for _, step := range []struct {
			name     string
			do       func()
			requests int
			within   time.Duration
		}{
			{"plan", func() { planned(s.Plan(t.Context(), set(false))) }, 1, time.Second},
			{"first apply", func() { s.apply(t, plan) }, 245 - 180, 2 * time.Minute},
			{"no-op plan", func() { planned(s.Plan(t.Context(), set(false))) }, 21, time.Second},
			{"plan of a 1 % change", func() { planned(s.Plan(t.Context(), set(true))) }, 21, time.Second},
			{"apply of a 1 % change", func() { s.apply(t, plan) }, 45, 2 * time.Second},
			{"destroy", func() { planned(s.PlanDestroy(t.Context(), set(true))); s.apply(t, plan) }, 265 - 180, 2 * time.Minute},
		} {
			time.Sleep(time.Minute) // the quota of the step before is free again
			s.recorder.Reset()
			began := time.Now()
			step.do()
			requests, took := s.recorder.Count(""), time.Since(began)
			t.Logf("%s: %d requests in %s", step.name, requests, took.Round(time.Second/10))
			if requests > step.requests || took > step.within {
				t.Errorf("%s: %d requests in %s, want at most %d in %s", step.name, requests, took, step.requests, step.within)
			}
			if step.name == "no-op plan" && !plan.Empty() {
				t.Error("the plan finds something to do")
			}
		}
	})
}

// Every step makes the least requests that counts leave, also where an account has drifted.
func TestCountsTakeTheLeast(t *testing.T) {
	t.Parallel()
	spec := Spec{Kind: AuthorizationSet, Size: 200, Apps: 21, Counts: true}
	w, err := spec.Workload()
	if err != nil {
		t.Fatal(err)
	}
	err = RunInProcess(t.Context(), spec, func(_ Step, run func() error) error { return run() }, func(step Step, requests map[string]int) error {
		if extra := more(StepResult{Requests: requests, Least: w.Least(step)}); extra != "" {
			t.Errorf("%s: %s: requests:%s", w.Title(), step, extra)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
