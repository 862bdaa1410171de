// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud/authset"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/shared"
	"github.com/appaccess/terraform-provider-appaccess/internal/service"
	"github.com/appaccess/terraform-provider-appaccess/internal/service/access"
)

// prepare reports conflicts with other resources of the configuration. It asks the service nothing.
func (k kind) prepare(ctx context.Context, p *access.Planning[setModel, set]) {
	known, wanted := p.Plan.Known(), sync.OnceValue(func() authset.Set { return p.Plan.Set().Set }) // to convert it costs
	diags := &p.Response.Diagnostics
	if diags.Append(k.claim(ctx, p, wanted, known)...); diags.HasError() || p.State == nil || !known {
		return
	}
	var m memory
	if p.Recall(&m); m.Mixed && p.Response.Plan.Raw.Equal(p.Request.State.Raw) {
		// The attribute is what is wanted, and not true of all applications: something has to
		// change, or nothing is applied.
		p.Plan.Missing = types.MapUnknown(missingType)
		diags.Append(p.Response.Plan.SetAttribute(ctx, path.Root("missing"), p.Plan.Missing)...)
	}
}

// claim records which applications the plan is for, and holds that against what was planned before
// for other resources of the same configuration. wanted is the plan in the terms of the service,
// for when all of it is known.
func (k kind) claim(ctx context.Context, p *access.Planning[setModel, set], wanted func() authset.Set, known bool) diag.Diagnostics {
	if p.Data.HuaweicloudClaims == nil {
		return nil
	}
	instance, diags := service.Instance(ctx, p.Response.Private)
	if diags.HasError() {
		return diags
	}
	ids := knownIDs(p.Plan.AppIDs)
	claim := service.Claim[api.Handle]{Resource: instance, Targets: ids, Exclusive: k.exclusive, Describe: k.describe(ids, wanted, known)}
	if known {
		claim.Mode = p.Plan.AuthorizationType.ValueString()
		claim.Members = func(yield func(api.Handle) bool) { maps.Keys(wanted().Accounts)(yield) }
		claim.Grants = func(h api.Handle) bool { return wanted().Lists(h) }
		claim.Lists = func(h api.Handle) bool { return wanted().Lists(h) }
		claim.Unchanged = p.State != nil && p.Response.Plan.Raw.Equal(p.Request.State.Raw)
		if p.Revokes && !claim.Unchanged {
			leaves(&claim, p)
		}
	}
	k.explainConflicts(&diags, p.Data.HuaweicloudClaims.Make(claim))
	return diags
}

// leave records what the end of a set revokes.
func (k kind) leave(ctx context.Context, p *access.Planning[setModel, set]) {
	if p.Data.HuaweicloudClaims == nil {
		return
	}
	instance, diags := service.Instance(ctx, p.Response.Private)
	ids := knownIDs(p.State.AppIDs)
	claim := service.Claim[api.Handle]{Resource: instance, Describe: k.describe(ids, func() authset.Set { return p.Prior().Set }, true)}
	leaves(&claim, p)
	k.explainConflicts(&diags, p.Data.HuaweicloudClaims.Make(claim))
	p.Response.Diagnostics.Append(diags...)
}

// leaves adds to a claim what the state lists.
func leaves(claim *service.Claim[api.Handle], p *access.Planning[setModel, set]) {
	claim.From = knownIDs(p.State.AppIDs)
	claim.Before = func(yield func(api.Handle) bool) { maps.Keys(p.Prior().Accounts)(yield) }
}

func (k kind) describe(ids []string, wanted func() authset.Set, known bool) func() string {
	return func() string {
		text := "appaccess" + k.suffix + " with " + idList(ids)
		switch {
		case !known:
			return text
		case wanted().Mode == api.AllUser:
			return text + ", open to everybody"
		}
		return fmt.Sprintf("%s and %s", text, nameSorted(slices.Collect(maps.Keys(wanted().Accounts))))
	}
}

// explainConflicts reports two owners as an error, and two additive sets that differ in their mode.
// What an owner and an additive set fight over is a warning: the service may spell an account in
// more than one way.
func (k kind) explainConflicts(diags *diag.Diagnostics, conflicts []service.Conflict[api.Handle]) {
	var owners, fights, flips, common []string
	for _, c := range service.WarnOfLoss(diags, conflicts, nameSorted) {
		text := fmt.Sprintf("  - %s\n    %s: %s", c.Other.Describe(), shared.Counted(len(c.Targets), "application"), strings.Join(c.Targets, ", "))
		switch {
		case k.exclusive && c.Other.Exclusive:
			owners = append(owners, text)
		case !k.exclusive && !c.Other.Exclusive && len(c.Members) == 0:
			flips = append(flips, text)
		case !k.exclusive && !c.Other.Exclusive:
			common = append(common, text+"\n    granted by both: "+nameSorted(c.Members))
		case len(c.Members) > 0:
			fights = append(fights, text+"\n    granted by the one and revoked by the other: "+nameSorted(c.Members))
		default:
			fights = append(fights, text+"\n    the two differ in authorization_type")
		}
	}
	if len(owners) > 0 {
		diags.AddAttributeError(path.Root("app_ids"), "Two resources own the same application",
			"This resource takes exclusive ownership of who may use its applications, and another one of this configuration does so with the same "+
				"application: each apply would make one of them revoke what the other has granted. The other one, and what both name:\n\n"+
				service.SortedLines(owners)+"\n\nName the application in one of them only, and list all its accounts there. To give up a resource that "+
				"exists already without revoking anything, put a `removed` block with `destroy = false` in its place.\n\n"+service.DestroyAdvice)
	}
	if len(flips) > 0 {
		diags.AddAttributeError(path.Root("authorization_type"), "Two sets would open and close the same application in turns",
			"This set and another one of this configuration name the same application with different authorization_type: each apply of the one would undo "+
				"what the other has set. The other one, and what both name:\n\n"+service.SortedLines(flips)+"\n\nGive both the same authorization_type, or "+
				"name the application in one of them only.\n\n"+service.DestroyAdvice)
	}
	if len(common) > 0 {
		diags.AddAttributeWarning(path.Root("users"), "Two sets grant the same access",
			"This set and another one of this configuration list the same accounts on the same application: whichever lets go of one first revokes it, and "+
				"the next plan grants it again. The other one, and what both name:\n\n"+service.SortedLines(common)+"\n\nList each account in one of them only.")
	}
	if len(fights) > 0 {
		who := "An exclusive resource of this configuration owns applications that this set names, and revokes whom it does not list"
		if k.exclusive {
			who = "This resource owns who may use its applications, and an additive set of this configuration opens them to others"
		}
		diags.AddAttributeWarning(path.Root("app_ids"), "Two resources would take turns",
			who+": applies would grant and revoke the same access in turns, and no plan would be empty. The other one, and what both name:\n\n"+
				service.SortedLines(fights)+"\n\nList the accounts in the exclusive resource, or leave the application to additive sets.")
	}
}

// knownIDs are the ids of a set that are known, sorted.
func knownIDs(set types.Set) []string {
	var ids []string
	for _, id := range set.Elements() {
		if !id.IsUnknown() && !id.IsNull() {
			ids = append(ids, textOf(id))
		}
	}
	slices.Sort(ids)
	return ids
}

// idList is how a configuration would name the first few applications.
func idList(ids []string) string {
	const most = 3
	more := ""
	if len(ids) > most {
		more = fmt.Sprintf(" and %d more", len(ids)-most)
	}
	return fmt.Sprintf("app_ids = [%s]%s", `"`+strings.Join(ids[:min(len(ids), most)], `", "`)+`"`, more)
}

// nameSorted counts accounts and names the first ones, in the order of their names so that the text
// doesn't vary.
func nameSorted(handles []api.Handle) string {
	if len(handles) == 0 {
		return "no accounts"
	}
	slices.SortFunc(handles, func(a, b api.Handle) int { return cmp.Compare(a.Value().String(), b.Value().String()) })
	return shared.Counted(len(handles), "account") + ": " + authset.NameAccounts(handles)
}
