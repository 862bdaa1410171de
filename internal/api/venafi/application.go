// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/rest"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/shared"
)

// Application is an API integration: what a client ID stands for (vendor page "POST
// OAuth/CreateApplication").
type Application struct {
	// ID is the client ID.
	ID, Name, Description, Vendor, URL string
	// Scope is what a token has at least, MaximumScope what it may have at most.
	Scope, MaximumScope string
	// Validities in seconds; nil where the server names none.
	AccessValidity, GrantValidity, UnusedExpiration *int64
	Renewable                                       *bool
	// GrantCount is the number of live grants, UserCount of the people who have one; nil where the
	// server doesn't say.
	GrantCount, UserCount *int64

	all object
}

func newApplication(all object, raw json.RawMessage) (Application, bool) {
	var wire struct {
		ID, Name, Description, Vendor, URL, Scope, MaximumScope                rest.Text
		AccessValidity, GrantValidity, UnusedExpiration, GrantCount, UserCount rest.Number
		Renewable                                                              flag
	}
	if json.Unmarshal(raw, &wire) != nil || wire.ID == "" {
		return Application{}, false
	}
	a := Application{
		ID: string(wire.ID), Name: string(wire.Name), Description: string(wire.Description), Vendor: string(wire.Vendor), URL: string(wire.URL),
		Scope: string(wire.Scope), MaximumScope: string(wire.MaximumScope), AccessValidity: seconds(wire.AccessValidity),
		GrantValidity: seconds(wire.GrantValidity), UnusedExpiration: seconds(wire.UnusedExpiration), Renewable: wire.Renewable.value, all: all,
	}
	if n, ok := wire.GrantCount.Int(); ok {
		a.GrantCount = &n
	}
	if n, ok := wire.UserCount.Int(); ok {
		a.UserCount = &n
	}
	return a, true
}

// fields are what an update sends besides what the server has sent.
func (a Application) fields() map[string]any {
	fields := map[string]any{
		"ID": a.ID, "Name": a.Name, "Description": a.Description, "Vendor": a.Vendor, "Url": a.URL, "Scope": bareScope(a.Scope),
		"MaximumScope": bareScope(a.MaximumScope),
	}
	addValidities(fields, a.AccessValidity, a.GrantValidity, a.Renewable)
	if a.UnusedExpiration != nil {
		fields["UnusedExpiration"] = *a.UnusedExpiration
	}
	return fields
}

// addValidities leaves out what is nil: then an update keeps what the server has sent, and a create
// takes its default.
func addValidities(fields map[string]any, access, grant *int64, renewable *bool) {
	if access != nil {
		fields["AccessValidity"] = *access
	}
	if grant != nil {
		fields["GrantValidity"] = *grant
	}
	if renewable != nil {
		fields["Renewable"] = *renewable
	}
}

// ErrNoID is an empty ID. Nothing was sent: a call with an empty ID may be about everything.
var ErrNoID = errors.New("an ID is empty")

func needID(ids ...string) error {
	if slices.Contains(ids, "") {
		return ErrNoID
	}
	return nil
}

// Application reads one application. HasResult(err, ApplicationNotFound) tells that there is none.
func (c *Client) Application(ctx context.Context, id string) (Application, error) {
	var found Application
	if err := needID(id); err != nil {
		return found, err
	}
	err := c.oauthCall(ctx, rest.Read, "GetApplication", map[string]string{"ApplicationId": id}, func(b []byte) error {
		// Pages and the OpenAPI disagree about the key.
		var answer struct{ Application, Applications json.RawMessage }
		if err := json.Unmarshal(b, &answer); err != nil {
			return rest.JSONError(b, err)
		}
		one, err := single("application", answer.Application, newApplication)
		all := []Application{one}
		if err != nil {
			if all, err = elements("application", answer.Applications, newApplication); err != nil {
				return err
			}
		}
		at := slices.IndexFunc(all, func(a Application) bool { return a.ID == id })
		if at < 0 {
			return &rest.Error{Message: fmt.Sprintf("did not answer the application %q", id), Err: errShape}
		}
		found = all[at]
		return nil
	})
	return found, err
}

// CreateApplication makes an application. What is nil is the server's default; UnusedExpiration can
// be set by an update only.
func (c *Client) CreateApplication(ctx context.Context, a Application) error {
	if err := needID(a.ID); err != nil {
		return err
	}
	a.UnusedExpiration = nil
	fields := a.fields()
	delete(fields, "ID")
	fields["ApplicationId"] = a.ID
	return c.persist(ctx, fmt.Sprintf("writing the application %q", a.ID), func() error {
		return c.oauthCall(ctx, rest.Write, "CreateApplication", fields, nil)
	}, func(ctx context.Context) (bool, error) {
		return c.isApplication(ctx, a, &ResultError{ApplicationAlreadyExists})
	})
}

// isApplication tells whether the server has an application as it is wanted. One that says
// something else is the error other.
func (c *Client) isApplication(ctx context.Context, wanted Application, other error) (bool, error) {
	got, err := c.Application(ctx, wanted.ID)
	switch {
	case HasResult(err, ApplicationNotFound):
		return false, nil
	case err == nil && !got.Like(wanted):
		return false, other
	}
	return err == nil, err
}

// Like tells whether the server has what is wanted; nil wants nothing, and scopes are compared as
// sets.
func (a Application) Like(wanted Application) bool {
	return a.Name == wanted.Name && a.Description == wanted.Description && a.Vendor == wanted.Vendor && a.URL == wanted.URL &&
		SameScope(a.Scope, wanted.Scope) && SameScope(a.MaximumScope, wanted.MaximumScope) && meets(a.AccessValidity, wanted.AccessValidity) &&
		meets(a.GrantValidity, wanted.GrantValidity) && meets(a.UnusedExpiration, wanted.UnusedExpiration) && meets(a.Renewable, wanted.Renewable)
}

// meets tells whether a value is the wanted one, if any is wanted.
func meets[T comparable](got, wanted *T) bool {
	return wanted == nil || got != nil && *got == *wanted
}

// UpdateApplication replaces an application that Application has read, and which the caller has
// changed.
func (c *Client) UpdateApplication(ctx context.Context, a Application) error {
	if err := needID(a.ID); err != nil {
		return err
	}
	body := map[string]any{"Application": a.all.with(a.fields(), "GrantCount", "UserCount")}
	return c.persist(ctx, fmt.Sprintf("writing the application %q", a.ID), func() error {
		return c.oauthCall(ctx, rest.Write, "UpdateApplication", body, nil)
	}, func(ctx context.Context) (bool, error) { return c.isApplication(ctx, a, nil) })
}

// DeleteApplication deletes an application. One that is gone is no error.
func (c *Client) DeleteApplication(ctx context.Context, id string) error {
	if err := needID(id); err != nil {
		return err
	}
	return c.persist(ctx, fmt.Sprintf("deleting the application %q", id), func() error {
		return c.oauthCall(ctx, rest.Write, "DeleteApplication", map[string]string{"ApplicationId": id}, nil)
	}, func(ctx context.Context) (bool, error) {
		_, err := c.Application(ctx, id)
		if HasResult(err, ApplicationNotFound) {
			return true, nil
		}
		return false, err
	})
}

// firstPage is how many applications or mappings are asked for at first.
const firstPage = 10000

// Applications reads all applications that the caller may see, in the order of their IDs.
func (c *Client) Applications(ctx context.Context) ([]Application, error) {
	return everything(ctx, func(ctx context.Context, count int) ([]Application, error) {
		var all []Application
		err := c.oauthCall(ctx, rest.Read, "EnumerateApplications", map[string]any{"Start": 0, "Count": count}, func(b []byte) error {
			var answer struct{ Applications, Application json.RawMessage }
			err := json.Unmarshal(b, &answer)
			if err != nil {
				return rest.JSONError(b, err)
			}
			all, err = elements("application", slices.Concat(answer.Applications, answer.Application), newApplication)
			return err
		})
		return all, err
	}, func(a Application) string { return a.ID })
}

// everything asks for more until an answer is shorter than it may be: what Start means is not
// known, so it stays 0.
func everything[T any](ctx context.Context, read func(context.Context, int) ([]T, error), key func(T) string) ([]T, error) {
	for count := firstPage; ; count *= 10 {
		all, err := read(ctx, count)
		if err != nil {
			return nil, err
		}
		if len(all) >= count {
			if count > 1000*firstPage {
				return nil, fmt.Errorf("%s: the server answers more than %d of a kind", serviceName, count)
			}
			continue
		}
		slices.SortFunc(all, func(a, b T) int { return cmp.Compare(key(a), key(b)) })
		return slices.CompactFunc(all, func(a, b T) bool { return key(a) == key(b) }), nil
	}
}

// oauthReadings are what all resources of a run share of applications, rules, mappings and grants.
// The zero value is ready.
type oauthReadings struct {
	rules    shared.Readings[string, []Rule]
	live     shared.Readings[string, []LiveGrant]
	mappings shared.Readings[string, []JwtMapping]
	written  sync.Map // the moment of the last write of a rule, by application
}
