// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

// Package venafi is a mock of the Venafi Trust Protection Platform: its authentication server
// (/vedauth), and of its Web SDK (/vedsdk) the OAuth roles and applications and the identities. It
// is written from the vendor's pages alone and shares no code with a client, so that a misreading
// on one side shows as a failing test.
package venafi

import (
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

// ServiceName is how this service is called in records, faults and logs.
const ServiceName = "venafi"

// The vendor's names of the operations, as they stand in records, faults and logs.
const (
	AuthorizeOAuth          = "AuthorizeOAuth"
	AuthorizeCertificate    = "AuthorizeCertificate"
	AuthorizeJwt            = "AuthorizeJwt"
	AuthorizeToken          = "AuthorizeToken"
	AuthorizeVerify         = "AuthorizeVerify"
	RevokeToken             = "RevokeToken"
	IsAuthServer            = "IsAuthServer"
	GrantRole               = "GrantRole"
	RevokeRole              = "RevokeRole"
	ListRoles               = "ListRoles"
	GetRole                 = "GetRole"
	CreateApplication       = "CreateApplication"
	DeleteApplication       = "DeleteApplication"
	GetApplication          = "GetApplication"
	GetApplications         = "GetApplications"
	EnumerateApplications   = "EnumerateApplications"
	UpdateApplication       = "UpdateApplication"
	CreateRule              = "CreateRule"
	UpdateRule              = "UpdateRule"
	GetRules                = "GetRules"
	DeleteRule              = "DeleteRule"
	DeleteRules             = "DeleteRules"
	EnumerateGrants         = "EnumerateGrants"
	GetGrants               = "GetGrants"
	GrantCount              = "GrantCount"
	UserCount               = "UserCount"
	RevokeGrants            = "RevokeGrants"
	CreateJwtMapping        = "CreateJwtMapping"
	UpdateJwtMapping        = "UpdateJwtMapping"
	GetJwtMapping           = "GetJwtMapping"
	EnumerateJwtMappings    = "EnumerateJwtMappings"
	DeleteJwtMapping        = "DeleteJwtMapping"
	GetConfiguration        = "GetConfiguration"
	IdentityValidate        = "IdentityValidate"
	IdentityBrowse          = "IdentityBrowse"
	IdentitySelf            = "IdentitySelf"
	UnknownOperation        = "UnknownOperation"
	defaultAccessValidity   = 7776000
	defaultGrantValidity    = 31536000
	oddAuditorApplicationID = "VenafiMMCRecycleBin"
)

// Backend is the mock. It is safe for concurrent use.
type Backend struct {
	service wire.Service
	routes  map[string]http.Handler // by path in lower case
	unknown http.Handler

	mu            sync.Mutex
	switches      Switches
	configuration Configuration
	clientCAs     *x509.CertPool
	applications  []*Application
	byID          map[string]*Application
	directory     *directory
	mappings      []JwtMapping
	issuers       []Issuer
	rules         *rules
	roles         *roles
	oddRoles      []json.RawMessage
	sessions      map[*session]bool
	opened        int
	access        map[string]*session
	refresh       map[string]*session
}

var _ wire.Backend[Seed, Switches] = (*Backend)(nil)

// New returns a mock with the data of a seed. It panics when the seed is not valid: see
// [Backend.Restore].
func New(service wire.Service, seed Seed, switches Switches) *Backend {
	b := &Backend{
		service: service, switches: switches,
		sessions: map[*session]bool{}, access: map[string]*session{}, refresh: map[string]*session{},
	}
	if b.service.Name == "" {
		b.service.Name = ServiceName
	}
	b.service.ThrottleBody = func() (int, http.Header, []byte) { return htmlPage(http.StatusTooManyRequests) }
	b.service.ErrorBody = func() (int, http.Header, []byte) { return htmlPage(http.StatusInternalServerError) }
	b.service.SuccessBody = func(operation string) (int, http.Header, []byte, bool) {
		header := http.Header{"Content-Type": {"application/json; charset=utf-8"}}
		return http.StatusOK, header, []byte(`{"Result":0,"Success":true}`), operation == GrantRole || operation == RevokeRole
	}
	if err := b.Restore(seed); err != nil {
		panic("mock of Venafi: " + err.Error())
	}
	b.routes = map[string]http.Handler{}
	operations := b.operations()
	maps.Copy(operations, b.oauthOperations())
	for path, o := range operations {
		b.routes[path] = b.service.Handle(o.name, b.handler(o))
	}
	b.unknown = b.service.Handle(UnknownOperation, func(w http.ResponseWriter, r *http.Request) {
		wire.Violate(r, "no operation is %s %s", r.Method, r.URL.Path)
		writeHTML(w, http.StatusNotFound)
	})
	return b
}

// operations returns what the server can do, by path in lower case.
func (b *Backend) operations() map[string]operation {
	const get, post = http.MethodGet, http.MethodPost
	return map[string]operation{
		"/vedauth/authorize/oauth":            {name: AuthorizeOAuth, method: post, do: b.loginPassword, login: true},
		"/vedauth/authorize/certificate":      {name: AuthorizeCertificate, method: post, do: b.loginCertificate, login: true},
		"/vedauth/authorize/jwt":              {name: AuthorizeJwt, method: post, do: b.loginJwt, login: true},
		"/vedauth/authorize/token":            {name: AuthorizeToken, method: post, do: b.refreshToken, login: true},
		"/vedauth/authorize/verify":           {name: AuthorizeVerify, method: get, do: b.verify},
		"/vedauth/revoke/token":               {name: RevokeToken, method: get, do: b.revokeToken, login: true},
		"/vedauth/authorize/isauthserver":     {name: IsAuthServer, method: get, do: b.isAuthServer, login: true},
		"/vedsdk/oauth/grantrole":             {name: GrantRole, method: post, do: b.grantRole, scope: scopeAdmin},
		"/vedsdk/oauth/revokerole":            {name: RevokeRole, method: post, do: b.revokeRole, scope: scopeAdmin},
		"/vedsdk/oauth/listroles":             {name: ListRoles, method: post, do: b.listRoles, scope: scopeAdmin},
		"/vedsdk/oauth/getrole":               {name: GetRole, method: post, do: b.getRole, scope: scopeAdmin},
		"/vedsdk/oauth/createapplication":     {name: CreateApplication, method: post, do: b.createApplication, scope: scopeAdmin},
		"/vedsdk/oauth/deleteapplication":     {name: DeleteApplication, method: post, do: b.deleteApplication, scope: scopeAdmin},
		"/vedsdk/oauth/getapplication":        {name: GetApplication, method: post, do: b.getApplication, scope: scopeAdmin},
		"/vedsdk/oauth/getapplications":       {name: GetApplications, method: post, do: b.getApplications, scope: scopeAdmin},
		"/vedsdk/oauth/enumerateapplications": {name: EnumerateApplications, method: post, do: b.enumerateApplications, scope: scopeAdmin},
		"/vedsdk/identity/validate":           {name: IdentityValidate, method: post, do: b.validate, scope: ScopeConfiguration},
		"/vedsdk/identity/browse":             {name: IdentityBrowse, method: post, do: b.browse, scope: ScopeConfiguration},
		"/vedsdk/identity/self":               {name: IdentitySelf, method: get, do: b.self, scope: selfScope},
	}
}

// Paths returns the beginnings of all paths that this service answers, in lower case.
func (b *Backend) Paths() []string { return []string{"/vedauth/", "/vedsdk/"} }

// Owns tells whether a path belongs to this service. Case makes no difference.
func (b *Backend) Owns(path string) bool {
	lower := strings.ToLower(path)
	return slices.ContainsFunc(b.Paths(), func(prefix string) bool { return strings.HasPrefix(lower, prefix) })
}

// ServeHTTP answers like IIS with the platform behind it.
func (b *Backend) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if route, ok := b.routes[strings.ToLower(r.URL.Path)]; ok {
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
// its first one. When grantees become equal that were told apart by their spelling, the first
// stays.
func (b *Backend) SetSwitches(switches Switches) {
	b.mu.Lock()
	defer b.mu.Unlock()
	again := switches.GranteeMatching != b.switches.GranteeMatching
	b.switches = switches
	if again {
		b.roles = newRoles(b.roles.all(), switches.GranteeMatching)
		b.rules = newRules(b.rules.all(), b.roles.fold)
	}
}

// Snapshot returns a copy of the data as it is now, in the form of the seed and without passwords
// and secrets.
func (b *Backend) Snapshot() Seed {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.snapshot()
}

func (b *Backend) snapshot() Seed {
	seed := Seed{
		Configuration: b.configuration, Applications: make([]Application, 0, len(b.applications)),
		Identities: make([]Identity, 0, len(b.directory.list)), JwtMappings: slices.Clone(b.mappings), Issuers: slices.Clone(b.issuers),
		Roles: b.roles.all(), OddRoles: slices.Clone(b.oddRoles), Rules: b.rules.all(),
	}
	for _, application := range b.applications {
		seed.Applications = append(seed.Applications, *application)
	}
	for _, identity := range b.directory.list {
		bare := *identity
		bare.Password, bare.Members = "", slices.Clone(identity.Members)
		seed.Identities = append(seed.Identities, bare)
	}
	for i := range seed.JwtMappings {
		seed.JwtMappings[i].HS256Secret = ""
	}
	for i := range seed.Issuers {
		seed.Issuers[i].HS256Secret = ""
	}
	return seed
}

// Restore replaces the data. Tokens live on. Passwords and secrets that are blank keep the ones
// that identity or mapping have. The error says what is wrong with the seed, and then nothing is
// changed.
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
	b.configuration, b.clientCAs = seed.Configuration, nil
	if seed.Configuration.ClientCA != "" {
		b.clientCAs, _ = certificatePool(seed.Configuration.ClientCA) // checked above
	}
	b.applications, b.byID = nil, map[string]*Application{}
	for _, application := range seed.Applications {
		b.addApplication(application)
	}
	identities := slices.Clone(seed.Identities)
	for i, identity := range identities {
		if b.directory == nil || identity.Password != "" {
			continue
		}
		if before := b.directory.universal(identity.PrefixedUniversal()); before != nil {
			identities[i].Password = before.Password
		}
	}
	b.directory = newDirectory(identities)
	mappings := slices.Clone(seed.JwtMappings)
	for i, mapping := range mappings {
		for _, before := range b.mappings {
			if before.Name == mapping.Name && mapping.HS256Secret == "" {
				mappings[i].HS256Secret = before.HS256Secret
			}
		}
	}
	b.mappings = mappings
	issuers := slices.Clone(seed.Issuers)
	for i, issuer := range issuers {
		for _, before := range b.issuers {
			if before.URI == issuer.URI && issuer.HS256Secret == "" {
				issuers[i].HS256Secret = before.HS256Secret
			}
		}
	}
	b.issuers = issuers
	b.oddRoles = slices.Clone(seed.OddRoles)
	b.roles = newRoles(seed.Roles, b.switches.GranteeMatching)
	b.rules = newRules(seed.Rules, b.roles.fold)
	for _, rule := range seed.Rules {
		if application := b.byID[rule.ApplicationID]; application != nil {
			application.Restricted = true
		}
	}
	return nil
}

func (b *Backend) addApplication(application Application) {
	b.applications = append(b.applications, &application)
	b.byID[application.ID] = &application
}

func certificatePool(text string) (*x509.CertPool, error) {
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM([]byte(text)) {
		return nil, errors.New("no PEM certificate in it")
	}
	return pool, nil
}
