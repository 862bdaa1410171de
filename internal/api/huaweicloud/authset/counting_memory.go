// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package authset

import (
	"maps"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud"
)

// Memory is what a state remembers of the applications of a set beyond their accounts.
type Memory struct {
	// Counts are how many accounts each application has, those that the set does not list included,
	// by app id. An application that has to be read has no entry.
	Counts map[string]int `json:"counts,omitempty"`
	// Unseen tells that some accounts were confirmed by a count alone: no list has shown yet how
	// the service spells them.
	Unseen bool `json:"unseen,omitempty"`
}

// Memory is what to remember with a state. An application that a request of this run has named
// which failed has to be read: the service may act on it yet. And only one counts which has all
// that the state says it has, and nothing else: of others, such as another set of the
// configuration, a state can't tell later whether they have come to hide that somebody of its own
// has gone.
func (c *Counting) Memory(now Tracked) Memory {
	if c == nil {
		return Memory{}
	}
	m := Memory{Counts: map[string]int{}}
	rows := rowsOf{tracked: now}
	for _, id := range now.AppIDs {
		if !c.run.believed() {
			break
		}
		at := c.run.at(id)
		c.mu.Lock()
		known, ok := c.known[id]
		c.mu.Unlock()
		if !ok || !at.clear() {
			continue
		}
		has, sure := c.run.replay(known.accounts, known.at, at)
		if !sure {
			continue
		}
		if ours := rows.on(id); len(has) == len(ours) && rows.within(ours, has) {
			m.Counts[id] = len(has)
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	m.Unseen = c.counted && !c.showed(now.Set)
	return m
}

// rowsOf gives the rows that the service lists for a tracked set. Applications that lack nobody
// share them.
type rowsOf struct {
	tracked Tracked
	all     api.Accounts
	found   map[[2]uintptr]bool // by two maps: the one is within the other
}

func (r *rowsOf) on(appID string) api.Accounts {
	if r.all == nil {
		r.all = make(api.Accounts, len(r.tracked.Accounts))
		for h, platform := range r.tracked.Accounts {
			r.all[r.row(h)] = platform
		}
	}
	missing := r.tracked.Missing[appID]
	if len(missing) == 0 {
		return r.all
	}
	out := maps.Clone(r.all)
	for _, h := range missing {
		delete(out, r.row(h))
	}
	return out
}

func (r *rowsOf) row(h api.Handle) api.Handle {
	if row, ok := r.tracked.Spelled[h]; ok {
		return row
	}
	return h
}

func (r *rowsOf) within(rows, of api.Accounts) bool {
	key := [2]uintptr{rows.Identity(), of.Identity()}
	in, ok := r.found[key]
	if !ok {
		in = within(rows, of)
		if r.found == nil {
			r.found = map[[2]uintptr]bool{}
		}
		if rows.Identity() == r.all.Identity() {
			r.found[key] = in
		}
	}
	return in
}
