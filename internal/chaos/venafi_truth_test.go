// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package chaos

import (
	"fmt"
	"maps"
	"strings"

	"github.com/appaccess/terraform-provider-appaccess/internal/acctest/core"
)

// grantsOf are what a state says is granted.
func grantsOf(a core.Address, object *core.Object) names {
	attributes, at, out := object.Attributes(), heldOn(object), names{}
	if who, ok := attributes["grantee"].(string); ok && a.Type == roleGrant {
		out[at+who] = true
	}
	for _, attribute := range []string{"grantees", "trustees"} {
		list, _ := attributes[attribute].(map[string]any)
		for _, who := range list {
			name, _ := who.(string)
			out[at+name] = true
		}
	}
	return out
}

// heldOn is how the keys of a state's grants begin: what is granted, and on which application.
func heldOn(object *core.Object) string {
	attributes := object.Attributes()
	role, _ := attributes["role"].(string)
	if _, rules := attributes["trustees"]; rules {
		role = use
	}
	app, _ := attributes["application_id"].(string)
	return key(role, app, "")
}

// folded is a key in the spelling of fold.
func folded(k string) string {
	parts := strings.SplitN(k, "/", 3)
	return key(parts[0], parts[1], strings.NewReplacer("{", "", "}", "", "-", "").Replace(strings.ToLower(parts[2])))
}

// fold makes spellings of a grantee equal that the service takes for equal.
func fold(keys names) names {
	out := names{}
	for k := range keys {
		out[folded(k)] = true
	}
	return out
}

// has tells whether a resource is of this estate.
func (v *trust) has(a core.Address) bool {
	of := "appaccess_venafi_oauth_role_"
	if v.rules != nil {
		of = "appaccess_venafi_oauth_access_"
	}
	return strings.HasPrefix(a.Type, of)
}

func owns(a core.Address) bool { return a.Type == roleExclusive || a.Type == accessExclusive }

func (v *trust) read(object *core.Object, a core.Address) error {
	if !v.has(a) {
		return nil
	}
	granted, listed := fold(v.granted()), fold(grantsOf(a, object))
	late := v.mock.Switches().StaleList != "" // a list that is late goes on showing what was revoked
	for k := range listed {
		if !granted[k] && !late {
			return fmt.Errorf("%s is in the state, and is not granted", k)
		}
	}
	if v.rules != nil && !late {
		if err := v.showsScopes(object, a); err != nil {
			return err
		}
	}
	if !owns(a) || late {
		return nil
	}
	for k := range granted {
		if strings.HasPrefix(k, heldOn(object)) && !listed[k] {
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
			if v.has(a) && owns(a) {
				owned[heldOn(object)] = true
			}
		}
	}
	for _, h := range v.holders {
		if h.exclusive() && h.present {
			owned[key(h.role, h.app, "")] = true
		}
	}
	for a, object := range after {
		if v.has(a) {
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
		ended := after[a] == nil || object.Tainted || heldOn(after[a]) != heldOn(object)
		if v.has(a) && ended && object.Attributes()["on_destroy"] == "keep" {
			left := grantsOf(a, object)
			maps.DeleteFunc(v.ours, func(k string, _ bool) bool { return left[k] })
		}
	}
	for k := range v.ours {
		if state[folded(k)] {
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
	if v.rules != nil {
		return v.keptRules(before, owned)
	}
	return nil
}

// named tells whether a state held a grant: what it holds it may revoke.
func (v *trust) named(state core.State, k string) bool {
	for a, object := range state {
		if v.has(a) && fold(grantsOf(a, object))[folded(k)] {
			return true
		}
	}
	return false
}

func (v *trust) converged() error {
	granted := v.granted()
	wanted, taken := names{}, names{}
	for _, h := range v.holders {
		if !h.present || h.exclusive() && taken[h.app] {
			continue
		}
		for name := range h.grantees {
			k := key(h.role, h.app, name)
			wanted[k] = true
			if !granted[k] {
				return fmt.Errorf("%s: %s is not granted", h.Address, k)
			}
			if v.rules != nil {
				if err := v.saysTerms(h, k); err != nil {
					return err
				}
			}
		}
		if !h.exclusive() {
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
