// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package shared

import (
	"context"
	"slices"
	"sync"
)

// Reservations are what the applies of one run want to be granted. One that revokes asks what
// became of the others first, so that nothing is lost that passes from one resource to another. A
// reservation ends with the apply that made it: it is kept where the state of that resource holds
// the grant now, and given back otherwise. The zero value is ready for use.
type Reservations[K comparable] struct {
	mu      sync.Mutex
	forget  bool
	pending map[K]int
	ended   map[K]Fate
	change  chan struct{} // closed when a reservation ends
}

// Fate is what became of the reservations of one key.
type Fate int

// Nobody of this run wanted it; another resource's state holds it now; another resource wanted to
// take it over and could not.
const (
	Free Fate = iota
	Kept
	GivenBack
)

// NewReservations returns reservations for one plan and its apply. With forget they are remembered
// no longer than the applies that made them last, which is for a provider that serves one plan
// after the other.
func NewReservations[K comparable](forget bool) *Reservations[K] {
	return &Reservations[K]{forget: forget}
}

// Reserve records what an apply wants. end has to be called when it is known what its state will
// hold, and may be called more than once: only the first call counts.
func (r *Reservations[K]) Reserve(keys []K) (end func(kept func(K) bool)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.pending == nil {
		r.pending, r.ended, r.change = map[K]int{}, map[K]Fate{}, make(chan struct{})
	}
	keys = slices.Clone(keys)
	for _, key := range keys {
		r.pending[key]++
	}
	var once sync.Once
	return func(kept func(K) bool) { once.Do(func() { r.end(keys, kept) }) }
}

func (r *Reservations[K]) end(keys []K, kept func(K) bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, key := range keys {
		if r.pending[key]--; r.pending[key] == 0 {
			delete(r.pending, key)
		}
		switch {
		case r.forget:
		case kept(key):
			r.ended[key] = Kept
		case r.ended[key] != Kept:
			r.ended[key] = GivenBack
		}
	}
	close(r.change)
	r.change = make(chan struct{})
}

// Fate waits until no apply under way has reserved the key, and tells what became of those that
// had.
func (r *Reservations[K]) Fate(ctx context.Context, key K) (Fate, error) {
	for {
		r.mu.Lock()
		pending, fate, change := r.pending[key] > 0, r.ended[key], r.change
		r.mu.Unlock()
		if !pending {
			return fate, nil
		}
		select {
		case <-change:
		case <-ctx.Done():
			return Free, context.Cause(ctx)
		}
	}
}

// Pending tells whether an apply under way has reserved the key.
func (r *Reservations[K]) Pending(key K) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.pending[key] > 0
}

// Wanted tells whether an apply of this run has reserved the key, and has not given it back.
func (r *Reservations[K]) Wanted(key K) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.pending[key] > 0 || r.ended[key] == Kept
}
