// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package probe

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"slices"
	"sync"
)

// maxSeenBody is how much of a body is kept.
const maxSeenBody = 4 << 20

// Exchange is a request as it went over the wire and its answer, before any client made something of it.
type Exchange struct {
	Method string
	URL    *url.URL
	// Sent and Body are the bodies of the request and of the answer, whose status is 0 when there was none.
	Sent   []byte
	Status int
	Header http.Header
	Body   []byte
}

// Wire keeps what goes over the wire between the clients and a service. It is safe for concurrent use.
type Wire struct {
	mu        sync.Mutex
	exchanges []Exchange
}

// Transport is for the clients' configuration: what it returns notes what it sends.
func (w *Wire) Transport(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		e := Exchange{Method: r.Method, URL: r.URL}
		if r.GetBody != nil {
			if body, err := r.GetBody(); err == nil {
				e.Sent, _ = io.ReadAll(io.LimitReader(body, maxSeenBody)) // what is in memory is read without errors
			}
		}
		answer, err := next.RoundTrip(r)
		if err == nil {
			e.Status, e.Header = answer.StatusCode, answer.Header.Clone()
			e.Body, err = io.ReadAll(io.LimitReader(answer.Body, maxSeenBody))
			// Who reads the answer gets what was read, and then what is left, or the error.
			rest := io.Reader(answer.Body)
			if err != nil {
				rest = failing{err}
			}
			answer.Body = struct {
				io.Reader
				io.Closer
			}{io.MultiReader(bytes.NewReader(e.Body), rest), answer.Body}
			err = nil
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		w.exchanges = append(w.exchanges, e)
		return answer, err
	})
}

// All returns what has gone over the wire so far.
func (w *Wire) All() []Exchange {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.exchanges)
}

// Last returns the exchange that ended last, false when there was none.
func (w *Wire) Last() (Exchange, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.exchanges) == 0 {
		return Exchange{}, false
	}
	return w.exchanges[len(w.exchanges)-1], true
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }
