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

const (
	overrides  = "A role on the whole installation overrides roles on applications"
	overridden = "The role is overridden by a role on the whole installation"
)

// Roles that make one another void are a warning, once; a plan that changes nothing warns of
// nothing.
func TestAccGrantPlan_globalRoles(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, mock.Switches{GranteeSpelling: mock.SpellingUpper})
	p.give(mock.Role{Role: mock.Owner, Grantee: alice, ApplicationID: "app-b"}, mock.Role{Role: mock.GrantAdmin, Grantee: bob})
	cli := p.cli()

	// On the service.
	cli.Write("main.tf", grant("test", "grantee", alice, "role", "admin"))
	report := mustPlan(t, cli)
	mustWarn(t, report, overrides, `application_owner of application "app-b"`, "role")
	p.check(p.calls(map[string]int{mock.AuthorizeOAuth: 1, mock.ListRoles: 1}))
	mustApply(t, cli)
	mustBeSilent(t, mustPlan(t, cli))
	cli.Write("main.tf", grant("test", "grantee", alice, "role", "admin")+grant("other", maintainerOf(bob, "app-a")...))
	mustWarn(t, mustPlan(t, cli), overridden, "grant_admin for AD+corp", `application "app-a"`)

	// In the configuration, and only once for the two.
	cli.Write("main.tf", grant("test", "grantee", alice, "role", "admin")+grant("one", maintainerOf(carol, "app-a")...)+
		grant("two", "grantee", strings.ToLower(carol[:9])+carol[9:], "role", "auditor"))
	report = mustPlan(t, cli)
	if len(report.Warnings) != 1 || !strings.Contains(report.Warnings[0].Detail, "app-a") || !strings.Contains(report.Warnings[0].Detail, "auditor") {
		t.Errorf("warnings %v, want one of app-a and auditor", report.Warnings)
	}

	// A role that ends is none.
	cli.Write("main.tf", grant("test", maintainerOf(alice, "app-a")...))
	report = mustPlan(t, cli)
	mustWarn(t, report, "Replacing revokes access: admin for "+alice)
	if len(report.Warnings) != 1 {
		t.Errorf("warnings %v", report.Warnings)
	}
}

// Nobody revokes the provider's own role by mistake.
func TestAccGrantPlan_ownRole(t *testing.T) {
	t.Parallel()
	const summary = "The provider's own role would be revoked"
	for _, login := range []string{"password", "token"} {
		t.Run(login, func(t *testing.T) {
			t.Parallel()
			p := newPlatform(t, mock.Switches{})
			cli := p.terraform()
			// Terraform refreshes and plans a destroy with two instances of the provider.
			want := map[string]int{mock.AuthorizeOAuth: 2, mock.ListRoles: 1}
			if login == "token" {
				token, err := p.Venafi.IssueToken(acctest.VenafiClientID, acctest.VenafiIdentity, "admin")
				if err != nil {
					t.Fatal(err)
				}
				cli.Write("services.tf", fmt.Sprintf("provider \"appaccess\" {\nvenafi {\nurl = %q\naccess_token = %q\n}\n}\n", p.URL, token))
				want = map[string]int{mock.AuthorizeVerify: 1, mock.ListRoles: 1}
			}
			cli.Write("main.tf", grant("test", "grantee", strings.ToUpper(acctest.VenafiIdentity), "role", "admin"))
			mustPlan(t, cli)
			mustApply(t, cli)
			p.Recorder.Reset()
			mustFail(t, cli.Plan("-destroy"), summary, "0ACC7E57", "removed", "terraform state rm")
			p.check(p.calls(want))
			cli.Write("main.tf", grant("test", "grantee", alice, "role", "admin"))
			mustFail(t, cli.Plan(), summary)
			cli.Write("main.tf", "")
			mustFail(t, cli.Plan(), summary)
			cli.Write("main.tf", fmt.Sprintf("removed {\n from = %s\n lifecycle { destroy = false }\n}", address))
			mustPlan(t, cli)
			mustApply(t, cli)
			if !p.Venafi.Holds(acctest.VenafiIdentity, mock.Admin, "") {
				t.Error("the provider's role is gone")
			}
		})
	}
}

// A grant passes from one resource to another in one apply, whichever comes first.
func TestAccGrantPlan_changesHands(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, mock.Switches{})
	cli := p.terraform()
	cli.Write("main.tf", grant("before", maintainerOf(alice, "app-a")...))
	mustPlan(t, cli)
	mustApply(t, cli)
	cli.Write("main.tf", grant("after", maintainerOf(alice, "app-a")...))
	mustPlan(t, cli)
	mustApply(t, cli)
	p.check(p.holds("application_maintainer app-a " + alice))
	if report := mustPlan(t, cli); len(report.Changes) != 0 {
		t.Errorf("changes %v, want none", report.Changes)
	}
	// Another spelling, created before the old one is destroyed, stays in place.
	cli.Write("main.tf", strings.Replace(grant("after", maintainerOf(strings.ToUpper(alice), "app-a")...), "}\n", "lifecycle { create_before_destroy = true }\n}\n", 1))
	if report := mustPlan(t, cli); report.Changes[grantType+".after"] != "update" {
		t.Errorf("changes %v, want an update", report.Changes)
	}
}

// Hundreds of grants, each a resource: a refresh is one listing, a create one grant call each.
func TestAccGrantPlan_hundreds(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, mock.Switches{UnknownGrantee: mock.GranteeAccepted})
	p.fault(mock.IdentityValidate, mock.FaultInsufficientScope)
	cli := p.cli()
	config := func(n int) string {
		return fmt.Sprintf(`
locals { ids = { for i in range(%d) : format("user-%%04d", i) => format("local:{5be5a591-c842-4520-9142-%%012x}", i) } }
resource %q "all" {
  for_each       = local.ids
  grantee        = each.value
  role           = "application_maintainer"
  application_id = "app-a"
}
`, n, grantType)
	}
	const n = 300
	cli.Write("main.tf", config(n))
	mustBeSilent(t, mustPlan(t, cli, "-parallelism=16"))
	p.check(p.calls(map[string]int{mock.AuthorizeOAuth: 1, mock.ListRoles: 1}))
	if report := cli.JSON("apply", "-parallelism=16", "plan.tfplan"); report.Code != 0 {
		t.Fatal(report.Errors)
	}
	p.check(p.calls(map[string]int{mock.AuthorizeOAuth: 1, mock.GrantRole: n, mock.ListRoles: 2}))
	if got := p.Recorder.MaxInFlight(); got > 8 {
		t.Errorf("%d requests at once, want at most 8", got)
	}

	// A refresh, also with some of them gone.
	mustBeSilent(t, mustPlan(t, cli))
	p.check(p.calls(map[string]int{mock.AuthorizeOAuth: 1, mock.ListRoles: 1}))
	for i := range 7 {
		p.Venafi.Revoke(mock.Role{Role: mock.Maintainer, Grantee: fmt.Sprintf("local:{5be5a591-c842-4520-9142-%012x}", i*40), ApplicationID: "app-a"})
	}
	if report := mustPlan(t, cli); len(report.Changes) != 7 {
		t.Errorf("%d changes, want 7", len(report.Changes))
	}
	p.check(p.calls(map[string]int{mock.AuthorizeOAuth: 1, mock.GetRole: 1, mock.ListRoles: 2}))
	mustApply(t, cli)
	p.check(p.calls(map[string]int{mock.AuthorizeOAuth: 1, mock.GrantRole: 7, mock.ListRoles: 2}))
}
