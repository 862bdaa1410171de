// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud_test

import (
	"strings"
	"testing"

	"github.com/appaccess/terraform-provider-appaccess/internal/acctest"
	mock "github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/huaweicloud"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

// An account that the service skips is an error that names it; the state holds the others, and the error says how to go
// on without the replacement of a tainted resource.
func TestAccSet_skippedAccount(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, func(s *mock.Seed) {
		s.Directory = map[string]mock.Domain{"corp.example.com": {Users: []string{"wangwu", "lisi"}}}
	}, mock.Switches{})
	cli := w.cli()
	cli.Write("main.tf", setBlock(additive, `
		app_ids = `+quoted(cad, viewer)+`
		users   = { "corp.example.com" = { wangwu = null, nobody = null } }`))
	cli.Plan()
	mustFail(t, cli.Apply(), "Unable to create the application authorizations", "corp.example.com/nobody", "AutoCAD", "terraform untaint", "2 accounts granted and 0 revoked")
	mustDo(t, w.expect(cad, "corp.example.com/wangwu"))
	state := cli.Run("state", "show", "-no-color", address).Output
	if !strings.Contains(state, "wangwu") || strings.Contains(state, "nobody") {
		t.Errorf("the state is not true:\n%s", state)
	}

	// Corrected and untainted, the next apply sends only the rest.
	cli.Write("main.tf", setBlock(additive, `
		app_ids = `+quoted(cad, viewer)+`
		users   = { "corp.example.com" = { wangwu = null, lisi = null } }`))
	if r := cli.Run("untaint", address); r.Code != 0 {
		t.Fatal(r.Output)
	}
	w.writes()
	cli.Plan()
	mustApply(t, cli)
	mustDo(t, w.expectWrites("ASSIGN_USER cad,viewer +lisi"))
}

// A failed create is tainted: left so, it is destroyed, and no half-granted account stays behind.
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

// An update that fails midway leaves a state that says what is granted; the next apply sends only what is missing.
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

// What is wrong with the provider's configuration names the attribute and the variable, before any request.
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
