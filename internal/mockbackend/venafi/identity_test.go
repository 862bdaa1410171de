// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestValidate(t *testing.T) {
	t.Parallel()
	h := newHarness(t, Switches{})
	for body, want := range map[string]string{
		`{"ID":{"PrefixedName":"local:admin"}}`:                          adminID,
		`{"ID":{"PrefixedName":"LOCAL:ADMIN"}}`:                          adminID,
		`{"ID":{"PrefixedUniversal":"` + adminID + `"}}`:                 adminID,
		`{"ID":{"PrefixedUniversal":"` + strings.ToUpper(bobID) + `"}}`:  bobID,
		`{"ID":{"PrefixedName":"AD+corp:alice","PrefixedUniversal":""}}`: aliceID,
	} {
		a := h.post("/vedsdk/Identity/Validate", body)
		entry, _ := a.Body["ID"].(map[string]any)
		if a.Status != 200 || entry["PrefixedUniversal"] != want {
			t.Errorf("%s: %s", body, a)
		}
	}
	a := h.post("/vedsdk/identity/validate", `{"ID":{"PrefixedName":"local:maintainers"}}`)
	want := map[string]any{"ID": map[string]any{
		"FullName": `\VED\Identity\maintainers`, "IsGroup": true, "Name": "maintainers", "Prefix": "local", "PrefixedName": "local:maintainers",
		"PrefixedUniversal": groupID, "Type": 2.0, "Universal": strings.TrimPrefix(groupID, "local:"),
	}}
	if diff := cmp.Diff(want, a.Body); diff != "" {
		t.Error(diff)
	}
	if a := h.post("/vedsdk/identity/validate", `{"ID":{"PrefixedName":"local:disabled"}}`); !strings.Contains(a.Text, `"State":1`) || strings.Contains(a.Text, "IsGroup") {
		t.Error(a)
	}
	h.wantNoViolation()
	for _, body := range []string{`{}`, `{"ID":null}`, `{"ID":{}}`, `{"ID":"local:admin"}`, `{"ID":{"PrefixedName":"a","PrefixedUniversal":"b"}}`, `{"ID":{"Name":"a"}}`} {
		h.wantError(h.post("/vedsdk/identity/validate", body), 400, "invalid_request")
	}
	h.wantViolation("ID is no object")
}

func TestUnknownIdentity(t *testing.T) {
	t.Parallel()
	for position, want := range map[string]string{"": "", IdentityNoBody: "", IdentityObject: "{}", IdentityNull: `{"ID":null}`} {
		t.Run(position, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t, Switches{UnknownIdentity: position})
			for _, body := range []string{`{"ID":{"PrefixedName":"local:root"}}`, `{"ID":{"PrefixedName":"admin"}}`, `{"ID":{"PrefixedUniversal":"local:admin"}}`} {
				if a := h.post("/vedsdk/identity/validate", body); a.Status != 200 || a.Text != want {
					t.Errorf("%s: %s", body, a)
				}
			}
		})
	}
}

func (h *harness) browsed(body string) []string {
	h.t.Helper()
	a := h.post("/vedsdk/Identity/Browse", body)
	var found struct {
		Identities []struct{ PrefixedName string }
	}
	if err := json.Unmarshal([]byte(a.Text), &found); err != nil || a.Status != 200 || found.Identities == nil {
		h.t.Fatalf("%v: %s", err, a)
	}
	names := []string{}
	for _, identity := range found.Identities {
		names = append(names, identity.PrefixedName)
	}
	slices.Sort(names)
	return names
}

func TestBrowse(t *testing.T) {
	t.Parallel()
	h := newHarness(t, Switches{})
	for i := range 60 {
		if err := h.AddIdentities(
			Identity{Prefix: "local", Universal: fmt.Sprintf("{%08d-0000-0000-0000-000000000000}", i), Name: fmt.Sprintf("many%d", i)},
			Identity{Prefix: "AD+corp", Universal: fmt.Sprintf("%032d", i), Name: fmt.Sprintf("many%d", i)},
		); err != nil {
			t.Fatal(err)
		}
	}
	for body, want := range map[string][]string{
		`{"Filter":"ma"}`:                                 nil, // 50 of the local ones: see below
		`{"Filter":"MAINTAINER"}`:                         {"local:maintainer", "local:maintainers"},
		`{"Filter":"maintainer","Limit":1}`:               {"local:maintainer"},
		`{"Filter":"maintainer","IdentityType":1}`:        {"local:maintainer"},
		`{"Filter":"maintainer","IdentityType":2}`:        {"local:maintainers"},
		`{"Filter":"maintainer","IdentityType":8}`:        {},
		`{"Filter":"admin@example.com","IdentityType":3}`: {"local:admin"},
		`{"Filter":"alice"}`:                              {}, // another provider than the caller's
		`{"Filter":"aintainer"}`:                          {},
	} {
		if got := h.browsed(body); want != nil {
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s: %s", body, diff)
			}
		} else if len(got) != 50 {
			t.Errorf("%s: %d found", body, len(got))
		}
	}
	h.as(aliceID)
	if got := h.browsed(`{"Filter":"many","Limit":2}`); len(got) != 4 {
		t.Errorf("a limit of 2 for each of two providers: %q", got)
	}
	if got := h.browsed(`{"Filter":"many"}`); len(got) != 50+60 {
		t.Errorf("%d found", len(got))
	}
	h.as(bobID)
	if diff := cmp.Diff([]string{"LDAP+x:bob"}, h.browsed(`{"Filter":"bob"}`)); diff != "" {
		t.Error(diff)
	}
	h.wantNoViolation()
	for _, body := range []string{`{"Filter":1}`, `{"Filter":"a","Limit":"2"}`, `{"Filter":"a","Limit":-1}`, `{"Filter":"a","IdentityType":"user"}`} {
		h.wantError(h.post("/vedsdk/identity/browse", body), 400, "invalid_request")
	}
}

func TestSelf(t *testing.T) {
	t.Parallel()
	h := newHarness(t, Switches{})
	if err := h.AddIdentities(Identity{Prefix: "local", Universal: "{all}", Name: "all", IsGroup: true, Members: []string{groupID, bobID, "local:{gone}"}}); err != nil {
		t.Fatal(err)
	}
	h.as(bobID)
	a := h.getPath("/vedsdk/Identity/Self")
	var found struct {
		Identities []struct{ Name string }
	}
	if err := json.Unmarshal([]byte(a.Text), &found); err != nil {
		t.Fatal(err)
	}
	names := []string{}
	for _, identity := range found.Identities {
		names = append(names, identity.Name)
	}
	if diff := cmp.Diff([]string{"bob", "maintainers", "all"}, names); diff != "" {
		t.Error(diff)
	}
	for position, status := range map[string]int{"": 200, ScopeAny: 200, ScopeConfiguration: 403} {
		h.SetSwitches(Switches{SelfScope: position})
		h.with(adminID, "certificate")
		if a := h.getPath("/vedsdk/identity/self"); a.Status != status {
			t.Errorf("%q: %s", position, a)
		}
	}
	if a := h.post("/vedsdk/identity/self", "{}"); a.Status != http.StatusMethodNotAllowed {
		t.Error(a)
	}
	if a := h.do(h.request(http.MethodGet, "/vedauth/authorize/verify", "x")); a.Status != 200 {
		t.Error(a)
	}
	h.wantViolation("a GET with a body")
}
