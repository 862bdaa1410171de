// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package authset

import (
	"context"
	"maps"
	"time"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/shared"
)

// readBack looks at what the requests have done, and says what remains to be done. What the service
// said yes to and does not show may come yet: it looks again for as long as a list may lag behind.
func (r *run) readBack(ctx context.Context) (Deltas, error) {
	actual, err := observe(ctx, r.w, r.unchanged(), namedBy(r.Wanted, r.Prior), needsAccounts(r.Wanted, r.Prior, r.Exclusive))
	if err != nil {
		return Deltas{}, err
	}
	remaining := r.see(actual)
	for r.Counting.doubts(!remaining.Empty()) {
		if actual, err = Observe(ctx, r.w, r.Wanted, r.Prior, r.Exclusive); err != nil {
			return Deltas{}, err
		}
		remaining = r.see(actual)
	}
	for _, pause := range pauses(r.Lag) {
		late := r.late(remaining)
		if len(late) == 0 {
			break
		}
		if err := shared.Sleep(ctx, pause); err != nil {
			return remaining, err
		}
		caughtUp, err := r.lookAgain(ctx, r.probes(late), actual)
		if err != nil {
			return remaining, err
		}
		if !caughtUp {
			continue
		}
		if _, err := r.lookAgain(ctx, late, actual); err != nil {
			return remaining, err
		}
		remaining = r.see(actual)
	}
	return remaining, nil
}

// unchanged is what the requests leave as it was before them.
func (r *run) unchanged() Set {
	inWanted := setOf(r.Wanted.AppIDs)
	out := Set{Accounts: api.Accounts{}, Spelled: r.Prior.spellings(r.Wanted), Unlisted: r.Prior.Unlisted}
	for _, id := range r.Prior.AppIDs {
		if inWanted[id] {
			out.AppIDs = append(out.AppIDs, id)
		}
	}
	for h := range r.Wanted.Accounts {
		if platform, ok := r.Prior.Accounts[h]; ok {
			out.Accounts[h] = platform
		}
	}
	return out
}

// pauses are those between the looks at a list that may lag behind for some time.
func pauses(lag time.Duration) []time.Duration {
	if lag == 0 {
		return nil
	}
	return []time.Duration{lag / 20, lag / 10, lag / 5, lag * 2 / 5}
}

// see takes up a look at the service.
func (r *run) see(actual Actual) Deltas {
	r.out.Actual = r.log.settle(actual, false)
	learned := r.log.learn(r.Wanted, r.Prior, r.out.Spelled, actual)
	if maps.Copy(learned, r.Counting.Learned()); len(learned) > 0 {
		r.out.Spelled = Set{Spelled: r.out.Spelled}.spellings(Set{Spelled: learned})
		r.Wanted.Spelled = r.out.Spelled
		r.Counting.Spell(learned)
		r.reservation.spell(r.out.Spelled)
		r.Prior.Accounts = r.Prior.without(learned, r.Wanted)
	}
	return r.remaining()
}

// late are the applications that do not show what the service said yes to. Revocations in a request
// that opens an application don't count: the service may ignore them.
func (r *run) late(remaining Deltas) []string {
	var out []string
	for _, delta := range remaining.Apps {
		done := r.log.acknowledged(delta.App.ID)
		_, granted := split(delta.Grant, done.granted.has)
		_, revoked := split(delta.Revocations(), done.revoked.has)
		if len(granted) > 0 || len(revoked) > 0 && delta.Mode == api.AssignUser || delta.Flip && done.mode == delta.Mode {
			out = append(out, delta.App.ID)
		}
	}
	return out
}

// probes are some of the applications, one for each request: what a request does to one of its
// applications tells of the others, and the lists of all may be long.
func (r *run) probes(appIDs []string) []string {
	var out []string
	seen := map[*entry]bool{}
	for _, id := range appIDs {
		if last := r.log.last(id); !seen[last] {
			seen[last] = true
			out = append(out, id)
		}
	}
	return out
}

// lookAgain reads some applications anew into a look at the service, and tells whether anything has
// changed.
func (r *run) lookAgain(ctx context.Context, appIDs []string, actual Actual) (changed bool, err error) {
	r.w.Forget(appIDs)
	again, err := observe(ctx, r.w, Set{Unlisted: r.Prior.Unlisted}, appIDs, needsAccounts(r.Wanted, r.Prior, r.Exclusive))
	for _, id := range appIDs {
		was, is := actual[id], again[id]
		changed = changed || was.App.AuthorizationType != is.App.AuthorizationType || !maps.Equal(was.Accounts, is.Accounts)
	}
	if err == nil {
		maps.Copy(actual, again)
	}
	return changed, err
}
