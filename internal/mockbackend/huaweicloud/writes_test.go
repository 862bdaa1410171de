// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// list makes n JSON objects of accounts.
func infos(n int) string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf(`{"account":"u%d","account_type":"SIMPLE"}`, i)
	}
	return "[" + strings.Join(list, ",") + "]"
}

func appIDs(n int) string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf(`"app-%d"`, i)
	}
	return "[" + strings.Join(list, ",") + "]"
}

func oneUser(fields string) string {
	return `{"app_ids":["` + cad + `"],"authorization_type":"ASSIGN_USER","users":[{` + fields + `}]}`
}

// TestDocumentedRules sends what a correct client never sends, and what is just allowed.
func TestDocumentedRules(t *testing.T) {
	t.Parallel()
	const ok = ""
	tests := map[string]struct{ body, code string }{
		"no apps":                {`{"app_ids":[],"authorization_type":"ASSIGN_USER"}`, "WKS.00211807"},
		"apps left out":          {`{"authorization_type":"ASSIGN_USER"}`, "WKS.00211807"},
		"21 apps":                {`{"app_ids":` + appIDs(21) + `,"authorization_type":"ASSIGN_USER"}`, "WKS.00211102"},
		"20 apps":                {`{"app_ids":` + appIDs(20) + `,"authorization_type":"ASSIGN_USER"}`, "WKS.00211902"},
		"app twice":              {`{"app_ids":["a","a"],"authorization_type":"ASSIGN_USER"}`, "WKS.00211807"},
		"app empty":              {`{"app_ids":[""],"authorization_type":"ASSIGN_USER"}`, "WKS.00211807"},
		"app of 129":             {`{"app_ids":["` + strings.Repeat("é", 129) + `"],"authorization_type":"ASSIGN_USER"}`, "WKS.00211807"},
		"app of 128":             {`{"app_ids":["` + strings.Repeat("é", 128) + `"],"authorization_type":"ASSIGN_USER"}`, "WKS.00211902"},
		"no mode":                {`{"app_ids":["` + cad + `"]}`, "WKS.00211807"},
		"odd mode":               {`{"app_ids":["` + cad + `"],"authorization_type":"NOBODY"}`, "WKS.00211807"},
		"101 users":              {`{"app_ids":["` + cad + `"],"authorization_type":"ASSIGN_USER","users":` + infos(101) + `}`, "WKS.00211807"},
		"101 del_users":          {`{"app_ids":["` + cad + `"],"authorization_type":"ASSIGN_USER","del_users":` + infos(101) + `}`, "WKS.00211807"},
		"100 of both":            {`{"app_ids":["` + cad + `"],"authorization_type":"ASSIGN_USER","users":` + infos(100) + `,"del_users":` + infos(100) + `}`, ok},
		"user twice":             {`{"app_ids":["` + cad + `"],"authorization_type":"ASSIGN_USER","users":[{"account":"a","account_type":"SIMPLE"},{"account":"a","account_type":"SIMPLE","domain":"local.com"}]}`, "WKS.00211807"},
		"del_user twice":         {`{"app_ids":["` + cad + `"],"authorization_type":"ASSIGN_USER","del_users":[{"account":"a","account_type":"SIMPLE"},{"account":"a","account_type":"SIMPLE","platform_type":"AD"}]}`, "WKS.00211807"},
		"user and group":         {`{"app_ids":["` + cad + `"],"authorization_type":"ASSIGN_USER","users":[{"account":"a","account_type":"SIMPLE"},{"account":"a","account_type":"USER_GROUP","domain":"local.com"}]}`, ok},
		"account left out":       {oneUser(`"account_type":"SIMPLE"`), "WKS.00211807"},
		"account of 129":         {oneUser(`"account":"` + strings.Repeat("é", 129) + `","account_type":"SIMPLE"`), "WKS.00211807"},
		"account of 128":         {oneUser(`"account":"` + strings.Repeat("é", 128) + `","account_type":"SIMPLE"`), ok},
		"type left out":          {oneUser(`"account":"a"`), "WKS.00211807"},
		"type of the other API":  {oneUser(`"account":"a","account_type":"USER"`), "WKS.00211807"},
		"domain empty":           {oneUser(`"account":"a","account_type":"SIMPLE","domain":""`), "WKS.00211807"},
		"domain of 65":           {oneUser(`"account":"a","account_type":"SIMPLE","domain":"` + strings.Repeat("d", 65) + `"`), "WKS.00211807"},
		"domain of 64":           {oneUser(`"account":"a","account_type":"SIMPLE","domain":"` + strings.Repeat("d", 64) + `"`), ok},
		"group without domain":   {oneUser(`"account":"a","account_type":"USER_GROUP"`), "WKS.00211807"},
		"platform empty":         {oneUser(`"account":"a","account_type":"SIMPLE","platform_type":""`), "WKS.00211807"},
		"platform odd":           {oneUser(`"account":"a","account_type":"SIMPLE","platform_type":"ad"`), "WKS.00211807"},
		"platform null":          {oneUser(`"account":"a","account_type":"SIMPLE","platform_type":null`), "WKS.00139901"},
		"users null":             {`{"app_ids":["` + cad + `"],"authorization_type":"ASSIGN_USER","users":null}`, "WKS.00139901"},
		"unknown field":          {`{"app_ids":["` + cad + `"],"authorization_type":"ASSIGN_USER","user":[]}`, "WKS.00139901"},
		"unknown field of user":  {oneUser(`"account":"a","account_type":"SIMPLE","id":"1"`), "WKS.00139901"},
		"other case":             {`{"App_IDs":["` + cad + `"],"authorization_type":"ASSIGN_USER"}`, "WKS.00139901"},
		"key twice":              {`{"app_ids":["x"],"app_ids":["` + cad + `"],"authorization_type":"ASSIGN_USER"}`, "WKS.00139901"},
		"wrong type":             {`{"app_ids":"` + cad + `","authorization_type":"ASSIGN_USER"}`, "WKS.00139901"},
		"two values":             {`{"app_ids":["` + cad + `"],"authorization_type":"ASSIGN_USER"}{}`, "WKS.00139901"},
		"cut":                    {`{"app_ids":["` + cad + `"],"authorization_type":"ASSIGN_USER"`, "WKS.00139901"},
		"empty":                  {``, "WKS.00139901"},
		"not UTF-8":              {oneUser("\"account\":\"\xff\",\"account_type\":\"SIMPLE\""), "WKS.00139901"},
		"neither list":           {`{"app_ids":["` + cad + `"],"authorization_type":"ASSIGN_USER"}`, ok},
		"empty lists":            {`{"app_ids":["` + cad + `"],"authorization_type":"ALL_USER","users":[],"del_users":[]}`, ok},
		"vendor's request sense": {`{"app_ids":["` + cad + `"],"authorization_type":"ALL_USER","users":[{"account":"a","account_type":"SIMPLE"}],"del_users":[{"account":"a","account_type":"SIMPLE"}]}`, ok},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := start(t, Switches{})
			before := b.backend.Snapshot()
			a := b.do(http.MethodPost, appsPath+"/actions/batch-assign-authorization", tt.body)
			switch tt.code {
			case ok:
				if a.status != http.StatusOK || a.body != "" || len(b.recorder.Violations()) > 0 {
					t.Errorf("answer %d %q, violations %v", a.status, a.body, b.recorder.Violations())
				}
			case "WKS.00211902":
				b.want(a, http.StatusNotFound, tt.code, 0)
			default:
				b.want(a, http.StatusBadRequest, tt.code, 1)
				if a.header.Get("X-Request-Id") == "" || strings.Contains(a.body, "request_id") {
					t.Errorf("an error of the service has its request id in the header only: %v %s", a.header, a.body)
				}
			}
			if tt.code != ok {
				wantSame(t, before, b.backend.Snapshot())
			}
		})
	}
}

func TestContentType(t *testing.T) {
	t.Parallel()
	for contentType, status := range map[string]int{
		"application/json": 200, "application/json;charset=utf-8": 200, "application/json;charset=UTF-8": 200,
		"": 400, "text/plain": 400, "application/json; charset=latin1": 400,
	} {
		b := start(t, Switches{})
		b.contentType = contentType
		if a := b.assign(AssignUser, []string{cad}, []string{"bob"}, nil); a.status != status {
			t.Errorf("content type %q: %d %s, want %d", contentType, a.status, a.body, status)
		}
	}
}

func TestWriteIsADelta(t *testing.T) {
	t.Parallel()
	b := start(t, Switches{})
	b.mustAssign(AssignUser, []string{cad, mail}, []string{"lisi", "corp.example.com/wangwu=AD", "group:corp.example.com/engineering"}, nil)
	b.wantAccounts(cad, "lisi", "wangwu", "engineering")
	b.wantAccounts(mail, "zhangsan", "lisi", "wangwu", "engineering")
	b.mustAssign(AssignUser, []string{mail}, []string{"new"}, []string{"lisi", "group:corp.example.com/engineering"})
	b.wantAccounts(mail, "zhangsan", "wangwu", "new")
	b.wantAccounts(cad, "lisi", "wangwu", "engineering")
	// Same name, other domain or type: another account.
	b.mustAssign(AssignUser, []string{cad}, nil, []string{"local.com/wangwu", "corp.example.com/engineering"})
	b.wantAccounts(cad, "lisi", "wangwu", "engineering")
	// Every write sets the mode.
	b.mustAssign(AllUser, []string{cad}, nil, nil)
	if got := b.backend.Mode(cad); got != AllUser {
		t.Errorf("mode %s", got)
	}
	b.mustAssign(AssignUser, []string{cad}, []string{"x"}, nil)
	if got := b.backend.Mode(cad); got != AssignUser {
		t.Errorf("mode %s", got)
	}
}

func TestSingleAppWrite(t *testing.T) {
	t.Parallel()
	b := start(t, Switches{})
	path := appsPath + "/" + cad + "/actions/assign-authorizations"
	a := b.do(http.MethodPost, path, `{"authorization_type":"ASSIGN_USER","users":`+infos(2)+`}`)
	if a.status != http.StatusOK || a.body != "" {
		t.Errorf("answer %d %q", a.status, a.body)
	}
	b.wantAccounts(cad, "u0", "u1")
	b.want(b.do(http.MethodPost, appsPath+"/none/actions/assign-authorizations", `{"authorization_type":"ASSIGN_USER"}`), http.StatusNotFound, "WKS.00211902", 0)
	b.want(b.do(http.MethodPost, path, `{"app_ids":["`+cad+`"],"authorization_type":"ASSIGN_USER"}`), http.StatusBadRequest, "WKS.00139901", 1)
}

func TestPatchApp(t *testing.T) {
	t.Parallel()
	b := start(t, Switches{})
	a := b.do(http.MethodPatch, appsPath+"/"+mail, `{"authorization_type":"ALL_USER","status":"FORBIDDEN","version":"2"}`)
	if a.status != http.StatusOK || !strings.Contains(a.body, `"authorization_type":"ALL_USER"`) || !strings.Contains(a.body, `"version":"2"`) {
		t.Errorf("answer %d %s", a.status, a.body)
	}
	if got := b.backend.Mode(mail); got != AllUser {
		t.Errorf("mode %s", got)
	}
	b.want(b.do(http.MethodPatch, appsPath+"/none", `{}`), http.StatusNotFound, "WKS.00211902", 0)
	for i, body := range []string{
		`{"name":" "}`, `{"name":"a;b"}`, `{"authorization_type":"X"}`, `{"status":"X"}`, `{"install_type":"X"}`, `{"support_os":"X"}`,
	} {
		b.want(b.do(http.MethodPatch, appsPath+"/"+mail, body), http.StatusBadRequest, "WKS.00211807", i+1)
	}
	b.want(b.do(http.MethodPatch, appsPath+"/"+mail, `{"app_name":"x"}`), http.StatusBadRequest, "WKS.00139901", 7)
}

func TestDeleteApp(t *testing.T) {
	t.Parallel()
	b := start(t, Switches{})
	for range 2 { // deleting what is gone is no error
		if a := b.do(http.MethodDelete, appsPath+"/"+mail+"?reserve_obs_file=true", ""); a.status != http.StatusOK {
			t.Errorf("answer %d %s", a.status, a.body)
		}
	}
	b.want(b.do(http.MethodGet, appsPath+"/"+mail+"/authorizations", ""), http.StatusNotFound, "WKS.00211902", 0)
	if got := b.backend.AppIDs(); len(got) != 2 {
		t.Errorf("apps %v", got)
	}
	b.want(b.do(http.MethodDelete, appsPath+"/"+mail+"?reserve_obs_file=maybe", ""), http.StatusBadRequest, "WKS.00211807", 1)
}
