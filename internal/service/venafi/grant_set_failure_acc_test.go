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

// oneByOne makes the order of requests certain.
func (p *platform) oneByOne() *acctest.CLI {
	cli := p.cli()
	cli.Write("services.tf", p.ProviderWith("", "", "max_concurrent_requests = 1"))
	return cli
}

// A create that fails midway takes back what it has granted: nothing is in the state, and nothing
// is tainted.
func TestAccGrantSet_failedCreate(t *testing.T) {
	t.Parallel()
	const size = 4
	for k := range size {
		t.Run(fmt.Sprint(k), func(t *testing.T) {
			t.Parallel()
			p := newPlatform(t, mock.Switches{UnknownGrantee: mock.GranteeAccepted})
			cli := p.oneByOne()
			cli.Write("main.tf", manyGrantees(size))
			mustPlan(t, cli)
			p.fault("GrantRole", mock.FaultInsufficientRight, func(f *wire.Fault) { f.After = k })
			p.Recorder.Reset()
			mustFail(t, cli.Apply(), "Unable to create the OAuth role grants", "insufficient_rights", fmt.Sprintf("Done: %d of 4 grants", k), "all or nothing")
			if n := p.Recorder.Count("GrantRole"); n != k+1 || p.Recorder.Count("RevokeRole") != k {
				t.Errorf("requests %v, want %d grants and %d revokes", p.Recorder.Counts(), k+1, k)
			}
			p.Faults.Clear()
			if state := cli.Run("state", "list").Output; strings.TrimSpace(state) != "" {
				t.Errorf("the state has %s", state)
			}
			p.check(p.holds())
			plan := cli.Plan()
			mustBeSilent(t, plan)
			if plan.Changes[setAddress] != "create" {
				t.Errorf("changes %v", plan.Changes)
			}
			p.Recorder.Reset()
			mustApply(t, cli)
			p.check(p.calls(map[string]int{"AuthorizeOAuth": 1, "GrantRole": size, "ListRoles": 2}))
			mustBeSilent(t, cli.Plan())
		})
	}
}

// An update revokes nobody before all grants are made, and goes on where it was stopped.
func TestAccGrantSet_failedUpdate(t *testing.T) {
	t.Parallel()
	for k := range 4 {
		t.Run(fmt.Sprint(k), func(t *testing.T) {
			t.Parallel()
			p := newPlatform(t, mock.Switches{UnknownGrantee: mock.GranteeAccepted})
			cli := p.oneByOne()
			cli.Write("main.tf", manyGrantees(4))
			mustPlan(t, cli)
			mustApply(t, cli)
			cli.Write("main.tf", strings.Replace(manyGrantees(4), "range(4)", "range(2, 6)", 1)) // two go, two come
			mustPlan(t, cli)
			operation, after := "GrantRole", k
			if k >= 2 {
				operation, after = "RevokeRole", k-2
			}
			p.fault(operation, mock.FaultResult, func(f *wire.Fault) { f.After = after })
			p.Recorder.Reset()
			mustFail(t, cli.Apply(), "Unable to update the OAuth role grants", fmt.Sprintf("Done: %d of 2 grants and %d of 2 revocations", min(k, 2), max(k-2, 0)))
			if k < 2 && p.Recorder.Count("RevokeRole") > 0 {
				t.Error("a revocation before all grants were made")
			}
			p.Faults.Clear()
			held := len(p.Venafi.Roles()) - 1
			if want := 4 + min(k, 2) - max(k-2, 0); held != want {
				t.Errorf("%d hold the role, want %d", held, want)
			}
			state := cli.Run("state", "show", "-no-color", setAddress).Output
			if n := strings.Count(state, "AD+corp:"); n != held {
				t.Errorf("the state has %d grantees, and %d hold the role:\n%s", n, held, state)
			}
			mustBeSilent(t, cli.Plan())
			p.Recorder.Reset()
			mustApply(t, cli)
			if n := p.Recorder.Count("GrantRole") + p.Recorder.Count("RevokeRole"); n != 4-k {
				t.Errorf("%d requests for the rest, want %d", n, 4-k)
			}
			mustBeSilent(t, cli.Plan())
		})
	}
}

// A grantee whom the server doesn't know is named, and the create is taken back.
func TestAccGrantSet_unknownGrantee(t *testing.T) {
	t.Parallel()
	const nobody = "local:{99999999-0000-4000-8000-000000000001}"
	p := newPlatform(t, mock.Switches{})
	p.give(maintainer(carol))
	p.fault(mock.IdentityValidate, mock.FaultInsufficientScope) // who may look finds out in the plan
	cli := p.cli()
	cli.Write("main.tf", roleSet(setType, []string{"alice", alice, "bob", bob, "carol", carol, "nobody", nobody}))
	mustPlan(t, cli)
	mustFail(t, cli.Apply(), "Unable to create the OAuth role grants", nobody, "Done: 2 of 3 grants", "all or nothing", "appaccess_venafi_identity")
	if state := cli.Run("state", "list").Output; strings.TrimSpace(state) != "" {
		t.Errorf("the state has %s", state)
	}
	p.check(p.holds(onA(carol)...)) // who had it before keeps it
}

// A destroy that fails midway keeps those in the state who still have the role.
func TestAccGrantSet_failedDestroy(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, mock.Switches{UnknownGrantee: mock.GranteeAccepted})
	cli := p.oneByOne()
	cli.Write("main.tf", manyGrantees(4))
	mustPlan(t, cli)
	mustApply(t, cli)
	mustPlan(t, cli, "-destroy")
	p.fault("RevokeRole", mock.FaultResult, func(f *wire.Fault) { f.After = 1 })
	mustFail(t, cli.Apply(), "Unable to delete the OAuth role grants", "1 of 4 revocations")
	p.Faults.Clear()
	if state := cli.Run("state", "show", "-no-color", setAddress).Output; strings.Count(state, "operator ") != 3 {
		t.Errorf("the state is not true:\n%s", state)
	}
	mustWarn(t, mustPlan(t, cli, "-destroy"), "Destroying revokes access", "3 grantees")
	mustApply(t, cli)
	p.check(p.holds())
}

// A lost answer is no failure: who holds the role decides.
func TestAccGrantSet_lostAnswers(t *testing.T) {
	t.Parallel()
	for _, kind := range []wire.FaultKind{wire.ResetAfter, wire.ResetBefore, wire.Unavailable, wire.HTML, wire.Truncated, mock.FaultRerun, mock.FaultTokenExpired, mock.FaultLateList} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			p := newPlatform(t, mock.Switches{DuplicateGrant: mock.ResultRights, AbsentRevoke: mock.ResultRights})
			cli := p.cli()
			cli.Write("main.tf", roleSet(setType, []string{"alice", alice, "bob", bob}))
			mustPlan(t, cli)
			p.fault("GrantRole", kind, func(f *wire.Fault) { f.Times = 1 })
			mustApply(t, cli)
			p.check(p.holds(onA(alice, bob)...))
			mustBeSilent(t, cli.Plan())
			cli.Write("main.tf", roleSet(setType, []string{"alice", alice}))
			mustPlan(t, cli)
			p.fault("RevokeRole", kind, func(f *wire.Fault) { f.Times = 1 })
			mustApply(t, cli)
			if p.Faults.Struck() < 2 {
				t.Errorf("%s struck %d times", kind, p.Faults.Struck())
			}
			p.check(p.holds(onA(alice)...))
			mustBeSilent(t, cli.Plan())
		})
	}
}

// A service that takes the role on other applications along is stopped after the first revocation.
func TestAccGrantSet_collateral(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, mock.Switches{RevokeApplicationID: mock.RevokeIgnores})
	for _, id := range []string{alice, bob} {
		p.give(mock.Role{Role: mock.Maintainer, Grantee: id, ApplicationID: "app-b"})
	}
	cli := p.cli()
	cli.Write("main.tf", roleSet(setType, []string{"alice", alice, "bob", bob, "carol", carol}))
	mustPlan(t, cli)
	mustApply(t, cli)
	mustPlan(t, cli, "-destroy")
	p.Recorder.Reset()
	mustFail(t, cli.Apply(), "Roles on other applications were lost", `application "app-b"`, "1 of 3 revocations")
	if n := p.Recorder.Count("RevokeRole"); n != 1 {
		t.Errorf("%d revocations", n)
	}
	state := cli.Run("state", "show", "-no-color", setAddress).Output
	held := 0
	for _, id := range []string{alice, bob, carol} {
		if strings.Contains(state, id) {
			held++
		}
	}
	if held != 2 {
		t.Errorf("the state has %d grantees, and 2 have the role:\n%s", held, state)
	}
}

// A role that another resource has just claimed is not revoked.
func TestAccGrantSet_handedOver(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, mock.Switches{})
	cli := p.terraform()
	cli.Write("main.tf", roleSet(setType, []string{"alice", alice, "bob", bob}))
	mustPlan(t, cli)
	mustApply(t, cli)
	// The new owner comes first, since the old one waits for it.
	cli.Write("main.tf", strings.Replace(roleSet(setType, []string{"bob", bob}), `"test"`, `"new"`, 1)+
		roleSet(setType, []string{"alice", alice}, "depends_on = ["+setType+".new]"))
	mustPlan(t, cli)
	report := mustApply(t, cli)
	mustWarn(t, report, "Not revoked", "bob ("+bob+")")
	p.check(p.holds(onA(alice, bob)...))
	mustBeSilent(t, cli.Plan())
}

// Who can't see the role is told so; nobody is taken for gone.
func TestAccGrantSet_notVisible(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, mock.Switches{})
	cli := p.cli()
	cli.Write("main.tf", roleSet(setType, []string{"alice", alice}))
	mustPlan(t, cli)
	mustApply(t, cli)
	p.give(mock.Role{Role: mock.Owner, Grantee: bob, ApplicationID: "app-b"})
	token, err := p.Venafi.IssueToken(acctest.VenafiClientID, bob, "admin")
	if err != nil {
		t.Fatal(err)
	}
	cli.Write("services.tf", fmt.Sprintf("provider \"appaccess\" {\n  venafi {\n    url = %q\n    access_token = %q\n  }\n}\n", p.URL, token))
	mustFail(t, cli.Plan(), "Unable to read the OAuth role grants", "sees the roles of those applications only that it owns")
}
