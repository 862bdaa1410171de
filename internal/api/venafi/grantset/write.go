// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package grantset

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/rest"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/shared"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/venafi"
)

// UnknownOutcomeError means that a grant or a revoke failed, and that it could not be found out
// whether the service acted on it all the same.
type UnknownOutcomeError struct {
	Grant venafi.Grant
	// Err is how the call failed, ListErr how the look at the roles after it failed.
	Err, ListErr error
}

// Error says both.
func (e *UnknownOutcomeError) Error() string {
	failed := strings.TrimSuffix(e.Err.Error(), ".") // a hint is a sentence
	if venafi.Uncertain(e.Err) {
		return failed // it says so itself
	}
	if e.ListErr == nil || errors.Is(e.ListErr, context.Canceled) {
		return failed + ". Whether the service acted on it all the same is not known"
	}
	return fmt.Sprintf("%s. Whether the service acted on it all the same could not be found out: %v", failed, e.ListErr)
}

// Unwrap gives both causes.
func (e *UnknownOutcomeError) Unwrap() []error { return []error{e.Err, e.ListErr} }

// hold makes sure that a grant is held, and tells whether it was already, by one of the keys under
// which the service may list it, and whether an attempt to grant it may be acted on late.
func (r *Run) hold(
	ctx context.Context, g venafi.Grant, keys []venafi.Key, grant func(context.Context, venafi.Grant) error,
) (adopted, late bool, err error) {
	if err := g.Check(); err != nil {
		return false, false, err
	}
	done, err := r.turns.Take(ctx, g.Key())
	if err != nil {
		return false, false, err
	}
	defer done()
	listed, err := r.listing.Get(ctx, 0)
	if err != nil {
		return false, false, err
	}
	for _, key := range keys {
		if _, held := r.knowledge.find(listed, key); held {
			return true, false, nil
		}
	}
	late, err = r.send(ctx, grant, g, true)
	return false, late, err
}

// errReserved means that another resource of this run wants a grant.
var errReserved = errors.New("another resource of this run wants the role to be held")

// drop makes sure that a grant is not held any more, unless another resource of this run has
// reserved it by now. Where the service refuses the spelling that it lists, it may want the user's.
func (r *Run) drop(ctx context.Context, g venafi.Grant, spelling string) error {
	if err := g.Check(); err != nil {
		return err
	}
	done, err := r.turns.Take(ctx, g.Key())
	if err != nil {
		return err
	}
	defer done()
	if r.reservations.Wanted(g.Key()) {
		return errReserved
	}
	r.knowledge.begin(g)
	_, err = r.send(ctx, r.revoke, g, false)
	if _, unknown := errors.AsType[*UnknownOutcomeError](err); err == nil || unknown || spelling == g.Grantee ||
		venafi.ResultOf(err) == venafi.Success || venafi.Refused(err) {
		return err
	}
	g.Grantee = spelling
	_, err = r.send(ctx, r.revoke, g, false)
	return err
}

// send sends a grant or a revoke until the grant is held, or isn't. The service has no code for
// "already granted", and its answer may get lost: after any failure, who holds what decides, and
// only what is found not to be done is sent again. An attempt that was never answered counts
// whatever the next one is answered: the service may act on it yet. late tells that it may even
// where another attempt has come about.
func (r *Run) send(ctx context.Context, call func(context.Context, venafi.Grant) error, g venafi.Grant, hold bool) (late bool, err error) {
	if r.application != "" { // the client itself looks at what became of a rule
		err = call(ctx, g)
		switch {
		case err == nil:
			r.knowledge.note(g, hold)
		case venafi.Uncertain(err):
			err = &UnknownOutcomeError{Grant: g, Err: err}
		}
		return false, err
	}
	tries, _ := r.client.Retries()
	open := 0 // attempts without an answer
	for try := 0; ; try++ {
		err := call(ctx, g)
		if err == nil {
			r.knowledge.note(g, hold)
			return open > 0, nil
		}
		refused := venafi.Refused(err)
		if refused && open == 0 {
			return false, err
		}
		if rest.Unanswered(err) {
			open++
		}
		e, ok := errors.AsType[*rest.Error](err)
		again := ok && e.Transient && !refused && try < tries
		done, listErr := r.cameAbout(ctx, g, hold, err, !again)
		switch {
		case listErr != nil:
			return false, &UnknownOutcomeError{Grant: g, Err: err, ListErr: listErr}
		case done:
			r.knowledge.note(g, hold)
			return open > 1, nil
		}
		if again && shared.Sleep(ctx, r.client.Pause(try)) == nil {
			continue
		}
		if open > 0 {
			err = &UnknownOutcomeError{Grant: g, Err: err}
		}
		return false, err
	}
}

// cameAbout tells whether a write that failed has come about all the same, or had come about
// before. With patience it looks as often as a listing may lag behind.
func (r *Run) cameAbout(ctx context.Context, g venafi.Grant, hold bool, failure error, patient bool) (bool, error) {
	for try := 0; ; try++ {
		listed, err := r.fresh(ctx)
		if err != nil {
			return false, err
		}
		_, held := listed.Find(g.Key())
		if held == hold {
			if !held && listed.Unread() != nil {
				return false, listed.Unread()
			}
			return true, nil
		}
		// A failure without a name may mean that there was nothing to do, and the listing may lag
		// behind.
		result := venafi.ResultOf(failure)
		if result == venafi.Success && !patient || definite[result] || try == len(r.settle)-1 {
			return false, nil
		}
		if err := shared.Sleep(ctx, r.settle[try]); err != nil {
			return false, err
		}
	}
}

// definite are results that can't mean that there was nothing to do.
var definite = map[venafi.Result]bool{venafi.ApplicationNotFound: true, venafi.InvalidParameters: true, venafi.RemoteIdentityRequired: true}
