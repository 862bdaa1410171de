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

func expectAction(action plancheck.ResourceActionType) resource.ConfigPlanChecks {
	return resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectResourceAction(address, action)}}
}

func granteeIs(want string) statecheck.StateCheck {
	return statecheck.ExpectKnownValue(address, tfjsonpath.New("grantee"), knownvalue.StringExact(want))
}

// The whole life, under every position of the mock's switches that could change the outcome.
func TestAccGrant_lifecycle(t *testing.T) {
	t.Parallel()
	upper := strings.ToUpper(alice)
	for name, switches := range map[string]mock.Switches{
		"default":                {},
		"16 and stale once":      {DuplicateGrant: mock.ResultRights, AbsentRevoke: mock.ResultRights, StaleList: mock.StaleOnce},
		"16 and stale for long":  {DuplicateGrant: mock.ResultRights, AbsentRevoke: mock.ResultRights, StaleList: mock.StaleThreeTimes},
		"unbraced":               {GranteeSpelling: mock.SpellingUnbraced, GlobalApplicationID: mock.GlobalNull, AuditorApplicationID: mock.AuditorOdd},
		"upper, result 9":        {GranteeSpelling: mock.SpellingUpper, GlobalApplicationID: mock.GlobalEmpty, InsufficientRights: mock.RightsResult9},
		"no expiry, implied":     {ExpiresIn: mock.Absent, Expires: mock.Absent, RefreshToken: mock.Absent, ImpliedRoles: mock.ImpliedShown},
		"null error, challenged": {SuccessError: mock.SuccessErrorNull, Challenge: mock.Sent, ErrorKeys: mock.KeysCapitalised, ErrorForm: mock.ErrorReason},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlatform(t, switches)
			acctest.Life(t, name == "default", resource.TestCase{
				CheckDestroy: func(*terraform.State) error { return p.holds() },
				Steps: []resource.TestStep{
					{
						Config:           p.config(maintainerOf(alice, "app-a")...),
						ConfigPlanChecks: expectAction(plancheck.ResourceActionCreate),
						PostApplyFunc:    func() { p.check(p.holds("application_maintainer app-a " + alice)) },
					},
					{ // another spelling is the same identity
						Config:            p.config(maintainerOf(upper[:5]+upper[5:], "app-a")...),
						ConfigPlanChecks:  expectAction(plancheck.ResourceActionUpdate),
						ConfigStateChecks: []statecheck.StateCheck{granteeIs(upper)},
						PostApplyFunc:     func() { p.check(p.holds("application_maintainer app-a " + alice)) },
					},
					{
						Config:           p.config(maintainerOf(upper, "app-b")...),
						ConfigPlanChecks: expectAction(plancheck.ResourceActionReplace),
						PostApplyFunc:    func() { p.check(p.holds("application_maintainer app-b " + alice)) },
					},
					{
						Config:           p.config("grantee", bob, "role", "auditor"),
						ConfigPlanChecks: expectAction(plancheck.ResourceActionReplace),
						PostApplyFunc:    func() { p.check(p.holds("auditor " + bob)) },
					},
					{ // drift
						PreConfig:          func() { p.Venafi.Revoke(mock.Role{Role: mock.Auditor, Grantee: bob}) },
						RefreshState:       true,
						ExpectNonEmptyPlan: true,
					},
					{
						Config:           p.config("grantee", bob, "role", "auditor"),
						ConfigPlanChecks: expectAction(plancheck.ResourceActionCreate),
						PostApplyFunc:    func() { p.check(p.holds("auditor " + bob)) },
					},
				},
			})
		})
	}
}

// A grant that is there already is adopted, however the server spells it, and without a call.
func TestAccGrant_adopted(t *testing.T) {
	t.Parallel()
	for _, switches := range []mock.Switches{{}, {GranteeMatching: mock.MatchExact}, {GranteeMatching: mock.MatchExact, AbsentRevoke: mock.ResultRights}} {
		p := newPlatform(t, switches)
		p.give(mock.Role{Role: mock.Maintainer, Grantee: strings.ToUpper(alice), ApplicationID: "app-a"})
		acctest.Steps(t, resource.TestCase{
			CheckDestroy: func(*terraform.State) error { return p.holds() },
			Steps: []resource.TestStep{{
				Config:            p.config(maintainerOf(alice, "app-a")...),
				ConfigStateChecks: []statecheck.StateCheck{granteeIs(alice)},
				PostApplyFunc: func() {
					if n := p.Recorder.Count(mock.GrantRole); n != 0 {
						t.Errorf("%d grants, want none", n)
					}
				},
			}},
		})
	}
}

func TestAccGrant_import(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, mock.Switches{})
	config := p.config(maintainerOf(carol, "team/app-c")...)
	global := grant("global", "grantee", bob, "role", "grant_admin")
	wrong := func(id, want string) resource.TestStep {
		return resource.TestStep{Config: config + global, ResourceName: address, ImportState: true, ImportStateId: id, ExpectError: regexp.MustCompile(want)}
	}
	id := "application_maintainer/team/app-c/" + carol
	acctest.Test(t, resource.TestCase{
		Steps: []resource.TestStep{
			{Config: config + global},
			{
				Config: config + global, ResourceName: address, ImportState: true, ImportStateId: id, ImportStateVerify: true,
				ImportStateVerifyIdentifierAttribute: "grantee",
			},
			{Config: config + global, ResourceName: address, ImportState: true, ImportStateKind: resource.ImportBlockWithID, ImportStateId: id},
			{
				Config: config + global, ResourceName: grantType + ".global", ImportState: true, ImportStateKind: resource.ImportBlockWithID,
				ImportStateId: "grant_admin/" + bob,
			},
			wrong("owner/"+bob, `(?s)Invalid import id.*application_owner`),
			wrong("auditor", `(?s)Invalid import id.*nothing follows`),
			wrong("auditor/local:admin", `(?s)Invalid import id.*is a name`),
			wrong("application_owner/"+bob, `(?s)Invalid import id.*held on an application`),
			wrong("application_owner/app-a/"+bob, `(?s)Unable to import the OAuth role.*does not list\s+it`),
		},
	})
}

// By identity, where the installed version knows it.
func TestAccGrant_identity(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, mock.Switches{})
	identity := func(grantee string) []statecheck.StateCheck {
		return []statecheck.StateCheck{statecheck.ExpectIdentity(address, map[string]knownvalue.Check{
			"role": knownvalue.StringExact("application_maintainer"), "application_id": knownvalue.StringExact("app-a"),
			"grantee": knownvalue.StringExact(grantee),
		})}
	}
	acctest.Test(t, resource.TestCase{
		TerraformVersionChecks: []tfversion.TerraformVersionCheck{tfversion.SkipBelow(tfversion.Version1_12_0)},
		Steps: []resource.TestStep{
			{Config: p.config(maintainerOf(alice, "app-a")...), ConfigStateChecks: identity(alice)},
			{
				Config: p.config(maintainerOf(alice, "app-a")...), ResourceName: address, ImportState: true,
				ImportStateKind: resource.ImportBlockWithResourceIdentity,
			},
			{Config: p.config(maintainerOf(strings.ToUpper(alice), "app-a")...), ConfigStateChecks: identity(strings.ToUpper(alice))},
			{PreConfig: func() {
				p.Venafi.Revoke(mock.Role{Role: mock.Maintainer, Grantee: alice, ApplicationID: "app-a"})
			}, RefreshState: true, ExpectNonEmptyPlan: true},
		},
	})
}

// Bad input is an error before anything is sent, at the attribute.
func TestAccGrant_validation(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, mock.Switches{})
	cli := p.cli()
	const notID = "Not a prefixed universal ID"
	for _, test := range []struct {
		arguments       []string
		summary, detail string
		at              string
	}{
		{[]string{"grantee", alice, "role", "owner"}, "Unknown OAuth role", "application_owner", "role"},
		{[]string{"grantee", alice, "role", "user"}, "Unknown OAuth role", "cannot be granted", "role"},
		{[]string{"grantee", alice, "role", "application_owner"}, "The role needs an application", "set application_id", ""},
		{[]string{"grantee", alice, "role", "admin", "application_id", "app-a"}, "The role takes no application", "leave application_id out", "application_id"},
		{[]string{"grantee", alice, "role", "application_owner", "application_id", ""}, "Invalid application_id", "API integration", "application_id"},
		{[]string{"grantee", "local:admin", "role", "admin"}, notID, `name = "local:admin"`, "grantee"},
		{[]string{"grantee", "AD+VENAFI:Bill.Dickey", "role", "admin"}, notID, "appaccess_venafi_identity", "grantee"},
		{[]string{"grantee", "bob", "role", "admin"}, notID, `name = "local:bob"`, "grantee"},
		{[]string{"grantee", "", "role", "admin"}, notID, "appaccess_venafi_identity", "grantee"},
		{[]string{"grantee", "AD:7f93d2908020204a959910ea5a5704ff", "role", "admin"}, notID, "prefix of an identity provider", "grantee"},
		{[]string{"grantee", "5be5a591-c842-4520-9142-b455f4ad2286", "role", "admin"}, notID, `"local:{5be5a591-c842-4520-9142-b455f4ad2286}"`, "grantee"},
		{[]string{"grantee", "local:5be5a591-c842-4520-9142-b455f4ad2286", "role", "admin"}, notID, `write "local:{5be5a591-c842-4520-9142-b455f4ad2286}"`, "grantee"},
		{[]string{"grantee", alice + " ", "role", "admin"}, notID, "begins or ends with a blank", "grantee"},
	} {
		cli.Write("main.tf", grant("test", test.arguments...))
		report := cli.Plan()
		mustFail(t, report, test.summary, test.detail, test.at)
		if len(report.Errors) != 1 {
			t.Errorf("%v: %d errors, want 1: %v", test.arguments, len(report.Errors), report.Errors)
		}
	}
	p.check(p.calls(map[string]int{}))

	// What looks odd and may be right is let through.
	for i, grantee := range []string{"LDAP+unix:uid=jdoe,ou=people", "ad+Corp:7F93D290-8020-204A-9599-10EA5A5704FF", "LOCAL:{5BE5A591-C842-4520-9142-B455F4AD2286}"} {
		cli.Write("main.tf", grant(fmt.Sprint("g", i), "grantee", grantee, "role", "admin"))
		mustBeSilent(t, cli.Plan())
	}
}

// Values that are known only after apply: the plan asks nothing of them, and the checks run at
// apply.
func TestAccGrant_unknown(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, mock.Switches{})
	p.give(mock.Role{Role: mock.Owner, Grantee: bob, ApplicationID: "app-b"})
	for i, body := range []string{
		fmt.Sprintf("grantee = terraform_data.grantee.output\nrole = %q", "auditor"),
		fmt.Sprintf("grantee = %q\nrole = terraform_data.role.output", bob),
		fmt.Sprintf("grantee = %q\nrole = %q\napplication_id = terraform_data.none.output == \"x\" ? \"y\" : null", bob, "auditor"),
	} {
		cli := p.terraform()
		cli.Write("main.tf", fmt.Sprintf(`
			resource "terraform_data" "grantee" { input = %q }
			resource "terraform_data" "role" { input = "auditor" }
			resource "terraform_data" "none" { input = "none" }
		`, bob)+fmt.Sprintf("resource %q \"test\" {\n%s\n}\n", grantType, body))
		p.Recorder.Reset()
		mustBeSilent(t, cli.Plan())
		p.check(p.calls(map[string]int{}))
		mustWarn(t, mustApply(t, cli), "A role on the whole installation overrides roles on applications", `application_owner of application "app-b"`)
		p.check(p.holds("application_owner app-b "+bob, "auditor "+bob))
		mustBeSilent(t, mustPlan(t, cli))
		mustPlan(t, cli, "-destroy")
		mustApply(t, cli)
		if err := p.holds("application_owner app-b " + bob); err != nil {
			t.Errorf("%d: %v", i, err)
		}
	}
	// What turns out wrong only then fails before it is sent.
	cli := p.terraform()
	cli.Write("main.tf", `resource "terraform_data" "role" { input = "application_owner" }`+
		fmt.Sprintf("\nresource %q \"test\" {\ngrantee = %q\nrole = terraform_data.role.output\n}\n", grantType, bob))
	mustBeSilent(t, cli.Plan())
	mustFail(t, cli.Apply(), "The role needs an application")
}
