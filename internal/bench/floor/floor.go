// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

// Package floor is the provider to measure against: every resource has the schema of the real one,
// and create, read, update and delete do nothing. What it costs is what Terraform and the plugin
// framework cost, and no provider with this schema can cost less.
package floor

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// Provider makes the floor of a real provider.
func Provider(real func() provider.Provider) func() provider.Provider {
	return func() provider.Provider { return &floor{Provider: real()} }
}

// floor embeds the interface, so that only what every provider has is taken over: name, schema,
// data sources.
type floor struct{ provider.Provider }

func (f *floor) Configure(context.Context, provider.ConfigureRequest, *provider.ConfigureResponse) {}

func (f *floor) Resources(ctx context.Context) []func() resource.Resource {
	var wrapped []func() resource.Resource
	for _, newResource := range f.Provider.Resources(ctx) {
		if _, ok := newResource().(resource.ResourceWithIdentity); ok {
			wrapped = append(wrapped, func() resource.Resource { return idleWithIdentity{idle{newResource()}} })
		} else {
			wrapped = append(wrapped, func() resource.Resource { return idle{newResource()} })
		}
	}
	return wrapped
}

// idle has the name and the schema of a resource. What is unknown in a plan becomes null.
type idle struct{ real resource.Resource }

func (r idle) Metadata(ctx context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	r.real.Metadata(ctx, req, resp)
}

func (r idle) Schema(ctx context.Context, req resource.SchemaRequest, resp *resource.SchemaResponse) {
	r.real.Schema(ctx, req, resp)
}

func (r idle) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	resp.Diagnostics.Append(keep(req.Plan, &resp.State)...)
	identify(ctx, resp.Identity)
}

func (r idle) Read(ctx context.Context, _ resource.ReadRequest, resp *resource.ReadResponse) {
	identify(ctx, resp.Identity) // the state is what it was
}

func (r idle) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	resp.Diagnostics.Append(keep(req.Plan, &resp.State)...)
	identify(ctx, resp.Identity)
}

func (r idle) Delete(context.Context, resource.DeleteRequest, *resource.DeleteResponse) {}

type idleWithIdentity struct{ idle }

func (r idleWithIdentity) IdentitySchema(ctx context.Context, req resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	r.real.(resource.ResourceWithIdentity).IdentitySchema(ctx, req, resp) //nolint:forcetypeassert // Resources looked
}

// keep takes the plan for the state as it is, without a conversion to Go values. Only attributes of
// the top level are computed in our schemas.
func keep(plan tfsdk.Plan, state *tfsdk.State) diag.Diagnostics {
	attributes := map[string]tftypes.Value{}
	if err := plan.Raw.As(&attributes); err != nil {
		return diag.Diagnostics{diag.NewErrorDiagnostic("The plan is no object", err.Error())}
	}
	for name, value := range attributes {
		if !value.IsKnown() {
			attributes[name] = tftypes.NewValue(value.Type(), nil)
		}
	}
	state.Raw = tftypes.NewValue(plan.Raw.Type(), attributes)
	return nil
}

// identify gives an identity that is always the same: it has to be there.
func identify(ctx context.Context, identity *tfsdk.ResourceIdentity) {
	if identity != nil {
		identity.Raw = someValue(identity.Schema.Type().TerraformType(ctx))
	}
}

// someValue is a value of an identity's type: objects, lists and primitives are all there is.
func someValue(t tftypes.Type) tftypes.Value {
	switch t := t.(type) {
	case tftypes.Object:
		attributes := map[string]tftypes.Value{}
		for name, attribute := range t.AttributeTypes {
			attributes[name] = someValue(attribute)
		}
		return tftypes.NewValue(t, attributes)
	case tftypes.List:
		return tftypes.NewValue(t, []tftypes.Value{someValue(t.ElementType)})
	}
	switch {
	case t.Is(tftypes.Number):
		return tftypes.NewValue(t, 1)
	case t.Is(tftypes.Bool):
		return tftypes.NewValue(t, true)
	}
	return tftypes.NewValue(t, "floor")
}
