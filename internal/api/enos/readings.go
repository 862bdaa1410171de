// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package enos

import (
	"context"
	"sync"

	"golang.org/x/sync/semaphore"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/shared"
)

// readings holds what was read of each application in this run. The zero value is empty.
type readings[T any] struct {
	mu    sync.Mutex
	byApp map[appKey]*reading[T]
}

type appKey struct{ orgID, appID string }

// of returns the reading of one application, which read reads.
func (r *readings[T]) of(orgID, appID string, read func(context.Context) (T, error)) *reading[T] {
	r.mu.Lock()
	defer r.mu.Unlock()
	key := appKey{orgID, appID}
	if r.byApp[key] == nil {
		if r.byApp == nil {
			r.byApp = map[appKey]*reading[T]{}
		}
		r.byApp[key] = &reading[T]{
			shared: shared.NewReading(func(ctx context.Context, _ shared.Moment) (T, error) { return read(ctx) }),
			writes: semaphore.NewWeighted(1),
		}
	}
	return r.byApp[key]
}

// reading is what was read of one application, until somebody forgets it.
type reading[T any] struct {
	shared *shared.Reading[T]
	writes *semaphore.Weighted

	mu    sync.Mutex
	after shared.Moment
}

func (r *reading[T]) get(ctx context.Context) (T, error) {
	r.mu.Lock()
	after := r.after
	r.mu.Unlock()
	return r.shared.Get(ctx, after)
}

// forget has the next get ask the service, even if a reading is under way.
func (r *reading[T]) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.after = r.shared.Now()
}

// lock waits until nobody else writes, and returns the end of the own write.
func (r *reading[T]) lock(ctx context.Context) (func(), error) {
	if err := r.writes.Acquire(ctx, 1); err != nil {
		return nil, context.Cause(ctx)
	}
	return func() { r.writes.Release(1) }, nil
}
