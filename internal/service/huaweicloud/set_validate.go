// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud"
)

// accountsValidator checks a map of domain to accounts in one pass: a validator for each element would make the
// framework look up a path for each, which 20,000 accounts would feel.
//
// Errors point at the whole attribute: Terraform finds no place in the configuration for a path into it.
type accountsValidator struct{}

func (accountsValidator) Description(context.Context) string {
	return fmt.Sprintf("domains of 1 to %d characters, accounts of 1 to %d, platform types AD, LOCAL or null",
		api.MaxDomainLength, api.MaxAccountLength)
}

func (v accountsValidator) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (accountsValidator) ValidateMap(_ context.Context, req validator.MapRequest, resp *validator.MapResponse) {
	domains := req.ConfigValue.Elements()
	for _, domain := range sortedKeys(domains) {
		if problem := nameProblem("domain", domain, api.MaxDomainLength); problem != "" {
			resp.Diagnostics.AddAttributeError(req.Path, "Invalid domain", problem+" The domain of local users is \""+api.DefaultDomain+"\".")
		}
		accounts, ok := domains[domain].(types.Map)
		if !ok || accounts.IsUnknown() {
			continue
		}
		if accounts.IsNull() {
			resp.Diagnostics.AddAttributeError(req.Path, "Accounts of a domain can't be null",
				fmt.Sprintf("The domain %q has null in place of its accounts. Leave the domain out, or give it an empty map.", domain))
			continue
		}
		elements := accounts.Elements()
		for name, platform := range elements {
			if problem := nameProblem("account", name, api.MaxAccountLength); problem != "" {
				resp.Diagnostics.AddAttributeError(req.Path, "Invalid account", fmt.Sprintf("Domain %q: %s", domain, problem))
			}
			checkPlatform(req.Path, domain, name, platform, resp)
		}
	}
}

func checkPlatform(at path.Path, domain, name string, platform attr.Value, resp *validator.MapResponse) {
	text, ok := platform.(types.String)
	if !ok || text.IsNull() || text.IsUnknown() {
		return
	}
	switch value := text.ValueString(); {
	case value == string(api.AD) || value == string(api.Local):
	case strings.EqualFold(value, string(api.AD)) || strings.EqualFold(value, string(api.Local)):
		resp.Diagnostics.AddAttributeError(at, "Unknown platform type",
			fmt.Sprintf("The platform type of %s/%s is %q: write it in upper case, %q.", domain, name, value, strings.ToUpper(value)))
	default:
		resp.Diagnostics.AddAttributeError(at, "Unknown platform type",
			fmt.Sprintf("The platform type of %s/%s is %q. It is AD for an Active Directory domain, LOCAL for a local user, or null to leave it out.",
				domain, name, value))
	}
}

func nameProblem(what, name string, longest int) string {
	switch n := utf8.RuneCountInString(name); {
	case strings.TrimSpace(name) == "":
		return fmt.Sprintf("The %s is empty: it needs 1 to %d characters.", what, longest)
	case n > longest:
		return fmt.Sprintf("The %s %q has %d characters: at most %d are possible.", what, name, n, longest)
	}
	return ""
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
