// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud

import (
	"context"
	"hash/maphash"
	"maps"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/shared"
)

// Apps returns the applications of the project by id. All callers of a run share one listing, until
// a write or Forget; nobody may change it.
func (c *Client) Apps(ctx context.Context) (map[string]App, error) {
	return c.apps.Latest(ctx)
}

// Authorizations returns the accounts of one application. All callers of a run share one listing,
// until a write that names the application; nobody may change it. The error is ErrAppNotFound when
// the application does not exist.
func (c *Client) Authorizations(ctx context.Context, appID string) (Accounts, error) {
	c.mu.Lock()
	listing, ok := c.authorizations[appID]
	if !ok {
		listing = &accountList{}
		listing.Reading = shared.NewReading(func(ctx context.Context, _ shared.Moment) (Accounts, error) {
			accounts, err := c.ListAuthorizations(ctx, appID)
			c.mu.Lock()
			listing.apps = c.apps.Now()
			c.mu.Unlock()
			return c.share(accounts), err
		})
		// A write between two pages of a listing moves accounts from one to the other: it would
		// seem that some lost access.
		listing.Guard(func(ctx context.Context) (func(), error) { return c.turns.Take(ctx, appID) })
		c.authorizations[appID] = listing
	}
	c.mu.Unlock()
	return listing.Latest(ctx)
}

// share gives back a list that is held already, where one is equal: applications mostly list the
// same accounts, and one copy of 20,000 accounts is enough. A list is looked for by its hash alone,
// so that thousands of applications are not each compared with all.
func (c *Client) share(accounts Accounts) Accounts {
	if len(accounts) == 0 {
		return accounts
	}
	var hash uint64
	for account, platform := range accounts {
		hash += maphash.Comparable(hashSeed, authorization{account, platform}) // in no order, as a map is
	}
	c.mu.Lock()
	applications := len(c.authorizations)
	c.mu.Unlock()

	c.sharing.Lock()
	defer c.sharing.Unlock()
	if list := c.byHash[hash]; maps.Equal(list, accounts) {
		return list
	}
	if c.byHash == nil || len(c.byHash) > applications {
		c.byHash = map[uint64]Accounts{} // most of them are held by no application any more
	}
	c.byHash[hash] = accounts
	return accounts
}

// hashSeed is of the hashes that share looks for.
var hashSeed = maphash.MakeSeed()

// Confirm returns the applications of the project as they were listed after the accounts of some:
// the mode of an application that was listed before them may be another one by then. All callers of
// a run share the listing.
func (c *Client) Confirm(ctx context.Context, appIDs []string) (map[string]App, error) {
	var after shared.Moment
	c.mu.Lock()
	for _, id := range appIDs {
		if listing, ok := c.authorizations[id]; ok {
			after = max(after, listing.apps)
		}
	}
	c.mu.Unlock()
	return c.apps.Get(ctx, after)
}

// Forget makes the next Apps, and the next Authorizations of the applications, ask the service
// again.
func (c *Client) Forget(appIDs []string) {
	c.apps.Forget()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, id := range appIDs {
		if listing, ok := c.authorizations[id]; ok {
			listing.Forget()
		}
		delete(c.counted, id)
	}
}

// accountList is who may use one application.
type accountList struct {
	*shared.Reading[Accounts]

	apps shared.Moment // of the listing of applications, after which the accounts were read last
}
