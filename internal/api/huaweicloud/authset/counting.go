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
	// CountAuthorizations returns how many accounts an application has, as the service counts them, and -1 where its list
	// doesn't end like one of so many as expected, or it doesn't count.
	CountAuthorizations(ctx context.Context, appID string, expected int) (int, error)
	// ListedAuthorizations returns what Authorizations would return without a request, if it can.
	ListedAuthorizations(appID string) (api.Accounts, bool)
}

// Counting reads applications by their counts, for one operation on one set. Where an application
// has as many accounts as it must have, by the count that the state remembers and by what this run
// has granted and revoked since, it has those which the state remembers, with these changes. Where
// it has not, or where there is nothing to compare with, all its accounts are read.
//
// It can't see that somebody has put one account in the place of another.
type Counting struct {
	Counter

	run       *Counts
	ours      Set // the accounts of both sides
	exclusive bool

	mu      sync.Mutex
	modes   map[string]api.AuthorizationType
	known   map[string]knowledge
	others  map[string]int    // of the first look: accounts that others have granted, and nobody knows which
	wrote   map[string]bool   // applications that a request of this operation named
	sampled map[*history]bool // moments at which one application was read for how the service spells what was granted
	forced  map[string]bool   // applications to read, whatever is known
	again   map[*history]bool // moments at which one was read after a count had confirmed it
	learned Spellings
	// counted tells that a count was all that confirmed some accounts, so that nobody knows how the service spells them. shown are
	// the lists that were read since.
	counted bool
	shown   []api.Accounts
}

// knowledge is what an application has at a moment: accounts, and a number of others, unknown where it is below zero.
type knowledge struct {
	accounts api.Accounts
	others   int
	at       *history
	listed   bool // a list has shown it
}

// NewCounting makes a reading by counts for one operation on a set: wanted is nothing unless it is an
// apply or its plan, and prior is what the state remembers.
//
// A run that is nil believes no count.
func NewCounting(w Counter, run *Counts, wanted Set, prior Tracked, memory Memory, exclusive bool) *Counting {
	if run == nil {
		run = &Counts{doubted: true}
	}
	c := &Counting{
		Counter: w, run: run, exclusive: exclusive, counted: memory.Unseen,
		ours:  Set{Accounts: maps.Clone(prior.Accounts), Spelled: prior.spellings(wanted)},
		modes: map[string]api.AuthorizationType{}, known: map[string]knowledge{}, others: map[string]int{},
		wrote: map[string]bool{}, sampled: map[*history]bool{}, forced: map[string]bool{}, again: map[*history]bool{},
	}
	if c.ours.Accounts == nil {
		c.ours.Accounts = api.Accounts{}
	}
	maps.Copy(c.ours.Accounts, wanted.Accounts)
	rows := rowsOf{tracked: prior}
	for _, id := range prior.AppIDs {
		k := knowledge{accounts: rows.on(id), others: unknown}
		if count, ok := memory.Counts[id]; ok {
			k.others = max(unknown, count-len(k.accounts))
		}
		if exclusive && k.others > 0 {
			k.others = unknown
		}
		c.known[id] = k
	}
	return c
}

// Apps takes down which applications are open: nothing is remembered of these, since they may hide what they have.
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
	a.Done = func(err error) {
		c.mu.Lock()
		for _, id := range a.AppIDs {
			c.wrote[id] = true
		}
		c.mu.Unlock()
		c.run.add(c, &sent, err)
	}
	return c.Counter.AssignAuthorizations(ctx, a)
}

// Authorizations returns the accounts of an application: those that are known where the count agrees, and otherwise those that
// are listed.
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
		count, err := c.CountAuthorizations(ctx, appID, due.count())
		if err != nil {
			return nil, err
		}
		if c.run.at(appID) != due.at {
			continue // another resource has changed it meanwhile
		}
		if count == due.count() {
			return c.believe(appID, due), nil
		}
		listed, err := c.list(ctx, appID)
		if err == nil && count != len(listed) && c.run.at(appID) == due.at {
			c.run.doubt()
		}
		return listed, err
	}
}

// unknown is a number that nobody knows.
const unknown = -1

func (k knowledge) count() int { return len(k.accounts) + k.others }

// due is what an application must have now; false where it has to be read.
func (c *Counting) due(appID string) (knowledge, bool) {
	now := c.run.at(appID)
	c.mu.Lock()
	defer c.mu.Unlock()
	known, ok := c.known[appID]
	if !ok || c.forced[appID] || known.others == unknown || c.modes[appID] != api.AssignUser || !c.run.believed() {
		return knowledge{}, false
	}
	accounts, sure := c.run.replay(known.accounts, known.at, now)
	if !sure {
		return knowledge{}, false
	}
	due := knowledge{accounts: accounts, others: known.others, at: now, listed: known.listed && known.at == now}
	// Among accounts of others it would be hard to find later how the service spells those that were granted now. One application
	// shows it for all that got the same.
	if !c.sampled[now] && c.grantedSince(known.at, now) && c.strangers(due) > 0 {
		c.sampled[now] = true
		return knowledge{}, false
	}
	return due, true
}

// grantedSince tells whether this operation has granted anything between two moments.
func (c *Counting) grantedSince(from, to *history) bool {
	requests, _ := since(from, to)
	for _, h := range requests {
		if h.by == c && len(h.request.Users) > 0 {
			return true
		}
	}
	return false
}

// strangers counts the accounts that are none of the set's.
func (c *Counting) strangers(k knowledge) int {
	return k.others + len(k.accounts) - c.ours.count(k.accounts)
}

// count is how many rows of a list are accounts of the set.
func (s Set) count(rows api.Accounts) int {
	n := 0
	for h := range s.Accounts {
		if _, ok := s.Spelled.row(h, rows); ok {
			n++
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
		if known && c.counted && c.modes[appID] == api.AssignUser {
			c.compare(before, now)
		}
		c.shown = append(c.shown, now.accounts)
	case c.grantedSince(before.at, now.at) && c.strangers(now) == 0:
		c.counted, c.shown = true, nil
	}
	if !c.wrote[appID] {
		c.others[appID] = now.others
	}
	if c.modes[appID] == api.AssignUser {
		c.known[appID] = now
	}
	return now.accounts
}

// noAccounts is the list of all applications that nobody may use, so that they share what is made of it.
var noAccounts = api.Accounts{}

// compare learns how the service spells accounts that were granted and confirmed by a count alone. Where the application had no
// others, whatever looks like one of them, and was not there, is it.
func (c *Counting) compare(before, now knowledge) {
	expected, sure := c.run.replay(before.accounts, before.at, now.at)
	alone := before.others == 0 || before.others == unknown && len(now.accounts) == len(expected)
	if !sure || !alone || c.strangers(knowledge{accounts: expected}) > 0 {
		return
	}
	appeared := map[api.Account][]api.Handle{}
	for row := range now.accounts {
		if _, there := expected[row]; !there {
			for _, look := range looks(row.Value()) {
				appeared[look] = append(appeared[look], row)
			}
		}
	}
	for h := range c.ours.Accounts {
		if _, there := expected[h]; !there {
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
		}
	}
}

// sample makes the next look read applications that a count has confirmed, since something is not as it must be: first one of
// those that got the same requests, which shows how the service spells what they have, and the next time all. It tells whether
// there are any.
func (c *Counting) sample() (some bool) {
	if c == nil {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, all := range []bool{false, true} {
		for id, known := range c.known {
			granted := c.grantedSince(nil, known.at)
			if known.listed || c.forced[id] || !granted && (all || !c.counted) || !all && c.again[known.at] {
				continue
			}
			c.again[known.at], c.forced[id], some = true, true, true
		}
		if some {
			break
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

// complete makes the first look at applications show whom others had granted them, where they were only counted then and are
// read now. As many accounts as there were of others, and no more, belong to nobody whom the set names.
func (c *Counting) complete(first map[string]look, now Actual) {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for id, was := range first {
		others := c.others[id]
		if others <= 0 || !c.known[id].listed {
			continue
		}
		were := api.Accounts{}
		for row, platform := range now[id].Accounts {
			if _, there := was.accounts[row]; !there && !c.ours.Lists(row) {
				were[row] = platform
			}
		}
		if len(were) <= others { // otherwise some have appeared
			addNew(were, was.accounts)
			first[id] = look{accounts: were, requests: was.requests}
		}
	}
}
