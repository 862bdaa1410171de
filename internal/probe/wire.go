// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package probe

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// maxSeenBody is how much of a body is kept.
const maxSeenBody = 4 << 20

// Exchange is a request as it went over the wire and its answer, before any client made something
// of it.
type Exchange struct {
	Method string
	URL    *url.URL
	// Sent and Body are the bodies of the request and of the answer, whose status is 0 when there
	// was none.
	Sent   []byte
	Status int
	Header http.Header
	Body   []byte
}

// Wire keeps what goes over the wire between the clients and a service. It is safe for concurrent
// use.
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

// Last returns the exchange that ended last.
func (w *Wire) Last() Exchange {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.exchanges[len(w.exchanges)-1]
}

// Throttling answers what can be seen without using up a quota: whether a throttled answer, if one
// came by chance, has Retry-After, and which headers tell of a quota. Positions are those of
// Retry-After, first the one where it is sent.
func (w *Wire) Throttling(answers *Answers, sent, absent string) {
	var throttled, headers []string
	for _, e := range w.All() {
		if e.Status == http.StatusTooManyRequests {
			throttled = append(throttled, e.Header.Get("Retry-After"))
		}
		for name := range e.Header {
			if strings.Contains(strings.ToLower(strings.ReplaceAll(name, "-", "")), "ratelimit") && !slices.Contains(headers, name) {
				headers = append(headers, name)
			}
		}
	}
	switch {
	case len(throttled) == 0:
		answers.CannotTell("retry_after", "no request was throttled, and the run uses up no quota to see how")
	case slices.Contains(throttled, ""):
		answers.Is("retry_after", absent, "429 without Retry-After")
	default:
		answers.Is("retry_after", sent, "429 with Retry-After: %s", throttled[0])
	}
	slices.Sort(headers)
	answers.Note("quota_headers", "%s", cmp.Or(strings.Join(headers, ", "), "none"))
}

// Refusals notes the statuses above 399 that came, with their codes: what the answers have under
// one of the keys.
func (w *Wire) Refusals(answers *Answers, keys ...string) {
	var seen []string
	for _, e := range w.All() {
		if e.Status < 400 {
			continue
		}
		text := strconv.Itoa(e.Status)
		var body map[string]any
		if json.Unmarshal(e.Body, &body) == nil {
			for _, key := range keys {
				if code, ok := body[key]; ok {
					text += fmt.Sprintf(" %v", code)
				}
			}
		}
		if !slices.Contains(seen, text) {
			seen = append(seen, text)
		}
	}
	slices.Sort(seen)
	answers.Note("refusals", "%s", cmp.Or(strings.Join(seen, ", "), "none"))
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }
