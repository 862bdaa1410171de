// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package enos_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/appaccess/terraform-provider-appaccess/internal/acctest"
	mock "github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/enos"
)

const (
	outOfDate    = "The plan is out of date"
	anotherPlace = "The provider points to another place"
)

// noWrites fails when anything was sent since the last reset of the recorder.
func (g *gateway) noWrites(when string) {
	g.t.Helper()
	if n := g.Recorder.Count(mock.UpdateApplicationAuthorization); n > 0 {
		g.t.Errorf("%s: %d writes were sent", when, n)
	}
}

// Between a plan and its apply an administrator grants a type: the service can only replace the
// whole list, so the apply fails before it sends anything.
func TestAccPromise_grantedSinceThePlan(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		config, summary string
		plan            []string
	}{
		"an update":                       {authorization(portal, "USER", "ASSET"), outOfDate, nil},
		"an update, made without refresh": {authorization(portal, "USER", "ASSET"), outOfDate, []string{"-refresh=false"}},
		"all is taken away":               {authorization(portal), outOfDate, nil},
		"a destroy":                       {authorization(portal, "USER"), outOfDate, []string{"-destroy"}},
		"a replacement":                   {authorization(other), outOfDate, nil},
		"-replace":                        {authorization(portal, "USER"), outOfDate, []string{"-replace=" + address}},
		"a create":                        {authorization(portal, "USER") + second(other, "ASSET"), unlisted, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := newGateway(t, mock.Switches{})
			g.set(other)
			cli := g.cli()
			cli.Write("main.tf", authorization(portal, "USER"))
			cli.Plan()
			mustApply(t, cli)

			cli.Write("main.tf", tc.config)
			if r := cli.Plan(tc.plan...); r.Code != 0 {
				t.Fatal(r.Errors)
			}
			app := portal
			if tc.summary == unlisted {
				app = other
			}
			before, _ := g.Enos.Authorization(acctest.OrgID, app)
			g.set(app, append(before, "ROLE")...)
			g.Recorder.Reset()
			mustFail(t, cli.Apply(), tc.summary, "ROLE")
			g.noWrites(name)
			g.check(g.listed(app, append(before, "ROLE")...))

			// The next plan shows it, and its apply takes it away.
			if app == portal && tc.plan == nil {
				mustWarn(t, cli.Plan(), map[bool]string{true: replaced, false: takenAway}[strings.Contains(tc.config, other)], "ROLE: read")
				mustApply(t, cli)
				g.check(g.listed(app, map[string][]string{"an update": {"USER", "ASSET"}}[name]...))
			}
		})
	}
}

// second is another resource for an application.
func second(appID string, types ...string) string {
	return strings.Replace(authorization(appID, types...), `"test"`, `"second"`, 1)
}

// What somebody has taken away since the plan, or has granted as it was planned, is no reason to
// fail.
func TestAccPromise_lessThanPlanned(t *testing.T) {
	t.Parallel()
	g := newGateway(t, mock.Switches{})
	cli := g.cli()
	cli.Write("main.tf", authorization(portal, "USER", "ROLE"))
	cli.Plan()
	mustApply(t, cli)
	cli.Write("main.tf", authorization(portal, "USER", "ASSET"))
	cli.Plan()
	g.set(portal, "ASSET")
	mustApply(t, cli)
	g.check(g.listed(portal, "USER", "ASSET"))
}

// A replacement leaves the application with the types that are wanted, whichever instance goes
// first.
func TestAccPromise_replacement(t *testing.T) {
	t.Parallel()
	for name, lifecycle := range map[string]string{"create_before_destroy": "lifecycle { create_before_destroy = true }", "destroy first": ""} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := newGateway(t, mock.Switches{})
			cli := g.terraform()
			cli.Write("main.tf", block(fmt.Sprintf("app_id = %q\ndata_authorize_types = [\"ASSET\", \"USER\"]\n%s", portal, lifecycle)))
			cli.Plan()
			mustApply(t, cli)
			plan := cli.Plan("-replace=" + address)
			if plan.Changes[address] != "replace" {
				t.Fatalf("planned %v, %v", plan.Changes, plan.Errors)
			}
			mustApply(t, cli)
			g.check(g.listed(portal, "ASSET", "USER"))
			mustBeSilent(t, cli.Plan())
			cli.Plan("-destroy")
			mustApply(t, cli)
			g.check(g.listed(portal))
		})
	}
}

// A tainted instance goes with all that its state lists, whatever the new one wants.
func TestAccPromise_tainted(t *testing.T) {
	t.Parallel()
	g := newGateway(t, mock.Switches{})
	cli := g.cli()
	cli.Write("main.tf", authorization(portal, "USER", "ROLE"))
	cli.Plan()
	mustApply(t, cli)
	cli.Run("taint", address)
	cli.Write("main.tf", authorization(portal, "USER"))
	if plan := cli.Plan(); plan.Code != 0 || plan.Changes[address] != "replace" {
		t.Fatalf("planned %v, %v", plan.Changes, plan.Errors)
	}
	mustApply(t, cli)
	g.check(g.listed(portal, "USER"))
}

// A create that replaces and fails gives the application back: the destroy of the old instance is
// not left out for it.
func TestAccPromise_failedReplacement(t *testing.T) {
	t.Parallel()
	g := newGateway(t, mock.Switches{})
	cli := g.cli()
	cli.Write("main.tf", named("a", thePortal))
	cli.Plan()
	mustApply(t, cli)
	cli.Write("main.tf", named("b", thePortal))
	cli.Plan()
	if r := g.under(cli.Apply, mock.Switches{SetData: mock.SetDataFalse}); r.Code == 0 {
		t.Fatal("nothing failed")
	}
	cli.Write("main.tf", "")
	cli.Plan()
	mustApply(t, cli)
	g.check(g.listed(portal))
}

// A state that was made on one gateway is no state of another one: nothing is dropped, and nothing
// sent.
func TestAccPromise_anotherPlace(t *testing.T) {
	t.Setenv("APPACCESS_MOVED", "")
	g := newGateway(t, mock.Switches{})
	cli := g.terraform()
	cli.Write("main.tf", authorization(portal, "USER"))
	cli.Plan()
	mustApply(t, cli)

	elsewhere := acctest.Start(t, acctest.Options{Enos: mock.Seed{Organizations: []mock.Organization{{ID: acctest.OrgID}}}})
	cli.Write("services.tf", elsewhere.Provider())
	changed := authorization(portal, "USER", "ASSET")
	for _, command := range [][]string{
		{"plan"}, {"plan", "-destroy"}, {"refresh"}, {"apply", "-auto-approve"}, {"destroy", "-auto-approve"}, {"destroy", "-auto-approve", "-refresh=false"},
		{"plan", "-refresh=false"}, {"apply", "-auto-approve", "-refresh=false"},
	} {
		cli.Write("main.tf", changed)
		mustFail(t, cli.JSON(command...), anotherPlace, g.URL, elsewhere.URL, "APPACCESS_MOVED=1")
		if r := cli.Run("state", "list"); !strings.Contains(r.Stdout, address) {
			t.Errorf("%v: the state has lost the resource", command)
		}
	}
	if n := elsewhere.Recorder.Count(mock.UpdateApplicationAuthorization); n > 0 {
		t.Errorf("%d writes were sent elsewhere", n)
	}

	// The same installation under another name.
	cli.Write("services.tf", strings.ReplaceAll(g.Provider(), "127.0.0.1", "localhost"))
	mustFail(t, cli.JSON("plan"), anotherPlace, "localhost")
	t.Setenv("APPACCESS_MOVED", "1")
	if r := cli.JSON("apply", "-auto-approve"); r.Code != 0 {
		t.Fatal(r.Errors)
	}
	t.Setenv("APPACCESS_MOVED", "")
	g.check(g.listed(portal, "USER", "ASSET"))
	mustBeSilent(t, cli.Plan())

	// Another organization of the provider is another place, too, for a resource that names none.
	cli.Write("services.tf", strings.ReplaceAll(strings.ReplaceAll(g.Provider(), "127.0.0.1", "localhost"), acctest.OrgID, otherOrg))
	mustFail(t, cli.Plan(), anotherPlace, acctest.OrgID, otherOrg)
	mustFail(t, cli.JSON("destroy", "-auto-approve"), anotherPlace)
	g.check(g.listed(portal, "USER", "ASSET"))
	t.Setenv("APPACCESS_MOVED", "1")
	if plan := cli.Plan(); plan.Changes[address] != "replace" {
		t.Errorf("planned %v, %v", plan.Changes, plan.Errors)
	}
}

// A plan that revokes too much for the provider's limit fails, however many resources it takes.
func TestAccPromise_providerLimit(t *testing.T) {
	t.Parallel()
	g := newGateway(t, mock.Switches{})
	g.set(other)
	cli := g.terraform()
	both := `resource "appaccess_enos_app_data_authorization" "all" {
  for_each             = toset(var.apps)
  app_id               = each.key
  data_authorize_types = ["USER", "ASSET"]
}
variable "apps" { default = [` + quoted([]string{portal, other}) + `] }
`
	none := strings.Replace(both, quoted([]string{portal, other}), "", 1)
	limit := func(n int) {
		cli.Write("services.tf", strings.Replace(g.Provider(), "gateway_url", fmt.Sprintf("max_revocations = %d\ngateway_url", n), 1))
	}
	const tooMuch = "More access would be revoked than max_revocations of the provider allows"
	limit(3)
	cli.Write("main.tf", both)
	cli.Plan()
	mustApply(t, cli)

	cli.Write("main.tf", none) // a file of nothing but its header behind for_each
	mustFail(t, cli.Plan(), tooMuch, "revoke 4 or more", "allows 3", portal, other)
	mustFail(t, cli.Plan("-destroy"), tooMuch)
	cli.Write("main.tf", both)
	mustFail(t, cli.Plan(`-replace=appaccess_enos_app_data_authorization.all["`+portal+`"]`, `-replace=appaccess_enos_app_data_authorization.all["`+other+`"]`), tooMuch)
	if r := cli.Plan(`-replace=appaccess_enos_app_data_authorization.all["` + portal + `"]`); r.Code != 0 {
		t.Errorf("two of three: %v", r.Errors)
	}
	cli.Write("main.tf", strings.Replace(both, `"USER", "ASSET"`, `"ROLE"`, 1))
	mustFail(t, cli.Plan(), tooMuch)
	cli.Write("main.tf", strings.Replace(both, `"USER", "ASSET"`, `"USER"`, 1))
	if r := cli.Plan(); r.Code != 0 {
		t.Errorf("two of three: %v", r.Errors)
	}
	limit(4)
	cli.Write("main.tf", none)
	cli.Plan()
	mustApply(t, cli)
	g.check(g.listed(portal))
	g.check(g.listed(other))
}

// A refresh that finds nothing of what the state holds says so.
func TestAccPromise_massDrop(t *testing.T) {
	t.Parallel()
	g := newGateway(t, mock.Switches{})
	g.set(other)
	cli := g.terraform()
	cli.Write("main.tf", authorization(portal, "USER")+second(other, "USER"))
	cli.Plan()
	mustApply(t, cli)
	g.check(g.Enos.DeleteApp(acctest.OrgID, portal))
	g.check(g.Enos.DeleteApp(acctest.OrgID, other))
	mustWarn(t, cli.JSON("plan", "-refresh-only"), "A refresh finds little of what the state holds on EnOS", "2 resources", "another environment")
}

// An empty import id is an error that says what one looks like.
func TestAccPromise_emptyImportID(t *testing.T) {
	t.Parallel()
	g := newGateway(t, mock.Switches{})
	cli := g.terraform()
	cli.Write("main.tf", authorization(portal, "USER")+"import {\n  to = "+address+"\n  id = \"\"\n}\n")
	r := cli.Plan()
	if r.Code == 0 || strings.Contains(r.Output, "always an error in the provider") {
		t.Errorf("exit code %d: %s", r.Code, r.Output)
	}
}
