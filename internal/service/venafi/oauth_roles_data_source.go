// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/venafi"
	"github.com/appaccess/terraform-provider-appaccess/internal/service"
)

var _ datasource.DataSourceWithConfigure = (*rolesDataSource)(nil)

// NewOAuthRolesDataSource returns the data source that tells who holds which OAuth role.
func NewOAuthRolesDataSource() datasource.DataSource { return &rolesDataSource{} }

type rolesDataSource struct {
	data *service.Data
}

// roleFilter is what narrows a listing of roles down; what is null narrows nothing.
type roleFilter struct {
	Role          types.String `tfsdk:"role"`
	ApplicationID types.String `tfsdk:"application_id"`
	Grantee       types.String `tfsdk:"grantee"`
}

type rolesModel struct {
	roleFilter

	Roles []roleModel `tfsdk:"roles"`
}

type roleModel struct {
	Role          types.String `tfsdk:"role"`
	ApplicationID types.String `tfsdk:"application_id"`
	Grantee       types.String `tfsdk:"grantee"`
}

// Descriptions of the filters, which the list resources take as well.
const (
	roleFilterText = "Only this role: `auditor`, `application_maintainer`, `application_owner`, `grant_admin` or `admin`. Default: all."

	applicationFilterText = "Only roles on this application, by the ID of the API integration, upper and lower case included. Default: all, and " +
		"the roles that are held on the whole installation."

	granteeFilterText = "Only roles of this grantee, by its prefixed universal ID. The case and the braces of a GUID make no difference. Default: all."
)

func (d *rolesDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_venafi_oauth_roles"
}

func (d *rolesDataSource) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	data, diags := service.DataFrom(req.ProviderData)
	resp.Diagnostics.Append(diags...)
	d.data = data
}

func (d *rolesDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Tells who holds which OAuth role on Venafi Trust Protection Platform, as far as the caller may see it: with the role `admin` " +
			"or `auditor` everything, with `application_owner` what belongs to the own applications. The token needs the scope `admin`.",
		Attributes: map[string]schema.Attribute{
			"role": schema.StringAttribute{
				Optional:            true,
				Validators:          []validator.String{stringvalidator.OneOf(grantableRoles()...)},
				MarkdownDescription: roleFilterText,
			},
			"application_id": schema.StringAttribute{
				Optional:            true,
				Validators:          []validator.String{stringvalidator.LengthAtLeast(1)},
				MarkdownDescription: applicationFilterText,
			},
			"grantee": schema.StringAttribute{
				Optional:            true,
				Validators:          []validator.String{stringvalidator.LengthAtLeast(1)},
				MarkdownDescription: granteeFilterText,
			},
			"roles": schema.ListNestedAttribute{
				Computed:            true,
				MarkdownDescription: "The roles, in the order of role, application and grantee.",
				NestedObject: schema.NestedAttributeObject{
					Attributes: map[string]schema.Attribute{
						"role": schema.StringAttribute{
							Computed:            true,
							MarkdownDescription: "The role.",
						},
						"application_id": schema.StringAttribute{
							Computed:            true,
							MarkdownDescription: "The application, for the two application roles; null for the others.",
						},
						"grantee": schema.StringAttribute{
							Computed:            true,
							MarkdownDescription: "The prefixed universal ID of the user or group that holds it, as the server spells it.",
						},
					},
				},
			},
		},
	}
}

func (d *rolesDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var model rolesModel
	if resp.Diagnostics.Append(req.Config.Get(ctx, &model)...); resp.Diagnostics.HasError() {
		return
	}
	run, diags := d.data.VenafiRoles.Client(ctx)
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		return
	}
	grants, err := run.Grants(ctx)
	if err != nil {
		resp.Diagnostics.Append(service.Failed("Unable to list the OAuth roles", err))
		return
	}
	model.Roles = []roleModel{}
	for _, grant := range grants {
		if model.matches(grant) {
			model.Roles = append(model.Roles, roleModel{
				Role:          types.StringValue(grant.Role.String()),
				ApplicationID: service.Text(grant.ApplicationID),
				Grantee:       types.StringValue(grant.Grantee),
			})
		}
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &model)...)
}

func (f roleFilter) matches(grant api.Grant) bool {
	switch {
	case !f.Role.IsNull() && f.Role.ValueString() != grant.Role.String(),
		!f.ApplicationID.IsNull() && f.ApplicationID.ValueString() != grant.ApplicationID,
		!f.Grantee.IsNull() && !api.SameGrantee(f.Grantee.ValueString(), grant.Grantee):
		return false
	}
	return true
}

func grantableRoles() []string {
	var names []string
	for _, role := range api.GrantableRoles() {
		names = append(names, role.String())
	}
	return names
}
