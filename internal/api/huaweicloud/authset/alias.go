// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package authset

import (
	"maps"
	"strings"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud"
)

// alias returns accounts with each key that is spelled "name (group)" replaced by the plain name, where reference
// knows the plain name, does not know the decorated one, and the accounts don't hold the plain one too. The service
// asks for "account (group)" and may list it so. The accounts themselves are returned when nothing is decorated.
func alias(accounts, reference api.Accounts) api.Accounts {
	var out api.Accounts
	for h := range accounts {
		plain, ok := undecorated(h)
		if !ok {
			continue
		}
		if _, ok := reference[h]; ok {
			continue
		}
		if _, ok := reference[plain]; !ok {
			continue
		}
		if _, ok := accounts[plain]; ok {
			continue
		}
		if out == nil {
			out = maps.Clone(accounts)
		}
		out[plain] = out[h]
		delete(out, h)
	}
	if out == nil {
		return accounts
	}
	return out
}

// undecorated is the plain name of an account that is spelled "name (group)".
func undecorated(h api.Handle) (api.Handle, bool) {
	account := h.Value()
	if !strings.HasSuffix(account.Name, ")") {
		return h, false
	}
	name, _, ok := strings.Cut(account.Name, "(")
	if name = strings.TrimRight(name, " "); !ok || name == "" {
		return h, false
	}
	return api.Account{Type: account.Type, Domain: account.Domain, Name: name}.Handle(), true
}

// aliases works out alias once for each list, however many applications share it.
type aliases struct {
	reference api.Accounts
	done      map[uintptr]api.Accounts
}

func (a *aliases) of(accounts api.Accounts) api.Accounts {
	id := accounts.Identity()
	out, ok := a.done[id]
	if !ok {
		if a.done == nil {
			a.done = map[uintptr]api.Accounts{}
		}
		out = alias(accounts, a.reference)
		a.done[id] = out
	}
	return out
}
