// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package enos

import (
	"context"
	"errors"
	"net/http"
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

func TestTokenFailures(t *testing.T) {
	t.Parallel()
	t.Run("repeated encryption", func(t *testing.T) {
		t.Parallel()
		s := start(t, mock.Switches{})
		s.faults.Add(wire.Fault{Operation: mock.GetAccessToken, Kind: mock.FaultDuplicateEncryption, Times: 2})
		if _, err := s.client(t).App(t.Context(), org, portalApp); err != nil {
			t.Fatal(err)
		}
		stamps := map[string]bool{}
		for _, e := range s.recorder.All() {
			if e.Operation == mock.GetAccessToken {
				stamps[string(e.Body)] = true
			}
		}
		if len(stamps) != 3 {
			t.Errorf("%d different token requests, want 3", len(stamps))
		}
	})
	t.Run("always repeated", func(t *testing.T) {
		t.Parallel()
		s := start(t, mock.Switches{})
		s.faults.Add(wire.Fault{Operation: mock.GetAccessToken, Kind: mock.FaultDuplicateEncryption})
		_, err := s.client(t).App(t.Context(), org, portalApp)
		if codeOf(err) != "1001" || s.recorder.Count("") != tokenTries {
			t.Errorf("got %v after %d calls", err, s.recorder.Count(""))
		}
	})
	for _, status := range []string{mock.StatusOK, mock.StatusUnauthorized} {
		for name, change := range map[string]func(*Config){
			"1002": func(c *Config) { c.AccessKey = "00000000-0000-0000-0000-000000000000" },
			"1003": func(c *Config) { c.SecretKey = "wrong-secret" },
		} {
			t.Run(name+" with HTTP "+status, func(t *testing.T) {
				t.Parallel()
				s := start(t, mock.Switches{TokenErrorStatus: status})
				config := Config{Rest: rest.Config{MaxRetries: 3, RetryWaitMin: time.Millisecond}, GatewayURL: s.url, AccessKey: accessKey, SecretKey: secretKey}
				change(&config)
				c, err := New(config)
				if err != nil {
					t.Fatal(err)
				}
				_, err = c.App(t.Context(), org, portalApp)
				if codeOf(err) != name || !strings.Contains(err.Error(), "secret_key") {
					t.Errorf("got %v, want %s and what to check", err, name)
				}
				if strings.Contains(err.Error(), config.SecretKey) {
					t.Errorf("the error holds the secret: %v", err)
				}
				if got := s.recorder.Count(""); got != 1 {
					t.Errorf("%d calls, want 1", got)
				}
			})
		}
	}
	for _, fault := range []wire.FaultKind{mock.FaultTokenInternal, wire.ResetAfter, wire.Truncated, wire.Unavailable, wire.HTML, wire.Throttle} {
		t.Run(string(fault), func(t *testing.T) {
			t.Parallel()
			s := start(t, mock.Switches{})
			s.faults.Add(wire.Fault{Operation: mock.GetAccessToken, Kind: fault, Times: 2})
			if _, err := s.client(t).App(t.Context(), org, portalApp); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestFailuresArePassing(t *testing.T) {
	t.Parallel()
	for _, fault := range []wire.FaultKind{
		wire.Throttle, wire.ServerError, wire.Unavailable, wire.ResetBefore, wire.ResetAfter, wire.Truncated, wire.Half, wire.HTML,
		mock.FaultExhausted, mock.FaultInternal, mock.FaultTimeout, mock.FaultUnavailable,
	} {
		t.Run(string(fault), func(t *testing.T) {
			t.Parallel()
			s := start(t, mock.Switches{})
			c := s.client(t)
			s.faults.Add(wire.Fault{Operation: mock.UpdateApplicationAuthorization, Kind: fault, Times: 2})
			s.faults.Add(wire.Fault{Operation: mock.GetApplicationAuthorization, Kind: fault, Times: 2})
			if err := c.SetAppAuthorization(t.Context(), org, portalApp, []string{"ASSET", "USER_OP"}); err != nil {
				t.Fatal(err)
			}
			s.want(t, "ASSET", "USER_OP")
			if s.faults.Struck() != 4 {
				t.Errorf("%d faults, want 4", s.faults.Struck())
			}
		})
	}
}

func TestFailuresAreExplained(t *testing.T) {
	t.Parallel()
	missing := "99999999-7777-8888-9999-000000000000"
	for name, test := range map[string]struct {
		orgID, appID string
		prepare      func(*testing.T, *service)
		is           error
		want         []string
	}{
		"gone":      {org, missing, nil, ErrAppNotFound, []string{missing, org, "31404"}},
		"other org": {"o999", portalApp, nil, ErrAppNotFound, []string{"o999"}},
		"shortcut":  {org, shortcut, nil, ErrShortcut, []string{shortcut, "31400", "shortcut"}},
		"denied": {org, portalApp, func(t *testing.T, s *service) {
			if err := s.SetPermission(accessKey, false, false); err != nil {
				t.Fatal(err)
			}
		}, nil, []string{"31403", "system administrator must grant"}},
		"address not allowed": {org, portalApp, func(_ *testing.T, s *service) {
			s.faults.Add(wire.Fault{Operation: mock.GetApplicationAuthorization, Kind: mock.FaultForbidden})
			s.faults.Add(wire.Fault{Operation: mock.UpdateApplicationAuthorization, Kind: mock.FaultForbidden})
		}, nil, []string{"403", "IP address is not allowed", "API Authorization"}},
		"some other 31400": {org, portalApp, func(_ *testing.T, s *service) {
			answer := wire.Fault{Kind: wire.Status, Status: 200, Body: `{"code":"31400","msg":"The [x](1) is invalid","requestId":"r-1"}`}
			for _, answer.Operation = range []string{mock.GetApplicationAuthorization, mock.UpdateApplicationAuthorization} {
				s.faults.Add(answer)
			}
		}, nil, []string{"31400", "The [x](1) is invalid", "r-1", "org_id"}},
		"no code": {org, portalApp, func(_ *testing.T, s *service) {
			s.faults.Add(wire.Fault{Kind: wire.Status, Status: 200, Body: `{"data":null}`, After: 1})
		}, nil, []string{"without a result code", "gateway_url"}},
		"no object": {org, portalApp, func(_ *testing.T, s *service) {
			s.faults.Add(wire.Fault{Kind: wire.Status, Status: 200, Body: `[1]`, After: 1})
		}, nil, []string{"unexpected shape"}},
		"not found by the gateway": {org, portalApp, func(_ *testing.T, s *service) {
			s.faults.Add(wire.Fault{Kind: wire.Status, Status: 404, Body: `{"message":"no Route matched with those values"}`, After: 1})
		}, nil, []string{"404", "no Route matched", "gateway_url"}},
	} {
		for _, status := range []string{mock.StatusOK, mock.StatusMatching} {
			t.Run(name+" with HTTP "+status, func(t *testing.T) {
				t.Parallel()
				s := start(t, mock.Switches{BusinessStatus: status, FailureData: mock.FailureAbsent})
				if test.prepare != nil {
					test.prepare(t, s)
				}
				c := s.client(t)
				_, err := c.AppAuthorization(t.Context(), test.orgID, test.appID)
				for _, err := range []error{err, c.SetAppAuthorization(t.Context(), test.orgID, test.appID, []string{"USER"})} {
					if err == nil || test.is != nil && !errors.Is(err, test.is) {
						t.Fatalf("got %v, want %v", err, test.is)
					}
					for _, want := range test.want {
						if !strings.Contains(err.Error(), want) {
							t.Errorf("got %v, want %q in it", err, want)
						}
					}
					// The code alone would advise to check what is right.
					if name == "shortcut" && strings.Contains(err.Error(), "Check org_id") {
						t.Errorf("got %v", err)
					}
				}
				s.want(t, "USER", "ROLE")
			})
		}
	}
}

func TestSetThatDoesNotTake(t *testing.T) {
	t.Parallel()
	t.Run("data false", func(t *testing.T) {
		t.Parallel()
		for _, position := range []string{mock.SetDataFalse, mock.SetDataFalseApplied} {
			s := start(t, mock.Switches{SetData: position})
			c := s.client(t)
			if err := c.SetAppAuthorization(t.Context(), org, portalApp, []string{"ASSET"}); err == nil || !strings.Contains(err.Error(), "data is not true") {
				t.Errorf("%s: got %v", position, err)
			}
			// What was read before the write is not shown after it, whatever the service said of
			// it.
			actual, _ := s.Authorization(org, portalApp)
			got, err := c.AppAuthorization(t.Context(), org, portalApp)
			if diff := cmp.Diff(normalize(actual), got); err != nil || diff != "" {
				t.Errorf("%s: %v, listed (-want +got):\n%s", position, err, diff)
			}
		}
	})
	t.Run("settles too slowly", func(t *testing.T) {
		t.Parallel()
		s := start(t, mock.Switches{Settling: mock.SettlingMinute})
		err := s.client(t).SetAppAuthorization(t.Context(), org, portalApp, []string{"ASSET", "USER"})
		different, ok := errors.AsType[*DifferenceError](err)
		if !ok {
			t.Fatalf("got %v", err)
		}
		if diff := cmp.Diff([][]string{{"ASSET"}, {"ROLE"}}, [][]string{different.Missing, different.Extra}); diff != "" {
			t.Errorf("missing and extra (-want +got):\n%s", diff)
		}
		for _, want := range []string{"does not list ASSET", "still lists ROLE", portalApp} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("got %v, want %q in it", err, want)
			}
		}
	})
	t.Run("cannot be read back", func(t *testing.T) {
		t.Parallel()
		s := start(t, mock.Switches{})
		if err := s.SetPermission(accessKey, false, true); err != nil {
			t.Fatal(err)
		}
		err := s.client(t).SetAppAuthorization(t.Context(), org, portalApp, []string{"ASSET"})
		if _, ok := errors.AsType[*UnconfirmedError](err); !ok || codeOf(err) != "31403" {
			t.Errorf("got %v", err)
		}
		s.want(t, "ASSET")
	})
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

func TestCancelledCalls(t *testing.T) {
	t.Parallel()
	s := start(t, mock.Switches{})
	c := s.client(t)
	ctx, cancel := context.WithCancel(t.Context())
	s.faults.Add(wire.Fault{Operation: mock.GetApplicationAuthorization, Kind: wire.Hook, Do: func(r *http.Request) {
		cancel()
		<-r.Context().Done()
	}})
	began := time.Now()
	if _, err := c.AppAuthorization(ctx, org, portalApp); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if err := c.SetAppAuthorization(ctx, org, portalApp, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if took := time.Since(began); took > time.Second {
		t.Errorf("took %s", took)
	}
	s.want(t, "USER", "ROLE")
}
