// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"context"
	"fmt"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/shared"
	api "github.com/appaccess/terraform-provider-appaccess/internal/api/venafi"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/venafi/grantset"
	"github.com/appaccess/terraform-provider-appaccess/internal/service"
	"github.com/appaccess/terraform-provider-appaccess/internal/service/access"
)

type accessModel struct {
	ApplicationID  types.String   `tfsdk:"application_id"`
	MaximumScope   types.String   `tfsdk:"maximum_scope"`
	Trustees       types.Map      `tfsdk:"trustees"`
	Description    types.String   `tfsdk:"description"`
	AccessValidity types.String   `tfsdk:"access_validity"`
	GrantValidity  types.String   `tfsdk:"grant_validity"`
	Renewable      types.Bool     `tfsdk:"renewable"`
	MaxRevocations types.Int64    `tfsdk:"max_revocations"`
	OnDestroy      types.String   `tfsdk:"on_destroy"`
	Timeouts       timeouts.Value `tfsdk:"timeouts"`
}

// Known tells whether nothing that decides has to wait for the apply.
func (m *accessModel) Known() bool {
	_, all := knownGrantees(m.Trustees)
	return all && !slices.ContainsFunc([]attr.Value{
		m.ApplicationID, m.MaximumScope, m.Description, m.AccessValidity, m.GrantValidity, m.Renewable,
	}, attr.Value.IsUnknown)
}

// Set is the model in the terms of the service.
func (m *accessModel) Set() grantset.Set {
	return grantset.Set{
		Role: api.Use, ApplicationID: m.ApplicationID.ValueString(), Grantees: labelled(m.Trustees),
		Terms: &grantset.Terms{
			Scope: m.MaximumScope.ValueString(), Description: wantedText(m.Description), Access: wantedSeconds(m.AccessValidity),
			Grant: wantedSeconds(m.GrantValidity), Renewable: wantedBool(m.Renewable),
		},
	}
}

// Track makes the model say who may use the application.
func (m *accessModel) Track(now grantset.Set) bool {
	before := *m
	m.ApplicationID, m.Trustees = types.StringValue(now.ApplicationID), labels(now.Grantees)
	trackScope(&m.MaximumScope, &now.Terms.Scope)
	m.Description = types.StringPointerValue(now.Terms.Description)
	trackSeconds(&m.AccessValidity, now.Terms.Access)
	trackSeconds(&m.GrantValidity, now.Terms.Grant)
	m.Renewable = types.BoolPointerValue(now.Terms.Renewable)
	return !(m.Trustees.Equal(before.Trustees) && m.MaximumScope.Equal(before.MaximumScope) && m.Description.Equal(before.Description) &&
		m.AccessValidity.Equal(before.AccessValidity) && m.GrantValidity.Equal(before.GrantValidity) && m.Renewable.Equal(before.Renewable))
}

// SameTarget tells whether both are about one application.
func (m *accessModel) SameTarget(other *accessModel) bool {
	return m.ApplicationID.Equal(other.ApplicationID)
}

// Options are the arguments that have nothing to do with Venafi.
func (m *accessModel) Options() access.Options {
	return access.Options{OnDestroy: m.OnDestroy, MaxRevocations: m.MaxRevocations, Timeouts: m.Timeouts}
}

// newAccessModel is the model of an import.
func newAccessModel(application types.String) accessModel {
	return accessModel{ApplicationID: application, Trustees: labels(nil), OnDestroy: types.StringValue(access.Revoke), Timeouts: noTimeouts()}
}

// namedAccess reads what an import names.
func namedAccess(ctx context.Context, _ *service.Data, req resource.ImportStateRequest) (accessModel, diag.Diagnostics) {
	identity, diags := importedName[applicationIdentity](ctx, req, func(i *applicationIdentity) *types.String { return &i.ApplicationID })
	return newAccessModel(identity.ApplicationID), diags
}

// prepareAccess checks what was not known before, and holds the plan against other resources of the
// configuration.
func (k kind) prepareAccess(ctx context.Context, p *access.Planning[accessModel, grantset.Set]) {
	diags := checkGrantees(k.at, p.Plan.Trustees)
	p.Response.Diagnostics.Append(diags...)
	if diags.HasError() || p.Plan.ApplicationID.IsUnknown() {
		return
	}
	known, all := knownGrantees(p.Plan.Trustees)
	set := grantset.Set{Role: api.Use, ApplicationID: p.Plan.ApplicationID.ValueString()}
	before, unchanged := leaving(p)
	k.claimRole(ctx, p.Data, p.Response, set, known, all,
		func() string { return fmt.Sprintf("%s with %s", set, shared.Counted(len(known), "trustee")) }, before, unchanged)
}
