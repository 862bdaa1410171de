// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package enos_test

import (
	"regexp"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/appaccess/terraform-provider-appaccess/internal/acctest"
	mock "github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/enos"
)

// The applications of these tests, by access key.
const (
	ownApp      = "66666666-7777-8888-9999-000000000000"
	obtainedApp = "77777777-8888-9999-0000-111111111111"
	shortcutApp = "88888888-9999-0000-1111-222222222222"
	secondOrg   = "o15000000000002"
)

func organizations() acctest.Options {
	return acctest.Options{Enos: mock.Seed{Organizations: []mock.Organization{
		{ID: acctest.OrgID, Applications: []mock.Application{
			{AccessKey: ownApp, Name: "Portal", CreatedType: mock.Own, DataAuthorizeTypes: []string{"USER", "ASSET"}},
			{AccessKey: obtainedApp, Name: "Reports", CreatedType: mock.Obtained},
			{AccessKey: shortcutApp, Name: "Link", CreatedType: mock.Shortcut},
		}},
		{ID: secondOrg, Applications: []mock.Application{
			{AccessKey: ownApp, Name: "Portal", CreatedType: mock.Obtained, DataAuthorizeTypes: []string{"ROLE"}},
		}},
	}}}
}

func TestAccApp(t *testing.T) {
	t.Parallel()
	for _, switches := range []mock.Switches{{}, {EmptyList: "null", BusinessStatus: "4xx"}, {EmptyList: "absent", Duplicates: "twice"}} {
		m := acctest.Start(t, organizations())
		m.Enos.SetSwitches(switches)
		app := func(name, title, org, created string, types ...string) []statecheck.StateCheck {
			checks := make([]knownvalue.Check, len(types))
			for i, value := range types {
				checks[i] = knownvalue.StringExact(value)
			}
			address := "data.appaccess_enos_app." + name
			return []statecheck.StateCheck{
				statecheck.ExpectKnownValue(address, tfjsonpath.New("name"), knownvalue.StringExact(title)),
				statecheck.ExpectKnownValue(address, tfjsonpath.New("org_id"), knownvalue.StringExact(org)),
				statecheck.ExpectKnownValue(address, tfjsonpath.New("created_type"), knownvalue.StringExact(created)),
				statecheck.ExpectKnownValue(address, tfjsonpath.New("data_authorize_types"), knownvalue.SetExact(checks)),
			}
		}
		var checks []statecheck.StateCheck
		checks = append(checks, app("own", "Portal", acctest.OrgID, "own", "ASSET", "USER")...)
		checks = append(checks, app("obtained", "Reports", acctest.OrgID, "obtained")...)
		checks = append(checks, app("shortcut", "Link", acctest.OrgID, "shortcut")...)
		checks = append(checks, app("elsewhere", "Portal", secondOrg, "obtained", "ROLE")...)
		acctest.Test(t, resource.TestCase{Steps: []resource.TestStep{{
			Config: m.Provider() + `
				data "appaccess_enos_app" "own" {
				  app_id = "` + ownApp + `"
				}
				data "appaccess_enos_app" "obtained" {
				  app_id = "` + obtainedApp + `"
				}
				data "appaccess_enos_app" "shortcut" {
				  app_id = "` + shortcutApp + `"
				}
				data "appaccess_enos_app" "elsewhere" {
				  org_id = "` + secondOrg + `"
				  app_id = "` + ownApp + `"
				}`,
			ConfigStateChecks: checks,
		}}})
	}
}

func TestAccApp_errors(t *testing.T) {
	t.Parallel()
	m := acctest.Start(t, organizations())
	noOrg := `
		provider "appaccess" {
		  enos {
		    gateway_url = "` + m.URL + `"
		    access_key  = "` + acctest.EnosAccessKey + `"
		    secret_key  = "` + acctest.EnosSecretKey + `"
		  }
		}
	`
	acctest.Test(t, resource.TestCase{Steps: []resource.TestStep{
		{
			Config:      m.Provider() + `data "appaccess_enos_app" "x" { app_id = "nobody" }`,
			ExpectError: regexp.MustCompile(`(?s)No such application.*nobody.*access\s+key`),
		},
		{
			Config:      noOrg + `data "appaccess_enos_app" "x" { app_id = "` + ownApp + `" }`,
			ExpectError: regexp.MustCompile(`(?s)org_id.*ENOS_ORG_ID`),
		},
		{
			Config:      m.Provider() + `data "appaccess_enos_app" "x" { app_id = "" }`,
			ExpectError: regexp.MustCompile(`(?s)app_id`),
		},
		{
			PreConfig: func() {
				if err := m.Enos.SetPermission(acctest.EnosAccessKey, false, false); err != nil {
					t.Fatal(err)
				}
			},
			Config:      m.Provider() + `data "appaccess_enos_app" "x" { app_id = "` + ownApp + `" }`,
			ExpectError: regexp.MustCompile(`(?s)31403.*administrator`),
		},
		{Config: m.Provider()},
	}})
}
