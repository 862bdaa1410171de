// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud/authset"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/rest"
)

// huaweicloudBlock has the names of the environment variables that people have set for the vendor's
// own provider.
var huaweicloudBlock = block{
	name:    "huaweicloud",
	service: "Huawei Cloud Workspace",
	description: "Huawei Cloud Workspace. Needed only when something of this service is used; what is left out or empty is read " +
		"from the environment. Credentials are taken from the first of these that has them: the block, the environment, " +
		"`shared_config_file`, and the metadata service of a cloud server.",
	texts: []text{
		{
			name: "region", env: "HW_REGION_NAME", check: isRegion,
			description: "The region, such as `ap-southeast-3`.",
		},
		{
			name: "access_key", env: "HW_ACCESS_KEY",
			description: "The access key (AK) of an IAM user or of temporary credentials.",
		},
		{
			name: "secret_key", env: "HW_SECRET_KEY", sensitive: true,
			description: "The secret key (SK) that belongs to `access_key`. It signs requests and is never sent.",
		},
		{
			name: "security_token", env: "HW_SECURITY_TOKEN", sensitive: true,
			description: "The security token of temporary credentials.",
		},
		{
			name: "shared_config_file", env: "HW_SHARED_CONFIG_FILE", fallback: "`~/.hcloud/config.json`",
			description: "The file of the vendor's CLI, with keys, temporary keys, an agency or a login by single sign-on in its profiles. " +
				"It must not be encrypted.",
		},
		{
			name: "profile", env: "HW_PROFILE", fallback: "the one that the CLI uses at present",
			description: "The profile of `shared_config_file` to use. Its region and project serve where none are set.",
		},
		{
			name: "project_id", env: "HW_PROJECT_ID",
			description: "The ID of the project. When it is not set, IAM is asked for it by `project_name`.",
		},
		{
			name: "project_name", env: "HW_PROJECT_NAME", fallback: "the region",
			description: "The name of the project, to find its ID with.",
		},
		{
			name: "cloud", env: "HW_CLOUD", fallback: "`myhuaweicloud.com`, and `myhuaweicloud.eu` for regions that begin with `eu-west-1`", check: isCloud,
			description: "The domain of the cloud.",
		},
		{
			name: "workspace_endpoint", env: "HW_WORKSPACE_ENDPOINT", fallback: "`https://workspace.{region}.{cloud}`", check: isURL,
			description: "The address of the Workspace service. `http` is accepted for loopback addresses only.",
		},
		{
			name: "iam_endpoint", env: "HW_IAM_ENDPOINT", fallback: "`https://iam.{region}.{cloud}`", check: isURL,
			description: "The address of IAM. `http` is accepted for loopback addresses only.",
		},
	},
	attributes: map[string]schema.Attribute{"verification": verification},
	nested:     []nested{assumeRole, assumeRoleWithOIDC},
	// The rows of the vendor's page "API request limits" that are known: for each user and API.
	quota: rest.Quota{Read: 200, Write: 100},
	quotaNote: " At the default, a plan for 20,000 accounts on 20 applications takes 20 minutes, and an apply that changes 1 % of them 40; with " +
		"`verification = \"count\"` both take seconds.",
}

// The values of verification.
const (
	verifyFull  = "full"
	verifyCount = "count"
)

var verification = schema.StringAttribute{
	Optional:   true,
	Validators: []validator.String{stringvalidator.OneOf(verifyFull, verifyCount)},
	MarkdownDescription: "How the provider knows who has access, in a refresh, before a write and after it. `full` (default) reads every account of " +
		"every application, 100 with each request. `count` asks for the last page of each application and compares how many accounts the service counts with " +
		"how many there must be: those of the last full reading, and what this apply has granted and revoked since. Where they differ, where the page " +
		"shows somebody else, and where there is nothing to compare with, such as an import, a new application, one that is open to everybody or one that " +
		"is granted to others too, that application is read in full. With thousands of accounts that takes seconds instead of minutes. **What it can't see**: that " +
		"somebody has put one account in the place of another, before the last 99 of a list, since there are as " +
		"many as before. Run a plan with `full` as often as you want to know that.",
}

// counting makes what the applies of a run know of counts; nil where every account is to be read. A
// provider that may serve several plans has to begin anew with each operation.
func counting(block types.Object, onePlan bool) func() *authset.Counts {
	chosen, _ := block.Attributes()["verification"].(types.String)
	if chosen.ValueString() != verifyCount {
		return nil
	}
	run := &authset.Counts{}
	return func() *authset.Counts {
		if onePlan {
			return run
		}
		return &authset.Counts{}
	}
}

func (p *appaccess) huaweicloudConfig(ctx context.Context, s *settings) (huaweicloud.Config, diag.Diagnostics) {
	credentials, diags := p.huaweicloudCredentials(ctx, s)
	if diags.HasError() {
		return huaweicloud.Config{}, diags
	}
	var required []string
	// The region is needed where an address or the project's name is made of it.
	if !s.has("workspace_endpoint") || !s.has("iam_endpoint") || !s.has("project_id") && !s.has("project_name") {
		required = []string{"region"}
	}
	if unset := s.unset(required...); len(unset) > 0 {
		return huaweicloud.Config{}, s.missing(unset...)
	}
	return huaweicloud.Config{
		Rest:              p.rest(s),
		Region:            s.get("region"),
		Credentials:       credentials,
		ProjectID:         s.get("project_id"),
		ProjectName:       s.get("project_name"),
		Cloud:             s.get("cloud"),
		WorkspaceEndpoint: s.get("workspace_endpoint"),
		IAMEndpoint:       s.get("iam_endpoint"),
	}, nil
}
