// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package rest

import (
	"container/list"
	"context"
)

// queueID names a queue. It has a size, so that each is another one.
type queueID struct{ _ byte }

type queueKey struct{}

// WithQueue gives what is sent with the context, and contexts made of it, a queue of its own in
// front of the quota, unless it has one. Whenever a place in the quota becomes free the next queue
// has its turn, so that a resource with hundreds of requests does not keep one with ten of them
// waiting. Requests without a queue share one.
func WithQueue(ctx context.Context) context.Context {
	if queueOf(ctx) != nil {
		return ctx
	}
	return context.WithValue(ctx, queueKey{}, new(queueID))
}

func queueOf(ctx context.Context) *queueID {
	id, _ := ctx.Value(queueKey{}).(*queueID)
	return id
}

// queues are those who wait: in each queue the first who came is the next, and the queues take
// turns.
type queues struct {
	turns list.List // of *queue, none of them empty: the first is the next
	byID  map[*queueID]*list.Element
}

type queue struct {
	id      *queueID
	waiting list.List // of *waiter
}

type waiter struct {
	admitted chan struct{}
	queue    *queue
	place    *list.Element
}

func (q *queues) empty() bool { return q.turns.Len() == 0 }

func (q *queues) join(id *queueID) *waiter {
	turn, ok := q.byID[id]
	if !ok {
		turn = q.turns.PushBack(&queue{id: id})
		if q.byID == nil {
			q.byID = map[*queueID]*list.Element{}
		}
		q.byID[id] = turn
	}
	w := &waiter{admitted: make(chan struct{}), queue: turn.Value.(*queue)} //nolint:forcetypeassert // the list holds nothing else
	w.place = w.queue.waiting.PushBack(w)
	return w
}

// next takes out who is to be admitted. There must be somebody.
func (q *queues) next() *waiter {
	turn := q.turns.Front()
	w := turn.Value.(*queue).waiting.Front().Value.(*waiter) //nolint:forcetypeassert // the lists hold nothing else
	q.turns.MoveToBack(turn)
	q.leave(w)
	return w
}

// leave takes out who waits no more.
func (q *queues) leave(w *waiter) {
	w.queue.waiting.Remove(w.place)
	if w.queue.waiting.Len() == 0 {
		q.turns.Remove(q.byID[w.queue.id])
		delete(q.byID, w.queue.id)
	}
}
