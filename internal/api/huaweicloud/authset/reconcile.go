// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package authset

import (
	"context"
	"errors"
	"maps"
	"sync/atomic"
	"time"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/rest"
)

// maxRounds bounds how often one apply looks at the service and sends what is still missing. Two
// are the rule: the second finds nothing to do. More are needed when closing an open application
// uncovers accounts that it hid, or when the service refused a request because the world had moved.
const maxRounds = 5

// maxYields bounds the rounds that come on top since other resources reserve something while an
// apply is under way.
const maxYields = 100

// Reconciliation is one apply of a set: what is wanted of the applications, and what the state
// remembers.
type Reconciliation struct {
	Wanted, Prior Set
	Exclusive     bool
	// Approve is asked before anything is sent, with what will change. revoked is the number of
	// accounts that this apply has revoked so far: it is above zero only when closing an
	// application uncovered more to revoke.
	Approve func(deltas Deltas, actual Actual, spelled Spellings, revoked int) error
	// Lag is how long a list may lag behind a write. For that time the apply looks again at what
	// the service said yes to and does not show: 0 never does.
	Lag time.Duration
	// Reservations, when given, are those of all applies of this run: what other resources want is
	// not taken from them.
	Reservations *Reservations
	// Counting, when given, is what the applications are read by.
	Counting *Counting
	// Progress, when given, is kept up to date for whoever reports it.
	Progress *Progress
}

// Outcome is what is known after an apply, also after a failed one.
type Outcome struct {
	// Actual is what the service lists. After an error it may be worked out from the answers;
	// Unsure then holds the accounts that a request without an answer may have granted.
	Actual Actual
	// Spelled are the spellings of both sides, and those that this apply has seen.
	Spelled Spellings
	// Unlisted is what the set may have granted though no list shows it. After an error State says
	// it.
	Unlisted Unlisted
	// Unsettled is until when it is assumed that requests may have done yet what could not be seen.
	Unsettled time.Time
	// Touched are the applications that a request named, whatever became of it.
	Touched map[string]bool
	// Left is what the set would have taken away and did not, since another resource of the run
	// wants it.
	Left Deltas
	// Foreign are accounts, by application, that an exclusive set neither lists nor had in its
	// state: they came since its plan, and were left alone.
	Foreign map[string][]api.Handle
	// Undo takes back what a failed create has done. It is nil for any other apply, and where the
	// service may act yet on a request that it did not answer.
	Undo *Deltas

	looks map[string]look // the first looks at the applications
}

// Reconcile brings the service to what is wanted: it reads, sends the difference in the fewest
// requests, and reads back what it changed, since the service answers 200 also when it skipped an
// account. A request that failed though everything arrived is no failure. Any other error is
// an *ApplyError or, when nothing was sent, what went wrong before.
func Reconcile(ctx context.Context, w Workspace, r Reconciliation) (Outcome, error) {
	ctx = rest.WithQueue(ctx)
	reservation, err := r.Reservations.reserve(ctx, w, r.Wanted, r.Prior)
	if err != nil {
		return Outcome{}, err
	}
	out, err := r.once(ctx, w, reservation)
	reservation.decide(r.kept(out, err))
	for err == nil {
		if err = reservation.wait(ctx, out.Left); err != nil {
			break
		}
		if givenBack, _ := out.Left.Without(reservation.reserved); givenBack.Empty() {
			break
		}
		touched := out.Touched
		out, err = r.once(ctx, w, reservation)
		maps.Copy(out.Touched, touched)
	}
	if err != nil && len(out.Touched) > 0 && out.Undo == nil {
		_ = reservation.wait(ctx, out.Left)
	}
	// What another resource may give back yet stays in the state of this one.
	_, out.Left = out.Left.Without(reservation.kept)
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

// once makes one apply: it reads, and sends what differs and no other resource has reserved.
func (r Reconciliation) once(ctx context.Context, w Workspace, own *reservation) (Outcome, error) {
	actual, err := Observe(ctx, w, r.Wanted, r.Prior, r.Exclusive)
	if err != nil {
		return Outcome{Touched: map[string]bool{}}, err
	}
	r.Prior = r.Prior.learn(actual) // a refresh may have come too late for the plan, or not at all
	if learned := r.Counting.Learned(); len(learned) > 0 {
		r.Wanted.Spelled = r.Wanted.spellings(Set{Spelled: learned})
		own.spell(r.Wanted.Spelled)
	}
	run := &run{Reconciliation: r, w: w, reservation: own}
	run.out = Outcome{Actual: actual, Unsettled: time.Now().Add(r.Lag), Spelled: r.Prior.spellings(r.Wanted)}
	deltas := run.remaining()
	run.log = newRequestLog(deltas, r.Wanted.Accounts, r.Prior, actual)
	err = run.apply(ctx, deltas)
	out := run.out
	out.Touched, out.looks = run.log.touched(), run.log.looks
	if applied, ok := errors.AsType[*ApplyError](err); ok && len(r.Prior.AppIDs) == 0 && !applied.Interrupted() && !applied.Unanswered() {
		out.Undo = r.undo(out, actual)
	}
	if r.Exclusive {
		out.Foreign = own.unreserved(Foreign(run.Wanted, run.Prior, out.Actual), out.Actual)
	}
	return out, err
}

// run is the memory of one apply.
type run struct {
	Reconciliation
	w           Workspace
	reservation *reservation
	log         *requestLog
	out         Outcome
	yields      int         // rounds that were due to reservations of other resources
	heldBack    atomic.Bool // a request was not sent, since another resource has reserved what it would have taken away
}

// remaining is what has still to change, by the last look at the service, and no other resource has
// reserved.
func (r *run) remaining() Deltas {
	var rest Deltas
	rest, r.out.Left = Diff(r.Wanted, r.Prior, r.out.Actual).Without(r.reservation.reserved)
	return rest
}

// apply sends deltas and reads back, until the service shows what is wanted.
func (r *run) apply(ctx context.Context, deltas Deltas) error {
	if gone := goneApps(r.Wanted, r.out.Actual); len(gone) > 0 {
		return &GoneError{AppIDs: gone}
	}
	for round := 0; !deltas.Empty(); round++ {
		if err := r.refuse(deltas); err != nil {
			return r.failed(err, deltas)
		}
		sendErr := r.send(ctx, deltas)
		r.out.Unsettled = time.Now().Add(r.Lag)
		if ctx.Err() != nil {
			return r.abandon(context.Cause(ctx))
		}
		remaining, err := r.readBack(ctx)
		if err != nil {
			return r.abandon(errors.Join(sendErr, err))
		}
		if remaining.Empty() {
			if gone := goneApps(r.Wanted, r.out.Actual); len(gone) > 0 {
				return r.failed(&GoneError{AppIDs: gone}, remaining)
			}
			break
		}
		if r.heldBack.Swap(false) && r.yields < maxYields {
			r.yields++
			round-- // another resource has reserved something since, which each does once
		}
		if sendErr == nil || refused(sendErr) {
			if remaining, err = r.resolve(ctx, remaining); err != nil {
				return r.abandon(err)
			}
		}
		if deltas = r.next(remaining); deltas.Empty() || round == maxRounds-1 || sendErr != nil && !refused(sendErr) {
			return r.failed(sendErr, remaining)
		}
	}
	r.out.Unlisted = r.hidden(r.out.Actual)
	return nil
}

// refuse is for deltas that may not be sent.
func (r *run) refuse(deltas Deltas) error {
	if opened := deltas.OpenedApps(); len(opened) > 0 {
		return &OpenedError{Apps: opened}
	}
	if r.Approve == nil {
		return nil
	}
	return r.Approve(deltas, r.out.Actual, r.out.Spelled, r.log.revoked())
}

// abandon ends an apply that can't read back: what the service shows is worked out from its
// answers.
func (r *run) abandon(err error) error {
	r.out.Actual = r.log.estimate(r.out.Actual, r.Prior)
	return r.failed(err, r.remaining())
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
