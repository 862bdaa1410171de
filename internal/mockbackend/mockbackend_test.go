// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package mockbackend

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/enos"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/huaweicloud"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/venafi"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

const cad = "3f791197-d166-4c8e-81e4-38c40ffc1989"

// running is a mock that serves.
type running struct {
	*Backend
	t   *testing.T
	url string
}

func start(t *testing.T) *running {
	t.Helper()
	b, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(b)
	t.Cleanup(server.Close)
	return &running{b, t, server.URL}
}

func (r *running) do(method, path, body string) (int, string) {
	r.t.Helper()
	request, err := http.NewRequestWithContext(r.t.Context(), method, r.url+path, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		r.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return response.StatusCode, string(text)
}

// want makes a request that has to be answered with a status and a text that holds part.
func (r *running) want(method, path, body string, status int, part string) {
	r.t.Helper()
	if got, text := r.do(method, path, body); got != status || !strings.Contains(text, part) {
		r.t.Errorf("%s %s: %d %s\nwant %d with %q", method, path, got, text, status, part)
	}
}

func TestDefaultSeed(t *testing.T) {
	t.Parallel()
	seed := DefaultSeed()
	modes := map[string]bool{}
	for _, a := range seed.Huaweicloud.Apps {
		modes[a.AuthorizationType] = true
	}
	if len(seed.Huaweicloud.Apps) < 4 || !modes[huaweicloud.AllUser] || !modes[huaweicloud.AssignUser] {
		t.Errorf("apps %+v", seed.Huaweicloud.Apps)
	}
	if len(seed.Enos.Organizations) == 0 || len(seed.Enos.Organizations[0].Applications) < 2 {
		t.Error("less than two EnOS applications")
	}
	if !slices.ContainsFunc(seed.Venafi.Applications, func(a venafi.Application) bool { return a.ID == "MyIntegration" }) {
		t.Error("no Venafi application MyIntegration")
	}
	b, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	// A snapshot restores, and everybody who has an app is in the directory.
	if err := b.Restore(b.Snapshot()); err != nil {
		t.Fatal(err)
	}
	for id, a := range seed.Huaweicloud.Apps {
		for domain, users := range a.Users {
			for user := range users {
				if !slices.Contains(seed.Huaweicloud.Directory[domain].Users, user) {
					t.Errorf("%s of app %s is not in the directory", user, id)
				}
			}
		}
	}
}

func TestSeedErrorsSayWhere(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"{\n\"huaweicloud\": {\n\"credentials\": [,]}}":             "line 3",
		`{"huaweicloud": {"credential": []}}`:                       `unknown field "huaweicloud.credential"`,
		`{"enos": {"organizations": [{"ID": "x"}]}}`:                `unknown field "enos.organizations[].ID"`,
		`{"venafi": {"roles": [{"role": "boss", "grantee": "x"}]}}`: "boss",
		`{} {}`: "text after",
		``:      "no JSON",
	} {
		path := filepath.Join(t.TempDir(), "seed.json")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadSeed(path); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: error %v, want one with %q", text, err, want)
		}
	}
	if _, err := ReadSeed(filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("a missing file is no error")
	}
	for service, seed := range map[string]Seed{
		"huaweicloud": {Huaweicloud: huaweicloud.Seed{Projects: []huaweicloud.Project{{}}}},
		"enos":        {Enos: enos.Seed{Organizations: []enos.Organization{{}}}},
		"venafi":      {Venafi: venafi.Seed{Applications: []venafi.Application{{}}}},
	} {
		if _, err := New(Options{Seed: &seed}); err == nil || !strings.Contains(err.Error(), service) {
			t.Errorf("wrong seed of %s: %v", service, err)
		}
	}
}

// TestEveryServiceIsMounted sends an unauthenticated request to each.
func TestEveryServiceIsMounted(t *testing.T) {
	t.Parallel()
	b := start(t)
	for path, want := range map[string]struct {
		service string
		status  int
	}{
		"/v3/projects":          {"huaweicloud", http.StatusUnauthorized},
		"/v1/p/app-center/apps": {"huaweicloud", http.StatusUnauthorized},
		"/app-portal-service/v2.3/app/get?orgId=o&appId=a": {"enos", http.StatusUnauthorized},
		"/VEDSDK/Identity/Self":                            {"venafi", http.StatusUnauthorized},
		"/vedauth/authorize/verify":                        {"venafi", http.StatusUnauthorized},
		"/elsewhere":                                       {"huaweicloud", http.StatusNotFound},
	} {
		b.Recorder.Reset()
		status, text := b.do(http.MethodGet, path, "")
		all := b.Recorder.All()
		if status != want.status || len(all) != 1 || all[0].Service != want.service {
			t.Errorf("%s: %d %s, recorded %+v", path, status, text, all)
		}
	}
	b.Recorder.Reset()
	if status, _ := b.do(http.MethodPost, "/vedauth/authorize/oauth",
		`{"client_id":"appaccess","username":"local:admin","password":"demo-venafi-password","scope":"admin;configuration"}`); status != http.StatusOK {
		t.Errorf("the seed's Venafi login is answered %d", status)
	}
}

func TestOptionsAreHandedOn(t *testing.T) {
	t.Parallel()
	b, err := New(Options{Quota: &huaweicloud.Quota{Read: 7}})
	if err != nil {
		t.Fatal(err)
	}
	if got := b.Huaweicloud.Quota(); got != (huaweicloud.Quota{Read: 7}) {
		t.Errorf("quota %+v", got)
	}
}

func TestSetSwitch(t *testing.T) {
	t.Parallel()
	b := start(t)
	for name, want := range map[string]string{
		"duplicate_add=error": "", "huaweicloud.account_limit=5": "", "venafi.order=stable": "",
		"order=stable": "is one of enos.order, venafi.order", "nothing=x": "no switch", "enos.duplicate_add=error": "no switch",
		"duplicate_add=maybe": "no position", "account_limit=-1": "a number",
	} {
		key, value, _ := strings.Cut(name, "=")
		switch err := b.SetSwitch(key, value); {
		case want == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%s: error %v, want one with %q", name, err, want)
		}
	}
	if got := b.Huaweicloud.Switches().AccountLimit; got != 5 {
		t.Errorf("account_limit is %d", got)
	}
}

func TestDescribe(t *testing.T) {
	t.Parallel()
	b := start(t)
	var names []string
	for _, s := range b.Describe() {
		names = append(names, s.Name)
		if len(s.Switches) == 0 || len(s.Faults) == 0 {
			t.Errorf("%s has %d switches and %d faults", s.Name, len(s.Switches), len(s.Faults))
		}
		for _, doc := range slices.Concat(s.Faults, wire.FaultKinds) {
			if doc.Doc == "" {
				t.Errorf("fault %s of %s has no sentence", doc.Kind, s.Name)
			}
		}
	}
	if diff := cmp.Diff([]string{"huaweicloud", "enos", "venafi"}, names); diff != "" {
		t.Error(diff)
	}
}
