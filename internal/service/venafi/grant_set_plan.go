// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"context"
	"errors"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/venafi"
)

// ModifyPlan holds the plan against max_revocations, refuses to revoke the provider's own role, and warns of what the
// attributes don't show. It works out the same delta as the apply, from what the refresh of this run has read.
func (r *grantSetResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if r.data == nil {
		return
	}
	var plan, state grantSetModel
	create, destroy := req.State.Raw.IsNull(), req.Plan.Raw.IsNull()
	if !create {
		resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	}
	if !destroy {
		resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	if !destroy {
		resp.Diagnostics.Append(r.claim(ctx, plan, resp.Private)...)
	}
	if resp.Diagnostics.HasError() || !r.data.Venafi.Known() {
		return
	}
	in := insight{destroy: destroy, create: create, exclusive: r.kind.exclusive, maxRevocations: plan.MaxRevocations}
	switch {
	case !destroy && (!plan.known() || !create && resp.Plan.Raw.Equal(req.State.Raw)):
		return
	case create:
		in.wanted = plan.set()
		in.prior = in.wanted.Empty()
	case destroy:
		in.prior = state.set()
		in.wanted = in.prior.Empty()
	default:
		in.wanted, in.prior = plan.set(), state.set()
		if !sameRole(in.wanted, in.prior) {
			// What the new resource does is planned by another call, which sees no state.
			in.replace, in.wanted = true, in.prior.Empty()
		}
	}
	if (destroy || in.replace) && state.OnDestroy.ValueString() == onDestroyKeep {
		return
	}
	op, diags := r.begin(ctx, "plan", nil)
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		return
	}
	defer op.end()
	r.plan(op, in, &resp.Diagnostics)
}

func (r *grantSetResource) plan(op *operation, in insight, diags *diagnostics) {
	held, err := r.holders(op, in)
	if err != nil {
		diags.Append(r.explain(op, in.wanted, err)...)
		return
	}
	in.delta = api.DiffGrants(in.wanted, in.prior, held, in.exclusive)
	in.quota = op.client.Quota()
	switch own, isOwn, err := op.client.OwnAmong(op.ctx, in.delta.Revoke); {
	case err != nil:
		diags.Append(r.explain(op, in.wanted, err)...)
	case isOwn:
		diags.AddError(ownSummary, ownDetail(own))
	}
	if !in.destroy {
		if refusal := r.guard(in.wanted, in.prior, in.delta, in.create, in.maxRevocations); refusal != nil {
			diags.AddAttributeError(path.Root("max_revocations"), refusal.summary, refusal.detail)
		}
	}
	clashes, err := intend(op, in)
	if err != nil && !errors.Is(err, context.Canceled) {
		diags.Append(r.explain(op, in.wanted, err)...)
	}
	in.warn(diags, clashes)
}

// holders returns who holds the role. For a destroy that is who the state lists: Terraform plans it after the refresh, in a process of
// its own, which would have to list all roles again.
func (r *grantSetResource) holders(op *operation, in insight) ([]api.Grant, error) {
	if in.destroy {
		return in.prior.Grants(), nil
	}
	return op.client.SetHolders(op.ctx, in.prior, in.exclusive)
}

// intend records what the plan is going to do, and returns the roles that the new grants override or that override them.
func intend(op *operation, in insight) ([]api.Grant, error) {
	for _, g := range in.delta.Revoke {
		op.client.IntendEnd(g)
	}
	had := map[api.Key]bool{}
	for _, grantee := range in.prior.Grantees {
		had[in.prior.Grant(grantee).Key()] = true
	}
	var clashes []api.Grant
	for _, label := range sortedLabels(in.wanted) {
		g := in.wanted.Grant(in.wanted.Grantees[label])
		if had[g.Key()] {
			continue
		}
		found, err := op.client.Intend(op.ctx, g)
		if err != nil {
			return nil, err
		}
		clashes = append(clashes, found...)
	}
	return clashes, nil
}
