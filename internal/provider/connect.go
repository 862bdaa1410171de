// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/appaccess/terraform-provider-appaccess/internal/service"
)

// Connect gives the connections of an empty provider block, which takes everything from the
// environment. It is for programs that ask the services as the provider does, without Terraform.
// Nothing is sent before a client is used.
func Connect(ctx context.Context, version string, options ...Option) (*service.Data, error) {
	p := New(version, options...)()
	var schema provider.SchemaResponse
	p.Schema(ctx, provider.SchemaRequest{}, &schema)
	block := schema.Schema.Type().TerraformType(ctx)
	object, ok := block.(tftypes.Object)
	if !ok {
		return nil, fmt.Errorf("the provider block is a %s", block)
	}
	nothing := map[string]tftypes.Value{}
	for name, service := range object.AttributeTypes {
		nothing[name] = tftypes.NewValue(service, nil)
	}
	var configured provider.ConfigureResponse
	p.Configure(ctx, provider.ConfigureRequest{Config: tfsdk.Config{Raw: tftypes.NewValue(block, nothing), Schema: schema.Schema}}, &configured)
	if configured.Diagnostics.HasError() {
		return nil, connectError(configured.Diagnostics)
	}
	data, diags := service.DataFrom(configured.ResourceData)
	if diags.HasError() {
		return nil, connectError(diags)
	}
	return data, nil
}

// Client gives the client of a connection, or one error that says all that is missing.
func Client[C any](ctx context.Context, connection *service.Connection[C]) (C, error) {
	client, diags := connection.Client(ctx)
	if diags.HasError() {
		return client, connectError(diags)
	}
	return client, nil
}

func connectError(diags diag.Diagnostics) error {
	var texts []string
	for _, d := range diags.Errors() {
		texts = append(texts, d.Summary()+". "+d.Detail())
	}
	return errors.New(strings.Join(texts, "\n"))
}
