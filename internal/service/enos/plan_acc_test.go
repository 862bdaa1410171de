// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package enos_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/appaccess/terraform-provider-appaccess/internal/acctest"
	mock "github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/enos"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

const (
	unlisted  = "Access that is not listed would be taken away"
	adopted   = "Types that are there already will be adopted"
	takenAway = "Data authorize types will be taken away"
	power     = "Power over the organization is given"
	destroyed = "Destroying revokes access"
	replaced  = "Replacing revokes access"
)

func authorization(appID string, types ...string) string {
	return block(fmt.Sprintf("app_id = %q\ndata_authorize_types = [%s]", appID, quoted(types)))
}

func quoted(types []string) string {
	list := make([]string, len(types))
	for i, t := range types {
		list[i] = fmt.Sprintf("%q", t)
	}
	return strings.Join(list, ", ")
}

// What the attributes don't show is a warning, once, and costs no call that the refresh has made.
func TestAccPlan_warnings(t *testing.T) {
	t.Parallel()
	g := newGateway(t, mock.Switches{})
	cli := g.cli()

	// The application has USER and ROLE already. A create that would take one away fails, and says
	// how to import what is there.
	cli.Write("main.tf", authorization(other, "USER", "ASSET", "ROLE_OP"))
	mustFail(t, cli.Plan(), unlisted, other, acctest.OrgID, "(1 data authorize type)", "ROLE: read the ID and name of all roles", "import {",
		"to = appaccess_enos_app_data_authorization.NAME", `id = "`+acctest.OrgID+"/"+other+`"`, "data_authorize_types")
	g.check(g.calls(map[string]int{mock.GetAccessToken: 1, mock.GetApplicationAuthorization: 1}))

	cli.Write("main.tf", authorization(other, "USER", "ROLE", "ASSET", "ROLE_OP"))
	report := cli.Plan()
	mustWarn(t, report, adopted, other, acctest.OrgID, "ROLE, USER")
	mustWarn(t, report, power, other, "ROLE_OP: edit all roles", "data_authorize_types")
	if len(report.Warnings) != 2 {
		t.Errorf("%d warnings, want 2: %v", len(report.Warnings), report.Warnings)
	}
	g.check(g.calls(map[string]int{mock.GetAccessToken: 1, mock.GetApplicationAuthorization: 1}))
	mustApply(t, cli)
	// The plan is made again while it is applied; then one write, and its read back.
	g.check(g.calls(map[string]int{mock.GetAccessToken: 1, mock.GetApplicationAuthorization: 2, mock.UpdateApplicationAuthorization: 1}))

	cli.Write("main.tf", authorization(other, "USER", "ASSET", "ROLE_OP"))
	mustWarn(t, cli.Plan(), takenAway, "ROLE: read the ID and name of all roles")
	mustApply(t, cli)
	g.Recorder.Reset()

	// A plan that changes nothing warns of nothing.
	mustBeSilent(t, cli.Plan())
	g.check(g.calls(map[string]int{mock.GetAccessToken: 1, mock.GetApplicationAuthorization: 1}))

	// What is taken away is named with what it unlocks; power that is there already is no news.
	cli.Write("main.tf", authorization(other, "ASSET", "ROLE_OP", "USER_ALL_PERMISSION"))
	report = cli.Plan()
	mustWarn(t, report, takenAway, other, acctest.OrgID, "USER: read the ID, user name, email and phone number of all users")
	mustWarn(t, report, power, "USER_ALL_PERMISSION: read the permissions of all users")
	for _, w := range report.Warnings {
		if strings.Contains(w.Detail, "ROLE_OP") {
			t.Errorf("ROLE_OP is no news: %s", w.Detail)
		}
	}
	g.check(g.calls(map[string]int{mock.GetAccessToken: 1, mock.GetApplicationAuthorization: 1}))
	mustApply(t, cli)

	// Reading names is no power.
	cli.Write("main.tf", authorization(other, "ASSET", "ROLE_OP", "USER_ALL_PERMISSION", "USER", "ROLE"))
	mustBeSilent(t, cli.Plan())

	// Drift: what an administrator granted is taken away again. A type that nobody knows can be
	// kept.
	g.set(other, "ASSET", "ROLE_OP", "USER_ALL_PERMISSION", "USER", "REPORT_VIEW")
	cli.Write("main.tf", authorization(other, "ASSET", "ROLE_OP", "USER_ALL_PERMISSION"))
	mustWarn(t, cli.Plan(), takenAway, "USER: read", "REPORT_VIEW: a type that this provider does not know")
	cli.Write("main.tf", authorization(other, "ASSET", "ROLE_OP", "USER_ALL_PERMISSION", "USER", "REPORT_VIEW"))
	mustBeSilent(t, cli.Plan())

	// Destroying takes all away, and replacing does before it.
	mustWarn(t, cli.Plan("-destroy"), destroyed, "ASSET: read", "ROLE_OP: edit", "USER_ALL_PERMISSION: read")
	cli.Write("main.tf", authorization(portal, "ASSET"))
	report = cli.Plan()
	mustWarn(t, report, replaced, "ROLE_OP: edit")
	if len(report.Warnings) != 1 {
		t.Errorf("%d warnings, want 1: %v", len(report.Warnings), report.Warnings)
	}
	cli.Write("main.tf", block(fmt.Sprintf("app_id = %q\non_destroy = \"keep\"\ndata_authorize_types = [%q, %q, %q, %q, %q]", other,
		"ASSET", "ROLE_OP", "USER_ALL_PERMISSION", "USER", "REPORT_VIEW")))
	mustBeSilent(t, cli.Plan())
	mustApply(t, cli)
	mustBeSilent(t, cli.Plan("-destroy"))
}

func TestAccPlan_createOverNothingOrTheSame(t *testing.T) {
	t.Parallel()
	g := newGateway(t, mock.Switches{})
	cli := g.cli()
	cli.Write("main.tf", authorization(portal, "USER"))
	mustBeSilent(t, cli.Plan())
	cli.Write("main.tf", authorization(other, "USER", "ROLE"))
	mustBeSilent(t, cli.Plan())
	cli.Write("main.tf", authorization(other, "USER", "ROLE", "ASSET"))
	mustWarn(t, cli.Plan(), adopted, "ROLE, USER", "Nothing of it is taken away")
	cli.Write("main.tf", authorization(other))
	mustFail(t, cli.Plan(), unlisted, "(2 data authorize types)")
}

func TestAccPlan_applications(t *testing.T) {
	t.Parallel()
	g := newGateway(t, mock.Switches{})
	cli := g.cli()
	cli.Write("main.tf", authorization("nobody", "USER"))
	mustFail(t, cli.Plan(), "Unable to plan the data authorization", "nobody", acctest.OrgID, "31404", "app_id")
	cli.Write("main.tf", authorization(shortcut, "USER"))
	mustFail(t, cli.Plan(), "Unable to plan the data authorization", shortcut, "is an application shortcut", "app_id")
	if err := g.Enos.SetPermission(acctest.EnosAccessKey, false, true); err != nil {
		t.Fatal(err)
	}
	cli.Write("main.tf", authorization(portal, "USER"))
	mustFail(t, cli.Plan(), "Unable to plan the data authorization", "31403", "system administrator must grant")
}

// Values that are known only after apply: the plan asks nothing, and the checks run at apply.
func TestAccPlan_unknown(t *testing.T) {
	t.Parallel()
	g := newGateway(t, mock.Switches{})
	for name, body := range map[string]string{
		"app":   `app_id = terraform_data.app.output` + "\n" + `data_authorize_types = ["USER", "USER_OP"]`,
		"types": fmt.Sprintf("app_id = %q", other) + "\n" + `data_authorize_types = terraform_data.types.output`,
		"type":  fmt.Sprintf("app_id = %q", other) + "\n" + `data_authorize_types = ["USER", terraform_data.type.output]`,
		"org":   `org_id = terraform_data.org.output` + "\n" + fmt.Sprintf("app_id = %q", other) + "\n" + `data_authorize_types = ["USER", "USER_OP"]`,
	} {
		g.set(other, "USER")
		cli := g.terraform()
		cli.Write("main.tf", fmt.Sprintf(`
			resource "terraform_data" "app" { input = %q }
			resource "terraform_data" "org" { input = %q }
			resource "terraform_data" "type" { input = "USER_OP" }
			resource "terraform_data" "types" { input = ["USER", "USER_OP"] }
		`, other, acctest.OrgID)+block(body))
		g.Recorder.Reset()
		mustBeSilent(t, cli.Plan())
		if err := g.calls(map[string]int{}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		report := mustApply(t, cli)
		mustWarn(t, report, adopted, other, "USER")
		mustWarn(t, report, power, "USER_OP: create and delete user accounts")
		g.check(g.listed(other, "USER", "USER_OP"))
		mustBeSilent(t, cli.Plan())
	}
}

// A provider that is configured only at apply can't be asked while planning.
func TestAccPlan_unknownProvider(t *testing.T) {
	t.Parallel()
	g := newGateway(t, mock.Switches{})
	cli := g.terraform()
	unknown := strings.NewReplacer(
		fmt.Sprintf("gateway_url = %q", g.URL), "gateway_url = terraform_data.gateway.output",
		fmt.Sprintf("org_id      = %q", acctest.OrgID), "org_id = terraform_data.org.output",
	).Replace(g.Provider())
	cli.Write("services.tf", unknown)
	cli.Write("main.tf", fmt.Sprintf(`
		resource "terraform_data" "gateway" { input = %q }
		resource "terraform_data" "org" { input = %q }
	`, g.URL, acctest.OrgID)+authorization(other, "ASSET"))
	mustBeSilent(t, cli.Plan())
	mustFail(t, cli.Apply(), unlisted, "ROLE: read", "USER: read")
	g.check(g.listed(other, "ROLE", "USER"))
	g.set(other)
	mustBeSilent(t, cli.Plan())
	mustApply(t, cli)
	g.check(g.listed(other, "ASSET"))
	mustBeSilent(t, cli.Plan())
}

// A failure of the service fails the plan that needs it, and names what to do.
func TestAccPlan_serviceFails(t *testing.T) {
	t.Parallel()
	g := newGateway(t, mock.Switches{})
	cli := g.cli()
	g.Faults.Add(wire.Fault{Service: mock.ServiceName, Operation: mock.GetApplicationAuthorization, Kind: mock.FaultTokenExpired})
	cli.Write("main.tf", authorization(portal, "USER"))
	mustFail(t, cli.Plan(), "Unable to plan the data authorization", "access_key", "secret_key", "clock")
}
