// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/rest"
)

func TestNew(t *testing.T) {
	t.Parallel()
	full := Config{Region: "r", AccessKey: "AK", SecretKey: "SK"}
	for says, change := range map[string]func(*Config){
		"":                                  func(*Config) {},
		"access_key and secret_key must":    func(c *Config) { c.AccessKey = "" },
		"secret_key must both be set":       func(c *Config) { c.SecretKey = "" },
		"region must be set":                func(c *Config) { c.Region = "" },
		"region must be set, or iam":        func(c *Config) { c.Region, c.WorkspaceEndpoint = "", "https://w" },
		"one of project_id and":             func(c *Config) { c.Region, c.WorkspaceEndpoint, c.IAMEndpoint = "", "https://w", "https://i" },
		"project_id must not contain":       func(c *Config) { c.ProjectID = "a/b" },
		"project_id must have 1 to 128":     func(c *Config) { c.ProjectID = strings.Repeat("a", 129) },
		"Huawei Cloud Workspace: address":   func(c *Config) { c.WorkspaceEndpoint = "http://example.com" },
		"Huawei Cloud IAM: address":         func(c *Config) { c.IAMEndpoint = "http://example.com" },
		"Huawei Cloud Workspace: ca_certif": func(c *Config) { c.Rest.CACertificate = "none" },
	} {
		config := full
		change(&config)
		_, err := New(config)
		if says == "" && err != nil || says != "" && (err == nil || !strings.Contains(err.Error(), says)) {
			t.Errorf("%v, want %q", err, says)
		}
	}
	for want, config := range map[string]Config{
		"https://workspace.ap-southeast-3.myhuaweicloud.com https://iam.ap-southeast-3.myhuaweicloud.com": {Region: "ap-southeast-3"},
		"https://workspace.eu-west-101.myhuaweicloud.eu https://iam.eu-west-101.myhuaweicloud.eu":         {Region: "eu-west-101"},
		"https://workspace.eu-west-102.myhuaweicloud.eu https://iam.eu-west-102.myhuaweicloud.eu":         {Region: "eu-west-102"},
		"https://workspace.eu-west-0.myhuaweicloud.com https://iam.eu-west-0.myhuaweicloud.com":           {Region: "eu-west-0"},
		"https://workspace.eu-west-101.myhuaweicloud.com https://iam.eu-west-101.myhuaweicloud.com":       {Region: "eu-west-101", Cloud: "myhuaweicloud.com"},
		"https://w.example.com https://iam.r.myhuaweicloud.com":                                           {Region: "r", WorkspaceEndpoint: "https://w.example.com/"},
	} {
		config.AccessKey, config.SecretKey = "AK", "SK"
		c, err := New(config)
		if err != nil || c.workspace.BaseURL()+" "+c.iam.BaseURL() != want {
			t.Errorf("%v %v, want %s", c, err, want)
		}
	}
}

// classified are the errors that the vendor documents, or that people have seen, and what becomes
// of them.
var classified = []struct {
	status     int
	body       string
	code, says string
	transient  bool
	hint       string
}{
	{400, `{"error_code":"WKS.00211102","error_msg":"The parameter is invalid."}`, "WKS.00211102", "The parameter is invalid.", false, ""},
	{400, `{"error_code":"WKS.00211807","error_msg":"The parameter is invalid : 'users'.","error_detail":"more","encoded_authorization_message":"AAAA"}`, "WKS.00211807", "The parameter is invalid : 'users'. more", false, ""},
	{400, `{"error_code":"WKS.00010099","error_msg":"x"}`, "WKS.00010099", "x", false, "Workspace is not enabled"},
	{401, `{"error_code":"WKS.00211302","error_msg":"User authorization error."}`, "WKS.00211302", "User authorization error.", false, "Check the access key"},
	{401, `{"error_msg":"Incorrect IAM authentication information: verify aksk signature fail, canonicalRequest:GET|/","error_code":"APIGW.0301","request_id":"12"}`, "APIGW.0301", "Incorrect IAM", false, "belongs to the access key"},
	{401, `{"error_msg":"Incorrect IAM authentication information: Get secretKey failed,ak:***,err:ak not exist","error_code":"APIGW.0301"}`, "APIGW.0301", "Get secretKey failed", false, "does not know the access key"},
	{401, `{"error_msg":"Incorrect IAM authentication information: calc aksk signature fail:signature expired, signature time:20211217T064303Z,server time:20211217T065804Z","error_code":"APIG.0301"}`, "APIG.0301", "signature time:20211217T064303Z", false, "clock"},
	{401, `{"error_msg":"Incorrect IAM authentication information: AK access failed to reach the limit,forbidden.","error_code":"APIGW.0301"}`, "APIGW.0301", "AK access failed", false, "locked for five minutes"},
	{401, `{"error_msg":"Incorrect IAM authentication information: decrypt token fail","error_code":"APIGW.0301"}`, "APIGW.0301", "decrypt token fail", false, "security token"},
	{401, `{"error_msg":"The token must be updated.","error_code":"APIGW.0307"}`, "APIGW.0307", "The token must", false, "expired"},
	{401, `{"error":{"code":401,"message":"The request you have made requires authentication.","title":"Unauthorized"}}`, "401", "The request you have made", false, "access key"},
	{403, `{"error_code":"WKS.00081102","error_msg":"User does not have permission to access this resource."}`, "WKS.00081102", "User does not", false, "workspace:appcenter:batchUpdateAppAuthorizations in this project. That is its name in identity policies"},
	{403, `{"error_code":"APIGW.0310","error_msg":"x"}`, "APIGW.0310", "x", false, "project_id"},
	{403, `{"error_code":"APIGW.0802","error_msg":"x"}`, "APIGW.0802", "x", false, "region"},
	{404, `{"error_code":"WKS.00211902","error_msg":"The application does not exist"}`, "WKS.00211902", "The application does not exist", false, ""},
	{404, `{"error_code":"APIGW.0101","error_msg":"The API does not exist"}`, "APIGW.0101", "The API", false, "workspace_endpoint"},
	{405, `{"error_code":"WKS.00000405","error_msg":"x"}`, "WKS.00000405", "x", false, ""},
	{409, `{"error_code":"WKS.00211107","error_msg":"x"}`, "WKS.00211107", "x", false, ""},
	{429, `{"error_code":"APIGW.0308","error_msg":"The throttling threshold has been reached: policy user over ratelimit,limit:100,time:1 minute"}`, "APIGW.0308", "The throttling", true, "requests_per_minute"},
	{500, `{"error_code":"WKS.00211401","error_msg":"The requested operation failed. Please try again later."}`, "WKS.00211401", "The requested", true, ""},
	{500, `{"error_code":"WKS.00211402","error_msg":"x"}`, "WKS.00211402", "x", false, ""},
	{500, `{"error_code":"APIGW.0601","error_msg":"x"}`, "APIGW.0601", "x", false, ""},
	{500, `oops`, "", "oops", false, ""},
	{502, `{"error_code":"APIGW.0201","error_msg":"Backend unavailable"}`, "APIGW.0201", "Backend unavailable", true, ""},
	{503, `{"error_code":"WKS.00050902","error_msg":"x"}`, "WKS.00050902", "x", true, ""},
	{503, `<html><title>Bad</title>`, "", "HTML page", true, ""},
	{504, ``, "", "", true, ""},
	{400, `{"code":"A.1","message":"m","request_id":"77"}`, "A.1", "m", false, ""},
	{400, `{"errCode":"B.1","errMsg":"m"}`, "B.1", "m", false, ""},
	{400, `{"details":[{"error_code":"C.1","error_msg":"m"}]}`, "C.1", "m", false, ""},
	{400, `{"error":{"error":{"error_code":"D.1"}}}`, "", "", false, ""},
	{400, `{"error_code":null,"error_msg":7}`, "", "7", false, ""},
}

func TestClassify(t *testing.T) {
	t.Parallel()
	for _, tc := range classified {
		e := classify(rest.Answer{Status: tc.status, Body: []byte(tc.body)})
		// What the core adds by status is its own business, and tested there.
		byStatus := tc.status == 429 || tc.status >= 502 && tc.status <= 504
		if e.Code != tc.code || !strings.HasPrefix(tc.says, e.Message) && !strings.Contains(e.Message, tc.says) || e.Transient != (tc.transient && !byStatus) {
			t.Errorf("%d %s: %+v", tc.status, tc.body, e)
		}
		e.Status, e.Operation = tc.status, opBatchUpdate
		err := explain(e)
		if got, _ := errors.AsType[*rest.Error](err); !strings.Contains(got.Hint, tc.hint) || (tc.hint == "") != (got.Hint == "") {
			t.Errorf("%d %s: hint %q, want %q", tc.status, tc.body, got.Hint, tc.hint)
		}
		if errors.Is(err, ErrAppNotFound) != (tc.code == "WKS.00211902") {
			t.Errorf("%d %s: %v", tc.status, tc.body, err)
		}
		if tc.status == 401 && !strings.Contains(err.Error(), "Nothing more is sent in this run") {
			t.Errorf("%s: %v", tc.body, err)
		}
	}
	for op, action := range actions {
		e := &rest.Error{Status: 403, Operation: op}
		if err := explain(e); !strings.Contains(err.Error(), action) {
			t.Errorf("%s: %v", op, err)
		}
	}
	other := errors.New("other")
	if explain(other) != other || explain(nil) != nil { //nolint:errorlint // the very same
		t.Error("explain changes what it does not know")
	}
}

func FuzzClassify(f *testing.F) {
	for _, tc := range classified {
		f.Add(tc.status, []byte(tc.body))
	}
	f.Add(401, []byte(strings.Repeat(`{"error":`, 1000)))
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		e := classify(rest.Answer{Status: status, Body: body})
		if e.Transient && (status != 500 || e.Code != codeTryAgain) || e.Unsent {
			t.Fatalf("%+v", e)
		}
		e.Status = status
		if err := explain(e); !utf8.ValidString(err.Error()) || errors.Is(err, ErrAppNotFound) != (e.Code == codeAppNotFound) {
			t.Fatalf("%q", err)
		}
	})
}

func TestAssignmentCheck(t *testing.T) {
	t.Parallel()
	account := func(name string) Authorization {
		return Authorization{Account: Account{Type: Simple, Domain: "d", Name: name}}
	}
	many := func(n int) (out []Authorization) {
		for i := range n {
			out = append(out, account(fmt.Sprint("u", i)))
		}
		return out
	}
	ids := func(n int) (out []string) {
		for i := range n {
			out = append(out, fmt.Sprint("app", i))
		}
		return out
	}
	change := func(f func(*Authorization)) []Authorization {
		a := account("u")
		f(&a)
		return []Authorization{a}
	}
	for _, tc := range []struct {
		says string // "" is right
		a    Assignment
	}{
		{"", Assignment{AppIDs: ids(20), AuthorizationType: AssignUser, Users: many(100), DelUsers: []Authorization{account("x")}}},
		{"", Assignment{AppIDs: ids(1), AuthorizationType: AllUser}},
		{"app_ids must have 1 to 20 entries, not 0", Assignment{AuthorizationType: AllUser}},
		{"app_ids must have 1 to 20 entries, not 21", Assignment{AppIDs: ids(21), AuthorizationType: AllUser}},
		{"app0 stands twice", Assignment{AppIDs: append(ids(2), "app0"), AuthorizationType: AllUser}},
		{"1 to 128 characters, not 129", Assignment{AppIDs: []string{strings.Repeat("ä", 129)}, AuthorizationType: AllUser}},
		{"", Assignment{AppIDs: []string{strings.Repeat("ä", 128)}, AuthorizationType: AllUser}},
		{"must not contain a slash", Assignment{AppIDs: []string{"a/b"}, AuthorizationType: AllUser}},
		{`must be ALL_USER or ASSIGN_USER, not ""`, Assignment{AppIDs: ids(1)}},
		{`not "SOME_USER"`, Assignment{AppIDs: ids(1), AuthorizationType: "SOME_USER"}},
		{"users must have at most 100 entries, not 101", Assignment{AppIDs: ids(1), AuthorizationType: AssignUser, Users: many(101)}},
		{"del_users must have at most 100 entries, not 101", Assignment{AppIDs: ids(1), AuthorizationType: AssignUser, DelUsers: many(101)}},
		{"users: d/u0 stands in users already", Assignment{AppIDs: ids(1), AuthorizationType: AssignUser, Users: append(many(1), many(1)...)}},
		{"del_users: d/u0 stands in users already", Assignment{AppIDs: ids(1), AuthorizationType: AssignUser, Users: many(1), DelUsers: many(1)}},
		{"1 to 128 characters", Assignment{AppIDs: ids(1), AuthorizationType: AssignUser, Users: change(func(a *Authorization) { a.Name = "" })}},
		{"1 to 128 characters", Assignment{AppIDs: ids(1), AuthorizationType: AssignUser, DelUsers: change(func(a *Authorization) { a.Name = strings.Repeat("a", 129) })}},
		{"at most 64 characters", Assignment{AppIDs: ids(1), AuthorizationType: AssignUser, Users: change(func(a *Authorization) { a.Domain = strings.Repeat("a", 65) })}},
		{`account_type must be SIMPLE or USER_GROUP, not "USER"`, Assignment{AppIDs: ids(1), AuthorizationType: AssignUser, Users: change(func(a *Authorization) { a.Type = "USER" })}},
		{`platform_type must be AD or LOCAL, not "X"`, Assignment{AppIDs: ids(1), AuthorizationType: AssignUser, Users: change(func(a *Authorization) { a.PlatformType = "X" })}},
		{"account_type must be set", Assignment{AppIDs: ids(1), AuthorizationType: AssignUser, DelUsers: change(func(a *Authorization) { a.Type = "" })}},
		// What the service lists in types that nobody documented can still be revoked.
		{"", Assignment{AppIDs: ids(1), AuthorizationType: AssignUser, DelUsers: change(func(a *Authorization) { a.Type, a.PlatformType = "ROBOT", "X" })}},
	} {
		err := tc.a.check()
		if tc.says == "" && err != nil || tc.says != "" && (err == nil || !strings.Contains(err.Error(), tc.says)) {
			t.Errorf("%v, want %q", err, tc.says)
		}
		if tc.says == "" {
			continue
		}
		// Nothing is sent, and the error says so.
		c, err := New(Config{Region: "r", AccessKey: "AK", SecretKey: "SK", ProjectID: "2b31ed520xxxxxxebedb6e57xxxxxxxx", WorkspaceEndpoint: "http://127.0.0.1:1"})
		if err != nil {
			t.Fatal(err)
		}
		if e, ok := errors.AsType[*rest.Error](c.AssignAuthorizations(t.Context(), tc.a)); !ok || !e.Unsent || e.Attempts != 0 {
			t.Errorf("%v", e)
		}
	}
}

// The request that goes out, to the byte: optional fields are left out, not sent empty.
func TestAssignRequest(t *testing.T) {
	t.Parallel()
	b, err := json.Marshal(assignRequest{
		AppIDs: []string{"a"}, AuthorizationType: AssignUser,
		Users: accountsOnWire([]Authorization{
			{Account: Account{Type: Simple, Domain: "local.com", Name: "zhangsan"}, PlatformType: Local}, {Account: Account{Type: UserGroup, Name: "staff"}},
		}),
		DelUsers: accountsOnWire(nil),
	})
	const want = `{"app_ids":["a"],"authorization_type":"ASSIGN_USER","users":[{"account":"zhangsan","domain":"local.com","account_type":"SIMPLE",` +
		`"platform_type":"LOCAL"},{"account":"staff","account_type":"USER_GROUP"}]}`
	if diff := cmp.Diff(want, string(b)); err != nil || diff != "" {
		t.Error(err, diff)
	}
}

func TestDecodeAssigned(t *testing.T) {
	t.Parallel()
	for body, says := range map[string]string{
		"": "", " \n": "", "{}": "", "null": "", "[]": "", "7": "", `{"job_id":"x"}`: "", `{"error_code":7}`: "", `{"error_code":""}`: "",
		`{"error_code":"WKS.1","error_msg":"no"}`: "WKS.1: no", "<html>": "HTML instead of JSON", "{": "cut off", "ok": "text instead of JSON",
	} {
		err := decodeAssigned(200, nil, strings.NewReader(body))
		if says == "" && err != nil || says != "" && (err == nil || !strings.Contains(err.Error(), says)) {
			t.Errorf("%q: %v, want %q", body, err, says)
		}
	}
}

func FuzzDecodeAssigned(f *testing.F) {
	for _, seed := range []string{"", "{}", `{"error_code":"x"}`, "<html>", "\xff", "{", `{"error_code":1}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		err := decodeAssigned(200, nil, strings.NewReader(body))
		if e, ok := errors.AsType[*rest.Error](err); err != nil && !ok || err == nil && strings.HasPrefix(strings.TrimSpace(body), "<") || ok && e.Unsent {
			t.Fatalf("%q: %v", body, err)
		}
	})
}

var listPages = []string{
	`{"count":1,"items":[{"account":"a","domain":"","account_type":"SIMPLE","platform_type":null,"id":"1","name":"n","authorization_type":"ALL_USER"}]}`,
	`{"count":0,"items":null}`, `{"count":null,"items":[]}`, `{"items":[null]}`, `{"count":2,"items":[{"account":"  ","id":""}]}`,
	`{}`, `null`, ``, `<html>`, `{"count":-9,"items":[{"account":"a","account_type":"ROBOT","platform_type":"MAINFRAME","id":"1"}]}`,
	"{\"count\":1,\"items\":[{\"account\":\"\xff\",\"id\":\"\xff\"}]}", `{"count":1e3,"items":[]}`, `{"count":1,"items":[{"account":"\ud800","id":"\ud800"}]}`,
}

// FuzzDecodeAuthorizations: whatever comes, every record is an identity, or there is an error and
// nothing else.
func FuzzDecodeAuthorizations(f *testing.F) {
	for _, p := range listPages {
		f.Add([]byte(p))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		records, count, err := decodeAuthorizations(b)
		if err != nil {
			if _, ok := errors.AsType[*rest.Error](err); !ok || records != nil || count != 0 {
				t.Fatalf("%T %v, %v, %d", err, err, records, count)
			}
			return
		}
		if count < -1 {
			t.Fatalf("count %d", count)
		}
		for _, r := range records {
			a := r.account.Value()
			if strings.TrimSpace(a.Name) == "" || a.Domain == "" || !utf8.ValidString(a.Name+a.Domain) || strings.ContainsRune(a.Name+a.Domain, utf8.RuneError) {
				t.Fatalf("%+v", a)
			}
		}
	})
}

func FuzzDecodeApps(f *testing.F) {
	for _, p := range listPages {
		f.Add([]byte(p))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		apps, count, err := decodeApps(b)
		if err != nil {
			if _, ok := errors.AsType[*rest.Error](err); !ok || apps != nil || count != 0 {
				t.Fatalf("%T %v, %v, %d", err, err, apps, count)
			}
			return
		}
		for _, app := range apps {
			if app.ID == "" || strings.ContainsRune(app.ID, utf8.RuneError) || count < -1 {
				t.Fatalf("%+v, count %d", app, count)
			}
		}
	})
}
