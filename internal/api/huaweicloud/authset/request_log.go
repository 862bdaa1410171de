// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package authset

import (
	"errors"
	"maps"
	"slices"
	"sync"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/rest"
)

// requestLog remembers each request of an apply and what became of it.
type requestLog struct {
	mu      sync.Mutex // the requests of a phase are added side by side, and read when all are done
	entries []*entry
	byApp   map[string][]*entry
	stale   map[string]api.Accounts
	open    map[string]bool // applications that were open to everybody before the first request
	looks   map[string]look // the first look at each application in which its list proves who is there
	trial   bool            // requests find out who a row is
}

// look is what an application listed, whom else it may have had, and how many requests had named it
// before.
type look struct {
	accounts, unsure api.Accounts
	requests         int
}

// last is the last request that named an application.
func (l *requestLog) last(appID string) *entry {
	return l.byApp[appID][len(l.byApp[appID])-1]
}

type entry struct {
	api.Assignment
	err   error
	trial bool
}

// newRequestLog notes which accounts are to be granted anew with another platform type, which
// applications are open, and who is there.
func newRequestLog(deltas Deltas, wanted api.Accounts, prior Set, actual Actual) *requestLog {
	l := &requestLog{stale: map[string]api.Accounts{}, open: map[string]bool{}, looks: map[string]look{}}
	for id, status := range actual {
		l.open[id] = status.open()
	}
	l.note(prior, actual)
	for _, delta := range deltas.Apps {
		for _, h := range delta.Replace {
			if _, ok := wanted[h]; ok {
				if l.stale[delta.App.ID] == nil {
					l.stale[delta.App.ID] = api.Accounts{}
				}
				l.stale[delta.App.ID][h] = deltas.revokePlatform[h]
			}
		}
	}
	return l
}

func (l *requestLog) add(a api.Assignment, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e := &entry{Assignment: a, err: err, trial: l.trial}
	l.entries = append(l.entries, e)
	if l.byApp == nil {
		l.byApp = map[string][]*entry{}
	}
	for _, id := range a.AppIDs {
		l.byApp[id] = append(l.byApp[id], e)
	}
	if err != nil {
		return
	}
	for _, id := range a.AppIDs {
		for _, user := range a.DelUsers {
			delete(l.stale[id], user.Handle())
		}
	}
}

// note keeps the first look at each application in which its list proves who is there. One that
// tells no mode and lists nobody may be open, as the state before says, and hide them.
func (l *requestLog) note(prior Set, actual Actual) {
	for id, status := range actual {
		hides := status.open() || status.mode() == "" && len(status.Accounts) == 0 && prior.opened(id)
		if _, noted := l.looks[id]; !noted && !hides {
			l.looks[id] = look{accounts: status.Accounts, unsure: status.Unsure, requests: len(l.byApp[id])}
		}
	}
}

// learn finds how the service spells accounts that it was asked to grant and does not list by their
// names: rows that look like them, belong to nobody whom either side names, and were not there
// before that request, or were revoked by this apply. What closing an application uncovers was
// there before.
func (l *requestLog) learn(wanted, prior Set, spelled Spellings, after Actual) Spellings {
	defer l.note(prior, after)
	learned := Spellings{}
	for _, id := range wanted.AppIDs {
		before, looked := l.looks[id]
		if !looked {
			continue
		}
		status := after[id]
		asked, revoked := map[api.Handle]bool{}, map[api.Handle]bool{}
		for i, e := range l.byApp[id] {
			if e.err != nil && unsent(e.err) {
				continue
			}
			for _, user := range e.DelUsers {
				revoked[user.Handle()] = true
			}
			if i < before.requests {
				continue
			}
			for _, user := range e.Users {
				if h := user.Handle(); wanted.Lists(h) {
					if _, listed := spelled.row(h, status.Accounts); !listed {
						asked[h] = true
					}
				}
			}
		}
		if len(asked) == 0 {
			continue
		}
		appeared := map[api.Account][]api.Handle{}
		for row := range status.Accounts {
			_, there := before.accounts[row]
			if there && !revoked[row] || wanted.Lists(row) || prior.Lists(row) && !revoked[row] {
				continue
			}
			for _, look := range looks(row.Value()) {
				appeared[look] = append(appeared[look], row)
			}
		}
		for h := range asked {
			if rows := appeared[fold(h.Value())]; len(rows) == 1 {
				learned[h] = rows[0]
			}
		}
	}
	return learned
}

// touched are the applications that a request named which may have reached the service.
func (l *requestLog) touched() map[string]bool {
	out := map[string]bool{}
	for _, e := range l.entries {
		if e.err == nil || !unsent(e.err) {
			for _, id := range e.AppIDs {
				out[id] = true
			}
		}
	}
	return out
}

func unsent(err error) bool {
	var e *rest.Error
	return errors.As(err, &e) && e.Unsent
}

// unanswered tells that the service has a request and did not say what became of it.
func (l *requestLog) unanswered() bool {
	return slices.ContainsFunc(l.entries, func(e *entry) bool { return rest.Unanswered(e.err) })
}

// acknowledgment is what the service said yes to for one application.
type acknowledgment struct {
	granted, revoked handleSet
	mode             api.AuthorizationType // of the last such request
	closed           bool                  // one of them carried ASSIGN_USER
}

func (l *requestLog) acknowledged(appID string) acknowledgment {
	a := acknowledgment{granted: handleSet{}, revoked: handleSet{}}
	for _, e := range l.byApp[appID] {
		if e.err != nil {
			continue
		}
		a.mode = e.AuthorizationType
		a.closed = a.closed || e.AuthorizationType == api.AssignUser
		// An account that is revoked to be granted anew counts for what came last.
		for _, user := range e.DelUsers {
			a.revoked[user.Handle()] = true
			delete(a.granted, user.Handle())
		}
		for _, user := range e.Users {
			a.granted[user.Handle()] = true
			delete(a.revoked, user.Handle())
		}
	}
	return a
}

// refusal returns the last request that the service refused for one application, unless a later one
// went through.
func (l *requestLog) refusal(appID string) (api.Assignment, bool) {
	entries := l.byApp[appID]
	if len(entries) == 0 {
		return api.Assignment{}, false
	}
	last := entries[len(entries)-1]
	return last.Assignment, last.err != nil && refused(last.err)
}

// totals counts what the service said yes to: requests, and accounts granted and revoked, once for
// each application. Accounts of an application that opens to everybody lose nothing and don't count
// as revoked.
func (l *requestLog) totals() (requests, granted, revoked int) {
	for _, e := range l.entries {
		if e.err != nil {
			continue
		}
		requests++
		granted += len(e.Users) * len(e.AppIDs)
		if e.trial {
			granted -= len(e.DelUsers) * len(e.AppIDs)
			continue
		}
		if e.AuthorizationType != api.AllUser {
			revoked += len(e.DelUsers) * len(e.AppIDs)
		}
	}
	return requests, granted, revoked
}

func (l *requestLog) revoked() int {
	_, _, revoked := l.totals()
	return revoked
}

// failures are the requests that failed.
func (l *requestLog) failures() []api.Assignment {
	var out []api.Assignment
	for _, e := range l.entries {
		if e.err != nil {
			out = append(out, e.Assignment)
		}
	}
	return out
}

// settle marks in a fresh reading which accounts still have the platform type of before, and what a
// request may do yet: the service may act on it after it let the client wait in vain. Where the
// service doesn't tell the mode of an application, the mode of the last request that it took is as
// good as told. blind tells that nobody could look what came of the requests.
func (l *requestLog) settle(actual Actual, blind bool) Actual {
	for id, status := range actual {
		status.Mode = l.lastMode(id)
		status.Stale = l.stale[id]
		if status.Stale == nil {
			status.Stale = api.Accounts{}
		}
		for _, e := range l.byApp[id] {
			switch {
			case e.err == nil:
				status.done(e)
				if blind {
					status.unsure(e)
				}
			case rest.Unanswered(e.err):
				status.unsure(e)
			}
		}
		if status.open() {
			status.Shown = l.acknowledged(id).closed || !l.open[id]
		}
		if status.open() || len(status.Unsure) > 0 {
			status.Tried = l.tried(id)
		}
		actual[id] = status
	}
	return actual
}

// tried are the accounts that the service was asked to revoke, and answered.
func (l *requestLog) tried(appID string) map[api.Handle]bool {
	out := map[api.Handle]bool{}
	for _, e := range l.byApp[appID] {
		if e.err == nil || refused(e.err) {
			for _, user := range e.DelUsers {
				out[user.Handle()] = true
			}
		}
	}
	return out
}

func (l *requestLog) lastMode(appID string) api.AuthorizationType {
	for _, e := range slices.Backward(l.byApp[appID]) {
		if e.err == nil {
			return e.AuthorizationType
		}
	}
	return ""
}

// estimate works out what the service must show now, from a reading before the requests and the
// answers to them. What an application hid that was open before and is closed now, nobody has seen:
// it may be all that the state remembers of it.
func (l *requestLog) estimate(before Actual, prior Set) Actual {
	inPrior := setOf(prior.AppIDs)
	actual := maps.Clone(before)
	touched := l.touched()
	for id := range touched {
		status, ok := actual[id]
		if !ok {
			continue
		}
		status.Accounts = maps.Clone(status.Accounts)
		if status.Accounts == nil {
			status.Accounts = api.Accounts{}
		}
		if inPrior[id] && status.open() {
			addNew(status.Accounts, prior.Accounts)
		}
		for _, e := range l.byApp[id] {
			if e.err != nil {
				status.unsure(e)
				continue
			}
			status.App.AuthorizationType = e.AuthorizationType
			for _, user := range e.DelUsers {
				delete(status.Accounts, user.Handle())
			}
			for _, user := range e.Users {
				status.Accounts[user.Handle()] = user.PlatformType
			}
		}
		actual[id] = status
	}
	return l.settle(actual, true)
}

// done takes back what a request may have done that came before another one which the service took.
func (s *Status) done(e *entry) {
	s.MaybeOpen = s.MaybeOpen && e.AuthorizationType == api.AllUser
	if len(s.Unsure) > 0 {
		s.Unsure = maps.Clone(s.Unsure)
		for _, user := range e.DelUsers {
			delete(s.Unsure, user.Handle())
		}
	}
}

// unsure takes down what a request may have done.
func (s *Status) unsure(e *entry) {
	if unsent(e.err) {
		return
	}
	s.Unsure = maps.Clone(s.Unsure)
	if s.Unsure == nil {
		s.Unsure = api.Accounts{}
	}
	s.MaybeOpen = s.MaybeOpen || e.AuthorizationType == api.AllUser
	for _, user := range e.Users {
		s.Unsure[user.Handle()] = user.PlatformType
	}
}
