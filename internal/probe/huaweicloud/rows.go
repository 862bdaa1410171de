// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud

import (
	"context"
	"fmt"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud"
	"github.com/appaccess/terraform-provider-appaccess/internal/probe"
)

// questions are those of API.md, section 12.
var questions = []probe.Question{
	{Name: "default_domain", Asks: "How does local.com read?", Positions: []string{"shown", "omitted", "hidden", "empty", "null"}},
}

// Experiments of a run, the simplest first.
func (s *subject) Experiments() []probe.Experiment {
	return []probe.Experiment{s.defaultDomain()}
}

// local is a scratch user of local.com.
func (s *subject) local() (account, bool) {
	for _, who := range s.targets.users {
		if who.domain == "" {
			return who, true
		}
	}
	return account{}, false
}

func (s *subject) defaultDomain() probe.Experiment {
	who, ok := s.local()
	e := probe.Experiment{
		Answers: []string{"default_domain"},
		Does:    fmt.Sprintf("grants %s to application %s, with and without its domain, and revokes it", who, s.targets.app),
	}
	if !ok {
		e.Lacks = "name a user of local.com with -user NAME"
	}
	e.Try = func(ctx context.Context, answers *probe.Answers) error {
		without, err := s.domainOf(ctx, who)
		if err != nil {
			return err
		}
		seen := fmt.Sprintf("domain is %s where the grant left it out", without)
		switch {
		case without.null:
			answers.Is("default_domain", "null", "%s", seen)
			return nil
		case without.given && without.text == "":
			answers.Is("default_domain", "empty", "%s", seen)
			return nil
		case without.given && without.text == huaweicloud.DefaultDomain:
			answers.Is("default_domain", "shown", "%s", seen)
			return nil
		case without.given:
			answers.Other("default_domain", "%s", seen)
			return nil
		}
		if err := s.Restore(ctx); err != nil {
			return err
		}
		with := who
		with.domain = huaweicloud.DefaultDomain
		sent, err := s.domainOf(ctx, with)
		if err != nil {
			return err
		}
		seen += fmt.Sprintf(", and %s where it was sent", sent)
		switch {
		case !sent.given:
			answers.Is("default_domain", "hidden", "%s", seen)
		case sent.text == huaweicloud.DefaultDomain:
			answers.Is("default_domain", "omitted", "%s", seen)
		default:
			answers.Other("default_domain", "%s", seen)
		}
		return nil
	}
	return e
}

// domainOf grants an account and reads the domain of its row.
func (s *subject) domainOf(ctx context.Context, who account) (field, error) {
	if err := s.grant(ctx, who); err != nil {
		return field{}, fmt.Errorf("the grant was refused: %s", said(err))
	}
	rows, err := s.find(ctx, who.name)
	if err != nil {
		return field{}, err
	}
	if len(rows) != 1 {
		return field{}, fmt.Errorf("the grant made %d rows", len(rows))
	}
	return rows[0].field("domain"), nil
}
