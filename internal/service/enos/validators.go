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
	if _, distance := nearestType(name); distance <= closeEnough || strings.TrimSpace(name) == "" {
		resp.Diagnostics.AddAttributeError(req.Path, "Unknown data authorize type", unknownType(name))
	}
}

// unknownType explains what may have been meant.
func unknownType(name string) string {
	if strings.TrimSpace(name) == "" {
		return "A data authorize type is empty. The types are " + strings.Join(typeNames(), ", ") + "."
	}
	nearest, _ := nearestType(name)
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

// nearestType returns the documented type that is the least edits away, in any case of letters.
func nearestType(name string) (nearest string, distance int) {
	for i, candidate := range typeNames() {
		if d := editDistance(strings.ToUpper(strings.TrimSpace(name)), candidate); i == 0 || d < distance {
			nearest, distance = candidate, d
		}
	}
	return nearest, distance
}

// editDistance is the least number of letters to insert, delete, replace or swap with their
// neighbour (optimal string alignment).
func editDistance(a, b string) int {
	s, t := []rune(a), []rune(b)
	var before []int
	row := make([]int, len(t)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(s); i++ {
		next := make([]int, len(t)+1)
		next[0] = i
		for j := 1; j <= len(t); j++ {
			cost := 1
			if s[i-1] == t[j-1] {
				cost = 0
			}
			next[j] = min(row[j]+1, next[j-1]+1, row[j-1]+cost)
			if i > 1 && j > 1 && s[i-1] == t[j-2] && s[i-2] == t[j-1] {
				next[j] = min(next[j], before[j-2]+1)
			}
		}
		before, row = row, next
	}
	return row[len(t)]
}
