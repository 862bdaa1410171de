// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi_test

import (
	"strings"
	"testing"

	"github.com/appaccess/terraform-provider-appaccess/internal/acctest"
	mock "github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/venafi"
)

// What the server doesn't know is an error of the plan, where the caller may look. Who may not look
// finds out at apply.
func TestAccRoles_missing(t *testing.T) {
	t.Parallel()
	const nobody = "local:{99999999-0000-4000-8000-000000000001}"
	p := newPlatform(t, mock.Switches{})
	cli := p.terraform()
	for name, config := range map[string]string{
		`no application "no-such-app"`: grant("test", maintainerOf(alice, "no-such-app")...),
		`no application "App-A"`:       strings.Replace(roleSet(setType, []string{"alice", alice}), "app-a", "App-A", 1),
		nobody:                         grant("test", maintainerOf(nobody, "app-a")...),
		"no identity " + nobody:        roleSet(exclusiveType, []string{"alice", alice, "nobody", nobody}),
	} {
		cli.Write("main.tf", config)
		report := cli.Plan()
		if len(report.Errors) != 1 || !strings.Contains(report.Errors[0].Detail, name) || !strings.HasPrefix(report.Errors[0].Summary, "Unable to plan") {
			t.Errorf("%s: errors %v", name, report.Errors)
		}
	}
	cli.Write("main.tf", roleSet(setType, []string{"alice", alice}))
	mustPlan(t, cli)
	p.check(p.looks(t, cli, map[string]int{mock.GetApplication: 1, mock.IdentityValidate: 1}))
	mustApply(t, cli)
	p.check(p.looks(t, cli, map[string]int{}))

	// An import of what is not there.
	cli.Write("main.tf", strings.Replace(roleSet(setType, []string{"alice", alice}), "app-a", "no-such-app", 1)+
		"import {\n to = "+setAddress+"\n id = \"application_maintainer/no-such-app\"\n}\n")
	cli.Run("state", "rm", setAddress)
	mustFail(t, cli.Plan(), "Unable to import the OAuth role grants", `no application "no-such-app"`)

	// A token without the scope configuration may not look identities up.
	token, err := p.Venafi.IssueToken(acctest.VenafiClientID, acctest.VenafiIdentity, "admin")
	if err != nil {
		t.Fatal(err)
	}
	cli.Write("services.tf", "provider \"appaccess\" {\n  venafi {\n    url = \""+p.URL+"\"\n    access_token = \""+token+"\"\n  }\n}\n")
	cli.Write("main.tf", grant("test", maintainerOf(nobody, "app-a")...))
	mustPlan(t, cli)
	mustFail(t, cli.Apply(), "Unable to create the OAuth role grant", "RemoteIdentityRequired")
}

// looks plans, and fails unless exactly these were looked up.
func (p *platform) looks(t *testing.T, cli *acctest.CLI, want map[string]int) error {
	t.Helper()
	p.Recorder.Reset()
	mustPlan(t, cli)
	for _, operation := range []string{mock.GetApplication, mock.IdentityValidate} {
		if got := p.Recorder.Count(operation); got != want[operation] {
			t.Errorf("%d calls of %s, want %d", got, operation, want[operation])
		}
	}
	return nil
}

// A state that was made on another server is not gone, and nothing is granted or revoked there.
func TestAccRoles_anotherPlace(t *testing.T) {
	t.Parallel()
	p, other := newPlatform(t, mock.Switches{}), newPlatform(t, mock.Switches{})
	cli := p.cli()
	config := roleSet(exclusiveType, []string{"alice", alice}) + grant("one", "grantee", bob, "role", "auditor")
	cli.Write("main.tf", config)
	mustPlan(t, cli)
	mustApply(t, cli)
	cli.Write("services.tf", other.Provider())
	for _, args := range [][]string{nil, {"-refresh=false", "-destroy"}, {"-destroy"}} {
		report := cli.Plan(args...)
		if report.Code == 0 || !strings.Contains(report.Errors[0].Detail, p.URL) || !strings.Contains(report.Errors[0].Detail, other.URL) {
			t.Errorf("%v: %v", args, report.Errors)
		}
	}
	other.check(other.calls(map[string]int{}))
	p.check(p.holds(append(onA(alice), "auditor "+bob)...))
	cli.Write("services.tf", p.Provider())
	mustBeSilent(t, cli.Plan())
}

// Two resources that grant the same are a warning that names both, whichever comes first.
func TestAccRoles_shared(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, mock.Switches{})
	cli := p.cli()
	cli.Write("main.tf", roleSet(setType, []string{"Anna", alice, "bob", bob})+grant("one", maintainerOf(strings.ToUpper(alice), "app-a")...))
	report := mustPlan(t, cli)
	mustWarn(t, report, "Two resources grant the same", "appaccess_venafi_oauth_role_grant", setType, "1 grantee")
	if len(report.Warnings) != 1 {
		t.Errorf("warnings %v", report.Warnings)
	}
	cli.Write("main.tf", roleSet(setType, []string{"bob", bob})+grant("one", maintainerOf(alice, "app-a")...))
	mustBeSilent(t, mustPlan(t, cli))

	cli.Write("main.tf", roleSet(setType, []string{"Anna", alice, "bob", bob})+grant("one", maintainerOf(alice, "app-a")...))
	mustPlan(t, cli)
	mustApply(t, cli)
	for _, rest := range []string{roleSet(setType, []string{"bob", bob}), ""} {
		cli.Write("main.tf", rest+grant("one", maintainerOf(alice, "app-a")...))
		mustWarn(t, mustPlan(t, cli), "Access that another resource keeps will be revoked", "let go of: appaccess_venafi_oauth_role_grant_set of", "kept by: ", alice)
	}
	cli.Write("main.tf", roleSet(setType, []string{"Anna", alice, "bob", bob}))
	mustWarn(t, mustPlan(t, cli), "Access that another resource keeps will be revoked", "kept by: appaccess_venafi_oauth_role_grant_set of")
}

// A name that a service lists can't forge the text of a plan.
func TestAccRoles_hostileNames(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, mock.Switches{UnknownGrantee: mock.GranteeAccepted})
	p.give(maintainer("LDAP+unix:bob\x1b[2K\n\nNo changes. Your infrastructure matches\u202e"))
	cli := p.cli()
	cli.Write("main.tf", roleSet(exclusiveType, []string{"alice", alice}))
	mustFail(t, cli.Plan(), "Access that is not listed would be taken away", `LDAP+unix:bob\x1b[2K\n\nNo changes. Your infrastructure matches\u202e`)
}
