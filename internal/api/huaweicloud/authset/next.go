// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package authset

import (
	"errors"
	"net/http"
	"slices"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/rest"
)

// next turns what remains after a round into what is worth sending in the next one. What the
// service took note of but did not do is not sent again, and neither is a request that it refused,
// unless the world has moved since. But where it refused a request that closes an application, the
// next round only closes it: the round after that sees what the application lists then.
func (r *run) next(remaining Deltas) Deltas {
	out := Deltas{grantPlatform: remaining.grantPlatform, revokePlatform: remaining.revokePlatform}
	due := make(map[string]Delta, len(remaining.Apps))
	for _, delta := range remaining.Apps {
		due[delta.App.ID] = delta
	}
	for _, delta := range remaining.Apps {
		done := r.log.acknowledged(delta.App.ID)
		delta.Revoke, _ = split(delta.Revoke, done.revoked.has)
		delta.Grant, _ = split(delta.Grant, done.granted.has)
		accounts := len(delta.Replace) + len(delta.Grant) + len(delta.Revoke)
		if delta.Flip && done.mode == delta.Mode && accounts == 0 {
			continue // another writer sets the mode back: two sets must not fight for ever
		}
		if refusal, ok := r.log.refusal(delta.App.ID); ok && !moved(refusal, due, r.out.Actual) {
			if !delta.Flip || delta.Mode != api.AssignUser || len(refusal.Users)+len(refusal.DelUsers) == 0 {
				continue
			}
			delta = Delta{App: delta.App, Mode: api.AssignUser, Flip: true}
			accounts = 0
		}
		if delta.Flip || accounts > 0 {
			out.Apps = append(out.Apps, delta)
		}
	}
	return out
}

// moved tells that a refused request would be another one now: an application of it is gone, or an
// account of it no longer has to change. due is what does.
func moved(refusal api.Assignment, due map[string]Delta, actual Actual) bool {
	for _, id := range refusal.AppIDs {
		if _, ok := actual[id]; !ok {
			return true
		}
		delta := due[id]
		for _, user := range refusal.Users {
			if !slices.Contains(delta.Grant, user.Handle()) {
				return true
			}
		}
		for _, user := range refusal.DelUsers {
			if h := user.Handle(); !slices.Contains(delta.Revoke, h) && !slices.Contains(delta.Replace, h) {
				return true
			}
		}
	}
	return false
}

// split parts handles into those of which something isn't true, and those of which it is.
func split(handles []api.Handle, is func(api.Handle) bool) (out, in []api.Handle) {
	for _, h := range handles {
		if is(h) {
			in = append(in, h)
		} else {
			out = append(out, h)
		}
	}
	return out, in
}

// refused tells that the service answered and turned the request down for what it said, so that
// another request may do better: not for who asks, how often, or because of a fault.
func refused(err error) bool {
	var e *rest.Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Status {
	case http.StatusBadRequest, http.StatusNotFound, http.StatusConflict:
		return true
	}
	return false
}

// refusedAtOnce tells that a request was refused and did nothing. One that failed before it was
// sent again may have been carried out then, in part or as a whole, and be refused for that.
func refusedAtOnce(err error) bool {
	e, ok := errors.AsType[*rest.Error](err)
	return ok && refused(err) && e.Attempts <= 1 && !rest.Unanswered(err)
}
