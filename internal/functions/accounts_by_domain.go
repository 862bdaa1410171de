// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package functions

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/types"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud"
)

// maxProblems is how many rows an error names: who mends a file wants to see more than the first.
const maxProblems = 10

var accountsType = types.MapType{ElemType: types.StringType}

// NewAccountsByDomain returns the function that turns rows, as csvdecode makes them, into the map that `users` takes.
func NewAccountsByDomain() function.Function { return accountsByDomain{} }

type accountsByDomain struct{}

func (accountsByDomain) Metadata(_ context.Context, _ function.MetadataRequest, resp *function.MetadataResponse) {
	resp.Name = "accounts_by_domain"
}

// Definition takes the rows as a dynamic value: csvdecode makes a list of objects, rows written by hand with different
// columns are a tuple, and columns that are none of ours may be of any type.
func (accountsByDomain) Definition(_ context.Context, _ function.DefinitionRequest, resp *function.DefinitionResponse) {
	resp.Definition = function.Definition{
		Summary: "Sort accounts into the map that users takes",
		MarkdownDescription: "Turns rows with `account`, and optionally `domain` and `platform_type`, into a map of domain to a map of account to " +
			"platform type, as `users` and `user_groups` of the Huawei Cloud resources take it; so `csvdecode(file(\"users.csv\"))` works. A domain " +
			"that is missing, null or empty is `" + api.DefaultDomain + "`; a platform type that is missing, null or empty is null. Other columns are " +
			"ignored. A row that stands there twice counts once; one account with two platform types in one domain is an error. The time it takes " +
			"is linear in the number of rows.",
		Parameters: []function.Parameter{
			function.DynamicParameter{
				Name:               "rows",
				AllowUnknownValues: true,
				MarkdownDescription: "A list of objects with `account`, and optionally `domain` and `platform_type` (`AD`, `LOCAL`, or null), all " +
					"strings. The names of the columns are lower-case.",
			},
		},
		Return: function.MapReturn{ElementType: accountsType},
	}
}

func (accountsByDomain) Run(ctx context.Context, req function.RunRequest, resp *function.RunResponse) {
	var rows types.Dynamic
	if resp.Error = req.Arguments.Get(ctx, &rows); resp.Error != nil {
		return
	}
	result, problem := sortAccounts(rows.UnderlyingValue())
	if problem != "" {
		resp.Error = function.NewArgumentFuncError(0, problem)
		return
	}
	resp.Error = resp.Result.Set(ctx, result)
}

// sortAccounts returns the map, unknown when a value that decides about it is. A problem is for people.
func sortAccounts(rows attr.Value) (result types.Map, problem string) {
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
		row, ok, err := readRow(element)
		if err != nil {
			problems.add("Row %d: %v.", n, err)
			continue
		}
		if !ok {
			known = false
			continue
		}
		if domains[row.domain] == nil {
			domains[row.domain] = map[string]attr.Value{}
		}
		accounts := domains[row.domain]
		if there, twice := accounts[row.account]; twice {
			if !there.Equal(row.platform) {
				problems.add("Row %d: the account %q of the domain %q has the platform type %s here and %s in row %d. "+
					"An account has one platform type.", n, row.account, row.domain, row.platform, there,
					firstRow[[2]string{row.domain, row.account}])
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

// problems collects what is wrong, the first few of it.
type problems struct {
	lines []string
	more  int
}

func (p *problems) add(format string, args ...any) {
	if len(p.lines) == maxProblems {
		p.more++
		return
	}
	p.lines = append(p.lines, fmt.Sprintf(format, args...))
}

func (p *problems) String() string {
	text := strings.Join(p.lines, "\n")
	if p.more > 0 {
		text += fmt.Sprintf("\nAnd %d more rows.", p.more)
	}
	return text
}
