// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

// Package model checks the provider against small models of its services: a few resources on a few
// targets, and random interleavings of creates, updates and destroys with late effects, lost
// answers, refusals and interrupts. Time is that of a bubble of testing/synctest and connections
// are pipes, so that a run waits for nothing.
package model

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/appaccess/terraform-provider-appaccess/internal/acctest/core"
)

var (
	first    = flag.Uint64("model.first", 1, "the seed of the first run")
	runs     = flag.Int("model.runs", 100, "how many runs of each service")
	failures = flag.Int("model.failures", 5, "how many runs of a service may fail before the rest is not tried")
	trace    = flag.Bool("model.trace", false, "show what each run did")
)

// Whatever happens on the way: nobody has access that is in no state and was not there before,
// nobody loses what is still wanted or what others gave and no plan showed, and one plan and apply
// without trouble converge.
func TestModel(t *testing.T) {
	t.Parallel()
	for name, estateOf := range map[string]func(*run) estate{"huaweicloud": newWorkspace, "enos": newPortal, "venafi": newTrust, "rules": newRules} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			failed := 0
			for i := range uint64(*runs) {
				seed := *first + i
				t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						r := newRun(t, seed, estateOf)
						defer r.close()
						err := r.live()
						if err != nil {
							failed++
							t.Errorf("%v\n\nreplay: go test ./internal/chaos/model -run 'TestModel/%s' -model.first=%d -model.runs=1\n\n%s\n",
								err, name, seed, strings.Join(r.log, "\n"))
						} else if *trace {
							t.Logf("seed %d\n%s\n", seed, strings.Join(r.log, "\n"))
						}
					})
				})
				if failed >= *failures {
					t.Fatalf("%d runs failed, the rest is not tried", failed)
				}
			}
		})
	}
}

// grants are what somebody has, as "target|who".
type grants map[string]bool

// estate is a service with the resources that are configured on it.
type estate interface {
	// edit changes the configuration.
	edit()
	// resources are the configuration.
	resources() []core.Resource
	// demolish makes the configuration empty.
	demolish()
	// ready makes way for what no plan may do by itself.
	ready(core.State)
	// keys are the grants that attributes name, be they those of a configuration or of a state.
	keys(attributes map[string]any) []string
	// granted are the grants that the service holds.
	granted() grants
	// calm lets reads show what was written last.
	calm()
	// strangers are grants that no configuration asks for.
	strangers() []string
	// grant and revoke change the service without Terraform.
	grant(key string)
	revoke(key string)
	// writes and reads are operations that may be struck.
	writes() []string
	reads() []string
}

// run is one seed.
type run struct {
	*bench

	t      *testing.T
	rng    *rand.Rand
	estate estate
	// foreign are the grants that others gave and that Terraform never adopted.
	foreign grants
	log     []string
}

func newRun(t *testing.T, seed uint64, estateOf func(*run) estate) *run {
	r := &run{t: t, rng: rand.New(rand.NewPCG(seed, 0x30de1)), foreign: grants{}}
	r.bench = newBench(t)
	r.tf.Parallelism = pick(r, 1, 2, 10)
	r.estate = estateOf(r)
	for _, key := range r.estate.strangers() {
		if r.one(30) {
			r.meddleWith(key)
		}
	}
	return r
}

// one tells true in n of a hundred cases.
func (r *run) one(n int) bool { return r.rng.IntN(100) < n }

func (r *run) note(format string, args ...any) { r.log = append(r.log, fmt.Sprintf(format, args...)) }

func pick[T any](r *run, from ...T) T { return from[r.rng.IntN(len(from))] }

// meddleWith grants or revokes what is no affair of Terraform.
func (r *run) meddleWith(key string) {
	if r.estate.granted()[key] {
		r.note("somebody revokes %s", key)
		r.estate.revoke(key)
		if !r.estate.granted()[key] {
			delete(r.foreign, key)
		}
		return
	}
	r.note("somebody grants %s", key)
	r.estate.grant(key)
	r.foreign[key] = true
}

// meddle changes the service without Terraform.
func (r *run) meddle() {
	for range 1 + r.rng.IntN(2) {
		keys := r.estate.strangers()
		if r.one(30) {
			keys = sorted(r.wanted())
		}
		if len(keys) > 0 {
			r.meddleWith(keys[r.rng.IntN(len(keys))])
		}
	}
}

// holders are the resources that hold each grant.
type holders map[string][]core.Address

func (h holders) add(a core.Address, keys []string) {
	for _, key := range keys {
		if !slices.Contains(h[key], a) {
			h[key] = append(h[key], a)
		}
	}
}

// wanted are the grants that the configuration asks for.
func (r *run) wanted() holders {
	out := holders{}
	for _, resource := range r.estate.resources() {
		out.add(resource.Address, r.estate.keys(asJSON(r.t, resource.Attributes)))
	}
	return out
}

// held are the grants that a state says are there, or may be.
func (r *run) held(state core.State) holders {
	out := holders{}
	for a, object := range state {
		out.add(a, r.estate.keys(object.Attributes()))
	}
	return out
}

// live is the whole life of a run.
func (r *run) live() error {
	for range 1 + r.rng.IntN(3) {
		r.estate.edit()
		if r.one(30) {
			r.meddle()
		}
		if err := r.round(); err != nil {
			return err
		}
	}
	if err := r.settle(); err != nil {
		return err
	}
	r.estate.demolish()
	if err := r.round(); err != nil {
		return err
	}
	if err := r.settle(); err != nil {
		return err
	}
	if len(r.tf.State) > 0 {
		return fmt.Errorf("the state is not empty after all was destroyed:\n%s", describe(r.tf.State))
	}
	if violations := r.mock.Recorder.Violations(); len(violations) > 0 {
		return fmt.Errorf("protocol violations: %q", violations)
	}
	return nil
}

// round plans and applies in trouble.
func (r *run) round() error {
	if r.one(15) {
		r.troubleReads()
	}
	plan, err := r.tf.Plan(r.t.Context(), r.estate.resources())
	r.mock.Faults.Clear()
	if err != nil {
		return err
	}
	r.note("plan: %v, errors: %v", plan.Actions(), plan.Err())
	if bugs := plan.Bugs(); len(bugs) > 0 {
		return fmt.Errorf("plan: %+v", bugs)
	}
	if len(plan.Errors) > 0 {
		return nil
	}
	r.troubleWrites()
	if r.one(15) {
		r.interruptAt(1+r.rng.IntN(8), r.one(50))
	}
	_, err = r.apply(plan)
	return err
}

// apply applies a plan, lets all effects come, and holds the service against the states.
func (r *run) apply(plan *core.Plan) (*core.Diagnostics, error) {
	before, planned := r.estate.granted(), r.held(plan.Refreshed)
	diags, err := r.tf.Apply(r.t.Context(), plan)
	r.mock.Faults.Clear()
	r.interruptAt(0, false)
	if err != nil {
		return nil, err
	}
	unsettled := r.mock.Faults.Unsettled()
	r.mock.Faults.Settle()
	r.estate.calm()
	r.note("apply: errors: %v; %d effects came later", diags.Err(), unsettled)
	if bugs := diags.Bugs(); len(bugs) > 0 {
		return nil, fmt.Errorf("apply: %+v", bugs)
	}
	wanted, granted, held := r.wanted(), r.estate.granted(), r.held(r.tf.State)
	var errs []error
	for _, key := range sorted(granted) {
		if held[key] != nil {
			delete(r.foreign, key) // adopted
		} else if !r.foreign[key] {
			errs = append(errs, fmt.Errorf("%s is granted and in no state", key))
		}
	}
	for _, key := range sorted(before) {
		switch {
		case granted[key]:
		case r.foreign[key] && planned[key] == nil:
			errs = append(errs, fmt.Errorf("%s was given by others, in no plan, and is lost", key))
		case planned[key] != nil && wanted[key] != nil && r.mustKeep(plan, diags, planned[key], wanted[key]):
			errs = append(errs, fmt.Errorf("%s is wanted, was there, and is lost", key))
		}
	}
	for key := range r.foreign {
		if !granted[key] {
			delete(r.foreign, key)
		}
	}
	if len(errs) > 0 {
		return nil, fmt.Errorf("after an apply: %w\nstate:\n%s", errors.Join(errs...), describe(r.tf.State))
	}
	return diags, nil
}

// mustKeep tells whether a grant may not be lost that some resources hold and some want. It may be
// where the one that lets go of it was applied before any that takes it over: a provider is not
// told what comes next.
func (r *run) mustKeep(plan *core.Plan, diags *core.Diagnostics, held, wanted []core.Address) bool {
	if slices.ContainsFunc(slices.Concat(held, wanted), func(a core.Address) bool {
		return plan.Changes[a] != nil && plan.Changes[a].Action == core.Replace // revoked and granted again, as Terraform says
	}) {
		return false
	}
	if !passes(held, wanted) {
		return true
	}
	began := func(list []core.Address) int {
		return slices.IndexFunc(diags.Began, func(a core.Address) bool { return slices.Contains(list, a) })
	}
	leaving := slices.DeleteFunc(slices.Clone(held), func(a core.Address) bool { return slices.Contains(wanted, a) })
	takes, leaves := began(wanted), began(leaving)
	return takes >= 0 && (leaves < 0 || takes < leaves)
}

// passes tells whether a grant goes from one resource to another.
func passes(held, wanted []core.Address) bool {
	return len(wanted) > 0 && slices.ContainsFunc(held, func(a core.Address) bool { return !slices.Contains(wanted, a) })
}

// settle is what has to hold once the trouble is over: one plan and apply converge, and the next
// plan is empty.
func (r *run) settle() error {
	time.Sleep(time.Minute)
	r.note("the trouble is over")
	r.estate.ready(r.tf.State)
	plan, err := r.tf.Plan(r.t.Context(), r.estate.resources())
	if err == nil {
		err = plan.Err()
	}
	if err != nil {
		return fmt.Errorf("the plan without trouble: %w", err)
	}
	r.note("plan: %v", plan.Actions())
	// What two states hold since an apply failed half-way is lost where one of them lets it go and
	// the other has no change: Terraform doesn't tell the provider of that one when it applies. The
	// next plan shows it and grants it again.
	twice, wanted := false, r.wanted()
	for key, held := range r.held(plan.Refreshed) {
		twice = twice || passes(held, wanted[key]) && len(held) > 1
	}
	diags, err := r.apply(plan)
	if err == nil {
		err = diags.Err()
	}
	if err != nil {
		return fmt.Errorf("the apply without trouble: %w", err)
	}
	if twice {
		r.note("once more")
		if plan, err = r.tf.Plan(r.t.Context(), r.estate.resources()); err == nil {
			_, err = r.apply(plan)
		}
		if err != nil {
			return fmt.Errorf("the second apply without trouble: %w", err)
		}
	}
	granted := r.estate.granted()
	for _, key := range sorted(wanted) {
		if !granted[key] {
			return fmt.Errorf("%s is wanted, and one apply without trouble did not grant it", key)
		}
	}
	for _, key := range sorted(granted) {
		if wanted[key] == nil && !r.foreign[key] {
			return fmt.Errorf("%s is left, and nothing asks for it", key)
		}
	}
	if plan, err = r.tf.Plan(r.t.Context(), r.estate.resources()); err != nil {
		return err
	}
	if err := plan.Err(); err != nil {
		return fmt.Errorf("the plan after the apply: %w", err)
	}
	if !plan.Empty() {
		return fmt.Errorf("the plan after the apply is not empty: %v\n%s", plan.Actions(), plan.Describe(r.tf.State))
	}
	return nil
}
