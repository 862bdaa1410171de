// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/venafi"
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
	for _, value := range []attr.Value{m.ApplicationID, m.MaximumScope, m.Trustees, m.Description, m.AccessValidity, m.GrantValidity, m.Renewable} {
		if value.IsUnknown() {
			return false
		}
	}
	for _, value := range m.Trustees.Elements() {
		if value.IsUnknown() {
			return false
		}
	}
	return true
}

// Set is the model in the terms of the service.
func (m *accessModel) Set() accessSet {
	s := accessSet{
		application: m.ApplicationID.ValueString(), scope: m.MaximumScope.ValueString(), description: wantedText(m.Description),
		access: wantedSeconds(m.AccessValidity), grant: wantedSeconds(m.GrantValidity), renewable: wantedBool(m.Renewable), trustees: knownTrustees(m.Trustees),
	}
	return s
}

// knownTrustees are the trustees of a map by their canonical IDs, as far as they are known.
func knownTrustees(from types.Map) map[string]trustee {
	elements := from.Elements()
	all := make(map[string]trustee, len(elements))
	for label, value := range elements {
		if id, ok := value.(types.String); ok && !id.IsNull() && !id.IsUnknown() {
			all[api.CanonicalGrantee(id.ValueString())] = trustee{label, id.ValueString()}
		}
	}
	return all
}

// Track makes the model say who may use the application.
func (m *accessModel) Track(now accessSet) bool {
	before := *m
	m.ApplicationID = types.StringValue(now.application)
	if had := knownTrustees(m.Trustees); m.Trustees.IsNull() || m.Trustees.IsUnknown() || !maps.Equal(had, now.trustees) || len(had) != len(m.Trustees.Elements()) {
		values := make(map[string]attr.Value, len(now.trustees))
		for _, t := range now.trustees {
			label := t.label
			if _, taken := values[label]; taken || label == "" {
				label = t.id // somebody's label is the ID of another one
			}
			values[label] = types.StringValue(t.id)
		}
		m.Trustees = types.MapValueMust(types.StringType, values)
	}
	trackScope(&m.MaximumScope, &now.scope)
	if !m.Description.IsNull() {
		m.Description = types.StringPointerValue(now.description)
	}
	trackSeconds(&m.AccessValidity, now.access)
	trackSeconds(&m.GrantValidity, now.grant)
	m.Renewable = types.BoolPointerValue(now.renewable)
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
	return accessModel{
		ApplicationID: application, Trustees: types.MapValueMust(types.StringType, nil), OnDestroy: types.StringValue(access.Revoke), Timeouts: noTimeouts(),
	}
}

// namedAccess reads what an import names.
func namedAccess(ctx context.Context, _ *service.Data, req resource.ImportStateRequest) (accessModel, diag.Diagnostics) {
	identity, diags := importedName[applicationIdentity](ctx, req, func(i *applicationIdentity) *types.String { return &i.ApplicationID })
	return newAccessModel(identity.ApplicationID), diags
}

// prepareAccess refuses two resources of one configuration that would fight. It asks the server nothing.
func (r *accessResource) prepareAccess(ctx context.Context, p *access.Planning[accessModel, accessSet]) {
	plan := p.Plan
	if p.Data.VenafiClaims == nil || plan.ApplicationID.IsUnknown() {
		return
	}
	instance, diags := service.Instance(ctx, p.Response.Private)
	if p.Response.Diagnostics.Append(diags...); diags.HasError() {
		return
	}
	trustees := knownTrustees(plan.Trustees)
	claim := service.Claim[string]{
		Resource: instance, Targets: []string{"the rules of " + plan.ApplicationID.ValueString()}, Exclusive: r.exclusive, Members: maps.Keys(trustees),
		Describe: func() string { return fmt.Sprintf("appaccess%s with %s", r.Type, plural(len(trustees), "trustee")) },
	}
	if !plan.Trustees.IsUnknown() && len(trustees) == len(plan.Trustees.Elements()) {
		claim.Lists = func(id string) bool { _, ok := trustees[id]; return ok }
	}
	for _, conflict := range p.Data.VenafiClaims.Make(claim) {
		summary, what := "Two resources own who may use one application", "each apply would make one of them undo the other"
		if len(conflict.Members) > 0 {
			summary = "One resource grants what another revokes"
			what = "one owns the application, and does not list whom the other one adds:\n\n" + firstTen(slices.Clone(conflict.Members))
		}
		p.Response.Diagnostics.AddAttributeError(atApplication, summary,
			fmt.Sprintf("This resource and %s are both about the application %q, and %s\n\nList everybody in the one that owns it. To give up a resource without "+
				"taking anything away, put a `removed` block with `destroy = false` in its place.\n\n%s", conflict.Other.Describe(), plan.ApplicationID.ValueString(), what,
				service.DestroyAdvice))
	}
}
