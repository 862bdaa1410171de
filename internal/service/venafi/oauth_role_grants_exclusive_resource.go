// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import "github.com/hashicorp/terraform-plugin-framework/resource"

// NewOAuthRoleGrantsExclusive returns the resource that owns all grants of a role. It is the additive set with another answer to
// one question, whose grants it may revoke: see grantSetResource.
func NewOAuthRoleGrantsExclusive() resource.Resource {
	return &grantSetResource{kind: exclusiveGrants}
}
