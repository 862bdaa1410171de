// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package acctest

import (
	"context"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	tfjson "github.com/hashicorp/terraform-json"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/appaccess/terraform-provider-appaccess/internal/acctest/core"
)

// Steps runs the steps of a test case with a Terraform that this process plays, as Test does with a
// real one: every step plans, applies, and plans again to find nothing to do, and in the end all is
// destroyed. It plays steps with a configuration, imports by id and refreshes; anything else in a
// step ends the test.
func Steps(t *testing.T, c resource.TestCase) {
	t.Helper()
	if os.Getenv(TerraformForAll) != "" {
		Test(t, c)
		return
	}
	factory := c.ProtoV6ProviderFactories["appaccess"]
	if factory == nil {
		factory = Providers()["appaccess"]
	}
	s := &stepper{t: t, player: played(t, func() tfprotov6.ProviderServer {
		server, err := factory()
		if err != nil {
			panic(err) // none of ours makes one
		}
		return server
	})}
	for i, step := range c.Steps {
		if err := s.step(step); err != nil {
			t.Errorf("step %d of %d: %v", i+1, len(c.Steps), err)
			break
		}
	}
	if r := s.run(s.files, []string{"destroy", "-auto-approve"}); r.Code != 0 {
		t.Errorf("the destroy at the end: %s", r.Output)
	}
	if c.CheckDestroy != nil {
		if err := c.CheckDestroy(nil); err != nil {
			t.Errorf("after the destroy: %v", err)
		}
	}
}

// Life is Steps, or Test with a real Terraform: one position of a matrix of switches needs that,
// and the others what the provider answers.
func Life(t *testing.T, withTerraform bool, c resource.TestCase) {
	t.Helper()
	run := Steps
	if withTerraform {
		run = Test
	}
	run(t, c)
}

type stepper struct {
	*player

	t     *testing.T
	files map[string]string
}

// playable is a step without what is not played.
func playable(step resource.TestStep) resource.TestStep {
	step.ResourceName, step.PreConfig, step.Config, step.ExpectError, step.ExpectNonEmptyPlan, step.RefreshState, step.PlanOnly, step.PostApplyFunc =
		"", nil, "", nil, false, false, false, nil
	step.ConfigPlanChecks.PreApply, step.ConfigStateChecks, step.Destroy = nil, nil, false
	step.ImportState, step.ImportStateId, step.ImportStateVerify, step.ImportStateVerifyIdentifierAttribute = false, "", false, ""
	step.ImportStateVerifyIgnore = nil
	return step
}

func (s *stepper) step(step resource.TestStep) error {
	s.t.Helper()
	if !reflect.ValueOf(playable(step)).IsZero() {
		s.t.Fatalf("this process can't play the step %+v: use Test", step)
	}
	if step.PreConfig != nil {
		step.PreConfig()
	}
	if step.Config != "" {
		s.files = map[string]string{"main.tf": step.Config}
	}
	var report Report
	switch {
	case step.ImportState:
		report = s.imported(step)
	case step.RefreshState:
		if report = s.plan(s.files, false); report.Code == 0 {
			s.State = s.saved.plan.Refreshed
		}
	case step.PlanOnly:
	default:
		report = s.planned(step)
	}
	if report.Code == 0 && !step.ImportState {
		if report = s.plan(s.files, step.Destroy); report.Code == 0 && len(report.Changes) == 0 == step.ExpectNonEmptyPlan {
			return fmt.Errorf("the plan afterwards: %v\n%s", report.Changes, report.Output)
		}
	}
	switch found := report.Code != 0; {
	case step.ExpectError == nil && found:
		return fmt.Errorf("%s", report.Output)
	case step.ExpectError != nil && !found:
		return fmt.Errorf("no error, want %q", step.ExpectError)
	case step.ExpectError != nil && !step.ExpectError.MatchString(report.Output):
		return fmt.Errorf("the error is not %q:\n%s", step.ExpectError, report.Output)
	}
	return nil
}

// planned plans and applies.
func (s *stepper) planned(step resource.TestStep) Report {
	s.t.Helper()
	report := s.plan(s.files, step.Destroy)
	if report.Code != 0 {
		return report
	}
	plan := s.shown()
	for _, check := range step.ConfigPlanChecks.PreApply {
		var resp plancheck.CheckPlanResponse
		if check.CheckPlan(s.t.Context(), plancheck.CheckPlanRequest{Plan: plan}, &resp); resp.Error != nil {
			s.t.Errorf("the plan: %v", resp.Error)
		}
	}
	if s.apply(&report); report.Code != 0 {
		return report
	}
	if step.PostApplyFunc != nil {
		step.PostApplyFunc()
	}
	for _, check := range step.ConfigStateChecks {
		var resp statecheck.CheckStateResponse
		if check.CheckState(s.t.Context(), statecheck.CheckStateRequest{State: s.held()}, &resp); resp.Error != nil {
			s.t.Errorf("the state: %v", resp.Error)
		}
	}
	return report
}

// shown is the plan as terraform show -json gives it, as far as checks look at it.
func (s *stepper) shown() *tfjson.Plan {
	plan := &tfjson.Plan{}
	for a, change := range s.saved.plan.Changes {
		shown := &tfjson.ResourceChange{Address: a.String(), Type: a.Type, Name: a.Name, Mode: tfjson.ManagedResourceMode, Change: &tfjson.Change{
			Actions: map[core.Action]tfjson.Actions{
				core.NoOp: {tfjson.ActionNoop}, core.Create: {tfjson.ActionCreate}, core.Update: {tfjson.ActionUpdate}, core.Delete: {tfjson.ActionDelete},
				core.Replace: {tfjson.ActionDelete, tfjson.ActionCreate},
			}[change.Action],
			After: core.Plain(change.Planned),
		}}
		if object := s.saved.plan.Refreshed[a]; object != nil {
			shown.Change.Before = object.Attributes()
		}
		plan.ResourceChanges = append(plan.ResourceChanges, shown)
	}
	return plan
}

// held is the state as terraform show -json gives it.
func (s *stepper) held() *tfjson.State {
	module := &tfjson.StateModule{}
	for _, a := range sortedState(s.State) {
		identity, err := s.Identity(a)
		if err != nil {
			s.t.Fatal(err)
		}
		module.Resources = append(module.Resources, &tfjson.StateResource{
			Address: a.String(), Type: a.Type, Name: a.Name, Mode: tfjson.ManagedResourceMode, AttributeValues: s.State[a].Attributes(),
			IdentityValues: identity, IdentitySchemaVersion: new(uint64),
		})
	}
	return &tfjson.State{Values: &tfjson.StateValues{RootModule: module}}
}

// imported imports into an empty state, and compares what it finds when it is to be verified.
func (s *stepper) imported(step resource.TestStep) (report Report) {
	s.t.Helper()
	before, a := s.State, address(step.ResourceName)
	s.State = core.State{}
	defer func() { s.State = before }()
	s.configure(s.files)
	diags, err := s.Import(context.WithoutCancel(s.t.Context()), a, step.ImportStateId)
	s.report(&report, diags, err)
	if report.Code != 0 || !step.ImportStateVerify {
		return report
	}
	attributes := func(object *core.Object) []string {
		all := object.Attributes()
		for _, name := range step.ImportStateVerifyIgnore {
			delete(all, name)
		}
		return differences("", nil, all)
	}
	if got, want := attributes(s.State[a]), attributes(before[a]); !slices.Equal(got, want) {
		s.t.Errorf("%s: the import brought\n%s\nand the state is\n%s", a, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	return report
}
