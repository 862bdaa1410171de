// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package acctest

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/huaweicloud"
)

// StartDemo starts the mock services as people start them, with the data that the documentation and
// the demo speak of, but without quotas. The provider block for them is DemoProvider.
func StartDemo(t testing.TB) *Mock {
	t.Helper()
	backend, err := mockbackend.New(mockbackend.Options{Quota: &huaweicloud.Quota{}})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(Tapped(t, backend))
	t.Cleanup(func() {
		server.Close()
		if violations := backend.Recorder.Violations(); len(violations) > 0 {
			t.Errorf("the provider sent what a correct client never sends:\n%s", strings.Join(violations, "\n"))
		}
	})
	return &Mock{Backend: backend, URL: server.URL}
}

// DemoEnvironment are the credentials that StartDemo's data knows, as environment variables.
func (m *Mock) DemoEnvironment() map[string]string {
	seed := mockbackend.DefaultSeed()
	return map[string]string{
		"HW_REGION_NAME":        seed.Huaweicloud.Projects[0].Name,
		"HW_ACCESS_KEY":         seed.Huaweicloud.Credentials[0].AccessKey,
		"HW_SECRET_KEY":         seed.Huaweicloud.Credentials[0].SecretKey,
		"HW_WORKSPACE_ENDPOINT": m.URL, "HW_IAM_ENDPOINT": m.URL,
		"ENOS_GATEWAY_URL": m.URL,
		"ENOS_ACCESS_KEY":  seed.Enos.ServiceAccounts[0].AccessKey,
		"ENOS_SECRET_KEY":  seed.Enos.ServiceAccounts[0].SecretKey,
		"ENOS_ORG_ID":      seed.Enos.Organizations[0].ID,
		"VENAFI_URL":       m.URL,
		"VENAFI_CLIENT_ID": seed.Venafi.Applications[0].ID,
		"VENAFI_USER":      seed.Venafi.Identities[0].PrefixedName(),
		"VENAFI_PASS":      seed.Venafi.Identities[0].Password,
	}
}

// DemoProvider is a provider block for the services of StartDemo.
func (m *Mock) DemoProvider() string {
	e := m.DemoEnvironment()
	return fmt.Sprintf(`
provider "appaccess" {
  huaweicloud {
    region              = %[2]q
    access_key          = %[3]q
    secret_key          = %[4]q
    workspace_endpoint  = %[1]q
    iam_endpoint        = %[1]q
    requests_per_minute {
      read = 0
      write = 0
    }
  }
  enos {
    gateway_url = %[1]q
    access_key  = %[5]q
    secret_key  = %[6]q
    org_id      = %[7]q
  }
  venafi {
    url       = %[1]q
    client_id = %[8]q
    username  = %[9]q
    password  = %[10]q
  }
}
`, m.URL, e["HW_REGION_NAME"], e["HW_ACCESS_KEY"], e["HW_SECRET_KEY"], e["ENOS_ACCESS_KEY"], e["ENOS_SECRET_KEY"], e["ENOS_ORG_ID"],
		e["VENAFI_CLIENT_ID"], e["VENAFI_USER"], e["VENAFI_PASS"])
}
