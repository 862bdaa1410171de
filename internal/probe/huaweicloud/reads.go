// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"github.com/appaccess/terraform-provider-appaccess/internal/probe"
)

const (
	// sameReads is how often a list is read to see whether its order stays.
	sameReads = 8
	// manyApps and manyAccounts are how many a list has to have that does not come in one order
	// that often by chance.
	manyApps, manyAccounts = 5, 3
)

// reads answers what reading tells.
func (s *subject) reads(ctx context.Context, answers *probe.Answers) error {
	apps, err := s.list(ctx, "ListApps", nil, "apps")
	if err != nil {
		return err
	}
	shown := slices.ContainsFunc(apps.Items, func(r row) bool { return r.field("authorization_type").text != "" })
	answers.Either(shown, "app_mode", "shown", "omitted", "applications are listed with authorization_type: %t", shown)
	one, err := s.list(ctx, "ListApps", url.Values{"limit": {"1"}}, "apps")
	if err != nil {
		return err
	}
	const full = "a list with more than 1000 entries would tell whether it is cut off there, and a write whether it is late"
	switch total := len(apps.Items); {
	case one.Count == nil:
		answers.Is("count", "missing", "a list has no count")
	case *one.Count >= total && total > 1:
		answers.OneOf("count", []string{"right", "late", "capped"}, "the count of a page of one is that of the list", full)
	case *one.Count == 1 && total > 1:
		answers.Is("count", "page", "the count of a page of one is 1, and there are more")
	case total > 1:
		answers.Other("count", "the count is %d for %d applications", *one.Count, total)
	}
	if err := s.order(ctx, answers, manyApps, "ListApps", "apps"); err != nil {
		return err
	}
	if err := s.missingApp(ctx, answers); err != nil {
		return err
	}
	return s.nameFilter(ctx, answers)
}

// order reads a list again and again. Where its order stays, it returns no more than that.
func (s *subject) order(ctx context.Context, answers *probe.Answers, enough int, operation string, segments ...string) error {
	var first []string
	for i := range sameReads {
		p, err := s.list(ctx, operation, nil, segments...)
		if err != nil {
			return err
		}
		now := make([]string, len(p.Items))
		for i, r := range p.Items {
			now[i] = r.field("id").text + r.name()
		}
		switch {
		case len(now) < enough:
			return nil
		case i == 0:
			first = now
		case !slices.Equal(first, now):
			answers.Is("list_order", "unstable", "a list came in another order when it was read again")
			return nil
		}
	}
	answers.OneOf("list_order", []string{"insertion", "shuffled"}, fmt.Sprintf("a list came %d times in one order", sameReads), "it takes grants to see which")
	return nil
}

// missingApp asks for the accounts of an application that does not exist.
func (s *subject) missingApp(ctx context.Context, answers *probe.Answers) error {
	p, err := s.accounts(ctx, s.missing, nil)
	said := probe.Said(err)
	switch {
	case err == nil && len(p.Items) == 0:
		answers.Is("deleted_app", "empty", "200 with an empty list")
	case said == "404 WKS.00211902":
		answers.Is("deleted_app", "404", "%s", said)
	case refused(err) && strings.HasPrefix(said, "404"):
		answers.Is("deleted_app", "404_other", "%s", said)
	case refused(err) && strings.HasPrefix(said, "400"):
		answers.Is("deleted_app", "400", "%s", said)
	case refused(err):
		answers.Other("deleted_app", "%s", said)
	}
	if refused(err) {
		return nil
	}
	return err
}

// nameFilter looks for the application by parts of its name.
func (s *subject) nameFilter(ctx context.Context, answers *probe.Answers) error {
	name := []rune(s.apps[s.targets.app].name)
	finds := func(name string) (bool, error) {
		p, err := s.list(ctx, "ListApps", url.Values{"name": {name}}, "apps")
		return len(p.Items) > 0, err
	}
	swapped := strings.Map(func(r rune) rune {
		if unicode.IsUpper(r) {
			return unicode.ToLower(r)
		}
		return unicode.ToUpper(r)
	}, string(name[1:]))
	for _, attempt := range []struct{ filter, position, seen string }{
		{s.nobody, "ignored", "a name that nothing has finds applications"},
		{swapped, "fuzzy", "a part of a name, in other letter case, finds the application"},
		{string(name), "exact", "the whole name finds the application, a part in other letter case does not"},
	} {
		if found, err := finds(attempt.filter); err != nil || found {
			if err == nil {
				answers.Is("name_filter", attempt.position, "%s", attempt.seen)
			}
			return err
		}
	}
	answers.Other("name_filter", "not even its name finds an application")
	return nil
}
