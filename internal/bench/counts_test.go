// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package bench

import (
	"flag"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/appaccess/terraform-provider-appaccess/internal/acctest/core"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/huaweicloud"
)

var measure = flag.Bool("measure", false, "let TestCounts measure all 20,000 accounts in both modes: the numbers of the guide")

// With verification = "count", 20,000 accounts on 20 applications take seconds, and their writes,
// where 100 accounts with each request take 20 minutes at the documented quota. What reads doesn't
// depend on the accounts, so that here are a tenth of them, and a tenth of the documented writes:
// twenty of the writes below stand for two hundred.
func TestCounts(t *testing.T) {
	t.Parallel()
	modes, accounts, quota, fewer := []bool{true}, 2_000, documented, 180
	if *measure {
		modes, accounts, fewer = []bool{true, false}, 20_000, 0
	} else {
		quota.Write /= 10
	}
	for _, counts := range modes {
		w := authorizationSet{size: accounts, apps: 20, counts: counts}
		t.Run(w.verification(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { liveAtQuota(t, w, quota, fewer) })
		})
	}
}

// liveAtQuota measures each step, and holds what counts take against what they may take, less the
// writes that are fewer.
func liveAtQuota(t *testing.T, w authorizationSet, quota huaweicloud.Quota, fewer int) {
	t.Helper()
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
		{"first apply", func() { s.apply(t, plan) }, 245 - fewer, 2 * time.Minute},
		{"no-op plan", func() { planned(s.Plan(t.Context(), set(false))) }, 21, time.Second},
		{"plan of a 1 % change", func() { planned(s.Plan(t.Context(), set(true))) }, 21, time.Second},
		{"apply of a 1 % change", func() { s.apply(t, plan) }, 45, 2 * time.Second},
		{"destroy", func() { planned(s.PlanDestroy(t.Context(), set(true))); s.apply(t, plan) }, 265 - fewer, 2 * time.Minute},
	} {
		time.Sleep(time.Minute) // the quota of the step before is free again
		s.recorder.Reset()
		began := time.Now()
		step.do()
		requests, took := s.recorder.Count(""), time.Since(began)
		t.Logf("%s: %d requests in %s", step.name, requests, took.Round(time.Second/10))
		if w.counts && (requests > step.requests || took > step.within) {
			t.Errorf("%s: %d requests in %s, want at most %d in %s", step.name, requests, took, step.requests, step.within)
		}
		if step.name == "no-op plan" && !plan.Empty() {
			t.Error("the plan finds something to do")
		}
	}
}

// A plan that has read for minutes says so once, also where it finds nothing to do, and what it
// would take by counts.
func TestCountsAreAdvised(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		set         authorizationSet
		reads       int // a minute
		skipRefresh bool
		onDestroy   string // which changes without a request
		want        int
	}{
		"slow":                             {set: authorizationSet{size: 100, apps: 4}, reads: 3, want: 1},
		"slow, with a change of no access": {set: authorizationSet{size: 100, apps: 4}, reads: 3, onDestroy: "keep", want: 1},
		"less than a minute":               {set: authorizationSet{size: 100, apps: 4}, reads: 5},
		"without a quota":                  {set: authorizationSet{size: 100, apps: 4}},
		"without a refresh":                {set: authorizationSet{size: 100, apps: 4}, reads: 3, skipRefresh: true},
		"by counts":                        {set: authorizationSet{size: 100, apps: 9, counts: true}, reads: 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := startWith(t, tc.set, huaweicloud.Quota{Read: tc.reads})
				set := tc.set.resource(false)
				plan, err := s.Plan(t.Context(), []core.Resource{set})
				if err != nil {
					t.Fatal(err)
				}
				s.apply(t, plan)
				if tc.onDestroy != "" {
					set.Attributes["on_destroy"] = tc.onDestroy
				}
				s.SkipRefresh = tc.skipRefresh
				if plan, err = s.Plan(t.Context(), []core.Resource{set}); err != nil {
					t.Fatal(err)
				}
				if empty := tc.onDestroy == ""; plan.Empty() != empty || len(plan.Warnings) != tc.want {
					t.Fatalf("empty: %t, warnings: %v, want %d", plan.Empty(), plan.Warnings, tc.want)
				}
				for _, warning := range plan.Warnings {
					want := "Its refresh reads with about 9 requests. At requests_per_minute of read = 3 that takes about 2 minutes.\n\n" +
						`With verification = "count" in the provider block it would read with about 5 requests, and take less than a minute: see what that can't see.`
					if !strings.HasPrefix(warning.Summary, "The plan takes a while: ") || warning.Detail != want {
						t.Errorf("%s\n%s\nwant:\n%s", warning.Summary, warning.Detail, want)
					}
				}
			})
		})
	}
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
