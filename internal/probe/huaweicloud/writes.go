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
		answers.Pick("type_on_read", kind.form(), map[string]string{
			"null": "null", "omitted": "omitted", "SIMPLE": "documented", "USER": "USER", "simple": "lower",
		}, "account_type is %s", kind)
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
		form := r.field("domain").form()
		if form != "omitted" {
			answers.Pick("default_domain", form, map[string]string{"null": "null", "": "empty", huaweicloud.DefaultDomain: "shown"},
				"of a grant without domain it is null: %t; and empty: %t", form == "null", form == "")
			return nil
		}
		who.domain = huaweicloud.DefaultDomain
		if r, err = s.must(ctx, who); err != nil {
			return err
		}
		shown := r.field("domain").form() != "omitted"
		answers.Either(shown, "default_domain", "omitted", "hidden", "domain is left out where the grant left it out; shown where it was sent: %t", shown)
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
			answers.Other("domain_form", "the domain reads in another form")
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
		answers.Pick("platform_left_out", without.form(), map[string]string{"null": "null", "omitted": "omitted", "LOCAL": "LOCAL", "": "empty"}, "platform_type is %s", without)
		if r, err = s.must(ctx, who.platformed()); err != nil {
			return err
		}
		sent := r.field("platform_type")
		if who.domain == "" && sent.text == "LOCAL" {
			answers.OneOf("platform_sent", []string{"echoed", "LOCAL"}, "LOCAL reads as LOCAL", "name a user of another domain with -user DOMAIN/NAME")
		} else {
			answers.Pick("platform_sent", sent.form(), map[string]string{
				"null": "null", "omitted": "omitted", "LOCAL": "LOCAL", who.platformed().platform: "echoed",
			}, "platform_type is %s", sent)
		}

		again, err := s.grant(ctx, who.platformed())
		if err != nil {
			return err
		}
		answers.Either(again, "duplicate_add", "ok", "error", "a second grant is accepted: %t", again)
		if !again {
			answers.CannotTell("platform_change", "a second grant is refused")
			return nil
		}
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
		now := rows[0].field("platform_type")
		answers.Pick("platform_change", now.form(), map[string]string{sent.form(): "unchanged", without.form(): "changed"},
			"platform_type is %s after a second grant without it", now)
		return nil
	}
}

// nothing revokes who has nothing, and grants to nobody.
func (s *subject) nothing(who account) try {
	return func(ctx context.Context, answers *probe.Answers) error {
		ok, err := s.try(ctx, change{DelUsers: []account{who}})
		if err != nil {
			return err
		}
		answers.Either(ok, "absent_remove", "ok", "error", "revoking an account that has nothing is accepted: %t", ok)
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
	as := slices.EqualFunc(rows, users, func(r row, who account) bool { return bare(r.name()) == bare(who.name) })
	answers.Either(as, "list_order", "insertion", "shuffled", "accounts are always listed in one order, that in which they were granted: %t", as)
	return nil
}

// refusal is the error of an account that has to be taken and is not.
func refusal(who account, err error) error {
	if err == nil {
		err = fmt.Errorf("the service does not list %s after a grant", who)
	}
	return err
}
