// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package enos

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"
)

var infoQuery = url.Values{"orgId": {org}, "appId": {portal}}

const kong401 = `{"message":"Invalid authentication credentials"}`

func TestSignedCallRefusals(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		alter     func(h *harness, r *http.Request)
		status    int
		body      string
		violation string
	}{
		"no token":       {alter: func(_ *harness, r *http.Request) { r.Header.Del("apim-accesstoken") }, violation: "no header apim-accesstoken"},
		"no signature":   {alter: func(_ *harness, r *http.Request) { r.Header.Del("apim-signature") }, violation: "no header apim-signature"},
		"no timestamp":   {alter: func(_ *harness, r *http.Request) { r.Header.Del("apim-timestamp") }, violation: "no header apim-timestamp"},
		"unknown token":  {alter: func(_ *harness, r *http.Request) { r.Header.Set("apim-accesstoken", "invented") }},
		"bad signature":  {alter: func(_ *harness, r *http.Request) { r.Header.Set("apim-signature", "00") }, violation: "wrong signature"},
		"altered query":  {alter: func(_ *harness, r *http.Request) { r.URL.RawQuery += "x" }, violation: "wrong signature"},
		"malformed time": {alter: func(h *harness, r *http.Request) { h.sign(r, "+1700000000000") }, violation: "no decimal number"},
		"malformed query": {
			alter: func(_ *harness, r *http.Request) { r.URL.RawQuery = "orgId=%zz" }, violation: "malformed query",
			status: http.StatusBadRequest, body: `{"message":"Cannot process request body"}`,
		},
		"wrong method": {
			alter: func(_ *harness, r *http.Request) { r.Method = http.MethodPut }, violation: "no operation is PUT",
			status: http.StatusNotFound, body: `{"message":"no Route matched with those values"}`,
		},
		"unknown path": {
			alter: func(_ *harness, r *http.Request) { r.URL.Path = "/app-portal-service/v2.2/app/get" }, violation: "no operation is GET",
			status: http.StatusNotFound, body: `{"message":"no Route matched with those values"}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t, Switches{})
			r := h.signed(h.token(), http.MethodGet, AuthorizationInfoPath, infoQuery, "")
			tc.alter(h, r)
			if tc.status == 0 {
				tc.status, tc.body = http.StatusUnauthorized, kong401
			}
			if a := h.do(r); a.Status != tc.status || a.Text != tc.body {
				t.Errorf("got %d %s, want %d %s", a.Status, a.Text, tc.status, tc.body)
			}
			if tc.violation == "" {
				h.wantNoViolation()
			} else {
				h.wantViolation(tc.violation)
			}
		})
	}
}

// sign signs a request anew, with a timestamp of the caller's choice.
func (h *harness) sign(r *http.Request, timestamp string) {
	r.Header.Set("apim-timestamp", timestamp)
	r.Header.Set("apim-signature", Signature(r.Header.Get("apim-accesstoken"), r.URL.Query(), nil, timestamp, h.secret))
}

// The signature covers the body byte by byte: the same JSON with another spacing is refused.
func TestSignatureCoversTheBodyBytes(t *testing.T) {
	t.Parallel()
	h := newHarness(t, Switches{})
	token := h.token()
	query := url.Values{"orgId": {org}}
	const body = `{"appId":"` + portal + `","dataAuthorizeType":["USER"]}`
	signed := h.signed(token, http.MethodPost, AuthorizationSetPath, query, body)
	other := h.signed(token, http.MethodPost, AuthorizationSetPath, query, strings.ReplaceAll(body, ",", ", "))
	other.Header = signed.Header
	if a := h.do(other); a.Status != http.StatusUnauthorized {
		t.Errorf("got %d %s", a.Status, a.Text)
	}
	if a := h.do(signed); a.Body["data"] != true {
		t.Errorf("got %d %s", a.Status, a.Text)
	}
}

// Values are signed as they read after decoding.
func TestSignatureCoversDecodedQuery(t *testing.T) {
	t.Parallel()
	h := newHarness(t, Switches{})
	const name = "a b&ü/+"
	if err := h.AddApp(org, Application{AccessKey: name, CreatedType: Own, DataAuthorizeTypes: []string{"USER"}}); err != nil {
		t.Fatal(err)
	}
	token := h.token()
	if a := h.info(token, org, name); a.code("code") != 0 || len(h.listed(a)) != 1 {
		t.Errorf("got %d %s", a.Status, a.Text)
	}
	r := h.signed(token, http.MethodGet, AuthorizationInfoPath, url.Values{"orgId": {org}, "appId": {url.QueryEscape(name)}}, "")
	r.URL.RawQuery = url.Values{"orgId": {org}, "appId": {name}}.Encode()
	if a := h.do(r); a.Status != http.StatusUnauthorized {
		t.Errorf("a signature over the encoded value passed: %s", a.Text)
	}
}

func TestExpiredToken(t *testing.T) {
	t.Parallel()
	const message = "The access token has expired"
	for position, want := range map[string]struct {
		status int
		key    string
		code   int
	}{
		"":                  {200, "status", 1203},
		ExpiredStatus:       {200, "status", 1203},
		ExpiredUnauthorized: {401, "status", 1203},
		ExpiredCode:         {200, "code", 1203},
		ExpiredShort:        {200, "apim_status", 4011},
		ExpiredRefresh:      {200, "apim_status", 4012},
	} {
		t.Run(position, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t, Switches{ExpiredToken: position})
			ways := map[string]func(){
				"by time": func() { h.advance(2 * time.Hour) },
				"killed":  func() { h.KillTokens() },
				"by a new secret": func() {
					h.secret += "2"
					if err := h.SetSecretKey(accessKey, h.secret); err != nil {
						t.Error(err)
					}
				},
				"by a fault": func() { h.faults.Add(faultOnce(GetApplicationAuthorization, FaultTokenExpired)) },
			}
			for way, end := range ways {
				token := h.token()
				if a := h.info(token, org, portal); a.code("code") != 0 {
					t.Fatalf("%s: before: %s", way, a.Text)
				}
				end()
				for range 2 {
					a := h.info(token, org, portal)
					if a.Status != want.status || a.code(want.key) != want.code {
						t.Errorf("%s: got %d %s, want %+v", way, a.Status, a.Text, want)
					}
					if want.code == 1203 && !strings.Contains(a.Text, message) {
						t.Errorf("%s: no message in %s", way, a.Text)
					}
				}
				if a := h.info(h.token(), org, portal); a.code("code") != 0 {
					t.Errorf("%s: a new token: %s", way, a.Text)
				}
			}
			h.wantNoViolation()
		})
	}
}

func TestSkew(t *testing.T) {
	t.Parallel()
	for position, want := range map[string]int{"": 200, Ignored: 200, Checked: 401} {
		t.Run(position, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t, Switches{Skew: position})
			token := h.token()
			for _, off := range []time.Duration{-6 * time.Minute, 6 * time.Minute} {
				r := h.signed(token, http.MethodGet, AuthorizationInfoPath, infoQuery, "")
				h.sign(r, strconv.FormatInt(h.now().Add(off).UnixMilli(), 10))
				if a := h.do(r); a.Status != want {
					t.Errorf("%s off: got %d %s, want %d", off, a.Status, a.Text, want)
				}
			}
		})
	}
}

func TestReplay(t *testing.T) {
	t.Parallel()
	for position, want := range map[string]int{"": 200, Accepted: 200, Rejected: 401} {
		t.Run(position, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t, Switches{Replay: position})
			r := h.signed(h.token(), http.MethodGet, AuthorizationInfoPath, infoQuery, "")
			if a := h.do(r); a.Status != http.StatusOK {
				t.Errorf("first: %d %s", a.Status, a.Text)
			}
			if a := h.do(r); a.Status != want {
				t.Errorf("second: got %d %s, want %d", a.Status, a.Text, want)
			}
		})
	}
}

func TestRateLimit(t *testing.T) {
	t.Parallel()
	for position, header := range map[string]string{"": "18", RetryAfterSent: "18", RetryAfterAbsent: ""} {
		t.Run(position, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t, Switches{RateLimit: Rate60, RetryAfter: position})
			h.advance(22 * time.Second) // the clock starts 20 seconds into a minute
			token := h.token()
			for i := range 60 {
				if a := h.info(token, org, portal); a.Status != http.StatusOK {
					t.Fatalf("call %d: %d %s", i, a.Status, a.Text)
				}
			}
			a := h.info(token, org, portal)
			if a.Status != http.StatusTooManyRequests || a.Text != `{"message":"API rate limit exceeded"}` || a.Header.Get("Retry-After") != header {
				t.Errorf("call 61: %d %s, Retry-After %q", a.Status, a.Text, a.Header.Get("Retry-After"))
			}
			h.advance(18 * time.Second)
			if a := h.info(token, org, portal); a.Status != http.StatusOK || a.Header.Get("X-RateLimit-Remaining-Minute") != "59" {
				t.Errorf("the next minute: %d %v", a.Status, a.Header)
			}
		})
	}
}

func TestRequestShape(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		make      func(h *harness, token string) *http.Request
		status    int
		violation string
	}{
		"unknown query parameter": {
			make: func(h *harness, token string) *http.Request {
				return h.signed(token, http.MethodGet, AuthorizationInfoPath, url.Values{"orgId": {org}, "appId": {portal}, "pageNo": {"0"}}, "")
			},
			status: 200, violation: `unknown query parameter "pageNo"`,
		},
		"parameter twice": {
			make: func(h *harness, token string) *http.Request {
				return h.signed(token, http.MethodGet, AuthorizationInfoPath, url.Values{"orgId": {org, "o2"}, "appId": {portal}}, "")
			},
			status: 200, violation: `query parameter "orgId" stands 2 times`,
		},
		"Authorization header": {
			make: func(h *harness, token string) *http.Request {
				r := h.signed(token, http.MethodGet, AuthorizationInfoPath, infoQuery, "")
				r.Header.Set("Authorization", "Bearer x")
				return r
			},
			status: 200, violation: "Authorization header",
		},
		"GET with a body": {
			make: func(h *harness, token string) *http.Request {
				return h.signed(token, http.MethodGet, AuthorizationInfoPath, infoQuery, "{}")
			},
			status: 200, violation: "a GET with a body",
		},
		"body too large": {
			make: func(h *harness, token string) *http.Request {
				return h.signed(token, http.MethodPost, AuthorizationSetPath, url.Values{"orgId": {org}}, strings.Repeat(" ", 1<<20)+"{}")
			},
			status: http.StatusRequestEntityTooLarge, violation: "a body of 1048578 bytes",
		},
		"no JSON content type": {
			make: func(h *harness, token string) *http.Request {
				r := h.signed(token, http.MethodPost, AuthorizationSetPath, url.Values{"orgId": {org}}, `{"appId":"x","dataAuthorizeType":[]}`)
				r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				return r
			},
			status: http.StatusBadRequest, violation: "content type",
		},
		"malformed body": {
			make: func(h *harness, token string) *http.Request {
				return h.signed(token, http.MethodPost, AuthorizationSetPath, url.Values{"orgId": {org}}, `{"appId"`)
			},
			status: http.StatusBadRequest, violation: "malformed body",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t, Switches{})
			if a := h.do(tc.make(h, h.token())); a.Status != tc.status {
				t.Errorf("got %d %s, want %d", a.Status, a.Text, tc.status)
			}
			h.wantViolation(tc.violation)
		})
	}
}
