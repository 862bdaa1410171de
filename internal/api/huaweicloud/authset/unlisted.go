// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package authset

import (
	"maps"
	"slices"
	"time"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud"
)

// Unlisted is what a set may have granted though no list shows it.
type Unlisted struct {
	// Hidden are accounts that some applications may hide while they are open to everybody: whoever closes one of them brings them
	// back. They are remembered until a look at it closed.
	Hidden   []api.Account `json:"hidden,omitempty"`
	HiddenOn []string      `json:"hidden_on,omitempty"`
	// Unsettled are accounts that a request may have granted, and Opening applications that one may have opened to everybody, though
	// nobody could see it. It is assumed until a look after Until says otherwise.
	Unsettled   []api.Account `json:"unsettled,omitempty"`
	UnsettledOn []string      `json:"unsettled_on,omitempty"`
	Opening     []string      `json:"opening,omitempty"`
	Until       time.Time     `json:"until,omitzero"`
}

// assume adds to a look at the service what it may not show.
func (u Unlisted) assume(actual Actual) Actual {
	each := func(appIDs []string, change func(*Status)) {
		for _, id := range appIDs {
			if status, ok := actual[id]; ok {
				change(&status)
				actual[id] = status
			}
		}
	}
	hidden := map[api.Handle]bool{}
	for _, a := range u.Hidden {
		hidden[a.Handle()] = true
	}
	each(u.HiddenOn, func(s *Status) { s.Hidden = hidden })
	if time.Now().Before(u.Until) {
		unsure := api.Accounts{}
		for _, a := range u.Unsettled {
			unsure[a.Handle()] = ""
		}
		each(u.UnsettledOn, func(s *Status) { s.Unsure = unsure })
		each(u.Opening, func(s *Status) { s.MaybeOpen = true })
	}
	return actual
}

// With are some accounts, and those that may be granted beside them.
func (u Unlisted) With(accounts api.Accounts) api.Accounts {
	if len(u.Hidden) == 0 {
		return accounts
	}
	out := make(api.Accounts, len(accounts)+len(u.Hidden))
	maps.Copy(out, accounts)
	for _, a := range u.Hidden {
		out[a.Handle()] = ""
	}
	return out
}

// after is what is left of it after a look at the service.
func (u Unlisted) after(actual Actual) Unlisted {
	var out Unlisted
	for _, id := range u.HiddenOn {
		if status, ok := actual[id]; ok && status.mayHide() {
			out.Hidden, out.HiddenOn = u.Hidden, append(out.HiddenOn, id)
		}
	}
	if !time.Now().Before(u.Until) {
		return out
	}
	lacks := func(id string) bool {
		status, ok := actual[id]
		return ok && slices.ContainsFunc(u.Unsettled, func(a api.Account) bool { _, listed := status.Accounts[a.Handle()]; return !listed })
	}
	for _, id := range u.UnsettledOn {
		if lacks(id) {
			out.Unsettled, out.UnsettledOn, out.Until = u.Unsettled, append(out.UnsettledOn, id), u.Until
		}
	}
	for _, id := range u.Opening {
		if status, ok := actual[id]; ok && !opaque(status.App) {
			out.Opening, out.Until = append(out.Opening, id), u.Until
		}
	}
	return out
}

// unsettled is what an apply that failed may have done.
func (u Unlisted) unsettled(actual Actual, until time.Time) Unlisted {
	accounts := map[api.Handle]bool{}
	u.Unsettled, u.UnsettledOn, u.Opening, u.Until = nil, nil, nil, time.Time{}
	for _, id := range slices.Sorted(maps.Keys(actual)) {
		status := actual[id]
		if len(status.Unsure) > 0 {
			u.UnsettledOn = append(u.UnsettledOn, id)
			for h := range status.Unsure {
				accounts[h] = true
			}
		}
		if status.MaybeOpen {
			u.Opening = append(u.Opening, id)
		}
	}
	if u.Unsettled = accountsIn(accounts); len(u.UnsettledOn)+len(u.Opening) > 0 {
		u.Until = until
	}
	return u
}

// hidden is what the applications of a set that has opened them may hide: whom it lists no more, and whom they may have hidden before.
func (r *run) hidden(actual Actual) (u Unlisted) {
	if r.Wanted.Mode != api.AllUser {
		return u
	}
	inPrior, accounts := setOf(r.Prior.AppIDs), map[api.Handle]bool{}
	for _, id := range r.Wanted.AppIDs {
		status := actual[id]
		found := maps.Clone(status.Hidden)
		if found == nil {
			found = map[api.Handle]bool{}
		}
		look, looked := r.ledger.looks[id]
		for h := range r.Prior.Accounts {
			if _, listed := r.Prior.Spelled.row(h, look.accounts); inPrior[id] && (listed || !looked) {
				found[h] = true
			}
		}
		if len(found) > 0 && status.mayHide() {
			u.HiddenOn = append(u.HiddenOn, id)
			maps.Copy(accounts, found)
		}
	}
	u.Hidden = accountsIn(accounts)
	return u
}

func accountsIn(handles map[api.Handle]bool) []api.Account {
	var out []api.Account
	for _, h := range slices.SortedFunc(maps.Keys(handles), compareHandles) {
		out = append(out, h.Value())
	}
	return out
}

// mayHide tells that the application may have accounts that it does not list. One that tells no mode and lists nobody may be open.
func (s Status) mayHide() bool {
	return opaque(s.App) || s.App.AuthorizationType == "" && len(s.Accounts) == 0
}

// mayHave tells that a request may have granted the account, and that none was sent since to revoke it.
func (s Status) mayHave(h api.Handle) bool {
	_, unsure := s.Unsure[h]
	return unsure && !s.Tried[h]
}
