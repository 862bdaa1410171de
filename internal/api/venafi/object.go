// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/rest"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/shared"
)

// object is an application, a rule or a JWT mapping as the server sent it. An update replaces all
// of it, so what this client does not know goes back as it came.
type object map[string]json.RawMessage

// with returns a copy in which fields have other values, under the spelling that the server uses
// for their names, and in which some are missing.
func (o object) with(fields map[string]any, without ...string) object {
	spelled := make(map[string]string, len(o))
	out := make(object, len(o)+len(fields))
	for name, value := range o {
		spelled[strings.ToLower(name)] = name
		out[name] = value
	}
	for _, name := range without {
		delete(out, spelled[strings.ToLower(name)])
	}
	for name, value := range fields {
		if own := spelled[strings.ToLower(name)]; own != "" {
			name = own
		}
		raw, err := json.Marshal(value)
		if err != nil {
			panic(err) // texts, numbers and bools
		}
		out[name] = raw
	}
	return out
}

// oauthCall sends one call of /vedsdk/oauth. A write is repeated only where it surely did nothing.
// decode is given the body of an answer whose envelope tells of success; nil wants nothing more.
func (c *Client) oauthCall(ctx context.Context, kind rest.Kind, operation string, body any, decode func([]byte) error) error {
	request := rest.Request{
		Operation: operation, Method: http.MethodPost, Path: "/vedsdk/oauth/" + strings.ToLower(operation), Body: body, Kind: kind,
		MaxBodyBytes: maxListing,
		Decode:       decodeAnswer(decode),
	}
	if kind == rest.Write {
		request.Repeat, request.Grace = rest.RepeatUnsent, writeGrace
	}
	return c.call(ctx, c.api, request)
}

// OutcomeError is a write of which nobody knows whether it was done.
type OutcomeError struct {
	// What was done, such as deleting the rule of somebody on an application.
	What string
	// Err is what went wrong, LookErr why it could not be looked up, nil where the server may act
	// on the request later.
	Err, LookErr error
}

// Error says both.
func (e *OutcomeError) Error() string {
	if e.LookErr != nil {
		return fmt.Sprintf("%s: %v. Whether the server did it could not be looked up: %v", e.What, e.Err, e.LookErr)
	}
	return fmt.Sprintf("%s: the server did not answer, and may act on it yet: %v", e.What, e.Err)
}

// Unwrap gives both.
func (e *OutcomeError) Unwrap() []error { return []error{e.Err, e.LookErr} }

// Uncertain tells that nobody knows whether a write was done.
func Uncertain(err error) bool {
	_, ok := errors.AsType[*OutcomeError](err)
	return ok
}

// HasResult tells whether the server answered one of these results.
func HasResult(err error, results ...Result) bool {
	answered, ok := errors.AsType[*ResultError](err)
	if !ok {
		return false
	}
	for _, result := range results {
		if answered.Result == result {
			return true
		}
	}
	return false
}

// persist writes until done says that it has come about. done is asked only after a failure, and
// looks afresh. Where it says that another client has made what was to be made, that is the error.
func (c *Client) persist(ctx context.Context, what string, write func() error, done func(context.Context) (bool, error)) error {
	open := false // some try was never answered, so that the server may act on it yet
	for try := 0; ; try++ {
		err := write()
		if err == nil || Refused(err) && !open {
			return err
		}
		open = open || rest.Unanswered(err)
		look, end := ctx, context.CancelFunc(func() {})
		if ctx.Err() != nil {
			look, end = context.WithTimeout(context.WithoutCancel(ctx), writeGrace)
		}
		ok, lookErr := done(look)
		end()
		switch {
		case HasResult(lookErr, ApplicationAlreadyExists, JwtMappingAlreadyExists):
			return lookErr
		case lookErr != nil:
			return &OutcomeError{What: what, Err: err, LookErr: lookErr}
		case ok:
			return nil
		}
		if e, isRest := errors.AsType[*rest.Error](err); isRest && e.Transient && !Refused(err) && try < c.tries && shared.Sleep(ctx, c.Pause(try)) == nil {
			continue
		}
		if open {
			return &OutcomeError{What: what, Err: err}
		}
		return err
	}
}
