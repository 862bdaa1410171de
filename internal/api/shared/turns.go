// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package shared

import (
	"context"
	"sync"

	"golang.org/x/sync/semaphore"
)

// Turns let one at a time work on each key. The zero value is ready for use.
type Turns[K comparable] struct {
	mu    sync.Mutex
	byKey map[K]*turn
}

type turn struct {
	users int
	free  *semaphore.Weighted
}

// Take waits until nobody works on the key, and returns what ends the own turn.
func (t *Turns[K]) Take(ctx context.Context, key K) (done func(), err error) {
	t.mu.Lock()
	if t.byKey == nil {
		t.byKey = map[K]*turn{}
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
