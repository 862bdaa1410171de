// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package authset

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud"
)

// ErrClaimed means that a request would take away what another resource of the same run wants: an account, or a whole
// application, that has passed from one resource to another.
var ErrClaimed = errors.New("another resource has claimed it in this run")

// Claims are what the applies of one run want. In which order Terraform applies two resources is free: where an account
// passes from one to the other, the one that takes it up may find it granted and have nothing to do, before the one that
// lets go of it revokes it. So each apply claims what it wants before it looks, and none revokes what another has claimed.
//
// They are for one apply of a configuration: what was wanted in one means nothing to the next.
type Claims struct {
	mu    sync.Mutex
	byApp map[string][]*Claim
	byRow map[api.Handle][]*Claim // who may want an account, by how the service may list it
}

// Claim is what one resource wants.
type Claim struct {
	book *Claims
	apps map[string]bool
	set  Set
	rows map[api.Handle]api.Handle // accounts of the set by the rows in which the service spells them in another way

	prior Set // what the resource may take away
	had   map[string]bool

	ended   sync.Once
	decided chan struct{} // closed when it is certain what of the set the resource keeps in its state

	// Of the latest look at the service:
	waits  map[*Claim]bool                // others that are not decided yet, for which something was left alone
	open   map[string]bool                // applications that were left alone since others want them open
	seen   map[string]api.Accounts        // what the applications listed
	hidden map[string]map[api.Handle]bool // by application, what others want of that and this resource doesn't
}

// make claims what is wanted. From its return on no request of others takes any of it away, and what is listed shows all
// that was sent before. A nil *Claims knows of nothing.
func (c *Claims) make(ctx context.Context, w Workspace, wanted, prior Set) (*Claim, error) {
	if c == nil {
		return nil, nil //nolint:nilnil // a nil claim is one that nothing is held against
	}
	claim := &Claim{book: c, apps: setOf(wanted.AppIDs), set: wanted, prior: prior, had: setOf(prior.AppIDs), decided: make(chan struct{})}
	c.mu.Lock()
	if c.byApp == nil {
		c.byApp, c.byRow = map[string][]*Claim{}, map[api.Handle][]*Claim{}
	}
	for id := range claim.apps {
		c.byApp[id] = append(c.byApp[id], claim)
	}
	claim.index(wanted.Accounts)
	c.mu.Unlock()
	claim.spell(wanted.Spelled)
	if err := w.Settled(ctx, wanted.AppIDs); err != nil {
		claim.decide(prior)
		return nil, err
	}
	return claim, nil
}

// decide says what the resource keeps in its state when its apply has ended: all that it wanted, or what is left of it after a
// failure. Everything else it gives back, so that whoever has it in its state keeps it there, or revokes it. A resource decides
// before it waits for others, so that none waits for ever.
func (k *Claim) decide(kept Set) {
	if k == nil {
		return
	}
	k.ended.Do(func() { k.end(kept) })
}

func (k *Claim) end(kept Set) {
	k.book.mu.Lock()
	apps := setOf(kept.AppIDs)
	for id := range k.apps {
		if !apps[id] {
			k.book.byApp[id] = slices.DeleteFunc(slices.Clone(k.book.byApp[id]), func(other *Claim) bool { return other == k })
		}
	}
	k.set = kept
	k.index(kept.Accounts)
	k.book.mu.Unlock()
	k.spell(kept.Spelled)
	close(k.decided)
}

// wait waits until all are decided for which the latest look left something alone.
func (k *Claim) wait(ctx context.Context) error {
	if k == nil {
		return nil
	}
	for other := range k.waits {
		select {
		case <-other.decided:
		case <-ctx.Done():
			return fmt.Errorf("waiting for another resource of this run: %w", context.Cause(ctx))
		}
	}
	return nil
}

func (k *Claim) undecided() bool {
	select {
	case <-k.decided:
		return false
	default:
		return true
	}
}

// others are the claims of others to an application.
func (k *Claim) others(appID string) []*Claim {
	k.book.mu.Lock()
	defer k.book.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(k.book.byApp[appID]), func(other *Claim) bool { return other == k })
}

// index makes it quick to find that the resource wants some accounts. The lock of the book is held.
func (k *Claim) index(accounts api.Accounts) {
	for h := range accounts {
		if list := k.book.byRow[h]; len(list) == 0 || list[len(list)-1] != k {
			k.book.byRow[h] = append(list, k)
		}
	}
}

// whoWants is the first of the others that wants an account of an application, or nil. It asks those who may want it anywhere where
// that are fewer.
func (k *Claim) whoWants(appID string, h api.Handle, others []*Claim) *Claim {
	k.book.mu.Lock()
	anywhere := k.book.byRow[h]
	k.book.mu.Unlock()
	ask, here := others, func(*Claim) bool { return true }
	if len(anywhere) < len(others) {
		ask, here = anywhere, func(other *Claim) bool { return slices.Contains(others, other) }
	}
	i := slices.IndexFunc(ask, func(other *Claim) bool { return other.wants(h, k.seen[appID]) && here(other) })
	if i < 0 {
		return nil
	}
	return ask[i]
}

// wants tells that the resource wants the account, which is one of those that an application lists, in whatever spelling the
// service lists it. Beside the plain one it is somebody else.
func (k *Claim) wants(h api.Handle, listed api.Accounts) bool {
	if k.wanted().Lists(h) {
		return true
	}
	k.book.mu.Lock()
	account, ok := k.rows[h]
	k.book.mu.Unlock()
	if !ok {
		return false
	}
	_, itself := listed[account]
	return !itself
}

// spell takes down how the service lists the accounts of the resource.
func (k *Claim) spell(spelled Spellings) {
	if k == nil {
		return
	}
	rows := make(map[api.Handle]api.Handle, len(spelled))
	for h, row := range spelled {
		if _, ok := k.set.Accounts[h]; ok {
			rows[row] = h
		}
	}
	k.book.mu.Lock()
	defer k.book.mu.Unlock()
	k.rows = rows
	for row := range rows {
		k.index(api.Accounts{row: ""})
	}
}

// conceal hides from a look at the service what others have claimed and this resource does not want: it is not for this
// resource to revoke, and its state must not hold it.
func (k *Claim) conceal(actual Actual) Actual {
	if k == nil {
		return actual
	}
	k.waits = map[*Claim]bool{}
	k.open, k.seen, k.hidden = map[string]bool{}, map[string]api.Accounts{}, map[string]map[api.Handle]bool{}
	out := maps.Clone(actual)
	for id, status := range actual {
		k.seen[id] = status.Accounts
		others := k.others(id)
		if len(others) == 0 {
			continue
		}
		if k.leavesOpen(id, others) {
			k.open[id] = true
			status.App.AuthorizationType, status.Accounts, status.MaybeOpen = api.AssignUser, nil, false
		} else {
			status.Accounts = k.without(id, status, others)
		}
		out[id] = status
	}
	return out
}

// leavesOpen tells that the application is none of this resource any more, and that another wants it open to everybody.
func (k *Claim) leavesOpen(appID string, others []*Claim) bool {
	if k.apps[appID] {
		return false
	}
	for _, other := range others {
		if other.wanted().Mode == api.AllUser {
			k.waitFor(other)
			return true
		}
	}
	return false
}

// waitFor notes that something is left alone for another resource which is not decided.
func (k *Claim) waitFor(other *Claim) {
	if other.undecided() {
		k.book.mu.Lock()
		defer k.book.mu.Unlock()
		k.waits[other] = true
	}
}

// wanted is what the resource wants, or keeps.
func (k *Claim) wanted() Set {
	k.book.mu.Lock()
	defer k.book.mu.Unlock()
	return k.set
}

func (k *Claim) without(appID string, status Status, others []*Claim) api.Accounts {
	accounts := status.Accounts
	out := accounts
	if !k.had[appID] {
		return out
	}
	mine := k.prior.Accounts
	if len(status.Hidden) > 0 {
		mine = make(api.Accounts, len(mine)+len(status.Hidden))
		maps.Copy(mine, k.prior.Accounts)
		addHidden(mine, status)
	}
	for account := range mine {
		h, ok := k.prior.Spelled.row(account, accounts)
		if !ok || !k.taken(appID, h, others) {
			continue
		}
		if k.hidden[appID] == nil {
			k.hidden[appID], out = map[api.Handle]bool{}, maps.Clone(accounts)
		}
		k.hidden[appID][h] = true
		delete(out, h)
	}
	return out
}

// givenBack tells that something was left alone for a resource that did not keep it.
func (k *Claim) givenBack() bool {
	if k == nil {
		return false
	}
	for id, hidden := range k.hidden {
		others := k.others(id)
		for h := range hidden {
			if !k.taken(id, h, others) {
				return true
			}
		}
	}
	for id := range k.open {
		if !k.leavesOpen(id, k.others(id)) {
			return true
		}
	}
	return false
}

// taken tells that others want an account of an application, and this resource doesn't.
func (k *Claim) taken(appID string, h api.Handle, others []*Claim) bool {
	if k.apps[appID] && k.wants(h, k.seen[appID]) {
		return false
	}
	other := k.whoWants(appID, h, others)
	if other != nil {
		k.waitFor(other)
	}
	return other != nil
}

// keep shows again what was left alone for resources that have not kept it.
func (k *Claim) keep(actual Actual) Actual {
	if k == nil {
		return actual
	}
	out := maps.Clone(actual)
	for id, hidden := range k.hidden {
		status, ok := actual[id]
		if !ok {
			continue
		}
		others := slices.DeleteFunc(k.others(id), (*Claim).undecided)
		for h := range hidden {
			if k.whoWants(id, h, others) != nil {
				continue
			}
			if _, ok := status.Accounts[h]; !ok {
				status.Accounts = maps.Clone(status.Accounts)
				status.Accounts[h] = k.seen[id][h]
			}
			delete(hidden, h)
		}
		out[id] = status
	}
	for id := range k.open {
		others := slices.DeleteFunc(k.others(id), (*Claim).undecided)
		if !slices.ContainsFunc(others, func(other *Claim) bool { return other.wanted().Mode == api.AllUser }) {
			status := actual[id]
			status.App.AuthorizationType = api.AllUser
			out[id] = status
			delete(k.open, id)
		}
	}
	return out
}

// allow refuses a request that takes away what others have claimed since this resource looked. Ask it when no other request
// about the applications can be sent.
func (k *Claim) allow(a api.Assignment) error {
	if k == nil {
		return nil
	}
	for _, id := range a.AppIDs {
		others := k.others(id)
		if a.AuthorizationType != api.AllUser && k.leavesOpen(id, others) {
			return fmt.Errorf("application %s: %w", id, ErrClaimed)
		}
		for _, user := range a.DelUsers {
			if k.taken(id, user.Handle(), others) {
				return fmt.Errorf("%s on application %s: %w", user.Account, id, ErrClaimed)
			}
		}
	}
	return nil
}

// passed are the accounts, by application, that were this resource's to revoke and have passed to others.
func (k *Claim) passed() map[string][]api.Handle {
	if k == nil {
		return nil
	}
	out := map[string][]api.Handle{}
	for id, hidden := range k.hidden {
		if len(hidden) > 0 {
			out[id] = slices.SortedFunc(maps.Keys(hidden), compareHandles)
		}
	}
	return out
}

// unclaimed are those accounts that no other resource wants.
func (k *Claim) unclaimed(foreign map[string][]api.Handle) map[string][]api.Handle {
	if k == nil {
		return foreign
	}
	for id, handles := range foreign {
		others := k.others(id)
		foreign[id] = slices.DeleteFunc(handles, func(h api.Handle) bool { return k.whoWants(id, h, others) != nil })
		if len(foreign[id]) == 0 {
			delete(foreign, id)
		}
	}
	return foreign
}

// leftOpen are the applications that stay open to everybody, since others want that, though this resource no longer names them.
func (k *Claim) leftOpen() []string {
	if k == nil {
		return nil
	}
	return slices.Sorted(maps.Keys(k.open))
}
