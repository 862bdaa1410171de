// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package enos_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	"github.com/appaccess/terraform-provider-appaccess/internal/acctest"
	mock "github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/enos"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

const (
	portal   = "66666666-7777-8888-9999-000000000000"
	other    = "77777777-7777-8888-9999-000000000000"
	shortcut = "88888888-7777-8888-9999-000000000000"
	otherOrg = "o15000000000002"
	address  = "appaccess_enos_app_data_authorization.test"
)

// gateway is the mock of EnOS, as a test of the provider uses it.
type gateway struct {
	*acctest.Mock
	t *testing.T
}

func newGateway(t *testing.T, switches mock.Switches) *gateway {
	t.Helper()
	g := &gateway{t: t, Mock: acctest.Start(t, acctest.Options{Enos: mock.Seed{Organizations: []mock.Organization{
		{ID: acctest.OrgID, Applications: []mock.Application{
			{AccessKey: portal, Name: "Portal", CreatedType: mock.Own},
			{AccessKey: other, Name: "Other", CreatedType: mock.Obtained, DataAuthorizeTypes: []string{"USER", "ROLE"}},
			{AccessKey: shortcut, Name: "Link", CreatedType: mock.Shortcut},
		}},
		{ID: otherOrg, Applications: []mock.Application{{AccessKey: portal, Name: "Portal", CreatedType: mock.Obtained}}},
	}}})}
	g.Enos.SetSwitches(switches)
	return g
}

// config is a provider block and a resource called "test".
func (g *gateway) config(body string) string { return g.Provider() + block(body) }

func block(body string) string {
	return "resource \"appaccess_enos_app_data_authorization\" \"test\" {\n" + body + "\n}\n"
}

// cli is a Terraform that this process plays, and terraform a real one.
func (g *gateway) cli() *acctest.CLI { return g.in(acctest.NewTerraform) }

func (g *gateway) terraform() *acctest.CLI { return g.in(acctest.NewCLI) }

func (g *gateway) in(directory func(*testing.T, func() tfprotov6.ProviderServer) *acctest.CLI) *acctest.CLI {
	g.t.Helper()
	cli := directory(g.t, acctest.NewProvider)
	cli.Write("services.tf", g.Provider())
	return cli
}

// listed fails unless the service has exactly these types for an application of the provider's
// organization.
func (g *gateway) listed(appID string, want ...string) error {
	return g.listedIn(acctest.OrgID, appID, want...)
}

func (g *gateway) listedIn(orgID, appID string, want ...string) error {
	got, _ := g.Enos.Authorization(orgID, appID)
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		return fmt.Errorf("application %s in %s has %q, want %q", appID, orgID, got, want)
	}
	return nil
}

func (g *gateway) set(appID string, types ...string) {
	g.t.Helper()
	if err := g.Enos.SetAuthorization(acctest.OrgID, appID, types...); err != nil {
		g.t.Fatal(err)
	}
}

// under runs a command under switches and faults, which end with it.
func (g *gateway) under(command func() acctest.Report, switches mock.Switches, faults ...wire.Fault) acctest.Report {
	g.Enos.SetSwitches(switches)
	for _, fault := range faults {
		fault.Service = mock.ServiceName
		g.Faults.Add(fault)
	}
	defer func() {
		g.Enos.SetSwitches(mock.Switches{})
		g.Faults.Clear()
	}()
	return command()
}

// calls fails unless exactly these operations were called since the last time.
func (g *gateway) calls(want map[string]int) error {
	got := g.Recorder.Counts()
	for operation, n := range got {
		if n == 0 {
			delete(got, operation)
		}
	}
	g.Recorder.Reset()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		return fmt.Errorf("calls %v, want %v", got, want)
	}
	return nil
}

func (g *gateway) check(err error) {
	g.t.Helper()
	if err != nil {
		g.t.Error(err)
	}
}

// gone is a CheckDestroy for an application that has nothing left.
func (g *gateway) gone(appID string, want ...string) func(*terraform.State) error {
	return func(*terraform.State) error { return g.listed(appID, want...) }
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
		if d.Summary != summary && !strings.HasPrefix(d.Summary, summary+": ") { // most name their application
			continue
		}
		found++
		for _, part := range parts {
			if !strings.Contains(d.Summary+d.Detail, part) && !strings.Contains(d.Attribute, part) {
				t.Errorf("%s: the text lacks %q:\n%s\n(at %s)", summary, part, d.Detail, d.Attribute)
			}
		}
	}
	if found != 1 {
		t.Errorf("%d diagnostics %q, want 1 among the warnings %v and the errors %v", found, summary, report.Warnings, report.Errors)
	}
}

func mustApply(t *testing.T, cli *acctest.CLI) acctest.Report {
	t.Helper()
	report := cli.Apply()
	if report.Code != 0 {
		t.Fatal(report.Errors)
	}
	return report
}

func mustBeSilent(t *testing.T, report acctest.Report) {
	t.Helper()
	if len(report.Warnings)+len(report.Errors) > 0 || report.Code != 0 {
		t.Errorf("exit code %d, warnings %v, errors %v", report.Code, report.Warnings, report.Errors)
	}
}
