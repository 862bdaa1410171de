// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package authset

import (
	"context"
	"errors"
	"maps"
	"slices"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud"
)

// resolve finds out who a row is that an application uncovered when it was closed, and that looks
// like an account which the same request granted: it revokes the account by its own name. If the
// row goes with it, the two are one, and the grant of the next round shows the spelling; if it
// stays, it is another account. To grant the account again would tell nothing: the service may
// refuse it as authorized already, or take it without a word.
func (r *run) resolve(ctx context.Context, remaining Deltas) (Deltas, error) {
	doubts := Deltas{grantPlatform: remaining.grantPlatform, revokePlatform: maps.Clone(remaining.revokePlatform)}
	for _, delta := range remaining.Apps {
		revoke := r.log.doubtful(delta.App.ID, r.Wanted, r.Prior, delta.Grant)
		if len(revoke) == 0 || delta.Mode != api.AssignUser || delta.Flip {
			continue
		}
		for _, h := range revoke {
			doubts.revokePlatform[h] = r.Wanted.Accounts[h]
		}
		doubts.Apps = append(doubts.Apps, Delta{App: delta.App, Mode: delta.Mode, Revoke: revoke})
	}
	if doubts.Empty() {
		return remaining, nil
	}
	r.log.try(true)
	err := r.send(ctx, doubts)
	r.log.try(false)
	if err != nil && !refused(err) {
		return remaining, err
	}
	r.log.forgetLooks(doubts)
	again, readErr := r.readBack(ctx)
	return again, errors.Join(readErr, context.Cause(ctx))
}

// doubtful are those of some accounts that were granted before anybody saw whom the application
// lists, by this apply or by one that was interrupted, where exactly one row of nobody else looks
// like them. An account is tried once.
func (l *requestLog) doubtful(appID string, wanted, prior Set, accounts []api.Handle) []api.Handle {
	first, looked := l.looks[appID]
	if !looked || len(accounts) == 0 {
		return nil
	}
	granted := maps.Clone(first.unsure)
	if granted == nil {
		granted = api.Accounts{}
	}
	for _, e := range l.byApp[appID][:first.requests] {
		if e.err != nil && (unsent(e.err) || refusedAtOnce(e.err)) {
			continue
		}
		for _, user := range e.Users {
			granted[user.Handle()] = ""
		}
	}
	for _, e := range l.byApp[appID] {
		for _, user := range e.DelUsers {
			delete(granted, user.Handle())
		}
	}
	rows := map[api.Account]int{}
	for row := range first.accounts {
		if !wanted.Lists(row) && !prior.Lists(row) {
			for _, look := range looks(row.Value()) {
				rows[look]++
			}
		}
	}
	return slices.DeleteFunc(slices.Clone(accounts), func(h api.Handle) bool {
		_, maybe := granted[h]
		return !maybe || rows[fold(h.Value())] != 1
	})
}

// try tells whether the requests that follow are a trial, which counts as taking back what was
// granted.
func (l *requestLog) try(trial bool) {
	l.trial = trial
}

// forgetLooks lets the next look at these applications count as the first one.
func (l *requestLog) forgetLooks(deltas Deltas) {
	for _, delta := range deltas.Apps {
		delete(l.looks, delta.App.ID)
	}
}
