// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

// Package authset is who may use a set of applications: what is wanted, what is granted, the
// difference and the requests that make it, and what a state should say afterwards.
package authset

import (
	"cmp"
	"maps"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud"
)

// Set is who may use a set of applications: every account on every application. It describes both
// what a configuration wants and what a state remembers. The zero value is no set at all: nothing
// wanted (a destroy), or nothing remembered (a create).
type Set struct {
	AppIDs   []string
	Mode     api.AuthorizationType
	Accounts api.Accounts
	// Mixed tells that some applications are open to everybody and some are not, which Mode can't
	// say.
	Mixed bool
	// Spelled are the accounts that the service lists in another way than the set names them.
	Spelled Spellings
	// Open are the applications that a state saw open to everybody; nil where it doesn't say, and
	// then Mode counts for all.
	Open map[string]bool
	// Unlisted is what a state remembers beyond what the service lists.
	Unlisted Unlisted
}

// opened tells that the state saw the application open to everybody, so that a plan has shown that
// it is going to be closed.
func (s Set) opened(appID string) bool {
	if s.Open != nil {
		return s.Open[appID]
	}
	return s.Mode == api.AllUser || s.Mixed
}

// spellings are those that both sides remember.
func (s Set) spellings(other Set) Spellings {
	if len(s.Spelled)+len(other.Spelled) == 0 {
		return nil
	}
	out := make(Spellings, len(s.Spelled)+len(other.Spelled))
	maps.Copy(out, s.Spelled)
	maps.Copy(out, other.Spelled)
	return out
}

// Lists tells whether the set has an account.
func (s Set) Lists(h api.Handle) bool { _, ok := s.Accounts[h]; return ok }

// handleSet is a set of accounts.
type handleSet map[api.Handle]bool

func (s handleSet) has(h api.Handle) bool { return s[h] }

func (s handleSet) add(handles []api.Handle) {
	for _, h := range handles {
		s[h] = true
	}
}

// Status is what the service says of one application, and what is known beside it.
type Status struct {
	App      api.App
	Accounts api.Accounts // nil when nobody asked for them
	Knowledge
}

// Knowledge is what is known of an application beyond what the service lists: by the requests of an
// apply and their answers, and by what a state remembers.
type Knowledge struct {
	// Mode is what the service was told last, where it tells no mode itself.
	Mode api.AuthorizationType
	// Unsure are accounts that a request without an answer may have granted, or may grant yet.
	Unsure api.Accounts
	// MaybeOpen tells that a request without an answer may have opened the application to
	// everybody.
	MaybeOpen bool
	// Stale are accounts that are still granted with the platform type that the configuration had
	// before.
	Stale api.Accounts
	// Shown tells that what the application hides is known, since this apply saw it closed.
	Shown bool
	// Tried are accounts that a request of this apply was to revoke, and that the service answered.
	Tried map[api.Handle]bool
	// Hidden are accounts of a set that the application may have hidden while it was open to
	// everybody.
	Hidden map[api.Handle]bool
}

// mode is "" where neither the service tells it nor a request has set it.
func (s Status) mode() api.AuthorizationType { return cmp.Or(s.App.AuthorizationType, s.Mode) }

// open tells that the list of the application's accounts proves nothing: the service may hide them
// while it is open to everybody.
func (s Status) open() bool { return s.mode() == api.AllUser }

// Actual is what the service says of each application, by app id. An application that is gone has
// no entry.
type Actual map[string]Status
