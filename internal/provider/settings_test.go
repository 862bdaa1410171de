// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/rest"
)

var blocks = []block{huaweicloudBlock, enosBlock, venafiBlock}

// The contract's names. They are a promise: a renamed variable is a broken pipeline.
var contractEnvironment = map[string]string{
	"huaweicloud.region":             "HW_REGION_NAME",
	"huaweicloud.access_key":         "HW_ACCESS_KEY",
	"huaweicloud.secret_key":         "HW_SECRET_KEY",
	"huaweicloud.security_token":     "HW_SECURITY_TOKEN",
	"huaweicloud.project_id":         "HW_PROJECT_ID",
	"huaweicloud.project_name":       "HW_PROJECT_NAME",
	"huaweicloud.cloud":              "HW_CLOUD",
	"huaweicloud.workspace_endpoint": "HW_WORKSPACE_ENDPOINT",
	"huaweicloud.iam_endpoint":       "HW_IAM_ENDPOINT",
	"huaweicloud.shared_config_file": "HW_SHARED_CONFIG_FILE",
	"huaweicloud.profile":            "HW_PROFILE",

	"huaweicloud.assume_role.agency_name": "HW_ASSUME_ROLE_AGENCY_NAME",
	"huaweicloud.assume_role.domain_name": "HW_ASSUME_ROLE_DOMAIN_NAME",
	"huaweicloud.assume_role.domain_id":   "HW_ASSUME_ROLE_DOMAIN_ID",
	"huaweicloud.assume_role.duration":    "HW_ASSUME_ROLE_DURATION",

	"huaweicloud.assume_role_with_oidc.idp_id":        "HW_ASSUME_ROLE_IDP_ID",
	"huaweicloud.assume_role_with_oidc.id_token":      "HW_ASSUME_ROLE_ID_TOKEN",
	"huaweicloud.assume_role_with_oidc.id_token_file": "HW_ASSUME_ROLE_ID_TOKEN_FILE",
	"huaweicloud.assume_role_with_oidc.agency_name":   "HW_ASSUME_ROLE_AGENCY_NAME",
	"huaweicloud.assume_role_with_oidc.domain_id":     "HW_ASSUME_ROLE_DOMAIN_ID",
	"huaweicloud.assume_role_with_oidc.duration":      "HW_ASSUME_ROLE_DURATION",
	"enos.gateway_url":           "ENOS_GATEWAY_URL",
	"enos.access_key":            "ENOS_ACCESS_KEY",
	"enos.secret_key":            "ENOS_SECRET_KEY",
	"enos.org_id":                "ENOS_ORG_ID",
	"venafi.url":                 "VENAFI_URL",
	"venafi.auth_url":            "VENAFI_AUTH_URL",
	"venafi.access_token":        "VENAFI_TOKEN",
	"venafi.client_id":           "VENAFI_CLIENT_ID",
	"venafi.username":            "VENAFI_USER",
	"venafi.password":            "VENAFI_PASS",
	"venafi.jwt":                 "VENAFI_JWT",
	"venafi.client_certificate":  "VENAFI_CLIENT_CERTIFICATE",
	"venafi.client_key":          "VENAFI_CLIENT_KEY",
	"venafi.client_key_password": "VENAFI_CLIENT_KEY_PASSWORD",
	"venafi.client_p12":          "VENAFI_CLIENT_P12",
	"venafi.client_p12_file":     "VENAFI_P12_CERTIFICATE",
	"venafi.client_p12_password": "VENAFI_P12_PASSWORD",
	"venafi.jwt_file":            "VENAFI_JWT_FILE",
	"venafi.scope":               "VENAFI_SCOPE",
}

func TestEnvironmentNamesAreTheContracts(t *testing.T) {
	t.Parallel()
	got := map[string]string{}
	for _, b := range blocks {
		for _, text := range b.all() {
			got[b.path(text.name)] = text.env
		}
	}
	if diff := cmp.Diff(contractEnvironment, got); diff != "" {
		t.Error(diff)
	}
}

// Every text attribute, from every source.
func TestResolveTexts(t *testing.T) {
	t.Parallel()
	for _, b := range blocks {
		for _, text := range b.texts {
			env := environment{text.env: "from-environment"}
			for _, tc := range []struct {
				name    string
				env     environment
				config  any
				want    value
				unknown []string
			}{
				{"explicit", nil, object{text.name: "explicit"}, value{text: "explicit", explicit: true}, nil},
				{"explicit wins over the environment", env, object{text.name: "explicit"}, value{text: "explicit", explicit: true}, nil},
				{"environment", env, object{}, value{text: "from-environment", explicit: false}, nil},
				{"environment without a block", env, nil, value{text: "from-environment", explicit: false}, nil},
				{"an empty string is not set", env, object{text.name: ""}, value{text: "from-environment", explicit: false}, nil},
				{"missing", nil, object{}, value{}, nil},
				{"an empty variable is not set", environment{text.env: ""}, nil, value{}, nil},
				{"unknown", nil, object{text.name: unknown{}}, value{}, []string{b.path(text.name)}},
				{"unknown wins over the environment", env, object{text.name: unknown{}}, value{}, []string{b.path(text.name)}},
			} {
				t.Run(b.path(text.name)+"/"+tc.name, func(t *testing.T) {
					t.Parallel()
					s := resolved(t, b, tc.env, tc.config)
					if got := s.texts[text.name]; got != tc.want {
						t.Errorf("got %+v, want %+v", got, tc.want)
					}
					if got := s.get(text.name); got != tc.want.text {
						t.Errorf("get: %q, want %q", got, tc.want.text)
					}
					if !slices.Equal(s.unknown, tc.unknown) {
						t.Errorf("unknown: %v, want %v", s.unknown, tc.unknown)
					}
				})
			}
		}
	}
}

// Files and variables often end in a line break that no key, token or address holds. A password may
// end in a blank.
func TestResolveTrims(t *testing.T) {
	t.Parallel()
	for _, b := range blocks {
		for _, text := range b.texts {
			want := "value"
			if strings.HasSuffix(text.name, "password") {
				want = " value\n"
			}
			for source, s := range map[string]*settings{
				"explicit":    resolved(t, b, nil, object{text.name: " value\n"}),
				"environment": resolved(t, b, environment{text.env: " value\n"}, nil),
			} {
				if got := s.get(text.name); got != want {
					t.Errorf("%s, %s: %q, want %q", b.path(text.name), source, got, want)
				}
			}
		}
	}
}

func TestResolveHTTP(t *testing.T) {
	t.Parallel()
	defaults := func(b block) httpSettings {
		return httpSettings{requestTimeout: 90 * time.Second, maxRetries: 5, quota: b.quota, maxConcurrent: 8}
	}
	for _, b := range blocks {
		if wantQuota := map[string]rest.Quota{"huaweicloud": {Read: 200, Write: 100}}[b.name]; b.quota != wantQuota {
			t.Errorf("%s: the default quota is %+v, want %+v", b.name, b.quota, wantQuota)
		}
		for _, tc := range []struct {
			name   string
			config any
			change func(*httpSettings)
		}{
			{"no block", nil, func(*httpSettings) {}},
			{"empty block", object{}, func(*httpSettings) {}},
			{"ca_certificate", object{"ca_certificate": "PEM\n"}, func(h *httpSettings) { h.caCertificate = "PEM" }},
			{"insecure_skip_verify", object{"insecure_skip_verify": true}, func(h *httpSettings) { h.insecureSkipVerify = true }},
			{"request_timeout", object{"request_timeout": "2m30s"}, func(h *httpSettings) { h.requestTimeout = 150 * time.Second }},
			{"max_retries", object{"max_retries": 7}, func(h *httpSettings) { h.maxRetries = 7 }},
			{"no retries", object{"max_retries": 0}, func(h *httpSettings) { h.maxRetries = 0 }},
			{"max_concurrent_requests", object{"max_concurrent_requests": 3}, func(h *httpSettings) { h.maxConcurrent = 3 }},
			{"max_revocations", object{"max_revocations": 0}, func(h *httpSettings) { h.maxRevocations = new(int64) }},
			{"both quotas", object{"requests_per_minute": object{"read": 11, "write": 12}}, func(h *httpSettings) { h.quota = rest.Quota{Read: 11, Write: 12} }},
			{"unlimited", object{"requests_per_minute": object{"read": 0, "write": 0}}, func(h *httpSettings) { h.quota = rest.Quota{} }},
			{"the other quota keeps its default", object{"requests_per_minute": object{"read": 11}}, func(h *httpSettings) { h.quota.Read = 11 }},
			{"and the other way round", object{"requests_per_minute": object{"write": 12}}, func(h *httpSettings) { h.quota.Write = 12 }},
			{"empty quota", object{"requests_per_minute": object{}}, func(*httpSettings) {}},
		} {
			t.Run(b.name+"/"+tc.name, func(t *testing.T) {
				t.Parallel()
				want := defaults(b)
				tc.change(&want)
				if diff := cmp.Diff(want, resolved(t, b, nil, tc.config).http, cmp.AllowUnexported(httpSettings{})); diff != "" {
					t.Error(diff)
				}
			})
		}
	}
}

func TestResolveUnknown(t *testing.T) {
	t.Parallel()
	for _, b := range blocks {
		for _, tc := range []struct {
			name   string
			config any
			want   []string
		}{
			{"the whole block", unknown{}, []string{b.name}},
			{"several", object{b.texts[0].name: unknown{}, "max_retries": unknown{}}, []string{b.path("max_retries"), b.path(b.texts[0].name)}},
			{"the whole quota", object{"requests_per_minute": unknown{}}, []string{b.path("requests_per_minute")}},
			{"half of the quota", object{"requests_per_minute": object{"read": 1, "write": unknown{}}}, []string{b.path("requests_per_minute.write")}},
			{"ca_certificate", object{"ca_certificate": unknown{}}, []string{b.path("ca_certificate")}},
			{"insecure_skip_verify", object{"insecure_skip_verify": unknown{}}, []string{b.path("insecure_skip_verify")}},
			{"request_timeout", object{"request_timeout": unknown{}}, []string{b.path("request_timeout")}},
			{"max_concurrent_requests", object{"max_concurrent_requests": unknown{}}, []string{b.path("max_concurrent_requests")}},
		} {
			t.Run(b.name+"/"+tc.name, func(t *testing.T) {
				t.Parallel()
				slices.Sort(tc.want)
				if diff := cmp.Diff(tc.want, resolved(t, b, nil, tc.config).unknown); diff != "" {
					t.Error(diff)
				}
			})
		}
	}
}

func TestSecretsAreThoseOfTheBlock(t *testing.T) {
	t.Parallel()
	for _, b := range blocks {
		config := object{}
		for _, text := range b.texts {
			config[text.name] = "value-of-" + text.name
		}
		got := strings.Join(resolved(t, b, nil, config).secrets(), " ")
		for _, text := range b.texts {
			if masked := strings.Contains(got, "value-of-"+text.name); masked != text.sensitive {
				t.Errorf("%s: masked %v, sensitive %v", b.path(text.name), masked, text.sensitive)
			}
		}
	}
}

// A log may hold one line of a key: each is a secret. The longest come first, so that no rest of
// one is left over.
func TestSecretsOfSeveralLines(t *testing.T) {
	t.Parallel()
	s := resolved(t, venafiBlock, nil, object{"client_key": "-----BEGIN X-----\nline1\nlonger-line2\n-----END X-----\n", "password": "line"})
	want := []string{"-----BEGIN X-----\nline1\nlonger-line2\n-----END X-----", "longer-line2", "line1", "line"}
	if diff := cmp.Diff(want, s.secrets()); diff != "" {
		t.Error(diff)
	}
}

func TestMissingNamesAttributeAndVariable(t *testing.T) {
	t.Parallel()
	for _, b := range blocks {
		for _, text := range b.texts {
			got := report(resolved(t, b, nil, nil).missing(text.name))
			for _, want := range []string{b.service, b.path(text.name), text.env} {
				if !strings.Contains(got, want) {
					t.Errorf("%s: the error lacks %q:\n%s", b.path(text.name), want, got)
				}
			}
		}
	}
}

// What the schema refuses in the configuration is refused in the environment too, when the service
// is used.
func TestCheckTextsFromTheEnvironment(t *testing.T) {
	t.Parallel()
	for path, bad := range map[string]string{
		"huaweicloud.region":             "evil.example.com/",
		"huaweicloud.cloud":              "a/b",
		"huaweicloud.workspace_endpoint": "http://workspace.example.com",
		"huaweicloud.iam_endpoint":       "ftp://iam.example.com",
		"enos.gateway_url":               "http://203.0.113.7",
		"venafi.url":                     "tpp.example.com",
		"venafi.auth_url":                "http://auth.example.com",
		"venafi.client_certificate":      "no PEM",
		"venafi.client_key":              "no PEM",
	} {
		name, attribute, _ := strings.Cut(path, ".")
		b := blocks[slices.IndexFunc(blocks, func(b block) bool { return b.name == name })]
		env := b.text(attribute).env
		got := report(resolved(t, b, environment{env: bad}, nil).checkTexts())
		if want := fmt.Sprintf("%s, from the environment variable %s: ", path, env); !strings.Contains(got, want) {
			t.Errorf("%s: the error lacks %q:\n%s", path, want, got)
		}
	}
}
