// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud

import (
	"context"
	"fmt"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud"
	"github.com/appaccess/terraform-provider-appaccess/internal/probe"
)

// market grants an account to an application of source SYSTEM or MARKET.
func (s *subject) market(who account) probe.Experiment {
	e := probe.Experiment{
		Answers: []string{"market_apps"},
		Does:    fmt.Sprintf("grants %s to application %s, and revokes it", who, s.targets.market),
		Try: func(ctx context.Context, answers *probe.Answers) error {
			ok, err := s.try(ctx, change{AppIDs: []string{s.targets.market}, Users: []account{who}})
			if err == nil {
				answers.Either(ok, "market_apps", "accepted", "refused", "a grant is accepted: %t", ok)
			}
			return err
		},
	}
	if s.targets.market == "" {
		e.Lacks = "name an application of source SYSTEM or MARKET with -market-app ID"
	}
	return e
}

// opening opens the application to everybody.
func (s *subject) opening(who account) probe.Experiment {
	e := probe.Experiment{
		Answers: []string{"flip_to_all_user", "all_user_list", "all_user_accounts"}, Opens: true,
		Does: fmt.Sprintf("opens application %s to everybody for a moment, with and without %s, and closes it", s.targets.app, who),
	}
	if len(s.apps[s.targets.app].before) > 0 {
		e.Lacks = "opening may take away the accounts that the application has: name one without any"
	}
	e.Try = func(ctx context.Context, answers *probe.Answers) error {
		listed := func(is bool) {
			answers.Either(is, "all_user_list", "records", "empty", "an account that is there is listed while the application is open: %t", is)
		}
		if _, err := s.must(ctx, who); err != nil {
			return err
		}
		whileOpen, after, err := s.openAndClose(ctx, who, change{})
		switch {
		case err != nil:
			return err
		case after:
			answers.Is("flip_to_all_user", "keep", "an account is there when the application is closed again")
			listed(whileOpen)
		default:
			answers.Is("flip_to_all_user", "wipe", "an account is gone when the application is closed again")
		}

		users := []account{who}
		if err := s.Restore(ctx); err != nil {
			return err
		}
		whileOpen, after, err = s.openAndClose(ctx, who, change{Users: users})
		switch {
		case err != nil:
			return err
		case !after:
			answers.Is("all_user_accounts", "ignored", "an account that was granted while the application was open is not there when it is closed")
			answers.CannotTell("all_user_list", "there is no account while the application is open")
			return nil
		}
		listed(whileOpen)
		if err := s.Restore(ctx); err != nil {
			return err
		}
		if _, after, err = s.openAndClose(ctx, who, change{Users: users}, change{DelUsers: users}); err != nil {
			return err
		}
		answers.Either(after, "all_user_accounts", "adds_only", "applied",
			"what an open application is granted is there when it is closed; what is revoked from it too: %t", after)
		return nil
	}
	return e
}

// openAndClose opens the application, sends changes while it is open, and closes it. It tells
// whether an account is listed while it is open and after.
func (s *subject) openAndClose(ctx context.Context, who account, changes ...change) (whileOpen, after bool, err error) {
	for _, c := range append([]change{{}}, changes...) {
		c.Mode = huaweicloud.AllUser
		if ok, err := s.try(ctx, c); !ok {
			return false, false, refusal(who, err)
		}
	}
	rows, err := s.find(ctx, who.name)
	if err != nil {
		return false, false, err
	}
	if ok, err := s.try(ctx, change{}); !ok {
		return false, false, refusal(who, err)
	}
	closed, err := s.find(ctx, who.name)
	return len(rows) > 0, len(closed) > 0, err
}
