// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package authset

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud"
)

// Spellings are the rows under which the service lists accounts of a set that it spells in another
// way: "name (group)", in lower case, in another Unicode form. A spelling is a fact and never a
// guess: it is taken down when a grant of the set made exactly that row appear. Whatever else looks
// like an account of the set is another account.
type Spellings map[api.Handle]api.Handle

// row is how an application lists an account: as it is named, or in the spelling of the service.
func (s Spellings) row(h api.Handle, listed api.Accounts) (api.Handle, bool) {
	if _, ok := listed[h]; ok {
		return h, true
	}
	if row, ok := s[h]; ok {
		_, ok = listed[row]
		return row, ok
	}
	return h, false
}

// named gives rows in the names of the set, whose accounts are known: the rows themselves where
// none is spelled in another way.
func (s Spellings) named(rows, known api.Accounts) api.Accounts {
	out := rows
	for h, row := range s {
		platform, listed := rows[row]
		_, itself := rows[h]
		if _, other := known[row]; !listed || itself || other {
			continue
		}
		if out.Identity() == rows.Identity() {
			out = maps.Clone(rows)
		}
		out[h] = platform
		delete(out, row)
	}
	return out
}

// without are the accounts of a set but those rows under which the service turned out to list
// accounts that are wanted: the state took them for other accounts, and they were revoked and came
// back with the grant.
func (s Set) without(learned Spellings, wanted Set) api.Accounts {
	out := s.Accounts
	for _, row := range learned {
		if !s.Lists(row) || wanted.Lists(row) {
			continue
		}
		if out.Identity() == s.Accounts.Identity() {
			out = maps.Clone(s.Accounts)
		}
		delete(out, row)
	}
	return out
}

// inRequest is a row of an account as a request may name it: the types that a list may show are
// more than a request may have.
func inRequest(row, account api.Handle) api.Handle {
	if a := row.Value(); a.Type != account.Value().Type {
		a.Type = account.Value().Type
		return a.Handle()
	}
	return row
}

// Of are the spellings of some accounts.
func (s Spellings) Of(accounts api.Accounts) Spellings {
	var out Spellings
	for h, row := range s {
		if _, ok := accounts[h]; ok {
			if out == nil {
				out = Spellings{}
			}
			out[h] = row
		}
	}
	return out
}

// spelling is a spelling in the private state.
type spelling struct {
	Account api.Account `json:"account"`
	Listed  api.Account `json:"listed"`
}

// MarshalJSON writes the spellings in order, so that equal ones give the same text.
func (s Spellings) MarshalJSON() ([]byte, error) {
	list := make([]spelling, 0, len(s))
	for h, row := range s {
		list = append(list, spelling{h.Value(), row.Value()})
	}
	slices.SortFunc(list, func(a, b spelling) int { return a.Account.Compare(b.Account) })
	return json.Marshal(list)
}

// UnmarshalJSON reads what MarshalJSON has written.
func (s *Spellings) UnmarshalJSON(text []byte) error {
	var list []spelling
	if err := json.Unmarshal(text, &list); err != nil {
		return err
	}
	*s = make(Spellings, len(list))
	for _, entry := range list {
		(*s)[entry.Account.Handle()] = entry.Listed.Handle()
	}
	return nil
}

// aliases names the rows of each list once, however many applications share it.
type aliases struct {
	spelled Spellings
	known   api.Accounts
	done    map[uintptr]api.Accounts
}

func (a *aliases) of(rows api.Accounts) api.Accounts {
	id := rows.Identity()
	out, ok := a.done[id]
	if !ok {
		if a.done == nil {
			a.done = map[uintptr]api.Accounts{}
		}
		out = a.spelled.named(rows, a.known)
		a.done[id] = out
	}
	return out
}

// fold is what an account may have in common with the row that the service makes of it: it may
// ignore letter case, blanks and the Unicode form, and decorate a name with its group.
func fold(a api.Account) api.Account {
	plain := func(text string) string {
		return strings.Join(strings.Fields(strings.ToLower(norm.NFKC.String(text))), " ")
	}
	name := plain(a.Name)
	if before, _, ok := strings.Cut(name, "("); ok && strings.HasSuffix(name, ")") && strings.TrimSpace(before) != "" {
		name = strings.TrimSpace(before)
	}
	return api.Account{Type: a.Type, Domain: strings.TrimSuffix(plain(a.Domain), "."), Name: name}
}

// looks are the accounts that a row may be: one of a type that nobody documented may be a user or a
// group.
func looks(row api.Account) []api.Account {
	folded := fold(row)
	switch strings.ToUpper(string(row.Type)) {
	case string(api.Simple), "USER":
		folded.Type = api.Simple
	case string(api.UserGroup):
		folded.Type = api.UserGroup
	default:
		group := folded
		folded.Type, group.Type = api.Simple, api.UserGroup
		return []api.Account{folded, group}
	}
	return []api.Account{folded}
}

// Unwritable are rows that an exclusive set would own and that no configuration can name: of an
// account type that nobody documented, or in a Unicode form that Terraform changes. They are by
// application, and sorted. Those that the set lists in its own spelling, or that look like what it
// may have granted, it knows.
func Unwritable(prior Set, actual Actual) map[string][]api.Handle {
	ours := map[api.Handle]bool{}
	for _, row := range prior.Spelled {
		ours[row] = true
	}
	unsettled := map[api.Handle]bool{}
	for _, a := range prior.Unlisted.Unsettled {
		unsettled[a.Handle()] = true
	}
	found := map[uintptr][]api.Handle{}
	out := map[string][]api.Handle{}
	for id, status := range actual {
		if status.open() {
			continue
		}
		rows, ok := found[status.Accounts.Identity()]
		if !ok {
			maps.Copy(ours, lookAlikes(unsettled, status.Accounts))
			for h := range status.Accounts {
				if !ours[h] && !writable(h.Value()) {
					rows = append(rows, h)
				}
			}
			slices.SortFunc(rows, compareHandles)
			found[status.Accounts.Identity()] = rows
		}
		if len(rows) > 0 {
			out[id] = rows
		}
	}
	return out
}

func writable(a api.Account) bool {
	return (a.Type == api.Simple || a.Type == api.UserGroup) && norm.NFC.IsNormalString(a.Name) && norm.NFC.IsNormalString(a.Domain)
}
