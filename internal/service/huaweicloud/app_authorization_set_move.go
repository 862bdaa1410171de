// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud/authset"
	"github.com/appaccess/terraform-provider-appaccess/internal/service/access"
)

// fromBatchAuthorize turns the vendor's one-time action into a set of what it last granted. The refresh that follows shows what is
// left of it. What it revoked by name (del_users) is nobody's concern any more.
var fromBatchAuthorize = resource.StateMover{
	SourceSchema: &schema.Schema{Attributes: map[string]schema.Attribute{
		"app_ids":            schema.ListAttribute{ElementType: types.StringType},
		"authorization_type": schema.StringAttribute{},
		"users":              schema.ListAttribute{ElementType: types.MapType{ElemType: types.StringType}},
	}},
	StateMover: func(ctx context.Context, req resource.MoveStateRequest, resp *resource.MoveStateResponse) {
		if req.SourceTypeName != "huaweicloud_workspace_application_batch_authorize" || !access.OfProvider(req, "huaweicloud") || req.SourceState == nil {
			return // not ours: the framework says so
		}
		var source struct {
			AppIDs            []string            `tfsdk:"app_ids"`
			AuthorizationType string              `tfsdk:"authorization_type"`
			Users             []map[string]string `tfsdk:"users"`
		}
		if resp.Diagnostics.Append(req.SourceState.Get(ctx, &source)...); resp.Diagnostics.HasError() {
			return
		}
		granted := set{Set: authset.Set{AppIDs: source.AppIDs, Mode: api.AuthorizationType(source.AuthorizationType), Accounts: api.Accounts{}}}
		for _, user := range source.Users {
			account := api.Account{Type: api.AccountType(user["account_type"]), Domain: user["domain"], Name: user["account"]}
			granted.Accounts[account.Handle()] = api.PlatformType(user["platform_type"])
		}
		granted.name = nameApps(source.AppIDs, nil)
		state := newModel()
		state.Track(granted)
		resp.Diagnostics.Append(resp.TargetState.Set(ctx, &state)...)
	},
}
