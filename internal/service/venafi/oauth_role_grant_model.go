// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/venafi"
)

type grantModel struct {
	Grantee       types.String   `tfsdk:"grantee"`
	Role          types.String   `tfsdk:"role"`
	ApplicationID types.String   `tfsdk:"application_id"`
	Timeouts      timeouts.Value `tfsdk:"timeouts"`
}

// grantIdentity names a grant.
type grantIdentity struct {
	Role          types.String `tfsdk:"role"`
	ApplicationID types.String `tfsdk:"application_id"`
	Grantee       types.String `tfsdk:"grantee"`
}

// newGrantModel is the model of an import: what the configuration decides is null.
func newGrantModel(identity grantIdentity) grantModel {
	duration := map[string]attr.Type{}
	for _, operation := range []string{"create", "read", "delete"} {
		duration[operation] = types.StringType
	}
	return grantModel{
		Grantee: identity.Grantee, Role: identity.Role, ApplicationID: identity.ApplicationID,
		Timeouts: timeouts.Value{Object: types.ObjectNull(duration)},
	}
}

func (m grantModel) identity() grantIdentity {
	return grantIdentity{Role: m.Role, ApplicationID: m.ApplicationID, Grantee: m.Grantee}
}

func (m grantModel) known() bool {
	return !m.Grantee.IsUnknown() && !m.Role.IsUnknown() && !m.ApplicationID.IsUnknown()
}

// grant returns the grant of a model whose values are known and were validated.
func (m grantModel) grant() api.Grant {
	role, _ := api.ParseRole(m.Role.ValueString()) // what can't be granted the client refuses
	return api.Grant{Grantee: m.Grantee.ValueString(), Role: role, ApplicationID: m.ApplicationID.ValueString()}
}

// importGrant reads the grant of an import, from its id or from its identity.
func importGrant(ctx context.Context, req resource.ImportStateRequest) (identity grantIdentity, diags diagnostics) {
	summary := "Invalid import id"
	if req.ID == "" && req.Identity != nil {
		summary = "Invalid identity"
		diags.Append(req.Identity.Get(ctx, &identity)...)
	} else {
		var err error
		if identity, err = splitGrant(req.ID); err != nil {
			diags.AddError(summary, fmt.Sprintf("The import id %q is neither role/grantee nor role/application_id/grantee: %v.", req.ID, err))
		}
	}
	if diags.HasError() {
		return identity, diags
	}
	if _, err := api.ParseRole(identity.Role.ValueString()); err != nil {
		diags.AddError(summary, "The "+err.Error()+".")
	}
	if problem := granteeProblem(identity.Grantee.ValueString()); problem != "" {
		diags.AddError(summary, problem)
	}
	diags.Append(checkApplication(identity.Role, identity.ApplicationID)...)
	return identity, diags
}

// splitGrant takes an import id apart. An application's ID may hold slashes, and so may a universal ID: the grantee begins
// where its prefix is.
func splitGrant(id string) (grantIdentity, error) {
	name, rest, found := strings.Cut(id, "/")
	role, err := api.ParseRole(name)
	switch {
	case err != nil:
		return grantIdentity{}, err
	case !found || rest == "":
		return grantIdentity{}, fmt.Errorf("nothing follows the role %s", role)
	}
	identity := grantIdentity{Role: types.StringValue(name), ApplicationID: types.StringNull(), Grantee: types.StringValue(rest)}
	if !role.OfApplication() {
		return identity, nil
	}
	for i := range len(rest) {
		if rest[i] == '/' && i > 0 && granteePattern.MatchString(rest[i+1:]) {
			identity.ApplicationID, identity.Grantee = types.StringValue(rest[:i]), types.StringValue(rest[i+1:])
			return identity, nil
		}
	}
	return grantIdentity{}, fmt.Errorf("the role %s is held on an application, and after it there has to be a slash and a grantee such as "+
		"local:{5be5a591-c842-4520-9142-b455f4ad2286}", role)
}
