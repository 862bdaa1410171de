// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package enos_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/querycheck"
	"github.com/hashicorp/terraform-plugin-testing/tfversion"

	"github.com/appaccess/terraform-provider-appaccess/internal/acctest"
	mock "github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/enos"
)

const authorizationType = "appaccess_enos_app_data_authorization"

func TestList(t *testing.T) {
	t.Parallel()
	m := acctest.Start(t, organizations())
	server := acctest.NewServer(t, m.Environment())
	results := server.Query(authorizationType, acctest.Query{Config: map[string]any{"app_ids": []string{obtainedApp, ownApp, obtainedApp}}})
	var names []string
	for _, r := range results {
		names = append(names, r.DisplayName)
	}
	if diff := cmp.Diff([]string{"Reports (" + obtainedApp + ")", "Portal (" + ownApp + ")"}, names); diff != "" {
		t.Fatal(diff)
	}
	if diff := cmp.Diff(map[string]any{"org_id": acctest.OrgID, "app_id": ownApp}, results[1].Identity); diff != "" {
		t.Error(diff)
	}
	if n := m.Recorder.Count("GetApplicationAuthorization"); n != 0 {
		t.Errorf("%d readings that nobody asked for", n)
	}
}

// The resource is complete, and the configuration that Terraform generates from it plans clean.
func TestList_includeResource(t *testing.T) {
	t.Parallel()
	for _, switches := range []mock.Switches{{}, {EmptyList: "null"}, {EmptyList: "absent", Duplicates: "twice"}} {
		m := acctest.Start(t, organizations())
		m.Enos.SetSwitches(switches)
		server := acctest.NewServer(t, m.Environment())
		for org, want := range map[string][]any{acctest.OrgID: {"ASSET", "USER"}, secondOrg: {"ROLE"}} {
			results := server.Query(authorizationType, acctest.Query{
				IncludeResource: true, Config: map[string]any{"org_id": org, "app_ids": []string{ownApp}},
			})
			if len(results) != 1 {
				t.Fatalf("%+v", results)
			}
			if diff := cmp.Diff(map[string]any{
				"org_id": org, "app_id": ownApp, "data_authorize_types": want, "on_destroy": "revoke", "timeouts": nil,
			}, results[0].Resource); diff != "" {
				t.Error(diff)
			}
			if diff := server.PlansClean(authorizationType, results[0]); diff != "" {
				t.Errorf("the generated configuration would change\n%s", diff)
			}
		}
		empty := server.Query(authorizationType, acctest.Query{IncludeResource: true, Config: map[string]any{"app_ids": []string{obtainedApp}}})
		if diff := server.PlansClean(authorizationType, empty[0]); diff != "" {
			t.Errorf("the generated configuration of an application without types would change\n%s", diff)
		}
	}
}

// A limit, and a reader who goes away, end the requests too.
func TestList_limit(t *testing.T) {
	t.Parallel()
	for _, query := range []acctest.Query{{Limit: 1}, {Take: 1}} {
		m := acctest.Start(t, organizations())
		query.Config, query.IncludeResource = map[string]any{"app_ids": []string{obtainedApp, ownApp}}, true
		if results := acctest.NewServer(t, m.Environment()).Query(authorizationType, query); len(results) != 1 {
			t.Errorf("%d results", len(results))
		}
		if n := m.Recorder.Count("GetApplicationAuthorization"); n != 1 {
			t.Errorf("%d readings for one result", n)
		}
	}
}

// What can't be found is said after what can.
func TestList_absent(t *testing.T) {
	t.Parallel()
	m := acctest.Start(t, organizations())
	results := acctest.NewServer(t, m.Environment()).Query(authorizationType, acctest.Query{
		Config: map[string]any{"app_ids": []string{"nobody", shortcutApp, ownApp}},
	})
	if len(results) != 2 || results[0].Identity["app_id"] != ownApp || len(results[1].Errors) != 2 {
		t.Fatalf("%+v", results)
	}
	for i, want := range []string{"nobody", shortcutApp} {
		if !strings.Contains(results[1].Errors[i], want) {
			t.Errorf("%q lacks %q", results[1].Errors[i], want)
		}
	}
}

func TestList_invalid(t *testing.T) {
	t.Parallel()
	m := acctest.Start(t, organizations())
	environment := m.Environment()
	delete(environment, "ENOS_ORG_ID")
	server := acctest.NewServer(t, environment)
	for want, config := range map[string]map[string]any{
		"ENOS_ORG_ID": {"app_ids": []string{ownApp}},
		"app_ids":     {"org_id": acctest.OrgID},
		"at least 1":  {"org_id": acctest.OrgID, "app_ids": []string{}},
		"access key":  {"org_id": acctest.OrgID, "app_ids": []string{""}},
	} {
		results := server.Query(authorizationType, acctest.Query{Config: config})
		if len(results) != 1 || len(results[0].Errors) == 0 || !strings.Contains(results[0].Errors[0], want) {
			t.Errorf("%v: %+v", config, results)
		}
	}
	if n := len(m.Recorder.All()); n != 0 {
		t.Errorf("%d requests were sent", n)
	}
}

// Where the installed Terraform knows queries, it asks itself.
func TestAccList_query(t *testing.T) {
	t.Parallel()
	m := acctest.Start(t, organizations())
	acctest.Test(t, resource.TestCase{
		TerraformVersionChecks: []tfversion.TerraformVersionCheck{tfversion.SkipBelow(tfversion.Version1_14_0)},
		Steps: []resource.TestStep{
			{Config: m.Provider() + `data "appaccess_enos_app" "x" { app_id = "` + ownApp + `" }`},
			{
				Query: true,
				// The provider block of the step before is still there.
				Config: `
					list "` + authorizationType + `" "apps" {
					  provider         = appaccess
					  include_resource = true

					  config {
					    app_ids = ["` + ownApp + `", "` + obtainedApp + `"]
					  }
					}`,
				QueryResultChecks: []querycheck.QueryResultCheck{
					querycheck.ExpectLength(authorizationType+".apps", 2),
					querycheck.ExpectIdentity(authorizationType+".apps", map[string]knownvalue.Check{
						"org_id": knownvalue.StringExact(acctest.OrgID), "app_id": knownvalue.StringExact(ownApp),
					}),
				},
			},
		},
	})
}
