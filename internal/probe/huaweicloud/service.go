// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

// Package huaweicloud is what the App Center of Huawei Cloud Workspace is asked: see API.md of its
// client, whose open questions these are.
//
// The scratch accounts must not have the scratch applications when a run begins: then all that is
// ever to be put back is their absence, and what an earlier run left over is seen.
package huaweicloud

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"strings"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud"
	"github.com/appaccess/terraform-provider-appaccess/internal/probe"
	"github.com/appaccess/terraform-provider-appaccess/internal/provider"
)

// Service is the App Center.
func Service() probe.Service {
	return probe.Service{Name: "huaweicloud", Title: "Huawei Cloud Workspace", Questions: questions, Targets: declare}
}

// targets are what the caller names.
type targets struct {
	app, market     string
	users           []account
	closed, inGroup bool
}

func declare(flags *flag.FlagSet) func(context.Context, *probe.Env) (probe.Subject, error) {
	t := &targets{}
	flags.StringVar(&t.app, "app", "", "the `ID` of a scratch application, open to assigned accounts only (ASSIGN_USER), to 50 at most")
	flags.Func("user", "a scratch user as `[DOMAIN/]NAME` that does not have the application; three tell more, and so do a domain other than "+
		"local.com, and names with capitals, blanks and accents", func(text string) error {
		who, err := parseAccount(text)
		t.users = append(t.users, who)
		return err
	})
	flags.StringVar(&t.market, "market-app", "", "the `ID` of another such application, whose source is SYSTEM or MARKET")
	flags.BoolVar(&t.closed, "closed", false, "where the service does not say so: the application is open to assigned accounts only, as the console shows")
	flags.BoolVar(&t.inGroup, "in-group", false, "the first -user is a member of a user group")
	return func(ctx context.Context, env *probe.Env) (probe.Subject, error) {
		client, err := provider.Client(ctx, env.Data.Huaweicloud)
		if err != nil {
			return nil, err
		}
		if err := t.check(env.ReadOnly); err != nil {
			return nil, err
		}
		return newSubject(env, client, t), nil
	}
}

// parseAccount reads [DOMAIN/]NAME.
func parseAccount(text string) (account, error) {
	domain, name, found := strings.Cut(text, "/")
	if !found {
		domain, name = "", text
	}
	if name == "" || found && domain == "" {
		return account{}, errors.New("is not [DOMAIN/]NAME")
	}
	if domain == huaweicloud.DefaultDomain {
		domain = ""
	}
	return account{domain: domain, name: name}, nil
}

func (t *targets) check(readOnly bool) error {
	switch {
	case t.app == "":
		return errors.New("name a scratch application with -app ID")
	case len(t.users) == 0 && !readOnly:
		return errors.New("name a scratch user with -user NAME, or give -read-only")
	}
	seen := map[string]bool{}
	for _, who := range t.users {
		if seen[bare(who.name)] {
			return fmt.Errorf("the scratch accounts need different names: %s", who)
		}
		seen[bare(who.name)] = true
	}
	return nil
}
