// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/list/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/shared"
	api "github.com/appaccess/terraform-provider-appaccess/internal/api/venafi"
	"github.com/appaccess/terraform-provider-appaccess/internal/service"
)

var (
	_ list.ListResourceWithConfigure = (*applicationListResource)(nil)
	_ list.ListResourceWithConfigure = (*mappingListResource)(nil)
)

// NewOAuthApplicationList finds API integrations.
func NewOAuthApplicationList() list.ListResource {
	return &applicationListResource{newApplicationResource()}
}

// NewOAuthJwtMappingList finds JWT mappings.
func NewOAuthJwtMappingList() list.ListResource { return &mappingListResource{newMappingResource()} }

type applicationListResource struct{ *applicationResource }

type mappingListResource struct{ *mappingResource }

type applicationFilter struct {
	ApplicationID types.String `tfsdk:"application_id"`
}

type mappingFilter struct {
	IssuerURI types.String `tfsdk:"issuer_uri"`
}

func (r *applicationListResource) ListResourceConfigSchema(_ context.Context, _ list.ListResourceSchemaRequest, resp *list.ListResourceSchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Finds the API integrations of Venafi Trust Protection Platform, as far as the caller may see them.",
		Attributes: map[string]schema.Attribute{"application_id": schema.StringAttribute{
			Optional: true, Validators: []validator.String{service.Name()}, MarkdownDescription: "Only this one. Default: all.",
		}},
	}
}

func (r *mappingListResource) ListResourceConfigSchema(_ context.Context, _ list.ListResourceSchemaRequest, resp *list.ListResourceSchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Finds the JWT mappings of Venafi Trust Protection Platform. The caller needs the OAuth role `admin` or `auditor`.",
		Attributes: map[string]schema.Attribute{"issuer_uri": schema.StringAttribute{
			Optional: true, Validators: []validator.String{service.Name()}, MarkdownDescription: "Only those of this issuer. Default: all.",
		}},
	}
}

// listed is one thing that a list resource finds: its name, its identity, and its model.
type listed struct {
	name            string
	identity, model any
}

// push reads with the client when somebody listens, and hands on what is found.
func push[F any](
	ctx context.Context, data *service.Data, what string, req list.ListRequest, stream *list.ListResultsStream,
	find func(ctx context.Context, client *api.Client, filter F, hand func(listed) bool) error,
) {
	var filter F
	diags := req.Config.Get(ctx, &filter)
	var client *api.Client
	if !diags.HasError() {
		client, diags = data.Venafi.Client(ctx)
	}
	if diags.HasError() {
		stream.Results = list.ListResultsStreamDiagnostics(diags)
		return
	}
	stream.Results = func(push func(list.ListResult) bool) {
		out := service.NewPush(req, push)
		err := find(ctx, client, filter, func(l listed) bool {
			result := service.NewListResult(ctx, req)
			result.DisplayName = shared.Printable(l.name)
			result.Diagnostics.Append(result.Identity.Set(ctx, l.identity)...)
			if req.IncludeResource {
				result.Diagnostics.Append(result.Resource.Set(ctx, l.model)...)
			}
			return out.Result(result)
		})
		if err != nil {
			out.Fail(diag.Diagnostics{diag.NewErrorDiagnostic("Unable to list "+what, sentence(err))})
		}
	}
}

func (r *applicationListResource) List(ctx context.Context, req list.ListRequest, stream *list.ListResultsStream) {
	push(ctx, r.Data, "the OAuth applications", req, stream, func(ctx context.Context, client *api.Client, filter applicationFilter, hand func(listed) bool) error {
		all, err := findApplications(ctx, client, filter.ApplicationID)
		for _, a := range all {
			model := applicationModel{ApplicationID: types.StringValue(a.ID), Timeouts: noTimeouts()}
			model.Track(application{}.as(a))
			if !hand(listed{a.ID, applicationIdentity{model.ApplicationID}, &model}) {
				break
			}
		}
		return err
	})
}

func (r *mappingListResource) List(ctx context.Context, req list.ListRequest, stream *list.ListResultsStream) {
	push(ctx, r.Data, "the JWT mappings", req, stream, func(ctx context.Context, client *api.Client, filter mappingFilter, hand func(listed) bool) error {
		all, err := client.JwtMappings(ctx)
		for _, m := range all {
			if !filter.IssuerURI.IsNull() && filter.IssuerURI.ValueString() != m.IssuerURI {
				continue
			}
			model := mappingModel{Timeouts: noTimeouts()}
			model.Track(mapping{m})
			if !hand(listed{m.Name, mappingIdentity{model.Name}, &model}) {
				break
			}
		}
		return err
	})
}
