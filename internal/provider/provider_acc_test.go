// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/appaccess/terraform-provider-appaccess/internal/acctest"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/huaweicloud"
)

const (
	appID   = "3f791197-d166-4c8e-81e4-38c40ffc1989"
	address = "appaccess_huaweicloud_app_authorization_set.cad"

	set = `
resource "appaccess_huaweicloud_app_authorization_set" "cad" {
  app_ids = ["` + appID + `"]
  users   = { "local.com" = { zhangsan = "LOCAL" } }
}
`
)

func start(t *testing.T) *acctest.Mock {
	t.Helper()
	return acctest.Start(t, acctest.Options{Huaweicloud: huaweicloud.Seed{
		Apps: map[string]huaweicloud.App{appID: {Name: "CAD"}},
	}})
}

// wantGranted fails unless zhangsan has the application, which shows that a configuration works to
// the end.
func wantGranted(t *testing.T, m *acctest.Mock) {
	t.Helper()
	if _, ok := m.Snapshot().Huaweicloud.Apps[appID].Users["local.com"]["zhangsan"]; !ok {
		t.Error("the apply granted nothing")
	}
}

// message matches a text of Terraform's output, which breaks lines anywhere and frames them.
func message(words string) *regexp.Regexp {
	return regexp.MustCompile(strings.Join(strings.Fields(regexp.QuoteMeta(words)), `[\s│]+`))
}

// The address of the service comes from something that the same run creates. The first plan doesn't
// know it and asks nothing; the apply does. Nobody uses Venafi, whose token stays unknown to the
// end of the plan.
func TestAccProviderUnknownValues(t *testing.T) {
	t.Parallel()
	m := start(t)
	config := fmt.Sprintf(`
resource "terraform_data" "service" {
  input = { endpoint = %[1]q, token = "t" }
}

provider "appaccess" {
  huaweicloud {
    region             = %[2]q
    access_key         = %[3]q
    secret_key         = %[4]q
    workspace_endpoint = terraform_data.service.output.endpoint
    iam_endpoint       = terraform_data.service.output.endpoint
  }
  venafi {
    url          = "https://tpp.example.com"
    access_token = terraform_data.service.output.token
  }
}
`, m.URL, acctest.Region, acctest.HuaweicloudAccessKey, acctest.HuaweicloudSecretKey) + set
	acctest.Test(t, resource.TestCase{Steps: []resource.TestStep{
		{
			Config: config,
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
				plancheck.ExpectResourceAction(address, plancheck.ResourceActionCreate),
			}},
			ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectKnownValue(address, tfjsonpath.New("users"), knownvalue.MapSizeExact(1)),
			},
			PostApplyFunc: func() { wantGranted(t, m) },
		},
		{
			Config:           config,
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}},
		},
	}})
}

// A block that is unknown as a whole fails no plan of a service that is not used.
func TestAccProviderUnknownBlockOfAnotherService(t *testing.T) {
	t.Parallel()
	m := start(t)
	acctest.Test(t, resource.TestCase{Steps: []resource.TestStep{{
		Config: fmt.Sprintf(`
resource "terraform_data" "enos" {
  input = { gateway_url = "https://gateway.example.com", access_key = "ak", secret_key = "sk" }
}

provider "appaccess" {
  huaweicloud {
    region             = %[2]q
    access_key         = %[3]q
    secret_key         = %[4]q
    workspace_endpoint = %[1]q
    iam_endpoint       = %[1]q
  }
  enos {
    gateway_url = terraform_data.enos.output.gateway_url
    access_key  = terraform_data.enos.output.access_key
    secret_key  = terraform_data.enos.output.secret_key
  }
}
`, m.URL, acctest.Region, acctest.HuaweicloudAccessKey, acctest.HuaweicloudSecretKey) + set,
		PostApplyFunc: func() { wantGranted(t, m) },
	}}})
}

// Everything may come from the environment: the provider block isn't even needed.
func TestAccProviderEnvironment(t *testing.T) {
	t.Parallel()
	m := start(t)
	acctest.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.ProvidersWithEnvironment(map[string]string{
			"HW_REGION_NAME":        acctest.Region,
			"HW_ACCESS_KEY":         acctest.HuaweicloudAccessKey,
			"HW_SECRET_KEY":         acctest.HuaweicloudSecretKey,
			"HW_WORKSPACE_ENDPOINT": m.URL,
			"HW_IAM_ENDPOINT":       m.URL,
		}),
		Steps: []resource.TestStep{{Config: set, PostApplyFunc: func() { wantGranted(t, m) }}},
	})
}

func TestAccProviderExplicitWinsOverEnvironment(t *testing.T) {
	t.Parallel()
	m := start(t)
	acctest.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.ProvidersWithEnvironment(map[string]string{
			"HW_REGION_NAME":        "cn-north-4",
			"HW_ACCESS_KEY":         "wrong",
			"HW_SECRET_KEY":         "wrong",
			"HW_PROJECT_ID":         "wrong",
			"HW_WORKSPACE_ENDPOINT": "http://127.0.0.1:1",
			"HW_IAM_ENDPOINT":       "http://127.0.0.1:1",
		}),
		Steps: []resource.TestStep{{Config: m.Provider() + set, PostApplyFunc: func() { wantGranted(t, m) }}},
	})
}

// What is wrong shows in the plan, before any request.
func TestAccProviderErrors(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name        string
		block       string
		environment map[string]string
		want        string
	}{
		{"nothing is set", ``, nil, `huaweicloud.region (environment variable HW_REGION_NAME)`},
		{
			"a credential is missing", `huaweicloud {
			  region = "cn-north-4"
			  access_key = "ak"
			}`, nil,
			`huaweicloud.secret_key (environment variable HW_SECRET_KEY)`,
		},
		{
			"http to another machine", `huaweicloud { workspace_endpoint = "http://workspace.example.com" }`, nil,
			`huaweicloud.workspace_endpoint: http:// is accepted for loopback addresses only`,
		},
		{
			"http to another machine, in the environment", `huaweicloud {
			  region = "r"
			  access_key = "ak"
			  secret_key = "sk"
			}`,
			map[string]string{"HW_IAM_ENDPOINT": "http://iam.example.com"},
			`huaweicloud.iam_endpoint, from the environment variable HW_IAM_ENDPOINT: http:// is accepted for loopback addresses only`,
		},
		{"a malformed duration", `huaweicloud { request_timeout = "soon" }`, nil, `huaweicloud.request_timeout: it is not a length of time`},
		{"a negative quota", "enos {\n requests_per_minute { write = -1 }\n}", nil, `enos.requests_per_minute.write value must be between 0 and`},
		{"two kinds of login", `venafi {
		  access_token = "t"
		  jwt = "j"
		}`, nil, `More than one kind of login to Venafi Trust Protection Platform`},
		{"a misspelt argument", `huaweicloud { max_retires = 3 }`, nil, `An argument named "max_retires" is not expected here`},
		{"a misspelt quota", "enos {\n requests_per_minute { wirte = 1 }\n}", nil, `An argument named "wirte" is not expected here`},
		{"a misspelt length of time", "huaweicloud {}\n}\nresource \"appaccess_huaweicloud_app_authorization_set\" \"x\" {\n app_ids = [\"a\"]\n timeouts { craete = \"6h\" }", nil, `An argument named "craete" is not expected here`},
		{"a certificate without its key", `venafi { client_certificate = "x" }`, nil, `venafi.client_key (environment variable VENAFI_CLIENT_KEY)`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			acctest.Test(t, resource.TestCase{
				ProtoV6ProviderFactories: acctest.ProvidersWithEnvironment(tc.environment),
				Steps: []resource.TestStep{{
					Config:      "provider \"appaccess\" {\n" + tc.block + "\n}\n" + set,
					PlanOnly:    true,
					ExpectError: message(tc.want),
				}},
			})
		})
	}
}
