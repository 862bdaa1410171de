// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package chaos

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/appaccess/terraform-provider-appaccess/internal/acctest/core"
)

// grantsOf are what a state says is granted.
func grantsOf(a core.Address, object *core.Object) names {
	attributes := object.Attributes()
	role, _ := attributes["role"].(string)
	app, _ := attributes["application_id"].(string)
	out := names{}
	if who, ok := attributes["grantee"].(string); ok && a.Type == roleGrant {
		out[key(role, app, who)] = true
	}
	list, _ := attributes["grantees"].(map[string]any)
	for _, who := range list {
		name, _ := who.(string)
		out[key(role, app, name)] = true
	}
	return out
}

// fold makes spellings of a grantee equal that the service takes for equal.
func fold(keys names) names {
	out := names{}
	for k := range keys {
		parts := strings.SplitN(k, "/", 3)
		out[key(parts[0], parts[1], strings.NewReplacer("{", "", "}", "", "-", "").Replace(strings.ToLower(parts[2])))] = true
	}
	return out
}

func ofVenafi(a core.Address) bool { return strings.HasPrefix(a.Type, "appaccess_venafi_") }

func (v *trust) read(object *core.Object, a core.Address) error {
	if !ofVenafi(a) {
		return nil
	}
	granted, listed := fold(v.granted()), fold(grantsOf(a, object))
	late := v.mock.Switches().StaleList != "" // a list that is late goes on showing what was revoked
	for k := range listed {
		if !granted[k] && !late {
			return fmt.Errorf("%s is in the state, and is not granted", k)
		}
	}
	if a.Type != roleExclusive || late {
		return nil
	}
	attributes := object.Attributes()
	role, _ := attributes["role"].(string)
	app, _ := attributes["application_id"].(string)
	for k := range granted {
		if strings.HasPrefix(k, key(role, app, "")) && !listed[k] {
			return fmt.Errorf("%s is granted, and the state doesn't show it", k)
		}
	}
	return nil
}

func (v *trust) applied(before, after core.State, killed bool) error {
	granted, state := v.granted(), names{}
	owned := names{}
	for _, s := range []core.State{before, after} {
		for a, object := range s {
			if a.Type == roleExclusive {
				attributes := object.Attributes()
				role, _ := attributes["role"].(string)
				app, _ := attributes["application_id"].(string)
				owned[key(role, app, "")] = true
			}
		}
	}
	for _, h := range v.holders {
		if h.Type == roleExclusive && h.present {
			owned[key(h.role, h.app, "")] = true
		}
	}
	for a, object := range after {
		if ofVenafi(a) {
			maps.Copy(state, fold(grantsOf(a, object)))
		}
	}
	for k := range granted {
		if !v.was[k] {
			v.ours[k] = true
		}
	}
	maps.DeleteFunc(v.ours, func(k string, _ bool) bool { return !granted[k] })
	for a, object := range before {
		ended := after[a] == nil || object.Tainted || after[a].Attributes()["role"] != object.Attributes()["role"] ||
			after[a].Attributes()["application_id"] != object.Attributes()["application_id"]
		if ofVenafi(a) && ended && object.Attributes()["on_destroy"] == "keep" {
			left := grantsOf(a, object)
			maps.DeleteFunc(v.ours, func(k string, _ bool) bool { return left[k] })
		}
	}
	for k := range v.ours {
		if state[slices.Collect(maps.Keys(fold(names{k: true})))[0]] {
			continue
		}
		if !killed {
			return fmt.Errorf("%s was granted, and is in no state", k)
		}
		delete(v.ours, k)
	}
	for k := range v.foreign {
		if granted[k] {
			continue
		}
		parts := strings.SplitN(k, "/", 3)
		if !owned[key(parts[0], parts[1], "")] && strings.Compare(parts[2], "") != 0 && !v.named(before, k) {
			return fmt.Errorf("%s is lost, which somebody else had granted", k)
		}
		delete(v.foreign, k)
	}
	return nil
}

// named tells whether a state held a grant: what it holds it may revoke.
func (v *trust) named(state core.State, k string) bool {
	for a, object := range state {
		if ofVenafi(a) && fold(grantsOf(a, object))[slices.Collect(maps.Keys(fold(names{k: true})))[0]] {
			return true
		}
	}
	return false
}

func (v *trust) converged() error {
	granted := v.granted()
	wanted, taken := names{}, names{}
	for _, h := range v.holders {
		if !h.present || h.Type == roleExclusive && taken[h.app] {
			continue
		}
		for name := range h.grantees {
			k := key(h.role, h.app, name)
			wanted[k] = true
			if !granted[k] {
				return fmt.Errorf("%s: %s is not granted", h.Address, k)
			}
		}
		if h.Type != roleExclusive {
			continue
		}
		taken[h.app] = true
		for k := range granted {
			parts := strings.SplitN(k, "/", 3)
			if strings.HasPrefix(k, key(h.role, h.app, "")) && !h.grantees[parts[2]] {
				return fmt.Errorf("%s: %s is still granted", h.Address, k)
			}
		}
	}
	for k := range v.ours {
		if !wanted[k] {
			return fmt.Errorf("%s is still granted, and nothing asks for it any more", k)
		}
	}
	return nil
}
