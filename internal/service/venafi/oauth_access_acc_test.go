// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfversion"

	"github.com/appaccess/terraform-provider-appaccess/internal/acctest"
	mock "github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/venafi"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

const (
	accessSetType       = "appaccess_venafi_oauth_access_set"
	accessExclusiveType = "appaccess_venafi_oauth_access_exclusive"
)

// mayUse is a set on app-a, with trustees by label and more arguments.
func mayUse(typeName, scope string, trustees map[string]string, arguments ...string) string {
	list, err := json.Marshal(trustees)
	if err != nil {
		panic(err) // strings can be marshalled
	}
	return fmt.Sprintf("resource %q \"test\" {\n  application_id = \"app-a\"\n  maximum_scope = %q\n  trustees = %s\n  %s\n}\n",
		typeName, scope, list, strings.Join(arguments, "\n  "))
}

func people(of ...string) map[string]string {
	names := map[string]string{alice: "alice", bob: "bob", carol: "carol"}
	all := map[string]string{}
	for _, id := range of {
		all[names[id]] = id
	}
	return all
}

// ruled fails unless app-a has exactly these rules, each as "trustee scope".
func (p *platform) ruled(want ...string) error {
	got := []string{}
	for _, rule := range p.Venafi.Rules() {
		if rule.ApplicationID == "app-a" {
			got = append(got, rule.Trustee+" "+rule.MaximumScope)
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		return fmt.Errorf("the rules are %q, want %q", got, want)
	}
	return nil
}

func (p *platform) rule(trustee, scope string) {
	p.t.Helper()
	p.check(p.Venafi.AddRules(mock.Rule{ApplicationID: "app-a", Trustee: trustee, MaximumScope: scope}))
}

func TestAccOAuthAccess(t *testing.T) {
	t.Parallel()
	for _, typeName := range []string{accessSetType, accessExclusiveType} {
		for name, switches := range map[string]mock.Switches{
			"first": {}, "upper": {ScopeSpelling: mock.ScopeUpper, GranteeSpelling: mock.SpellingUpper}, "four": {RuleFields: mock.RuleFieldsFour, AbsentRule: mock.ResultSuccess},
			"stale": {StaleList: mock.StaleOnce, MoreFields: mock.Sent}, "forever": {NullValidity: mock.NullForever, ScopeSpelling: mock.ScopeSpaced},
		} {
			t.Run(typeName+"/"+name, func(t *testing.T) {
				t.Parallel()
				p := newPlatform(t, switches)
				p.check(p.Venafi.AddRules(mock.Rule{ApplicationID: "app-b", Trustee: alice, MaximumScope: "admin"}))
				address := typeName + ".test"
				acctest.Life(t, name == "first", resource.TestCase{
					CheckDestroy: func(*terraform.State) error {
						if len(p.Venafi.Rules()) != 1 {
							return fmt.Errorf("%v", p.Venafi.Rules())
						}
						return p.ruled()
					},
					Steps: []resource.TestStep{
						{
							Config:        p.Provider() + mayUse(typeName, "certificate:manage", people(alice, bob), `description = "Builds"`, `grant_validity = "8760h"`),
							PostApplyFunc: func() { p.check(p.ruled(alice+" certificate:manage", bob+" certificate:manage")) },
						},
						{ResourceName: address, ImportState: true, ImportStateId: "app-a", ImportStateVerifyIdentifierAttribute: "application_id"},
						{ // in place: nobody loses access for a moment
							PreConfig:        p.Recorder.Reset,
							Config:           p.Provider() + mayUse(typeName, "certificate:manage,discover", people(alice, carol), `description = "Builds"`),
							ConfigPlanChecks: action(address, plancheck.ResourceActionUpdate),
							PostApplyFunc: func() {
								p.check(p.ruled(alice+" certificate:manage,discover", carol+" certificate:manage,discover"))
								if n := p.Recorder.Count(mock.DeleteRule); n != 1 {
									t.Errorf("%d deletes", n)
								}
								for _, rule := range p.Venafi.Rules() {
									if rule.ApplicationID != "app-a" {
										continue
									}
									if rule.Description != "Builds" || switches.MoreFields == mock.Sent && rule.ReviewedBy == "" {
										t.Errorf("the update lost something: %+v", rule)
									}
									if rule.Trustee == alice && switches.RuleFields != mock.RuleFieldsFour && (rule.GrantValiditySeconds == nil || *rule.GrantValiditySeconds != 8760*3600) {
										t.Errorf("the update lost the validity: %+v", rule)
									}
								}
							},
						},
						{ // drift: one is gone, one has another scope
							PreConfig: func() {
								p.Venafi.RemoveRule("app-a", carol)
								p.Venafi.RemoveRule("app-a", alice)
								p.rule(alice, "admin")
							},
							Config:           p.Provider() + mayUse(typeName, "certificate:manage,discover", people(alice, carol), `description = "Builds"`),
							ConfigPlanChecks: action(address, plancheck.ResourceActionUpdate),
							PostApplyFunc:    func() { p.check(p.ruled(alice+" certificate:manage,discover", carol+" certificate:manage,discover")) },
						},
						{ // the configuration changes to just what both rules have together
							PreConfig: func() {
								p.Venafi.RemoveRule("app-a", alice)
								p.check(p.Venafi.AddRules(mock.Rule{ApplicationID: "app-a", Trustee: alice, MaximumScope: "configuration", Description: "Builds"}))
							},
							Config:           p.Provider() + mayUse(typeName, "certificate:discover,manage;configuration", people(alice, carol), `description = "Builds"`),
							ConfigPlanChecks: action(address, plancheck.ResourceActionUpdate),
							PostApplyFunc: func() {
								p.check(p.ruled(alice+" certificate:discover,manage;configuration", carol+" certificate:discover,manage;configuration"))
							},
						},
						{Config: p.Provider() + mayUse(typeName, "certificate:discover,manage", map[string]string{}), PostApplyFunc: func() { p.check(p.ruled()) }},
						{Config: p.Provider() + mayUse(typeName, "certificate", people(bob))},
					},
				})
			})
		}
	}
}

// An import takes all rules, in each of the three ways, and configuration that lists them changes
// nothing. By identity the application and the JWT mapping come too.
func TestAccOAuthAccess_import(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, mock.Switches{})
	p.rule(alice, "admin")
	p.rule(bob, "admin")
	config := p.Provider() + mayUse(accessExclusiveType, "admin", map[string]string{alice: alice, bob: bob})
	by := func(kind resource.ImportStateKind, id string) resource.TestStep {
		return resource.TestStep{Config: config, ResourceName: accessExclusiveType + ".test", ImportState: true, ImportStateKind: kind, ImportStateId: id}
	}
	persist, wrong, empty := by(resource.ImportCommandWithID, "app-a"), by(resource.ImportCommandWithID, "gone"), by(resource.ImportCommandWithID, "app-b")
	persist.ImportStatePersist = true
	wrong.ExpectError, empty.ExpectError = regexp.MustCompile("ApplicationNotFound|no application"), regexp.MustCompile("has no rules")
	acctest.Test(t, resource.TestCase{Steps: []resource.TestStep{
		persist,
		{Config: config, ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}}},
		by(resource.ImportBlockWithID, "app-a"), wrong, empty,
	}})
	t.Run("identity", func(t *testing.T) {
		t.Parallel()
		all := config + strings.Replace(mayUse(accessSetType, "admin", map[string]string{carol: carol}), "app-a", "app-b", 1) + integration("") + jwtMapping("gitlab")
		steps := []resource.TestStep{{Config: all}}
		for _, address := range []string{accessExclusiveType + ".test", accessSetType + ".test", applicationAddress, mappingAddress} {
			step := resource.TestStep{Config: all, ResourceName: address, ImportState: true, ImportStateKind: resource.ImportBlockWithResourceIdentity}
			steps = append(steps, step)
		}
		acctest.Test(t, resource.TestCase{
			TerraformVersionChecks: []tfversion.TerraformVersionCheck{tfversion.SkipBelow(tfversion.Version1_12_0)}, Steps: steps,
		})
	})
}

// Others are left alone by the one, and show as drift of the other.
func TestAccOAuthAccess_foreign(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, mock.Switches{})
	cli := p.terraform()
	cli.Write("main.tf", mayUse(accessSetType, "admin", people(alice)))
	mustPlan(t, cli)
	mustApply(t, cli)
	p.rule(bob, "admin")
	if r := mustPlan(t, cli, "-detailed-exitcode"); r.Code != 0 {
		t.Error("a foreign rule is no drift of a set that adds")
	}
	cli.Write("main.tf", mayUse(accessExclusiveType, "admin", people(alice))+"moved {\n from = "+accessSetType+".test\n to = "+accessExclusiveType+".test\n}\n")
	if plan := cli.Run("plan", "-no-color"); !strings.Contains(plan.Output, `- "`+bob+`"`) {
		t.Error("the plan does not show the foreign rule:", plan.Output)
	}
	mustPlan(t, cli)
	mustApply(t, cli)
	p.check(p.ruled(alice + " admin"))

	// What appears after the plan is left alone, and the next plan shows it.
	cli.Write("main.tf", mayUse(accessExclusiveType, "admin;configuration", people(alice)))
	mustPlan(t, cli, "-out=saved")
	p.rule(carol, "admin")
	applied := cli.JSON("apply", "saved")
	mustWarn(t, applied, `Access that the plan did not show is left alone: application "app-a"`, carol)
	p.check(p.ruled(alice+" admin;configuration", carol+" admin"))
	if again := cli.Run("plan", "-detailed-exitcode"); again.Code != 2 {
		t.Errorf("the next plan does not show it: %s", again.Output)
	}
}

// A create takes nobody's access, and makes none narrower.
func TestAccOAuthAccess_createGuard(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, mock.Switches{})
	p.rule(bob, "admin;configuration")
	cli := p.cli()
	cli.Write("main.tf", mayUse(accessExclusiveType, "admin", people(alice)))
	mustFail(t, cli.Plan(), `Access that is not listed would be taken away: application "app-a"`, bob, "import {", `id = "app-a"`)
	cli.Write("main.tf", mayUse(accessSetType, "admin", people(alice, bob)))
	mustFail(t, cli.Plan(), `Access that is not listed would be taken away: application "app-a"`, "loses the scope configuration", "An import takes up all rules")
	p.check(p.ruled(bob + " admin;configuration"))
	cli.Write("main.tf", mayUse(accessSetType, "admin;configuration:manage", people(alice, bob)))
	mustPlan(t, cli)
	mustApply(t, cli)
	p.check(p.ruled(alice+" admin;configuration:manage", bob+" admin;configuration:manage"))
}

func TestAccOAuthAccess_limits(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, mock.Switches{})
	cli := p.cli()
	cli.Write("main.tf", mayUse(accessSetType, "admin", people(alice, bob, carol), "max_revocations = 1"))
	mustPlan(t, cli)
	mustApply(t, cli)
	cli.Write("main.tf", mayUse(accessSetType, "admin", people(alice), "max_revocations = 1"))
	mustFail(t, cli.Plan(), `More would be revoked than max_revocations allows: application "app-a"`, "2 rules", "max_revocations")

	// Tokens outlive the access.
	if _, err := p.Venafi.IssueToken("app-a", bob, "admin"); err != nil {
		t.Fatal(err)
	}
	cli.Write("main.tf", mayUse(accessSetType, "admin", people(alice, carol), "max_revocations = 1"))
	mustWarn(t, mustPlan(t, cli), `Tokens outlive the access: application "app-a"`, "bob", "1 live grant, until")
	mustApply(t, cli)
	cli.Write("main.tf", mayUse(accessSetType, "admin", people(alice, carol), `on_destroy = "keep"`))
	mustPlan(t, cli)
	mustApply(t, cli)
	mustPlan(t, cli, "-destroy")
	mustApply(t, cli)
	p.check(p.ruled(alice+" admin", carol+" admin"))
}

// No path of the provider sends a DeleteRule with one ID, whatever is configured and whatever goes
// wrong.
func TestAccOAuthAccess_deletesWithBothIDs(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, mock.Switches{})
	p.check(p.Venafi.AddRules(mock.Rule{ApplicationID: "app-b", Trustee: alice, MaximumScope: "admin"}))
	cli := p.cli()
	for _, config := range []string{
		mayUse(accessSetType, "admin", people(alice, bob, carol)), mayUse(accessSetType, "admin", people(carol)), mayUse(accessSetType, "admin", people()), "",
	} {
		cli.Write("main.tf", config)
		p.fault(mock.DeleteRule, wire.ResetAfter, func(f *wire.Fault) { f.Times = 1 })
		mustPlan(t, cli)
		mustApply(t, cli)
	}
	cli.Write("main.tf", mayUse(accessSetType, "admin", map[string]string{"empty": ""}))
	if report := cli.Plan(); report.Code == 0 {
		t.Error("an empty ID passes")
	}
	deletes := 0
	for _, exchange := range p.Recorder.All() {
		if exchange.Operation == mock.DeleteRules || exchange.Operation == mock.RevokeGrants {
			t.Errorf("%s was called", exchange.Operation)
		}
		if exchange.Operation != mock.DeleteRule {
			continue
		}
		deletes++
		var body map[string]string
		if err := json.Unmarshal(exchange.Body, &body); err != nil || body["ApplicationId"] != "app-a" || body["TrusteePrefixedUniversal"] == "" {
			t.Errorf("%s", exchange.Body)
		}
	}
	if deletes < 3 {
		t.Errorf("only %d deletes were seen", deletes)
	}
	if all := p.Venafi.Rules(); len(all) != 1 || all[0].ApplicationID != "app-b" {
		t.Errorf("%v", all)
	}
}

// Whoever passes from one set to another keeps the rule.
func TestAccOAuthAccess_passes(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, mock.Switches{})
	cli := p.cli()
	other := func(of ...string) string {
		return strings.Replace(mayUse(accessSetType, "admin", people(of...)), `"test"`, `"other"`, 1)
	}
	cli.Write("main.tf", mayUse(accessSetType, "admin", people(alice, bob))+other(carol))
	mustPlan(t, cli)
	mustApply(t, cli)
	cli.Write("main.tf", mayUse(accessSetType, "admin", people(alice))+other(bob, carol))
	mustPlan(t, cli)
	mustApply(t, cli)
	p.check(p.ruled(alice+" admin", bob+" admin", carol+" admin"))
	cli.Write("main.tf", mayUse(accessSetType, "admin", people(alice))+strings.Replace(mayUse(accessExclusiveType, "admin", people(bob)), `"test"`, `"other"`, 1))
	mustWarn(t, mustPlan(t, cli), `Two resources would take turns: application "app-a"`, "application_id")
	cli.Write("main.tf", mayUse(accessSetType, "admin", people(alice))+other(alice))
	mustWarn(t, mustPlan(t, cli), `Two resources grant the same: application "app-a"`, accessSetType, "to the same trustees", "1 trustee: ")
	owned := mayUse(accessExclusiveType, "admin", people(alice, bob, carol))
	cli.Write("main.tf", owned+strings.Replace(owned, `"test"`, `"other"`, 1))
	mustFail(t, cli.Plan(), "Two resources own the same access", "application_id")
}

// Requests are the least possible: one listing for each plan, and one write for each rule.
func TestAccOAuthAccess_requests(t *testing.T) {
	t.Parallel()
	const n = 1000
	trustees := func(from int) map[string]string {
		all := map[string]string{}
		for i := from; i < from+n; i++ {
			all[fmt.Sprintf("user %04d", i)] = fmt.Sprintf("AD+corp:%032d", i)
		}
		return all
	}
	p := newPlatform(t, mock.Switches{})
	cli := p.cli()
	step := func(what, config string, writes map[string]int, listings int) {
		t.Helper()
		cli.Write("main.tf", config)
		mustPlan(t, cli)
		p.Recorder.Reset()
		mustApply(t, cli)
		for _, operation := range []string{mock.CreateRule, mock.UpdateRule, mock.DeleteRule} {
			if got := p.Recorder.Count(operation); got != writes[operation] {
				t.Errorf("%s: %d calls of %s, want %d", what, got, operation, writes[operation])
			}
		}
		if got := p.Recorder.Count(mock.GetRules); got > listings {
			t.Errorf("%s: %d listings, want %d", what, got, listings)
		}
	}
	step("create", mayUse(accessSetType, "admin", trustees(0)), map[string]int{mock.CreateRule: n}, 2)
	p.Recorder.Reset()
	mustPlan(t, cli)
	if err := p.calls(map[string]int{mock.AuthorizeOAuth: 1, mock.GetRules: 1}); err != nil {
		t.Error("no-op plan:", err)
	}
	step("1 %", mayUse(accessSetType, "admin", trustees(n/100)), map[string]int{mock.CreateRule: n / 100, mock.DeleteRule: n / 100}, 2)
	step("scope", mayUse(accessSetType, "configuration", trustees(n/100)), map[string]int{mock.UpdateRule: n}, 2)
	step("destroy", "", map[string]int{mock.DeleteRule: n}, 2)
}
