// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package enos

import "github.com/hashicorp/terraform-plugin-framework/datasource"

// DataSources are the data sources of this service.
func DataSources() []func() datasource.DataSource {
	return []func() datasource.DataSource{NewAppDataSource}
}
