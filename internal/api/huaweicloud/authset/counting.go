// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package authset

import (
	"context"
	"maps"
	"slices"
	"sync"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud"
)

// Counter is a Workspace that counts, too. *Client implements it.
type Counter interface {
	Workspace
	// CountAuthorizations returns how many accounts an application has, as the service counts them,
	// and the last ones of its list. The count is -1 where the list doesn't end like one of so many
	// as expected, or the service doesn't count.
	CountAuthorizations(ctx context.Context, appID string, expected int) (count int, last api.Accounts, err error)
	// ListedAuthorizations returns what Authorizations would return without a request, if it can.
	ListedAuthorizations(appID string) (api.Accounts, bool)
}

// Counting reads applications by their counts, for one operation on one set. Where an application
// has as many accounts as it must have, by the count that the state remembers and by what this run
// has granted and revoked since, and its list ends with some of these, it has those which the state
// remembers, with these changes. Where it has not, or where there is nothing to compare with, all
// its accounts are read.
//
// It can't see that an administrator has put one account in the place of another, further up in the
// list.
type Counting struct {
	Counter

	run  *Counts
	ours Set // the accounts of both sides

	mu      sync.Mutex
	modes   map[string]api.AuthorizationType
	known   map[string]knowledge
	sampled map[*history]bool // moments at which one application was read for how the service spells what was granted
	forced  map[string]bool   // applications to read, whatever is known
	learned Spellings
	// counted tells that a count was all that confirmed some accounts, so that nobody knows how the
	// service spells them. shown are the lists that were read since.
	counted bool
	shown   []api.Accounts
}

// knowledge is who has an application at a moment.
type knowledge struct {
	accounts api.Accounts
	at       *history
	listed   bool // a list has shown it
}

// NewCounting makes a reading by counts for one operation on a set: wanted is nothing unless it is
// an apply or its plan, and prior is what the state remembers.
//
// A run that is nil believes no count.
func NewCounting(w Counter, run *Counts, wanted Set, prior Tracked, memory Memory) *Counting {
	if run == nil {
		run = &Counts{doubted: true}
	}
	c := &Counting{
		Counter: w, run: run, counted: memory.Unseen,
		ours:  Set{Accounts: api.Accounts{}},
		modes: map[string]api.AuthorizationType{}, known: map[string]knowledge{}, sampled: map[*history]bool{}, forced: map[string]bool{},
	}
	maps.Copy(c.ours.Accounts, prior.Accounts)
	maps.Copy(c.ours.Accounts, wanted.Accounts)
	c.Spell(prior.spellings(wanted))
	rows := rowsOf{tracked: prior}
	for _, id := range prior.AppIDs {
		if count, ok := memory.Counts[id]; ok && count == len(rows.on(id)) {
			c.known[id] = knowledge{accounts: rows.on(id)}
		}
	}
	return c
}

// Spell takes down how the service spells some accounts. From then on nobody believes that it
// spells as they are named what it is asked to grant.
func (c *Counting) Spell(spelled Spellings) {
	if c == nil || len(spelled) == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ours.Spelled = c.ours.spellings(Set{Spelled: spelled})
	c.run.respell()
}

// Apps takes down which applications are open: nothing is remembered of these, since they may hide
// what they have.
func (c *Counting) Apps(ctx context.Context) (map[string]api.App, error) {
	apps, err := c.Counter.Apps(ctx)
	c.mu.Lock()
	defer c.mu.Unlock()
	for id, app := range apps {
		c.modes[id] = app.AuthorizationType
		if app.AuthorizationType != api.AssignUser {
			delete(c.known, id)
		}
	}
	return apps, err
}

// AssignAuthorizations sends a request, and takes down for the whole run what it changes.
func (c *Counting) AssignAuthorizations(ctx context.Context, a api.Assignment) error {
	sent := a
	a.Done = func(err error) { c.run.add(c, &sent, err) }
	return c.Counter.AssignAuthorizations(ctx, a)
}

// Authorizations returns the accounts of an application: those that are known where the count
// agrees, and otherwise those that are listed.
func (c *Counting) Authorizations(ctx context.Context, appID string) (api.Accounts, error) {
	at := c.run.at(appID)
	if listed, ok := c.ListedAuthorizations(appID); ok {
		return c.believe(appID, knowledge{accounts: listed, at: at, listed: true}), nil
	}
	for {
		due, ok := c.due(appID)
		if !ok {
			return c.list(ctx, appID)
		}
		count, last, err := c.CountAuthorizations(ctx, appID, len(due.accounts))
		if err != nil {
			return nil, err
		}
		if c.run.at(appID) != due.at {
			continue // another resource has changed it meanwhile
		}
		if count == len(due.accounts) && within(last, due.accounts) {
			due.listed = due.listed || len(last) == count
			return c.believe(appID, due), nil
		}
		listed, err := c.list(ctx, appID)
		if err == nil && count != len(listed) && c.run.at(appID) == due.at {
			c.run.doubt()
		}
		return listed, err
	}
}

// within tells whether all rows are among others.
func within(rows, others api.Accounts) bool {
	for h := range rows {
		if _, ok := others[h]; !ok {
			return false
		}
	}
	return true
}

// due is who must have an application now; false where it has to be read.
func (c *Counting) due(appID string) (knowledge, bool) {
	now := c.run.at(appID)
	c.mu.Lock()
	defer c.mu.Unlock()
	known, ok := c.known[appID]
	if !ok || c.forced[appID] || c.modes[appID] != api.AssignUser || !c.run.believed() {
		return knowledge{}, false
	}
	accounts, sure := c.run.replay(known.accounts, known.at, now)
	if !sure {
		return knowledge{}, false
	}
	// Among accounts that the set does not list it would be hard to find later how the service
	// spells those that were granted now. One application shows it for all that got the same.
	if !c.sampled[now] && c.grantedSince(known.at, now) && c.strangers(accounts) > 0 {
		c.sampled[now] = true
		return knowledge{}, false
	}
	return knowledge{accounts: accounts, at: now, listed: known.listed && known.at == now}, true
}

// grantedSince tells whether this operation has granted anything between two moments.
func (c *Counting) grantedSince(from, to *history) bool {
	for h := to; h != nil && h != from; h = h.before {
		if h.by == c && len(h.request.Users) > 0 {
			return true
		}
	}
	return false
}

// strangers counts the rows that are none of the set's.
func (c *Counting) strangers(rows api.Accounts) int {
	n := len(rows)
	for h := range c.ours.Accounts {
		if _, ok := c.ours.Spelled.row(h, rows); ok {
			n--
		}
	}
	return n
}

func (c *Counting) list(ctx context.Context, appID string) (api.Accounts, error) {
	at := c.run.at(appID)
	listed, err := c.Counter.Authorizations(ctx, appID)
	if err != nil {
		return nil, err
	}
	return c.believe(appID, knowledge{accounts: listed, at: at, listed: true}), nil
}

// believe takes down what an application has.
func (c *Counting) believe(appID string, now knowledge) api.Accounts {
	if len(now.accounts) == 0 {
		now.accounts = noAccounts
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	before, known := c.known[appID]
	switch {
	case now.listed:
		delete(c.forced, appID)
		if known && c.counted {
			c.compare(before, now)
		}
		c.shown = append(c.shown, now.accounts)
	case c.grantedSince(before.at, now.at) && c.strangers(now.accounts) == 0:
		c.counted, c.shown = true, nil
	}
	if c.modes[appID] == api.AssignUser {
		c.known[appID] = now
	}
	return now.accounts
}

// noAccounts is the list of all applications that nobody may use, so that they share what is made
// of it.
var noAccounts = api.Accounts{}

// compare learns how the service spells accounts that were granted and confirmed by a count alone,
// whatever became of the requests since. Where the application had no others, what looks like one
// of them, and was not there, is it.
func (c *Counting) compare(before, now knowledge) {
	if c.strangers(before.accounts) > 0 {
		return
	}
	granted := before.accounts
	for h := now.at; h != nil && h != before.at; h = h.before {
		granted = maps.Clone(granted)
		for _, user := range h.request.Users {
			granted[user.Handle()] = user.PlatformType
		}
	}
	appeared := map[api.Account][]api.Handle{}
	for row := range now.accounts {
		if _, there := granted[row]; !there {
			for _, look := range looks(row.Value()) {
				appeared[look] = append(appeared[look], row)
			}
		}
	}
	for h := range c.ours.Accounts {
		if _, there := granted[h]; !there {
			continue
		}
		if _, listed := c.ours.Spelled.row(h, now.accounts); listed {
			continue
		}
		if rows := appeared[fold(h.Value())]; len(rows) == 1 {
			if c.learned == nil {
				c.learned = Spellings{}
			}
			c.learned[h] = rows[0]
			c.run.respell()
		}
	}
}

// doubts tells whether applications have to be read that a count has confirmed, and makes the next
// look read them: something is not as it must be, the service is seen not to count as it lists, or
// it spells in its own way what nobody has seen yet.
func (c *Counting) doubts(unmet bool) (some bool) {
	if c == nil || !unmet && c.run.believed() && !c.run.respells() {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for id, known := range c.known {
		if !known.listed && !c.forced[id] && (c.counted || c.grantedSince(nil, known.at)) {
			c.forced[id], some = true, true
		}
	}
	return some
}

// showed tells that each account of a set stands in a list that was read.
func (c *Counting) showed(s Set) bool {
	for h := range s.Accounts {
		if !slices.ContainsFunc(c.shown, func(list api.Accounts) bool { _, ok := s.Spelled.row(h, list); return ok }) {
			return false
		}
	}
	return true
}

// Learned are spellings of accounts that an earlier run has granted and did not see in a list.
func (c *Counting) Learned() Spellings {
	if c == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.learned)
}
