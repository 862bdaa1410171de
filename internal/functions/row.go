// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package functions

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud"
)

// The columns that count.
const (
	columnAccount  = "account"
	columnDomain   = "domain"
	columnPlatform = "platform_type"
)

// row is one account. The domain is never "".
type row struct {
	account, domain string
	platform        types.String // null when it is left out
}

// readRow reads the columns that count. It is not ok when one of them is unknown.
func readRow(v attr.Value) (r row, ok bool, err error) {
	v = bare(v)
	if v.IsUnknown() {
		return r, false, nil
	}
	if v.IsNull() {
		return r, false, errors.New("it is null")
	}
	var columns map[string]attr.Value
	switch v := v.(type) {
	case types.Object:
		columns = v.Attributes()
	case types.Map:
		columns = v.Elements()
	default:
		return r, false, fmt.Errorf("expected an object with %s, not %s", columnAccount, kindOf(v))
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
func (r row) check() error {
	if err := checkName(columnAccount, r.account, api.MaxAccountLength); err != nil {
		return err
	}
	if err := checkName(columnDomain, r.domain, api.MaxDomainLength); err != nil {
		return fmt.Errorf("account %q: %w", r.account, err)
	}
	switch platform := r.platform.ValueString(); api.PlatformType(platform) {
	case "", api.AD, api.Local:
		return nil
	default:
		if upper := api.PlatformType(strings.ToUpper(platform)); upper == api.AD || upper == api.Local {
			return fmt.Errorf("account %q: write the platform type %q in upper case, %s", r.account, platform, upper)
		}
		return fmt.Errorf("account %q: the platform type %q does not exist: it is %s, %s, or empty", r.account, platform, api.AD, api.Local)
	}
}

func checkName(column, name string, longest int) error {
	switch n := utf8.RuneCountInString(name); {
	case strings.TrimSpace(name) != name:
		return fmt.Errorf("the %s %q begins or ends with a blank", column, name)
	case n > longest:
		return fmt.Errorf("the %s %q has %d characters, and %d are possible", column, name, n, longest)
	}
	return nil
}

func missing(columns map[string]attr.Value) error {
	if _, there := columns[columnAccount]; there {
		return fmt.Errorf("the %s is empty", columnAccount)
	}
	names := slices.Sorted(maps.Keys(columns))
	return fmt.Errorf("there is no %s: its columns are %q", columnAccount, names)
}

// text returns a column as a string, null when it is missing. A column that is only misspelt is an error: taken for
// missing, it would put every account into the default domain.
func text(columns map[string]attr.Value, name string) (types.String, error) {
	v, there := columns[name]
	if !there {
		for other := range columns {
			if other != name && strings.EqualFold(strings.Trim(other, " \t\r\n\ufeff"), name) {
				return types.String{}, fmt.Errorf("the column %q has to be named %q, in lower case and without blanks or a byte order mark",
					other, name)
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
		// As Terraform writes a number where a string is wanted: employee numbers are accounts, too.
		return types.StringValue(v.ValueBigFloat().Text('f', -1)), nil
	}
	return types.String{}, fmt.Errorf("the %s is %s, not a string", name, kindOf(v))
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
