// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestAuthenticationFailures(t *testing.T) {
	t.Parallel()
	const good = `{"app_ids":["` + cad + `"],"authorization_type":"ASSIGN_USER"}`
	tests := map[string]struct {
		set  func(b *bench)
		text string
	}{
		"no header":         {func(b *bench) { b.tamper = func(r *http.Request) { r.Header.Del("Authorization") } }, "does not begin"},
		"unknown key":       {func(b *bench) { b.accessKey = "NOBODY" }, "ak:NOBODY,err:ak not exist"},
		"wrong secret":      {func(b *bench) { b.secretKey = "other" }, "verify aksk signature fail, canonicalRequest:POST|/v1/"},
		"changed signed":    {func(b *bench) { b.tamper = func(r *http.Request) { r.Header.Set("X-Project-Id", "other") } }, "verify aksk signature fail"},
		"changed query":     {func(b *bench) { b.tamper = func(r *http.Request) { r.URL.RawQuery = "a=b" } }, "verify aksk signature fail"},
		"clock 16 min slow": {func(b *bench) { b.header = at(b, -16*time.Minute) }, "signature expired"},
		"clock 16 min fast": {func(b *bench) { b.header = at(b, 16*time.Minute) }, "signature expired"},
		"no date":           {func(b *bench) { b.header = http.Header{"X-Sdk-Date": {"yesterday"}} }, "X-Sdk-Date"},
		"token not asked":   {func(b *bench) { b.token = "tok" }, "decrypt token fail"},
		"temporary key without token": {func(b *bench) {
			b.accessKey, b.secretKey = "TEMP", "TSK"
		}, "decrypt token fail"},
		"unsigned payload": {func(b *bench) {
			b.header = http.Header{"X-Sdk-Content-Sha256": {unsignedPayload}}
		}, "must be signed"},
		"wrong payload hash": {func(b *bench) {
			b.header = http.Header{"X-Sdk-Content-Sha256": {hexHash([]byte("other"))}}
		}, "not the hash"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := start(t, Switches{})
			tt.set(b)
			a := b.do(http.MethodPost, appsPath+"/actions/batch-assign-authorization", good)
			b.want(a, http.StatusUnauthorized, "APIGW.0301", 1)
			if !strings.Contains(a.body, tt.text) {
				t.Errorf("answer %s, want one with %q", a.body, tt.text)
			}
			if got := b.recorder.Violations()[0]; strings.Contains(got, "canonicalRequest") {
				t.Errorf("the violation shows what was signed: %s", got)
			}
			if got := a.header.Get("X-Request-Id"); len(got) != 32 || !strings.Contains(a.body, `"request_id":"`+got+`"`) {
				t.Errorf("request id %q is not in the body %s", got, a.body)
			}
		})
	}
}

func at(b *bench, d time.Duration) http.Header {
	return http.Header{"X-Sdk-Date": {b.clock.Now().Add(d).Format(dateLayout)}}
}

func TestAuthenticationSuccess(t *testing.T) {
	t.Parallel()
	tests := map[string]func(b *bench){
		"permanent key":     func(*bench) {},
		"clock 14 min slow": func(b *bench) { b.header = at(b, -14*time.Minute) },
		"clock 14 min fast": func(b *bench) { b.header = at(b, 14*time.Minute) },
		"temporary key":     func(b *bench) { b.accessKey, b.secretKey, b.token = "TEMP", "TSK", "tok" },
		"payload hash":      func(b *bench) { b.header = http.Header{"X-Sdk-Content-Sha256": {hexHash(nil)}} },
		"header after signing": func(b *bench) {
			b.tamper = func(r *http.Request) { r.Header.Set("User-Agent", "anything") }
		},
	}
	for name, set := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := start(t, Switches{})
			set(b)
			if a := b.do(http.MethodGet, appsPath+"?"+escapeQuery("name", "一 +(&=?!#%.*)"), ""); a.status != http.StatusOK {
				t.Errorf("answer %d %s", a.status, a.body)
			}
			if got := b.recorder.Violations(); len(got) > 0 {
				t.Error(got)
			}
		})
	}
}

func TestPlusIsNoBlank(t *testing.T) {
	t.Parallel()
	b := start(t, Switches{})
	b.tamper = func(r *http.Request) { r.URL.RawQuery = strings.ReplaceAll(r.URL.RawQuery, "%20", "+") }
	b.want(b.do(http.MethodGet, appsPath+"?"+escapeQuery("name", "a b"), ""), http.StatusUnauthorized, "APIGW.0301", 1)
}

func TestKeyLocks(t *testing.T) {
	t.Parallel()
	b := start(t, Switches{})
	fail := func(n int) {
		b.secretKey = "wrong"
		for range n {
			if a := b.do(http.MethodGet, appsPath, ""); a.status != http.StatusUnauthorized {
				t.Fatalf("a wrong signature was answered %d", a.status)
			}
		}
		b.secretKey = "SK"
	}
	wantStatus := func(status int, when string) {
		t.Helper()
		if a := b.do(http.MethodGet, appsPath, ""); a.status != status {
			t.Fatalf("%s: answer %d %s, want %d", when, a.status, a.body, status)
		}
	}
	fail(4)
	wantStatus(http.StatusOK, "after four failures")
	fail(4)
	wantStatus(http.StatusOK, "a success in between starts the count anew")
	fail(5)
	if a := b.do(http.MethodGet, appsPath, ""); !strings.Contains(a.body, "AK access failed to reach the limit,forbidden.") {
		t.Fatalf("locked key was answered %d %s", a.status, a.body)
	}
	b.clock.Advance(4*time.Minute + 59*time.Second)
	wantStatus(http.StatusUnauthorized, "before five minutes are over")
	b.clock.Advance(time.Second)
	wantStatus(http.StatusOK, "after five minutes")
	fail(5)
	b.backend.Unlock()
	wantStatus(http.StatusOK, "after Unlock")
}

func TestProjectIsChecked(t *testing.T) {
	t.Parallel()
	t.Run("missing header", func(t *testing.T) {
		t.Parallel()
		b := start(t, Switches{})
		b.header = http.Header{"X-Project-Id": nil}
		b.want(b.do(http.MethodGet, appsPath, ""), http.StatusBadRequest, "APIGW.0201", 1)
	})
	t.Run("differs from path", func(t *testing.T) {
		t.Parallel()
		b := start(t, Switches{})
		b.header = http.Header{"X-Project-Id": {"other"}}
		b.want(b.do(http.MethodGet, appsPath, ""), http.StatusForbidden, "APIGW.0302", 1)
	})
	t.Run("unknown", func(t *testing.T) {
		t.Parallel()
		b := start(t, Switches{})
		b.header = http.Header{"X-Project-Id": {"other"}}
		b.want(b.do(http.MethodGet, "/v1/other/app-center/apps", ""), http.StatusForbidden, "APIGW.0310", 1)
	})
}

func TestDeniedOperation(t *testing.T) {
	t.Parallel()
	b := start(t, Switches{})
	b.accessKey, b.secretKey = "READER", "RSK"
	b.want(b.assign(AssignUser, []string{cad}, []string{"bob"}, nil), http.StatusForbidden, "WKS.00081102", 0)
	b.wantAccounts(cad)
}

func TestQuota(t *testing.T) {
	t.Parallel()
	for _, switches := range []Switches{{}, {RetryAfter: RetryAfterSent}} {
		b := start(t, switches)
		b.backend.SetQuota(Quota{Read: 3, Write: 2})
		list := func() answer { return b.do(http.MethodGet, appsPath, "") }
		for i := range 3 {
			if a := list(); a.status != http.StatusOK {
				t.Fatalf("read %d: %d", i, a.status)
			}
			b.clock.Advance(10 * time.Second)
		}
		a := list() // 30 s after the first
		b.want(a, http.StatusTooManyRequests, "APIGW.0308", 0)
		if want := map[RetryAfter]string{"": "", RetryAfterSent: "30"}[switches.RetryAfter]; a.header.Get("Retry-After") != want {
			t.Errorf("Retry-After %q, want %q", a.header.Get("Retry-After"), want)
		}
		b.mustAssign(AssignUser, []string{cad}, []string{"bob"}, nil) // has a quota of its own
		b.mustAssign(AssignUser, []string{cad}, nil, []string{"bob"})
		b.want(b.assign(AssignUser, []string{cad}, nil, nil), http.StatusTooManyRequests, "APIGW.0308", 0)
		b.clock.Advance(29*time.Second + 999*time.Millisecond)
		b.want(list(), http.StatusTooManyRequests, "APIGW.0308", 0)
		b.clock.Advance(time.Millisecond) // the first read is a minute old, refused ones never counted
		if a := list(); a.status != http.StatusOK {
			t.Errorf("after a minute: %d", a.status)
		}
		b.want(list(), http.StatusTooManyRequests, "APIGW.0308", 0)
		b.backend.SetQuota(Quota{})
		for range 300 {
			if a := list(); a.status != http.StatusOK {
				t.Fatalf("without quota: %d", a.status)
			}
		}
	}
}

func TestDefaultQuota(t *testing.T) {
	t.Parallel()
	b := start(t, Switches{})
	for i := range DefaultReadQuota {
		if a := b.do(http.MethodGet, appsPath, ""); a.status != http.StatusOK {
			t.Fatalf("read %d: %d", i, a.status)
		}
	}
	b.want(b.do(http.MethodGet, appsPath, ""), http.StatusTooManyRequests, "APIGW.0308", 0)
	for i := range DefaultWriteQuota {
		if a := b.assign(AssignUser, []string{cad}, nil, nil); a.status != http.StatusOK {
			t.Fatalf("write %d: %d", i, a.status)
		}
	}
	b.want(b.assign(AssignUser, []string{cad}, nil, nil), http.StatusTooManyRequests, "APIGW.0308", 0)
}

func TestGatewayLimits(t *testing.T) {
	t.Parallel()
	t.Run("body", func(t *testing.T) {
		t.Parallel()
		b := start(t, Switches{})
		a := b.do(http.MethodPost, appsPath+"/actions/batch-assign-authorization", strings.Repeat(" ", maxBodyBytes+1))
		b.want(a, http.StatusRequestEntityTooLarge, "APIGW.0201", 1)
	})
	t.Run("URI", func(t *testing.T) {
		t.Parallel()
		b := start(t, Switches{})
		b.want(b.do(http.MethodGet, appsPath+"?name="+strings.Repeat("a", maxURIBytes), ""), http.StatusRequestURITooLong, "APIGW.0201", 1)
	})
	t.Run("unknown path", func(t *testing.T) {
		t.Parallel()
		b := start(t, Switches{})
		b.want(b.do(http.MethodGet, "/v1/"+projectID+"/app-groups", ""), http.StatusNotFound, "APIGW.0101", 1)
	})
	t.Run("method", func(t *testing.T) {
		t.Parallel()
		b := start(t, Switches{})
		b.want(b.do(http.MethodPut, appsPath, "{}"), http.StatusMethodNotAllowed, "WKS.00000405", 1)
	})
}

func TestListProjects(t *testing.T) {
	t.Parallel()
	seed := testSeed()
	seed.Projects = append(seed.Projects, Project{ID: "p2", Name: "eu-west-101"}, Project{ID: "p3", Name: "eu-west-101"})
	for id, a := range seed.Apps {
		a.ProjectID = projectID
		seed.Apps[id] = a
	}
	b := startWith(t, seed, Switches{})
	for name, want := range map[string]int{"ap-southeast-3": 1, "eu-west-101": 2, "nowhere": 0, "": 3} {
		a := b.do(http.MethodGet, "/v3/projects?name="+name, "")
		var body struct {
			Projects []struct {
				ID       string `json:"id"`
				Name     string `json:"name"`
				DomainID string `json:"domain_id"`
				Enabled  bool   `json:"enabled"`
			} `json:"projects"`
			Links map[string]any `json:"links"`
		}
		if err := json.Unmarshal([]byte(a.body), &body); err != nil {
			t.Fatal(err)
		}
		if len(body.Projects) != want {
			t.Errorf("name=%q: %d projects, want %d", name, len(body.Projects), want)
		}
		for _, p := range body.Projects {
			if name != "" && p.Name != name || p.DomainID != "d0" || !p.Enabled {
				t.Errorf("name=%q: %+v", name, p)
			}
		}
		if a.header.Get("X-Iam-Trace-Id") == "" {
			t.Error("no X-IAM-Trace-Id")
		}
	}
}
