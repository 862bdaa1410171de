// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"strings"
)

// roleKey is what makes a role grant: global roles have no application.
type roleKey struct {
	grantee     string // folded, unless spelling counts
	role        RoleID
	application string
}

// held is a role that somebody holds, or has just lost.
type held struct {
	Role
	seq int
	// unseen counts the lists that do not show the grant yet; lingering those that still show it
	// after its end.
	unseen, lingering int
}

// roles are all grants. Every change costs the same however many there are.
type roles struct {
	exact     bool
	folded    bool // letter case doesn't count, and is not kept
	seq       int
	byKey     map[roleKey]*held
	byGrantee map[string]map[roleKey]*held
	lost      []*held
}

func newRoles(list []Role, matching string) *roles {
	r := &roles{exact: matching == MatchExact, folded: matching == MatchFolded, byKey: make(map[roleKey]*held, len(list)), byGrantee: make(map[string]map[roleKey]*held, len(list))}
	for _, role := range list {
		r.add(role, 0)
	}
	return r
}

func (r *roles) fold(grantee string) string {
	switch {
	case r.exact:
		return grantee
	case r.folded:
		return strings.ToLower(foldGrantee(grantee))
	}
	return foldGrantee(grantee)
}

func (r *roles) key(role Role) roleKey {
	key := roleKey{grantee: r.fold(role.Grantee), role: role.Role}
	if role.Role.ofApplication() {
		key.application = role.ApplicationID
	}
	return key
}

// add grants a role; false when it is held already.
func (r *roles) add(role Role, unseen int) bool {
	key := r.key(role)
	if r.byKey[key] != nil {
		return false
	}
	if r.folded {
		role.Grantee = strings.ToLower(role.Grantee)
	}
	r.seq++
	h := &held{Role: role, seq: r.seq, unseen: unseen}
	r.byKey[key] = h
	if r.byGrantee[key.grantee] == nil {
		r.byGrantee[key.grantee] = map[roleKey]*held{}
	}
	r.byGrantee[key.grantee][key] = h
	return true
}

// remove revokes a role; false when it isn't held.
func (r *roles) remove(key roleKey, lingering int) bool {
	h := r.byKey[key]
	if h == nil {
		return false
	}
	delete(r.byKey, key)
	delete(r.byGrantee[key.grantee], key)
	if len(r.byGrantee[key.grantee]) == 0 {
		delete(r.byGrantee, key.grantee)
	}
	if lingering > 0 && h.unseen == 0 {
		h.lingering = lingering
		r.lost = append(r.lost, h)
	}
	return true
}

// all returns the grants in the order in which they were made.
func (r *roles) all() []Role {
	list := make([]*held, 0, len(r.byKey))
	for _, h := range r.byKey {
		list = append(list, h)
	}
	slices.SortFunc(list, func(a, b *held) int { return cmp.Compare(a.seq, b.seq) })
	all := make([]Role, len(list))
	for i, h := range list {
		all[i] = h.Role
	}
	return all
}

// list returns the grants that a list shows, in no order or in one that does not change. Each list
// brings those that are unseen or lingering nearer to the truth.
func (r *roles) list(stable bool) []*held {
	shown := make([]*held, 0, len(r.byKey)+len(r.lost))
	for _, h := range r.byKey {
		if h.unseen > 0 {
			h.unseen--
			continue
		}
		shown = append(shown, h)
	}
	lost := r.lost[:0]
	for _, h := range r.lost {
		if r.byKey[r.key(h.Role)] != nil {
			continue // granted again meanwhile
		}
		h.lingering--
		shown = append(shown, h)
		if h.lingering > 0 {
			lost = append(lost, h)
		}
	}
	r.lost = lost
	if stable {
		slices.SortFunc(shown, func(a, b *held) int {
			return cmp.Or(cmp.Compare(a.Role.Role, b.Role.Role), cmp.Compare(a.Grantee, b.Grantee), cmp.Compare(a.ApplicationID, b.ApplicationID))
		})
	} else {
		rand.Shuffle(len(shown), func(i, j int) { shown[i], shown[j] = shown[j], shown[i] })
	}
	return shown
}

// caller is what an identity may do, by its own roles and those of its groups.
type caller struct {
	// global is the highest global role, which overrides the roles on applications; User is none.
	global RoleID
	// applications are the roles on applications, Owner above Maintainer.
	applications map[string]RoleID
}

func (b *Backend) callerOf(identity string) caller {
	c := caller{applications: map[string]RoleID{}}
	for _, id := range b.directory.groups(foldGrantee(identity)) {
		if known := b.directory.byUniversal[id]; known != nil {
			if known.TPPAuditor {
				c.global = max(c.global, Auditor)
			}
			id = b.roles.fold(known.PrefixedUniversal())
		}
		for key := range b.roles.byGrantee[id] {
			if key.role.ofApplication() {
				c.applications[key.application] = max(c.applications[key.application], key.role)
			} else {
				c.global = max(c.global, key.role)
			}
		}
	}
	if c.global != User {
		clear(c.applications)
	}
	return c
}

// owns tells whether the caller owns any application.
func (c caller) owns() bool {
	for _, role := range c.applications {
		if role == Owner {
			return true
		}
	}
	return false
}

// assigns tells whether the caller may grant and revoke a role.
func (c caller) assigns(role RoleID, application string, switches Switches) bool {
	if c.global == Admin {
		return true
	}
	switch mine := c.applications[application]; role {
	case Maintainer:
		return mine == Owner || mine == Maintainer && switches.MaintainerGrants != Refused
	case Owner:
		return mine == Owner && switches.OwnerAssignsOwner != Refused
	default:
		return false
	}
}
