// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"cmp"
	"context"
	"iter"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/shared"
)

// lag is how long a listing that was asked for after a write may still not show it. In that time the answer to the write is
// believed instead.
const lag = 10 * time.Second

// ledger knows who holds what: the last listing, and what this run has granted and revoked since. So a thousand grants need
// one listing.
type ledger struct {
	listing *shared.Reading[*roles]

	mu        sync.Mutex
	own       map[Key]ownWrite
	byGrantee map[string][]Key
	byHolding map[holding][]Key
	revoking  map[Key]bool // revokes of this run, also those under way
	claimed   map[Key]bool // what this run has granted, or wanted to grant and found held
	first     Grant        // the first grant of this run
	confirmed shared.Moment
	manyPlans bool // claims are not kept
}

// ownWrite is a grant or a revoke that the service has confirmed.
type ownWrite struct {
	grant Grant
	held  bool
	when  time.Time
}

// note records the outcome of a write of this run.
func (l *ledger) note(g Grant, held bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.own == nil {
		l.own, l.byGrantee, l.byHolding = map[Key]ownWrite{}, map[string][]Key{}, map[holding][]Key{}
	}
	key := g.Key()
	if _, ok := l.own[key]; !ok {
		l.byGrantee[key.grantee] = append(l.byGrantee[key.grantee], key)
		l.byHolding[key.holding()] = append(l.byHolding[key.holding()], key)
	}
	l.own[key] = ownWrite{grant: g, held: held, when: time.Now()}
	if held {
		delete(l.revoking, key)
		if l.first.Grantee == "" {
			l.first = g
		}
	}
}

// claim records that this run wants a grant to be held.
func (l *ledger) claim(key Key) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.manyPlans {
		return
	}
	if l.claimed == nil {
		l.claimed = map[Key]bool{}
	}
	l.claimed[key] = true
}

func (l *ledger) isClaimed(key Key) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.claimed[key]
}

func (l *ledger) firstGrant() Grant {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.first
}

// begin records that this run is about to revoke a grant.
func (l *ledger) begin(g Grant) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.revoking == nil {
		l.revoking = map[Key]bool{}
	}
	l.revoking[g.Key()] = true
}

// isRevoking tells whether this run has revoked a grant or is about to.
func (l *ledger) isRevoking(key Key) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.revoking[key]
}

// find returns a grant as a listing and this run's writes show it.
func (l *ledger) find(listed *roles, key Key) (Grant, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if own, ok := l.own[key]; ok && own.newer(listed) {
		return own.grant, own.held
	}
	g, ok := listed.grants[key]
	return g, ok
}

// newer tells whether a listing may not show the write yet.
func (w ownWrite) newer(listed *roles) bool {
	return listed.started.Sub(w.when) < lag
}

// collect returns those that are held among the keys of the listing and of this run's writes, in the order of role,
// application and grantee. The lock is held.
func (l *ledger) collect(listed *roles, keys, own iter.Seq[Key]) []Grant {
	var found []Grant
	for key := range keys {
		if w, ok := l.own[key]; !ok || !w.newer(listed) {
			found = append(found, listed.grants[key])
		}
	}
	for key := range own {
		if w := l.own[key]; w.newer(listed) && w.held {
			found = append(found, w.grant)
		}
	}
	slices.SortFunc(found, func(a, b Grant) int {
		return cmp.Or(cmp.Compare(a.Role, b.Role), cmp.Compare(a.ApplicationID, b.ApplicationID), cmp.Compare(a.Grantee, b.Grantee))
	})
	return found
}

// ofGrantee returns what one identity holds.
func (l *ledger) ofGrantee(listed *roles, grantee string) []Grant {
	canonical := CanonicalGrantee(grantee)
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.collect(listed, slices.Values(listed.byGrantee[canonical]), slices.Values(l.byGrantee[canonical]))
}

// ofHolding returns who holds a role, on an application or on everything.
func (l *ledger) ofHolding(listed *roles, h holding) []Grant {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.collect(listed, slices.Values(listed.byHolding[h]), slices.Values(l.byHolding[h]))
}

// all returns everything.
func (l *ledger) all(listed *roles) []Grant {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.collect(listed, maps.Keys(listed.grants), maps.Keys(l.own))
}

// current returns the listing of the run, whatever its age.
func (l *ledger) current(ctx context.Context) (*roles, error) {
	return l.listing.Get(ctx, 0)
}

// fresh returns a listing that was asked for after this call.
func (l *ledger) fresh(ctx context.Context) (*roles, error) {
	return l.listing.Get(ctx, l.listing.Now())
}

// second returns a listing that was asked for some time after the first in which something was missed. There is one such
// listing in a run, however much is missed.
func (l *ledger) second(ctx context.Context, pause time.Duration) (*roles, error) {
	l.mu.Lock()
	confirmed := l.confirmed
	l.mu.Unlock()
	if confirmed == 0 {
		if err := sleep(ctx, pause); err != nil {
			return nil, err
		}
		l.mu.Lock()
		if l.confirmed == 0 {
			l.confirmed = l.listing.Now()
		}
		confirmed = l.confirmed
		l.mu.Unlock()
	}
	return l.listing.Get(ctx, confirmed)
}

// sleep waits, unless ctx ends first.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}
