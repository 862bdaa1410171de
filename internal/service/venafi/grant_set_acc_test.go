// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"
	"github.com/hashicorp/terraform-plugin-testing/tfversion"

	"github.com/appaccess/terraform-provider-appaccess/internal/acctest"
	mock "github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/venafi"
)

const (
	setType          = "appaccess_venafi_oauth_role_grant_set"
	exclusiveType    = "appaccess_venafi_oauth_role_grants_exclusive"
	setAddress       = setType + ".test"
	exclusiveAddress = exclusiveType + ".test"
)

// roleSet is a resource of either type, called "test", of maintainers of app-a: pairs of labels and
// IDs, and what else there is to say.
func roleSet(kind string, grantees []string, more ...string) string {
	return roleBlock(kind, grantees, append([]string{`role = "application_maintainer"`, `application_id = "app-a"`}, more...)...)
}

func roleBlock(kind string, grantees []string, lines ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "resource %q \"test\" {\n  grantees = {\n", kind)
	for i := 0; i+1 < len(grantees); i += 2 {
		fmt.Fprintf(&b, "    %q = %q\n", grantees[i], grantees[i+1])
	}
	b.WriteString("  }\n  " + strings.Join(lines, "\n  ") + "\n}\n")
	return b.String()
}

func maintainer(grantee string) mock.Role {
	return mock.Role{Role: mock.Maintainer, Grantee: grantee, ApplicationID: "app-a"}
}

func onA(grantees ...string) []string {
	var roles []string
	for _, grantee := range grantees {
		roles = append(roles, "application_maintainer app-a "+grantee)
	}
	return roles
}

// positions are the switches that may change the outcome.
var positions = map[string]mock.Switches{
	"plain":     {Order: mock.OrderUnstable},
	"result 16": {DuplicateGrant: mock.ResultRights, AbsentRevoke: mock.ResultRights},
	"lag":       {StaleList: mock.StaleOnce},
	"long lag":  {StaleList: mock.StaleThreeTimes},
	"upper":     {GranteeSpelling: mock.SpellingUpper},
	"unbraced":  {GranteeSpelling: mock.SpellingUnbraced},
	"directory": {GranteeSpelling: mock.SpellingDirectory},
	"exact":     {GranteeMatching: mock.MatchExact},
	"null":      {GlobalApplicationID: mock.GlobalNull, AuditorApplicationID: mock.AuditorOdd},
}

func TestAccGrantSet_lifecycle(t *testing.T) {
	t.Parallel()
	for name, switches := range positions {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlatform(t, switches)
			p.give(maintainer(carol), mock.Role{Role: mock.Maintainer, Grantee: alice, ApplicationID: "app-b"})
			others := append(onA(carol), "application_maintainer app-b "+alice)
			first := p.Provider() + roleSet(setType, []string{"alice", alice, "ops team", bob})
			acctest.Life(t, name == "plain", resource.TestCase{
				Steps: []resource.TestStep{
					{
						Config: first,
						ConfigStateChecks: []statecheck.StateCheck{
							statecheck.ExpectKnownValue(setAddress, tfjsonpath.New("grantees"), knownvalue.MapExact(map[string]knownvalue.Check{
								"alice": knownvalue.StringExact(alice), "ops team": knownvalue.StringExact(bob),
							})),
							statecheck.ExpectKnownValue(setAddress, tfjsonpath.New("on_destroy"), knownvalue.StringExact("revoke")),
						},
						PostApplyFunc: func() { p.check(p.holds(append(onA(alice, bob), others...)...)) },
					},
					{
						// A grantee who lost the role is granted it again, and nobody else is
						// touched.
						PreConfig: func() { p.Venafi.Revoke(maintainer(bob)) },
						Config:    first,
						ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
							plancheck.ExpectResourceAction(setAddress, plancheck.ResourceActionUpdate),
						}},
						PostApplyFunc: func() { p.check(p.holds(append(onA(alice, bob), others...)...)) },
					},
					{
						// Another label is for people only; who leaves the configuration loses the
						// role.
						Config:        p.Provider() + roleSet(setType, []string{"Bob", bob}),
						PostApplyFunc: func() { p.check(p.holds(append(onA(bob), others...)...)) },
					},
					{
						Config:        p.Provider() + roleSet(setType, nil),
						PostApplyFunc: func() { p.check(p.holds(others...)) },
					},
					{Config: first},
				},
				CheckDestroy: func(*terraform.State) error { return p.holds(others...) },
			})
		})
	}
}

func TestAccGrantSet_spelling(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, mock.Switches{})
	p.give(maintainer(alice))
	cli := p.cli()
	shout := strings.ToUpper(alice)
	cli.Write("main.tf", roleSet(setType, []string{"alice", shout}))
	mustPlan(t, cli)
	p.Recorder.Reset()
	mustApply(t, cli)
	p.check(p.calls(map[string]int{"AuthorizeOAuth": 1, "ListRoles": 2})) // adopted, by a listing from after the start of the create
	mustBeSilent(t, cli.Plan())
	cli.Write("main.tf", roleSet(setType, []string{"alice", alice}))
	mustBeSilent(t, cli.Plan())
	p.Recorder.Reset()
	mustApply(t, cli)
	p.check(p.calls(map[string]int{"AuthorizeOAuth": 1, "ListRoles": 1}))
	mustBeSilent(t, cli.Plan())
}

// A role on the whole installation takes no application, and has an identity without one.
func TestAccGrantSet_global(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, mock.Switches{})
	acctest.Steps(t, resource.TestCase{
		Steps: []resource.TestStep{
			{
				Config:        p.Provider() + roleBlock(setType, []string{"alice", alice}, `role = "auditor"`),
				PostApplyFunc: func() { p.check(p.holds("auditor " + alice)) },
			},
			{
				Config: p.Provider() + roleBlock(setType, []string{"alice", alice}, `role = "grant_admin"`),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectResourceAction(setAddress, plancheck.ResourceActionReplace),
				}},
				PostApplyFunc: func() { p.check(p.holds("grant_admin " + alice)) },
			},
		},
		CheckDestroy: func(*terraform.State) error { return p.holds() },
	})
}

func TestAccExclusive_lifecycle(t *testing.T) {
	t.Parallel()
	for name, switches := range positions {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlatform(t, switches)
			elsewhere := mock.Role{Role: mock.Maintainer, Grantee: carol, ApplicationID: "app-b"}
			p.give(elsewhere)
			other := "application_maintainer app-b " + carol
			config := p.Provider() + roleSet(exclusiveType, []string{"alice", alice, "bob", bob})
			acctest.Life(t, name == "plain", resource.TestCase{
				Steps: []resource.TestStep{
					{Config: config, PostApplyFunc: func() { p.check(p.holds(append(onA(alice, bob), other)...)) }},
					{
						PreConfig: func() { p.give(maintainer(carol)); p.Venafi.Revoke(maintainer(bob)) },
						Config:    config,
						ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
							plancheck.ExpectResourceAction(exclusiveAddress, plancheck.ResourceActionUpdate),
						}},
						PostApplyFunc: func() { p.check(p.holds(append(onA(alice, bob), other)...)) },
					},
					{PreConfig: func() { p.give(maintainer(carol)) }, RefreshState: true, ExpectNonEmptyPlan: true},
				},
				CheckDestroy: func(*terraform.State) error { return p.holds(other) },
			})
		})
	}
}

// A foreign grantee shows with the ID as the label.
func TestAccExclusive_drift(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, mock.Switches{})
	cli := p.terraform()
	cli.Write("main.tf", roleSet(exclusiveType, []string{"alice", alice}))
	mustPlan(t, cli)
	mustApply(t, cli)
	p.give(maintainer(carol))
	plan := cli.Run("plan", "-no-color", "-out=plan.tfplan")
	if want := `- "` + carol + `" = "` + carol + `" -> null`; !strings.Contains(strings.Join(strings.Fields(plan.Output), " "), want) {
		t.Errorf("the plan lacks %s:\n%s", want, plan.Output)
	}
	mustApply(t, cli)
	p.check(p.holds(onA(alice)...))
}

func TestAccGrantSet_moved(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, mock.Switches{})
	moved := func(from, to string) string {
		return "moved {\n  from = " + from + "\n  to = " + to + "\n}\n"
	}
	alone := []string{"alice", alice}
	writes := func() {
		if n := p.Recorder.Count("GrantRole") + p.Recorder.Count("RevokeRole"); n != 0 {
			t.Errorf("%d writes", n)
		}
	}
	acctest.Test(t, resource.TestCase{Steps: []resource.TestStep{
		{Config: p.Provider() + roleSet(setType, alone)},
		{
			PreConfig: func() { p.Recorder.Reset() },
			Config:    p.Provider() + roleSet(exclusiveType, alone) + moved(setAddress, exclusiveAddress),
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
				plancheck.ExpectResourceAction(exclusiveAddress, plancheck.ResourceActionNoop),
			}},
			PostApplyFunc: writes,
		},
		{
			PreConfig: func() { p.give(maintainer(carol)) },
			Config:    p.Provider() + roleSet(setType, alone) + moved(exclusiveAddress, setAddress),
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
				plancheck.ExpectResourceAction(setAddress, plancheck.ResourceActionNoop),
			}},
			PostApplyFunc: writes,
		},
	}})
}

func TestAccGrantSet_import(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, mock.Switches{})
	p.give(mock.Role{Role: mock.Owner, Grantee: alice, ApplicationID: "team/app-c"})
	mine := []string{alice, alice}
	onC := []string{`role = "application_owner"`, `application_id = "team/app-c"`}
	for _, kind := range []string{setType, exclusiveType} {
		config := p.Provider() + roleBlock(kind, mine, onC...)
		target := kind + ".test"
		bad := func(id, pattern string) resource.TestStep {
			return resource.TestStep{Config: config, ResourceName: target, ImportState: true, ImportStateId: id, ExpectError: regexp.MustCompile(pattern)}
		}
		acctest.Test(t, resource.TestCase{Steps: []resource.TestStep{
			{Config: config, ResourceName: target, ImportState: true, ImportStateId: "application_owner/team/app-c", ImportStatePersist: true},
			{Config: config, ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}}},
			{
				Config: config, ResourceName: target, ImportState: true, ImportStateId: "application_owner/team/app-c",
				ImportStateVerify: true, ImportStateVerifyIdentifierAttribute: "role",
			},
			{Config: config, ResourceName: target, ImportState: true, ImportStateKind: resource.ImportBlockWithID, ImportStateId: "application_owner/team/app-c"},
			bad("application_owner", `(?s)needs an application`),
			bad("application_owner/", `(?s)Invalid import id.*is\s+empty`),
			bad("auditor/app-a", `(?s)takes no application`),
			bad("owner/app-a", `(?s)Invalid import id.*"owner" does not exist`),
		}})
		p.give(mock.Role{Role: mock.Owner, Grantee: alice, ApplicationID: "team/app-c"}) // the test has destroyed it
	}
}

func TestAccGrantSet_importByIdentity(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, mock.Switches{})
	for _, kind := range []string{setType, exclusiveType} {
		for _, role := range [][]string{{`role = "application_maintainer"`, `application_id = "app-a"`}, {`role = "auditor"`}} {
			config := p.Provider() + roleBlock(kind, []string{alice, alice}, role...)
			check := map[string]knownvalue.Check{"role": knownvalue.StringExact("auditor"), "application_id": knownvalue.Null()}
			if len(role) > 1 {
				check = map[string]knownvalue.Check{"role": knownvalue.StringExact("application_maintainer"), "application_id": knownvalue.StringExact("app-a")}
			}
			acctest.Test(t, resource.TestCase{
				TerraformVersionChecks: []tfversion.TerraformVersionCheck{tfversion.SkipBelow(tfversion.Version1_12_0)},
				Steps: []resource.TestStep{
					{Config: config, ConfigStateChecks: []statecheck.StateCheck{statecheck.ExpectIdentity(kind+".test", check)}},
					{Config: config, ResourceName: kind + ".test", ImportState: true, ImportStateKind: resource.ImportBlockWithResourceIdentity},
				},
			})
		}
	}
}

// An exclusive import shows who will lose the role.
func TestAccExclusive_import(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, mock.Switches{})
	p.give(maintainer(alice), maintainer(carol))
	cli := p.terraform()
	cli.Write("main.tf", roleSet(exclusiveType, []string{"alice", alice}))
	if r := cli.Run("import", "-input=false", exclusiveAddress, "application_maintainer/app-a"); r.Code != 0 {
		t.Fatal(r.Output)
	}
	plan := cli.Run("plan", "-no-color", "-out=plan.tfplan")
	text := strings.Join(strings.Fields(plan.Output), " ")
	for _, want := range []string{`- "` + carol + `" =`, `+ "alice" =`, `- "` + alice + `" =`} {
		if !strings.Contains(text, want) {
			t.Errorf("the plan lacks %s:\n%s", want, plan.Output)
		}
	}
	p.Recorder.Reset()
	mustApply(t, cli)
	if g, r := p.Recorder.Count("GrantRole"), p.Recorder.Count("RevokeRole"); g != 0 || r != 1 {
		t.Errorf("%d grants and %d revocations for a new label and a stranger", g, r)
	}
	p.check(p.holds(onA(alice)...))
}

// Bad input gives errors that name the attribute, before any request.
func TestAccGrantSet_validation(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, mock.Switches{})
	cli := p.cli()
	const role, app = `role = "application_maintainer"`, `application_id = "app-a"`
	for _, c := range []struct {
		grantees []string
		lines    []string
		summary  string
		parts    []string
	}{
		{[]string{"a", alice, "b", "LOCAL:" + strings.ToUpper(strings.TrimPrefix(alice, "local:"))}, []string{role, app}, "Two labels for one identity", []string{`"a"`, `"b"`, "grantees"}},
		{[]string{"a", "local:jdoe"}, []string{role, app}, "Not a prefixed universal ID", []string{`"a"`, "appaccess_venafi_identity", "grantees"}},
		{[]string{"a", ""}, []string{role, app}, "Not a prefixed universal ID", []string{"empty"}},
		{nil, []string{role}, "The role needs an application", []string{"application_id"}},
		{nil, []string{`role = "auditor"`, app}, "The role takes no application", []string{"application_id"}},
		{nil, []string{`role = "user"`}, "Unknown OAuth role", []string{"auditor", "role"}},
		{nil, []string{role, `application_id = " app-a"`}, "Invalid application_id", []string{"begins or ends with a blank"}},
		{nil, []string{role, app, "max_revocations = -1"}, "Invalid Attribute Value", []string{"max_revocations"}},
		{nil, []string{role, app, `on_destroy = "forget"`}, "Invalid Attribute Value Match", []string{"on_destroy"}},
		{nil, []string{role, app, `timeouts { create = "soon" }`}, "Invalid duration", []string{"timeouts.create"}},
	} {
		for _, kind := range []string{setType, exclusiveType} {
			cli.Write("main.tf", roleBlock(kind, c.grantees, c.lines...))
			mustFail(t, cli.Plan(), c.summary, c.parts...)
		}
	}
	cli.Write("main.tf", strings.Replace(roleSet(setType, []string{"a", alice}), `"`+alice+`"`, "null", 1))
	mustFail(t, cli.Plan(), "An ID can't be null", `"a"`)
	if n := len(p.Recorder.All()); n != 0 {
		t.Errorf("%d requests", n)
	}
}
