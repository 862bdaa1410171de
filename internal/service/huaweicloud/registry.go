// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud

import "github.com/hashicorp/terraform-plugin-framework/resource"

// Resources are the resources of this service.
func Resources() []func() resource.Resource {
	return []func() resource.Resource{NewAppAuthorizationSet, NewAppAuthorizationsExclusive}
}
