// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package rest

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// On the fake clock, "at once" is 0 s: whatever waits is woken by the cancellation itself.
func TestCancelEndsEveryWait(t *testing.T) {
	t.Parallel()
	hang := func(r *http.Request) (*http.Response, error) {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	for name, tc := range map[string]struct {
		config   Config
		network  transportFunc
		before   int // requests that are under way already
		attempts int
		unsent   bool
		says     string
	}{
		"between two attempts": {Config{MaxRetries: 5}, func(*http.Request) (*http.Response, error) { return respond(503, ""), nil }, 0, 1, false, "not sent again"},
		"after a 429":          {Config{MaxRetries: 5}, func(*http.Request) (*http.Response, error) { return respond(429, ""), nil }, 0, 1, true, "not sent again"},
		"for the quota":        {Config{Quota: Quota{Read: 1}}, hang, 1, 0, true, "stopped before it was sent"},
		"for a connection":     {Config{MaxConcurrent: 1}, hang, 1, 0, true, "stopped before it was sent"},
		"for the answer":       {Config{}, hang, 0, 1, false, "stopped while waiting for the answer"},
		"for the body": {Config{}, func(r *http.Request) (*http.Response, error) {
			reader, writer := io.Pipe()
			context.AfterFunc(r.Context(), func() { writer.CloseWithError(r.Context().Err()) })
			return &http.Response{StatusCode: 200, Status: "200 OK", Header: http.Header{}, Body: reader}, nil
		}, 0, 1, false, "stopped while waiting for the answer"},
		"for a login": {Config{Authorize: func(ctx context.Context, _ *http.Request, _ []byte) error {
			<-ctx.Done()
			return ctx.Err()
		}}, hang, 0, 0, true, "can't be authorized"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := fake(t, tc.config, tc.network)
				others, stop := context.WithCancel(t.Context())
				for range tc.before {
					go c.Do(others, Request{}) //nolint:errcheck // only fills the queue
				}
				synctest.Wait()
				ctx, cancel := context.WithCancel(t.Context())
				var cancelled time.Time
				time.AfterFunc(time.Second, func() { cancelled = time.Now(); cancel() })
				var dst any
				e := failure(ctx, t, c, Request{Operation: "Wait", Decode: DecodeJSON(&dst)})
				if d := time.Since(cancelled); d != 0 {
					t.Errorf("ended %s after the cancellation", d)
				}
				if !errors.Is(e, context.Canceled) || !strings.Contains(e.Error(), tc.says) {
					t.Errorf("error %q", e)
				}
				if e.Attempts != tc.attempts || e.Unsent != tc.unsent {
					t.Errorf("Attempts = %d, Unsent = %v: %v", e.Attempts, e.Unsent, e)
				}
				stop()
				synctest.Wait()
				// Whatever was held was given back.
				if !c.slots.TryAcquire(int64(c.MaxConcurrent())) {
					t.Error("a connection is still taken")
				}
				if w := c.windows[Read]; w.inFlight != 0 || w.waiting.len() != 0 {
					t.Errorf("%d in flight and %d waiting", w.inFlight, w.waiting.len())
				}
			})
		})
	}
}

func TestCancelledBeforeTheStart(t *testing.T) {
	t.Parallel()
	c := fake(t, Config{MaxRetries: 3}, func(*http.Request) (*http.Response, error) { return respond(200, ""), nil })
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, kind := range []Kind{Read, Write, Login} {
		if e := failure(ctx, t, c, Request{Kind: kind, Grace: time.Second}); e.Attempts != 0 || !e.Unsent || !errors.Is(e, context.Canceled) {
			t.Errorf("kind %d: %v, attempts %d", kind, e, e.Attempts)
		}
	}
}

// A deadline ends a request like a cancellation, and says so.
func TestDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := fake(t, Config{MaxRetries: 5}, func(*http.Request) (*http.Response, error) { return respond(503, ""), nil })
		ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second)
		defer cancel()
		began := time.Now()
		e := failure(ctx, t, c, Request{})
		if !errors.Is(e, context.DeadlineExceeded) || time.Since(began) != 4*time.Second || e.Status != 503 {
			t.Errorf("after %s: %v", time.Since(began), e)
		}
	})
}

// On a real socket a cancellation is felt within milliseconds.
func TestCancelInFlight(t *testing.T) {
	t.Parallel()
	arrived := make(chan struct{})
	release := make(chan struct{})
	c := serve(t, Config{}, func(http.ResponseWriter, *http.Request) { close(arrived); <-release })
	t.Cleanup(func() { close(release) })
	ctx, cancel := context.WithCancel(t.Context())
	var cancelled time.Time
	go func() { <-arrived; cancelled = time.Now(); cancel() }()
	e := failure(ctx, t, c, Request{Method: "POST", Kind: Write})
	if d := time.Since(cancelled); d > 500*time.Millisecond {
		t.Errorf("took %s to notice", d)
	}
	if e.Unsent || !errors.Is(e, context.Canceled) {
		t.Errorf("Unsent = %v: %v", e.Unsent, e)
	}
}

// A write that is under way when the run is interrupted may still end, so that its outcome is
// known.
func TestGrace(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		answerAfter time.Duration
		status      int
		ends        time.Duration // after the cancellation
		says        string        // "" is success
	}{
		"the answer comes in time": {500 * time.Millisecond, 200, 500 * time.Millisecond, ""},
		"a refusal comes in time":  {500 * time.Millisecond, 404, 500 * time.Millisecond, "404 Not Found"},
		"a failure isn't repeated": {500 * time.Millisecond, 503, 500 * time.Millisecond, "not sent again: the run was interrupted"},
		"the answer comes late":    {time.Hour, 200, 800 * time.Millisecond, "stopped while waiting for the answer: the run was interrupted"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				sent := 0
				c := fake(t, Config{MaxRetries: 5, RequestTimeout: 2 * time.Hour}, func(r *http.Request) (*http.Response, error) {
					sent++
					select {
					case <-time.After(time.Second + tc.answerAfter):
						return respond(tc.status, ""), nil
					case <-r.Context().Done():
						return nil, r.Context().Err()
					}
				})
				ctx, cancel := context.WithCancel(t.Context())
				began := time.Now()
				time.AfterFunc(time.Second, cancel)
				err := c.Do(ctx, Request{Kind: Write, Grace: 800 * time.Millisecond})
				if d := time.Since(began) - time.Second; d != tc.ends {
					t.Errorf("ended %s after the cancellation, want %s", d, tc.ends)
				}
				if sent != 1 {
					t.Errorf("sent %d times", sent)
				}
				switch {
				case tc.says == "" && err != nil:
					t.Error(err)
				case tc.says != "" && (err == nil || !strings.Contains(err.Error(), tc.says)):
					t.Errorf("got %v, want %q", err, tc.says)
				}
			})
		})
	}
}

// The time of an attempt includes its body and excludes its wait for a turn.
func TestRequestTimeout(t *testing.T) {
	t.Parallel()
	t.Run("body", func(t *testing.T) {
		t.Parallel()
		var n atomic.Int32
		release := make(chan struct{})
		c := serve(t, Config{MaxRetries: 1, RequestTimeout: 50 * time.Millisecond}, func(w http.ResponseWriter, _ *http.Request) {
			n.Add(1)
			_, _ = io.WriteString(w, `{"a":`)
			_ = http.NewResponseController(w).Flush()
			<-release
		})
		t.Cleanup(func() { close(release) })
		var dst any
		e := failure(t.Context(), t, c, Request{Decode: DecodeJSON(&dst)})
		if n.Load() != 2 || !errors.Is(e, errTimeout) || !strings.Contains(e.Error(), "request_timeout is 50ms") || !strings.Contains(e.Hint, "PROXY") {
			t.Errorf("%d requests: %v", n.Load(), e)
		}
	})
	t.Run("header", func(t *testing.T) {
		t.Parallel()
		release := make(chan struct{})
		c := serve(t, Config{RequestTimeout: 30 * time.Millisecond}, func(http.ResponseWriter, *http.Request) { <-release })
		t.Cleanup(func() { close(release) })
		e := failure(t.Context(), t, c, Request{Kind: Write, Method: "POST", Grace: time.Second})
		if !errors.Is(e, errTimeout) || e.Unsent || !e.Transient {
			t.Errorf("%v, Unsent = %v", e, e.Unsent)
		}
	})
	t.Run("queue", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			c := fake(t, Config{RequestTimeout: time.Second, Quota: Quota{Read: 1}}, func(*http.Request) (*http.Response, error) { return respond(200, ""), nil })
			for range 3 {
				if err := c.Do(t.Context(), Request{}); err != nil {
					t.Error(err)
				}
			}
		})
	})
	t.Run("no connection", func(t *testing.T) {
		t.Parallel()
		c := dial(t, Config{RequestTimeout: 20 * time.Millisecond}, "http://127.0.0.1:9")
		tr, _ := c.transport.(*http.Transport)
		tr.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) { <-ctx.Done(); return nil, ctx.Err() }
		e := failure(t.Context(), t, c, Request{Kind: Write, Method: "POST"})
		if !e.Unsent || !errors.Is(e, errTimeout) {
			t.Errorf("%v, Unsent = %v", e, e.Unsent)
		}
	})
}
