// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud

import (
	"context"
	"errors"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud"
	"github.com/appaccess/terraform-provider-appaccess/internal/service"
)

var _ datasource.DataSourceWithConfigure = (*authorizationsDataSource)(nil)

// NewAppAuthorizationsDataSource returns the data source that tells who may use an application.
func NewAppAuthorizationsDataSource() datasource.DataSource { return &authorizationsDataSource{} }

type authorizationsDataSource struct {
	data *service.Data
}

type authorizationsModel struct {
	AppID             types.String `tfsdk:"app_id"`
	AuthorizationType types.String `tfsdk:"authorization_type"`
	Users             types.Map    `tfsdk:"users"`
	UserGroups        types.Map    `tfsdk:"user_groups"`
}

func (d *authorizationsDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_huaweicloud_app_authorizations"
}

func (d *authorizationsDataSource) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	data, diags := service.DataFrom(req.ProviderData)
	resp.Diagnostics.Append(diags...)
	d.data = data
}

func (d *authorizationsDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Tells who may use an application of Huawei Cloud Workspace, whoever granted it. The caller needs the IAM actions " +
			"`workspace:appcenter:listApps` and `workspace:appcenter:listAppAuthorizations`.",
		Attributes: map[string]schema.Attribute{
			"app_id": schema.StringAttribute{
				Required:            true,
				Validators:          []validator.String{stringvalidator.UTF8LengthBetween(1, api.MaxAppIDLength), service.Name()},
				MarkdownDescription: "The id of the application; the data source `appaccess_huaweicloud_app` finds it by name.",
			},
			"authorization_type": schema.StringAttribute{
				Computed: true,
				MarkdownDescription: "`ALL_USER`: everybody may use the application. `ASSIGN_USER`: only the accounts of `users` and `user_groups`. Null when " +
					"the service doesn't say.",
			},
			"users": schema.MapAttribute{
				Computed:    true,
				ElementType: accountsType,
				MarkdownDescription: "The users that are granted, in the form that the resources take: a map of domain to a map of account to platform type, " +
					"which is null when the service doesn't say. While everybody may use the application, it may be empty: the service need not list " +
					"who was granted it before.",
			},
			"user_groups": schema.MapAttribute{
				Computed:            true,
				ElementType:         accountsType,
				MarkdownDescription: "The user groups that are granted, in the same form.",
			},
		},
	}
}

func (d *authorizationsDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var model authorizationsModel
	if resp.Diagnostics.Append(req.Config.Get(ctx, &model)...); resp.Diagnostics.HasError() {
		return
	}
	client, diags := d.data.Huaweicloud.Client(ctx)
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		return
	}
	const summary = "Unable to read the application authorizations"
	id := model.AppID.ValueString()
	apps, err := client.Apps(ctx)
	if err != nil {
		resp.Diagnostics.Append(service.Failed(summary, err))
		return
	}
	accounts, err := client.Authorizations(ctx, id)
	switch {
	case errors.Is(err, api.ErrAppNotFound):
		resp.Diagnostics.AddAttributeError(path.Root("app_id"), "No such application", missingApp(apps, id))
		return
	case err != nil:
		resp.Diagnostics.Append(service.Failed(summary, err))
		return
	}
	model.AuthorizationType = service.Text(string(apps[id].AuthorizationType))
	users, groups := splitAccounts(accounts)
	none := types.MapValueMust(accountsType, map[string]attr.Value{})
	model.Users = accountsValue(users, none)
	model.UserGroups = accountsValue(groups, none)
	resp.Diagnostics.Append(resp.State.Set(ctx, &model)...)
}
