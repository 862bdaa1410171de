// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/venafi"
	"github.com/appaccess/terraform-provider-appaccess/internal/service"
)

var (
	_ datasource.DataSourceWithConfigure = (*applicationsDataSource)(nil)
	_ datasource.DataSourceWithConfigure = (*rulesDataSource)(nil)
)

// NewOAuthApplicationsDataSource returns the data source of API integrations.
func NewOAuthApplicationsDataSource() datasource.DataSource { return &applicationsDataSource{} }

// NewOAuthRulesDataSource returns the data source of who may use an application.
func NewOAuthRulesDataSource() datasource.DataSource { return &rulesDataSource{} }

// configuredSource is what data sources share.
type configuredSource struct{ data *service.Data }

func (d *configuredSource) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	data, diags := service.DataFrom(req.ProviderData)
	resp.Diagnostics.Append(diags...)
	d.data = data
}

type applicationsDataSource struct{ configuredSource }

type rulesDataSource struct{ configuredSource }

type listedApplication struct {
	ApplicationID    types.String `tfsdk:"application_id"`
	Name             types.String `tfsdk:"name"`
	Vendor           types.String `tfsdk:"vendor"`
	Description      types.String `tfsdk:"description"`
	URL              types.String `tfsdk:"url"`
	Scope            types.String `tfsdk:"scope"`
	MaximumScope     types.String `tfsdk:"maximum_scope"`
	AccessValidity   types.String `tfsdk:"access_validity"`
	GrantValidity    types.String `tfsdk:"grant_validity"`
	Renewable        types.Bool   `tfsdk:"renewable"`
	UnusedExpiration types.String `tfsdk:"unused_expiration"`
	GrantCount       types.Int64  `tfsdk:"grant_count"`
	UserCount        types.Int64  `tfsdk:"user_count"`
}

type applicationsModel struct {
	ApplicationID types.String        `tfsdk:"application_id"`
	Applications  []listedApplication `tfsdk:"applications"`
}

type listedRule struct {
	Trustee        types.String `tfsdk:"trustee"`
	MaximumScope   types.String `tfsdk:"maximum_scope"`
	AccessValidity types.String `tfsdk:"access_validity"`
	GrantValidity  types.String `tfsdk:"grant_validity"`
	Renewable      types.Bool   `tfsdk:"renewable"`
	Description    types.String `tfsdk:"description"`
}

type rulesModel struct {
	ApplicationID types.String `tfsdk:"application_id"`
	Rules         []listedRule `tfsdk:"rules"`
}

func (d *applicationsDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_venafi_oauth_applications"
}

func (d *rulesDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_venafi_oauth_rules"
}

func computedText(description string) schema.StringAttribute {
	return schema.StringAttribute{Computed: true, MarkdownDescription: description}
}

func (d *applicationsDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Lists the API integrations of Venafi Trust Protection Platform, as far as the caller may see them: with the OAuth role `admin`, " +
			"`grant_admin` or `auditor` all, those of the vendor's own products among them; with `application_owner` and `application_maintainer` the own " +
			"ones. The token needs the scope `admin`.",
		Attributes: map[string]schema.Attribute{
			"application_id": schema.StringAttribute{
				Optional: true, Validators: []validator.String{service.Name()},
				MarkdownDescription: "Only this one, upper and lower case included; the list is empty where there is none. Default: all.",
			},
			"applications": schema.ListNestedAttribute{
				Computed: true, MarkdownDescription: "The applications, in the order of their IDs.",
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"application_id":    computedText("The client ID."),
					"name":              computedText("The name that people see."),
					"vendor":            computedText("Whose software it is."),
					"description":       computedText("What it is for."),
					"url":               computedText("Where people read more about it."),
					"scope":             computedText("What a token has at least, as the server writes it."),
					"maximum_scope":     computedText("What a token may have at most, as the server writes it."),
					"access_validity":   computedText("How long an access token lives; null where the server names nothing."),
					"grant_validity":    computedText("How long a grant lives; null where the server names nothing."),
					"renewable":         schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether tokens can be renewed; null where the server does not say."},
					"unused_expiration": computedText("After how long an unused grant ends; null where the server names nothing."),
					"grant_count":       schema.Int64Attribute{Computed: true, MarkdownDescription: "How many live grants there are; null where the server does not say."},
					"user_count":        schema.Int64Attribute{Computed: true, MarkdownDescription: "How many people have one; null where the server does not say."},
				}},
			},
		},
	}
}

func (d *rulesDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Lists who may get tokens for an application of Venafi Trust Protection Platform: its rules. The caller needs the OAuth role `admin`, " +
			"`grant_admin` or `auditor`, or `application_owner` of the application, and a token with the scope `admin`.",
		Attributes: map[string]schema.Attribute{
			"application_id": schema.StringAttribute{
				Required: true, Validators: []validator.String{service.Name()},
				MarkdownDescription: "The client ID of the application, upper and lower case included.",
			},
			"rules": schema.ListNestedAttribute{
				Computed: true, MarkdownDescription: "The rules, in the order of their trustees.",
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"trustee":         computedText("The prefixed universal ID of the user or group, as the server spells it."),
					"maximum_scope":   computedText("What a token may have at most, as the server writes it."),
					"access_validity": computedText("How long an access token lives; null where the server names nothing."),
					"grant_validity":  computedText("How long a grant lives; null where the server names nothing."),
					"renewable":       schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether tokens can be renewed; null where the server does not say."},
					"description":     computedText("What the rule is for."),
				}},
			},
		},
	}
}

func durationValue(seconds *int64) types.String {
	if seconds == nil {
		return types.StringNull()
	}
	return types.StringValue(api.Duration(*seconds))
}

func (d *applicationsDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var model applicationsModel
	if resp.Diagnostics.Append(req.Config.Get(ctx, &model)...); resp.Diagnostics.HasError() {
		return
	}
	client, diags := d.data.Venafi.Client(ctx)
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		return
	}
	all, err := findApplications(ctx, client, model.ApplicationID)
	if err != nil {
		resp.Diagnostics.AddError("Unable to list the OAuth applications", sentence(err))
		return
	}
	model.Applications = make([]listedApplication, len(all))
	for i, a := range all {
		model.Applications[i] = listedApplication{
			ApplicationID: types.StringValue(a.ID), Name: types.StringValue(a.Name), Vendor: types.StringValue(a.Vendor),
			Description: types.StringValue(a.Description), URL: types.StringValue(a.URL), Scope: types.StringValue(a.Scope),
			MaximumScope: types.StringValue(a.MaximumScope), AccessValidity: durationValue(a.AccessValidity), GrantValidity: durationValue(a.GrantValidity),
			Renewable: types.BoolPointerValue(a.Renewable), UnusedExpiration: durationValue(a.UnusedExpiration),
			GrantCount: types.Int64PointerValue(a.GrantCount), UserCount: types.Int64PointerValue(a.UserCount),
		}
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &model)...)
}

// findApplications returns one application, none where there is none of that ID, or all.
func findApplications(ctx context.Context, client *api.Client, id types.String) ([]api.Application, error) {
	if id.IsNull() {
		return client.Applications(ctx)
	}
	one, err := client.Application(ctx, id.ValueString())
	switch {
	case api.HasResult(err, api.ApplicationNotFound):
		return nil, nil
	case err != nil:
		return nil, err
	}
	return []api.Application{one}, nil
}

func (d *rulesDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var model rulesModel
	if resp.Diagnostics.Append(req.Config.Get(ctx, &model)...); resp.Diagnostics.HasError() {
		return
	}
	client, diags := d.data.Venafi.Client(ctx)
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		return
	}
	all, err := client.Rules(ctx, model.ApplicationID.ValueString())
	if err == nil && len(all) == 0 {
		err = seesRules(ctx, client, model.ApplicationID.ValueString())
	}
	if err != nil {
		resp.Diagnostics.AddAttributeError(atApplication, "Unable to list the rules of the OAuth application", sentence(err))
		return
	}
	model.Rules = make([]listedRule, len(all))
	for i, r := range all {
		model.Rules[i] = listedRule{
			Trustee: types.StringValue(r.Trustee), MaximumScope: types.StringValue(r.MaximumScope), AccessValidity: durationValue(r.AccessValidity),
			GrantValidity: durationValue(r.GrantValidity), Renewable: types.BoolPointerValue(r.Renewable), Description: types.StringValue(r.Description),
		}
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &model)...)
}

// seesRules is an error where the server may answer no rules because the caller may not see them.
func seesRules(ctx context.Context, client *api.Client, application string) error {
	sees, err := client.SeesRules(ctx, application)
	if err == nil && !sees {
		err = fmt.Errorf("the server lists no rules of the application %q, and the identity that the provider is logged in as may not see them: grant it the "+
			"OAuth role admin or auditor, or application_owner of the application", application)
	}
	return err
}
