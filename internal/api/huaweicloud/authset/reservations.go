// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package authset

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud"
)

// ErrReserved means that a request would take away what another resource of the same run wants: an
// account, or a whole application, that has passed from one resource to another.
var ErrReserved = errors.New("another resource of this run has reserved it")

// Reserved tells what other resources of a run want of the application of a delta, and the one that
// asks doesn't: that it is open to everybody, or accounts. wants is nil where they want nobody.
type Reserved func(Delta) (open bool, wants func(api.Handle) bool)

// Without parts deltas: what no other resource of the run has reserved stays, and the rest is left
// to them.
func (d Deltas) Without(reserved Reserved) (rest, left Deltas) {
	rest = Deltas{grantPlatform: d.grantPlatform, revokePlatform: d.revokePlatform}
	left = rest
	for _, delta := range d.Apps {
		open, wants := reserved(delta)
		if open {
			delta.LeftOpen = true
			left.Apps = append(left.Apps, delta)
			continue
		}
		mine, theirs := delta, Delta{App: delta.App, Mode: delta.Mode, listed: delta.listed}
		mine.LeftOpen = false
		if wants != nil {
			mine.Replace, theirs.Replace = split(delta.Replace, wants)
			mine.Revoke, theirs.Revoke = split(delta.Revoke, wants)
		}
		if !mine.empty() {
			rest.Apps = append(rest.Apps, mine)
		}
		if !theirs.empty() {
			left.Apps = append(left.Apps, theirs)
		}
	}
	return rest, left
}

// reserved is what deltas that were left to other resources tell of what these want.
func (d Deltas) reserved() Reserved {
	byApp := make(map[string]Delta, len(d.Apps))
	for _, delta := range d.Apps {
		byApp[delta.App.ID] = delta
	}
	return func(of Delta) (open bool, wants func(api.Handle) bool) {
		left, ok := byApp[of.App.ID]
		if !ok {
			return false, nil
		}
		accounts := handleSet{}
		accounts.add(left.Revocations())
		return left.LeftOpen, accounts.has
	}
}

// Reservations are what the applies of one run want. In which order Terraform applies two resources
// is free: where an account passes from one to the other, the one that takes it up may find it
// granted and have nothing to do, before the one that lets go of it revokes it. So each apply
// reserves what it wants before it looks, and none revokes what another has reserved.
//
// They are for one apply of a configuration: what was wanted in one means nothing to the next.
type Reservations struct {
	mu    sync.Mutex
	byApp map[string][]*reservation
	byRow map[api.Handle][]*reservation // who may want an account, by how the service may list it
}

// reservation is what one resource wants. A nil one is of a run that reserves nothing.
type reservation struct {
	book *Reservations
	apps map[string]bool
	set  Set
	rows map[api.Handle]api.Handle // accounts of the set by the rows in which the service spells them in another way

	ended   sync.Once
	decided chan struct{} // closed when it is certain what of the set the resource keeps in its state
}

// reserve records what is wanted. From its return on no request of another resource takes any of it
// away, and what is listed shows all that was sent before. A nil *Reservations reserves nothing.
func (b *Reservations) reserve(ctx context.Context, w Workspace, wanted, prior Set) (*reservation, error) {
	if b == nil {
		return nil, nil //nolint:nilnil // see reservation
	}
	r := &reservation{book: b, apps: setOf(wanted.AppIDs), set: wanted, decided: make(chan struct{})}
	b.mu.Lock()
	if b.byApp == nil {
		b.byApp, b.byRow = map[string][]*reservation{}, map[api.Handle][]*reservation{}
	}
	for id := range r.apps {
		b.byApp[id] = append(b.byApp[id], r)
	}
	r.index(wanted.Accounts)
	b.mu.Unlock()
	r.spell(wanted.Spelled)
	if err := w.Settled(ctx, wanted.AppIDs); err != nil {
		r.decide(prior)
		return nil, err
	}
	return r, nil
}

// decide says what the resource keeps in its state when its apply has ended: all that it wanted, or
// what is left of it after a failure. Everything else it gives back, so that whoever has it in its
// state keeps it there, or revokes it. A resource decides before it waits for other resources, so
// that none waits for ever.
func (r *reservation) decide(kept Set) {
	if r == nil {
		return
	}
	r.ended.Do(func() {
		r.book.mu.Lock()
		apps := setOf(kept.AppIDs)
		for id := range r.apps {
			if !apps[id] {
				r.book.byApp[id] = slices.DeleteFunc(slices.Clone(r.book.byApp[id]), func(other *reservation) bool { return other == r })
			}
		}
		r.set = kept
		r.index(kept.Accounts)
		r.book.mu.Unlock()
		r.spell(kept.Spelled)
		close(r.decided)
	})
}

func (r *reservation) undecided() bool {
	select {
	case <-r.decided:
		return false
	default:
		return true
	}
}

// wait waits until all have decided who want something of what was left to them.
func (r *reservation) wait(ctx context.Context, left Deltas) error {
	for _, delta := range left.Apps {
		undecided := r.others(delta.App.ID, (*reservation).undecided)
		for next := r.waitsFor(delta, undecided); next != nil; next = r.waitsFor(delta, undecided) {
			select {
			case <-next.decided:
			case <-ctx.Done():
				return fmt.Errorf("waiting for another resource of this run: %w", context.Cause(ctx))
			}
			undecided = slices.DeleteFunc(undecided, func(other *reservation) bool { return !other.undecided() })
		}
	}
	return nil
}

// waitsFor is one of some resources that wants something of what was left, nil when none does.
func (r *reservation) waitsFor(left Delta, of []*reservation) *reservation {
	if len(of) == 0 {
		return nil
	}
	if left.LeftOpen {
		return r.opener(left.App.ID, of)
	}
	for _, h := range left.Revocations() {
		if other := r.holder(left, h, of); other != nil {
			return other
		}
	}
	return nil
}

// reserved is what other resources of the run want; kept is what those of them want that have
// decided.
func (r *reservation) reserved(delta Delta) (open bool, wants func(api.Handle) bool) {
	return r.reservedBy(delta, func(*reservation) bool { return true })
}

func (r *reservation) kept(delta Delta) (open bool, wants func(api.Handle) bool) {
	return r.reservedBy(delta, func(other *reservation) bool { return !other.undecided() })
}

func (r *reservation) reservedBy(delta Delta, ask func(*reservation) bool) (open bool, wants func(api.Handle) bool) {
	others := r.others(delta.App.ID, ask)
	if len(others) == 0 {
		return false, nil
	}
	return r.opener(delta.App.ID, others) != nil, func(h api.Handle) bool { return r.holder(delta, h, others) != nil }
}

// allow refuses a request about some applications that takes away what another resource has
// reserved since this one looked. Ask it when no other request about the applications can be sent.
func (r *reservation) allow(a api.Assignment, apps []Delta) error {
	for _, delta := range apps {
		open, wants := r.reserved(delta)
		if open {
			return fmt.Errorf("application %s: %w", delta.App.ID, ErrReserved)
		}
		for _, user := range a.DelUsers {
			if wants != nil && wants(user.Handle()) {
				return fmt.Errorf("%s on application %s: %w", user.Account, delta.App.ID, ErrReserved)
			}
		}
	}
	return nil
}

// unreserved are those of some accounts, by application, that no other resource wants.
func (r *reservation) unreserved(accounts map[string][]api.Handle, actual Actual) map[string][]api.Handle {
	for id, handles := range accounts {
		open, wants := r.reserved(Delta{App: api.App{ID: id}, listed: actual[id].Accounts})
		if wants != nil {
			accounts[id], _ = split(handles, wants)
		}
		if open || len(accounts[id]) == 0 {
			delete(accounts, id)
		}
	}
	return accounts
}

// others are those of the other resources with a reservation for an application that are asked for.
func (r *reservation) others(appID string, ask func(*reservation) bool) []*reservation {
	if r == nil {
		return nil
	}
	r.book.mu.Lock()
	defer r.book.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(r.book.byApp[appID]), func(other *reservation) bool { return other == r || !ask(other) })
}

// opener is another resource that wants an application open to everybody which is none of this
// resource any more.
func (r *reservation) opener(appID string, others []*reservation) *reservation {
	if r.apps[appID] {
		return nil
	}
	i := slices.IndexFunc(others, func(other *reservation) bool { return other.wanted().Mode == api.AllUser })
	if i < 0 {
		return nil
	}
	return others[i]
}

// holder is another resource that wants an account of an application which this resource doesn't
// want. It asks those who may want it anywhere where that are fewer.
func (r *reservation) holder(delta Delta, h api.Handle, others []*reservation) *reservation {
	if r.apps[delta.App.ID] && r.wants(h, delta.listed) {
		return nil
	}
	r.book.mu.Lock()
	anywhere := r.book.byRow[h]
	r.book.mu.Unlock()
	ask, here := others, func(*reservation) bool { return true }
	if len(anywhere) < len(others) {
		ask, here = anywhere, func(other *reservation) bool { return slices.Contains(others, other) }
	}
	i := slices.IndexFunc(ask, func(other *reservation) bool { return other.wants(h, delta.listed) && here(other) })
	if i < 0 {
		return nil
	}
	return ask[i]
}

// wants tells that the resource wants the account, which is one of those that an application lists,
// in whatever spelling the service lists it. Beside the plain one it is another account.
func (r *reservation) wants(h api.Handle, listed api.Accounts) bool {
	if r.wanted().Lists(h) {
		return true
	}
	r.book.mu.Lock()
	account, ok := r.rows[h]
	r.book.mu.Unlock()
	if !ok {
		return false
	}
	_, itself := listed[account]
	return !itself
}

// wanted is what the resource wants, or keeps.
func (r *reservation) wanted() Set {
	r.book.mu.Lock()
	defer r.book.mu.Unlock()
	return r.set
}

// index makes it quick to find that the resource wants some accounts. The lock of the book is held.
func (r *reservation) index(accounts api.Accounts) {
	for h := range accounts {
		if list := r.book.byRow[h]; len(list) == 0 || list[len(list)-1] != r {
			r.book.byRow[h] = append(list, r)
		}
	}
}

// spell takes down how the service lists the accounts of the resource, and how a request names such
// a row.
func (r *reservation) spell(spelled Spellings) {
	if r == nil {
		return
	}
	rows := make(map[api.Handle]api.Handle, len(spelled))
	for h, row := range spelled {
		if _, ok := r.set.Accounts[h]; ok {
			rows[row], rows[inRequest(row, h)] = h, h
		}
	}
	r.book.mu.Lock()
	defer r.book.mu.Unlock()
	r.rows = rows
	for row := range rows {
		r.index(api.Accounts{row: ""})
	}
}
