// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/appaccess/terraform-provider-appaccess/internal/acctest"
	mock "github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/venafi"
)

const (
	twoOwners = "Two resources own the same role"
	turns     = "Two resources would take turns"
)

// role is a resource of either type: its role and application, one grantee labelled "one", and more
// lines.
func role(kind, name, role, grantee string, lines ...string) string {
	kinds, application, _ := strings.Cut(role, "/")
	block := fmt.Sprintf("resource %q %q {\n  role = %q\n  grantees = { one = %s }\n  %s\n", kind, name, kinds, grantee, strings.Join(lines, "\n  "))
	if application != "" {
		block += fmt.Sprintf("  application_id = %q\n", application)
	}
	return block + "}\n"
}

func quote(text string) string { return fmt.Sprintf("%q", text) }

const maintainerOfA = "application_maintainer/app-a"

// Two resources that own one role are an error of the plan, which says which other resource it is.
// Nothing is sent.
func TestAccClaims_twoOwners(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		before, config string
		parts          []string
	}{
		"both new": {
			config: role(exclusiveType, "a", maintainerOfA, quote(alice)) + role(exclusiveType, "b", maintainerOfA, quote(bob)),
			parts:  []string{`application_maintainer of application "app-a" with 1 grantee: one`, "application_id", "removed"},
		},
		"one of them new, on the whole installation": {
			before: role(exclusiveType, "a", "auditor", quote(alice)),
			config: role(exclusiveType, "a", "auditor", quote(alice)) + role(exclusiveType, "b", "auditor", quote(bob)),
			parts:  []string{"auditor with 1 grantee", "role"},
		},
		"one that is replaced": {
			before: role(exclusiveType, "a", "application_owner/app-a", quote(alice)) + role(exclusiveType, "b", maintainerOfA, quote(bob)),
			config: role(exclusiveType, "a", maintainerOfA, quote(alice)) + role(exclusiveType, "b", maintainerOfA, quote(bob)),
			parts:  []string{"app-a"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlatform(t, mock.Switches{})
			cli := p.cli()
			if tc.before != "" {
				cli.Write("main.tf", tc.before)
				mustPlan(t, cli)
				mustApply(t, cli)
			}
			before := p.Venafi.Roles()
			cli.Write("main.tf", tc.config)
			mustFail(t, cli.Plan(), twoOwners, tc.parts...)
			if after := p.Venafi.Roles(); !slices.Equal(before, after) {
				t.Errorf("the roles were %v and are %v", before, after)
			}
		})
	}
}

// A role that goes from one resource to another, another application, and a replacement are no two
// owners.
func TestAccClaims_noFalseAlarm(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		before, config string
		plan           []string
		changes        map[string]string
		want           []string
	}{
		"another application": {
			config:  role(exclusiveType, "a", maintainerOfA, quote(alice)) + role(exclusiveType, "b", "application_maintainer/app-b", quote(alice)),
			changes: map[string]string{"a": "create", "b": "create"},
			want:    []string{"application_maintainer app-a " + alice, "application_maintainer app-b " + alice},
		},
		"replaced by its role": {
			before:  role(exclusiveType, "a", "application_owner/app-a", quote(alice)),
			config:  role(exclusiveType, "a", maintainerOfA, quote(alice)),
			changes: map[string]string{"a": "replace"}, want: onA(alice),
		},
		"-replace": {
			before: role(exclusiveType, "a", maintainerOfA, quote(alice)), config: role(exclusiveType, "a", maintainerOfA, quote(alice)),
			plan: []string{"-replace=" + exclusiveType + ".a"}, changes: map[string]string{"a": "replace"}, want: onA(alice),
		},
		"roles that are swapped": {
			before: role(exclusiveType, "a", "application_owner/app-a", quote(alice)) + role(exclusiveType, "b", maintainerOfA, quote(alice)),
			config: role(exclusiveType, "b", "application_owner/app-a", quote(alice), "max_revocations = 9") +
				role(exclusiveType, "a", maintainerOfA, quote(alice), "max_revocations = 9"),
			changes: map[string]string{"a": "replace", "b": "replace"},
		},
		"a moved set": {
			before:  role(setType, "a", maintainerOfA, quote(alice)),
			config:  role(exclusiveType, "a", maintainerOfA, quote(alice)) + fmt.Sprintf("moved {\n  from = %s.a\n  to = %s.a\n}\n", setType, exclusiveType),
			changes: map[string]string{}, want: onA(alice),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlatform(t, mock.Switches{})
			cli := p.terraform()
			if tc.before != "" {
				cli.Write("main.tf", tc.before)
				mustPlan(t, cli)
				mustApply(t, cli)
			}
			cli.Write("main.tf", tc.config)
			plan := mustPlan(t, cli, tc.plan...)
			for name, action := range tc.changes {
				if got := plan.Changes[exclusiveType+"."+name]; got != action {
					t.Errorf("%s is planned to %q, want %q", name, got, action)
				}
			}
			mustApply(t, cli)
			if tc.want != nil {
				p.check(p.holds(tc.want...))
			}
		})
	}
}

// What the plan could not know is found when it is applied, before anything is sent for the second
// owner.
func TestAccClaims_knownAfterApply(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, mock.Switches{})
	cli := p.terraform()
	owner := func(name, grantee string, lines ...string) string {
		return role(exclusiveType, name, "application_maintainer", quote(grantee), append(lines, "application_id = terraform_data.id.output")...)
	}
	cli.Write("main.tf", "resource \"terraform_data\" \"id\" { input = \"app-a\" }\n"+
		owner("a", alice)+owner("b", bob, "max_revocations = 9", "depends_on = ["+exclusiveType+".a]"))
	mustPlan(t, cli)
	mustFail(t, cli.Apply(), twoOwners, "app-a")
	p.check(p.holds(onA(alice)...))
}

// An additive set or grant to somebody from whom an exclusive resource revokes the role is warned
// of. The spelling of an ID makes no difference.
func TestAccClaims_turns(t *testing.T) {
	t.Parallel()
	owner := role(exclusiveType, "a", maintainerOfA, quote(alice))
	first := "depends_on = [" + exclusiveType + ".a]"
	shouted := strings.ToUpper(strings.TrimPrefix(alice, "local:"))
	for name, tc := range map[string]struct {
		config string
		parts  []string // none: no warning
	}{
		"a set": {owner + role(setType, "b", maintainerOfA, quote(bob), first), []string{"exclusive", "1 grantee: ad+corp:7f93d2908020204a959910ea5a5704ff"}},
		"a set before": {
			role(exclusiveType, "a", maintainerOfA, quote(alice), "depends_on = ["+setType+".b]") + role(setType, "b", maintainerOfA, quote(bob)),
			[]string{"role_grant_set of application_maintainer", "This resource owns"},
		},
		"a grant": {
			owner + grant("b", maintainerOf(bob, "app-a")...), []string{"would grant and revoke", "grantee"},
		},
		"a set of who is listed":       {owner + role(setType, "b", maintainerOfA, quote("local:"+shouted)), nil},
		"a grant to who is listed":     {owner + grant("b", maintainerOf("local:"+shouted, "app-a")...), nil},
		"a grant on another app":       {owner + grant("b", maintainerOf(bob, "app-b")...), nil},
		"a grantee who isn't known":    {"resource \"terraform_data\" \"x\" { input = \"" + bob + "\" }\n" + owner + role(setType, "b", maintainerOfA, "terraform_data.x.output"), nil},
		"an owner who may list anyone": {"resource \"terraform_data\" \"x\" { input = \"" + bob + "\" }\n" + role(exclusiveType, "a", maintainerOfA, "terraform_data.x.output") + role(setType, "b", maintainerOfA, quote(bob)), nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlatform(t, mock.Switches{})
			cli := p.terraform()
			cli.Write("main.tf", tc.config)
			plan := mustPlan(t, cli)
			if tc.parts != nil {
				mustWarn(t, plan, turns, tc.parts...)
			} else if slices.ContainsFunc(plan.Warnings, func(d acctest.Diagnostic) bool { return d.Summary == turns }) {
				t.Error(plan.Output)
			}
		})
	}
}

// A provider block in a test file may serve all runs of the file: what one of them granted, a later
// one revokes.
func TestAccClaims_terraformTest(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, mock.Switches{})
	cli := p.terraform()
	cli.Write("services.tf", "")
	cli.Write("main.tf", "variable \"grantee\" { type = string }\n"+
		role("appaccess_venafi_oauth_role_grant_set", "a", maintainerOfA, "var.grantee")+"output \"grantee\" { value = var.grantee }\n")
	var runs strings.Builder
	for i, grantee := range []string{alice, bob, alice} {
		fmt.Fprintf(&runs, "run \"r%d\" {\n  variables {\n    grantee = %q\n  }\n}\n", i, grantee)
	}
	cli.Write("main.tftest.hcl", p.Provider()+runs.String())
	if r := cli.Run("test"); r.Code != 0 || !strings.Contains(r.Output, "3 passed") || strings.Contains(r.Output, "not revoked") {
		t.Error(r.Output)
	}
	if err := p.holds(); err != nil {
		t.Error(err)
	}
}
