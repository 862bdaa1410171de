// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud/authset"
	"github.com/appaccess/terraform-provider-appaccess/internal/service"
	"github.com/appaccess/terraform-provider-appaccess/internal/service/access"
)

// setIdentity names a set: a project, and applications of it. Additive sets may share an identity,
// since many of them may name the same applications.
type setIdentity struct {
	ProjectID types.String `tfsdk:"project_id"`
	AppIDs    types.List   `tfsdk:"app_ids"`
}

func newIdentity(projectID string, appIDs []string) setIdentity {
	values := make([]attr.Value, len(appIDs))
	for i, id := range slices.Sorted(slices.Values(appIDs)) {
		values[i] = types.StringValue(id)
	}
	return setIdentity{ProjectID: types.StringValue(projectID), AppIDs: types.ListValueMust(types.StringType, values)}
}

// named is the model that an import names.
func named(ctx context.Context, data *service.Data, req resource.ImportStateRequest) (setModel, diag.Diagnostics) {
	model := newModel()
	client, diags := data.Huaweicloud.Client(ctx)
	if diags.HasError() {
		return model, diags
	}
	ids, diags := importIDs(ctx, client, req)
	values := make([]attr.Value, len(ids))
	for i, id := range ids {
		values[i] = types.StringValue(id)
	}
	model.AppIDs = types.SetValueMust(types.StringType, values)
	return model, diags
}

// importIDs reads the app ids of an import, from its id or from its identity.
func importIDs(ctx context.Context, client *api.Client, req resource.ImportStateRequest) ([]string, diag.Diagnostics) {
	if req.ID == "" && req.Identity != nil {
		return importIdentity(ctx, client, req)
	}
	var diags diag.Diagnostics
	var ids []string
	for id := range strings.SplitSeq(req.ID, ",") {
		id = strings.TrimSpace(id)
		switch {
		case id == "":
			diags.AddError("Invalid import id", fmt.Sprintf("The import id %q names an empty application: it is app_id[,app_id...].", req.ID))
			return nil, diags
		case slices.Contains(ids, id):
			diags.AddError("Invalid import id", fmt.Sprintf("The import id %q names the application %q twice.", req.ID, id))
			return nil, diags
		}
		ids = append(ids, id)
	}
	return ids, diags
}

func importIdentity(ctx context.Context, client *api.Client, req resource.ImportStateRequest) ([]string, diag.Diagnostics) {
	var identity setIdentity
	diags := req.Identity.Get(ctx, &identity)
	if diags.HasError() {
		return nil, diags
	}
	var ids []string
	if diags.Append(identity.AppIDs.ElementsAs(ctx, &ids, false)...); diags.HasError() {
		return nil, diags
	}
	if len(ids) == 0 {
		diags.AddAttributeError(path.Root("app_ids"), "Invalid identity", "The identity has no app_ids: it needs one or more.")
		return nil, diags
	}
	if want := identity.ProjectID.ValueString(); want != "" {
		projectID, err := client.ProjectID(ctx)
		if err != nil {
			diags.Append(service.Failed("Unable to import the application authorizations", err))
			return nil, diags
		}
		if projectID != want {
			diags.AddAttributeError(path.Root("project_id"), "Another project",
				fmt.Sprintf("The identity is of project %s, and the provider works in project %s.", want, projectID))
			return nil, diags
		}
	}
	return ids, diags
}

// fromBatchAuthorize turns the vendor's one-time action into a set of what it last granted. The
// refresh that follows shows what is left of it. What it revoked by name (del_users) is nobody's
// concern any more.
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
