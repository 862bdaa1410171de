// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
)

// DataSources are the data sources of this service.
func DataSources() []func() datasource.DataSource {
	return []func() datasource.DataSource{NewIdentityDataSource, NewOAuthRolesDataSource}
}

// EphemeralResources are what is opened in a run of this service and never stored.
func EphemeralResources() []func() ephemeral.EphemeralResource {
	return []func() ephemeral.EphemeralResource{NewAccessToken}
}
