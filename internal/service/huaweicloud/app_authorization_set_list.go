// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud

import (
	"context"
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/list/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud/authset"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/shared"
	"github.com/appaccess/terraform-provider-appaccess/internal/service"
	"github.com/appaccess/terraform-provider-appaccess/internal/service/access"
)

var _ list.ListResourceWithConfigure = (*setListResource)(nil)

// NewAppAuthorizationSetList finds additive sets: one for each application.
func NewAppAuthorizationSetList() list.ListResource {
	return &setListResource{newSetResource(additiveSet)}
}

// NewAppAuthorizationsExclusiveList finds exclusive sets: one for each application.
func NewAppAuthorizationsExclusiveList() list.ListResource {
	return &setListResource{newSetResource(exclusiveSet)}
}

// setListResource finds who may use the applications, one set for each of them. It shares the name,
// the configuration and the identity of the resource.
type setListResource struct {
	*setResource
}

type setListModel struct {
	Name              types.String `tfsdk:"name"`
	AuthorizationType types.String `tfsdk:"authorization_type"`
}

func (r *setListResource) ListResourceConfigSchema(_ context.Context, _ list.ListResourceSchemaRequest, resp *list.ListResourceSchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Finds who may use the applications of Huawei Cloud Workspace: one set for each application of the project, with the " +
			"accounts that are granted it now, whoever granted them. " + r.kind.listing,
		Attributes: map[string]schema.Attribute{
			"name": schema.StringAttribute{
				Optional:            true,
				Validators:          []validator.String{stringvalidator.LengthAtLeast(1)},
				MarkdownDescription: "Only applications of exactly this name, upper and lower case included. Default: all.",
			},
			"authorization_type": schema.StringAttribute{
				Optional:   true,
				Validators: []validator.String{stringvalidator.OneOf(string(api.AssignUser), string(api.AllUser))},
				MarkdownDescription: "Only applications in this mode: `ASSIGN_USER`, only for accounts that are granted, or `ALL_USER`, open to everybody. " +
					"Default: both.",
			},
		},
	}
}

func (r *setListResource) List(ctx context.Context, req list.ListRequest, stream *list.ListResultsStream) {
	var config setListModel
	if diags := req.Config.Get(ctx, &config); diags.HasError() {
		stream.Results = list.ListResultsStreamDiagnostics(diags)
		return
	}
	client, diags := r.Data.Huaweicloud.Client(ctx)
	if diags.HasError() {
		stream.Results = list.ListResultsStreamDiagnostics(diags)
		return
	}
	// The accounts of an application are read when its turn comes: whoever wants the first ten pays
	// for ten.
	stream.Results = func(push func(list.ListResult) bool) {
		out := service.NewPush(req, push)
		apps, err := findApps(ctx, client, config.Name.ValueString())
		if err != nil {
			out.Fail(unableToList(err))
			return
		}
		for _, app := range apps {
			if want := config.AuthorizationType.ValueString(); want != "" && string(app.AuthorizationType) != want {
				continue
			}
			result := service.NewListResult(ctx, req)
			result.DisplayName = shared.Printable(fmt.Sprintf("%s (%s)", app.Name, app.ID))
			gone, diags := r.fill(ctx, client, req, &result, app)
			if gone {
				continue
			}
			result.Diagnostics.Append(diags...)
			if !out.Result(result) {
				return
			}
		}
	}
}

// fill puts the identity, and when it is asked for the resource, into a result. An application may
// go while it is listed.
func (r *setListResource) fill(
	ctx context.Context, client *api.Client, req list.ListRequest, result *list.ListResult, app api.App,
) (gone bool, diags diag.Diagnostics) {
	projectID, err := client.ProjectID(ctx)
	if err != nil {
		return false, unableToList(err)
	}
	diags = result.Identity.Set(ctx, newIdentity(projectID, []string{app.ID}))
	if !req.IncludeResource || diags.HasError() {
		return false, diags
	}
	status := authset.Status{App: app}
	if app.AuthorizationType != api.AllUser {
		status.Accounts, err = client.Authorizations(ctx, app.ID)
		if errors.Is(err, api.ErrAppNotFound) {
			return true, nil
		}
		if err != nil {
			return false, unableToList(err)
		}
	}
	var model setModel
	if diags.Append(result.Resource.Get(ctx, &model)...); diags.HasError() {
		return false, diags
	}
	model.OnDestroy = types.StringValue(access.Revoke)
	actual := authset.Actual{app.ID: status}
	model.Track(tracked(authset.Import([]string{app.ID}, actual, r.kind.exclusive), false, actual))
	diags.Append(result.Resource.Set(ctx, &model)...)
	return false, diags
}

// Metadata leaves out what is of managed resources only.
func (r *setListResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + r.kind.suffix
}

func unableToList(err error) diag.Diagnostics {
	return diag.Diagnostics{service.Failed("Unable to list the application authorizations", err)}
}
