// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/rest"
	"github.com/appaccess/terraform-provider-appaccess/internal/probe"
)

// documented are the fields of an application that the vendor's page has.
var documented = []string{
	"AccessValidity", "Description", "GrantCount", "GrantValidity", "ID", "ApplicationId", "MaximumScope", "Name", "Renewable", "Scope", "UnusedExpiration", "Url",
	"UserCount", "Vendor",
}

var digits = regexp.MustCompile(`^[1-9][0-9]*$`)

// roles answers what the listing of roles tells.
func (s *subject) roles(ctx context.Context, answers *probe.Answers) error {
	a, err := s.call(ctx, "ListRoles", nil)
	if err != nil {
		return err
	}
	rows, present := a.rows("Roles")
	if !a.ok() {
		return fmt.Errorf("ListRoles: %s", a)
	}
	_, given := a.row["Error"]
	answers.Either(given, "success_error", "null", "absent", "an answer with Result 0 has the key Error: %t", given)
	raw, listed := a.row["Roles"]
	switch {
	case !listed:
		answers.Is("role_rows", "no_roles", "ListRoles has no key Roles")
	case !present:
		answers.Is("role_rows", "null_roles", "Roles is %s", raw)
	}
	if len(rows) == 0 {
		return errors.New("no roles are listed")
	}
	roleRows(answers, rows)
	for _, r := range rows {
		switch raw, given := r["ApplicationId"]; {
		case r.role() <= auditor || r.role() == maintainer || r.role() == maintainer+1:
		case !given:
			answers.Is("global_application_id", "omitted", "a role without an application has no ApplicationId")
		case string(raw) == "null":
			answers.Is("global_application_id", "null", "the ApplicationId of a role without an application is null")
		case r.application() == "":
			answers.Is("global_application_id", "empty", `the ApplicationId of a role without an application is ""`)
		}
	}
	s.auditors(answers, rows)
	if id := s.targets.tppAuditor; id != "" {
		shown := slices.ContainsFunc(rows, func(r row) bool { return same(r.grantee(), id) })
		answers.Either(shown, "implied_roles", "shown", "hidden", "an auditor of the platform is listed: %t", shown)
	} else {
		answers.CannotTell("implied_roles", "name an auditor of the platform who has no OAuth role with -tpp-auditor ID")
	}
	return s.order(ctx, answers, rows)
}

// auditors answers by the rows of auditors, if there are any.
func (s *subject) auditors(answers *probe.Answers, rows []row) {
	for _, r := range rows {
		if r.role() == auditor && !same(r.grantee(), s.targets.tppAuditor) {
			answers.Either(r.application() != "", "auditor_application_id", "odd", "none", "an auditor is listed with an application: %t", r.application() != "")
		}
	}
}

func (s *subject) order(ctx context.Context, answers *probe.Answers, first []row) error {
	if len(first) < manyRows {
		answers.CannotTell("order", "too few roles are listed")
		return nil
	}
	text := fmt.Sprint(first)
	for range sameReads {
		a, err := s.call(ctx, "ListRoles", nil)
		if err != nil {
			return err
		}
		if rows, _ := a.rows("Roles"); fmt.Sprint(rows) != text {
			answers.Is("order", "unstable", "the listing came in another order when it was read again")
			return nil
		}
	}
	answers.Is("order", "stable", "the listing came %d times in one order", sameReads+1)
	return nil
}

// roleRows tells the form of the rows.
func roleRows(answers *probe.Answers, rows []row) {
	r := rows[0]
	role := string(r["Role"])
	_, writeName := r["GranteePrefixedUniversal"]
	number := slices.ContainsFunc(rows, func(r row) bool { return digits.MatchString(string(r["ApplicationId"])) })
	text := slices.ContainsFunc(rows, func(r row) bool { return digits.MatchString(r.application()) })
	switch {
	case writeName:
		answers.Is("role_rows", "grantee_write_name", "the grantee is GranteePrefixedUniversal")
	case strings.HasPrefix(string(r["Grantee"]), "{"):
		answers.Is("role_rows", "grantee_object", "the grantee is an object")
	case strings.HasSuffix(role, ".0"):
		answers.Is("role_rows", "role_decimal", "a role is %s", role)
	case strings.HasPrefix(role, `"`) && digits.MatchString(r.text("Role")):
		answers.Is("role_rows", "role_text", "a role is %s", role)
	case strings.HasPrefix(role, `"`):
		answers.Is("role_rows", "role_name", "a role is %s", role)
	case number:
		answers.Is("role_rows", "application_number", "an application's ID of digits is a number")
	case text:
		answers.Is("role_rows", "documented", "a row is as documented")
	default:
		answers.OneOf("role_rows", []string{"documented", "application_number"}, "a row is as documented", "it takes a role on an application with an ID of digits")
	}
}

// applications answers what applications, mappings and the configuration tell.
func (s *subject) applications(ctx context.Context, answers *probe.Answers) error {
	all, key, err := s.enumerate(ctx, 0, 100)
	if err != nil {
		return err
	}
	if key != "" {
		answers.Is("enumerate_applications", key, "the applications are under the key %s", key)
	}
	page, _, err := s.enumerate(ctx, 1, 2)
	switch {
	case err != nil:
		return err
	case len(all) < 4 || len(page) == 0:
		answers.CannotTell("start", "it takes four applications")
	case page[0].text("ID") == all[2].text("ID"):
		answers.Is("start", "page", "Start 1 of pages of two begins at the third")
	case page[0].text("ID") == all[1].text("ID"):
		answers.Is("start", "skip", "Start 1 begins at the second")
	default:
		answers.Other("start", "Start 1 of pages of two begins at neither the second nor the third")
	}
	if len(all) > 0 {
		a, err := s.application(ctx, all[0].text("ID"))
		if err != nil {
			return err
		}
		_, list := a.row["Applications"]
		answers.Either(list, "get_application", "array", "object", "GetApplication answers a list: %t", list)
		var more []string
		for name := range a.first("Application", "Applications") {
			if !slices.ContainsFunc(documented, func(known string) bool { return strings.EqualFold(known, name) }) {
				more = append(more, name)
			}
		}
		slices.Sort(more)
		answers.Either(len(more) > 0, "more_fields", "sent", "absent", "fields of an application that no page has: %q", more)
	}
	mappings, err := s.call(ctx, "EnumerateJwtMappings", map[string]int{"Start": 0, "Count": 100})
	if err != nil {
		return err
	}
	if rows, _ := mappings.rows("JwtMappings"); len(rows) > 0 {
		_, kept := rows[0]["JwksUri"]
		answers.Either(kept, "jwks_uri", "kept", "ignored", "a JWT mapping has JwksUri: %t", kept)
	} else {
		answers.CannotTell("jwks_uri", "no JWT mapping is listed: %s", mappings)
	}
	config, err := s.call(ctx, "GetConfiguration", nil)
	if err != nil {
		return err
	}
	for question, key := range map[string]string{"certificate_login": "AuthorizeByCertificate", "jwt_login": "AuthorizeByJwt"} {
		switch on := config.object("Configuration").text(key); on {
		case "true", "false":
			answers.Either(on == "true", question, "enabled", "disabled", "%s is %s", key, on)
		default:
			answers.CannotTell(question, "the configuration does not say: %s", config)
		}
	}
	return s.identities(ctx, answers)
}

// enumerate lists applications, and tells the key under which they came.
func (s *subject) enumerate(ctx context.Context, start, count int) (list []row, key string, err error) {
	a, err := s.call(ctx, "EnumerateApplications", map[string]int{"Start": start, "Count": count})
	for _, key := range []string{"Applications", "Application"} {
		if list, ok := a.rows(key); ok {
			return list, key, err
		}
	}
	return nil, "", err
}

func (s *subject) identities(ctx context.Context, answers *probe.Answers) error {
	a, err := s.identity(ctx, "PrefixedUniversal", s.nobody)
	if err != nil {
		return err
	}
	switch _, given := a.row["ID"]; {
	case a.Status != http.StatusOK:
		answers.Other("unknown_identity", "%s", a)
	case len(a.Body) == 0:
		answers.Is("unknown_identity", "no_body", "an identity that does not exist: 200 without a body")
	case given:
		answers.Is("unknown_identity", "null", "an identity that does not exist: ID is %s", a.row["ID"])
	default:
		answers.Is("unknown_identity", "object", "an identity that does not exist: an object without ID")
	}
	if a, err = s.read(s.client.Send(ctx, rest.Request{Operation: "IdentitySelf", Path: "/vedsdk/identity/self"})); err != nil {
		return err
	}
	switch rows, _ := a.rows("Identities"); {
	case len(rows) > 1:
		answers.Is("self_groups", "shown", "more than the user is listed")
	case len(rows) == 1 && s.targets.inGroup:
		answers.Is("self_groups", "hidden", "the user alone is listed, and is in a group")
	default:
		answers.CannotTell("self_groups", "it takes a user of the login who is a member of a group, and -in-group")
	}
	return nil
}

// secret is a password that nobody has, with characters that an echo may escape.
const secret = "probe/no one's é password"

// logins answers what the login of the run, one that fails and a token that is none tell.
func (s *subject) logins(ctx context.Context, answers *probe.Answers) error {
	for _, e := range s.env.Wire.All() {
		login := answer{Exchange: e}
		if !strings.HasSuffix(e.URL.Path, "/authorize/oauth") || json.Unmarshal(e.Body, &login.row) != nil || login.text("access_token") == "" {
			continue
		}
		for _, key := range []string{"expires_in", "expires", "refresh_token"} {
			answers.Either(login.text(key) != "", key, "sent", "absent", "the login answers %s: %t", key, login.text(key) != "")
		}
	}
	for _, key := range []string{"expires_in", "expires", "refresh_token"} {
		if !answers.Answered(key) {
			answers.CannotTell(key, "the run did not log in with username and password")
		}
	}
	a, err := s.read(s.client.SendAs(ctx, "", rest.Request{
		Operation: "AuthorizeOAuth", Method: http.MethodPost, Path: "/vedauth/authorize/oauth", Kind: rest.Login, Repeat: rest.RepeatNever,
		Body: map[string]string{"client_id": "probe-nothing", "username": "probe-nobody", "password": secret, "scope": "configuration"},
	}))
	if err != nil {
		return err
	}
	answers.Pick("failed_login", strconv.Itoa(a.Status), nil, "a login that fails: %s", a)
	errorForm(answers, a)
	if len(a.Body) > 0 {
		answers.Is("login_echo", echo(a.text("error_description")+a.text("Error_description")), "what a failed login repeats of its password")
	} else {
		answers.CannotTell("login_echo", "a failed login has no body")
	}
	if a, err = s.read(s.client.SendAs(ctx, "no*token", rest.Request{Operation: "IdentitySelf", Path: "/vedsdk/identity/self", Repeat: rest.RepeatNever})); err != nil {
		return err
	}
	errorForm(answers, a)
	challenged := a.Header.Get("WWW-Authenticate") != ""
	answers.Either(challenged, "challenge", "sent", "absent", "a 401 has WWW-Authenticate: %t", challenged)
	if code := a.text("error") + a.text("Error"); code != "" {
		answers.Pick("malformed_token", code, nil, "a token that is none: %s", a)
	} else {
		answers.CannotTell("malformed_token", "the error has no body")
	}
	return nil
}

// errorForm answers by an error.
func errorForm(answers *probe.Answers, a answer) {
	answers.Either(len(a.Body) > 0, "error_form", "body", "reason_phrase", "an error has a body: %t", len(a.Body) > 0)
	_, lower := a.row["error"]
	_, upper := a.row["Error"]
	if lower != upper {
		answers.Either(lower, "error_keys", "lower", "capitalised", "the key of an error is error: %t", lower)
	} else {
		answers.CannotTell("error_keys", "the error has no body")
	}
}

// echo tells how a text repeats the secret.
func echo(text string) string {
	escaped := strings.ReplaceAll(fmt.Sprintf("% x", " "+secret)[2:], " ", "%")
	switch {
	case strings.Count(text, secret) > 1:
		return "long"
	case strings.Contains(text, secret):
		return "raw"
	case strings.Contains(strings.ToLower(text), escaped):
		return "escaped_all"
	case strings.Contains(strings.ToLower(text), "probe%2f"):
		return "escaped"
	}
	return "none"
}

// shortLogin logs in once more with less scope.
func (s *subject) shortLogin(ctx context.Context, answers *probe.Answers) error {
	token, err := s.client.Login(ctx, "", "admin")
	if err != nil {
		return err
	}
	a, err := s.read(s.client.SendAs(ctx, token.AccessToken, rest.Request{Operation: "IdentitySelf", Path: "/vedsdk/identity/self"}))
	if err == nil {
		answers.Either(a.Status == http.StatusOK, "self_scope", "any", "configuration", "identity/self without the scope configuration: %s", a)
	}
	ended, failure := s.read(s.client.RevokeToken(ctx, token.AccessToken))
	if failure == nil {
		answers.Either(ended.Status == http.StatusOK, "revoke_scope", "any", "configuration:manage", "a token without that scope that is to end: %s", ended)
	}
	return errors.Join(err, failure)
}
