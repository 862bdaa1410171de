// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package functions

import (
	"fmt"
	"math/big"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"pgregory.net/rapid"
)

// run calls the function as Terraform does, with a value of any type in the dynamic parameter.
// Terraform ends the text of an error with a full stop.
func run(t testing.TB, f function.Function, result attr.Value, arguments ...attr.Value) (attr.Value, *function.FuncError) {
	t.Helper()
	resp := function.RunResponse{Result: function.NewResultData(result)}
	f.Run(t.Context(), function.RunRequest{Arguments: function.NewArgumentsData(arguments)}, &resp)
	if resp.Error != nil && strings.HasSuffix(resp.Error.Text, ".") {
		t.Errorf("%q ends in two full stops", resp.Error.Text+".")
	}
	return resp.Result.Value(), resp.Error
}

func accountsOf(t testing.TB, rows attr.Value, accountTypes ...string) (attr.Value, *function.FuncError) {
	t.Helper()
	return accountsOfArguments(t, types.DynamicValue(rows), accountTypes...)
}

// accountsOfArguments hands over the account types as the framework does, as a tuple.
func accountsOfArguments(t testing.TB, rows attr.Value, accountTypes ...string) (attr.Value, *function.FuncError) {
	t.Helper()
	kinds, elements := make([]attr.Type, len(accountTypes)), make([]attr.Value, len(accountTypes))
	for i, accountType := range accountTypes {
		kinds[i], elements[i] = types.StringType, types.StringValue(accountType)
	}
	return run(t, NewAccountsByDomain(), types.MapUnknown(accountsType), rows, types.TupleValueMust(kinds, elements))
}

// object is a row; a Go string is a string, nil is null as a literal, other values are taken as
// they are.
func object(columns map[string]any) attr.Value {
	attributes := map[string]attr.Type{}
	values := map[string]attr.Value{}
	for name, column := range columns {
		var v attr.Value
		switch column := column.(type) {
		case nil:
			v = types.DynamicNull()
		case string:
			v = types.StringValue(column)
		case attr.Value:
			v = column
		default:
			panic(fmt.Sprintf("%T", column))
		}
		values[name], attributes[name] = v, v.Type(nil) //nolint:staticcheck // no type of these needs a context
	}
	return types.ObjectValueMust(attributes, values)
}

// tuple is how Terraform hands over rows that are written by hand.
func tuple(rows ...attr.Value) attr.Value {
	elements := make([]attr.Type, len(rows))
	for i, row := range rows {
		elements[i] = row.Type(nil) //nolint:staticcheck // no type of these needs a context
	}
	return types.TupleValueMust(elements, rows)
}

// csv is how csvdecode hands over rows: a list of one type of object.
func csv(rows ...[3]string) attr.Value {
	element := types.ObjectType{AttrTypes: map[string]attr.Type{
		"account": types.StringType, "domain": types.StringType, "platform_type": types.StringType,
	}}
	values := make([]attr.Value, len(rows))
	for i, row := range rows {
		values[i] = types.ObjectValueMust(element.AttrTypes, map[string]attr.Value{
			"account": types.StringValue(row[0]), "domain": types.StringValue(row[1]), "platform_type": types.StringValue(row[2]),
		})
	}
	return types.ListValueMust(element, values)
}

// plain turns a result into Go values, with "null" for null.
func plain(t testing.TB, v attr.Value) map[string]map[string]string {
	t.Helper()
	result := map[string]map[string]string{}
	domains, ok := v.(types.Map)
	if !ok || domains.IsUnknown() || domains.IsNull() {
		t.Fatalf("the result is %v", v)
	}
	for domain, accounts := range domains.Elements() {
		result[domain] = map[string]string{}
		for account, platform := range accounts.(types.Map).Elements() { //nolint:forcetypeassert // the type of the result
			result[domain][account] = "null"
			if platform := platform.(types.String); !platform.IsNull() { //nolint:forcetypeassert // the type of the result
				result[domain][account] = platform.ValueString()
			}
		}
	}
	return result
}

func TestAccountsByDomain(t *testing.T) {
	t.Parallel()
	type want = map[string]map[string]string
	for name, test := range map[string]struct {
		rows attr.Value
		want want
	}{
		"a CSV file": {
			csv([3]string{"zhangsan", "", ""}, [3]string{"wangwu", "corp.example.com", "AD"}, [3]string{"lisi", "local.com", "LOCAL"}),
			want{"local.com": {"zhangsan": "null", "lisi": "LOCAL"}, "corp.example.com": {"wangwu": "AD"}},
		},
		"by hand, with columns left out or null": {
			tuple(object(map[string]any{"account": "a"}), object(map[string]any{"account": "b", "domain": nil, "platform_type": nil}),
				object(map[string]any{"account": "c", "domain": types.StringNull(), "platform_type": "AD"})),
			want{"local.com": {"a": "null", "b": "null", "c": "AD"}},
		},
		"a null of another type": {tuple(object(map[string]any{"account": "a", "domain": types.ListNull(types.StringType)})),
			want{"local.com": {"a": "null"}}},
		"more columns, of any type": {
			tuple(object(map[string]any{"account": "a", "note": types.BoolValue(true), "tags": types.ListNull(types.StringType)}),
				object(map[string]any{"account": "b", "Remark": types.DynamicUnknown()})),
			want{"local.com": {"a": "null", "b": "null"}},
		},
		"a list of maps": {
			types.ListValueMust(accountsType, []attr.Value{
				types.MapValueMust(types.StringType, map[string]attr.Value{"account": types.StringValue("a"), "domain": types.StringValue("x")}),
			}),
			want{"x": {"a": "null"}},
		},
		"a set": {
			types.SetValueMust(accountsType, []attr.Value{
				types.MapValueMust(types.StringType, map[string]attr.Value{"account": types.StringValue("a")}),
			}),
			want{"local.com": {"a": "null"}},
		},
		"wrapped rows": {tuple(types.DynamicValue(object(map[string]any{"account": types.DynamicValue(types.StringValue("a"))}))),
			want{"local.com": {"a": "null"}}},
		"an employee number": {tuple(object(map[string]any{"account": types.NumberValue(big.NewFloat(1001))})), want{"local.com": {"1001": "null"}}},
		"nobody":             {tuple(), want{}},
		"a byte order mark": {tuple(object(map[string]any{"\ufeffaccount": "a", "domain": "x"}), object(map[string]any{"account": "b", "\ufeffdomain": "x"})),
			want{"x": {"a": "null", "b": "null"}}},
		"a column account_type, which does not count": {tuple(object(map[string]any{"account": "a", "account_type": "robot"})), want{"local.com": {"a": "null"}}},
		"the same row twice":                          {csv([3]string{"a", "", "AD"}, [3]string{"a", "local.com", "AD"}), want{"local.com": {"a": "AD"}}},
		"one name in two domains": {csv([3]string{"a", "x", "AD"}, [3]string{"a", "y", "LOCAL"}),
			want{"x": {"a": "AD"}, "y": {"a": "LOCAL"}}},
		"names differ in case": {csv([3]string{"a", "x", ""}, [3]string{"A", "x", "AD"}), want{"x": {"a": "null", "A": "AD"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := accountsOf(t, test.rows)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, plain(t, got)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAccountsByDomainNamesTheRow(t *testing.T) {
	t.Parallel()
	good := object(map[string]any{"account": "good"})
	for name, test := range map[string]struct {
		rows attr.Value
		want []string
	}{
		"no account":             {tuple(good, object(map[string]any{"user": "a", "dom": "x"})), []string{"row 2", "no account", `"dom" "user"`}},
		"an empty account":       {csv([3]string{"a", "", ""}, [3]string{"", "x", ""}), []string{"account is empty: row 2"}},
		"a null account":         {tuple(object(map[string]any{"account": nil})), []string{"account is empty: row 1"}},
		"a null row":             {tuple(good, types.DynamicNull()), []string{"row is null: row 2"}},
		"a row that is a string": {tuple(types.StringValue("a")), []string{"no object", "row 1 (a string)"}},
		"an account that is a bool": {tuple(object(map[string]any{"account": types.BoolValue(true)})),
			[]string{"account is no string: row 1 (a bool)"}},
		"a domain that is an object": {tuple(object(map[string]any{"account": "a", "domain": object(nil)})),
			[]string{"domain is no string: row 1 (an object)"}},
		"two platform types": {csv([3]string{"a", "x", "AD"}, [3]string{"b", "x", "AD"}, [3]string{"a", "x", "LOCAL"}),
			[]string{"row 3", `"a" in "x"`, `"LOCAL" here`, `"AD" in row 1`}},
		"a platform type and none":   {csv([3]string{"a", "", "AD"}, [3]string{"a", "", ""}), []string{"row 2", "none here", `"AD" in row 1`}},
		"an unknown platform type":   {csv([3]string{"a", "", "SYSTEM"}), []string{"row 1", `"a"`, `"SYSTEM"`, "neither AD nor LOCAL"}},
		"a lower-case platform type": {csv([3]string{"a", "", "ad"}), []string{"row 1", `"ad", account "a"`, "upper case"}},
		"a blank":                    {csv([3]string{"a ", "", ""}), []string{"account begins or ends with a blank", `row 1 ("a ")`}},
		"a blank domain":             {csv([3]string{"a", " x", ""}), []string{"domain begins or ends with a blank", `row 1 (" x")`}},
		"a long account":             {csv([3]string{strings.Repeat("ü", 129), "", ""}), []string{"row 1 (129", "128 characters"}},
		"a long domain":              {csv([3]string{"a", strings.Repeat("d", 65), ""}), []string{"row 1 (65", "64 characters"}},
		"a column with a blank":      {tuple(object(map[string]any{"account": "a", " domain": "x"})), []string{"row 1", `" domain"`, `"domain"`}},
		"a column in capitals":       {tuple(object(map[string]any{"Account": "a"})), []string{"row 1", `"Account"`, `"account"`}},
		"a control character":        {csv([3]string{"a\x00b", "", ""}), []string{"account has a control character", `row 1 ("a\x00b")`}},
		"a tab in a domain":          {csv([3]string{"a", "x\ty", ""}), []string{"domain has a control character", `row 1 ("x\ty")`}},
		"no list":                    {types.StringValue("users.csv"), []string{"list of objects", "a string"}},
		"a map":                      {types.MapValueMust(types.StringType, nil), []string{"list of objects", "a map"}},
		"two mistakes": {csv([3]string{"", "", ""}, [3]string{"a", "", "X"}),
			[]string{"row 1.\n", `row 2 ("X"`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := accountsOf(t, test.rows)
			if err == nil {
				t.Fatal("no error")
			}
			if err.FunctionArgument == nil || *err.FunctionArgument != 0 {
				t.Errorf("the error is not about the argument: %v", err)
			}
			for _, want := range test.want {
				if !strings.Contains(err.Text, want) {
					t.Errorf("%q lacks %q", err.Text, want)
				}
			}
		})
	}
}

func TestAccountsByDomainEndsItsListOfMistakes(t *testing.T) {
	t.Parallel()
	rows := append(make([][3]string, 25), [3]string{"a ", "", ""})
	_, err := accountsOf(t, csv(rows...))
	if err == nil {
		t.Fatal("no error")
	}
	want := "The account is empty: row 1, row 2, row 3, row 4, row 5, row 6, row 7, row 8, row 9, row 10 and 15 more.\n" +
		`The account begins or ends with a blank: row 26 ("a ")`
	if err.Text != want {
		t.Error(err.Text)
	}
}

func TestAccountsByDomainOfUnknownValuesIsUnknown(t *testing.T) {
	t.Parallel()
	unknown := types.StringUnknown()
	for name, rows := range map[string]attr.Value{
		"the list":        types.ListUnknown(accountsType),
		"a row":           tuple(object(map[string]any{"account": "a"}), types.DynamicUnknown()),
		"an account":      tuple(object(map[string]any{"account": unknown})),
		"a domain":        tuple(object(map[string]any{"account": "a", "domain": types.DynamicUnknown()})),
		"a platform type": tuple(object(map[string]any{"account": "a", "platform_type": unknown})),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := accountsOf(t, rows)
			if err != nil || !got.IsUnknown() {
				t.Errorf("got %v, %v", got, err)
			}
		})
	}
	t.Run("a dynamic argument", func(t *testing.T) {
		t.Parallel()
		got, err := accountsOfArguments(t, types.DynamicUnknown())
		if err != nil || !got.IsUnknown() {
			t.Errorf("got %v, %v", got, err)
		}
	})
	t.Run("a mistake shows all the same", func(t *testing.T) {
		t.Parallel()
		if _, err := accountsOf(t, tuple(object(map[string]any{"account": unknown}), object(map[string]any{"account": ""}))); err == nil {
			t.Error("no error")
		}
	})
}

// Whatever the rows, every account is where its row says, and nothing else is anywhere.
func TestAccountsByDomainKeepsEveryRow(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.SliceOf(rapid.Custom(func(t *rapid.T) [3]string {
			return [3]string{
				rapid.StringMatching(`[a-z]{1,2}`).Draw(t, "account"),
				rapid.SampledFrom([]string{"", "local.com", "x", "y"}).Draw(t, "domain"),
				rapid.SampledFrom([]string{"", "AD"}).Draw(t, "platform_type"),
			}
		})).Draw(t, "rows")
		want := map[string]map[string]string{}
		conflict := false
		for _, row := range rows {
			domain, platform := row[1], row[2]
			if domain == "" {
				domain = "local.com"
			}
			if platform == "" {
				platform = "null"
			}
			if want[domain] == nil {
				want[domain] = map[string]string{}
			}
			if there, ok := want[domain][row[0]]; ok && there != platform {
				conflict = true
			}
			want[domain][row[0]] = platform
		}
		result, problem := sortAccounts(csv(rows...), "")
		if conflict != (problem != "") {
			t.Fatalf("conflict %v, problem %q", conflict, problem)
		}
		if conflict {
			return
		}
		got := map[string]map[string]string{}
		for domain, accounts := range result.Elements() {
			got[domain] = map[string]string{}
			for account, platform := range accounts.(types.Map).Elements() { //nolint:forcetypeassert // the type of the result
				got[domain][account] = "null"
				if !platform.IsNull() {
					got[domain][account] = platform.(types.String).ValueString() //nolint:forcetypeassert // the type of the result
				}
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	})
}

func manyRows(n int) attr.Value {
	rows := make([][3]string, n)
	for i := range rows {
		rows[i] = [3]string{fmt.Sprintf("user%06d", i), fmt.Sprintf("d%d.example.com", i%7), "AD"}
	}
	return csv(rows...)
}

// Allocations don't depend on what else the machine does, and a quadratic step would show in them.
//
//nolint:paralleltest // AllocsPerRun counts for the whole process
func TestAccountsByDomainIsLinear(t *testing.T) {
	allocations := func(n int) float64 {
		rows := manyRows(n)
		return testing.AllocsPerRun(3, func() {
			if _, problem := sortAccounts(rows, ""); problem != "" {
				t.Fatal(problem)
			}
		})
	}
	small, large := allocations(10_000), allocations(20_000)
	if large > 2.2*small {
		t.Errorf("10,000 rows take %.0f allocations, 20,000 take %.0f", small, large)
	}
}

func BenchmarkAccountsByDomain(b *testing.B) {
	for _, n := range []int{5_000, 20_000} {
		rows := manyRows(n)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, problem := sortAccounts(rows, ""); problem != "" {
					b.Fatal(problem)
				}
			}
		})
	}
}

func FuzzReadRow(f *testing.F) {
	f.Add("account", "zhangsan", "domain", "")
	f.Add("\ufeffaccount", "a", "platform_type", "ad")
	f.Fuzz(func(t *testing.T, column1, value1, column2, value2 string) {
		r, ok, err := readRow(object(map[string]any{column1: value1, column2: value2}), "")
		if err == nil && (!ok || r.account == "" || r.domain == "") {
			t.Errorf("%+v, %v", r, ok)
		}
	})
}

// FuzzAccountsByDomain: every row comes out, once, under its domain, or the rows are refused.
func FuzzAccountsByDomain(f *testing.F) {
	f.Add("zhangsan", "local.com", "LOCAL", "lisi", "", "")
	f.Add("a", "D", "AD", "a", "d", "ad")
	f.Add("a", "", "", "a", "local.com", "")
	f.Add(" a ", " ", "x", "\ufeff", "\xff", "\x00")
	f.Fuzz(func(t *testing.T, account1, domain1, platform1, account2, domain2, platform2 string) {
		got, problem := accountsOf(t, csv([3]string{account1, domain1, platform1}, [3]string{account2, domain2, platform2}))
		if problem != nil {
			if problem.Text == "" {
				t.Fatal("refused without a word")
			}
			return
		}
		accounts := plain(t, got)
		n := 0
		for domain, names := range accounts {
			if domain == "" {
				t.Fatalf("%q has accounts of no domain", accounts)
			}
			n += len(names)
		}
		for _, row := range [][2]string{{account1, domain1}, {account2, domain2}} {
			domain := row[1]
			if domain == "" {
				domain = "local.com"
			}
			if _, ok := accounts[domain][row[0]]; !ok {
				t.Fatalf("%q of %q is not in %q", row[0], domain, accounts)
			}
		}
		if same := account1 == account2 && (domain1 == domain2 || domain1+domain2 == "local.com"); n != 2 && (!same || n != 1) {
			t.Fatalf("two rows became %d accounts: %q", n, accounts)
		}
	})
}
