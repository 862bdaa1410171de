// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package leaks

import (
	"context"
	"fmt"
	"maps"
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/appaccess/terraform-provider-appaccess/internal/acctest"
	"github.com/appaccess/terraform-provider-appaccess/internal/acctest/core"
	"github.com/appaccess/terraform-provider-appaccess/internal/provider"
)

// terraform is one in this process, whose provider takes its credentials from an environment.
func (s *services) terraform(env map[string]string) *core.Terraform {
	once := map[string]any{"max_retries": 0}
	workspace := map[string]any{
		"max_retries": 0, "workspace_endpoint": s.http, "iam_endpoint": s.http, "requests_per_minute": map[string]any{"read": 0, "write": 0},
	}
	portal := maps.Clone(once)
	portal["gateway_url"] = s.http
	trust := maps.Clone(once)
	trust["ca_certificate"] = s.given.authority
	return &core.Terraform{
		State: core.State{}, Provider: map[string]any{"huaweicloud": workspace, "enos": portal, "venafi": trust},
		Server: func() tfprotov6.ProviderServer {
			server, err := acctest.ProvidersWithEnvironment(env, provider.WithDial(s.dial))["appaccess"]()
			if err != nil {
				panic(err) // it makes none
			}
			return acctest.Watch(s.t, server)
		},
	}
}

// dial leads to the metadata service of the mock.
func (s *services) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if address == "169.254.169.254:80" {
		address = strings.TrimPrefix(s.http, "http://")
	}
	return new(net.Dialer).DialContext(ctx, network, address)
}

// resources are one of each. The variant changes what every one grants.
func (s *services) resources(variant int) []core.Resource {
	users := map[string]any{"local.com": map[string]any{fmt.Sprint(account, "-", variant): "LOCAL"}}
	somebody := grantee(1 + variant%5)
	grantees := map[string]any{fmt.Sprint("grantee ", variant): somebody}
	resource := func(name string, attributes map[string]any) core.Resource {
		return core.Resource{Address: core.Address{Type: "appaccess_" + name, Name: "r"}, Attributes: attributes}
	}
	return []core.Resource{
		resource("huaweicloud_app_authorization_set", map[string]any{"app_ids": []string{appA}, "users": users}),
		resource("huaweicloud_app_authorizations_exclusive", map[string]any{"app_ids": []string{appB}, "users": users}),
		resource("enos_app_data_authorization", map[string]any{
			"app_id": enosApp, "data_authorize_types": [][]string{{"USER"}, {"ROLE", "ASSET"}, {"MENU_GROUP_OP"}}[variant%3],
		}),
		resource("venafi_oauth_role_grant", map[string]any{"role": "application_owner", "application_id": clientID, "grantee": somebody}),
		resource("venafi_oauth_role_grant_set", map[string]any{"role": "application_maintainer", "application_id": clientID, "grantees": grantees}),
		resource("venafi_oauth_role_grants_exclusive", map[string]any{"role": "auditor", "grantees": grantees}),
		resource("venafi_oauth_application", map[string]any{
			"application_id": "leaks-pipeline", "name": fmt.Sprint("Pipeline ", variant), "maximum_scope": "certificate:discover",
			"scope": "certificate:discover", "vendor": "Example", "description": "Leaks", "url": "https://ci.example.com", "access_validity": "2160h",
			"grant_validity": "8760h", "unused_expiration": "720h", "renewable": true,
		}),
		resource("venafi_oauth_jwt_mapping", map[string]any{
			"name": "leaks", "issuer_uri": fmt.Sprint("https://ci", variant, ".example.com"), "purpose_field": "aud", "purpose_match": "tpp",
			"id_field": "sub", "id_match": "leaks", "grantee": somebody,
		}),
		resource("venafi_oauth_access_set", map[string]any{"application_id": thirdID, "maximum_scope": "certificate:discover", "trustees": grantees}),
		resource("venafi_oauth_access_exclusive", map[string]any{"application_id": otherID, "maximum_scope": "certificate:discover", "trustees": grantees}),
	}
}

// data are data sources, lists are what can be queried, and tokens are ephemeral resources.
var (
	data = map[string]map[string]any{
		"appaccess_huaweicloud_app":                {"id": appA},
		"appaccess_huaweicloud_apps":               {},
		"appaccess_huaweicloud_app_authorizations": {"app_id": appA},
		"appaccess_enos_app":                       {"app_id": enosApp},
		"appaccess_venafi_identity":                {"name": "local:somebody1"},
		"appaccess_venafi_oauth_roles":             {},
		"appaccess_venafi_oauth_applications":      {},
		"appaccess_venafi_oauth_rules":             {"application_id": clientID},
	}
	lists = map[string]map[string]any{
		"appaccess_huaweicloud_app_authorization_set":        {},
		"appaccess_huaweicloud_app_authorizations_exclusive": {},
		"appaccess_enos_app_data_authorization":              {"app_ids": []string{enosApp}},
		"appaccess_venafi_oauth_role_grant":                  {},
		"appaccess_venafi_oauth_role_grant_set":              {},
		"appaccess_venafi_oauth_role_grants_exclusive":       {},
		"appaccess_venafi_oauth_application":                 {},
		"appaccess_venafi_oauth_jwt_mapping":                 {},
		"appaccess_venafi_oauth_access_set":                  {},
		"appaccess_venafi_oauth_access_exclusive":            {},
	}
	tokens = map[string]map[string]any{"appaccess_venafi_access_token": {"scope": "admin;configuration"}}
)

// ask reads, queries and opens all of them in a process of its own, and gives how many failed.
func (s *services) ask(t *testing.T, terraform *core.Terraform, withTokens bool) (failed int) {
	t.Helper()
	process, err := terraform.Start(t.Context())
	if err != nil {
		return 1
	}
	tell := func(what string, d *core.Diagnostics, err error) {
		switch {
		case err != nil:
			t.Fatalf("%s: %v", what, err)
		case len(d.Errors) > 0:
			failed++
		}
	}
	for name, attributes := range data {
		_, d, err := process.ReadData(t.Context(), name, attributes)
		tell(name, d, err)
	}
	if withTokens {
		for name, attributes := range tokens {
			d, err := process.Open(t.Context(), name, attributes)
			tell(name, d, err)
		}
	}
	for name, arguments := range lists {
		results, err := process.Query(t.Context(), name, core.Query{Config: arguments, IncludeResource: true})
		if err != nil {
			t.Fatal(err)
		}
		for _, result := range results {
			failed += min(1, len(result.Errors))
		}
	}
	return failed
}

// The services answer in every form, and say all that they know, in every spelling: in logins,
// reads and writes, with each kind of login. acctest.Watch searches what the provider makes of it.
func TestWhatServicesSay(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"temporary keys", "profile", "id token", "metadata"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			s := start(t)
			if kind == "metadata" {
				s.logIn()
			}
			terraform := s.terraform(s.environment(kind))
			// An access token that is given can't make another one.
			withTokens := kind != "metadata"
			apply := func(variant int) error {
				plan, err := terraform.Plan(t.Context(), s.resources(variant))
				if err == nil {
					err = plan.Err()
				}
				if err != nil {
					return err
				}
				diags, err := terraform.Apply(t.Context(), plan)
				if err == nil {
					err = diags.Err()
				}
				return err
			}
			if err := apply(0); err != nil {
				t.Fatal(err)
			}
			if failed := s.ask(t, terraform, withTokens); failed > 0 {
				t.Fatalf("%d things can't be read", failed)
			}
			s.covers(t, terraform)
			spellings, turn := waysInOrder(), len(kind) // each begins elsewhere
			for _, form := range forms() {
				for _, phase := range []phase{login, read, write} {
					turn++
					s.open(&mouth{phase: phase, form: form, way: spellings[turn%len(spellings)]})
					err := apply(turn)
					failed := 0
					if phase != write {
						failed = s.ask(t, terraform, withTokens)
					}
					said := s.shut()
					if said == 0 || err == nil && failed == 0 && form != "200 failure" {
						t.Errorf("%s, %s: %d were said, %d reads failed, %v", form, phase, said, failed, err)
					}
				}
			}
			if err := apply(1); err != nil {
				t.Error(err)
			}
			s.learntAll(t)
		})
	}
}

// covers makes sure that all that the provider has is used.
func (s *services) covers(t *testing.T, terraform *core.Terraform) {
	t.Helper()
	process, err := terraform.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var used []string
	for _, r := range s.resources(0) {
		used = append(used, fmt.Sprintf("resource %q", r.Type))
	}
	for kind, names := range map[string]map[string]map[string]any{"data": data, "list": lists, "ephemeral": tokens} {
		for name := range names {
			used = append(used, fmt.Sprintf("%s %q", kind, name))
		}
	}
	slices.Sort(used)
	if has := process.Names(); !slices.Equal(has, used) {
		t.Errorf("the provider has\n  %s\nand used are\n  %s", strings.Join(has, "\n  "), strings.Join(used, "\n  "))
	}
}
