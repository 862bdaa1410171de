// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package examples_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/itchyny/gojq"

	"github.com/appaccess/terraform-provider-appaccess/internal/acctest"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/huaweicloud"
)

// The program for jq that the guide shows tells who gains and who loses access, whatever a plan
// does.
func TestExamples_policy(t *testing.T) {
	t.Parallel()
	program := read(t, "policy/access.jq")
	if !strings.Contains(read(t, "../templates/guides/people.md"), "```jq\n"+program+"```") {
		t.Error("the guide shows another program")
	}
	query, err := gojq.Parse(program)
	if err != nil {
		t.Fatal(err)
	}

	const (
		cad, queue = "3f791197-d166-4c8e-81e4-38c40ffc1989", "62f48b59-8a3e-4f0c-9d7b-1e2a5c6d7f80"
		ledger     = "8d2c0b7e-5f14-4a9b-b3c6-0e9f8a7d6c51"
	)
	m := acctest.StartDemo(t)
	cli := newCLI(t)
	cli.Write("services.tf", m.DemoProvider())
	configure := func(people, types, grantees, office string) {
		cli.Write("main.tf", `
			resource "appaccess_huaweicloud_app_authorization_set" "cad" {
			  app_ids = ["`+cad+`", "`+queue+`"]
			  users   = { "local.com" = { `+people+` } }
			}
			resource "appaccess_enos_app_data_authorization" "portal" {
			  app_id               = "66666666-7777-8888-9999-000000000000"
			  data_authorize_types = [`+types+`]
			}
			resource "appaccess_venafi_oauth_role_grant_set" "maintainers" {
			  role           = "application_maintainer"
			  application_id = "MyIntegration"
			  grantees       = { `+grantees+` }
			}
			`+office)
	}
	type change struct {
		Address                     string
		Gains, Loses, Opens, Closes []string
	}
	changes := func(flags ...string) []change {
		t.Helper()
		if plan := cli.Plan(flags...); plan.Code != 0 {
			t.Fatal(plan.Output)
		}
		var plan any
		if err := json.Unmarshal([]byte(cli.Run("show", "-json", "plan.tfplan").Stdout), &plan); err != nil {
			t.Fatal(err)
		}
		result, _ := query.Run(plan).Next()
		if err, failed := result.(error); failed {
			t.Fatal(err)
		}
		text, err := json.Marshal(result)
		if err != nil {
			t.Fatal(err)
		}
		var out []change
		if err := json.Unmarshal(text, &out); err != nil {
			t.Fatal(err)
		}
		return out
	}
	expect := func(when string, got []change, want ...change) {
		t.Helper()
		for i, c := range want {
			for _, list := range []*[]string{&c.Gains, &c.Loses, &c.Opens, &c.Closes} {
				if *list == nil {
					*list = []string{}
				}
			}
			want[i] = c
		}
		if len(want) == 0 {
			want = []change{}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s:\n%s", when, diff)
		}
	}
	const (
		set    = "appaccess_huaweicloud_app_authorization_set.cad"
		enos   = "appaccess_enos_app_data_authorization.portal"
		venafi = "appaccess_venafi_oauth_role_grant_set.maintainers"
		team   = "AD+corp:7f93d2908020204a959910ea5a5704ff"
		carol  = "AD+corp:1932309a28daf34db5c942630c3a2cc4"
	)

	configure(`zhangsan = "LOCAL", lisi = "LOCAL"`, `"USER"`, `ops = "`+team+`"`, "")
	expect("a create", changes(),
		change{Address: enos, Gains: []string{"USER"}},
		change{Address: set, Gains: []string{
			"local.com/lisi on " + cad, "local.com/lisi on " + queue, "local.com/zhangsan on " + cad, "local.com/zhangsan on " + queue}},
		change{Address: venafi, Gains: []string{team}})
	if apply := cli.Apply(); apply.Code != 0 {
		t.Fatal(apply.Output)
	}
	expect("no change", changes())

	if err := m.Huaweicloud.Revoke(cad, huaweicloud.Account{Domain: "local.com", Name: "lisi"}); err != nil {
		t.Fatal(err)
	}
	configure(`lisi = "LOCAL"`, `"ROLE"`, `"ops team" = "`+team+`", carol = "`+carol+`"`, `
		resource "appaccess_huaweicloud_app_authorization_set" "ledger" {
		  app_ids            = ["`+ledger+`"]
		  authorization_type = "ALL_USER"
		}
		resource "appaccess_venafi_oauth_access_set" "signers" {
		  application_id = "CodeSigning"
		  maximum_scope  = "codesignclient"
		  trustees       = { carol = "`+carol+`" }
		}`)
	expect("a change", changes(),
		change{Address: enos, Gains: []string{"ROLE"}, Loses: []string{"USER"}},
		change{Address: set, Gains: []string{"local.com/lisi on " + cad}, Loses: []string{"local.com/zhangsan on " + cad, "local.com/zhangsan on " + queue}},
		change{Address: "appaccess_huaweicloud_app_authorization_set.ledger", Opens: []string{ledger}},
		change{Address: "appaccess_venafi_oauth_access_set.signers", Gains: []string{carol}},
		change{Address: venafi, Gains: []string{carol}})
	expect("a destroy", changes("-destroy"),
		change{Address: enos, Loses: []string{"USER"}},
		change{Address: set, Loses: []string{"local.com/lisi on " + queue, "local.com/zhangsan on " + cad, "local.com/zhangsan on " + queue}},
		change{Address: venafi, Loses: []string{team}})

	strangers := make([]huaweicloud.Account, 150)
	lost := make([]string, len(strangers))
	for i := range strangers {
		strangers[i] = huaweicloud.Account{Domain: "local.com", Name: fmt.Sprintf("user%03d", i)}
		lost[i] = "local.com/" + strangers[i].Name + " on " + ledger
	}
	if err := m.Huaweicloud.Grant(ledger, strangers...); err != nil {
		t.Fatal(err)
	}
	owned := `
		resource "appaccess_huaweicloud_app_authorizations_exclusive" "ledger" {
		  app_ids         = ["` + ledger + `"]
		  users           = { "local.com" = { zhangsan = "LOCAL" } }
		  max_revocations = 1000
		}
		resource "appaccess_venafi_oauth_access_exclusive" "signers" {
		  application_id = "CodeSigning"
		  maximum_scope  = "codesignclient"
		  trustees       = { carol = "` + carol + `" }
		}
		resource "appaccess_venafi_oauth_role_grants_exclusive" "owners" {
		  role           = "application_owner"
		  application_id = "MyIntegration"
		  grantees       = { carol = "` + carol + `" }
		}`
	configure(`zhangsan = "LOCAL"`, `"USER"`, `ops = "`+team+`"`, owned)
	if plan := cli.Plan(); plan.Code == 0 {
		t.Errorf("the plan of a create shows no loss, and passes:\n%s", plan.Output)
	}
	configure(`zhangsan = "LOCAL"`, `"USER"`, `ops = "`+team+`"`, owned+`
		import {
		  to = appaccess_huaweicloud_app_authorizations_exclusive.ledger
		  id = "`+ledger+`"
		}
		import {
		  to = appaccess_venafi_oauth_access_exclusive.signers
		  id = "CodeSigning"
		}
		import {
		  to = appaccess_venafi_oauth_role_grants_exclusive.owners
		  id = "application_owner/MyIntegration"
		}`)
	lost = append(append([]string{"group:corp.example.com/finance on " + ledger}, lost...), "local.com/zhaoliu on "+ledger)
	expect("an import", changes(),
		change{Address: set, Loses: []string{"local.com/lisi on " + queue}},
		change{Address: "appaccess_huaweicloud_app_authorizations_exclusive.ledger", Gains: []string{"local.com/zhangsan on " + ledger}, Loses: lost},
		change{Address: "appaccess_venafi_oauth_access_exclusive.signers", Gains: []string{carol}, Loses: []string{team}},
		change{Address: "appaccess_venafi_oauth_role_grants_exclusive.owners", Gains: []string{carol}, Loses: []string{"local:{5371f67c-c194-49e2-9c1a-e25c8b0e2e32}"}})
}

// The tests that the guide shows pass, without a service, and one fails for a file that was cut
// off.
func TestExamples_testing(t *testing.T) {
	t.Parallel()
	tests := read(t, "testing/access.tftest.hcl")
	if !strings.Contains(read(t, "../templates/guides/people.md"), "```terraform\n"+tests+"```") {
		t.Error("the guide shows other tests")
	}
	cli := newCLI(t)
	cli.Write("provider.tf", "") // the example says itself which provider it needs
	for _, file := range []string{"main.tf", "people.csv", "access.tftest.hcl"} {
		cli.Write(file, read(t, "testing/"+file))
	}
	if r := cli.Run("test"); r.Code != 0 {
		t.Error(r.Output)
	}
	cli.Write("people.csv", "account,domain,account_type,platform_type\n")
	if r := cli.Run("test"); r.Code == 0 || !strings.Contains(r.Output, "people.csv has nobody in it.") {
		t.Error(r.Output)
	}
}
