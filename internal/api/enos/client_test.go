// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package enos

import (
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/rest"
	mock "github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/enos"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

const (
	accessKey = "11111111-2222-3333-4444-555555555555"
	secretKey = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"
	org       = "o15000000000001"
	portalApp = "66666666-7777-8888-9999-000000000000"
	shortcut  = "77777777-7777-8888-9999-000000000000"
)

type service struct {
	*mock.Backend
	recorder *wire.Recorder
	faults   *wire.Faults
	url      string
}

// start runs a mock service. The test fails when the client has sent what a correct client doesn't.
func start(t *testing.T, switches mock.Switches) *service {
	t.Helper()
	s := &service{recorder: &wire.Recorder{}, faults: &wire.Faults{}}
	s.Backend = mock.New(wire.Service{Recorder: s.recorder, Faults: s.faults}, mock.Seed{
		ServiceAccounts: []mock.ServiceAccount{{AccessKey: accessKey, SecretKey: secretKey, MayRead: true, MayAuthorize: true}},
		Organizations: []mock.Organization{{ID: org, Applications: []mock.Application{
			{AccessKey: portalApp, Name: "Portal", CreatedType: mock.Own, DataAuthorizeTypes: []string{"USER", "ROLE"}},
			{AccessKey: shortcut, Name: "Link", CreatedType: mock.Shortcut},
		}}},
	}, switches)
	server := httptest.NewServer(s.Backend)
	t.Cleanup(func() {
		server.Close()
		for _, violation := range s.recorder.Violations() {
			t.Errorf("violation: %s", violation)
		}
	})
	s.url = server.URL
	return s
}

func (s *service) client(t *testing.T) *Client {
	t.Helper()
	c, err := New(Config{
		Rest:       rest.Config{MaxRetries: 5, RetryWaitMin: time.Millisecond, RequestTimeout: 5 * time.Second},
		GatewayURL: s.url, AccessKey: accessKey, SecretKey: secretKey,
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (s *service) want(t *testing.T, types ...string) {
	t.Helper()
	got, _ := s.Authorization(org, portalApp)
	if diff := cmp.Diff(normalize(types), normalize(got)); diff != "" {
		t.Errorf("types on the service (-want +got):\n%s", diff)
	}
}

func TestNewChecksTheConfiguration(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, want string
		change     func(*Config)
	}{
		{"no gateway", "gateway_url", func(c *Config) { c.GatewayURL = "" }},
		{"no access key", "access_key", func(c *Config) { c.AccessKey = "" }},
		{"no secret key", "secret_key", func(c *Config) { c.SecretKey = "" }},
		{"plain http", "gateway_url", func(c *Config) { c.GatewayURL = "http://gateway.example.com" }},
		{"bad CA", "certificate", func(c *Config) { c.Rest.CACertificate = "nonsense" }},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			config := Config{GatewayURL: "https://gateway.example.com", AccessKey: "a", SecretKey: "s"}
			if _, err := New(config); err != nil {
				t.Fatal(err)
			}
			test.change(&config)
			if _, err := New(config); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want an error about %s", err, test.want)
			}
		})
	}
}

func TestAuthorizationLifecycleUnderEverySwitch(t *testing.T) {
	t.Parallel()
	for name, switches := range map[string]mock.Switches{
		"default":              {},
		"full expire":          {Expire: mock.ExpireFull},
		"token code":           {TokenEnvelope: mock.EnvelopeCode},
		"null":                 {EmptyList: mock.EmptyNull},
		"absent":               {EmptyList: mock.EmptyAbsent},
		"stored order":         {Order: mock.OrderStored},
		"duplicates":           {Duplicates: mock.DuplicatesTwice},
		"lower case":           {ListedCase: mock.ListedLower, Case: mock.CaseInsensitive},
		"refused missing key":  {MissingKey: mock.MissingRefused},
		"settling once":        {Settling: mock.SettlingOnce},
		"settling three times": {Settling: mock.SettlingThreeTimes},
		"string codes":         {CodeType: mock.CodeString},
		"empty message":        {SuccessMessage: mock.MessageEmpty},
		"request id":           {RequestID: mock.RequestIDSent},
		"skew and replay":      {Skew: mock.Checked, Replay: mock.Rejected},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, switches)
			c := s.client(t)
			ctx := t.Context()
			for _, types := range [][]string{{"USER_OP", "ASSET", "ASSET"}, {}, {"USER", "ROLE"}, nil} {
				if err := c.SetAppAuthorization(ctx, org, portalApp, types); err != nil {
					t.Fatal(err)
				}
				s.want(t, types...)
				got, err := c.AppAuthorization(ctx, org, portalApp)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(normalize(types), got); diff != "" {
					t.Errorf("listed (-want +got):\n%s", diff)
				}
			}
			if got := s.recorder.Count(mock.GetAccessToken); got != 1 {
				t.Errorf("%d token calls, want 1", got)
			}
		})
	}
}

func TestUnknownTypesAreKept(t *testing.T) {
	t.Parallel()
	s := start(t, mock.Switches{})
	if err := s.SetAuthorization(org, portalApp, "user", "Report_View", "USER", "ASSET_OP"); err != nil {
		t.Fatal(err)
	}
	got, err := s.client(t).AppAuthorization(t.Context(), org, portalApp)
	if diff := cmp.Diff([]string{"ASSET_OP", "Report_View", "USER"}, got); err != nil || diff != "" {
		t.Errorf("%v, listed (-want +got):\n%s", err, diff)
	}
}

func TestReadsAreSharedUntilAWrite(t *testing.T) {
	t.Parallel()
	s := start(t, mock.Switches{})
	c := s.client(t)
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			got, err := c.AppAuthorization(t.Context(), org, portalApp)
			if diff := cmp.Diff([]string{"ROLE", "USER"}, got); err != nil || diff != "" {
				t.Errorf("%v, listed (-want +got):\n%s", err, diff)
			}
			if app, err := c.App(t.Context(), org, portalApp); err != nil || app != (App{Name: "Portal", CreatedType: Own}) {
				t.Errorf("got %v, %v", app, err)
			}
			got[0] = "changed by the caller"
		})
	}
	wg.Wait()
	if got := s.recorder.Counts(); got[mock.GetAccessToken] != 1 || got[mock.GetApplicationAuthorization] != 1 || got[mock.GetApplicationInformation] != 1 {
		t.Errorf("calls: %v", got)
	}
	if err := c.SetAppAuthorization(t.Context(), org, portalApp, []string{"ASSET"}); err != nil {
		t.Fatal(err)
	}
	got, err := c.AppAuthorization(t.Context(), org, portalApp)
	if diff := cmp.Diff([]string{"ASSET"}, got); err != nil || diff != "" {
		t.Errorf("%v, listed (-want +got):\n%s", err, diff)
	}
	// One set; its read back; and the read after it, which doesn't trust what was read while the
	// write held its lock.
	if got := s.recorder.Count(mock.UpdateApplicationAuthorization); got != 1 {
		t.Errorf("%d sets, want 1", got)
	}
	if got := s.recorder.Count(mock.GetApplicationAuthorization); got > 3 {
		t.Errorf("%d reads, want at most 3", got)
	}
}

func TestTokenIsReplacedOnceWhenRefused(t *testing.T) {
	t.Parallel()
	for _, refusal := range []string{mock.ExpiredStatus, mock.ExpiredUnauthorized, mock.ExpiredCode, mock.ExpiredShort, mock.ExpiredRefresh} {
		t.Run(refusal, func(t *testing.T) {
			t.Parallel()
			s := start(t, mock.Switches{ExpiredToken: refusal, Expire: mock.ExpireFull})
			c := s.client(t)
			if _, err := c.App(t.Context(), org, portalApp); err != nil {
				t.Fatal(err)
			}
			s.KillTokens()
			if err := c.SetAppAuthorization(t.Context(), org, portalApp, []string{"ASSET"}); err != nil {
				t.Fatal(err)
			}
			s.want(t, "ASSET")
			if got := s.recorder.Count(mock.GetAccessToken); got != 2 {
				t.Errorf("%d token calls, want 2", got)
			}
			if got := s.recorder.Count(mock.UpdateApplicationAuthorization); got != 2 {
				t.Errorf("%d sets, want 2", got)
			}

			// Other requests in flight may use up tokens: as long as there is another one, the call
			// goes on.
			s.recorder.Reset()
			s.faults.Add(wire.Fault{Operation: mock.UpdateApplicationAuthorization, Kind: mock.FaultTokenExpired, Times: 4})
			if err := c.SetAppAuthorization(t.Context(), org, portalApp, []string{"ROLE"}); err != nil {
				t.Error(err)
			}
			s.want(t, "ROLE")

			// A service that refuses every token is given up in the end, and the error says what to
			// check.
			s.recorder.Reset()
			s.faults.Add(wire.Fault{Operation: mock.UpdateApplicationAuthorization, Kind: mock.FaultTokenExpired})
			err := c.SetAppAuthorization(t.Context(), org, portalApp, nil)
			for _, want := range []string{"access_key", "secret_key", "clock"} {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("got %v, want an error that names %s", err, want)
				}
			}
			if got := s.recorder.Count(mock.UpdateApplicationAuthorization); got < 3 || got > 30 {
				t.Errorf("%d sets, want a few", got)
			}
		})
	}
}

func TestManyCallersShareOneNewToken(t *testing.T) {
	t.Parallel()
	s := start(t, mock.Switches{})
	c := s.client(t)
	if _, err := c.App(t.Context(), org, portalApp); err != nil {
		t.Fatal(err)
	}
	s.KillTokens()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if err := c.call(t.Context(), rest.Request{
				Operation: "GetApplicationInformation", Path: portal + "/app/get",
				Query: map[string][]string{"orgId": {org}, "appId": {portalApp}}, Header: contentType, Decode: decode(new(struct{})),
			}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if got := s.recorder.Count(mock.GetAccessToken); got != 2 {
		t.Errorf("%d token calls, want 2", got)
	}
}

func TestWritesOfOneAppDoNotInterleave(t *testing.T) {
	t.Parallel()
	s := start(t, mock.Switches{})
	c := s.client(t)
	var wg sync.WaitGroup
	for _, types := range [][]string{{"USER"}, {"ASSET"}, {"ROLE"}, {}, {"USER_OP", "ROLE"}} {
		wg.Go(func() {
			if err := c.SetAppAuthorization(t.Context(), org, portalApp, types); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}
