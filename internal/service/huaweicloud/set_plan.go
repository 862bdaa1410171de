// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud

import (
	"context"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud"
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
		r.planDestroy(ctx, req.Private, seen, state, resp)
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
	prior := api.Set{}
	if !req.State.Raw.IsNull() {
		prior = seen.prior(state)
	}
	r.planApply(ctx, wanted(), prior, plan.MaxRevocations, resp)
}

func (r *setResource) planApply(ctx context.Context, wanted, prior api.Set, maxRevocations types.Int64, resp *resource.ModifyPlanResponse) {
	client, diags := r.client(ctx)
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		return
	}
	actual, err := r.observe(ctx, client, wanted, prior)
	if err != nil {
		resp.Diagnostics.Append(r.explain(err, "plan", 0)...)
		return
	}
	deltas := api.Diff(wanted, prior, actual, r.kind.exclusive)
	if refusal := r.guard(deltas, prior, maxRevocations, 0); refusal != nil {
		resp.Diagnostics.AddAttributeError(path.Root("max_revocations"), refusal.summary, refusal.detail)
	}
	r.warn(&resp.Diagnostics, insight{
		wanted: wanted, prior: prior, actual: actual, deltas: deltas, quota: client.Quota(),
	})
}

// observe reads what the plan needs. The create of an additive set revokes nobody, so that the modes of its
// applications are all that can surprise.
func (r *setResource) observe(ctx context.Context, client *api.Client, wanted, prior api.Set) (api.Actual, error) {
	if r.kind.exclusive || len(prior.AppIDs) > 0 {
		return api.Observe(ctx, client, wanted, prior, r.kind.exclusive)
	}
	return api.Observe(ctx, client, api.Set{AppIDs: wanted.AppIDs, Mode: wanted.Mode}, prior, false)
}

// planDestroy warns of what the state holds, which the refresh before has read.
func (r *setResource) planDestroy(
	ctx context.Context, private privateReader, seen modes, state setModel, resp *resource.ModifyPlanResponse,
) {
	if state.OnDestroy.ValueString() == onDestroyKeep || !r.data.Huaweicloud.Known() {
		return
	}
	client, diags := r.client(ctx)
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		return
	}
	apps, ok := rememberedApps(ctx, private, state.appIDs())
	if !ok {
		var err error
		if apps, err = client.Apps(ctx); err != nil {
			resp.Diagnostics.Append(r.explain(err, "plan", 0)...)
			return
		}
	}
	prior := seen.prior(state)
	actual := api.Remembered(api.Tracked{Set: prior, Missing: state.missing(prior)}, apps)
	r.warn(&resp.Diagnostics, insight{
		prior: prior, actual: actual, deltas: api.Diff(api.Set{}, prior, actual, r.kind.exclusive), quota: client.Quota(),
	})
}
