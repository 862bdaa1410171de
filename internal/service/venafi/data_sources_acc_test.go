// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi_test

import (
	"regexp"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/appaccess/terraform-provider-appaccess/internal/acctest"
	mock "github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/venafi"
)

// The people of these tests.
const (
	jdoeID = "AD+corp:7f93d2908020204a959910ea5a5704ff"
	opsID  = "AD+corp:4d1c7a1c9c2b4f6f8f9d7f2e1a3b5c77"
	annaID = "local:{5be5a591-c842-4520-9142-b455f4ad2286}"
)

func directory() acctest.Options {
	return acctest.Options{Venafi: mock.Seed{
		Applications: []mock.Application{{ID: "MyIntegration", MaximumScope: "certificate:manage"}, {ID: "Other", MaximumScope: "admin"}},
		Identities: []mock.Identity{
			{Prefix: "AD+corp", Universal: "7f93d2908020204a959910ea5a5704ff", Name: "jdoe", FullName: "Jane Doe"},
			{Prefix: "AD+corp", Universal: "4d1c7a1c9c2b4f6f8f9d7f2e1a3b5c77", Name: "ops", IsGroup: true},
			{Prefix: "local", Universal: "{5be5a591-c842-4520-9142-b455f4ad2286}", Name: "anna"},
		},
		Roles: []mock.Role{
			{Role: mock.Maintainer, Grantee: jdoeID, ApplicationID: "MyIntegration"},
			{Role: mock.Maintainer, Grantee: opsID, ApplicationID: "Other"},
			{Role: mock.Owner, Grantee: opsID, ApplicationID: "MyIntegration"},
			{Role: mock.Auditor, Grantee: annaID},
		},
	}}
}

func TestAccIdentity(t *testing.T) {
	t.Parallel()
	m := acctest.Start(t, directory())
	const byName, byID, group = "data.appaccess_venafi_identity.by_name", "data.appaccess_venafi_identity.by_id", "data.appaccess_venafi_identity.group"
	acctest.Test(t, resource.TestCase{Steps: []resource.TestStep{{
		Config: m.Provider() + `
			data "appaccess_venafi_identity" "by_name" {
			  name = "AD+corp:jdoe"
			}
			data "appaccess_venafi_identity" "by_id" {
			  prefixed_universal = "` + annaID + `"
			}
			data "appaccess_venafi_identity" "group" {
			  name = "AD+corp:ops"
			}`,
		ConfigStateChecks: []statecheck.StateCheck{
			statecheck.ExpectKnownValue(byName, tfjsonpath.New("prefixed_universal"), knownvalue.StringExact(jdoeID)),
			statecheck.ExpectKnownValue(byName, tfjsonpath.New("name"), knownvalue.StringExact("AD+corp:jdoe")),
			statecheck.ExpectKnownValue(byName, tfjsonpath.New("full_name"), knownvalue.StringExact("Jane Doe")),
			statecheck.ExpectKnownValue(byName, tfjsonpath.New("is_group"), knownvalue.Bool(false)),
			statecheck.ExpectKnownValue(byID, tfjsonpath.New("name"), knownvalue.StringExact("local:anna")),
			statecheck.ExpectKnownValue(byID, tfjsonpath.New("prefixed_universal"), knownvalue.StringExact(annaID)),
			statecheck.ExpectKnownValue(group, tfjsonpath.New("is_group"), knownvalue.Bool(true)),
		},
	}}})
}

// Whatever the server answers for nobody, it is an error that says what to check.
func TestAccIdentity_unknown(t *testing.T) {
	t.Parallel()
	for _, answer := range []string{"no_body", "object", "null"} {
		t.Run(answer, func(t *testing.T) {
			t.Parallel()
			m := acctest.Start(t, directory())
			m.Venafi.SetSwitches(mock.Switches{UnknownIdentity: answer})
			lookup := func(argument string) string {
				return m.Provider() + "data \"appaccess_venafi_identity\" \"x\" {\n" + argument + "\n}"
			}
			acctest.Test(t, resource.TestCase{Steps: []resource.TestStep{
				{Config: lookup(`name = "AD+corp:nobody"`), ExpectError: regexp.MustCompile(`(?s)No such identity.*"AD\+corp:nobody".*Check the name`)},
				{Config: lookup(`name = "jdoe"`), ExpectError: regexp.MustCompile(`(?s)No such identity.*no\s+prefix:\s+write\s+local:jdoe`)},
				{Config: lookup(`name = "AD+corp:00000000000000000000000000000000"`), ExpectError: regexp.MustCompile(`(?s)as\s+prefixed_universal`)},
				{
					Config:      lookup(`prefixed_universal = "local:{00000000-0000-0000-0000-000000000000}"`),
					ExpectError: regexp.MustCompile(`(?s)No such identity.*prefixed\s+universal\s+ID`),
				},
				{Config: m.Provider()},
			}})
		})
	}
}

func TestAccIdentity_invalid(t *testing.T) {
	t.Parallel()
	m := acctest.Start(t, directory())
	acctest.Test(t, resource.TestCase{Steps: []resource.TestStep{
		{Config: m.Provider() + `data "appaccess_venafi_identity" "x" {}`, PlanOnly: true, ExpectError: regexp.MustCompile(`(?s)\[name,prefixed_universal\]`)},
		{
			Config: m.Provider() + `data "appaccess_venafi_identity" "x" {
			  name               = "local:anna"
			  prefixed_universal = "` + annaID + `"
			}`,
			PlanOnly: true, ExpectError: regexp.MustCompile(`(?s)\[name,prefixed_universal\]`),
		},
	}})
	if n := len(m.Recorder.All()); n != 0 {
		t.Errorf("%d requests were sent", n)
	}
}

func TestAccOAuthRoles(t *testing.T) {
	t.Parallel()
	m := acctest.Start(t, directory())
	role := func(role, application, grantee string) knownvalue.Check {
		check := knownvalue.Check(knownvalue.Null())
		if application != "" {
			check = knownvalue.StringExact(application)
		}
		return knownvalue.ObjectExact(map[string]knownvalue.Check{
			"role": knownvalue.StringExact(role), "application_id": check, "grantee": knownvalue.StringExact(grantee),
		})
	}
	admin, auditor := role("admin", "", acctest.VenafiIdentity), role("auditor", "", annaID)
	jdoe, opsMaintainer, opsOwner := role("application_maintainer", "MyIntegration", jdoeID), role("application_maintainer", "Other", opsID),
		role("application_owner", "MyIntegration", opsID)
	var steps []resource.TestStep
	for _, test := range []struct {
		arguments string
		want      []knownvalue.Check
	}{
		{"", []knownvalue.Check{auditor, jdoe, opsMaintainer, opsOwner, admin}},
		{`role = "application_maintainer"`, []knownvalue.Check{jdoe, opsMaintainer}},
		{`application_id = "MyIntegration"`, []knownvalue.Check{jdoe, opsOwner}},
		{`grantee = "ad+CORP:{4D1C7A1C-9C2B-4F6F-8F9D-7F2E1A3B5C77}"`, []knownvalue.Check{opsMaintainer, opsOwner}},
		{"role = \"application_owner\"\n grantee = \"" + jdoeID + `"`, []knownvalue.Check{}},
	} {
		steps = append(steps, resource.TestStep{
			Config: m.Provider() + "data \"appaccess_venafi_oauth_roles\" \"x\" {\n" + test.arguments + "\n}",
			ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectKnownValue("data.appaccess_venafi_oauth_roles.x", tfjsonpath.New("roles"), knownvalue.ListExact(test.want)),
			},
		})
	}
	acctest.Test(t, resource.TestCase{Steps: steps})
}

// The odd answers that the server may give change nothing.
func TestAccOAuthRoles_switches(t *testing.T) {
	t.Parallel()
	for _, switches := range []mock.Switches{
		{GlobalApplicationID: "null"}, {GlobalApplicationID: "empty"}, {AuditorApplicationID: "odd"}, {GranteeSpelling: "upper"},
	} {
		m := acctest.Start(t, directory())
		m.Venafi.SetSwitches(switches)
		acctest.Test(t, resource.TestCase{Steps: []resource.TestStep{{
			Config: m.Provider() + "data \"appaccess_venafi_oauth_roles\" \"x\" {\n grantee = \"" + annaID + "\"\n}",
			ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectKnownValue("data.appaccess_venafi_oauth_roles.x", tfjsonpath.New("roles"), knownvalue.ListExact([]knownvalue.Check{
					knownvalue.ObjectPartial(map[string]knownvalue.Check{"role": knownvalue.StringExact("auditor"), "application_id": knownvalue.Null()}),
				})),
			},
		}}})
	}
}

func TestAccOAuthRoles_invalid(t *testing.T) {
	t.Parallel()
	m := acctest.Start(t, directory())
	acctest.Test(t, resource.TestCase{Steps: []resource.TestStep{{
		Config:   m.Provider() + `data "appaccess_venafi_oauth_roles" "x" { role = "maintainer" }`,
		PlanOnly: true, ExpectError: regexp.MustCompile(`(?s)application_maintainer`),
	}}})
}
