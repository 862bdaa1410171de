// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package authset

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/rest"
)

// maxRounds bounds how often one apply looks at the service and sends what is still missing. Two are the rule: the
// second finds nothing to do. More are needed when closing an open application uncovers accounts that it hid, or when
// the service refused a request because the world had moved.
const maxRounds = 5

// maxYields bounds the rounds that come on top since others claim something while an apply is under way.
const maxYields = 100

// Reconciliation is one apply of a set: what is wanted of the applications, and what the state remembers.
type Reconciliation struct {
	Wanted, Prior Set
	Exclusive     bool
	// Approve is asked before anything is sent, with what will change. revoked is the number of accounts that this
	// apply has revoked so far: it is above zero only when closing an application uncovered more to revoke.
	Approve func(deltas Deltas, actual Actual, revoked int) error
	// Lag is how long a list may lag behind a write. For that time the apply looks again at what the service said yes to and does not
	// show: 0 never does.
	Lag time.Duration
	// Claims, when given, are those of all applies of this run: what others want is not taken from them.
	Claims *Claims
	// Counting, when given, is what the applications are read by.
	Counting *Counting
	// Progress, when given, is kept up to date for whoever reports it.
	Progress *Progress
}

// Progress counts the work of one apply. It may be read at any time.
type Progress struct {
	// Requests counts what is sent, Granted and Revoked the accounts in it, once for each application.
	Requests, Granted, Revoked Count
	// Wrote, when given, is called after each request that the service said yes to.
	Wrote func()
}

// Count is how much is done, of what is due so far.
type Count struct{ Done, Due atomic.Int64 }

// Outcome is what is known after an apply, also after a failed one.
type Outcome struct {
	// Actual is what the service lists. After an error it may be worked out from the answers; Unsure then holds the
	// accounts that a request without an answer may have granted.
	Actual Actual
	// Spelled are the spellings of both sides, and those that this apply has seen.
	Spelled Spellings
	// Unlisted is what the set may have granted though no list shows it. After an error State says it.
	Unlisted Unlisted
	// Unsettled is until when it is assumed that requests may have done yet what could not be seen.
	Unsettled time.Time
	// Touched are the applications that a request named, whatever became of it.
	Touched map[string]bool
	// LeftOpen are applications that are none of this set any more and stay open to everybody, since another resource of the run
	// wants that: what the set granted there could not be revoked.
	LeftOpen []string
	// Foreign are accounts, by application, that an exclusive set neither lists nor had in its state: they
	// came since its plan, and were left alone.
	Foreign map[string][]api.Handle
	// Passed are accounts, by application, that the set would have revoked and did not, since another resource of the run wants
	// them there.
	Passed map[string][]api.Handle
	// looks are the first looks at the applications.
	looks map[string]look
	// Undo takes back what a failed create has done. It is nil for any other apply, and where the service may act yet on a request
	// that it did not answer.
	Undo *Deltas
}

// Reconcile brings the service to what is wanted: it reads, sends the difference in the fewest requests, and reads
// back what it changed, since the service answers 200 also when it skipped an account. A request that failed though
// everything arrived is no failure. Any other error is an *ApplyError or, when nothing was sent, what went wrong before.
func Reconcile(ctx context.Context, w Workspace, r Reconciliation) (Outcome, error) {
	ctx = rest.WithQueue(ctx)
	claim, err := r.Claims.make(ctx, w, r.Wanted, r.Prior)
	if err != nil {
		return Outcome{}, err
	}
	out, err := r.once(ctx, w, claim)
	claim.decide(r.kept(out, err))
	for err == nil {
		if err = claim.wait(ctx); err != nil || !claim.givenBack() {
			break
		}
		touched := out.Touched
		out, err = r.once(ctx, w, claim)
		maps.Copy(out.Touched, touched)
	}
	if err != nil && len(out.Touched) > 0 && out.Undo == nil {
		// What others may give back yet stays in the state of this resource.
		_ = claim.wait(ctx)
		out.Actual = claim.keep(out.Actual)
	}
	if claim != nil {
		out.LeftOpen, out.Passed, out.Foreign = claim.leftOpen(), claim.passed(), claim.unclaimed(out.Foreign)
	}
	return out, err
}

// kept is what the resource has in its state after an apply.
func (r Reconciliation) kept(out Outcome, err error) Set {
	switch {
	case err == nil:
		kept := r.Wanted
		kept.Spelled = out.Spelled
		return kept
	case out.Undo != nil:
		return Set{}
	case len(out.Touched) == 0:
		return r.Prior
	}
	return out.State(r.Wanted, r.Prior, r.Exclusive).Set
}

// once makes one apply, and leaves alone what others want.
func (r Reconciliation) once(ctx context.Context, w Workspace, claim *Claim) (Outcome, error) {
	actual, err := Observe(ctx, w, r.Wanted, r.Prior, r.Exclusive)
	if err != nil {
		return Outcome{Touched: map[string]bool{}}, err
	}
	if learned := r.Counting.Learned(); len(learned) > 0 {
		r.Wanted.Spelled = r.Wanted.spellings(Set{Spelled: learned})
		claim.spell(r.Wanted.Spelled)
	}
	before := claim.conceal(actual)
	out, err := r.reconcile(ctx, w, claim, actual, before)
	if applied, ok := errors.AsType[*ApplyError](err); ok && len(r.Prior.AppIDs) == 0 && !applied.Interrupted() && !applied.Unanswered() {
		out.Undo = r.undo(out, before)
	}
	if r.Exclusive {
		out.Foreign = Foreign(r.Wanted, r.Prior, out.Actual)
	}
	return out, err
}

func (r Reconciliation) reconcile(ctx context.Context, w Workspace, claim *Claim, before, actual Actual) (Outcome, error) {
	out := Outcome{Actual: actual, Touched: map[string]bool{}, Unsettled: time.Now().Add(r.Lag), Spelled: r.Prior.spellings(r.Wanted)}
	if gone := goneApps(r.Wanted, actual); len(gone) > 0 {
		return out, &GoneError{AppIDs: gone}
	}
	deltas := Diff(r.Wanted, r.Prior, actual)
	run := &run{Reconciliation: r, w: w, claim: claim, ledger: newLedger(deltas, r.Wanted.Accounts, r.Prior, before)}
	out.looks = run.ledger.looks
	for round := 0; !deltas.Empty(); round++ {
		if opened := deltas.OpenedApps(); len(opened) > 0 {
			return out, run.failed(&OpenedError{Apps: opened}, deltas, out.Actual)
		}
		if r.Approve != nil {
			if err := r.Approve(deltas, out.Actual, run.ledger.revoked()); err != nil {
				return out, run.failed(err, deltas, out.Actual)
			}
		}
		sendErr := run.send(ctx, deltas)
		out.Unsettled = time.Now().Add(r.Lag)
		maps.Copy(out.Touched, run.ledger.touched())
		if ctx.Err() != nil {
			return run.abandon(out, context.Cause(ctx))
		}
		remaining, err := run.readBack(ctx, &out)
		if err != nil {
			return run.abandon(out, errors.Join(sendErr, err))
		}
		if gone := goneApps(r.Wanted, out.Actual); len(gone) > 0 && remaining.Empty() {
			return out, run.failed(&GoneError{AppIDs: gone}, remaining, out.Actual)
		}
		if remaining.Empty() {
			out.Unlisted = run.hidden(out.Actual)
			return out, nil
		}
		if run.heldBack.Swap(false) && run.yields < maxYields {
			run.yields++
			round-- // somebody has claimed something since, which each resource does once
		}
		if sendErr == nil {
			if remaining, err = run.resolve(ctx, &out, remaining); err != nil {
				return run.abandon(out, err)
			}
		}
		if sendErr != nil && !refused(sendErr) || round == maxRounds-1 {
			return out, run.failed(sendErr, remaining, out.Actual)
		}
		if deltas = run.next(remaining, out.Actual); deltas.Empty() {
			return out, run.failed(sendErr, remaining, out.Actual)
		}
	}
	out.Unlisted = run.hidden(out.Actual)
	return out, nil
}

// abandon ends an apply that can't read back: what the service shows is worked out from its answers.
func (r *run) abandon(out Outcome, err error) (Outcome, error) {
	out.Actual = r.claim.conceal(r.ledger.estimate(out.Actual, r.Prior))
	return out, r.failed(err, Diff(r.Wanted, r.Prior, out.Actual), out.Actual)
}

// run is the memory of one Reconcile.
type run struct {
	Reconciliation
	w        Workspace
	claim    *Claim
	ledger   *ledger
	yields   int         // rounds that were due to claims of others
	heldBack atomic.Bool // a request was not sent, since another resource claimed what it would have taken away
}

// send sends the deltas, phase by phase. It stops at the first error; requests in flight are waited for.
func (r *run) send(ctx context.Context, deltas Deltas) error {
	phases := deltas.Phases()
	if r.Progress != nil {
		for _, phase := range phases {
			for _, group := range phase {
				r.Progress.Requests.Due.Add(int64(group.Len()))
				r.Progress.Granted.Due.Add(int64(len(group.grant) * len(group.apps)))
				r.Progress.Revoked.Due.Add(int64(len(group.revoke) * len(group.apps)))
			}
		}
	}
	for _, phase := range phases {
		var stop atomic.Bool
		var group errgroup.Group
		group.SetLimit(concurrency)
		for _, g := range phase {
			group.Go(func() error {
				for i := range g.Len() {
					if stop.Load() || ctx.Err() != nil {
						return nil //nolint:nilerr // Reconcile looks at ctx itself
					}
					a := g.Request(i)
					a.Allow = func() error { return r.claim.allow(a) }
					err := r.w.AssignAuthorizations(ctx, a)
					if errors.Is(err, ErrClaimed) {
						r.heldBack.Store(true)
						continue
					}
					a.Allow = nil
					r.ledger.add(a, err)
					if err != nil {
						stop.Store(true)
						return err
					}
					if r.Progress != nil {
						r.Progress.Requests.Done.Add(1)
						r.Progress.Granted.Done.Add(int64(len(a.Users) * len(a.AppIDs)))
						r.Progress.Revoked.Done.Add(int64(len(a.DelUsers) * len(a.AppIDs)))
						if wrote := r.Progress.Wrote; wrote != nil {
							wrote()
						}
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

// next turns what remains after a round into what is worth sending in the next one. What the service took note of but
// did not do is not sent again, and neither is a request that it refused, unless the world has moved since. But where
// it refused a request that closes an application, the next round only closes it: the round after that sees what the
// application lists then.
func (r *run) next(remaining Deltas, actual Actual) Deltas {
	out := Deltas{grantPlatform: remaining.grantPlatform, revokePlatform: remaining.revokePlatform}
	due := make(map[string]Delta, len(remaining.Apps))
	for _, delta := range remaining.Apps {
		due[delta.App.ID] = delta
	}
	for _, delta := range remaining.Apps {
		done := r.ledger.acknowledged(delta.App.ID)
		delta.Revoke, _ = split(delta.Revoke, done.revoked)
		delta.Grant, _ = split(delta.Grant, done.granted)
		accounts := len(delta.Replace) + len(delta.Grant) + len(delta.Revoke)
		if delta.Flip && done.mode == delta.Mode && accounts == 0 {
			continue // another writer sets the mode back: two sets must not fight for ever
		}
		if refusal, ok := r.ledger.refusal(delta.App.ID); ok && !moved(refusal, due, actual) {
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

// moved tells that a refused request would be another one now: an application of it is gone, or an account of it no
// longer has to change. due is what does.
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

// split parts handles into those that are not in the set and those that are.
func split(handles []api.Handle, set map[api.Handle]bool) (out, in []api.Handle) {
	if len(set) == 0 {
		return handles, nil
	}
	for _, h := range handles {
		if set[h] {
			in = append(in, h)
		} else {
			out = append(out, h)
		}
	}
	return out, in
}

// refused tells that the service answered and turned the request down for what it said, so that another request may
// do better: not for who asks, how often, or because of a fault.
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

func goneApps(wanted Set, actual Actual) []string {
	var gone []string
	for _, id := range wanted.AppIDs {
		if _, ok := actual[id]; !ok {
			gone = append(gone, id)
		}
	}
	return gone
}

// State returns what the state should say after an apply that failed: the applications that the set has touched or
// already had, with the accounts of both sides that are, or may be, granted on them. Applications that left the
// configuration stay until nothing of the set is left on them.
func (o Outcome) State(wanted, prior Set, exclusive bool) Tracked {
	inPrior, inWanted := setOf(prior.AppIDs), setOf(wanted.AppIDs)
	set := Set{Mode: wanted.Mode, Accounts: make(api.Accounts, len(wanted.Accounts)+len(prior.Accounts)), Mixed: prior.Mixed, Spelled: o.Spelled}
	if len(wanted.AppIDs) == 0 {
		set.Mode = prior.Mode
	}
	for _, id := range wanted.AppIDs {
		if inPrior[id] || o.Touched[id] {
			set.AppIDs = append(set.AppIDs, id)
		}
	}
	set.Unlisted = prior.Unlisted
	wanted.Spelled = o.Spelled
	for _, delta := range Diff(wanted, prior, o.Actual).Apps {
		if !inWanted[delta.App.ID] {
			set.AppIDs = append(set.AppIDs, delta.App.ID)
		}
	}
	maps.Copy(set.Accounts, prior.Accounts)
	maps.Copy(set.Accounts, wanted.Accounts)
	actual := maps.Clone(o.Actual)
	for id, status := range actual {
		if status.App.AuthorizationType == "" && inPrior[id] && !prior.Mixed {
			status.App.AuthorizationType = prior.Mode // no request changed it, and the service doesn't tell
			actual[id] = status
		}
		for h := range status.Stale {
			if platform, ok := prior.Accounts[h]; ok {
				set.Accounts[h] = platform
			}
		}
	}
	tracked := Track(set, actual, exclusive)
	tracked.Unlisted = tracked.Unlisted.unsettled(actual, o.Unsettled, o.looks)
	return tracked
}
