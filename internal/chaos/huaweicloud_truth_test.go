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

// plain is an account as the service knows it, where it lists it as "account (group)". No name here
// ends like that.
func plain(name string) string {
	name = strings.ToLower(name)
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
			if granted[name] == h.missing[app][name] && !(granted[name] && ws.doubted[app]) {
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
	// Where some are open and some are not, one word can't say so: it says what differs from the
	// configuration.
	if open == len(h.apps) && h.mode != huaweicloud.AllUser {
		return fmt.Errorf("all applications are open, and the state says %s", h.mode)
	}
	if open == 0 && h.mode != huaweicloud.AssignUser {
		return fmt.Errorf("no application is open, and the state says %s", h.mode)
	}
	return nil
}

func (ws *workspace) applied(before, after core.State, killed bool) error {
	for a, object := range before {
		if object.Tainted && after[a] != nil {
			for _, app := range heldBy(object).apps {
				ws.doubted[app] = true
			}
		}
	}
	for _, app := range ws.apps {
		ws.forgetWiped(app)
		granted := ws.granted(app)
		for name := range granted {
			if !ws.was[app][name] {
				ws.ours[app][name] = true
			}
		}
		switches := ws.mock.Switches()
		if switches.AllUserAccounts == huaweicloud.AllUserAccountsIgnored && (switches.AllUserList != huaweicloud.AllUserListRecords || ws.rewrites()) &&
			ws.mock.Mode(app) == huaweicloud.AllUser {
			// Such a service takes the revocations of the request that opens an application, does
			// nothing, and hides it, or lists them by other names: the provider remembers them
			// beside the state's attributes until it closes the application.
			clear(ws.ours[app])
		}
		maps.DeleteFunc(ws.ours[app], func(name string, _ bool) bool { return !granted[name] })
		switch isOpen := ws.mock.Mode(app) == huaweicloud.AllUser; {
		case isOpen && !ws.open[app]:
			ws.opened[app] = true
		case !isOpen:
			delete(ws.opened, app)
			ws.doubted[app] = ws.doubted[app] || ws.open[app]
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
		if ws.rewrites() { // somebody else by that name for the next apply, which refuses it and says so
			_ = ws.mock.Revoke(app, parse(name))
		}
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
	clear(ws.doubted)
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
