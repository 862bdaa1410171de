// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package rest

import (
	"context"
	"sync"
	"time"
)

// windowLength is how long a request counts after its answer arrived. The service saw it before
// that moment, so a request that starts later than 60 s after it can't be in the same 60 s window
// there, whatever the network's delay. The margin covers clocks that run at slightly different
// speeds.
const windowLength = 60*time.Second + 25*time.Millisecond

// window admits at most limit requests in any 60 seconds, and none that fewer than limit would have
// to wait for. A token bucket can't do both: a small burst makes short runs slow, and a large one
// overshoots. Requests that wait are admitted in the order of their arrival within their queue, and
// the queues take turns: see WithQueue.
type window struct {
	limit int // 0 is unlimited; a pause holds all the same

	mu          sync.Mutex
	inFlight    int         // admitted, not answered yet
	answered    []time.Time // when each answered request stops counting, in rising order
	pausedUntil time.Time
	waiting     queues
	timer       *time.Timer
}

func newWindow(limit int) *window { return &window{limit: limit} }

// acquire waits until a request may be sent and reserves its place, which release gives back.
func (w *window) acquire(ctx context.Context) error {
	w.mu.Lock()
	if w.waiting.empty() && w.wait(time.Now()) == 0 {
		w.inFlight++
		w.mu.Unlock()
		return nil
	}
	turn := w.waiting.join(queueOf(ctx))
	w.admit()
	w.mu.Unlock()

	select {
	case <-turn.admitted:
		return nil
	case <-ctx.Done():
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	select {
	case <-turn.admitted: // at the same moment
		w.inFlight--
	default:
		w.waiting.leave(turn)
	}
	w.admit()
	return ctx.Err()
}

// release ends a request. One that surely never reached the service doesn't count.
func (w *window) release(reached bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.inFlight--
	if reached && w.limit > 0 {
		w.answered = append(w.answered, time.Now().Add(windowLength))
	}
	w.admit()
}

// pause admits nobody for d. A shorter pause does not end a longer one.
func (w *window) pause(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if until := time.Now().Add(d); until.After(w.pausedUntil) {
		w.pausedUntil = until
	}
	w.admit()
}

// wait gives how long the next request must wait from now on, or a negative time when only the end
// of another request can tell.
func (w *window) wait(now time.Time) time.Duration {
	gone := 0
	for gone < len(w.answered) && !w.answered[gone].After(now) {
		gone++
	}
	w.answered = w.answered[gone:]
	d := max(0, w.pausedUntil.Sub(now))
	if w.limit == 0 || w.inFlight+len(w.answered) < w.limit {
		return d
	}
	if len(w.answered) == 0 {
		return -1
	}
	// Requests in flight are never more than limit, so the oldest answer frees the next place.
	return max(d, w.answered[0].Sub(now))
}

// delay is how long those who wait for the quota have to wait yet, 0 when nobody does.
func (w *window) delay() time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.waiting.empty() {
		return 0
	}
	return max(0, w.wait(time.Now()))
}

// admit lets waiting requests go, and sets the timer for the first that can't.
func (w *window) admit() {
	if w.timer != nil {
		w.timer.Stop()
		w.timer = nil
	}
	for !w.waiting.empty() {
		switch d := w.wait(time.Now()); {
		case d == 0:
			w.inFlight++
			close(w.waiting.next().admitted)
		case d > 0:
			w.timer = time.AfterFunc(d, func() {
				w.mu.Lock()
				defer w.mu.Unlock()
				w.admit()
			})
			return
		default:
			return // release calls again
		}
	}
}
