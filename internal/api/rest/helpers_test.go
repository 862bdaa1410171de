// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package rest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"strings"
	"sync"
	"testing"
	"time"
)

// transportFunc plays the network without a socket, so that a test can run on the fake clock of
// testing/synctest.
type transportFunc func(*http.Request) (*http.Response, error)

func (f transportFunc) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// fake gives a client whose network is f.
func fake(t *testing.T, config Config, f transportFunc) *Client {
	t.Helper()
	if config.BaseURL == "" {
		config.BaseURL = "https://service.example.com"
	}
	if config.Service == "" {
		config.Service = "Example"
	}
	c, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	c.transport = transportFunc(func(r *http.Request) (*http.Response, error) {
		if trace := httptrace.ContextClientTrace(r.Context()); trace != nil {
			trace.GotConn(httptrace.GotConnInfo{})
		}
		return f(r)
	})
	return c
}

func respond(status int, body string, header ...string) *http.Response {
	h := http.Header{}
	for i := 0; i < len(header); i += 2 {
		h.Add(header[i], header[i+1])
	}
	return &http.Response{
		Status: fmt.Sprintf("%d %s", status, http.StatusText(status)), StatusCode: status,
		Header: h, Body: io.NopCloser(strings.NewReader(body)),
	}
}

// serve gives a client of a real server on loopback. Waits are short unless the configuration says
// otherwise.
func serve(t *testing.T, config Config, handler http.HandlerFunc) *Client {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return dial(t, config, server.URL)
}

func dial(t *testing.T, config Config, url string) *Client {
	t.Helper()
	config.BaseURL = url
	if config.Service == "" {
		config.Service = "Example"
	}
	if config.RetryWaitMin == 0 {
		config.RetryWaitMin = time.Millisecond
	}
	c, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeIdle(c) })
	return c
}

func closeIdle(c *Client) {
	if tr, ok := c.transport.(*http.Transport); ok {
		tr.CloseIdleConnections()
	}
}

// failure runs a request that must fail and gives its Error.
func failure(ctx context.Context, t *testing.T, c *Client, r Request) *Error {
	t.Helper()
	err := c.Do(ctx, r)
	e, ok := err.(*Error) //nolint:errorlint // Do promises the type itself
	if !ok {
		t.Fatalf("Do gave %T (%v), want *Error", err, err)
	}
	return e
}

// logBook keeps what is logged.
type logBook struct {
	mu    sync.Mutex
	lines []string
}

func (l *logBook) Enabled(context.Context, Level) bool { return true }

func (l *logBook) Log(_ context.Context, level Level, msg string, fields map[string]any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, fmt.Sprintln(level, msg, fields))
}

func (l *logBook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.lines, "")
}

// endless is a body without an end that counts what was taken of it.
type endless struct {
	mu   sync.Mutex
	read int64
}

func (e *endless) Read(p []byte) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.read += int64(len(p))
	return copy(p, bytes.Repeat([]byte{' '}, len(p))), nil
}

func (e *endless) Close() error { return nil }
