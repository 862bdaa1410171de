// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/venafi"
	"github.com/appaccess/terraform-provider-appaccess/internal/service"
)

// claim records which role the plan is for, and holds that against what was planned before for other resources of the same
// configuration. It asks the service nothing.
func (r *grantSetResource) claim(ctx context.Context, plan grantSetModel, private service.PrivateState) diagnostics {
	if r.data.VenafiClaims == nil || plan.Role.IsUnknown() || plan.ApplicationID.IsUnknown() {
		return nil
	}
	instance, diags := service.Instance(ctx, private)
	if diags.HasError() {
		return diags
	}
	set := plan.set()
	grantees, all := knownGrantees(plan.Grantees)
	claim := service.Claim[string]{
		Resource: instance, Targets: []string{set.String()}, Exclusive: r.kind.exclusive, Members: maps.Keys(grantees),
		Describe: func() string {
			return fmt.Sprintf("appaccess%s of %s with %s", r.kind.suffix, set, labelList(sortedLabels(set)))
		},
	}
	if all {
		claim.Lists = func(grantee string) bool { return grantees[grantee] != "" }
	}
	at := path.Root("role")
	if !plan.ApplicationID.IsNull() {
		at = path.Root("application_id")
	}
	explainConflicts(&diags, at, r.kind.exclusive, r.data.VenafiClaims.Make(claim))
	return diags
}

// claim is the claim of a single grant: it owns nothing, and what it grants an exclusive resource may revoke.
func (r *grantResource) claim(ctx context.Context, g api.Grant, private service.PrivateState) diagnostics {
	if r.data.VenafiClaims == nil {
		return nil
	}
	instance, diags := service.Instance(ctx, private)
	if diags.HasError() {
		return diags
	}
	explainConflicts(&diags, path.Root("grantee"), false, r.data.VenafiClaims.Make(service.Claim[string]{
		Resource: instance, Targets: []string{api.GrantSet{Role: g.Role, ApplicationID: g.ApplicationID}.String()},
		Members:  slices.Values([]string{api.CanonicalGrantee(g.Grantee)}),
		Describe: func() string { return "appaccess_venafi_oauth_role_grant of " + g.String() },
	}))
	return diags
}

// knownGrantees are the grantees of a plan that are known, canonical, with the ID as it is written. all tells that there are
// no others.
func knownGrantees(m types.Map) (known map[string]string, all bool) {
	known, all = map[string]string{}, !m.IsUnknown()
	for _, grantee := range m.Elements() {
		text, ok := grantee.(types.String)
		if !ok || text.IsUnknown() {
			all = false
			continue
		}
		known[api.CanonicalGrantee(text.ValueString())] = text.ValueString()
	}
	return known, all
}

// explainConflicts reports two owners as an error. What an owner and an additive resource fight over is a warning: the
// service may know a grantee by more than one ID.
func explainConflicts(diags *diagnostics, at path.Path, exclusive bool, conflicts []service.Conflict[string]) {
	var owners, fights []string
	for _, c := range conflicts {
		text := "  - " + c.Other.Describe()
		if exclusive && c.Other.Exclusive {
			owners = append(owners, text)
			continue
		}
		slices.Sort(c.Members)
		more := ""
		if len(c.Members) > maxNames {
			more = fmt.Sprintf(" and %d more", len(c.Members)-maxNames)
		}
		fights = append(fights, fmt.Sprintf("%s\n    granted by the one and revoked by the other: %s: %s%s", text, counted(len(c.Members), "grantee"),
			strings.Join(c.Members[:min(len(c.Members), maxNames)], ", "), more))
	}
	if len(owners) > 0 {
		diags.AddAttributeError(at, "Two resources own the same role",
			"This resource takes exclusive ownership of who holds its role, and another one of this configuration does so with the same role: each apply "+
				"would make one of them revoke what the other has granted. The other one:\n\n"+service.SortedLines(owners)+"\n\nKeep one of them, and list "+
				"all grantees there. To give up a resource that exists already without revoking anything, put a `removed` block with `destroy = false` in "+
				"its place.\n\n"+service.DestroyAdvice)
	}
	if len(fights) > 0 {
		who := "An exclusive resource of this configuration owns this role, and revokes it from whom it does not list"
		if exclusive {
			who = "This resource owns who holds its role, and an additive resource of this configuration grants it to others"
		}
		diags.AddAttributeWarning(at, "Two resources would take turns",
			who+": applies would grant and revoke the same role in turns, and no plan would be empty. The other one:\n\n"+service.SortedLines(fights)+
				"\n\nList the grantees in the exclusive resource, or leave the role to additive ones.")
	}
}

// labelList counts grantees and names the first labels.
func labelList(labels []string) string {
	if len(labels) == 0 {
		return "no grantees"
	}
	more := ""
	if len(labels) > maxNames {
		more = fmt.Sprintf(" and %d more", len(labels)-maxNames)
	}
	return fmt.Sprintf("%s: %s%s", counted(len(labels), "grantee"), strings.Join(labels[:min(len(labels), maxNames)], ", "), more)
}
