// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package enos_test

import (
	"testing"

	"github.com/appaccess/terraform-provider-appaccess/internal/acctest"
	mock "github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/enos"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

// Faults that pass are not noticed, lost answers among them: the write may be repeated.
func TestAccFailure_passing(t *testing.T) {
	t.Parallel()
	g := newGateway(t, mock.Switches{})
	cli := g.cli()
	for i, kind := range []wire.FaultKind{
		wire.Throttle, wire.ServerError, wire.Unavailable, wire.ResetBefore, wire.ResetAfter, wire.Truncated, wire.HTML,
		mock.FaultTokenExpired, mock.FaultExhausted, mock.FaultDuplicateEncryption,
	} {
		types := [][]string{{"USER"}, {"ASSET", "ROLE"}}[i%2]
		cli.Write("main.tf", authorization(portal, types...))
		for _, operation := range []string{mock.GetAccessToken, mock.GetApplicationAuthorization, mock.UpdateApplicationAuthorization} {
			if kind == mock.FaultDuplicateEncryption && operation != mock.GetAccessToken || kind == mock.FaultExhausted && operation == mock.GetAccessToken {
				continue
			}
			g.Faults.Add(wire.Fault{Service: mock.ServiceName, Operation: operation, Kind: kind, Times: 1})
		}
		planned := cli.Plan()
		if applied := cli.Apply(); planned.Code != 0 || applied.Code != 0 {
			t.Errorf("%s: %v, %v", kind, planned.Errors, applied.Errors)
		}
		g.Faults.Clear()
		g.check(g.listed(portal, types...))
	}
}

// A write that fails for good leaves a state that tells the truth.
func TestAccFailure_lasting(t *testing.T) {
	t.Parallel()
	g := newGateway(t, mock.Switches{})
	cli := g.cli()
	// apply plans in peace, and applies under faults.
	apply := func(switches mock.Switches, faults ...wire.Fault) acctest.Report {
		t.Helper()
		if r := cli.Plan(); r.Code != 0 {
			t.Fatal(r.Errors)
		}
		return g.under(cli.Apply, switches, faults...)
	}
	destroy := func(switches mock.Switches) acctest.Report {
		t.Helper()
		if r := cli.Plan("-destroy"); r.Code != 0 {
			t.Fatal(r.Errors)
		}
		return g.under(cli.Apply, switches)
	}
	stateHas := func(want ...string) {
		t.Helper()
		cli.Write("main.tf", authorization(portal, want...))
		if report := cli.Plan(); len(report.Changes) != 0 || report.Code != 0 {
			t.Errorf("the state has something else than %v: %v, %v", want, report.Changes, report.Errors)
		}
	}
	stateIsEmpty := func() {
		t.Helper()
		if r := cli.Run("state", "list"); r.Stdout != "" {
			t.Errorf("the state has %s", r.Stdout)
		}
	}
	const done = "The data authorize types were set, although a call failed"
	refuses, lies := mock.Switches{SetData: mock.SetDataFalse}, mock.Switches{SetData: mock.SetDataFalseApplied}
	lost := wire.Fault{Operation: mock.UpdateApplicationAuthorization, Kind: wire.ResetAfter}
	// The first reading is that of the plan, which is made again, or that before the write.
	blindAfterPlan := wire.Fault{Operation: mock.GetApplicationAuthorization, Kind: wire.Unavailable, After: 1}

	// A create that the service refuses leaves nothing behind. One that it says to refuse and does
	// all the same is done.
	cli.Write("main.tf", authorization(portal, "USER"))
	mustFail(t, apply(refuses), "Unable to create the data authorization", portal, "data is not true")
	stateIsEmpty()
	mustWarn(t, apply(lies), done, "data is not true")
	stateHas("USER")

	// An update that is refused leaves what was there.
	cli.Write("main.tf", authorization(portal, "ASSET"))
	mustFail(t, apply(refuses), "Unable to update the data authorization", "data is not true")
	g.check(g.listed(portal, "USER"))
	stateHas("USER")

	// One whose answers all get lost is done; where nobody can be asked, the state waits for the
	// next refresh.
	cli.Write("main.tf", authorization(portal, "ASSET"))
	mustWarn(t, apply(mock.Switches{}, lost), done, portal)
	stateHas("ASSET")
	cli.Write("main.tf", authorization(portal, "ROLE"))
	mustFail(t, apply(mock.Switches{}, lost, blindAfterPlan), "Unable to update the data authorization", "could not be found out")
	g.check(g.listed(portal, "ROLE"))
	stateHas("ROLE")

	// What is accepted but can't be read back is a warning.
	cli.Write("main.tf", authorization(portal, "USER", "ROLE"))
	mustWarn(t, apply(mock.Switches{}, blindAfterPlan), "The data authorize types could not be read back", portal)
	stateHas("ROLE", "USER")

	// What is accepted but doesn't show is an error, and the state has what shows.
	cli.Write("main.tf", authorization(portal, "ASSET", "ROLE"))
	mustFail(t, apply(mock.Switches{Settling: mock.SettlingMinute}), "Unable to update the data authorization", "does not list ASSET", "still lists USER")
	g.set(portal, "USER", "ROLE")
	stateHas("ROLE", "USER")

	// A destroy that is refused keeps the resource; one that is not, whatever the service says,
	// doesn't.
	mustFail(t, destroy(refuses), "Unable to delete the data authorization", "data is not true")
	stateHas("ROLE", "USER")
	mustWarn(t, destroy(lies), done)
	g.check(g.listed(portal))
	stateIsEmpty()

	// A create whose outcome nobody knows is in the state, so that a destroy takes it back.
	cli.Write("main.tf", authorization(portal, "USER_OP"))
	mustFail(t, apply(mock.Switches{}, lost, blindAfterPlan), "Unable to create the data authorization", "could not be found out")
	g.check(g.listed(portal, "USER_OP"))
	if r := destroy(mock.Switches{}); r.Code != 0 {
		t.Error(r.Errors)
	}
	g.check(g.listed(portal))
}

// A write without an answer may still be acted on, though its repetition is refused and nothing is
// listed yet: the state holds what may be granted, and a destroy takes it back.
func TestAccFailure_refusedAfterNoAnswer(t *testing.T) {
	t.Parallel()
	for _, refusal := range []wire.FaultKind{mock.FaultForbidden, mock.FaultExhausted, wire.Throttle, mock.FaultUnavailable} {
		t.Run(string(refusal), func(t *testing.T) {
			t.Parallel()
			g := newGateway(t, mock.Switches{})
			cli := g.cli()
			cli.Write("main.tf", authorization(portal, "USER"))
			cli.Plan()
			g.Faults.Add(wire.Fault{Service: mock.ServiceName, Operation: mock.UpdateApplicationAuthorization, Kind: wire.ResetBefore, Times: 1})
			g.Faults.Add(wire.Fault{Service: mock.ServiceName, Operation: mock.UpdateApplicationAuthorization, Kind: refusal})
			mustFail(t, cli.Apply(), "Unable to create the data authorization")
			g.Faults.Clear()
			g.set(portal, "USER") // the service acts on the first attempt now
			if r := cli.Run("state", "list"); r.Stdout == "" {
				t.Error("the state has forgotten what may be granted")
			}
			cli.Plan("-destroy")
			mustApply(t, cli)
			g.check(g.listed(portal))
		})
	}
}

// A create is all or nothing: what the service accepted and does not list is taken back, and who
// had a type before keeps it. Nothing is in the state, and so nothing is tainted.
func TestAccFailure_createIsAllOrNothing(t *testing.T) {
	t.Parallel()
	g := newGateway(t, mock.Switches{})
	g.set(other, "USER")
	cli := g.cli()
	cli.Write("main.tf", authorization(other, "ASSET", "USER"))
	cli.Plan()
	mustFail(t, g.under(cli.Apply, mock.Switches{Settling: mock.SettlingMinute}), "Unable to create the data authorization", "does not list ASSET")
	if r := cli.Run("state", "list"); r.Stdout != "" {
		t.Errorf("the state has %s", r.Stdout)
	}
	g.check(g.listed(other, "USER"))
	if plan := cli.Plan(); plan.Changes[address] != "create" {
		t.Errorf("planned %v, %v", plan.Changes, plan.Errors)
	}
	mustApply(t, cli)
	g.check(g.listed(other, "ASSET", "USER"))
}

// A timeout says which one to raise.
func TestAccFailure_timeout(t *testing.T) {
	t.Parallel()
	g := newGateway(t, mock.Switches{})
	cli := g.cli()
	g.Faults.Add(wire.Fault{Service: mock.ServiceName, Operation: mock.UpdateApplicationAuthorization, Kind: wire.Unavailable, RetryAfter: "60"})
	cli.Write("main.tf", block("app_id = \""+portal+"\"\ndata_authorize_types = [\"USER\"]\ntimeouts { create = \"500ms\" }"))
	mustFail(t, cli.JSON("apply", "-auto-approve"), "Unable to create the data authorization", "raise timeouts.create", "500ms")
	g.check(g.listed(portal))
}
