// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud

import (
	"context"
	"io"
	"net/http"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/rest"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/shared"
)

// CountAuthorizations asks with one request whether an application has so many accounts. It returns
// the service's count, and the last accounts of the list: all of up to 99. The count is -1 where
// the service doesn't count, or where its list doesn't end as a list of so many does, whatever the
// count says: it asks for a page from the 99th last account on, and one less than a page must come.
// So neither a count that lags behind nor one that is capped passes for right, and the accounts
// show whether the service spells them as they are known.
//
// All callers of a run share one answer, until a write that names the application. The error is
// ErrAppNotFound when the application does not exist.
func (c *Client) CountAuthorizations(ctx context.Context, appID string, expected int) (count int, last Accounts, err error) {
	if err := checkSegment("the application id", appID); err != nil {
		return 0, nil, unsentError(opListAuthorizations, err)
	}
	c.mu.Lock()
	counted, ok := c.counted[appID][expected]
	if !ok {
		counted = shared.NewReading(func(ctx context.Context, _ shared.Moment) (ending, error) {
			return c.countAuthorizations(ctx, appID, expected)
		})
		counted.Guard(func(ctx context.Context) (func(), error) { return c.turns.Take(ctx, appID) })
		if c.counted[appID] == nil {
			c.counted[appID] = map[int]*shared.Reading[ending]{}
		}
		c.counted[appID][expected] = counted
	}
	c.mu.Unlock()
	end, err := counted.Latest(ctx)
	return end.count, end.last, err
}

// ending is how a list ends.
type ending struct {
	count int
	last  Accounts
}

func (c *Client) countAuthorizations(ctx context.Context, appID string, expected int) (ending, error) {
	end := ending{last: Accounts{}}
	var received int
	err := c.Send(ctx, rest.Request{
		Operation: opListAuthorizations, MaxBodyBytes: maxPageBytes, Query: pageQuery(max(0, expected-(pageLimit-1))),
		Decode: func(_ int, _ http.Header, body io.Reader) error {
			return rest.WithBody(body, func(b []byte) error {
				records, count, err := c.pages.decode(b)
				end.count, received = count, len(records)
				for _, record := range records {
					end.last[record.account] = record.platform
				}
				return err
			})
		},
	}, "apps", appID, "authorizations")
	if end.count == expected && received != min(expected, pageLimit-1) {
		end.count = -1
	}
	return end, err
}

// ListedAuthorizations returns what Authorizations would return without a request, if it can.
func (c *Client) ListedAuthorizations(appID string) (Accounts, bool) {
	c.mu.Lock()
	listing, ok := c.authorizations[appID]
	c.mu.Unlock()
	if !ok {
		return nil, false
	}
	return listing.Kept()
}
