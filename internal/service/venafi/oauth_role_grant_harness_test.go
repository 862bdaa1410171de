// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/appaccess/terraform-provider-appaccess/internal/acctest"
	mock "github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/venafi"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

const (
	grantType = "appaccess_venafi_oauth_role_grant"
	address   = grantType + ".test"
	alice     = "local:{5be5a591-c842-4520-9142-b455f4ad2286}"
	bob       = "AD+corp:7f93d2908020204a959910ea5a5704ff"
	carol     = "LDAP+unix:6ef23fe2-0728-4930-87a8-e1513d7087e4"
)

// platform is the mock of Venafi, as a test of the provider uses it.
type platform struct {
	*acctest.Mock
	t *testing.T
}

func newPlatform(t *testing.T, switches mock.Switches) *platform {
	t.Helper()
	application := func(id string) mock.Application { return mock.Application{ID: id, MaximumScope: "admin"} }
	identity := func(id, name string) mock.Identity {
		prefix, universal, _ := strings.Cut(id, ":")
		return mock.Identity{Prefix: prefix, Universal: universal, Name: name, Password: acctest.VenafiPassword}
	}
	identities := []mock.Identity{identity(alice, "alice"), identity(bob, "bob"), identity(carol, "carol")}
	identities = append(identities, identity("LDAP+unix:uid=jdoe,ou=people", "jdoe"))
	for i := range 1010 {
		identities = append(identities, identity(fmt.Sprintf("AD+corp:%032d", i), fmt.Sprint("operator", i)))
	}
	p := &platform{t: t, Mock: acctest.Start(t, acctest.Options{Venafi: mock.Seed{
		Applications: []mock.Application{application("app-a"), application("app-b"), application("team/app-c")},
		Identities:   identities,
	}})}
	p.Venafi.SetSwitches(switches)
	return p
}

// config is a provider block and a resource called "test".
func (p *platform) config(arguments ...string) string {
	return p.Provider() + grant("test", arguments...)
}

// grant is a resource with alternating names and values of arguments.
func grant(name string, arguments ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "resource %q %q {\n", grantType, name)
	for i := 0; i+1 < len(arguments); i += 2 {
		fmt.Fprintf(&b, "  %s = %q\n", arguments[i], arguments[i+1])
	}
	b.WriteString("}\n")
	return b.String()
}

func maintainerOf(grantee, application string) []string {
	return []string{"grantee", grantee, "role", "application_maintainer", "application_id", application}
}

// cli is a Terraform that this process plays, and terraform a real one.
func (p *platform) cli() *acctest.CLI { return p.in(acctest.NewTerraform) }

func (p *platform) terraform() *acctest.CLI { return p.in(acctest.NewCLI) }

func (p *platform) in(directory func(*testing.T, func() tfprotov6.ProviderServer) *acctest.CLI) *acctest.CLI {
	p.t.Helper()
	cli := directory(p.t, acctest.NewProvider)
	cli.Write("services.tf", p.Provider())
	return cli
}

// holds fails unless exactly these roles are held besides the provider's own, each as "role
// application grantee".
func (p *platform) holds(want ...string) error {
	held := map[string]bool{}
	for _, role := range p.Venafi.Roles() {
		if role.Grantee == acctest.VenafiIdentity {
			continue
		}
		name, err := role.Role.MarshalJSON()
		if err != nil {
			return err
		}
		held[strings.Join(strings.Fields(strings.Trim(string(name), `"`)+" "+role.ApplicationID+" "+strings.ToLower(role.Grantee)), " ")] = true
	}
	for _, role := range want {
		if !held[strings.ToLower(role)] {
			return fmt.Errorf("%q is not held; held are %v", role, held)
		}
	}
	if len(held) != len(want) {
		return fmt.Errorf("held are %v, want %q", held, want)
	}
	return nil
}

func (p *platform) give(roles ...mock.Role) {
	p.t.Helper()
	if err := p.Venafi.Grant(roles...); err != nil {
		p.t.Fatal(err)
	}
}

func (p *platform) fault(operation string, kind wire.FaultKind, edit ...func(*wire.Fault)) {
	fault := wire.Fault{Service: mock.ServiceName, Operation: operation, Kind: kind}
	for _, e := range edit {
		e(&fault)
	}
	p.Faults.Add(fault)
}

// calls fails unless exactly these operations were called since the last time.
func (p *platform) calls(want map[string]int) error {
	got := p.Recorder.Counts()
	p.Recorder.Reset()
	// A plan looks up what it names first; see TestAccGrant_missing.
	delete(got, mock.GetApplication)
	delete(got, mock.IdentityValidate)
	if fmt.Sprint(got) != fmt.Sprint(want) {
		return fmt.Errorf("calls %v, want %v", got, want)
	}
	return nil
}

func (p *platform) check(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Error(err)
	}
}

func mustWarn(t *testing.T, report acctest.Report, summary string, parts ...string) {
	t.Helper()
	mustFind(t, report.Warnings, report, summary, parts...)
}

func mustFail(t *testing.T, report acctest.Report, summary string, parts ...string) {
	t.Helper()
	if report.Code == 0 {
		t.Errorf("no error; want %q", summary)
	}
	mustFind(t, report.Errors, report, summary, parts...)
}

// mustFind finds the one diagnostic with a summary, and checks that its text or the line that it
// points at holds all parts.
func mustFind(t *testing.T, in []acctest.Diagnostic, report acctest.Report, summary string, parts ...string) {
	t.Helper()
	found := 0
	for _, d := range in {
		if d.Summary != summary && !strings.HasPrefix(d.Summary, summary+": ") { // some name the role, so that Terraform folds no two
			continue
		}
		found++
		for _, part := range parts {
			if !strings.Contains(d.Detail, part) && !strings.Contains(d.Attribute, part) {
				t.Errorf("%s: the text lacks %q:\n%s\n(at %s)", summary, part, d.Detail, d.Attribute)
			}
		}
	}
	if found != 1 {
		t.Errorf("%d diagnostics %q, want 1 among the warnings %v and the errors %v", found, summary, report.Warnings, report.Errors)
	}
}

func mustBeSilent(t *testing.T, report acctest.Report) {
	t.Helper()
	if len(report.Warnings)+len(report.Errors) > 0 || report.Code != 0 {
		t.Errorf("exit code %d, warnings %v, errors %v", report.Code, report.Warnings, report.Errors)
	}
}

func mustPlan(t *testing.T, cli *acctest.CLI, args ...string) acctest.Report {
	t.Helper()
	report := cli.Plan(args...)
	if report.Code != 0 {
		t.Fatal(report.Errors)
	}
	return report
}

func mustApply(t *testing.T, cli *acctest.CLI) acctest.Report {
	t.Helper()
	report := cli.Apply()
	if report.Code != 0 {
		t.Fatal(report.Errors)
	}
	return report
}
