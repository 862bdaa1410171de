// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package authset

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/rest"
)

// Workspace is what a set needs of the service. *Client implements it.
type Workspace interface {
	// Apps returns the applications of the project by id.
	Apps(ctx context.Context) (map[string]api.App, error)
	// Authorizations returns the accounts of one application, which the caller must not change. The
	// error is ErrAppNotFound when the application is gone.
	Authorizations(ctx context.Context, appID string) (api.Accounts, error)
	// AssignAuthorizations sends one request.
	AssignAuthorizations(ctx context.Context, a api.Assignment) error
	// Confirm returns the applications of the project as they were listed after the accounts of
	// some.
	Confirm(ctx context.Context, appIDs []string) (map[string]api.App, error)
	// Forget makes the next Apps, and the next Authorizations of the applications, ask the service
	// again.
	Forget(appIDs []string)
	// Settled waits until no request about the applications is under way.
	Settled(ctx context.Context, appIDs []string) error
}

// concurrency bounds what one set asks for at once. The client's own bound is what protects the
// service; this one keeps a set from filling the queue in front of it, so that sets that are
// applied side by side share the quota.
const concurrency = 8

// Observe reads what the service says of the applications of both sides, and of their accounts
// where Diff needs them. An application is taken for gone only when it is not in the list of
// applications and its accounts can't be listed.
func Observe(ctx context.Context, w Workspace, wanted, prior Set, exclusive bool) (Actual, error) {
	return observe(ctx, w, prior, namedBy(wanted, prior), needsAccounts(wanted, prior, exclusive))
}

// namedBy are the applications of both sides, each once and sorted.
func namedBy(wanted, prior Set) []string {
	ids := slices.Concat(wanted.AppIDs, prior.AppIDs)
	slices.Sort(ids)
	return slices.Compact(ids)
}

// needsAccounts tells whether Diff needs the accounts of an application.
func needsAccounts(wanted, prior Set, exclusive bool) func(api.App) bool {
	inWanted, inPrior, hides := setOf(wanted.AppIDs), setOf(prior.AppIDs), setOf(prior.Unlisted.HiddenOn)
	return func(app api.App) bool {
		switch {
		case hides[app.ID] && !opaque(app):
			return true
		case !inWanted[app.ID]:
			return exclusive || len(prior.Accounts) > 0
		case wanted.Mode == api.AllUser:
			if exclusive && app.AuthorizationType != api.AllUser {
				return true
			}
			return inPrior[app.ID] && len(prior.Accounts) > 0
		default:
			return exclusive || len(wanted.Accounts) > 0 || inPrior[app.ID] && len(prior.Accounts) > 0
		}
	}
}

// ObserveTracked reads what Track needs for a set as the state remembers it.
func ObserveTracked(ctx context.Context, w Workspace, prior Set, exclusive bool) (Actual, error) {
	hides := setOf(prior.Unlisted.HiddenOn)
	needsAccounts := func(app api.App) bool {
		return !opaque(app) && (exclusive || len(prior.Accounts) > 0 || hides[app.ID])
	}
	actual, err := observe(ctx, w, prior, prior.AppIDs, needsAccounts)
	if counting, ok := w.(*Counting); ok && err == nil && counting.doubts(false) {
		return observe(ctx, w, prior, prior.AppIDs, needsAccounts)
	}
	return actual, err
}

// ObserveAll reads the applications with all their accounts, for an import.
func ObserveAll(ctx context.Context, w Workspace, appIDs []string) (Actual, error) {
	return observe(ctx, w, Set{}, appIDs, func(app api.App) bool { return !opaque(app) })
}

// opaque tells that the list of the application's accounts proves nothing: the service may hide
// them while it is open to everybody.
func opaque(app api.App) bool { return app.AuthorizationType == api.AllUser }

// Remembered is what the service says by a state that was just refreshed, with no other reading
// than that of the applications: the plan of a destroy shows no more than that, and comes in a
// process of its own, which would have to list all accounts again.
func Remembered(prior Tracked, apps map[string]api.App) Actual {
	actual := make(Actual, len(prior.AppIDs))
	for _, id := range prior.AppIDs {
		app, ok := apps[id]
		if !ok {
			app = api.App{ID: id}
		}
		accounts := prior.Accounts
		if missing := prior.Missing[id]; len(missing) > 0 {
			accounts = maps.Clone(accounts)
			for _, h := range missing {
				delete(accounts, h)
			}
		}
		actual[id] = Status{App: app, Accounts: accounts}
	}
	return prior.assume(actual)
}

// observe reads the applications, and the accounts of those that need it. What an application lacks
// that the state before lists is believed only when it is still closed afterwards: it may have been
// opened between the two lists, and hide its accounts since.
func observe(ctx context.Context, w Workspace, prior Set, ids []string, needsAccounts func(api.App) bool) (Actual, error) {
	if len(ids) == 0 {
		return Actual{}, nil
	}
	ctx = rest.WithQueue(ctx) // sets that are read side by side share the quota evenly
	apps, err := w.Apps(ctx)
	if err != nil {
		return nil, err
	}
	var mu sync.Mutex
	actual := make(Actual, len(ids))
	group, each := errgroup.WithContext(ctx)
	group.SetLimit(concurrency)
	for _, id := range ids {
		app, listed := apps[id]
		if listed && !needsAccounts(app) {
			mu.Lock()
			actual[id] = Status{App: app}
			mu.Unlock()
			continue
		}
		group.Go(func() error {
			accounts, err := w.Authorizations(each, id)
			if errors.Is(err, api.ErrAppNotFound) || !listed && (api.SaysNotFound(err) || err == nil && len(accounts) == 0) {
				return nil // the complete list of applications lacks it
			}
			if err != nil {
				return err
			}
			if !listed {
				app = api.App{ID: id}
			}
			mu.Lock()
			defer mu.Unlock()
			actual[id] = Status{App: app, Accounts: accounts}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	if short := prior.lackedBy(actual); len(short) > 0 {
		apps, err := w.Confirm(ctx, short)
		if err != nil {
			return nil, err
		}
		for _, id := range short {
			if app := apps[id]; opaque(app) {
				actual[id] = Status{App: app, Accounts: actual[id].Accounts}
			}
		}
	}
	return prior.assume(actual), nil
}

// lackedBy are the applications that are said to be closed and lack an account of the set.
func (s Set) lackedBy(actual Actual) []string {
	var short []string
	lacking := map[uintptr]bool{}
	for _, id := range s.AppIDs {
		status, ok := actual[id]
		if !ok || status.App.AuthorizationType != api.AssignUser {
			continue
		}
		list := status.Accounts.Identity()
		lacks, known := lacking[list]
		if !known {
			for h := range s.Accounts {
				if _, listed := s.Spelled.row(h, status.Accounts); !listed {
					lacks = true
					break
				}
			}
			lacking[list] = lacks
		}
		if lacks {
			short = append(short, id)
		}
	}
	return short
}
