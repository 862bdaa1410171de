// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// Account is one authorization as tests and the admin API see it.
type Account struct {
	// Type is SIMPLE, the default, or USER_GROUP; in the hands of another system anything else, or
	// NoType.
	Type string
	// Domain is local.com when left empty.
	Domain string
	Name   string
	// Platform is AD, LOCAL or "".
	Platform string
}

// String is "corp.example.com/wangwu", or "group:corp.example.com/engineering" for a group.
func (a Account) String() string {
	text := cmp.Or(a.Domain, localDomain) + "/" + a.Name
	switch a.Type {
	case "", Simple:
	case UserGroup:
		text = "group:" + text
	default:
		text = a.Type + ":" + text
	}
	return text
}

func (a Account) identity() account {
	who := account{group: a.Type == UserGroup, domain: cmp.Or(a.Domain, localDomain), name: a.Name}
	if a.Type != "" && a.Type != Simple && a.Type != UserGroup {
		who.odd = a.Type
	}
	return who
}

// shownType is the opposite of identity.
func (who account) shownType() string {
	switch {
	case who.odd != "":
		return who.odd
	case who.group:
		return UserGroup
	}
	return Simple
}

// counted notes that an app had another number of accounts before.
func (a *app) counted(before int) {
	if a.records.len() != before {
		a.before, a.changed = before, true
	}
}

// withApp runs change on an app under the lock.
func (b *Backend) withApp(id string, change func(*app) error) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	a, ok := b.apps[id]
	if !ok {
		return fmt.Errorf("no app %s", id)
	}
	return change(a)
}

// Grant authorizes accounts out of band, whatever the directory says. The app's mode stays.
func (b *Backend) Grant(appID string, accounts ...Account) error {
	return b.withApp(appID, func(a *app) error {
		defer a.counted(a.records.len())
		for _, who := range accounts {
			p := slices.Index(platformNames[:], who.Platform)
			if p < 0 {
				return fmt.Errorf("platform type %q of %s is not AD, LOCAL or empty", who.Platform, who)
			}
			b.grant(a, b.intern(who.identity()), platform(p), who.Domain == "")
		}
		return nil
	})
}

// Revoke takes accounts away out of band. The app's mode stays.
func (b *Backend) Revoke(appID string, accounts ...Account) error {
	return b.withApp(appID, func(a *app) error {
		defer a.counted(a.records.len())
		for _, who := range accounts {
			a.records.remove(b.intern(who.identity()))
		}
		return nil
	})
}

// SetMode opens or closes an app out of band, as a PATCH of the app does.
func (b *Backend) SetMode(appID, mode string) error {
	if mode != AllUser && mode != AssignUser {
		return fmt.Errorf("mode %q is not %s or %s", mode, AllUser, AssignUser)
	}
	return b.withApp(appID, func(a *app) error {
		b.flip(a, mode)
		return nil
	})
}

// AddApp adds an app, or replaces one.
func (b *Backend) AddApp(id string, a App) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	one := Seed{Projects: b.projects, Apps: map[string]App{id: a}}
	if err := one.complete(); err != nil {
		return err
	}
	b.removeApp(id)
	b.addApp(id, one.Apps[id])
	return nil
}

// DeleteApp removes an app. One that doesn't exist is no error.
func (b *Backend) DeleteApp(id string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.removeApp(id)
}

func (b *Backend) removeApp(id string) {
	if a, ok := b.apps[id]; ok {
		delete(b.apps, id)
		b.order = slices.DeleteFunc(b.order, func(other *app) bool { return other == a })
	}
}

// Accounts returns the authorizations that the service holds for an app, also those that an open
// app hides, sorted by [Account.String]; nil when the app doesn't exist.
func (b *Backend) Accounts(appID string) []Account {
	var list []Account
	_ = b.withApp(appID, func(a *app) error {
		for _, r := range a.records.all() {
			who := b.accounts[r.id]
			list = append(list, Account{Type: who.shownType(), Domain: who.domain, Name: who.name, Platform: platformNames[r.platform]})
		}
		return nil
	})
	slices.SortFunc(list, func(x, y Account) int { return cmp.Compare(x.String(), y.String()) })
	return list
}

// Mode returns ALL_USER or ASSIGN_USER; "" when the app doesn't exist.
func (b *Backend) Mode(appID string) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	if a, ok := b.apps[appID]; ok {
		return a.AuthorizationType
	}
	return ""
}

// AppIDs returns the ids of all apps in the order of the list.
func (b *Backend) AppIDs() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	ids := make([]string, len(b.order))
	for i, a := range b.order {
		ids[i] = a.id
	}
	return ids
}

// Unlock forgets failed signatures and locks of key pairs.
func (b *Backend) Unlock() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, key := range b.keys {
		key.failures, key.lockedUntil = 0, time.Time{}
	}
}
