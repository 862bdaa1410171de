// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestApplications(t *testing.T) {
	t.Parallel()
	h := newHarness(t, Switches{})
	body := map[string]any{
		"ApplicationId": "New", "Name": "New one", "Vendor": "V", "Description": "D", "Url": "https://example.com", "Scope": "certificate",
		"MaximumScope": "certificate:manage", "AccessValidity": 60, "GrantValidity": 120, "Renewable": false,
	}
	a := h.postJSON("/vedsdk/oauth/CreateApplication", body)
	h.wantResult(a, 0)
	want := map[string]any{
		"AccessValidity": 60.0, "Description": "D", "GrantCount": 0.0, "GrantValidity": 120.0, "ID": "New", "MaximumScope": "certificate:manage",
		"Name": "New one", "Renewable": false, "Scope": "certificate", "UnusedExpiration": nil, "Url": "https://example.com", "UserCount": 0.0, "Vendor": "V",
	}
	if diff := cmp.Diff(want, a.Body["Application"]); diff != "" {
		t.Error(diff)
	}
	h.wantResult(h.postJSON("/vedsdk/oauth/createapplication", body), 19)
	a = h.post("/vedsdk/oauth/getapplication", `{"ApplicationId":"New"}`)
	h.wantResult(a, 0)
	if diff := cmp.Diff(want, a.Body["Application"]); diff != "" {
		t.Error(diff)
	}
	h.wantResult(h.post("/vedsdk/oauth/getapplication", `{"ApplicationId":"gone"}`), 2)
	if a := h.post("/vedsdk/oauth/getapplications", `{"ApplicationIds":["AppB","gone","New"]}`); strings.Count(a.Text, `"ID":`) != 2 {
		t.Error(a)
	}
	h.SetSwitches(Switches{GetApplication: ApplicationArray})
	if a := h.post("/vedsdk/oauth/getapplication", `{"ApplicationId":"terraform"}`); !strings.Contains(a.Text, `"Applications":[{`) || !strings.Contains(a.Text, `"GrantCount":1`) {
		t.Error(a)
	}
	h.SetSwitches(Switches{GetApplication: ApplicationObject})
	h.wantResult(h.grant(Owner, ownerID, "New"), 0)
	h.as(ownerID)
	h.wantResult(h.post("/vedsdk/oauth/deleteapplication", `{"ApplicationId":"New"}`), 0)
	if h.Holds(ownerID, Owner, "New") {
		t.Error("a role of an application that is gone")
	}
	h.as(adminID)
	h.wantResult(h.post("/vedsdk/oauth/deleteapplication", `{"ApplicationId":"New"}`), 2)
	h.wantNoViolation()

	delete(body, "Vendor")
	h.wantError(h.postJSON("/vedsdk/oauth/createapplication", body), 400, "invalid_request")
	body["Vendor"], body["GrantValidity"] = "V", "long"
	h.wantError(h.postJSON("/vedsdk/oauth/createapplication", body), 400, "invalid_request")
	body["GrantValidity"], body["MaximumScope"] = nil, ";"
	h.wantResult(h.postJSON("/vedsdk/oauth/createapplication", body), 6)
	h.wantError(h.post("/vedsdk/oauth/getapplication", `{}`), 400, "invalid_request")
	h.wantError(h.post("/vedsdk/oauth/deleteapplication", `{}`), 400, "invalid_request")
	h.wantError(h.post("/vedsdk/oauth/getapplications", `{"ApplicationIds":"x"}`), 400, "invalid_request")
}

func TestEnumerateApplications(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		position, body, want string
	}{
		{"", `{"Start":0,"Count":100}`, "AppA AppB terraform"},
		{"", `{"Start":0,"Count":100,"Descending":true}`, "terraform AppB AppA"},
		{"", `{"Start":0,"Count":100,"OrderBy":1}`, "AppB AppA terraform"},
		{"", `{"Start":0,"Count":100,"OrderBy":2}`, "terraform AppA AppB"},
		{"", `{"Start":0,"Count":100,"OrderBy":3}`, "AppB terraform AppA"},
		{"", `{"Start":0,"Count":100,"OrderBy":4}`, "terraform AppB AppA"},
		{"", `{"Start":1,"Count":2}`, "terraform"},
		{StartPage, `{"Start":1,"Count":2}`, "terraform"},
		{StartSkip, `{"Start":1,"Count":2}`, "AppB terraform"},
		{StartSkip, `{"Start":7,"Count":2}`, ""},
	} {
		t.Run(tc.position+tc.body, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t, Switches{Start: tc.position})
			seed := h.Snapshot()
			zero, one, two := int64(0), int64(1), int64(2)
			for i, validity := range []*int64{&one, &two, &zero} {
				seed.Applications[i].AccessValiditySeconds = validity
			}
			for i, validity := range []*int64{nil, &two, &one} {
				seed.Applications[i].GrantValiditySeconds = validity
			}
			if err := h.Restore(seed); err != nil {
				t.Fatal(err)
			}
			h.as(adminID)
			a := h.post("/vedsdk/oauth/enumerateapplications", tc.body)
			h.wantResult(a, 0)
			var found struct{ Applications []struct{ ID string } }
			if err := json.Unmarshal([]byte(a.Text), &found); err != nil {
				t.Fatal(err)
			}
			ids := []string{}
			for _, application := range found.Applications {
				ids = append(ids, application.ID)
			}
			if got := strings.Join(ids, " "); got != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
		})
	}
	h := newHarness(t, Switches{})
	for _, body := range []string{`{}`, `{"Start":0}`, `{"Start":-1,"Count":1}`, `{"Start":0,"Count":1,"OrderBy":9}`, `{"Start":0,"Count":1,"Descending":"no"}`, `{"Start":"0","Count":1}`} {
		h.wantError(h.post("/vedsdk/oauth/enumerateapplications", body), 400, "invalid_request")
	}
}

func TestApplicationRights(t *testing.T) {
	t.Parallel()
	create := `{"ApplicationId":"N","Name":"n","Vendor":"v","Description":"d","Url":"u","Scope":"certificate","MaximumScope":"certificate"}`
	for id, want := range map[string]struct{ create, remove, get, other, some bool }{
		adminID: {true, true, true, true, true}, auditorID: {get: true, other: true, some: true}, grantAdminID: {get: true, other: true, some: true},
		ownerID: {remove: true, get: true, some: true}, maintainerID: {get: true, some: true}, nobodyID: {},
	} {
		h := newHarness(t, Switches{}).as(id)
		for _, try := range []struct {
			path, body string
			may        bool
		}{
			{"createapplication", create, want.create},
			{"getapplication", `{"ApplicationId":"AppA"}`, want.get},
			{"getapplication", `{"ApplicationId":"AppB"}`, want.other},
			{"getapplications", `{"ApplicationIds":["AppA"]}`, want.some},
			{"enumerateapplications", `{"Start":0,"Count":9}`, want.some},
			{"deleteapplication", `{"ApplicationId":"AppA"}`, want.remove},
		} {
			a := h.post("/vedsdk/oauth/"+try.path, try.body)
			if (a.Status == 200) != try.may || !try.may && a.text("error") != "insufficient_rights" {
				t.Errorf("%s as %s: %s", try.path, id, a)
			}
		}
	}
	h := newHarness(t, Switches{}).as(ownerID)
	if a := h.post("/vedsdk/oauth/enumerateapplications", `{"Start":0,"Count":9}`); strings.Count(a.Text, `"ID":`) != 1 {
		t.Errorf("an owner sees more: %s", a)
	}
}
