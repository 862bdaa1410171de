// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"context"
	"slices"
	"sync"

	"golang.org/x/sync/semaphore"
)

// intents are what a plan is going to grant and revoke, as far as it has come. They see what no listing shows: roles that one
// plan gives to the same grantee.
type intents struct {
	mu     sync.Mutex
	grants map[string][]Grant // by grantee
	ends   map[Key]bool
}

// Intend records that a grant is planned, and returns those grants of the same grantee that it overrides or that override it:
// whoever holds a global role has nothing of application roles (vendor page "OAuth Roles"). They are held, by the shared
// listing, or planned; those that are planned to end don't count.
func (c *Client) Intend(ctx context.Context, g Grant) ([]Grant, error) {
	held, err := c.GrantsOf(ctx, g.Grantee)
	if err != nil {
		return nil, err
	}
	c.intents.mu.Lock()
	defer c.intents.mu.Unlock()
	grantee := CanonicalGrantee(g.Grantee)
	var clashes []Grant
	seen := map[Key]bool{}
	for _, other := range slices.Concat(held, c.intents.grants[grantee]) {
		key := other.Key()
		if g.Role.Overrides() != other.Role.Overrides() && other.Role.grantable() && !c.intents.ends[key] && !seen[key] {
			seen[key] = true
			clashes = append(clashes, other)
		}
	}
	if c.roles.manyPlans {
		return clashes, nil
	}
	if c.intents.grants == nil {
		c.intents.grants = map[string][]Grant{}
	}
	c.intents.grants[grantee] = append(c.intents.grants[grantee], g)
	return clashes, nil
}

// IntendEnd records that a revoke is planned.
func (c *Client) IntendEnd(g Grant) {
	c.intents.mu.Lock()
	defer c.intents.mu.Unlock()
	if c.intents.ends == nil {
		c.intents.ends = map[Key]bool{}
	}
	c.intents.ends[g.Key()] = true
}

// turns let one at a time work on a grant.
type turns struct {
	mu    sync.Mutex
	byKey map[Key]*turn
}

type turn struct {
	users int
	free  *semaphore.Weighted
}

// take waits until nobody works on the grant, and returns what ends the own turn.
func (t *turns) take(ctx context.Context, key Key) (func(), error) {
	t.mu.Lock()
	if t.byKey == nil {
		t.byKey = map[Key]*turn{}
	}
	mine := t.byKey[key]
	if mine == nil {
		mine = &turn{free: semaphore.NewWeighted(1)}
		t.byKey[key] = mine
	}
	mine.users++
	t.mu.Unlock()
	leave := func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		if mine.users--; mine.users == 0 {
			delete(t.byKey, key)
		}
	}
	if err := mine.free.Acquire(ctx, 1); err != nil {
		leave()
		return nil, context.Cause(ctx)
	}
	return func() { mine.free.Release(1); leave() }, nil
}
