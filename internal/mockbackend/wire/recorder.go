// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package wire

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"
)

// Exchange is one request and what became of it.
type Exchange struct {
	// Seq counts the requests in the order of their arrival, from 1.
	Seq int
	// Service and Operation are the names that the handler was registered with.
	Service, Operation string
	Method, Path       string
	Query              url.Values
	Header             http.Header
	// Body is the request body, cut as [Recorder.Limit] says.
	Body []byte
	// Status is what the client was sent; 0 while the request is under way and when the connection
	// was reset instead.
	Status int
	// Fault is the kind of the fault that was injected, if any.
	Fault string
	// Violation says what a correct client would not have sent.
	Violation string
	// Note holds the key numbers of the log line, such as "apps=2 users=+3".
	Note string
	// Started is the arrival; Ended is set just before the answer is sent, zero while the request
	// is under way.
	Started, Ended time.Time
}

// Recorder keeps the requests of one or several mock services. Its zero value records everything.
// It is safe for concurrent use; a nil Recorder records nothing.
type Recorder struct {
	mu          sync.Mutex
	seq         int
	limit       int
	bodyLimit   int
	exchanges   []*Exchange
	counts      map[string]int
	violations  []string
	inFlight    int
	maxInFlight int
}

// Limit bounds the memory of long runs: only the last exchanges are kept, and only the first
// bodyBytes of each body. 0 keeps all, a negative number none. Counts and violations are never
// dropped.
func (r *Recorder) Limit(exchanges, bodyBytes int) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.limit, r.bodyLimit = exchanges, bodyBytes
	r.trim(0)
}

// All returns the recorded exchanges in the order of arrival.
func (r *Recorder) All() []Exchange {
	if r == nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.trim(0)
	all := make([]Exchange, len(r.exchanges))
	for i, e := range r.exchanges {
		all[i] = *e
	}
	return all
}

// Count returns how many requests of an operation arrived; "" counts all.
func (r *Recorder) Count(operation string) int {
	if r == nil {
		return 0
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if operation == "" {
		n := 0
		for _, c := range r.counts {
			n += c
		}
		return n
	}
	return r.counts[operation]
}

// Counts returns the number of requests of every operation that was called.
func (r *Recorder) Counts() map[string]int {
	counts := map[string]int{}
	if r == nil {
		return counts
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for operation, n := range r.counts {
		counts[operation] = n
	}
	return counts
}

// MaxInFlight returns the largest number of requests that were under way at once.
func (r *Recorder) MaxInFlight() int {
	if r == nil {
		return 0
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.maxInFlight
}

// Violations returns what [Violate] reported, in order, each with the operation and the number of
// its request.
func (r *Recorder) Violations() []string {
	if r == nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.violations)
}

// Reset forgets exchanges, counts and violations. Requests under way finish unrecorded.
func (r *Recorder) Reset() {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.exchanges, r.violations = nil, nil
	clear(r.counts)
	r.maxInFlight = r.inFlight
}

// trim drops the oldest exchanges; slack lets the list grow so that trimming stays cheap.
func (r *Recorder) trim(slack int) {
	switch {
	case r.limit < 0:
		r.exchanges = nil
	case r.limit > 0 && len(r.exchanges) > r.limit+slack:
		r.exchanges = slices.Clone(r.exchanges[len(r.exchanges)-r.limit:])
	}
}

// begin numbers an exchange and files it before anything is done for it, so that a request that
// hangs shows too.
func (r *Recorder) begin(e *Exchange) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seq++
	e.Seq = r.seq
	if r.counts == nil {
		r.counts = map[string]int{}
	}
	r.counts[e.Operation]++
	r.inFlight++
	r.maxInFlight = max(r.maxInFlight, r.inFlight)
	r.exchanges = append(r.exchanges, e)
	r.trim(max(r.limit, 64))
}

// update changes a filed exchange under the lock that All takes.
func (r *Recorder) update(change func()) {
	if r == nil {
		change()
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	change()
}

func (r *Recorder) end() {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.inFlight--
}

func (r *Recorder) violate(e *Exchange, text string) {
	r.update(func() {
		if e.Violation != "" {
			e.Violation += "; "
		}
		e.Violation += text
		if r != nil {
			r.violations = append(r.violations, fmt.Sprintf("%s (request %d): %s", e.Operation, e.Seq, text))
		}
	})
}

// keptBody returns the part of a body that is recorded.
func (r *Recorder) keptBody(body []byte) []byte {
	if r == nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.bodyLimit < 0 || r.limit < 0 || len(body) == 0:
		return nil
	case r.bodyLimit > 0 && len(body) > r.bodyLimit:
		return slices.Clone(body[:r.bodyLimit])
	}
	return body
}
