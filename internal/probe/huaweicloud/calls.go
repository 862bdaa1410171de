// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/rest"
)

const (
	pageLimit = 100
	// writeGrace lets a write end that is under way when the run is interrupted.
	writeGrace = 2 * time.Second
)

// page is a page of a list as it came.
type page struct {
	Count *int  `json:"count"`
	Items []row `json:"items"`
}

// list reads one page.
func (s *subject) list(ctx context.Context, operation string, query url.Values, segments ...string) (page, error) {
	var p page
	if query == nil {
		query = url.Values{}
	}
	if !query.Has("limit") {
		query.Set("limit", strconv.Itoa(pageLimit))
	}
	err := s.client.Send(ctx, rest.Request{Operation: operation, Query: query, Decode: rest.DecodeJSON(&p)}, segments...)
	return p, err
}

// accounts reads the accounts of an application, one page of them.
func (s *subject) accounts(ctx context.Context, app string, query url.Values) (page, error) {
	return s.list(ctx, "ListAppAuthorizations", query, "apps", app, "authorizations")
}

// rows reads all accounts of a scratch application, which has few.
func (s *subject) rows(ctx context.Context, app string) ([]row, error) {
	p, err := s.accounts(ctx, app, nil)
	if err == nil && (len(p.Items) > maxRows || p.Count != nil && *p.Count > pageLimit) {
		err = fmt.Errorf("application %s has more than %d accounts: that is no scratch application", app, maxRows)
	}
	return p.Items, err
}

// change is a write.
type change struct {
	AppIDs   []string                      `json:"app_ids"`
	Mode     huaweicloud.AuthorizationType `json:"authorization_type"`
	Users    []account                     `json:"users,omitempty"`
	DelUsers []account                     `json:"del_users,omitempty"`
}

// write sends a change, after noting what has to be put back.
func (s *subject) write(ctx context.Context, c change) error {
	for _, id := range c.AppIDs {
		if app, ok := s.apps[id]; ok {
			app.dirty = true
			app.opened = app.opened || c.Mode == huaweicloud.AllUser
			for _, who := range c.Users {
				if !slices.Contains(app.sent, who) {
					app.sent = append(app.sent, who)
				}
			}
		} else if id != s.missing {
			return fmt.Errorf("application %s is no target", id) // a mistake in this program
		}
	}
	err := s.client.Send(ctx, rest.Request{
		Operation: "BatchUpdateAppAuthorizations", Method: http.MethodPost, Kind: rest.Write, Repeat: rest.RepeatUnsent, Grace: writeGrace,
		Body: c, MaxBodyBytes: 1 << 20,
	}, "apps", "actions", "batch-assign-authorization")
	if e, ok := errors.AsType[*rest.Error](err); ok && !e.Unsent && !refused(err) {
		s.unsure = true
	}
	return err
}

// grant grants one account the scratch application, and tells whether the service did not refuse
// it.
func (s *subject) grant(ctx context.Context, who account) (bool, error) {
	return s.try(ctx, change{Users: []account{who}})
}

// try sends a change and tells whether the service did not refuse it. Left out are the application,
// and that it is closed.
func (s *subject) try(ctx context.Context, c change) (bool, error) {
	if len(c.AppIDs) == 0 {
		c.AppIDs = []string{s.targets.app}
	}
	c.Mode = cmp.Or(c.Mode, huaweicloud.AssignUser)
	err := s.write(ctx, c)
	if refused(err) {
		return false, nil
	}
	return err == nil, err
}

// granted puts the application back, grants one account, and returns how it is listed: nil when it
// is refused or left out.
func (s *subject) granted(ctx context.Context, who account) (row, error) {
	if err := s.Restore(ctx); err != nil {
		return nil, err
	}
	if ok, err := s.grant(ctx, who); !ok {
		return nil, err
	}
	rows, err := s.find(ctx, who.name)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	return rows[0], nil
}

// must is granted for an account that has to be taken.
func (s *subject) must(ctx context.Context, who account) (row, error) {
	r, err := s.granted(ctx, who)
	if err == nil && r == nil {
		err = fmt.Errorf("the service does not list %s after a grant", who)
	}
	return r, err
}

// find returns the rows of the scratch application that are spellings of a name. Where there are
// none it waits and looks again, since a service may list late.
func (s *subject) find(ctx context.Context, name string) ([]row, error) {
	for again := false; ; again = true {
		rows, err := s.rows(ctx, s.targets.app)
		if err != nil {
			return nil, err
		}
		found := slices.DeleteFunc(rows, func(r row) bool { return bare(r.name()) != bare(name) })
		if len(found) > 0 || again {
			return found, nil
		}
		if err := s.env.Wait(ctx, lag); err != nil {
			return nil, err
		}
	}
}

// refused tells that the service itself said no, for what was asked and not for who asks.
func refused(err error) bool {
	e, ok := errors.AsType[*rest.Error](err)
	return ok && !e.Unsent && e.Status >= 400 && e.Status < 500 && strings.HasPrefix(e.Code, "WKS.") && e.Status != http.StatusForbidden
}
