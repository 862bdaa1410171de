// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package enos

import (
	"context"
	"fmt"

	"github.com/appaccess/terraform-provider-appaccess/internal/probe"
)

// questions are those of API.md, section 9, with the names of the mock's switches.
var questions = []probe.Question{
	{Name: "expire", Asks: "What is the expiry of a token that is handed out again?", Positions: []string{"remaining", "full"}},
	{Name: "token_error_status", Asks: "Which status has a refused login?", Positions: []string{"200", "401"}},
	{Name: "token_envelope", Asks: "Where is the code of the token service?", Positions: []string{"status", "code"}},
	{Name: "refresh_expired", Asks: "What has the refresh of a dead token?", Positions: []string{"1204", "1203"}},
	{Name: "refreshed_token", Asks: "Does a refreshed token live on?", Positions: []string{"lives", "dies"}},
	{Name: "expired_token", Asks: "How is a dead token refused?", Positions: []string{"status_1203", "http_401", "code_1203", "apim_4011", "apim_4012"}},
	{Name: "empty_list", Asks: "How does an empty list read?", Positions: []string{"array", "null", "absent"}},
	{Name: "order", Asks: "In which order are lists?", Positions: []string{"shuffled", "stored"}},
	{Name: "duplicates", Asks: "Are types listed twice?", Positions: []string{"none", "twice"}},
	{Name: "case", Asks: "Is a type taken in small letters?", Positions: []string{"exact", "insensitive"}},
	{Name: "listed_case", Asks: "In which case are types listed?", Positions: []string{"stored", "lower"}},
	{Name: "set_data", Asks: "What does a set answer?", Positions: []string{"true", "false", "false_applied"}},
	{Name: "missing_key", Asks: "What does a set without a list do?", Positions: []string{"clears", "refused", "unchanged"}},
	{Name: "settling", Asks: "How long is the old list listed?", Positions: []string{"none", "once", "three_times", "second", "minute"}},
	{Name: "code_type", Asks: "Of which type is the code?", Positions: []string{"number", "string"}},
	{Name: "business_status", Asks: "Which status has a failure?", Positions: []string{"200", "4xx"}},
	{Name: "success_message", Asks: "Which message has a success?", Positions: []string{"ok", "empty"}},
	{Name: "failure_data", Asks: "Which data has a failure?", Positions: []string{"null", "absent"}},
	{Name: "request_id", Asks: "Do answers have a request ID?", Positions: []string{"absent", "sent"}},
	{Name: "skew", Asks: "May a clock be off?", Positions: []string{"ignored", "checked"}},
	{Name: "replay", Asks: "Is a signature good twice?", Positions: []string{"accepted", "rejected"}},
	{Name: "own_list", Asks: "May an application change its own list?", Positions: []string{"allowed", "refused"}},
	{Name: "rate_limit", Asks: "How many calls in a minute?", Positions: []string{"none", "60", "600"}},
	{Name: "info_data", Asks: "Which data has a reading?", Positions: []string{"list", "missing", "empty", "null_among"}},
	{Name: "envelope", Asks: "Do answers have a status beside the code?", Positions: []string{"code", "both", "status_fails", "code_fails"}},
	{Name: "token_calls", Asks: "For how many calls is a token good?", Positions: []string{"0", "n"}},
	{Name: "retry_after", Asks: "Does a throttled answer say how long?", Positions: []string{"sent", "absent"}},
	{Name: "quota_headers", Asks: "Which headers tell of a quota?"},
	{Name: "refusals", Asks: "Which codes were seen?"},
	{Name: "gateway_grant", Asks: "Does the gateway need a grant of its own?"},
}

// Experiments of a run.
func (s *subject) Experiments() []probe.Experiment {
	own := probe.Experiment{Answers: []string{"own_list"}, Try: s.ownList, Does: "gives the calling application the list again that it has"}
	if !s.targets.own {
		own.Lacks = "it takes -own, and that the organization has the calling application"
	}
	refresh := probe.Experiment{Answers: []string{"refreshed_token"}, Try: s.refresh, Does: "refreshes the access token"}
	if !s.targets.refresh {
		refresh.Lacks = "it takes -refresh, which may end the token of other programs that use this access key"
	}
	return []probe.Experiment{
		{
			Answers: []string{"code_type", "success_message", "request_id", "envelope", "info_data", "duplicates", "listed_case", "business_status", "failure_data"},
			Try:     s.reads,
		},
		{Answers: []string{"skew", "replay"}, Try: s.signatures, Does: "reads with a time that is off, and twice with one signature"},
		{
			Answers: []string{"set_data", "settling", "order", "case", "empty_list"}, Try: s.lists, Lacks: s.unreadable,
			Does: fmt.Sprintf("gives application %s the types %s, then none, and then those that it had", s.targets.app, some),
		},
		own, refresh,
		{Answers: []string{"expire", "token_envelope", "token_error_status"}, Try: s.tokens, Does: "asks for the token again, and for one with an access key that nobody has"},
		{
			Answers: []string{"token_calls", "expired_token", "refresh_expired", "rate_limit", "missing_key", "retry_after", "quota_headers", "refusals", "gateway_grant"},
			Try: func(_ context.Context, answers *probe.Answers) error {
				s.seen(answers)
				return nil
			},
		},
	}
}
