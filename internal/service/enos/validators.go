// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package enos

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/enos"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/shared"
	"github.com/appaccess/terraform-provider-appaccess/internal/service"
)

// notEmpty wants a name; what says of what.
type notEmpty struct{ what string }

func (v notEmpty) Description(context.Context) string { return v.what }

func (v notEmpty) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (v notEmpty) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	if problem := shared.NameProblem(req.ConfigValue.ValueString()); problem != "" {
		resp.Diagnostics.AddAttributeError(req.Path, "Invalid "+req.Path.String(),
			fmt.Sprintf("%s is %s, which %s: give %s.", req.Path, req.ConfigValue, problem, v.what))
	}
}

// closeEnough is the number of letters by which a misspelt type may differ from a documented one. A
// type that the service may have added since is further away.
const closeEnough = 2

// typeValidator refuses types that are misspelt. Types that look like none of the documented ones
// are left to the plan, which knows whether the service has them.
type typeValidator struct{}

func (typeValidator) Description(context.Context) string {
	return "one of " + strings.Join(typeNames(), ", ")
}

func (v typeValidator) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (typeValidator) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	name := req.ConfigValue.ValueString()
	if _, known := api.LookupDataAuthorizeType(name); known {
		return
	}
	if _, distance := service.Nearest(name, typeNames()); distance <= closeEnough || strings.TrimSpace(name) == "" {
		resp.Diagnostics.AddAttributeError(req.Path, "Unknown data authorize type", unknownType(name))
	}
}

// unknownType explains what may have been meant.
func unknownType(name string) string {
	if strings.TrimSpace(name) == "" {
		return "A data authorize type is empty. The types are " + strings.Join(typeNames(), ", ") + "."
	}
	nearest, _ := service.Nearest(name, typeNames())
	return fmt.Sprintf("There is no data authorize type %q: did you mean %q? The types are %s. Another type can be listed only while the service "+
		"has it for this application.", name, nearest, strings.Join(typeNames(), ", "))
}

func typeNames() []string {
	var names []string
	for _, t := range api.DataAuthorizeTypes() {
		names = append(names, t.Name)
	}
	return names
}
