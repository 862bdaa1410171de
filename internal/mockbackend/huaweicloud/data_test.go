// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud

import (
	"fmt"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

func TestSeedIsChecked(t *testing.T) {
	t.Parallel()
	for want, spoil := range map[string]func(s *Seed){
		"secret_key":           func(s *Seed) { s.Credentials = append(s.Credentials, Credential{AccessKey: "NEW"}) },
		"needed once":          func(s *Seed) { s.Credentials[1].AccessKey = "AK" },
		"an id of its own":     func(s *Seed) { s.Projects = append(s.Projects, s.Projects[0]) },
		"name is missing":      func(s *Seed) { s.Apps["x"] = App{} },
		"none of the projects": func(s *Seed) { s.Apps["x"] = App{Name: "x", ProjectID: "other"} },
		"authorization_type":   func(s *Seed) { s.Apps["x"] = App{Name: "x", AuthorizationType: "USER"} },
		"platform type":        func(s *Seed) { s.Apps["x"] = App{Name: "x", Users: map[string]map[string]string{"d": {"a": "ad"}}} },
		"1 to 64":              func(s *Seed) { s.Apps["x"] = App{Name: "x", UserGroups: map[string]map[string]string{"": {"a": ""}}} },
		"1 to 128":             func(s *Seed) { s.Apps["x"] = App{Name: "x", Users: map[string]map[string]string{"d": {"": ""}}} },
	} {
		b := start(t, Switches{})
		before := b.backend.Snapshot()
		seed := testSeed()
		spoil(&seed)
		if err := b.backend.Restore(seed); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
		wantSame(t, before, b.backend.Snapshot())
	}
}

func TestSnapshotRestores(t *testing.T) {
	t.Parallel()
	b := start(t, Switches{})
	b.directory()
	b.mustAssign(AssignUser, []string{cad}, []string{"bob", "corp.example.com/wangwu=AD", "group:corp.example.com/staff"}, nil)
	b.backend.SetIdentities(Identities{Agencies: []Agency{{Name: "operators"}}, Providers: []IdentityProvider{{ID: "gitlab", Tokens: []string{"token"}}}})
	snapshot := b.backend.Snapshot()
	if i := snapshot.Identities; len(i.Agencies) != 1 || len(i.Providers) != 1 || i.Providers[0].Tokens != nil {
		t.Errorf("snapshot has %+v", i)
	}
	for _, c := range snapshot.Credentials {
		if c.SecretKey != "" || c.SecurityToken != "" {
			t.Errorf("snapshot shows a secret of %s", c.AccessKey)
		}
	}
	b.mustAssign(AllUser, []string{cad, mail}, nil, []string{"bob", "zhangsan"})
	b.backend.DeleteApp(open)
	if err := b.backend.Restore(snapshot); err != nil {
		t.Fatal(err)
	}
	wantSame(t, snapshot, b.backend.Snapshot())
	b.accessKey, b.secretKey, b.token = "TEMP", "TSK", "tok" // blank secrets are kept
	b.wantAccounts(mail, "zhangsan")
	if tokens := b.backend.identities.Providers[0].Tokens; len(tokens) != 1 {
		t.Errorf("the ID tokens are %q", tokens)
	}
}

func TestOutOfBand(t *testing.T) {
	t.Parallel()
	b := start(t, Switches{})
	if err := b.backend.Grant(cad, Account{Name: "bob"}, Account{Type: UserGroup, Domain: "corp.example.com", Name: "staff", Platform: "AD"}); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, a := range b.backend.Accounts(cad) {
		got = append(got, a.String())
	}
	if diff := cmp.Diff([]string{"group:corp.example.com/staff", "local.com/bob"}, got); diff != "" {
		t.Error(diff)
	}
	if err := b.backend.Revoke(cad, Account{Name: "bob"}, Account{Name: "nobody"}); err != nil {
		t.Fatal(err)
	}
	b.wantAccounts(cad, "staff")
	if err := b.backend.SetMode(cad, AllUser); err != nil || b.backend.Mode(cad) != AllUser {
		t.Errorf("mode %s, %v", b.backend.Mode(cad), err)
	}
	if err := b.backend.AddApp("new", App{Name: "New", Users: map[string]map[string]string{"d": {"a": "", "b": "AD"}}}); err != nil {
		t.Fatal(err)
	}
	b.wantAccounts("new", "a", "b")
	if b.backend.Mode("none") != "" || b.backend.Accounts("none") != nil {
		t.Error("a missing app has a mode or accounts")
	}
	for _, err := range []error{
		b.backend.Grant("none"), b.backend.Revoke("none"), b.backend.SetMode("none", AllUser), b.backend.SetMode(cad, "X"),
		b.backend.Grant(cad, Account{Name: "x", Platform: "ad"}), b.backend.AddApp("y", App{}),
	} {
		if err == nil {
			t.Error("no error")
		}
	}
}

// TestRecordsAgainstAModel compares the ordered set with a plain slice.
func TestRecordsAgainstAModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var s records
		var model []accountID
		for range rapid.IntRange(0, 60).Draw(t, "steps") {
			id := accountID(rapid.IntRange(0, 9).Draw(t, "id"))
			at := slices.Index(model, id)
			switch rapid.SampledFrom([]string{"add", "remove", "list", "clear"}).Draw(t, "step") {
			case "add":
				if s.get(id) == nil {
					s.add(record{id: id})
					model = append(model, id)
				}
			case "remove":
				if s.remove(id) != (at >= 0) {
					t.Fatalf("remove(%d) is wrong", id)
				}
				if at >= 0 {
					model = slices.Delete(model, at, at+1)
				}
			case "list":
				s.all()
			case "clear":
				if len(model) > 7 {
					s.clear()
					model = nil
				}
			}
			if s.len() != len(model) || (s.get(id) != nil) != slices.Contains(model, id) {
				t.Fatalf("%d records, want %v", s.len(), model)
			}
		}
		var got []accountID
		for _, r := range s.all() {
			got = append(got, r.id)
			if s.get(r.id).id != r.id {
				t.Fatalf("the index of %d is wrong", r.id)
			}
		}
		if !slices.Equal(got, model) {
			t.Fatalf("records %v, want %v", got, model)
		}
	})
}

func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	b := start(t, Switches{ListOrder: ListOrderShuffled})
	b.backend.SetQuota(Quota{})
	var group sync.WaitGroup
	for worker := range 8 {
		group.Go(func() {
			for i := range 20 {
				name := fmt.Sprintf("w%d-%d", worker, i)
				body := `{"app_ids":["` + cad + `","` + mail + `"],"authorization_type":"ASSIGN_USER","users":[{"account":"` + name + `","account_type":"SIMPLE"}]}`
				if a, err := b.try(http.MethodPost, appsPath+"/actions/batch-assign-authorization", body); err != nil || a.status != http.StatusOK {
					t.Errorf("%v %v", a, err)
				}
				if a, err := b.try(http.MethodGet, appsPath+"/"+cad+"/authorizations?limit=100", ""); err != nil || a.status != http.StatusOK {
					t.Errorf("%v %v", a, err)
				}
				_ = b.backend.Snapshot()
				b.backend.SetSwitches(Switches{ListOrder: ListOrderShuffled, DuplicateAdd: DuplicateAddOK})
			}
		})
	}
	group.Wait()
	if got := len(b.backend.Accounts(cad)); got != 160 {
		t.Errorf("%d accounts, want 160", got)
	}
	if got := b.recorder.Violations(); len(got) > 0 {
		t.Error(got)
	}
}

// large is a backend of apps that share their accounts.
func large(tb testing.TB, apps, accounts int) *Backend {
	tb.Helper()
	seed := testSeed()
	seed.Apps = map[string]App{}
	names := make(map[string]string, accounts)
	for i := range accounts {
		names[fmt.Sprintf("user-%05d", i)] = "LOCAL"
	}
	for i := range apps {
		seed.Apps[fmt.Sprintf("app-%03d", i)] = App{Name: fmt.Sprintf("App %03d", i), Users: map[string]map[string]string{"local.com": names}}
	}
	return New(wire.Service{}, seed, Switches{})
}

// TestMemoryOfLargeData: an authorization costs tens of bytes, not the length of its names.
//
//nolint:paralleltest // it measures the whole process
func TestMemoryOfLargeData(t *testing.T) {
	const apps, accounts = 20, 20_000
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	b := large(t, apps, accounts)
	runtime.GC()
	runtime.ReadMemStats(&after)
	perRecord := float64(after.HeapAlloc-before.HeapAlloc) / (apps * accounts)
	if perRecord > 60 {
		t.Errorf("%.0f bytes for each authorization", perRecord)
	}
	t.Logf("%.1f bytes for each authorization", perRecord)
	if got := len(b.AppIDs()); got != apps {
		t.Errorf("%d apps", got)
	}
}
