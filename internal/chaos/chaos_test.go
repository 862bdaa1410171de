// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

// Package chaos proves that no fault, race, interrupt or malicious answer makes the provider lose,
// widen or misreport access, or leak a secret. Its tests run the whole provider against the mock
// services, most of them through package core, which plays Terraform in this process, some with a
// real Terraform.
package chaos

import (
	"flag"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/appaccess/terraform-provider-appaccess/internal/acctest"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/enos"
)

var (
	seeds          = flag.Int("chaos.seeds", 60, "how many worlds")
	first          = flag.Uint64("chaos.first", 1, "the seed of the first world")
	terraformSeeds = flag.Int("chaos.terraform", 2, "how many worlds with a real Terraform")
)

// newChaos makes a world of all three services.
func newChaos(t *testing.T, seed uint64) *world {
	t.Helper()
	w := newWorld(t, seed, acctest.Options{
		Enos: enos.Seed{Organizations: []enos.Organization{{ID: acctest.OrgID}}}, Venafi: venafiSeed(),
	})
	w.knobs = map[string]any{
		"max_retries":             []int{0, 1, 5}[w.rng.IntN(3)],
		"max_concurrent_requests": []int{1, 3, 8}[w.rng.IntN(3)],
	}
	if w.delay = 2 * time.Millisecond; w.one(20) {
		w.knobs["request_timeout"], w.delay = "60ms", 80*time.Millisecond
	}
	w.counts = seed%3 == 0
	w.tf.Provider = w.provider(w.knobs)
	w.tf.Parallelism = []int{1, 2, 10}[w.rng.IntN(3)]
	w.estates = append(w.estates, newWorkspace(w), newPortal(w), newTrust(w), newAccess(w), newRegistry(w))
	return w
}

// A world of each seed: random configurations, edits and faults, and services that change by
// themselves. See estate for what holds meanwhile, and world.settle for what holds afterwards.
func TestChaos(t *testing.T) {
	t.Parallel()
	for i := range uint64(*seeds) {
		seed := *first + i
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			t.Parallel()
			w := newChaos(t, seed)
			if err := w.live(); err != nil {
				t.Errorf("%v\n\nreplay: go test ./internal/chaos -run 'TestChaos$' -chaos.first=%d -chaos.seeds=1\n\n%s", err, seed, strings.Join(w.log, "\n"))
			}
		})
	}
}
