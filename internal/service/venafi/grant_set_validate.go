// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/venafi"
)

// granteesValidator checks all grantees in one pass: a validator for each element would make the framework look up a path
// for each, which 10,000 grantees would feel.
//
// Errors point at the whole attribute: Terraform finds no place in the configuration for a path into it.
type granteesValidator struct{}

func (granteesValidator) Description(context.Context) string {
	return "labels, each with a prefixed universal ID such as local:{5be5a591-c842-4520-9142-b455f4ad2286} that has no other label"
}

func (v granteesValidator) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (granteesValidator) ValidateMap(_ context.Context, req validator.MapRequest, resp *validator.MapResponse) {
	resp.Diagnostics.Append(checkGrantees(req.Path, req.ConfigValue)...)
}

// checkGrantees refuses what is no prefixed universal ID, and one identity under two labels. What is not known yet is checked
// when it is.
func checkGrantees(at path.Path, grantees types.Map) (diags diagnostics) {
	elements := grantees.Elements()
	labels := make(map[string]string, len(elements)) // by canonical ID
	for _, label := range slices.Sorted(maps.Keys(elements)) {
		text, ok := elements[label].(types.String)
		if !ok || text.IsUnknown() {
			continue
		}
		if text.IsNull() {
			diags.AddAttributeError(at, "A grantee can't be null", fmt.Sprintf("The label %q has null in place of an ID. Leave it out, or give the prefixed "+
				"universal ID of a user or group.", label))
			continue
		}
		grantee := text.ValueString()
		if problem := granteeProblem(grantee); problem != "" {
			diags.AddAttributeError(at, "Not a prefixed universal ID", fmt.Sprintf("The label %q: %s", label, problem))
			continue
		}
		canonical := api.CanonicalGrantee(grantee)
		if other, taken := labels[canonical]; taken {
			diags.AddAttributeError(at, "Two labels for one identity",
				fmt.Sprintf("The labels %q and %q both stand for %s; upper and lower case and the braces of a GUID make no difference. Remove one of them.",
					other, label, grantee))
			continue
		}
		labels[canonical] = label
	}
	return diags
}
