// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/appaccess/terraform-provider-appaccess/internal/acctest"
	mock "github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/huaweicloud"
)

const (
	twoOwners = "Two resources own the same application"
	turns     = "Two resources would take turns"
)

// named is a resource of either kind.
func named(kind, name string, lines ...string) string {
	return fmt.Sprintf("resource \"appaccess_huaweicloud_%s\" %q {\n%s\n}\n", kind, name, strings.Join(lines, "\n"))
}

func owner(name string, lines ...string) string { return named(exclusiveOwner, name, lines...) }

func apps(ids ...string) string { return "app_ids = " + quoted(ids...) }

func users(names ...string) string {
	var b strings.Builder
	for _, name := range names {
		fmt.Fprintf(&b, "%s = null, ", name)
	}
	return `users = { "corp.example.com" = { ` + b.String() + `} }`
}

func ownerAddress(name string) string {
	return "appaccess_huaweicloud_app_authorizations_exclusive." + name
}

// Two resources that own one application are an error of the plan, which says which other resource
// it is. Nothing is sent.
func TestAccClaims_twoOwners(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		before, config string
		parts          []string // of the text, whichever of the two is planned last
	}{
		"both new": {
			config: owner("a", apps(cad, viewer), users("wangwu")) + owner("b", apps(office, cad), users("lisi")),
			parts:  []string{cad, "app_ids = [", "1 account: corp.example.com/", "removed"},
		},
		"one of them new": {
			before: owner("a", apps(cad), users("wangwu")),
			config: owner("a", apps(cad), users("wangwu")) + owner("b", apps(cad), users("lisi")),
			parts:  []string{cad},
		},
		"an application that another has already": {
			before: owner("a", apps(cad), users("wangwu")) + owner("b", apps(viewer), users("lisi")),
			config: owner("a", apps(cad), users("wangwu")) + owner("b", apps(viewer, cad), users("lisi")),
			parts:  []string{"1 application: " + cad + "\n"},
		},
		"count": {
			config: owner("a", "count = 2", apps(cad), users("wangwu")),
			parts:  []string{cad, "corp.example.com/wangwu"},
		},
		"one planned after the other": {
			config: owner("a", apps(cad), users("wangwu")) + owner("b", apps(cad), users("lisi"), "depends_on = ["+ownerAddress("a")+"]"),
			parts:  []string{`app_ids = ["` + cad + `"] and 1 account: corp.example.com/wangwu`},
		},
		"one of them replaced": {
			before: owner("a", apps(cad), users("wangwu")) + "resource \"terraform_data\" \"x\" { input = 1 }",
			config: owner("a", apps(cad), users("wangwu"), "lifecycle {\nreplace_triggered_by = [terraform_data.x]\n}") +
				"resource \"terraform_data\" \"x\" { input = 2 }\n" + owner("b", apps(cad), users("lisi"), "depends_on = ["+ownerAddress("a")+"]"),
			parts: []string{cad, "corp.example.com/wangwu"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorkspace(t, nil, mock.Switches{})
			mustDo(t, w.SetMode(office, mock.AssignUser))
			cli := w.terraform()
			if tc.before != "" {
				cli.Write("main.tf", tc.before)
				mustBeSilent(t, cli.Plan())
				mustApply(t, cli)
				w.writes()
			}
			cli.Write("main.tf", tc.config)
			mustFail(t, cli.Plan(), twoOwners, append(tc.parts, "app_ids")...)
			mustDo(t, w.expectWrites())
		})
	}
}

// What looks like two owners and isn't: one instance that is planned twice, or applied after it was
// planned, and applications that go from one to another.
func TestAccClaims_noFalseAlarm(t *testing.T) {
	t.Parallel()
	const cbd = "lifecycle {\ncreate_before_destroy = true\n}"
	trigger := func(n int) string { return fmt.Sprintf("resource \"terraform_data\" \"x\" { input = %d }\n", n) }
	keep := `on_destroy = "keep"`
	triggered := "lifecycle {\nreplace_triggered_by = [terraform_data.x]\n}"
	each := func(key string) string {
		return owner("a", "for_each = toset([\""+key+"\"])", apps(cad), users("wangwu"), keep)
	}
	for name, tc := range map[string]struct {
		before, config string
		between        func(*testing.T, *workspace, *acctest.CLI)
		plan           []string          // arguments
		changes        map[string]string // planned actions by name of the resource
		want           []string          // who has cad afterwards
	}{
		"-replace": {
			before: owner("a", apps(cad), users("wangwu")), config: owner("a", apps(cad), users("wangwu")),
			plan: []string{"-replace=" + ownerAddress("a")}, changes: map[string]string{"a": "replace"}, want: []string{"wangwu"},
		},
		"-replace, create before destroy": {
			before: owner("a", apps(cad), users("wangwu"), keep, cbd), config: owner("a", apps(cad), users("wangwu"), keep, cbd),
			plan: []string{"-replace=" + ownerAddress("a")}, changes: map[string]string{"a": "replace"}, want: []string{"wangwu"},
		},
		"replace triggered by another resource, with a change": {
			before: owner("a", apps(cad), users("wangwu"), triggered) + trigger(1),
			config: owner("a", apps(cad), users("lisi"), triggered, "max_revocations = 9") + trigger(2), changes: map[string]string{"a": "replace"}, want: []string{"lisi"},
		},
		"tainted": {
			before: owner("a", apps(cad), users("wangwu")), config: owner("a", apps(cad), users("wangwu")),
			between: func(t *testing.T, _ *workspace, cli *acctest.CLI) { mustRun(t, cli, "taint", ownerAddress("a")) },
			changes: map[string]string{"a": "replace"}, want: []string{"wangwu"},
		},
		"moved": {
			before:  owner("a", apps(cad), users("wangwu")),
			config:  owner("b", apps(cad), users("wangwu")) + "moved {\nfrom = " + ownerAddress("a") + "\nto = " + ownerAddress("b") + "\n}",
			changes: map[string]string{}, want: []string{"wangwu"},
		},
		"another key, not moved": {
			before: each("one"), config: each("two"),
			changes: map[string]string{`a["one"]`: "delete", `a["two"]`: "create"}, want: []string{"wangwu"},
		},
		"an application that goes from one to another": {
			before: owner("a", apps(cad, viewer), users("wangwu")) + owner("b", apps(office), users("wangwu")),
			config: owner("a", apps(viewer), users("wangwu")) + owner("b", apps(office, cad), users("wangwu"),
				"depends_on = ["+ownerAddress("a")+"]"),
			changes: map[string]string{"a": "update", "b": "update"}, want: []string{"wangwu"},
		},
		"an application that goes to a new one": {
			before: owner("a", apps(cad, viewer), users("wangwu")),
			config: owner("a", apps(viewer), users("wangwu")) + owner("b", apps(cad), users("wangwu"),
				"depends_on = ["+ownerAddress("a")+"]"),
			changes: map[string]string{"a": "update", "b": "create"}, want: []string{"wangwu"},
		},
		"one is destroyed": {
			before: owner("a", apps(cad), users("wangwu"), keep), config: owner("b", apps(cad), users("wangwu")),
			changes: map[string]string{"a": "delete", "b": "create"}, want: []string{"wangwu"},
		},
		"one is forgotten": {
			before: owner("a", apps(cad), users("wangwu")),
			config: owner("b", apps(cad), users("wangwu")) + "removed {\nfrom = " + ownerAddress("a") + "\nlifecycle {\ndestroy = false\n}\n}",
			// Terraform says "forget" of the old one, OpenTofu nothing at all.
			changes: map[string]string{"b": "create"}, want: []string{"wangwu"},
		},
		"import": {
			before:  owner("a", apps(viewer), users("wangwu")),
			config:  owner("a", apps(viewer), users("wangwu")) + owner("b", apps(cad), users("lisi")) + "import {\nto = " + ownerAddress("b") + "\nid = \"" + cad + "\"\n}",
			between: func(_ *testing.T, w *workspace, _ *acctest.CLI) { w.grant(cad, user("lisi"), user("stranger")) },
			changes: map[string]string{"b": "update"}, want: []string{"lisi"},
		},
		"a state that names no instances": {
			before:  owner("a", apps(cad), users("wangwu")) + owner("b", apps(viewer), users("lisi")),
			config:  owner("a", apps(cad), users("wangwu")) + owner("b", apps(viewer), users("lisi")),
			between: func(t *testing.T, _ *workspace, cli *acctest.CLI) { forgetPrivate(t, cli) },
			changes: map[string]string{"a": "", "b": ""}, want: []string{"wangwu"},
		},
		"import and replace": {
			config:  owner("b", apps(cad), users("lisi"), "max_revocations = 9") + "import {\nto = " + ownerAddress("b") + "\nid = \"" + cad + "\"\n}",
			between: func(_ *testing.T, w *workspace, _ *acctest.CLI) { w.grant(cad, user("lisi")) },
			plan:    []string{"-replace=" + ownerAddress("b")}, changes: map[string]string{"b": "replace"}, want: []string{"lisi"},
		},
		"only one of two is planned": {
			before: owner("a", apps(cad), users("wangwu")),
			config: owner("a", apps(cad), users("wangwu")) + owner("b", apps(cad, viewer), users("wangwu")),
			plan:   []string{"-target=" + ownerAddress("a")}, changes: map[string]string{}, want: []string{"wangwu"},
		},
		"-refresh-only": {
			before: owner("a", apps(cad), users("wangwu")),
			config: owner("a", apps(cad), users("wangwu")) + owner("b", apps(cad, viewer), users("wangwu")),
			plan:   []string{"-refresh-only"}, changes: map[string]string{}, want: []string{"wangwu"},
		},
		"-destroy": {
			before: owner("a", apps(cad), users("wangwu")),
			config: owner("a", apps(cad), users("wangwu")) + owner("b", apps(cad), users("lisi")),
			// With a refresh, Terraform makes an ordinary plan first, whose errors end it.
			plan: []string{"-destroy", "-refresh=false"}, changes: map[string]string{"a": "delete"},
		},
		"known after apply": {
			before: owner("a", apps(viewer), users("wangwu")),
			config: owner("a", apps(viewer), users("wangwu")) + "resource \"terraform_data\" \"id\" { input = \"" + cad + "\" }\n" +
				owner("b", "app_ids = [terraform_data.id.output]", users("lisi")),
			changes: map[string]string{"b": "create"}, want: []string{"lisi"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorkspace(t, nil, mock.Switches{})
			mustDo(t, w.SetMode(office, mock.AssignUser))
			cli := w.terraform()
			if tc.before != "" {
				cli.Write("main.tf", tc.before)
				cli.Plan()
				mustApply(t, cli)
			}
			if tc.between != nil {
				tc.between(t, w, cli)
			}
			cli.Write("main.tf", tc.config)
			plan := cli.Plan(tc.plan...)
			mustNotAlarm(t, plan)
			for name, action := range tc.changes {
				if got := plan.Changes[ownerAddress(name)]; got != action {
					t.Errorf("%s is planned to %q, want %q", name, got, action)
				}
			}
			apply := cli.Apply()
			mustNotAlarm(t, apply)
			var want []string
			for _, name := range tc.want {
				want = append(want, "corp.example.com/"+name)
			}
			mustDo(t, w.expect(cad, want...))
		})
	}
}

// mustNotAlarm fails when a command fails, or speaks of two owners or of turns.
func mustNotAlarm(t *testing.T, report acctest.Report) {
	t.Helper()
	if report.Code != 0 || slices.ContainsFunc(slices.Concat(report.Errors, report.Warnings), func(d acctest.Diagnostic) bool {
		return d.Summary == twoOwners || d.Summary == turns
	}) {
		t.Errorf("exit code %d:\n%s", report.Code, report.Output)
	}
}

func mustRun(t *testing.T, cli *acctest.CLI, args ...string) {
	t.Helper()
	if r := cli.Run(args...); r.Code != 0 {
		t.Fatal(r.Output)
	}
}

// A provider block in a test file may serve all runs of the file: what one of them planned means
// nothing to the next.
func TestAccClaims_terraformTest(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, nil, mock.Switches{})
	cli := w.terraform()
	cli.Write("huaweicloud.tf", "variable \"account\" { type = string }\n"+
		owner("a", apps(cad), `users = { "corp.example.com" = { (var.account) = null } }`, "max_revocations = 9"))
	var runs strings.Builder
	for i, run := range []struct{ command, account string }{{"plan", "wangwu"}, {"plan", "lisi"}, {"apply", "wangwu"}, {"apply", "lisi"}, {"plan", "wangwu"}} {
		fmt.Fprintf(&runs, "run \"r%d\" {\n  command = %s\n  variables {\n    account = %q\n  }\n}\n", i, run.command, run.account)
	}
	cli.Write("main.tftest.hcl", w.provider("")+runs.String())
	if r := cli.Run("test"); r.Code != 0 || !strings.Contains(r.Output, "5 passed") || strings.Contains(r.Output, twoOwners) {
		t.Error(r.Output)
	}
	mustDo(t, w.expectWrites("ASSIGN_USER cad +wangwu", "ASSIGN_USER cad +lisi -wangwu", "ASSIGN_USER cad -lisi"))
}

// forgetPrivate takes the private state away, as if the state were of a version that kept none.
func forgetPrivate(t *testing.T, cli *acctest.CLI) {
	t.Helper()
	file := filepath.Join(cli.Dir(), "terraform.tfstate")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	cut := regexp.MustCompile(`"private": "[^"]+"`).ReplaceAll(text, []byte(`"private": ""`))
	if bytes.Equal(text, cut) {
		t.Fatalf("the state has no private state:\n%s", text)
	}
	if err := os.WriteFile(file, cut, 0o600); err != nil {
		t.Fatal(err)
	}
}

// What the plan could not know is found when it is applied, before anything is sent for the second
// owner.
func TestAccClaims_knownAfterApply(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, nil, mock.Switches{})
	cli := w.terraform()
	cli.Write("main.tf", "resource \"terraform_data\" \"id\" { input = \""+cad+"\" }\n"+
		owner("a", "app_ids = [terraform_data.id.output]", users("wangwu"))+
		owner("b", "app_ids = [terraform_data.id.output]", users("lisi"), "max_revocations = 9", "depends_on = ["+ownerAddress("a")+"]"))
	mustBeSilent(t, cli.Plan())
	mustFail(t, cli.Apply(), twoOwners, cad, "corp.example.com/wangwu")
	mustDo(t, w.expectWrites("ASSIGN_USER cad +wangwu"))
	mustFail(t, cli.Plan(), twoOwners, cad)
}

// An additive set that grants what an exclusive resource revokes is warned of, whichever is planned
// first. Accounts that both list are nothing to fight over.
func TestAccClaims_turns(t *testing.T) {
	t.Parallel()
	after := func(address string) string { return "depends_on = [" + address + "]" }
	adder := func(name string, lines ...string) string { return named(additive, name, lines...) }
	const adderAddress = "appaccess_huaweicloud_app_authorization_set.b"
	for name, tc := range map[string]struct {
		config string
		parts  []string // none: no warning
	}{
		"the owner first": {
			owner("a", apps(cad, viewer), users("wangwu")) + adder("b", apps(cad), users("lisi", "wangwu"), after(ownerAddress("a"))),
			[]string{"exclusive", "1 account: corp.example.com/lisi", "1 application: " + cad + "\n", "app_ids"},
		},
		"the set first": {
			owner("a", apps(cad, viewer), users("wangwu"), after(adderAddress)) + adder("b", apps(cad, viewer), users("lisi", "wangwu")),
			[]string{"app_authorization_set with app_ids", "1 account: corp.example.com/lisi", "2 applications: " + cad, "app_ids"},
		},
		"another mode": {
			owner("a", apps(cad), users("wangwu")) + adder("b", apps(cad), `authorization_type = "ALL_USER"`),
			[]string{"authorization_type"},
		},
		"accounts that both list":    {owner("a", apps(cad), users("wangwu", "lisi")) + adder("b", apps(cad), users("lisi")), nil},
		"accounts that aren't known": {"resource \"terraform_data\" \"x\" { input = \"lisi\" }\n" + owner("a", apps(cad), users("wangwu")) + adder("b", apps(cad), `users = { (terraform_data.x.output) = { x = null } }`), nil},
		"other applications":         {owner("a", apps(cad), users("wangwu")) + adder("b", apps(viewer), users("lisi")), nil},
		"two sets":                   {adder("a", apps(cad), users("wangwu")) + adder("b", apps(cad), users("lisi")), nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorkspace(t, nil, mock.Switches{})
			cli := w.terraform()
			cli.Write("main.tf", tc.config)
			plan := cli.Plan()
			if tc.parts == nil {
				mustNotAlarm(t, plan)
				return
			}
			mustWarn(t, plan, turns, tc.parts...)
			if plan.Code != 0 {
				t.Error(plan.Output)
			}
		})
	}
}
