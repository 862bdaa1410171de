// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package authset

import (
	"context"
	"errors"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud"
)

// Progress counts the work of one apply. It may be read at any time.
type Progress struct {
	// Requests counts what is sent, Granted and Revoked the accounts in it, once for each
	// application.
	Requests, Granted, Revoked Count
	// Wrote, when given, is called after each request that the service said yes to.
	Wrote func()
}

// Count is how much is done, of what is due so far.
type Count struct{ Done, Due atomic.Int64 }

// due adds what some groups of requests are going to do.
func (p *Progress) due(groups []Group) {
	if p == nil {
		return
	}
	for _, g := range groups {
		p.Requests.Due.Add(int64(g.Len()))
		p.Granted.Due.Add(int64(len(g.grant) * len(g.apps)))
		p.Revoked.Due.Add(int64(len(g.revoke) * len(g.apps)))
	}
}

// did adds a request that the service said yes to.
func (p *Progress) did(a api.Assignment) {
	if p == nil {
		return
	}
	p.Requests.Done.Add(1)
	p.Granted.Done.Add(int64(len(a.Users) * len(a.AppIDs)))
	p.Revoked.Done.Add(int64(len(a.DelUsers) * len(a.AppIDs)))
	if p.Wrote != nil {
		p.Wrote()
	}
}

// send sends the deltas, phase by phase. It stops at the first error; requests in flight are waited
// for.
func (r *run) send(ctx context.Context, deltas Deltas) error {
	phases := deltas.Phases()
	for _, phase := range phases {
		r.Progress.due(phase)
	}
	for _, phase := range phases {
		var stop atomic.Bool
		var group errgroup.Group
		group.SetLimit(concurrency)
		for _, g := range phase {
			group.Go(func() error {
				for i := range g.Len() {
					if stop.Load() || ctx.Err() != nil {
						return nil //nolint:nilerr // apply looks at ctx itself
					}
					if err := r.sendOne(ctx, g, i); err != nil {
						stop.Store(true)
						return err
					}
				}
				return nil
			})
		}
		if err := group.Wait(); err != nil || ctx.Err() != nil {
			return err
		}
	}
	return nil
}

// sendOne sends a request of a group, unless another resource has reserved what it would take away.
func (r *run) sendOne(ctx context.Context, g Group, i int) error {
	a := g.Request(i)
	a.Allow = func() error { return r.reservation.allow(a, g.apps) }
	err := r.w.AssignAuthorizations(ctx, a)
	if errors.Is(err, ErrReserved) {
		r.heldBack.Store(true)
		return nil
	}
	a.Allow = nil
	r.log.add(a, err)
	if err == nil {
		r.Progress.did(a)
	}
	return err
}
