// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package authset

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud"
)

// ErrClaimed means that a request would take away what another resource of the same run wants: an account, or a whole
// application, that has passed from one resource to another.
var ErrClaimed = errors.New("another resource has claimed it in this run")

// Claims are what the applies of one run want. In which order Terraform applies two resources is free: where an account
// passes from one to the other, the one that takes it up may find it granted and have nothing to do, before the one that
// lets go of it revokes it. So each apply claims what it wants before it looks, and none revokes what another has claimed.
//
// They are for one apply of a configuration: what was wanted in one means nothing to the next.
type Claims struct {
	mu    sync.Mutex
	byApp map[string]map[*Claim]bool
}

// Claim is what one resource wants.
type Claim struct {
	book *Claims
	apps map[string]bool
	set  Set

	// Of the latest look at the service:
	open   map[string]bool                // applications that were left alone since others want them open
	seen   map[string]api.Accounts        // what the applications listed
	hidden map[string]map[api.Handle]bool // by application, what others want of that and this resource doesn't
}

// make claims what is wanted. From its return on no request of others takes any of it away, and what is listed shows all
// that was sent before. A nil *Claims knows of nothing.
func (c *Claims) make(ctx context.Context, w Workspace, wanted Set) (*Claim, error) {
	if c == nil {
		return nil, nil //nolint:nilnil // a nil claim is one that nothing is held against
	}
	claim := &Claim{book: c, apps: setOf(wanted.AppIDs), set: wanted}
	c.mu.Lock()
	for id := range claim.apps {
		if c.byApp[id] == nil {
			if c.byApp == nil {
				c.byApp = map[string]map[*Claim]bool{}
			}
			c.byApp[id] = map[*Claim]bool{}
		}
		c.byApp[id][claim] = true
	}
	c.mu.Unlock()
	return claim, w.Settled(ctx, wanted.AppIDs)
}

// others are the claims of others to an application.
func (k *Claim) others(appID string) []*Claim {
	k.book.mu.Lock()
	defer k.book.mu.Unlock()
	var out []*Claim
	for other := range k.book.byApp[appID] {
		if other != k {
			out = append(out, other)
		}
	}
	return out
}

// wants tells that the resource wants the account, which is one of those that an application lists, in whatever spelling the
// service lists it. As for alias, an account that is spelled "name (group)" beside the plain one is somebody else.
func (k *Claim) wants(h api.Handle, listed api.Accounts) bool {
	if _, ok := k.set.Accounts[h]; ok {
		return true
	}
	plain, ok := undecorated(h)
	if !ok {
		return false
	}
	if _, ok := listed[plain]; ok {
		return false
	}
	_, ok = k.set.Accounts[plain]
	return ok
}

// conceal hides from a look at the service what others have claimed and this resource does not want: it is not for this
// resource to revoke, and its state must not hold it.
func (k *Claim) conceal(actual Actual) Actual {
	if k == nil {
		return actual
	}
	k.open, k.seen, k.hidden = map[string]bool{}, map[string]api.Accounts{}, map[string]map[api.Handle]bool{}
	out := maps.Clone(actual)
	for id, status := range actual {
		k.seen[id] = status.Accounts
		others := k.others(id)
		if len(others) == 0 {
			continue
		}
		if k.leavesOpen(id, others) {
			k.open[id] = true
			status.App.AuthorizationType, status.Accounts, status.MaybeOpen = api.AssignUser, nil, false
		} else {
			status.Accounts = k.without(id, status.Accounts, others)
		}
		out[id] = status
	}
	return out
}

// leavesOpen tells that the application is none of this resource any more, and that another wants it open to everybody.
func (k *Claim) leavesOpen(appID string, others []*Claim) bool {
	if k.apps[appID] {
		return false
	}
	for _, other := range others {
		if other.set.Mode == api.AllUser {
			return true
		}
	}
	return false
}

func (k *Claim) without(appID string, accounts api.Accounts, others []*Claim) api.Accounts {
	out := accounts
	for h := range accounts {
		if !k.taken(appID, h, others) {
			continue
		}
		if k.hidden[appID] == nil {
			k.hidden[appID], out = map[api.Handle]bool{}, maps.Clone(accounts)
		}
		k.hidden[appID][h] = true
		delete(out, h)
	}
	return out
}

// taken tells that others want an account of an application, and this resource doesn't.
func (k *Claim) taken(appID string, h api.Handle, others []*Claim) bool {
	listed := k.seen[appID]
	if k.apps[appID] && k.wants(h, listed) {
		return false
	}
	return slices.ContainsFunc(others, func(other *Claim) bool { return other.wants(h, listed) })
}

// allow refuses a request that takes away what others have claimed since this resource looked. Ask it when no other request
// about the applications can be sent.
func (k *Claim) allow(a api.Assignment) error {
	if k == nil {
		return nil
	}
	for _, id := range a.AppIDs {
		others := k.others(id)
		if a.AuthorizationType != api.AllUser && k.leavesOpen(id, others) {
			return fmt.Errorf("application %s: %w", id, ErrClaimed)
		}
		for _, user := range a.DelUsers {
			if k.taken(id, user.Handle(), others) {
				return fmt.Errorf("%s on application %s: %w", user.Account, id, ErrClaimed)
			}
		}
	}
	return nil
}

// passed are the accounts, by application, that were this resource's to revoke and have passed to others.
func (k *Claim) passed(prior Set) map[string][]api.Handle {
	if k == nil {
		return nil
	}
	had, apps := &Claim{set: prior}, setOf(prior.AppIDs)
	out := map[string][]api.Handle{}
	for id, hidden := range k.hidden {
		for h := range hidden {
			if apps[id] && had.wants(h, k.seen[id]) {
				out[id] = append(out[id], h)
			}
		}
		slices.SortFunc(out[id], compareHandles)
	}
	return out
}

// leftOpen are the applications that stay open to everybody, since others want that, though this resource no longer names them.
func (k *Claim) leftOpen() []string {
	if k == nil {
		return nil
	}
	return slices.Sorted(maps.Keys(k.open))
}
