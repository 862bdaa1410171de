// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/rest"
	"github.com/appaccess/terraform-provider-appaccess/internal/service"
)

var (
	_ ephemeral.EphemeralResourceWithConfigure = (*accessToken)(nil)
	_ ephemeral.EphemeralResourceWithClose     = (*accessToken)(nil)
)

// privateToken is the key of the private data that Close reads.
const privateToken = "token"

// revokeTimeout bounds a revocation, which goes on when the run is interrupted.
const revokeTimeout = 30 * time.Second

// NewAccessToken returns the ephemeral resource that logs in, and revokes its token in the end.
func NewAccessToken() ephemeral.EphemeralResource { return &accessToken{} }

type accessToken struct {
	data *service.Data
}

type accessTokenModel struct {
	ClientID    types.String `tfsdk:"client_id"`
	Scope       types.String `tfsdk:"scope"`
	AccessToken types.String `tfsdk:"access_token"`
	ExpiresAt   types.String `tfsdk:"expires_at"`
}

func (e *accessToken) Metadata(_ context.Context, req ephemeral.MetadataRequest, resp *ephemeral.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_venafi_access_token"
}

func (e *accessToken) Configure(_ context.Context, req ephemeral.ConfigureRequest, resp *ephemeral.ConfigureResponse) {
	data, diags := service.DataFrom(req.ProviderData)
	resp.Diagnostics.Append(diags...)
	e.data = data
}

func (e *accessToken) Schema(_ context.Context, _ ephemeral.SchemaRequest, resp *ephemeral.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "An access token of Venafi Trust Protection Platform for the time of one plan or apply: it is got with the provider's login when " +
			"it is needed and revoked at the end. It is never stored in state or plan. The token belongs to the identity that the provider logs in as; the " +
			"provider's own token is another one. The provider must be configured with a login: with `access_token` alone no other token can be got.",
		Attributes: map[string]schema.Attribute{
			"client_id": schema.StringAttribute{
				Optional:            true,
				Validators:          []validator.String{stringvalidator.LengthAtLeast(1)},
				MarkdownDescription: "The ID of the API integration that the token is for. Default: the provider's.",
			},
			"scope": schema.StringAttribute{
				Optional:            true,
				Validators:          []validator.String{stringvalidator.LengthAtLeast(1)},
				MarkdownDescription: "The scope to ask for, such as `certificate:manage;configuration`. Default: the provider's.",
			},
			"access_token": schema.StringAttribute{
				Computed:            true,
				Sensitive:           true,
				MarkdownDescription: "The access token.",
			},
			"expires_at": schema.StringAttribute{
				Computed: true,
				MarkdownDescription: "When the token would end by itself, as RFC 3339 in UTC. Null when the server doesn't say. It is revoked earlier, at the end " +
					"of the run.",
			},
		},
	}
}

func (e *accessToken) Open(ctx context.Context, req ephemeral.OpenRequest, resp *ephemeral.OpenResponse) {
	var model accessTokenModel
	if resp.Diagnostics.Append(req.Config.Get(ctx, &model)...); resp.Diagnostics.HasError() {
		return
	}
	client, diags := e.data.Venafi.Client(ctx)
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		return
	}
	token, err := client.Login(ctx, model.ClientID.ValueString(), model.Scope.ValueString())
	if err != nil {
		resp.Diagnostics.Append(service.Failed("Unable to get an access token", err))
		return
	}
	private, err := json.Marshal(token.AccessToken)
	if err != nil {
		resp.Diagnostics.Append(service.Failed("Unable to get an access token", err))
		return
	}
	model.AccessToken = types.StringValue(token.AccessToken)
	model.ExpiresAt = types.StringNull()
	if !token.Expires.IsZero() {
		model.ExpiresAt = types.StringValue(token.Expires.UTC().Format(time.RFC3339))
	}
	resp.Diagnostics.Append(resp.Private.SetKey(ctx, privateToken, private)...)
	resp.Diagnostics.Append(resp.Result.Set(ctx, &model)...)
}

// Close revokes the token, also when the run was interrupted. What fails here fails nothing that
// the run has done: it is a warning.
func (e *accessToken) Close(ctx context.Context, req ephemeral.CloseRequest, resp *ephemeral.CloseResponse) {
	private, diags := req.Private.GetKey(ctx, privateToken)
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() || private == nil {
		return
	}
	const summary = "The access token may still be valid"
	var token string
	if err := json.Unmarshal(private, &token); err != nil {
		resp.Diagnostics.AddWarning(summary, "What Terraform kept to revoke the token with can't be read, so it ends by itself.")
		return
	}
	client, diags := e.data.Venafi.Client(ctx)
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		return
	}
	timed, cancel := context.WithTimeout(context.WithoutCancel(ctx), revokeTimeout)
	defer cancel()
	if err := client.RevokeToken(timed, token); err != nil && !ended(err) {
		resp.Diagnostics.AddWarning(summary, "The token of the ephemeral resource appaccess_venafi_access_token could not be revoked, so it is valid until it "+
			"ends by itself. If it may have got into wrong hands, revoke it on the server, under the grants of the API integration.\n\n"+err.Error())
	}
}

// ended tells that the server doesn't take the token any more: there is nothing to revoke.
func ended(err error) bool {
	e, ok := errors.AsType[*rest.Error](err)
	return ok && e.Status == http.StatusUnauthorized && e.Code == "invalid_token"
}
