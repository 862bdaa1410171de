// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud

import (
	"context"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/shared"
)

// accountsValidator checks a map of domain to accounts in one pass: a validator for each element
// would make the framework look up a path for each, which 20,000 accounts would feel.
//
// Errors point at the whole attribute: Terraform finds no place in the configuration for a path
// into it.
type accountsValidator struct{}

func (accountsValidator) Description(context.Context) string {
	return fmt.Sprintf("domains of 1 to %d characters, accounts of 1 to %d, platform types AD, LOCAL, null or \"\"",
		api.MaxDomainLength, api.MaxAccountLength)
}

func (v accountsValidator) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (accountsValidator) ValidateMap(_ context.Context, req validator.MapRequest, resp *validator.MapResponse) {
	var domains, accounts, platforms shared.Findings
	elements := req.ConfigValue.Elements()
	for _, domain := range sortedKeys(elements) {
		if kind, place := nameProblem("domain", domain, api.MaxDomainLength); kind != "" {
			domains.Add(kind, place)
		}
		ofDomain, ok := elements[domain].(types.Map)
		if !ok || ofDomain.IsUnknown() {
			continue
		}
		if ofDomain.IsNull() {
			resp.Diagnostics.AddAttributeError(req.Path, "Accounts of a domain can't be null",
				fmt.Sprintf("The domain %q has null in place of its accounts. Leave the domain out, or give it an empty map.", domain))
			continue
		}
		wrong := map[string][2]string{} // an error names accounts in a fixed order, and only those that it names are sorted
		for name, platform := range ofDomain.Elements() {
			if kind, place := nameProblem("account", name, api.MaxAccountLength); kind != "" {
				wrong[name] = [2]string{kind, place}
			} else if value, ok := wrongPlatform(platform); ok {
				wrong[name] = [2]string{"", value}
			}
		}
		for _, name := range sortedKeys(wrong) {
			if kind, place := wrong[name][0], wrong[name][1]; kind != "" {
				accounts.Add(kind, fmt.Sprintf("%s of %s", place, domain))
			} else {
				platforms.Add(fmt.Sprintf("The platform type is %q for an Active Directory domain, %q for a local user, in upper case, or null or \"\" to "+
					"leave it out", api.AD, api.Local), fmt.Sprintf("%s/%s has %q", domain, name, place))
			}
		}
	}
	for summary, findings := range map[string]*shared.Findings{
		"Invalid domain": &domains, "Invalid account": &accounts, "Unknown platform type": &platforms,
	} {
		for _, sentence := range findings.Sentences() {
			if summary == "Invalid domain" {
				sentence += " The domain of local users is \"" + api.DefaultDomain + "\"."
			}
			resp.Diagnostics.AddAttributeError(req.Path, summary, sentence)
		}
	}
}

// wrongPlatform returns a platform type that does not exist.
func wrongPlatform(platform attr.Value) (value string, wrong bool) {
	text, ok := platform.(types.String)
	if !ok {
		return "", false
	}
	switch api.PlatformType(text.ValueString()) {
	case "", api.AD, api.Local:
		return "", false
	}
	return text.ValueString(), true
}

func nameProblem(what, name string, longest int) (kind, place string) {
	if problem := shared.NameProblem(name); problem != "" {
		return fmt.Sprintf("The %s %s", what, problem), fmt.Sprintf("%q", name)
	}
	if n := utf8.RuneCountInString(name); n > longest {
		return fmt.Sprintf("The %s has more than %d characters", what, longest), fmt.Sprintf("%q with %d", name, n)
	}
	return "", ""
}

// keepSpelling keeps a state that says the same as the configuration: an account whose platform
// type is null and one whose platform type is "" are the same, and no diff.
type keepSpelling struct{}

func (keepSpelling) Description(context.Context) string {
	return "keeps the state where the configuration differs from it only in null and \"\""
}

func (m keepSpelling) MarkdownDescription(ctx context.Context) string { return m.Description(ctx) }

func (keepSpelling) PlanModifyMap(_ context.Context, req planmodifier.MapRequest, resp *planmodifier.MapResponse) {
	if sameAccounts(req.StateValue, req.PlanValue) {
		resp.PlanValue = req.StateValue
	}
}

// sameAccounts tells whether two values of users or user_groups say the same.
func sameAccounts(a, b types.Map) bool {
	if a.IsNull() || b.IsNull() || a.IsUnknown() || b.IsUnknown() || len(a.Elements()) != len(b.Elements()) {
		return false
	}
	others := b.Elements()
	for domain, accounts := range a.Elements() {
		mine, ok := accounts.(types.Map)
		theirs, both := others[domain].(types.Map)
		if !ok || !both || mine.IsUnknown() || theirs.IsUnknown() || len(mine.Elements()) != len(theirs.Elements()) {
			return false
		}
		platforms := theirs.Elements()
		for name, platform := range mine.Elements() {
			p, ok := platform.(types.String)
			q, both := platforms[name].(types.String)
			if !ok || !both || p.IsUnknown() || q.IsUnknown() || p.ValueString() != q.ValueString() {
				return false
			}
		}
	}
	return true
}

// sameApps keeps the names of the applications while these are the same. The names of others are
// known only after the apply: an application may be renamed between a plan and its apply, and
// Terraform fails an apply that makes another text than it planned.
type sameApps struct{}

func (sameApps) Description(context.Context) string {
	return "keeps the names while app_ids are the same"
}

func (m sameApps) MarkdownDescription(ctx context.Context) string { return m.Description(ctx) }

func (sameApps) PlanModifyString(ctx context.Context, req planmodifier.StringRequest, resp *planmodifier.StringResponse) {
	if req.StateValue.IsNull() {
		return
	}
	var planned, before types.Set
	resp.Diagnostics.Append(req.Plan.GetAttribute(ctx, path.Root("app_ids"), &planned)...)
	resp.Diagnostics.Append(req.State.GetAttribute(ctx, path.Root("app_ids"), &before)...)
	if planned.Equal(before) {
		resp.PlanValue = req.StateValue
	}
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
