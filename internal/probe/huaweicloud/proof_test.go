// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend"
	mock "github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/huaweicloud"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
	"github.com/appaccess/terraform-provider-appaccess/internal/probe/huaweicloud"
	"github.com/appaccess/terraform-provider-appaccess/internal/probe/probetest"
)

const (
	project = "2b31ed520a00421fbedb6e57a3b1c2d4"
	app     = "3f791197-d166-4c8e-81e4-38c40ffc1989"
	market  = "5b2c1f0e-7a64-4f7d-9c1b-0d6a2a8f4e11"
)

var bench = probetest.Bench{
	Service: huaweicloud.Service(),
	Seed: mockbackend.Seed{Huaweicloud: mock.Seed{
		Credentials: []mock.Credential{{AccessKey: "PROBEACCESSKEY000001", SecretKey: "probe-secret-key"}},
		Projects:    []mock.Project{{ID: project, Name: "ap-southeast-3"}},
		Directory: map[string]mock.Domain{
			"local.com":        {Users: []string{"Scratch", "anna"}, Groups: []string{"STAFF"}, Members: map[string]string{"Scratch": "STAFF"}},
			"corp.example.com": {Users: []string{"Zoé von Test"}},
		},
		Apps: map[string]mock.App{
			app: {Name: "Scratch Pad"}, market: {Name: "Store", ApplicationSource: "MARKET"},
			"1": {Name: "One", Users: map[string]map[string]string{"local.com": {"anna": ""}}}, "2": {Name: "Two", AuthorizationType: mock.AllUser}, "3": {Name: "Three"},
		},
	}},
	Environment: map[string]string{
		"HW_REGION_NAME": "ap-southeast-3", "HW_ACCESS_KEY": "PROBEACCESSKEY000001", "HW_SECRET_KEY": "probe-secret-key", "HW_PROJECT_ID": project,
		"HW_WORKSPACE_ENDPOINT": probetest.Address, "HW_IAM_ENDPOINT": probetest.Address,
	},
	Args: []string{
		"-app", app, "-market-app", market, "-user", "Scratch", "-user", "anna", "-user", "corp.example.com/Zoé von Test", "-in-group", "-closed", "-allow-open",
	},
	Bystanders: []string{`"1"`, `"2"`, `"3"`},
	Names:      []string{app, market, "scratch", "anna", "zoé", "corp.example", "store", "staff"},
	Numbers:    map[string][]string{"account_limit": {"0", "1", "7"}},
	Often:      map[string]int{"platform_change": 35, "retry_after": 0, "account_limit": 20}, // most positions read the same whatever was sent
	Blind: map[string][]string{
		"retry_after":   {"*"},               // it takes a throttled request
		"count":         {"right", "capped"}, // it takes a list of a thousand
		"account_limit": {"0", "7"},          // it takes more accounts
	},
}

// The probe finds what position the mock is in, whatever it is in otherwise, and leaves no trace.
func TestProof(t *testing.T) {
	t.Parallel()
	bench.Prove(t, 200)
}

// Whenever a run is interrupted, or an answer is lost, all is put back.
func TestBreak(t *testing.T) {
	t.Parallel()
	bench.Break(t)
}

func TestAsk(t *testing.T) {
	t.Parallel()
	bench.Ask(t, "app_mode", "name_filter", "deleted_app")
}

// Nothing is opened to everybody unless the caller allows it, nor where that may take accounts
// away.
func TestOpening(t *testing.T) {
	t.Parallel()
	opens := func(b probetest.Bench) bool {
		w := b.World(t, nil)
		before := w.Snapshot()
		if result := w.Run(t.Context()); result.Err != nil {
			t.Fatal(result.Err)
		}
		w.CheckUntouched(t, before)
		return slices.ContainsFunc(w.Recorder.All(), func(e wire.Exchange) bool { return strings.Contains(string(e.Body), mock.AllUser) })
	}
	if !opens(bench) {
		t.Error("not opened with -allow-open")
	}
	b := bench
	b.Args = slices.DeleteFunc(slices.Clone(b.Args), func(arg string) bool { return arg == "-allow-open" })
	if opens(b) {
		t.Error("opened without -allow-open")
	}
	b = bench
	b.Seed.Huaweicloud.Apps = maps.Clone(b.Seed.Huaweicloud.Apps)
	b.Seed.Huaweicloud.Apps[app] = mock.App{Name: "Scratch Pad", Users: map[string]map[string]string{"local.com": {"berta": ""}}}
	b.Seed.Huaweicloud.Directory = nil
	if opens(b) {
		t.Error("opened an application with accounts")
	}
}

// What an earlier run left over is seen before anything is done.
func TestLeftover(t *testing.T) {
	t.Parallel()
	b := bench
	b.Seed.Huaweicloud.Apps = maps.Clone(b.Seed.Huaweicloud.Apps)
	b.Seed.Huaweicloud.Apps[app] = mock.App{Name: "Scratch Pad", Users: map[string]map[string]string{"local.com": {"anna": ""}}}
	w := b.World(t, nil)
	before := w.Snapshot()
	if result := w.Run(t.Context()); result.Err == nil || !strings.Contains(result.Err.Error(), "nothing was done: local.com/anna has") {
		t.Error(result.Err)
	}
	w.CheckUntouched(t, before)
}
