// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package enos

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// Authorization returns the types that an application is granted in an organization, in the order
// they were set, and whether the organization has the application. It sees a change at once,
// whatever [Switches.Settling] says.
func (b *Backend) Authorization(orgID, accessKey string) ([]string, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	app := b.app(orgID, accessKey)
	if app == nil {
		return nil, false
	}
	return app.copied().DataAuthorizeTypes, true
}

// SetAuthorization replaces an application's types out of band, as an administrator does in the
// console. Any value is taken, also one that the documentation doesn't know. Reads show it at once.
func (b *Backend) SetAuthorization(orgID, accessKey string, types ...string) error {
	return b.change(orgID, accessKey, func(app *application) {
		app.DataAuthorizeTypes = append([]string{}, types...)
		app.staleReads, app.staleUntil = 0, time.Time{}
	})
}

// SetCreatedType changes how an application came to an organization; [Shortcut] makes its
// authorization unreachable.
func (b *Backend) SetCreatedType(orgID, accessKey string, created CreatedType) error {
	return b.change(orgID, accessKey, func(app *application) { app.CreatedType = created })
}

// AddApp gives an organization an application, or replaces the one with the same access key.
func (b *Backend) AddApp(orgID string, app Application) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	org := b.orgByID[orgID]
	if org == nil {
		return fmt.Errorf("no organization %q", orgID)
	}
	if app.AccessKey == "" {
		return errors.New("an application needs an access key")
	}
	org.remove(app.AccessKey)
	org.add(app)
	return nil
}

// DeleteApp takes an application from an organization.
func (b *Backend) DeleteApp(orgID, accessKey string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	org := b.orgByID[orgID]
	if org == nil || org.appByKey[accessKey] == nil {
		return fmt.Errorf("organization %q has no application %q", orgID, accessKey)
	}
	org.remove(accessKey)
	return nil
}

// SetPermission changes what the system administrator granted a service account.
func (b *Backend) SetPermission(accessKey string, mayRead, mayAuthorize bool) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	account := b.accountByID[accessKey]
	if account == nil {
		return fmt.Errorf("no service account %q", accessKey)
	}
	account.MayRead, account.MayAuthorize = mayRead, mayAuthorize
	return nil
}

// SetSecretKey gives a service account a new secret key. Its tokens die.
func (b *Backend) SetSecretKey(accessKey, secretKey string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	account := b.accountByID[accessKey]
	if account == nil {
		return fmt.Errorf("no service account %q", accessKey)
	}
	account.SecretKey = secretKey
	for _, t := range b.tokens {
		t.killed = t.killed || t.accessKey == accessKey
	}
	return nil
}

// KillTokens ends all tokens before their time, as another process that refreshes them may. It
// returns how many were alive.
func (b *Backend) KillTokens() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	killed, now := 0, b.service.Time()
	for _, t := range b.tokens {
		if t.alive(now) {
			killed++
		}
		t.killed = true
	}
	return killed
}

// TokensIssued returns how many different tokens were handed out since the start.
func (b *Backend) TokensIssued() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.tokens)
}

func (b *Backend) app(orgID, accessKey string) *application {
	if org := b.orgByID[orgID]; org != nil {
		return org.appByKey[accessKey]
	}
	return nil
}

func (b *Backend) change(orgID, accessKey string, change func(*application)) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	app := b.app(orgID, accessKey)
	if app == nil {
		return fmt.Errorf("organization %q has no application %q", orgID, accessKey)
	}
	change(app)
	return nil
}

func (o *organization) remove(accessKey string) {
	delete(o.appByKey, accessKey)
	o.apps = slices.DeleteFunc(o.apps, func(app *application) bool { return app.AccessKey == accessKey })
}

func (t *token) alive(now time.Time) bool {
	return !t.killed && now.Before(t.expires)
}
