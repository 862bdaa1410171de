// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package enos

import (
	"fmt"
	"net/http"
	"regexp"
	"testing"
	"time"
)

func TestTokenGet(t *testing.T) {
	t.Parallel()
	h := newHarness(t, Switches{})
	a := h.get()
	if a.Status != http.StatusOK || a.code("status") != 0 || a.Body["msg"] != "SUCCESS" || a.Body["business"] != "apim-token-service" {
		t.Fatalf("got %d %s", a.Status, a.Text)
	}
	if token, _ := a.data()["accessToken"].(string); !regexp.MustCompile(`^[0-9a-f]{64}$`).MatchString(token) {
		t.Errorf("token %q", token)
	}
	if a.data()["expire"] != 7200.0 {
		t.Errorf("expire %v", a.data()["expire"])
	}
	h.wantNoViolation()
}

func TestTokenTimestampNumberOrString(t *testing.T) {
	t.Parallel()
	h := newHarness(t, Switches{})
	for _, timestamp := range []string{"1700000000001", `"1700000000002"`} {
		digits := regexp.MustCompile(`\d+`).FindString(timestamp)
		body := fmt.Sprintf(`{"appKey":%q,"encryption":%q,"timestamp":%s}`, accessKey, Encryption(accessKey, digits, secretKey), timestamp)
		if a := h.do(h.request(http.MethodPost, TokenGetPath, body)); a.code("status") != 0 {
			t.Errorf("timestamp %s: %s", timestamp, a.Text)
		}
	}
	h.wantNoViolation()
}

func TestTokenIsShared(t *testing.T) {
	t.Parallel()
	for position, want := range map[string]float64{"": 7199, ExpireRemaining: 7199, ExpireFull: 7200} {
		t.Run(position, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t, Switches{Expire: position})
			first := h.token()
			h.advance(time.Second)
			again := h.get()
			if again.data()["accessToken"] != first || again.data()["expire"] != want {
				t.Errorf("got %s, want the first token and expire %v", again.Text, want)
			}
			h.advance(2 * time.Hour)
			if h.token() == first {
				t.Error("an expired token was handed out again")
			}
			if h.TokensIssued() != 2 {
				t.Errorf("%d tokens issued", h.TokensIssued())
			}
		})
	}
}

func TestTokenErrors(t *testing.T) {
	t.Parallel()
	encryption := Encryption(accessKey, "1700000000001", secretKey)
	body := func(key, encryption, timestamp string) string {
		return fmt.Sprintf(`{"appKey":%s,"encryption":%s,"timestamp":%s}`, key, encryption, timestamp)
	}
	quoted := `"` + accessKey + `"`
	for name, tc := range map[string]struct {
		body      string
		status    string
		want      int
		http      int
		violation string
	}{
		"no appKey":           {body: `{"encryption":"x","timestamp":"1700000000001"}`, want: 1202, violation: "appKey is empty"},
		"null appKey":         {body: body("null", `"x"`, "1700000000001"), want: 1202, violation: "appKey is empty"},
		"empty encryption":    {body: body(quoted, `""`, "1700000000001"), want: 1202, violation: "encryption is empty"},
		"empty timestamp":     {body: body(quoted, `"x"`, `""`), want: 1202, violation: "timestamp is empty"},
		"appKey a number":     {body: body("1", `"x"`, "1700000000001"), want: 1004, violation: "appKey has the wrong JSON type"},
		"timestamp a text":    {body: body(quoted, `"x"`, `"now"`), want: 1004, violation: "no decimal number"},
		"timestamp a float":   {body: body(quoted, `"x"`, `1.7e12`), want: 1004, violation: "no decimal number"},
		"timestamp negative":  {body: body(quoted, `"x"`, `-1`), want: 1004, violation: "no decimal number"},
		"no JSON":             {body: `appKey=1`, want: 1004, violation: "malformed body"},
		"null":                {body: `null`, want: 1004, violation: "malformed body"},
		"a key twice":         {body: `{"appKey":"a","appKey":"b"}`, want: 1004, violation: "stands twice"},
		"keys in wrong case":  {body: `{"appkey":"a","encryption":"x","timestamp":"1700000000001"}`, want: 1202, violation: `unknown body field "appkey"`},
		"unknown appKey":      {body: body(`"nobody"`, `"x"`, "1700000000001"), want: 1002},
		"unknown appKey, 401": {body: body(`"nobody"`, `"x"`, "1700000000001"), status: StatusUnauthorized, want: 1002, http: 401},
		"wrong secret":        {body: body(quoted, `"x"`, "1700000000001"), want: 1003},
		"wrong secret, 401":   {body: body(quoted, `"x"`, "1700000000001"), status: StatusUnauthorized, want: 1003, http: 401},
		"1004 stays 200":      {body: `[]`, status: StatusUnauthorized, want: 1004, violation: "malformed body"},
		"upper-case hex":      {body: body(quoted, `"`+regexp.MustCompile("[a-f]").ReplaceAllString(encryption, "A")+`"`, "1700000000001"), want: 1003},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t, Switches{TokenErrorStatus: tc.status})
			a := h.do(h.request(http.MethodPost, TokenGetPath, tc.body))
			if tc.http == 0 {
				tc.http = http.StatusOK
			}
			if a.Status != tc.http || a.code("status") != tc.want || a.Body["data"] != nil {
				t.Errorf("got %d %s, want %d and %d", a.Status, a.Text, tc.http, tc.want)
			}
			if tc.violation == "" {
				h.wantNoViolation()
			} else {
				h.wantViolation(tc.violation)
			}
		})
	}
}

func TestTokenDuplicateEncryption(t *testing.T) {
	t.Parallel()
	h := newHarness(t, Switches{})
	body := h.tokenBody("1700000009999")
	for i, want := range []int{0, 1001, 1001} {
		if a := h.do(h.request(http.MethodPost, TokenGetPath, body)); a.code("status") != want {
			t.Errorf("request %d: got %s, want %d", i, a.Text, want)
		}
	}
	if a := h.get(); a.code("status") != 0 {
		t.Errorf("a new timestamp: %s", a.Text)
	}
}

func TestTokenEnvelopeAndCodeType(t *testing.T) {
	t.Parallel()
	h := newHarness(t, Switches{TokenEnvelope: EnvelopeCode, CodeType: CodeString})
	if a := h.get(); a.Body["code"] != "0" || a.Body["status"] != nil {
		t.Errorf("got %s", a.Text)
	}
	h.secret = "wrong"
	if a := h.get(); a.Body["code"] != "1003" {
		t.Errorf("got %s", a.Text)
	}
}

func TestTokenSkew(t *testing.T) {
	t.Parallel()
	for position, want := range map[string]int{"": 0, Ignored: 0, Checked: 1004} {
		t.Run(position, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t, Switches{Skew: position})
			for _, timestamp := range []string{"1600000000001", "1700000301000"} {
				if a := h.do(h.request(http.MethodPost, TokenGetPath, h.tokenBody(timestamp))); a.code("status") != want {
					t.Errorf("%s: got %s, want %d", timestamp, a.Text, want)
				}
			}
			if a := h.do(h.request(http.MethodPost, TokenGetPath, h.tokenBody("1700000299000"))); a.code("status") != 0 {
				t.Errorf("inside the tolerance: %s", a.Text)
			}
		})
	}
}

func TestTokenRequestShape(t *testing.T) {
	t.Parallel()
	h := newHarness(t, Switches{})
	r := h.request(http.MethodPost, TokenGetPath, h.tokenBody(h.timestamp(), `"extra":1`))
	if a := h.do(r); a.code("status") != 0 {
		t.Errorf("an unknown field was refused: %s", a.Text)
	}
	h.wantViolation(`unknown body field "extra"`)

	r = h.request(http.MethodPost, TokenGetPath, h.tokenBody(h.timestamp()))
	r.Header.Set("Content-Type", "text/plain")
	if a := h.do(r); a.code("status") != 1004 {
		t.Errorf("text/plain: %s", a.Text)
	}
	h.wantViolation("content type")

	r = h.request(http.MethodPost, TokenGetPath+"?a=b", h.tokenBody(h.timestamp()))
	r.Header.Set("apim-signature", "x")
	h.do(r)
	h.wantViolation("header apim-signature")
	h.wantViolation("token call with a query")

	if a := h.do(h.request(http.MethodGet, TokenGetPath, "")); a.Status != http.StatusNotFound {
		t.Errorf("GET: %d", a.Status)
	}
	h.wantViolation("no operation is GET")
}

func (h *harness) refresh(token string) answer {
	h.t.Helper()
	return h.do(h.request(http.MethodPost, TokenRefreshPath, h.tokenBody(h.timestamp(), fmt.Sprintf(`"accessToken":%q`, token))))
}

func TestTokenRefresh(t *testing.T) {
	t.Parallel()
	for position, alive := range map[string]bool{"": true, TokenLives: true, TokenDies: false} {
		t.Run(position, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t, Switches{RefreshedToken: position})
			old := h.token()
			a := h.refresh(old)
			fresh, _ := a.data()["accessToken"].(string)
			if a.code("status") != 0 || fresh == "" || fresh == old || a.data()["expire"] != 7200.0 {
				t.Fatalf("got %s", a.Text)
			}
			if got := h.info(old, org, portal).code("code") == 0; got != alive {
				t.Errorf("the old token is alive: %t", got)
			}
			if a := h.info(fresh, org, portal); a.code("code") != 0 {
				t.Errorf("the new token: %s", a.Text)
			}
			if h.token() != fresh {
				t.Error("get does not hand out the refreshed token")
			}
		})
	}
}

func TestTokenRefreshErrors(t *testing.T) {
	t.Parallel()
	for position, want := range map[string]int{"": 1204, RefreshFailed: 1204, RefreshTooLate: 1203} {
		t.Run(position, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t, Switches{RefreshExpired: position})
			old := h.token()
			h.advance(2 * time.Hour)
			if a := h.refresh(old); a.code("status") != want {
				t.Errorf("expired: got %s, want %d", a.Text, want)
			}
			if a := h.refresh("unknown"); a.code("status") != 1204 {
				t.Errorf("unknown: got %s", a.Text)
			}
			if a := h.refresh(""); a.code("status") != 1202 {
				t.Errorf("empty: got %s", a.Text)
			}
			old = h.token()
			h.account, h.secret = lowly, "lowly-secret"
			if a := h.refresh(old); a.code("status") != 1204 {
				t.Errorf("another account's: got %s", a.Text)
			}
		})
	}
}

func TestTokenValidityOfSeed(t *testing.T) {
	t.Parallel()
	h := newHarness(t, Switches{})
	seed := h.Snapshot()
	seed.TokenValiditySeconds = 5
	if err := h.Restore(seed); err != nil {
		t.Fatal(err)
	}
	token := h.token() // the secret key lived through the restore
	if a := h.info(token, org, portal); a.code("code") != 0 {
		t.Errorf("fresh: %s", a.Text)
	}
	h.advance(5 * time.Second)
	if a := h.info(token, org, portal); a.code("status") != 1203 {
		t.Errorf("after five seconds: %s", a.Text)
	}
}
