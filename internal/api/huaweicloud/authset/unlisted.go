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
	// SeenOn are those of UnsettledOn that were seen before the requests, and Alike what they listed then that looks like an
	// unsettled account. What looks like one and is not among them came with a request.
	SeenOn []string      `json:"seen_on,omitempty"`
	Alike  []api.Account `json:"alike,omitempty"`
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
			out.SeenOn, out.Alike = u.SeenOn, u.Alike
		}
	}
	for _, id := range u.Opening {
		if status, ok := actual[id]; ok && !status.open() {
			out.Opening, out.Until = append(out.Opening, id), u.Until
		}
	}
	return out
}

// unsettled is what an apply that failed may have done.
func (u Unlisted) unsettled(actual Actual, until time.Time, looks map[string]look) Unlisted {
	accounts := map[api.Handle]bool{}
	u = Unlisted{Hidden: u.Hidden, HiddenOn: u.HiddenOn}
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
	alike := map[api.Handle]bool{}
	for _, id := range u.UnsettledOn {
		if before, seen := looks[id]; seen && before.requests == 0 {
			u.SeenOn = append(u.SeenOn, id)
			maps.Copy(alike, lookAlikes(accounts, before.accounts))
		}
	}
	u.Alike = accountsIn(alike)
	return u
}

// learn takes down under which rows the service lists unsettled accounts that it does not list by their names: each is the only row
// that looks like the account, belongs to no other, and was not there before the request.
func (s Set) learn(actual Actual) Set {
	if len(s.Unlisted.SeenOn) == 0 {
		return s
	}
	unsettled, taken := map[api.Handle]bool{}, map[api.Handle]bool{}
	for _, a := range s.Unlisted.Unsettled {
		unsettled[a.Handle()] = true
	}
	for _, a := range s.Unlisted.Alike {
		taken[a.Handle()] = true
	}
	for _, row := range s.Spelled {
		taken[row] = true
	}
	learned, accounts := Spellings{}, maps.Clone(s.Accounts)
	for _, id := range s.Unlisted.SeenOn {
		status := actual[id]
		if status.open() {
			continue
		}
		rows := map[api.Account][]api.Handle{}
		for row := range lookAlikes(unsettled, status.Accounts) {
			if !taken[row] && !s.Lists(row) {
				for _, look := range looks(row.Value()) {
					rows[look] = append(rows[look], row)
				}
			}
		}
		for h := range unsettled {
			if _, listed := s.Spelled.row(h, status.Accounts); listed || len(rows[fold(h.Value())]) != 1 {
				continue
			}
			learned[h] = rows[fold(h.Value())][0]
			if !s.Lists(h) {
				accounts[h] = status.Accounts[learned[h]]
			}
		}
	}
	if len(learned) > 0 {
		s.Accounts, s.Spelled = accounts, s.spellings(Set{Spelled: learned})
	}
	return s
}

// lookAlikes are the rows of a list that look like some accounts, and are none of them.
func lookAlikes(accounts map[api.Handle]bool, list api.Accounts) map[api.Handle]bool {
	out, folded := map[api.Handle]bool{}, map[api.Account]bool{}
	for h := range accounts {
		folded[fold(h.Value())] = true
	}
	for row := range list {
		if len(folded) > 0 && !accounts[row] && slices.ContainsFunc(looks(row.Value()), func(a api.Account) bool { return folded[a] }) {
			out[row] = true
		}
	}
	return out
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
		look, looked := r.log.looks[id]
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
	return s.open() || s.mode() == "" && len(s.Accounts) == 0
}
