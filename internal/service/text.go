// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package service

import "github.com/hashicorp/terraform-plugin-framework/types"

// Text is null for what a service left out.
func Text(text string) types.String {
	if text == "" {
		return types.StringNull()
	}
	return types.StringValue(text)
}
