// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud

import (
	"maps"
	"reflect"
	"sync"
)

// maxExpected bounds how much room a count alone takes: it may lie.
const maxExpected = 50_000

// accountCollection is a collection of authorizations. An account that is listed with two platform types is two records of the service
// and one account. Pages are taken up only when it has to be, so that a list of the very pages of another one needs no copy.
type accountCollection struct {
	lists *knownLists // may be nil

	pages    [][]authorization
	taken    int // how many of the pages were taken up
	records  int // of all pages
	total    int
	accounts Accounts
	shared   bool // accounts is held by others, too
	variants map[authorization]struct{}

	// known is a list that all pages so far are of, each once; seen are these pages.
	known *knownList
	seen  map[uintptr]struct{}
}

func (c *accountCollection) add(records []authorization, total int) {
	c.total = total
	if len(records) == 0 {
		return
	}
	c.pages = append(c.pages, records)
	c.records += len(records)
	if len(c.pages) == 1 {
		c.known, c.seen = c.lists.latest(), map[uintptr]struct{}{}
	}
	if c.known == nil {
		return
	}
	page := address(records)
	_, again := c.seen[page]
	if _, of := c.known.addresses[page]; again || !of {
		c.known = nil
		return
	}
	c.seen[page] = struct{}{}
}

func (c *accountCollection) size() int {
	if c.known != nil {
		return c.records
	}
	c.takeUp()
	return len(c.accounts) + len(c.variants)
}

// list gives the accounts of a complete list, which others may hold, too: nobody may change them.
func (c *accountCollection) list() Accounts {
	c.takeUp()
	switch {
	case c.accounts == nil:
		return Accounts{}
	case !c.shared && len(c.accounts) == c.records: // no record came twice
		c.lists.remember(c.pages, c.accounts)
		c.shared = true
	}
	return c.accounts
}

func (c *accountCollection) reset() {
	*c = accountCollection{lists: c.lists}
}

// takeUp takes up the pages that came since the last time.
func (c *accountCollection) takeUp() {
	if c.taken == len(c.pages) {
		return
	}
	switch {
	case c.known != nil && len(c.pages) == len(c.known.addresses):
		c.accounts, c.shared, c.taken = c.known.accounts, true, len(c.pages)
		return
	case c.accounts == nil:
		c.accounts = make(Accounts, max(0, min(c.total, maxExpected)))
	case c.shared:
		c.accounts, c.shared = maps.Clone(c.accounts), false
	}
	for _, records := range c.pages[c.taken:] {
		c.insert(records)
	}
	c.taken = len(c.pages)
}

func (c *accountCollection) insert(records []authorization) {
	for _, r := range records {
		platform, ok := c.accounts[r.account]
		switch {
		case !ok:
			c.accounts[r.account] = r.platform
		case platform != r.platform:
			if c.variants == nil {
				c.variants = map[authorization]struct{}{}
			}
			// Whatever the order of the pages, the same one is shown.
			shown, other := platform, r.platform
			if shown == "" || other != "" && other < shown {
				shown, other = other, shown
			}
			c.accounts[r.account] = shown
			c.variants[authorization{r.account, other}] = struct{}{}
			delete(c.variants, authorization{r.account, shown})
		}
	}
}

// knownList is a list and the pages that it was made of, no record of which came twice. It doesn't change.
type knownList struct {
	pages     [][]authorization // so that nothing else comes to be at their addresses
	addresses map[uintptr]struct{}
	accounts  Accounts
}

// knownLists remembers the list that was made last, and of which pages.
type knownLists struct {
	mu   sync.Mutex
	last *knownList
}

func (l *knownLists) latest() *knownList {
	if l == nil {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.last
}

func (l *knownLists) remember(pages [][]authorization, accounts Accounts) {
	if l == nil {
		return
	}
	list := &knownList{pages: pages, addresses: make(map[uintptr]struct{}, len(pages)), accounts: accounts}
	for _, page := range pages {
		list.addresses[address(page)] = struct{}{}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last = list
}

// address tells pages apart, which live as long as somebody holds them.
func address(records []authorization) uintptr { return reflect.ValueOf(records).Pointer() }
