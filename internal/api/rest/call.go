// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package rest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

// errTimeout is the cause of an attempt's end when RequestTimeout is over.
var errTimeout = errors.New("no complete answer in time")

// call is one Do: the request and the state of its attempts. It is also the http.RoundTripper below
// retryablehttp, so that whatever an attempt waits for and holds is inside the attempt, and nothing
// is held between two attempts.
type call struct {
	client  *Client
	ctx     context.Context //nolint:containedctx // a call lives only as long as Do
	request *Request
	url     *url.URL
	header  http.Header
	window  *window // nil for Login

	http  http.Client
	retry retryablehttp.Client

	attempts int
	reached  bool // the service may have acted on an attempt
	open     bool // the outcome of an attempt is unknown

	// Of the latest attempt:
	sent     *http.Request
	login    []byte // the body of a login
	began    time.Time
	answer   answerBody
	location string // where a redirect points to
	admitted bool   // Authorize let it through, and nobody told Settled yet
	handled  bool   // its answer was read
	err      *Error // nil when it succeeded
	wait     time.Duration
}

func (c *Client) newCall(ctx context.Context, r *Request) (*call, error) {
	k := &call{client: c, ctx: ctx, request: r, url: target(c.base, r)}
	switch r.Kind {
	case Read, Write:
		k.window = c.windows[r.Kind]
	case Login:
	}
	for _, s := range r.Segments {
		// A server or a proxy may take these as steps in the path, whatever the client meant.
		if s == "" || s == "." || s == ".." {
			return nil, k.complete(&Error{Unsent: true, Err: fmt.Errorf("%q can't be part of a path", s)})
		}
	}
	if b, ok := r.Body.([]byte); !ok && r.Body != nil && r.BodyFunc == nil {
		b, err := marshal(r.Body)
		if err != nil {
			return nil, k.complete(&Error{Unsent: true, Err: fmt.Errorf("the request can't be written as JSON: %w", err)})
		}
		r.Body = b
	} else if ok && b == nil {
		r.Body = nil
	}
	k.header = make(http.Header, len(r.Header)+3)
	for name, values := range r.Header {
		k.header[http.CanonicalHeaderKey(name)] = values
	}
	k.setDefault("Accept", "application/json")
	k.setDefault("User-Agent", c.config.UserAgent)
	if r.Body != nil || r.BodyFunc != nil {
		k.setDefault("Content-Type", "application/json")
	}
	return k, nil
}

func (c *call) setDefault(name, value string) {
	if _, ok := c.header[name]; !ok && value != "" {
		c.header[name] = []string{value}
	}
}

func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

func (c *call) method() string {
	if c.request.Method == "" {
		return http.MethodGet
	}
	return c.request.Method
}

// run makes the attempts.
func (c *call) run() error {
	c.http.Transport = c
	c.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	c.retry.HTTPClient = &c.http
	c.retry.RetryMax = c.client.config.MaxRetries
	c.retry.CheckRetry = c.checkRetry
	c.retry.Backoff = func(time.Duration, time.Duration, int, *http.Response) time.Duration { return c.wait }
	c.retry.ErrorHandler = retryablehttp.PassthroughErrorHandler

	first := &http.Request{Method: c.method(), URL: c.url, Host: c.url.Host, Header: c.header, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1}
	r := &retryablehttp.Request{Request: first.WithContext(c.ctx)}
	r.SetResponseHandler(c.handle)
	_, err := c.retry.Do(r) //nolint:bodyclose // handle closes every body
	return c.outcome(err)
}

// settle records how an attempt failed, and how long to wait before the next.
func (c *call) settle(e *Error) *Error {
	c.redact(e)
	c.err = e
	c.reached = c.reached || !e.Unsent
	c.open = c.open || unanswered(e)
	first := c.client.config.RetryWaitMin
	if !c.client.reached.Load() {
		first = min(first, unreachedWait)
	}
	c.wait = max(backoff(first, c.attempts), e.RetryAfter+jitter(first))
	if e.Status == http.StatusTooManyRequests && c.window != nil {
		c.window.pause(c.wait)
	}
	c.tell(e)
	c.logFailure(e)
	return e
}

// tell reports the end of an attempt to who authorized it.
func (c *call) tell(e *Error) {
	if !c.admitted {
		return
	}
	c.admitted = false
	if settled := c.client.config.Settled; settled != nil {
		settled(e)
	}
}

// repeatable tells whether the failure of the latest attempt is one that the request wants
// repeated.
func (c *call) repeatable() bool {
	if c.err == nil || !c.err.Transient {
		return false
	}
	switch c.request.Repeat {
	case RepeatSafe:
		return true
	case RepeatUnsent:
		return c.err.Unsent
	case RepeatNever:
	}
	return false
}

// checkRetry is asked twice for an attempt that was answered: before the answer is read, and after.
func (c *call) checkRetry(ctx context.Context, _ *http.Response, err error) (bool, error) {
	if err == nil && !c.handled {
		return false, nil
	}
	return c.repeatable() && c.left() && ctx.Err() == nil, nil
}

// left tells whether there is an attempt left.
func (c *call) left() bool {
	if c.client.reached.Load() {
		return c.attempts <= c.client.config.MaxRetries
	}
	return c.attempts <= min(c.client.config.MaxRetries, unreachedRetries) && time.Since(c.began) < unreachedAttempt
}

// backoff gives the wait after the n-th attempt, from 1.
func backoff(first time.Duration, n int) time.Duration {
	d := first
	for range n - 1 {
		if d *= 2; d >= maxRetryWait {
			break
		}
	}
	return min(d, maxRetryWait) + jitter(min(d, maxRetryWait))
}

// jitter gives a random part of up to a quarter of d.
func jitter(d time.Duration) time.Duration {
	return time.Duration(rand.Int64N(int64(d)/4 + 1)) //nolint:gosec // spreads requests, no secret
}

// outcome gives the result of Do. err is what retryablehttp returned.
func (c *call) outcome(err error) error {
	e := c.err
	if e == nil {
		if err == nil {
			return nil
		}
		// net/http refused the request or the answer by itself.
		e = c.readFailure(err, true)
		e.Transient = false
		c.redact(e)
		c.tell(e)
		c.reached, c.open = true, true
	}
	if ended := c.ctx.Err(); ended != nil && c.repeatable() && c.left() {
		if e.Err == nil {
			e.Err = fmt.Errorf("not sent again: %w", ended)
		} else {
			e.Err = fmt.Errorf("%w; not sent again: %w", e.Err, ended)
		}
	}
	return c.complete(e)
}

// complete says whose failure it is, except in the Error of a login.
func (c *call) complete(e *Error) *Error {
	if e.Operation == "" {
		e.Service, e.Operation, e.Method, e.Path = c.client.config.Service, c.request.Operation, c.method(), c.url.Path
		e.Attempts = c.attempts
	}
	e.Unsent = e.Unsent && !c.reached
	e.Unanswered = c.open
	return e
}

// Unanswered tells that the service has a request, and that nothing says what became of it: it may
// act on it yet.
func Unanswered(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && !e.Unsent && (e.Unanswered || unanswered(e))
}

// unanswered tells that an attempt may have reached the service, and that nothing says what became
// of it: there was no answer, a gateway gave up waiting for it, or it can't be read.
func unanswered(e *Error) bool {
	return !e.Unsent && (e.Status == 0 || e.Status == http.StatusBadGateway || e.Status == http.StatusGatewayTimeout || e.Status < 300 && e.Transient)
}
