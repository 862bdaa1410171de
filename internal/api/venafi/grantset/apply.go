// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package grantset

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/rest"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/shared"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/venafi"
)

// maxFailures is how many grantees may be refused before the others are not tried any more.
const maxFailures = 10

// Progress tells how far an apply is: requests done, of all that are due.
type Progress struct {
	Done, Due atomic.Int64
	// Wrote, when given, is called after each request.
	Wrote func()
}

func (p *Progress) count() {
	p.Done.Add(1)
	if p.Wrote != nil {
		p.Wrote()
	}
}

// Change brings a role from who holds it to who is wanted. Wanted and Prior are of the same role
// and application.
type Change struct {
	Wanted, Prior Set
	// Exclusive tells that whoever is not listed matters too, if only to be named.
	Exclusive bool
	// Undo takes back what this run has granted in vain.
	Undo bool
	// Approve may refuse the delta before anything is sent; nil approves of everything.
	Approve func(Delta) error
	// Progress is told of every request; it may be nil.
	Progress *Progress
}

// Outcome is what became of a Change.
type Outcome struct {
	// Touched tells that the state has to follow: something was sent that changed, or may have
	// changed, who holds the role, or a grant was taken over from another resource.
	Touched bool
	// Now is what the state should list, and what is known of it, whether or not all came about.
	Now Set
	// Granted are those that were granted and can be revoked again. Unknown may have been granted.
	Granted, Unknown []venafi.Grant
	// Claimed were not revoked, since another resource of this run has granted them or taken them
	// over.
	Claimed []venafi.Grant
	// Unlisted were confirmed by the service, which doesn't list them even some seconds later.
	Unlisted []venafi.Grant
	// Foreign hold the role and are in neither set.
	Foreign []venafi.Grant
	// Amended are the rules that were changed, and Widened those that were left alone.
	Amended, Widened []Amendment
}

// Apply makes a change: grants first, as many at once as may be in flight, and revocations only
// when all of them are done. One listing before and one after are enough, however many there are;
// they decide what has come about. An error is an *Error or, when nothing was sent, what went wrong
// before: an *OwnGrantError where a role of the identity that the client is logged in as would be
// lost, or what Approve returned.
func (r *Run) Apply(ctx context.Context, change Change) (Outcome, error) {
	ctx = rest.WithQueue(ctx)
	change.Wanted.Aliases = maps.Clone(change.Wanted.Aliases) // what the look afterwards finds is added
	w := &work{run: r, change: change, progress: change.Progress}
	if w.progress == nil {
		w.progress = &Progress{}
	}
	end := r.reservations.Reserve(slices.Collect(keysOf(change.Wanted.Grants())))
	defer end(func(venafi.Key) bool { return false })
	if err := w.prepare(ctx); err != nil {
		return Outcome{}, err
	}
	w.grantAll(ctx)
	if !w.failed(ctx) {
		w.amendAll(ctx)
	}
	end(w.keeps(ctx))
	if !w.failed(ctx) {
		w.revokeAll(ctx)
	}
	w.readBack(ctx)
	if !w.failed(ctx) {
		w.revokeLast(ctx, w.last)
	}
	return w.outcome(ctx)
}

// work is one change under way.
type work struct {
	run      *Run
	change   Change
	before   *venafi.Listing
	delta    Delta
	spelt    map[venafi.Key]string // how the user spells those of the prior state
	last     []venafi.Grant        // of delta.Revoke, those that may carry the own role
	left     bool                  // other grantees go on holding the role, who may carry it too
	progress *Progress

	mu       sync.Mutex
	granted  []venafi.Grant
	adopted  []venafi.Grant
	revoked  []venafi.Grant
	amended  []Amendment
	unknown  []venafi.Grant // grants that may have come about
	claimed  []venafi.Grant
	unlisted []venafi.Grant
	failures []Failure
	kept     []grantKept // what revokes may not have taken along
	respelt  bool        // something was revoked that the service spells in another way than the user
	stop     bool
	err      error
}

// prepare works out what to do. What would be adopted is believed only of a listing that was asked
// for after the start of this change, which all share that begin at the same moment: somebody may
// have revoked it since an older one.
func (w *work) prepare(ctx context.Context) (err error) {
	start := w.run.listing.Now()
	wanted, prior := w.change.Wanted, w.change.Prior
	if w.delta, err = w.run.Delta(ctx, wanted, prior, w.change.Exclusive); err != nil {
		return err
	}
	if len(w.delta.Adopt) > 0 {
		if w.before, err = w.run.listing.Get(ctx, start); err != nil {
			return err
		}
		w.delta = w.run.delta(wanted, prior, w.run.holders(w.before, prior, wanted, w.change.Exclusive))
	}
	w.before, _ = w.run.listing.Peek()
	if w.change.Approve != nil {
		if err := w.change.Approve(w.delta); err != nil {
			return err
		}
	}
	if w.last, w.left, err = w.run.guardOwn(ctx, w.delta.Revoke); err != nil {
		return err
	}
	w.spelt = make(map[venafi.Key]string, len(w.delta.Revoke))
	if len(w.delta.Revoke) > 0 {
		for key, label := range prior.keys() {
			w.spelt[key] = prior.Grantees[label]
		}
	}
	w.progress.Due.Store(int64(len(w.delta.Grant) + len(w.delta.Amend) + len(w.delta.Revoke)))
	return nil
}

func (w *work) failed(ctx context.Context) bool {
	return len(w.failures) > 0 || w.stop || ctx.Err() != nil
}

// each does something for all grants. A failure that is not of one grantee alone ends it: the
// others would fail as well.
func (w *work) each(ctx context.Context, grants []venafi.Grant, do func(venafi.Grant) error) {
	var group errgroup.Group
	group.SetLimit(w.run.client.MaxConcurrent())
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

func (w *work) stopped(ctx context.Context) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.stop || ctx.Err() != nil
}

// fail records a failure, if there is one.
func (w *work) fail(ctx context.Context, g venafi.Grant, err error) {
	if err == nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	_, unknown := errors.AsType[*UnknownOutcomeError](err)
	if !unknown && ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return // not sent
	}
	w.failures = append(w.failures, Failure{Grant: g, Err: err})
	result := venafi.ResultOf(err)
	ofGrantee := result == venafi.RemoteIdentityRequired || result == venafi.InvalidParameters || errors.Is(err, ErrGivenBack)
	if !ofGrantee || len(w.failures) >= maxFailures {
		w.stop = true
	}
}

// grant grants a role, or makes a rule.
func (w *work) grant(ctx context.Context, g venafi.Grant) error {
	if terms := w.change.Wanted.Terms; terms != nil {
		return w.run.client.CreateRule(ctx, terms.onto(venafi.Rule{ApplicationID: g.ApplicationID, Trustee: g.Grantee}))
	}
	return w.run.client.GrantRole(ctx, g)
}

func (w *work) grantAll(ctx context.Context) {
	w.each(ctx, slices.Concat(w.delta.Adopt, w.delta.Grant), func(g venafi.Grant) error {
		adopted, late, err := w.run.hold(ctx, g, w.change.Wanted.keysOf(g), w.grant)
		w.mu.Lock()
		defer w.mu.Unlock()
		switch _, unknown := errors.AsType[*UnknownOutcomeError](err); {
		case unknown:
			w.unknown = append(w.unknown, g)
		case late: // a request without an answer may grant it once more, after it was revoked
			w.unknown = append(w.unknown, g)
			fallthrough
		case err == nil && !adopted:
			w.granted = append(w.granted, g)
			w.progress.count()
		case err == nil:
			w.adopted = append(w.adopted, g)
		}
		return err
	})
}

// keeps tells which reservations the state will hold: all when nothing failed, and otherwise what
// it had and what may have been granted. A failed create gives back what it has granted and
// adopted: the one is revoked again, and the other is not its own.
func (w *work) keeps(ctx context.Context) func(venafi.Key) bool {
	if !w.failed(ctx) {
		return func(venafi.Key) bool { return true }
	}
	if len(w.change.Prior.Grantees) == 0 {
		w.adopted = nil
		unknown := keySet(w.unknown)
		return func(key venafi.Key) bool { return unknown[key] }
	}
	kept := keySet(slices.Concat(w.granted, w.adopted, w.unknown))
	for key := range w.change.Prior.keys() {
		kept[key] = true
	}
	return func(key venafi.Key) bool { return kept[key] }
}

// revokeAll revokes what has to go and nobody else of this run wants. Where the grantee holds the
// same role elsewhere, the first revoke shows whether the service takes that along: then the others
// are not tried. For them a look at the end is enough.
func (w *work) revokeAll(ctx context.Context) {
	if len(w.delta.Revoke) == 0 {
		return
	}
	revoke := w.withoutReserved(ctx, w.delta.Revoke)
	for _, g := range revoke {
		w.run.knowledge.begin(g) // so that none of them is taken for one that was lost with another
	}
	if len(w.last) > 0 {
		w.last, revoke = revoke, nil
	}
	first := slices.IndexFunc(revoke, func(g venafi.Grant) bool { return len(w.run.othersOf(w.before, g)) > 0 })
	if first >= 0 && len(revoke) > 1 {
		w.each(ctx, revoke[first:first+1], func(g venafi.Grant) error {
			if err := w.revokeOne(ctx, g); err != nil || len(w.kept) == 0 {
				return err
			}
			kept := w.kept[0]
			w.kept = nil
			return w.verifyKept(ctx, kept)
		})
		revoke = slices.Delete(slices.Clone(revoke), first, first+1)
	}
	w.each(ctx, revoke, func(g venafi.Grant) error { return w.revokeOne(ctx, g) })
}

// withoutReserved waits for those that may take over what is to be revoked, and leaves it to them.
func (w *work) withoutReserved(ctx context.Context, grants []venafi.Grant) []venafi.Grant {
	var revoke []venafi.Grant
	for _, g := range grants {
		fate, err := w.run.reservations.Fate(ctx, g.Key())
		if err != nil {
			return nil // the context has ended
		}
		w.mu.Lock()
		switch {
		case fate == shared.Kept:
			w.claimed = append(w.claimed, g)
			w.progress.count()
		case fate == shared.GivenBack && !w.change.Undo:
			w.failures = append(w.failures, Failure{Grant: g, Err: ErrGivenBack})
		default:
			revoke = append(revoke, g)
		}
		w.mu.Unlock()
	}
	return revoke
}

// revokeOne revokes a grant under the spelling that the service lists.
func (w *work) revokeOne(ctx context.Context, g venafi.Grant) error {
	spelling := w.spelling(g)
	others := w.run.othersOf(w.before, g)
	for {
		err := w.run.drop(ctx, g, spelling)
		if errors.Is(err, errReserved) {
			if len(w.withoutReserved(ctx, []venafi.Grant{g})) == 0 {
				return nil
			}
			continue
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		if err != nil {
			return err
		}
		w.revoked = append(w.revoked, g)
		w.respelt = w.respelt || spelling != g.Grantee
		w.progress.count()
		if len(others) > 0 {
			w.kept = append(w.kept, grantKept{revoked: g, others: others})
		}
		return nil
	}
}

// spelling is how the user spells a grantee.
func (w *work) spelling(g venafi.Grant) string {
	return cmp.Or(w.spelt[g.Key()], g.Grantee)
}

// outcome is the end of the work. Whatever may be held counts as held.
func (w *work) outcome(ctx context.Context) (Outcome, error) {
	granted, toGrant := len(w.granted)+len(w.amended), len(w.delta.Grant)+len(w.delta.Amend)
	left := toGrant + len(w.delta.Revoke) - granted - len(w.revoked) - len(w.claimed) - len(w.failures)
	if w.err == nil && left > 0 && ctx.Err() != nil {
		w.err = context.Cause(ctx)
	}
	out := Outcome{
		Touched: granted+len(w.adopted)+len(w.revoked)+len(w.claimed)+len(w.unknown) > 0 || w.unknownRevoke(),
		Granted: w.granted, Unknown: w.unknown, Claimed: w.claimed, Unlisted: w.unlisted, Foreign: w.delta.Foreign,
		Amended: w.amended, Widened: w.delta.Widened,
	}
	out.Now = w.now()
	if len(w.failures) == 0 && w.err == nil {
		return out, nil
	}
	return out, &Error{
		Granted: granted, ToGrant: toGrant, Revoked: len(w.revoked), ToRevoke: len(w.delta.Revoke), Failures: w.failures, Err: w.err,
	}
}

// unknownRevoke tells whether a revoke may have come about.
func (w *work) unknownRevoke() bool {
	return slices.ContainsFunc(w.failures, func(f Failure) bool {
		_, unknown := errors.AsType[*UnknownOutcomeError](f.Err)
		return unknown
	})
}

// now is what the state should list. What passed to another resource is that one's; what a failed
// create has found is not its own.
func (w *work) now() Set {
	wanted, prior := w.change.Wanted, w.change.Prior
	listed, _ := w.run.listing.Peek()
	held := slices.Concat(w.run.holders(listed, prior, wanted, false), w.unknown)
	mine := keySet(slices.Concat(w.adopted, w.unknown))
	for _, g := range w.granted {
		for _, key := range wanted.keysOf(g) {
			mine[key] = true
		}
	}
	for key := range prior.keys() {
		mine[key] = true
	}
	for _, g := range w.claimed {
		delete(mine, g.Key())
	}
	held = slices.DeleteFunc(held, func(g venafi.Grant) bool { return !mine[g.Key()] })
	now := Track(held, false, wanted, prior)
	if now.Terms, now.Applied = wanted.Terms, wanted.Terms; now.Terms == nil {
		now.Terms, now.Applied = prior.Terms, prior.applied()
	}
	if len(w.failures) > 0 || w.err != nil {
		now.Terms = now.actual(listed)
	}
	w.run.carry(&now, prior, listed)
	until := time.Now().Add(w.run.lag)
	for _, g := range slices.Concat(w.unlisted, w.unknown) {
		now.assume(venafi.CanonicalGrantee(g.Grantee), until)
	}
	return now
}
