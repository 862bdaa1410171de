// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/appaccess/terraform-provider-appaccess/internal/acctest"
	mock "github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/venafi"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

const applicationAddress = "appaccess_venafi_oauth_application.ci"

// integration is an application with more arguments, one in each line.
func integration(arguments string) string {
	return `
		resource "appaccess_venafi_oauth_application" "ci" {
		  application_id = "ci"
		  name           = "CI pipeline"
		  vendor         = "Example Corp"
		  description    = "Builds"
		  url            = "https://ci.example.com"
		  scope          = "certificate:discover"
		  maximum_scope  = "certificate:discover,manage;agent"
		  ` + arguments + `
		}
	`
}

func (p *platform) application(id string) *mock.Application {
	for _, a := range p.Venafi.Applications() {
		if a.ID == id {
			return &a
		}
	}
	return nil
}

func text(address, name, want string) statecheck.StateCheck {
	return statecheck.ExpectKnownValue(address, tfjsonpath.New(name), knownvalue.StringExact(want))
}

func action(address string, want plancheck.ResourceActionType) resource.ConfigPlanChecks {
	return resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectResourceAction(address, want)}}
}

// The whole life, in every way in which a server may answer it.
func TestAccOAuthApplication(t *testing.T) {
	t.Parallel()
	for name, switches := range map[string]mock.Switches{
		"first": {}, "array": {GetApplication: mock.ApplicationArray}, "forever": {NullValidity: mock.NullForever}, "filled": {DefaultValidity: mock.DefaultFilled},
		"upper": {ScopeSpelling: mock.ScopeUpper}, "reordered": {ScopeSpelling: mock.ScopeReordered}, "spaced": {ScopeSpelling: mock.ScopeSpaced},
		"more": {MoreFields: mock.Sent}, "result_9": {InsufficientRights: mock.RightsResult9},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlatform(t, switches)
			acctest.Life(t, name == "first", resource.TestCase{
				CheckDestroy: func(*terraformState) error {
					if p.application("ci") != nil {
						return fmt.Errorf("it is still there")
					}
					return nil
				},
				Steps: []resource.TestStep{
					{
						Config: p.Provider() + integration("access_validity = \"90m\"\nunused_expiration = \"720h\""),
						ConfigStateChecks: []statecheck.StateCheck{
							text(applicationAddress, "maximum_scope", "certificate:discover,manage;agent"), text(applicationAddress, "access_validity", "90m"),
							text(applicationAddress, "unused_expiration", "720h"), text(applicationAddress, "description", "Builds"),
						},
					},
					{ResourceName: applicationAddress, ImportState: true, ImportStateId: "ci", ImportStateVerify: name == "first", ImportStateVerifyIdentifierAttribute: "application_id", ImportStateVerifyIgnore: []string{"access_validity"}},
					{ // another spelling of the same is nothing to do for the server
						PreConfig: p.Recorder.Reset,
						Config:    p.Provider() + integration("access_validity = \"1h30m\"\nunused_expiration = \"720h\""),
						PostApplyFunc: func() {
							if n := p.Recorder.Count(mock.UpdateApplication); n != 0 {
								t.Errorf("%d updates", n)
							}
						},
					},
					{ // what the configuration leaves out stays
						Config:           p.Provider() + strings.Replace(integration("renewable = false"), `description    = "Builds"`, "", 1),
						ConfigPlanChecks: action(applicationAddress, plancheck.ResourceActionUpdate),
						PostApplyFunc: func() {
							is := p.application("ci")
							if is.Description != "Builds" || *is.UnusedExpirationSeconds != 720*3600 || *is.AccessValiditySeconds != 5400 || *is.Renewable {
								t.Errorf("%+v", is)
							}
							if switches.MoreFields == mock.Sent && is.ReviewedBy != "the installer" {
								t.Errorf("a field of a newer server is lost: %+v", is)
							}
						},
					},
					{ // drift shows, and is put right
						PreConfig: func() {
							changed := *p.application("ci")
							changed.Name, changed.MaximumScope = "Changed", "certificate"
							p.check(p.Venafi.AddApplication(changed))
						},
						Config:           p.Provider() + integration(""),
						ConfigPlanChecks: action(applicationAddress, plancheck.ResourceActionUpdate),
						PostApplyFunc: func() {
							if is := p.application("ci"); is.Name != "CI pipeline" || !strings.Contains(is.MaximumScope, "manage") {
								t.Errorf("%+v", is)
							}
						},
					},
					{ // gone is made again
						PreConfig:        func() { p.check(p.Venafi.RemoveApplication("ci")) },
						Config:           p.Provider() + integration(""),
						ConfigPlanChecks: action(applicationAddress, plancheck.ResourceActionCreate),
					},
				},
			})
		})
	}
}

func TestAccOAuthApplication_destroyGuard(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, mock.Switches{})
	cli := p.cli()
	cli.Write("main.tf", integration(""))
	cli.Plan()
	mustApply(t, cli)

	p.check(p.Venafi.AddRules(mock.Rule{ApplicationID: "ci", Trustee: alice, MaximumScope: "certificate"}))
	mustPlan(t, cli, "-destroy")
	mustFail(t, cli.Apply(), `Somebody may still use the application "ci"`, "1 rule and 0 live grants", "force_destroy")
	if p.application("ci") == nil {
		t.Error("it is gone")
	}
	if _, err := p.Venafi.IssueToken("ci", alice, "certificate"); err != nil {
		t.Fatal(err)
	}
	mustFail(t, cli.Plan("-destroy"), `Somebody may still use the application "ci"`, "1 live grant, until")

	cli.Write("main.tf", integration("force_destroy = true"))
	mustPlan(t, cli)
	mustApply(t, cli)
	mustWarn(t, mustPlan(t, cli, "-destroy"), `Tokens may outlive the application: application "ci"`, "1 live grant, until")
	mustApply(t, cli)
	if p.application("ci") != nil {
		t.Error("it is still there")
	}
}

// A refused end leaves the application in the state.
func TestAccOAuthApplication_endRefused(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, mock.Switches{ApplicationEnd: mock.EndRefused})
	cli := p.cli()
	cli.Write("main.tf", integration("force_destroy = true"))
	cli.Plan()
	mustApply(t, cli)
	p.check(p.Venafi.AddRules(mock.Rule{ApplicationID: "ci", Trustee: alice, MaximumScope: "certificate"}))
	mustPlan(t, cli, "-destroy")
	mustFail(t, cli.Apply(), `Unable to delete the OAuth application "ci"`, "has rules")
	if r := cli.Run("state", "list"); strings.TrimSpace(r.Stdout) != applicationAddress {
		t.Error(r.Stdout)
	}
}

// The application through which the provider is logged in neither goes nor becomes too narrow to
// log in again.
func TestAccOAuthApplication_lockout(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, mock.Switches{})
	own := func(maximum string) string {
		return fmt.Sprintf("resource \"appaccess_venafi_oauth_application\" \"own\" {\n application_id = %q\n maximum_scope = %q\n force_destroy = true\n}\n", acctest.VenafiClientID, maximum)
	}
	cli := p.cli()
	cli.Write("main.tf", own("admin;configuration"))
	if r := cli.Run("import", "appaccess_venafi_oauth_application.own", acctest.VenafiClientID); r.Code != 0 {
		t.Fatal(r.Output)
	}
	mustPlan(t, cli)
	mustApply(t, cli)
	cli.Write("main.tf", own("configuration;admin;certificate"))
	mustPlan(t, cli)
	mustApply(t, cli)
	cli.Write("main.tf", own("configuration"))
	mustFail(t, cli.Plan(), `The provider would lock itself out: application "acctest-client"`, "admin", "maximum_scope")
	mustFail(t, cli.Plan("-destroy"), `The provider would lock itself out: application "acctest-client"`)
}

func TestAccOAuthApplication_failures(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, mock.Switches{})
	cli := p.cli()
	p.check(p.Venafi.AddApplication(mock.Application{ID: "ci", MaximumScope: "certificate"}))
	cli.Write("main.tf", integration(""))
	mustFail(t, cli.Plan(), `Unable to plan the OAuth application "ci"`, "exists already", "to = appaccess_venafi_oauth_application.NAME", `id = "ci"`, "application_id")
	p.check(p.Venafi.RemoveApplication("ci"))
	mustPlan(t, cli)
	p.check(p.Venafi.AddApplication(mock.Application{ID: "ci", MaximumScope: "certificate"})) // between the plan and the apply
	mustFail(t, cli.Apply(), `Unable to plan the OAuth application "ci"`, "exists already")   // an apply plans again
	p.check(p.Venafi.RemoveApplication("ci"))

	// What was made is taken back when the create can't be finished: a create does not take
	// unused_expiration.
	cli.Write("main.tf", integration("unused_expiration = \"24h\""))
	mustPlan(t, cli)
	p.fault(mock.UpdateApplication, mock.FaultResult)
	mustFail(t, cli.Apply(), `Unable to create the OAuth application "ci"`, "The call failed")
	if p.application("ci") != nil || strings.TrimSpace(cli.Run("state", "list").Stdout) != "" {
		t.Error("the failed create is not taken back")
	}
	p.Faults.Clear()
	mustPlan(t, cli)
	p.fault(mock.CreateApplication, mock.FaultIgnoredWrite, func(f *wire.Fault) { f.Times = 1 })
	if report := cli.Apply(); report.Code == 0 {
		t.Error("a write that was ignored passes")
	}
	mustPlan(t, cli)
	mustApply(t, cli)
	mustPlan(t, cli, "-destroy")
	p.fault(mock.DeleteApplication, mock.FaultIgnoredWrite, func(f *wire.Fault) { f.Times = 1 })
	mustFail(t, cli.Apply(), `Unable to delete the OAuth application "ci"`, "is deleted, and then that it is there")
	mustPlan(t, cli, "-destroy")
	mustApply(t, cli)

	// The first try comes about late, the second one finds it there, and then nobody can look: it
	// may be ours, so the state holds it.
	for _, of := range []struct {
		config, address, summary, create, get string
		looks                                 int // before the one that fails
	}{
		{integration(""), applicationAddress, `Unable to create the OAuth application "ci"`, mock.CreateApplication, mock.GetApplication, 2},
		{jwtMapping("gitlab", "grantee", alice), mappingAddress, `Unable to create the JWT mapping "gitlab"`, mock.CreateJwtMapping, mock.GetJwtMapping, 1},
	} {
		for _, ending := range [][]string{{"-destroy"}, nil} {
			cli.Write("main.tf", of.config)
			mustPlan(t, cli)
			p.fault(of.create, wire.Late, func(f *wire.Fault) { f.Times, f.EffectRequests = 1, 1 })
			p.fault(of.get, mock.FaultHTML503, func(f *wire.Fault) { f.After = of.looks })
			mustFail(t, cli.Apply(), of.summary, "could not be looked up")
			p.Faults.Clear()
			if listed := cli.Run("state", "list").Stdout; !strings.Contains(listed, of.address) {
				t.Errorf("%s may be there, and the state has %q", of.address, listed)
			}
			mustPlan(t, cli, ending...) // of a tainted one: it is there already, and goes before the new one comes
			mustApply(t, cli)
			if ending == nil {
				mustPlan(t, cli, "-replace="+of.address)
				mustApply(t, cli)
				mustPlan(t, cli, "-destroy")
				mustApply(t, cli)
			}
			if p.application("ci") != nil || p.mapping("gitlab") != nil {
				t.Errorf("%s is left", of.address)
			}
		}
	}
	cli.Write("main.tf", integration("unused_expiration = \"24h\""))

	// Lost answers change nothing.
	for _, kind := range []wire.FaultKind{wire.ResetAfter, mock.FaultRerun, mock.FaultHTML503, mock.FaultTokenExpired} {
		mustPlan(t, cli)
		for _, operation := range []string{mock.CreateApplication, mock.UpdateApplication, mock.GetApplication, mock.DeleteApplication} {
			p.fault(operation, kind, func(f *wire.Fault) { f.Times = 1 })
		}
		mustApply(t, cli)
		mustPlan(t, cli, "-destroy")
		mustApply(t, cli)
		p.Faults.Clear()
	}

	cli.Write("main.tf", `resource "appaccess_venafi_oauth_application" "ci" { application_id = "new" }`)
	report := cli.Plan()
	if len(report.Errors) != 6 || report.Errors[0].Summary != "A new application needs more" {
		t.Errorf("%v", report.Errors)
	}
	for arguments, want := range map[string]string{
		`grant_validity = "90d"`: "Invalid duration", `unused_expiration = "1500ms"`: "Invalid duration",
	} {
		cli.Write("main.tf", integration(arguments))
		mustFail(t, cli.Plan(), want)
	}
	cli.Write("main.tf", strings.Replace(integration(""), `"certificate:discover"`, `"certificate:"`, 1))
	mustFail(t, cli.Plan(), "Invalid scope", "scope")
}

// Two resources of one application, or of one JWT mapping, would each make it what they say: the
// plan fails, whether both are new or one is there.
func TestAccOAuth_twoResourcesOfOne(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, mock.Switches{})
	for summary, config := range map[string]string{
		"Two resources of one application": integration(""), "Two resources of one JWT mapping": jwtMapping("gitlab"),
	} {
		cli := p.cli()
		again := strings.NewReplacer(`_application" "ci"`, `_application" "again"`, `_mapping" "gitlab"`, `_mapping" "again"`).Replace(config)
		cli.Write("main.tf", config+again)
		mustFail(t, cli.Plan(), summary, "moved", "-refresh=false")
		cli.Write("main.tf", config)
		mustPlan(t, cli)
		mustApply(t, cli)
		cli.Write("main.tf", config+again)
		mustFail(t, cli.Plan(), summary)
	}
}

// A caller who may not see an application is no proof that it is gone.
func TestAccOAuthApplication_unseen(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, mock.Switches{})
	cli := p.cli()
	cli.Write("main.tf", integration(""))
	cli.Plan()
	mustApply(t, cli)
	p.Venafi.Revoke(mock.Role{Role: mock.Admin, Grantee: acctest.VenafiIdentity})
	mustFail(t, cli.Plan(), `Unable to read the OAuth application "ci"`, "insufficient_rights")
	p.give(mock.Role{Role: mock.Admin, Grantee: acctest.VenafiIdentity})
	mustPlan(t, cli, "-detailed-exitcode")
}
