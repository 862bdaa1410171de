// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"fmt"
	"slices"
)

// Roles returns the roles that are held, in the order in which they were granted. It sees a change
// at once, whatever [Switches.StaleList] says.
func (b *Backend) Roles() []Role {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.roles.all()
}

// Holds tells whether a grantee holds a role. application is "" for global roles.
func (b *Backend) Holds(grantee string, role RoleID, application string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.roles.byKey[b.roles.key(Role{Role: role, Grantee: grantee, ApplicationID: application})] != nil
}

// Grant gives roles out of band, as an administrator does in the console. Neither grantee nor
// application need be known; roles that are held already are left as they are. Lists show it at
// once.
func (b *Backend) Grant(roles ...Role) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, role := range roles {
		if err := role.check(); err != nil {
			return err
		}
	}
	for _, role := range roles {
		b.roles.add(role, 0)
	}
	return nil
}

// Revoke takes roles out of band, and returns how many of them were held.
func (b *Backend) Revoke(roles ...Role) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	revoked := 0
	for _, role := range roles {
		if b.roles.remove(b.roles.key(role), 0) {
			revoked++
		}
	}
	return revoked
}

// AddIdentities makes identities known. One that is known already is an error, and then none is
// added.
func (b *Backend) AddIdentities(identities ...Identity) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := (Seed{Identities: identities}).check(); err != nil {
		return err
	}
	for _, identity := range identities {
		if b.directory.universal(identity.PrefixedUniversal()) != nil {
			return fmt.Errorf("identity %s is known already", identity.PrefixedUniversal())
		}
	}
	for _, identity := range identities {
		b.directory.add(identity)
	}
	return nil
}

// RemoveIdentity makes an identity unknown. Roles that it holds stay, as those of a deleted user
// do.
func (b *Backend) RemoveIdentity(prefixedUniversal string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	gone := b.directory.universal(prefixedUniversal)
	if gone == nil {
		return fmt.Errorf("no identity %s", prefixedUniversal)
	}
	left := make([]Identity, 0, len(b.directory.list))
	for _, identity := range b.directory.list {
		if identity != gone {
			left = append(left, *identity)
		}
	}
	b.directory = newDirectory(left)
	return nil
}

// SetPassword changes the password of an identity.
func (b *Backend) SetPassword(prefixedUniversal, password string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	identity := b.directory.universal(prefixedUniversal)
	if identity == nil {
		return fmt.Errorf("no identity %s", prefixedUniversal)
	}
	identity.Password = password
	return nil
}

// AddApplication makes an application known, or replaces the one with the same id; its roles stay.
func (b *Backend) AddApplication(application Application) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := (Seed{Applications: []Application{application}}).check(); err != nil {
		return err
	}
	b.applications = slices.DeleteFunc(b.applications, func(a *Application) bool { return a.ID == application.ID })
	b.addApplication(application)
	return nil
}

// RemoveApplication deletes an application with its roles and sessions.
func (b *Backend) RemoveApplication(id string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.byID[id] == nil {
		return fmt.Errorf("no application %q", id)
	}
	b.dropApplication(id)
	return nil
}

// AddJwtMapping makes a JWT mapping known, or replaces the one with the same name. A blank secret
// keeps the one that it had.
func (b *Backend) AddJwtMapping(m JwtMapping) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := (Seed{JwtMappings: []JwtMapping{m}}).check(); err != nil {
		return err
	}
	at := b.mappingAt(m.Name)
	if at < 0 {
		b.mappings = append(b.mappings, m)
		return nil
	}
	if m.HS256Secret == "" {
		m.HS256Secret = b.mappings[at].HS256Secret
	}
	b.mappings[at] = m
	return nil
}

// RemoveJwtMapping deletes a JWT mapping.
func (b *Backend) RemoveJwtMapping(name string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	at := b.mappingAt(name)
	if at < 0 {
		return fmt.Errorf("no JWT mapping %q", name)
	}
	b.mappings = slices.Delete(b.mappings, at, at+1)
	return nil
}

// IssueToken opens a session without a login and returns its access token, for callers that are
// given a ready one.
func (b *Backend) IssueToken(clientID, prefixedUniversal, scope string) (string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	application, identity := b.byID[clientID], b.directory.universal(prefixedUniversal)
	if application == nil || identity == nil {
		return "", fmt.Errorf("no application %q or no identity %s", clientID, prefixedUniversal)
	}
	granted, err := parseScope(scope)
	if err != nil {
		return "", err
	}
	return b.open(application, identity.PrefixedUniversal(), scope, granted).access, nil
}

// KillTokens ends all access tokens before their time, and returns how many were alive. Refresh
// tokens live on.
func (b *Backend) KillTokens() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	killed, now := 0, b.service.Time()
	for _, s := range b.access {
		if s.accessAlive(now) {
			killed++
		}
	}
	clear(b.access)
	return killed
}

// LiveTokens returns how many access tokens are alive: logins without a revoke show here.
func (b *Backend) LiveTokens() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	alive, now := 0, b.service.Time()
	for _, s := range b.access {
		if s.accessAlive(now) {
			alive++
		}
	}
	return alive
}
