// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud

import (
	"context"
	"fmt"
	"slices"

	"github.com/appaccess/terraform-provider-appaccess/internal/probe"
)

// questions are those of API.md, section 12, with the names of the mock's switches.
var questions = []probe.Question{
	{Name: "duplicate_add", Asks: "What does a second grant answer?", Positions: []string{"ok", "error"}},
	{Name: "absent_remove", Asks: "What does revoking nothing answer?", Positions: []string{"ok", "error"}},
	{Name: "unknown_account", Asks: "What does a grant to nobody do?", Positions: []string{"skipped", "error"}},
	{Name: "default_domain", Asks: "How does local.com read?", Positions: []string{"shown", "omitted", "hidden", "empty", "null"}},
	{Name: "platform_left_out", Asks: "How does a platform type read that was left out?", Positions: []string{"omitted", "null", "LOCAL", "empty"}},
	{Name: "platform_sent", Asks: "How does a platform type read that was sent?", Positions: []string{"echoed", "omitted", "null", "LOCAL"}},
	{Name: "platform_change", Asks: "Does a second grant change the platform type?", Positions: []string{"unchanged", "changed"}},
	{Name: "flip_to_all_user", Asks: "What does opening do to accounts?", Positions: []string{"keep", "wipe"}},
	{Name: "all_user_list", Asks: "What is listed while it is open?", Positions: []string{"empty", "records"}},
	{Name: "all_user_accounts", Asks: "What do accounts in an opening request do?", Positions: []string{"applied", "ignored", "adds_only"}},
	{Name: "user_in_both", Asks: "What becomes of an account in both lists?", Positions: []string{"removed", "kept", "error"}},
	{Name: "list_order", Asks: "In which order are lists?", Positions: []string{"insertion", "shuffled", "unstable"}},
	{Name: "account_on_read", Asks: "How do names read?", Positions: []string{"plain", "decorated", "spaced", "own_group"}},
	{Name: "batch_bad_app", Asks: "Is a batch atomic?", Positions: []string{"atomic", "partial"}},
	{Name: "account_case", Asks: "Does letter case matter?", Positions: []string{"exact", "folded", "lowered"}},
	{Name: "app_mode", Asks: "Are applications listed with their mode?", Positions: []string{"shown", "omitted"}},
	{Name: "name_filter", Asks: "What does the filter by name match?", Positions: []string{"fuzzy", "exact", "ignored"}},
	{Name: "retry_after", Asks: "Does a throttled answer say how long?", Positions: []string{"omitted", "sent"}},
	{Name: "market_apps", Asks: "Do SYSTEM and MARKET applications take accounts?", Positions: []string{"accepted", "refused"}},
	{Name: "deleted_app", Asks: "What has the list of a missing application?", Positions: []string{"404", "404_other", "400", "empty"}},
	{Name: "count", Asks: "What does the count of a list say?", Positions: []string{"right", "late", "capped", "missing", "page"}},
	{Name: "type_on_read", Asks: "How does the account type read?", Positions: []string{"documented", "USER", "lower", "omitted", "null"}},
	{Name: "name_form", Asks: "What is made of blanks and accents?", Positions: []string{"as_sent", "trimmed", "squeezed", "nfc", "nfd"}},
	{Name: "domain_form", Asks: "How do other domains read?", Positions: []string{"as_sent", "short", "upper"}},
	{Name: "account_limit", Asks: "How many accounts may an application have?", Positions: []string{"0", "n"}},
	{Name: "quota_headers", Asks: "Which headers tell of a quota?"},
	{Name: "refusals", Asks: "Which codes were seen?"},
	{Name: "quotas", Asks: "What are the quotas?"},
	{Name: "app_limit", Asks: "How many applications may a project have?"},
	{Name: "actions", Asks: "Which IAM actions does a role need?"},
}

// Experiments of a run. Those that need what others find out stand behind them.
func (s *subject) Experiments() []probe.Experiment {
	var who account
	if len(s.targets.users) > 0 {
		who = s.targets.users[0]
	}
	local, noLocal := s.pick("name a user of local.com with -user NAME", func(a account) bool { return a.domain == "" })
	other, noOther := s.pick("name a user of another domain with -user DOMAIN/NAME", func(a account) bool { return a.domain != "" })
	if noOther != "" {
		other = who
	}
	to := " to application " + s.targets.app
	list := []probe.Experiment{
		{Answers: []string{"app_mode", "name_filter", "deleted_app"}, Try: s.reads},
		{
			Answers: []string{"type_on_read", "account_on_read", "count"}, Try: s.reading(who),
			Does: fmt.Sprintf("grants %s%s, and revokes it", who, to),
		}, {
			Answers: []string{"default_domain"}, Try: s.defaultDomain(local), Lacks: noLocal,
			Does: fmt.Sprintf("grants %s%s, with and without its domain, and revokes it", local, to),
		}, {
			Answers: []string{"domain_form"}, Try: s.domainForm(other), Lacks: noOther,
			Does: fmt.Sprintf("grants %s%s, and revokes it", other, to),
		}, {
			Answers: []string{"platform_left_out", "platform_sent", "platform_change", "duplicate_add"}, Try: s.platforms(other),
			Does: fmt.Sprintf("grants %s%s, with and without its platform type, and revokes it", other, to),
		}, {
			Answers: []string{"absent_remove", "unknown_account"}, Try: s.nothing(who),
			Does: fmt.Sprintf("revokes %s, who has not got it, and grants a user who does not exist%s", who, to),
		}, {
			Answers: []string{"user_in_both"}, Try: s.both(who),
			Does: fmt.Sprintf("grants and revokes %s in one request%s", who, to),
		}, {
			Answers: []string{"batch_bad_app"}, Try: s.batch(who),
			Does: fmt.Sprintf("grants %s%s and to one that does not exist, and revokes it", who, to),
		}, {
			Answers: []string{"account_case", "name_form"}, Try: s.spellings,
			Does: "grants the scratch users in other spellings" + to + ", and revokes them",
		}, {
			Answers: []string{"list_order", "account_limit"}, Try: s.several,
			Does: "grants all scratch users" + to + ", and revokes them",
		},
		s.market(who), s.opening(who),
	}
	return append(list, probe.Experiment{
		Answers: []string{"retry_after", "quota_headers", "refusals", "quotas", "app_limit", "actions"},
		Try: func(_ context.Context, answers *probe.Answers) error {
			s.env.Wire.Throttling(answers, "sent", "omitted")
			s.env.Wire.Refusals(answers, "error_code")
			answers.CannotTell("quotas", "the run uses up no quota")
			answers.CannotTell("app_limit", "the run makes no applications")
			answers.CannotTell("actions", "it takes roles to take away")
			return nil
		},
	})
}

// pick is a scratch user of some kind. Where there is none it says what is missing.
func (s *subject) pick(missing string, is func(account) bool) (account, string) {
	if i := slices.IndexFunc(s.targets.users, is); i >= 0 {
		return s.targets.users[i], ""
	}
	return account{}, missing
}
