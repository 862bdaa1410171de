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

const (
	additiveSet  = "appaccess_huaweicloud_app_authorization_set"
	exclusiveSet = "appaccess_huaweicloud_app_authorizations_exclusive"
)

// workspace is Huawei Cloud Workspace in a world. Some of its applications belong to one resource alone: those of an exclusive
// one, and those of one that opens them to everybody. The rest is shared, by resources whose accounts are disjoint, as the
// documentation asks. An application goes from one resource to another only when no state holds it any more: Terraform
// applies both in no certain order.
type workspace struct {
	w     *world
	mock  *huaweicloud.Backend
	apps  []string
	sets  []*set
	owner map[string]int // of an application; -1 is shared, -2 nobody yet

	ours    map[string]names // granted because of Terraform, by application
	foreign map[string]names // granted by others, and never named by a configuration
	opened  map[string]bool  // opened to everybody because of Terraform
	was     map[string]names // granted before the apply
	open    map[string]bool  // and open
	wiped   map[string]bool  // was open once where opening wipes
}

// names are accounts as the mock writes them: "domain/name", "group:domain/name".
type names map[string]bool

// set is one resource of the configuration.
type set struct {
	core.Address
	index     int
	exclusive bool
	present   bool
	mode      string
	apps      []string
	accounts  map[string]string // platform type by name
	keep      bool
	limit     bool
	unknown   []string
}

const (
	shared = -1
	nobody = -2
)

func newWorkspace(w *world) *workspace {
	ws := &workspace{
		w: w, mock: w.mock.Huaweicloud, owner: map[string]int{}, ours: map[string]names{}, foreign: map[string]names{}, opened: map[string]bool{},
		wiped: map[string]bool{},
	}
	// Modes that the service doesn't tell are a world of their own: what somebody else opens can't be seen there.
	switches := drawSwitches(w, huaweicloud.Switches{}, map[string][]string{
		"unknown_account": {"*"}, "market_apps": {"*"}, "account_limit": {"*"},
		// What the provider has still to learn.
		"deleted_app": {"*"}, "count": {"*"}, "type_on_read": {"*"}, "name_form": {"*"}, "domain_form": {"*"},
		"account_on_read": {"own_group", "spaced"}, "all_user_accounts": {"adds_only"},
	})
	ws.mock.SetSwitches(switches)
	n := 2 + w.rng.IntN(5)
	if w.one(5) {
		n = 25 // more than one request takes
	}
	for i := range n {
		id := fmt.Sprintf("app-%02d", i)
		ws.apps = append(ws.apps, id)
		ws.owner[id] = nobody
		app := huaweicloud.App{Name: fmt.Sprintf("Application %d", i)}
		if w.one(15) && switches.AppMode != huaweicloud.AppModeOmitted {
			app.AuthorizationType = huaweicloud.AllUser
		}
		if err := ws.mock.AddApp(id, app); err != nil {
			w.t.Fatal(err)
		}
		ws.ours[id], ws.foreign[id] = names{}, names{}
		for range w.rng.IntN(3) {
			ws.grant(id, ws.stranger())
		}
	}
	for i := range 1 + w.rng.IntN(4) {
		s := &set{index: i, mode: huaweicloud.AssignUser, accounts: map[string]string{}, exclusive: w.one(30)}
		s.Address = core.Address{Type: additiveSet, Name: fmt.Sprintf("set%d", i)}
		if s.exclusive {
			s.Type = exclusiveSet
		}
		ws.sets = append(ws.sets, s)
	}
	return ws
}

// account is a name that only one set uses.
func (ws *workspace) account(index int) string {
	domain := []string{"local.com", "corp.example.com"}[ws.w.rng.IntN(2)]
	name := fmt.Sprintf("%s/s%d-%d", domain, index, ws.w.rng.IntN(12))
	if ws.w.one(25) {
		name = "group:" + name
	}
	return name
}

// stranger is a name that no set uses.
func (ws *workspace) stranger() string {
	return strings.Replace(ws.account(99), "s99", "stranger", 1)
}

func (ws *workspace) platform() string { return []string{"", "AD", "LOCAL"}[ws.w.rng.IntN(3)] }

func parse(name string) huaweicloud.Account {
	var a huaweicloud.Account
	name, group := strings.CutPrefix(name, "group:")
	if group {
		a.Type = huaweicloud.UserGroup
	}
	a.Domain, a.Name, _ = strings.Cut(name, "/")
	return a
}

// granted are the accounts that the service holds for an application, whether it shows them or not.
func (ws *workspace) granted(app string) names {
	out := names{}
	for _, a := range ws.mock.Accounts(app) {
		out[a.String()] = true
	}
	return out
}

func (ws *workspace) grant(app, name string) {
	a := parse(name)
	a.Platform = ws.platform()
	if ws.granted(app)[name] || ws.mock.Grant(app, a) != nil {
		return
	}
	if strings.Contains(name, "stranger") {
		ws.foreign[app][name] = true
	}
}

// holders are the states that name an application.
func holders(state core.State, app string) []core.Address {
	var out []core.Address
	for a, object := range state {
		if (a.Type == additiveSet || a.Type == exclusiveSet) && slices.Contains(texts(object.Attributes()["app_ids"]), app) {
			out = append(out, a)
		}
	}
	return out
}

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
			s.accounts[fmt.Sprintf("bulk.example.com/s%d-bulk%d", s.index, i)] = ""
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

// editApps gives a set its own applications, and some of the shared ones unless it opens them or owns them.
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
	for _, app := range ws.apps {
		if ws.mock.Mode(app) == "" {
			continue
		}
		switch w.rng.IntN(6) {
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
		case 4: // an account that the set may name some day
			if i := ws.owner[app]; i >= 0 {
				name := ws.account(i)
				w.note("somebody grants %s on %s", name, app)
				ws.grant(app, name)
			}
		}
	}
}

// clear makes applications ready to join a set: closed, and granted to nobody whom the set does not list.
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
				if _, listed := s.accounts[name]; listed {
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

// held is what a state says of one application.
type held struct {
	apps     []string
	mode     string
	accounts names
	missing  map[string]names
}

func heldBy(object *core.Object) held {
	attributes := object.Attributes()
	h := held{apps: texts(attributes["app_ids"]), accounts: names{}, missing: map[string]names{}}
	h.mode, _ = attributes["authorization_type"].(string)
	for attribute, prefix := range map[string]string{"users": "", "user_groups": "group:"} {
		domains, _ := attributes[attribute].(map[string]any)
		for domain, accounts := range domains {
			accounts, _ := accounts.(map[string]any)
			for name := range accounts {
				h.accounts[plain(prefix+domain+"/"+name)] = true
			}
		}
	}
	missing, _ := attributes["missing"].(map[string]any)
	for app, list := range missing {
		h.missing[app] = names{}
		for _, name := range texts(list) {
			h.missing[app][plain(name)] = true
		}
	}
	return h
}

// plain is an account as the service knows it, where it lists it as "account (group)". No name here ends like that.
func plain(name string) string {
	return strings.TrimSuffix(strings.TrimSuffix(name, "(group)"), " ")
}

func texts(from any) []string {
	list, _ := from.([]any)
	out := make([]string, 0, len(list))
	for _, element := range list {
		text, _ := element.(string)
		out = append(out, text)
	}
	return out
}

func (ws *workspace) read(object *core.Object, a core.Address) error {
	if a.Type != additiveSet && a.Type != exclusiveSet {
		return nil
	}
	h := heldBy(object)
	open := 0
	for _, app := range h.apps {
		granted := ws.granted(app)
		switch ws.mock.Mode(app) {
		case "":
			return fmt.Errorf("%s is gone, and the state has it", app)
		case huaweicloud.AllUser:
			open++
			continue
		}
		for name := range h.accounts {
			if granted[name] == h.missing[app][name] {
				return fmt.Errorf("%s on %s: granted is %t, missing is %t", name, app, granted[name], h.missing[app][name])
			}
		}
		if a.Type == exclusiveSet {
			for name := range granted {
				if !h.accounts[name] {
					return fmt.Errorf("%s is granted on %s, and the state doesn't show it", name, app)
				}
			}
		}
	}
	if ws.mock.Switches().AppMode == huaweicloud.AppModeOmitted {
		return nil
	}
	// Where some are open and some are not, one word can't say so: it says what differs from the configuration.
	if open == len(h.apps) && h.mode != huaweicloud.AllUser {
		return fmt.Errorf("all applications are open, and the state says %s", h.mode)
	}
	if open == 0 && h.mode != huaweicloud.AssignUser {
		return fmt.Errorf("no application is open, and the state says %s", h.mode)
	}
	return nil
}

func (ws *workspace) applied(before, after core.State, killed bool) error {
	for _, app := range ws.apps {
		ws.forgetWiped(app)
		granted := ws.granted(app)
		for name := range granted {
			if !ws.was[app][name] {
				ws.ours[app][name] = true
			}
		}
		switches := ws.mock.Switches()
		if switches.AllUserAccounts == huaweicloud.AllUserAccountsIgnored && switches.AllUserList != huaweicloud.AllUserListRecords &&
			ws.mock.Mode(app) == huaweicloud.AllUser {
			// Such a service takes the revocations of the request that opens an application, does nothing, and hides it.
			clear(ws.ours[app])
		}
		maps.DeleteFunc(ws.ours[app], func(name string, _ bool) bool { return !granted[name] })
		switch isOpen := ws.mock.Mode(app) == huaweicloud.AllUser; {
		case isOpen && !ws.open[app]:
			ws.opened[app] = true
		case !isOpen:
			delete(ws.opened, app)
		}
		ws.release(app, before, after)
		if err := ws.covered(app, after, killed); err != nil {
			return err
		}
		for name := range ws.foreign[app] {
			if !granted[name] && !ws.wiped[app] && !ws.isExclusive(app, before, after) {
				return fmt.Errorf("%s lost %s, whom somebody else granted it", app, name)
			}
		}
		if ws.isExclusive(app, before, after) || ws.wiped[app] {
			maps.DeleteFunc(ws.foreign[app], func(name string, _ bool) bool { return !granted[name] })
		}
	}
	return nil
}

// release gives up what a resource leaves behind on purpose.
func (ws *workspace) release(app string, before, after core.State) {
	for a, object := range before {
		if a.Type != additiveSet && a.Type != exclusiveSet || after[a] != nil && !object.Tainted {
			continue
		}
		if object.Attributes()["on_destroy"] == "keep" {
			h := heldBy(object)
			if slices.Contains(h.apps, app) {
				maps.DeleteFunc(ws.ours[app], func(name string, _ bool) bool { return h.accounts[name] })
				delete(ws.opened, app)
			}
		}
	}
}

// covered makes sure that what Terraform granted or opened on an application is in a state.
func (ws *workspace) covered(app string, state core.State, killed bool) error {
	listed, open := names{}, false
	for _, a := range holders(state, app) {
		maps.Copy(listed, heldBy(state[a]).accounts)
		open = true // where some of its applications are closed it says so, and the refresh finds the others
	}
	for name := range ws.ours[app] {
		if listed[name] {
			continue
		}
		if !killed {
			return fmt.Errorf("%s was granted on %s, and is in no state", name, app)
		}
		delete(ws.ours[app], name)
	}
	if ws.opened[app] && !open {
		if !killed {
			return fmt.Errorf("%s was opened to everybody, and no state says so", app)
		}
		delete(ws.opened, app)
	}
	return nil
}

// isExclusive tells whether a resource owns an application.
func (ws *workspace) isExclusive(app string, states ...core.State) bool {
	for _, state := range states {
		for _, a := range holders(state, app) {
			if a.Type == exclusiveSet {
				return true
			}
		}
	}
	for _, s := range ws.sets {
		if s.exclusive && s.configured() && slices.Contains(s.apps, app) {
			return true
		}
	}
	return false
}

func (ws *workspace) converged() error {
	for _, s := range ws.sets {
		if !s.configured() {
			continue
		}
		for _, app := range s.apps {
			granted := ws.granted(app)
			if mode := ws.mock.Mode(app); mode != s.mode {
				return fmt.Errorf("%s: %s is %q instead of %s", s.Address, app, mode, s.mode)
			}
			if s.mode == huaweicloud.AllUser {
				continue
			}
			for name := range s.accounts {
				if !granted[name] {
					return fmt.Errorf("%s: %s lacks %s", s.Address, app, name)
				}
			}
			for name := range granted {
				// Whom an application hid while it was open no plan has shown.
				if _, ok := s.accounts[name]; !ok && s.exclusive && !ws.open[app] {
					return fmt.Errorf("%s: %s still has %s", s.Address, app, name)
				}
			}
		}
	}
	// What left the configuration is gone, unless it is to be kept.
	for _, app := range ws.apps {
		for name := range ws.ours[app] {
			if !ws.wants(app, name) {
				return fmt.Errorf("%s still has %s, which nothing asks for any more", app, name)
			}
		}
		if ws.opened[app] && ws.mock.Mode(app) == huaweicloud.AllUser && !slices.ContainsFunc(ws.sets, func(s *set) bool {
			return s.configured() && s.mode == huaweicloud.AllUser && slices.Contains(s.apps, app)
		}) {
			return fmt.Errorf("%s is still open, which nothing asks for any more", app)
		}
	}
	return nil
}

func (ws *workspace) wants(app, name string) bool {
	return slices.ContainsFunc(ws.sets, func(s *set) bool {
		_, listed := s.accounts[name]
		return listed && s.configured() && s.mode == huaweicloud.AssignUser && slices.Contains(s.apps, app)
	})
}
