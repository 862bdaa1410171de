// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi_test

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
	mock "github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/venafi"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

func displayNames(results []acctest.Listed) []string {
	var names []string
	for _, r := range results {
		names = append(names, r.DisplayName)
	}
	return names
}

func TestList(t *testing.T) {
	t.Parallel()
	const (
		admin, auditor = "admin: " + acctest.VenafiIdentity, "auditor: " + annaID
		jdoe           = "application_maintainer of MyIntegration: " + jdoeID
		opsMaintainer  = "application_maintainer of Other: " + opsID
		opsOwner       = "application_owner of MyIntegration: " + opsID
	)
	m := acctest.Start(t, directory())
	server := acctest.NewServer(t, m.Environment())
	for _, test := range []struct {
		config map[string]any
		want   []string
	}{
		{nil, []string{auditor, jdoe, opsMaintainer, opsOwner, admin}},
		{map[string]any{"role": "application_maintainer"}, []string{jdoe, opsMaintainer}},
		{map[string]any{"application_id": "MyIntegration"}, []string{jdoe, opsOwner}},
		{map[string]any{"grantee": "ad+corp:{4D1C7A1C-9C2B-4F6F-8F9D-7F2E1A3B5C77}"}, []string{opsMaintainer, opsOwner}},
		{map[string]any{"role": "application_owner", "grantee": jdoeID}, nil},
	} {
		if diff := cmp.Diff(test.want, displayNames(server.Query(grantType, acctest.Query{Config: test.config}))); diff != "" {
			t.Errorf("%v: %s", test.config, diff)
		}
	}
	if n := m.Recorder.Count("ListRoles"); n != 1 {
		t.Errorf("%d listings for all queries of a run", n)
	}
	if got := server.Query(grantType, acctest.Query{Limit: 2}); len(got) != 2 {
		t.Errorf("%d results with a limit of 2", len(got))
	}
	if got := server.Query(grantType, acctest.Query{Take: 1}); len(got) != 1 {
		t.Errorf("%d results for somebody who went away", len(got))
	}
	results := server.Query(grantType, acctest.Query{Config: map[string]any{"role": "application_owner"}})
	if diff := cmp.Diff(map[string]any{"role": "application_owner", "application_id": "MyIntegration", "grantee": opsID}, results[0].Identity); diff != "" {
		t.Error(diff)
	}
}

// One set for each role and application, whole even when one of its grantees was asked for.
func TestList_sets(t *testing.T) {
	t.Parallel()
	const maintainers, others, owners = "application_maintainer of MyIntegration", "application_maintainer of Other", "application_owner of MyIntegration"
	for _, typeName := range []string{setType, exclusiveType} {
		options := directory()
		options.Venafi.Roles = append(options.Venafi.Roles, mock.Role{Role: mock.Maintainer, Grantee: annaID, ApplicationID: "MyIntegration"})
		m := acctest.Start(t, options)
		server := acctest.NewServer(t, m.Environment())
		for _, test := range []struct {
			config map[string]any
			want   []string
		}{
			{nil, []string{"auditor", maintainers, others, owners, "admin"}},
			{map[string]any{"role": "application_maintainer"}, []string{maintainers, others}},
			{map[string]any{"application_id": "MyIntegration"}, []string{maintainers, owners}},
			{map[string]any{"grantee": annaID}, []string{"auditor", maintainers}},
			{map[string]any{"grantee": annaID, "role": "admin"}, nil},
		} {
			if diff := cmp.Diff(test.want, displayNames(server.Query(typeName, acctest.Query{Config: test.config}))); diff != "" {
				t.Errorf("%s %v: %s", typeName, test.config, diff)
			}
		}
		results := server.Query(typeName, acctest.Query{
			IncludeResource: true, Limit: 1, Config: map[string]any{"grantee": jdoeID},
		})
		if len(results) != 1 {
			t.Fatalf("%+v", results)
		}
		if diff := cmp.Diff(map[string]any{"role": "application_maintainer", "application_id": "MyIntegration"}, results[0].Identity); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(map[string]any{
			"role": "application_maintainer", "application_id": "MyIntegration", "grantees": map[string]any{jdoeID: jdoeID, annaID: annaID},
			"max_revocations": nil, "on_destroy": "revoke", "timeouts": nil,
		}, results[0].Resource); diff != "" {
			t.Error(diff)
		}
		if n := m.Recorder.Count("ListRoles"); n != 1 {
			t.Errorf("%d listings for all queries of a run", n)
		}
	}
}

// The resources are complete, and the configuration that Terraform generates from them plans clean,
// however the server spells things.
func TestList_includeResource(t *testing.T) {
	t.Parallel()
	for _, switches := range []mock.Switches{
		{}, {GlobalApplicationID: "null", GranteeSpelling: "upper"}, {GlobalApplicationID: "empty", AuditorApplicationID: "odd", GranteeSpelling: "lower"},
		{GranteeSpelling: "directory", Order: "stable"},
	} {
		m := acctest.Start(t, directory())
		m.Venafi.SetSwitches(switches)
		server := acctest.NewServer(t, m.Environment())
		results := server.Query(grantType, acctest.Query{IncludeResource: true})
		if len(results) != 5 {
			t.Fatalf("%+v", results)
		}
		for _, typeName := range []string{grantType, setType, exclusiveType} {
			for _, result := range server.Query(typeName, acctest.Query{IncludeResource: true}) {
				if diff := server.PlansClean(typeName, result); diff != "" {
					t.Errorf("%s %s: the generated configuration would change\n%s", typeName, result.DisplayName, diff)
				}
			}
		}
		if switches == (mock.Switches{}) {
			want := map[string]any{"role": "auditor", "application_id": nil, "grantee": annaID, "timeouts": nil}
			if diff := cmp.Diff(want, results[0].Resource); diff != "" {
				t.Error(diff)
			}
		}
	}
}

func TestList_errors(t *testing.T) {
	t.Parallel()
	m := acctest.Start(t, directory())
	server := acctest.NewServer(t, m.Environment())
	for want, config := range map[string]map[string]any{
		"application_maintainer": {"role": "maintainer"},
		"is a name":              {"grantee": "local:anna"},
	} {
		results := server.Query(grantType, acctest.Query{Config: config})
		if len(results) != 1 || len(results[0].Errors) != 1 || !strings.Contains(results[0].Errors[0], want) {
			t.Errorf("%v: %+v", config, results)
		}
	}
	if n := len(m.Recorder.All()); n != 0 {
		t.Errorf("%d requests were sent", n)
	}
	m.Faults.Add(wire.Fault{Operation: "ListRoles", Kind: mock.FaultInsufficientRight})
	results := server.Query(grantType, acctest.Query{})
	if len(results) != 1 || len(results[0].Errors) != 1 || !strings.Contains(results[0].Errors[0], "auditor is enough") {
		t.Errorf("%+v", results)
	}
}

// Where the installed Terraform knows queries, it asks itself, for all that this service lists.
func TestAccList_query(t *testing.T) {
	t.Parallel()
	options := directory()
	options.Venafi.Rules = []mock.Rule{{ApplicationID: "Other", Trustee: opsID, MaximumScope: "admin"}}
	options.Venafi.JwtMappings = []mock.JwtMapping{{
		Name: "gitlab", IssuerURI: "https://gitlab.example.com", PurposeField: "aud", PurposeMatch: "tpp", IDField: "sub", IDMatch: "^(.+)$",
	}}
	m := acctest.Start(t, options)
	maintainers := map[string]string{"role": "application_maintainer", "application_id": "MyIntegration"}
	other := map[string]string{"application_id": "Other"}
	var lists strings.Builder
	var checks []querycheck.QueryResultCheck
	for typeName, test := range map[string]struct {
		config   string
		length   int
		identity map[string]string
	}{
		grantType: {`role = "application_maintainer"`, 2, map[string]string{"role": "application_maintainer", "application_id": "MyIntegration", "grantee": jdoeID}},
		setType:   {`role = "application_maintainer"`, 2, maintainers}, exclusiveType: {`application_id = "MyIntegration"`, 2, maintainers},
		accessSetType: {"", 1, other}, accessExclusiveType: {`application_id = "Other"`, 1, other}, "appaccess_venafi_oauth_application": {"", 3, other},
		"appaccess_venafi_oauth_jwt_mapping": {`issuer_uri = "https://gitlab.example.com"`, 1, map[string]string{"name": "gitlab"}},
	} {
		fmt.Fprintf(&lists, "list %q \"all\" {\n  provider         = appaccess\n  include_resource = true\n  config {\n    %s\n  }\n}\n", typeName, test.config)
		identity := map[string]knownvalue.Check{}
		for name, value := range test.identity {
			identity[name] = knownvalue.StringExact(value)
		}
		checks = append(checks, querycheck.ExpectLength(typeName+".all", test.length), querycheck.ExpectIdentity(typeName+".all", identity))
	}
	acctest.Test(t, resource.TestCase{
		TerraformVersionChecks: []tfversion.TerraformVersionCheck{tfversion.SkipBelow(tfversion.Version1_14_0)},
		Steps: []resource.TestStep{
			{Config: m.Provider() + `data "appaccess_venafi_oauth_roles" "x" {}`},
			{Query: true, Config: lists.String(), QueryResultChecks: checks}, // the provider block of the step before is still there
		},
	})
}
