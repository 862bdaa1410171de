// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud/credential"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/rest"
)

// Which credentials a run takes: what stands in the block, else the environment, else the shared
// file.
func TestChooseCredentials(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "config.json")
	if err := os.WriteFile(file, []byte(`{"current":"c","profiles":[{"name":"c","accessKeyId":"AK","secretAccessKey":"s3cret"}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	keys := environment{"HW_ACCESS_KEY": "ak", "HW_SECRET_KEY": "s3cret", "HW_SHARED_CONFIG_FILE": file}
	for name, tc := range map[string]struct {
		env    environment
		config object
		wants  []string // of what people are told of the source, or of the error
		fails  bool
	}{
		"the block over the environment":   {keys, object{"profile": "c"}, []string{"from profile c in ", "(huaweicloud.profile; huaweicloud.shared_config_file, from the environment variable HW_SHARED_CONFIG_FILE)"}, false},
		"keys over the file":               {keys, object{}, []string{"from the environment: huaweicloud.access_key (HW_ACCESS_KEY)"}, false},
		"keys of both":                     {keys, object{"access_key": "ak2"}, []string{"from the provider block and the environment: huaweicloud.access_key, huaweicloud.secret_key (HW_SECRET_KEY)"}, false},
		"an agency on top":                 {keys, object{"assume_role": object{"agency_name": "a", "domain_name": "d"}}, []string{"those of the agency a of d (huaweicloud.assume_role.agency_name), assumed with keys from the environment"}, false},
		"an ID token over keys of others":  {keys, object{"assume_role_with_oidc": object{"idp_id": "i", "id_token": "s3cret"}}, []string{"from the identity provider i, for the token in huaweicloud.assume_role_with_oidc.id_token"}, false},
		"two kinds in the block":           {nil, object{"access_key": "ak", "secret_key": "s3cret", "profile": "c"}, []string{"More than one kind of credentials", "a key pair: huaweicloud.access_key; huaweicloud.secret_key", "a profile: huaweicloud.profile"}, true},
		"two ID tokens":                    {nil, object{"assume_role_with_oidc": object{"idp_id": "i", "id_token": "s3cret", "id_token_file": "f"}}, []string{"huaweicloud.assume_role_with_oidc.id_token and huaweicloud.assume_role_with_oidc.id_token_file are both set"}, true},
		"a token as identity provider":     {nil, object{"assume_role_with_oidc": object{"idp_id": "eyJ.s3cret.x", "id_token": "t"}}, []string{"huaweicloud.assume_role_with_oidc.idp_id", "not the ID of an identity provider"}, true},
		"an agency without an account":     {keys, object{"assume_role": object{"agency_name": "a"}}, []string{"huaweicloud.assume_role.domain_name (environment variable HW_ASSUME_ROLE_DOMAIN_NAME)"}, true},
		"the token of HCP Terraform":       {environment{"HW_ASSUME_ROLE_IDP_ID": "i", "TFC_WORKLOAD_IDENTITY_TOKEN": "s3cret", "TFC_WORKLOAD_IDENTITY_TOKEN_HUAWEICLOUD": "s3cret"}, object{}, []string{"for the token in huaweicloud.assume_role_with_oidc.id_token, from the environment variable TFC_WORKLOAD_IDENTITY_TOKEN_HUAWEICLOUD"}, false},
		"an ID token without its provider": {environment{"HW_ASSUME_ROLE_ID_TOKEN": "s3cret"}, object{}, []string{"huaweicloud.assume_role_with_oidc.idp_id (environment variable HW_ASSUME_ROLE_IDP_ID)"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tc.config["region"], tc.config["project_id"] = "cn-north-4", "p"
			s := resolved(t, huaweicloudBlock, tc.env, tc.config)
			diags := s.checkTexts()
			got := ""
			if !diags.HasError() {
				config, more := newProvider(tc.env).(*appaccess).huaweicloudConfig(t.Context(), s)
				if diags = more; !diags.HasError() {
					source, err := config.Credentials(credential.IAM{Rest: rest.Config{BaseURL: "https://iam.example.com"}})
					if err != nil {
						t.Fatal(err)
					}
					got = source.String()
				}
			}
			got += report(diags)
			if diags.HasError() != tc.fails {
				t.Error(got)
			}
			wantReport(t, got, tc.wants)
			if strings.Contains(got, "s3cret") {
				t.Errorf("a secret is repeated: %s", got)
			}
		})
	}
}
