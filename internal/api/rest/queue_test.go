// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package rest

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// len is how many wait.
func (q *queues) len() int {
	n := 0
	for turn := q.turns.Front(); turn != nil; turn = turn.Next() {
		n += turn.Value.(*queue).waiting.Len()
	}
	return n
}

// Who comes with few requests, after others with many, has every other turn: no matter how many
// wait before.
func TestQueuesTakeTurns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const limit = 10
		w := newWindow(limit)
		many, few := WithQueue(t.Context()), WithQueue(t.Context())
		if WithQueue(many) != many {
			t.Error("a context with a queue got another one")
		}
		var mu sync.Mutex
		var order []string
		var sent sync.WaitGroup
		send := func(ctx context.Context, name string, n int) {
			for range n {
				sent.Go(func() {
					if err := w.acquire(ctx); err != nil {
						return
					}
					mu.Lock()
					order = append(order, name)
					mu.Unlock()
					w.release(true)
				})
			}
			synctest.Wait()
		}
		send(many, "many", 100)
		send(few, "few", 8)
		send(t.Context(), "none", 8)
		given, giveUp := context.WithCancel(WithQueue(t.Context()))
		send(given, "given up", 5)
		giveUp()
		sent.Wait()

		if len(order) != 116 || w.waiting.len() != 0 || len(w.waiting.byID) != 0 {
			t.Fatalf("%d were admitted, %d wait, %d queues are left", len(order), w.waiting.len(), len(w.waiting.byID))
		}
		counts := map[string]int{}
		for _, name := range order[limit : 4*limit] { // those before waited for nobody
			counts[name]++
		}
		if counts["few"] != 8 || counts["none"] != 8 {
			t.Errorf("of the first 30 that waited were admitted: %v", counts)
		}
		time.Sleep(2 * windowLength)
	})
}
