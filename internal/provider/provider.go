// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

// Package provider is the provider block and the list of everything that is registered.
package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
)

var _ provider.Provider = &appaccess{}

type appaccess struct {
	version string
}

// Option changes how the provider works. There is none that users can reach: options are for tests.
type Option func(*appaccess)

// New returns a function that makes the provider, as providerserver wants it. The version appears in the user agent.
func New(version string, options ...Option) func() provider.Provider {
	return func() provider.Provider {
		p := &appaccess{version: version}
		for _, option := range options {
			option(p)
		}
		return p
	}
}

func (p *appaccess) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName = "appaccess"
	resp.Version = p.version
}

func (p *appaccess) Schema(_ context.Context, _ provider.SchemaRequest, resp *provider.SchemaResponse) {
	resp.Schema = schema.Schema{}
}

func (p *appaccess) Configure(context.Context, provider.ConfigureRequest, *provider.ConfigureResponse) {
}
