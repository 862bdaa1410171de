// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package access

import (
	"context"
	"fmt"
	"maps"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/shared"
)

// Create grants what is planned. It is all or nothing where the service refuses a part.
func (r *Resource[M, PM, S]) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	plan := PM(new(M))
	if resp.Diagnostics.Append(req.Plan.Get(ctx, plan)...); resp.Diagnostics.HasError() {
		return
	}
	options := plan.Options()
	op, diags := r.begin(ctx, "create", &options, memory{})
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		return
	}
	defer op.end()
	wanted := plan.Set()
	out, err := op.apply(Order[S]{Verb: "create", Wanted: &wanted}, options, &resp.Diagnostics)
	if err != nil && out.Undo != nil && ctx.Err() == nil {
		out = op.undo(out, &resp.Diagnostics)
	}
	if err != nil && !out.Touched {
		return // nothing was sent, or it is revoked again: there is nothing for a state to hold
	}
	resp.Diagnostics.Append(op.save(req.Plan, plan, out.Now, err, &resp.State)...)
	resp.Diagnostics.Append(op.identify(resp.Identity, out.Now)...)
	resp.Diagnostics.Append(op.remember(resp.Private, memory{}, out.Now)...)
}

// Read makes the state say what is granted.
func (r *Resource[M, PM, S]) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	state := PM(new(M))
	if resp.Diagnostics.Append(req.State.Get(ctx, state)...); resp.Diagnostics.HasError() {
		return
	}
	remembered, diags := recall(ctx, req.Private)
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		return
	}
	options := state.Options()
	op, diags := r.begin(ctx, "read", &options, remembered)
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		return
	}
	defer op.end()
	prior := r.set(state, remembered)
	now, found, err := op.service.Read(op.ctx, prior)
	if err != nil {
		resp.Diagnostics.Append(op.explain(prior, err)...)
		return
	}
	held, left := remembered.Held.Count, 0
	if len(remembered.text) == 0 {
		held = r.Held(prior).Count
	}
	if found {
		left = r.Held(now).Count
	}
	if text := r.Tally(r.Data).Refreshed(held, left, !found); text != "" {
		resp.Diagnostics.AddWarning("A refresh finds little of what the state holds on "+r.ServiceName, text)
	}
	if !found {
		// The identity has to be there also when the resource is gone.
		resp.Diagnostics.Append(op.identify(resp.Identity, prior)...)
		resp.State.RemoveResource(ctx)
		return
	}
	if state.Track(now) {
		resp.Diagnostics.Append(resp.State.Set(ctx, state)...)
	}
	if options.OnDestroy.ValueString() != Keep {
		r.Tally(r.Data).Hold(r.ImportID(now))
	}
	resp.Diagnostics.Append(op.identify(resp.Identity, now)...)
	resp.Diagnostics.Append(op.remember(resp.Private, remembered, now)...)
}

// Update grants and revokes what is planned.
func (r *Resource[M, PM, S]) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	plan, state := PM(new(M)), PM(new(M))
	resp.Diagnostics.Append(req.Plan.Get(ctx, plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, state)...)
	remembered, diags := recall(ctx, req.Private)
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		return
	}
	options := plan.Options()
	op, diags := r.begin(ctx, "update", &options, remembered)
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		return
	}
	defer op.end()
	wanted, prior := r.set(plan, remembered), r.set(state, remembered)
	out, err := op.apply(Order[S]{Verb: "update", Wanted: &wanted, Prior: &prior}, options, &resp.Diagnostics)
	if err != nil && !out.Touched {
		return // the prior state still holds
	}
	resp.Diagnostics.Append(op.save(req.Plan, plan, out.Now, err, &resp.State)...)
	resp.Diagnostics.Append(op.identify(resp.Identity, out.Now)...)
	resp.Diagnostics.Append(op.remember(resp.Private, remembered, out.Now)...)
}

// Delete revokes what the state lists, or only forgets it.
func (r *Resource[M, PM, S]) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	state := PM(new(M))
	if resp.Diagnostics.Append(req.State.Get(ctx, state)...); resp.Diagnostics.HasError() {
		return
	}
	options := state.Options()
	if options.OnDestroy.ValueString() == Keep {
		return
	}
	remembered, diags := recall(ctx, req.Private)
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		return
	}
	if remembered.Place == "" && !Moved() {
		resp.Diagnostics.AddError("The place of the access is not known",
			"Unable to delete "+r.Title+": what this apply was given doesn't say where the access was granted, and to look for it in another place could leave it "+
				"behind, or revoke somebody else's. Nothing was sent. Terraform hands over nothing of a tainted resource that is replaced: plan again with a refresh, "+
				"that is without -refresh=false, or run `terraform untaint` with the address of the resource.")
		return
	}
	op, diags := r.begin(ctx, "delete", &options, remembered)
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		return
	}
	defer op.end()
	prior := r.set(state, remembered)
	out, err := op.apply(Order[S]{Verb: "delete", Prior: &prior}, options, &resp.Diagnostics)
	switch {
	case err == nil || !out.Touched:
	case out.Gone:
		resp.State.RemoveResource(ctx) // all is revoked; what is wrong is something else
	default:
		state.Track(out.Now)
		resp.Diagnostics.Append(resp.State.Set(ctx, state)...)
		resp.Diagnostics.Append(op.remember(resp.Private, remembered, out.Now)...)
	}
}

// ImportState takes an id or an identity.
func (r *Resource[M, PM, S]) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	if req.ID == "" && (req.Identity == nil || req.Identity.Raw.IsNull()) {
		resp.Diagnostics.AddError("Invalid import id", "The import id is empty: it is "+r.ImportForm+".")
		return
	}
	model, diags := r.Named(ctx, r.Data, req)
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		return
	}
	op, diags := r.begin(ctx, "import", nil, memory{})
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		return
	}
	defer op.end()
	state := PM(&model)
	named := state.Set()
	now, err := op.service.Import(op.ctx, named)
	if err != nil {
		resp.Diagnostics.Append(op.explain(named, err)...)
		return
	}
	state.Track(now)
	resp.Diagnostics.Append(resp.State.Set(ctx, state)...)
	resp.Diagnostics.Append(op.identify(resp.Identity, now)...)
}

// apply gives an order to the service, and reports what comes of it.
func (op *operation[M, PM, S]) apply(order Order[S], options Options, diags *diag.Diagnostics) (Outcome[S], error) {
	order.Approve = func(change Change) error {
		if order.Wanted == nil {
			return nil // an explicit destroy
		}
		if refusal := op.guard(change, options); refusal != nil {
			return refusal
		}
		return nil
	}
	out, err := op.service.Apply(op.ctx, order)
	diags.Append(out.Warnings...)
	set, next := order.Prior, "After a destroy no plan could show them: revoke them in "+op.ServiceName+" itself, or put the resource back, with "+
		"nobody listed, and import what is left, so that the plan shows each with a `-`."
	if order.Wanted != nil {
		set, next = order.Wanted, "The next plan shows them."
	}
	if out.Appeared.Count > 0 {
		text := fmt.Sprintf("The plan did not show %s, and an apply takes away only what its plan has shown. %s\n\n%s",
			shared.Counted(out.Appeared.Count, op.Noun), next, out.Appeared.Names)
		if order.Wanted == nil {
			text += "\n\n" + op.importBlock(op.ImportID(*set))
		}
		diags.AddWarning("Access that the plan did not show is left alone: "+out.Target, text)
	}
	if err != nil {
		diags.Append(op.explain(*set, err)...)
	}
	return out, err
}

// undo revokes what a failed create has granted. When that fails too, the state holds what may be
// granted.
func (op *operation[M, PM, S]) undo(out Outcome[S], diags *diag.Diagnostics) Outcome[S] {
	undone, err := op.service.Apply(op.ctx, Order[S]{Verb: "undo", Prior: out.Undo, Approve: func(Change) error { return nil }})
	switch {
	case err == nil:
		return Outcome[S]{}
	case undone.Touched && undone.Gone:
		return Outcome[S]{}
	case undone.Touched:
		out.Now = undone.Now
	}
	diags.AddWarning("What the failed create has granted could not be revoked again",
		fmt.Sprintf("The state holds what may be granted, and Terraform marks the resource as tainted: the next apply revokes it and grants it anew. To go "+
			"on with the rest instead, run `terraform untaint ADDRESS` with the address of this resource, and apply.\n\n%v", err))
	out.Touched = true
	return out
}

// save makes the state say what an apply has done.
func (op *operation[M, PM, S]) save(planned tfsdk.Plan, plan PM, now S, err error, state *tfsdk.State) diag.Diagnostics {
	if err == nil {
		if raw := op.complete(planned.Raw, now); raw.IsFullyKnown() {
			state.Raw = raw // all of it is true now, and to convert it once more costs
			return nil
		}
	}
	plan.Track(now)
	return state.Set(context.WithoutCancel(op.ctx), plan)
}

// complete puts what the plan could not know into its attributes.
func (op *operation[M, PM, S]) complete(planned tftypes.Value, now S) tftypes.Value {
	var attributes map[string]tftypes.Value
	if op.Late == nil || planned.As(&attributes) != nil {
		return planned
	}
	attributes = maps.Clone(attributes) // As gives the value's own map
	for name, value := range op.Late(now) {
		if !attributes[name].IsKnown() {
			attributes[name] = value
		}
	}
	return tftypes.NewValue(planned.Type(), attributes)
}
