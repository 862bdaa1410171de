// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud

import (
	"cmp"
	"maps"
	"reflect"
	"slices"
	"sync"
)

// maxExpected bounds how much room a count alone takes: it may lie.
const maxExpected = 50_000

// accountCollection is a collection of authorizations. An account that is listed with two platform types is two records of the service
// and one account. Pages are taken up when somebody asks, so that a list of the very pages of another one needs no copy.
type accountCollection struct {
	lists *knownLists // may be nil

	pages    [][]authorization // not taken up yet
	total    int
	accounts Accounts
	shared   bool // accounts is held by others, too
	variants map[authorization]struct{}
}

func (c *accountCollection) add(records []authorization, total int) {
	if len(records) > 0 {
		c.pages = append(c.pages, records)
	}
	c.total = total
}

func (c *accountCollection) size() int {
	c.takeUp()
	return len(c.accounts) + len(c.variants)
}

// list gives the accounts, which others may hold, too: nobody may change them.
func (c *accountCollection) list() Accounts {
	c.takeUp()
	if c.accounts == nil {
		return Accounts{}
	}
	return c.accounts
}

func (c *accountCollection) reset() {
	*c = accountCollection{lists: c.lists}
}

// takeUp takes up the pages that came since the last time.
func (c *accountCollection) takeUp() {
	switch {
	case len(c.pages) == 0:
	case c.accounts == nil:
		if c.accounts, c.shared = c.lists.of(c.pages); c.shared {
			c.pages = nil
			return
		}
		c.accounts = make(Accounts, max(0, min(c.total, maxExpected)))
		for _, records := range c.pages {
			c.insert(records)
		}
		if len(c.variants) == 0 {
			c.lists.remember(c.pages, c.accounts)
			c.shared = true
		}
	default:
		if c.shared {
			c.accounts, c.shared = maps.Clone(c.accounts), false
		}
		for _, records := range c.pages {
			c.insert(records)
		}
	}
	c.pages = nil
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

// knownLists remembers the list that was made last, and of which pages.
type knownLists struct {
	mu       sync.Mutex
	pages    [][]authorization
	accounts Accounts
}

// of gives the list that was made of the same pages, the same in memory, in whatever order.
func (l *knownLists) of(pages [][]authorization) (Accounts, bool) {
	if l == nil || len(pages) == 0 {
		return nil, false
	}
	slices.SortFunc(pages, func(a, b []authorization) int { return cmp.Compare(address(a), address(b)) })
	l.mu.Lock()
	defer l.mu.Unlock()
	same := slices.EqualFunc(l.pages, pages, func(a, b []authorization) bool { return address(a) == address(b) && len(a) == len(b) })
	if !same {
		return nil, false
	}
	return l.accounts, true
}

// remember takes a list of pages that of has sorted.
func (l *knownLists) remember(pages [][]authorization, accounts Accounts) {
	if l == nil || len(pages) == 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pages, l.accounts = pages, accounts
}

// address tells pages apart, which live as long as somebody holds them.
func address(records []authorization) uintptr { return reflect.ValueOf(records).Pointer() }
