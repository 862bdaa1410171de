// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package enos

import (
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/resource"
)

// Resources are the managed resources of this service.
func Resources() []func() resource.Resource {
	return []func() resource.Resource{NewAppDataAuthorization}
}

// DataSources are the data sources of this service.
func DataSources() []func() datasource.DataSource {
	return []func() datasource.DataSource{NewAppDataSource}
}
