// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud_test

import (
	"fmt"
	"regexp"
	"slices"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/appaccess/terraform-provider-appaccess/internal/acctest"
	mock "github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/huaweicloud"
)

func appValue(id, name, version, mode string) knownvalue.Check {
	return knownvalue.ObjectExact(map[string]knownvalue.Check{
		"id": knownvalue.StringExact(id), "name": knownvalue.StringExact(name), "version": knownvalue.StringExact(version),
		"authorization_type": knownvalue.StringExact(mode), "status": knownvalue.StringExact("NORMAL"),
		"application_source": knownvalue.StringExact("CUSTOM"),
	})
}

func TestAccApps(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, nil, mock.Switches{ListOrder: "shuffled"})
	const all, one, none = "data.appaccess_huaweicloud_apps.all", "data.appaccess_huaweicloud_apps.one", "data.appaccess_huaweicloud_apps.none"
	acctest.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: factories(),
		Steps: []resource.TestStep{{
			Config: w.provider("") + `
				data "appaccess_huaweicloud_apps" "all" {}
				data "appaccess_huaweicloud_apps" "one" {
				  name = "Office"
				}
				data "appaccess_huaweicloud_apps" "none" {
				  name = "Offic" # a part of a name is not a name
				}`,
			ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectKnownValue(all, tfjsonpath.New("apps"), knownvalue.ListExact([]knownvalue.Check{
					appValue(cad, "AutoCAD", "2027", "ASSIGN_USER"), appValue(office, "Office", "365", "ALL_USER"),
					appValue(viewer, "Viewer", "1.0", "ASSIGN_USER"),
				})),
				statecheck.ExpectKnownValue(all, tfjsonpath.New("ids"), knownvalue.MapExact(map[string]knownvalue.Check{
					"AutoCAD": knownvalue.StringExact(cad), "Office": knownvalue.StringExact(office), "Viewer": knownvalue.StringExact(viewer),
				})),
				statecheck.ExpectKnownValue(one, tfjsonpath.New("apps"), knownvalue.ListExact([]knownvalue.Check{
					appValue(office, "Office", "365", "ALL_USER"),
				})),
				statecheck.ExpectKnownValue(one, tfjsonpath.New("ids"), knownvalue.MapExact(map[string]knownvalue.Check{
					"Office": knownvalue.StringExact(office),
				})),
				statecheck.ExpectKnownValue(none, tfjsonpath.New("apps"), knownvalue.ListSizeExact(0)),
				statecheck.ExpectKnownValue(none, tfjsonpath.New("ids"), knownvalue.MapSizeExact(0)),
			},
		}},
	})
	// A name goes to the service, so that it need not list thousands.
	var names []string
	for _, e := range w.recorder.All() {
		names = append(names, e.Query.Get("name"))
	}
	if !slices.Contains(names, "Office") || !slices.Contains(names, "") {
		t.Errorf("asked for the names %q", names)
	}
}

// All pages are read.
func TestAccApps_many(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, func(s *mock.Seed) {
		for i := range 250 {
			s.Apps[fmt.Sprintf("many-%03d", i)] = mock.App{Name: fmt.Sprintf("App %03d", i)}
		}
	}, mock.Switches{ListOrder: "shuffled"})
	acctest.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: factories(),
		Steps: []resource.TestStep{{
			Config: w.provider("") + `data "appaccess_huaweicloud_apps" "all" {}`,
			ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectKnownValue("data.appaccess_huaweicloud_apps.all", tfjsonpath.New("ids"), knownvalue.MapSizeExact(253)),
				statecheck.ExpectKnownValue("data.appaccess_huaweicloud_apps.all", tfjsonpath.New("apps"), knownvalue.ListSizeExact(253)),
			},
		}},
	})
}

// Which of two applications of one name is meant nobody can know: neither is in ids, and a warning
// says so.
func TestAccApps_sameName(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, func(s *mock.Seed) { s.Apps["second"] = mock.App{Name: "Office", Version: "366"} }, mock.Switches{})
	cli := w.terraform()
	cli.Write("main.tf", `
		data "appaccess_huaweicloud_apps" "all" {}
		output "ids"  { value = keys(data.appaccess_huaweicloud_apps.all.ids) }
		output "apps" { value = [for a in data.appaccess_huaweicloud_apps.all.apps : a.version if a.name == "Office"] }
	`)
	plan := cli.Plan()
	if len(plan.Errors) > 0 || len(plan.Warnings) != 1 {
		t.Fatalf("%+v", plan)
	}
	warning := plan.Warnings[0]
	if warning.Summary != "Several applications have the same name" ||
		!regexp.MustCompile(`"Office": `+office+`, second`).MatchString(warning.Detail) {
		t.Errorf("%+v", warning)
	}
	if apply := cli.Apply(); len(apply.Errors) > 0 {
		t.Fatalf("%+v", apply.Errors)
	}
	if got := cli.Run("output", "-json"); !regexp.MustCompile(`(?s)"366".*"365"|"365".*"366"`).MatchString(got.Stdout) ||
		!regexp.MustCompile(`(?s)"AutoCAD",\s*"Viewer"\s*\]`).MatchString(got.Stdout) {
		t.Error(got.Stdout)
	}
}

func TestAccAppAuthorizations(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, func(s *mock.Seed) {
		app := s.Apps[cad]
		app.Users = map[string]map[string]string{"local.com": {"lisi": ""}, "corp.example.com": {"wangwu": "AD"}}
		app.UserGroups = map[string]map[string]string{"corp.example.com": {"engineering": "AD"}}
		s.Apps[cad] = app
	}, mock.Switches{})
	const assigned, open, nobody = "data.appaccess_huaweicloud_app_authorizations.assigned", "data.appaccess_huaweicloud_app_authorizations.open",
		"data.appaccess_huaweicloud_app_authorizations.nobody"
	acctest.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: factories(),
		Steps: []resource.TestStep{
			{
				Config:      w.provider("") + `data "appaccess_huaweicloud_app_authorizations" "gone" { app_id = "gone" }`,
				ExpectError: regexp.MustCompile(`(?s)No such application.*"gone"`),
			},
			{
				Config:      w.provider("") + `data "appaccess_huaweicloud_app_authorizations" "empty" { app_id = "" }`,
				ExpectError: regexp.MustCompile(`app_id`),
			},
			{
				Config: w.provider("") + fmt.Sprintf(`
				data "appaccess_huaweicloud_app_authorizations" "assigned" {
				  app_id = %q
				}
				data "appaccess_huaweicloud_app_authorizations" "open" {
				  app_id = %q
				}
				data "appaccess_huaweicloud_app_authorizations" "nobody" {
				  app_id = %q
				}`, cad, office, viewer),
				ConfigStateChecks: []statecheck.StateCheck{
					statecheck.ExpectKnownValue(assigned, tfjsonpath.New("authorization_type"), knownvalue.StringExact("ASSIGN_USER")),
					statecheck.ExpectKnownValue(assigned, tfjsonpath.New("users"), knownvalue.MapExact(map[string]knownvalue.Check{
						"local.com":        knownvalue.MapExact(map[string]knownvalue.Check{"lisi": knownvalue.Null()}),
						"corp.example.com": knownvalue.MapExact(map[string]knownvalue.Check{"wangwu": knownvalue.StringExact("AD")}),
					})),
					statecheck.ExpectKnownValue(assigned, tfjsonpath.New("user_groups"), knownvalue.MapExact(map[string]knownvalue.Check{
						"corp.example.com": knownvalue.MapExact(map[string]knownvalue.Check{"engineering": knownvalue.StringExact("AD")}),
					})),
					statecheck.ExpectKnownValue(open, tfjsonpath.New("authorization_type"), knownvalue.StringExact("ALL_USER")),
					statecheck.ExpectKnownValue(open, tfjsonpath.New("users"), knownvalue.MapSizeExact(0)),
					statecheck.ExpectKnownValue(nobody, tfjsonpath.New("users"), knownvalue.MapSizeExact(0)),
					statecheck.ExpectKnownValue(nobody, tfjsonpath.New("user_groups"), knownvalue.MapSizeExact(0)),
				},
			},
		},
	})
}

// What a data source gives a resource takes: another application for the same people.
func TestAccAppAuthorizations_feedTheResource(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, func(s *mock.Seed) {
		app := s.Apps[cad]
		app.Users = map[string]map[string]string{"local.com": {"lisi": ""}}
		app.UserGroups = map[string]map[string]string{"corp.example.com": {"engineering": "AD"}}
		s.Apps[cad] = app
	}, mock.Switches{})
	acctest.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: factories(),
		Steps: []resource.TestStep{{
			Config: w.provider("") + fmt.Sprintf(`
			data "appaccess_huaweicloud_app_authorizations" "from" {
			  app_id = %q
			}
			resource "appaccess_huaweicloud_app_authorization_set" "to" {
			  app_ids     = [%q]
			  users       = data.appaccess_huaweicloud_app_authorizations.from.users
			  user_groups = data.appaccess_huaweicloud_app_authorizations.from.user_groups
			}`, cad, viewer),
			PostApplyFunc: func() {
				if err := w.expect(viewer, w.granted(cad)...); err != nil || len(w.granted(viewer)) != 2 {
					t.Errorf("%v, %q", err, w.granted(viewer))
				}
			},
		}},
	})
}
