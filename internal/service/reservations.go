// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package service

import (
	"context"
	"sync"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/shared"
)

// Reservations are the targets that an apply of this run has set for a resource, so that the
// destroy of another one leaves them alone: with create_before_destroy the old instance is
// destroyed after the new one was made. The zero value is ready for use; nil is one of a provider
// that may serve several plans, and reserves nothing.
type Reservations struct {
	turns    shared.Turns[string]
	mu       sync.Mutex
	byTarget map[string]*Reservation
}

// Reservation is what the applies of this run want of a target.
type Reservation struct {
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
	done, err := r.turns.Take(ctx, target)
	if err != nil {
		return nil, nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.byTarget == nil {
		r.byTarget = map[string]*Reservation{}
	}
	if r.byTarget[target] == nil {
		r.byTarget[target] = &Reservation{}
	}
	return r.byTarget[target], done, nil
}
