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
		OrgID: identity.OrgID, AppID: identity.AppID, DataAuthorizeTypes: typesValue(nil), OnDestroy: types.StringValue(onDestroyRevoke),
		Timeouts: timeouts.Value{Object: types.ObjectNull(duration)},
	}
}

func (m authorizationModel) identity() authorizationIdentity {
	return authorizationIdentity{OrgID: m.OrgID, AppID: m.AppID}
}

// sameApp tells whether both are the list of one application.
func (m authorizationModel) sameApp(other authorizationModel) bool {
	return m.OrgID.Equal(other.OrgID) && m.AppID.Equal(other.AppID)
}

// known tells whether nothing has to wait for the apply.
func (m authorizationModel) known() bool {
	return !m.OrgID.IsUnknown() && !m.AppID.IsUnknown() && !m.DataAuthorizeTypes.IsUnknown() &&
		!slices.ContainsFunc(m.DataAuthorizeTypes.Elements(), attr.Value.IsUnknown)
}

// types returns the known types, sorted.
func (m authorizationModel) types() []string {
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

// importIdentity reads what an import names, from its id or from its identity.
func (r *authorizationResource) importIdentity(
	ctx context.Context, req resource.ImportStateRequest,
) (identity authorizationIdentity, diags diag.Diagnostics) {
	if req.ID == "" && req.Identity != nil {
		if diags = req.Identity.Get(ctx, &identity); diags.HasError() {
			return identity, diags
		}
		if identity.OrgID.IsNull() {
			identity.OrgID = r.data.EnosOrgID
		}
		switch {
		case identity.OrgID.ValueString() == "":
			diags.Append(noOrgID())
		case identity.AppID.ValueString() == "":
			diags.AddAttributeError(path.Root("app_id"), "Invalid identity", "The identity has no app_id, which is the access key of the application.")
		}
		return identity, diags
	}
	orgID, appID, found := strings.Cut(req.ID, "/")
	if !found || orgID == "" || appID == "" || strings.Contains(appID, "/") {
		diags.AddError("Invalid import id", fmt.Sprintf("The import id %q is not org_id/app_id: the organization, a slash, and the access key of the "+
			"application, such as o15000000000001/66666666-7777-8888-9999-000000000000.", req.ID))
		return identity, diags
	}
	return authorizationIdentity{OrgID: types.StringValue(orgID), AppID: types.StringValue(appID)}, nil
}
