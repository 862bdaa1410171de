// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strconv"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/rest"
)

// CountAuthorizations asks with one request whether an application has so many accounts. It returns
// the service's count, and -1 where the service doesn't count, or where its list doesn't end as a
// list of so many does, whatever the count says: it asks for two accounts from the last one on, and
// exactly one must come. So neither a count that lags behind nor one that is capped passes for
// right.
//
// All callers of a run share one answer, until a write that names the application. The error is
// ErrAppNotFound when the application does not exist.
func (c *Client) CountAuthorizations(ctx context.Context, appID string, expected int) (int, error) {
	if err := checkSegment("the application id", appID); err != nil {
		return 0, unsentError(opListAuthorizations, err)
	}
	c.mu.Lock()
	counted, ok := c.counted[appID][expected]
	if !ok {
		counted = newCached(func(ctx context.Context) (int, error) {
			return c.countAuthorizations(ctx, appID, expected)
		})
		counted.reading.Guard(func(ctx context.Context) (func(), error) { return c.locks.lock(ctx, []string{appID}) })
		if c.counted[appID] == nil {
			c.counted[appID] = map[int]*cached[int]{}
		}
		c.counted[appID][expected] = counted
	}
	c.mu.Unlock()
	return counted.get(ctx)
}

func (c *Client) countAuthorizations(ctx context.Context, appID string, expected int) (count int, err error) {
	var received int
	err = c.Send(ctx, rest.Request{
		Operation: opListAuthorizations, MaxBodyBytes: maxPageBytes,
		Query: url.Values{"limit": {"2"}, "offset": {strconv.Itoa(max(0, expected-1))}},
		Decode: func(_ int, _ http.Header, body io.Reader) error {
			return rest.WithBody(body, func(b []byte) error {
				items, n, err := decodePage[accountInfo](b)
				count, received = n, len(items)
				return err
			})
		},
	}, "apps", appID, "authorizations")
	if count == expected && received != min(expected, 1) {
		count = -1
	}
	return count, err
}

// ListedAuthorizations returns what Authorizations would return without a request, if it can.
func (c *Client) ListedAuthorizations(appID string) (Accounts, bool) {
	c.mu.Lock()
	listing, ok := c.authorizations[appID]
	c.mu.Unlock()
	if !ok {
		return nil, false
	}
	return listing.peek()
}
