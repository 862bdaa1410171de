// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package grantset

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/rest"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/venafi"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/hostile"
	mock "github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/venafi"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

// A write that fails, in whatever way, is decided by who holds the role then.
func TestLostAnswers(t *testing.T) {
	t.Parallel()
	results := []mock.Switches{{}, {DuplicateGrant: mock.ResultRights, AbsentRevoke: mock.ResultRights}, {StaleList: mock.StaleOnce, DuplicateGrant: mock.ResultRights, AbsentRevoke: mock.ResultRights}}
	for _, fault := range []wire.FaultKind{
		wire.ResetBefore, wire.ResetAfter, wire.Truncated, wire.Half, wire.HTML, wire.Unavailable, wire.ServerError, wire.Throttle,
		mock.FaultRerun, mock.FaultHTML500, mock.FaultHTML503, mock.FaultTokenExpired, hostile.NullBody, hostile.WrongContentType,
	} {
		for i, switches := range results {
			t.Run(fmt.Sprint(fault, i), func(t *testing.T) {
				t.Parallel()
				s := start(t, switches)
				c := s.client(t, "admin")
				s.faults.Add(wire.Fault{Operation: mock.GrantRole, Kind: fault, Times: 1})
				s.faults.Add(wire.Fault{Operation: mock.RevokeRole, Kind: fault, Times: 1})
				if got := c.create(t.Context(), aliceOnA); fault != hostile.NullBody && got.Err != nil {
					t.Fatalf("%+v", got)
				} else if fault == hostile.NullBody {
					// Not an answer of the service, and nothing says that the same again would not
					// come: the listing decided.
					wantError(t, got.Err, "without a result")
					s.holds(t, aliceOnA, false)
					if got := c.create(t.Context(), aliceOnA); got.Err != nil {
						t.Fatalf("%+v", got)
					}
				}
				s.holds(t, aliceOnA, true)
				c = s.client(t, "admin") // another run
				if err := c.destroy(t.Context(), aliceOnA); fault != hostile.NullBody && err != nil {
					t.Fatal(err)
				} else if fault == hostile.NullBody {
					wantError(t, err, "without a result")
					if err := c.destroy(t.Context(), aliceOnA); err != nil {
						t.Fatal(err)
					}
				}
				s.holds(t, aliceOnA, false)
				if s.faults.Struck() != 2 {
					t.Errorf("%d faults, want 2", s.faults.Struck())
				}
			})
		}
	}
}

func TestFailuresThatLast(t *testing.T) {
	t.Parallel()
	t.Run("reset after the commit, for ever", func(t *testing.T) {
		t.Parallel()
		s := start(t, mock.Switches{})
		s.faults.Add(wire.Fault{Operation: mock.GrantRole, Kind: wire.ResetAfter})
		if got := s.client(t, "admin").create(t.Context(), aliceOnA); got.Err != nil || got.Adopted {
			t.Errorf("%+v", got)
		}
		s.counts(t, map[string]int{mock.GrantRole: 1})
	})
	t.Run("reset before, for ever", func(t *testing.T) {
		t.Parallel()
		s := start(t, mock.Switches{})
		s.faults.Add(wire.Fault{Operation: mock.GrantRole, Kind: wire.ResetBefore})
		got := s.client(t, "admin").create(t.Context(), aliceOnA)
		wantError(t, got.Err, "GrantRole")
		// A service may act on a request after the connection broke, and a listing may be late: it
		// is looked for once more in the end.
		if _, unknown := errors.AsType[*UnknownOutcomeError](got.Err); !unknown {
			t.Errorf("the outcome is not known: %v", got.Err)
		}
		s.counts(t, map[string]int{mock.GrantRole: 6, mock.ListRoles: 9})
	})
	for _, kind := range []wire.FaultKind{wire.ResetAfter, wire.Truncated, wire.Half} {
		t.Run(fmt.Sprintf("%s, once, with a late listing and no repetition", kind), func(t *testing.T) {
			t.Parallel()
			s := start(t, mock.Switches{StaleList: mock.StaleOnce})
			s.faults.Add(wire.Fault{Operation: mock.GrantRole, Kind: kind, Times: 1})
			c := s.configured(t, func(c *venafi.Config) {
				c.ClientID, c.Username, c.Password, c.Rest.MaxRetries = clientID, "admin", password, 0
			})
			if got := c.create(t.Context(), aliceOnA); got.Err != nil {
				t.Errorf("%+v", got)
			}
		})
	}
	t.Run("the listing after it fails too", func(t *testing.T) {
		t.Parallel()
		s := start(t, mock.Switches{})
		s.faults.Add(wire.Fault{Operation: mock.GrantRole, Kind: wire.ResetAfter})
		s.faults.Add(wire.Fault{Operation: mock.ListRoles, Kind: mock.FaultInsufficientScope, After: 1})
		got := s.client(t, "admin").create(t.Context(), aliceOnA)
		unknown, ok := errors.AsType[*UnknownOutcomeError](got.Err)
		if !ok || unknown.Grant != aliceOnA {
			t.Fatalf("got %v", got.Err)
		}
		wantError(t, got.Err, "GrantRole", "ListRoles", "could not be found out")
	})
	for result, want := range map[int]string{1: "Result 1 (Failure)", 2: "Result 2 (ApplicationNotFound)", 16: "Result 16 (RightsAssignmentError)", 18: "appaccess_venafi_identity"} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			s := start(t, mock.Switches{})
			s.faults.Add(wire.Fault{Operation: mock.GrantRole, Kind: mock.FaultResult, Status: result})
			wantError(t, s.client(t, "admin").create(t.Context(), aliceOnA).Err, want, venafi.Result(result).Meaning())
			s.counts(t, map[string]int{mock.GrantRole: 1})
		})
	}
	t.Run("unknown application and grantee", func(t *testing.T) {
		t.Parallel()
		s := start(t, mock.Switches{})
		c := s.client(t, "admin")
		wantError(t, c.create(t.Context(), venafi.Grant{Grantee: alice, Role: venafi.ApplicationOwner, ApplicationID: "app-z"}).Err, "ApplicationNotFound", "application_id")
		wantError(t, c.create(t.Context(), venafi.Grant{Grantee: "local:{ffffffff-c842-4520-9142-b455f4ad2286}", Role: venafi.Admin}).Err, "RemoteIdentityRequired", "grantee")
	})
	t.Run("success that does nothing", func(t *testing.T) {
		t.Parallel()
		s := start(t, mock.Switches{})
		s.faults.Add(wire.Fault{Operation: mock.GrantRole, Kind: mock.FaultIgnoredWrite})
		if got := s.client(t, "admin").create(t.Context(), aliceOnA); got.Err != nil || !got.Unlisted {
			t.Errorf("%+v, want one that is not listed", got)
		}
	})
}

func TestCancelledWrites(t *testing.T) {
	t.Parallel()
	s := start(t, mock.Switches{})
	c := s.client(t, "admin")
	if _, err := c.Grants(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	s.faults.Add(wire.Fault{Operation: mock.GrantRole, Kind: wire.Slow, Delay: 100 * time.Millisecond})
	time.AfterFunc(20*time.Millisecond, cancel)
	// A request in flight may finish, so that its outcome is known.
	if got := c.create(ctx, aliceOnA); got.Err != nil {
		t.Errorf("%+v", got)
	}
	s.holds(t, aliceOnA, true)
	began := time.Now()
	got := c.create(ctx, aliceOnB)
	if !errors.Is(got.Err, context.Canceled) || time.Since(began) > time.Second {
		t.Errorf("%+v after %s", got, time.Since(began))
	}
	s.holds(t, aliceOnB, false)
}

// A hint ends with a full stop, and what follows begins a sentence: there is one full stop between
// them.
func TestUnknownOutcomeText(t *testing.T) {
	t.Parallel()
	failed := &rest.Error{Service: "Venafi", Operation: "GrantRole", Status: 504, Hint: "Look there."}
	for _, e := range []*UnknownOutcomeError{{Err: failed}, {Err: failed, ListErr: errors.New("gone")}, {Err: errors.New("failed")}} {
		if text := e.Error(); strings.Contains(text, "..") || !strings.Contains(text, ". Whether") {
			t.Error(text)
		}
	}
}
