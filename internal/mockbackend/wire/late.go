// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package wire

import (
	"cmp"
	"context"
	"io"
	"net/http"
	"slices"
	"time"
)

// effect is the work of a request whose answer left before it was done.
type effect struct {
	service string
	// requests of the service come first, and the time.
	requests int
	at       time.Time
	run      func()
}

// postpone keeps an effect until it is due.
func (f *Faults) postpone(e effect) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.effects = append(f.effects, e)
}

// arrive counts a request of a service and has the effects that are due before it.
func (f *Faults) arrive(service string, now time.Time) {
	if f == nil {
		return
	}
	f.mu.Lock()
	var due []effect
	f.effects = slices.DeleteFunc(f.effects, func(e effect) bool {
		ready := e.service == service && e.requests <= 0 && !now.Before(e.at)
		if ready {
			due = append(due, e)
		}
		return ready
	})
	for i := range f.effects {
		if f.effects[i].service == service {
			f.effects[i].requests--
		}
	}
	f.mu.Unlock()
	for _, e := range due {
		e.run()
	}
}

// Settle has all effects that are still to come, in the order of their requests.
func (f *Faults) Settle() {
	if f == nil {
		return
	}
	f.mu.Lock()
	all := f.effects
	f.effects = nil
	f.mu.Unlock()
	for _, e := range all {
		e.run()
	}
}

// Unsettled returns how many effects are still to come.
func (f *Faults) Unsettled() int {
	if f == nil {
		return 0
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.effects)
}

// late answers a request and does its work later. It returns false when nothing is to be sent any
// more.
func (s *Service) late(fault Fault, b *buffered, w http.ResponseWriter, r *http.Request, h http.HandlerFunc) bool {
	var accept func()
	if fault.Kind == LateSuccess {
		if s.SuccessBody != nil {
			if status, header, body, ok := s.SuccessBody(b.e.Operation); ok {
				accept = func() { writeAnswer(b, status, header, body) }
			}
		}
		if accept == nil { // a read, which has no effect
			h(b, r)
			return true
		}
	}
	// The client may be gone by then.
	later := r.WithContext(context.WithoutCancel(r.Context()))
	s.Faults.postpone(effect{
		service: s.Name, requests: fault.EffectRequests, at: s.Time().Add(fault.EffectDelay),
		run: func() { h(&nowhere{}, later) },
	})
	switch fault.Kind {
	case LateReset:
		b.drop(w, "")
		return false
	case LateSuccess:
		accept()
	default:
		writeHTML(b, cmp.Or(fault.Status, http.StatusGatewayTimeout), fault.RetryAfter)
	}
	return true
}

func writeAnswer(w http.ResponseWriter, status int, header http.Header, body []byte) {
	for key, values := range header {
		w.Header()[http.CanonicalHeaderKey(key)] = values
	}
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// nowhere takes an answer that nobody waits for.
type nowhere struct{ header http.Header }

func (n *nowhere) Header() http.Header {
	if n.header == nil {
		n.header = http.Header{}
	}
	return n.header
}

func (n *nowhere) WriteHeader(int) {}

func (n *nowhere) Write(p []byte) (int, error) { return io.Discard.Write(p) }
