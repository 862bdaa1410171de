// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/datasourcevalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/venafi"
	"github.com/appaccess/terraform-provider-appaccess/internal/service"
)

var (
	_ datasource.DataSourceWithConfigure        = (*identityDataSource)(nil)
	_ datasource.DataSourceWithConfigValidators = (*identityDataSource)(nil)
)

// NewIdentityDataSource returns the data source that finds a user or group.
func NewIdentityDataSource() datasource.DataSource { return &identityDataSource{} }

type identityDataSource struct {
	data *service.Data
}

type identityModel struct {
	Name              types.String `tfsdk:"name"`
	PrefixedUniversal types.String `tfsdk:"prefixed_universal"`
	FullName          types.String `tfsdk:"full_name"`
	IsGroup           types.Bool   `tfsdk:"is_group"`
}

func (d *identityDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_venafi_identity"
}

func (d *identityDataSource) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	data, diags := service.DataFrom(req.ProviderData)
	resp.Diagnostics.Append(diags...)
	d.data = data
}

func (d *identityDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Finds a user or group of any identity provider that Venafi Trust Protection Platform knows, by its name or by its ID. Roles " +
			"are granted to the ID. Exactly one of `name` and `prefixed_universal` is given. The caller's token needs the scope `configuration`.",
		Attributes: map[string]schema.Attribute{
			"name": schema.StringAttribute{
				Optional:   true,
				Computed:   true,
				Validators: []validator.String{stringvalidator.LengthAtLeast(1)},
				MarkdownDescription: "The prefixed name: the prefix of the identity provider, a colon, and the name there, such as `local:admin` or " +
					"`AD+corp:jdoe`.",
			},
			"prefixed_universal": schema.StringAttribute{
				Optional:   true,
				Computed:   true,
				Validators: []validator.String{stringvalidator.LengthAtLeast(1)},
				MarkdownDescription: "The prefixed universal ID, such as `local:{5be5a591-c842-4520-9142-b455f4ad2286}`: what `grantee` of the resources " +
					"takes.",
			},
			"full_name": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "The full name as the identity provider has it. Null when it has none.",
			},
			"is_group": schema.BoolAttribute{
				Computed:            true,
				MarkdownDescription: "Whether it is a group.",
			},
		},
	}
}

func (d *identityDataSource) ConfigValidators(context.Context) []datasource.ConfigValidator {
	return []datasource.ConfigValidator{
		datasourcevalidator.ExactlyOneOf(path.MatchRoot("name"), path.MatchRoot("prefixed_universal")),
	}
}

func (d *identityDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var model identityModel
	if resp.Diagnostics.Append(req.Config.Get(ctx, &model)...); resp.Diagnostics.HasError() {
		return
	}
	client, diags := d.data.Venafi.Client(ctx)
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		return
	}
	byName := !model.Name.IsNull()
	attribute, wanted, find := "prefixed_universal", model.PrefixedUniversal.ValueString(), client.IdentityByID
	if byName {
		attribute, wanted, find = "name", model.Name.ValueString(), client.IdentityByName
	}
	identity, found, err := find(ctx, wanted)
	switch {
	case err != nil:
		resp.Diagnostics.AddAttributeError(path.Root(attribute), fmt.Sprintf("Unable to look up the identity %q", wanted), err.Error())
		return
	case !found:
		resp.Diagnostics.Append(noIdentity(attribute, wanted))
		return
	}
	// What was asked for keeps the spelling of the configuration, as it may be compared there.
	if byName {
		model.PrefixedUniversal = types.StringValue(identity.PrefixedUniversal)
	} else {
		model.Name = types.StringValue(prefixedName(identity))
	}
	model.FullName = service.Text(identity.FullName)
	model.IsGroup = types.BoolValue(identity.IsGroup)
	resp.Diagnostics.Append(resp.State.Set(ctx, &model)...)
}

func prefixedName(identity api.Identity) string {
	return cmp.Or(identity.PrefixedName, identity.Prefix+":"+identity.Name)
}

func noIdentity(attribute, wanted string) diag.Diagnostic {
	advice := "Check that the ID is written exactly as the server gives it, and that the identity has not been deleted."
	if attribute == "name" {
		prefix, name, colon := strings.Cut(wanted, ":")
		switch {
		case !colon:
			advice = fmt.Sprintf("The name has no prefix: write local:%s for a local user, or AD+NAME:%s with the name of the directory.", wanted, wanted)
		case api.IsGUID(name):
			advice = "This is an ID rather than a name: give it as prefixed_universal."
		default:
			advice = fmt.Sprintf("Check the name, and that %s is the prefix of its identity provider.", prefix)
		}
	}
	return diag.NewAttributeErrorDiagnostic(path.Root(attribute), "No such identity",
		fmt.Sprintf("The server knows no identity with the %s %q. %s", map[string]string{
			"name": "name", "prefixed_universal": "prefixed universal ID",
		}[attribute], wanted, advice))
}
