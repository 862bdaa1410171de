// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package enos

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestOutOfBand(t *testing.T) {
	t.Parallel()
	h := newHarness(t, Switches{})
	token := h.token()
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Error(err)
		}
	}
	check(h.SetCreatedType(org, portal, Shortcut))
	h.wantFailure(h.info(token, org, portal), 200, 31400, "shortcut")
	check(h.DeleteApp(org, portal))
	h.wantFailure(h.info(token, org, portal), 200, 31400, "no permission to access")
	h.wantFailure(h.appGet(token, org, portal), 200, 31404, "does not exist")
	check(h.AddApp(org, Application{AccessKey: portal, Name: "Back", CreatedType: Own, DataAuthorizeTypes: []string{"ROLE"}}))
	check(h.AddApp(org, Application{AccessKey: portal, Name: "Again", CreatedType: Own, DataAuthorizeTypes: []string{"USER"}}))
	if got := h.listed(h.info(token, org, portal)); !slices.Equal(got, []string{"USER"}) {
		t.Errorf("listed %q", got)
	}
	if got := len(h.Snapshot().Organizations[0].Applications); got != 4 {
		t.Errorf("%d applications", got)
	}
	for what, err := range map[string]error{
		"set of an unknown app":       h.SetAuthorization(org, "gone"),
		"add to an unknown org":       h.AddApp("o2", Application{AccessKey: "x"}),
		"add without a key":           h.AddApp(org, Application{}),
		"delete of an unknown app":    h.DeleteApp(org, "gone"),
		"permission of nobody":        h.SetPermission("nobody", true, true),
		"secret of nobody":            h.SetSecretKey("nobody", "x"),
		"created type of unknown app": h.SetCreatedType(org, "gone", Own),
	} {
		if err == nil {
			t.Errorf("%s: no error", what)
		}
	}
	if _, ok := h.Authorization(org, "gone"); ok {
		t.Error("an unknown app has an authorization")
	}
	if n := h.KillTokens(); n != 1 {
		t.Errorf("%d tokens killed", n)
	}
	if n := h.KillTokens(); n != 0 {
		t.Errorf("%d tokens killed again", n)
	}
}

func TestSeedJSON(t *testing.T) {
	t.Parallel()
	h := newHarness(t, Switches{})
	text, err := json.Marshal(h.Snapshot())
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), secretKey) || strings.Contains(string(text), "lowly-secret") || !strings.Contains(string(text), `"created_type":"shortcut"`) {
		t.Errorf("snapshot: %s", text)
	}
	var seed Seed
	if err := json.Unmarshal(text, &seed); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(h.Snapshot(), seed); diff != "" {
		t.Error(diff)
	}
	for _, bad := range []string{
		`{"service_accounts":[{}]}`,
		`{"service_accounts":[{"access_key":"a"},{"access_key":"a"}]}`,
		`{"organizations":[{}]}`,
		`{"organizations":[{"id":"a"},{"id":"a"}]}`,
		`{"organizations":[{"id":"a","applications":[{}]}]}`,
		`{"organizations":[{"id":"a","applications":[{"access_key":"x"},{"access_key":"x"}]}]}`,
		`{"token_validity_seconds":-1}`,
	} {
		var seed Seed
		if err := json.Unmarshal([]byte(bad), &seed); err != nil {
			t.Fatal(err)
		}
		if err := h.Restore(seed); err == nil || !strings.HasPrefix(err.Error(), "seed: ") {
			t.Errorf("%s: %v", bad, err)
		}
	}
	for _, bad := range []string{`"bought"`, `7`} {
		var created CreatedType
		if err := json.Unmarshal([]byte(bad), &created); err == nil {
			t.Errorf("created_type %s: no error", bad)
		}
	}
	if _, err := json.Marshal(CreatedType(7)); err == nil {
		t.Error("created_type 7 marshals")
	}
}

func TestUpdate(t *testing.T) {
	t.Parallel()
	h := newHarness(t, Switches{})
	err := h.Update(func(seed Seed) (Seed, error) {
		seed.Organizations[0].Applications[0].DataAuthorizeTypes = []string{"ROLE"}
		return seed, nil
	})
	if got := h.listed(h.info(h.token(), org, portal)); err != nil || !slices.Equal(got, []string{"ROLE"}) {
		t.Errorf("%v, listed %q", err, got)
	}
	err = h.Update(func(Seed) (Seed, error) { return Seed{}, errors.New("no change") })
	if err == nil || err.Error() != "no change" || len(h.Snapshot().Organizations) != 1 {
		t.Errorf("%v, %v", err, h.Snapshot())
	}
}

func TestOwns(t *testing.T) {
	t.Parallel()
	h := newHarness(t, Switches{})
	for path, want := range map[string]bool{
		TokenGetPath: true, AuthorizationSetPath: true, "/app-portal-service/": true, "/v2/x/app-portal-service/": false, "/": false,
	} {
		if got := h.Owns(path); got != want {
			t.Errorf("%s: %t", path, got)
		}
	}
}

func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	h := newHarness(t, Switches{})
	token := h.token()
	done := make(chan answer)
	for i := range 20 {
		go func() {
			query := url.Values{"orgId": {org}, "appId": {portal}}
			r := h.signed(token, http.MethodGet, AuthorizationInfoPath, query, "")
			if i%2 == 0 {
				r = h.signed(token, http.MethodPost, AuthorizationSetPath, url.Values{"orgId": {org}},
					fmt.Sprintf(`{"appId":%q,"dataAuthorizeType":["USER"]}`, portal))
			}
			done <- h.do(r)
			h.Snapshot()
			h.SetSwitches(h.Switches())
		}()
	}
	for range 20 {
		if a := <-done; a.code("code") != 0 {
			t.Error(a.Text)
		}
	}
	h.wantNoViolation()
}
