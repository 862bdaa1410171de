// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package enos

import (
	"context"
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/enos"
	"github.com/appaccess/terraform-provider-appaccess/internal/service"
)

var _ datasource.DataSourceWithConfigure = (*appDataSource)(nil)

// NewAppDataSource returns the data source that tells what an application is and what it may use.
func NewAppDataSource() datasource.DataSource { return &appDataSource{} }

type appDataSource struct {
	data *service.Data
}

type appModel struct {
	OrgID              types.String `tfsdk:"org_id"`
	AppID              types.String `tfsdk:"app_id"`
	Name               types.String `tfsdk:"name"`
	CreatedType        types.String `tfsdk:"created_type"`
	DataAuthorizeTypes types.Set    `tfsdk:"data_authorize_types"`
}

func (d *appDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_enos_app"
}

func (d *appDataSource) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	data, diags := service.DataFrom(req.ProviderData)
	resp.Diagnostics.Append(diags...)
	d.data = data
}

func (d *appDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Tells what an application of an EnOS organization is, and which data it may use.",
		Attributes: map[string]schema.Attribute{
			"org_id": schema.StringAttribute{
				Optional:            true,
				Computed:            true,
				Validators:          []validator.String{stringvalidator.LengthAtLeast(1)},
				MarkdownDescription: "The id of the organization (OU). Default: the provider's `org_id`.",
			},
			"app_id": schema.StringAttribute{
				Required:            true,
				Validators:          []validator.String{stringvalidator.LengthAtLeast(1)},
				MarkdownDescription: "The access key of the application, as Developer Console > Application Registration shows it.",
			},
			"name": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "The name of the application. Null when the service doesn't say.",
			},
			"created_type": schema.StringAttribute{
				Computed: true,
				MarkdownDescription: "`own`: created in this organization. `obtained`: obtained from another one. `shortcut`: a shortcut, which can't be " +
					"authorized. Null when the service says something else.",
			},
			"data_authorize_types": schema.SetAttribute{
				Computed:            true,
				ElementType:         types.StringType,
				MarkdownDescription: "The data authorize types that the application has, such as `USER` or `ASSET`. Empty for a shortcut.",
			},
		},
	}
}

func (d *appDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var model appModel
	if resp.Diagnostics.Append(req.Config.Get(ctx, &model)...); resp.Diagnostics.HasError() {
		return
	}
	if model.OrgID.IsNull() {
		model.OrgID = d.data.EnosOrgID
	}
	client, diags := d.data.Enos.Client(ctx)
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		return
	}
	if model.OrgID.IsNull() {
		resp.Diagnostics.Append(noOrgID())
		return
	}
	orgID, appID := model.OrgID.ValueString(), model.AppID.ValueString()
	app, err := client.App(ctx, orgID, appID)
	switch {
	case errors.Is(err, api.ErrAppNotFound):
		resp.Diagnostics.AddAttributeError(path.Root("app_id"), "No such application", noSuchApp(err))
		return
	case err != nil:
		resp.Diagnostics.Append(service.Failed("Unable to read the application", err))
		return
	}
	var granted []string
	if app.CreatedType != api.Shortcut {
		if granted, err = client.AppAuthorization(ctx, orgID, appID); err != nil && !errors.Is(err, api.ErrShortcut) {
			resp.Diagnostics.Append(service.Failed("Unable to read the data authorization of the application", err))
			return
		}
	}
	model.Name = service.Text(app.Name)
	model.CreatedType = service.Text(createdTypes[app.CreatedType])
	model.DataAuthorizeTypes = typesValue(granted)
	resp.Diagnostics.Append(resp.State.Set(ctx, &model)...)
}

var createdTypes = map[api.CreatedType]string{api.Obtained: "obtained", api.Own: "own", api.Shortcut: "shortcut"}

func noOrgID() diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(path.Root("org_id"), "No organization",
		fmt.Sprintf("Set org_id here, or %s in the provider block (environment variable %s).", "enos.org_id", "ENOS_ORG_ID"))
}
