// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package functions

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// One file holds users and groups: the second argument says which rows count.
func TestAccountsByDomainOfOneType(t *testing.T) {
	t.Parallel()
	type want = map[string]map[string]string
	rows := tuple(
		object(map[string]any{"account": "zhangsan"}),
		object(map[string]any{"account": "lisi", "account_type": ""}),
		object(map[string]any{"account": "wangwu", "account_type": nil, "domain": "corp.example.com"}),
		object(map[string]any{"account": "zhaoliu", "account_type": "SIMPLE", "domain": "corp.example.com"}),
		object(map[string]any{"account": "engineering", "account_type": "USER_GROUP", "domain": "corp.example.com", "platform_type": "AD"}),
		object(map[string]any{"account": "zhangsan", "\ufeffaccount_type": "USER_GROUP", "platform_type": "LOCAL"}),
	)
	for accountType, want := range map[string]want{
		"SIMPLE":     {"local.com": {"zhangsan": "null", "lisi": "null"}, "corp.example.com": {"wangwu": "null", "zhaoliu": "null"}},
		"USER_GROUP": {"local.com": {"zhangsan": "LOCAL"}, "corp.example.com": {"engineering": "AD"}},
	} {
		got, err := accountsOf(t, rows, accountType)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, plain(t, got)); diff != "" {
			t.Errorf("%s: %s", accountType, diff)
		}
	}

	unknown, err := accountsOf(t, tuple(object(map[string]any{"account": "a", "account_type": types.StringUnknown()})), "SIMPLE")
	if err != nil || !unknown.IsUnknown() {
		t.Errorf("got %v, %v", unknown, err)
	}
	for name, test := range map[string]struct {
		column   string
		types    []string
		argument int64
		want     string
	}{
		"a type that does not exist": {"SIMPLE", []string{"USER"}, 1, `"USER"`},
		"two types":                  {"SIMPLE", []string{"SIMPLE", "USER_GROUP"}, 2, "one account type"},
		"a row of another type":      {"GROUP", []string{"SIMPLE"}, 0, `row 1 ("GROUP")`},
	} {
		_, err := accountsOf(t, tuple(object(map[string]any{"account": "a", "account_type": test.column})), test.types...)
		if err == nil || err.FunctionArgument == nil || *err.FunctionArgument != test.argument || !strings.Contains(err.Text, test.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := accountsOf(t, tuple(object(map[string]any{"account": "a", "Account_Type": "USER_GROUP"})), "SIMPLE"); err == nil {
		t.Error("a misspelt column of types was taken for missing")
	}
}
