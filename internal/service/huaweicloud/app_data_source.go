// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/shared"
	"github.com/appaccess/terraform-provider-appaccess/internal/service"
)

var _ datasource.DataSourceWithConfigure = (*appDataSource)(nil)

// NewAppDataSource returns the data source that finds one application, by its name or its id.
func NewAppDataSource() datasource.DataSource { return &appDataSource{} }

type appDataSource struct {
	data *service.Data
}

func (d *appDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_huaweicloud_app"
}

func (d *appDataSource) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	data, diags := service.DataFrom(req.ProviderData)
	resp.Diagnostics.Append(diags...)
	d.data = data
}

func (d *appDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	attributes := appAttributes()
	attributes["id"] = schema.StringAttribute{
		Optional: true, Computed: true,
		Validators: []validator.String{
			stringvalidator.ExactlyOneOf(path.MatchRoot("id"), path.MatchRoot("name")), stringvalidator.UTF8LengthBetween(1, api.MaxAppIDLength), service.Name(),
		},
		MarkdownDescription: "The id, as `app_ids` of the resources takes it. Give this or `name`.",
	}
	attributes["name"] = schema.StringAttribute{
		Optional: true, Computed: true,
		Validators: []validator.String{service.Name()},
		MarkdownDescription: "The name, upper and lower case included. Give this or `id`. When no application has this name the error says which name is " +
			"nearest, and when several have it the error lists their ids and versions.",
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "Finds one application in the App Center of Huawei Cloud Workspace, by its name or by its id. It is an error when there is none, " +
			"so that a misspelt name never grants anything. The caller needs the IAM action `workspace:appcenter:listApps`.",
		Attributes: attributes,
	}
}

func (d *appDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var model appModel
	if resp.Diagnostics.Append(req.Config.Get(ctx, &model)...); resp.Diagnostics.HasError() {
		return
	}
	client, diags := d.data.Huaweicloud.Client(ctx)
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		return
	}
	apps, err := client.Apps(ctx) // the listing that the resources of this run share
	if err != nil {
		resp.Diagnostics.Append(service.Failed("Unable to list the applications", err))
		return
	}
	id := model.ID.ValueString()
	if name := model.Name.ValueString(); name != "" {
		ids := idsOf(apps, name)
		switch len(ids) {
		case 0:
			resp.Diagnostics.AddAttributeError(path.Root("name"), "No such application", "The project has no application of the name "+noSuchName(apps, name))
			return
		case 1:
			id = ids[0]
		default:
			text := make([]string, len(ids))
			for i, id := range ids {
				text[i] = fmt.Sprintf("id %q, version %q", id, apps[id].Version)
			}
			resp.Diagnostics.AddAttributeError(path.Root("name"), "Several applications have the same name",
				fmt.Sprintf("%s have the name %q. Give the id of the one that you mean:\n\n%s", shared.Counted(len(ids), "application"), name, lines(text)))
			return
		}
	}
	app, ok := apps[id]
	if !ok {
		resp.Diagnostics.AddAttributeError(path.Root("id"), "No such application", missingApp(apps, id))
		return
	}
	model = newAppModel(app)
	resp.Diagnostics.Append(resp.State.Set(ctx, &model)...)
}

// idsOf are the ids of the applications that have a name, sorted.
func idsOf(apps map[string]api.App, name string) []string {
	var ids []string
	for id, app := range apps {
		if app.Name == name {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// noSuchName ends a sentence about a name that no application has: the name, and what may have been
// meant.
func noSuchName(apps map[string]api.App, name string) string {
	if _, ok := apps[name]; ok {
		return fmt.Sprintf("%q: that is an id. Set id instead of name.", name)
	}
	var names []string
	for _, id := range slices.Sorted(maps.Keys(apps)) {
		if apps[id].Name != "" {
			names = append(names, apps[id].Name)
		}
	}
	if nearest, _ := service.Nearest(name, names); nearest != "" {
		return fmt.Sprintf("%q. The nearest name is %q. Names are compared exactly, upper and lower case included.", name, nearest)
	}
	return fmt.Sprintf("%q: it has none at all. Check the project and the region.", name)
}

// missingApp says that no application has an id.
func missingApp(apps map[string]api.App, id string) string {
	if len(idsOf(apps, id)) > 0 {
		return noSuchID(apps, id) + "."
	}
	return fmt.Sprintf("The project has no application with the id %q. It may have been deleted, or belong to another project or region.", id)
}

// noSuchID is an id that no application has. Where it is the name of one, it says the id.
func noSuchID(apps map[string]api.App, id string) string {
	text := fmt.Sprintf("%q", id)
	for i, named := range idsOf(apps, id) {
		if i == 0 {
			text += " is the name of an application: its id is "
		} else {
			text += " or "
		}
		text += fmt.Sprintf("%q", named)
	}
	return text
}
