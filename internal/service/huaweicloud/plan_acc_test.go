// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/appaccess/terraform-provider-appaccess/internal/acctest"
	mock "github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/huaweicloud"
)

func setBlock(kind, body string) string {
	return fmt.Sprintf("resource \"appaccess_huaweicloud_%s\" \"test\" {\n%s\n}\n", kind, body)
}

const (
	additive       = "app_authorization_set"
	exclusiveOwner = "app_authorizations_exclusive"
)

// mustWarn finds the one warning with a summary, and checks that its text holds all parts.
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

func mustFind(t *testing.T, in []acctest.Diagnostic, report acctest.Report, summary string, parts ...string) {
	t.Helper()
	found := 0
	for _, d := range in {
		if d.Summary != summary && !strings.HasPrefix(d.Summary, summary+": ") {
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
		t.Errorf("%d diagnostics %q, want 1:\n%s", found, summary, report.Output)
	}
}

func mustBeSilent(t *testing.T, report acctest.Report) {
	t.Helper()
	if len(report.Warnings)+len(report.Errors) > 0 || report.Code != 0 {
		t.Errorf("exit code %d, warnings %v, errors %v", report.Code, report.Warnings, report.Errors)
	}
}

func mustApply(t *testing.T, cli *acctest.CLI) {
	t.Helper()
	if r := cli.Apply(); r.Code != 0 {
		t.Fatal(r.Output)
	}
}

// What the attributes don't show is a warning, once; a plan that changes nothing on the service
// warns of nothing.
func TestAccPlan_warnings(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, nil, mock.Switches{})
	w.grant(cad, user("stranger"))
	cli := w.cli()
	two := `
		app_ids = ` + quoted(cad, office) + `
		users   = { "corp.example.com" = { wangwu = "AD", lisi = null } }`
	cli.Write("main.tf", setBlock(additive, two))
	mustFail(t, cli.Plan(), `Open to everybody already: application "Office" (`+office+`)`, "import {", `id = "`+office+`"`, "authorization_type")
	mustDo(t, w.SetMode(office, mock.AssignUser))
	mustBeSilent(t, cli.Plan())
	if lists := w.recorder.Count(mock.OpListAppAuthorizations); lists != 0 {
		t.Errorf("the plan of a create listed the accounts of %d apps: nobody can lose access", lists)
	}
	mustApply(t, cli)

	mustBeSilent(t, cli.Plan())

	cli.Write("main.tf", setBlock(additive, strings.ReplaceAll(two, quoted(cad, office), quoted(office))))
	mustWarn(t, cli.Plan(), "Applications that leave app_ids lose their accounts",
		`application "AutoCAD" (`+cad+`): 2 accounts: corp.example.com/lisi, corp.example.com/wangwu`, "2 authorizations")

	cli.Write("main.tf", setBlock(additive, `
		app_ids            = `+quoted(cad, office)+`
		authorization_type = "ALL_USER"`))
	mustWarn(t, cli.Plan(), "Applications will be opened to everybody", "AutoCAD", "Office")

	cli.Write("main.tf", setBlock(additive, two+"\nmax_revocations = 7"))
	mustBeSilent(t, cli.Plan())

	mustWarn(t, cli.Plan("-destroy"), "Destroying revokes access", "4 authorizations will be revoked", "AutoCAD", "corp.example.com/wangwu")

	cli.Write("main.tf", setBlock(additive, two+"\non_destroy = \"keep\""))
	cli.Plan()
	mustApply(t, cli)
	mustBeSilent(t, cli.Plan("-destroy"))

	cli.Write("main.tf", setBlock(additive, strings.ReplaceAll(two, office, "no-such-app")))
	mustFail(t, cli.Plan(), "No such application: no-such-app", "no-such-app")
	cli.Write("main.tf", setBlock(additive, strings.ReplaceAll(two, office, "Viewer")))
	mustFail(t, cli.Plan(), "No such application: Viewer", `"Viewer" is the name of an application: its id is "`+viewer+`"`)
}

// A plan makes no call that the refresh of the same run has made.
func TestAccPlan_calls(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, nil, mock.Switches{})
	cli := w.cli()
	body := `
		app_ids = ` + quoted(cad, viewer) + `
		users   = { "corp.example.com" = { wangwu = "AD", lisi = null } }`
	cli.Write("main.tf", setBlock(additive, body))
	counts := func(what string, apps, lists, writes int) {
		t.Helper()
		got := w.recorder.Counts()
		if got[mock.OpListApps] != apps || got[mock.OpListAppAuthorizations] != lists || got[mock.OpBatchUpdateAppAuthorizations] != writes {
			t.Errorf("%s: %v, want %d ListApps, %d ListAppAuthorizations, %d writes", what, got, apps, lists, writes)
		}
		w.recorder.Reset()
	}
	w.recorder.Reset()
	cli.Plan()
	counts("plan of a create", 1, 0, 0)
	mustApply(t, cli)
	counts("create", 2, 4, 1) // before, and back
	cli.Plan()
	counts("no-op plan", 1, 2, 0)
	cli.Write("main.tf", setBlock(additive, strings.ReplaceAll(body, "lisi", "zhaoliu")))
	cli.Plan()
	counts("plan of an update", 1, 2, 0)
	mustApply(t, cli)
	counts("update", 2, 4, 1)
	cli.Plan("-destroy", "-refresh=false")
	counts("plan of a destroy without a refresh", 1, 0, 0)
	cli.Plan("-destroy")
	counts("plan of a destroy", 2, 2, 0) // the refresh came in a process of its own
	mustApply(t, cli)
	counts("destroy", 2, 4, 1)
}

func TestAccPlan_maxRevocations(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, nil, mock.Switches{})
	cli := w.cli()
	config := func(apps, users string, limit int) {
		cli.Write("main.tf", setBlock(additive, fmt.Sprintf(`
			app_ids         = %s
			users           = { "corp.example.com" = { %s } }
			max_revocations = %d`, apps, users, limit)))
	}
	both := quoted(cad, viewer)
	config(both, "a = null, b = null, c = null", 3)
	cli.Plan()
	mustApply(t, cli)

	config(both, "a = null, b = null", 2) // c on two apps
	if plan := cli.Plan(); plan.Code != 0 {
		t.Error(plan.Output)
	}
	config(both, "a = null, b = null", 1)
	mustFail(t, cli.Plan(), "More would be revoked than max_revocations allows", "2 authorizations", "allows 1", "corp.example.com/c", "max_revocations")
	config(quoted(cad), "a = null, b = null, c = null", 2) // an app that leaves counts
	mustFail(t, cli.Plan(), "More would be revoked than max_revocations allows", "3 authorizations", "allows 2")

	cli.Write("main.tf", setBlock(additive, `
		app_ids            = `+both+`
		authorization_type = "ALL_USER"
		max_revocations    = 0`))
	if plan := cli.Plan(); plan.Code != 0 {
		t.Errorf("opening counts: %s", plan.Output)
	}
	config(both, "a = null, b = null, c = null", 0)
	if plan := cli.Plan("-destroy"); plan.Code != 0 {
		t.Errorf("a destroy counts: %s", plan.Output)
	}
	mustApply(t, cli)
	mustDo(t, w.expect(cad))
}

// The world moves between plan and apply: whom the plan didn't show keeps access, and the next plan
// shows them.
func TestAccPlan_movedWorld(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, nil, mock.Switches{})
	cli := w.cli()
	config := `
		app_ids         = ` + quoted(cad) + `
		users           = { "corp.example.com" = { %s } }
		max_revocations = 1`
	cli.Write("main.tf", setBlock(exclusiveOwner, fmt.Sprintf(config, "a = null, b = null")))
	cli.Plan()
	mustApply(t, cli)
	cli.Write("main.tf", setBlock(exclusiveOwner, fmt.Sprintf(config, "a = null, lisi = null")))
	if plan := cli.Plan(); plan.Code != 0 {
		t.Fatal(plan.Output)
	}
	w.grant(cad, user("garcia"))
	w.writes()
	mustWarn(t, cli.Apply(), `Access that the plan did not show is left alone: application "AutoCAD" (`+cad+`)`, "corp.example.com/garcia")
	mustDo(t, w.expectWrites("ASSIGN_USER cad +lisi -b"))
	mustDo(t, w.expect(cad, "corp.example.com/a", "corp.example.com/lisi", "corp.example.com/garcia"))
	plan := cli.Plan()
	mustBeSilent(t, plan)
	if plan.Changes[exclusiveAddress] != "update" {
		t.Errorf("the next plan doesn't show garcia: %v", plan.Changes)
	}

	// The same with a plan that has not looked.
	mustApply(t, cli)
	mustDo(t, w.expect(cad, "corp.example.com/a", "corp.example.com/lisi"))
	cli.Write("main.tf", setBlock(exclusiveOwner, fmt.Sprintf(config, "a = null")))
	w.grant(cad, user("garcia"))
	cli.Plan("-refresh=false")
	mustWarn(t, cli.Apply(), `Access that the plan did not show is left alone: application "AutoCAD" (`+cad+`)`, "garcia")
	mustDo(t, w.expect(cad, "corp.example.com/a", "corp.example.com/garcia"))

	// A destroy takes away what its plan showed.
	cli.Plan("-destroy")
	w.grant(cad, user("late"))
	mustWarn(t, cli.Apply(), `Access that the plan did not show is left alone: application "AutoCAD" (`+cad+`)`, "corp.example.com/late", "import {")
	mustDo(t, w.expect(cad, "corp.example.com/late"))
}

// Whatever a plan does, and however it was made: whom an administrator has granted since, its apply
// leaves alone.
func TestAccPlan_grantedSince(t *testing.T) {
	t.Parallel()
	set := func(kind string, apps []string, users, more string) string {
		return setBlock(kind, "app_ids = "+quoted(apps...)+"\nusers = { \"corp.example.com\" = { "+users+" } }\nmax_revocations = 9\n"+more)
	}
	moved := func(from, to string) string { return "moved {\n  from = " + from + "\n  to = " + to + "\n}\n" }
	const everybody = `authorization_type = "ALL_USER"`
	opened := func(kind string) string { return setBlock(kind, "app_ids = "+quoted(cad)+"\n"+everybody) }
	for name, test := range map[string]struct {
		before, after string
		plan          []string
		refused       string
		want          []string // who has cad in the end besides garcia
	}{
		"moved to the exclusive owner": {
			before: set(additive, []string{cad}, "a = null, b = null", ""),
			after:  set(exclusiveOwner, []string{cad}, "a = null, c = null", "") + moved(address, exclusiveAddress), want: []string{"a", "c"},
		},
		"moved to an additive owner": {
			before: set(exclusiveOwner, []string{cad}, "a = null, b = null", ""),
			after:  set(additive, []string{cad}, "a = null, c = null", "") + moved(exclusiveAddress, address), want: []string{"a", "c"},
		},
		"an application leaves": {
			before: set(exclusiveOwner, []string{cad, viewer}, "a = null", ""), after: set(exclusiveOwner, []string{viewer}, "a = null", ""),
		},
		"an application stays": {
			before: set(exclusiveOwner, []string{cad, viewer}, "a = null", ""), after: set(exclusiveOwner, []string{cad}, "a = null", ""), want: []string{"a"},
		},
		"an application joins": {
			before: set(exclusiveOwner, []string{viewer}, "a = null", ""), after: set(exclusiveOwner, []string{cad, viewer}, "a = null", ""),
			refused: "Access that is not listed would be taken away",
		},
		"without a refresh": {
			before: set(exclusiveOwner, []string{cad, viewer}, "a = null, b = null", ""), after: set(exclusiveOwner, []string{cad}, "a = null", ""),
			plan: []string{"-refresh=false"}, want: []string{"a"},
		},
		"opened":            {before: set(exclusiveOwner, []string{cad}, "a = null", ""), after: opened(exclusiveOwner)},
		"opened and closed": {before: opened(exclusiveOwner), after: set(exclusiveOwner, []string{cad}, "a = null", ""), want: []string{"a"}},
		"a replacement": {
			before: set(exclusiveOwner, []string{cad}, "a = null", ""), after: set(exclusiveOwner, []string{cad}, "a = null", ""),
			plan: []string{"-replace=" + exclusiveAddress}, refused: "Access that is not listed would be taken away",
		},
		"a removal": {before: set(exclusiveOwner, []string{cad}, "a = null", ""), after: "# nothing\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorkspace(t, nil, mock.Switches{})
			cli := w.cli()
			cli.Write("main.tf", test.before)
			cli.Plan()
			mustApply(t, cli)
			cli.Write("main.tf", test.after)
			if plan := cli.Plan(test.plan...); plan.Code != 0 || len(plan.Changes) != 1 {
				t.Fatal(plan.Changes, plan.Output)
			}
			w.grant(cad, user("garcia"))
			if test.refused != "" {
				mustFail(t, cli.Apply(), test.refused, "garcia")
			} else {
				mustApply(t, cli)
			}
			want := []string{"corp.example.com/garcia"}
			for _, name := range test.want {
				want = append(want, "corp.example.com/"+name)
			}
			mustDo(t, w.expect(cad, want...))
		})
	}
}

// An application that was opened to everybody since the plan is not closed: nothing is sent.
func TestAccPlan_openedSince(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, nil, mock.Switches{})
	cli := w.cli()
	config := `
		app_ids = ` + quoted(cad, viewer) + `
		users   = { "corp.example.com" = { %s } }`
	cli.Write("main.tf", setBlock(additive, fmt.Sprintf(config, "zhangsan = null")))
	cli.Plan()
	mustApply(t, cli)
	cli.Write("main.tf", setBlock(additive, fmt.Sprintf(config, "zhangsan = null, lisi = null")))
	const summary = `Opened to everybody since the plan: application "AutoCAD" (` + cad + `)`
	opened := func(plan ...string) {
		t.Helper()
		mustDo(t, w.SetMode(cad, mock.AssignUser))
		if r := cli.Plan(plan...); r.Code != 0 {
			t.Fatal(r.Output)
		}
		mustDo(t, w.SetMode(cad, mock.AllUser))
		w.writes()
		mustFail(t, cli.Apply(), summary, "Plan again")
		mustDo(t, w.expectWrites())
		if w.Mode(cad) != mock.AllUser {
			t.Error("the application was closed")
		}
	}
	opened()
	mustFail(t, cli.Plan("-refresh=false"), summary)
	opened("-destroy")
	mustWarn(t, cli.Plan("-destroy", "-refresh=false"), "Applications that are open to everybody will be closed", "AutoCAD")
	mustWarn(t, cli.Plan("-destroy"), "Applications that are open to everybody will be closed", "AutoCAD")
	mustWarn(t, cli.Plan(), "Applications that are open to everybody will be closed", "AutoCAD")
	mustApply(t, cli)
	if w.Mode(cad) != mock.AssignUser || w.Mode(viewer) != mock.AssignUser {
		t.Error("the application is still open, though the plan showed that it would be closed")
	}
}

// An apply that takes more than a minute under the quota says so.
func TestAccPlan_slow(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, nil, mock.Switches{})
	cli := w.cli()
	cli.Write("huaweicloud.tf", strings.Replace(w.provider(""), "write = 0", "write = 3", 1))
	cli.Write("main.tf", setBlock(additive, `
		app_ids = `+quoted(cad)+`
		users   = { "local.com" = { for i in range(1000) : "user${i}" => null } }`))
	mustWarn(t, cli.Plan(), "The apply takes a while", "10 requests", "about 3 minutes")
	slow := strings.NewReplacer("read = 0", "read = 3", "write = 0", "write = 3")
	cli.Write("huaweicloud.tf", slow.Replace(w.provider("")))
	mustWarn(t, cli.Plan(), "The apply takes a while", "about 6 minutes", `verification = "count"`, "about 4 requests", "take 3 minutes")
	cli.Write("huaweicloud.tf", slow.Replace(w.provider(`verification = "count"`)))
	mustWarn(t, cli.Plan(), "The apply takes a while", "about 4 more", "about 3 minutes")
}

// What is known only after apply is checked then.
func TestAccPlan_unknown(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, nil, mock.Switches{})
	cli := w.terraform()
	cli.Write("main.tf", `
resource "terraform_data" "app" { input = "`+cad+`" }
resource "terraform_data" "domain" { input = { wangwu = "AD" } }
`+setBlock(additive, `
		app_ids = [terraform_data.app.output]
		users   = { "corp.example.com" = terraform_data.domain.output }`))
	w.recorder.Reset()
	mustBeSilent(t, cli.Plan())
	if n := len(w.recorder.All()); n != 0 {
		t.Errorf("%d requests for a plan of unknown values", n)
	}
	mustApply(t, cli)
	mustDo(t, w.expect(cad, "corp.example.com/wangwu"))
	mustBeSilent(t, cli.Plan())
}
