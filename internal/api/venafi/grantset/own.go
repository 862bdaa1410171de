// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package grantset

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/venafi"
)

// ErrOwnIdentity means that a grant carries a role of the identity that the client is logged in as.
var ErrOwnIdentity = errors.New("the role belongs to the identity that the provider is logged in as")

// OwnGrantError names the grant that ErrOwnIdentity is about.
type OwnGrantError struct {
	Grant venafi.Grant
	// Group tells that the identity has the role through a group, or may have it so.
	Group bool
}

// Error names it.
func (e *OwnGrantError) Error() string { return fmt.Sprintf("%s: %v", e.Grant, ErrOwnIdentity) }

// Unwrap returns ErrOwnIdentity.
func (e *OwnGrantError) Unwrap() error { return ErrOwnIdentity }

// CheckOwn refuses to revoke grants of the identity that the client is logged in as:
// an *OwnGrantError. It lists nothing.
func (r *Run) CheckOwn(ctx context.Context, revoke []venafi.Grant) error {
	if len(revoke) == 0 {
		return nil
	}
	self, err := r.client.WhoAmI(ctx)
	if err != nil {
		return fmt.Errorf("it could not be found out whether a role that would be revoked belongs to the identity that the provider is logged in as: %w", err)
	}
	at := slices.IndexFunc(revoke, func(g venafi.Grant) bool { return venafi.SameGrantee(self, g.Grantee) })
	if at >= 0 {
		return &OwnGrantError{Grant: revoke[at]}
	}
	return nil
}

// GuardOwn is what Apply looks at before it sends anything.
func (r *Run) GuardOwn(ctx context.Context, revoke []venafi.Grant) error {
	_, _, err := r.guardOwn(ctx, revoke)
	return err
}

// guardOwn refuses to revoke what the identity that the client is logged in as needs: its own
// grants, and the last grant of a group through which it has its role. Where the server doesn't
// tell which grant carries the role, it returns those that may: they are to be revoked last, and
// whether other grantees are left that may carry it.
func (r *Run) guardOwn(ctx context.Context, revoke []venafi.Grant) (last []venafi.Grant, left bool, err error) {
	if len(revoke) == 0 || r.application != "" {
		return nil, false, nil
	}
	if err := r.CheckOwn(ctx, revoke); err != nil {
		return nil, false, err
	}
	self, err := r.client.WhoAmI(ctx)
	if err != nil {
		return nil, false, err
	}
	listed, err := r.listing.Get(ctx, 0)
	if err != nil {
		return nil, false, err
	}
	role := revoke[0]
	for _, g := range r.knowledge.ofGrantee(listed, self) {
		if g.Key().Holding() == role.Key().Holding() || g.Role == venafi.Admin {
			return nil, false, nil // the identity has it, or more, by a grant of its own
		}
	}
	if carries, err := r.ownsThrough(ctx, role); err != nil || !carries {
		return nil, false, err
	}
	going := keySet(revoke)
	stays := func(g venafi.Grant) bool { return !going[g.Key()] }
	held := r.knowledge.ofHolding(listed, role.Key().Holding())
	groups, err := r.ownGroups.Get(ctx, 0)
	if err == nil {
		isGroup := func(g venafi.Grant) bool {
			return slices.ContainsFunc(groups, func(i venafi.Identity) bool { return venafi.SameGrantee(i.PrefixedUniversal, g.Grantee) })
		}
		carriers := slices.DeleteFunc(slices.Clone(held), func(g venafi.Grant) bool { return !isGroup(g) })
		if len(carriers) > 0 {
			if slices.ContainsFunc(carriers, stays) {
				return nil, false, nil
			}
			return nil, false, &OwnGrantError{Grant: carriers[0], Group: true}
		}
	}
	if ctx.Err() != nil {
		return nil, false, context.Cause(ctx)
	}
	if left = slices.ContainsFunc(held, stays); len(revoke) == 1 && !left {
		return nil, false, &OwnGrantError{Grant: revoke[0], Group: true} // nothing else could carry it
	}
	return revoke, left, nil
}

// ownsThrough tells whether the own effective role is the one that is to be revoked. A failure to
// find out is one of the rights of the caller, who then can hardly revoke.
func (r *Run) ownsThrough(ctx context.Context, g venafi.Grant) (bool, error) {
	own, err := r.client.OwnRole(ctx)
	if err != nil {
		return false, fmt.Errorf("it could not be found out whether the identity that the provider is logged in as needs the role that would be revoked: %w", err)
	}
	return carries(own, g), nil
}

func carries(own venafi.OwnRole, g venafi.Grant) bool {
	switch own.Role {
	case venafi.ApplicationOwner, venafi.MixedOwnerMaintainer:
		return g.Role == venafi.ApplicationOwner && slices.Contains(own.OwnedApplications, g.ApplicationID)
	default:
		return own.Role == g.Role
	}
}

// revokeLast revokes one after the other what may carry the own role, and looks at that role before
// the last of them that could goes.
func (w *work) revokeLast(ctx context.Context, revoke []venafi.Grant) {
	for i, g := range revoke {
		if w.stopped(ctx) {
			return
		}
		if i == len(revoke)-1 && !w.left {
			own, err := w.run.client.GetRole(ctx)
			if err == nil && carries(own, g) {
				err = &OwnGrantError{Grant: g, Group: true}
			}
			if err != nil {
				w.fail(ctx, g, err)
				return
			}
		}
		w.fail(ctx, g, w.revokeOne(ctx, g))
	}
}
