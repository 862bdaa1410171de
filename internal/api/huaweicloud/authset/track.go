// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package authset

import (
	"maps"
	"slices"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud"
)

// Tracked is what a state should say of a set.
type Tracked struct {
	Set
	// Missing are the accounts of the set that an application lacks, sorted, by app id.
	// Applications that lack nothing have no entry.
	Missing map[string][]api.Handle
}

// Track returns what the state should say after a look at the service. An account that is gone from
// every application leaves the set; one that is gone from some stays, and shows in Missing. An
// application that is gone leaves. When any application has another mode than prior, the set takes
// that mode, so that the plan shows it.
//
// While an application is open to everybody, what it lists proves nothing, so nothing is taken for
// gone from it. An exclusive set takes up every account that is listed on an application that isn't
// open.
func Track(prior Set, actual Actual, exclusive bool) Tracked {
	prior = prior.learn(actual)
	t := Tracked{Set: Set{Mode: prior.Mode, Open: map[string]bool{}}}
	blind := false // some application can't say who is gone
	var open, closed, untold bool
	t.Unlisted = prior.after(actual)
	listed := listings{byApp: make(map[string]api.Accounts, len(prior.AppIDs)), aliases: aliases{spelled: prior.Spelled, known: prior.Accounts}}
	candidates := prior.Accounts
	if exclusive || len(prior.Unlisted.HiddenOn) > 0 {
		candidates = make(api.Accounts, len(prior.Accounts))
		maps.Copy(candidates, prior.Accounts)
	}
	for _, id := range slices.Sorted(slices.Values(prior.AppIDs)) {
		status, ok := actual[id]
		if !ok {
			continue
		}
		t.AppIDs = append(t.AppIDs, id)
		mode := status.mode()
		if status.MaybeOpen {
			mode = api.AllUser
		}
		if mode != "" && mode != prior.Mode {
			t.Mode = mode
		}
		if mode == api.AllUser || mode == "" && prior.opened(id) {
			t.Open[id] = true
		}
		open, closed, untold = open || mode == api.AllUser, closed || mode != "" && mode != api.AllUser, untold || mode == ""
		if status.open() {
			blind = true
			continue
		}
		// An application that tells no mode and lists nobody may be open, too.
		blind = blind || status.mode() == "" && len(status.Accounts) == 0
		// Whom it lists that the set has opened, though nothing tells that it is open, is none of
		// the set's.
		accounts, first := listed.add(id, status)
		if exclusive && !t.Open[id] && (first || len(t.Open) > 0) {
			addNew(candidates, accounts)
		}
		for h := range status.Hidden { // what it had hidden and shows again is of the set again
			if platform, listed := status.Accounts[h]; listed && !t.Open[id] {
				addNew(candidates, api.Accounts{h: platform})
			}
		}
	}
	t.Mixed = open && closed || untold && prior.Mixed

	for h, platform := range candidates {
		if blind || listed.anyHas(h) {
			if t.Accounts == nil {
				t.Accounts = make(api.Accounts, len(candidates))
			}
			t.Accounts[h] = platform
		}
	}
	t.Spelled = prior.Spelled.Of(t.Unlisted.With(t.Accounts))
	t.Missing = listed.missing(t.Accounts)
	return t
}

// Import returns what the state of an imported set should say: for an additive set the accounts
// that all applications have in common, for an exclusive one every account that any of them has.
// Applications that are open to everybody tell nothing; when all are open, the set is ALL_USER.
func Import(appIDs []string, actual Actual, exclusive bool) Tracked {
	set := Set{AppIDs: appIDs, Mode: api.AllUser, Accounts: api.Accounts{}}
	first := true
	for _, id := range appIDs {
		status, ok := actual[id]
		if !ok || status.open() {
			continue
		}
		set.Mode = api.AssignUser
		switch {
		case exclusive:
			addNew(set.Accounts, status.Accounts)
		case first:
			addNew(set.Accounts, status.Accounts)
		default:
			maps.DeleteFunc(set.Accounts, func(h api.Handle, _ api.PlatformType) bool {
				_, ok := status.Accounts[h]
				return !ok
			})
		}
		first = false
	}
	return Track(set, actual, exclusive)
}

// addNew adds the accounts of more that accounts lacks.
func addNew(accounts, more api.Accounts) {
	for h, platform := range more {
		if _, ok := accounts[h]; !ok {
			accounts[h] = platform
		}
	}
}

// listings are what applications list. What they share is looked at once.
type listings struct {
	aliases

	byApp    map[string]api.Accounts
	distinct []api.Accounts
	unsure   []api.Accounts
}

// add takes up what an application lists, and tells whether no other application before it has the
// same list.
func (l *listings) add(appID string, status Status) (accounts api.Accounts, first bool) {
	known := len(l.done)
	accounts = l.of(status.Accounts)
	l.byApp[appID] = accounts
	if first = len(l.done) > known; first {
		l.distinct = append(l.distinct, accounts)
	}
	if len(status.Unsure) > 0 {
		l.unsure = append(l.unsure, status.Unsure)
	}
	return accounts, first
}

// anyHas tells whether an application lists the account, or may.
func (l *listings) anyHas(h api.Handle) bool {
	has := func(accounts api.Accounts) bool { _, ok := accounts[h]; return ok }
	return slices.ContainsFunc(l.distinct, has) || slices.ContainsFunc(l.unsure, has)
}

// missing are the accounts that applications lack, sorted, by app id.
func (l *listings) missing(wanted api.Accounts) map[string][]api.Handle {
	lacking := make(map[uintptr][]api.Handle, len(l.distinct))
	for _, accounts := range l.distinct {
		var handles []api.Handle
		for h := range wanted {
			if _, ok := accounts[h]; !ok {
				handles = append(handles, h)
			}
		}
		slices.SortFunc(handles, compareHandles)
		lacking[accounts.Identity()] = slices.Clip(handles)
	}
	missing := map[string][]api.Handle{}
	for id, accounts := range l.byApp {
		if handles := lacking[accounts.Identity()]; len(handles) > 0 {
			missing[id] = handles
		}
	}
	return missing
}

// without is the status without accounts of a set that have passed to other resources: a state that
// held them would take them away in the next run.
func (s Status) without(set Set, passed func(api.Handle) bool) Status {
	s.Accounts, s.Unsure = maps.Clone(s.Accounts), maps.Clone(s.Unsure)
	for h := range set.Unlisted.With(set.Accounts) {
		if row, _ := set.Spelled.row(h, s.Accounts); passed(inRequest(row, h)) {
			delete(s.Accounts, row)
			delete(s.Unsure, h)
		}
	}
	return s
}

// State returns what the state should say after an apply that failed: the applications that the set
// has touched or already had, with the accounts of both sides that are, or may be, granted on them.
// Applications that left the configuration stay until nothing of the set is left on them.
func (o Outcome) State(wanted, prior Set, exclusive bool) Tracked {
	inPrior, inWanted := setOf(prior.AppIDs), setOf(wanted.AppIDs)
	set := Set{Mode: wanted.Mode, Accounts: make(api.Accounts, len(wanted.Accounts)+len(prior.Accounts)), Mixed: prior.Mixed, Spelled: o.Spelled}
	if len(wanted.AppIDs) == 0 {
		set.Mode = prior.Mode
	}
	for _, id := range wanted.AppIDs {
		if inPrior[id] || o.Touched[id] {
			set.AppIDs = append(set.AppIDs, id)
		}
	}
	set.Unlisted = prior.Unlisted
	wanted.Spelled = o.Spelled
	left := o.Left.reserved()
	rest, _ := Diff(wanted, prior, o.Actual).Without(left)
	for _, delta := range rest.Apps {
		if !inWanted[delta.App.ID] {
			set.AppIDs = append(set.AppIDs, delta.App.ID)
		}
	}
	maps.Copy(set.Accounts, prior.Accounts)
	maps.Copy(set.Accounts, wanted.Accounts)
	actual := maps.Clone(o.Actual)
	for id, status := range actual {
		if status.mode() == "" && inPrior[id] && !prior.Mixed {
			status.Mode = prior.Mode // no request changed it, and the service doesn't tell
		}
		if _, passed := left(Delta{App: api.App{ID: id}}); passed != nil {
			status = status.without(prior, passed)
		}
		actual[id] = status
		for h := range status.Stale {
			if platform, ok := prior.Accounts[h]; ok {
				set.Accounts[h] = platform
			}
		}
	}
	tracked := Track(set, actual, exclusive)
	tracked.Unlisted = tracked.Unlisted.unsettled(prior.Unlisted, actual, o.Unsettled, o.looks)
	return tracked
}
