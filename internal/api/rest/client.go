// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

// Package rest is the HTTP core that the clients of all services stand on. It repeats what is safe
// to repeat, keeps a quota of requests in any 60 seconds, bounds the requests in flight and the
// memory that an answer can take, never follows redirects, and gives errors that carry the
// service's own words and no secret.
package rest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"
)

// Client sends requests to one service. It is safe for concurrent use, and every user of a service
// should share one: the quota and the bound of concurrency are its own.
type Client struct {
	config    Config
	base      *url.URL
	transport http.RoundTripper
	slots     *semaphore.Weighted
	windows   [2]*window // by Kind
	secrets   atomic.Pointer[[]form]
	reached   atomic.Bool // a connection has been made
}

// New makes a Client. Its errors name the attribute of the provider block that is wrong.
func New(config Config) (*Client, error) {
	base, err := CheckURL(config.BaseURL)
	if err != nil {
		return nil, fmt.Errorf("%s: address: %w", config.Service, err)
	}
	if config.RequestTimeout < 0 || config.MaxRetries < 0 || config.RetryWaitMin < 0 || config.MaxConcurrent < 0 || config.MaxBodyBytes < 0 ||
		config.Quota.Read < 0 || config.Quota.Write < 0 {
		return nil, errors.New(config.Service + ": request_timeout, max_retries, max_concurrent_requests and requests_per_minute must not be negative")
	}
	if config.RequestTimeout == 0 {
		config.RequestTimeout = defaultRequestTimeout
	}
	if config.RetryWaitMin == 0 {
		config.RetryWaitMin = defaultRetryWaitMin
	}
	if config.MaxConcurrent == 0 {
		config.MaxConcurrent = defaultMaxConcurrent
	}
	if config.MaxBodyBytes == 0 {
		config.MaxBodyBytes = defaultMaxBodyBytes
	}
	plain, err := newTransport(&config)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", config.Service, err)
	}
	var transport http.RoundTripper = plain
	if config.Transport != nil {
		transport = config.Transport(transport)
	}
	c := &Client{
		config:    config,
		base:      base,
		transport: transport,
		slots:     semaphore.NewWeighted(int64(config.MaxConcurrent)),
		windows:   [2]*window{Read: newWindow(config.Quota.Read), Write: newWindow(config.Quota.Write)},
	}
	c.secrets.Store(new([]form))
	c.Hide(config.Secrets...)
	return c, nil
}

// MaxConcurrent is the number of requests that may be in flight.
func (c *Client) MaxConcurrent() int { return c.config.MaxConcurrent }

// QuotaWait is how long requests that wait for the quota have to wait yet, 0 when none does.
func (c *Client) QuotaWait() time.Duration {
	return max(c.windows[Read].delay(), c.windows[Write].delay())
}

// BaseURL is the address below which requests go.
func (c *Client) BaseURL() string { return c.base.String() }

// Do sends r until it succeeds, fails in a way that repeating doesn't mend, or the attempts are
// used up. Every error is an *Error; when ctx ended it also wraps ctx's error. Cancelling ctx ends
// every wait at once, and an attempt in flight after r.Grace.
func (c *Client) Do(ctx context.Context, r Request) error {
	call, err := c.newCall(ctx, &r)
	if err != nil {
		return err
	}
	return call.run()
}
