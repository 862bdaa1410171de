// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package chaos

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/appaccess/terraform-provider-appaccess/internal/acctest/core"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/venafi"
)

const (
	roleGrant      = "appaccess_venafi_oauth_role_grant"
	roleGrantSet   = "appaccess_venafi_oauth_role_grant_set"
	roleExclusive  = "appaccess_venafi_oauth_role_grants_exclusive"
	venafiAppCount = 3
)

// trust is Venafi in a world: its roles or, see newAccess, who may use its applications. Single
// grants and additive sets share what they grant a role on, with disjoint grantees; an exclusive
// resource has a role on an application for itself. Nobody is granted global roles and application
// roles both.
type trust struct {
	w       *world
	dice    *rand.Rand
	mock    *venafi.Backend
	grantee []string // people whom the configuration may name
	holders []*holder

	ours    map[string]bool // "role/application/grantee", granted because of Terraform
	foreign map[string]bool // granted by others
	was     map[string]bool
	rules   *ruleTruth // nil for roles
}

// holder is one resource of the configuration.
type holder struct {
	core.Address
	index    int
	role     string
	app      string
	grantees names // of one element for a single grant
	present  bool
	keep     bool
	unknown  bool
	terms    terms // of rules
}

func (h *holder) exclusive() bool { return h.Type == roleExclusive || h.Type == accessExclusive }

var roleIDs = map[string]venafi.RoleID{
	"auditor": venafi.Auditor, "application_maintainer": venafi.Maintainer, "application_owner": venafi.Owner, "grant_admin": venafi.GrantAdmin,
}

// people are identities that the mock knows, of all three kinds of providers.
func people(n int) []venafi.Identity {
	out := make([]venafi.Identity, n)
	for i := range out {
		out[i] = venafi.Identity{Prefix: "local", Universal: fmt.Sprintf("{%08x-0000-4000-8000-00000000abcd}", i+1), Name: fmt.Sprintf("person%d", i)}
		switch i % 3 {
		case 1:
			out[i].Prefix, out[i].Universal = "AD+corp", fmt.Sprintf("%032x", i+1)
		case 2:
			out[i].Prefix, out[i].Universal = "LDAP+dir", fmt.Sprintf("%08x-0000-4000-8000-00000000abcd", i+1)
		}
	}
	return out
}

const crowd = 40

func venafiSeed() venafi.Seed {
	seed := venafi.Seed{Identities: people(crowd)}
	for i := range venafiAppCount {
		seed.Applications = append(seed.Applications, venafi.Application{ID: fmt.Sprintf("app%d", i), Name: fmt.Sprintf("App %d", i), MaximumScope: "admin;" + widest})
	}
	return seed
}

func newTrust(w *world) *trust {
	v := &trust{w: w, dice: w.rng, mock: w.mock.Venafi, ours: map[string]bool{}, foreign: map[string]bool{}}
	switches := drawSwitches(w, venafi.Switches{}, map[string][]string{
		"revoke_application_id": {"ignored"},     // takes what others granted along, which the provider can only say
		"stale_list":            {"three_times"}, // longer than a refresh waits
		"implied_roles":         {"shown"},       // roles that can't be revoked
		"certificate_login":     {"*"}, "jwt_answer": {"*"},
		"grantee_names": {"*"},
		// What the provider has still to learn.
		"role_rows": {"*"}, "failed_login": {"*"}, "login_echo": {"*"}, "self_groups": {"*"},
		// The world's own names of grants don't fold letter case.
		"grantee_matching": {"folded"},
	})
	if switches.GranteeMatching == venafi.MatchExact {
		// A server that lists what it doesn't take itself can't be asked to revoke what others
		// granted.
		switches.GranteeSpelling = venafi.SpellingAsGiven
	}
	v.mock.SetSwitches(switches)
	kinds := []string{roleGrant, roleGrant, roleGrant}
	for _, kind := range []string{roleGrantSet, roleExclusive} {
		if w.registered(kind) {
			kinds = append(kinds, kind)
		}
	}
	v.populate(kinds)
	return v
}

// populate draws the resources of the configuration, and what others have granted.
func (v *trust) populate(kinds []string) {
	for _, identity := range people(crowd) {
		v.grantee = append(v.grantee, identity.PrefixedUniversal())
	}
	for i := range 1 + v.dice.IntN(5) {
		h := &holder{index: i, grantees: names{}}
		h.Address = core.Address{Type: kinds[v.dice.IntN(len(kinds))], Name: fmt.Sprintf("grant%d", i)}
		v.holders = append(v.holders, h)
	}
	for range v.dice.IntN(6) {
		v.grant(v.stranger())
	}
}

// one tells true in n of a hundred cases.
func (v *trust) one(n int) bool { return v.dice.IntN(100) < n }

// An application role is given to people with even numbers, a global one to the others: one makes
// the other void.
func (v *trust) person(h *holder) string {
	n := h.index*6 + v.dice.IntN(3)*2
	if h.app == "" {
		n++
	}
	return v.grantee[n%(crowd-6)]
}

func key(role, app, grantee string) string { return role + "/" + app + "/" + grantee }

func roleOf(key string) venafi.Role {
	parts := strings.SplitN(key, "/", 3)
	return venafi.Role{Role: roleIDs[parts[0]], ApplicationID: parts[1], Grantee: parts[2]}
}

// stranger is a grant of somebody whom no configuration names, on what nobody owns or on what an
// exclusive resource owns.
func (v *trust) stranger() string {
	who := v.grantee[crowd-1-v.dice.IntN(3)*2]
	role := []string{"application_maintainer", "application_owner"}[v.dice.IntN(2)]
	if v.rules != nil {
		role = use
	}
	return key(role, fmt.Sprintf("app%d", v.dice.IntN(venafiAppCount)), who)
}

func (v *trust) grant(k string) {
	if v.granted()[k] {
		return
	}
	grant := func() error { return v.mock.Grant(roleOf(k)) }
	if v.rules != nil {
		grant = func() error { return v.mock.AddRules(v.foreignRule(k)) }
	}
	if err := grant(); err != nil {
		v.w.t.Fatal(err)
	}
	v.foreign[k] = true
}

// granted is everything that the service holds.
func (v *trust) granted() names {
	out := names{}
	if v.rules != nil {
		for k := range v.ruled() {
			out[k] = true
		}
		return out
	}
	for _, role := range v.mock.Roles() {
		for name, id := range roleIDs {
			if id == role.Role {
				app := role.ApplicationID
				if id != venafi.Maintainer && id != venafi.Owner {
					app = ""
				}
				out[key(name, app, role.Grantee)] = true
			}
		}
	}
	return out
}

func (v *trust) edit(state core.State) {
	for _, h := range v.holders {
		if !h.present || v.one(10) {
			h.present = !h.present
		}
		if v.one(10) {
			h.keep = !h.keep
		}
		h.unknown = v.one(10)
		if h.role == "" || v.one(15) {
			v.editRole(h, state)
		}
		switch {
		case h.Type == roleGrant:
			if len(h.grantees) == 0 || v.one(20) {
				h.grantees = names{v.person(h): true}
			}
		default:
			for _, name := range slices.Sorted(maps.Keys(h.grantees)) {
				if v.one(25) {
					delete(h.grantees, name)
				}
			}
			for range v.dice.IntN(3) {
				h.grantees[v.person(h)] = true
			}
		}
		if v.rules != nil {
			v.editTerms(h)
		}
		for a, object := range state {
			if h.exclusive() && a.Type == h.Type && a != h.Address && object.Attributes()["application_id"] == h.app {
				h.present = false // the other one has to end first
			}
		}
		if h.present {
			v.w.note("%s: %s of %q for %v keep=%t unknown=%t%s", h.Address, h.role, h.app, slices.Sorted(maps.Keys(h.grantees)), h.keep, h.unknown, h.terms)
		}
	}
}

// editRole gives a resource another role, or another application. What an exclusive resource owns
// is its own from the beginning: another one may own it only when no state holds it.
func (v *trust) editRole(h *holder, state core.State) {
	role, app := "application_maintainer", fmt.Sprintf("app%d", v.dice.IntN(venafiAppCount))
	switch {
	case v.rules != nil:
		role, app = v.used(h)
	case h.exclusive():
		role, app = "application_owner", fmt.Sprintf("app%d", h.index%venafiAppCount)
		for _, other := range v.holders {
			if other != h && other.index < h.index && other.exclusive() && other.index%venafiAppCount == h.index%venafiAppCount {
				h.present = false // one owns it already
			}
		}
	case v.one(25):
		role, app = []string{"auditor", "grant_admin"}[v.dice.IntN(2)], ""
	}
	if h.role == role && h.app == app {
		return
	}
	h.role, h.app, h.grantees = role, app, names{}
}

func (v *trust) resources() []core.Resource {
	var out []core.Resource
	taken := names{}
	for _, h := range v.holders {
		if !h.present {
			continue
		}
		if h.exclusive() {
			if taken[h.app] {
				continue
			}
			taken[h.app] = true
		}
		attributes := map[string]any{"role": h.role}
		if h.app != "" {
			attributes["application_id"] = h.app
		}
		list := "grantees"
		if v.rules != nil {
			attributes, list = h.terms.attributes(h.app), "trustees"
		}
		r := core.Resource{Address: h.Address, Attributes: attributes}
		if h.Type == roleGrant {
			for name := range h.grantees {
				attributes["grantee"] = name
			}
			if h.unknown {
				r.Unknown = []string{"grantee"}
			}
		} else {
			labels := map[string]any{}
			for name := range h.grantees {
				labels["label of "+name] = name
			}
			attributes[list] = labels
			if h.keep {
				attributes["on_destroy"] = "keep"
			}
			if h.exclusive() {
				attributes["max_revocations"] = 1000
			}
			if h.unknown {
				r.Unknown = []string{list}
			}
		}
		out = append(out, r)
	}
	return out
}

func (v *trust) meddle() {
	w := v.w
	for range 1 + v.dice.IntN(3) {
		switch v.dice.IntN(4) {
		case 0:
			k := v.stranger()
			w.note("somebody grants %s", k)
			v.grant(k)
		case 1:
			all := slices.Sorted(maps.Keys(v.granted()))
			if len(all) == 0 {
				continue
			}
			k := all[v.dice.IntN(len(all))]
			w.note("somebody revokes %s", k)
			v.revoke(k)
			delete(v.ours, k)
			delete(v.foreign, k)
		case 2:
			if v.rules == nil && v.one(20) {
				w.note("somebody ends the sessions")
				v.mock.KillTokens()
			}
		default:
			if v.rules != nil {
				v.rescope()
			}
		}
	}
}

func (v *trust) mend() {
	for _, h := range v.holders {
		h.unknown = false
	}
}

func (v *trust) demolish() {
	for _, h := range v.holders {
		h.present = false
	}
}

func (v *trust) begin() {
	v.was = v.granted()
	if v.rules != nil {
		v.rules.was = v.ruled()
	}
}
