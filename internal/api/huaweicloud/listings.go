// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud

import (
	"context"
	"maps"
	"sync"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/shared"
)

// Apps returns the applications of the project by id. All callers of a run share one listing, until a write or Forget; nobody may
// change it.
func (c *Client) Apps(ctx context.Context) (map[string]App, error) {
	return c.apps.get(ctx)
}

// Authorizations returns the accounts of one application. All callers of a run share one listing, until a write that names the
// application; nobody may change it. The error is ErrAppNotFound when the application does not exist.
func (c *Client) Authorizations(ctx context.Context, appID string) (Accounts, error) {
	c.mu.Lock()
	listing, ok := c.authorizations[appID]
	if !ok {
		listing = newCached(func(ctx context.Context) (Accounts, error) {
			accounts, err := c.ListAuthorizations(ctx, appID)
			c.mu.Lock()
			listing.apps = c.apps.reading.Now()
			c.mu.Unlock()
			return c.share(accounts), err
		})
		// A write between two pages of a listing moves accounts from one to the other: it would seem that some lost access.
		listing.reading.Guard(func(ctx context.Context) (func(), error) { return c.locks.lock(ctx, []string{appID}) })
		c.authorizations[appID] = listing
	}
	c.mu.Unlock()
	return listing.get(ctx)
}

// share gives back a list that is held already, where one is equal: applications mostly list the same accounts, and one copy of
// 20,000 accounts is enough.
func (c *Client) share(accounts Accounts) Accounts {
	if len(accounts) == 0 {
		return accounts
	}
	c.mu.Lock()
	held := make([]Accounts, 0, len(c.authorizations)+1)
	for _, listing := range c.authorizations {
		list, _ := listing.reading.Peek()
		held = append(held, list)
	}
	c.mu.Unlock()

	c.sharing.Lock()
	defer c.sharing.Unlock()
	compared := map[uintptr]bool{}
	for _, list := range append(held, c.newest) {
		if len(list) != len(accounts) || compared[list.Identity()] {
			continue
		}
		if list.Identity() == accounts.Identity() || maps.Equal(list, accounts) {
			return list
		}
		compared[list.Identity()] = true
	}
	c.newest = accounts
	return accounts
}

// Confirm returns the applications of the project as they were listed after the accounts of some: the mode of an application that was
// listed before them may be another one by then. All callers of a run share the listing.
func (c *Client) Confirm(ctx context.Context, appIDs []string) (map[string]App, error) {
	var after shared.Moment
	c.mu.Lock()
	for _, id := range appIDs {
		if listing, ok := c.authorizations[id]; ok {
			after = max(after, listing.apps)
		}
	}
	c.mu.Unlock()
	return c.apps.reading.Get(ctx, after)
}

// Forget makes the next Apps, and the next Authorizations of the applications, ask the service again.
func (c *Client) Forget(appIDs []string) {
	c.apps.forget()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, id := range appIDs {
		if listing, ok := c.authorizations[id]; ok {
			listing.forget()
		}
		delete(c.counted, id)
	}
}

// cached is a listing that everybody shares until it is forgotten.
type cached[T any] struct {
	reading *shared.Reading[T]

	mu    sync.Mutex
	after shared.Moment

	// apps is a moment of the listing of applications after which the accounts of one application were read.
	apps shared.Moment
}

func newCached[T any](read func(ctx context.Context) (T, error)) *cached[T] {
	return &cached[T]{reading: shared.NewReading(func(ctx context.Context, _ shared.Moment) (T, error) { return read(ctx) })}
}

func (c *cached[T]) get(ctx context.Context) (T, error) {
	c.mu.Lock()
	after := c.after
	c.mu.Unlock()
	return c.reading.Get(ctx, after)
}

// peek gives what was read last, unless it is too old.
func (c *cached[T]) peek() (T, bool) {
	c.mu.Lock()
	after := c.after
	c.mu.Unlock()
	value, begun := c.reading.Peek()
	return value, begun > after
}

// forget makes what was read so far, and what is being read now, too old for whoever asks from now on.
func (c *cached[T]) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.after = c.reading.Now()
}
