// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package core

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// Query is a list block of `terraform query`.
type Query struct {
	// Config holds the arguments as JSON would.
	Config map[string]any
	// IncludeResource asks for the attributes, not for the identity alone.
	IncludeResource bool
	// Limit is how many results are wanted; 0 is all.
	Limit int64
	// Take is after how many results nobody listens any more; 0 is all.
	Take int
}

// Listed is a result of a query.
type Listed struct {
	DisplayName        string
	Identity, Resource map[string]any
	// Errors stand in place of a result.
	Errors []string

	identity *tfprotov6.ResourceIdentityData
	resource *tfprotov6.DynamicValue
}

// Query lists resources of a type. The error is one of the test.
func (p *Process) Query(ctx context.Context, typeName string, q Query) ([]Listed, error) {
	lists, ok := p.server.(tfprotov6.ListResourceServer)
	schema := p.tf.schemas.ListResourceSchemas[typeName]
	if !ok || schema == nil {
		return nil, fmt.Errorf("the provider has no list resource %s", typeName)
	}
	if q.Config == nil {
		q.Config = map[string]any{} // an empty block, as Terraform sends it
	}
	config, err := fromJSON(q.Config, schema.ValueType())
	if err != nil {
		return nil, fmt.Errorf("the list block: %w", err)
	}
	validated, err := lists.ValidateListResourceConfig(ctx, &tfprotov6.ValidateListResourceConfigRequest{TypeName: typeName, Config: dynamic(config)})
	if err != nil {
		return nil, err
	}
	if errs := errorsOf(validated.Diagnostics); len(errs) > 0 {
		return []Listed{{Errors: errs}}, nil
	}
	stream, err := lists.ListResource(ctx, &tfprotov6.ListResourceRequest{
		TypeName: typeName, Config: dynamic(config), IncludeResource: q.IncludeResource, Limit: q.Limit,
	})
	if err != nil {
		return nil, err
	}
	var results []Listed
	for result := range stream.Results {
		listed := Listed{DisplayName: result.DisplayName, Errors: errorsOf(result.Diagnostics), identity: result.Identity, resource: result.Resource}
		if result.Identity != nil {
			if listed.Identity, err = plainObject(result.Identity.IdentityData, p.tf.identities[typeName]); err != nil {
				return nil, err
			}
		}
		if result.Resource != nil {
			if listed.Resource, err = plainObject(result.Resource, p.tf.schemas.ResourceSchemas[typeName].ValueType()); err != nil {
				return nil, err
			}
		}
		results = append(results, listed)
		if len(results) == q.Take {
			break
		}
	}
	return results, nil
}

// PlansClean imports what a query with IncludeResource has found, by its identity, with the
// configuration that Terraform would generate for it. It returns what a plan would change then, ""
// for nothing.
func (p *Process) PlansClean(ctx context.Context, typeName string, l Listed) (string, error) {
	a := Address{Type: typeName, Name: "listed"}
	schema, err := p.tf.schema(a)
	if err != nil {
		return "", err
	}
	generated, err := p.server.GenerateResourceConfig(ctx, &tfprotov6.GenerateResourceConfigRequest{TypeName: typeName, State: l.resource})
	if err != nil {
		return "", err
	}
	p.report(a, generated.Diagnostics)
	validated, err := p.server.ValidateResourceConfig(ctx, &tfprotov6.ValidateResourceConfigRequest{TypeName: typeName, Config: generated.Config})
	if err != nil {
		return "", err
	}
	p.report(a, validated.Diagnostics)
	imported, err := p.server.ImportResourceState(ctx, &tfprotov6.ImportResourceStateRequest{TypeName: typeName, Identity: l.identity})
	if err != nil {
		return "", err
	}
	if p.report(a, imported.Diagnostics); p.failed() {
		return "", p.diags.Err()
	}
	if len(imported.ImportedResources) != 1 {
		return "", fmt.Errorf("%d resources were imported", len(imported.ImportedResources))
	}
	found := imported.ImportedResources[0]
	value, err := found.State.Unmarshal(schema.ValueType())
	if err != nil {
		return "", err
	}
	object, ok := p.refresh(ctx, a, schema, &Object{Value: value, Private: found.Private, Identity: found.Identity})
	if !ok {
		return "", p.diags.Err()
	}
	if object == nil {
		return "", errors.New("what was imported is gone")
	}
	config, err := generated.Config.Unmarshal(schema.ValueType())
	if err != nil {
		return "", err
	}
	change := p.planned(ctx, a, schema, object, config)
	if change == nil {
		return "", p.diags.Err()
	}
	return cmp.Diff(Plain(object.Value), Plain(change.Planned)), nil
}

func errorsOf(diags []*tfprotov6.Diagnostic) []string {
	var errs []string
	for _, d := range diags {
		if d.Severity == tfprotov6.DiagnosticSeverityError {
			errs = append(errs, d.Summary+": "+d.Detail)
		}
	}
	return errs
}

func plainObject(from *tfprotov6.DynamicValue, as tftypes.Type) (map[string]any, error) {
	value, err := from.Unmarshal(as)
	if err != nil {
		return nil, err
	}
	object, _ := Plain(value).(map[string]any)
	return object, nil
}

// ReadData reads a data source, and gives its attributes as JSON would hold them.
func (p *Process) ReadData(ctx context.Context, typeName string, attributes map[string]any) (map[string]any, *Diagnostics, error) {
	schema := p.tf.schemas.DataSourceSchemas[typeName]
	if schema == nil {
		return nil, nil, fmt.Errorf("the provider has no data source %s", typeName)
	}
	config, err := fromJSON(attributes, schema.ValueType())
	if err != nil {
		return nil, nil, err
	}
	p.forget()
	validated, err := p.server.ValidateDataResourceConfig(ctx, &tfprotov6.ValidateDataResourceConfigRequest{TypeName: typeName, Config: dynamic(config)})
	if err != nil {
		return nil, nil, err
	}
	a := Address{Type: "data." + typeName}
	if p.report(a, validated.Diagnostics) {
		return nil, &p.diags, nil
	}
	read, err := p.server.ReadDataSource(ctx, &tfprotov6.ReadDataSourceRequest{TypeName: typeName, Config: dynamic(config)})
	if err != nil || p.report(a, read.Diagnostics) {
		return nil, &p.diags, err
	}
	found, err := plainObject(read.State, schema.ValueType())
	return found, &p.diags, err
}

// Open opens an ephemeral resource, and closes it.
func (p *Process) Open(ctx context.Context, typeName string, attributes map[string]any) (*Diagnostics, error) {
	schema := p.tf.schemas.EphemeralResourceSchemas[typeName]
	if schema == nil {
		return nil, fmt.Errorf("the provider has no ephemeral resource %s", typeName)
	}
	config, err := fromJSON(attributes, schema.ValueType())
	if err != nil {
		return nil, err
	}
	p.forget()
	a := Address{Type: "ephemeral." + typeName}
	opened, err := p.server.OpenEphemeralResource(ctx, &tfprotov6.OpenEphemeralResourceRequest{TypeName: typeName, Config: dynamic(config)})
	if err != nil {
		return nil, err
	}
	if !p.report(a, opened.Diagnostics) {
		closed, err := p.server.CloseEphemeralResource(ctx, &tfprotov6.CloseEphemeralResourceRequest{TypeName: typeName, Private: opened.Private})
		if err != nil {
			return nil, err
		}
		p.report(a, closed.Diagnostics)
	}
	return &p.diags, nil
}

// forget drops the diagnostics so far.
func (p *Process) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.diags = Diagnostics{}
}

// Names are what the provider has, as blocks of a configuration begin: `resource "appaccess_x"`,
// and lists of `terraform query`.
func (p *Process) Names() []string {
	var names []string
	for kind, schemas := range map[string]map[string]*tfprotov6.Schema{
		"resource": p.tf.schemas.ResourceSchemas, "data": p.tf.schemas.DataSourceSchemas,
		"ephemeral": p.tf.schemas.EphemeralResourceSchemas, "list": p.tf.schemas.ListResourceSchemas,
	} {
		for name := range schemas {
			names = append(names, fmt.Sprintf("%s %q", kind, name))
		}
	}
	slices.Sort(names)
	return names
}
