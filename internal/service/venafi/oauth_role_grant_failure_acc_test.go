// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/appaccess/terraform-provider-appaccess/internal/acctest"
	mock "github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/venafi"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

// Faults that pass are not noticed, lost answers among them: who holds the role decides.
func TestAccGrantFailure_passing(t *testing.T) {
	t.Parallel()
	for _, switches := range []mock.Switches{{}, {DuplicateGrant: mock.ResultRights, AbsentRevoke: mock.ResultRights}} {
		p := newPlatform(t, switches)
		cli := p.cli()
		once := func(f *wire.Fault) { f.Times = 1 }
		for _, kind := range []wire.FaultKind{
			wire.Throttle, wire.ServerError, wire.Unavailable, wire.ResetBefore, wire.ResetAfter, wire.Truncated, wire.HTML,
			mock.FaultRerun, mock.FaultTokenExpired, mock.FaultHTML503, mock.FaultLateList,
		} {
			for _, args := range [][]string{nil, {"-destroy"}} {
				cli.Write("main.tf", grant("test", maintainerOf(alice, "app-a")...))
				for _, operation := range []string{mock.AuthorizeOAuth, mock.ListRoles} {
					p.fault(operation, kind, once)
				}
				planned := cli.Plan(args...)
				for _, operation := range []string{mock.AuthorizeOAuth, mock.ListRoles, mock.GrantRole, mock.RevokeRole} {
					p.fault(operation, kind, once)
				}
				applied := cli.Apply()
				p.Faults.Clear()
				if planned.Code != 0 || applied.Code != 0 || len(applied.Warnings) > 0 {
					t.Errorf("%s %v: %v, %v, %v", kind, args, planned.Errors, applied.Errors, applied.Warnings)
				}
				want := []string{"application_maintainer app-a " + alice}
				if args != nil {
					want = nil
				}
				if err := p.holds(want...); err != nil {
					t.Errorf("%s %v: %v", kind, args, err)
				}
			}
		}
	}
}

// What the service refuses is explained at the attribute.
func TestAccGrantFailure_refused(t *testing.T) {
	t.Parallel()
	const summary = "Unable to create the OAuth role grant"
	p := newPlatform(t, mock.Switches{})
	cli := p.cli()
	apply := func(arguments ...string) acctest.Report {
		t.Helper()
		cli.Write("main.tf", grant("test", arguments...))
		mustPlan(t, cli)
		return cli.Apply()
	}
	// What the server can be asked before is an error of the plan.
	const planned = "Unable to plan the OAuth role grant"
	cli.Write("main.tf", grant("test", maintainerOf(alice, "App-A")...))
	mustFail(t, cli.Plan(), planned, `the server has no application "App-A"`, "application_id")
	cli.Write("main.tf", grant("test", "grantee", "local:{ffffffff-c842-4520-9142-b455f4ad2286}", "role", "admin"))
	mustFail(t, cli.Plan(), planned, "the server knows no identity local:{ffffffff-c842-4520-9142-b455f4ad2286}", "grantee")
	p.fault(mock.GrantRole, mock.FaultResult, func(f *wire.Fault) { f.Status = 5 })
	mustFail(t, apply(maintainerOf(alice, "app-a")...), summary, "Result 5 (DriverError)", alice)
	p.Faults.Clear()
	p.fault(mock.GrantRole, mock.FaultInsufficientRight)
	mustFail(t, apply(maintainerOf(alice, "app-a")...), summary, "insufficient_rights", "admin, or application_owner")
	p.Faults.Clear()
	p.check(p.holds())
	if r := cli.Run("state", "list"); r.Stdout != "" {
		t.Errorf("the state has %s", r.Stdout)
	}
}

// Callers who may not do all of it, and tokens that don't do.
func TestAccGrantFailure_callers(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, mock.Switches{})
	p.give(mock.Role{Role: mock.Maintainer, Grantee: alice, ApplicationID: "app-a"}, mock.Role{Role: mock.Owner, Grantee: bob, ApplicationID: "app-a"})
	cli := p.cli()
	as := func(identity, scope string) {
		t.Helper()
		token, err := p.Venafi.IssueToken(acctest.VenafiClientID, identity, scope)
		if err != nil {
			t.Fatal(err)
		}
		cli.Write("services.tf", fmt.Sprintf("provider \"appaccess\" {\nvenafi {\nurl = \"%s/vedsdk/\"\naccess_token = %q\n}\n}\n", p.URL, token))
	}
	const planning = "Unable to plan the OAuth role grant"
	cli.Write("main.tf", grant("test", maintainerOf(carol, "app-a")...))
	as(alice, "admin")
	mustFail(t, cli.Plan(), planning, "may not list roles", "auditor is enough to read", "scope admin")
	as(acctest.VenafiIdentity, "certificate:manage")
	mustFail(t, cli.Plan(), planning, "insufficient_scope", `has the scope "certificate:manage"`, "needs the scope admin")
	as(acctest.VenafiIdentity, "admin")
	p.Venafi.KillTokens()
	mustFail(t, cli.Plan(), planning, "invalid_token", "VENAFI_TOKEN")

	// An application owner does for the own application, and doesn't take what it can't see for
	// gone.
	as(bob, "admin")
	mustPlan(t, cli)
	mustApply(t, cli)
	mustBeSilent(t, mustPlan(t, cli))
	p.give(mock.Role{Role: mock.Auditor, Grantee: carol})
	cli.Write("main.tf", grant("test", maintainerOf(carol, "app-a")...)+grant("auditor", "grantee", carol, "role", "auditor"))
	as(acctest.VenafiIdentity, "admin")
	mustPlan(t, cli)
	mustApply(t, cli)
	as(bob, "admin")
	mustFail(t, cli.Plan(), "Unable to read the OAuth role grant", "sees the roles of those applications only that it owns")
}

// The service takes another application's role along.
func TestAccGrantFailure_collateral(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, mock.Switches{RevokeApplicationID: mock.RevokeIgnores})
	p.give(mock.Role{Role: mock.Maintainer, Grantee: alice, ApplicationID: "app-b"}, mock.Role{Role: mock.Owner, Grantee: alice, ApplicationID: "app-b"})
	cli := p.cli()
	cli.Write("main.tf", grant("test", maintainerOf(alice, "app-a")...))
	mustPlan(t, cli)
	mustApply(t, cli)
	mustPlan(t, cli, "-destroy")
	mustFail(t, cli.Apply(), "Roles on other applications were lost", `application_maintainer of application "app-b"`, "Grant these roles again")
	p.check(p.holds("application_owner app-b " + alice))
	if report := mustPlan(t, cli); report.Changes[address] != "create" {
		t.Errorf("changes %v: the refresh did not find the grant gone", report.Changes)
	}

	// Where nothing is taken along nothing is reported, and where all is revoked anyway neither.
	p.Venafi.SetSwitches(mock.Switches{})
	cli.Write("main.tf", grant("a", maintainerOf(alice, "app-a")...)+grant("b", maintainerOf(alice, "app-b")...))
	mustPlan(t, cli)
	mustApply(t, cli)
	cli.Write("main.tf", grant("a", maintainerOf(alice, "app-a")...))
	mustPlan(t, cli)
	mustApply(t, cli)
	p.check(p.holds("application_maintainer app-a "+alice, "application_owner app-b "+alice))
}

// Outcomes that nobody can find out leave the grant in the state.
func TestAccGrantFailure_unknownOutcome(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, mock.Switches{})
	cli := p.cli()
	cli.Write("main.tf", grant("test", maintainerOf(alice, "app-a")...))
	mustPlan(t, cli)
	p.fault(mock.GrantRole, wire.ResetAfter)
	p.fault(mock.ListRoles, wire.Unavailable, func(f *wire.Fault) { f.After = 1 })
	mustFail(t, cli.Apply(), "Unable to create the OAuth role grant", "could not be found out", "terraform untaint")
	p.Faults.Clear()
	if r := cli.Run("state", "list"); !strings.Contains(r.Stdout, address) {
		t.Errorf("the state has %q, want the grant", r.Stdout)
	}
	cli.Run("untaint", address)
	mustBeSilent(t, mustPlan(t, cli))

	mustPlan(t, cli, "-destroy")
	p.fault(mock.RevokeRole, wire.ResetAfter)
	p.fault(mock.ListRoles, wire.Unavailable, func(f *wire.Fault) { f.After = 1 })
	mustFail(t, cli.Apply(), "Unable to delete the OAuth role grant", "could not be found out")
	p.Faults.Clear()
	p.check(p.holds())
	if report := mustPlan(t, cli); report.Changes[address] != "create" {
		t.Errorf("changes %v: the refresh did not find the grant gone", report.Changes)
	}
}

// A timeout says which one to raise.
func TestAccGrantFailure_timeout(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, mock.Switches{})
	cli := p.cli()
	cli.Write("main.tf", strings.Replace(grant("test", maintainerOf(alice, "app-a")...), "}\n", "timeouts { create = \"500ms\" }\n}\n", 1))
	mustPlan(t, cli)
	p.fault(mock.GrantRole, wire.Throttle, func(f *wire.Fault) { f.RetryAfter = "60" })
	mustFail(t, cli.Apply(), "Unable to create the OAuth role grant", "raise timeouts.create", "500ms")
	p.check(p.holds())
}
