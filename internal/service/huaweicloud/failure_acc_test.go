// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/appaccess/terraform-provider-appaccess/internal/acctest"
	mock "github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/huaweicloud"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

// A create is all or nothing: where the service skips an account, what the create has granted is
// revoked again, who was there before stays, and nothing is in the state or tainted.
func TestAccSet_skippedAccount(t *testing.T) {
	t.Parallel()
	for _, position := range []mock.Switches{{}, {UnknownAccount: mock.UnknownAccountError}, {AbsentRemove: mock.AbsentRemoveError}} {
		w := newWorkspace(t, func(s *mock.Seed) {
			s.Directory = map[string]mock.Domain{"corp.example.com": {Users: []string{"wangwu", "lisi"}}}
		}, position)
		w.grant(viewer, user("wangwu"))
		cli := w.cli()
		cli.Write("main.tf", setBlock(additive, `
			app_ids = `+quoted(cad, viewer)+`
			users   = { "corp.example.com" = { wangwu = null, lisi = null, nobody = null } }`))
		cli.Plan()
		mustFail(t, cli.Apply(), "Unable to create the application authorizations", "nobody")
		mustDo(t, w.expect(cad))
		mustDo(t, w.expect(viewer, "corp.example.com/wangwu"))
		if state := cli.Run("state", "list").Output; strings.TrimSpace(state) != "" {
			t.Errorf("the state holds %q", state)
		}
		cli.Write("main.tf", setBlock(additive, `
			app_ids = `+quoted(cad, viewer)+`
			users   = { "corp.example.com" = { wangwu = null, lisi = null } }`))
		if plan := cli.Plan(); plan.Changes[address] != "create" {
			t.Errorf("the next plan does %v", plan.Changes)
		}
		mustApply(t, cli)
		mustDo(t, w.expect(cad, "corp.example.com/lisi", "corp.example.com/wangwu"))
		mustBeSilent(t, cli.Plan())
	}
}

// A tainted set has opened its applications, somebody has closed one of them, and the configuration
// no longer names another: that one is closed, too, though nothing is told to what destroys the old
// instance but that the set closes its applications.
func TestAccSet_taintedAndMixed(t *testing.T) {
	t.Parallel()
	for name, list := range map[string][]string{"one left out": {cad}, "the closed one left out": {viewer}, "none left out": {cad, viewer}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorkspace(t, nil, mock.Switches{})
			cli := w.cli()
			set := func(ids ...string) {
				cli.Write("main.tf", setBlock(additive, `
					app_ids            = `+quoted(ids...)+`
					authorization_type = "ALL_USER"`))
			}
			set(cad, viewer)
			cli.Plan()
			mustApply(t, cli)
			cli.Run("taint", address)
			mustDo(t, w.SetMode(cad, "ASSIGN_USER"))
			set(list...)
			cli.Plan()
			mustApply(t, cli)
			for _, id := range []string{cad, viewer} {
				want := map[bool]string{true: "ALL_USER", false: "ASSIGN_USER"}[slices.Contains(list, id)]
				if mode := w.Mode(id); mode != want {
					t.Errorf("%s is %s, want %s", id, mode, want)
				}
			}
			mustBeSilent(t, cli.Plan())
		})
	}
}

// What a service makes of a name is the account that was granted: no error, no diff, and it goes
// with the resource.
func TestAccSet_rewrittenNames(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{additive, exclusiveOwner} {
		for _, position := range []mock.Switches{{AccountCase: mock.AccountCaseLowered}, {AccountCase: mock.AccountCaseFolded}, {AccountOnRead: mock.AccountOnReadDecorated}, {AccountOnRead: mock.AccountOnReadOwnGroup}, {TypeOnRead: mock.TypeOnReadUser}} {
			w := newWorkspace(t, nil, position)
			if kind == additive {
				w.grant(cad, user("garcia"))
			}
			before := w.granted(cad)
			cli := w.cli()
			set := func(names string) {
				cli.Write("main.tf", setBlock(kind, `
					app_ids = `+quoted(cad)+`
					users   = { "Corp.Example.com" = { `+names+` } }`))
			}
			set("WangWu = null, LiSi = null")
			cli.Plan()
			mustApply(t, cli)
			mustBeSilent(t, cli.Plan())
			if n := len(w.granted(cad)); n != len(before)+2 {
				t.Errorf("%s, %+v: %q are granted", kind, position, w.granted(cad))
			}
			set("WangWu = null")
			cli.Plan()
			mustApply(t, cli)
			if n := len(w.granted(cad)); n != len(before)+1 {
				t.Errorf("%s, %+v: %q are granted after one was taken out", kind, position, w.granted(cad))
			}
			mustBeSilent(t, cli.Plan())
			cli.Run("taint", map[string]string{additive: address, exclusiveOwner: exclusiveAddress}[kind])
			set("") // what destroys the old instance is told nothing of its private state, and a failure leaves nothing of it
			cli.Plan()
			w.faults.Add(wire.Fault{Operation: mock.OpListAppAuthorizations, Kind: wire.Status, Status: 403, Body: "{}"})
			mustFail(t, cli.Apply(), "Unable to delete the application authorizations")
			w.faults.Clear()
			cli.Plan()
			mustApply(t, cli)
			if got := w.granted(cad); len(got) != len(before) {
				t.Errorf("%s, %+v: %q are left of a tainted instance", kind, position, got)
			}
			set("WangWu = null")
			cli.Plan()
			mustApply(t, cli)
			cli.Plan("-destroy")
			mustApply(t, cli)
			if got := w.granted(cad); len(got) != len(before) {
				t.Errorf("%s, %+v: %q are left", kind, position, got)
			}
		}
	}
}

// Whoever was there before is somebody else, also whom a resource has kept. Where the service
// spells names in its own way, the error of the next create says which spelling to write, and with
// that one the account is adopted, and goes with the resource.
func TestAccSet_keptInAnotherSpelling(t *testing.T) {
	t.Parallel()
	for _, position := range []mock.Switches{
		{AccountCase: mock.AccountCaseLowered}, {AccountOnRead: mock.AccountOnReadDecorated}, {AccountOnRead: mock.AccountOnReadSpaced},
		{AccountOnRead: mock.AccountOnReadDecorated, DuplicateAdd: mock.DuplicateAddError},
	} {
		w := newWorkspace(t, nil, position)
		cli := w.cli()
		set := func(name string) {
			cli.Write("main.tf", setBlock(additive, `
				app_ids    = `+quoted(cad)+`
				users      = { "corp.example.com" = { "`+name+`" = null } }
				on_destroy = "keep"`))
			cli.Plan()
		}
		set("WangWu")
		mustApply(t, cli)
		cli.Plan("-destroy")
		mustApply(t, cli)
		before := w.granted(cad)
		set("WangWu")
		report := cli.Apply()
		mustFail(t, report, "Unable to create the application authorizations", "corp.example.com/WangWu")
		advice := regexp.MustCompile(`the service lists corp.example.com/(.*): names are compared exactly, use its\s+spelling`).FindStringSubmatch(report.Output)
		if advice == nil {
			t.Fatalf("%+v: no advice: %s", position, report.Output)
		}
		mustDo(t, w.expect(cad, before...))
		set(advice[1])
		mustApply(t, cli)
		mustBeSilent(t, cli.Plan())
		mustDo(t, w.expect(cad, before...))
		cli.Write("main.tf", "")
		cli.Plan()
		mustApply(t, cli)
		mustDo(t, w.expect(cad, before...))
	}
}

// Another project, or another host, is not "gone": refresh, plan and destroy fail, name both and
// drop nothing.
func TestAccSet_anotherPlace(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, nil, mock.Switches{})
	cli := w.terraform()
	cli.Write("main.tf", setBlock(additive, `
		app_ids = `+quoted(cad)+`
		users   = { "corp.example.com" = { lisi = null } }`))
	cli.Plan()
	mustApply(t, cli)
	w.writes()
	there := w.provider("")
	cli.Write("huaweicloud.tf", strings.Replace(there, "127.0.0.1", "localhost", 2))
	for _, args := range [][]string{{}, {"-refresh-only"}, {"-destroy"}, {"-destroy", "-refresh=false"}} {
		mustFail(t, cli.Plan(args...), "The provider points to another place", "127.0.0.1", "localhost", "APPACCESS_MOVED")
	}
	if state := cli.Run("state", "list").Output; !strings.Contains(state, address) {
		t.Errorf("the state holds %q", state)
	}
	mustDo(t, w.expectWrites())
	cli.Write("huaweicloud.tf", there)
	mustBeSilent(t, cli.Plan())
}

// A failed create that can't be taken back is tainted: left so, it is destroyed, and no
// half-granted account stays behind.
func TestAccSet_failedCreateIsDestroyed(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, nil, mock.Switches{})
	w.faults.Add(wire.Fault{Operation: mock.OpBatchUpdateAppAuthorizations, Kind: wire.Status, Status: 403, After: 1, Body: `{"error_code":"WKS.00081102","error_msg":"denied"}`})
	cli := w.cli()
	cli.Write("main.tf", setBlock(additive, `
		app_ids = `+quoted(cad, viewer)+`
		users   = { "local.com" = { for i in range(150) : "user${i}" => null } }`))
	cli.Plan()
	mustFail(t, cli.Apply(), "Unable to create the application authorizations", "WKS.00081102", "denied", "Done: 1 request", "Not done:")
	w.faults.Clear()
	if n := len(w.granted(cad)); n != 100 {
		t.Fatalf("%d accounts are granted: the fault did not strike in the middle", n)
	}
	cli.Plan("-destroy")
	mustApply(t, cli)
	mustDo(t, w.expect(cad))
	mustDo(t, w.expect(viewer))
}

// An update that fails midway leaves a state that says what is granted; the next apply sends only
// what is missing.
func TestAccSet_failedUpdate(t *testing.T) {
	t.Parallel()
	for k := range 4 {
		w := newWorkspace(t, nil, mock.Switches{})
		cli := w.cli()
		cli.Write("main.tf", setBlock(additive, `
			app_ids = `+quoted(cad, viewer)+`
			users   = { "local.com" = { for i in range(10) : "user${i}" => null } }`))
		cli.Plan()
		mustApply(t, cli)
		cli.Write("main.tf", setBlock(additive, `
			app_ids = `+quoted(cad, viewer)+`
			users   = { "local.com" = { for i in range(5, 405) : "user${i}" => null } }`))
		cli.Plan()
		w.writes()
		w.faults.Add(wire.Fault{Operation: mock.OpBatchUpdateAppAuthorizations, Kind: wire.Status, Status: 403, After: k, Body: `{"error_code":"WKS.00081102","error_msg":"denied"}`})
		mustFail(t, cli.Apply(), "Unable to update the application authorizations", "WKS.00081102", "the next apply sends only the rest")
		w.faults.Clear()
		if sent := len(w.writes()); sent != k+1 {
			t.Errorf("%d writes before the error, want %d", sent, k+1)
		}
		plan := cli.Plan()
		if plan.Changes[address] != "update" {
			t.Errorf("the next plan does %v", plan.Changes)
		}
		mustApply(t, cli)
		if sent := len(w.writes()); sent != 4-k {
			t.Errorf("%d writes for the rest, want %d", sent, 4-k)
		}
		if n := len(w.granted(cad)); n != 400 {
			t.Errorf("%d accounts, want 400", n)
		}
		mustBeSilent(t, cli.Plan())
	}
}

// A lost answer is no failure: what was asked for is there.
func TestAccSet_lostAnswers(t *testing.T) {
	t.Parallel()
	for _, kind := range []wire.FaultKind{wire.ResetAfter, wire.ResetBefore, wire.Throttle, wire.Unavailable, wire.ServerError, wire.HTML, wire.Truncated} {
		w := newWorkspace(t, nil, mock.Switches{DuplicateAdd: mock.DuplicateAddError, AbsentRemove: mock.AbsentRemoveError})
		cli := w.cli()
		cli.Write("main.tf", setBlock(additive, `
			app_ids = `+quoted(cad, viewer)+`
			users   = { "local.com" = { lisi = null } }`))
		w.faults.Add(wire.Fault{Kind: kind, Times: 2})
		w.faults.Add(wire.Fault{Operation: mock.OpBatchUpdateAppAuthorizations, Kind: kind, Times: 1})
		if plan := cli.Plan(); plan.Code != 0 {
			t.Errorf("%s: %s", kind, plan.Output)
			continue
		}
		if r := cli.Apply(); r.Code != 0 {
			t.Errorf("%s: %s", kind, r.Output)
			continue
		}
		mustDo(t, w.expect(cad, "local.com/lisi"))
		if w.faults.Struck() < 3 {
			t.Errorf("%s struck %d times", kind, w.faults.Struck())
		}
		mustBeSilent(t, cli.Plan())
	}
}

// What is wrong with the provider's configuration names the attribute and the variable, before any
// request.
func TestAccSet_credentials(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, nil, mock.Switches{})
	cli := w.cli()
	cli.Write("main.tf", setBlock(additive, `app_ids = ["a"]`))
	for _, variable := range []string{"HW_SECRET_KEY", "HW_ACCESS_KEY", "HW_REGION_NAME"} {
		cli.Setenv(variable, "")
	}
	cli.Write("huaweicloud.tf", strings.Replace(w.provider(""), "secret_key ", "# secret_key ", 1))
	report := cli.Plan()
	if report.Code == 0 || !strings.Contains(report.Output, "secret_key") || !strings.Contains(report.Output, "HW_SECRET_KEY") {
		t.Errorf("the error names neither attribute nor variable:\n%s", report.Output)
	}
	cli.Write("huaweicloud.tf", strings.Replace(w.provider(""), w.url, "http://workspace.example.com", 2))
	report = cli.Plan()
	if report.Code == 0 || !strings.Contains(report.Output, "workspace_endpoint") || !strings.Contains(report.Output, "loopback") {
		t.Errorf("plain http to another host:\n%s", report.Output)
	}
	if n := len(w.recorder.All()); n != 0 {
		t.Errorf("%d requests were sent", n)
	}
	wrong := strings.Replace(w.provider(""), `"Nq5xR8wL2vK7mT4cJ"`, `"wrong"`, 1)
	cli.Write("huaweicloud.tf", wrong)
	report = cli.Plan()
	mustFailWith(t, report, "APIGW.0301")
	if n := w.recorder.Count(mock.OpListApps) + w.recorder.Count(mock.OpListProjects); n != 1 {
		t.Errorf("%d requests with a wrong signature: five lock the key", n)
	}
	w.recorder.Reset()
}

func mustFailWith(t *testing.T, report acctest.Report, part string) {
	t.Helper()
	if report.Code == 0 || !strings.Contains(report.Output, part) {
		t.Errorf("no error with %q:\n%s", part, report.Output)
	}
}
