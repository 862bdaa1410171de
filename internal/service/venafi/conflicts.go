// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/shared"
	api "github.com/appaccess/terraform-provider-appaccess/internal/api/venafi"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/venafi/grantset"
	"github.com/appaccess/terraform-provider-appaccess/internal/service"
	"github.com/appaccess/terraform-provider-appaccess/internal/service/access"
)

// claimRole records which role a plan is for, and reports what conflicts with other resources of
// the same configuration. known are the grantees that are known, by their canonical ID, and all
// tells that there are no others. It asks the service nothing.
func (k kind) claimRole(
	ctx context.Context, data *service.Data, resp *resource.ModifyPlanResponse, set grantset.Set, known map[string]string, all bool, describe func() string,
	leaving *grantset.Set, unchanged bool,
) {
	if data.VenafiClaims == nil {
		return
	}
	instance, diags := service.Instance(ctx, resp.Private)
	if resp.Diagnostics.Append(diags...); diags.HasError() {
		return
	}
	lists := func(grantee string) bool { return known[grantee] != "" }
	claim := service.Claim[string]{
		Resource: instance, Targets: []string{set.String()}, Exclusive: k.exclusive, Members: maps.Keys(known),
		Describe: func() string { return "appaccess" + k.suffix + " of " + describe() },
	}
	if all {
		claim.Lists, claim.Unchanged = lists, unchanged
		if leaving != nil {
			leaves(&claim, *leaving)
		}
	}
	if !k.exclusive {
		claim.Grants = lists
	}
	at := k.at
	if !k.single() {
		at = path.Root("role")
		if set.Role.OfApplication() {
			at = path.Root("application_id")
		}
	}
	k.explainConflicts(&resp.Diagnostics, at, set, data.VenafiClaims.Make(claim))
}

// leave records what the end of a resource revokes.
func leave[M any](k kind) func(context.Context, *access.Planning[M, grantset.Set]) {
	return func(ctx context.Context, p *access.Planning[M, grantset.Set]) {
		if p.Data.VenafiClaims == nil {
			return
		}
		instance, diags := service.Instance(ctx, p.Response.Private)
		p.Response.Diagnostics.Append(diags...)
		set := p.Prior()
		claim := service.Claim[string]{Resource: instance, Describe: func() string {
			return fmt.Sprintf("appaccess%s of %s with %s", k.suffix, set, k.list(slices.Collect(maps.Keys(set.Grantees))))
		}}
		leaves(&claim, set)
		k.explainConflicts(&p.Response.Diagnostics, k.at, set, p.Data.VenafiClaims.Make(claim))
	}
}

// leaves adds to a claim what the state lists.
func leaves(claim *service.Claim[string], set grantset.Set) {
	claim.From = []string{set.String()}
	claim.Before = func(yield func(string) bool) {
		for _, grantee := range set.Grantees {
			if !yield(api.CanonicalGrantee(grantee)) {
				return
			}
		}
	}
}

// leaving is what the state of a plan lists, where the plan revokes what it lets go of; nil where
// it changes nothing.
func leaving[M any](p *access.Planning[M, grantset.Set]) (set *grantset.Set, unchanged bool) {
	unchanged = p.State != nil && p.Response.Plan.Raw.Equal(p.Request.State.Raw)
	if p.Revokes && !unchanged {
		prior := p.Prior()
		set = &prior
	}
	return set, unchanged
}

// knownGrantees are the grantees of a plan that are known, canonical, with the ID as it is written.
// all tells that there are no others.
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

// explainConflicts reports two owners as an error. What an owner and an additive resource fight
// over, and what two additive ones both grant, is a warning: the service may know a grantee by more
// than one ID, and a grant may be about to pass on.
func (k kind) explainConflicts(diags *diag.Diagnostics, at path.Path, set grantset.Set, conflicts []service.Conflict[string]) {
	var owners, fights, shared []string
	for _, c := range service.WarnOfLoss(diags, conflicts, k.list) {
		text := "  - " + c.Other.Describe()
		switch {
		case k.exclusive && c.Other.Exclusive:
			owners = append(owners, text)
		case !k.exclusive && !c.Other.Exclusive:
			shared = append(shared, text+"\n    both grant it to "+k.list(c.Members))
		default:
			fights = append(fights, text+"\n    granted by the one and revoked by the other: "+k.list(c.Members))
		}
	}
	if len(owners) > 0 {
		diags.AddAttributeError(at, "Two resources own the same "+k.noun,
			"This resource takes exclusive ownership of "+k.who+", and another one of this configuration does so with the same "+k.noun+": each apply "+
				"would make one of them revoke what the other has granted. The other one:\n\n"+service.SortedLines(owners)+"\n\nKeep one of them, and list "+
				"all "+k.whom+"s there. To give up a resource that exists already without revoking anything, put a `removed` block with `destroy = false` in "+
				"its place.\n\n"+service.DestroyAdvice)
	}
	if len(fights) > 0 {
		who := "An exclusive resource of this configuration owns this " + k.noun + ", and revokes it from whom it does not list"
		if k.exclusive {
			who = "This resource owns " + k.who + ", and an additive resource of this configuration grants it to others"
		}
		diags.AddAttributeWarning(at, "Two resources would take turns: "+set.String(),
			who+": applies would grant and revoke the same "+k.noun+" in turns, and no plan would be empty. The other one:\n\n"+service.SortedLines(fights)+
				"\n\nList the "+k.whom+"s in the exclusive resource, or leave the "+k.noun+" to additive ones.")
	}
	if len(shared) > 0 {
		diags.AddAttributeWarning(at, "Two resources grant the same: "+set.String(),
			"This resource, appaccess"+k.suffix+", and another one of this configuration grant the same "+k.noun+" to the same "+k.whom+"s. Whichever lets go of "+
				"them revokes it, though the other still lists them. The other one:\n\n"+service.SortedLines(shared)+"\n\nList each "+k.whom+" in one of them.")
	}
}

// list counts who get access, and names the first of them by their IDs or labels.
func (k kind) list(names []string) string {
	if len(names) == 0 {
		return "no " + k.whom + "s"
	}
	slices.Sort(names)
	more := ""
	if len(names) > maxNames {
		more = fmt.Sprintf(" and %d more", len(names)-maxNames)
	}
	return fmt.Sprintf("%s: %s%s", shared.Counted(len(names), k.whom), shared.Printable(strings.Join(names[:min(len(names), maxNames)], ", ")), more)
}
