// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/shared"
	api "github.com/appaccess/terraform-provider-appaccess/internal/api/venafi"
)

// granteePattern is a prefixed universal ID. Which form the ID has after the colon depends on the
// identity provider.
var granteePattern = regexp.MustCompile(`(?i)^(local|(AD|LDAP)\+[^:]+):.+$`)

// notHexadecimal is what no object GUID of Active Directory holds, in any spelling.
var notHexadecimal = regexp.MustCompile(`[^0-9a-fA-F{}-]`)

// granteeValidator refuses what is no prefixed universal ID, prefixed names above all.
type granteeValidator struct{}

func (granteeValidator) Description(context.Context) string {
	return "a prefixed universal ID such as local:{5be5a591-c842-4520-9142-b455f4ad2286}"
}

func (v granteeValidator) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (granteeValidator) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	if problem := granteeProblem(req.ConfigValue.ValueString()); problem != "" {
		resp.Diagnostics.AddAttributeError(req.Path, "Not a prefixed universal ID", problem)
	}
}

// granteeProblem says why a text can't be a prefixed universal ID, "" when it can. Local identities
// have a GUID in braces and those of Active Directory one without; the IDs of LDAP directories may
// be of any form.
func granteeProblem(grantee string) string {
	prefix, universal, _ := strings.Cut(grantee, ":")
	switch {
	case strings.TrimSpace(grantee) == "":
		return "The ID is empty. " + howToFindID("local:jdoe")
	case shared.NameProblem(grantee) != "":
		return fmt.Sprintf("The ID %q %s.", grantee, shared.NameProblem(grantee))
	case !granteePattern.MatchString(grantee):
		problem := fmt.Sprintf("The ID %q has no prefix of an identity provider, which is \"local:\", \"AD+name:\" or \"LDAP+name:\".", grantee)
		if api.IsGUID(grantee) {
			return problem + fmt.Sprintf(" A local user or group is \"local:{%s}\".", strings.Trim(grantee, "{}"))
		}
		name := grantee
		if !strings.Contains(grantee, ":") && grantee != "" {
			name = "local:" + grantee
		}
		return problem + " " + howToFindID(name)
	case strings.EqualFold(prefix, "local") && api.IsGUID(universal) && !strings.HasPrefix(universal, "{"):
		return fmt.Sprintf("The ID %q lacks the braces that IDs of local users and groups have: write \"%s:{%s}\".", grantee, prefix, universal)
	case strings.EqualFold(prefix, "local") && !api.IsGUID(universal):
		return fmt.Sprintf("%q is a name, and access is granted to IDs: a GUID in braces after \"local:\". %s", grantee, howToFindID(grantee))
	case strings.HasPrefix(strings.ToUpper(prefix), "AD+") && notHexadecimal.MatchString(universal):
		return fmt.Sprintf("%q is a name, and access is granted to IDs: 32 hexadecimal digits after \"%s:\". %s", grantee, prefix, howToFindID(grantee))
	}
	return ""
}

func howToFindID(name string) string {
	return fmt.Sprintf("The data source appaccess_venafi_identity finds the ID by the name:\n\n"+
		"  data \"appaccess_venafi_identity\" \"example\" {\n    name = %q\n  }\n\n"+
		"and the ID is data.appaccess_venafi_identity.example.prefixed_universal.", name)
}

// roleValidator refuses roles that don't exist or can't be granted.
type roleValidator struct{}

func (roleValidator) Description(context.Context) string {
	return "one of " + strings.Join(grantableRoles(), ", ")
}

func (v roleValidator) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (roleValidator) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	if _, err := api.ParseRole(req.ConfigValue.ValueString()); err != nil {
		resp.Diagnostics.AddAttributeError(req.Path, "Unknown OAuth role", "The "+err.Error()+".")
	}
}

// applicationValidator wants the ID of an API integration.
type applicationValidator struct{}

func (applicationValidator) Description(context.Context) string {
	return "the ID of an API integration"
}

func (v applicationValidator) MarkdownDescription(ctx context.Context) string {
	return v.Description(ctx)
}

func (applicationValidator) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	id := req.ConfigValue.ValueString()
	if problem := shared.NameProblem(id); problem != "" {
		resp.Diagnostics.AddAttributeError(req.Path, "Invalid application_id",
			fmt.Sprintf("The application_id %q %s: give the ID of the API integration, or leave it out for a role on the whole installation.", id, problem))
	}
}

// granteesValidator checks all grantees in one pass: a validator for each element would make the
// framework look up a path for each, which 10,000 grantees would feel.
//
// Errors point at the whole attribute: Terraform finds no place in the configuration for a path
// into it.
type granteesValidator struct{}

func (granteesValidator) Description(context.Context) string {
	return "labels, each with a prefixed universal ID such as local:{5be5a591-c842-4520-9142-b455f4ad2286} that has no other label"
}

func (v granteesValidator) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (granteesValidator) ValidateMap(_ context.Context, req validator.MapRequest, resp *validator.MapResponse) {
	resp.Diagnostics.Append(checkGrantees(req.Path, req.ConfigValue)...)
}

// checkGrantees refuses what is no prefixed universal ID, and one identity under two labels. What
// is not known yet is checked when it is.
func checkGrantees(at path.Path, grantees types.Map) (diags diag.Diagnostics) {
	elements := grantees.Elements()
	labels := make(map[string]string, len(elements)) // by canonical ID
	for _, label := range slices.Sorted(maps.Keys(elements)) {
		text, ok := elements[label].(types.String)
		if !ok || text.IsUnknown() {
			continue
		}
		if text.IsNull() {
			diags.AddAttributeError(at, "An ID can't be null", fmt.Sprintf("The label %q has null in place of an ID. Leave it out, or give the prefixed "+
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
