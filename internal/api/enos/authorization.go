// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package enos

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/rest"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/shared"
)

// portal is the newest version of the application portal that the pages know.
const portal = "/app-portal-service/v2.3"

// AppAuthorization returns the data authorize types of an application, sorted and without
// duplicates (vendor page "Get Application Authorization"). appID is the application's access key.
// It is asked once in a run, until SetAppAuthorization changes it. The error is ErrAppNotFound or
// ErrShortcut (errors.Is) where that is the reason.
//
// Whether the service leaves the list out when nothing is granted is not known. So an answer
// without a list is an empty one only where no types are expected; where some are, it is an error,
// not the end of them.
func (c *Client) AppAuthorization(ctx context.Context, orgID, appID string, expected ...string) ([]string, error) {
	listed, err := c.authorization(orgID, appID).Latest(ctx)
	if err == nil && !listed.present && len(expected) > 0 {
		return nil, &rest.Error{
			Service: serviceName, Operation: "GetApplicationAuthorization", Status: http.StatusOK, Message: "answered without dataAuthorizeType",
			Hint: "The application had " + strings.Join(expected, ", ") + ". Look at it in Application Portal > Admin Console > Application Management > " +
				"API Authorization, and report what you see there.",
		}
	}
	return slices.Clone(listed.types), err
}

// listing is what the service listed of one application. present tells that there was a list.
type listing struct {
	types   []string
	present bool
}

func (c *Client) authorization(orgID, appID string) *shared.Reading[listing] {
	return c.authorizations.Of(appKey{orgID, appID}, func(ctx context.Context) (listing, error) {
		var data struct {
			DataAuthorizeType typeNames `json:"dataAuthorizeType"`
		}
		err := c.call(ctx, rest.Request{
			Operation: "GetApplicationAuthorization",
			Path:      portal + "/app/authorization/info",
			Query:     url.Values{"orgId": {orgID}, "appId": {appID}},
			Header:    contentType,
			Decode:    decode(&data),
		})
		if err != nil {
			return listing{}, c.explain(ctx, orgID, appID, err)
		}
		return listing{types: normalize(data.DataAuthorizeType), present: data.DataAuthorizeType != nil}, nil
	})
}

// typeNames is a list of types. One that is no text is an error: it may be a type that the
// application has.
type typeNames []string

// UnmarshalJSON leaves the list nil for null.
func (n *typeNames) UnmarshalJSON(b []byte) error {
	var raw []json.RawMessage
	if err := json.Unmarshal(b, &raw); err != nil || raw == nil {
		return err
	}
	*n = make(typeNames, len(raw))
	for i, element := range raw {
		if err := json.Unmarshal(element, &(*n)[i]); err != nil || (*n)[i] == "" {
			return fmt.Errorf("dataAuthorizeType holds %.80q, which is no name of a type", element)
		}
	}
	return nil
}

// SetAppAuthorization replaces the data authorize types of an application by the given ones; none
// takes all away (vendor page "Update Application Authorization"). It reads back what the service
// lists then, waiting a few seconds for it, and returns a *DifferenceError when that is something
// else. Writes of one application don't interleave.
func (c *Client) SetAppAuthorization(ctx context.Context, orgID, appID string, types []string) error {
	wanted := normalize(types)
	body, err := json.Marshal(struct {
		AppID             string   `json:"appId"`
		DataAuthorizeType []string `json:"dataAuthorizeType"`
	}{appID, wanted})
	if err != nil {
		return err
	}
	reading := c.authorization(orgID, appID)
	unlock, err := c.writes.Take(ctx, appKey{orgID, appID})
	if err != nil {
		return err
	}
	defer unlock()
	// Also after a failure: the service may have acted on it.
	defer reading.Forget()
	var done bool
	err = c.call(ctx, rest.Request{
		Operation: "UpdateApplicationAuthorization",
		Method:    http.MethodPost,
		Path:      portal + "/app/authorization/set",
		Query:     url.Values{"orgId": {orgID}},
		Header:    contentType,
		Body:      body,
		Kind:      rest.Write,
		Grace:     writeGrace,
		Decode:    decode(&done),
	})
	if err != nil {
		return c.explain(ctx, orgID, appID, err)
	}
	if !done {
		return &rest.Error{
			Service:   serviceName,
			Operation: "UpdateApplicationAuthorization",
			Status:    http.StatusOK,
			Message:   "the service answered that the update failed (data is not true), without a reason",
			Hint:      "Look at the application in Application Portal > Admin Console > Application Management > API Authorization.",
		}
	}
	return c.readBack(ctx, orgID, appID, wanted, reading)
}

// readBack waits until the service lists what was wanted.
func (c *Client) readBack(ctx context.Context, orgID, appID string, wanted []string, reading *shared.Reading[listing]) error {
	listed, err := c.await(ctx, wanted, reading)
	switch {
	case err != nil:
		return &UnconfirmedError{Err: err}
	case !slices.Equal(listed, wanted):
		return &DifferenceError{OrgID: orgID, AppID: appID, Missing: without(wanted, listed), Extra: without(listed, wanted)}
	}
	return nil
}

// AwaitAppAuthorization reads the data authorize types of an application until they are those that
// are wanted, for a few seconds at most, and returns what was listed last: after a write whose
// answer got lost, a list that is late would tell a lie.
func (c *Client) AwaitAppAuthorization(ctx context.Context, orgID, appID string, wanted []string) ([]string, error) {
	return c.await(ctx, normalize(wanted), c.authorization(orgID, appID))
}

func (c *Client) await(ctx context.Context, wanted []string, reading *shared.Reading[listing]) ([]string, error) {
	for try := 0; ; try++ {
		reading.Forget()
		listed, err := reading.Latest(ctx)
		if err != nil || slices.Equal(listed.types, wanted) || try == len(c.settle) {
			return slices.Clone(listed.types), err
		}
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-time.After(c.settle[try]):
		}
	}
}

// UnconfirmedError means that the service accepted a write, but could not be asked what it lists
// now.
type UnconfirmedError struct{ Err error }

// Error says so.
func (e *UnconfirmedError) Error() string {
	return fmt.Sprintf("the service accepted the change, but it could not be read back: %v", e.Err)
}

// Unwrap gives the cause.
func (e *UnconfirmedError) Unwrap() error { return e.Err }

// explain finds out what 31400 means, which is one code for an application that is gone, for a
// shortcut and for bad parameters.
func (c *Client) explain(ctx context.Context, orgID, appID string, err error) error {
	switch codeOf(err) {
	case codeNotExist:
		return &AppError{OrgID: orgID, AppID: appID, Reason: ErrAppNotFound, Err: err}
	case codeInvalid:
		reading := c.app(orgID, appID)
		reading.Forget()
		app, appErr := reading.Latest(ctx)
		switch {
		case errors.Is(appErr, ErrAppNotFound):
			return appErr
		case appErr == nil && app.CreatedType == Shortcut:
			return &AppError{OrgID: orgID, AppID: appID, Reason: ErrShortcut, Err: withoutHint(err)}
		}
	}
	return err
}

// normalize sorts, drops duplicates, and writes the documented types as they are documented. It
// never returns nil, which would be sent as null.
func normalize(types []string) []string {
	sorted := make([]string, 0, len(types))
	for _, t := range types {
		if t != "" {
			sorted = append(sorted, canonical(t))
		}
	}
	slices.Sort(sorted)
	return slices.Compact(sorted)
}

// without returns the elements of a that b lacks. Both are sorted.
func without(a, b []string) []string {
	var rest []string
	for _, t := range a {
		if _, found := slices.BinarySearch(b, t); !found {
			rest = append(rest, t)
		}
	}
	return rest
}
