// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/appaccess/terraform-provider-appaccess/internal/probe"
)

// grants answers what a grant and its end do.
func (s *subject) grants(ctx context.Context, answers *probe.Answers) error {
	g := grant{s.targets.grantees[0], maintainer, s.targets.applications[0]}
	a, err := s.write(ctx, "RevokeRole", g)
	if err != nil {
		return err
	}
	result(answers, "absent_revoke", a, "revoking what nobody has")
	if err := done(s.grantRole(ctx, g)); err != nil {
		return err
	}
	late := -1
	mine, err := s.await(ctx, func(mine []row) bool {
		late++
		return len(mine) > 0
	})
	switch {
	case err != nil:
		return err
	case len(mine) == 0:
		return fmt.Errorf("the server does not list a grant in %d listings", lists)
	case late == 0:
		answers.Is("stale_list", "never", "the listing behind a grant shows it")
	case late == 1:
		answers.Is("stale_list", "once", "the second listing behind a grant shows it")
	default:
		answers.Is("stale_list", "three_times", "listing %d behind a grant shows it", late+1)
	}
	if a, err = s.grantRole(ctx, g); err != nil {
		return err
	}
	result(answers, "duplicate_grant", a, "granting what somebody has")
	return nil
}

// result answers with the result of a write.
func result(answers *probe.Answers, question string, a answer, what string) {
	answers.Pick(question, a.text("Result"), nil, "%s: %s", what, a)
}

// strangers grants to somebody whom nobody knows, and to a name.
func (s *subject) strangers(ctx context.Context, answers *probe.Answers) error {
	app := s.targets.applications[0]
	a, err := s.grantRole(ctx, grant{s.nobody, maintainer, app})
	if err != nil {
		return err
	}
	if a.ok() {
		answers.Is("unknown_grantee", "accepted", "a grant to nobody known: %s", a)
	} else {
		result(answers, "unknown_grantee", a, "a grant to nobody known")
	}
	if err := s.Restore(ctx); err != nil {
		return err
	}
	if a, err = s.grantRole(ctx, grant{s.name, maintainer, app}); err != nil {
		return err
	}
	mine, err := s.await(ctx, func(mine []row) bool { return len(mine) > 0 || !a.ok() })
	if err != nil {
		return err
	}
	resolved := slices.ContainsFunc(mine, func(r row) bool { return !same(r.grantee(), s.name) })
	answers.Either(resolved, "grantee_names", "resolved", "refused", "a grant to a prefixed name: %s, and the identity is listed: %t", a, resolved)
	return nil
}

// oddCase is an ID with other capitals than it has.
func oddCase(id string) string {
	prefix, universal, _ := strings.Cut(id, ":")
	runes := []rune(universal)
	odd := false
	for i, r := range runes {
		if unicode.IsLetter(r) && !odd {
			runes[i], odd = unicode.ToUpper(r), true
		} else {
			runes[i] = unicode.ToLower(r)
		}
	}
	if other := prefix + ":" + string(runes); other != id {
		return other
	}
	return prefix + ":" + strings.ToUpper(universal)
}

// spellings grants to the scratch users in other spellings.
func (s *subject) spellings(ctx context.Context, answers *probe.Answers) error {
	app := s.targets.applications[0]
	listed := func(id string) (string, error) { // "" is refused, or not listed
		if err := s.Restore(ctx); err != nil {
			return "", err
		}
		a, err := s.grantRole(ctx, grant{id, maintainer, app})
		if err != nil || !a.ok() {
			return "", err
		}
		mine, err := s.await(ctx, func(mine []row) bool { return len(mine) > 0 })
		if err != nil || len(mine) == 0 {
			return "", err
		}
		return mine[0].grantee(), nil
	}
	folded, known := false, false // whether letter case is not kept, and whether that is known
	for _, id := range s.targets.grantees[1:] {
		_, universal, _ := strings.Cut(id, ":")
		if universal == strings.ToLower(universal) {
			continue
		}
		read, err := listed(id)
		if err != nil {
			return err
		}
		if known = read != ""; known {
			folded = strings.HasSuffix(read, ":"+strings.ToLower(universal))
			break
		}
	}
	variant := oddCase(s.own)
	read, err := listed(variant)
	if err != nil {
		return err
	}
	taken := read != ""
	if !taken {
		if read, err = listed(s.own); err != nil {
			return err
		}
		variant = s.own
	}
	if read == "" {
		return errors.New("the server does not list a grant to the scratch user")
	}
	if !taken {
		answers.Is("grantee_matching", "exact", "a GUID in another case is nobody's")
	} else {
		if _, err := s.grantRole(ctx, grant{s.own, maintainer, app}); err != nil {
			return err
		}
		mine, err := s.await(ctx, func(mine []row) bool { return len(mine) > 1 })
		if err != nil {
			return err
		}
		if len(mine) > 1 {
			answers.Is("grantee_matching", "exact", "the server takes a GUID in another case for another identity")
			folded = false
		} else {
			matched(answers, folded, known, read == s.own)
		}
	}
	spelling(answers, variant, s.own, read, folded)
	return nil
}

// matched answers where a GUID in another case is the same identity.
func matched(answers *probe.Answers, folded, known, own bool) {
	const seen = "a GUID in another case is the same identity"
	switch {
	case folded:
		answers.Is("grantee_matching", "folded", "%s, and what is no GUID is listed in small letters", seen)
	case known && !own:
		answers.Is("grantee_matching", "guid", "%s, and what is no GUID is listed as it was granted", seen)
	case known:
		answers.OneOf("grantee_matching", []string{"guid", "folded"}, seen, "the listing may show the directory's spelling")
	default:
		answers.OneOf("grantee_matching", []string{"guid", "folded"}, seen, "name a second -grantee whose ID is no GUID and has capitals")
	}
}

// spelling tells what the listing made of a spelling: each position that makes that of it.
func spelling(answers *probe.Answers, sent, own, read string, folded bool) {
	prefix, universal, _ := strings.Cut(sent, ":")
	kept := sent
	if folded {
		kept = strings.ToLower(sent)
	}
	var possible []string
	for _, p := range []struct{ position, text string }{
		{"as_given", kept}, {"directory", own}, {"lower", prefix + ":" + strings.ToLower(universal)}, {"upper", prefix + ":" + strings.ToUpper(universal)},
		{"unbraced", unbraced(kept)},
	} {
		if p.text == read {
			possible = append(possible, p.position)
		}
	}
	if len(possible) == 0 {
		answers.Other("grantee_spelling", "a grantee is listed in another spelling than any that is expected")
		return
	}
	answers.OneOf("grantee_spelling", possible, "a grantee is listed in one of the spellings that are expected", "the spellings of this grantee are the same")
}

// elsewhere revokes a role on one application and looks at the other.
func (s *subject) elsewhere(ctx context.Context, answers *probe.Answers) error {
	on := func(r row, i int) bool { return r.application() == s.targets.applications[i] }
	for _, app := range s.targets.applications[:2] {
		if err := done(s.grantRole(ctx, grant{s.targets.grantees[0], maintainer, app})); err != nil {
			return err
		}
	}
	both, err := s.await(ctx, func(mine []row) bool { return len(mine) > 1 })
	if err != nil {
		return err
	}
	if len(both) < 2 {
		return fmt.Errorf("the server lists %d of two grants", len(both))
	}
	if _, err := s.write(ctx, "RevokeRole", grant{s.targets.grantees[0], maintainer, s.targets.applications[0]}); err != nil {
		return err
	}
	mine, err := s.await(ctx, func(mine []row) bool { return !slices.ContainsFunc(mine, func(r row) bool { return on(r, 0) }) })
	if err != nil {
		return err
	}
	kept := slices.ContainsFunc(mine, func(r row) bool { return on(r, 1) })
	answers.Either(kept, "revoke_application_id", "honoured", "ignored", "the role on the other application is still there: %t", kept)
	return nil
}

// makeAuditor grants a role without an application.
func (s *subject) makeAuditor(ctx context.Context, answers *probe.Answers) error {
	if err := done(s.grantRole(ctx, grant{s.targets.grantees[0], auditor, ""})); err != nil {
		return err
	}
	mine, err := s.await(ctx, func(mine []row) bool { return len(mine) > 0 })
	s.auditors(answers, mine)
	return err
}

// ruling makes rules, reads them, and deletes them.
func (s *subject) ruling(ctx context.Context, answers *probe.Answers) error {
	r := rule{s.targets.grantees[0], s.targets.applications[0]}
	a, err := s.write(ctx, "DeleteRule", r)
	if err != nil {
		return err
	}
	result(answers, "absent_rule", a, "deleting a rule that is not there")

	scope := canonical(s.maximum)
	read, err := s.makeRule(ctx, r, map[string]any{"MaximumScope": scope})
	if err != nil {
		return err
	}
	scopeSpelling(answers, scope, read.text("MaximumScope"))
	_, whole := read["AccessValidity"]
	answers.Either(whole, "rule_fields", "7", "4", "a rule has AccessValidity: %t", whole)
	if !whole {
		for _, question := range []string{"null_validity", "default_validity"} {
			answers.CannotTell(question, "a rule is listed without its validity")
		}
	} else {
		null, err := s.makeRule(ctx, r, map[string]any{"MaximumScope": scope, "AccessValidity": nil, "GrantValidity": nil})
		if err != nil {
			return err
		}
		validities(answers, read.text("AccessValidity"), null.text("AccessValidity"))
	}
	if err := s.Restore(ctx); err != nil {
		return err
	}
	beyond := ""
	for _, name := range []string{"statistics", "agent", "ssh", "codesignclient"} {
		if !strings.Contains(scope, name) {
			beyond = name
		}
	}
	if a, err = s.createRule(ctx, r, map[string]any{"MaximumScope": beyond}); err != nil {
		return err
	}
	if a.ok() {
		answers.Is("rule_beyond_application", "accepted", "a rule with a scope that its application may not have: %s", a)
	} else {
		result(answers, "rule_beyond_application", a, "a rule with a scope that its application may not have")
	}
	return nil
}

// makeRule makes a rule anew and returns how it reads.
func (s *subject) makeRule(ctx context.Context, r rule, fields map[string]any) (row, error) {
	if err := s.Restore(ctx); err != nil {
		return nil, err
	}
	if err := done(s.createRule(ctx, r, fields)); err != nil {
		return nil, err
	}
	read, err := s.awaitRule(ctx, r, true)
	if err == nil && read == nil {
		err = errors.New("the server does not list a rule that was made")
	}
	return read, err
}

// validities tells what was made of a validity that was left out, and of one that was null.
func validities(answers *probe.Answers, absent, null string) {
	seen := fmt.Sprintf("a validity that was left out reads as %q, and one that was null as %q", absent, null)
	switch {
	case absent == "" && null == "":
		answers.Is("null_validity", "default", "%s", seen)
		answers.Is("default_validity", "blank", "%s", seen)
	case absent != "" && null == absent:
		answers.Is("null_validity", "default", "%s", seen)
		answers.Is("default_validity", "filled", "%s", seen)
	case null == "":
		answers.Is("null_validity", "forever", "%s", seen)
		answers.CannotTell("default_validity", "where null is for ever, what was left out can't read as null")
	default:
		answers.Other("null_validity", "%s", seen)
	}
}

// canonical is a scope in small letters, without blanks, in the order of the alphabet.
func canonical(scope string) string {
	parts := strings.Split(strings.ToLower(strings.ReplaceAll(scope, " ", "")), ";")
	for i, part := range parts {
		name, restrictions, restricted := strings.Cut(part, ":")
		if restricted {
			list := strings.Split(restrictions, ",")
			slices.Sort(list)
			parts[i] = name + ":" + strings.Join(list, ",")
		}
	}
	slices.Sort(parts)
	return strings.Join(parts, ";")
}

func scopeSpelling(answers *probe.Answers, sent, read string) {
	seen := fmt.Sprintf("%s reads as %s", sent, read)
	switch {
	case read == sent && !strings.ContainsAny(sent, ";,"):
		answers.OneOf("scope_spelling", []string{"as_given", "reordered", "spaced"}, seen, "it takes an application whose maximum scope has two scopes")
	case read == sent:
		answers.Is("scope_spelling", "as_given", "%s", seen)
	case read == strings.ToUpper(sent):
		answers.Is("scope_spelling", "upper", "%s", seen)
	case strings.ReplaceAll(read, " ", "") == sent:
		answers.Is("scope_spelling", "spaced", "%s", seen)
	case canonical(read) == sent:
		answers.Is("scope_spelling", "reordered", "%s", seen)
	default:
		answers.Other("scope_spelling", "%s", seen)
	}
}

// end makes an application with a rule and deletes it.
func (s *subject) end(ctx context.Context, answers *probe.Answers) error {
	a, err := s.application(ctx, s.targets.fresh)
	if err != nil {
		return err
	}
	if a.ok() {
		return fmt.Errorf("application %s exists", s.targets.fresh)
	}
	r := rule{s.targets.grantees[0], s.targets.fresh}
	scope := canonical(s.maximum)
	s.made = true
	if err = done(s.write(ctx, "CreateApplication", map[string]string{
		"ApplicationId": r.ApplicationID, "Name": r.ApplicationID, "Vendor": "probe", "Description": "made by a probe, may be deleted", "Url": "https://example.com",
		"Scope": scope, "MaximumScope": scope,
	})); err != nil {
		return err
	}
	if err := done(s.createRule(ctx, r, map[string]any{"MaximumScope": scope})); err != nil {
		return err
	}
	if _, err := s.awaitRule(ctx, r, true); err != nil {
		return err
	}
	if a, err = s.write(ctx, "DeleteApplication", map[string]string{"ApplicationId": r.ApplicationID}); err != nil {
		return err
	}
	if !a.ok() {
		answers.Is("application_end", "refused", "deleting an application with a rule: %s", a)
		return nil
	}
	left, err := s.awaitRule(ctx, r, false)
	answers.Either(left != nil, "application_end", "keeps", "cascades", "the rule of an application that was deleted is listed: %t", left != nil)
	return err
}
