// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package authset

import (
	"slices"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud"
)

// Group is a run of requests about the same applications, to be sent one after the other.
type Group struct {
	apps     []Delta // equal but for the application
	mode     api.AuthorizationType
	grant    []api.Handle
	revoke   []api.Handle
	requests int
	deltas   *Deltas
}

// Phases splits the deltas into groups of requests. The groups of one phase have no application in
// common, so they may be sent side by side; a phase begins when the one before is done.
//
// Applications with the same delta share requests of at most MaxAppsPerRequest applications,
// MaxAccountsPerRequest users and MaxAccountsPerRequest del_users. For equal deltas that makes
// ceil(apps/20) * max(ceil(grants/100), ceil(revocations/100)) requests, the least possible.
// Accounts to replace are revoked in a first phase of their own, so that no account stands in both
// lists of a request.
func (d Deltas) Phases() [][]Group {
	var first, second []Delta
	for _, delta := range d.Apps {
		if len(delta.Replace) > 0 {
			// The mode of the replacing request is the one that can revoke.
			first = append(first, Delta{App: delta.App, Mode: api.AssignUser, Revoke: delta.Replace})
		}
		if delta.Flip || len(delta.Grant)+len(delta.Revoke) > 0 {
			second = append(second, delta)
		}
	}
	var phases [][]Group
	for _, deltas := range [][]Delta{first, second} {
		if len(deltas) > 0 {
			phases = append(phases, d.groups(deltas))
		}
	}
	return phases
}

// Requests is the number of requests that the deltas take.
func (d Deltas) Requests() int {
	n := 0
	for _, phase := range d.Phases() {
		for _, group := range phase {
			n += group.requests
		}
	}
	return n
}

func (d Deltas) groups(deltas []Delta) []Group {
	var classes [][]Delta
	bySize := map[[2]int][]int{} // classes by the lengths of their lists: equal deltas are found without comparing all
	for _, delta := range deltas {
		size := [2]int{len(delta.Grant), len(delta.Revoke)}
		i := slices.IndexFunc(bySize[size], func(i int) bool { return sameChange(classes[i][0], delta) })
		if i < 0 {
			bySize[size] = append(bySize[size], len(classes))
			classes = append(classes, []Delta{delta})
			continue
		}
		class := bySize[size][i]
		classes[class] = append(classes[class], delta)
	}
	var groups []Group
	for _, class := range classes {
		for apps := range slices.Chunk(class, api.MaxAppsPerRequest) {
			head := apps[0]
			groups = append(groups, Group{
				apps: apps, mode: head.Mode, grant: head.Grant, revoke: head.Revoke, deltas: &d,
				requests: max(1, chunks(len(head.Grant)), chunks(len(head.Revoke))),
			})
		}
	}
	return groups
}

func sameChange(a, b Delta) bool {
	return a.Mode == b.Mode && slices.Equal(a.Grant, b.Grant) && slices.Equal(a.Revoke, b.Revoke)
}

func chunks(n int) int { return (n + api.MaxAccountsPerRequest - 1) / api.MaxAccountsPerRequest }

// Len is the number of requests of the group, 1 or more.
func (g Group) Len() int { return g.requests }

// AppIDs are the applications of the group.
func (g Group) AppIDs() []string {
	ids := make([]string, len(g.apps))
	for i, app := range g.apps {
		ids[i] = app.App.ID
	}
	return ids
}

// Request returns request i of the group.
func (g Group) Request(i int) api.Assignment {
	grant, revoke := g.part(g.grant, i), g.part(g.revoke, i)
	a := api.Assignment{AppIDs: g.AppIDs(), AuthorizationType: g.mode}
	for _, h := range grant {
		a.Users = append(a.Users, api.Authorization{Account: h.Value(), PlatformType: g.deltas.grantPlatform[h]})
	}
	for _, h := range revoke {
		a.DelUsers = append(a.DelUsers, api.Authorization{Account: h.Value(), PlatformType: g.deltas.revokePlatform[h]})
	}
	return a
}

func (g Group) part(handles []api.Handle, i int) []api.Handle {
	from := min(i*api.MaxAccountsPerRequest, len(handles))
	return handles[from:min(from+api.MaxAccountsPerRequest, len(handles))]
}
