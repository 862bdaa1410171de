// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

// Package shared lets the many resources of one run share what is read from a service: a listing,
// an answer, a token.
package shared

import (
	"context"
	"sync"
)

// Moment orders the events of one Reading. A later moment is a greater number; the zero Moment is
// before all others.
type Moment uint64

// Reading is something that is read once for all who ask for it. Who asks while it is being read
// waits for that reading, and who asks later gets the same value, until somebody asks for a value
// that was read after a certain moment. So a reading that began before a write is never taken for
// one that shows the write, which plain single flight doesn't give.
//
// It is safe for concurrent use. A value is shared by everybody who asked: nobody may change it.
type Reading[T any] struct {
	read  func(ctx context.Context, begun Moment) (T, error)
	guard func(ctx context.Context) (release func(), err error)

	mu        sync.Mutex
	clock     Moment
	forgotten Moment // of the last Forget
	begun     Moment // when the reading of value began; 0 while there is no value
	value     T
	next      *flight[T]
}

type flight[T any] struct {
	begun   Moment
	waiting int
	cancel  context.CancelFunc
	done    chan struct{}
	value   T
	err     error
}

// NewReading returns a reading that calls read when a value is needed. The context that read gets
// has the values of the first caller's context, and is cancelled when the last one who waits has
// given up.
func NewReading[T any](read func(ctx context.Context, begun Moment) (T, error)) *Reading[T] {
	return &Reading[T]{read: read}
}

// Guard has guard called before each reading, and what it returns after it. The reading begins when
// guard has returned: it shows what was written while guard waited. Call it before the first Get.
func (r *Reading[T]) Guard(guard func(ctx context.Context) (release func(), err error)) {
	r.guard = guard
}

// Now marks the present moment.
func (r *Reading[T]) Now() Moment {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.tick()
}

func (r *Reading[T]) tick() Moment {
	r.clock++
	return r.clock
}

// Get returns a value whose reading began after the given moment, and fails only with a reading
// that began after it. It returns early when ctx ends.
func (r *Reading[T]) Get(ctx context.Context, after Moment) (T, error) {
	for {
		if err := ctx.Err(); err != nil {
			var none T
			return none, context.Cause(ctx)
		}
		r.mu.Lock()
		if r.begun > after {
			value := r.value
			r.mu.Unlock()
			return value, nil
		}
		f := r.join(ctx)
		r.mu.Unlock()

		select {
		case <-f.done:
			if f.begun > after {
				return f.value, f.err
			}
		case <-ctx.Done():
			r.leave(f)
			var none T
			return none, context.Cause(ctx)
		}
	}
}

// Forget makes what was read so far, and what is being read now, too old for Latest and Kept.
func (r *Reading[T]) Forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.forgotten = r.tick()
}

// Latest returns a value whose reading began after the last Forget.
func (r *Reading[T]) Latest(ctx context.Context) (T, error) {
	r.mu.Lock()
	after := r.forgotten
	r.mu.Unlock()
	return r.Get(ctx, after)
}

// Kept returns what Latest would return without reading, if it can.
func (r *Reading[T]) Kept() (T, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.value, r.begun > r.forgotten
}

// Peek returns the value that was read last, however old, and when its reading began: zero if there
// is none.
func (r *Reading[T]) Peek() (T, Moment) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.value, r.begun
}

// join returns the reading under way, or begins one. The lock is held.
func (r *Reading[T]) join(ctx context.Context) *flight[T] {
	if r.next != nil {
		r.next.waiting++
		return r.next
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	f := &flight[T]{begun: r.tick(), waiting: 1, cancel: cancel, done: make(chan struct{})}
	r.next = f
	go func() {
		defer cancel()
		value, err := r.guarded(ctx, f)
		r.mu.Lock()
		defer r.mu.Unlock()
		f.value, f.err = value, err
		if r.next == f {
			r.next = nil
		}
		if err == nil && f.begun > r.begun {
			r.value, r.begun = value, f.begun
		}
		close(f.done)
	}()
	return f
}

// guarded reads between the guard and its release.
func (r *Reading[T]) guarded(ctx context.Context, f *flight[T]) (T, error) {
	if r.guard != nil {
		release, err := r.guard(ctx)
		if err != nil {
			var none T
			return none, err
		}
		defer release()
		f.begun = r.Now() // nobody looks at it before the end
	}
	return r.read(ctx, f.begun)
}

// leave gives up waiting. A reading that nobody waits for is cancelled, and nobody can join it any
// more.
func (r *Reading[T]) leave(f *flight[T]) {
	r.mu.Lock()
	defer r.mu.Unlock()
	f.waiting--
	if f.waiting == 0 && r.next == f {
		r.next = nil
		f.cancel()
	}
}
