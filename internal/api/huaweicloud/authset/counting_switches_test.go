// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package authset

import (
	"fmt"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud"
	mock "github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/huaweicloud"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

// Under every position of every switch, a set that is read by counts has the plans, the errors and
// the states of one whose accounts are all read, and so has the service.
func TestCountingUnderEveryPosition(t *testing.T) {
	t.Parallel()
	turn := 0
	for i, s := range wire.DescribeSwitches(mock.Switches{}) {
		for j, position := range s.Positions {
			if j == 0 && i > 0 {
				continue // as every switch was before
			}
			if position == "n" {
				position = "107" // accounts of an application
			}
			turn++
			exclusive := turn%2 == 0 && s.Name != "type_on_read" // refused, since no configuration can name such rows
			t.Run(s.Name+"="+position, func(t *testing.T) {
				t.Parallel()
				var switches mock.Switches
				if err := wire.SetSwitch(&switches, s.Name, position); err != nil {
					t.Fatal(err)
				}
				full, counts := newTwin(t, switches, exclusive, false), newTwin(t, switches, exclusive, true)
				for _, step := range twinLife {
					want, got := full.live(step), counts.live(step)
					if diff := cmp.Diff(want, got); diff != "" {
						t.Fatalf("%s (-full +counts):\n%s", step.name, diff)
					}
				}
			})
		}
	}
}

// twin is one of two residents that live the same life on services of their own.
type twin struct {
	resident
	*mock.Backend

	t   *testing.T
	url string
}

const firstApp, secondApp = "app-1", "app-2"

func newTwin(t *testing.T, switches mock.Switches, exclusive, counts bool) *twin {
	t.Helper()
	everybody := mock.Domain{
		Users:  []string{"Wang Wu", "LiSi", "Zhao", "Ünal", "newcomer"},
		Groups: []string{"Engineering", "STAFF"}, Members: map[string]string{"Zhao": "STAFF"},
	}
	for h := range crowd() {
		everybody.Users = append(everybody.Users, h.Value().Name)
	}
	recorder := &wire.Recorder{}
	backend := mock.New(wire.Service{Recorder: recorder}, mock.Seed{
		Credentials: []mock.Credential{{AccessKey: "AK", SecretKey: "SK"}}, Projects: []mock.Project{{ID: "p", Name: "bench"}},
		Apps:      map[string]mock.App{firstApp: {Name: "CAD"}, secondApp: {Name: "Viewer"}},
		Directory: map[string]mock.Domain{"corp.example.com": everybody, "local.com": {Users: []string{"Local One", "local2"}}},
	}, switches)
	backend.SetQuota(mock.Quota{})
	server := httptest.NewServer(backend)
	t.Cleanup(server.Close)
	t.Cleanup(func() {
		for _, violation := range recorder.Violations() {
			t.Error(violation)
		}
	})
	return &twin{resident{exclusive: exclusive, counts: counts}, backend, t, server.URL}
}

// dial begins a run.
func (w *twin) dial() {
	w.t.Helper()
	client, err := api.New(api.Config{AccessKey: "AK", SecretKey: "SK", ProjectID: "p", WorkspaceEndpoint: w.url, IAMEndpoint: w.url})
	if err != nil {
		w.t.Fatal(err)
	}
	w.client = client
}

// crowd is more accounts than the page of a count shows.
func crowd() api.Accounts {
	accounts := api.Accounts{}
	for i := range 101 {
		accounts[api.Account{Type: api.Simple, Domain: "corp.example.com", Name: fmt.Sprintf("user%03d", i)}.Handle()] = "AD"
	}
	return accounts
}

// twinStep is a change behind the back of a resident, and then a plan and an apply.
type twinStep struct {
	name  string
	first func(*mock.Backend) error
	set   Set
}

var twinLife = func() []twinStep {
	set := func(appIDs []string, people map[string]api.PlatformType) Set {
		accounts := crowd()
		for name, platform := range people {
			accounts[api.Account{Type: api.Simple, Domain: "corp.example.com", Name: name}.Handle()] = platform
		}
		accounts[api.Account{Type: api.Simple, Domain: "local.com", Name: "Local One"}.Handle()] = ""
		accounts[api.Account{Type: api.Simple, Domain: "local.com", Name: "local2"}.Handle()] = "LOCAL"
		accounts[api.Account{Type: api.UserGroup, Domain: "corp.example.com", Name: "Engineering"}.Handle()] = "AD"
		return Set{AppIDs: appIDs, Mode: api.AssignUser, Accounts: accounts}
	}
	user := func(name string) mock.Account {
		return mock.Account{Type: mock.Simple, Domain: "corp.example.com", Name: name}
	}
	one, both := []string{firstApp}, []string{firstApp, secondApp}
	all := map[string]api.PlatformType{"Wang Wu": "AD", "LiSi": "", "Zhao": "AD"}
	fewer := map[string]api.PlatformType{"Wang Wu": "LOCAL", "Ünal": "LOCAL"}
	return []twinStep{
		{"create", nil, set(both, all)},
		{"one is revoked by hand, some leave, some come", func(b *mock.Backend) error { return b.Revoke(firstApp, user("user007")) }, set(both, fewer)},
		{"one is granted by hand, nobody knows another", func(b *mock.Backend) error { return b.Grant(firstApp, user("newcomer")) },
			set(both, map[string]api.PlatformType{"nobody": "AD", "LiSi": ""})},
		{"everybody, and an application leaves", func(b *mock.Backend) error { return b.Revoke(firstApp, user("user008")) },
			Set{AppIDs: one, Mode: api.AllUser}},
		{"only one", nil, Set{AppIDs: one, Mode: api.AssignUser, Accounts: accountsOf("local2")}},
		{"the end", nil, Set{}},
	}
}()

var requestID = regexp.MustCompile(`request id \S+`)

// live takes a step, and tells all that is to be seen of it.
func (w *twin) live(step twinStep) string {
	w.t.Helper()
	if step.first != nil {
		if err := step.first(w.Backend); err != nil {
			w.t.Fatal(err)
		}
	}
	w.dial()
	text := fmt.Sprintf("refresh: %v\n", w.refresh(w.t.Context())) + w.told()
	deltas, err := w.plan(w.t.Context(), step.set)
	text += fmt.Sprintf("plan: %v\n", err)
	for _, d := range deltas.Apps {
		text += fmt.Sprintf("%s becomes %s: %t %t, loses %v and %v, gets %v\n", d.App, d.Mode, d.Flip, d.Opened, named(d.Replace), named(d.Revoke), named(d.Grant))
	}
	w.dial()
	text += fmt.Sprintf("apply: %v\n", w.apply(w.t.Context(), step.set)) + w.told()
	for _, id := range []string{firstApp, secondApp} {
		text += fmt.Sprintf("%s has %s %v\n", id, w.Mode(id), w.Accounts(id))
	}
	lines := strings.Split(requestID.ReplaceAllString(text, "request id"), "\n")
	slices.Sort(lines) // requests end in any order
	return strings.Join(lines, "\n")
}

// told is what the state says.
func (w *twin) told() string {
	s := w.state
	text := fmt.Sprintf("state: %v %s mixed %t open %v unlisted %v\n", s.AppIDs, s.Mode, s.Mixed, s.Open, s.Unlisted)
	for _, h := range sortedHandles(s.Accounts) {
		text += fmt.Sprintf("%s %q\n", h.Value(), s.Accounts[h])
	}
	for _, id := range s.AppIDs {
		text += fmt.Sprintf("%s lacks %v\n", id, named(s.Missing[id]))
	}
	return text
}

func named(handles []api.Handle) []string {
	var out []string
	for _, h := range handles {
		out = append(out, h.Value().String())
	}
	slices.Sort(out)
	return out
}
