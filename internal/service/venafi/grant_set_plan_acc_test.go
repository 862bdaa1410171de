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

// strangers are grantees whom nobody lists.
func strangers(n int) []string {
	var ids []string
	for i := range n {
		ids = append(ids, fmt.Sprintf("AD+corp:%032d", i))
	}
	return ids
}

// A create over grants of others fails, names them, and gives the import; max_revocations doesn't
// let it pass. Imported, each shows.
func TestAccExclusive_create(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, mock.Switches{Order: mock.OrderUnstable})
	for _, id := range strangers(12) {
		p.give(maintainer(id))
	}
	cli := p.terraform()
	for _, more := range []string{"", "max_revocations = 12"} {
		cli.Write("main.tf", roleSet(exclusiveType, []string{"alice", alice}, more))
		plan := cli.Plan()
		mustFail(t, plan, "Access that is not listed would be taken away", "12 grantees", strangers(10)[9], "and 2 more", `import {`,
			`id = "application_maintainer/app-a"`, exclusiveType)
		if len(plan.Errors) != 1 || !strings.Contains(plan.Errors[0].Summary, "app-a") {
			t.Errorf("errors %v", plan.Errors)
		}
	}
	cli.Write("import.tf", "import {\n to = "+exclusiveAddress+"\n id = \"application_maintainer/app-a\"\n}\n")
	mustPlan(t, cli)
	if text := cli.Run("plan", "-no-color").Output; strings.Count(text, "- \"AD+corp:") != 12 {
		t.Errorf("12 grantees don't show with a -:\n%s", text)
	}
	mustApply(t, cli)
	p.check(p.holds(onA(alice)...))
	mustBeSilent(t, cli.Plan())

	// Whom the refresh has found shows in the diff, and is not warned of once more.
	p.give(maintainer(carol))
	plan := cli.Plan()
	mustBeSilent(t, plan)
	if plan.Changes[exclusiveAddress] != "update" {
		t.Errorf("changes %v", plan.Changes)
	}
}

// Who is granted the role between a plan and its apply is left alone, whatever kind of plan it is;
// a warning names them, and the next plan shows them.
func TestAccExclusive_appeared(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		plan    []string
		grantee []string
	}{
		"a moved resource":  {nil, []string{"alice", alice, "bob", bob}},
		"a grant":           {nil, []string{"alice", alice, "bob", bob}},
		"a revoke":          {nil, nil},
		"without a refresh": {[]string{"-refresh=false"}, []string{"alice", alice, "bob", bob}},
		"a replacement":     {[]string{"-replace=" + exclusiveAddress}, []string{"alice", alice}},
		"a destroy":         {[]string{"-destroy"}, []string{"alice", alice}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlatform(t, mock.Switches{})
			cli := p.cli()
			moved := ""
			cli.Write("main.tf", roleSet(exclusiveType, []string{"alice", alice}))
			if name == "a moved resource" {
				cli.Write("main.tf", roleSet(setType, []string{"alice", alice}))
				moved = "moved {\n  from = " + setAddress + "\n  to = " + exclusiveAddress + "\n}\n"
			}
			mustPlan(t, cli)
			mustApply(t, cli)
			cli.Write("main.tf", roleSet(exclusiveType, test.grantee)+moved)
			if len(test.plan) > 0 && test.plan[0] == "-refresh=false" {
				p.give(maintainer(carol))
			}
			mustPlan(t, cli, test.plan...)
			p.give(maintainer(carol))
			report := cli.Apply()
			if name == "a replacement" { // the new one is a create, and takes nobody's role away
				mustFail(t, report, "Access that is not listed would be taken away", carol)
				p.check(p.holds(onA(carol)...))
				return
			}
			mustWarn(t, report, "Access that the plan did not show is left alone", carol)
			want := []string{carol}
			for i := 1; i < len(test.grantee) && name != "a destroy"; i += 2 {
				want = append(want, test.grantee[i])
			}
			p.check(p.holds(onA(want...)...))
			if name == "a destroy" {
				mustWarn(t, report, "Access that the plan did not show is left alone", "import {")
				return
			}
			if text := cli.Run("plan", "-no-color").Output; !strings.Contains(text, "- \""+carol+"\"") {
				t.Errorf("the next plan doesn't show carol:\n%s", text)
			}
		})
	}
}

// An interrupted apply takes no more away when it is run again.
func TestAccExclusive_appearedMeanwhile(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, mock.Switches{})
	cli := p.oneByOne()
	cli.Write("main.tf", roleSet(exclusiveType, []string{"alice", alice}))
	mustPlan(t, cli)
	mustApply(t, cli)
	cli.Write("main.tf", roleSet(exclusiveType, []string{"bob", bob}))
	mustPlan(t, cli)
	p.fault("RevokeRole", mock.FaultResult, func(f *wire.Fault) { f.Times = 1 })
	if report := cli.Apply(); report.Code == 0 {
		t.Error("no error")
	}
	p.give(maintainer(carol))
	cli.Plan("-refresh=false")
	mustWarn(t, cli.Apply(), "Access that the plan did not show is left alone", carol)
	p.check(p.holds(onA(bob, carol)...))
}

func TestAccGrantSet_maxRevocations(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, mock.Switches{})
	cli := p.cli()
	all := []string{"alice", alice, "ops team", bob, "carol", carol}
	cli.Write("main.tf", roleSet(setType, all, "max_revocations = 1"))
	mustPlan(t, cli)
	mustApply(t, cli)
	cli.Write("main.tf", roleSet(setType, all[:2], "max_revocations = 1"))
	mustFail(t, cli.Plan(), "More would be revoked than max_revocations allows", "2 grantees", "allows 1", "ops team ("+bob+")", "max_revocations")
	cli.Write("main.tf", roleBlock(setType, all, `role = "application_owner"`, `application_id = "app-a"`, "max_revocations = 2"))
	mustFail(t, cli.Plan(), "More would be revoked than max_revocations allows", "3 grantees", "allows 2")

	// Who has lost the role already isn't revoked, and doesn't count.
	p.Venafi.Revoke(maintainer(bob))
	cli.Write("main.tf", roleSet(setType, all[:2], "max_revocations = 1"))
	mustBeSilent(t, mustPlan(t, cli))
	mustApply(t, cli)
	cli.Write("main.tf", roleSet(setType, all[:2], "max_revocations = 0"))
	mustPlan(t, cli)
	mustApply(t, cli)
	mustWarn(t, mustPlan(t, cli, "-destroy"), "Destroying revokes access", "1 grantee will be revoked", "alice ("+alice+")")
	mustApply(t, cli)
	p.check(p.holds())
}

// Nobody revokes the role of the identity that the provider is logged in as: neither listed nor
// foreign, neither by an update nor by a destroy, neither at plan nor at apply.
func TestAccGrantSet_ownIdentity(t *testing.T) {
	t.Parallel()
	const summary = "The provider's own role would be revoked"
	p := newPlatform(t, mock.Switches{})
	cli := p.cli()
	admins := func(kind string, grantees []string, more ...string) {
		cli.Write("main.tf", roleBlock(kind, grantees, append([]string{`role = "admin"`}, more...)...))
	}
	admins(exclusiveType, []string{"alice", alice}, "max_revocations = 5")
	mustFail(t, cli.Plan(), "Access that is not listed would be taken away", acctest.VenafiIdentity)

	me := strings.ToUpper(acctest.VenafiIdentity)
	admins(setType, []string{"alice", alice, "me", me})
	mustPlan(t, cli)
	mustApply(t, cli)
	p.Recorder.Reset()
	admins(setType, []string{"alice", alice})
	mustFail(t, cli.Plan(), summary, acctest.VenafiIdentity)
	mustFail(t, cli.Plan("-destroy"), summary, acctest.VenafiIdentity)
	admins(setType, []string{"alice", alice, "me", me}, `on_destroy = "keep"`)
	mustPlan(t, cli)
	mustApply(t, cli)
	mustBeSilent(t, mustPlan(t, cli, "-destroy"))
	mustApply(t, cli)
	if n := p.Recorder.Count("RevokeRole"); n != 0 {
		t.Errorf("%d revocations", n)
	}
}

func TestAccGrantSet_warnings(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, mock.Switches{})
	p.give(mock.Role{Role: mock.Auditor, Grantee: alice})
	cli := p.cli()
	cli.Write("main.tf", roleSet(setType, []string{"Anna", alice, "ops team", bob}))
	plan := cli.Plan()
	mustWarn(t, plan, "The role is overridden by a role on the whole installation", "auditor for Anna ("+alice+")", "role")
	if len(plan.Warnings) != 1 {
		t.Errorf("warnings %v", plan.Warnings)
	}
	mustApply(t, cli)
	mustBeSilent(t, cli.Plan())

	cli.Write("main.tf", roleSet(setType, []string{"Anna", alice, "ops team", bob}, "max_revocations = 3"))
	mustBeSilent(t, cli.Plan())
	cli.Write("main.tf", roleSet(setType, []string{"Anna", alice, "operations", bob}))
	mustBeSilent(t, cli.Plan())

	// The other way round, in the same plan.
	cli.Write("other.tf", strings.Replace(roleBlock(setType, []string{"Bob", bob}, `role = "grant_admin"`), `"test"`, `"global"`, 1))
	mustWarn(t, cli.Plan(), "A role on the whole installation overrides roles on applications", `application_maintainer of application "app-a" for Bob (`+bob+")")
	cli.Write("other.tf", "")

	cli.Write("main.tf", roleBlock(setType, []string{"Bob", bob}, `role = "application_owner"`, `application_id = "app-a"`))
	plan = cli.Plan()
	mustWarn(t, plan, "Replacing revokes access", "2 grantees will be revoked", "Anna ("+alice+")")
	if len(plan.Warnings) != 1 {
		t.Errorf("warnings %v", plan.Warnings)
	}
}

// An apply that takes more than a minute under the quota says so.
func TestAccGrantSet_slow(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, mock.Switches{})
	cli := p.cli()
	cli.Write("services.tf", p.ProviderWith("", "", "requests_per_minute {\n      read = 0\n      write = 10\n    }"))
	cli.Write("main.tf", manyGrantees(31))
	mustWarn(t, cli.Plan(), "The apply takes a while", "31 requests", "about 3 minutes", "write = 10")
}

func manyGrantees(n int) string {
	return fmt.Sprintf(`
locals { ids = { for i in range(%d) : "operator ${i}" => format("AD+corp:%%032d", i) } }
resource %q "test" {
  role           = "application_maintainer"
  application_id = "app-a"
  grantees       = local.ids
}
`, n, setType)
}

// A plan makes no call that the refresh of the same run has made, however many grantees there are.
func TestAccGrantSet_calls(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, mock.Switches{UnknownGrantee: mock.GranteeAccepted})
	cli := p.cli()
	cli.Write("main.tf", manyGrantees(1000))
	p.Recorder.Reset()
	mustPlan(t, cli)
	p.check(p.calls(map[string]int{"AuthorizeOAuth": 1, "ListRoles": 1}))
	mustApply(t, cli)
	p.check(p.calls(map[string]int{"AuthorizeOAuth": 1, "GrantRole": 1000, "ListRoles": 2}))
	mustBeSilent(t, cli.Plan())
	p.check(p.calls(map[string]int{"AuthorizeOAuth": 1, "ListRoles": 1}))
	cli.Write("main.tf", strings.Replace(manyGrantees(1000), "range(1000)", "range(10, 1005)", 1))
	mustBeSilent(t, mustPlan(t, cli))
	p.check(p.calls(map[string]int{"AuthorizeOAuth": 1, "ListRoles": 1}))
	mustApply(t, cli)
	p.check(p.calls(map[string]int{"AuthorizeOAuth": 1, "GrantRole": 5, "RevokeRole": 10, "ListRoles": 2}))
	mustPlan(t, cli, "-destroy")
	p.check(p.calls(map[string]int{"AuthorizeOAuth": 2, "ListRoles": 1})) // the destroy is planned in a process of its own, which asks who it is
	mustApply(t, cli)
	p.check(p.calls(map[string]int{"AuthorizeOAuth": 1, "RevokeRole": 995, "ListRoles": 2}))
	p.check(p.holds())
}

// What is known only after apply is checked then.
func TestAccGrantSet_unknown(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, mock.Switches{})
	cli := p.terraform()
	config := func(id string) string {
		return fmt.Sprintf("resource \"terraform_data\" \"id\" { input = %q }\n", id) +
			strings.Replace(roleSet(setType, []string{"alice", alice, "late", bob}), `"`+bob+`"`, "terraform_data.id.output", 1)
	}
	cli.Write("main.tf", config(strings.ToUpper(alice)))
	p.Recorder.Reset()
	mustBeSilent(t, cli.Plan())
	p.check(p.calls(map[string]int{}))
	mustFail(t, cli.Apply(), "Two labels for one identity", `"alice"`, `"late"`)
	if n := p.Recorder.Count("GrantRole"); n != 0 {
		t.Errorf("%d grants", n)
	}
	cli.Write("main.tf", config(bob))
	mustPlan(t, cli)
	mustApply(t, cli)
	p.check(p.holds(onA(alice, bob)...))
	mustBeSilent(t, cli.Plan())

	// Nobody loses a role either when the plan did not know the grantees.
	cli.Write("own.tf", strings.NewReplacer(`"`+bob+`"`, "terraform_data.me.output", `"test"`, `"own"`).Replace(
		"resource \"terraform_data\" \"me\" { input = \""+alice+"\" }\n"+roleBlock(exclusiveType, []string{"late", bob}, `role = "admin"`, "max_revocations = 9")))
	mustPlan(t, cli)
	mustFail(t, cli.Apply(), "Access that is not listed would be taken away", acctest.VenafiIdentity)
}
