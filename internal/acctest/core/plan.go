// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package core

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// Action is what a plan does with a resource.
type Action string

// The actions.
const (
	NoOp    Action = "no-op"
	Create  Action = "create"
	Update  Action = "update"
	Delete  Action = "delete"
	Replace Action = "replace" // destroy, then create
)

// Change is what a plan does with one resource.
type Change struct {
	Address
	Action Action
	// Planned is what the provider promises; null for a Delete.
	Planned tftypes.Value

	before   tftypes.Value // what the plan of a Delete was made from
	config   tftypes.Value // as known to the apply
	private  []byte
	identity *tfprotov6.ResourceIdentityData
}

// Plan is a saved plan.
type Plan struct {
	Diagnostics
	// Refreshed is the state after the refresh. Resources that could not be read are as before.
	Refreshed State
	// Read are the resources whose refresh succeeded.
	Read    map[Address]bool
	Changes map[Address]*Change
}

// Empty tells that there is nothing to do, as terraform plan -detailed-exitcode does.
func (p *Plan) Empty() bool {
	for _, c := range p.Changes {
		if c.Action != NoOp {
			return false
		}
	}
	return true
}

// Actions lists what is not a NoOp.
func (p *Plan) Actions() map[Address]Action {
	actions := map[Address]Action{}
	for a, c := range p.Changes {
		if c.Action != NoOp {
			actions[a] = c.Action
		}
	}
	return actions
}

// Plan refreshes the state and plans the configuration, as `terraform plan` does. The state that is
// kept is the one before the refresh. The error is one of the test: everything about the provider
// is in the diagnostics.
func (t *Terraform) Plan(ctx context.Context, configuration []Resource) (*Plan, error) {
	p, err := t.Start(ctx)
	if err != nil {
		return nil, err
	}
	defer t.end()
	byAddress := map[Address]Resource{}
	var addresses []Address
	for _, r := range configuration {
		byAddress[r.Address] = r
		addresses = append(addresses, r.Address)
	}
	for a := range t.State {
		if _, ok := byAddress[a]; !ok {
			addresses = append(addresses, a)
		}
	}
	sortAddresses(addresses)
	w := &planWalk{Process: p, plan: &Plan{Refreshed: t.State.Clone(), Read: map[Address]bool{}, Changes: map[Address]*Change{}}}
	var testErr error
	p.each(addresses, func(a Address) {
		r, wanted := byAddress[a]
		if err := w.resource(ctx, a, r, wanted); err != nil {
			w.mu.Lock()
			defer w.mu.Unlock()
			testErr = err
		}
	})
	w.plan.Diagnostics = p.diags
	if len(p.diags.Errors) == 0 && p.isStopped() {
		w.plan.Errors = append(w.plan.Errors, Diagnostic{Summary: "Interrupted"})
	}
	return w.plan, testErr
}

// PlanDestroy plans the end of all that the state holds. As `terraform destroy` does, it refreshes
// in one process and plans in another.
func (t *Terraform) PlanDestroy(ctx context.Context, configuration []Resource) (*Plan, error) {
	refreshed := &Plan{Refreshed: t.State.Clone()}
	if !t.SkipRefresh {
		var err error
		if refreshed, err = t.Plan(ctx, configuration); err != nil || len(refreshed.Errors) > 0 {
			return refreshed, err
		}
	}
	p, err := t.Start(ctx)
	if err != nil {
		return nil, err
	}
	defer t.end()
	plan := &Plan{Refreshed: refreshed.Refreshed, Read: refreshed.Read, Changes: map[Address]*Change{}}
	for a, object := range plan.Refreshed {
		schema, err := t.schema(a)
		if err != nil {
			return nil, err
		}
		if change := p.destroyed(ctx, a, schema, object); change != nil {
			change.Address = a
			plan.Changes[a] = change
		}
	}
	plan.Diagnostics = p.diags
	return plan, nil
}

type planWalk struct {
	*Process
	mu   sync.Mutex
	plan *Plan
}

// resource refreshes one resource and plans it.
func (w *planWalk) resource(ctx context.Context, a Address, r Resource, wanted bool) error {
	schema, err := w.tf.schema(a)
	if err != nil {
		return err
	}
	var config tftypes.Value
	if wanted {
		if config, err = fromJSON(r.Attributes, schema.ValueType()); err != nil {
			return fmt.Errorf("%s: %w", a, err)
		}
		answer, err := call(ctx, w.Process, w.server.ValidateResourceConfig, &tfprotov6.ValidateResourceConfigRequest{
			TypeName: a.Type, Config: dynamic(withUnknown(schema, config, r.Unknown)),
		})
		if err != nil {
			w.fail(a, err)
			return nil
		}
		if w.report(a, answer.Diagnostics) {
			return nil
		}
	}
	object := w.tf.State[a]
	var change *Change
	if object != nil && !wanted && w.tf.OrphansFirst {
		if change = w.destroyed(ctx, a, schema, object); change == nil {
			return nil
		}
	}
	if object != nil && !w.tf.SkipRefresh {
		var ok bool
		if object, ok = w.refresh(ctx, a, schema, object); !ok {
			return nil
		}
		w.mu.Lock()
		w.plan.Read[a] = true
		if object == nil {
			delete(w.plan.Refreshed, a)
		} else {
			w.plan.Refreshed[a] = object
		}
		w.mu.Unlock()
	}
	if w.isStopped() {
		return nil
	}
	switch {
	case wanted:
		planConfig := withUnknown(schema, config, r.Unknown)
		if change = w.planned(ctx, a, schema, object, planConfig); change != nil {
			change.config = config
		}
	case object == nil:
		change = nil
	case change == nil:
		change = w.destroyed(ctx, a, schema, object)
	}
	if change != nil {
		w.mu.Lock()
		w.plan.Changes[a] = change
		w.mu.Unlock()
	}
	return nil
}

// refresh reads a resource; a nil object is one that is gone.
func (p *Process) refresh(ctx context.Context, a Address, schema *tfprotov6.Schema, object *Object) (*Object, bool) {
	// The state is a file: what is in it is read anew by every process.
	text, err := json.Marshal(Plain(object.Value))
	if err != nil {
		p.fail(a, err)
		return nil, false
	}
	upgraded, err := call(ctx, p, p.server.UpgradeResourceState, &tfprotov6.UpgradeResourceStateRequest{
		TypeName: a.Type, Version: schema.Version, RawState: &tfprotov6.RawState{JSON: text},
	})
	if err != nil {
		p.fail(a, err)
		return nil, false
	}
	if p.report(a, upgraded.Diagnostics) {
		return nil, false
	}
	answer, err := call(ctx, p, p.server.ReadResource, &tfprotov6.ReadResourceRequest{
		TypeName: a.Type, CurrentState: upgraded.UpgradedState, Private: object.Private, CurrentIdentity: object.Identity,
	})
	if err != nil {
		p.fail(a, err)
		return nil, false
	}
	if p.report(a, answer.Diagnostics) {
		return nil, false
	}
	value, err := answer.NewState.Unmarshal(schema.ValueType())
	if err != nil {
		p.bug(a, "the answer of a read can't be decoded: %v", err)
		return nil, false
	}
	if value.IsNull() {
		return nil, true
	}
	if !value.IsFullyKnown() {
		p.bug(a, "a read left something unknown: %s", value)
		return nil, false
	}
	if answer.NewIdentity == nil && object.Identity != nil {
		p.bug(a, "a read lost the identity")
	}
	return &Object{Value: value, Private: answer.Private, Identity: answer.NewIdentity, Tainted: object.Tainted}, true
}

// planned plans a resource that is configured.
func (p *Process) planned(ctx context.Context, a Address, schema *tfprotov6.Schema, object *Object, config tftypes.Value) *Change {
	none := tftypes.NewValue(schema.ValueType(), nil)
	prior, tainted := object, false
	if object == nil || object.Tainted {
		// A tainted object is planned as if there were none, and replaced.
		tainted = object != nil
		prior = &Object{Value: none}
	}
	change, replace := p.ask(ctx, a, schema, prior, config, p.report)
	switch {
	case change == nil:
		return nil
	case tainted:
		change.Action = Replace
	case object == nil:
		change.Action = Create
	case replace || p.tf.Replace[a]:
		if change, _ = p.ask(ctx, a, schema, &Object{Value: none, Private: change.private}, config, p.reportErrors); change == nil {
			return nil
		}
		change.Action = Replace
	case change.Planned.Equal(object.Value):
		change.Action = NoOp
	default:
		change.Action = Update
	}
	return change
}

// ask makes one PlanResourceChange and checks the answer.
func (p *Process) ask(
	ctx context.Context, a Address, schema *tfprotov6.Schema, prior *Object, config tftypes.Value, report func(Address, []*tfprotov6.Diagnostic) bool,
) (change *Change, replace bool) {
	answer, err := call(ctx, p, p.server.PlanResourceChange, &tfprotov6.PlanResourceChangeRequest{
		TypeName: a.Type, PriorState: dynamic(prior.Value), Config: dynamic(config), PriorPrivate: prior.Private, PriorIdentity: prior.Identity,
		ProposedNewState: dynamic(proposedNew(schema, prior.Value, config)),
	})
	if err != nil {
		p.fail(a, err)
		return nil, false
	}
	if report(a, answer.Diagnostics) {
		return nil, false
	}
	planned, err := answer.PlannedState.Unmarshal(schema.ValueType())
	if err != nil {
		p.bug(a, "a plan can't be decoded: %v", err)
		return nil, false
	}
	if err := checkPlan(schema, prior.Value, config, planned); err != nil {
		p.bug(a, "%v", err)
		return nil, false
	}
	// An attribute that requires replacement counts only where it changes.
	before, after := fields(prior.Value), fields(planned)
	replace = before != nil && slices.ContainsFunc(answer.RequiresReplace, func(path *tftypes.AttributePath) bool {
		name, ok := path.Steps()[0].(tftypes.AttributeName)
		return ok && !before[string(name)].Equal(after[string(name)])
	})
	return &Change{Address: a, Planned: planned, config: config, private: answer.PlannedPrivate, identity: answer.PlannedIdentity}, replace
}

// destroyed plans the end of a resource that is configured no longer.
func (p *Process) destroyed(ctx context.Context, a Address, schema *tfprotov6.Schema, object *Object) *Change {
	none := tftypes.NewValue(schema.ValueType(), nil)
	answer, err := call(ctx, p, p.server.PlanResourceChange, &tfprotov6.PlanResourceChangeRequest{
		TypeName: a.Type, PriorState: dynamic(object.Value), ProposedNewState: dynamic(none), Config: dynamic(none),
		PriorPrivate: object.Private, PriorIdentity: object.Identity,
	})
	if err != nil {
		p.fail(a, err)
		return nil
	}
	if p.report(a, answer.Diagnostics) {
		return nil
	}
	planned, err := answer.PlannedState.Unmarshal(schema.ValueType())
	if err != nil || !planned.IsNull() {
		p.bug(a, "planned something for a resource that is destroyed: %v", err)
		return nil
	}
	return &Change{Address: a, Action: Delete, Planned: none, before: object.Value, private: answer.PlannedPrivate}
}

// Describe shows what the plan changes, for the report of a failure.
func (p *Plan) Describe(prior State) string {
	text := ""
	for a, c := range p.Changes {
		if c.Action == NoOp {
			continue
		}
		text += fmt.Sprintf("%s: %s\n", a, c.Action)
		if o := prior[a]; o != nil {
			text += fmt.Sprintf("  state:     %v\n", Plain(o.Value))
		}
		if o := p.Refreshed[a]; o != nil {
			text += fmt.Sprintf("  refreshed: %v\n", Plain(o.Value))
		}
		text += fmt.Sprintf("  planned:   %v\n", Plain(c.Planned))
	}
	return text
}
