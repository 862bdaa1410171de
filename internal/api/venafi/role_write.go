// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/rest"
)

// write sends a grant or a revoke until the grant is held, or isn't.
func (c *Client) write(ctx context.Context, operation, path string, g Grant, hold bool) error {
	body := struct {
		Grantee       string `json:"GranteePrefixedUniversal"`
		Role          Role   `json:"Role"`
		ApplicationID string `json:"ApplicationId,omitempty"`
	}{g.Grantee, g.Role, g.ApplicationID}
	open := false // some try was never answered, so that the service may act on it yet
	for try := 0; ; try++ {
		err := c.call(ctx, c.api, rest.Request{
			Operation: operation,
			Method:    http.MethodPost,
			Path:      path,
			Body:      body,
			Kind:      rest.Write,
			Repeat:    rest.RepeatUnsent,
			Grace:     writeGrace,
			Decode:    decodeEnvelope,
		})
		if err == nil {
			c.roles.note(g, hold)
			return nil
		}
		if refused(err) {
			return err
		}
		open = open || unanswered(err)
		e, ok := errors.AsType[*rest.Error](err)
		again := ok && e.Transient && try < c.tries
		done, listErr := c.settled(ctx, g, hold, err, !again)
		switch {
		case listErr != nil:
			return &UnknownOutcomeError{Grant: g, Err: err, ListErr: listErr}
		case done:
			c.roles.note(g, hold)
			return nil
		}
		if again && sleep(ctx, c.pause(try)) == nil {
			continue
		}
		if open {
			return &UnknownOutcomeError{Grant: g, Err: err}
		}
		return err
	}
}

// unanswered tells that the service did not say what became of a request that it may have got: there was no answer, or not
// the whole of it.
func unanswered(err error) bool {
	e, ok := errors.AsType[*rest.Error](err)
	return ok && !e.Unsent && (e.Status == 0 || e.Status == http.StatusGatewayTimeout || e.Status < 300 && e.Transient)
}

// settled tells whether a write that failed has come about all the same, or had come about before. With patience it looks as
// often as a listing may lag behind.
func (c *Client) settled(ctx context.Context, g Grant, hold bool, failure error, patient bool) (bool, error) {
	for try := 0; ; try++ {
		listed, err := c.roles.fresh(ctx)
		if err != nil {
			return false, err
		}
		if _, held := listed.grants[g.Key()]; held == hold {
			return true, nil
		}
		// A failure without a name may mean that there was nothing to do, and the listing may lag behind.
		if resultOf(failure) == Success && !patient || definite[resultOf(failure)] || try == len(c.settle)-1 {
			return false, nil
		}
		if err := sleep(ctx, c.settle[try]); err != nil {
			return false, err
		}
	}
}

// definite are results that can't mean that there was nothing to do.
var definite = map[Result]bool{ApplicationNotFound: true, InvalidParameters: true, RemoteIdentityRequired: true}

// pause is the wait before the next try, from 0.
func (c *Client) pause(try int) time.Duration {
	d := min(c.wait<<min(try, 10), time.Minute)
	return d + rand.N(d/4+1)
}
