// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud"
	"github.com/appaccess/terraform-provider-appaccess/internal/probe"
)

type try = func(ctx context.Context, answers *probe.Answers) error

// reading tells how a row of a list reads, and whether its count is of before the grant.
func (s *subject) reading(who account) try {
	return func(ctx context.Context, answers *probe.Answers) error {
		if ok, err := s.grant(ctx, who); !ok {
			return refusal(who, err)
		}
		p, err := s.accounts(ctx, s.targets.app, nil)
		if err != nil {
			return err
		}
		if n := len(p.Items); p.Count != nil && n == len(s.apps[s.targets.app].before)+1 {
			switch *p.Count {
			case n:
				answers.OneOf("count", []string{"right", "capped", "page"}, "the count is right after a grant", "a list with more than 1000 entries would tell")
			case n - 1:
				answers.Is("count", "late", "after a grant the count is what it was before")
			default:
				answers.Other("count", "the count is %d for %d accounts", *p.Count, n)
			}
		}
		rows, err := s.find(ctx, who.name)
		if err != nil || len(rows) == 0 {
			return refusal(who, err)
		}
		kind := rows[0].field("account_type")
		switch seen := fmt.Sprintf("account_type is %s", kind); {
		case kind.null:
			answers.Is("type_on_read", "null", "%s", seen)
		case !kind.given:
			answers.Is("type_on_read", "omitted", "%s", seen)
		case kind.text == string(huaweicloud.Simple):
			answers.Is("type_on_read", "documented", "%s", seen)
		case kind.text == "USER":
			answers.Is("type_on_read", "USER", "%s", seen)
		case kind.text == strings.ToLower(string(huaweicloud.Simple)):
			answers.Is("type_on_read", "lower", "%s", seen)
		default:
			answers.Other("type_on_read", "%s", seen)
		}
		switch added := decoration.FindString(rows[0].name()); {
		case decoration.MatchString(who.name):
			answers.CannotTell("account_on_read", "the name of the first -user ends in brackets itself")
		case added == "(group)":
			answers.Is("account_on_read", "decorated", "the name reads as <account>(group)")
		case added == " (group)":
			answers.Is("account_on_read", "spaced", "the name reads as <account> (group)")
		case added != "":
			answers.Is("account_on_read", "own_group", "the name reads with something in brackets behind it")
		case s.targets.inGroup:
			answers.Is("account_on_read", "plain", "the name of a member of a group reads without it")
		default:
			answers.OneOf("account_on_read", []string{"plain", "own_group"}, "the name reads as it is", "name a member of a user group first, and add -in-group")
		}
		return nil
	}
}

func (s *subject) defaultDomain(who account) try {
	return func(ctx context.Context, answers *probe.Answers) error {
		r, err := s.must(ctx, who)
		if err != nil {
			return err
		}
		without := r.field("domain")
		seen := fmt.Sprintf("domain is %s where the grant left it out", without)
		switch {
		case without.null:
			answers.Is("default_domain", "null", "%s", seen)
		case without.given && without.text == "":
			answers.Is("default_domain", "empty", "%s", seen)
		case without.text == huaweicloud.DefaultDomain:
			answers.Is("default_domain", "shown", "%s", seen)
		case without.given:
			answers.Other("default_domain", "%s", seen)
		default:
			who.domain = huaweicloud.DefaultDomain
			if r, err = s.must(ctx, who); err != nil {
				return err
			}
			position := "hidden"
			if r.field("domain").text == huaweicloud.DefaultDomain {
				position = "omitted"
			}
			answers.Is("default_domain", position, "%s, and %s where it was sent", seen, r.field("domain"))
		}
		return nil
	}
}

func (s *subject) domainForm(who account) try {
	return func(ctx context.Context, answers *probe.Answers) error {
		r, err := s.must(ctx, who)
		if err != nil {
			return err
		}
		read := r.field("domain")
		short, _, dotted := strings.Cut(who.domain, ".")
		switch {
		case !dotted || who.domain == strings.ToUpper(who.domain):
			answers.CannotTell("domain_form", "it takes a domain with a dot and small letters")
		case read.text == strings.ToUpper(who.domain):
			answers.Is("domain_form", "upper", "the domain reads in capitals")
		case strings.EqualFold(read.text, who.domain):
			answers.Is("domain_form", "as_sent", "the domain reads as it was sent")
		case strings.EqualFold(read.text, short):
			answers.Is("domain_form", "short", "the domain reads up to its first dot")
		default:
			answers.Other("domain_form", "the domain is %s", read)
		}
		return nil
	}
}

func (s *subject) platforms(who account) try {
	return func(ctx context.Context, answers *probe.Answers) error {
		r, err := s.must(ctx, who)
		if err != nil {
			return err
		}
		without := r.field("platform_type")
		form(answers, "platform_left_out", without, map[string]string{"LOCAL": "LOCAL", "": "empty"})
		if r, err = s.must(ctx, who.platformed()); err != nil {
			return err
		}
		sent := r.field("platform_type")
		if who.domain == "" && sent.text == "LOCAL" {
			answers.OneOf("platform_sent", []string{"echoed", "LOCAL"}, "LOCAL reads as LOCAL", "name a user of another domain with -user DOMAIN/NAME")
		} else {
			form(answers, "platform_sent", sent, map[string]string{who.platformed().platform: "echoed", "LOCAL": "LOCAL"})
		}

		again, err := s.grant(ctx, who.platformed())
		switch {
		case err != nil:
			return err
		case !again:
			answers.Is("duplicate_add", "error", "a second grant is refused")
			answers.CannotTell("platform_change", "a second grant is refused")
			return nil
		}
		answers.Is("duplicate_add", "ok", "a second grant is accepted")
		if without == sent {
			answers.CannotTell("platform_change", "platform_type reads the same whether it is sent or not")
			return nil
		}
		if _, err := s.grant(ctx, who); err != nil {
			return err
		}
		rows, err := s.find(ctx, who.name)
		if err != nil || len(rows) == 0 {
			return refusal(who, err)
		}
		seen := fmt.Sprintf("platform_type is %s after a second grant without it", rows[0].field("platform_type"))
		switch rows[0].field("platform_type") {
		case sent:
			answers.Is("platform_change", "unchanged", "%s", seen)
		case without:
			answers.Is("platform_change", "changed", "%s", seen)
		default:
			answers.Other("platform_change", "%s", seen)
		}
		return nil
	}
}

// form answers with the position of a field: that of its text, or omitted, or null.
func form(answers *probe.Answers, question string, f field, texts map[string]string) {
	position, ok := texts[f.text]
	switch {
	case f.null:
		position, ok = "null", true
	case !f.given:
		position, ok = "omitted", true
	}
	if !ok {
		answers.Other(question, "platform_type is %s", f)
		return
	}
	answers.Is(question, position, "platform_type is %s", f)
}

// nothing revokes who has nothing, and grants to nobody.
func (s *subject) nothing(who account) try {
	return func(ctx context.Context, answers *probe.Answers) error {
		ok, err := s.revoke(ctx, who)
		switch {
		case err != nil:
			return err
		case ok:
			answers.Is("absent_remove", "ok", "revoking an account that has nothing is accepted")
		default:
			answers.Is("absent_remove", "error", "revoking an account that has nothing is refused")
		}
		if ok, err = s.grant(ctx, account{name: s.nobody}); err != nil {
			return err
		}
		rows, err := s.find(ctx, s.nobody)
		switch {
		case err != nil:
			return err
		case len(rows) > 0:
			answers.Other("unknown_account", "a user who does not exist is granted and listed")
		case ok:
			answers.Is("unknown_account", "skipped", "a grant to a user who does not exist is accepted, and nobody is listed")
		default:
			answers.Is("unknown_account", "error", "a grant to a user who does not exist is refused")
		}
		return nil
	}
}

func (s *subject) both(who account) try {
	return func(ctx context.Context, answers *probe.Answers) error {
		if answers.Position("absent_remove") != "ok" {
			if answers.Position("duplicate_add") != "ok" {
				answers.CannotTell("user_in_both", "the service refuses to grant twice and to revoke who has nothing, which hides what else it refuses")
				return nil
			}
			if _, err := s.must(ctx, who); err != nil {
				return err
			}
		}
		ok, err := s.try(ctx, change{Users: []account{who}, DelUsers: []account{who}})
		if err != nil {
			return err
		}
		rows, err := s.find(ctx, who.name)
		switch {
		case err != nil:
			return err
		case !ok:
			answers.Is("user_in_both", "error", "the request is refused")
		case len(rows) > 0:
			answers.Is("user_in_both", "kept", "the account is listed afterwards")
		default:
			answers.Is("user_in_both", "removed", "the account is not listed afterwards")
		}
		return nil
	}
}

func (s *subject) batch(who account) try {
	return func(ctx context.Context, answers *probe.Answers) error {
		ok, err := s.try(ctx, change{AppIDs: []string{s.targets.app, s.missing}, Users: []account{who}})
		if err != nil {
			return err
		}
		rows, err := s.find(ctx, who.name)
		switch {
		case err != nil:
			return err
		case ok:
			answers.Other("batch_bad_app", "a batch with an application that does not exist is accepted, and its account listed %d times", len(rows))
		case len(rows) > 0:
			answers.Is("batch_bad_app", "partial", "the batch is refused, and the application before the missing one has the account")
		default:
			answers.Is("batch_bad_app", "atomic", "the batch is refused, and the application before the missing one has not the account")
		}
		return nil
	}
}

// several grants all scratch users, in another order than that of their names.
func (s *subject) several(ctx context.Context, answers *probe.Answers) error {
	users := slices.SortedFunc(slices.Values(s.targets.users), func(a, b account) int { return strings.Compare(bare(b.name), bare(a.name)) })
	before := len(s.apps[s.targets.app].before)
	for i, who := range users {
		ok, err := s.grant(ctx, who)
		if err != nil {
			return err
		}
		if ok {
			continue
		}
		if _, err := s.must(ctx, who); err != nil {
			return err
		}
		answers.Is("account_limit", strconv.Itoa(before+i), "one account more than that is refused, whichever it is")
		answers.CannotTell("list_order", "the application takes too few accounts")
		return nil
	}
	answers.CannotTell("account_limit", "the service takes %d at least; to fill an application is no small experiment", before+len(users))
	if answers.Position("list_order") != "" {
		return nil
	}
	if len(users) < manyAccounts {
		answers.CannotTell("list_order", "name %d users with -user", manyAccounts)
		return nil
	}
	if err := s.order(ctx, answers, manyAccounts, "ListAppAuthorizations", "apps", s.targets.app, "authorizations"); err != nil || answers.Position("list_order") != "" {
		return err
	}
	rows, err := s.rows(ctx, s.targets.app)
	if err != nil {
		return err
	}
	rows = slices.DeleteFunc(rows, func(r row) bool {
		return !slices.ContainsFunc(users, func(who account) bool { return bare(who.name) == bare(r.name()) })
	})
	if slices.EqualFunc(rows, users, func(r row, who account) bool { return bare(r.name()) == bare(who.name) }) {
		answers.Is("list_order", "insertion", "accounts are listed in the order in which they were granted")
	} else {
		answers.Is("list_order", "shuffled", "accounts are listed in another order than they were granted in, and always in that")
	}
	return nil
}

// refusal is the error of an account that has to be taken and is not.
func refusal(who account, err error) error {
	if err == nil {
		err = fmt.Errorf("the service does not list %s after a grant", who)
	}
	return err
}
