// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package authset

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud"
)

func account(name string) api.Handle { return api.Account{Type: api.Simple, Name: name}.Handle() }

func accountsOf(names ...string) api.Accounts {
	out := api.Accounts{}
	for _, name := range names {
		out[account(name)] = ""
	}
	return out
}

// drawAccounts draws a subset of a small universe in which letter case, types, domains and
// platforms vary.
func drawAccounts(t *rapid.T, label string) api.Accounts {
	return rapid.Map(
		rapid.MapOfN(rapid.IntRange(0, 60), rapid.SampledFrom([]api.PlatformType{"", api.AD, api.Local}), 0, 40),
		func(m map[int]api.PlatformType) api.Accounts {
			out := api.Accounts{}
			for i, platform := range m {
				a := api.Account{Type: api.Simple, Domain: "corp.example.com", Name: fmt.Sprintf("user%02d", i%25)}
				switch i / 25 {
				case 1:
					a.Name = fmt.Sprintf("User%02d", i%25)
				case 2:
					a.Type = api.UserGroup
				}
				out[a.Handle()] = platform
			}
			return out
		}).Draw(t, label)
}

func drawMode(t *rapid.T, label string) api.AuthorizationType {
	return rapid.SampledFrom([]api.AuthorizationType{api.AssignUser, api.AssignUser, api.AllUser}).Draw(t, label)
}

func drawSet(t *rapid.T, label string) Set {
	s := Set{Mode: drawMode(t, label+" mode")}
	for i := range 6 {
		if rapid.Bool().Draw(t, fmt.Sprintf("%s has app %d", label, i)) {
			s.AppIDs = append(s.AppIDs, fmt.Sprintf("app-%d", i))
		}
	}
	if s.Mode == api.AssignUser {
		s.Accounts = drawAccounts(t, label+" accounts")
	}
	return s
}

// see gives the set what a refresh would: which applications are open to everybody.
func (s *Set) see(actual Actual) {
	s.Open = map[string]bool{}
	for _, id := range s.AppIDs {
		if opaque(actual[id].App) {
			s.Open[id] = true
		}
	}
}

// join closes the applications that join the set, which a plan with an open one refuses.
func (s *Set) join(prior Set, actual Actual) {
	for _, id := range s.AppIDs {
		if s.Mode == api.AssignUser && !slices.Contains(prior.AppIDs, id) {
			status := actual[id]
			status.App.AuthorizationType = api.AssignUser
			actual[id] = status
		}
	}
}

func drawActual(t *rapid.T) Actual {
	actual := Actual{}
	for i := range 6 {
		id := fmt.Sprintf("app-%d", i)
		actual[id] = Status{
			App:      api.App{ID: id, AuthorizationType: drawMode(t, id+" mode")},
			Accounts: drawAccounts(t, id+" accounts"),
		}
	}
	return actual
}

// perform carries out requests as a plain service does, and fails on a request that breaks a
// documented limit.
func perform(t interface{ Fatalf(string, ...any) }, actual Actual, deltas Deltas) (Actual, int) {
	after := Actual{}
	for id, status := range actual {
		status.Accounts = maps.Clone(status.Accounts)
		if status.Accounts == nil {
			status.Accounts = api.Accounts{}
		}
		after[id] = status
	}
	requests := 0
	for _, phase := range deltas.Phases() {
		seen := map[string]bool{}
		for _, group := range phase {
			for _, id := range group.AppIDs() {
				if seen[id] {
					t.Fatalf("%s stands in two groups of one phase", id)
				}
				seen[id] = true
			}
			for i := range group.Len() {
				requests++
				performOne(t, after, group.Request(i))
			}
		}
	}
	return after, requests
}

func performOne(t interface{ Fatalf(string, ...any) }, actual Actual, a api.Assignment) {
	switch {
	case len(a.AppIDs) == 0 || len(a.AppIDs) > api.MaxAppsPerRequest:
		t.Fatalf("%d apps in one request", len(a.AppIDs))
	case len(a.Users) > api.MaxAccountsPerRequest || len(a.DelUsers) > api.MaxAccountsPerRequest:
		t.Fatalf("%d users and %d del_users in one request", len(a.Users), len(a.DelUsers))
	}
	listed, revoked := map[api.Account]bool{}, map[api.Account]bool{}
	for _, user := range slices.Concat(a.Users, a.DelUsers) {
		if listed[user.Account] {
			t.Fatalf("%s stands twice in one request", user.Account)
		}
		listed[user.Account] = true
	}
	for _, user := range a.DelUsers {
		revoked[fold(user.Account)] = true
	}
	for _, user := range a.Users {
		if revoked[fold(user.Account)] {
			t.Fatalf("%s stands in both lists of one request", user.Account)
		}
	}
	for _, id := range a.AppIDs {
		status := actual[id]
		// What an application hides that is open and stays so can't be known.
		hides := opaque(status.App) && a.AuthorizationType == api.AllUser
		status.App.AuthorizationType = a.AuthorizationType
		for _, user := range a.DelUsers {
			if _, ok := status.Accounts[user.Handle()]; !ok && !hides {
				t.Fatalf("%s is revoked on %s, where it isn't granted", user.Account, id)
			}
			delete(status.Accounts, user.Handle())
		}
		for _, user := range a.Users {
			if _, ok := status.Accounts[user.Handle()]; ok {
				t.Fatalf("%s is granted on %s, where it is granted already", user.Account, id)
			}
			status.Accounts[user.Handle()] = user.PlatformType
		}
		actual[id] = status
	}
}

// After the requests the service shows what is wanted, and nothing else has changed.
func TestDiffConverges(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		wanted, prior, actual := drawSet(t, "wanted"), drawSet(t, "prior"), drawActual(t)
		deltas := Diff(wanted, prior, actual)
		after, _ := perform(t, actual, deltas)
		opened := map[string]bool{}
		for _, app := range deltas.OpenedApps() {
			opened[app.ID] = true
			if slices.Contains(prior.AppIDs, app.ID) && prior.opened(app.ID) || app.AuthorizationType != api.AllUser {
				t.Fatalf("%s may be closed", app.ID)
			}
		}

		for id, status := range after {
			before := actual[id]
			switch {
			case opened[id]: // nothing is sent for any application
			case slices.Contains(wanted.AppIDs, id):
				checkKept(t, id, wanted, prior, before, status)
			case slices.Contains(prior.AppIDs, id):
				checkLeft(t, id, prior, before, status)
			default:
				if diff := cmp.Diff(before.Accounts, status.Accounts, byHandle); diff != "" || before.App != status.App {
					t.Fatalf("%s is none of ours and changed: %s", id, diff)
				}
			}
		}
	})
}

func checkKept(t *rapid.T, id string, wanted, prior Set, before, after Status) {
	if after.App.AuthorizationType != wanted.Mode {
		t.Fatalf("%s is %s, want %s", id, after.App.AuthorizationType, wanted.Mode)
	}
	for h, platform := range wanted.Accounts {
		got, ok := after.Accounts[h]
		if !ok {
			t.Fatalf("%s lacks %s", id, h.Value())
		}
		if was, ok := prior.Accounts[h]; ok && was != platform && was != "" && platform != "" && slices.Contains(prior.AppIDs, id) && got != platform {
			t.Fatalf("%s: %s has platform %q, want %q", id, h.Value(), got, platform)
		}
	}
	for h := range after.Accounts {
		if _, want := wanted.Accounts[h]; want {
			continue
		}
		if _, was := prior.Accounts[h]; was && slices.Contains(prior.AppIDs, id) {
			t.Fatalf("%s: %s left the set and is still there", id, h.Value())
		}
	}
	for h := range before.Accounts {
		_, ours := prior.Accounts[h]
		if _, ok := after.Accounts[h]; !ok && !(ours && slices.Contains(prior.AppIDs, id)) {
			t.Fatalf("%s: %s is somebody else's and was revoked", id, h.Value())
		}
	}
}

func checkLeft(t *rapid.T, id string, prior Set, before, after Status) {
	if after.App.AuthorizationType == api.AllUser && (before.App.AuthorizationType != api.AllUser || prior.opened(id)) {
		t.Fatalf("%s was left open to everybody", id)
	}
	for h := range before.Accounts {
		_, ours := prior.Accounts[h]
		_, there := after.Accounts[h]
		if there == ours {
			t.Fatalf("%s: %s ours=%v, there afterwards=%v", id, h.Value(), ours, there)
		}
	}
	for h := range after.Accounts {
		if _, ok := before.Accounts[h]; !ok {
			t.Fatalf("%s: %s was granted on an application that left", id, h.Value())
		}
	}
}

// A second diff finds nothing, and so does one against what was wanted already.
func TestDiffIsIdempotent(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		wanted, prior, actual := drawSet(t, "wanted"), drawSet(t, "prior"), drawActual(t)
		prior.see(actual)
		wanted.join(prior, actual)
		after, _ := perform(t, actual, Diff(wanted, prior, actual))
		if again := Diff(wanted, wanted, after); !again.Empty() {
			t.Fatalf("not settled: %+v", again.Apps)
		}
	})
}

// For equal deltas the number of requests is the least possible.
func TestRequestsAreFewest(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		apps := rapid.IntRange(1, 65).Draw(t, "apps")
		grants := rapid.IntRange(0, 350).Draw(t, "grants")
		revocations := rapid.IntRange(0, 350).Draw(t, "revocations")
		wanted, prior, actual := Set{Mode: api.AssignUser, Accounts: api.Accounts{}}, Set{Mode: api.AssignUser, Accounts: api.Accounts{}}, Actual{}
		for i := range grants {
			wanted.Accounts[account(fmt.Sprint("new", i))] = ""
		}
		for i := range revocations {
			prior.Accounts[account(fmt.Sprint("old", i))] = ""
		}
		for i := range apps {
			id := fmt.Sprint("app", i)
			wanted.AppIDs, prior.AppIDs = append(wanted.AppIDs, id), append(prior.AppIDs, id)
			actual[id] = Status{App: api.App{ID: id, AuthorizationType: api.AssignUser}, Accounts: prior.Accounts}
		}
		deltas := Diff(wanted, prior, actual)
		_, requests := perform(t, actual, deltas)
		least := (apps + 19) / 20 * max((grants+99)/100, (revocations+99)/100)
		if requests != least || deltas.Requests() != least {
			t.Fatalf("%d requests, Requests says %d, want %d", requests, deltas.Requests(), least)
		}
		if deltas.Grants() != apps*grants || deltas.Revocations() != apps*revocations {
			t.Fatalf("counts %d and %d", deltas.Grants(), deltas.Revocations())
		}
	})
}

func TestDiffCases(t *testing.T) {
	t.Parallel()
	app := func(mode api.AuthorizationType, names ...string) Actual {
		return Actual{"a": {App: api.App{ID: "a", AuthorizationType: mode}, Accounts: accountsOf(names...)}}
	}
	set := func(mode api.AuthorizationType, names ...string) Set {
		return Set{AppIDs: []string{"a"}, Mode: mode, Accounts: accountsOf(names...)}
	}
	spelled := func(name string) Set {
		s := set(api.AssignUser, name)
		s.Spelled = Spellings{account(name): account(name + "(sales)")}
		return s
	}
	decorated := Actual{"a": {App: api.App{ID: "a", AuthorizationType: api.AssignUser}, Accounts: accountsOf("lisi(sales)")}}
	for name, test := range map[string]struct {
		wanted, prior Set
		actual        Actual
		want          []api.Assignment
		revocations   int
		opened        bool
	}{
		"nothing to do": {wanted: set(api.AssignUser, "x"), prior: set(api.AssignUser, "x"), actual: app(api.AssignUser, "x", "other")},
		"gone app":      {wanted: set(api.AssignUser, "x"), actual: Actual{}},
		"mode only": {
			wanted: set(api.AssignUser), prior: set(api.AllUser), actual: app(api.AllUser), want: []api.Assignment{{AuthorizationType: api.AssignUser}},
		},
		"create over an open app": {wanted: set(api.AssignUser, "x"), actual: app(api.AllUser), opened: true},
		"opened since the plan":   {wanted: set(api.AssignUser, "x", "y"), prior: set(api.AssignUser, "x"), actual: app(api.AllUser), opened: true},
		"stranger on an app that joins": {
			wanted: Set{AppIDs: []string{"a"}, Mode: api.AssignUser, Accounts: accountsOf("x")},
			prior:  Set{AppIDs: []string{"b"}, Mode: api.AssignUser, Accounts: accountsOf("x", "y")}, actual: app(api.AssignUser, "x", "y"),
		},
		"empty on closed":  {wanted: set(api.AssignUser), actual: app(api.AssignUser, "other")},
		"listed decorated": {wanted: set(api.AssignUser, "lisi"), prior: spelled("lisi"), actual: decorated},
		"somebody else who looks decorated": {
			wanted: set(api.AssignUser, "lisi"), prior: set(api.AssignUser, "lisi"), actual: decorated,
			want: []api.Assignment{{AuthorizationType: api.AssignUser, Users: []api.Authorization{{Account: account("lisi").Value()}}}},
		},
		"imported spelling": {
			wanted: set(api.AssignUser, "lisi"), prior: set(api.AssignUser, "lisi(sales)"), actual: decorated, revocations: 1,
			want: []api.Assignment{
				{AuthorizationType: api.AssignUser, DelUsers: []api.Authorization{{Account: account("lisi(sales)").Value()}}},
				{AuthorizationType: api.AssignUser, Users: []api.Authorization{{Account: account("lisi").Value()}}},
			},
		},
		"revoke decorated": {
			wanted: set(api.AssignUser), prior: spelled("lisi"), actual: decorated, revocations: 1,
			want: []api.Assignment{{AuthorizationType: api.AssignUser, DelUsers: []api.Authorization{{Account: account("lisi(sales)").Value()}}}},
		},
		"decorated account beside the plain one": {
			wanted: set(api.AssignUser, "lisi"), prior: set(api.AssignUser, "lisi", "lisi(sales)"), revocations: 1, actual: app(api.AssignUser, "lisi", "lisi(sales)"),
			want: []api.Assignment{{AuthorizationType: api.AssignUser, DelUsers: []api.Authorization{{Account: account("lisi(sales)").Value()}}}},
		},
		"open and revoke": {
			wanted: set(api.AllUser), prior: set(api.AssignUser, "x"), actual: app(api.AssignUser, "x", "other"),
			want: []api.Assignment{{AuthorizationType: api.AllUser, DelUsers: []api.Authorization{{Account: account("x").Value()}}}},
		},
		"destroy closes": {prior: set(api.AllUser), actual: app(api.AllUser, "other"), want: []api.Assignment{{AuthorizationType: api.AssignUser}}},
		"destroy of an app that was opened since":         {prior: set(api.AssignUser, "x"), actual: app(api.AllUser), opened: true},
		"destroy of an empty set leaves an open app open": {prior: set(api.AssignUser), actual: app(api.AllUser)},
		"letter case changes in two requests": {
			wanted: set(api.AssignUser, "lisi"), prior: set(api.AssignUser, "LiSi"), actual: app(api.AssignUser, "LiSi"), revocations: 1,
			want: []api.Assignment{
				{AuthorizationType: api.AssignUser, DelUsers: []api.Authorization{{Account: account("LiSi").Value()}}},
				{AuthorizationType: api.AssignUser, Users: []api.Authorization{{Account: account("lisi").Value()}}},
			},
		},
		"platform changes in two requests": {
			wanted: Set{AppIDs: []string{"a"}, Mode: api.AssignUser, Accounts: api.Accounts{account("x"): api.AD}},
			prior:  Set{AppIDs: []string{"a"}, Mode: api.AssignUser, Accounts: api.Accounts{account("x"): api.Local}}, actual: app(api.AssignUser, "x"), revocations: 1,
			want: []api.Assignment{
				{AuthorizationType: api.AssignUser, DelUsers: []api.Authorization{{Account: account("x").Value(), PlatformType: api.Local}}},
				{AuthorizationType: api.AssignUser, Users: []api.Authorization{{Account: account("x").Value(), PlatformType: api.AD}}},
			},
		},
		"platform type that is left out from now on": {
			wanted: set(api.AssignUser, "x"), prior: Set{AppIDs: []string{"a"}, Mode: api.AssignUser, Accounts: api.Accounts{account("x"): api.Local}},
			actual: app(api.AssignUser, "x"),
		},
		"mode that the service doesn't tell is trusted": {
			wanted: set(api.AssignUser, "x"), prior: set(api.AssignUser, "x"), actual: app("", "x"),
		},
		"mode that the service doesn't tell is written by a create": {
			wanted: set(api.AssignUser, "x"), actual: app("", "x"), want: []api.Assignment{{AuthorizationType: api.AssignUser}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			deltas := Diff(test.wanted, test.prior, test.actual)
			if opened := len(deltas.OpenedApps()) > 0; opened || test.opened {
				if opened != test.opened {
					t.Errorf("opened: %+v", deltas.Apps)
				}
				return
			}
			var got []api.Assignment
			for _, phase := range deltas.Phases() {
				for _, group := range phase {
					for i := range group.Len() {
						a := group.Request(i)
						a.AppIDs = nil
						got = append(got, a)
					}
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
			if n := deltas.Revocations(); n != test.revocations {
				t.Errorf("%d revocations, want %d", n, test.revocations)
			}
		})
	}
}

// FuzzPhases lets the fuzzer look for sets whose requests break a limit or leave something undone.
func FuzzPhases(f *testing.F) {
	f.Add([]byte("any seed grows into sets of accounts"))
	f.Fuzz(rapid.MakeFuzz(func(t *rapid.T) {
		wanted, prior, actual := drawSet(t, "wanted"), drawSet(t, "prior"), drawActual(t)
		prior.see(actual)
		wanted.join(prior, actual)
		after, _ := perform(t, actual, Diff(wanted, prior, actual))
		if again := Diff(wanted, wanted, after); !again.Empty() {
			t.Fatalf("not settled: %+v", again.Apps)
		}
	}))
}
