// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package authset

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/rest"
)

// office is a Workspace in memory. Its fields are the questions that the vendor's pages leave open,
// and faults.
type office struct {
	rewrites                   func(api.Handle) api.Handle // how it lists an account
	bothNames                  bool                        // and it knows the account by either name
	duplicateAdd, absentRemove error                       // nil: taken without a word
	wipe, records, ignored     bool                        // on a flip to ALL_USER; on its list; users and del_users with ALL_USER
	foldCase, partial, modes   bool                        // one account whatever its case; a refused batch was done for its first app; modes are told
	stubborn                   bool                        // another writer sets every mode back
	strangers                  map[string]bool
	lag                        time.Duration // it says yes at once, and acts later
	fault                      func(request int, a api.Assignment) (before, after error)

	mu       sync.Mutex
	apps     map[string]*room
	requests []api.Assignment
	lists    int
}

type room struct {
	mode     api.AuthorizationType
	accounts api.Accounts
}

func newOffice(actual Actual) *office {
	o := &office{modes: true, apps: map[string]*room{}}
	for id, status := range actual {
		accounts := api.Accounts{}
		maps.Copy(accounts, status.Accounts)
		o.apps[id] = &room{mode: status.App.AuthorizationType, accounts: accounts}
	}
	return o
}

func (o *office) Apps(context.Context) (map[string]api.App, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	out := map[string]api.App{}
	for id, room := range o.apps {
		out[id] = api.App{ID: id, AuthorizationType: room.mode}
		if !o.modes {
			out[id] = api.App{ID: id}
		}
	}
	return out, nil
}

func (o *office) Authorizations(_ context.Context, id string) (api.Accounts, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.lists++
	room, ok := o.apps[id]
	if !ok {
		return nil, fmt.Errorf("list: %w", api.ErrAppNotFound)
	}
	if room.mode == api.AllUser && !o.records {
		return api.Accounts{}, nil
	}
	return maps.Clone(room.accounts), nil
}

func answer(status int) error { return &rest.Error{Service: "office", Status: status, Message: "no"} }

func (o *office) AssignAuthorizations(ctx context.Context, a api.Assignment) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	o.requests = append(o.requests, a)
	var before, after error
	if o.fault != nil {
		before, after = o.fault(len(o.requests), a)
	}
	if before != nil {
		return before
	}
	if o.lag > 0 {
		time.AfterFunc(o.lag, func() {
			o.mu.Lock()
			defer o.mu.Unlock()
			_ = o.act(a)
		})
		return after
	}
	return errors.Join(o.act(a), after)
}

// act carries a request out.
func (o *office) act(a api.Assignment) error {
	draft := map[string]*room{}
	var refusal error
	for _, id := range a.AppIDs {
		if refusal == nil {
			draft[id], refusal = o.change(id, a)
		}
	}
	if refusal == nil || o.partial {
		for id, room := range draft {
			if room != nil {
				o.apps[id] = room
			}
		}
	}
	return refusal
}

func (o *office) Settled(context.Context, []string) error { return nil }

func (o *office) Forget([]string) {}

func (o *office) Confirm(ctx context.Context, _ []string) (map[string]api.App, error) {
	return o.Apps(ctx)
}

func (o *office) change(id string, a api.Assignment) (*room, error) {
	old, ok := o.apps[id]
	if !ok {
		return nil, answer(http.StatusNotFound)
	}
	next := &room{mode: a.AuthorizationType, accounts: maps.Clone(old.accounts)}
	if next.mode == api.AllUser && o.ignored {
		return next, nil
	}
	for _, user := range a.DelUsers {
		h, ok := o.find(next.accounts, user.Handle())
		if !ok && o.absentRemove != nil {
			return nil, o.absentRemove
		}
		delete(next.accounts, h)
	}
	for _, user := range a.Users {
		h, ok := o.find(next.accounts, user.Handle())
		switch {
		case ok && o.duplicateAdd != nil:
			return nil, o.duplicateAdd
		case !ok && !o.strangers[user.Name]:
			if o.rewrites != nil {
				h = o.rewrites(h)
			}
			next.accounts[h] = user.PlatformType
		}
	}
	if next.mode == api.AllUser && o.wipe {
		next.accounts = api.Accounts{}
	}
	if o.stubborn {
		next.mode = old.mode
	}
	return next, nil
}

// find returns the handle by which accounts hold h.
func (o *office) find(accounts api.Accounts, h api.Handle) (api.Handle, bool) {
	if o.bothNames {
		if row := o.rewrites(h); row != h {
			if _, ok := accounts[row]; ok {
				return row, true
			}
		}
	}
	if _, ok := accounts[h]; ok || !o.foldCase {
		return h, ok
	}
	for other := range accounts {
		if fold(other.Value()) == fold(h.Value()) {
			return other, true
		}
	}
	return h, false
}

func (o *office) granted(id string) []string {
	var names []string
	for h := range o.apps[id].accounts {
		names = append(names, h.Value().Name)
	}
	slices.Sort(names)
	return names
}
