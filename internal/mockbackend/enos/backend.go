// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

// Package enos is a mock of the EnOS API gateway: its token service, and the calls of the
// Application Portal that read and change which data an application may use. It is written from the
// vendor's pages alone and shares no code with a client, so that a misreading on one side shows as
// a failing test.
package enos

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

// ServiceName is how this service is called in records, faults and logs.
const ServiceName = "enos"

// Operations, by the title of the vendor's page: the names that faults and records use.
const (
	GetAccessToken                 = "GetAccessToken"
	RefreshAccessToken             = "RefreshAccessToken"
	GetApplicationAuthorization    = "GetApplicationAuthorization"
	UpdateApplicationAuthorization = "UpdateApplicationAuthorization"
	GetApplicationInformation      = "GetApplicationInformation"
	// UnknownOperation is every request that no route matches.
	UnknownOperation = "UnknownOperation"
)

// Paths of the operations.
const (
	TokenGetPath          = "/apim-token-service/v2.0/token/get"
	TokenRefreshPath      = "/apim-token-service/v2.0/token/refresh"
	AuthorizationInfoPath = "/app-portal-service/v2.3/app/authorization/info"
	AuthorizationSetPath  = "/app-portal-service/v2.3/app/authorization/set"
	AppGetPath            = "/app-portal-service/v2.3/app/get"
)

const (
	defaultValidity = 2 * time.Hour
	skewTolerance   = 5 * time.Minute
	maxBodyBytes    = 1 << 20
)

// Backend is the mock. It is safe for concurrent use.
type Backend struct {
	service wire.Service
	routes  map[string]http.Handler
	unknown http.Handler

	mu          sync.Mutex
	switches    Switches
	validity    time.Duration
	extraTypes  []string
	accounts    []*ServiceAccount
	accountByID map[string]*ServiceAccount
	orgs        []*organization
	orgByID     map[string]*organization
	tokens      map[string]*token // every token ever handed out, so that a dead one is told from an invented one
	live        map[string]*token // by access key
	encryptions map[string]bool
	signatures  map[string]bool
	minute      time.Time
	calls       int
}

var _ wire.Backend[Seed, Switches] = (*Backend)(nil)

type organization struct {
	id, name string
	apps     []*application
	appByKey map[string]*application
}

// application holds the list as it is, and the older one that reads show until the change has
// settled.
type application struct {
	Application
	shown      []string
	staleReads int
	staleUntil time.Time
}

type token struct {
	value     string
	accessKey string
	expires   time.Time
	killed    bool
	calls     int
}

// New returns a mock with the data of a seed. It panics when the seed is not valid: see
// [Backend.Restore].
func New(service wire.Service, seed Seed, switches Switches) *Backend {
	b := &Backend{
		service:     service,
		switches:    switches,
		tokens:      map[string]*token{},
		live:        map[string]*token{},
		encryptions: map[string]bool{},
		signatures:  map[string]bool{},
	}
	if b.service.Name == "" {
		b.service.Name = ServiceName
	}
	b.service.ThrottleBody = gatewayBody(http.StatusTooManyRequests)
	b.service.ErrorBody = gatewayBody(http.StatusInternalServerError)
	b.service.SuccessBody = func(operation string) (int, http.Header, []byte, bool) {
		header := http.Header{"Content-Type": {"application/json; charset=utf-8"}}
		return http.StatusOK, header, []byte(`{"code":0,"message":"OK","data":true}`), operation == UpdateApplicationAuthorization
	}
	if err := b.Restore(seed); err != nil {
		panic("mock of EnOS: " + err.Error())
	}
	handle := b.service.Handle
	b.routes = map[string]http.Handler{
		TokenGetPath:          handle(GetAccessToken, b.tokenCall(b.getToken)),
		TokenRefreshPath:      handle(RefreshAccessToken, b.tokenCall(b.refreshToken)),
		AuthorizationInfoPath: handle(GetApplicationAuthorization, b.signedCall(http.MethodGet, b.info, "orgId", "appId")),
		AuthorizationSetPath:  handle(UpdateApplicationAuthorization, b.signedCall(http.MethodPost, b.set, "orgId")),
		AppGetPath:            handle(GetApplicationInformation, b.signedCall(http.MethodGet, b.appGet, "orgId", "appId")),
	}
	b.unknown = handle(UnknownOperation, noRoute)
	return b
}

// Paths returns the beginnings of all paths that this service answers.
func (b *Backend) Paths() []string {
	return []string{"/apim-token-service/", "/app-portal-service/"}
}

// Owns tells whether a path belongs to this service.
func (b *Backend) Owns(path string) bool {
	return slices.ContainsFunc(b.Paths(), func(prefix string) bool { return strings.HasPrefix(path, prefix) })
}

// ServeHTTP answers like the gateway and the services behind it.
func (b *Backend) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if route, ok := b.routes[r.URL.Path]; ok {
		route.ServeHTTP(w, r)
		return
	}
	b.unknown.ServeHTTP(w, r)
}

// Switches returns the positions in force.
func (b *Backend) Switches() Switches {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.switches
}

// SetSwitches takes effect with the next request. A position that a switch doesn't have counts as
// its first one.
func (b *Backend) SetSwitches(switches Switches) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.switches = switches
}

// Snapshot returns a copy of the data as it is now, in the form of the seed and without the secret
// keys.
func (b *Backend) Snapshot() Seed {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.snapshot()
}

func (b *Backend) snapshot() Seed {
	seed := Seed{
		TokenValiditySeconds: int(b.validity / time.Second),
		ExtraTypes:           slices.Clone(b.extraTypes),
		ServiceAccounts:      make([]ServiceAccount, 0, len(b.accounts)),
		Organizations:        make([]Organization, 0, len(b.orgs)),
	}
	for _, account := range b.accounts {
		bare := *account
		bare.SecretKey = ""
		seed.ServiceAccounts = append(seed.ServiceAccounts, bare)
	}
	for _, org := range b.orgs {
		o := Organization{ID: org.id, Name: org.name, Applications: make([]Application, 0, len(org.apps))}
		for _, app := range org.apps {
			o.Applications = append(o.Applications, app.copied())
		}
		seed.Organizations = append(seed.Organizations, o)
	}
	return seed
}

// Restore replaces the data. Tokens live on. A blank secret key keeps the one that the account has.
// The error says what is wrong with the seed, and then nothing is changed.
func (b *Backend) Restore(seed Seed) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.restore(seed)
}

// Update is Snapshot, a change, and Restore, with no request in between.
func (b *Backend) Update(edit func(Seed) (Seed, error)) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	seed, err := edit(b.snapshot())
	if err != nil {
		return err
	}
	return b.restore(seed)
}

func (b *Backend) restore(seed Seed) error {
	if err := seed.check(); err != nil {
		return fmt.Errorf("seed: %w", err)
	}
	b.validity = time.Duration(seed.TokenValiditySeconds) * time.Second
	if b.validity == 0 {
		b.validity = defaultValidity
	}
	b.extraTypes = slices.Clone(seed.ExtraTypes)
	before := b.accountByID
	b.accounts, b.accountByID = nil, map[string]*ServiceAccount{}
	for _, account := range seed.ServiceAccounts {
		if old := before[account.AccessKey]; old != nil && account.SecretKey == "" {
			account.SecretKey = old.SecretKey
		}
		b.accounts = append(b.accounts, &account)
		b.accountByID[account.AccessKey] = &account
	}
	b.orgs, b.orgByID = nil, map[string]*organization{}
	for _, org := range seed.Organizations {
		o := &organization{id: org.ID, name: org.Name, appByKey: map[string]*application{}}
		for _, app := range org.Applications {
			o.add(app)
		}
		b.orgs = append(b.orgs, o)
		b.orgByID[o.id] = o
	}
	return nil
}

func (o *organization) add(app Application) {
	a := &application{Application: app}
	a.Application = a.copied()
	o.apps = append(o.apps, a)
	o.appByKey[app.AccessKey] = a
}

// copied returns the application with a list of its own that is never nil.
func (a *application) copied() Application {
	app := a.Application
	app.DataAuthorizeTypes = append([]string{}, a.DataAuthorizeTypes...)
	return app
}
