// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi_test

import (
	"strings"
	"testing"

	"github.com/appaccess/terraform-provider-appaccess/internal/acctest"
	mock "github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/venafi"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

// What was made is taken back when somebody is refused, and what was changed becomes again what it
// was.
func TestAccOAuthAccess_createFails(t *testing.T) {
	t.Parallel()
	for _, position := range []string{"18", "6"} {
		p := newPlatform(t, mock.Switches{UnknownGrantee: position})
		p.rule(alice, "admin")
		cli := p.cli()
		trustees := people(alice, bob, carol)
		trustees["nobody"] = "local:{FFFFFFFF-0000-4000-8000-000000000000}" // of an odd spelling the plan believes no look-up
		cli.Write("main.tf", mayUse(accessSetType, "admin;configuration", trustees))
		mustPlan(t, cli)
		mustFail(t, cli.Apply(), `Unable to create the access to application "app-a"`, "FFFFFFFF", "all or nothing")
		p.check(p.ruled(alice + " admin"))
		if r := cli.Run("state", "list"); strings.TrimSpace(r.Stdout) != "" {
			t.Errorf("the state has %s", r.Stdout)
		}
	}
}

// Where that fails too, the state holds whom the failed create has let in, with the terms of their
// rules.
func TestAccOAuthAccess_undoFails(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, mock.Switches{})
	cli := p.oneByOne()
	cli.Write("main.tf", mayUse(accessSetType, "admin", people(alice, bob, carol)))
	mustPlan(t, cli)
	p.fault(mock.CreateRule, mock.FaultResult, func(f *wire.Fault) { f.After, f.Times = 2, 1 })
	p.fault(mock.DeleteRule, mock.FaultResult, func(f *wire.Fault) { f.After = 1 })
	mustFail(t, cli.Apply(), `Unable to create the access to application "app-a"`)
	p.check(p.ruled(alice + " admin"))
	if shown := cli.Run("show").Stdout; !strings.Contains(shown, alice) || strings.Contains(shown, bob) || !strings.Contains(shown, `"admin"`) {
		t.Errorf("the state is not what is true: %s", shown)
	}
	p.Faults.Clear()
	mustPlan(t, cli)
	mustApply(t, cli)
	p.check(p.ruled(alice+" admin", bob+" admin", carol+" admin"))
}

func TestAccOAuthAccess_faults(t *testing.T) {
	t.Parallel()
	for _, kind := range []wire.FaultKind{wire.ResetAfter, wire.ResetBefore, mock.FaultRerun, mock.FaultHTML503, mock.FaultTokenExpired, wire.Truncated} {
		p := newPlatform(t, mock.Switches{})
		cli := p.cli()
		cli.Write("main.tf", mayUse(accessSetType, "admin", people(alice, bob)))
		mustPlan(t, cli)
		for _, operation := range []string{mock.CreateRule, mock.UpdateRule, mock.DeleteRule, mock.GetRules} {
			p.fault(operation, kind, func(f *wire.Fault) { f.Times = 1 })
		}
		mustApply(t, cli)
		cli.Write("main.tf", mayUse(accessSetType, "configuration", people(alice)))
		mustPlan(t, cli)
		mustApply(t, cli)
		p.check(p.ruled(alice + " configuration"))
	}

	// After a failure the state says what is true.
	p := newPlatform(t, mock.Switches{})
	cli := p.cli()
	cli.Write("main.tf", mayUse(accessSetType, "admin", people(alice)))
	mustPlan(t, cli)
	mustApply(t, cli)
	cli.Write("main.tf", mayUse(accessSetType, "admin", people(bob)))
	mustPlan(t, cli)
	p.fault(mock.DeleteRule, mock.FaultResult)
	mustFail(t, cli.Apply(), `Unable to update the access to application "app-a"`, "The call failed")
	p.check(p.ruled(alice+" admin", bob+" admin"))
	if shown := cli.Run("show").Stdout; !strings.Contains(shown, alice) || !strings.Contains(shown, bob) {
		t.Errorf("the state is not what is true: %s", shown)
	}
	p.Faults.Clear()
	mustPlan(t, cli)
	mustApply(t, cli)
	p.check(p.ruled(bob + " admin"))
}

// The rule through which the provider is logged in neither goes nor becomes too narrow.
func TestAccOAuthAccess_lockout(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, mock.Switches{})
	cli := p.cli()
	own := func(scope string, trustees map[string]string) string {
		return strings.Replace(mayUse(accessSetType, scope, trustees), "app-a", acctest.VenafiClientID, 1)
	}
	both := people(alice)
	both["us"] = acctest.VenafiIdentity
	cli.Write("main.tf", own("admin;configuration", both))
	mustPlan(t, cli)
	mustApply(t, cli)
	cli.Write("main.tf", own("admin;configuration", people(alice)))
	mustFail(t, cli.Plan(), `The provider would lock itself out: application "acctest-client"`, "us ("+acctest.VenafiIdentity+")", "trustees")
	cli.Write("main.tf", own("admin", both))
	mustFail(t, cli.Plan(), `The provider would lock itself out: application "acctest-client"`, "maximum_scope lacks configuration")
	mustFail(t, cli.Plan("-destroy"), `The provider would lock itself out: application "acctest-client"`)
}

func TestAccOAuthAccess_refusals(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, mock.Switches{})
	cli := p.cli()
	cli.Write("main.tf", mayUse(accessSetType, "admin", map[string]string{"a": alice, "b": strings.ToUpper(alice[:5]) + alice[5:]}))
	mustFail(t, cli.Plan(), "Two labels for one identity", "trustees")
	cli.Write("main.tf", mayUse(accessSetType, "admin", map[string]string{"a": "bob"}))
	mustFail(t, cli.Plan(), "Not a prefixed universal ID")
	cli.Write("main.tf", mayUse(accessSetType, ";", people(alice)))
	mustFail(t, cli.Plan(), "Invalid scope", "maximum_scope")
	cli.Write("main.tf", strings.Replace(mayUse(accessSetType, "admin", people(alice)), "app-a", "gone", 1))
	mustFail(t, cli.Plan(), `Unable to plan the access to application "gone"`, "ApplicationNotFound", "application_id")
	p.check(p.Venafi.AddApplication(mock.Application{ID: "VenafiPlatform", Vendor: "Venafi, Inc.", Name: "Platform", MaximumScope: "admin"}))
	cli.Write("main.tf", strings.Replace(mayUse(accessExclusiveType, "admin", people(alice)), "app-a", "VenafiPlatform", 1))
	mustWarn(t, mustPlan(t, cli), `The vendor has registered this for a product of its own: application "VenafiPlatform"`, "Venafi, Inc.")
}

// An owner who may not see the rules is no proof that they are gone.
func TestAccOAuthAccess_unseen(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, mock.Switches{ForeignRules: mock.ForeignEmpty})
	cli := p.cli()
	cli.Write("main.tf", mayUse(accessSetType, "admin", people(alice)))
	mustPlan(t, cli)
	mustApply(t, cli)
	p.Venafi.Revoke(mock.Role{Role: mock.Admin, Grantee: acctest.VenafiIdentity})
	p.give(mock.Role{Role: mock.Owner, Grantee: acctest.VenafiIdentity, ApplicationID: "app-b"})
	mustFail(t, cli.Plan(), `Unable to read the access to application "app-a"`, "may not see them")
}
