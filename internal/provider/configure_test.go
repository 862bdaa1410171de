// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"context"
	"crypto/tls"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/enos"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud/credential"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/rest"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/venafi"
	"github.com/appaccess/terraform-provider-appaccess/internal/service"
)

// opened asks for each service's client, and gives the reports of those that could not be opened.
func opened(t *testing.T, data *service.Data) map[string]string {
	t.Helper()
	reports := map[string]string{}
	note := func(name string, diags diag.Diagnostics) {
		if diags.HasError() {
			reports[name] = report(diags)
		}
	}
	_, diags := data.Huaweicloud.Client(t.Context())
	note("huaweicloud", diags)
	_, diags = data.Enos.Client(t.Context())
	note("enos", diags)
	_, diags = data.Venafi.Client(t.Context())
	note("venafi", diags)
	return reports
}

// A provider without any configuration is fine until something of a service is used.
func TestConfigureWithoutAnything(t *testing.T) {
	t.Parallel()
	data, diags := configure(t, nil, object{})
	if len(diags) > 0 {
		t.Fatalf("unexpected: %s", report(diags))
	}
	if !data.Huaweicloud.Known() || !data.Enos.Known() || !data.Venafi.Known() {
		t.Error("what is not set counts as unknown")
	}
	if !data.EnosOrgID.IsNull() {
		t.Errorf("the default organization is %s", data.EnosOrgID)
	}
	reports := opened(t, data)
	for name, want := range map[string][]string{
		"huaweicloud": {
			"Huawei Cloud Workspace is not configured", "huaweicloud.region (environment variable HW_REGION_NAME)",
			"huaweicloud.access_key (environment variable HW_ACCESS_KEY)", "huaweicloud.secret_key (environment variable HW_SECRET_KEY)",
		},
		"enos": {
			"EnOS is not configured", "enos.gateway_url (environment variable ENOS_GATEWAY_URL)",
			"enos.access_key (environment variable ENOS_ACCESS_KEY)", "enos.secret_key (environment variable ENOS_SECRET_KEY)",
		},
		"venafi": {"Venafi Trust Protection Platform is not configured", "venafi.url (environment variable VENAFI_URL)"},
	} {
		wantReport(t, reports[name], want)
	}
}

// Only what is missing is named.
func TestConfigureNamesOnlyWhatIsMissing(t *testing.T) {
	t.Parallel()
	data, _ := configure(t, environment{"HW_ACCESS_KEY": "ak", "ENOS_GATEWAY_URL": "https://gateway.example.com"},
		object{"huaweicloud": object{"region": "cn-north-4"}, "enos": object{"secret_key": "sk"}})
	reports := opened(t, data)
	wantReport(t, reports["huaweicloud"], []string{"huaweicloud.secret_key"})
	wantReport(t, reports["enos"], []string{"enos.access_key"})
	for name, absent := range map[string][]string{"huaweicloud": {"region", "access_key"}, "enos": {"gateway_url", "secret_key"}} {
		for _, attribute := range absent {
			if strings.Contains(reports[name], attribute) {
				t.Errorf("%s: %s is set, and named as missing:\n%s", name, attribute, reports[name])
			}
		}
	}
}

func TestConfigureUnknown(t *testing.T) {
	t.Parallel()
	data, diags := configure(t, environment{"ENOS_ORG_ID": "o1"}, object{
		"huaweicloud": object{"region": "cn-north-4", "access_key": unknown{}, "secret_key": unknown{}},
		"enos":        object{"org_id": unknown{}},
		"venafi":      unknown{},
	})
	if len(diags) > 0 {
		t.Fatalf("unknown values fail Configure: %s", report(diags))
	}
	if data.Huaweicloud.Known() || data.Enos.Known() || data.Venafi.Known() {
		t.Error("unknown values count as known")
	}
	if !data.EnosOrgID.IsUnknown() {
		t.Errorf("the default organization is %s", data.EnosOrgID)
	}
	reports := opened(t, data)
	wantReport(t, reports["huaweicloud"], []string{"known only after apply", "huaweicloud.access_key, huaweicloud.secret_key"})
	wantReport(t, reports["enos"], []string{"known only after apply", "enos.org_id"})
	wantReport(t, reports["venafi"], []string{"known only after apply", ": venafi."})
	if strings.Contains(reports["huaweicloud"], "huaweicloud.region") {
		t.Errorf("the region is known:\n%s", reports["huaweicloud"])
	}
}

// Nothing of one service's configuration matters to another service.
func TestConfigureServicesApart(t *testing.T) {
	t.Parallel()
	data, _ := configure(t, environment{"HW_WORKSPACE_ENDPOINT": "http://evil.example.com"}, object{
		"enos":   object{"gateway_url": "https://gateway.example.com", "access_key": "ak", "secret_key": "sk"},
		"venafi": unknown{},
	})
	reports := opened(t, data)
	if reports["enos"] != "" {
		t.Errorf("EnOS: %s", reports["enos"])
	}
	wantReport(t, reports["huaweicloud"], []string{"huaweicloud.workspace_endpoint, from the environment variable HW_WORKSPACE_ENDPOINT: ", "loopback"})
}

func TestConfigureOrgID(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		env    environment
		config any
		want   types.String
	}{
		{"missing", nil, nil, types.StringNull()},
		{"environment", environment{"ENOS_ORG_ID": "o1"}, object{}, types.StringValue("o1")},
		{"explicit", environment{"ENOS_ORG_ID": "o1"}, object{"org_id": "o2"}, types.StringValue("o2")},
		{"unknown", environment{"ENOS_ORG_ID": "o1"}, object{"org_id": unknown{}}, types.StringUnknown()},
		{"unknown block", environment{"ENOS_ORG_ID": "o1"}, unknown{}, types.StringUnknown()},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if data, _ := configure(t, tc.env, object{"enos": tc.config}); !data.EnosOrgID.Equal(tc.want) {
				t.Errorf("got %s, want %s", data.EnosOrgID, tc.want)
			}
		})
	}
}

// It warns on every run, also when the service is not used in it: the configuration is there to be
// used.
func TestConfigureWarnsOfInsecureSkipVerify(t *testing.T) {
	t.Parallel()
	for _, b := range blocks {
		_, diags := configure(t, nil, object{b.name: object{"insecure_skip_verify": true}})
		if diags.HasError() || diags.WarningsCount() != 1 {
			t.Errorf("%s: want one warning, got: %s", b.name, report(diags))
		}
		wantReport(t, report(diags), []string{b.service, b.path("insecure_skip_verify"), b.path("ca_certificate")})
		if _, diags := configure(t, nil, object{b.name: object{"insecure_skip_verify": false}}); len(diags) > 0 {
			t.Errorf("%s: unexpected: %s", b.name, report(diags))
		}
	}
}

// Every attribute reaches the client's configuration: each test value is the attribute's name.
func TestClientConfigs(t *testing.T) {
	t.Parallel()
	p := New("1.2.3", WithRetryWait(time.Millisecond))().(*appaccess)
	http := object{
		"ca_certificate": "PEM", "insecure_skip_verify": true, "request_timeout": "7s", "max_retries": 3,
		"requests_per_minute": object{"read": 11, "write": 12}, "max_concurrent_requests": 4,
	}
	wantRest := rest.Config{
		UserAgent: "terraform-provider-appaccess/1.2.3", CACertificate: "PEM", InsecureSkipVerify: true, RequestTimeout: 7 * time.Second,
		MaxRetries: 3, RetryWaitMin: time.Millisecond, Quota: rest.Quota{Read: 11, Write: 12}, MaxConcurrent: 4,
	}
	config := func(texts ...string) object {
		o := object{}
		for name, v := range http {
			o[name] = v
		}
		for _, name := range texts {
			o[name] = name
		}
		return o
	}
	equal := func(t *testing.T, want, got any, diags diag.Diagnostics) {
		t.Helper()
		if diags.HasError() {
			t.Fatal(report(diags))
		}
		if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(rest.Config{}, "Logger", "Secrets"), cmpopts.IgnoreFields(venafi.Config{}, "From"), cmpopts.IgnoreFields(enos.Config{}, "From"), cmpopts.IgnoreUnexported(tls.Certificate{})); diff != "" {
			t.Error(diff)
		}
	}

	t.Run("huaweicloud", func(t *testing.T) {
		t.Parallel()
		got, diags := p.huaweicloudConfig(t.Context(), resolved(t, huaweicloudBlock, nil, config("region", "access_key", "secret_key", "security_token",
			"project_id", "project_name", "cloud", "workspace_endpoint", "iam_endpoint")))
		source, err := got.Credentials(credential.IAM{})
		if err != nil {
			t.Fatal(err)
		}
		keys, err := source.Keys(t.Context())
		if err != nil || !strings.HasPrefix(source.String(), "from the provider block: huaweicloud.access_key, ") {
			t.Errorf("credentials %s: %v", source, err)
		}
		got.Credentials, got.AccessKey, got.SecretKey, got.SecurityToken = nil, keys.AccessKey, keys.SecretKey, keys.SecurityToken
		equal(t, huaweicloud.Config{
			Rest: wantRest, Region: "region", AccessKey: "access_key", SecretKey: "secret_key", SecurityToken: "security_token",
			ProjectID: "project_id", ProjectName: "project_name", Cloud: "cloud", WorkspaceEndpoint: "workspace_endpoint", IAMEndpoint: "iam_endpoint",
		}, got, diags)
	})
	t.Run("enos", func(t *testing.T) {
		t.Parallel()
		got, diags := p.enosConfig(t.Context(), resolved(t, enosBlock, nil, config("gateway_url", "access_key", "secret_key")))
		equal(t, enos.Config{Rest: wantRest, GatewayURL: "gateway_url", AccessKey: "access_key", SecretKey: "secret_key"}, got, diags)
	})

	certificate, key := newKeyPair(t)
	pair, err := tls.X509KeyPair([]byte(certificate), []byte(key))
	if err != nil {
		t.Fatal(err)
	}
	// What belongs to another login stays at home, though it is in the environment.
	env := environment{
		"VENAFI_TOKEN": "env", "VENAFI_USER": "env", "VENAFI_PASS": "env", "VENAFI_JWT": "env",
		"VENAFI_CLIENT_CERTIFICATE": certificate, "VENAFI_CLIENT_KEY": key,
	}
	venafiWant := venafi.Config{Rest: wantRest, URL: "url", AuthURL: "auth_url", ClientID: "client_id", Scope: "scope"}
	for kind, tc := range map[string]struct {
		login  object
		change func(*venafi.Config)
	}{
		"token": {object{"access_token": "t"}, func(c *venafi.Config) { c.AccessToken = "t" }},
		"password": {object{"username": "u", "password": "p"}, func(c *venafi.Config) {
			c.Username, c.Password = "u", "p"
		}},
		"jwt":         {object{"jwt": "j"}, func(c *venafi.Config) { c.JWT = "j" }},
		"certificate": {object{"client_certificate": certificate, "client_key": key}, func(c *venafi.Config) { c.ClientCertificate = &pair }},
	} {
		t.Run("venafi "+kind, func(t *testing.T) {
			t.Parallel()
			block := config("url", "auth_url", "client_id", "scope")
			for name, v := range tc.login {
				block[name] = v
			}
			want := venafiWant
			tc.change(&want)
			got, diags := p.venafiConfig(t.Context(), resolved(t, venafiBlock, env, block))
			equal(t, want, got, diags)
		})
	}
}

// The region is needed where an address or the project's name is made of it, and nowhere else.
func TestHuaweicloudRegionIsNeededWhereItIsUsed(t *testing.T) {
	t.Parallel()
	p := newProvider(nil).(*appaccess)
	endpoint := "https://service.example.com"
	for _, tc := range []struct {
		name   string
		config object
		needed bool
	}{
		{"nothing else", object{}, true},
		{"both endpoints, no project", object{"workspace_endpoint": endpoint, "iam_endpoint": endpoint}, true},
		{"both endpoints and the project's name", object{"workspace_endpoint": endpoint, "iam_endpoint": endpoint, "project_name": "p"}, false},
		{"both endpoints and the project", object{"workspace_endpoint": endpoint, "iam_endpoint": endpoint, "project_id": "p"}, false},
		{"one endpoint and the project", object{"workspace_endpoint": endpoint, "project_id": "p"}, true},
		{"the project alone", object{"project_id": "p"}, true},
		{"the project's name without IAM", object{"workspace_endpoint": endpoint, "project_name": "p"}, true},
	} {
		tc.config["access_key"], tc.config["secret_key"] = "ak", "sk"
		_, diags := p.huaweicloudConfig(t.Context(), resolved(t, huaweicloudBlock, nil, tc.config))
		if needed := strings.Contains(report(diags), "huaweicloud.region"); needed != tc.needed {
			t.Errorf("%s: needed %v, want %v", tc.name, needed, tc.needed)
		}
	}
}

// One client for all: one token, one quota, one listing.
func TestConfigureSharesTheClient(t *testing.T) {
	t.Parallel()
	data, _ := configure(t, nil, object{"enos": object{"gateway_url": "https://gateway.example.com", "access_key": "ak", "secret_key": "sk"}})
	first, diags := data.Enos.Client(context.Background())
	if diags.HasError() {
		t.Fatal(report(diags))
	}
	if second, _ := data.Enos.Client(t.Context()); second != first {
		t.Error("the second caller got another client")
	}
}

// Claims hold for one plan: a provider that is configured without being validated may serve
// several, and gets none.
func TestConfigureClaims(t *testing.T) {
	t.Parallel()
	p := newProvider(nil)
	server := providerserver.NewProtocol6(p)()
	schema := providerSchema(t, p).Schema
	typ := schema.Type().TerraformType(t.Context())
	raw := terraformValue(t, typ, object{})
	value, err := tfprotov6.NewDynamicValue(typ, raw)
	if err != nil {
		t.Fatal(err)
	}
	walk := func(validate bool) *service.Data {
		t.Helper()
		if validate {
			if _, err := server.ValidateProviderConfig(t.Context(), &tfprotov6.ValidateProviderConfigRequest{Config: &value}); err != nil {
				t.Fatal(err)
			}
		}
		var resp provider.ConfigureResponse
		p.Configure(t.Context(), provider.ConfigureRequest{Config: tfsdk.Config{Schema: schema, Raw: raw}}, &resp)
		data, diags := service.DataFrom(resp.ResourceData)
		if diags.HasError() {
			t.Fatal(report(diags))
		}
		if has := []bool{data.HuaweicloudClaims != nil, data.EnosClaims != nil, data.VenafiClaims != nil}; !slices.Equal(has, []bool{validate, validate, validate}) {
			t.Errorf("validated: %v; claims of the three services: %v", validate, has)
		}
		return data
	}
	first, second := walk(true), walk(true)
	if first.HuaweicloudClaims == second.HuaweicloudClaims || first.EnosClaims == second.EnosClaims || first.VenafiClaims == second.VenafiClaims {
		t.Error("two walks share claims")
	}
	walk(false)
}
