// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	"github.com/appaccess/terraform-provider-appaccess/internal/acctest"
	mock "github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/venafi"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

type terraformState = terraform.State

const mappingAddress = "appaccess_venafi_oauth_jwt_mapping.gitlab"

// jwtMapping is a mapping with other arguments than usual.
func jwtMapping(name string, arguments ...string) string {
	values := map[string]string{
		"name": name, "issuer_uri": "https://gitlab.example.com", "purpose_field": "aud", "purpose_match": "https://tpp.example.com",
		"id_field": "sub", "id_match": "^project:(.*)$",
	}
	for i := 0; i+1 < len(arguments); i += 2 {
		values[arguments[i]] = arguments[i+1]
	}
	var b strings.Builder
	fmt.Fprintf(&b, "resource \"appaccess_venafi_oauth_jwt_mapping\" %q {\n", name)
	for argument, value := range values {
		fmt.Fprintf(&b, "  %s = %q\n", argument, value)
	}
	return b.String() + "}\n"
}

func (p *platform) mapping(name string) *mock.JwtMapping {
	for _, m := range p.Venafi.JwtMappings() {
		if m.Name == name {
			return &m
		}
	}
	return nil
}

func TestAccOAuthJwtMapping(t *testing.T) {
	t.Parallel()
	for name, switches := range map[string]mock.Switches{"first": {}, "more": {MoreFields: mock.Sent}, "upper": {GranteeSpelling: mock.SpellingUpper}, "skip": {Start: mock.StartSkip}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlatform(t, switches)
			const keys = "https://gitlab.example.com/keys"
			acctest.Life(t, name == "first", resource.TestCase{
				CheckDestroy: func(*terraform.State) error {
					if all := p.Venafi.JwtMappings(); len(all) > 0 {
						return fmt.Errorf("left are %v", all)
					}
					return nil
				},
				Steps: []resource.TestStep{
					{Config: p.Provider() + jwtMapping("gitlab", "grantee", alice, "jwks_uri", keys)},
					{ResourceName: mappingAddress, ImportState: true, ImportStateId: "gitlab", ImportStateVerify: name == "first", ImportStateVerifyIdentifierAttribute: "name"},
					{ // the address of the keys stays, the grantee goes
						Config: p.Provider() + jwtMapping("gitlab", "id_match", "^group:(.*)$"),
						PostApplyFunc: func() {
							m := p.mapping("gitlab")
							if m.JwksURI != keys || m.Grantee != "" || m.IDMatch != "^group:(.*)$" || switches.MoreFields == mock.Sent && m.ReviewedBy == "" {
								t.Errorf("%+v", m)
							}
						},
					},
					{
						PreConfig: func() {
							p.check(p.Venafi.Update(func(s mock.Seed) (mock.Seed, error) {
								s.JwtMappings[0].PurposeMatch = "anybody"
								return s, nil
							}))
						},
						Config:           p.Provider() + jwtMapping("gitlab"),
						ConfigPlanChecks: action(mappingAddress, plancheck.ResourceActionUpdate),
					},
					{
						PreConfig: func() {
							p.check(p.Venafi.Update(func(s mock.Seed) (mock.Seed, error) {
								s.JwtMappings = nil
								return s, nil
							}))
						},
						Config:           p.Provider() + jwtMapping("gitlab"),
						ConfigPlanChecks: action(mappingAddress, plancheck.ResourceActionCreate),
					},
					{Config: p.Provider() + jwtMapping("gitlab", "jwks_uri", keys)},
					{ // another name and other keys at once: the old one, which has the keys of before, goes first
						Config:           p.Provider() + jwtMapping("gitlab", "name", "renamed", "jwks_uri", keys+"/2"),
						ConfigPlanChecks: action(mappingAddress, plancheck.ResourceActionReplace),
					},
				},
			})
		})
	}
}

func TestAccOAuthJwtMapping_refusals(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, mock.Switches{})
	cli := p.cli()
	for name, test := range map[string]struct {
		config, summary string
		parts           []string
	}{
		"nobody":      {jwtMapping("gitlab", "id_match", "^project:.*$"), "Nobody is named", []string{"group", "id_match"}},
		"no capture":  {jwtMapping("gitlab", "id_match", `^project\(:(?:.*)$`), "Nobody is named", nil},
		"open":        {jwtMapping("gitlab", "id_match", "^project:(.*$"), "Not a regular expression", []string{"parenthesis open"}},
		"http":        {jwtMapping("gitlab", "jwks_uri", "http://gitlab.example.com/keys"), "Not an HTTPS address", []string{"jwks_uri"}},
		"name":        {jwtMapping("gitlab", "grantee", "bob"), "Not a prefixed universal ID", nil},
		"two issuers": {jwtMapping("gitlab", "jwks_uri", "https://a.example.com") + jwtMapping("other", "jwks_uri", "https://b.example.com"), "Two JWT mappings disagree about the keys of one issuer", []string{"jwks_uri"}},
	} {
		cli.Write("main.tf", test.config)
		report := cli.Plan()
		t.Log(name)
		mustFail(t, report, test.summary, test.parts...)
	}
	cli.Write("main.tf", jwtMapping("gitlab", "id_match", "project:(.*)"))
	mustWarn(t, mustPlan(t, cli), "The expression may match a part of the claim: gitlab", "id_match")

	p.check(p.Venafi.Update(func(s mock.Seed) (mock.Seed, error) {
		s.JwtMappings = []mock.JwtMapping{{Name: "there", IssuerURI: "https://gitlab.example.com", JwksURI: "https://x.example.com", PurposeField: "a", PurposeMatch: "b", IDField: "c", IDMatch: "(d)"}}
		return s, nil
	}))
	cli.Write("main.tf", jwtMapping("gitlab", "jwks_uri", "https://gitlab.example.com/keys"))
	mustFail(t, cli.Plan(), "Two JWT mappings disagree about the keys of one issuer", "there", "https://x.example.com")
	cli.Write("main.tf", jwtMapping("there"))
	mustFail(t, cli.Plan(), `Unable to plan the JWT mapping "there"`, "exists already", "to = appaccess_venafi_oauth_jwt_mapping.NAME", `id = "there"`)

	off := newPlatform(t, mock.Switches{JwtLogin: mock.CertificateDisabled})
	cli = off.cli()
	cli.Write("main.tf", jwtMapping("gitlab"))
	mustWarn(t, mustPlan(t, cli), `The server takes no JSON Web Tokens: JWT mapping "gitlab"`, "AuthorizeByJwt")

	ignores := newPlatform(t, mock.Switches{JwksURI: mock.Ignored})
	cli = ignores.cli()
	cli.Write("main.tf", jwtMapping("gitlab", "jwks_uri", "https://gitlab.example.com/keys"))
	mustPlan(t, cli)
	mustFail(t, cli.Apply(), `Unable to create the JWT mapping "gitlab"`, "dropped its jwks_uri", "jwks_uri")
	if ignores.mapping("gitlab") != nil || strings.TrimSpace(cli.Run("state", "list").Stdout) != "" {
		t.Error("the failed create is not taken back")
	}
}

// Lost answers and calls that fail once change nothing, and a write that the server ignored is
// told.
func TestAccOAuthJwtMapping_faults(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, mock.Switches{MoreFields: mock.Sent})
	cli := p.cli()
	operations := []string{mock.CreateJwtMapping, mock.UpdateJwtMapping, mock.GetJwtMapping, mock.EnumerateJwtMappings, mock.DeleteJwtMapping}
	for _, kind := range []wire.FaultKind{wire.ResetAfter, wire.ResetBefore, mock.FaultRerun, mock.FaultHTML503, mock.FaultTokenExpired} {
		for _, step := range []struct {
			config  string
			grantee string
		}{{jwtMapping("gitlab", "grantee", alice), alice}, {jwtMapping("gitlab", "grantee", bob), bob}, {"", ""}} {
			cli.Write("main.tf", step.config)
			for _, operation := range operations {
				p.fault(operation, kind, func(f *wire.Fault) { f.Times = 1 })
			}
			mustPlan(t, cli)
			mustApply(t, cli)
			p.Faults.Clear()
			if m := p.mapping("gitlab"); step.config == "" && m != nil || step.config != "" && (m == nil || m.Grantee != step.grantee || m.ReviewedBy == "") {
				t.Errorf("%s: %+v", kind, m)
			}
		}
	}

	cli.Write("main.tf", jwtMapping("gitlab", "grantee", alice))
	mustPlan(t, cli)
	p.fault(mock.CreateJwtMapping, mock.FaultIgnoredWrite, func(f *wire.Fault) { f.Times = 1 })
	mustFail(t, cli.Apply(), `Unable to create the JWT mapping "gitlab"`)
	mustPlan(t, cli)
	mustApply(t, cli)
	for _, step := range []struct{ operation, config, verb string }{
		{mock.UpdateJwtMapping, jwtMapping("gitlab", "grantee", bob), "update"}, {mock.DeleteJwtMapping, "", "delete"},
	} {
		cli.Write("main.tf", step.config)
		mustPlan(t, cli)
		p.fault(step.operation, mock.FaultIgnoredWrite, func(f *wire.Fault) { f.Times = 1 })
		mustFail(t, cli.Apply(), "Unable to "+step.verb+` the JWT mapping "gitlab"`, "and then that it is")
		if m := p.mapping("gitlab"); m == nil || m.Grantee != alice || !strings.Contains(cli.Run("state", "list").Stdout, mappingAddress) {
			t.Errorf("%s: %+v", step.operation, m)
		}
	}
	// A caller who may not see a mapping is no proof that it is gone.
	p.Venafi.Revoke(mock.Role{Role: mock.Admin, Grantee: acctest.VenafiIdentity})
	mustFail(t, cli.Plan("-destroy"), `Unable to read the JWT mapping "gitlab"`, "insufficient_rights")
}

// The mapping that takes the provider's own token neither goes nor changes so that it would not
// take it.
func TestAccOAuthJwtMapping_lockout(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, mock.Switches{})
	const secret = "the-issuers-own-secret"
	p.check(p.Venafi.Update(func(s mock.Seed) (mock.Seed, error) {
		s.Issuers = []mock.Issuer{{URI: "https://gitlab.example.com", HS256Secret: secret}}
		return s, nil
	}))
	token := func(subject string) string {
		return mock.SignJWT(secret, map[string]any{"iss": "https://gitlab.example.com", "aud": "https://tpp.example.com", "sub": subject, "exp": time.Now().Unix() + 600})
	}
	cli := p.cli()
	cli.Write("main.tf", jwtMapping("gitlab", "grantee", acctest.VenafiIdentity, "id_match", "^project:.*$"))
	mustPlan(t, cli)
	mustApply(t, cli)

	cli.Write("services.tf", fmt.Sprintf(
		"provider \"appaccess\" {\n  venafi {\n    url = %q\n    client_id = %q\n    jwt = %q\n  }\n}\n", p.URL, acctest.VenafiClientID, token("project:x")))
	mustPlan(t, cli)
	cli.Write("main.tf", jwtMapping("gitlab", "grantee", acctest.VenafiIdentity, "id_match", "^project:x$"))
	mustPlan(t, cli)
	mustApply(t, cli)
	cli.Write("main.tf", jwtMapping("gitlab", "grantee", acctest.VenafiIdentity, "id_match", "^project:y$"))
	mustFail(t, cli.Plan(), `The provider would lock itself out: JWT mapping "gitlab"`)
	mustFail(t, cli.Plan("-destroy"), `The provider would lock itself out: JWT mapping "gitlab"`)
}

func TestListOAuth(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, mock.Switches{})
	p.check(p.Venafi.Update(func(s mock.Seed) (mock.Seed, error) {
		for _, name := range []string{"b", "a"} {
			s.JwtMappings = append(s.JwtMappings, mock.JwtMapping{Name: name, IssuerURI: "https://" + name + ".example.com", PurposeField: "x", PurposeMatch: "y", IDField: "z", IDMatch: "^(.+)$"})
		}
		return s, nil
	}))
	p.rule(alice, "admin")
	p.rule(bob, "admin")
	server := acctest.NewServer(t, p.Environment())
	for typeName, want := range map[string][]string{
		"appaccess_venafi_oauth_application": {acctest.VenafiClientID, "app-a", "app-b", "team/app-c"}, "appaccess_venafi_oauth_jwt_mapping": {"a", "b"},
		accessSetType: {"app-a"}, accessExclusiveType: {"app-a"},
	} {
		results := server.Query(typeName, acctest.Query{IncludeResource: true})
		if got := fmt.Sprint(displayNames(results)); got != fmt.Sprint(want) {
			t.Errorf("%s: %s", typeName, got)
		}
		for _, result := range results {
			if problem := server.PlansClean(typeName, result); problem != "" {
				t.Errorf("%s: %s", result.DisplayName, problem)
			}
		}
	}
	if got := server.Query("appaccess_venafi_oauth_application", acctest.Query{Config: map[string]any{"application_id": "gone"}}); len(got) != 0 {
		t.Error(got)
	}
	if got := server.Query("appaccess_venafi_oauth_jwt_mapping", acctest.Query{Config: map[string]any{"issuer_uri": "https://b.example.com"}}); len(got) != 1 {
		t.Error(got)
	}
}

func TestAccOAuthDataSources(t *testing.T) {
	t.Parallel()
	for _, switches := range []mock.Switches{{}, {EnumerateApplications: mock.EnumerateSingular, RuleFields: mock.RuleFieldsFour}, {Start: mock.StartSkip, GetApplication: mock.ApplicationArray}} {
		p := newPlatform(t, switches)
		seconds := int64(7200)
		p.check(p.Venafi.AddRules(mock.Rule{ApplicationID: "app-a", Trustee: alice, MaximumScope: "admin", Description: "D", AccessValiditySeconds: &seconds}))
		config := p.Provider() + `
			data "appaccess_venafi_oauth_applications" "all" {}
			data "appaccess_venafi_oauth_applications" "one" { application_id = "app-a" }
			data "appaccess_venafi_oauth_applications" "none" { application_id = "gone" }
			data "appaccess_venafi_oauth_rules" "a" { application_id = "app-a" }
			data "appaccess_venafi_oauth_rules" "b" { application_id = "app-b" }
			output "all" { value = join(" ", data.appaccess_venafi_oauth_applications.all.applications[*].application_id) }
			output "one" { value = join(" ", data.appaccess_venafi_oauth_applications.one.applications[*].maximum_scope) }
			output "none" { value = length(data.appaccess_venafi_oauth_applications.none.applications) }
			output "grants" { value = data.appaccess_venafi_oauth_applications.all.applications[0].grant_count > 0 }
			output "rules" { value = join(" ", [for r in data.appaccess_venafi_oauth_rules.a.rules : "${r.trustee} ${r.maximum_scope} ${r.description} ${coalesce(r.access_validity, "none")}"]) }
			output "no_rules" { value = length(data.appaccess_venafi_oauth_rules.b.rules) }
		`
		validity := "2h"
		if switches.RuleFields == mock.RuleFieldsFour {
			validity = "none"
		}
		acctest.Test(t, resource.TestCase{Steps: []resource.TestStep{{Config: config, Check: resource.ComposeAggregateTestCheckFunc(
			resource.TestCheckOutput("all", acctest.VenafiClientID+" app-a app-b team/app-c"), resource.TestCheckOutput("one", "admin"),
			resource.TestCheckOutput("none", "0"), resource.TestCheckOutput("grants", "true"),
			resource.TestCheckOutput("rules", alice+" admin D "+validity), resource.TestCheckOutput("no_rules", "0"),
		)}}})
	}
	p := newPlatform(t, mock.Switches{})
	cli := p.terraform()
	cli.Write("main.tf", `data "appaccess_venafi_oauth_rules" "x" { application_id = "gone" }`)
	mustFail(t, cli.Plan(), "Unable to list the rules of the OAuth application", "ApplicationNotFound", "application_id")
	// An owner who asks for the rules of another application is no proof that there are none.
	p = newPlatform(t, mock.Switches{ForeignRules: mock.ForeignEmpty})
	p.Venafi.Revoke(mock.Role{Role: mock.Admin, Grantee: acctest.VenafiIdentity})
	p.give(mock.Role{Role: mock.Owner, Grantee: acctest.VenafiIdentity, ApplicationID: "app-a"})
	cli = p.terraform()
	cli.Write("main.tf", `data "appaccess_venafi_oauth_rules" "x" { application_id = "app-b" }`)
	mustFail(t, cli.Plan(), "Unable to list the rules of the OAuth application", "may not see them")
}
