// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"context"

	"github.com/appaccess/terraform-provider-appaccess/internal/probe"
)

// questions are those of API.md, section 11, with the names of the mock's switches.
var questions = []probe.Question{
	{Name: "expires_in", Asks: "Do logins answer expires_in?", Positions: []string{"sent", "absent"}},
	{Name: "expires", Asks: "Do logins answer expires?", Positions: []string{"sent", "absent"}},
	{Name: "refresh_token", Asks: "Do logins answer a refresh token?", Positions: []string{"sent", "absent"}},
	{Name: "jwt_answer", Asks: "What does a login by JWT answer?", Positions: []string{"short", "full"}},
	{Name: "certificate_login", Asks: "Are client certificates taken?", Positions: []string{"enabled", "disabled"}},
	{Name: "revoke_scope", Asks: "Which scope may end its token?", Positions: []string{"any", "configuration:manage"}},
	{Name: "self_scope", Asks: "Which scope does identity/self need?", Positions: []string{"any", "configuration"}},
	{Name: "insufficient_rights", Asks: "How is too low a role refused?", Positions: []string{"401", "result_9"}},
	{Name: "missing_application_id", Asks: "What has a grant without its application?", Positions: []string{"400", "result_6"}},
	{Name: "bad_role", Asks: "What has a role that can't be granted?", Positions: []string{"result_6", "400"}},
	{Name: "duplicate_grant", Asks: "What does a second grant answer?", Positions: []string{"0", "16"}},
	{Name: "absent_revoke", Asks: "What does revoking nothing answer?", Positions: []string{"0", "16"}},
	{Name: "unknown_grantee", Asks: "What does a grant to nobody answer?", Positions: []string{"18", "6", "accepted"}},
	{Name: "grantee_names", Asks: "Is a name taken as grantee?", Positions: []string{"refused", "resolved"}},
	{Name: "grantee_matching", Asks: "Does letter case of grantees matter?", Positions: []string{"guid", "exact", "folded"}},
	{Name: "grantee_spelling", Asks: "In which spelling are grantees listed?", Positions: []string{"as_given", "directory", "lower", "upper", "unbraced"}},
	{Name: "revoke_application_id", Asks: "Does a revoke honour its application?", Positions: []string{"honoured", "ignored"}},
	{Name: "global_application_id", Asks: "Which application has a role without one?", Positions: []string{"omitted", "null", "empty"}},
	{Name: "auditor_application_id", Asks: "Are auditors listed with an application?", Positions: []string{"none", "odd"}},
	{Name: "implied_roles", Asks: "Are auditors of the platform listed?", Positions: []string{"hidden", "shown"}},
	{Name: "order", Asks: "In which order are roles?", Positions: []string{"unstable", "stable"}},
	{Name: "stale_list", Asks: "For how many listings is a change unseen?", Positions: []string{"never", "once", "three_times"}},
	{Name: "owner_assigns_owner", Asks: "May an owner make owners?", Positions: []string{"allowed", "refused"}},
	{Name: "maintainer_grants", Asks: "May a maintainer make maintainers?", Positions: []string{"allowed", "refused"}},
	{Name: "unknown_identity", Asks: "What has an unknown identity?", Positions: []string{"no_body", "object", "null"}},
	{Name: "error_form", Asks: "Where is an error?", Positions: []string{"body", "reason_phrase"}},
	{Name: "error_keys", Asks: "In which case are its keys?", Positions: []string{"lower", "capitalised"}},
	{Name: "malformed_token", Asks: "What has a token that is none?", Positions: []string{"invalid_token", "session_error"}},
	{Name: "challenge", Asks: "Does a 401 have WWW-Authenticate?", Positions: []string{"absent", "sent"}},
	{Name: "success_error", Asks: "Is there an Error beside Result 0?", Positions: []string{"absent", "null"}},
	{Name: "get_application", Asks: "What does GetApplication answer?", Positions: []string{"object", "array"}},
	{Name: "application_end", Asks: "What becomes of rules of a deleted application?", Positions: []string{"cascades", "keeps", "refused"}},
	{Name: "null_validity", Asks: "What is a validity of null?", Positions: []string{"default", "forever"}},
	{Name: "default_validity", Asks: "How does a validity read that was left out?", Positions: []string{"blank", "filled"}},
	{Name: "scope_spelling", Asks: "How do scopes read?", Positions: []string{"as_given", "reordered", "upper", "spaced"}},
	{Name: "rule_fields", Asks: "How many fields has a rule?", Positions: []string{"7", "4"}},
	{Name: "absent_rule", Asks: "What does deleting no rule answer?", Positions: []string{"4", "0"}},
	{Name: "foreign_rules", Asks: "What does an owner see of other rules?", Positions: []string{"denied", "empty"}},
	{Name: "rule_beyond_application", Asks: "May a rule go beyond its application?", Positions: []string{"accepted", "23"}},
	{Name: "enumerate_applications", Asks: "Under which key are applications?", Positions: []string{"Applications", "Application"}},
	{Name: "more_fields", Asks: "Are there fields that no page has?", Positions: []string{"absent", "sent"}},
	{Name: "jwks_uri", Asks: "Is JwksUri known?", Positions: []string{"kept", "ignored"}},
	{Name: "id_match", Asks: "Is IdMatch anchored?", Positions: []string{"whole", "part"}},
	{Name: "jwt_login", Asks: "Are JSON Web Tokens taken?", Positions: []string{"enabled", "disabled"}},
	{Name: "start", Asks: "What does Start count?", Positions: []string{"page", "skip"}},
	{Name: "role_rows", Asks: "What is in a row of ListRoles?", Positions: []string{
		"documented", "role_text", "role_name", "role_decimal", "grantee_write_name", "grantee_object", "application_number", "no_roles", "null_roles",
	}},
	{Name: "failed_login", Asks: "Which status has a failed login?", Positions: []string{"400", "200"}},
	{Name: "login_echo", Asks: "Does a failed login repeat its password?", Positions: []string{"none", "raw", "escaped", "escaped_all", "long"}},
	{Name: "self_groups", Asks: "Does identity/self have groups?", Positions: []string{"shown", "hidden"}},
	{Name: "refusals", Asks: "Which codes were seen?"},
	{Name: "first_version", Asks: "Since which version are there calls for roles?"},
	{Name: "id_characters", Asks: "Which characters may an application's ID have?"},
}

// untold are the questions that no run answers, with the reason.
var untold = map[string]string{
	"jwt_answer":             "the run does not log in with a JSON Web Token",
	"id_match":               "the run does not log in with a JSON Web Token",
	"insufficient_rights":    "it takes the login of somebody with too low a role",
	"owner_assigns_owner":    "it takes the login of an owner of an application",
	"maintainer_grants":      "it takes the login of a maintainer of an application",
	"foreign_rules":          "it takes the login of an owner of an application",
	"missing_application_id": "the vendor's page demands the application, and the run sends no other requests",
	"bad_role":               "the vendor's page excludes such roles, and the run sends no other requests",
	"first_version":          "it takes older servers",
	"id_characters":          "it takes many applications",
}

// Experiments of a run.
func (s *subject) Experiments() []probe.Experiment {
	app, who := "", ""
	if !s.env.ReadOnly {
		app, who = s.targets.applications[0], s.targets.grantees[0]
	}
	to := "makes " + who + " a maintainer of application " + app
	lacks := func(missing bool, flag, what string) string {
		if s.unreadable != "" || !missing {
			return s.unreadable
		}
		return "name " + what + " with " + flag
	}
	end := probe.Experiment{
		Answers: []string{"application_end"}, Try: s.end, Lacks: s.ruleless,
		Does: "makes application " + s.targets.fresh + " with a rule for " + who + ", and deletes it",
	}
	if s.targets.fresh == "" {
		end.Lacks = "name an application that does not exist with -new-application ID"
	}
	list := []probe.Experiment{
		{Answers: []string{"success_error", "role_rows", "global_application_id", "auditor_application_id", "implied_roles", "order"}, Try: s.roles},
		{Answers: []string{"enumerate_applications", "start", "get_application", "more_fields", "jwks_uri", "certificate_login", "jwt_login", "unknown_identity", "self_groups"}, Try: s.applications},
		{Answers: []string{"expires_in", "expires", "refresh_token", "failed_login", "error_form", "error_keys", "login_echo", "challenge", "malformed_token"}, Try: s.logins, Does: "tries a login that nobody has, and a token that is none"},
		{Answers: []string{"self_scope", "revoke_scope"}, Try: s.shortLogin, Does: "logs in once more, with less scope, and ends that login"},
		{Answers: []string{"absent_revoke", "stale_list", "duplicate_grant"}, Try: s.grants, Lacks: s.unreadable, Does: to + ", and takes it back"},
		{Answers: []string{"unknown_grantee", "grantee_names"}, Try: s.strangers, Lacks: s.unreadable, Does: "grants the same to an identity that does not exist, and to a name, and takes it back"},
		{Answers: []string{"grantee_matching", "grantee_spelling"}, Try: s.spellings, Lacks: s.unreadable, Does: "grants the same to the scratch users in other spellings, and takes it back"},
		{Answers: []string{"revoke_application_id"}, Try: s.elsewhere, Lacks: lacks(len(s.targets.applications) < 2, "-application ID", "two applications"), Does: to + " and of a second one, and takes it back"},
		{Answers: []string{"auditor_application_id"}, Try: s.makeAuditor, Lacks: lacks(!s.targets.auditor, "-auditor", "the scratch user as one who may read all for a moment"), Does: "makes " + who + " an auditor, and takes it back"},
		{Answers: []string{"absent_rule", "scope_spelling", "rule_fields", "null_validity", "default_validity", "rule_beyond_application"}, Try: s.ruling, Lacks: s.ruleless, Does: "makes rules for " + who + " on application " + app + ", and deletes them"},
		end,
	}
	answers := []string{"refusals"}
	for question := range untold {
		answers = append(answers, question)
	}
	return append(list, probe.Experiment{Answers: answers, Try: func(_ context.Context, answers *probe.Answers) error {
		for question, why := range untold {
			answers.CannotTell(question, "%s", why)
		}
		s.env.Wire.Refusals(answers, "error", "Error", "Result")
		return nil
	}})
}
