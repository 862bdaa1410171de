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
	// Hidden are accounts that some applications may hide while they are open to everybody: whoever
	// closes one of them brings them back. They are remembered until a look at it closed.
	Hidden   []api.Account `json:"hidden,omitempty"`
	HiddenOn []string      `json:"hidden_on,omitempty"`
	// Unsettled are accounts that a request may have granted, and Opening applications that one may
	// have opened to everybody, though nobody could see it. It is assumed until a look after Until
	// says otherwise: one at an application that nobody saw before the request, and that lists rows
	// which look like such an account, does not.
	Unsettled   []api.Account `json:"unsettled,omitempty"`
	UnsettledOn []string      `json:"unsettled_on,omitempty"`
	Opening     []string      `json:"opening,omitempty"`
	Until       time.Time     `json:"until,omitzero"`
	// SeenOn are those of UnsettledOn that were seen before the requests, and Alike what they
	// listed then that looks like an unsettled account. What looks like one and is not among them
	// came with a request.
	SeenOn []string      `json:"seen_on,omitempty"`
	Alike  []api.Account `json:"alike,omitempty"`
}

// assume adds to a look at the service what it may not show.
func (s Set) assume(actual Actual) Actual {
	u := s.Unlisted
	each := func(appIDs []string, change func(string, *Status)) {
		for _, id := range appIDs {
			if status, ok := actual[id]; ok {
				change(id, &status)
				actual[id] = status
			}
		}
	}
	hidden := map[api.Handle]bool{}
	for _, a := range u.Hidden {
		hidden[a.Handle()] = true
	}
	each(u.HiddenOn, func(_ string, status *Status) { status.Hidden = hidden })
	each(u.UnsettledOn, func(id string, status *Status) {
		for h := range s.unsettled(id, *status) {
			if status.Unsure == nil {
				status.Unsure = api.Accounts{}
			}
			status.Unsure[h] = ""
		}
	})
	if time.Now().Before(u.Until) {
		each(u.Opening, func(_ string, status *Status) { status.MaybeOpen = true })
	}
	return actual
}

// unsettled are the accounts that a request may have granted on an application that does not list
// them: all for as long as a list may lag behind, and later those that it may list in another
// spelling, where nobody saw before the request whom it listed.
func (s Set) unsettled(appID string, status Status) map[api.Handle]bool {
	u, out := s.Unlisted, map[api.Handle]bool{}
	for _, a := range u.Unsettled {
		if _, listed := s.Spelled.row(a.Handle(), status.Accounts); !listed {
			out[a.Handle()] = true
		}
	}
	switch {
	case time.Now().Before(u.Until) || opaque(status.App):
		return out
	case slices.Contains(u.SeenOn, appID):
		return nil
	}
	return alike(out, status.Accounts, s)
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
func (s Set) after(actual Actual) Unlisted {
	var out Unlisted
	u := s.Unlisted
	for _, id := range u.HiddenOn {
		if status, ok := actual[id]; ok && (status.mayHide() || status.App.AuthorizationType == "" && s.opened(id)) {
			out.Hidden, out.HiddenOn = u.Hidden, append(out.HiddenOn, id)
		}
	}
	for _, id := range u.UnsettledOn {
		if status, ok := actual[id]; ok && len(s.unsettled(id, status)) > 0 {
			out.Unsettled, out.UnsettledOn, out.Until = u.Unsettled, append(out.UnsettledOn, id), u.Until
			out.SeenOn, out.Alike = u.SeenOn, u.Alike
		}
	}
	if !time.Now().Before(u.Until) {
		return out
	}
	for _, id := range u.Opening {
		if status, ok := actual[id]; ok && !status.open() {
			out.Opening, out.Until = append(out.Opening, id), u.Until
		}
	}
	return out
}

// unsettled is what an apply that failed may have done, beside what stayed hidden. before is what
// was known when it began.
func (u Unlisted) unsettled(before Unlisted, actual Actual, until time.Time, looks map[string]look) Unlisted {
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
	rows := map[api.Handle]bool{}
	for _, id := range u.UnsettledOn {
		look, looked := looks[id]
		doubted := len(look.unsure) > 0 && !slices.Contains(before.SeenOn, id)
		if looked && look.requests == 0 && !doubted {
			u.SeenOn = append(u.SeenOn, id)
			maps.Copy(rows, lookAlikes(accounts, look.accounts))
		}
	}
	u.Alike = accountsIn(rows)
	return u
}

// learn takes down under which rows the service lists unsettled accounts that it does not list by
// their names: each is the only row that looks like the account, belongs to no other, and was not
// there before the request.
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

// alike are those of some accounts that a row of a list looks like which is none of them and none
// of a set.
func alike(accounts map[api.Handle]bool, list api.Accounts, set Set) map[api.Handle]bool {
	seen, out := map[api.Account]bool{}, map[api.Handle]bool{}
	for row := range lookAlikes(accounts, list) {
		for _, look := range looks(row.Value()) {
			seen[look] = seen[look] || !set.Lists(row)
		}
	}
	for h := range accounts {
		if seen[fold(h.Value())] {
			out[h] = true
		}
	}
	return out
}

// hidden is what the applications of a set that has opened them may hide: whom it lists no more,
// and whom they may have hidden before.
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

// mayHide tells that the application may have accounts that it does not list. One that tells no
// mode and lists nobody may be open.
func (s Status) mayHide() bool {
	return s.open() || s.mode() == "" && len(s.Accounts) == 0
}
