// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi_test

import (
	"testing"

	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend"
	mock "github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/venafi"
	"github.com/appaccess/terraform-provider-appaccess/internal/probe/probetest"
	"github.com/appaccess/terraform-provider-appaccess/internal/probe/venafi"
)

const (
	admin   = "local:{11111111-aaaa-4bbb-8ccc-dddddddddddd}"
	scratch = "local:{9f3A1c2d-5b6e-4f70-8a9b-0c1D2e3f4a5b}"
	second  = "LDAP+corp:uid=Zoe"
	tpp     = "local:{22222222-aaaa-4bbb-8ccc-dddddddddddd}"
	other   = "local:{33333333-aaaa-4bbb-8ccc-dddddddddddd}"
	scope   = "certificate:discover,manage;configuration"
)

var bench = probetest.Bench{
	Service: venafi.Service(),
	Seed: mockbackend.Seed{Venafi: mock.Seed{
		Applications: []mock.Application{
			{ID: "probe", Name: "Probe", MaximumScope: "admin;configuration:manage", Scope: "admin"},
			{ID: "scratch-pad", Name: "Scratch", MaximumScope: scope, Scope: scope, Restricted: true},
			{ID: "4711", Name: "Digits", MaximumScope: scope, Scope: scope}, {ID: "other", Name: "Other", MaximumScope: scope, Scope: scope},
		},
		Identities: []mock.Identity{
			{Prefix: "local", Universal: admin[6:], Name: "root", Password: "probe-secret-password"},
			{Prefix: "local", Universal: scratch[6:], Name: "scratchy"}, {Prefix: "LDAP+corp", Universal: "uid=Zoe", Name: "zoe"},
			{Prefix: "local", Universal: tpp[6:], Name: "inspector", TPPAuditor: true}, {Prefix: "local", Universal: other[6:], Name: "unrelated"},
			{Prefix: "local", Universal: "{44444444-aaaa-4bbb-8ccc-dddddddddddd}", Name: "staff", IsGroup: true, Members: []string{admin}},
		},
		JwtMappings: []mock.JwtMapping{{Name: "pipelines", IssuerURI: "https://issuer.example.com", PurposeField: "p", PurposeMatch: "p", IDField: "sub", IDMatch: "(.*)"}},
		Roles: []mock.Role{
			{Role: mock.Admin, Grantee: admin}, {Role: mock.GrantAdmin, Grantee: other}, {Role: mock.Owner, Grantee: other, ApplicationID: "4711"},
			{Role: mock.Owner, Grantee: other, ApplicationID: "other"}, {Role: mock.Maintainer, Grantee: admin, ApplicationID: "other"},
		},
		Rules: []mock.Rule{{ApplicationID: "scratch-pad", Trustee: other, MaximumScope: scope}},
	}},
	Environment: map[string]string{"VENAFI_URL": probetest.Address, "VENAFI_CLIENT_ID": "probe", "VENAFI_USER": "local:root", "VENAFI_PASS": "probe-secret-password"},
	Args: []string{
		"-application", "scratch-pad", "-application", "4711", "-grantee", scratch, "-grantee", second, "-new-application", "probe-made", "-auditor",
		"-tpp-auditor", tpp, "-in-group",
	},
	Bystanders: []string{"33333333", "22222222", `"other"`},
	Names:      []string{"scratch-pad", scratch[7:20], "zoe", "scratchy", "unrelated", "inspector", "probe-made", "probe-secret-password"},
	Reads:      []string{"/vedauth/", "/identity/", "/listroles", "/oauth/get", "/oauth/enumerate"},
	Blind: map[string][]string{
		"jwt_answer": {"*"}, "id_match": {"*"}, // it takes a JSON Web Token
		"insufficient_rights": {"*"}, "owner_assigns_owner": {"*"}, "maintainer_grants": {"*"}, "foreign_rules": {"*"}, // it takes lower rights
		"missing_application_id": {"*"}, "bad_role": {"*"}, // no documented request
	},
	Often: map[string]int{
		"jwt_answer": 0, "id_match": 0, "insufficient_rights": 0, "owner_assigns_owner": 0, "maintainer_grants": 0, "foreign_rules": 0,
		"missing_application_id": 0, "bad_role": 0,
		"malformed_token": 35, "error_keys": 35, "login_echo": 35, "default_validity": 15, "null_validity": 30, "grantee_matching": 30, "grantee_spelling": 30,
	},
}

func TestProof(t *testing.T) {
	t.Parallel()
	bench.Prove(t, 200)
}

func TestBreak(t *testing.T) {
	t.Parallel()
	bench.Break(t)
}

func TestAsk(t *testing.T) {
	t.Parallel()
	bench.Ask(t, "role_rows", "start", "get_application", "unknown_identity", "jwt_login")
}
