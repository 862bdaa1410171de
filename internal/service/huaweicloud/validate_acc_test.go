// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud_test

import (
	"strings"
	"testing"

	mock "github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/huaweicloud"
)

// Each mistake is an error that names the attribute, before any request is sent.
func TestAccSet_badInput(t *testing.T) { //nolint:tparallel // its parts share a working directory
	t.Parallel()
	w := newWorkspace(t, nil, mock.Switches{})
	cli := w.cli()
	long := strings.Repeat("x", 129)
	for name, test := range map[string]struct { //nolint:paralleltest // they share a working directory
		body, summary string
		parts         []string
	}{
		"all users with accounts": {
			body:    `app_ids = ["a"]` + "\n" + `authorization_type = "ALL_USER"` + "\n" + `users = { "local.com" = { lisi = null } }`,
			summary: "ALL_USER takes no accounts", parts: []string{"users = {"},
		},
		"all users with groups": {
			body:    `app_ids = ["a"]` + "\n" + `authorization_type = "ALL_USER"` + "\n" + `user_groups = { "local.com" = { ops = null } }`,
			summary: "ALL_USER takes no accounts", parts: []string{"user_groups = {"},
		},
		"no apps":    {body: `app_ids = []`, summary: "Invalid Attribute Value", parts: []string{"app_ids", "at least 1"}},
		"empty app":  {body: `app_ids = [""]`, summary: "Invalid Attribute Value Length", parts: []string{"app_ids"}},
		"long app":   {body: `app_ids = ["` + long + `"]`, summary: "Invalid Attribute Value Length", parts: []string{"app_ids", "128"}},
		"platform":   {body: `app_ids = ["a"]` + "\n" + `users = { "local.com" = { lisi = "LDAP" } }`, summary: "Unknown platform type", parts: []string{"local.com/lisi has \"LDAP\"", "users ="}},
		"lower case": {body: `app_ids = ["a"]` + "\n" + `users = { "local.com" = { lisi = "local" } }`, summary: "Unknown platform type", parts: []string{`"LOCAL"`, "in upper case", `has "local"`}},
		"empty account": {
			body:    `app_ids = ["a"]` + "\n" + `users = { "local.com" = { "" = null } }`,
			summary: "Invalid account", parts: []string{`The account is empty: "" of local.com.`},
		},
		"long account": {
			body:    `app_ids = ["a"]` + "\n" + `user_groups = { "local.com" = { "` + long + `" = null } }`,
			summary: "Invalid account", parts: []string{"more than 128 characters", "with 129 of local.com", "user_groups"},
		},
		"empty domain": {body: `app_ids = ["a"]` + "\n" + `users = { " " = { lisi = null } }`, summary: "Invalid domain", parts: []string{"local.com"}},
		"long domain": {
			body:    `app_ids = ["a"]` + "\n" + `users = { "` + long[:65] + `" = { lisi = null } }`,
			summary: "Invalid domain", parts: []string{"with 65", "64 characters"},
		},
		"blank": {
			body:    `app_ids = ["a"]` + "\n" + `users = { "x.com" = { "a " = null, "b" = null }, "y.com" = { " c" = "" } }`,
			summary: "Invalid account", parts: []string{`The account begins or ends with a blank: "a " of x.com, " c" of y.com.`},
		},
		"control character": {
			body:    `app_ids = ["a"]` + "\n" + `user_groups = { "x.com" = { "a\u0000b" = null } }`,
			summary: "Invalid account", parts: []string{`has a control character in it: "a\x00b" of x.com.`},
		},
		"many": {
			body:    `app_ids = ["a"]` + "\n" + `users = { "x.com" = { for i in range(25) : format("u%02d ", i) => null } }`,
			summary: "Invalid account", parts: []string{`: "u00 " of x.com, "u01 " of x.com,`, ` "u09 " of x.com and 15 more.`},
		},
		"blank domain":  {body: `app_ids = ["a"]` + "\n" + `users = { "x.com " = { lisi = null } }`, summary: "Invalid domain", parts: []string{`"x.com "`}},
		"blank app":     {body: `app_ids = ["a "]`, summary: `Invalid app_ids[Value("a ")]`, parts: []string{"ends with a blank"}},
		"null accounts": {body: `app_ids = ["a"]` + "\n" + `users = { "local.com" = null }`, summary: "Accounts of a domain can't be null", parts: []string{"local.com"}},
		"mode":          {body: `app_ids = ["a"]` + "\n" + `authorization_type = "EVERYBODY"`, summary: "Invalid Attribute Value Match", parts: []string{"authorization_type", "ASSIGN_USER"}},
		"on_destroy":    {body: `app_ids = ["a"]` + "\n" + `on_destroy = "forget"`, summary: "Invalid Attribute Value Match", parts: []string{"on_destroy", "keep"}},
		"limit":         {body: `app_ids = ["a"]` + "\n" + `max_revocations = -1`, summary: "Invalid Attribute Value", parts: []string{"max_revocations", "at least 0"}},
		"duration":      {body: `app_ids = ["a"]` + "\n" + `timeouts { create = "30 minutes" }`, summary: "Invalid duration", parts: []string{"timeouts.create", "30 minutes", "create ="}},
		"misspelt duration": {
			body:    `app_ids = ["a"]` + "\n" + `timeouts { craete = "6h" }`,
			summary: "Unsupported argument", parts: []string{`An argument named "craete" is not expected here`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			cli := cli
			if name == "misspelt duration" { // Terraform itself finds it
				cli = w.terraform()
			}
			cli.Write("main.tf", setBlock(additive, test.body))
			report := cli.Plan()
			found := false
			for _, d := range report.Errors {
				if d.Summary != test.summary {
					continue
				}
				found = true
				for _, part := range test.parts {
					if !strings.Contains(d.Detail, part) && !strings.Contains(d.Attribute, part) {
						t.Errorf("the text lacks %q: %s (at %s)", part, d.Detail, d.Attribute)
					}
				}
			}
			if !found {
				t.Errorf("no %q:\n%s", test.summary, report.Output)
			}
		})
	}
	if n := len(w.recorder.All()); n != 0 {
		t.Errorf("%d requests were sent", n)
	}
}
