// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package core

import (
	"context"
	"encoding/json"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// Move turns a resource of another type into a, as a `moved` block does, from the state and the
// private state that the provider at an address has written.
func (t *Terraform) Move(ctx context.Context, a Address, from *tfprotov6.MoveResourceStateRequest) (*Diagnostics, error) {
	p, err := t.Start(ctx)
	if err != nil {
		return nil, err
	}
	defer t.end()
	schema, err := t.schema(a)
	if err != nil {
		return nil, err
	}
	request := *from
	request.TargetTypeName = a.Type
	answer, err := call(ctx, p, p.server.MoveResourceState, &request)
	switch {
	case err != nil:
		p.fail(a, err)
	case p.report(a, answer.Diagnostics):
	default:
		value, err := answer.TargetState.Unmarshal(schema.ValueType())
		if err != nil {
			return nil, err
		}
		t.State[a] = &Object{Value: value, Private: answer.TargetPrivate, Identity: answer.TargetIdentity}
	}
	return &p.diags, nil
}

// MoveOwn turns a resource of the state into one of another type of this provider, as a `moved`
// block does before a plan. Where there is nothing to move, or the target is in the state already,
// nothing happens.
func (t *Terraform) MoveOwn(ctx context.Context, from, to Address) (*Diagnostics, error) {
	object := t.State[from]
	if object == nil || t.State[to] != nil {
		return &Diagnostics{}, nil
	}
	text, err := json.Marshal(Plain(object.Value))
	if err != nil {
		return nil, err
	}
	diags, err := t.Move(ctx, to, &tfprotov6.MoveResourceStateRequest{
		SourceProviderAddress: "registry.terraform.io/appaccess/appaccess", SourceTypeName: from.Type, SourceState: &tfprotov6.RawState{JSON: text},
		SourcePrivate: object.Private,
	})
	if err == nil && len(diags.Errors) == 0 {
		delete(t.State, from)
	}
	return diags, err
}
