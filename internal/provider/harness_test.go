// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"math/big"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/appaccess/terraform-provider-appaccess/internal/service"
)

// object is a block of HCL: text, bool, int, object or unknown by attribute name. What is left out
// is null.
type object map[string]any

// unknown is a value that is known only after apply.
type unknown struct{}

// environment is the environment of a test.
type environment map[string]string

func (e environment) get(name string) string { return e[name] }

// newProvider makes a provider that sees the environment of the test and nothing else.
func newProvider(env environment, options ...Option) provider.Provider {
	return New("test", append(options, WithEnvironment(env.get))...)()
}

func providerSchema(t *testing.T, p provider.Provider) provider.SchemaResponse {
	t.Helper()
	var resp provider.SchemaResponse
	p.Schema(t.Context(), provider.SchemaRequest{}, &resp)
	return resp
}

// terraformValue makes the value that Terraform would send for the block.
func terraformValue(t *testing.T, typ tftypes.Type, v any) tftypes.Value {
	t.Helper()
	switch v := v.(type) {
	case nil:
		return tftypes.NewValue(typ, nil)
	case unknown:
		return tftypes.NewValue(typ, tftypes.UnknownValue)
	case int:
		return tftypes.NewValue(typ, big.NewFloat(float64(v)))
	case object:
		attributeTypes := typ.(tftypes.Object).AttributeTypes
		values := map[string]tftypes.Value{}
		for name, attributeType := range attributeTypes {
			values[name] = terraformValue(t, attributeType, v[name])
		}
		for name := range v {
			if _, ok := attributeTypes[name]; !ok {
				t.Fatalf("the schema has no attribute %q", name)
			}
		}
		return tftypes.NewValue(typ, values)
	}
	return tftypes.NewValue(typ, v)
}

// validate runs the provider's validation as Terraform does, over the protocol.
func validate(t *testing.T, env environment, config object) []*tfprotov6.Diagnostic {
	t.Helper()
	p := newProvider(env)
	typ := providerSchema(t, p).Schema.Type().TerraformType(t.Context())
	value, err := tfprotov6.NewDynamicValue(typ, terraformValue(t, typ, config))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := providerserver.NewProtocol6(p)().ValidateProviderConfig(t.Context(),
		&tfprotov6.ValidateProviderConfigRequest{Config: &value})
	if err != nil {
		t.Fatal(err)
	}
	return resp.Diagnostics
}

// configure configures the provider and returns what resources are given.
func configure(t *testing.T, env environment, config object, options ...Option) (*service.Data, diag.Diagnostics) {
	t.Helper()
	p := newProvider(env, options...)
	schema := providerSchema(t, p).Schema
	raw := terraformValue(t, schema.Type().TerraformType(t.Context()), config)
	var resp provider.ConfigureResponse
	p.Configure(t.Context(), provider.ConfigureRequest{Config: tfsdk.Config{Schema: schema, Raw: raw}}, &resp)
	data, diags := service.DataFrom(resp.ResourceData)
	resp.Diagnostics.Append(diags...)
	for name, other := range map[string]any{
		"data sources": resp.DataSourceData, "list resources": resp.ListResourceData, "ephemeral resources": resp.EphemeralResourceData,
	} {
		if other != resp.ResourceData {
			t.Errorf("%s are given something else than resources", name)
		}
	}
	return data, resp.Diagnostics
}

// resolved resolves one service's block.
func resolved(t *testing.T, b block, env environment, config any) *settings {
	t.Helper()
	p := newProvider(env)
	schema := providerSchema(t, p).Schema
	raw := terraformValue(t, schema.Type().TerraformType(t.Context()), object{b.name: config})
	c, diags := p.(*appaccess).resolve(t.Context(), tfsdk.Config{Schema: schema, Raw: raw})
	if diags.HasError() {
		t.Fatal(diags)
	}
	return map[string]*settings{"huaweicloud": c.huaweicloud, "enos": c.enos, "venafi": c.venafi}[b.name]
}

// report is the text that people read.
func report(diags diag.Diagnostics) string {
	var s string
	for _, d := range diags {
		s += d.Severity().String() + ": " + d.Summary() + "\n" + d.Detail() + "\n"
	}
	return s
}

// protocolReport is the text that people read, with the paths of the attributes that it belongs to.
func protocolReport(diags []*tfprotov6.Diagnostic) string {
	var s string
	for _, d := range diags {
		s += d.Severity.String() + ": " + d.Summary + "\n" + d.Detail + "\n"
		if d.Attribute != nil {
			s += "at " + d.Attribute.String() + "\n"
		}
	}
	return s
}
