// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package chaos

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/appaccess/terraform-provider-appaccess/internal/acctest/core"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/huaweicloud"
)

func (ws *workspace) edit(state core.State) {
	w := ws.w
	for _, s := range ws.sets {
		if !s.present || w.one(8) {
			s.present = !s.present
			s.limit, s.keep = w.one(30), w.one(15)
		}
		if w.one(10) {
			s.keep = !s.keep
		}
		// Who is kept under another name is somebody else for the next create, which fails and says
		// under which name to list them: that is no name of this configuration.
		s.keep = s.keep && !ws.rewrites()
		ws.editAccounts(s)
	}
	ws.editOwners(state)
	for _, s := range ws.sets {
		ws.editApps(s)
	}
	for _, s := range ws.sets {
		s.unknown = nil
		if w.one(10) {
			s.unknown = []string{[]string{"app_ids", "users", "user_groups"}[w.rng.IntN(3)]}
		}
		if s.present {
			listed := maps.Clone(s.accounts)
			maps.DeleteFunc(listed, func(name, _ string) bool { return strings.Contains(name, "bulk") })
			w.note("%s: %s %v %v (%d in all) keep=%t limit=%t unknown=%v", s.Address, s.mode, s.apps, listed, len(s.accounts), s.keep, s.limit, s.unknown)
		}
	}
}

func (ws *workspace) editAccounts(s *set) {
	w := ws.w
	for _, name := range slices.Sorted(maps.Keys(s.accounts)) {
		switch {
		case w.one(20):
			delete(s.accounts, name)
		case w.one(10):
			s.accounts[name] = ws.platform()
		}
	}
	for range w.rng.IntN(4) {
		s.accounts[ws.account(s.index)] = ws.platform()
	}
	if w.one(3) {
		for i := range 130 {
			s.accounts[fmt.Sprintf("bulk.example.com/s%d-bulk%dx", s.index, i)] = ""
		}
	}
}

// editOwners decides who may name an application.
func (ws *workspace) editOwners(state core.State) {
	w := ws.w
	for _, app := range ws.apps {
		held := holders(state, app)
		if ws.owner[app] != nobody && w.one(80) {
			continue
		}
		next := shared
		if w.one(50) {
			next = w.rng.IntN(len(ws.sets))
		}
		// Whoever holds it must be the one who gets it.
		free := true
		for _, a := range held {
			if next == shared {
				free = free && a.Type == additiveSet
			} else {
				free = free && a == ws.sets[next].Address && len(held) == 1
			}
		}
		if next == shared && w.mode(app) == "" {
			free = true
		}
		if !free {
			next = nobody
			if len(held) == 0 {
				next = ws.owner[app]
			}
		}
		ws.owner[app] = next
	}
	for _, app := range ws.apps {
		if ws.owner[app] == shared {
			for _, a := range holders(state, app) {
				if a.Type == exclusiveSet || texts(state[a].Attributes()["authorization_type"]) != nil && state[a].Attributes()["authorization_type"] == huaweicloud.AllUser {
					ws.owner[app] = nobody
				}
			}
		}
	}
}

func (w *world) mode(app string) string { return w.mock.Huaweicloud.Mode(app) }

// editApps gives a set its own applications, and some of the shared ones unless it opens them or
// owns them.
func (ws *workspace) editApps(s *set) {
	w := ws.w
	var mine, common []string
	for _, app := range ws.apps {
		switch ws.owner[app] {
		case s.index:
			mine = append(mine, app)
		case shared:
			common = append(common, app)
		}
	}
	if w.one(15) && len(mine) > 0 {
		if s.mode == huaweicloud.AllUser {
			s.mode = huaweicloud.AssignUser
		} else {
			s.mode = huaweicloud.AllUser
		}
	}
	if len(mine) == 0 {
		s.mode = huaweicloud.AssignUser
	}
	old := s.apps
	s.apps = slices.Clone(mine)
	if !s.exclusive && s.mode == huaweicloud.AssignUser {
		for _, app := range common {
			if slices.Contains(old, app) != w.one(20) {
				s.apps = append(s.apps, app)
			}
		}
	}
}

func (ws *workspace) resources() []core.Resource {
	var out []core.Resource
	for _, s := range ws.sets {
		if !s.configured() {
			continue
		}
		attributes := map[string]any{"app_ids": s.apps, "authorization_type": s.mode}
		if s.mode == huaweicloud.AssignUser {
			for kind, attribute := range map[bool]string{false: "users", true: "user_groups"} {
				domains := map[string]map[string]any{}
				for name, platform := range s.accounts {
					a := parse(name)
					if (a.Type == huaweicloud.UserGroup) != kind {
						continue
					}
					if domains[a.Domain] == nil {
						domains[a.Domain] = map[string]any{}
					}
					domains[a.Domain][a.Name] = nil
					if platform != "" {
						domains[a.Domain][a.Name] = platform
					}
				}
				if len(domains) > 0 || s.index%2 == 0 {
					attributes[attribute] = domains
				}
			}
		}
		if s.keep {
			attributes["on_destroy"] = "keep"
		}
		if s.limit || s.exclusive {
			attributes["max_revocations"] = 100_000
		}
		out = append(out, core.Resource{Address: s.Address, Attributes: attributes, Unknown: s.unknown})
	}
	return out
}

func (s *set) configured() bool { return s.present && len(s.apps) > 0 }

func (ws *workspace) meddle() {
	w := ws.w
	blind := ws.mock.Switches().AppMode == huaweicloud.AppModeOmitted
	for i, app := range ws.apps {
		if ws.mock.Mode(app) == "" {
			continue
		}
		what := w.rng.IntN(6)
		if w.counts && (what == 1) == (i%2 == 0) {
			continue // a count can't see that somebody was put in the place of another
		}
		switch what {
		case 0:
			name := ws.stranger()
			w.note("somebody grants %s on %s", name, app)
			ws.grant(app, name)
		case 1:
			held := slices.Sorted(maps.Keys(ws.granted(app)))
			if len(held) == 0 {
				continue
			}
			name := held[w.rng.IntN(len(held))]
			w.note("somebody revokes %s on %s", name, app)
			_ = ws.mock.Revoke(app, parse(name))
			delete(ws.ours[app], name)
			delete(ws.foreign[app], name)
		case 2:
			if blind || !w.one(30) {
				continue
			}
			mode := []string{huaweicloud.AllUser, huaweicloud.AssignUser}[w.rng.IntN(2)]
			w.note("somebody sets %s to %s", app, mode)
			_ = ws.mock.SetMode(app, mode)
			delete(ws.opened, app)
			ws.forgetWiped(app)
		case 3:
			if blind || !w.one(10) {
				continue
			}
			w.note("somebody deletes %s", app)
			ws.mock.DeleteApp(app)
			ws.ours[app], ws.foreign[app] = names{}, names{}
			delete(ws.opened, app)
		case 4: // an account that the set may name some day; under another name it is somebody else, and the apply says so
			if i := ws.owner[app]; i >= 0 && !ws.rewrites() {
				name := ws.account(i)
				w.note("somebody grants %s on %s", name, app)
				ws.grant(app, name)
			}
		}
	}
}

// clear makes applications ready to join a set: closed, and granted to nobody whom the set does not
// list. Rows in another spelling are somebody else's for a set whose state doesn't remember them,
// such as those of a process that was killed.
func (ws *workspace) clear(a core.Address, apps []string) {
	for _, s := range ws.sets {
		if s.Address != a {
			continue
		}
		for _, app := range apps {
			ws.w.note("somebody clears %s for %s", app, a)
			_ = ws.mock.SetMode(app, huaweicloud.AssignUser)
			delete(ws.opened, app)
			for name := range ws.granted(app) {
				if _, listed := s.accounts[name]; listed && !ws.rewrites() {
					continue
				}
				_ = ws.mock.Revoke(app, parse(name))
				delete(ws.ours[app], name)
				delete(ws.foreign[app], name)
			}
		}
	}
}

func (ws *workspace) mend() {
	for _, s := range ws.sets {
		s.unknown = nil
	}
	for _, app := range ws.apps {
		if ws.mock.Mode(app) == "" {
			ws.w.note("%s comes back", app)
			_ = ws.mock.AddApp(app, huaweicloud.App{Name: app})
			ws.ours[app], ws.foreign[app] = names{}, names{}
		}
	}
}

func (ws *workspace) demolish() {
	for _, s := range ws.sets {
		s.present = false
	}
}

func (ws *workspace) begin() {
	// A create that fails closes again what it has opened, and an opening may have wiped.
	for _, s := range ws.sets {
		for _, app := range s.apps {
			if s.mode == huaweicloud.AllUser && ws.mock.Switches().FlipToAllUser == huaweicloud.FlipToAllUserWipe {
				ws.wiped[app] = true
			}
		}
	}
	ws.was, ws.open = map[string]names{}, map[string]bool{}
	for _, app := range ws.apps {
		ws.was[app], ws.open[app] = ws.granted(app), ws.mock.Mode(app) == huaweicloud.AllUser
	}
}

// forgetWiped notes that an application is open where opening wipes: who was granted it is gone.
func (ws *workspace) forgetWiped(app string) {
	if ws.mock.Mode(app) == huaweicloud.AllUser && ws.mock.Switches().FlipToAllUser == huaweicloud.FlipToAllUserWipe {
		ws.wiped[app] = true
	}
}
