// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package mockbackend

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/enos"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/huaweicloud"
)

func TestAdminState(t *testing.T) {
	t.Parallel()
	b := start(t)
	const app = "/_mock/state/huaweicloud/apps/" + cad
	b.want("GET", "/_mock/", "", 200, "/_mock/state")
	b.want("GET", "/_mock", "", 200, "/_mock/state")
	b.want("GET", "/_mock/state", "", 200, `"CAD Workbench"`)
	b.want("GET", "/_mock/state/venafi/roles/0/role", "", 200, `"admin"`)
	b.want("GET", app+"/name", "", 200, `"CAD Workbench"`)

	// One account more, one less, and the mode: what the demo does behind Terraform's back.
	b.want("PUT", app+"/users/corp.example.com/wangwu", `"AD"`, 204, "")
	b.want("PUT", app+"/user_groups/corp.example.com/design", `""`, 204, "")
	b.want("DELETE", app+"/users/corp.example.com/legacy.admin", "", 204, "")
	b.want("PATCH", app, `{"authorization_type":"ALL_USER","users":{"local.com":{"lisi":"LOCAL"}}}`, 204, "")
	var got []string
	for _, a := range b.Huaweicloud.Accounts(cad) {
		got = append(got, a.String()+"="+a.Platform)
	}
	if diff := cmp.Diff([]string{"corp.example.com/wangwu=AD", "group:corp.example.com/design=", "local.com/lisi=LOCAL"}, got); diff != "" {
		t.Error(diff)
	}
	if b.Huaweicloud.Mode(cad) != huaweicloud.AllUser {
		t.Error("the mode is not patched")
	}
	b.want("PATCH", app+"/users", `{"corp.example.com":null}`, 204, "") // null removes
	b.want("GET", app+"/users", "", 200, "{\n  \"local.com\": {\n    \"lisi\": \"LOCAL\"\n  }\n}\n")
	b.want("PUT", app+"/users/local.com/a%2Fb%20c", `"LOCAL"`, 204, "") // a name with a slash
	if !slices.ContainsFunc(b.Huaweicloud.Accounts(cad), func(a huaweicloud.Account) bool { return a.Name == "a/b c" }) {
		t.Error("an escaped slash is no part of a name")
	}
	b.want("DELETE", app, "", 204, "")
	if b.Huaweicloud.Mode(cad) != "" {
		t.Error("the app is still there")
	}

	// Lists: by index, by id, at the end.
	const types = "/_mock/state/enos/organizations/o15000000000001/applications/66666666-7777-8888-9999-000000000000/data_authorize_types"
	b.want("PUT", types, `["ASSET"]`, 204, "")
	b.want("PUT", types+"/-", `"ROLE"`, 204, "")
	b.want("DELETE", types+"/ASSET", "", 204, "")
	b.want("GET", types+"/0", "", 200, `"ROLE"`)
	b.want("PUT", "/_mock/state/venafi/roles/-", `{"role":"auditor","grantee":"local:{5be5a591-c842-4520-9142-b455f4ad2286}"}`, 204, "")
	b.want("GET", "/_mock/state/venafi/roles/2/role", "", 200, `"auditor"`)
	b.want("DELETE", "/_mock/state/venafi/roles/local:%7B5be5a591-c842-4520-9142-b455f4ad2286%7D", "", 204, "")
	b.want("GET", "/_mock/state/venafi/roles/2", "", 404, "nothing is at")
	if _, text := b.do("POST", "/vedauth/authorize/oauth",
		`{"client_id":"appaccess","username":"local:admin","password":"demo-venafi-password","scope":"admin"}`); !strings.Contains(text, "access_token") {
		t.Errorf("an edit loses passwords: %s", text)
	}

	before := b.Snapshot()
	b.want("GET", "/_mock/state/nobody", "", 404, "no service")
	b.want("GET", "/_mock/state/huaweicloud/app", "", 404, "there are apps, credentials")
	b.want("DELETE", "/_mock/state/huaweicloud/apps/none", "", 404, "nothing is at")
	b.want("DELETE", "/_mock/state/huaweicloud", "", 400, "cannot be removed")
	b.want("PUT", "/_mock/state/huaweicloud/apps/new", `{"name":""}`, 400, "name is missing")
	b.want("PUT", "/_mock/state/huaweicloud/apps/new", `{"nickname":"x"}`, 400, "unknown field")
	b.want("PUT", "/_mock/state/huaweicloud/apps/new", `{`, 400, "no JSON value")
	b.want("PUT", "/_mock/state/venafi/roles/0/role/deeper", `1`, 400, "nothing is at")
	b.want("POST", "/_mock/state/huaweicloud", `{}`, 405, "")
	if diff := cmp.Diff(before, b.Snapshot()); diff != "" {
		t.Errorf("refused edits changed the data: %s", diff)
	}
}

func TestAdminSwitches(t *testing.T) {
	t.Parallel()
	b := start(t)
	b.want("GET", "/_mock/switches", "", 200, `"duplicate_add"`)
	b.want("PATCH", "/_mock/switches", `{"huaweicloud":{"duplicate_add":"error","list_order":"shuffled"},"enos":{"empty_list":"null"}}`, 204, "")
	if b.Huaweicloud.Switches().DuplicateAdd != huaweicloud.DuplicateAddError || b.Enos.Switches().EmptyList != enos.EmptyNull {
		t.Error("the switches are not set")
	}
	b.want("PATCH", "/_mock/switches", `{"huaweicloud":{"duplicate_add":"ok","list_order":"sorted"}}`, 400, "insertion, shuffled")
	b.want("PATCH", "/_mock/switches", `{"huaweicloud":{"order":"x"}}`, 400, "no switch")
	b.want("PATCH", "/_mock/switches", `{"nobody":{}}`, 404, "no service")
	if b.Huaweicloud.Switches().DuplicateAdd != huaweicloud.DuplicateAddError {
		t.Error("a refused patch changed a switch")
	}
	b.want("DELETE", "/_mock/switches", "", 204, "")
	if b.Huaweicloud.Switches() != (huaweicloud.Switches{}) || b.Enos.Switches() != (enos.Switches{}) {
		t.Error("the switches are not back")
	}
}

func TestAdminFaults(t *testing.T) {
	t.Parallel()
	b := start(t)
	b.want("POST", "/_mock/faults?seed=1", `{"service":"huaweicloud","kind":"unavailable","times":1,"retry_after":"3","delay":"1ms"}`, 204, "")
	b.want("POST", "/_mock/faults", `[{"kind":"status","status":418,"body":"tea","times":1},{"kind":"endless_pages","operation":"ListApps"}]`, 204, "")
	b.want("GET", "/_mock/faults", "", 200, `"delay": "1ms"`)
	b.want("GET", "/v3/projects", "", 503, "<html>")
	b.want("GET", "/v3/projects", "", 418, "tea")
	b.want("GET", "/v3/projects", "", 401, "APIGW.0301")
	b.want("GET", "/_mock/faults", "", 200, `"struck": 2`)
	b.want("DELETE", "/_mock/faults", "", 204, "")
	b.want("GET", "/_mock/faults", "", 200, `"faults": []`)
	for body, want := range map[string]string{
		`{"kind":"none"}`: "no fault of kind", `{}`: "needs a kind", `{"kind":"slow","delay":"long"}`: "delay",
		`{"kind":"slow","Kind":"slow"}`: "unknown field", `{"kind":"endless_pages","service":"venafi"}`: "no fault of kind", `[`: "",
		`{"kind":"slow","effect_requests":1}`: "belong to the late kinds", `{"kind":"late","effect_delay":"-1s"}`: "not negative",
	} {
		b.want("POST", "/_mock/faults", body, 400, want)
	}
	b.want("POST", "/_mock/faults", `{"kind":"slow","service":"nobody"}`, 404, "no service")
	b.want("POST", "/_mock/faults?seed=x", `{"kind":"slow"}`, 400, "seed")
	if got := b.Faults.All(); len(got) != 0 {
		t.Errorf("refused faults are in force: %v", got)
	}
}

func TestAdminSettle(t *testing.T) {
	t.Parallel()
	b := start(t)
	b.want("POST", "/_mock/faults", `{"kind":"late","times":1,"effect_requests":3}`, 204, "")
	b.want("GET", "/v3/projects", "", 504, "<html>")
	if b.Faults.Unsettled() != 1 {
		t.Error("nothing is put off")
	}
	b.want("POST", "/_mock/settle", "", 204, "")
	if b.Faults.Unsettled() != 0 {
		t.Error("not settled")
	}
}

func TestAdminRequests(t *testing.T) {
	t.Parallel()
	b := start(t)
	b.want("GET", "/_mock/requests", "", 200, "[]")
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.url+"/v3/projects?name=x", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "SDK-HMAC-SHA256 secret")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	b.do("POST", "/vedauth/authorize/oauth", `{"client_id":"appaccess","username":"local:admin","password":"demo-venafi-password","scope":"admin"}`)

	list := func(query string) []exchangeJSON {
		t.Helper()
		_, text := b.do("GET", "/_mock/requests"+query, "")
		var out []exchangeJSON
		if err := json.Unmarshal([]byte(text), &out); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if strings.Contains(text, "secret") || strings.Contains(text, "demo-venafi-password") {
			t.Errorf("a secret shows: %s", text)
		}
		return out
	}
	for query, want := range map[string]string{
		"": "1 2", "?service=venafi": "2", "?operation=" + huaweicloud.OpListProjects: "1", "?since=1": "2", "?limit=1": "2", "?since=2": "",
	} {
		var got []string
		for _, e := range list(query) {
			got = append(got, strconv.Itoa(e.Seq))
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%q: requests %v, want %s", query, got, want)
		}
	}
	if e := list("")[0]; e.Query != "name=x" || e.Status != 401 || e.Violation == "" || e.Header.Get("Authorization") != hidden {
		t.Errorf("%+v", e)
	}
	if got := b.Recorder.All()[0].Header.Get("Authorization"); got != "SDK-HMAC-SHA256 secret" {
		t.Errorf("the record itself was changed: %q", got)
	}
	b.want("GET", "/_mock/requests?since=x", "", 400, "since")
	b.want("GET", "/_mock/requests?limit=x", "", 400, "limit")
	b.want("GET", "/_mock/requests/counts", "", 200, `"KeystoneListProjects": 1`)
	b.want("GET", "/_mock/violations", "", 200, "KeystoneListProjects (request 1): not authenticated")
	b.want("DELETE", "/_mock/requests", "", 204, "")
	b.want("GET", "/_mock/requests/counts", "", 200, "{}")
	b.want("GET", "/_mock/violations", "", 200, "[]")
}

func TestAdminQuotaAndUnlock(t *testing.T) {
	t.Parallel()
	b := start(t)
	b.want("GET", "/_mock/quota", "", 200, `"read": 200`)
	b.want("PUT", "/_mock/quota", `{"write":0}`, 200, `"write": 0`)
	if got := b.Huaweicloud.Quota(); got != (huaweicloud.Quota{Read: 200}) {
		t.Errorf("quota %+v", got)
	}
	b.want("PUT", "/_mock/quota", `{"writes":0}`, 400, "unknown field")
	b.want("POST", "/_mock/unlock", "", 204, "")
	b.want("GET", "/_mock/nothing", "", 404, "")
}

func TestAdminIsForThisMachine(t *testing.T) {
	t.Parallel()
	b, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		remote, host, origin string
		want                 int
	}{
		"loopback":        {"127.0.0.1:1", "127.0.0.1:8080", "", 200},
		"loopback 6":      {"[::1]:1", "[::1]:8080", "", 200},
		"mapped":          {"[::ffff:127.0.0.1]:1", "localhost:8080", "", 200},
		"without port":    {"127.0.0.1:1", "localhost", "", 200},
		"other machine":   {"192.0.2.7:1", "127.0.0.1:8080", "", 403},
		"rebound name":    {"127.0.0.1:1", "evil.example:8080", "", 403},
		"foreign page":    {"127.0.0.1:1", "127.0.0.1:8080", "https://evil.example", 403},
		"unknown address": {"pipe", "127.0.0.1", "", 403},
	} {
		r := httptest.NewRequest(http.MethodGet, "/_mock/quota", nil)
		r.RemoteAddr, r.Host = tt.remote, tt.host
		if tt.origin != "" {
			r.Header.Set("Origin", tt.origin)
		}
		w := httptest.NewRecorder()
		b.ServeHTTP(w, r)
		if w.Code != tt.want {
			t.Errorf("%s: %d, want %d", name, w.Code, tt.want)
		}
	}
}

// TestEditsAreNotLost: edits of different places at once all arrive.
func TestEditsAreNotLost(t *testing.T) {
	t.Parallel()
	b := start(t)
	var group sync.WaitGroup
	for i := range 20 {
		group.Go(func() {
			b.want("PUT", fmt.Sprintf("/_mock/state/huaweicloud/apps/%s/users/local.com/u%02d", cad, i), `""`, 204, "")
			b.want("PUT", "/_mock/state/enos/extra_types/-", fmt.Sprintf(`"T%02d"`, i), 204, "")
		})
	}
	group.Wait()
	if got := len(b.Huaweicloud.Accounts(cad)); got != 21 {
		t.Errorf("%d accounts, want 21", got)
	}
	if got := len(b.Enos.Snapshot().ExtraTypes); got != 20 {
		t.Errorf("%d types, want 20", got)
	}
}
