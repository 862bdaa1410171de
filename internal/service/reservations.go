// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package service

import (
	"context"
	"sync"

	"golang.org/x/sync/semaphore"
)

// Reservations are the targets that an apply of this run has set for a resource, so that the
// destroy of another one leaves them alone: with create_before_destroy the old instance is
// destroyed after the new one was made. The zero value is ready for use; nil is one of a provider
// that may serve several plans, and reserves nothing.
type Reservations struct {
	mu       sync.Mutex
	byTarget map[string]*Reservation
}

// Reservation is the turn of one apply at a target.
type Reservation struct {
	turn *semaphore.Weighted
	// Wanted tells that a resource of this run wants what the target has now. Whoever sets it and
	// then fails gives it back.
	Wanted bool
}

// Take waits until no other apply of this run works at the target. The turn ends with the returned
// function.
func (r *Reservations) Take(ctx context.Context, target string) (*Reservation, func(), error) {
	if r == nil {
		return &Reservation{}, func() {}, nil
	}
	r.mu.Lock()
	if r.byTarget == nil {
		r.byTarget = map[string]*Reservation{}
	}
	mine := r.byTarget[target]
	if mine == nil {
		mine = &Reservation{turn: semaphore.NewWeighted(1)}
		r.byTarget[target] = mine
	}
	r.mu.Unlock()
	if err := mine.turn.Acquire(ctx, 1); err != nil {
		return nil, nil, context.Cause(ctx)
	}
	return mine, func() { mine.turn.Release(1) }, nil
}
