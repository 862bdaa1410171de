// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/appaccess/terraform-provider-appaccess/internal/acctest"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/venafi"
)

// oneOfEach has one resource of each type. The edited ones want another account, type, grantee,
// trustee or description.
func oneOfEach(edited bool) string {
	const operations, carol = "AD+corp:7f93d2908020204a959910ea5a5704ff", "AD+corp:1932309a28daf34db5c942630c3a2cc4"
	account, data, who := "zhangsan", "USER", operations
	if edited {
		account, data, who = "lisi", "ASSET", carol
	}
	var all strings.Builder
	for _, r := range []struct{ name, body string }{
		{"huaweicloud_app_authorization_set", `app_ids = ["3f791197-d166-4c8e-81e4-38c40ffc1989"]
			users = { "local.com" = { ACCOUNT = "LOCAL" } }`},
		{"huaweicloud_app_authorizations_exclusive", `app_ids = ["62f48b59-8a3e-4f0c-9d7b-1e2a5c6d7f80"]
			users = { "local.com" = { ACCOUNT = "LOCAL" } }`},
		{"enos_app_data_authorization", `app_id = "77777777-8888-9999-0000-111111111111"
			data_authorize_types = ["DATA"]`},
		{"venafi_oauth_application", `application_id = "one"
			name          = "One"
			vendor        = "Example Corp"
			url           = "https://one.example.com"
			description   = "WHO"
			scope         = "certificate:discover"
			maximum_scope = "certificate:discover"`},
		{"venafi_oauth_jwt_mapping", `name = "one"
			issuer_uri    = "https://ci.example.com"
			purpose_field = "aud"
			purpose_match = "WHO"
			id_field      = "sub"
			id_match      = "^one$"
			grantee       = "` + carol + `"`},
		{"venafi_oauth_role_grant", `role = "auditor"
			grantee = "WHO"`},
		{"venafi_oauth_role_grant_set", `role = "application_maintainer"
			application_id = "MyIntegration"
			grantees       = { one = "WHO" }`},
		{"venafi_oauth_role_grants_exclusive", `role = "application_owner"
			application_id = "CodeSigning"
			grantees       = { one = "WHO" }`},
		{"venafi_oauth_access_set", `application_id = "MyIntegration"
			maximum_scope = "certificate:manage"
			trustees      = { one = "WHO" }`},
		{"venafi_oauth_access_exclusive", `application_id = "CodeSigning"
			maximum_scope = "codesignclient"
			trustees      = { one = "WHO" }`},
	} {
		fmt.Fprintf(&all, "resource \"appaccess_%s\" \"this\" {\n%s\n}\n", r.name, strings.NewReplacer("ACCOUNT", account, "DATA", data, "WHO", who).Replace(r.body))
	}
	return all.String()
}

// A state of an older provider, which remembered nothing, is read, planned, changed and destroyed
// as any other, and takes the place of its next refresh: from then on another place is an error.
func TestAccOlderState(t *testing.T) {
	t.Parallel()
	here, there := acctest.StartDemo(t), acctest.StartDemo(t)
	cli := acctest.NewCLI(t, func() tfprotov6.ProviderServer {
		server, err := acctest.Providers()["appaccess"]()
		must(t, err)
		return server
	})
	at := func(m *acctest.Mock, resources string) {
		cli.Write("main.tf", m.DemoProvider()+resources)
	}
	do := func(args ...string) acctest.Report {
		t.Helper()
		r := cli.JSON(args...)
		if r.Code != 0 {
			t.Fatalf("%v: %+v", args, r.Errors)
		}
		return r
	}
	forget := func() {
		t.Helper()
		file := filepath.Join(cli.Dir(), "terraform.tfstate")
		text, err := os.ReadFile(file)
		must(t, err)
		cut := regexp.MustCompile(`,\s*"private": "[^"]+"`).ReplaceAll(text, nil)
		if n := len(provided(t)); bytes.Count(text, []byte(`"private"`)) != n {
			t.Fatalf("not each of %d resources remembers something:\n%s", n, text)
		}
		must(t, os.WriteFile(file, cut, 0o600))
	}

	at(here, oneOfEach(false))
	do("apply", "-auto-approve")

	forget()
	if r := do("plan", "-out=plan"); len(r.Changes) > 0 {
		t.Errorf("the plan of an older state changes %v", r.Changes)
	}
	do("apply", "plan")
	at(there, oneOfEach(false))
	if r := cli.JSON("plan"); len(r.Errors) != len(provided(t)) {
		t.Errorf("%d of %d resources know that another place is not theirs: %+v", len(r.Errors), len(provided(t)), r.Errors)
	}

	forget()
	at(here, oneOfEach(true))
	if r := do("plan", "-out=plan"); len(r.Changes) != len(provided(t)) {
		t.Errorf("the plan changes %v", r.Changes)
	}
	do("apply", "plan")
	if r := do("plan"); len(r.Changes) > 0 {
		t.Errorf("after the apply, the plan changes %v", r.Changes)
	}

	forget()
	do("destroy", "-auto-approve")
	for what, states := range map[string][2]any{
		"Workspace":       {here.Huaweicloud.Snapshot().Apps, there.Huaweicloud.Snapshot().Apps},
		"EnOS":            {here.Enos.Snapshot().Organizations, there.Enos.Snapshot().Organizations},
		"OAuth roles":     {here.Venafi.Roles(), there.Venafi.Roles()},
		"applications":    {here.Venafi.Applications(), there.Venafi.Applications()},
		"JWT mappings":    {here.Venafi.JwtMappings(), there.Venafi.JwtMappings()},
		"rules of access": {here.Venafi.Rules(), []venafi.Rule(nil)}, // the exclusive set took over the one that there was
	} {
		if diff := cmp.Diff(states[1], states[0], cmpopts.EquateEmpty(),
			// An application that once had rules lets in nobody without one.
			cmpopts.IgnoreFields(venafi.Application{}, "Restricted")); diff != "" {
			t.Errorf("%s, after the destroy:\n%s", what, diff)
		}
	}
}

// provided lists the types of resources.
func provided(t *testing.T) []string {
	t.Helper()
	server, err := acctest.Providers()["appaccess"]()
	must(t, err)
	schema, err := server.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	must(t, err)
	var names []string
	for name := range schema.ResourceSchemas {
		names = append(names, name)
	}
	return names
}
