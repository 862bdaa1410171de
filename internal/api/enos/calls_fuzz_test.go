// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package enos

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/rest"
)

// alwaysAnswer starts a gateway that answers one path, or all but the token's, with what it is
// told, and gives clients of it.
func alwaysAnswer(f *testing.F) func(t *testing.T, token bool, status int, body []byte) *Client {
	f.Helper()
	type said struct {
		token  bool
		status int
		body   []byte
	}
	var current atomic.Pointer[said]
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Connection", "close") // each input has a client of its own, whose connections nobody else closes
		say := current.Load()
		if !say.token && strings.HasPrefix(r.URL.Path, "/apim-token-service/") {
			_, _ = io.WriteString(w, `{"status":0,"data":{"accessToken":"a-token-of-mine","expire":7200}}`)
			return
		}
		w.WriteHeader(say.status)
		_, _ = w.Write(say.body)
	}))
	f.Cleanup(server.Close)
	return func(t *testing.T, token bool, status int, body []byte) *Client {
		t.Helper()
		current.Store(&said{token, 200 + max(status, -status)%400, body})
		c, err := New(Config{GatewayURL: server.URL, AccessKey: "access-key-of-mine", SecretKey: "secret-key-of-mine", Rest: rest.Config{RetryWaitMin: 1}})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
}

// checkError wants what a person can read in one go: valid text, in one line, of bounded length.
func checkError(t *testing.T, err error) {
	t.Helper()
	if text := err.Error(); text == "" || !utf8.ValidString(text) || strings.ContainsAny(text, "\n\r\x00\x1b") || len(text) > 5000 {
		t.Fatalf("%T %.200q", err, text)
	}
}

var envelopes = []string{
	`{"code":0,"message":"OK","data":{"dataAuthorizeType":["ROLE","USER_OP"]}}`, `{"code":0,"data":{"nameJson":{"default":"x"},"createdType":2}}`,
	`{"code":0,"data":{"nameJson":"{\"default\":\"x\"}","displayName":7,"createdType":"1"}}`, `{"status":0,"msg":"SUCCESS","data":{"accessToken":"t","expire":7200}}`,
	`{"status":0,"data":{"accessToken":"t","expire":"-1"}}`, `{"status":0,"data":{"accessToken":"t","expire":9e18}}`, `{"status":0,"data":{"accessToken":""}}`,
	`{"status":1001,"msg":"repeated"}`, `{"code":"31400","msg":"x"}`, `{"code":31404}`, `{"apim_status":4011}`, `{"code":0,"data":true}`, `{"code":0,"data":false}`,
	`{"code":0,"data":null}`, `{"code":0,"data":[]}`, `null`, ``, `<h1>x</h1>`, "{\"code\":0,\"data\":{\"nameJson\":\"\xff\"}}", `{"code":0,"data":{"nameJson":{"a":null,"b":"x"}}}`,
}

// FuzzToken: a token that is taken is not empty, and ends in time or not at all.
func FuzzToken(f *testing.F) {
	for _, seed := range envelopes {
		f.Add(0, []byte(seed))
		f.Add(203, []byte(seed))
	}
	client := alwaysAnswer(f)
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		c := client(t, true, status, body)
		before := time.Now()
		token, err := c.askToken(t.Context())
		if err != nil {
			checkError(t, err)
			return
		}
		life := token.Expiry.Sub(before)
		if token.AccessToken == "" || !utf8.ValidString(token.AccessToken) || !token.Expiry.IsZero() && (life <= 0 || life > maxTokenLife+time.Minute) {
			t.Fatalf("%q gave a token that lives %s", body, life)
		}
	})
}

// FuzzCalls: what is read of an application is fit for a state, a write succeeds only where the
// answer says so, and errors are fit to print.
func FuzzCalls(f *testing.F) {
	for _, seed := range envelopes {
		f.Add(0, []byte(seed))
		f.Add(200, []byte(seed))
	}
	client := alwaysAnswer(f)
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		c := client(t, false, status, body)
		app, err := c.App(ctx, "o1", "app")
		if err != nil {
			checkError(t, err)
		} else if !utf8.ValidString(app.Name) || status%400 > 99 || status%400 < -99 {
			t.Fatalf("%d %q gave %+v", status, body, app)
		}
		types, err := c.AppAuthorization(ctx, "o1", "app")
		if err != nil {
			checkError(t, err)
		} else if !slices.IsSorted(types) || slices.Contains(types, "") || !utf8.ValidString(strings.Join(types, "")) {
			t.Fatalf("%q gave %q", body, types)
		}
		if err := c.SetAppAuthorization(ctx, "o1", "app", []string{"USER"}); err != nil {
			checkError(t, err)
		} else {
			t.Fatalf("%q is true, and a list of USER at the same time", body)
		}
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			t.Fatalf("%q takes ten seconds", body)
		}
	})
}

// FuzzNumber: what is no whole number is absent, and what is one keeps its value.
func FuzzNumber(f *testing.F) {
	for _, seed := range []string{`7`, `"7"`, `1e3`, `"-0"`, `1.5`, `9223372036854775807`, `92233720368547758080`, `-9.3e18`, `"x"`, `null`, `true`, `""`, `" 7 "`, `1e400`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var n rest.Number
		if !json.Valid(b) {
			return
		}
		if err := json.Unmarshal(b, &n); err != nil {
			t.Fatal(err)
		}
		v, ok := n.Int()
		var exact int64
		if json.Unmarshal(b, &exact) == nil && strings.TrimSpace(string(b)) != "null" && (!ok || v != exact) {
			t.Fatalf("%s became %d, %v", b, v, ok)
		}
		var again rest.Number
		if err := json.Unmarshal([]byte(`"`+string(n)+`"`), &again); err != nil || again != n || ok != (n != "") {
			t.Fatalf("%s became %q, then %q, %v", b, n, again, err)
		}
	})
}
