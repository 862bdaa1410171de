// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

// Package grantset is who shall have an OAuth role of Venafi Trust Protection Platform, and who has
// it: what is wanted, what is held, the delta between them, the requests that it needs, and a look
// at what has come about. A single grant is a set of one. It knows nothing of Terraform.
package grantset

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/shared"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/venafi"
)

// Run is what the resources of one run share: a listing of all roles, what the run knows beyond it,
// and what it has reserved. It is safe for concurrent use.
type Run struct {
	client *venafi.Client
	// application is the one whose rules the grants are, "" where they are roles.
	application  string
	revoke       func(context.Context, venafi.Grant) error
	listing      *shared.Reading[*venafi.Listing]
	knowledge    knowledge
	turns        shared.Turns[venafi.Key]
	reservations *shared.Reservations[venafi.Key]
	intents      intents
	ownGroups    *shared.Reading[[]venafi.Identity]

	mu        sync.Mutex
	confirmed shared.Moment // the second look of this run
	lookups   int           // of grantees
	// applications are those that were looked up, and whether there is none.
	applications map[string]*shared.Reading[bool]
	rules        map[string]*Run // by application
	manyPlans    bool
	probes       map[string]*shared.Reading[bool] // whether listings lag behind, or rewrite, by how the grantee is spelled

	// settle are the pauses in which a listing may catch up with a write; lag is how long it may
	// take at most. In that time the answer to the write is believed.
	settle []time.Duration
	lag    time.Duration
}

// QuotaWait is how long requests that wait for the quota have to wait yet, 0 when none does.
func (r *Run) QuotaWait() time.Duration { return r.client.QuotaWait() }

// New makes what a run shares. With manyPlans it serves more than one plan and apply: what one of
// them granted means nothing to the next.
func New(client *venafi.Client, manyPlans bool) *Run {
	return newRun(client, manyPlans, func(ctx context.Context, _ shared.Moment) (*venafi.Listing, error) { return client.ListRoles(ctx) })
}

// Of is what a run shares of what a set is about: all roles have one listing, and the rules of each
// application have one.
func (r *Run) Of(s Set) *Run {
	if s.Role != venafi.Use {
		return r
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	rules := r.rules[s.ApplicationID]
	if rules == nil {
		rules = newRun(r.client, r.manyPlans, func(ctx context.Context, _ shared.Moment) (*venafi.Listing, error) {
			return r.client.ListRules(ctx, s.ApplicationID)
		})
		rules.application = s.ApplicationID
		rules.revoke = func(ctx context.Context, g venafi.Grant) error {
			return r.client.DeleteRule(ctx, g.ApplicationID, g.Grantee)
		}
		r.rules[s.ApplicationID] = rules
	}
	return rules
}

func newRun(client *venafi.Client, manyPlans bool, list func(context.Context, shared.Moment) (*venafi.Listing, error)) *Run {
	_, wait := client.Retries()
	r := &Run{
		client: client, revoke: client.RevokeRole, rules: map[string]*Run{}, manyPlans: manyPlans, listing: shared.NewReading(list), reservations: shared.NewReservations[venafi.Key](manyPlans), probes: map[string]*shared.Reading[bool]{}, applications: map[string]*shared.Reading[bool]{},
		settle: []time.Duration{wait / 5, wait * 2 / 5, wait * 4 / 5}, lag: 4 * wait,
	}
	r.intents.forget = manyPlans
	r.knowledge.lag = max(r.lag, 10*time.Second)
	r.ownGroups = shared.NewReading(func(ctx context.Context, _ shared.Moment) ([]venafi.Identity, error) {
		_, groups, err := client.Self(ctx)
		return groups, err
	})
	return r
}

// Client is what the run was made with.
func (r *Run) Client() *venafi.Client { return r.client }

// Holders returns who holds the role among those whom a set or the other one lists, by the shared
// listing and what this run has changed; with all it returns everybody. Where the listing lacks
// somebody whom the set lists, a second one is asked for a moment later, once in a run: a listing
// may lag behind. What can't be seen is no proof that nobody holds it: ErrNotVisible, or
// a *venafi.UnreadRowsError.
func (r *Run) Holders(ctx context.Context, set, other Set, all bool) ([]venafi.Grant, error) {
	listed, err := r.listing.Get(ctx, 0)
	if err != nil {
		return nil, err
	}
	held := r.holders(listed, set, other, all)
	if set.lacks(held) {
		if listed, err = r.second(ctx); err != nil {
			return nil, err
		}
		held = r.holders(listed, set, other, all)
	}
	return held, r.checkComplete(ctx, listed, set, held, all)
}

// Delta is what a change would have to do, by the shared listing.
func (r *Run) Delta(ctx context.Context, wanted, prior Set, exclusive bool) (Delta, error) {
	held, err := r.Holders(ctx, prior, wanted, exclusive)
	if err != nil {
		return Delta{}, err
	}
	return r.delta(wanted, prior, held), nil
}

func (r *Run) delta(wanted, prior Set, held []venafi.Grant) Delta {
	delta := Diff(wanted, prior, held)
	listed, _ := r.listing.Peek()
	delta.Amend, delta.Widened = amendments(wanted, prior, listed)
	for _, rule := range prior.Restore {
		delta.Amend = append(delta.Amend, Amendment{Is: rule, To: rule})
	}
	return delta
}

// holders is what the listing says, what the run knows beyond it, and what the set has to assume
// for a while.
func (r *Run) holders(listed *venafi.Listing, set, other Set, all bool) []venafi.Grant {
	var held []venafi.Grant
	if all {
		held = r.knowledge.ofHolding(listed, set.Holding())
	} else {
		held = r.knowledge.among(listed, set.keys(), other.keys())
	}
	if len(set.Unsettled) == 0 {
		return held
	}
	shown := set.shown(held)
	for _, label := range set.labels() {
		g := set.Grant(set.Grantees[label])
		until, ok := set.Unsettled[venafi.CanonicalGrantee(g.Grantee)]
		if ok && !shown[label] && listed.Started.Before(until) && !r.knowledge.revoked(g.Key()) {
			held = append(held, g)
		}
	}
	return held
}

// Read returns what a set holds: the grantees that it lists, or everybody for an exclusive one.
// What had to be assumed for a while and shows now, or does not after that time, is not assumed any
// more.
func (r *Run) Read(ctx context.Context, set Set, exclusive bool) (Set, error) {
	held, err := r.Holders(ctx, set, set.Empty(), exclusive)
	if err != nil {
		return Set{}, err
	}
	now := Track(held, exclusive, set)
	listed, _ := r.listing.Peek()
	r.carry(&now, set, listed)
	now.Applied = set.applied()
	now.Terms = now.actual(listed)
	return now, nil
}

// carry goes on assuming what has to be assumed of those who are in a set now.
func (r *Run) carry(now *Set, of Set, listed *venafi.Listing) {
	for id, until := range of.Unsettled {
		g := of.Grant(id)
		if _, shows := listed.Find(g.Key()); !shows && listed.Started.Before(until) && !r.knowledge.revoked(g.Key()) {
			now.assume(id, until)
		}
	}
}

// checkComplete makes sure that the listing would show what it lacks.
func (r *Run) checkComplete(ctx context.Context, listed *venafi.Listing, set Set, held []venafi.Grant, all bool) error {
	missing := set.lacks(held)
	if missing || all {
		if err := listed.Unread(); err != nil {
			return err
		}
	}
	if missing || all && len(held) == 0 {
		return r.checkVisible(ctx, set.Grant(""))
	}
	return nil
}

// ErrNotVisible means that the caller can't see whether a grant is held.
var ErrNotVisible = errors.New("the identity that the provider is logged in as sees the roles of those applications only that it owns")

// ErrRulesNotVisible is ErrNotVisible for rules.
var ErrRulesNotVisible = errors.New("the server lists no rules of it, and the identity that the provider is logged in as may not see them: grant it the OAuth " +
	"role admin or auditor, or application_owner of the application")

// checkVisible makes sure that the listing would show a grant: an application owner sees the roles
// of the own applications only, and what is not seen is not gone.
func (r *Run) checkVisible(ctx context.Context, g venafi.Grant) error {
	own, err := r.client.OwnRole(ctx)
	if err != nil {
		return fmt.Errorf("the role is not listed, but it could not be found out whether it would be: %w", err)
	}
	switch own.Role {
	default:
		return nil
	case venafi.User, venafi.ApplicationMaintainer, venafi.ApplicationOwner, venafi.MixedOwnerMaintainer:
		if !g.Role.OfApplication() || !slices.Contains(own.OwnedApplications, g.ApplicationID) {
			if g.Role == venafi.Use {
				return ErrRulesNotVisible
			}
			return ErrNotVisible
		}
	}
	return nil
}

// Grants returns all grants that the caller may see, by the shared listing and what this run has
// changed, in the order of role, application and grantee. A row that can't be read is an error.
func (r *Run) Grants(ctx context.Context) ([]venafi.Grant, error) {
	listed, err := r.listing.Get(ctx, 0)
	if err != nil {
		return nil, err
	}
	return r.knowledge.all(listed), listed.Unread()
}

// fresh returns a listing that was asked for after this call.
func (r *Run) fresh(ctx context.Context) (*venafi.Listing, error) {
	return r.listing.Get(ctx, r.listing.Now())
}

// second returns a listing that was asked for some time after the first in which something was
// missed. There is one such listing in a run, however much is missed.
func (r *Run) second(ctx context.Context) (*venafi.Listing, error) {
	r.mu.Lock()
	confirmed := r.confirmed
	r.mu.Unlock()
	if confirmed == 0 {
		if err := shared.Sleep(ctx, r.settle[0]); err != nil {
			return nil, err
		}
		r.mu.Lock()
		if r.confirmed == 0 {
			r.confirmed = r.listing.Now()
		}
		confirmed = r.confirmed
		r.mu.Unlock()
	}
	return r.listing.Get(ctx, confirmed)
}
