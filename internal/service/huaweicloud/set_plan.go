// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud

import (
	"context"
	"maps"
	"slices"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud/authset"
	"github.com/appaccess/terraform-provider-appaccess/internal/service"
)

// ModifyPlan holds the plan against max_revocations, and warns of what the attributes don't show. It
// works out the same deltas as the apply, from what the refresh of this run has read.
func (r *setResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if r.data == nil {
		return
	}
	var plan, state setModel
	var seen modes
	if !req.State.Raw.IsNull() {
		resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
		var diags diag.Diagnostics
		seen, diags = readModes(ctx, req.Private)
		resp.Diagnostics.Append(diags...)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	if req.Plan.Raw.IsNull() {
		r.planDestroy(ctx, seen, state, resp)
		return
	}
	if resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...); resp.Diagnostics.HasError() {
		return
	}
	known, wanted := plan.known(), sync.OnceValue(plan.set) // to convert it costs, and most plans change nothing
	if resp.Diagnostics.Append(r.claim(ctx, plan, wanted, known, resp.Private)...); resp.Diagnostics.HasError() {
		return
	}
	if !known || !r.data.Huaweicloud.Known() {
		return
	}
	if !req.State.Raw.IsNull() && resp.Plan.Raw.Equal(req.State.Raw) {
		if !seen.Mixed {
			return
		}
		// The attribute is what is wanted, and not true of all applications: something has to change, or nothing is applied.
		resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("missing"), types.MapUnknown(missingType))...)
	}
	instance, diags := service.Instance(ctx, resp.Private)
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		return
	}
	prior := authset.Set{}
	if !req.State.Raw.IsNull() {
		prior = seen.prior(state)
		r.data.HuaweicloudClaims.Hold(instance, prior.AppIDs, prior.Lists)
	}
	r.planApply(ctx, instance, wanted(), prior, seen.Gone, plan.MaxRevocations, resp)
}

func (r *setResource) planApply(
	ctx context.Context, instance string, wanted, prior authset.Set, dropped []string, maxRevocations types.Int64, resp *resource.ModifyPlanResponse,
) {
	client, diags := r.client(ctx)
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		return
	}
	actual, err := r.observe(ctx, client, wanted, prior)
	if err != nil {
		resp.Diagnostics.Append(r.explain(err, "plan", 0)...)
		return
	}
	if gone := absent(wanted.AppIDs, actual); len(gone) > 0 {
		unheard := slices.DeleteFunc(slices.Clone(gone), func(id string) bool { return slices.Contains(dropped, id) })
		if len(unheard) > 0 {
			resp.Diagnostics.Append(r.explainGone(ctx, client, unheard)...)
			return
		}
		resp.Diagnostics.AddAttributeWarning(path.Root("app_ids"), "No such application any more: "+gone[0],
			"These applications of the set have been deleted. Applying fails before anything is sent: remove them from app_ids.\n\n"+lines(gone))
	}
	deltas := authset.Diff(wanted, prior, actual)
	seen := actual
	if r.kind.exclusive && len(prior.AppIDs) == 0 {
		claims, owner := r.data.HuaweicloudClaims, service.OfTargets(wanted.AppIDs)
		seen = without(actual, func(appID string, h api.Handle) bool {
			return claims.Holds(instance, appID, h) || claims.Holds(owner, appID, h)
		})
	}
	if refusal := r.refuse(wanted, prior, seen, deltas, maxRevocations, 0); refusal != nil {
		resp.Diagnostics.AddAttributeError(refusal.at, refusal.summary, refusal.detail)
		return
	}
	r.warn(&resp.Diagnostics, insight{
		wanted: wanted, prior: prior, actual: actual, deltas: deltas, quota: client.Quota(),
	})
}

// without is a look at the service without some of the accounts.
func without(actual authset.Actual, drop func(appID string, h api.Handle) bool) authset.Actual {
	out := maps.Clone(actual)
	for id, status := range actual {
		status.Accounts = maps.Clone(status.Accounts)
		maps.DeleteFunc(status.Accounts, func(h api.Handle, _ api.PlatformType) bool { return drop(id, h) })
		out[id] = status
	}
	return out
}

// observe reads what the plan needs. The create of an additive set revokes nobody, so that the modes of its
// applications are all that can surprise.
func (r *setResource) observe(ctx context.Context, client *api.Client, wanted, prior authset.Set) (authset.Actual, error) {
	if r.kind.exclusive || len(prior.AppIDs) > 0 {
		return authset.Observe(ctx, client, wanted, prior, r.kind.exclusive)
	}
	return authset.Observe(ctx, client, authset.Set{AppIDs: wanted.AppIDs, Mode: wanted.Mode}, prior, false)
}

// planDestroy warns of what the state holds, which the refresh before has read.
func (r *setResource) planDestroy(ctx context.Context, seen modes, state setModel, resp *resource.ModifyPlanResponse) {
	if state.OnDestroy.ValueString() == onDestroyKeep || !r.data.Huaweicloud.Known() {
		return
	}
	client, diags := r.client(ctx)
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		return
	}
	apps, err := client.Apps(ctx)
	if err != nil {
		resp.Diagnostics.Append(r.explain(err, "plan", 0)...)
		return
	}
	prior := seen.prior(state)
	actual := authset.Remembered(authset.Tracked{Set: prior, Missing: state.missing(prior)}, apps)
	deltas := authset.Diff(authset.Set{}, prior, actual)
	if opened := deltas.OpenedApps(); len(opened) > 0 {
		resp.Diagnostics.Append(r.explain(&authset.OpenedError{Apps: opened}, "plan", 0)...)
		return
	}
	r.warn(&resp.Diagnostics, insight{prior: prior, actual: actual, deltas: deltas, quota: client.Quota()})
}
