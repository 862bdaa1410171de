// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package shared

import (
	"cmp"
	"context"
	"slices"
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

// TakeAll takes the turns of some keys, in their order, so that two who take some never wait for
// each other, and returns what ends them all.
func TakeAll[K cmp.Ordered](ctx context.Context, t *Turns[K], keys []K) (done func(), err error) {
	var ends []func()
	done = func() {
		for _, end := range ends {
			end()
		}
	}
	for _, key := range slices.Sorted(slices.Values(keys)) {
		end, err := t.Take(ctx, key)
		if err != nil {
			done()
			return nil, err
		}
		ends = append(ends, end)
	}
	return done, nil
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
