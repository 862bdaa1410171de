// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"encoding/base64"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func (h *harness) login(fields map[string]any) answer {
	h.t.Helper()
	body := map[string]any{"client_id": clientID, "username": "local:admin", "password": password, "scope": "admin;configuration"}
	maps.Copy(body, fields)
	maps.DeleteFunc(body, func(_ string, value any) bool { return value == nil })
	h.token = ""
	return h.postJSON("/vedauth/authorize/oauth", body)
}

func (h *harness) usable(token string) bool {
	h.t.Helper()
	h.token = token
	return h.post("/vedsdk/oauth/getrole", "{}").Status == http.StatusOK
}

func TestPasswordLogin(t *testing.T) {
	t.Parallel()
	h := newHarness(t, Switches{})
	a := h.login(map[string]any{"state": "xyz"})
	if a.Status != http.StatusOK {
		t.Fatal(a)
	}
	access, refresh := a.text("access_token"), a.text("refresh_token")
	if raw, err := base64.StdEncoding.DecodeString(access); err != nil || len(raw) != 16 || refresh == "" || refresh == access {
		t.Errorf("tokens %q, %q", access, refresh)
	}
	delete(a.Body, "access_token")
	delete(a.Body, "refresh_token")
	want := map[string]any{
		"expires": float64(start.Unix() + 7776000), "expires_in": 7776000.0, "identity": adminID,
		"refresh_until": float64(start.Unix() + 31536000), "scope": "admin;configuration", "state": "xyz", "token_type": "Bearer",
	}
	if diff := cmp.Diff(want, a.Body); diff != "" {
		t.Error(diff)
	}
	if !h.usable(access) {
		t.Error("the token is not usable")
	}
	h.wantNoViolation()
}

func TestPasswordLoginNames(t *testing.T) {
	t.Parallel()
	h := newHarness(t, Switches{})
	for name, want := range map[string]string{"admin": adminID, "LOCAL:Admin": adminID, "alice": aliceID, "AD+corp:alice": aliceID} {
		if a := h.login(map[string]any{"username": name}); a.text("identity") != want {
			t.Errorf("%s: %s", name, a)
		}
	}
}

func TestPasswordLoginErrors(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		fields    map[string]any
		code      string
		violation string
	}{
		"unknown client":     {fields: map[string]any{"client_id": "other"}, code: "invalid_client"},
		"client id in case":  {fields: map[string]any{"client_id": "Terraform"}, code: "invalid_client"},
		"wrong password":     {fields: map[string]any{"password": "x"}, code: "invalid_grant"},
		"unknown user":       {fields: map[string]any{"username": "local:root"}, code: "invalid_grant"},
		"user of no login":   {fields: map[string]any{"username": "local:owner"}, code: "invalid_grant"},
		"disabled user":      {fields: map[string]any{"username": "local:disabled"}, code: "invalid_grant"},
		"scope too wide":     {fields: map[string]any{"scope": "admin;ssh"}, code: "invalid_scope"},
		"restriction":        {fields: map[string]any{"scope": "admin:delete"}, code: "invalid_scope"},
		"malformed scope":    {fields: map[string]any{"scope": "admin;;"}, code: "invalid_scope", violation: "is no scope"},
		"malformed restrict": {fields: map[string]any{"scope": "admin:,"}, code: "invalid_scope", violation: "is no restriction"},
		"no scope":           {fields: map[string]any{"scope": nil}, code: "invalid_request", violation: "no scope"},
		"no password":        {fields: map[string]any{"password": ""}, code: "invalid_request", violation: "no password"},
		"number":             {fields: map[string]any{"username": 7}, code: "invalid_request", violation: "username is no string"},
		"state a number":     {fields: map[string]any{"state": 7}, code: "invalid_request", violation: "state is no string"},
		"keys in wrong case": {fields: map[string]any{"client_id": nil, "Client_Id": clientID}, code: "invalid_request", violation: `unknown parameter "Client_Id"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t, Switches{})
			h.wantError(h.login(tc.fields), http.StatusBadRequest, tc.code)
			if tc.violation == "" {
				h.wantNoViolation()
			} else {
				h.wantViolation(tc.violation)
			}
			if h.LiveTokens() != 1 { // the harness's own
				t.Errorf("%d tokens", h.LiveTokens())
			}
		})
	}
}

func TestLoginScopes(t *testing.T) {
	t.Parallel()
	h := newHarness(t, Switches{})
	for _, scope := range []string{"admin", "configuration:manage", "certificate", "Certificate:Manage,Revoke;admin"} {
		if a := h.login(map[string]any{"scope": scope}); a.text("scope") != scope {
			t.Errorf("%s: %s", scope, a)
		}
	}
}

func TestLoginAnswerSwitches(t *testing.T) {
	t.Parallel()
	h := newHarness(t, Switches{ExpiresIn: Absent, RefreshToken: Absent})
	a := h.login(nil)
	for _, key := range []string{"expires_in", "refresh_token", "refresh_until"} {
		if _, ok := a.Body[key]; ok {
			t.Errorf("%s is there: %s", key, a)
		}
	}
	if a.number("expires") < 0 {
		t.Errorf("no expires: %s", a)
	}
	h.SetSwitches(Switches{Expires: Absent})
	a = h.login(nil)
	if _, ok := a.Body["expires"]; ok || a.number("expires_in") != 7776000 || a.text("refresh_token") == "" {
		t.Errorf("without expires: %s", a)
	}
}

func TestValidity(t *testing.T) {
	t.Parallel()
	minute, hour, forever := int64(60), int64(3600), int64(0)
	for name, tc := range map[string]struct {
		configuration Configuration
		application   Application
		expiresIn     int
		refreshFor    int64
	}{
		"of the configuration": {configuration: Configuration{AccessTokenValiditySeconds: &minute, GrantValiditySeconds: &hour}, expiresIn: 60, refreshFor: 3600},
		"of the application": {
			configuration: Configuration{AccessTokenValiditySeconds: &hour, GrantValiditySeconds: &hour},
			application:   Application{AccessValiditySeconds: &minute}, expiresIn: 60, refreshFor: 3600,
		},
		"for ever": {application: Application{AccessValiditySeconds: &forever, GrantValiditySeconds: &forever}, expiresIn: -1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t, Switches{})
			seed := h.Snapshot()
			seed.Configuration = tc.configuration
			seed.Applications[0].AccessValiditySeconds = tc.application.AccessValiditySeconds
			seed.Applications[0].GrantValiditySeconds = tc.application.GrantValiditySeconds
			if err := h.Restore(seed); err != nil {
				t.Fatal(err)
			}
			a := h.login(nil) // the password lived through the restore
			if a.number("expires_in") != tc.expiresIn {
				t.Errorf("expires_in: %s", a)
			}
			if tc.refreshFor > 0 && a.number("refresh_until") != int(start.Unix()+tc.refreshFor) {
				t.Errorf("refresh_until: %s", a)
			}
			token := a.text("access_token")
			h.advance(59 * time.Second)
			if !h.usable(token) {
				t.Error("dead after 59 seconds")
			}
			h.advance(time.Second)
			if alive := h.usable(token); alive != (tc.expiresIn < 0) {
				t.Errorf("alive after a minute: %t", alive)
			}
			if tc.expiresIn < 0 {
				h.advance(10000 * time.Hour)
				if !h.usable(token) {
					t.Error("dead after 10,000 hours")
				}
			}
		})
	}
}

func TestRenewable(t *testing.T) {
	t.Parallel()
	h := newHarness(t, Switches{})
	no := false
	seed := h.Snapshot()
	seed.Applications[0].Renewable = &no
	if err := h.Restore(seed); err != nil {
		t.Fatal(err)
	}
	if a := h.login(nil); a.text("access_token") == "" || a.text("refresh_token") != "" {
		t.Error(a)
	}
}

func (h *harness) refreshCall(client, token string) answer {
	h.t.Helper()
	h.token = ""
	return h.postJSON("/vedauth/authorize/token", map[string]any{"client_id": client, "refresh_token": token})
}

func TestRefresh(t *testing.T) {
	t.Parallel()
	h := newHarness(t, Switches{})
	first := h.login(nil)
	h.advance(time.Hour)
	second := h.refreshCall(clientID, first.text("refresh_token"))
	if second.Status != http.StatusOK || second.text("identity") != "" || second.text("refresh_token") == first.text("refresh_token") ||
		second.text("access_token") == first.text("access_token") {
		t.Fatal(second)
	}
	if second.number("refresh_until") != first.number("refresh_until") || second.number("expires") != first.number("expires")+3600 {
		t.Errorf("refresh_until slides or expires doesn't: %s, then %s", first, second)
	}
	if h.usable(first.text("access_token")) || !h.usable(second.text("access_token")) {
		t.Error("the old token is alive, or the new one is not")
	}
	again := h.refreshCall(clientID, first.text("refresh_token"))
	h.wantError(again, http.StatusBadRequest, "invalid_grant")
	if again.text("error_description") != "Grant has been revoked, has expired, or the refresh token is invalid" {
		t.Error(again)
	}
	h.wantError(h.refreshCall("AppA", second.text("refresh_token")), http.StatusBadRequest, "invalid_client")
	h.wantError(h.refreshCall(clientID, "unknown"), http.StatusBadRequest, "invalid_grant")
	h.wantError(h.refreshCall(clientID, ""), http.StatusBadRequest, "invalid_request")
	h.advance(31536000 * time.Second)
	h.wantError(h.refreshCall(clientID, second.text("refresh_token")), http.StatusBadRequest, "invalid_grant")
}

func TestVerify(t *testing.T) {
	t.Parallel()
	h := newHarness(t, Switches{})
	token := h.login(nil).text("access_token")
	h.token = token
	a := h.getPath("/vedauth/authorize/verify")
	for key, want := range map[string]any{
		"application": clientID, "identity": adminID, "scope": "admin;configuration", "valid_for": 7776000.0,
		"access_issued_on": "/Date(1700000000000)/", "access_issued_on_ISO8601": "2023-11-14T22:13:20Z", "access_issued_on_unix_time": 1700000000.0,
		"grant_issued_on_unix_time": 1700000000.0, "expires_unix_time": 1731536000.0,
	} {
		if a.Body[key] != want {
			t.Errorf("%s: %v, want %v", key, a.Body[key], want)
		}
	}
	h.advance(7776000 * time.Second)
	h.wantError(h.getPath("/vedauth/authorize/verify"), http.StatusUnauthorized, "invalid_token")
	h.token = "unknown"
	h.wantError(h.getPath("/vedauth/authorize/verify"), http.StatusUnauthorized, "invalid_token")
}

func TestRevokeToken(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		position, scope string
		status          int
	}{
		{"", "admin", 200},
		{ScopeAny, "admin", 200},
		{ScopeConfigurationManage, "admin;configuration", 202},
		{ScopeConfigurationManage, "configuration:manage", 200},
	} {
		t.Run(tc.position+" "+tc.scope, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t, Switches{RevokeScope: tc.position})
			login := h.login(map[string]any{"scope": tc.scope})
			h.token = login.text("access_token")
			for _, want := range []int{tc.status, 202} { // a second time there is nothing to revoke
				if a := h.getPath("/vedauth/revoke/token"); a.Status != want || a.Text != "" {
					t.Errorf("got %s, want %d", a, want)
				}
			}
			if tc.status == 200 {
				h.wantError(h.refreshCall(clientID, login.text("refresh_token")), http.StatusBadRequest, "invalid_grant")
			}
		})
	}
	h := newHarness(t, Switches{})
	h.token = ""
	if a := h.getPath("/vedauth/revoke/token"); a.Status != http.StatusAccepted {
		t.Error(a)
	}
	h.wantViolation("no bearer token")
}

func TestIsAuthServer(t *testing.T) {
	t.Parallel()
	h := newHarness(t, Switches{})
	h.token = ""
	if a := h.getPath("/vedauth/authorize/isAuthServer"); a.Status != http.StatusAccepted || !strings.Contains(a.Reason, "Venafi Authentication Server") {
		t.Error(a)
	}
}
