// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/shared"
	"github.com/appaccess/terraform-provider-appaccess/internal/service"
)

var _ datasource.DataSourceWithConfigure = (*appsDataSource)(nil)

// NewAppsDataSource returns the data source that finds applications.
func NewAppsDataSource() datasource.DataSource { return &appsDataSource{} }

type appsDataSource struct {
	data *service.Data
}

type appsModel struct {
	Name types.String `tfsdk:"name"`
	Apps []appModel   `tfsdk:"apps"`
	IDs  types.Map    `tfsdk:"ids"`
}

type appModel struct {
	ID                types.String `tfsdk:"id"`
	Name              types.String `tfsdk:"name"`
	Version           types.String `tfsdk:"version"`
	AuthorizationType types.String `tfsdk:"authorization_type"`
	Status            types.String `tfsdk:"status"`
	ApplicationSource types.String `tfsdk:"application_source"`
}

func (d *appsDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_huaweicloud_apps"
}

func (d *appsDataSource) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	data, diags := service.DataFrom(req.ProviderData)
	resp.Diagnostics.Append(diags...)
	d.data = data
}

func (d *appsDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Finds applications in the App Center of Huawei Cloud Workspace, and their ids. The caller needs the IAM action " +
			"`workspace:appcenter:listApps`.",
		Attributes: map[string]schema.Attribute{
			"name": schema.StringAttribute{
				Optional:            true,
				Validators:          []validator.String{stringvalidator.LengthAtLeast(1)},
				MarkdownDescription: "Only applications of exactly this name, upper and lower case included. Default: all applications of the project.",
			},
			"apps": schema.ListNestedAttribute{
				Computed:            true,
				MarkdownDescription: "The applications, in the order of name and id. It is empty when there is none of that name.",
				NestedObject:        schema.NestedAttributeObject{Attributes: appAttributes()},
			},
			"ids": schema.MapAttribute{
				Computed:    true,
				ElementType: types.StringType,
				MarkdownDescription: "The ids by name. A name that several applications have is not in it, and a warning names their ids: which of them is " +
					"meant can be told in `apps`.",
			},
		},
	}
}

// appAttributes are what the service says of an application.
func appAttributes() map[string]schema.Attribute {
	computed := func(description string) schema.StringAttribute {
		return schema.StringAttribute{Computed: true, MarkdownDescription: description}
	}
	return map[string]schema.Attribute{
		"id":                 computed("The id, as the resources take it."),
		"name":               computed("The name. Several applications may have the same one."),
		"version":            computed("The version."),
		"authorization_type": computed("`ALL_USER`: everybody may use it. `ASSIGN_USER`: only accounts that are granted."),
		"status":             computed("`NORMAL`, or `FORBIDDEN` when it is disabled."),
		"application_source": computed("`CUSTOM` for an application that was uploaded, `SYSTEM` or `MARKET`."),
	}
}

func (d *appsDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var model appsModel
	if resp.Diagnostics.Append(req.Config.Get(ctx, &model)...); resp.Diagnostics.HasError() {
		return
	}
	client, diags := d.data.Huaweicloud.Client(ctx)
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		return
	}
	apps, err := findApps(ctx, client, model.Name.ValueString())
	if err != nil {
		resp.Diagnostics.Append(service.Failed("Unable to list the applications", err))
		return
	}
	model.Apps = make([]appModel, len(apps))
	for i, app := range apps {
		model.Apps[i] = newAppModel(app)
	}
	model.IDs = idsByName(apps, &resp.Diagnostics)
	resp.Diagnostics.Append(resp.State.Set(ctx, &model)...)
}

// findApps returns the applications of exactly a name, or all of them for "", in the order of name
// and id.
func findApps(ctx context.Context, client *api.Client, name string) ([]api.App, error) {
	if name != "" {
		return client.ListApps(ctx, name)
	}
	// The listing that the resources of this run share.
	all, err := client.Apps(ctx)
	if err != nil {
		return nil, err
	}
	return slices.SortedFunc(maps.Values(all), func(a, b api.App) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	}), nil
}

func newAppModel(app api.App) appModel {
	return appModel{
		ID:                types.StringValue(app.ID),
		Name:              service.Text(app.Name),
		Version:           service.Text(app.Version),
		AuthorizationType: service.Text(string(app.AuthorizationType)),
		Status:            service.Text(app.Status),
		ApplicationSource: service.Text(app.ApplicationSource),
	}
}

// idsByName leaves out names that several applications have: one of them would get what is meant
// for another, and an error would stop everybody who only wants to see the list.
func idsByName(apps []api.App, diags *diag.Diagnostics) types.Map {
	byName := make(map[string][]string, len(apps))
	for _, app := range apps {
		byName[app.Name] = append(byName[app.Name], app.ID)
	}
	values := make(map[string]attr.Value, len(byName))
	var ambiguous []string
	for _, name := range sortedKeys(byName) {
		switch ids := byName[name]; {
		case name == "":
		case len(ids) == 1:
			values[name] = types.StringValue(ids[0])
		default:
			ambiguous = append(ambiguous, fmt.Sprintf("%q: %s", name, shared.Printable(strings.Join(ids, ", "))))
		}
	}
	if len(ambiguous) > 0 {
		diags.AddAttributeWarning(path.Root("ids"), "Several applications have the same name",
			"The attribute ids leaves these names out, since it can't tell which application is meant:\n\n"+lines(ambiguous)+
				"\n\nUse the id, or choose among apps, for example by version.")
	}
	return types.MapValueMust(types.StringType, values)
}
