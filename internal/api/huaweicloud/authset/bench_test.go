// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package authset

import (
	"fmt"
	"maps"
	"net/http/httptest"
	"testing"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud"
	"github.com/appaccess/terraform-provider-appaccess/internal/bench/workload"
	mock "github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/huaweicloud"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

// sizes are numbers of accounts: what grows faster than they do is not linear.
var sizes = []int{2_000, 20_000}

const benchApps = 20

// loads are sets of a size, and what the service lists of them.
type loads struct {
	none, set, changed Set
	empty, full        Actual
}

func newLoads(size, apps int) loads {
	l := loads{set: setWith(workload.List(size), apps), changed: setWith(workload.Changed(size), apps), empty: Actual{}, full: Actual{}}
	for _, id := range l.set.AppIDs {
		app := api.App{ID: id, AuthorizationType: api.AssignUser}
		l.empty[id] = Status{App: app, Accounts: api.Accounts{}}
		l.full[id] = Status{App: app, Accounts: maps.Clone(l.set.Accounts)} // each app lists its own
	}
	return l
}

func setWith(list []workload.Account, apps int) Set {
	set := Set{AppIDs: workload.AppIDs(apps), Mode: api.AssignUser, Accounts: api.Accounts{}}
	for _, a := range list {
		account := api.Account{Type: api.Simple, Domain: a.Domain, Name: a.Name}
		if a.Group {
			account.Type = api.UserGroup
		}
		set.Accounts[account.Handle()] = api.PlatformType(a.Platform)
	}
	return set
}

func BenchmarkDiff(b *testing.B) {
	for _, size := range sizes {
		l := newLoads(size, benchApps)
		for _, tc := range []struct {
			name          string
			wanted, prior Set
			actual        Actual
		}{
			{"create", l.set, l.none, l.empty},
			{"nothing", l.set, l.set, l.full},
			{"change", l.changed, l.set, l.full},
			{"destroy", l.none, l.set, l.full},
		} {
			b.Run(fmt.Sprintf("%s/%d", tc.name, size), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					Diff(tc.wanted, tc.prior, tc.actual)
				}
			})
		}
	}
}

func BenchmarkPhases(b *testing.B) {
	for _, size := range sizes {
		l := newLoads(size, benchApps)
		deltas := Diff(l.set, l.none, l.empty)
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				for _, phase := range deltas.Phases() {
					for _, group := range phase {
						for i := range group.Len() {
							group.Request(i)
						}
					}
				}
			}
		})
	}
}

func BenchmarkTrack(b *testing.B) {
	for _, size := range sizes {
		l := newLoads(size, benchApps)
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Track(l.set, l.full, false)
			}
		})
	}
}

// listedOn is a client of a mock with applications of the same accounts.
func listedOn(b testing.TB, size, apps int) *api.Client {
	b.Helper()
	app := mock.App{Name: "bench", Users: map[string]map[string]string{}}
	for _, a := range workload.List(size) {
		if app.Users[a.Domain] == nil {
			app.Users[a.Domain] = map[string]string{}
		}
		app.Users[a.Domain][a.Name] = a.Platform
	}
	seeded := map[string]mock.App{}
	for _, id := range workload.AppIDs(apps) {
		seeded[id] = app
	}
	var recorder wire.Recorder
	recorder.Limit(-1, -1)
	backend := mock.New(wire.Service{Recorder: &recorder}, mock.Seed{
		Credentials: []mock.Credential{{AccessKey: "AK", SecretKey: "SK"}}, Projects: []mock.Project{{ID: "p", Name: "bench"}},
		Apps: seeded,
	}, mock.Switches{})
	backend.SetQuota(mock.Quota{})
	server := httptest.NewServer(backend)
	b.Cleanup(server.Close)
	client, err := api.New(api.Config{
		AccessKey: "AK", SecretKey: "SK", ProjectID: "p", WorkspaceEndpoint: server.URL, IAMEndpoint: server.URL,
	})
	if err != nil {
		b.Fatal(err)
	}
	return client
}
