// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package access

import (
	"context"
	"fmt"
	"math"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/shared"
	"github.com/appaccess/terraform-provider-appaccess/internal/service"
)

// ModifyPlan holds a plan against its guards, and warns of what the attributes don't show.
func (r *Resource[M, PM, S]) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if r.Data == nil {
		return
	}
	remembered, diags := recall(ctx, req.Private)
	resp.Diagnostics.Append(diags...)
	var plan, state PM
	if !req.State.Raw.IsNull() {
		state = new(M)
		resp.Diagnostics.Append(req.State.Get(ctx, state)...)
	}
	if !req.Plan.Raw.IsNull() {
		plan = new(M)
		resp.Diagnostics.Append(req.Plan.Get(ctx, plan)...)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	prior := sync.OnceValue(func() S { return r.set(state, remembered) })
	if plan == nil {
		r.planDestroy(ctx, state, prior, remembered, resp)
		return
	}
	if r.Prepare != nil {
		r.Prepare(ctx, &Planning[M, S]{
			Data: r.Data, Request: req, Response: resp, Plan: plan, State: state, Prior: prior, Recall: remembered.recall,
			Revokes: state != nil && (plan.SameTarget(state) || state.Options().OnDestroy.ValueString() != Keep),
		})
		if resp.Diagnostics.HasError() {
			return
		}
	}
	if state != nil && resp.Plan.Raw.Equal(req.State.Raw) {
		r.warnSlow(ctx, &resp.Diagnostics, Change{}, state)
		return
	}
	// A replacement is planned by two calls: the first one has the state of the old resource, the
	// second one only what the private state remembers, and Terraform drops its warnings.
	// With -replace the first one sees nothing to do.
	create := state == nil || !plan.SameTarget(state)
	var end *Change
	switch {
	case state != nil && create && state.Options().OnDestroy.ValueString() != Keep && r.Known(r.Data):
		op, diags := r.begin(ctx, "plan", nil, remembered)
		if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
			return
		}
		defer op.end()
		set := prior()
		change, err := op.service.Diff(op.ctx, Order[S]{Verb: "delete", Prior: &set})
		if err != nil {
			resp.Diagnostics.Append(op.explain(set, err)...)
			return
		}
		end = &change
	case state == nil && remembered.Held.Count > 0:
		end = &Change{Target: r.Title, Revoked: remembered.Held}
	}
	if end != nil {
		r.planReplacement(ctx, *end, plan.Options(), resp)
	}
	if state == nil && len(remembered.text) == 0 {
		r.planPlace(ctx, resp)
	}
	if !plan.Known() || !r.Known(r.Data) {
		return
	}
	order, known := Order[S]{Verb: "create"}, memory{} // a new resource is made wherever the provider works
	if !create {
		p := prior()
		order, known = Order[S]{Verb: "update", Prior: &p}, remembered
	}
	wanted := r.set(plan, known)
	order.Wanted = &wanted
	target := r.ImportID(wanted)
	replaces := func() bool { return create && (target == remembered.Target || r.Tally(r.Data).Holds(target)) }
	switch {
	case replaces():
		order.Ends = target
	case create:
		order.Ends = remembered.Target
	}
	op, diags := r.begin(ctx, "plan", nil, known)
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		return
	}
	defer op.end()
	change, err := op.service.Diff(op.ctx, order)
	if err != nil {
		resp.Diagnostics.Append(op.explain(wanted, err)...)
		return
	}
	if replaces() { // of another resource that goes, too, whose refresh may have come since
		change.Unlisted = Loss{} // that is what the old resource holds, and the end of it shows
	}
	if refusal := r.guard(change, plan.Options()); refusal != nil {
		resp.Diagnostics.AddAttributeError(refusal.At, refusal.Summary, refusal.Detail)
	}
	if end == nil {
		r.count(ctx, change, "", resp)
	}
	resp.Diagnostics.Append(change.Warnings...)
	r.warnSlow(ctx, &resp.Diagnostics, change, state)
}

// planPlace notes for a create where this plan's refresh has read all that there is. Terraform
// plans the replacement of a tainted resource as a create, and the apply that destroys the old
// instance has the private state of that plan: nothing of the old one's.
func (r *Resource[M, PM, S]) planPlace(ctx context.Context, resp *resource.ModifyPlanResponse) {
	if !r.Known(r.Data) || !r.Tally(r.Data).Read() {
		return
	}
	op, diags := r.begin(ctx, "plan", nil, memory{})
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		return
	}
	defer op.end()
	kept := memory{Place: op.place}
	if r.Tainted != nil {
		if of := r.Tainted(r.Data); of != nil {
			kept.Set = mustMarshal(of)
		}
	}
	resp.Diagnostics.Append(resp.Private.SetKey(ctx, memoryKey, mustMarshal(kept))...)
}

// planDestroy warns of what goes with the resource, as the state has it, which the refresh before
// has read.
func (r *Resource[M, PM, S]) planDestroy(
	ctx context.Context, state PM, prior func() S, remembered memory, resp *resource.ModifyPlanResponse,
) {
	if state.Options().OnDestroy.ValueString() == Keep || !r.Known(r.Data) {
		return
	}
	if r.Leave != nil {
		r.Leave(ctx, &Planning[M, S]{Data: r.Data, Response: resp, State: state, Prior: prior, Revokes: true})
	}
	op, diags := r.begin(ctx, "plan", nil, remembered)
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		return
	}
	defer op.end()
	set := prior()
	change, err := op.service.Diff(op.ctx, Order[S]{Verb: "delete", Prior: &set})
	if err != nil {
		resp.Diagnostics.Append(op.explain(set, err)...)
		return
	}
	r.count(ctx, change, "/destroy", resp)
	if change.Revoked.Count > 0 {
		resp.Diagnostics.AddWarning("Destroying revokes access: "+change.Target,
			fmt.Sprintf("%s will be revoked:\n\n%s\n\nTo forget the resource and leave the access as it is, put a `removed` block with "+
				"`destroy = false` in its place; or set on_destroy = \"keep\" and apply before you destroy.", shared.Counted(change.Revoked.Count, r.Noun), change.Revoked.Names))
	}
	resp.Diagnostics.Append(change.Warnings...)
	r.warnSlow(ctx, &resp.Diagnostics, change, state)
}

// planReplacement tells what the end of the old resource takes away.
func (r *Resource[M, PM, S]) planReplacement(ctx context.Context, end Change, options Options, resp *resource.ModifyPlanResponse) {
	if end.Revoked.Count == 0 {
		return
	}
	resp.Diagnostics.AddWarning("Replacing revokes access: "+end.Target,
		fmt.Sprintf("The resource is replaced: the old one is destroyed, and %s will be revoked; then what the new one lists is granted.\n\n%s\n\nTo leave the "+
			"access as it is, set on_destroy = \"keep\" and apply before you replace it.", shared.Counted(end.Revoked.Count, r.Noun), end.Revoked.Names))
	if refusal := r.guard(end, options); refusal != nil {
		resp.Diagnostics.AddAttributeError(refusal.At, refusal.Summary, refusal.Detail)
	}
	r.count(ctx, end, "", resp)
}

// count adds to what the whole plan revokes on the service, and holds that against the provider's
// max_revocations.
func (r *Resource[M, PM, S]) count(ctx context.Context, change Change, part string, resp *resource.ModifyPlanResponse) {
	instance, diags := service.Instance(ctx, resp.Private)
	resp.Diagnostics.Append(diags...)
	if text := r.Tally(r.Data).Planned(instance+part, change.Target, change.Revoked.Count); text != "" {
		resp.Diagnostics.AddError("More access would be revoked than max_revocations of the provider allows", text)
	}
}

// guard holds a change against what it may take away. It is asked when planning and again when
// applying, since the world may have moved in between.
func (r *Resource[M, PM, S]) guard(change Change, options Options) *Refusal {
	limit := options.MaxRevocations
	switch {
	case change.Unlisted.Count > 0:
		detail := fmt.Sprintf("%s: somebody else has granted more than this resource lists, and creating it would take that away (%s):\n\n%s\n\n"+
			"Nothing is sent. List it here, or import what is there, so that the plan shows each loss with a `-`:\n\n%s",
			change.Target, shared.Counted(change.Unlisted.Count, r.Noun), change.Unlisted.Names, r.importBlock(change.ImportID))
		if change.Joins {
			detail = fmt.Sprintf("%s would join this resource, and somebody else has granted more there than it lists (%s):\n\n%s\n\nNothing is sent. List "+
				"it here, or give what joins a resource of its own, import it, so that its plan shows each loss with a `-`, and move it here afterwards:\n\n%s",
				change.Target, shared.Counted(change.Unlisted.Count, r.Noun), change.Unlisted.Names, r.importBlock(change.ImportID))
		}
		return &Refusal{At: change.At, Summary: "Access that is not listed would be taken away: " + change.Target, Detail: detail}
	case !limit.IsNull() && !limit.IsUnknown() && int64(change.Revoked.Count) > limit.ValueInt64():
		return &Refusal{
			At: path.Root("max_revocations"), Summary: "More would be revoked than max_revocations allows: " + change.Target,
			Detail: fmt.Sprintf("%s would be revoked, and max_revocations allows %d.\n\n%s\n\nIf that is meant, raise max_revocations; otherwise list them in the "+
				"configuration.", shared.Counted(change.Revoked.Count, r.Noun), limit.ValueInt64(), change.Revoked.Names),
		}
	}
	return nil
}

// importBlock is what to paste into the configuration.
func (r *Resource[M, PM, S]) importBlock(id string) string { return ImportBlock(r.Type, id) }

// ImportBlock is the `import` block of a resource whose type is "appaccess" and a suffix.
func ImportBlock(suffix, id string) string {
	return fmt.Sprintf("  import {\n    to = appaccess%s.NAME\n    id = %q\n  }", suffix, id)
}

// warnSlow tells how long an apply takes when the quota makes it longer than a minute, and how long
// it would take otherwise. Of an apply that sends nothing it tells that of the plan, where its
// refresh has read.
func (r *Resource[M, PM, S]) warnSlow(ctx context.Context, diags *diag.Diagnostics, c Change, state PM) {
	if c.Writes == 0 {
		if state == nil || r.Refresh == nil || !r.Known(r.Data) || !r.Tally(r.Data).Read() {
			return
		}
		c = r.Refresh(ctx, r.Data, state)
	}
	writing := quotaMinutes(c.Writes, c.Quota.Write)
	minutes, less := writing+quotaMinutes(c.Reads, c.Quota.Read), writing+quotaMinutes(c.Faster.Reads, c.Quota.Read)
	if minutes < 1 {
		return
	}
	summary, text := "The plan takes a while: ", fmt.Sprintf("Its refresh reads with about %d requests. At requests_per_minute of read = %d that takes "+
		"about %s.", c.Reads, c.Quota.Read, about(minutes))
	if c.Writes > 0 {
		summary, text = "The apply takes a while: ", fmt.Sprintf("It sends %s and reads back with about %d more. At requests_per_minute of read = %d and "+
			"write = %d that takes about %s. How far it is shows in the log at level INFO.", shared.Counted(c.Writes, "request"), c.Reads, c.Quota.Read, c.Quota.Write, about(minutes))
	}
	if c.Faster.Argument != "" && less < minutes {
		text += fmt.Sprintf("\n\nWith %s in the provider block it would read with about %d requests, and take %s: see what that can't see.",
			c.Faster.Argument, c.Faster.Reads, about(less))
	}
	diags.AddWarning(summary+c.Target, text)
}

func about(minutes float64) string {
	if minutes < 1 {
		return "less than a minute"
	}
	return shared.Counted(int(math.Ceil(minutes)), "minute")
}

// quotaMinutes is how long n requests take at a quota of so many in any minute: the first ones wait
// for nothing.
func quotaMinutes(n, perMinute int) float64 {
	if perMinute <= 0 || n <= perMinute {
		return 0
	}
	return float64(n-perMinute) / float64(perMinute)
}
