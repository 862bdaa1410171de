// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package rest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptrace"
	"strings"
	"time"
)

// RoundTrip makes one attempt up to the header of its answer. The body gives back what the attempt
// holds when it is closed.
func (c *call) RoundTrip(r *http.Request) (*http.Response, error) {
	c.sent, c.login, c.location, c.handled, c.err, c.wait = nil, nil, "", false, nil, 0
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
	c.client.reached.Store(true)
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

// leave gives the place in the quota back. It goes on counting for a minute if the request may have
// reached the service.
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
	if c.request.Kind == Login {
		c.login = body
	}
	return body, nil
}

// authorizeError keeps an Error as it is: it tells of the login, not of this request. A login may
// be shared, so it is copied.
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

// attemptContext bounds an attempt, body included, and lets it outlive the caller's context for the
// grace.
func (c *call) attemptContext() (context.Context, context.CancelFunc) {
	timeout := c.client.config.RequestTimeout
	if c.request.Grace <= 0 {
		return context.WithTimeoutCause(c.ctx, timeout, errTimeout)
	}
	ctx, cancel := context.WithTimeoutCause(context.WithoutCancel(c.ctx), timeout, errTimeout)
	stop := context.AfterFunc(c.ctx, func() { time.AfterFunc(c.request.Grace, cancel) })
	return ctx, func() { stop(); cancel() }
}

// traced tells whether the attempt got a connection: without one, nothing can have been sent. Reads
// change nothing either way.
func (c *call) traced(r *http.Request) (*http.Request, *bool) {
	connected := new(bool)
	if c.request.Kind != Write && c.request.Repeat == RepeatSafe {
		*connected = true
		if c.client.reached.Load() {
			return r, connected
		}
	}
	trace := &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { *connected = true; c.client.reached.Store(true) }}
	return r.WithContext(httptrace.WithClientTrace(r.Context(), trace)), connected
}

// readBreak gives the Error of an attempt whose answer did not come, or not whole.
func (c *call) readBreak(ctx context.Context, err error, sent bool) *Error {
	switch {
	case context.Cause(ctx) == errTimeout: //nolint:errorlint // the cause is that very value
		return &Error{
			Transient: true, Unsent: !sent,
			Err:  fmt.Errorf("request to %s failed: %w: request_timeout is %s", c.url.Host, errTimeout, c.client.config.RequestTimeout),
			Hint: c.hintUnreached(),
		}
	case ctx.Err() != nil:
		return &Error{Unsent: !sent, Err: fmt.Errorf("stopped while waiting for the answer: %w", c.ctx.Err())}
	}
	return c.readFailure(err, sent)
}

// handle reads an answer inside its attempt. What went wrong is in c.err.
func (c *call) handle(resp *http.Response) error {
	c.handled = true
	defer func() { _ = c.answer.Close() }() // says nothing that reading did not
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
	if c.request.Kind == Login {
		e.page = nil // it may hold the token, in a form that nobody expects
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
