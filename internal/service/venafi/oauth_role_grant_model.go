// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/venafi"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/venafi/grantset"
	"github.com/appaccess/terraform-provider-appaccess/internal/service"
	"github.com/appaccess/terraform-provider-appaccess/internal/service/access"
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

// Known tells whether all that decides about requests is known.
func (m *grantModel) Known() bool {
	return !m.Grantee.IsUnknown() && !m.Role.IsUnknown() && !m.ApplicationID.IsUnknown()
}

// Set is the model as a set of one. Everything must have been validated.
func (m *grantModel) Set() grantset.Set {
	role, _ := api.ParseRole(m.Role.ValueString()) // what can't be granted the client refuses
	return grantset.Of(api.Grant{Grantee: m.Grantee.ValueString(), Role: role, ApplicationID: m.ApplicationID.ValueString()})
}

// SameTarget tells whether two grants are the same, whatever their spelling.
func (m *grantModel) SameTarget(other *grantModel) bool {
	return m.Role.Equal(other.Role) && m.ApplicationID.Equal(other.ApplicationID) && !m.Grantee.IsUnknown() &&
		api.SameGrantee(m.Grantee.ValueString(), other.Grantee.ValueString())
}

// Track has nothing to do: a grant is there or not.
func (m *grantModel) Track(grantset.Set) bool { return false }

// Options are the arguments that have nothing to do with the service.
func (m *grantModel) Options() access.Options { return access.Options{Timeouts: m.Timeouts} }

// namedGrant is the grant of an import, named by its id or its identity.
func namedGrant(ctx context.Context, _ *service.Data, req resource.ImportStateRequest) (grantModel, diag.Diagnostics) {
	identity, diags := importGrant(ctx, req)
	return newGrantModel(identity), diags
}

func importGrant(ctx context.Context, req resource.ImportStateRequest) (identity grantIdentity, diags diag.Diagnostics) {
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

// splitGrant takes an import id apart. An application's ID may hold slashes, and so may a universal
// ID: the grantee begins where its prefix is.
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
