// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/rest"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/shared"
)

// writeGrace lets a write that is under way when a run is interrupted still end, so that its
// outcome is known. Terraform gives a provider a few seconds, and people expect less than one.
const writeGrace = 800 * time.Millisecond

// assignRequest is the vendor's BatchAssignAppAuthorizationsReq.
type assignRequest struct {
	AppIDs            []string          `json:"app_ids"`
	AuthorizationType AuthorizationType `json:"authorization_type"`
	Users             []assignAccount   `json:"users,omitempty"`
	DelUsers          []assignAccount   `json:"del_users,omitempty"`
}

type assignAccount struct {
	Account      string       `json:"account"`
	Domain       string       `json:"domain,omitempty"`
	AccountType  AccountType  `json:"account_type"`
	PlatformType PlatformType `json:"platform_type,omitempty"`
}

// AssignAuthorizations sends one request (vendor page BatchUpdateAppAuthorizations). It refuses to
// send what breaks the documented limits. Success means that the service took the request, not that
// it did all of it: read back. After an error, unless it is Unsent, any part of it may have been
// done. Requests about one application, and listings of its accounts, go one after the other, and
// what was listed before the end of the request is forgotten.
func (c *Client) AssignAuthorizations(ctx context.Context, a Assignment) error {
	if err := a.check(); err != nil {
		return unsentError(opBatchUpdate, err)
	}
	unlock, err := shared.TakeAll(ctx, &c.turns, a.AppIDs)
	if err != nil {
		return unsentError(opBatchUpdate, fmt.Errorf("stopped before it was sent: %w", err))
	}
	defer unlock()
	if a.Allow != nil {
		if err := a.Allow(); err != nil {
			return unsentError(opBatchUpdate, err)
		}
	}
	defer c.Forget(a.AppIDs)
	err = c.Send(ctx, rest.Request{
		Operation: opBatchUpdate, Method: http.MethodPost, Kind: rest.Write, Repeat: rest.RepeatSafe, Grace: writeGrace,
		Body: assignRequest{
			AppIDs: a.AppIDs, AuthorizationType: a.AuthorizationType, Users: accountsOnWire(a.Users), DelUsers: accountsOnWire(a.DelUsers),
		},
		Decode: decodeAssigned, MaxBodyBytes: 1 << 20,
	}, "apps", "actions", "batch-assign-authorization")
	if a.Done != nil {
		a.Done(err)
	}
	return err
}

func accountsOnWire(list []Authorization) []assignAccount {
	out := make([]assignAccount, len(list))
	for i, a := range list {
		out[i] = assignAccount{Account: a.Name, Domain: a.Domain, AccountType: a.Type, PlatformType: a.PlatformType}
	}
	return out
}

// decodeAssigned reads the answer to a write, which is empty. Whatever else it may be in future, a
// page for people shows that the service was not reached.
func decodeAssigned(_ int, _ http.Header, body io.Reader) error {
	return rest.WithBody(body, func(b []byte) error {
		if len(bytes.TrimSpace(b)) == 0 {
			return nil
		}
		var answer struct {
			Code    string `json:"error_code"`
			Message string `json:"error_msg"`
		}
		if err := rest.UnmarshalJSON(b, &answer); err != nil {
			if e, ok := errors.AsType[*rest.Error](err); ok && !e.Transient {
				return nil // JSON of another shape says nothing against success
			}
			return err
		}
		if answer.Code != "" {
			return &rest.Error{Code: answer.Code, Message: answer.Message}
		}
		return nil
	})
}

// check refuses what the vendor's page excludes.
func (a Assignment) check() error {
	if n := len(a.AppIDs); n == 0 || n > MaxAppsPerRequest {
		return fmt.Errorf("app_ids must have 1 to %d entries, not %d", MaxAppsPerRequest, n)
	}
	for i, id := range a.AppIDs {
		if err := checkSegment("an application id", id); err != nil {
			return err
		}
		if slices.Contains(a.AppIDs[:i], id) {
			return fmt.Errorf("application %s stands twice in app_ids", id)
		}
	}
	if a.AuthorizationType != AllUser && a.AuthorizationType != AssignUser {
		return fmt.Errorf("authorization_type must be %s or %s, not %q", AllUser, AssignUser, a.AuthorizationType)
	}
	seen := make(map[Handle]string, len(a.Users)+len(a.DelUsers))
	for _, list := range []struct {
		name     string
		accounts []Authorization
		check    func(Authorization) error
	}{{"users", a.Users, Authorization.checkGrant}, {"del_users", a.DelUsers, Authorization.check}} {
		if n := len(list.accounts); n > MaxAccountsPerRequest {
			return fmt.Errorf("%s must have at most %d entries, not %d", list.name, MaxAccountsPerRequest, n)
		}
		for _, account := range list.accounts {
			if err := list.check(account); err != nil {
				return fmt.Errorf("%s: %w", list.name, err)
			}
			h := account.Handle()
			if other := seen[h]; other != "" {
				return fmt.Errorf("%s: %s stands in %s already", list.name, h.Value(), other)
			}
			seen[h] = list.name
		}
	}
	return nil
}

// check refuses an account that no request can name. What the service lists, in types that nobody
// documented, can be revoked as it is listed.
func (a Authorization) check() error {
	switch {
	case a.Name == "" || utf8.RuneCountInString(a.Name) > MaxAccountLength:
		return fmt.Errorf("an account must have 1 to %d characters: %q", MaxAccountLength, a.Name)
	case utf8.RuneCountInString(a.Domain) > MaxDomainLength:
		return fmt.Errorf("the domain of %s must have at most %d characters", a.Account, MaxDomainLength)
	case a.Type == "":
		return fmt.Errorf("%s: account_type must be set", a.Account)
	}
	return nil
}

// checkGrant is check for an account that is to be granted something.
func (a Authorization) checkGrant() error {
	switch {
	case a.Type != Simple && a.Type != UserGroup:
		return fmt.Errorf("%s: account_type must be %s or %s, not %q", a.Account, Simple, UserGroup, a.Type)
	case a.PlatformType != "" && a.PlatformType != AD && a.PlatformType != Local:
		return fmt.Errorf("%s: platform_type must be %s or %s, not %q", a.Account, AD, Local, a.PlatformType)
	}
	return a.check()
}

// Settled waits until what was under way on the applications has ended.
func (c *Client) Settled(ctx context.Context, appIDs []string) error {
	for _, id := range appIDs {
		unlock, err := c.turns.Take(ctx, id)
		if err != nil {
			return err
		}
		unlock()
	}
	return nil
}
