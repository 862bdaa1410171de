// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package grantset

import (
	"context"
	"errors"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/rest"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/venafi"
	mock "github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/venafi"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

const (
	clientID   = "terraform"
	adminID    = "local:{00000000-0000-4000-8000-000000000001}"
	ownerID    = "local:{00000000-0000-4000-8000-000000000002}"
	auditorID  = "local:{00000000-0000-4000-8000-000000000003}"
	maintainer = "local:{00000000-0000-4000-8000-000000000004}"
	nobodyID   = "local:{00000000-0000-4000-8000-000000000005}"
	alice      = "local:{5be5a591-c842-4520-9142-b455f4ad2286}"
	bob        = "AD+corp:7f93d2908020204a959910ea5a5704ff"
	team       = "local:{00000000-0000-4000-8000-0000000000ff}"
	password   = "correct horse battery staple"
)

var (
	aliceOnA = venafi.Grant{Grantee: alice, Role: venafi.ApplicationMaintainer, ApplicationID: "app-a"}
	aliceOnB = venafi.Grant{Grantee: alice, Role: venafi.ApplicationMaintainer, ApplicationID: "app-b"}
	aliceOwn = venafi.Grant{Grantee: alice, Role: venafi.ApplicationOwner, ApplicationID: "app-a"}
	bobAudit = venafi.Grant{Grantee: bob, Role: venafi.Auditor}
)

type service struct {
	*mock.Backend
	recorder *wire.Recorder
	faults   *wire.Faults
	url      string
}

func seed() mock.Seed {
	local := func(universal, name string) mock.Identity {
		return mock.Identity{Prefix: "local", Universal: strings.TrimPrefix(universal, "local:"), Name: name, FullName: "Full " + name, Password: password}
	}
	application := func(id string) mock.Application {
		return mock.Application{ID: id, MaximumScope: "admin;configuration:manage"}
	}
	return mock.Seed{
		Applications: []mock.Application{application(clientID), application("app-a"), application("app-b"), application("app-c")},
		Identities: []mock.Identity{
			local(adminID, "admin"), local(ownerID, "owner"), local(auditorID, "auditor"), local(maintainer, "maintainer"), local(nobodyID, "nobody"),
			local(alice, "alice"), {Prefix: "AD+corp", Universal: strings.TrimPrefix(bob, "AD+corp:"), Name: "bob"},
			{Prefix: "local", Universal: strings.TrimPrefix(team, "local:"), Name: "team", IsGroup: true, Members: []string{nobodyID}},
		},
		Roles: []mock.Role{
			{Role: mock.Admin, Grantee: adminID},
			{Role: mock.Owner, Grantee: ownerID, ApplicationID: "app-a"},
			{Role: mock.Auditor, Grantee: auditorID},
			{Role: mock.Maintainer, Grantee: maintainer, ApplicationID: "app-a"},
		},
	}
}

// start runs a mock service. The test fails when the client has sent what a correct client doesn't.
func start(t *testing.T, switches mock.Switches) *service {
	t.Helper()
	s := &service{recorder: &wire.Recorder{}, faults: &wire.Faults{}}
	s.Backend = mock.New(wire.Service{Recorder: s.recorder, Faults: s.faults}, seed(), switches)
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

// run is a Run as the tests use it: each is a run of its own, as each plan and each apply is.
type run struct{ *Run }

// client logs in as a user of the seed, by its name.
func (s *service) client(t *testing.T, user string) run {
	t.Helper()
	return s.configured(t, func(c *venafi.Config) { c.ClientID, c.Username, c.Password = clientID, user, password })
}

// ready has an access token for an identity.
func (s *service) ready(t *testing.T, identity, scope string) run {
	t.Helper()
	token, err := s.IssueToken(clientID, identity, scope)
	if err != nil {
		t.Fatal(err)
	}
	return s.configured(t, func(c *venafi.Config) { c.AccessToken = token })
}

func (s *service) configured(t *testing.T, configure func(*venafi.Config)) run {
	t.Helper()
	config := venafi.Config{
		Rest: rest.Config{MaxRetries: 5, RetryWaitMin: time.Millisecond, RequestTimeout: 5 * time.Second},
		URL:  s.url + "/vedsdk/",
	}
	configure(&config)
	c, err := venafi.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return run{New(c, false)}
}

// grant puts grants on the service, behind the client's back.
func (s *service) grant(t *testing.T, grants ...venafi.Grant) {
	t.Helper()
	for _, g := range grants {
		if err := s.Grant(mock.Role{Role: mock.RoleID(g.Role), Grantee: g.Grantee, ApplicationID: g.ApplicationID}); err != nil {
			t.Fatal(err)
		}
	}
}

func (s *service) holds(t *testing.T, g venafi.Grant, want bool) {
	t.Helper()
	if got := s.Holds(g.Grantee, mock.RoleID(g.Role), g.ApplicationID); got != want {
		t.Errorf("%s is held: %t, want %t", g, got, want)
	}
}

func (s *service) counts(t *testing.T, want map[string]int) {
	t.Helper()
	for operation, n := range want {
		if got := s.recorder.Count(operation); got != n {
			t.Errorf("%d calls of %s, want %d; all: %v", got, operation, n, s.recorder.Counts())
		}
	}
}

func wantError(t *testing.T, err error, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("got %v, want %q in it", err, text)
		}
	}
	if err != nil && (strings.Contains(err.Error(), password) || strings.Contains(err.Error(), "Bearer ")) {
		t.Errorf("the error holds a secret: %v", err)
	}
}

// outcome is what became of a single grant.
type outcome struct {
	Adopted, Unlisted bool
	Err               error
}

// create makes a set of one, as a resource does.
func (r run) create(ctx context.Context, g venafi.Grant) outcome {
	set, adopted := Of(g), false
	out, err := r.Apply(ctx, Change{Wanted: set, Prior: set.Empty(), Approve: func(d Delta) error {
		adopted = len(d.Adopt) > 0
		return nil
	}})
	return outcome{Adopted: adopted, Unlisted: len(out.Unlisted) > 0, Err: err}
}

var errClaimed = errors.New("claimed")

// destroy ends a set of one, as a resource does.
func (r run) destroy(ctx context.Context, g venafi.Grant) error {
	set := Of(g)
	out, err := r.Apply(ctx, Change{Wanted: set.Empty(), Prior: set})
	if err == nil && len(out.Claimed) > 0 {
		return errClaimed
	}
	return err
}

// find reads a set of one.
func (r run) find(ctx context.Context, g venafi.Grant) (bool, error) {
	now, err := r.Read(ctx, Of(g), false)
	return len(now.Grantees) > 0, err
}

// parallel does something for many, as many at once as Terraform does.
func parallel[T any](grants []venafi.Grant, do func(venafi.Grant) T) []T {
	results := make([]T, len(grants))
	slots := make(chan bool, 10)
	var wg sync.WaitGroup
	for i, g := range grants {
		slots <- true
		wg.Go(func() {
			results[i] = do(g)
			<-slots
		})
	}
	wg.Wait()
	return results
}
