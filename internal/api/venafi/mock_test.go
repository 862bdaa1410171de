// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/rest"
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
	password   = "correct horse battery staple"
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
			{Prefix: "local", Universal: "{00000000-0000-4000-8000-0000000000ff}", Name: "team", IsGroup: true},
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

// client logs in as a user of the seed, by its name.
func (s *service) client(t *testing.T, user string) *Client {
	t.Helper()
	return s.configured(t, func(c *Config) { c.ClientID, c.Username, c.Password = clientID, user, password })
}

// ready has an access token for an identity.
func (s *service) ready(t *testing.T, identity, scope string) *Client {
	t.Helper()
	token, err := s.IssueToken(clientID, identity, scope)
	if err != nil {
		t.Fatal(err)
	}
	return s.configured(t, func(c *Config) { c.AccessToken = token })
}

func (s *service) configured(t *testing.T, configure func(*Config)) *Client {
	t.Helper()
	config := Config{
		Rest: rest.Config{MaxRetries: 5, RetryWaitMin: time.Millisecond, RequestTimeout: 5 * time.Second},
		URL:  s.url + "/vedsdk/",
	}
	configure(&config)
	c, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	return c
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

var (
	aliceOnA = Grant{Grantee: alice, Role: ApplicationMaintainer, ApplicationID: "app-a"}
	aliceOnB = Grant{Grantee: alice, Role: ApplicationMaintainer, ApplicationID: "app-b"}
	bobAudit = Grant{Grantee: bob, Role: Auditor}
)
