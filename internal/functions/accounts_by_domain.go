// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package functions

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/types"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud"
)

var accountsType = types.MapType{ElemType: types.StringType}

// NewAccountsByDomain returns the function that turns rows, as csvdecode makes them, into the map
// that `users` takes.
func NewAccountsByDomain() function.Function { return accountsByDomain{} }

type accountsByDomain struct{}

func (accountsByDomain) Metadata(_ context.Context, _ function.MetadataRequest, resp *function.MetadataResponse) {
	resp.Name = "accounts_by_domain"
}

// Definition takes the rows as a dynamic value: csvdecode makes a list of objects, rows written by
// hand with different columns are a tuple, and columns that don't count may be of any type.
func (accountsByDomain) Definition(_ context.Context, _ function.DefinitionRequest, resp *function.DefinitionResponse) {
	resp.Definition = function.Definition{
		Summary: "Sort accounts into the map that users takes",
		MarkdownDescription: "Turns rows with `account`, and optionally `domain` and `platform_type`, into a map of domain to a map of account to " +
			"platform type, as `users` and `user_groups` of the Huawei Cloud resources take it; so `csvdecode(file(\"users.csv\"))` works, also " +
			"where the file begins with a byte order mark. A domain that is missing, null or empty is `" + api.DefaultDomain + "`; a platform type " +
			"that is missing, null or empty is null. Other columns are ignored. A row that stands there twice counts once; one account with two " +
			"platform types in one domain is an error. The time it takes is linear in the number of rows.\n\n" +
			"With a second argument, `\"SIMPLE\"` or `\"USER_GROUP\"`, only the rows count whose column `account_type` says so; a row without one is " +
			"`SIMPLE`. So one file gives `users` and `user_groups`.",
		Parameters: []function.Parameter{
			function.DynamicParameter{
				Name:               "rows",
				AllowUnknownValues: true,
				MarkdownDescription: "A list of objects with `account`, and optionally `domain` and `platform_type` (`AD`, `LOCAL`, or null), all " +
					"strings. The names of the columns are lower-case.",
			},
		},
		VariadicParameter: function.StringParameter{
			Name: "account_type",
			MarkdownDescription: "`\"SIMPLE\"` for the rows of users, or `\"USER_GROUP\"` for those of groups. Without it all rows count, and " +
				"a column `account_type` is ignored.",
		},
		Return: function.MapReturn{ElementType: accountsType},
	}
}

func (accountsByDomain) Run(ctx context.Context, req function.RunRequest, resp *function.RunResponse) {
	var rows types.Dynamic
	var accountTypes []string
	if resp.Error = req.Arguments.Get(ctx, &rows, &accountTypes); resp.Error != nil {
		return
	}
	var only api.AccountType
	switch len(accountTypes) {
	case 0:
	case 1:
		only = api.AccountType(accountTypes[0])
		if only != api.Simple && only != api.UserGroup {
			resp.Error = argumentError(1, fmt.Sprintf("The account type is %q, and it can be %q or %q.", only, api.Simple, api.UserGroup))
			return
		}
	default:
		resp.Error = argumentError(2, "There is one account type for each call.")
		return
	}
	result, problem := sortAccounts(rows.UnderlyingValue(), only)
	if problem != "" {
		resp.Error = argumentError(0, problem)
		return
	}
	resp.Error = resp.Result.Set(ctx, result)
}

// sortAccounts returns the map of the rows of one account type, or of all rows when it is "". The
// map is unknown when a value that decides about it is. A problem is for people.
func sortAccounts(rows attr.Value, only api.AccountType) (result types.Map, problem string) {
	unknown := types.MapUnknown(accountsType)
	if rows == nil || rows.IsUnknown() {
		return unknown, ""
	}
	elements, ok := elementsOf(rows)
	if !ok {
		return unknown, fmt.Sprintf("Expected a list of objects, such as csvdecode makes, not %s.", kindOf(rows))
	}
	domains := map[string]map[string]attr.Value{}
	firstRow := map[[2]string]int{}
	known := true
	var problems problems
	for i, element := range elements {
		n := i + 1
		row, ok, problem := readRow(element, only)
		if problem != nil {
			problems.add(n, problem)
			continue
		}
		if !ok {
			known = false
			continue
		}
		if row.other {
			continue
		}
		if domains[row.domain] == nil {
			domains[row.domain] = map[string]attr.Value{}
		}
		accounts := domains[row.domain]
		if there, twice := accounts[row.account]; twice {
			if !there.Equal(row.platform) {
				problems.add(n, &mistake{"An account has two platform types in one domain", fmt.Sprintf("%q in %q: %s here, %s in row %d",
					row.account, row.domain, platformText(row.platform), platformText(there), firstRow[[2]string{row.domain, row.account}])})
			}
			continue
		}
		accounts[row.account] = row.platform
		firstRow[[2]string{row.domain, row.account}] = n
	}
	if text := problems.String(); text != "" {
		return unknown, text
	}
	if !known {
		return unknown, ""
	}
	values := make(map[string]attr.Value, len(domains))
	for domain, accounts := range domains {
		values[domain] = types.MapValueMust(types.StringType, accounts)
	}
	return types.MapValueMust(accountsType, values), ""
}

// platformText writes a platform type for people.
func platformText(platform attr.Value) string {
	if platform.IsNull() {
		return "none"
	}
	return platform.String()
}
