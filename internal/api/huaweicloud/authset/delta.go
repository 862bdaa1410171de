// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package authset

import (
	"maps"
	"slices"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud"
)

// Delta is what has to change on one application. The accounts of each list are unique and sorted,
// and an account that stands in Grant and in Replace is revoked by an earlier request than the one
// that grants it.
type Delta struct {
	App api.App
	// Mode is the authorization type that every request about this application carries.
	Mode api.AuthorizationType
	// Flip tells that the mode changes, so that a request is due even when no account changes.
	Flip bool
	// Opened tells that the application is open to everybody and would be closed, which no plan has
	// shown: the prior set did not know it open. Nothing may be sent then.
	Opened bool
	// Replace are accounts to revoke before anything is granted, since the service might take them
	// for one of Grant.
	Replace []api.Handle
	Grant   []api.Handle
	Revoke  []api.Handle
	// LeftOpen tells that all of it was left to another resource of the run, which wants the
	// application open to everybody.
	LeftOpen bool

	listed api.Accounts // what the application lists
}

// empty tells that nothing changes.
func (d Delta) empty() bool {
	return !d.Flip && !d.Opened && len(d.Replace)+len(d.Grant)+len(d.Revoke) == 0
}

// Revocations are the accounts that are revoked, be it to be granted anew.
func (d Delta) Revocations() []api.Handle { return slices.Concat(d.Replace, d.Revoke) }

// Deltas are the changes of all applications of a set, ordered by app id. Applications without a
// change are left out.
type Deltas struct {
	Apps []Delta

	grantPlatform  api.Accounts
	revokePlatform api.Accounts
}

// Diff returns what has to change so that the service shows what is wanted. It is a pure function:
// the plan warns of what the apply will send because both call it with the same arguments.
//
// Only what prior lists is ever revoked, and only on the applications of prior: that is what a plan
// shows with a `-`. Whom neither side lists an exclusive set leaves alone too, until a refresh has
// taken them into its state: see Foreign.
//
// Applications of prior that are no longer wanted lose the accounts of prior and end in
// ASSIGN_USER, since revoking must never open an application to everybody. Applications that the
// service does not know are left out: whether that is an error is for the caller to decide.
func Diff(wanted, prior Set, actual Actual) Deltas {
	d := differ{
		wanted: wanted, prior: prior, spelled: prior.spellings(wanted),
		out: Deltas{grantPlatform: wanted.Accounts, revokePlatform: api.Accounts{}},
	}
	d.known = make(api.Accounts, len(wanted.Accounts))
	maps.Copy(d.known, prior.Accounts)
	maps.Copy(d.known, wanted.Accounts)
	for _, status := range actual {
		addHidden(d.known, status)
	}
	d.listed = aliases{spelled: d.spelled, known: d.known}
	d.rows = make([]row, 0, len(d.known))
	for _, h := range sortedHandles(d.known) {
		r := row{account: h}
		r.platform, r.want = wanted.Accounts[h]
		r.before, r.had = prior.Accounts[h]
		d.rows = append(d.rows, r)
	}

	inWanted, inPrior := setOf(wanted.AppIDs), setOf(prior.AppIDs)
	for _, id := range namedBy(wanted, prior) {
		status, ok := actual[id]
		if !ok {
			continue
		}
		var delta Delta
		if inWanted[id] {
			delta = d.kept(status, inPrior[id])
		} else {
			delta = d.left(status)
		}
		if !delta.empty() {
			d.out.Apps = append(d.out.Apps, delta)
		}
	}
	return d.out
}

type differ struct {
	wanted, prior Set
	spelled       Spellings
	known         api.Accounts // the accounts of both sides
	rows          []row        // the same, sorted once for all applications
	listed        aliases      // of what the applications list
	out           Deltas
}

// row is what both sides say of one account.
type row struct {
	account          api.Handle
	want, had        bool
	platform, before api.PlatformType
}

// kept is the change of an application that the set names.
func (d *differ) kept(status Status, wasThere bool) Delta {
	delta := Delta{App: status.App, listed: status.Accounts, Mode: d.wanted.Mode, Flip: status.mode() != d.wanted.Mode}
	delta.Flip = delta.Flip || status.MaybeOpen && d.wanted.Mode != api.AllUser
	if status.mode() == "" {
		// The service doesn't tell the mode: trust the state, and write when there is none.
		delta.Flip = !wasThere || d.prior.Mode != d.wanted.Mode || d.prior.Mixed
	}
	delta.Opened = status.open() && d.wanted.Mode != api.AllUser && (!wasThere || !d.prior.opened(status.App.ID))
	actual := d.listed.of(status.Accounts)
	for _, r := range d.rows {
		h := r.account
		_, granted := actual[h]
		switch {
		case r.want && !granted:
			delta.Grant = append(delta.Grant, h)
		case r.want && wasThere && r.had && r.before != r.platform && r.before != "" && r.platform != "":
			if _, stale := status.Stale[h]; status.Stale == nil || stale {
				delta.Replace = append(delta.Replace, d.revoked(r, status))
				delta.Grant = append(delta.Grant, h)
			}
		case !r.want && d.drops(r, status, wasThere && r.had, granted):
			delta.Revoke = append(delta.Revoke, d.revoked(r, status))
		}
	}
	delta.moveLookalikes()
	return delta
}

// revoked is the row that a request names to revoke an account: that of the service.
func (d *differ) revoked(r row, status Status) api.Handle {
	h := d.named(r, status)
	d.out.revokePlatform[h] = r.before
	return h
}

func (d *differ) named(r row, status Status) api.Handle {
	h, ok := d.spelled.row(r.account, status.Accounts)
	if spelled, has := d.spelled[r.account]; !ok && has {
		h = spelled
	}
	return inRequest(h, r.account)
}

// mayHave tells that a request may have granted the account, and that none was sent since to revoke
// it.
func (d *differ) mayHave(r row, status Status) bool {
	_, unsure := status.Unsure[r.account]
	return unsure && !status.Tried[d.named(r, status)]
}

// drops tells that an account which the set doesn't want is to be revoked. ours tells that the
// state lists it. What an application hides that is open and stays so is revoked once, in the hope
// that it does not come back when an administrator closes the application one day.
func (d *differ) drops(r row, status Status, ours, granted bool) bool {
	if d.wanted.Mode == api.AllUser && status.open() {
		return ours && (granted || !status.Shown) && !status.Tried[d.named(r, status)]
	}
	return granted && (ours || status.Hidden[r.account]) || ours && d.mayHave(r, status)
}

// left is the change of an application that the set names no longer, or of any application when the
// set is destroyed.
func (d *differ) left(status Status) Delta {
	delta := Delta{App: status.App, listed: status.Accounts, Mode: api.AssignUser}
	switch status.mode() {
	case api.AssignUser:
		delta.Flip = status.MaybeOpen
	case "":
		delta.Flip = d.prior.Mode == api.AllUser || d.prior.Mixed
	default:
		// What an open application lists proves nothing, so it has to be closed before anything can
		// be revoked.
		delta.Flip = d.prior.opened(status.App.ID)
		delta.Opened = !delta.Flip && len(d.prior.Accounts) > 0
	}
	actual := d.listed.of(status.Accounts)
	for _, r := range d.rows {
		if _, granted := actual[r.account]; granted && (r.had || status.Hidden[r.account]) || r.had && d.mayHave(r, status) {
			delta.Revoke = append(delta.Revoke, d.revoked(r, status))
		}
	}
	return delta
}

// Foreign returns the accounts, by application and sorted, that are granted and that the set
// neither wants nor has in its state, and so leaves alone. On an application that joins the set,
// these are all that it doesn't want. An exclusive set wants none of them there. What an open
// application lists proves nothing.
func Foreign(wanted, prior Set, actual Actual) map[string][]api.Handle {
	known := make(api.Accounts, len(wanted.Accounts))
	maps.Copy(known, prior.Accounts)
	maps.Copy(known, wanted.Accounts)
	for _, status := range actual {
		addHidden(known, status)
	}
	spelled := prior.spellings(wanted)
	joined, listed := aliases{spelled: spelled.Of(wanted.Accounts), known: wanted.Accounts}, aliases{spelled: spelled, known: known}
	inPrior := setOf(prior.AppIDs)
	found := map[uintptr][]api.Handle{}
	out := map[string][]api.Handle{}
	for id, status := range actual {
		if status.open() {
			continue
		}
		reference := known
		accounts := listed.of(status.Accounts)
		if !inPrior[id] {
			reference, accounts = wanted.Accounts, joined.of(status.Accounts)
		}
		unlisted, ok := found[accounts.Identity()]
		if !ok || !inPrior[id] {
			unlisted = nil
			for h := range accounts {
				if _, ok := reference[h]; !ok {
					unlisted = append(unlisted, h)
				}
			}
			slices.SortFunc(unlisted, compareHandles)
			if inPrior[id] {
				found[accounts.Identity()] = unlisted
			}
		}
		if len(unlisted) > 0 {
			out[id] = unlisted
		}
	}
	return out
}

// addHidden adds what an application may have hidden.
func addHidden(known api.Accounts, status Status) {
	for h := range status.Hidden {
		if _, ok := known[h]; !ok {
			known[h] = ""
		}
	}
}

// OpenedApps are the applications that may not be closed, since no plan has shown that.
func (d Deltas) OpenedApps() []api.App {
	var apps []api.App
	for _, delta := range d.Apps {
		if delta.Opened {
			apps = append(apps, delta.App)
		}
	}
	return apps
}

// moveLookalikes moves to Replace what would be revoked beside the grant of an account that differs
// in letter case only: a service that ignores case takes both for one account, and in which order
// it works off one request is unknown.
func (d *Delta) moveLookalikes() {
	if len(d.Grant) == 0 || len(d.Revoke) == 0 {
		return
	}
	revoked := make(map[api.Account]api.Handle, len(d.Revoke))
	for _, h := range d.Revoke {
		revoked[fold(h.Value())] = h
	}
	moved := map[api.Handle]bool{}
	for _, h := range d.Grant {
		if other, ok := revoked[fold(h.Value())]; ok && other != h {
			moved[other] = true
		}
	}
	if len(moved) == 0 {
		return
	}
	d.Revoke = slices.DeleteFunc(d.Revoke, func(h api.Handle) bool { return moved[h] })
	for h := range moved {
		d.Replace = append(d.Replace, h)
	}
	slices.SortFunc(d.Replace, compareHandles)
}

// Empty tells that there is nothing to send.
func (d Deltas) Empty() bool { return len(d.Apps) == 0 }

// Revocations is the number of accounts that lose access, counted once for each application.
// Accounts of an application that opens to everybody lose nothing and don't count; one that is
// revoked to be granted anew does.
func (d Deltas) Revocations() int {
	n := 0
	for _, app := range d.Apps {
		if app.Mode != api.AllUser {
			n += len(app.Revoke) + len(app.Replace)
		}
	}
	return n
}

// Grants is the number of accounts to grant, counted once for each application.
func (d Deltas) Grants() int {
	n := 0
	for _, app := range d.Apps {
		n += len(app.Grant)
	}
	return n
}

func setOf(ids []string) map[string]bool {
	out := make(map[string]bool, len(ids))
	for _, id := range ids {
		out[id] = true
	}
	return out
}

func sortedHandles(accounts api.Accounts) []api.Handle {
	return slices.SortedFunc(maps.Keys(accounts), compareHandles)
}

func compareHandles(a, b api.Handle) int {
	if a == b {
		return 0
	}
	return a.Value().Compare(b.Value())
}
