// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package service

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/shared"
)

// Name refuses a text that is empty, begins or ends with a blank, or has a control character in it:
// it would be sent, and would name nothing or another account.
func Name() validator.String { return name{} }

type name struct{}

func (name) Description(context.Context) string {
	return "a text that is not empty, without blanks at its ends and without control characters"
}

func (v name) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (name) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	if problem := shared.NameProblem(req.ConfigValue.ValueString()); problem != "" {
		resp.Diagnostics.AddAttributeError(req.Path, "Invalid "+req.Path.String(),
			fmt.Sprintf("%s is %s, which %s.", req.Path, req.ConfigValue, problem))
	}
}
