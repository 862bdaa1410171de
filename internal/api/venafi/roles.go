// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/shared"
)

// FindGrant tells whether a grant is held, and returns it as the service spells it. All callers of a run share one listing.
// What is not in it is looked for in a second one, a moment later and shared as well: a listing may lag behind a grant.
func (c *Client) FindGrant(ctx context.Context, g Grant) (Grant, bool, error) {
	listed, err := c.roles.current(ctx)
	if err != nil {
		return Grant{}, false, err
	}
	if found, ok := c.roles.find(listed, g.Key()); ok {
		return found, true, nil
	}
	if listed, err = c.roles.second(ctx, c.settle[0]); err != nil {
		return Grant{}, false, err
	}
	if found, ok := c.roles.find(listed, g.Key()); ok {
		return found, true, nil
	}
	return Grant{}, false, c.checkVisible(ctx, g)
}

// ErrNotVisible means that the caller can't see whether a grant is held.
var ErrNotVisible = errors.New("the identity that the provider is logged in as sees the roles of those applications only that it owns")

// checkVisible makes sure that the listing would show a grant: an application owner sees the roles of the own applications
// only, and what is not seen is not gone.
func (c *Client) checkVisible(ctx context.Context, g Grant) error {
	own, err := c.ownRole.Get(ctx, 0)
	if err != nil {
		return fmt.Errorf("the role is not listed, but it could not be found out whether it would be: %w", err)
	}
	switch own.Role {
	default:
		return nil
	case ApplicationMaintainer, ApplicationOwner, MixedOwnerMaintainer:
		if !g.Role.OfApplication() || !slices.Contains(own.OwnedApplications, g.ApplicationID) {
			return ErrNotVisible
		}
	}
	return nil
}

// GrantsOf returns what one identity holds, by the shared listing and what this run has changed.
func (c *Client) GrantsOf(ctx context.Context, grantee string) ([]Grant, error) {
	listed, err := c.roles.current(ctx)
	if err != nil {
		return nil, err
	}
	return c.roles.ofGrantee(listed, grantee), nil
}

// Holders returns who holds a role, on an application or, for a role that has none, on the whole installation, by the shared
// listing and what this run has changed.
func (c *Client) Holders(ctx context.Context, role Role, applicationID string) ([]Grant, error) {
	listed, err := c.roles.current(ctx)
	if err != nil {
		return nil, err
	}
	return c.roles.ofHolding(listed, Grant{Role: role, ApplicationID: applicationID}.Key().holding()), nil
}

// Grants returns all grants that the caller may see, by the shared listing and what this run has changed, in the order of
// role, application and grantee.
func (c *Client) Grants(ctx context.Context) ([]Grant, error) {
	listed, err := c.roles.current(ctx)
	if err != nil {
		return nil, err
	}
	return c.roles.all(listed), nil
}

// UnknownOutcomeError means that a grant or a revoke failed, and that it could not be found out whether the service acted on
// it all the same.
type UnknownOutcomeError struct {
	Grant Grant
	// Err is how the call failed, ListErr how the look at the roles after it failed.
	Err, ListErr error
}

// Error says both.
func (e *UnknownOutcomeError) Error() string {
	failed := strings.TrimSuffix(e.Err.Error(), ".") // a hint is a sentence
	if e.ListErr == nil || errors.Is(e.ListErr, context.Canceled) {
		return failed + ". Whether the service acted on it all the same is not known"
	}
	return fmt.Sprintf("%s. Whether the service acted on it all the same could not be found out: %v", failed, e.ListErr)
}

// Unwrap gives both causes.
func (e *UnknownOutcomeError) Unwrap() []error { return []error{e.Err, e.ListErr} }

// CollateralError means that the service, when it revoked a role on one application, took the same role on other
// applications along.
type CollateralError struct {
	Revoked Grant
	Lost    []Grant
}

// Error names what was lost.
func (e *CollateralError) Error() string {
	text := fmt.Sprintf("the role %s was revoked as asked, but these roles of the same grantee are gone since then too, and nobody asked for that "+
		"in this run:\n", e.Revoked)
	for _, g := range e.Lost {
		text += fmt.Sprintf("\n  - %s", g)
	}
	return text + "\n\nThe service seems to ignore the application when it revokes a role. Grant these roles again, and do not revoke any role of " +
		"a grantee who holds the same role on other applications before the service is mended."
}

// ErrOwnIdentity means that a grant belongs to the identity that the client is logged in as.
var ErrOwnIdentity = errors.New("the role belongs to the identity that the provider is logged in as")

// Outcome is what became of a grant or a revoke.
type Outcome struct {
	Grant Grant
	// Adopted tells that the grant was held already.
	Adopted bool
	// Unlisted tells that the service has confirmed the grant, but doesn't list it even some seconds later.
	Unlisted bool
	// Err is nil, an *UnknownOutcomeError, a *CollateralError, ErrOwnIdentity, ErrClaimed, or what the service said.
	Err error
}

// ErrClaimed means that the same run has granted a role, or wanted to grant it and found it held, before it came to revoking
// it: it has passed from one owner to another, and was not revoked.
var ErrClaimed = errors.New("the role has been claimed in this run")

// GrantRole makes sure that a grant is held. It looks first. The service has no code for "already granted", and its answer may
// get lost: after any failure, who holds what decides, and only what is found not to be held is sent again.
func (c *Client) GrantRole(ctx context.Context, g Grant) Outcome {
	outcome := c.grant(ctx, g)
	if outcome.Err == nil && !outcome.Adopted {
		outcome.Unlisted = c.unlisted(ctx, g)
	}
	return outcome
}

// grant is GrantRole without a look at what listings show afterwards.
func (c *Client) grant(ctx context.Context, g Grant) Outcome {
	if err := g.check(); err != nil {
		return Outcome{Grant: g, Err: err}
	}
	done, err := c.turns.take(ctx, g.Key())
	if err != nil {
		return Outcome{Grant: g, Err: err}
	}
	defer done()
	listed, err := c.roles.current(ctx)
	if err != nil {
		return Outcome{Grant: g, Err: err}
	}
	if _, held := c.roles.find(listed, g.Key()); held {
		c.roles.claim(g.Key())
		return Outcome{Grant: g, Adopted: true}
	}
	if err := c.write(ctx, "GrantRole", "/vedsdk/oauth/grantrole", g, true); err != nil {
		return Outcome{Grant: g, Err: err}
	}
	c.roles.claim(g.Key())
	return Outcome{Grant: g}
}

// unlisted waits until listings show a grant of this run, and tells that they don't. That is looked at for the first grant;
// for the others only where the first showed that listings lag behind, so that a thousand grants don't need a thousand
// listings. A listing that fails proves nothing: the service has confirmed the grant.
func (c *Client) unlisted(ctx context.Context, g Grant) bool {
	if lagging, err := c.lagging.Get(ctx, 0); err != nil || !lagging {
		return false
	}
	listed, _, err := c.awaitListing(ctx, g, true)
	return err == nil && !listed
}

// isLagging tells whether a listing that was asked for after the first grant of this run did not show it.
func (c *Client) isLagging(ctx context.Context, _ shared.Moment) (bool, error) {
	_, tries, err := c.awaitListing(ctx, c.roles.firstGrant(), true)
	return tries > 1, err
}

// awaitListing looks whether listings show a grant, or don't show it any more, as often as a listing may lag behind.
func (c *Client) awaitListing(ctx context.Context, g Grant, hold bool) (shown bool, tries int, err error) {
	for try := 0; ; try++ {
		listed, err := c.roles.fresh(ctx)
		if err != nil {
			return false, try, err
		}
		if _, held := listed.grants[g.Key()]; held == hold {
			return true, try + 1, nil
		}
		if try == len(c.settle) {
			return false, try + 1, nil
		}
		if err := sleep(ctx, c.settle[try]); err != nil {
			return false, try + 1, err
		}
	}
}

// RevokeRole makes sure that a grant is not held any more. Revoking what is not held is no error. Where the grantee holds the
// same role on other applications it makes sure that the service has kept these: a *CollateralError names the lost ones. The
// grant of the identity that the client is logged in as is not revoked: ErrOwnIdentity (errors.Is). Neither is one that GrantRole
// was called for before in this run: ErrClaimed.
func (c *Client) RevokeRole(ctx context.Context, g Grant) error {
	others, err := c.end(ctx, g)
	if err != nil || len(others) == 0 {
		return err
	}
	return c.verifyKept(ctx, g, others)
}

// end is RevokeRole without a look at what the service has kept: what the grantee holds of the same role on other applications.
func (c *Client) end(ctx context.Context, g Grant) (others []Grant, err error) {
	if err := g.check(); err != nil {
		return nil, err
	}
	own, err := c.IsOwn(ctx, g.Grantee)
	if err != nil {
		return nil, fmt.Errorf("not revoked, since it could not be found out whether the role belongs to the identity that the provider is logged in as: %w", err)
	}
	if own {
		return nil, ErrOwnIdentity
	}
	done, err := c.turns.take(ctx, g.Key())
	if err != nil {
		return nil, err
	}
	defer done()
	if c.roles.isClaimed(g.Key()) {
		return nil, ErrClaimed
	}
	listed, err := c.roles.current(ctx)
	if err != nil {
		return nil, err
	}
	c.roles.begin(g)
	return c.othersOf(listed, g), c.revoke(ctx, listed, g)
}

// othersOf returns what a grantee holds of the same role on other applications, and nobody revokes.
func (c *Client) othersOf(listed *roles, g Grant) []Grant {
	if !g.Role.OfApplication() {
		return nil
	}
	return slices.DeleteFunc(c.roles.ofGrantee(listed, g.Grantee), func(other Grant) bool {
		return other.Role != g.Role || c.roles.isRevoking(other.Key())
	})
}

// revoke revokes a grant under the spelling that the service lists. Where that is another one than the user's, success proves
// little: the service may have compared texts, and found nothing to revoke.
func (c *Client) revoke(ctx context.Context, listed *roles, g Grant) error {
	found, ok := c.roles.find(listed, g.Key())
	if !ok || found.Grantee == g.Grantee {
		return c.sendRevoke(ctx, g)
	}
	for _, spelling := range []string{found.Grantee, g.Grantee} {
		spelt := g
		spelt.Grantee = spelling
		if err := c.sendRevoke(ctx, spelt); err != nil {
			_, unknown := errors.AsType[*UnknownOutcomeError](err)
			if spelling == g.Grantee || resultOf(err) == Success || unknown || refused(err) {
				return err
			}
			continue // the service may want the other spelling
		}
		gone, _, err := c.awaitListing(ctx, g, false)
		if err != nil {
			return &UnknownOutcomeError{Grant: g, Err: errors.New("the service confirmed that the role was revoked"), ListErr: err}
		}
		if gone {
			return nil
		}
	}
	c.roles.note(found, true)
	return fmt.Errorf("the service confirmed that the role was revoked, but it goes on listing it, for %s", found.Grantee)
}

func (c *Client) sendRevoke(ctx context.Context, g Grant) error {
	return c.write(ctx, "RevokeRole", "/vedsdk/oauth/revokerole", g, false)
}

// verifyKept makes sure that the service kept what the grantee held on other applications when it revoked g. A listing that
// still shows g is from before the revoke, and one that lacks what this run has granted may be from before that.
func (c *Client) verifyKept(ctx context.Context, g Grant, others []Grant) error {
	var lost []Grant
	for try := 0; ; try++ {
		listed, err := c.roles.fresh(ctx)
		if err != nil {
			return fmt.Errorf("the role was revoked, but it could not be found out whether the service kept the same role on other applications: %w", err)
		}
		lost = slices.DeleteFunc(slices.Clone(others), func(other Grant) bool {
			_, held := listed.grants[other.Key()]
			return held || c.roles.isRevoking(other.Key())
		})
		_, old := listed.grants[g.Key()]
		if len(lost) == 0 && !old || try == len(c.settle) {
			break
		}
		if err := sleep(ctx, c.settle[try]); err != nil {
			return err
		}
	}
	if len(lost) == 0 {
		return nil
	}
	for _, other := range lost {
		c.roles.note(other, false)
	}
	return &CollateralError{Revoked: g, Lost: lost}
}

// GrantRoles is GrantRole for many, as many at once as may be in flight. The outcomes are in the order of the grants.
func (c *Client) GrantRoles(ctx context.Context, grants []Grant) []Outcome {
	return c.each(grants, func(g Grant) Outcome { return c.GrantRole(ctx, g) })
}

// RevokeRoles is RevokeRole for many, as many at once as may be in flight. The outcomes are in the order of the grants.
func (c *Client) RevokeRoles(ctx context.Context, grants []Grant) []Outcome {
	for _, g := range grants {
		if own, err := c.IsOwn(ctx, g.Grantee); err == nil && !own {
			c.roles.begin(g) // so that none of them is taken for one that was lost with another
		}
	}
	return c.each(grants, func(g Grant) Outcome { return Outcome{Grant: g, Err: c.RevokeRole(ctx, g)} })
}

func (c *Client) each(grants []Grant, do func(Grant) Outcome) []Outcome {
	outcomes := make([]Outcome, len(grants))
	var group errgroup.Group
	group.SetLimit(c.MaxConcurrent())
	for i, g := range grants {
		group.Go(func() error {
			outcomes[i] = do(g)
			return nil
		})
	}
	_ = group.Wait()
	return outcomes
}
