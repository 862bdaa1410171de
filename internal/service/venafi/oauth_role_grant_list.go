// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"context"
	"fmt"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/list/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/shared"
	api "github.com/appaccess/terraform-provider-appaccess/internal/api/venafi"
	"github.com/appaccess/terraform-provider-appaccess/internal/service"
)

var _ list.ListResourceWithConfigure = (*grantListResource)(nil)

// NewOAuthRoleGrantList finds the OAuth roles that are held, each as a grant.
func NewOAuthRoleGrantList() list.ListResource { return &grantListResource{newGrantResource()} }

// grantListResource shares the name, the configuration and the identity of the resource.
type grantListResource struct {
	*grantResource
}

func (r *grantListResource) ListResourceConfigSchema(_ context.Context, _ list.ListResourceSchemaRequest, resp *list.ListResourceSchemaResponse) {
	resp.Schema = roleListSchema("Finds who holds which OAuth role on Venafi Trust Protection Platform: one grant for each grantee of each role, as far as " +
		"the caller may see them. With the role `admin` or `auditor` that is everything, with `application_owner` what belongs to the own applications.")
}

func (r *grantListResource) List(ctx context.Context, req list.ListRequest, stream *list.ListResultsStream) {
	listRoles(ctx, r.Data, req, stream, func(out *service.Push, filter roleFilter, grants []api.Grant) {
		for _, grant := range grants {
			if !filter.matches(grant) {
				continue
			}
			result := service.NewListResult(ctx, req)
			result.DisplayName = fmt.Sprintf("%s: %s", holdingName(grant), shared.Printable(grant.Grantee))
			identity := grantIdentity{
				Grantee: types.StringValue(grant.Grantee), Role: types.StringValue(grant.Role.String()), ApplicationID: service.Text(grant.ApplicationID),
			}
			result.Diagnostics.Append(result.Identity.Set(ctx, identity)...)
			if req.IncludeResource {
				resource := newGrantModel(identity)
				result.Diagnostics.Append(result.Resource.Set(ctx, &resource)...)
			}
			if !out.Result(result) {
				return
			}
		}
	})
}

// roleListSchema is what all lists of roles are asked with.
func roleListSchema(description string) schema.Schema {
	return schema.Schema{
		MarkdownDescription: description,
		Attributes: map[string]schema.Attribute{
			"role": schema.StringAttribute{
				Optional:            true,
				Validators:          []validator.String{roleValidator{}},
				MarkdownDescription: roleFilterText,
			},
			"application_id": schema.StringAttribute{
				Optional:            true,
				Validators:          []validator.String{applicationValidator{}},
				MarkdownDescription: applicationFilterText,
			},
			"grantee": schema.StringAttribute{
				Optional:            true,
				Validators:          []validator.String{granteeValidator{}},
				MarkdownDescription: granteeFilterText,
			},
		},
	}
}

// listRoles reads the one listing of the run, when somebody listens, and hands on what of it can be
// granted, in the order of role, application and grantee.
func listRoles(
	ctx context.Context, data *service.Data, req list.ListRequest, stream *list.ListResultsStream,
	results func(out *service.Push, filter roleFilter, grants []api.Grant),
) {
	var filter roleFilter
	if diags := req.Config.Get(ctx, &filter); diags.HasError() {
		stream.Results = list.ListResultsStreamDiagnostics(diags)
		return
	}
	run, diags := data.VenafiRoles.Client(ctx)
	if diags.HasError() {
		stream.Results = list.ListResultsStreamDiagnostics(diags)
		return
	}
	stream.Results = func(push func(list.ListResult) bool) {
		out := service.NewPush(req, push)
		all, err := run.Grants(ctx)
		if err != nil {
			out.Fail(diag.Diagnostics{service.Failed("Unable to list the OAuth roles", err)})
			return
		}
		results(out, filter, slices.DeleteFunc(all, func(grant api.Grant) bool {
			return !slices.Contains(api.GrantableRoles(), grant.Role)
		}))
	}
}

// holdingName says what is held.
func holdingName(grant api.Grant) string {
	if grant.Role.OfApplication() {
		return fmt.Sprintf("%s of %s", grant.Role, shared.Printable(grant.ApplicationID))
	}
	return grant.Role.String()
}
