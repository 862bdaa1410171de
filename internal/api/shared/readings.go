// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package shared

import (
	"context"
	"sync"
)

// Readings are readings of one kind, each of something else. The zero value is ready for use.
type Readings[K comparable, T any] struct {
	mu  sync.Mutex
	all map[K]*Reading[T]
}

// Of returns the reading of one thing; the first who asks for it says how it is read.
func (r *Readings[K, T]) Of(key K, read func(ctx context.Context) (T, error)) *Reading[T] {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.all == nil {
		r.all = map[K]*Reading[T]{}
	}
	if r.all[key] == nil {
		r.all[key] = NewReading(func(ctx context.Context, _ Moment) (T, error) { return read(ctx) })
	}
	return r.all[key]
}
