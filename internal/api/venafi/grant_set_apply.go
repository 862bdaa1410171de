// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/rest"
)

// maxFailures is how many grantees may be refused before the others are not tried any more.
const maxFailures = 10

// GrantProgress tells how far an apply is: requests done, of all that are due.
type GrantProgress struct{ Done, Due atomic.Int64 }

// GrantChange brings a role from who holds it to who is wanted. Wanted and Prior are of the same role and application.
type GrantChange struct {
	Wanted, Prior GrantSet
	// Exclusive revokes also what others granted.
	Exclusive bool
	// Approve may refuse the delta before anything is sent; nil approves of everything.
	Approve func(GrantDelta) error
	// Progress is told of every request; it may be nil.
	Progress *GrantProgress
}

// GrantOutcome is what became of a GrantChange.
type GrantOutcome struct {
	// Touched tells that something was sent that changed, or may have changed, who holds the role.
	Touched bool
	// Held is who holds the role afterwards, or may hold it.
	Held []Grant
	// Claimed were not revoked, since this run has granted them elsewhere: see ErrClaimed.
	Claimed []Grant
	// Unlisted were confirmed by the service, which doesn't list them even some seconds later.
	Unlisted []Grant
}

// GrantSetError is a change that did not come about, or not all of it.
type GrantSetError struct {
	// Granted and Revoked are how many were done, of ToGrant and ToRevoke.
	Granted, ToGrant, Revoked, ToRevoke int
	// Failures are those that failed, each with its Err. What is in none of them was not tried.
	Failures []Outcome
	// Err is what ended the work, such as a context's end; nil when the failures did.
	Err error
}

// Error says what was done, and names the first of the failures.
func (e *GrantSetError) Error() string {
	text := fmt.Sprintf("Done: %d of %d grants and %d of %d revocations.", e.Granted, e.ToGrant, e.Revoked, e.ToRevoke)
	if e.Err != nil {
		text += " Then: " + strings.TrimSuffix(e.Err.Error(), ".") + "."
	}
	if len(e.Failures) == 0 {
		return text
	}
	text += " Failed:\n"
	for _, failure := range e.Failures[:min(len(e.Failures), maxFailures)] {
		text += fmt.Sprintf("\n  - %s: %v", failure.Grant, failure.Err)
	}
	if n := len(e.Failures) - maxFailures; n > 0 {
		text += fmt.Sprintf("\n  … and %d more", n)
	}
	return text
}

// Unwrap gives all causes.
func (e *GrantSetError) Unwrap() []error {
	causes := make([]error, 0, len(e.Failures)+1)
	for _, failure := range e.Failures {
		causes = append(causes, failure.Err)
	}
	if e.Err != nil {
		causes = append(causes, e.Err)
	}
	return causes
}

// OwnGrantError names the grant that ErrOwnIdentity is about.
type OwnGrantError struct{ Grant Grant }

// Error names it.
func (e *OwnGrantError) Error() string { return fmt.Sprintf("%s: %v", e.Grant, ErrOwnIdentity) }

// Unwrap returns ErrOwnIdentity.
func (e *OwnGrantError) Unwrap() error { return ErrOwnIdentity }

// ApplyGrants makes a change: grants first, as many at once as may be in flight, and revocations only when all of them are
// done. One listing before and one after are enough, however many there are; they decide what has come about. An error is a
// *GrantSetError or, when nothing was sent, what went wrong before: an *OwnGrantError where a grant of the identity that the
// client is logged in as would be revoked, or what Approve returned.
func (c *Client) ApplyGrants(ctx context.Context, change GrantChange) (GrantOutcome, error) {
	ctx = rest.WithQueue(ctx)
	held, err := c.SetHolders(ctx, change.Prior, change.Exclusive)
	if err != nil {
		return GrantOutcome{}, err
	}
	delta := DiffGrants(change.Wanted, change.Prior, held, change.Exclusive)
	if change.Approve != nil {
		if err := change.Approve(delta); err != nil {
			return GrantOutcome{}, err
		}
	}
	switch own, isOwn, err := c.OwnAmong(ctx, delta.Revoke); {
	case err != nil:
		return GrantOutcome{}, fmt.Errorf("it could not be found out whether a role that would be revoked belongs to the identity that the provider "+
			"is logged in as: %w", err)
	case isOwn:
		return GrantOutcome{}, &OwnGrantError{Grant: own}
	}
	w := &grantWork{client: c, change: change, delta: delta, progress: change.Progress}
	if w.progress == nil {
		w.progress = &GrantProgress{}
	}
	w.progress.Due.Store(int64(len(delta.Grant) + len(delta.Revoke)))
	w.grantAll(ctx)
	if !w.failed(ctx) {
		w.revokeAll(ctx)
	}
	w.readBack(ctx)
	return w.outcome(ctx)
}

// grantWork is one change under way.
type grantWork struct {
	client   *Client
	change   GrantChange
	delta    GrantDelta
	progress *GrantProgress

	mu       sync.Mutex
	granted  []Grant
	revoked  []Grant
	unknown  []Grant // grants that may have come about
	claimed  []Grant
	unlisted []Grant
	failures []Outcome
	kept     []grantKept // what revokes may not have taken along
	touched  bool
	stop     bool
	err      error
}

// grantKept is a revoked grant, and what the same grantee holds elsewhere.
type grantKept struct {
	revoked Grant
	others  []Grant
}

func (w *grantWork) failed(ctx context.Context) bool {
	return len(w.failures) > 0 || w.stop || ctx.Err() != nil
}

// each does something for all grants. A failure that is not of one grantee alone ends it: the others would fail as well.
func (w *grantWork) each(ctx context.Context, grants []Grant, do func(Grant) error) {
	var group errgroup.Group
	group.SetLimit(w.client.MaxConcurrent())
	for _, g := range grants {
		if w.stopped(ctx) {
			break
		}
		group.Go(func() error {
			if w.stopped(ctx) {
				return nil
			}
			w.fail(ctx, g, do(g))
			return nil
		})
	}
	_ = group.Wait()
}

func (w *grantWork) stopped(ctx context.Context) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.stop || ctx.Err() != nil
}

// fail records a failure, if there is one.
func (w *grantWork) fail(ctx context.Context, g Grant, err error) {
	if err == nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	_, unknown := errors.AsType[*UnknownOutcomeError](err)
	if !unknown && ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return // not sent
	}
	w.touched = w.touched || unknown
	w.failures = append(w.failures, Outcome{Grant: g, Err: err})
	if result := resultOf(err); result != RemoteIdentityRequired && result != InvalidParameters || len(w.failures) >= maxFailures {
		w.stop = true
	}
}

func (w *grantWork) grantAll(ctx context.Context) {
	w.each(ctx, slices.Concat(w.delta.Adopt, w.delta.Grant), func(g Grant) error {
		outcome := w.client.grant(ctx, g)
		w.mu.Lock()
		defer w.mu.Unlock()
		switch _, unknown := errors.AsType[*UnknownOutcomeError](outcome.Err); {
		case unknown:
			w.unknown = append(w.unknown, g)
		case outcome.Err == nil && !outcome.Adopted:
			w.granted, w.touched = append(w.granted, g), true
			w.progress.Done.Add(1)
		}
		return outcome.Err
	})
}

// revokeAll revokes what has to go. Where the grantee holds the same role elsewhere, the first revoke shows whether the
// service takes that along: then the others are not tried. For them a look at the end is enough.
func (w *grantWork) revokeAll(ctx context.Context) {
	if len(w.delta.Revoke) == 0 {
		return
	}
	for _, g := range w.delta.Revoke {
		w.client.roles.begin(g) // so that none of them is taken for one that was lost with another
	}
	listed, err := w.client.roles.current(ctx)
	if err != nil {
		w.err, w.stop = err, true
		return
	}
	rest := w.delta.Revoke
	first := slices.IndexFunc(rest, func(g Grant) bool { return len(w.client.othersOf(listed, g)) > 0 })
	if first >= 0 {
		w.each(ctx, rest[first:first+1], func(g Grant) error {
			if err := w.revoke(ctx, g); err != nil || len(w.kept) == 0 {
				return err
			}
			kept := w.kept[0]
			w.kept = nil
			return w.client.verifyKept(ctx, kept.revoked, kept.others)
		})
		rest = slices.Delete(slices.Clone(rest), first, first+1)
	}
	w.each(ctx, rest, func(g Grant) error { return w.revoke(ctx, g) })
}

func (w *grantWork) revoke(ctx context.Context, g Grant) error {
	others, err := w.client.end(ctx, g)
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case errors.Is(err, ErrClaimed):
		w.claimed = append(w.claimed, g)
		w.progress.Done.Add(1)
		return nil
	case err != nil:
		return err
	}
	w.revoked, w.touched = append(w.revoked, g), true
	w.progress.Done.Add(1)
	if len(others) > 0 {
		w.kept = append(w.kept, grantKept{revoked: g, others: others})
	}
	return nil
}

// readBack looks at what the service lists, as often as a listing may lag behind. What was revoked and is listed all the
// same is revoked again under the user's spelling, where that is another one: the service may compare texts.
func (w *grantWork) readBack(ctx context.Context) {
	if !w.touched && len(w.failures) == 0 || ctx.Err() != nil {
		return
	}
	listed, err := w.settle(ctx)
	if err == nil && len(w.lingering(listed)) > 0 && w.respell(ctx, listed) {
		listed, err = w.settle(ctx)
	}
	if err != nil {
		if len(w.kept) > 0 {
			w.err = fmt.Errorf("the roles were revoked, but it could not be found out whether the service kept the same role of these grantees on other "+
				"applications: %w", err)
		}
		return
	}
	w.unlisted = slices.DeleteFunc(slices.Clone(w.granted), func(g Grant) bool { return listed.has(g) })
	lingering := map[Key]bool{}
	for _, g := range w.lingering(listed) {
		lingering[g.Key()] = true
		w.client.roles.note(g, true)
		w.failures = append(w.failures, Outcome{Grant: g, Err: errors.New("the service confirmed that the role was revoked, but it goes on listing it")})
	}
	w.revoked = slices.DeleteFunc(w.revoked, func(g Grant) bool { return lingering[g.Key()] })
	for _, kept := range w.kept {
		if lost := w.lost(listed, kept); len(lost) > 0 {
			for _, g := range lost {
				w.client.roles.note(g, false)
			}
			w.failures = append(w.failures, Outcome{Grant: kept.revoked, Err: &CollateralError{Revoked: kept.revoked, Lost: lost}})
		}
	}
}

// settle returns a listing that shows all that was done, or the last one that was waited for.
func (w *grantWork) settle(ctx context.Context) (*roles, error) {
	for try := 0; ; try++ {
		listed, err := w.client.roles.fresh(ctx)
		if err != nil || try == len(w.client.settle) || w.shown(listed) {
			return listed, err
		}
		if err := sleep(ctx, w.client.settle[try]); err != nil {
			return nil, err
		}
	}
}

func (w *grantWork) shown(listed *roles) bool {
	return !slices.ContainsFunc(w.granted, func(g Grant) bool { return !listed.has(g) }) && len(w.lingering(listed)) == 0 &&
		!slices.ContainsFunc(w.kept, func(kept grantKept) bool { return len(w.lost(listed, kept)) > 0 })
}

func (r *roles) has(g Grant) bool { _, ok := r.grants[g.Key()]; return ok }

// lingering returns what was revoked and is still listed, and nobody has granted again.
func (w *grantWork) lingering(listed *roles) []Grant {
	return slices.DeleteFunc(slices.Clone(w.revoked), func(g Grant) bool { return !listed.has(g) || w.client.roles.isClaimed(g.Key()) })
}

func (w *grantWork) lost(listed *roles, kept grantKept) []Grant {
	return slices.DeleteFunc(slices.Clone(kept.others), func(g Grant) bool { return listed.has(g) || w.client.roles.isRevoking(g.Key()) })
}

// respell revokes under the user's spelling what is still listed, and tells whether there was such a spelling.
func (w *grantWork) respell(ctx context.Context, listed *roles) bool {
	spellings := map[Key]string{}
	for _, grantee := range w.change.Prior.Grantees {
		spellings[w.change.Prior.Grant(grantee).Key()] = grantee
	}
	var again []Grant
	for _, g := range w.lingering(listed) {
		if spelling := spellings[g.Key()]; spelling != "" && spelling != g.Grantee {
			again = append(again, w.change.Prior.Grant(spelling))
		}
	}
	w.each(ctx, again, func(g Grant) error { return w.client.sendRevoke(ctx, g) })
	return len(again) > 0
}

// outcome is the end of the work. Whatever may be held counts as held.
func (w *grantWork) outcome(ctx context.Context) (GrantOutcome, error) {
	out := GrantOutcome{Touched: w.touched, Claimed: w.claimed, Unlisted: w.unlisted}
	holding := w.change.Wanted.Grant("").Key().holding()
	if listed, _ := w.client.roles.listing.Peek(); listed != nil {
		out.Held = w.client.roles.ofHolding(listed, holding)
	}
	held := make(map[Key]bool, len(out.Held))
	for _, g := range out.Held {
		held[g.Key()] = true
	}
	for _, g := range w.unknown {
		if !held[g.Key()] {
			out.Held = append(out.Held, g)
		}
	}
	left := len(w.delta.Grant) + len(w.delta.Revoke) - len(w.granted) - len(w.revoked) - len(w.claimed)
	if w.err == nil && left > 0 && ctx.Err() != nil {
		w.err = context.Cause(ctx)
	}
	if len(w.failures) == 0 && w.err == nil {
		return out, nil
	}
	return out, &GrantSetError{
		Granted: len(w.granted), ToGrant: len(w.delta.Grant), Revoked: len(w.revoked), ToRevoke: len(w.delta.Revoke), Failures: w.failures, Err: w.err,
	}
}
