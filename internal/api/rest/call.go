// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package rest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

// errTimeout is the cause of an attempt's end when RequestTimeout is over.
var errTimeout = errors.New("no complete answer in time")

// call is one Do: the request and the state of its attempts. It is also the http.RoundTripper below retryablehttp, so that whatever an attempt
// waits for and holds is inside the attempt, and nothing is held between two attempts.
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

	// Of the latest attempt:
	sent     *http.Request
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

// RoundTrip makes one attempt up to the header of its answer. The body gives back what the attempt holds when it is closed.
func (c *call) RoundTrip(r *http.Request) (*http.Response, error) {
	c.sent, c.location, c.handled, c.err, c.wait = nil, "", false, nil, 0
	if err := c.enter(); err != nil {
		return nil, c.settle(&Error{Unsent: true, Err: fmt.Errorf("stopped before it was sent: %w", err)})
	}
	body, err := c.authorize(r)
	if err != nil {
		c.leave(false)
		c.freeSlot()
		return nil, err
	}
	c.attempts++
	c.began = time.Now()
	ctx, cancel := c.attemptContext()
	out, connected := c.traced(c.sent.WithContext(ctx))
	if body != nil {
		setBody(out, body)
	}
	resp, err := c.client.transport.RoundTrip(out)
	if err != nil {
		e := c.readBreak(ctx, err, *connected)
		c.leave(!e.Unsent)
		c.freeSlot()
		cancel()
		return nil, c.settle(e)
	}
	c.leave(true)
	c.logAnswer(resp)
	if resp.StatusCode >= 300 && resp.StatusCode < 400 {
		// Out of net/http's sight, which follows or rejects it.
		c.location = resp.Header.Get("Location")
		resp.Header.Del("Location")
	}
	limit := c.client.config.MaxBodyBytes
	if c.request.MaxBodyBytes > 0 {
		limit = c.request.MaxBodyBytes
	}
	c.answer = answerBody{ReadCloser: resp.Body, ctx: ctx, limit: limit, left: limit, free: func() { cancel(); c.freeSlot() }}
	resp.Body = &c.answer
	return resp, nil
}

// enter waits for a place in the quota, then for a free connection.
func (c *call) enter() error {
	if err := c.ctx.Err(); err != nil || c.window == nil {
		return err
	}
	began := time.Now()
	if err := c.window.acquire(c.ctx); err != nil {
		return err
	}
	if err := c.client.slots.Acquire(c.ctx, 1); err != nil {
		c.leave(false)
		return err
	}
	if waited := time.Since(began); waited >= logWait {
		c.log(LevelInfo, "waited for its turn", map[string]any{"waited_ms": waited.Milliseconds()})
	}
	return nil
}

// leave gives the place in the quota back. It goes on counting for a minute if the request may have reached the service.
func (c *call) leave(reached bool) {
	if c.window != nil {
		c.window.release(reached)
	}
}

func (c *call) freeSlot() {
	if c.window != nil {
		c.client.slots.Release(1)
	}
}

// authorize makes the request of this attempt, c.sent, and gives its body.
func (c *call) authorize(r *http.Request) ([]byte, error) {
	body, _ := c.request.Body.([]byte)
	if c.request.BodyFunc != nil {
		var err error
		if body, err = c.request.BodyFunc(); err != nil {
			return nil, c.settle(&Error{Unsent: true, Err: fmt.Errorf("the request can't be written: %w", err)})
		}
	}
	out := *r
	out.Header = maps.Clone(c.header)
	if auth := c.client.config.Authorize; auth != nil {
		if err := auth(c.ctx, &out, body); err != nil {
			return nil, c.settle(authorizeError(err))
		}
		c.admitted = true
		if err := c.ctx.Err(); err != nil {
			return nil, c.settle(&Error{Unsent: true, Err: fmt.Errorf("stopped before it was sent: %w", err)})
		}
	}
	c.sent = &out
	return body, nil
}

// authorizeError keeps an Error as it is: it tells of the login, not of this request. A login may be shared, so it is copied.
func authorizeError(err error) *Error {
	if inner, ok := errors.AsType[*Error](err); ok {
		e := *inner
		e.Transient, e.Unsent = false, true
		return &e
	}
	return &Error{Unsent: true, Err: fmt.Errorf("can't be authorized: %w", err)}
}

func setBody(r *http.Request, body []byte) {
	r.ContentLength = int64(len(body))
	r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	r.Body, _ = r.GetBody()
}

// attemptContext bounds an attempt, body included, and lets it outlive the caller's context for the grace.
func (c *call) attemptContext() (context.Context, context.CancelFunc) {
	timeout := c.client.config.RequestTimeout
	if c.request.Grace <= 0 {
		return context.WithTimeoutCause(c.ctx, timeout, errTimeout)
	}
	ctx, cancel := context.WithTimeoutCause(context.WithoutCancel(c.ctx), timeout, errTimeout)
	stop := context.AfterFunc(c.ctx, func() { time.AfterFunc(c.request.Grace, cancel) })
	return ctx, func() { stop(); cancel() }
}

// traced tells whether the attempt got a connection: without one, nothing can have been sent. Reads change nothing either way.
func (c *call) traced(r *http.Request) (*http.Request, *bool) {
	connected := new(bool)
	if c.request.Kind != Write && c.request.Repeat == RepeatSafe {
		*connected = true
		return r, connected
	}
	trace := &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { *connected = true }}
	return r.WithContext(httptrace.WithClientTrace(r.Context(), trace)), connected
}

// readBreak gives the Error of an attempt whose answer did not come, or not whole.
func (c *call) readBreak(ctx context.Context, err error, sent bool) *Error {
	switch {
	case context.Cause(ctx) == errTimeout: //nolint:errorlint // the cause is that very value
		return &Error{
			Transient: true, Unsent: !sent,
			Err:  fmt.Errorf("request to %s failed: %w: request_timeout is %s", c.url.Host, errTimeout, c.client.config.RequestTimeout),
			Hint: hintTimeout,
		}
	case ctx.Err() != nil:
		return &Error{Unsent: !sent, Err: fmt.Errorf("stopped while waiting for the answer: %w", c.ctx.Err())}
	}
	return readFailure(err, c.url.Host, sent)
}

// handle reads an answer inside its attempt. What went wrong is in c.err.
func (c *call) handle(resp *http.Response) error {
	c.handled = true
	defer c.answer.Close()
	if resp.StatusCode >= 200 && resp.StatusCode < 300 {
		if e := c.decode(resp); e != nil {
			_ = c.settle(e)
			return nil
		}
		c.tell(nil)
		c.answer.drain()
		return nil
	}
	text, _ := io.ReadAll(io.LimitReader(&c.answer, maxErrorBodyBytes)) // the status says enough when the body breaks
	a := Answer{Status: resp.StatusCode, StatusText: reasonPhrase(resp), Header: resp.Header, Body: text}
	e := c.readAnswer(a)
	_ = c.settle(e)
	return nil
}

// decode hands a 2xx answer to the request.
func (c *call) decode(resp *http.Response) *Error {
	if c.request.Decode == nil {
		return nil
	}
	err := c.request.Decode(resp.StatusCode, resp.Header, &c.answer)
	if err == nil {
		return nil
	}
	e := &Error{Err: err}
	if given, ok := errors.AsType[*Error](err); ok {
		e = new(*given)
	}
	if long, ok := errors.AsType[tooLong](c.answer.err); ok {
		e = &Error{Err: long, Hint: "No answer of the service should be that long: check the address."}
	} else if c.answer.err != nil {
		e = c.readBreak(c.answer.ctx, c.answer.err, true)
	}
	e.Status, e.StatusText = resp.StatusCode, reasonPhrase(resp)
	if e.RequestID == "" {
		e.RequestID = requestID(resp.Header)
	}
	return e
}

func reasonPhrase(resp *http.Response) string {
	_, text, _ := strings.Cut(resp.Status, " ")
	return strings.TrimSpace(text)
}

// settle records how an attempt failed, and how long to wait before the next.
func (c *call) settle(e *Error) *Error {
	c.redact(e)
	c.err = e
	c.reached = c.reached || !e.Unsent
	c.wait = max(backoff(c.client.config.RetryWaitMin, c.attempts), e.RetryAfter+jitter(c.client.config.RetryWaitMin))
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

// repeatable tells whether the failure of the latest attempt is one that the request wants repeated.
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
	return c.repeatable() && ctx.Err() == nil, nil
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
		e = readFailure(err, c.url.Host, true)
		e.Transient = false
		c.redact(e)
		c.tell(e)
		c.reached = true
	}
	if ended := c.ctx.Err(); ended != nil && c.repeatable() && c.attempts <= c.client.config.MaxRetries {
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
	return e
}
