// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

// Package huaweicloud is a mock of the App Center of Huawei Cloud Workspace and of the project list
// of IAM.
//
// It verifies signatures, keeps every documented limit, pages, throttles and answers the documented
// errors. Where the vendor's pages leave a question open there is a switch, see [Switches].
//
// Sources: vendor API reference of Workspace, pages BatchUpdateAppAuthorizations,
// UpdateAppAuthorizations, ListAppAuthorizations, ListApps, UpdateUploadedApp, DeleteApp; of IAM,
// page KeystoneListProjects.
package huaweicloud

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

// The vendor's names of the operations, as they stand in records, faults, logs and
// [Credential].Deny.
const (
	OpBatchUpdateAppAuthorizations = "BatchUpdateAppAuthorizations"
	OpUpdateAppAuthorizations      = "UpdateAppAuthorizations"
	OpListAppAuthorizations        = "ListAppAuthorizations"
	OpListApps                     = "ListApps"
	OpUpdateUploadedApp            = "UpdateUploadedApp"
	OpDeleteApp                    = "DeleteApp"
	OpListProjects                 = "KeystoneListProjects"
)

// ServiceName is how this service is called in records, faults and logs.
const ServiceName = "huaweicloud"

// The documented quotas, in requests of one key pair in any minute.
const (
	DefaultReadQuota  = 200
	DefaultWriteQuota = 100
)

// Backend is the mock service. It is safe for concurrent use.
type Backend struct {
	svc wire.Service

	mu          sync.Mutex
	switches    Switches
	quota       [3]int
	domainID    string
	credentials map[string]Credential
	identities  Identities
	// ends is when temporary keys end, subjectTokens when tokens do.
	ends, subjectTokens map[string]time.Time
	projects            []Project
	keys                map[string]*keyState
	directory           map[account]account // by key, to the spelling
	memberOf            map[account]string  // by key, the group that own_group shows
	accounts            []account           // by accountID
	ids                 map[account]accountID
	apps                map[string]*app
	order               []*app
}

var _ wire.Backend[Seed, Switches] = (*Backend)(nil)

// New returns a mock with the data of a seed and the documented quotas. It panics when the seed is
// not valid: see [Backend.Restore].
func New(service wire.Service, seed Seed, switches Switches) *Backend {
	b := &Backend{svc: service, switches: switches, keys: map[string]*keyState{}, ends: map[string]time.Time{}, subjectTokens: map[string]time.Time{}}
	b.quota = [3]int{read: DefaultReadQuota, write: DefaultWriteQuota}
	if b.svc.Name == "" {
		b.svc.Name = ServiceName
	}
	b.svc.ThrottleBody = func() (int, http.Header, []byte) { return errorAnswer(errThrottled(b.Quota().Write)) }
	b.svc.ErrorBody = func() (int, http.Header, []byte) { return errorAnswer(errFailed) }
	b.svc.SuccessBody = func(operation string) (int, http.Header, []byte, bool) {
		write := operation == OpBatchUpdateAppAuthorizations || operation == OpUpdateAppAuthorizations
		return http.StatusOK, http.Header{"Content-Type": {"application/json"}, "X-Request-Id": {newRequestID()}}, nil, write
	}
	if err := b.Restore(seed); err != nil {
		panic("mock of Huawei Cloud: " + err.Error())
	}
	return b
}

func errorAnswer(e apiError) (int, http.Header, []byte) {
	header, body := e.answer(newRequestID())
	text, err := json.Marshal(body)
	if err != nil {
		panic(err) // a struct of strings
	}
	return e.status, header, text
}

// Quota is how many requests of one key pair are answered in any minute; 0 is without limit.
type Quota struct {
	Read  int `json:"read"`
	Write int `json:"write"`
}

// Quota returns the quotas in force.
func (b *Backend) Quota() Quota {
	b.mu.Lock()
	defer b.mu.Unlock()
	return Quota{Read: b.quota[read], Write: b.quota[write]}
}

// SetQuota changes the quotas and forgets the requests so far.
func (b *Backend) SetQuota(q Quota) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.quota[read], b.quota[write] = q.Read, q.Write
	for _, key := range b.keys {
		key.window = [3][]time.Time{}
	}
}

// Switches returns the positions in force.
func (b *Backend) Switches() Switches {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.switches
}

// Owns tells whether a path belongs to this service.
func (b *Backend) Owns(path string) bool {
	return strings.HasPrefix(path, "/v1/") || strings.HasPrefix(path, "/v3/") || strings.HasPrefix(path, "/v3.0/")
}

// SetSwitches takes effect with the next request. When accounts become equal that differ in case or
// form, the first stays.
func (b *Backend) SetSwitches(s Switches) {
	b.mu.Lock()
	defer b.mu.Unlock()
	refold := !s.sameIdentities(b.switches)
	seed := Seed{}
	if refold {
		seed = b.snapshot()
		seed.Credentials = slices.Collect(maps.Values(b.credentials))
	}
	b.switches = s
	if refold {
		b.load(seed)
	}
}

// ServeHTTP routes a request to its operation.
func (b *Backend) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	operation, h := b.route(r)
	b.svc.Handle(operation, h).ServeHTTP(w, r)
}

// route finds operation and handler. Segments are unescaped one by one: an id may hold a slash.
func (b *Backend) route(r *http.Request) (string, http.HandlerFunc) {
	if operation, h, ok := b.identity(r); ok {
		return operation, h
	}
	segments := strings.Split(strings.TrimPrefix(r.URL.EscapedPath(), "/"), "/")
	for i, segment := range segments {
		plain, err := url.PathUnescape(segment)
		if err != nil {
			return "unknown", b.unknown
		}
		segments[i] = plain
	}
	if len(segments) == 2 && segments[0] == "v3" && segments[1] == "projects" {
		return b.one(r, http.MethodGet, OpListProjects, unlimited, "", b.listProjects)
	}
	if len(segments) < 4 || segments[0] != "v1" || segments[2] != "app-center" || segments[3] != "apps" {
		return "unknown", b.unknown
	}
	project, rest := segments[1], segments[4:]
	switch {
	case len(rest) == 0:
		return b.one(r, http.MethodGet, OpListApps, read, project, func(w http.ResponseWriter, r *http.Request) {
			b.listApps(w, r, project)
		})
	case len(rest) == 1 && r.Method == http.MethodDelete:
		return b.one(r, http.MethodDelete, OpDeleteApp, write, project, func(w http.ResponseWriter, r *http.Request) {
			b.deleteApp(w, r, project, rest[0])
		})
	case len(rest) == 1:
		return b.one(r, http.MethodPatch, OpUpdateUploadedApp, write, project, func(w http.ResponseWriter, r *http.Request) {
			b.patchApp(w, r, project, rest[0])
		})
	case len(rest) == 2 && rest[0] == "actions" && rest[1] == "batch-assign-authorization":
		return b.one(r, http.MethodPost, OpBatchUpdateAppAuthorizations, write, project, func(w http.ResponseWriter, r *http.Request) {
			b.assign(w, r, project, "")
		})
	case len(rest) == 2 && rest[1] == "authorizations":
		return b.one(r, http.MethodGet, OpListAppAuthorizations, read, project, func(w http.ResponseWriter, r *http.Request) {
			b.listAuthorizations(w, r, project, rest[0])
		})
	case len(rest) == 3 && rest[1] == "actions" && rest[2] == "assign-authorizations":
		return b.one(r, http.MethodPost, OpUpdateAppAuthorizations, write, project, func(w http.ResponseWriter, r *http.Request) {
			b.assign(w, r, project, rest[0])
		})
	}
	return "unknown", b.unknown
}

// one is the route of a path that has one method here.
func (b *Backend) one(r *http.Request, method, operation string, k kind, project string, h http.HandlerFunc) (string, http.HandlerFunc) {
	if r.Method != method {
		return operation, b.gate(operation, k, project, func(w http.ResponseWriter, r *http.Request) {
			refuse(w, r, errMethod, "method %s", r.Method)
		})
	}
	return operation, b.gate(operation, k, project, h)
}

func (b *Backend) unknown(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Request-Id", newRequestID())
	refuse(w, r, errNoAPI, "no such API: %s %s", r.Method, r.URL.Path)
}
