// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package enos

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

const (
	org         = "o15000000000001"
	accessKey   = "11111111-2222-3333-4444-555555555555"
	secretKey   = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"
	lowly       = "22222222-2222-2222-2222-222222222222"
	portal      = "66666666-7777-8888-9999-000000000000"
	bare        = "77777777-7777-8888-9999-000000000000"
	shortcutApp = "88888888-7777-8888-9999-000000000000"
)

func testSeed() Seed {
	return Seed{
		ExtraTypes: []string{"REPORT"},
		ServiceAccounts: []ServiceAccount{
			{AccessKey: accessKey, SecretKey: secretKey, MayRead: true, MayAuthorize: true},
			{AccessKey: lowly, SecretKey: "lowly-secret"},
		},
		Organizations: []Organization{{ID: org, Name: "Test", Applications: []Application{
			{AccessKey: portal, ID: "app-1", Name: "Portal", CreatedType: Own, DataAuthorizeTypes: []string{"ROLE", "USER_OP", "ASSET", "USER"}},
			{AccessKey: bare, Name: "Bare", CreatedType: Obtained},
			{AccessKey: shortcutApp, Name: "Link", CreatedType: Shortcut},
			{AccessKey: accessKey, Name: "Self", CreatedType: Own},
		}}},
	}
}

// harness is a running mock, a clock that stands still until it is moved, and a small caller.
type harness struct {
	*Backend
	t        *testing.T
	url      string
	recorder *wire.Recorder
	faults   *wire.Faults
	offset   atomic.Int64
	start    time.Time
	ticks    atomic.Int64
	account  string
	secret   string
}

func newHarness(t *testing.T, switches Switches) *harness {
	t.Helper()
	h := &harness{
		t: t, recorder: &wire.Recorder{}, faults: &wire.Faults{}, start: time.UnixMilli(1700000000000),
		account: accessKey, secret: secretKey,
	}
	h.Backend = New(wire.Service{Now: h.now, Recorder: h.recorder, Faults: h.faults}, testSeed(), switches)
	server := httptest.NewServer(h.Backend)
	t.Cleanup(server.Close)
	h.url = server.URL
	return h
}

func (h *harness) now() time.Time { return h.start.Add(time.Duration(h.offset.Load())) }

func (h *harness) advance(d time.Duration) { h.offset.Add(int64(d)) }

// timestamp is another millisecond for each call.
func (h *harness) timestamp() string {
	return strconv.FormatInt(h.now().UnixMilli()+h.ticks.Add(1), 10)
}

// answer is what came back; Body is nil when it is no JSON object.
type answer struct {
	Status int
	Header http.Header
	Text   string
	Body   map[string]any
}

func (a answer) data() map[string]any {
	data, _ := a.Body["data"].(map[string]any)
	return data
}

func (h *harness) do(r *http.Request) answer {
	h.t.Helper()
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		h.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	a := answer{Status: response.StatusCode, Header: response.Header, Text: string(body)}
	_ = json.Unmarshal(body, &a.Body)
	return a
}

func (h *harness) request(method, path, body string) *http.Request {
	h.t.Helper()
	r, err := http.NewRequestWithContext(h.t.Context(), method, h.url+path, strings.NewReader(body))
	if err != nil {
		h.t.Fatal(err)
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/json;charset=UTF-8")
	}
	return r
}

func (h *harness) tokenBody(timestamp string, more ...string) string {
	body, err := json.Marshal(map[string]string{
		"appKey": h.account, "timestamp": timestamp, "encryption": Encryption(h.account, timestamp, h.secret),
	})
	if err != nil {
		h.t.Fatal(err)
	}
	if len(more) > 0 {
		return strings.TrimSuffix(string(body), "}") + "," + strings.Join(more, ",") + "}"
	}
	return string(body)
}

func (h *harness) get() answer {
	h.t.Helper()
	return h.do(h.request(http.MethodPost, TokenGetPath, h.tokenBody(h.timestamp())))
}

func (h *harness) token() string {
	h.t.Helper()
	a := h.get()
	token, _ := a.data()["accessToken"].(string)
	if token == "" {
		h.t.Fatalf("no token: %s", a.Text)
	}
	return token
}

// signed returns a call signed with the token.
func (h *harness) signed(token, method, path string, query url.Values, body string) *http.Request {
	h.t.Helper()
	r := h.request(method, path+"?"+query.Encode(), body)
	timestamp := h.timestamp()
	r.Header.Set("apim-accesstoken", token)
	r.Header.Set("apim-timestamp", timestamp)
	r.Header.Set("apim-signature", Signature(token, query, []byte(body), timestamp, h.secret))
	return r
}

func (h *harness) info(token, orgID, appID string) answer {
	h.t.Helper()
	return h.do(h.signed(token, http.MethodGet, AuthorizationInfoPath, url.Values{"orgId": {orgID}, "appId": {appID}}, ""))
}

func (h *harness) appGet(token, orgID, appID string) answer {
	h.t.Helper()
	return h.do(h.signed(token, http.MethodGet, AppGetPath, url.Values{"orgId": {orgID}, "appId": {appID}}, ""))
}

func (h *harness) setBody(token, orgID, body string) answer {
	h.t.Helper()
	return h.do(h.signed(token, http.MethodPost, AuthorizationSetPath, url.Values{"orgId": {orgID}}, body))
}

func (h *harness) set(token, appID string, types ...string) answer {
	h.t.Helper()
	body, err := json.Marshal(map[string]any{"appId": appID, "dataAuthorizeType": append([]string{}, types...)})
	if err != nil {
		h.t.Fatal(err)
	}
	return h.setBody(token, org, string(body))
}

// listed returns the sorted types of an info answer.
func (h *harness) listed(a answer) []string {
	h.t.Helper()
	values, _ := a.data()["dataAuthorizeType"].([]any)
	list := []string{}
	for _, value := range values {
		s, ok := value.(string)
		if !ok {
			h.t.Fatalf("%v is no string", value)
		}
		list = append(list, s)
	}
	slices.Sort(list)
	return list
}

func (h *harness) stored(appID string) []string {
	list, _ := h.Authorization(org, appID)
	return slices.Sorted(slices.Values(list))
}

// code returns the number under the key that has one.
func (a answer) code(key string) int {
	n, ok := a.Body[key].(float64)
	if !ok {
		return -1
	}
	return int(n)
}

func (h *harness) wantFailure(a answer, status, code int, message string) {
	h.t.Helper()
	if a.Status != status || a.code("code") != code || !strings.Contains(a.Text, message) {
		h.t.Errorf("got %d %s, want status %d, code %d and %q", a.Status, a.Text, status, code, message)
	}
}

func (h *harness) wantViolation(text string) {
	h.t.Helper()
	if all := h.recorder.Violations(); !slices.ContainsFunc(all, func(v string) bool { return strings.Contains(v, text) }) {
		h.t.Errorf("no violation %q in %q", text, all)
	}
}

func (h *harness) wantNoViolation() {
	h.t.Helper()
	if all := h.recorder.Violations(); len(all) > 0 {
		h.t.Errorf("violations: %q", all)
	}
}
