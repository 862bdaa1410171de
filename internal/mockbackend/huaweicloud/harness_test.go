// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

const (
	projectID = "0123456789abcdef0123456789abcdef"
	cad       = "3f791197-d166-4c8e-81e4-38c40ffc1989"
	mail      = "62f48b59-0c8b-4a9c-9b59-000000000002"
	open      = "7c1d2e3f-0000-4000-8000-000000000003"
)

func testSeed() Seed {
	return Seed{
		DomainID: "d0",
		Credentials: []Credential{
			{AccessKey: "AK", SecretKey: "SK"},
			{AccessKey: "TEMP", SecretKey: "TSK", SecurityToken: "tok"},
			{AccessKey: "READER", SecretKey: "RSK", Deny: []string{OpBatchUpdateAppAuthorizations}},
		},
		Projects: []Project{{ID: projectID, Name: "ap-southeast-3"}},
		Apps: map[string]App{
			cad:  {Name: "CAD"},
			mail: {Name: "Mail", Users: map[string]map[string]string{"local.com": {"zhangsan": "LOCAL"}}},
			open: {Name: "Notepad", AuthorizationType: AllUser},
		},
	}
}

// clock is a time that tests move.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// bench is a mock that serves, and a client that signs.
type bench struct {
	t        *testing.T
	backend  *Backend
	url      string
	clock    *clock
	recorder *wire.Recorder
	faults   *wire.Faults

	accessKey, secretKey, token string
	// tamper changes a request after it was signed.
	tamper func(r *http.Request)
	// header is added before signing; nil values take a header away.
	header http.Header
	// contentType of bodies.
	contentType string
}

func start(t *testing.T, switches Switches) *bench {
	t.Helper()
	return startWith(t, testSeed(), switches)
}

func startWith(t *testing.T, seed Seed, switches Switches) *bench {
	t.Helper()
	c := &clock{now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	recorder, faults := &wire.Recorder{}, &wire.Faults{}
	backend := New(wire.Service{Now: c.Now, Recorder: recorder, Faults: faults}, seed, switches)
	server := httptest.NewServer(backend)
	t.Cleanup(server.Close)
	return &bench{
		t: t, backend: backend, url: server.URL, clock: c, recorder: recorder, faults: faults,
		accessKey: "AK", secretKey: "SK", contentType: "application/json",
	}
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   string
}

func (a answer) code(t *testing.T) string {
	t.Helper()
	var e struct {
		Code string `json:"error_code"`
		Msg  string `json:"error_msg"`
	}
	if err := json.Unmarshal([]byte(a.body), &e); err != nil {
		t.Fatalf("%d answer is no error JSON: %q", a.status, a.body)
	}
	return e.Code
}

// request makes a signed request; target begins with a slash and holds the query.
func (b *bench) request(method, target, body string) *http.Request {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), method, b.url+target, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	if body != "" && b.contentType != "" {
		r.Header.Set("Content-Type", b.contentType)
	}
	r.Header.Set("X-Sdk-Date", b.clock.Now().Format(dateLayout))
	if strings.HasPrefix(target, "/v1/") {
		r.Header.Set("X-Project-Id", projectID)
	}
	if b.token != "" {
		r.Header.Set("X-Security-Token", b.token)
	}
	maps.Copy(r.Header, b.header)
	maps.DeleteFunc(r.Header, func(_ string, values []string) bool { return values == nil })
	signed := []string{"x-sdk-date"}
	for key := range r.Header {
		if key == "X-Project-Id" || key == "X-Security-Token" {
			signed = append(signed, strings.ToLower(key))
		}
	}
	slices.Sort(signed)
	canonical, err := canonicalRequest(r, signed, hexHash([]byte(body)))
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Authorization", algorithm+" Access="+b.accessKey+", SignedHeaders="+strings.Join(signed, ";")+
		", Signature="+sign(b.secretKey, r.Header.Get("X-Sdk-Date"), canonical))
	if b.tamper != nil {
		b.tamper(r)
	}
	return r
}

func (b *bench) do(method, target, body string) answer {
	b.t.Helper()
	a, err := b.try(method, target, body)
	if err != nil {
		b.t.Fatalf("%s %s: %v", method, target, err)
	}
	return a
}

func (b *bench) try(method, target, body string) (answer, error) {
	b.t.Helper()
	client := &http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	response, err := client.Do(b.request(method, target, body))
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	return answer{response.StatusCode, response.Header, string(content)}, err
}

const appsPath = "/v1/" + projectID + "/app-center/apps"

// assign sends a batch; every user is "name", "domain/name" or "group:domain/name", with an
// optional "=PLATFORM".
func (b *bench) assign(mode string, apps, users, delUsers []string) answer {
	b.t.Helper()
	body := map[string]any{"app_ids": apps, "authorization_type": mode}
	for key, list := range map[string][]string{"users": users, "del_users": delUsers} {
		infos := []map[string]string{}
		for _, text := range list {
			infos = append(infos, info(text))
		}
		if list != nil {
			body[key] = infos
		}
	}
	text, err := json.Marshal(body)
	if err != nil {
		b.t.Fatal(err)
	}
	return b.do(http.MethodPost, appsPath+"/actions/batch-assign-authorization", string(text))
}

func info(text string) map[string]string {
	out := map[string]string{"account_type": Simple}
	text, platform, found := strings.Cut(text, "=")
	if found {
		out["platform_type"] = platform
	}
	text, group := strings.CutPrefix(text, "group:")
	if group {
		out["account_type"] = UserGroup
	}
	out["account"] = text
	if domain, name, found := strings.Cut(text, "/"); found {
		out["domain"], out["account"] = domain, name
	}
	return out
}

// mustAssign is assign that has to be answered 200 without a body.
func (b *bench) mustAssign(mode string, apps, users, delUsers []string) {
	b.t.Helper()
	if a := b.assign(mode, apps, users, delUsers); a.status != http.StatusOK || a.body != "" {
		b.t.Fatalf("assign answered %d %q", a.status, a.body)
	}
}

// page lists authorizations as they stand in the JSON.
func (b *bench) page(app, query string) (items []map[string]any, count int) {
	b.t.Helper()
	a := b.do(http.MethodGet, appsPath+"/"+app+"/authorizations?"+query, "")
	if a.status != http.StatusOK {
		b.t.Fatalf("list answered %d %s", a.status, a.body)
	}
	var l struct {
		Count int              `json:"count"`
		Items []map[string]any `json:"items"`
	}
	if err := json.Unmarshal([]byte(a.body), &l); err != nil {
		b.t.Fatal(err)
	}
	return l.Items, l.Count
}

// accounts are the names on the first page.
func (b *bench) accounts(app string) []string {
	b.t.Helper()
	items, _ := b.page(app, "limit=100")
	names := []string{}
	for _, item := range items {
		names = append(names, item["account"].(string))
	}
	return names
}

func (b *bench) wantAccounts(app string, want ...string) {
	b.t.Helper()
	if diff := cmp.Diff(append([]string{}, want...), b.accounts(app)); diff != "" {
		b.t.Errorf("accounts of %s (-want +got):\n%s", app, diff)
	}
}

// want checks status and code of an error, and whether it was a violation.
func (b *bench) want(a answer, status int, code string, violations int) {
	b.t.Helper()
	if a.status != status || a.code(b.t) != code {
		b.t.Errorf("answer %d %s, want %d %s", a.status, a.body, status, code)
	}
	if got := b.recorder.Violations(); len(got) != violations {
		b.t.Errorf("%d violations %q, want %d", len(got), got, violations)
	}
}

func escapeQuery(pairs ...string) string {
	var b bytes.Buffer
	for i := 0; i+1 < len(pairs); i += 2 {
		if i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(pairs[i] + "=" + strings.ReplaceAll(url.QueryEscape(pairs[i+1]), "+", "%20"))
	}
	return b.String()
}

func wantSame(t *testing.T, want, got Seed) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the data has changed (-before +after):\n%s", diff)
	}
}
