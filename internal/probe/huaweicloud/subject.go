// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud"
	"github.com/appaccess/terraform-provider-appaccess/internal/probe"
)

const (
	// maxRows is how many accounts a scratch application may have.
	maxRows = 50
	// lag is how long a service may take to list what it has done.
	lag = 2 * time.Second
	// maxRestores is how often a restore tries other spellings.
	maxRestores = 4
)

// subject is the App Center with its targets.
type subject struct {
	env     *probe.Env
	client  *huaweicloud.Client
	targets *targets

	// apps are what may be written to.
	apps map[string]*scratchApp
	// missing is the id of an application that does not exist, nobody the name of a user who
	// doesn't.
	missing, nobody string
	// unsure tells that a write may still be under way.
	unsure bool
}

// scratchApp is an application with what has to be put back.
type scratchApp struct {
	id, name string
	before   []row
	// silent tells that the service does not say whether it is open to everybody.
	silent bool
	// Since the last restore:
	dirty, opened bool
	sent          []account
}

func newSubject(env *probe.Env, client *huaweicloud.Client, t *targets) *subject {
	s := &subject{env: env, client: client, targets: t, apps: map[string]*scratchApp{}}
	for _, id := range []string{t.app, t.market} {
		if id != "" {
			s.apps[id] = &scratchApp{id: id}
			env.Names.Add(id, "<app>")
		}
	}
	random := strings.ToLower(rand.Text())
	s.nobody = "probe-" + random[:10]
	s.missing = fmt.Sprintf("%s-%s-4%s-a%s-%s", random[:8], random[8:12], random[12:15], random[15:18], random[14:26])
	for _, who := range t.users {
		env.Names.Add(who.name, "<account>")
		if who.domain != "" {
			env.Names.Add(who.domain, "<domain>")
		}
	}
	env.Names.Add(s.nobody, "<nobody>")
	if host, err := url.Parse(client.Host()); err == nil {
		env.Names.Add(host.Host, "<host>")
	}
	return s
}

// Prepare finds the applications, and refuses those that can't be put back as they were.
func (s *subject) Prepare(ctx context.Context) error {
	found, err := s.client.ListApps(ctx, "")
	if err != nil {
		return err
	}
	for _, app := range s.apps {
		i := slices.IndexFunc(found, func(a huaweicloud.App) bool { return a.ID == app.id })
		if i < 0 {
			return fmt.Errorf("the project has no application %s", app.id)
		}
		app.name, app.silent = found[i].Name, found[i].AuthorizationType == ""
		s.env.Names.Add(app.name, "<app>")
		if app.before, err = s.rows(ctx, app.id); err != nil {
			return err
		}
		if err := s.fit(app, found[i]); err != nil && !s.env.ReadOnly {
			return err
		}
	}
	return nil
}

// fit tells whether an application can be put back as it is.
func (s *subject) fit(app *scratchApp, listed huaweicloud.App) error {
	switch {
	case listed.AuthorizationType == "" && !s.targets.closed:
		return fmt.Errorf("the service does not say whether %s is open to everybody, and a write closes it: look at the console, and if it is not, add -closed", listed)
	case listed.AuthorizationType != "" && listed.AuthorizationType != huaweicloud.AssignUser:
		return fmt.Errorf("%s is %s, and a write would close it: name one that is %s", listed, listed.AuthorizationType, huaweicloud.AssignUser)
	}
	for _, who := range s.targets.users {
		if slices.ContainsFunc(app.before, func(r row) bool { return bare(r.name()) == bare(who.name) }) {
			return fmt.Errorf("%s has %s already, maybe from a run that was killed: take it away, or name another", who, listed)
		}
	}
	return nil
}

// Restore closes what was opened and revokes what was granted.
func (s *subject) Restore(ctx context.Context) error {
	var failed []error
	for _, app := range s.apps {
		if !app.dirty {
			continue
		}
		err := s.restore(ctx, app)
		if err == nil && s.unsure {
			// A write that nobody answered may still be carried out.
			if err = s.env.Wait(ctx, 2*lag); err == nil {
				err = s.restore(ctx, app)
			}
		}
		if err != nil {
			failed = append(failed, fmt.Errorf("application %s: %w", app.id, err))
			continue
		}
		app.dirty, app.opened, app.sent = false, false, nil
	}
	if err := errors.Join(failed...); err != nil {
		return err
	}
	s.unsure = false
	return nil
}

func (s *subject) restore(ctx context.Context, app *scratchApp) error {
	if app.opened {
		if err := s.write(ctx, change{AppIDs: []string{app.id}, Mode: huaweicloud.AssignUser}); err != nil {
			return fmt.Errorf("it may be open to everybody; close it in the console: %w", err)
		}
	}
	var refusal error
	for attempt := 0; ; attempt++ {
		left, err := s.leftover(ctx, app)
		switch {
		case err == nil && len(left) == 0:
			return s.checkMode(ctx, app)
		case err == nil && attempt == maxRestores:
			err = cmp.Or(refusal, errors.New("the service lists them after they were revoked"))
		}
		if err != nil {
			return fmt.Errorf("these may still have access; revoke them in the console: %s: %w", listAccounts(app.sent), err)
		}
		for _, r := range left {
			refusal = s.write(ctx, change{AppIDs: []string{app.id}, Mode: huaweicloud.AssignUser, DelUsers: []account{app.spelling(r, attempt)}})
		}
	}
}

// leftover are the rows that this program's writes have made.
func (s *subject) leftover(ctx context.Context, app *scratchApp) ([]row, error) {
	rows, err := s.rows(ctx, app.id)
	return slices.DeleteFunc(rows, func(r row) bool {
		return !slices.ContainsFunc(app.sent, func(who account) bool { return bare(who.name) == bare(r.name()) })
	}), err
}

// spelling is how a row is named in its revocation: as it was sent, the likeliest first, and last
// as it is listed.
func (app *scratchApp) spelling(r row, attempt int) account {
	var list []account
	for _, same := range []func(name string) bool{
		func(name string) bool { return name == r.name() },
		func(name string) bool { return name == plain(r.name()) },
		func(name string) bool { return bare(name) == bare(r.name()) },
	} {
		for _, who := range app.sent {
			if who.platform = ""; same(who.name) && !slices.Contains(list, who) {
				list = append(list, who)
			}
		}
	}
	listed := account{domain: r.field("domain").text, name: r.name()}
	return append(list, listed)[min(attempt, len(list))]
}

// checkMode looks whether an application is closed, where the service says so.
func (s *subject) checkMode(ctx context.Context, app *scratchApp) error {
	if !app.opened || app.silent {
		return nil
	}
	p, err := s.list(ctx, "ListApps", nil, "apps")
	if err != nil {
		return fmt.Errorf("it may be open to everybody; look at the console: %w", err)
	}
	for _, r := range p.Items {
		if r.field("id").text == app.id && r.field("authorization_type").text == string(huaweicloud.AssignUser) {
			return nil
		}
	}
	return errors.New("the service does not list it as closed; close it in the console")
}

func listAccounts(list []account) string {
	texts := make([]string, len(list))
	for i, who := range list {
		texts[i] = strconv.Quote(who.String())
	}
	slices.Sort(texts)
	return strings.Join(slices.Compact(texts), ", ")
}
