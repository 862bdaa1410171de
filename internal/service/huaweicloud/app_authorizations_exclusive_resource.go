// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud

import "github.com/hashicorp/terraform-plugin-framework/resource"

// NewAppAuthorizationsExclusive returns the resource that owns the whole list of its applications. It is the additive
// set with another answer to one question, whose accounts it may revoke: see setResource.
func NewAppAuthorizationsExclusive() resource.Resource {
	return &setResource{kind: exclusiveSet}
}
