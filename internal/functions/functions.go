// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

// Package functions holds the provider's functions. They only compute: they need no configuration
// and ask no service.
package functions

import "github.com/hashicorp/terraform-plugin-framework/function"

// Functions are the provider's functions.
func Functions() []func() function.Function {
	return []func() function.Function{NewAccountsByDomain, NewParsePrefixedUniversal}
}
