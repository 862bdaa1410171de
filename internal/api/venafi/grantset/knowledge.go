// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package grantset

import (
	"cmp"
	"iter"
	"slices"
	"sync"
	"time"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/venafi"
)

// knowledge is what this run knows beyond what the service lists: what it has granted and revoked.
// So a thousand grants need one listing.
type knowledge struct {
	lag time.Duration // how long a listing that was asked for after a write may still not show it

	mu        sync.Mutex
	own       map[venafi.Key]ownWrite
	byGrantee map[string][]venafi.Key
	byHolding map[venafi.Holding][]venafi.Key
	revoking  map[venafi.Key]bool // revokes of this run, also those under way
}

// ownWrite is a grant or a revoke that the service has confirmed.
type ownWrite struct {
	grant venafi.Grant
	held  bool
	when  time.Time
}

// note records the outcome of a write of this run.
func (k *knowledge) note(g venafi.Grant, held bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.own == nil {
		k.own, k.byGrantee, k.byHolding = map[venafi.Key]ownWrite{}, map[string][]venafi.Key{}, map[venafi.Holding][]venafi.Key{}
	}
	key := g.Key()
	if _, ok := k.own[key]; !ok {
		canonical := venafi.CanonicalGrantee(g.Grantee)
		k.byGrantee[canonical] = append(k.byGrantee[canonical], key)
		k.byHolding[key.Holding()] = append(k.byHolding[key.Holding()], key)
	}
	k.own[key] = ownWrite{grant: g, held: held, when: time.Now()}
	if held {
		delete(k.revoking, key)
	}
}

// rename records that the service lists a grant of this run under another ID.
func (k *knowledge) rename(g, row venafi.Grant) {
	k.mu.Lock()
	delete(k.own, g.Key())
	k.mu.Unlock()
	k.note(row, true)
}

// isOwn tells whether this run has granted or revoked something.
func (k *knowledge) isOwn(key venafi.Key) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	_, ok := k.own[key]
	return ok
}

// begin records that this run is about to revoke a grant.
func (k *knowledge) begin(g venafi.Grant) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.revoking == nil {
		k.revoking = map[venafi.Key]bool{}
	}
	k.revoking[g.Key()] = true
}

// isRevoking tells whether this run has revoked a grant or is about to.
func (k *knowledge) isRevoking(key venafi.Key) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.revoking[key]
}

// revoked tells whether this run has revoked a grant.
func (k *knowledge) revoked(key venafi.Key) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	w, ok := k.own[key]
	return ok && !w.held
}

// find returns a grant as a listing and this run's writes show it.
func (k *knowledge) find(listed *venafi.Listing, key venafi.Key) (venafi.Grant, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.findLocked(listed, key)
}

func (k *knowledge) findLocked(listed *venafi.Listing, key venafi.Key) (venafi.Grant, bool) {
	if w, ok := k.own[key]; ok && k.newer(w, listed) {
		return w.grant, w.held
	}
	return listed.Find(key)
}

// newer tells whether a listing may not show the write yet.
func (k *knowledge) newer(w ownWrite, listed *venafi.Listing) bool {
	return listed.Started.Sub(w.when) < k.lag
}

// ofGrantee returns what one identity holds.
func (k *knowledge) ofGrantee(listed *venafi.Listing, grantee string) []venafi.Grant {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.collect(listed, listed.OfGrantee(grantee), slices.Values(k.byGrantee[venafi.CanonicalGrantee(grantee)]))
}

// ofHolding returns who holds a role, on an application or on everything.
func (k *knowledge) ofHolding(listed *venafi.Listing, h venafi.Holding) []venafi.Grant {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.collect(listed, listed.OfHolding(h), slices.Values(k.byHolding[h]))
}

// among returns those that are held of some keys, without a look at all others who hold the role.
func (k *knowledge) among(listed *venafi.Listing, sets ...map[venafi.Key]string) []venafi.Grant {
	k.mu.Lock()
	defer k.mu.Unlock()
	var found []venafi.Grant
	for i, keys := range sets {
		for key := range keys {
			if i > 0 && sets[0][key] != "" {
				continue
			}
			if g, ok := k.findLocked(listed, key); ok {
				found = append(found, g)
			}
		}
	}
	return sorted(found)
}

// all returns everything.
func (k *knowledge) all(listed *venafi.Listing) []venafi.Grant {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.collect(listed, listed.All(), func(yield func(venafi.Key) bool) {
		for key := range k.own {
			if !yield(key) {
				return
			}
		}
	})
}

// collect returns those that are held among the grants of the listing and this run's writes, in the
// order of role, application and grantee. The lock is held.
func (k *knowledge) collect(listed *venafi.Listing, grants iter.Seq[venafi.Grant], own iter.Seq[venafi.Key]) []venafi.Grant {
	var found []venafi.Grant
	for g := range grants {
		if w, ok := k.own[g.Key()]; !ok || !k.newer(w, listed) {
			found = append(found, g)
		}
	}
	for key := range own {
		if w, ok := k.own[key]; ok && k.newer(w, listed) && w.held {
			found = append(found, w.grant)
		}
	}
	return sorted(found)
}

func sorted(grants []venafi.Grant) []venafi.Grant {
	slices.SortFunc(grants, func(a, b venafi.Grant) int {
		return cmp.Or(cmp.Compare(a.Role, b.Role), cmp.Compare(a.ApplicationID, b.ApplicationID), cmp.Compare(a.Grantee, b.Grantee))
	})
	return grants
}
