// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package enos

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework-validators/listvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/list/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/enos"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/shared"
	"github.com/appaccess/terraform-provider-appaccess/internal/service"
	"github.com/appaccess/terraform-provider-appaccess/internal/service/access"
)

var _ list.ListResourceWithConfigure = (*authorizationListResource)(nil)

// NewAppDataAuthorizationList finds what applications may use, of those that it is told.
func NewAppDataAuthorizationList() list.ListResource {
	return &authorizationListResource{newAuthorizationResource()}
}

// authorizationListResource shares the name, the configuration and the identity of the resource.
type authorizationListResource struct {
	*authorizationResource
}

type authorizationListModel struct {
	OrgID  types.String `tfsdk:"org_id"`
	AppIDs []string     `tfsdk:"app_ids"`
}

func (r *authorizationListResource) ListResourceConfigSchema(
	_ context.Context, _ list.ListResourceSchemaRequest, resp *list.ListResourceSchemaResponse,
) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Finds which data of an EnOS organization applications may use. The service has no list of applications for a service account, so " +
			"they are named: one result for each. One that doesn't exist or is a shortcut is an error, after the results of the others.",
		Attributes: map[string]schema.Attribute{
			"org_id": schema.StringAttribute{
				Optional:            true,
				Validators:          []validator.String{notEmpty{"the id of an organization, or leave it out to use the provider's enos.org_id (ENOS_ORG_ID)"}},
				MarkdownDescription: "The id of the organization (OU). Default: the provider's `org_id`.",
			},
			"app_ids": schema.ListAttribute{
				Required:    true,
				ElementType: types.StringType,
				Validators: []validator.List{
					listvalidator.SizeAtLeast(1),
					listvalidator.NoNullValues(),
					listvalidator.ValueStringsAre(notEmpty{"the access key of an application"}),
				},
				MarkdownDescription: "The access keys of the applications.",
			},
		},
	}
}

func (r *authorizationListResource) List(ctx context.Context, req list.ListRequest, stream *list.ListResultsStream) {
	var config authorizationListModel
	if diags := req.Config.Get(ctx, &config); diags.HasError() {
		stream.Results = list.ListResultsStreamDiagnostics(diags)
		return
	}
	if config.OrgID.IsNull() {
		config.OrgID = r.Data.EnosOrgID
	}
	client, diags := r.Data.Enos.Client(ctx)
	if !diags.HasError() && config.OrgID.IsNull() {
		diags.Append(noOrgID())
	}
	if diags.HasError() {
		stream.Results = list.ListResultsStreamDiagnostics(diags)
		return
	}
	// An application is asked for when its turn comes: whoever wants the first ten pays for ten.
	stream.Results = func(push func(list.ListResult) bool) {
		out := service.NewPush(req, push)
		var absent diag.Diagnostics
		seen := map[string]bool{}
		for _, appID := range config.AppIDs {
			if seen[appID] {
				continue
			}
			seen[appID] = true
			result, err := found(ctx, client, req, config.OrgID, appID)
			switch {
			case errors.Is(err, api.ErrAppNotFound), errors.Is(err, api.ErrShortcut):
				absent.AddAttributeError(path.Root("app_ids"), "Not an application that can be authorized", noSuchApp(err)+"\n\nTake it out of app_ids, or correct it.")
				continue
			case err != nil:
				out.Fail(diag.Diagnostics{service.Failed("Unable to list the data authorization of "+appID, err)})
				return
			}
			if !out.Result(result) {
				return
			}
		}
		if len(absent) > 0 {
			out.Fail(absent)
		}
	}
}

// found is the result for one application.
func found(ctx context.Context, client *api.Client, req list.ListRequest, orgID types.String, appID string) (list.ListResult, error) {
	app, err := client.App(ctx, orgID.ValueString(), appID)
	if err != nil {
		return list.ListResult{}, err
	}
	if app.CreatedType == api.Shortcut {
		return list.ListResult{}, &api.AppError{OrgID: orgID.ValueString(), AppID: appID, Reason: api.ErrShortcut}
	}
	result := service.NewListResult(ctx, req)
	result.DisplayName = shared.Printable(fmt.Sprintf("%s (%s)", cmp.Or(app.Name, "application"), appID))
	model := authorizationModel{OrgID: orgID, AppID: types.StringValue(appID)}
	result.Diagnostics.Append(result.Identity.Set(ctx, model.identity())...)
	if !req.IncludeResource {
		return result, nil
	}
	listed, err := client.AppAuthorization(ctx, orgID.ValueString(), appID)
	if err != nil {
		return list.ListResult{}, err
	}
	result.Diagnostics.Append(result.Resource.Get(ctx, &model)...)
	model.OrgID, model.AppID = orgID, types.StringValue(appID)
	model.DataAuthorizeTypes = typesValue(listed)
	model.OnDestroy = types.StringValue(access.Revoke)
	result.Diagnostics.Append(result.Resource.Set(ctx, &model)...)
	return result, nil
}
