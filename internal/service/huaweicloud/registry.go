// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud

import (
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/resource"
)

// Resources are the resources of this service.
func Resources() []func() resource.Resource {
	return []func() resource.Resource{NewAppAuthorizationSet, NewAppAuthorizationsExclusive}
}

// DataSources are the data sources of this service.
func DataSources() []func() datasource.DataSource {
	return []func() datasource.DataSource{NewAppDataSource, NewAppsDataSource, NewAppAuthorizationsDataSource}
}

// ListResources are what `terraform query` can find of this service.
func ListResources() []func() list.ListResource {
	return []func() list.ListResource{NewAppAuthorizationSetList, NewAppAuthorizationsExclusiveList}
}
