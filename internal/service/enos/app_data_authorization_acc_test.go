// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package enos_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"
	"github.com/hashicorp/terraform-plugin-testing/tfversion"

	"github.com/appaccess/terraform-provider-appaccess/internal/acctest"
	mock "github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/enos"
)

func typesAre(want ...string) statecheck.StateCheck {
	checks := make([]knownvalue.Check, len(want))
	for i, t := range want {
		checks[i] = knownvalue.StringExact(t)
	}
	return statecheck.ExpectKnownValue(address, tfjsonpath.New("data_authorize_types"), knownvalue.SetExact(checks))
}

func expectAction(action plancheck.ResourceActionType) resource.ConfigPlanChecks {
	return resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectResourceAction(address, action)}}
}

// The whole life, under every position of the mock's switches that could change the outcome.
func TestAccAppDataAuthorization_lifecycle(t *testing.T) {
	t.Parallel()
	for name, switches := range map[string]mock.Switches{
		"default":           {},
		"null":              {EmptyList: mock.EmptyNull, ExpiredToken: mock.ExpiredCode},
		"absent":            {EmptyList: mock.EmptyAbsent, CodeType: mock.CodeString, BusinessStatus: mock.StatusMatching},
		"twice, lower case": {Duplicates: mock.DuplicatesTwice, ListedCase: mock.ListedLower},
		"slow to settle":    {Settling: mock.SettlingThreeTimes, SuccessMessage: mock.MessageEmpty},
		"strict":            {Skew: mock.Checked, Replay: mock.Rejected, MissingKey: mock.MissingRefused, Expire: mock.ExpireFull},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := newGateway(t, switches)
			config := func(types string) string {
				return g.config(fmt.Sprintf("app_id = %q\ndata_authorize_types = %s", portal, types))
			}
			acctest.Life(t, name == "default", resource.TestCase{
				CheckDestroy: g.gone(portal),
				Steps: []resource.TestStep{
					{
						Config:           config(`["USER", "ASSET", "ROLE"]`),
						ConfigPlanChecks: expectAction(plancheck.ResourceActionCreate),
						ConfigStateChecks: []statecheck.StateCheck{
							typesAre("USER", "ASSET", "ROLE"),
							statecheck.ExpectKnownValue(address, tfjsonpath.New("org_id"), knownvalue.StringExact(acctest.OrgID)),
							statecheck.ExpectKnownValue(address, tfjsonpath.New("on_destroy"), knownvalue.StringExact("revoke")),
						},
						PostApplyFunc: func() { g.check(g.listed(portal, "USER", "ASSET", "ROLE")) },
					},
					{ // one type more, one less
						Config:            config(`["USER", "ROLE", "USER_OP"]`),
						ConfigPlanChecks:  expectAction(plancheck.ResourceActionUpdate),
						ConfigStateChecks: []statecheck.StateCheck{typesAre("USER", "ROLE", "USER_OP")},
						PostApplyFunc:     func() { g.check(g.listed(portal, "USER", "ROLE", "USER_OP")) },
					},
					{ // nothing
						Config:            config(`[]`),
						ConfigPlanChecks:  expectAction(plancheck.ResourceActionUpdate),
						ConfigStateChecks: []statecheck.StateCheck{typesAre()},
						PostApplyFunc:     func() { g.check(g.listed(portal)) },
					},
					{ // drift: an administrator grants one type and another that nobody knows
						PreConfig:          func() { g.set(portal, "ASSET", "REPORT_VIEW") },
						RefreshState:       true,
						ExpectNonEmptyPlan: true,
					},
					{
						Config:            config(`["ASSET"]`),
						ConfigPlanChecks:  expectAction(plancheck.ResourceActionUpdate),
						ConfigStateChecks: []statecheck.StateCheck{typesAre("ASSET")},
						PostApplyFunc:     func() { g.check(g.listed(portal, "ASSET")) },
					},
				},
			})
		})
	}
}

func TestAccAppDataAuthorization_import(t *testing.T) {
	t.Parallel()
	g := newGateway(t, mock.Switches{})
	config := g.config(fmt.Sprintf("app_id = %q\ndata_authorize_types = [\"USER\", \"MENU_GROUP_OP\"]", portal))
	wrong := func(id, want string) resource.TestStep {
		return resource.TestStep{Config: config, ResourceName: address, ImportState: true, ImportStateId: id, ExpectError: regexp.MustCompile(want)}
	}
	acctest.Test(t, resource.TestCase{
		Steps: []resource.TestStep{
			{Config: config},
			{
				Config: config, ResourceName: address, ImportState: true, ImportStateId: acctest.OrgID + "/" + portal, ImportStateVerify: true,
				ImportStateVerifyIdentifierAttribute: "app_id",
			},
			{Config: config, ResourceName: address, ImportState: true, ImportStateKind: resource.ImportBlockWithID, ImportStateId: acctest.OrgID + "/" + portal},
			wrong(portal, `(?s)Invalid import id.*org_id/app_id`),
			wrong("/"+portal, `Invalid import id`),
			wrong(acctest.OrgID+"/", `Invalid import id`),
			wrong(acctest.OrgID+"/a/b", `Invalid import id`),
			wrong(acctest.OrgID+"/nobody", `(?s)Unable to import the data authorization.*has\s+no\s+application\s+nobody`),
			wrong(acctest.OrgID+"/"+shortcut, `(?s)Unable to import the data authorization.*shortcut`),
		},
	})
}

// By identity, where the installed version knows it.
func TestAccAppDataAuthorization_identity(t *testing.T) {
	t.Parallel()
	g := newGateway(t, mock.Switches{})
	config := g.config(fmt.Sprintf("app_id = %q\ndata_authorize_types = [\"USER\"]", portal))
	acctest.Test(t, resource.TestCase{
		TerraformVersionChecks: []tfversion.TerraformVersionCheck{tfversion.SkipBelow(tfversion.Version1_12_0)},
		Steps: []resource.TestStep{
			{
				Config: config,
				ConfigStateChecks: []statecheck.StateCheck{statecheck.ExpectIdentity(address, map[string]knownvalue.Check{
					"org_id": knownvalue.StringExact(acctest.OrgID), "app_id": knownvalue.StringExact(portal),
				})},
			},
			{Config: config, ResourceName: address, ImportState: true, ImportStateKind: resource.ImportBlockWithResourceIdentity},
		},
	})
}

// An application that is gone leaves the state, and destroying what is gone is no error.
func TestAccAppDataAuthorization_gone(t *testing.T) {
	t.Parallel()
	for _, status := range []string{mock.StatusOK, mock.StatusMatching} {
		t.Run(status, func(t *testing.T) {
			t.Parallel()
			g := newGateway(t, mock.Switches{BusinessStatus: status})
			cli := g.terraform()
			cli.Write("main.tf", authorization(portal, "USER"))
			cli.Plan()
			mustApply(t, cli)
			g.check(g.Enos.DeleteApp(acctest.OrgID, portal))
			if r := cli.JSON("apply", "-refresh-only", "-auto-approve"); r.Code != 0 {
				t.Fatal(r.Errors)
			}
			if r := cli.Run("state", "list"); r.Stdout != "" {
				t.Errorf("the state has %s", r.Stdout)
			}
			mustFail(t, cli.Plan(), "Unable to plan the data authorization", portal, "access key", "app_id")
			g.check(g.Enos.AddApp(acctest.OrgID, mock.Application{AccessKey: portal, Name: "Portal"}))
			cli.Plan()
			mustApply(t, cli)

			// Gone between the plan and the apply.
			cli.Plan("-destroy")
			g.check(g.Enos.DeleteApp(acctest.OrgID, portal))
			mustApply(t, cli)
			g.check(g.Enos.AddApp(acctest.OrgID, mock.Application{AccessKey: portal, Name: "Portal"}))
			cli.Plan()
			g.check(g.Enos.DeleteApp(acctest.OrgID, portal))
			mustFail(t, cli.Apply(), "Unable to plan the data authorization", portal)
		})
	}
}

func TestAccAppDataAuthorization_onDestroy(t *testing.T) {
	t.Parallel()
	g := newGateway(t, mock.Switches{})
	config := func(onDestroy string) string {
		return g.config(fmt.Sprintf("app_id = %q\ndata_authorize_types = [\"USER\", \"ASSET\"]\non_destroy = %q", portal, onDestroy))
	}
	acctest.Steps(t, resource.TestCase{
		CheckDestroy: g.gone(portal, "USER", "ASSET"),
		Steps: []resource.TestStep{
			{Config: config("revoke")},
			{ // changing only this sends nothing
				PreConfig: g.Recorder.Reset, Config: config("keep"),
				PostApplyFunc: func() {
					if n := g.Recorder.Count(mock.UpdateApplicationAuthorization); n != 0 {
						t.Errorf("%d writes, want none", n)
					}
				},
			},
		},
	})
}

// A change of the application or the organization makes a new resource.
func TestAccAppDataAuthorization_replace(t *testing.T) {
	t.Parallel()
	g := newGateway(t, mock.Switches{})
	withOrg := func(org string) string {
		return strings.Replace(g.Provider(), fmt.Sprintf("org_id      = %q", acctest.OrgID), fmt.Sprintf("org_id = %q", org), 1)
	}
	body := func(org, app string) string {
		return block(fmt.Sprintf("%s\napp_id = %q\ndata_authorize_types = [\"USER\"]", org, app))
	}
	acctest.Steps(t, resource.TestCase{
		CheckDestroy: g.gone(portal),
		Steps: []resource.TestStep{
			{PreConfig: func() { g.set(other) }, Config: withOrg(acctest.OrgID) + body("", portal)},
			{ // the default said explicitly changes nothing
				Config:           withOrg(otherOrg) + body(fmt.Sprintf("org_id = %q", acctest.OrgID), portal),
				ConfigPlanChecks: expectAction(plancheck.ResourceActionNoop),
			},
			{ // another organization of the provider is another place
				Config:      withOrg(otherOrg) + body("", portal),
				ExpectError: regexp.MustCompile(`(?s)points to another place.*` + acctest.OrgID + `.*` + otherOrg + `.*APPACCESS_MOVED=1`),
			},
			{
				Config:           withOrg(acctest.OrgID) + body("", other),
				ConfigPlanChecks: expectAction(plancheck.ResourceActionReplace),
				PostApplyFunc: func() {
					g.check(g.listed(portal))
					g.check(g.listed(other, "USER"))
				},
			},
			{ // the organization of the resource changes
				Config:           withOrg(acctest.OrgID) + body(fmt.Sprintf("org_id = %q", otherOrg), portal),
				ConfigPlanChecks: expectAction(plancheck.ResourceActionReplace),
				PostApplyFunc:    func() { g.check(g.listedIn(otherOrg, portal, "USER")) },
			},
			{ // and goes back to the provider's
				Config:           withOrg(acctest.OrgID) + body("", portal),
				ConfigPlanChecks: expectAction(plancheck.ResourceActionReplace),
				PostApplyFunc:    func() { g.check(g.listed(portal, "USER")) },
			},
		},
	})
}

// Bad input is an error before anything is sent, at the attribute.
func TestAccAppDataAuthorization_validation(t *testing.T) {
	t.Parallel()
	g := newGateway(t, mock.Switches{})
	cli := g.cli()
	for name, test := range map[string]struct{ body, summary, detail, at string }{
		"misspelt":  {`app_id = "a"; data_authorize_types = ["USER", "ASSETS"]`, "Unknown data authorize type", `"ASSETS": did you mean "ASSET"?`, "ASSETS"},
		"lower":     {`app_id = "a"; data_authorize_types = ["role_op"]`, "Unknown data authorize type", `did you mean "ROLE_OP"?`, "role_op"},
		"swapped":   {`app_id = "a"; data_authorize_types = ["UESR"]`, "Unknown data authorize type", `did you mean "USER"?`, "UESR"},
		"no_type":   {`app_id = "a"; data_authorize_types = [" "]`, "Unknown data authorize type", "is empty", "data_authorize_types"},
		"null_type": {`app_id = "a"; data_authorize_types = [null]`, "Null Set Value", "", "data_authorize_types"},
		"no_app":    {`app_id = ""; data_authorize_types = []`, "Invalid app_id", "the access key of an application", "app_id"},
		"no_org":    {`org_id = " "; app_id = "a"; data_authorize_types = []`, "Invalid org_id", "ENOS_ORG_ID", "org_id"},
		"blank":     {`app_id = "a "; data_authorize_types = []`, "Invalid app_id", "begins or ends with a blank", "app_id"},
		"control":   {`app_id = "a\tb"; data_authorize_types = []`, "Invalid app_id", "control character", "app_id"},
		"destroy":   {`app_id = "a"; data_authorize_types = []; on_destroy = "forget"`, "Invalid Attribute Value Match", "forget", "on_destroy"},
		"timeout":   {`app_id = "a"; data_authorize_types = []; timeouts { create = "soon" }`, "Invalid duration", "soon", "timeouts"},
	} {
		cli.Write("main.tf", block(strings.ReplaceAll(test.body, "; ", "\n")))
		report := cli.Plan()
		mustFail(t, report, test.summary, test.detail, test.at)
		if len(report.Errors) != 1 {
			t.Errorf("%s: %d errors, want 1:\n%s", name, len(report.Errors), report.Output)
		}
	}

	// What a validator can't know the plan does.
	cli.Write("main.tf", block("app_id = \"a\"\ndata_authorize_types = [\"MENU_GROUPS_ALL_OP\"]"))
	mustFail(t, cli.Plan(), "Unknown data authorize type", `did you mean "MENU_GROUP_OP"?`, "data_authorize_types")
	cli.Write("services.tf", strings.Replace(g.Provider(), fmt.Sprintf("org_id      = %q", acctest.OrgID), "", 1))
	cli.Write("main.tf", block("app_id = \"a\"\ndata_authorize_types = []"))
	mustFail(t, cli.Plan(), "No organization", "ENOS_ORG_ID")
	g.check(g.calls(map[string]int{}))
}
