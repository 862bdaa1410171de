// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/resource"
)

// Resources are the managed resources of this service.
func Resources() []func() resource.Resource {
	return []func() resource.Resource{NewOAuthRoleGrant, NewOAuthRoleGrantSet, NewOAuthRoleGrantsExclusive, NewOAuthApplication,
		NewOAuthAccessSet, NewOAuthAccessExclusive, NewOAuthJwtMapping}
}

// DataSources are the data sources of this service.
func DataSources() []func() datasource.DataSource {
	return []func() datasource.DataSource{NewIdentityDataSource, NewOAuthRolesDataSource, NewOAuthApplicationsDataSource, NewOAuthRulesDataSource}
}

// EphemeralResources are what is opened in a run of this service and never stored.
func EphemeralResources() []func() ephemeral.EphemeralResource {
	return []func() ephemeral.EphemeralResource{NewAccessToken}
}

// ListResources are what `terraform query` can find of this service.
func ListResources() []func() list.ListResource {
	return []func() list.ListResource{NewOAuthRoleGrantList, NewOAuthRoleGrantSetList, NewOAuthRoleGrantsExclusiveList, NewOAuthApplicationList,
		NewOAuthAccessSetList, NewOAuthAccessExclusiveList, NewOAuthJwtMappingList}
}
