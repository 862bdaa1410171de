// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package enos

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestInfoAndSet(t *testing.T) {
	t.Parallel()
	h := newHarness(t, Switches{})
	token := h.token()
	a := h.info(token, org, portal)
	if a.code("code") != 0 || a.Body["message"] != "OK" {
		t.Fatalf("info: %s", a.Text)
	}
	if diff := cmp.Diff([]string{"ASSET", "ROLE", "USER", "USER_OP"}, h.listed(a)); diff != "" {
		t.Error(diff)
	}
	if a := h.set(token, portal, "MENU_GROUP_OP", "REPORT"); a.code("code") != 0 || a.Body["data"] != true {
		t.Fatalf("set: %s", a.Text)
	}
	want := []string{"MENU_GROUP_OP", "REPORT"}
	if diff := cmp.Diff(want, h.listed(h.info(token, org, portal))); diff != "" {
		t.Errorf("a set replaces: %s", diff)
	}
	if diff := cmp.Diff(want, h.stored(portal)); diff != "" {
		t.Error(diff)
	}
	if a := h.set(token, portal); a.Body["data"] != true {
		t.Fatalf("set of nothing: %s", a.Text)
	}
	if got := h.stored(portal); len(got) > 0 {
		t.Errorf("left: %q", got)
	}
	h.wantNoViolation()
}

func TestAllDocumentedTypes(t *testing.T) {
	t.Parallel()
	h := newHarness(t, Switches{})
	eight := []string{"USER", "ASSET", "ROLE", "USER_OP", "USER_PERMISSION", "USER_ALL_PERMISSION", "ROLE_OP", "MENU_GROUP_OP"}
	if a := h.set(h.token(), bare, eight...); a.Body["data"] != true {
		t.Fatal(a.Text)
	}
	if diff := cmp.Diff(slices.Sorted(slices.Values(eight)), h.stored(bare)); diff != "" {
		t.Error(diff)
	}
}

// A list may hold values that nobody documented: they are read back, and overwritten like the
// others.
func TestUnknownStoredTypes(t *testing.T) {
	t.Parallel()
	h := newHarness(t, Switches{})
	if err := h.SetAuthorization(org, portal, "FUTURE_TYPE", "USER"); err != nil {
		t.Fatal(err)
	}
	token := h.token()
	if diff := cmp.Diff([]string{"FUTURE_TYPE", "USER"}, h.listed(h.info(token, org, portal))); diff != "" {
		t.Error(diff)
	}
	h.wantFailure(h.set(token, portal, "FUTURE_TYPE"), 200, 31400, "authorization type is invalid.")
	h.set(token, portal, "USER")
	if diff := cmp.Diff([]string{"USER"}, h.stored(portal)); diff != "" {
		t.Error(diff)
	}
}

func TestAuthorizationErrors(t *testing.T) {
	t.Parallel()
	const denied = "The application of the service account has no permission to authorize applications. Please contact the system administrator."
	for name, tc := range map[string]struct {
		org, app string
		lowly    bool
		code     int
		message  string
	}{
		"no org":                   {org: "", app: portal, code: 31400, message: "OU ID is required."},
		"no org, no permission":    {org: "", app: portal, lowly: true, code: 31400, message: "OU ID is required."},
		"no permission":            {org: org, app: portal, lowly: true, code: 31403, message: denied},
		"no permission, no app":    {org: org, app: "gone", lowly: true, code: 31403, message: denied},
		"no app":                   {org: org, app: "", code: 31400, message: "The appId() is invalid"},
		"app not obtained":         {org: org, app: "gone", code: 31400, message: "OU has no permission to access the application."},
		"unknown org":              {org: "o2", app: portal, code: 31400, message: "OU has no permission to access the application."},
		"shortcut":                 {org: org, app: shortcutApp, code: 31400, message: "The target application is an application shortcut."},
		"access key in wrong case": {org: org, app: strings.ToUpper("abc") + portal, code: 31400, message: "OU has no permission"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t, Switches{})
			if tc.lowly {
				h.account, h.secret = lowly, "lowly-secret"
			}
			token := h.token()
			h.wantFailure(h.info(token, tc.org, tc.app), 200, tc.code, tc.message)
			body, _ := json.Marshal(map[string]any{"appId": tc.app, "dataAuthorizeType": []string{"USER"}})
			h.wantFailure(h.setBody(token, tc.org, string(body)), 200, tc.code, tc.message)
		})
	}
}

func TestPermissionsAreSeparate(t *testing.T) {
	t.Parallel()
	h := newHarness(t, Switches{})
	token := h.token()
	for _, may := range []struct{ read, authorize bool }{{true, false}, {false, true}, {true, true}} {
		if err := h.SetPermission(accessKey, may.read, may.authorize); err != nil {
			t.Fatal(err)
		}
		if got := h.info(token, org, portal).code("code") == 0; got != may.read {
			t.Errorf("%+v: read %t", may, got)
		}
		if got := h.set(token, portal, "USER").code("code") == 0; got != may.authorize {
			t.Errorf("%+v: authorize %t", may, got)
		}
	}
}

func TestSetBodies(t *testing.T) {
	t.Parallel()
	app := `"appId":"` + portal + `"`
	for name, tc := range map[string]struct {
		body      string
		switches  Switches
		code      int
		want      []string
		violation string
	}{
		"unknown value":           {body: `["USER","NONE"]`, code: 31400, want: []string{"ASSET", "ROLE", "USER", "USER_OP"}},
		"lower case":              {body: `["user"]`, code: 31400, want: []string{"ASSET", "ROLE", "USER", "USER_OP"}},
		"lower case, exact":       {body: `["user"]`, switches: Switches{Case: CaseExact}, code: 31400, want: []string{"ASSET", "ROLE", "USER", "USER_OP"}},
		"lower case, insensitive": {body: `["user"]`, switches: Switches{Case: CaseInsensitive}, want: []string{"USER"}},
		"no strings":              {body: `[1]`, code: 31400, want: []string{"ASSET", "ROLE", "USER", "USER_OP"}, violation: "no list of strings"},
		"a string":                {body: `"USER"`, code: 31400, want: []string{"ASSET", "ROLE", "USER", "USER_OP"}, violation: "no list of strings"},
		"twice":                   {body: `["USER","USER"]`, want: []string{"USER"}, violation: "lists USER twice"},
		"null":                    {body: `null`, want: []string{}, violation: "null or left out"},
		"null, clears":            {body: `null`, switches: Switches{MissingKey: MissingClears}, want: []string{}, violation: "null or left out"},
		"null, refused":           {body: `null`, switches: Switches{MissingKey: MissingRefused}, code: 31400, want: []string{"ASSET", "ROLE", "USER", "USER_OP"}, violation: "null or left out"},
		"null, unchanged":         {body: `null`, switches: Switches{MissingKey: MissingUnchanged}, want: []string{"ASSET", "ROLE", "USER", "USER_OP"}, violation: "null or left out"},
		"unchanged still checks":  {body: `["NONE"]`, switches: Switches{MissingKey: MissingUnchanged}, code: 31400, want: []string{"ASSET", "ROLE", "USER", "USER_OP"}},
		"missing":                 {want: []string{}, violation: "null or left out"},
		"missing, refused":        {switches: Switches{MissingKey: MissingRefused}, code: 31400, want: []string{"ASSET", "ROLE", "USER", "USER_OP"}, violation: "null or left out"},
		"unknown field":           {body: `[],"orgId":"o1"`, want: []string{}, violation: `unknown body field "orgId"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t, tc.switches)
			body := "{" + app + "}"
			if tc.body != "" {
				body = "{" + app + `,"dataAuthorizeType":` + tc.body + "}"
			}
			a := h.setBody(h.token(), org, body)
			if a.code("code") != tc.code || tc.code == 0 && a.Body["data"] != true {
				t.Errorf("got %s, want code %d", a.Text, tc.code)
			}
			if diff := cmp.Diff(tc.want, append([]string{}, h.stored(portal)...)); diff != "" {
				t.Error(diff)
			}
			if tc.violation == "" {
				h.wantNoViolation()
			} else {
				h.wantViolation(tc.violation)
			}
		})
	}
}

func TestSetAppIDOfWrongType(t *testing.T) {
	t.Parallel()
	h := newHarness(t, Switches{})
	h.wantFailure(h.setBody(h.token(), org, `{"appId":1,"dataAuthorizeType":[]}`), 200, 31400, "The appId(1) is invalid")
	h.wantViolation("appId is no string")
}

func TestSetData(t *testing.T) {
	t.Parallel()
	for position, want := range map[string]struct {
		data   bool
		stored string
	}{
		"":                  {true, "USER"},
		SetDataTrue:         {true, "USER"},
		SetDataFalse:        {false, "ASSET,ROLE,USER,USER_OP"},
		SetDataFalseApplied: {false, "USER"},
	} {
		t.Run(position, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t, Switches{SetData: position})
			a := h.set(h.token(), portal, "USER")
			if a.code("code") != 0 || a.Body["data"] != want.data {
				t.Errorf("got %s", a.Text)
			}
			if got := strings.Join(h.stored(portal), ","); got != want.stored {
				t.Errorf("stored %s, want %s", got, want.stored)
			}
		})
	}
}

func TestEmptyList(t *testing.T) {
	t.Parallel()
	for position, want := range map[string]string{
		"": `{"dataAuthorizeType":[]}`, EmptyArray: `{"dataAuthorizeType":[]}`, EmptyNull: `{"dataAuthorizeType":null}`, EmptyAbsent: `{}`,
	} {
		t.Run(position, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t, Switches{EmptyList: position})
			token := h.token()
			if a := h.info(token, org, bare); a.Text != `{"code":0,"message":"OK","data":`+want+`}` {
				t.Errorf("got %s, want data %s", a.Text, want)
			}
			if a := h.info(token, org, portal); len(h.listed(a)) != 4 {
				t.Errorf("a full list: %s", a.Text)
			}
		})
	}
}

func TestOrder(t *testing.T) {
	t.Parallel()
	const stored = `["ROLE","USER_OP","ASSET","USER"]`
	for position, same := range map[string]bool{"": false, OrderShuffled: false, OrderStored: true} {
		t.Run(position, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t, Switches{Order: position})
			token := h.token()
			inOrder := 0
			for range 40 {
				if strings.Contains(h.info(token, org, portal).Text, stored) {
					inOrder++
				}
			}
			if (inOrder == 40) != same {
				t.Errorf("%d of 40 reads in the stored order", inOrder)
			}
			if list, _ := h.Authorization(org, portal); !slices.Equal(list, []string{"ROLE", "USER_OP", "ASSET", "USER"}) {
				t.Errorf("a read changed the stored order: %q", list)
			}
		})
	}
}

func TestDuplicatesAndListedCase(t *testing.T) {
	t.Parallel()
	h := newHarness(t, Switches{Duplicates: DuplicatesTwice, ListedCase: ListedLower})
	if err := h.SetAuthorization(org, portal, "USER", "ASSET"); err != nil {
		t.Fatal(err)
	}
	token := h.token()
	if diff := cmp.Diff([]string{"asset", "asset", "user", "user"}, h.listed(h.info(token, org, portal))); diff != "" {
		t.Error(diff)
	}
	h.SetSwitches(Switches{Duplicates: DuplicatesNone, ListedCase: ListedAsStored})
	if diff := cmp.Diff([]string{"ASSET", "USER"}, h.listed(h.info(token, org, portal))); diff != "" {
		t.Error(diff)
	}
}

func TestSettling(t *testing.T) {
	t.Parallel()
	for position, tc := range map[string]struct {
		stale int
		after time.Duration
	}{
		"":                 {},
		SettlingNone:       {},
		SettlingOnce:       {stale: 1},
		SettlingThreeTimes: {stale: 3},
		SettlingSecond:     {stale: 5, after: time.Second},
		SettlingMinute:     {stale: 5, after: time.Minute},
	} {
		t.Run(position, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t, Switches{Settling: position})
			token := h.token()
			h.set(token, portal, "USER")
			h.set(token, portal, "ROLE") // still the list before the first set is what reads show
			if diff := cmp.Diff([]string{"ROLE"}, h.stored(portal)); diff != "" {
				t.Error(diff)
			}
			for i := range tc.stale {
				if got := h.listed(h.info(token, org, portal)); len(got) != 4 {
					t.Errorf("read %d: %q", i, got)
				}
			}
			h.advance(tc.after)
			if diff := cmp.Diff([]string{"ROLE"}, h.listed(h.info(token, org, portal))); diff != "" {
				t.Error(diff)
			}
			h.set(token, portal, "USER")
			if err := h.SetAuthorization(org, portal, "ASSET"); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string{"ASSET"}, h.listed(h.info(token, org, portal))); diff != "" {
				t.Errorf("a change out of band: %s", diff)
			}
		})
	}
}

func TestEnvelopeSwitches(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		switches Switches
		success  string
		status   int
		failure  string
	}{
		"first positions": {
			success: `{"code":0,"message":"OK","data":true}`,
			status:  200, failure: `{"code":31400,"message":"OU has no permission to access the application.","data":null}`,
		},
		"named first positions": {
			switches: Switches{CodeType: CodeNumber, SuccessMessage: MessageOK, BusinessStatus: StatusOK, FailureData: FailureNull, RequestID: RequestIDAbsent},
			success:  `{"code":0,"message":"OK","data":true}`,
			status:   200, failure: `{"code":31400,"message":"OU has no permission to access the application.","data":null}`,
		},
		"strings, no message": {
			switches: Switches{CodeType: CodeString, SuccessMessage: MessageEmpty},
			success:  `{"code":"0","message":"","data":true}`,
			status:   200, failure: `{"code":"31400","message":"OU has no permission to access the application.","data":null}`,
		},
		"HTTP 4xx, no data": {
			switches: Switches{BusinessStatus: StatusMatching, FailureData: FailureAbsent},
			success:  `{"code":0,"message":"OK","data":true}`,
			status:   400, failure: `{"code":31400,"message":"OU has no permission to access the application."}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t, tc.switches)
			token := h.token()
			if a := h.set(token, portal); a.Status != 200 || a.Text != tc.success {
				t.Errorf("got %d %s, want %s", a.Status, a.Text, tc.success)
			}
			if a := h.set(token, "gone"); a.Status != tc.status || a.Text != tc.failure {
				t.Errorf("got %d %s, want %d %s", a.Status, a.Text, tc.status, tc.failure)
			}
		})
	}
}

func TestMatchingStatus(t *testing.T) {
	t.Parallel()
	h := newHarness(t, Switches{BusinessStatus: StatusMatching})
	token := h.token()
	h.wantFailure(h.appGet(token, org, "gone"), 404, 31404, "does not exist")
	if err := h.SetPermission(accessKey, false, false); err != nil {
		t.Fatal(err)
	}
	h.wantFailure(h.info(token, org, portal), 403, 31403, "no permission")
}

func TestRequestID(t *testing.T) {
	t.Parallel()
	h := newHarness(t, Switches{RequestID: RequestIDSent})
	token := h.token()
	first, second := h.info(token, org, portal).Body["requestId"], h.info(token, org, "gone").Body["requestId"]
	if first == nil || second == nil || first == second {
		t.Errorf("request ids %v, %v", first, second)
	}
}

func TestOwnList(t *testing.T) {
	t.Parallel()
	for position, want := range map[string]int{"": 0, OwnAllowed: 0, OwnRefused: 31403} {
		t.Run(position, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t, Switches{OwnList: position})
			token := h.token()
			if a := h.set(token, accessKey, "USER"); a.code("code") != want {
				t.Errorf("its own: %s", a.Text)
			}
			if a := h.set(token, portal, "USER"); a.code("code") != 0 {
				t.Errorf("another: %s", a.Text)
			}
		})
	}
}

func TestAppGet(t *testing.T) {
	t.Parallel()
	h := newHarness(t, Switches{})
	h.account, h.secret = lowly, "lowly-secret" // no prerequisite
	token := h.token()
	for app, want := range map[string]struct {
		created float64
		name    string
	}{portal: {1, "Portal"}, bare: {0, "Bare"}, shortcutApp: {2, "Link"}} {
		a := h.appGet(token, org, app)
		names, _ := a.data()["nameJson"].(map[string]any)
		if a.code("code") != 0 || a.data()["createdType"] != want.created || names["default"] != want.name || a.data()["displayName"] != want.name {
			t.Errorf("%s: %s", app, a.Text)
		}
	}
	if a := h.appGet(token, org, portal); a.data()["id"] != "app-1" {
		t.Errorf("id: %s", a.Text)
	}
	h.wantFailure(h.appGet(token, org, "gone"), 200, 31404, "The application(gone) does not exist")
	h.wantFailure(h.appGet(token, "o2", portal), 200, 31404, "does not exist")
	h.wantNoViolation()
	h.wantFailure(h.appGet(token, "", portal), 200, 31400, "orgId is required")
	h.wantFailure(h.appGet(token, org, ""), 200, 31400, "appId is required")
}
