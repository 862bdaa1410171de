// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

// Package inprocess asks the provider in this very process as Terraform asks it: the same calls of the protocol with the same
// values, and nothing between. So its time can be a fake one, and what it does can be counted.
package inprocess

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/appaccess/terraform-provider-appaccess/internal/provider"
)

// Process is one process of the provider. Terraform starts one for each phase of a command: what one has read, the next
// doesn't know.
type Process struct {
	server  tfprotov6.ProviderServer
	schemas map[string]*tfprotov6.Schema
}

// Start starts the provider with a provider block, given as what encoding/json makes JSON of.
func Start(ctx context.Context, block any, options ...provider.Option) (*Process, error) {
	server, err := providerserver.NewProtocol6WithError(provider.New("bench", options...)())()
	if err != nil {
		return nil, err
	}
	schemas, err := server.GetProviderSchema(ctx, &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		return nil, err
	}
	if err := failure("GetProviderSchema", schemas.Diagnostics); err != nil {
		return nil, err
	}
	config, err := dynamic(schemas.Provider.ValueType(), block)
	if err != nil {
		return nil, err
	}
	configured, err := server.ConfigureProvider(ctx, &tfprotov6.ConfigureProviderRequest{TerraformVersion: "1.14.0", Config: config})
	if err != nil {
		return nil, err
	}
	return &Process{server: server, schemas: schemas.ResourceSchemas}, failure("ConfigureProvider", configured.Diagnostics)
}

// Instance is a resource as the state remembers it. The zero value, but for the type, is one that isn't there yet.
type Instance struct {
	TypeName string

	state    *tfprotov6.DynamicValue
	private  []byte
	identity *tfprotov6.ResourceIdentityData
}

// Change is what a plan found to do.
type Change struct {
	// Update tells that there is something to do.
	Update bool

	configuration any
	planned       *tfprotov6.PlanResourceChangeResponse
	config        *tfprotov6.DynamicValue
}

// Refresh reads a resource, as each plan does first. It tells whether the state says something else now.
func (p *Process) Refresh(ctx context.Context, i *Instance) (changed bool, err error) {
	before, err := p.current(i)
	if err != nil {
		return false, err
	}
	read, err := p.server.ReadResource(ctx, &tfprotov6.ReadResourceRequest{
		TypeName: i.TypeName, CurrentState: before, Private: i.private, CurrentIdentity: i.identity,
	})
	if err != nil {
		return false, err
	}
	if err := failure("ReadResource", read.Diagnostics); err != nil {
		return false, err
	}
	t := p.schemas[i.TypeName].ValueType()
	old, err := before.Unmarshal(t)
	if err != nil {
		return false, err
	}
	now, err := read.NewState.Unmarshal(t)
	if err != nil {
		return false, err
	}
	i.state, i.private, i.identity = read.NewState, read.Private, read.NewIdentity
	return !old.Equal(now), nil
}

// Plan validates a configuration, given as what encoding/json makes JSON of, and plans it. A nil configuration is a destroy.
func (p *Process) Plan(ctx context.Context, i *Instance, configuration any) (*Change, error) {
	t := p.schemas[i.TypeName].ValueType()
	prior, err := p.current(i)
	if err != nil {
		return nil, err
	}
	config, err := dynamic(t, configuration)
	if err != nil {
		return nil, err
	}
	proposed := config
	if configuration != nil {
		validated, err := p.server.ValidateResourceConfig(ctx, &tfprotov6.ValidateResourceConfigRequest{TypeName: i.TypeName, Config: config})
		if err != nil {
			return nil, err
		}
		if err := failure("ValidateResourceConfig", validated.Diagnostics); err != nil {
			return nil, err
		}
		if proposed, err = p.proposed(i.TypeName, config, prior); err != nil {
			return nil, err
		}
	}
	planned, err := p.server.PlanResourceChange(ctx, &tfprotov6.PlanResourceChangeRequest{
		TypeName: i.TypeName, Config: config, PriorState: prior, ProposedNewState: proposed, PriorPrivate: i.private, PriorIdentity: i.identity,
	})
	if err != nil {
		return nil, err
	}
	if err := failure("PlanResourceChange", planned.Diagnostics); err != nil {
		return nil, err
	}
	old, err := prior.Unmarshal(t)
	if err != nil {
		return nil, err
	}
	wanted, err := planned.PlannedState.Unmarshal(t)
	if err != nil {
		return nil, err
	}
	return &Change{configuration: configuration, planned: planned, config: config, Update: !old.Equal(wanted)}, nil
}

// Replan plans a change once more, as Terraform does within an apply.
func (p *Process) Replan(ctx context.Context, i *Instance, c *Change) error {
	again, err := p.Plan(ctx, i, c.configuration)
	if err == nil {
		*c = *again
	}
	return err
}

// Apply applies a change that this process or another has planned.
func (p *Process) Apply(ctx context.Context, i *Instance, c *Change) error {
	prior, err := p.current(i)
	if err != nil {
		return err
	}
	applied, err := p.server.ApplyResourceChange(ctx, &tfprotov6.ApplyResourceChangeRequest{
		TypeName: i.TypeName, Config: c.config, PriorState: prior, PlannedState: c.planned.PlannedState,
		PlannedPrivate: c.planned.PlannedPrivate, PlannedIdentity: c.planned.PlannedIdentity,
	})
	if err != nil {
		return err
	}
	i.state, i.private, i.identity = applied.NewState, applied.Private, applied.NewIdentity
	return failure("ApplyResourceChange", applied.Diagnostics)
}

// current is the state, null when the resource isn't there.
func (p *Process) current(i *Instance) (*tfprotov6.DynamicValue, error) {
	schema, ok := p.schemas[i.TypeName]
	switch {
	case !ok:
		return nil, fmt.Errorf("there is no resource %s", i.TypeName)
	case i.state != nil:
		return i.state, nil
	}
	return dynamic(schema.ValueType(), nil)
}

// proposed is what Terraform proposes: the configuration, and the prior value of what is computed and not configured.
func (p *Process) proposed(typeName string, config, prior *tfprotov6.DynamicValue) (*tfprotov6.DynamicValue, error) {
	schema := p.schemas[typeName]
	t := schema.ValueType()
	var proposed, before map[string]tftypes.Value
	for value, into := range map[*tfprotov6.DynamicValue]*map[string]tftypes.Value{config: &proposed, prior: &before} {
		v, err := value.Unmarshal(t)
		if err != nil {
			return nil, err
		}
		if v.IsNull() {
			continue
		}
		if err := v.As(into); err != nil {
			return nil, err
		}
	}
	for _, attribute := range schema.Block.Attributes {
		switch {
		case !attribute.Computed || !proposed[attribute.Name].IsNull():
		case before == nil:
			proposed[attribute.Name] = tftypes.NewValue(attribute.ValueType(), tftypes.UnknownValue)
		default:
			proposed[attribute.Name] = before[attribute.Name]
		}
	}
	value, err := tfprotov6.NewDynamicValue(t, tftypes.NewValue(t, proposed))
	return &value, err
}

// dynamic is a value as Terraform sends it. Attributes that it lacks are null, and so is all of nil.
func dynamic(t tftypes.Type, value any) (*tfprotov6.DynamicValue, error) {
	v := tftypes.NewValue(t, nil)
	if value != nil {
		text, err := json.Marshal(value)
		if err != nil {
			return nil, err
		}
		if v, err = (tfprotov6.DynamicValue{JSON: text}).Unmarshal(t); err != nil {
			return nil, err
		}
	}
	encoded, err := tfprotov6.NewDynamicValue(t, v)
	return &encoded, err
}

// failure is the first error of a call.
func failure(call string, diags []*tfprotov6.Diagnostic) error {
	for _, d := range diags {
		if d.Severity == tfprotov6.DiagnosticSeverityError {
			return fmt.Errorf("%s: %s: %s", call, d.Summary, d.Detail)
		}
	}
	return nil
}
