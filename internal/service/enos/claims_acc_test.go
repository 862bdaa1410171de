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

const twoOwners = "Two resources own the same application"

// named is a resource for an application; the types are USER for every name.
func named(name, appID string, lines ...string) string {
	return fmt.Sprintf("resource \"appaccess_enos_app_data_authorization\" %q {\n  app_id = %s\n  data_authorize_types = [\"USER\"]\n  %s\n}\n", name, appID,
		strings.Join(lines, "\n  "))
}

var (
	thePortal = fmt.Sprintf("%q", portal)
	theOther  = fmt.Sprintf("%q", other)
	inOwn     = fmt.Sprintf("org_id = %q", acctest.OrgID)
	inOther   = fmt.Sprintf("org_id = %q", otherOrg)
)

// Two resources for one application of one organization are an error of the plan. Nothing is sent.
func TestAccClaims_twoOwners(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ before, config string }{
		"both new":                            {"", named("a", thePortal) + named("b", thePortal)},
		"the organization named or not":       {"", named("a", thePortal, inOwn) + named("b", thePortal)},
		"one of them new":                     {named("a", thePortal), named("a", thePortal) + named("b", thePortal)},
		"one of them replaced":                {named("a", thePortal) + named("b", theOther), named("a", thePortal) + named("b", thePortal)},
		"two that list the same, by for_each": {"", named("a", thePortal, `for_each = toset(["x", "y"])`)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := newGateway(t, mock.Switches{})
			g.set(other)
			cli := g.cli()
			if tc.before != "" {
				cli.Write("main.tf", tc.before)
				cli.Plan()
				mustApply(t, cli)
			}
			g.Recorder.Reset()
			cli.Write("main.tf", tc.config)
			mustFail(t, cli.Plan(), twoOwners, portal, acctest.OrgID, "data_authorize_types = [USER]", "app_id")
			if n := g.Recorder.Count(mock.UpdateApplicationAuthorization); n > 0 {
				t.Errorf("%d writes were sent", n)
			}
		})
	}
}

// Another organization, a replacement, and an application that goes from one resource to another
// are no two owners.
func TestAccClaims_noFalseAlarm(t *testing.T) {
	t.Parallel()
	const address = "appaccess_enos_app_data_authorization."
	for name, tc := range map[string]struct {
		before, config string
		plan           []string
		changes        map[string]string
	}{
		"another organization": {
			config: named("a", thePortal) + named("b", thePortal, inOther), changes: map[string]string{"a": "create", "b": "create"},
		},
		"-replace": {
			before: named("a", thePortal), config: named("a", thePortal),
			plan: []string{"-replace=" + address + "a"}, changes: map[string]string{"a": "replace"},
		},
		"another application": {before: named("a", theOther), config: named("a", thePortal), changes: map[string]string{"a": "replace"}},
		"applications that are swapped": {
			before: named("a", theOther) + named("b", thePortal), config: named("b", theOther) + named("a", thePortal),
			changes: map[string]string{"a": "replace", "b": "replace"},
		},
		"one takes over from another": {
			before: named("a", thePortal, `on_destroy = "keep"`), config: named("b", thePortal), changes: map[string]string{"a": "delete", "b": "create"},
		},
		"known after apply": {
			config:  "resource \"terraform_data\" \"id\" { input = " + theOther + " }\n" + named("a", thePortal) + named("b", "terraform_data.id.output"),
			changes: map[string]string{"a": "create", "b": "create"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := newGateway(t, mock.Switches{})
			g.set(other)
			cli := g.terraform()
			if tc.before != "" {
				cli.Write("main.tf", tc.before)
				cli.Plan()
				mustApply(t, cli)
			}
			cli.Write("main.tf", tc.config)
			plan := cli.Plan(tc.plan...)
			if plan.Code != 0 {
				t.Fatal(plan.Output)
			}
			for name, action := range tc.changes {
				if got := plan.Changes[address+name]; got != action {
					t.Errorf("%s is planned to %q, want %q", name, got, action)
				}
			}
			mustApply(t, cli)
		})
	}
}

// What the plan could not know is found when it is applied, before anything is sent for the second
// owner.
func TestAccClaims_knownAfterApply(t *testing.T) {
	t.Parallel()
	g := newGateway(t, mock.Switches{})
	cli := g.terraform()
	cli.Write("main.tf", "resource \"terraform_data\" \"id\" { input = "+thePortal+" }\n"+
		named("a", "terraform_data.id.output")+named("b", "terraform_data.id.output"))
	mustBeSilent(t, cli.Plan())
	mustFail(t, cli.Apply(), twoOwners, portal)
	if n := g.Recorder.Count(mock.UpdateApplicationAuthorization); n != 1 {
		t.Errorf("%d writes were sent, want 1", n)
	}
}
