// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package chaos

import (
	"net/http"
	"sync"
	"time"
)

// gate stands in front of the mock services. It counts requests, lets a test act at each boundary
// between two of them, and cuts off provider processes that are dead: what is killed sends nothing
// more.
type gate struct {
	next http.Handler

	mu       sync.Mutex
	n        int
	inFlight int
	dead     map[string]bool // by user agent
	before   func(n int, r *http.Request)
	after    func(n int, r *http.Request)
}

func newGate(next http.Handler) *gate {
	return &gate{next: next, dead: map[string]bool{}}
}

// at has before called with each request's number, from 1, before the services see it, and after
// when they have acted on it and have not answered yet. nil is nothing.
func (g *gate) at(before, after func(n int, r *http.Request)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.n, g.before, g.after = 0, before, after
}

// kill cuts off the process with that user agent.
func (g *gate) kill(agent string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.dead[agent] = true
}

func (g *gate) isDead(r *http.Request) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.dead[r.UserAgent()]
}

func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	g.n++
	g.inFlight++
	n, before, after := g.n, g.before, g.after
	g.mu.Unlock()
	defer func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.inFlight--
	}()
	if before != nil {
		before(n, r)
	}
	if g.isDead(r) {
		panic(http.ErrAbortHandler)
	}
	if after == nil {
		g.next.ServeHTTP(w, r)
		return
	}
	// The mock sends its answer when it is whole, so what is called here comes after the commit and
	// before the answer.
	g.next.ServeHTTP(&hold{ResponseWriter: w, release: func() {
		after(n, r)
		if g.isDead(r) {
			panic(http.ErrAbortHandler)
		}
	}}, r)
}

// hold calls release once, before the first byte of the answer leaves.
type hold struct {
	http.ResponseWriter
	once    sync.Once
	release func()
}

func (h *hold) WriteHeader(status int) {
	h.once.Do(h.release)
	h.ResponseWriter.WriteHeader(status)
}

func (h *hold) Write(p []byte) (int, error) {
	h.once.Do(h.release)
	return h.ResponseWriter.Write(p)
}

// Unwrap lets an http.ResponseController reset the connection.
func (h *hold) Unwrap() http.ResponseWriter { return h.ResponseWriter }

// quiet waits until no request is under way: a service acts on a request whose client is gone.
func (g *gate) quiet() {
	for range 10_000 {
		g.mu.Lock()
		n := g.inFlight
		g.mu.Unlock()
		if n == 0 {
			return
		}
		time.Sleep(200 * time.Microsecond)
	}
}
