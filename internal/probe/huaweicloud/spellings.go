// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud

import (
	"context"
	"fmt"
	"strings"

	"golang.org/x/text/unicode/norm"

	"github.com/appaccess/terraform-provider-appaccess/internal/probe"
)

// spellings grants accounts under names that differ from theirs in letter case, blanks and Unicode
// form.
func (s *subject) spellings(ctx context.Context, answers *probe.Answers) error {
	if err := s.letterCase(ctx, answers); err != nil {
		return err
	}
	return s.nameForm(ctx, answers)
}

func (s *subject) letterCase(ctx context.Context, answers *probe.Answers) error {
	const small = "name a user with small letters and capitals"
	mixed := func(a account) bool { return a.name != strings.ToLower(a.name) && a.name != strings.ToUpper(a.name) }
	who, lacks := s.pick(small, mixed)
	if lacks != "" {
		if who, lacks = s.pick(small, func(a account) bool { return a.name != strings.ToUpper(a.name) }); lacks != "" {
			answers.CannotTell("account_case", "%s", lacks)
			return nil
		}
	}
	upper := who.named(strings.ToUpper(who.name))
	r, err := s.granted(ctx, upper)
	if err != nil {
		return err
	}
	if r == nil {
		answers.Is("account_case", "exact", "the name in capitals is nobody's")
		return nil
	}
	switch listed := same(r.name()); {
	case !mixed(who) && listed == same(who.name):
		answers.OneOf("account_case", []string{"folded", "lowered"}, "the name in capitals reads in small letters", small)
	case listed == same(who.name):
		answers.Is("account_case", "folded", "the name in capitals reads as the user's own spelling")
	case listed == same(strings.ToLower(who.name)):
		answers.Is("account_case", "lowered", "the name in capitals reads in small letters")
	case listed == same(upper.name):
		if _, err := s.grant(ctx, who); err != nil {
			return err
		}
		rows, err := s.find(ctx, who.name)
		if err != nil {
			return err
		}
		answers.Either(len(rows) > 1, "account_case", "exact", "folded", "the name and the name in capitals make %d accounts", len(rows))
	default:
		answers.Other("account_case", "the name in capitals reads in another spelling")
	}
	return nil
}

// same is what two spellings have in common that differ in blanks, in decoration or in Unicode
// form.
func same(name string) string { return strings.Join(strings.Fields(plain(norm.NFC.String(name))), " ") }

// nameForm sends names with a blank before them, since what stands behind them may be taken for
// decoration.
func (s *subject) nameForm(ctx context.Context, answers *probe.Answers) error {
	blank, noBlank := s.pick("name a user with a blank in the name", func(a account) bool { return strings.Contains(strings.TrimSpace(a.name), " ") })
	accent, noAccent := s.pick("name a user with an accent in the name", func(a account) bool { return norm.NFC.String(a.name) != norm.NFD.String(a.name) })
	who := blank
	if noBlank != "" {
		who = s.targets.users[0]
	}
	r, err := s.granted(ctx, who.named(" "+who.name))
	if err != nil {
		return err
	}
	if r != nil && !strings.HasPrefix(r.name(), " ") {
		const seen = "a blank before a name is taken off"
		if noBlank != "" {
			answers.OneOf("name_form", []string{"trimmed", "squeezed"}, seen, noBlank)
			return nil
		}
		if r, err = s.granted(ctx, blank.named(strings.Replace(blank.name, " ", "  ", 1))); err != nil {
			return err
		}
		squeezed := r != nil && !strings.Contains(r.name(), "  ")
		answers.Either(squeezed, "name_form", "squeezed", "trimmed", "%s, and a second one inside: %t", seen, squeezed)
		return nil
	}
	if noAccent != "" {
		answers.OneOf("name_form", []string{"as_sent", "nfc", "nfd"}, "a blank before a name is not taken off", noAccent)
		return nil
	}
	var lists [2]string
	for i, form := range []norm.Form{norm.NFC, norm.NFD} {
		if r, err = s.granted(ctx, accent.named(form.String(accent.name))); err != nil {
			return err
		}
		lists[i] = "nobody"
		if r != nil {
			for _, read := range []struct {
				form norm.Form
				name string
			}{{norm.NFC, "NFC"}, {norm.NFD, "NFD"}} {
				if read.form.String(r.name()) == r.name() {
					lists[i] = read.name
				}
			}
		}
	}
	seen := fmt.Sprintf("a name in form NFC reads as %s, one in form NFD as %s", lists[0], lists[1])
	switch lists {
	case [2]string{"NFC", "NFC"}:
		answers.Is("name_form", "nfc", "%s", seen)
	case [2]string{"NFD", "NFD"}:
		answers.Is("name_form", "nfd", "%s", seen)
	case [2]string{"nobody", "nobody"}:
		answers.CannotTell("name_form", "neither form of a name with an accent is taken")
	default:
		answers.Is("name_form", "as_sent", "%s", seen)
	}
	return nil
}
