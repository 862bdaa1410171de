// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package acctest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/enos"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/huaweicloud"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/venafi"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

// Who the mock services know. Mock.Provider configures the provider with it.
const (
	Region    = "ap-southeast-3"
	ProjectID = "2b31ed520a00421fbedb6e57a3b1c2d4"

	HuaweicloudAccessKey = "ACCTESTACCESSKEY0001"
	HuaweicloudSecretKey = "acctest-huaweicloud-secret-key"

	OrgID         = "o15000000000001"
	EnosAccessKey = "4f6c1b1e-0000-4000-8000-00000000acc0"
	EnosSecretKey = "acctest-enos-secret-key"

	VenafiClientID = "acctest-client"
	VenafiUser     = "local:acctest"
	VenafiPassword = "acctest-venafi-password"
	// VenafiIdentity is who VenafiUser is.
	VenafiIdentity = "local:{0acc7e57-0000-4000-8000-000000000001}"
)

// Mock is a set of mock services that listen on this machine.
type Mock struct {
	URL         string
	Huaweicloud *huaweicloud.Backend
	Enos        *enos.Backend
	Venafi      *venafi.Backend
	// Requests keeps the requests of all services, Faults spoils them.
	Requests *wire.Recorder
	Faults   *wire.Faults
}

// Seeds are the data of the services. What a seed leaves out is filled in: the credentials that Mock.Provider uses, with
// all rights.
type Seeds struct {
	Huaweicloud huaweicloud.Seed
	Enos        enos.Seed
	Venafi      venafi.Seed
	// Latency is waited for before each request is handled.
	Latency time.Duration
	// AllowViolations is for tests that make the provider send what a correct client never sends.
	AllowViolations bool
}

// Start starts the mock services. They stop with the test, which fails when the provider sent something that a correct
// client never sends.
func Start(t testing.TB, seeds Seeds) *Mock {
	t.Helper()
	m := &Mock{Requests: &wire.Recorder{}, Faults: &wire.Faults{}}
	service := func(name string) wire.Service {
		return wire.Service{Name: name, Recorder: m.Requests, Faults: m.Faults, Latency: seeds.Latency}
	}
	m.Huaweicloud = huaweicloud.New(service(huaweicloud.ServiceName), huaweicloudSeed(seeds.Huaweicloud), huaweicloud.Switches{})
	m.Enos = enos.New(service(enos.ServiceName), enosSeed(seeds.Enos), enos.Switches{})
	m.Venafi = venafi.New(service(venafi.ServiceName), venafiSeed(seeds.Venafi), venafi.Switches{})

	server := httptest.NewServer(m)
	m.URL = server.URL
	t.Cleanup(func() {
		server.Close()
		if violations := m.Requests.Violations(); len(violations) > 0 && !seeds.AllowViolations {
			t.Errorf("the provider sent what a correct client never sends:\n%s", strings.Join(violations, "\n"))
		}
	})
	return m
}

// ServeHTTP hands a request to the service that its path belongs to.
func (m *Mock) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch first, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/"); strings.ToLower(first) {
	case "apim-token-service", "app-portal-service":
		m.Enos.ServeHTTP(w, r)
	case "vedsdk", "vedauth":
		m.Venafi.ServeHTTP(w, r)
	default:
		m.Huaweicloud.ServeHTTP(w, r)
	}
}

// Provider is a provider block for all three services of the mock.
func (m *Mock) Provider() string {
	return m.ProviderWith("", "", "")
}

// ProviderWith is Provider with more lines in the parts of the services.
func (m *Mock) ProviderWith(huaweicloud, enos, venafi string) string {
	return fmt.Sprintf(`
provider "appaccess" {
  huaweicloud = {
    region             = %[2]q
    access_key         = %[3]q
    secret_key         = %[4]q
    project_id         = %[5]q
    workspace_endpoint = %[1]q
    iam_endpoint       = %[1]q
    %[12]s
  }
  enos = {
    gateway_url = %[1]q
    access_key  = %[6]q
    secret_key  = %[7]q
    org_id      = %[8]q
    %[13]s
  }
  venafi = {
    url       = %[1]q
    client_id = %[9]q
    username  = %[10]q
    password  = %[11]q
    %[14]s
  }
}
`, m.URL, Region, HuaweicloudAccessKey, HuaweicloudSecretKey, ProjectID, EnosAccessKey, EnosSecretKey, OrgID, VenafiClientID, VenafiUser,
		VenafiPassword, huaweicloud, enos, venafi)
}

func huaweicloudSeed(seed huaweicloud.Seed) huaweicloud.Seed {
	if seed.Credentials == nil {
		seed.Credentials = []huaweicloud.Credential{{AccessKey: HuaweicloudAccessKey, SecretKey: HuaweicloudSecretKey}}
	}
	if seed.Projects == nil {
		seed.Projects = []huaweicloud.Project{{ID: ProjectID, Name: Region}}
	}
	return seed
}

func enosSeed(seed enos.Seed) enos.Seed {
	if seed.ServiceAccounts == nil {
		seed.ServiceAccounts = []enos.ServiceAccount{
			{AccessKey: EnosAccessKey, SecretKey: EnosSecretKey, MayRead: true, MayAuthorize: true},
		}
	}
	return seed
}

func venafiSeed(seed venafi.Seed) venafi.Seed {
	prefix, universal, _ := strings.Cut(VenafiIdentity, ":")
	_, name, _ := strings.Cut(VenafiUser, ":")
	seed.Applications = append([]venafi.Application{
		{ID: VenafiClientID, Name: "Acceptance tests", MaximumScope: "admin;configuration"},
	}, seed.Applications...)
	seed.Identities = append([]venafi.Identity{
		{Prefix: prefix, Universal: universal, Name: name, Password: VenafiPassword},
	}, seed.Identities...)
	seed.Roles = append([]venafi.Role{{Role: venafi.Admin, Grantee: VenafiIdentity}}, seed.Roles...)
	return seed
}
