// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/appaccess/terraform-provider-appaccess/internal/acctest"
	mock "github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/venafi"
)

// strangers are grantees whom nobody lists.
func strangers(n int) []string {
	var ids []string
	for i := range n {
		ids = append(ids, fmt.Sprintf("AD+corp:%032d", i))
	}
	return ids
}

// A create over grants of others fails, names them, and proposes the import; max_revocations lets it pass.
func TestAccExclusive_create(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, mock.Switches{Order: mock.OrderUnstable})
	for _, id := range strangers(12) {
		p.give(maintainer(id))
	}
	cli := p.cli()
	cli.Write("main.tf", roleSet(exclusiveType, []string{"alice", alice}))
	plan := cli.Plan()
	mustFail(t, plan, "The role has grantees that are not listed", "from 12 grantees", strangers(10)[9], "and 2 more", "terraform import", "max_revocations")
	mustWarn(t, plan, "Grantees that are not listed will be revoked", "12 grantees", strangers(1)[0], "and 2 more", "grantees")

	cli.Write("main.tf", roleSet(exclusiveType, []string{"alice", alice}, "max_revocations = 11"))
	mustFail(t, cli.Plan(), "More grantees would be revoked than max_revocations allows", "12 grantees", "allows 11", "terraform import")
	cli.Write("main.tf", roleSet(exclusiveType, []string{"alice", alice}, "max_revocations = 12"))
	plan = cli.Plan()
	mustWarn(t, plan, "Grantees that are not listed will be revoked", "12 grantees")
	if len(plan.Warnings) != 1 {
		t.Errorf("warnings %v", plan.Warnings)
	}
	mustApply(t, cli)
	p.check(p.holds(onA(alice)...))
	mustBeSilent(t, cli.Plan())

	// Whom the refresh has found shows in the diff, and is not warned of once more.
	p.give(maintainer(carol))
	plan = cli.Plan()
	mustBeSilent(t, plan)
	if plan.Changes[exclusiveAddress] != "update" {
		t.Errorf("changes %v", plan.Changes)
	}
	cli.Write("main.tf", roleSet(exclusiveType, []string{"Anna", alice}, "max_revocations = 12"))
	mustWarn(t, cli.Plan("-refresh=false"), "Grantees that are not listed will be revoked", "1 grantee", carol)
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
	mustFail(t, cli.Plan(), "More grantees would be revoked than max_revocations allows", "2 grantees", "allows 1", "ops team ("+bob+")", "max_revocations")
	cli.Write("main.tf", roleBlock(setType, all, `role = "application_owner"`, `application_id = "app-a"`, "max_revocations = 2"))
	mustFail(t, cli.Plan(), "More grantees would be revoked than max_revocations allows", "3 grantees", "application_maintainer", "allows 2")

	// Who has lost the role already isn't revoked, and doesn't count.
	p.Venafi.Revoke(maintainer(bob))
	cli.Write("main.tf", roleSet(setType, all[:2], "max_revocations = 1"))
	mustBeSilent(t, mustPlan(t, cli))
	mustApply(t, cli)
	cli.Write("main.tf", roleSet(setType, all[:2], "max_revocations = 0"))
	mustPlan(t, cli)
	mustApply(t, cli)
	mustWarn(t, mustPlan(t, cli, "-destroy"), "Destroying revokes access", "1 grantee will lose the role application_maintainer of application \"app-a\"", "alice ("+alice+")")
	mustApply(t, cli)
	p.check(p.holds())
}

// The world moves between plan and apply: the check runs again before anything is sent.
func TestAccExclusive_maxRevocationsAtApply(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, mock.Switches{})
	cli := p.cli()
	cli.Write("main.tf", roleSet(exclusiveType, []string{"alice", alice, "bob", bob}, "max_revocations = 1"))
	mustPlan(t, cli)
	mustApply(t, cli)
	cli.Write("main.tf", roleSet(exclusiveType, []string{"alice", alice}, "max_revocations = 1"))
	mustPlan(t, cli)
	p.give(maintainer(carol))
	p.Recorder.Reset()
	mustFail(t, cli.Apply(), "More grantees would be revoked than max_revocations allows", "2 grantees", carol)
	p.check(p.calls(map[string]int{"AuthorizeOAuth": 1, "ListRoles": 1}))
	p.check(p.holds(onA(alice, bob, carol)...))
}

// Nobody revokes the role of the identity that the provider is logged in as: neither listed nor foreign, neither by an update
// nor by a destroy, neither at plan nor at apply.
func TestAccGrantSet_ownIdentity(t *testing.T) {
	t.Parallel()
	const summary = "The provider's own role would be revoked"
	p := newPlatform(t, mock.Switches{})
	cli := p.cli()
	admins := func(kind string, grantees []string, more ...string) {
		cli.Write("main.tf", roleBlock(kind, grantees, append([]string{`role = "admin"`}, more...)...))
	}
	admins(exclusiveType, []string{"alice", alice}, "max_revocations = 5")
	mustFail(t, cli.Plan(), summary, acctest.VenafiIdentity, "List it in grantees")

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

	// At apply: the own grant appears after the plan.
	p = newPlatform(t, mock.Switches{})
	cli = p.cli()
	cli.Write("main.tf", roleSet(exclusiveType, []string{"alice", alice, "bob", bob}))
	mustPlan(t, cli)
	mustApply(t, cli)
	cli.Write("main.tf", roleSet(exclusiveType, []string{"carol", carol}))
	mustPlan(t, cli)
	p.give(maintainer(acctest.VenafiIdentity))
	p.Recorder.Reset()
	mustFail(t, cli.Apply(), summary, acctest.VenafiIdentity, "Nothing is sent")
	p.check(p.calls(map[string]int{"AuthorizeOAuth": 1, "ListRoles": 1}))
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
	mustWarn(t, plan, "Replacing revokes access", "2 grantees will lose the role application_maintainer", "Anna ("+alice+")")
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
	cli := p.cli()
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

	// The own role is not revoked either when the plan did not know the grantees.
	cli.Write("own.tf", strings.NewReplacer(`"`+bob+`"`, "terraform_data.me.output", `"test"`, `"own"`).Replace(
		"resource \"terraform_data\" \"me\" { input = \""+alice+"\" }\n"+roleBlock(exclusiveType, []string{"late", bob}, `role = "admin"`, "max_revocations = 9")))
	mustPlan(t, cli)
	mustFail(t, cli.Apply(), "The provider's own role would be revoked", acctest.VenafiIdentity)
}
