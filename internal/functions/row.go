// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package functions

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/shared"
)

// The columns that count.
const (
	columnAccount  = "account"
	columnDomain   = "domain"
	columnPlatform = "platform_type"
	columnType     = "account_type"
)

// row is one account. The domain is never "".
type row struct {
	account, domain string
	platform        types.String // null when it is left out
	other           bool         // it is of another account type than was asked for, and the rest was not read
}

// byteOrderMark stands at the beginning of files that some programs write, and csvdecode takes it
// for a part of the first column's name.
const byteOrderMark = "\ufeff"

// readRow reads the columns that count of a row of one account type, or of any when it is "". It is
// not ok when one of them is unknown.
func readRow(v attr.Value, only api.AccountType) (r row, ok bool, err *mistake) {
	v = bare(v)
	if v.IsUnknown() {
		return r, false, nil
	}
	if v.IsNull() {
		return r, false, &mistake{kind: "A row is null"}
	}
	var columns map[string]attr.Value
	switch v := v.(type) {
	case types.Object:
		columns = v.Attributes()
	case types.Map:
		columns = v.Elements()
	default:
		return r, false, &mistake{"A row is no object with " + columnAccount, kindOf(v)}
	}

	if only != "" {
		accountType, err := text(columns, columnType)
		if err != nil || accountType.IsUnknown() {
			return r, false, err
		}
		switch of := api.AccountType(accountType.ValueString()); of {
		case only:
		case "":
			r.other = only != api.Simple
		case api.Simple, api.UserGroup:
			r.other = true
		default:
			return r, false, &mistake{fmt.Sprintf("The %s is neither %s nor %s nor empty", columnType, api.Simple, api.UserGroup), fmt.Sprintf("%q", of)}
		}
		if r.other {
			return r, true, nil
		}
	}
	account, err := text(columns, columnAccount)
	if err != nil {
		return r, false, err
	}
	domain, err := text(columns, columnDomain)
	if err != nil {
		return r, false, err
	}
	platform, err := text(columns, columnPlatform)
	if err != nil {
		return r, false, err
	}
	if account.IsUnknown() || domain.IsUnknown() || platform.IsUnknown() {
		return r, false, nil
	}
	if account.ValueString() == "" {
		return r, false, missing(columns)
	}
	r = row{account: account.ValueString(), domain: domain.ValueString(), platform: platform}
	if r.domain == "" {
		r.domain = api.DefaultDomain
	}
	if platform.ValueString() == "" {
		r.platform = types.StringNull()
	}
	return r, true, r.check()
}

// check finds what the resources would refuse, here with the row.
func (r row) check() *mistake {
	if err := checkName(columnAccount, r.account, api.MaxAccountLength); err != nil {
		return err
	}
	if err := checkName(columnDomain, r.domain, api.MaxDomainLength); err != nil {
		return err
	}
	switch platform := r.platform.ValueString(); api.PlatformType(platform) {
	case "", api.AD, api.Local:
		return nil
	default:
		return &mistake{fmt.Sprintf("The %s is neither %s nor %s, in upper case, nor empty", columnPlatform, api.AD, api.Local),
			fmt.Sprintf("%q, account %q", platform, r.account)}
	}
}

func checkName(column, name string, longest int) *mistake {
	if problem := shared.NameProblem(name); problem != "" {
		return &mistake{"The " + column + " " + problem, fmt.Sprintf("%q", name)}
	}
	if n := utf8.RuneCountInString(name); n > longest {
		return &mistake{fmt.Sprintf("The %s has more than %d characters", column, longest), fmt.Sprintf("%d, %q", n, name)}
	}
	return nil
}

func missing(columns map[string]attr.Value) *mistake {
	if _, there := column(columns, columnAccount); there {
		return &mistake{kind: fmt.Sprintf("The %s is empty", columnAccount)}
	}
	names := slices.Sorted(maps.Keys(columns))
	return &mistake{kind: fmt.Sprintf("There is no %s among the columns %q", columnAccount, names)}
}

// column finds a column by its name, as if a byte order mark before it were not there.
func column(columns map[string]attr.Value, name string) (attr.Value, bool) {
	if v, there := columns[name]; there {
		return v, true
	}
	v, there := columns[byteOrderMark+name]
	return v, there
}

// text returns a column as a string, null when it is missing. A column that is only misspelt is an
// error: taken for missing, it would put every account into the default domain.
func text(columns map[string]attr.Value, name string) (types.String, *mistake) {
	v, there := column(columns, name)
	if !there {
		for other := range columns {
			if strings.EqualFold(strings.Trim(other, " \t\r\n"+byteOrderMark), name) {
				return types.String{}, &mistake{kind: fmt.Sprintf("The column %q has to be named %q, in lower case and without blanks", other, name)}
			}
		}
		return types.StringNull(), nil
	}
	v = bare(v)
	switch {
	case v.IsUnknown():
		return types.StringUnknown(), nil
	case v.IsNull():
		return types.StringNull(), nil
	}
	switch v := v.(type) {
	case types.String:
		return v, nil
	case types.Number:
		// As Terraform writes a number where a string is wanted: employee numbers are accounts,
		// too.
		return types.StringValue(v.ValueBigFloat().Text('f', -1)), nil
	}
	return types.String{}, &mistake{fmt.Sprintf("The %s is no string", name), kindOf(v)}
}

// bare takes the dynamic wrapping off a value.
func bare(v attr.Value) attr.Value {
	if dynamic, ok := v.(types.Dynamic); ok && !dynamic.IsNull() && !dynamic.IsUnknown() {
		return dynamic.UnderlyingValue()
	}
	return v
}

// elementsOf returns the elements of a list, tuple or set.
func elementsOf(v attr.Value) ([]attr.Value, bool) {
	switch v := v.(type) {
	case types.List:
		return v.Elements(), true
	case types.Tuple:
		return v.Elements(), true
	case types.Set:
		return v.Elements(), true
	}
	return nil, false
}

// kindOf names the type of a value as Terraform's language does.
func kindOf(v attr.Value) string {
	switch v.(type) {
	case types.String:
		return "a string"
	case types.Number, types.Int64, types.Float64:
		return "a number"
	case types.Bool:
		return "a bool"
	case types.Object:
		return "an object"
	case types.Map:
		return "a map"
	case types.List, types.Tuple:
		return "a list"
	case types.Set:
		return "a set"
	}
	return "a value of another type"
}
