// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package authset

import (
	"context"
	"fmt"
	"slices"
	"time"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/rest"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/shared"
)

// undo is what takes back a create that has failed: whom it asked the service to grant and who had
// nothing before, and the mode of an application that it has opened. The service may list an
// account later than it says yes, so that all who were asked for are revoked, listed or not.
func (r Reconciliation) undo(out Outcome, before Actual) *Deltas {
	d := Deltas{revokePlatform: api.Accounts{}}
	for _, id := range slices.Sorted(slices.Values(r.Wanted.AppIDs)) {
		if !out.Touched[id] {
			continue
		}
		was, is := before[id], out.Actual[id]
		delta := Delta{App: is.App, Mode: api.AssignUser, Flip: is.open() && !was.open()}
		delta.App.ID = id
		if is.open() && !delta.Flip {
			continue // it was open before, and revoking would close it
		}
		for _, h := range sortedHandles(r.Wanted.Accounts) {
			if _, had := r.Wanted.Spelled.row(h, was.Accounts); !had {
				row, listed := out.Spelled.row(h, is.Accounts)
				if !listed && len(lookAlikes(map[api.Handle]bool{h: true}, was.Accounts)) > 0 {
					continue // the service may take it for who was there before
				}
				row = inRequest(row, h)
				delta.Revoke = append(delta.Revoke, row)
				d.revokePlatform[row] = r.Wanted.Accounts[h]
			}
		}
		if delta.Flip || len(delta.Revoke) > 0 {
			d.Apps = append(d.Apps, delta)
		}
	}
	return &d
}

// Undo takes back what a failed create has done, but for what other resources of the run want. A
// service that knows an account no more than it did when it was to be granted may refuse to revoke
// it: what counts is what it lists afterwards, and lag is how long a list may lag behind.
func Undo(ctx context.Context, w Workspace, deltas Deltas, reservations *Reservations, lag time.Duration) error {
	ctx = rest.WithQueue(ctx)
	reservation, err := reservations.reserve(ctx, w, Set{}, Set{})
	if err != nil {
		return err
	}
	r := &run{w: w, reservation: reservation, log: newRequestLog(deltas, nil, Set{}, nil)}
	sendErr := r.send(ctx, deltas)
	left, err := r.undone(ctx, deltas)
	for _, pause := range pauses(lag) {
		if err != nil || sendErr != nil || left.Empty() {
			break
		}
		if err = shared.Sleep(ctx, pause); err == nil {
			left, err = r.undone(ctx, deltas)
		}
	}
	switch {
	case err != nil:
		return fmt.Errorf("what was granted could not be read: %w", err)
	case left.Empty():
		return nil
	case sendErr == nil:
		return fmt.Errorf("the service said yes, and still grants %s", shared.Counted(left.Revocations(), "authorization"))
	case !refused(sendErr):
		return fmt.Errorf("%s could not be revoked: %w", shared.Counted(left.Revocations(), "authorization"), sendErr)
	}
	return r.send(ctx, left) // without those whom the service refuses to hear of
}

// undone looks how much of an undo is left to do.
func (r *run) undone(ctx context.Context, deltas Deltas) (Deltas, error) {
	left := Deltas{revokePlatform: deltas.revokePlatform}
	ids := make([]string, len(deltas.Apps))
	for i, delta := range deltas.Apps {
		ids[i] = delta.App.ID
	}
	r.w.Forget(ids)
	actual, err := ObserveAll(ctx, r.w, ids)
	for _, delta := range deltas.Apps {
		status, ok := actual[delta.App.ID]
		if !ok {
			continue
		}
		delta.Flip = status.open()
		maybe := r.unproven(delta, status)
		delta.Revoke = slices.DeleteFunc(slices.Clone(delta.Revoke), func(h api.Handle) bool {
			_, there := status.Accounts[h]
			return !there && !maybe[h]
		})
		if !delta.empty() {
			left.Apps = append(left.Apps, delta)
		}
	}
	left, _ = left.Without(r.reservation.reserved)
	return left, err
}

// unproven are the accounts that no request has revoked for sure, and that the application may list
// in another spelling.
func (r *run) unproven(delta Delta, status Status) map[api.Handle]bool {
	revoked, maybe := r.log.acknowledged(delta.App.ID).revoked, map[api.Handle]bool{}
	for _, h := range delta.Revoke {
		if _, there := status.Accounts[h]; !there && !revoked[h] {
			maybe[h] = true
		}
	}
	return alike(maybe, status.Accounts, Set{})
}
