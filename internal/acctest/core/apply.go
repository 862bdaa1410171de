// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package core

import (
	"context"
	"sync"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// Apply applies a plan as `terraform apply` of a saved plan does, or of one that was just approved.
// The state says afterwards what Terraform would keep, also after errors, an Interrupt or a Kill.
func (t *Terraform) Apply(ctx context.Context, plan *Plan) (*Diagnostics, error) {
	p, err := t.Start(ctx)
	if err != nil {
		return nil, err
	}
	defer t.end()
	w := &applyWalk{Process: p, state: plan.Refreshed.Clone()}
	var addresses []Address
	for a, change := range plan.Changes {
		if change.Action != NoOp {
			addresses = append(addresses, a)
		}
	}
	sortAddresses(addresses)
	p.each(addresses, func(a Address) { w.change(ctx, plan.Changes[a]) })
	t.State = w.state
	if len(p.diags.Errors) == 0 && p.isStopped() {
		p.diags.Errors = append(p.diags.Errors, Diagnostic{Summary: "Interrupted"})
	}
	return &p.diags, nil
}

type applyWalk struct {
	*Process
	mu    sync.Mutex
	state State
}

func (w *applyWalk) get(a Address) *Object {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.state[a]
}

func (w *applyWalk) set(a Address, object *Object) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if object == nil {
		delete(w.state, a)
		return
	}
	w.state[a] = object
}

// begin records that a change reaches the provider now.
func (w *applyWalk) begin(a Address) {
	w.Process.mu.Lock()
	defer w.Process.mu.Unlock()
	w.diags.Began = append(w.diags.Began, a)
}

// change carries one change out.
func (w *applyWalk) change(ctx context.Context, change *Change) {
	a := change.Address
	schema, err := w.tf.schema(a)
	if err != nil {
		w.fail(a, err)
		return
	}
	if change.Action == Delete || change.Action == Replace {
		if !w.destroy(ctx, a, schema, change) || change.Action == Delete || w.isStopped() {
			return
		}
	}
	object := w.get(a)
	// What was unknown is known now, so it is planned once more.
	again := w.planned(ctx, a, schema, object, change.config)
	if again == nil || w.isStopped() {
		return
	}
	if !compatible(change.Planned, again.Planned) {
		w.bug(a, "the plan says %s, and the plan that is applied says %s", change.Planned, again.Planned)
		return
	}
	switch {
	case again.Action == NoOp && change.Action == Update:
		return
	case again.Action != change.Action && !(change.Action == Replace && again.Action == Create):
		w.bug(a, "planned %s, and then %s", change.Action, again.Action)
		return
	}
	prior := object
	if prior == nil {
		prior = &Object{Value: tftypes.NewValue(schema.ValueType(), nil)}
	}
	w.write(ctx, a, schema, prior, again)
}

// write makes one ApplyResourceChange and keeps what Terraform would keep.
func (w *applyWalk) write(ctx context.Context, a Address, schema *tfprotov6.Schema, prior *Object, change *Change) {
	w.begin(a)
	answer, err := call(ctx, w.Process, w.server.ApplyResourceChange, &tfprotov6.ApplyResourceChangeRequest{
		TypeName: a.Type, PriorState: dynamic(prior.Value), PlannedState: dynamic(change.Planned), Config: dynamic(change.config),
		PlannedPrivate: change.private, PlannedIdentity: change.identity,
	})
	if err != nil {
		w.fail(a, err) // the prior state is kept
		return
	}
	failed := w.report(a, answer.Diagnostics)
	value, err := answer.NewState.Unmarshal(schema.ValueType())
	if err != nil {
		w.bug(a, "the answer of an apply can't be decoded: %v", err)
		return
	}
	switch {
	case failed:
		value = unknownAsNull(value)
	case value.IsNull():
		w.bug(a, "applied nothing without an error")
		return
	case !value.IsFullyKnown():
		w.bug(a, "an apply left something unknown: %s", value)
		value = unknownAsNull(value)
	case !compatible(change.Planned, value):
		w.bug(a, "promised %s, and applied %s", change.Planned, value)
	}
	if value.IsNull() {
		if !prior.Value.IsNull() {
			w.bug(a, "an update that failed lost the state")
		}
		return
	}
	if answer.NewIdentity == nil && w.hasIdentity(a) && !failed {
		w.bug(a, "applied without an identity")
	}
	w.set(a, &Object{
		Value: value, Private: answer.Private, Identity: answer.NewIdentity,
		Tainted: failed && prior.Value.IsNull() || prior.Tainted,
	})
}

// destroy ends a resource, and tells whether it is gone.
func (w *applyWalk) destroy(ctx context.Context, a Address, schema *tfprotov6.Schema, change *Change) bool {
	object := w.get(a)
	if object == nil {
		return true
	}
	w.begin(a)
	none := tftypes.NewValue(schema.ValueType(), nil)
	prior := object.Value
	if change.Action == Delete {
		prior = change.before
	}
	answer, err := call(ctx, w.Process, w.server.ApplyResourceChange, &tfprotov6.ApplyResourceChangeRequest{
		TypeName: a.Type, PriorState: dynamic(prior), PlannedState: dynamic(none), Config: dynamic(none),
		// What the plan has left: of a replacement that is the private state of what comes next, of
		// a tainted resource that of a create.
		PlannedPrivate: change.private, PlannedIdentity: object.Identity,
	})
	if err != nil {
		w.fail(a, err)
		return false
	}
	failed := w.report(a, answer.Diagnostics)
	value, err := answer.NewState.Unmarshal(schema.ValueType())
	if err != nil {
		w.bug(a, "the answer of a destroy can't be decoded: %v", err)
		return false
	}
	switch {
	case value.IsNull():
		w.set(a, nil)
		return !failed
	case !failed:
		w.bug(a, "destroyed without an error, and left %s", value)
	}
	identity := answer.NewIdentity
	if identity == nil {
		identity = object.Identity
	}
	w.set(a, &Object{Value: value, Private: answer.Private, Identity: identity, Tainted: object.Tainted})
	return false
}

func (w *applyWalk) hasIdentity(a Address) bool {
	return w.tf.identities[a.Type] != nil
}
