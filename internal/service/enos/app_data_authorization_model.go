// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package enos

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/appaccess/terraform-provider-appaccess/internal/service"
	"github.com/appaccess/terraform-provider-appaccess/internal/service/access"
)

type authorizationModel struct {
	OrgID              types.String   `tfsdk:"org_id"`
	AppID              types.String   `tfsdk:"app_id"`
	DataAuthorizeTypes types.Set      `tfsdk:"data_authorize_types"`
	OnDestroy          types.String   `tfsdk:"on_destroy"`
	Timeouts           timeouts.Value `tfsdk:"timeouts"`
}

// authorizationIdentity names the list of types of one application in one organization.
type authorizationIdentity struct {
	OrgID types.String `tfsdk:"org_id"`
	AppID types.String `tfsdk:"app_id"`
}

// newModel is the model of an import: what the configuration decides has its default.
func newModel(identity authorizationIdentity) authorizationModel {
	duration := map[string]attr.Type{}
	for _, operation := range []string{"create", "read", "update", "delete"} {
		duration[operation] = types.StringType
	}
	return authorizationModel{
		OrgID: identity.OrgID, AppID: identity.AppID, DataAuthorizeTypes: typesValue(nil), OnDestroy: types.StringValue(access.Revoke),
		Timeouts: timeouts.Value{Object: types.ObjectNull(duration)},
	}
}

func (m *authorizationModel) identity() authorizationIdentity {
	return authorizationIdentity{OrgID: m.OrgID, AppID: m.AppID}
}

func identityOf(a authorization) authorizationIdentity {
	return authorizationIdentity{OrgID: types.StringValue(a.orgID), AppID: types.StringValue(a.appID)}
}

// SameTarget tells whether both are the list of one application.
func (m *authorizationModel) SameTarget(other *authorizationModel) bool {
	return m.OrgID.Equal(other.OrgID) && m.AppID.Equal(other.AppID)
}

// Known tells whether nothing has to wait for the apply.
func (m *authorizationModel) Known() bool {
	return !m.OrgID.IsUnknown() && !m.AppID.IsUnknown() && !m.DataAuthorizeTypes.IsUnknown() &&
		!slices.ContainsFunc(m.DataAuthorizeTypes.Elements(), attr.Value.IsUnknown)
}

// Set is the model in the terms of the service.
func (m *authorizationModel) Set() authorization {
	return authorization{orgID: m.OrgID.ValueString(), appID: m.AppID.ValueString(), types: m.types()}
}

// Track makes the model say which types the application has.
func (m *authorizationModel) Track(now authorization) bool {
	changed := !m.DataAuthorizeTypes.Equal(typesValue(now.types))
	m.DataAuthorizeTypes = typesValue(now.types)
	return changed
}

// Options are the arguments that have nothing to do with EnOS.
func (m *authorizationModel) Options() access.Options {
	return access.Options{OnDestroy: m.OnDestroy, Timeouts: m.Timeouts}
}

// types returns the known types, sorted.
func (m *authorizationModel) types() []string {
	var list []string
	for _, element := range m.DataAuthorizeTypes.Elements() {
		if text, ok := element.(types.String); ok && !text.IsNull() && !text.IsUnknown() {
			list = append(list, text.ValueString())
		}
	}
	slices.Sort(list)
	return list
}

func typesValue(list []string) types.Set {
	values := make([]attr.Value, len(list))
	for i, t := range list {
		values[i] = types.StringValue(t)
	}
	return types.SetValueMust(types.StringType, values)
}

// named reads what an import names, from its id or from its identity.
func named(ctx context.Context, data *service.Data, req resource.ImportStateRequest) (authorizationModel, diag.Diagnostics) {
	var identity authorizationIdentity
	var diags diag.Diagnostics
	if req.ID != "" {
		orgID, appID, found := strings.Cut(req.ID, "/")
		if !found || orgID == "" || appID == "" || strings.Contains(appID, "/") {
			diags.AddError("Invalid import id", fmt.Sprintf("The import id %q is not org_id/app_id: the organization, a slash, and the access key of the "+
				"application, such as o15000000000001/66666666-7777-8888-9999-000000000000.", req.ID))
			return newModel(identity), diags
		}
		return newModel(authorizationIdentity{OrgID: types.StringValue(orgID), AppID: types.StringValue(appID)}), diags
	}
	if diags = req.Identity.Get(ctx, &identity); diags.HasError() {
		return newModel(identity), diags
	}
	if identity.OrgID.IsNull() {
		identity.OrgID = data.EnosOrgID
	}
	switch {
	case identity.OrgID.ValueString() == "":
		diags.Append(noOrgID())
	case identity.AppID.ValueString() == "":
		diags.AddAttributeError(path.Root("app_id"), "Invalid identity", "The identity has no app_id, which is the access key of the application.")
	}
	return newModel(identity), diags
}
