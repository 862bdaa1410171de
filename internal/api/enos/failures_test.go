// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package enos

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/rest"
	mock "github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/enos"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

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
