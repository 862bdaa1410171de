// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package authset

import (
	"maps"
	"slices"
	"sync"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud"
)

// Counts are what the applies of one run have written, application by application, so that each of
// them knows how many accounts must be there, also where another one has granted or revoked some
// meanwhile. The zero value is ready for use.
type Counts struct {
	mu      sync.Mutex
	written map[string]*history
	after   map[step]*history
	views   map[view]replayed
	// doubted tells that the service was seen to count otherwise than it lists.
	doubted bool
	// respelled tells that it lists accounts in another spelling than they are granted.
	respelled bool
}

// history is the requests that an application got, the last one first; nil is none. Applications
// that got the same requests share one.
type history struct {
	step

	by *Counting
	// unclear tells that nobody knows what the last request has done.
	unclear bool
}

// clear tells that what each request has done is known.
func (h *history) clear() bool {
	for ; h != nil; h = h.before {
		if h.unclear {
			return false
		}
	}
	return true
}

// step is one request after others.
type step struct {
	before  *history
	request *api.Assignment
}

// view is what a list has become by the requests between two moments.
type view struct {
	list     uintptr
	from, to *history
}

// replayed is a view; the list stays alive with it, so that no other map is taken for it.
type replayed struct{ list, now api.Accounts }

// at is the present moment of an application.
func (c *Counts) at(appID string) *history {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.written[appID]
}

// add takes down a request that the service may have acted on. No other request about its
// applications is under way.
func (c *Counts) add(by *Counting, a *api.Assignment, err error) {
	if err != nil && unsent(err) {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.written == nil {
		c.written, c.after = map[string]*history{}, map[step]*history{}
	}
	for _, id := range a.AppIDs {
		s := step{before: c.written[id], request: a}
		if c.after[s] == nil {
			c.after[s] = &history{step: s, by: by, unclear: err != nil || a.AuthorizationType != api.AssignUser}
		}
		c.written[id] = c.after[s]
	}
}

// doubt makes nobody believe the service's counts any more.
func (c *Counts) doubt() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.doubted = true
}

func (c *Counts) believed() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.doubted
}

// respell makes everybody read what a request grants, since nobody knows under which names.
func (c *Counts) respell() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.respelled = true
}

func (c *Counts) respells() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.respelled
}

// since gives the requests after a moment, the first one first, and false where one of them is
// unclear.
func (c *Counts) since(from, to *history) ([]*history, bool) {
	var out []*history
	for h := to; h != from; h = h.before {
		if h == nil || h.unclear || c.respelled && len(h.request.Users) > 0 {
			return nil, false
		}
		out = append(out, h)
	}
	slices.Reverse(out)
	return out, true
}

// replay gives what a list has become by the requests between two moments, if each of them did what
// it says. Lists that are one map and got the same requests become one map again.
func (c *Counts) replay(list api.Accounts, from, to *history) (api.Accounts, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	requests, sure := c.since(from, to)
	if !sure || len(requests) == 0 {
		return list, sure
	}
	key := view{list.Identity(), from, to}
	if out, ok := c.views[key]; ok {
		return out.now, true
	}
	out := maps.Clone(list)
	for _, h := range requests {
		for _, user := range h.request.DelUsers {
			delete(out, user.Handle())
		}
		for _, user := range h.request.Users {
			if _, ok := out[user.Handle()]; !ok {
				out[user.Handle()] = user.PlatformType
			}
		}
	}
	if c.views == nil {
		c.views = map[view]replayed{}
	}
	c.views[key] = replayed{list, out}
	return out, true
}
