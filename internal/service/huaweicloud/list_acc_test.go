// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/querycheck"
	"github.com/hashicorp/terraform-plugin-testing/tfversion"

	"github.com/appaccess/terraform-provider-appaccess/internal/acctest"
	mock "github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/huaweicloud"
)

const (
	setType       = "appaccess_huaweicloud_app_authorization_set"
	exclusiveType = "appaccess_huaweicloud_app_authorizations_exclusive"
)

// server is the provider, asked as `terraform query` asks it.
func (w *workspace) server() *acctest.Server {
	w.t.Helper()
	return acctest.NewServer(w.t, w.environment())
}

func grantSomebody(s *mock.Seed) {
	app := s.Apps[cad]
	app.Users = map[string]map[string]string{"local.com": {"lisi": ""}, "corp.example.com": {"wangwu": "AD"}}
	app.UserGroups = map[string]map[string]string{"corp.example.com": {"engineering": "AD"}}
	s.Apps[cad] = app
}

func names(results []acctest.Listed) []string {
	var names []string
	for _, r := range results {
		names = append(names, r.DisplayName)
	}
	return names
}

// One set for each application, by name, with an identity that imports it.
func TestList(t *testing.T) {
	t.Parallel()
	for _, typeName := range []string{setType, exclusiveType} {
		t.Run(typeName, func(t *testing.T) {
			t.Parallel()
			w := newWorkspace(t, grantSomebody, mock.Switches{})
			results := w.server().Query(typeName, acctest.Query{})
			want := []string{"AutoCAD (" + cad + ")", "Office (" + office + ")", "Viewer (" + viewer + ")"}
			if diff := cmp.Diff(want, names(results)); diff != "" {
				t.Fatal(diff)
			}
			if diff := cmp.Diff(map[string]any{"project_id": pid, "app_ids": []any{cad}}, results[0].Identity); diff != "" {
				t.Error(diff)
			}
			if results[0].Resource != nil {
				t.Errorf("the resource came unasked: %v", results[0].Resource)
			}
			if n := w.recorder.Count(mock.OpListAppAuthorizations); n != 0 {
				t.Errorf("%d lists of accounts that nobody asked for", n)
			}
		})
	}
}

func TestList_filters(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		config map[string]any
		want   []string
	}{
		"name":         {map[string]any{"name": "Office"}, []string{"Office (" + office + ")"}},
		"part of name": {map[string]any{"name": "Offic"}, nil},
		"mode":         {map[string]any{"authorization_type": "ASSIGN_USER"}, []string{"AutoCAD (" + cad + ")", "Viewer (" + viewer + ")"}},
		"both":         {map[string]any{"authorization_type": "ALL_USER", "name": "Viewer"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorkspace(t, nil, mock.Switches{})
			if diff := cmp.Diff(test.want, names(w.server().Query(setType, acctest.Query{Config: test.config}))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestList_invalid(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, nil, mock.Switches{})
	results := w.server().Query(setType, acctest.Query{Config: map[string]any{"authorization_type": "EVERYBODY"}})
	if len(results) != 1 || len(results[0].Errors) != 1 || !strings.Contains(results[0].Errors[0], "authorization_type") {
		t.Errorf("%+v", results)
	}
	if n := len(w.recorder.All()); n != 0 {
		t.Errorf("%d requests were sent", n)
	}
}

// The resource is complete, and the configuration that Terraform generates from it plans clean,
// under every answer that the service may give.
func TestList_includeResource(t *testing.T) {
	t.Parallel()
	for name, switches := range map[string]mock.Switches{
		"as documented":   {},
		"other positions": {ListOrder: "unstable", DefaultDomain: "null", PlatformLeftOut: "empty", AllUserList: "records", NameFilter: "ignored"},
	} {
		for _, typeName := range []string{setType, exclusiveType} {
			t.Run(name+"/"+typeName, func(t *testing.T) {
				t.Parallel()
				w := newWorkspace(t, grantSomebody, switches)
				server := w.server()
				results := server.Query(typeName, acctest.Query{IncludeResource: true})
				if len(results) != 3 {
					t.Fatalf("%+v", results)
				}
				want := map[string]any{
					"app_ids": []any{cad}, "name": "AutoCAD", "authorization_type": "ASSIGN_USER",
					"users":       map[string]any{"local.com": map[string]any{"lisi": nil}, "corp.example.com": map[string]any{"wangwu": "AD"}},
					"user_groups": map[string]any{"corp.example.com": map[string]any{"engineering": "AD"}},
					"on_destroy":  "revoke", "max_revocations": nil, "missing": map[string]any{}, "timeouts": nil,
				}
				if diff := cmp.Diff(want, results[0].Resource); diff != "" {
					t.Error(diff)
				}
				for _, result := range results {
					if diff := server.PlansClean(typeName, result); diff != "" {
						t.Errorf("%s: the generated configuration would change\n%s", result.DisplayName, diff)
					}
				}
			})
		}
	}
}

// A limit, and a reader who goes away, end the requests too.
func TestList_limit(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, func(s *mock.Seed) {
		for i := range 30 {
			s.Apps[fmt.Sprintf("many-%03d", i)] = mock.App{Name: fmt.Sprintf("App %03d", i)}
		}
	}, mock.Switches{})
	for name, query := range map[string]acctest.Query{
		"limit":    {IncludeResource: true, Limit: 5},
		"gone":     {IncludeResource: true, Take: 5},
		"filtered": {IncludeResource: true, Limit: 5, Config: map[string]any{"authorization_type": "ASSIGN_USER"}},
	} {
		w.recorder.Reset()
		if results := w.server().Query(setType, query); len(results) != 5 {
			t.Errorf("%s: %d results", name, len(results))
		}
		if n := w.recorder.Count(mock.OpListAppAuthorizations); n != 5 {
			t.Errorf("%s: %d lists of accounts for 5 results", name, n)
		}
	}
	w.recorder.Reset()
	if results := w.server().Query(setType, acctest.Query{IncludeResource: true}); len(results) != 33 {
		t.Errorf("%d results without a limit", len(results))
	}
	if n := w.recorder.Count(mock.OpListAppAuthorizations); n != 32 { // nobody is assigned to the open one
		t.Errorf("%d lists of accounts without a limit", n)
	}
}

// An error ends the results, and says what the service said.
func TestList_error(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, func(s *mock.Seed) {
		s.Credentials[0].Deny = []string{mock.OpListAppAuthorizations}
	}, mock.Switches{})
	results := w.server().Query(setType, acctest.Query{IncludeResource: true})
	if len(results) != 1 || len(results[0].Errors) != 1 || !strings.Contains(results[0].Errors[0], "WKS.00081102") {
		t.Errorf("%+v", results)
	}
}

// Where the installed Terraform knows queries, it asks itself.
func TestAccList_query(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, grantSomebody, mock.Switches{})
	acctest.Test(t, resource.TestCase{
		TerraformVersionChecks:   []tfversion.TerraformVersionCheck{tfversion.SkipBelow(tfversion.Version1_14_0)},
		ProtoV6ProviderFactories: factories(),
		Steps: []resource.TestStep{
			{Config: w.provider("") + `data "appaccess_huaweicloud_apps" "all" {}`},
			{
				Query: true,
				// The provider block of the step before is still there.
				Config: `
					list "` + setType + `" "assigned" {
					  provider         = appaccess
					  include_resource = true

					  config {
					    authorization_type = "ASSIGN_USER"
					  }
					}`,
				QueryResultChecks: []querycheck.QueryResultCheck{
					querycheck.ExpectLength(setType+".assigned", 2),
					querycheck.ExpectIdentity(setType+".assigned", map[string]knownvalue.Check{
						"project_id": knownvalue.StringExact(pid), "app_ids": knownvalue.ListExact([]knownvalue.Check{knownvalue.StringExact(cad)}),
					}),
				},
			},
		},
	})
}
