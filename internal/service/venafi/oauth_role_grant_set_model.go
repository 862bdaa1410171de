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

// grantSetModel is the plan or state of a set. The grantees are a map of strings, which Terraform,
// its plan renderer and the framework all handle in linear time.
type grantSetModel struct {
	Role           types.String   `tfsdk:"role"`
	ApplicationID  types.String   `tfsdk:"application_id"`
	Grantees       types.Map      `tfsdk:"grantees"`
	MaxRevocations types.Int64    `tfsdk:"max_revocations"`
	OnDestroy      types.String   `tfsdk:"on_destroy"`
	Timeouts       timeouts.Value `tfsdk:"timeouts"`
}

// grantSetIdentity names a set: a role and, for those that have one, the application. Additive sets
// may share an identity.
type grantSetIdentity struct {
	Role          types.String `tfsdk:"role"`
	ApplicationID types.String `tfsdk:"application_id"`
}

// newGrantSetModel is the model of an import: what the configuration decides has its default.
func newGrantSetModel(identity grantSetIdentity) grantSetModel {
	return grantSetModel{
		Role: identity.Role, ApplicationID: identity.ApplicationID, Grantees: labels(nil), OnDestroy: types.StringValue(access.Revoke),
		Timeouts: noTimeouts(),
	}
}

// Known tells whether all that decides about requests is known.
func (m *grantSetModel) Known() bool {
	_, all := knownGrantees(m.Grantees)
	return all && !m.Role.IsUnknown() && !m.ApplicationID.IsUnknown()
}

// Set is the model in the terms of the service. Everything must have been validated.
func (m *grantSetModel) Set() grantset.Set {
	role, _ := api.ParseRole(m.Role.ValueString()) // what can't be granted the client refuses
	return grantset.Set{Role: role, ApplicationID: m.ApplicationID.ValueString(), Grantees: labelled(m.Grantees)}
}

// labelled are the grantees of a model by their labels.
func labelled(m types.Map) map[string]string {
	elements := m.Elements()
	grantees := make(map[string]string, len(elements))
	for label, grantee := range elements {
		if text, ok := grantee.(types.String); ok && !text.IsUnknown() {
			grantees[label] = text.ValueString()
		}
	}
	return grantees
}

// labels are the grantees of a set in a model.
func labels(grantees map[string]string) types.Map {
	values := make(map[string]attr.Value, len(grantees))
	for label, grantee := range grantees {
		values[label] = types.StringValue(grantee)
	}
	return types.MapValueMust(types.StringType, values)
}

// SameTarget tells whether two sets are of the same role and application.
func (m *grantSetModel) SameTarget(other *grantSetModel) bool {
	return m.Role.Equal(other.Role) && m.ApplicationID.Equal(other.ApplicationID)
}

// Track makes the model say who holds the role.
func (m *grantSetModel) Track(now grantset.Set) bool {
	grantees := labels(now.Grantees)
	changed := !m.Grantees.Equal(grantees)
	m.Grantees = grantees
	return changed
}

// Options are the arguments that have nothing to do with the service.
func (m *grantSetModel) Options() access.Options {
	return access.Options{OnDestroy: m.OnDestroy, MaxRevocations: m.MaxRevocations, Timeouts: m.Timeouts}
}

// namedSet is the set of an import, named by its id or its identity.
func namedSet(ctx context.Context, _ *service.Data, req resource.ImportStateRequest) (grantSetModel, diag.Diagnostics) {
	identity, diags := importGrantSet(ctx, req)
	return newGrantSetModel(identity), diags
}

func importGrantSet(ctx context.Context, req resource.ImportStateRequest) (identity grantSetIdentity, diags diag.Diagnostics) {
	summary := "Invalid import id"
	if req.ID == "" && req.Identity != nil {
		summary = "Invalid identity"
		diags.Append(req.Identity.Get(ctx, &identity)...)
	} else {
		// An application's ID may hold slashes.
		role, application, found := strings.Cut(req.ID, "/")
		identity = grantSetIdentity{Role: types.StringValue(role), ApplicationID: types.StringNull()}
		if found {
			identity.ApplicationID = types.StringValue(application)
		}
	}
	if diags.HasError() {
		return identity, diags
	}
	if identity.ApplicationID.ValueString() == "" && !identity.ApplicationID.IsNull() {
		diags.AddError(summary, fmt.Sprintf("The application after the role %s is empty: an import id is role or role/application_id.",
			identity.Role.ValueString()))
		return identity, diags
	}
	if _, err := api.ParseRole(identity.Role.ValueString()); err != nil {
		diags.AddError(summary, "The "+err.Error()+". An import id is role or role/application_id.")
	}
	diags.Append(checkApplication(identity.Role, identity.ApplicationID)...)
	return identity, diags
}
