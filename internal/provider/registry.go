// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"context"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/appaccess/terraform-provider-appaccess/internal/functions"
	"github.com/appaccess/terraform-provider-appaccess/internal/service/enos"
	"github.com/appaccess/terraform-provider-appaccess/internal/service/huaweicloud"
	"github.com/appaccess/terraform-provider-appaccess/internal/service/venafi"
)

var (
	_ provider.ProviderWithFunctions          = &appaccess{}
	_ provider.ProviderWithEphemeralResources = &appaccess{}
	_ provider.ProviderWithListResources      = &appaccess{}
)

// Resources lists the managed resources.
func (p *appaccess) Resources(context.Context) []func() resource.Resource {
	return slices.Concat(
		huaweicloud.Resources(),
		enos.Resources(),
		venafi.Resources(),
	)
}

// DataSources lists the data sources.
func (p *appaccess) DataSources(context.Context) []func() datasource.DataSource {
	return slices.Concat(
		huaweicloud.DataSources(),
		enos.DataSources(),
		venafi.DataSources(),
	)
}

// ListResources lists what `terraform query` can find. Each has the name of its managed resource.
func (p *appaccess) ListResources(context.Context) []func() list.ListResource {
	return slices.Concat(
		huaweicloud.ListResources(),
		enos.ListResources(),
		venafi.ListResources(),
	)
}

// EphemeralResources lists what is opened in a run and never stored.
func (p *appaccess) EphemeralResources(context.Context) []func() ephemeral.EphemeralResource {
	return venafi.EphemeralResources()
}

// Functions lists the provider's functions.
func (p *appaccess) Functions(context.Context) []func() function.Function {
	return functions.Functions()
}
