// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package authset

import (
	"context"
	"fmt"
	"hash/fnv"
	"maps"
	"net/http"
	"strings"
	"time"

	"pgregory.net/rapid"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/rest"
)

// registry is an office that counts, right or wrong.
type registry struct {
	*office

	page    int            // how many accounts it shows with a count
	cap     int            // the most that it counts
	silent  bool           // it doesn't count at all
	late    map[string]int // what it counted before the last change, where it says that once more
	counted int            // requests
}

func (r *registry) CountAuthorizations(_ context.Context, id string, expected int) (int, api.Accounts, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.counted++
	room, ok := r.apps[id]
	if !ok {
		return 0, nil, fmt.Errorf("list: %w", api.ErrAppNotFound)
	}
	listed := room.accounts
	if room.mode == api.AllUser && !r.records {
		listed = nil
	}
	has, last := len(listed), api.Accounts{}
	for i, h := range sortedHandles(listed) {
		if i >= expected-r.page {
			last[h] = listed[h]
		}
	}
	count := min(has, r.cap)
	if before, ok := r.late[id]; ok && r.late != nil {
		count = before
		delete(r.late, id)
	}
	if r.silent || count == expected && has != expected {
		return -1, last, nil
	}
	return count, last, nil
}

func (r *registry) ListedAuthorizations(string) (api.Accounts, bool) { return nil, false }

func (r *registry) sizes() map[string]int {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := map[string]int{}
	for id, room := range r.apps {
		out[id] = len(room.accounts)
	}
	return out
}

// row is how it lists an account.
func (r *registry) row(h api.Handle) api.Handle {
	if r.rewrites == nil {
		return h
	}
	return r.rewrites(h)
}

// AssignAuthorizations takes requests that come side by side in the same order in both worlds.
func (r *registry) AssignAuthorizations(ctx context.Context, a api.Assignment) error {
	turn := fnv.New32a()
	for _, users := range [][]api.Authorization{a.Users, a.DelUsers} {
		fmt.Fprint(turn, a.AppIDs, a.AuthorizationType)
		for _, user := range users {
			fmt.Fprint(turn, fold(user.Handle().Value()))
		}
	}
	time.Sleep(time.Duration(turn.Sum32()))
	before := r.sizes()
	err := r.office.AssignAuthorizations(ctx, a)
	after := r.sizes()
	r.mu.Lock()
	for _, id := range a.AppIDs {
		if r.late != nil && after[id] != before[id] {
			r.late[id] = before[id]
		}
	}
	r.mu.Unlock()
	if a.Done != nil {
		a.Done(err)
	}
	return err
}

// drawFault makes requests of an apply fail that both worlds get: refused, or without an answer,
// whatever the service does.
func drawFault(t *rapid.T, twins ...*registry) {
	kind := rapid.IntRange(0, 11).Draw(t, "what requests fail with")
	first, all := rapid.IntRange(1, 3).Draw(t, "the first one that fails"), rapid.Bool().Draw(t, "and all others")
	if twins[0].rewrites != nil { // requests differ where one world has seen a spelling that the other has not
		first, all = 1, true
		if kind == 3 || kind == 4 {
			kind = 0
		}
	}
	for _, r := range twins {
		sent := len(r.requests)
		r.fault = func(request int, a api.Assignment) (before, after error) {
			if n := request - sent; n < first || n > first && !all {
				return nil, nil
			}
			lost := &rest.Error{Service: "office", Unanswered: true, Message: "lost"}
			switch kind {
			case 0:
				return answer(http.StatusForbidden), nil
			case 1:
				return answer(http.StatusBadRequest), nil
			case 2:
				return lost, nil
			case 3:
				return nil, lost
			case 4:
				time.AfterFunc(lag/2, func() {
					r.mu.Lock()
					defer r.mu.Unlock()
					_ = r.act(a)
				})
				return lost, nil
			case 5:
				return &rest.Error{Service: "office", Unsent: true, Message: "never sent"}, nil
			}
			return nil, nil
		}
	}
}

// drawRegistry gives twins of one service. An exclusive set takes decorated names into its state
// when it finds them, and can't tell them from its own then.
func drawRegistry(t *rapid.T, exclusive bool) (full, counts *registry) {
	actual := drawActual(t)
	o := drawOffice(t, actual)
	if rapid.IntRange(0, 3).Draw(t, "somebody is unknown") == 0 {
		o.strangers = map[string]bool{"user03": true, "User07": true}
	}
	switch how := rapid.IntRange(0, 5).Draw(t, "how names come back"); {
	case how == 0:
		o.foldCase = true
		o.rewrites = func(h api.Handle) api.Handle {
			a := h.Value()
			a.Name = strings.ToLower(a.Name)
			return a.Handle()
		}
	case how == 1 && !exclusive:
		o.foldCase = true // it takes both forms in requests
		o.rewrites = func(h api.Handle) api.Handle {
			a := h.Value()
			a.Name = strings.TrimSuffix(strings.ToLower(a.Name), "(group)") + "(group)"
			return a.Handle()
		}
	}
	for _, room := range o.apps {
		if o.rewrites != nil {
			room.accounts = api.Accounts{} // whoever was there before, and looks like one of the set, is somebody else
		}
	}
	twin := newOffice(nil)
	twin.duplicateAdd, twin.absentRemove, twin.strangers, twin.rewrites = o.duplicateAdd, o.absentRemove, o.strangers, o.rewrites
	twin.wipe, twin.records, twin.foldCase, twin.partial, twin.modes = o.wipe, o.records, o.foldCase, o.partial, o.modes
	for id, r := range o.apps {
		twin.apps[id] = &room{mode: r.mode, accounts: maps.Clone(r.accounts)}
	}
	full, counts = &registry{office: o, cap: 1 << 20}, &registry{office: twin, cap: 1 << 20}
	counts.page = max(0, rapid.IntRange(-10, 10).Draw(t, "the accounts of a page"))
	switch {
	case o.rewrites != nil && exclusive:
		counts.page = 100 // of accounts that are gone before a list has shown them nobody knows the spelling, and strangers may look like them
	case o.rewrites != nil:
		counts.page = max(1, counts.page)
	}
	switch rapid.IntRange(0, 4).Draw(t, "what the count says") {
	case 0:
		counts.cap = rapid.IntRange(0, 20).Draw(t, "the most it counts")
	case 1:
		counts.silent = true
	case 2:
		counts.late = map[string]int{}
	}
	return full, counts
}

// apart leaves of the accounts that such a service takes for one always the same.
func apart(accounts api.Accounts) {
	for h := range accounts {
		name := h.Value().Name
		if even := name[len(name)-1]%2 == 0; strings.HasPrefix(name, "User") != even {
			delete(accounts, h)
		}
	}
}

// meddle changes applications behind the back of both: it grants somebody, or revokes somebody, and
// never both.
func meddle(t *rapid.T, twins ...*registry) {
	who := drawAccounts(t, "others' accounts")
	for i := range 6 {
		id := fmt.Sprintf("app-%d", i)
		what := rapid.IntRange(0, 3).Draw(t, "what others do on "+id)
		for _, r := range twins {
			before := len(r.apps[id].accounts)
			for _, h := range sortedHandles(who) {
				h = r.row(h)
				switch what {
				case 0:
					addNew(r.apps[id].accounts, api.Accounts{h: ""})
				case 1:
					delete(r.apps[id].accounts, h)
				}
			}
			if r.late != nil && len(r.apps[id].accounts) != before {
				r.late[id] = before
			}
		}
	}
}
