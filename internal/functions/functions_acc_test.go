// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package functions_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/config"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfversion"

	"github.com/appaccess/terraform-provider-appaccess/internal/acctest"
)

// Functions of providers came with Terraform 1.8.
var knowsFunctions = []tfversion.TerraformVersionCheck{tfversion.SkipBelow(tfversion.Version1_8_0)}

// accounts are the map that is expected: domain, account, platform type ("" for null).
func accounts(want map[string]map[string]string) knownvalue.Check {
	domains := map[string]knownvalue.Check{}
	for domain, names := range want {
		checks := map[string]knownvalue.Check{}
		for name, platform := range names {
			checks[name] = knownvalue.Null()
			if platform != "" {
				checks[name] = knownvalue.StringExact(platform)
			}
		}
		domains[domain] = knownvalue.MapExact(checks)
	}
	return knownvalue.MapExact(domains)
}

func TestAccAccountsByDomain(t *testing.T) {
	t.Parallel()
	type want = map[string]map[string]string
	tests := []struct {
		rows string
		want want
	}{
		{
			`csvdecode("account,domain,platform_type,department\nzhangsan,,LOCAL,design\nlisi,local.com,,design\nwangwu,corp.example.com,AD,\n")`,
			want{"local.com": {"zhangsan": "LOCAL", "lisi": ""}, "corp.example.com": {"wangwu": "AD"}},
		},
		{`csvdecode("account\nzhangsan\n")`, want{"local.com": {"zhangsan": ""}}},
		{`csvdecode("account,domain\n")`, want{}},
		{
			`[{ account = "a" }, { account = "b", domain = null, platform_type = null }, { account = "c", domain = "x", tags = ["y"] }, { account = 1001 }]`,
			want{"local.com": {"a": "", "b": "", "1001": ""}, "x": {"c": ""}},
		},
		{`tolist([{ account = "a", domain = "x" }])`, want{"x": {"a": ""}}},
		{`toset([{ account = "a", domain = "x" }])`, want{"x": {"a": ""}}},
		{`jsondecode("[{\"account\": \"a\", \"since\": 2026}, {\"account\": \"b\", \"domain\": \"x\"}]")`, want{"local.com": {"a": ""}, "x": {"b": ""}}},
		{`[for row in csvdecode("account,type\na,user\nb,group\n") : row if row.type == "group"]`, want{"local.com": {"b": ""}}},
		{`[]`, want{}},
		{`csvdecode("\ufeffaccount,domain\na,x\n")`, want{"x": {"a": ""}}},
		{`csvdecode("account,account_type\na,\nb,SIMPLE\nc,USER_GROUP\n"), "SIMPLE"`, want{"local.com": {"a": "", "b": ""}}},
		{`csvdecode("account,account_type\na,\nb,SIMPLE\nc,USER_GROUP\n"), "USER_GROUP"`, want{"local.com": {"c": ""}}},
	}
	var outputs strings.Builder
	var checks []statecheck.StateCheck
	for i, test := range tests {
		name := fmt.Sprintf("x%d", i)
		fmt.Fprintf(&outputs, "output %q {\n  value = provider::appaccess::accounts_by_domain(%s)\n}\n", name, test.rows)
		checks = append(checks, statecheck.ExpectKnownOutputValue(name, accounts(test.want)))
	}
	acctest.Test(t, resource.TestCase{
		TerraformVersionChecks: knowsFunctions, Steps: []resource.TestStep{{Config: outputs.String(), ConfigStateChecks: checks}},
	})
}

func TestAccAccountsByDomain_errors(t *testing.T) {
	t.Parallel()
	var steps []resource.TestStep
	for rows, want := range map[string]string{
		`csvdecode("account,domain,platform_type\na,x,AD\nb,x,AD\na,x,LOCAL\n")`: `(?s)row\s+3.*"a"\s+in\s+"x".*row\s+1`,
		`[{ account = "a" }, { domain = "x" }]`:                                  `(?s)no\s+account.*row\s+2\.\n`,
		`[{ account = "a" }, null]`:                                              `(?s)null:\s+row\s+2\.\n`,
		`csvdecode("Account\na\n")`:                                              `(?s)"Account".*"account".*row\s+1\.\n`,
		`"users.csv"`:                                                            `(?s)list\s+of\s+objects`,
		`null`:                                                                   `(?s)null`,
	} {
		steps = append(steps, resource.TestStep{
			Config:      fmt.Sprintf("output \"x\" {\n  value = provider::appaccess::accounts_by_domain(%s)\n}", rows),
			ExpectError: regexp.MustCompile(want),
		})
	}
	acctest.Test(t, resource.TestCase{TerraformVersionChecks: knowsFunctions, Steps: append(steps, resource.TestStep{Config: `output "x" { value = 1 }`})})
}

// What is known only after apply gives a map that is known only after apply, and no error; a column
// that doesn't count makes no difference.
func TestAccAccountsByDomain_unknown(t *testing.T) {
	t.Parallel()
	acctest.Test(t, resource.TestCase{
		TerraformVersionChecks: knowsFunctions,
		Steps: []resource.TestStep{{
			Config: `
				resource "terraform_data" "x" {
				  input = "later"
				}
				output "account" {
				  value = provider::appaccess::accounts_by_domain([{ account = terraform_data.x.output }, { account = "b" }])
				}
				output "note" {
				  value = provider::appaccess::accounts_by_domain([{ account = "a", note = terraform_data.x.output }])
				}`,
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
				plancheck.ExpectUnknownOutputValue("account"),
				plancheck.ExpectKnownOutputValue("note", accounts(map[string]map[string]string{"local.com": {"a": ""}})),
			}},
			ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectKnownOutputValue("account", accounts(map[string]map[string]string{"local.com": {"later": "", "b": ""}})),
			},
		}},
	})
}

// A file of some size.
func TestAccAccountsByDomain_file(t *testing.T) {
	t.Parallel()
	const n = 4_000
	var b strings.Builder
	b.WriteString("account,domain,platform_type\n")
	for i := range n {
		fmt.Fprintf(&b, "user%05d,d%d.example.com,AD\n", i, i%4)
	}
	file := filepath.Join(t.TempDir(), "users.csv")
	if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	acctest.Test(t, resource.TestCase{
		TerraformVersionChecks: knowsFunctions,
		Steps: []resource.TestStep{{
			ConfigVariables: config.Variables{"file": config.StringVariable(file)},
			Config: `
				variable "file" {
				  type = string
				}
				output "x" {
				  value = { for domain, users in provider::appaccess::accounts_by_domain(csvdecode(file(var.file))) : domain => length(users) }
				}`,
			ConfigStateChecks: []statecheck.StateCheck{statecheck.ExpectKnownOutputValue("x", knownvalue.ObjectExact(map[string]knownvalue.Check{
				"d0.example.com": knownvalue.Int64Exact(n / 4), "d1.example.com": knownvalue.Int64Exact(n / 4),
				"d2.example.com": knownvalue.Int64Exact(n / 4), "d3.example.com": knownvalue.Int64Exact(n / 4),
			}))},
		}},
	})
}

func TestAccParsePrefixedUniversal(t *testing.T) {
	t.Parallel()
	parse := func(id string) string {
		return fmt.Sprintf("output \"x\" {\n  value = provider::appaccess::parse_prefixed_universal(%q)\n}", id)
	}
	acctest.Test(t, resource.TestCase{
		TerraformVersionChecks: knowsFunctions,
		Steps: []resource.TestStep{
			{Config: parse("local:admin"), ExpectError: regexp.MustCompile(`(?s)"local:admin"\s+is\s+a\s+name`)},
			{Config: parse("bob"), ExpectError: regexp.MustCompile(`(?s)"bob"\s+has\s+no\s+colon`)},
			{
				Config: parse("AD+corp:7f93d2908020204a959910ea5a5704ff"),
				ConfigStateChecks: []statecheck.StateCheck{statecheck.ExpectKnownOutputValue("x", knownvalue.ObjectExact(map[string]knownvalue.Check{
					"prefix": knownvalue.StringExact("AD+corp"), "provider": knownvalue.StringExact("AD"), "name": knownvalue.StringExact("corp"),
					"universal": knownvalue.StringExact("7f93d2908020204a959910ea5a5704ff"),
				}))},
			},
			{
				Config: parse("local:{5be5a591-c842-4520-9142-b455f4ad2286}"),
				ConfigStateChecks: []statecheck.StateCheck{statecheck.ExpectKnownOutputValue("x", knownvalue.ObjectExact(map[string]knownvalue.Check{
					"prefix": knownvalue.StringExact("local"), "provider": knownvalue.StringExact("local"), "name": knownvalue.Null(),
					"universal": knownvalue.StringExact("{5be5a591-c842-4520-9142-b455f4ad2286}"),
				}))},
			},
		},
	})
}
