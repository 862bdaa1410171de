// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package acctest

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/enos"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/huaweicloud"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/venafi"
)

// Who the mock services know. Mock.Provider configures the provider with it.
const (
	Region    = "ap-southeast-3"
	ProjectID = "2b31ed520a00421fbedb6e57a3b1c2d4"

	HuaweicloudAccessKey = "ACCTESTACCESSKEY0001"
	HuaweicloudSecretKey = "Wq7zR2mK9tL4vX1cB6nH3jD8sF5gP0aY"

	OrgID         = "o15000000000001"
	EnosAccessKey = "4f6c1b1e-0000-4000-8000-00000000acc0"
	EnosSecretKey = "uT3vB8nM1kQ5wE7rY2zX9cL4-oi6p"

	VenafiClientID = "acctest-client"
	VenafiUser     = "local:acctest"
	VenafiPassword = "Zx8!q7Wm\"2\\Rt5 & <k9>/+=%Bv3"
	// VenafiIdentity is who VenafiUser is.
	VenafiIdentity = "local:{0acc7e57-0000-4000-8000-000000000001}"
)

// Mock is the mock services, listening on this machine. Its Recorder keeps the requests of all of
// them, its Faults spoil them, and its Huaweicloud, Enos and Venafi look at the data and change it
// behind Terraform's back.
type Mock struct {
	*mockbackend.Backend
	// URL is the address of all services.
	URL string
}

// Options are the data of the services and how they behave. What a seed leaves out of the
// credentials that Mock.Provider uses is filled in, with all rights. Huawei Cloud has no quota
// unless one is given.
type Options struct {
	Huaweicloud huaweicloud.Seed
	Enos        enos.Seed
	Venafi      venafi.Seed
	// Quota is that of Huawei Cloud.
	Quota huaweicloud.Quota
	// Latency is waited for before each request is handled.
	Latency time.Duration
	// AllowViolations is for tests that make the provider send what a correct client never sends.
	AllowViolations bool
}

// Start starts the mock services. They stop with the test, which fails when the provider sent
// something that a correct client never sends.
func Start(t testing.TB, options Options) *Mock {
	t.Helper()
	backend, err := mockbackend.New(mockbackend.Options{
		Seed: &mockbackend.Seed{
			Huaweicloud: huaweicloudSeed(options.Huaweicloud),
			Enos:        enosSeed(options.Enos),
			Venafi:      venafiSeed(options.Venafi),
		},
		Latency: options.Latency,
		Quota:   &options.Quota,
	})
	if err != nil {
		t.Fatal(err)
	}
	secrets := SecretsOf(t)
	for _, credential := range huaweicloudSeed(options.Huaweicloud).Credentials {
		secrets.learnToken("a secret key of Huawei Cloud", credential.SecretKey)
		secrets.learnToken("a security token of Huawei Cloud", credential.SecurityToken)
	}
	for _, account := range enosSeed(options.Enos).ServiceAccounts {
		secrets.learnToken("a secret key of EnOS", account.SecretKey)
	}
	for _, identity := range venafiSeed(options.Venafi).Identities {
		secrets.learnToken("a password of Venafi", identity.Password)
	}
	server := httptest.NewServer(Tapped(t, backend))
	t.Cleanup(func() {
		server.Close()
		if violations := backend.Recorder.Violations(); len(violations) > 0 && !options.AllowViolations {
			t.Errorf("the provider sent what a correct client never sends:\n%s", strings.Join(violations, "\n"))
		}
	})
	return &Mock{Backend: backend, URL: server.URL}
}

// Provider is a provider block for all three services of the mock. Like the mock, it is without
// quotas.
func (m *Mock) Provider() string {
	return m.ProviderWith("", "", "")
}

// ProviderWith is Provider with more lines in the parts of the services.
func (m *Mock) ProviderWith(huaweicloud, enos, venafi string) string {
	if !strings.Contains(huaweicloud, "requests_per_minute") {
		huaweicloud += "\n    requests_per_minute {\n      read = 0\n      write = 0\n    }"
	}
	return fmt.Sprintf(`
provider "appaccess" {
  huaweicloud {
    region             = %[2]q
    access_key         = %[3]q
    secret_key         = %[4]q
    project_id         = %[5]q
    workspace_endpoint = %[1]q
    iam_endpoint       = %[1]q
    %[12]s
  }
  enos {
    gateway_url = %[1]q
    access_key  = %[6]q
    secret_key  = %[7]q
    org_id      = %[8]q
    %[13]s
  }
  venafi {
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
