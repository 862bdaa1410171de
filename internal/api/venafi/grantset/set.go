// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package grantset

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/venafi"
)

// Set is one role, on an application or on the whole installation, and who holds it or is to hold
// it.
type Set struct {
	Role          venafi.Role
	ApplicationID string
	// Grantees are prefixed universal IDs, each under a label for people.
	Grantees map[string]string
	// Aliases are the IDs under which the service lists some of them, by the canonical ID that was
	// granted. Each is a fact: a grant of ours made exactly that row appear.
	Aliases map[string]string
	// Unsettled are grantees, canonical, that may hold the role though no listing shows it yet, and
	// until when that is assumed.
	Unsettled map[string]time.Time
	// Terms are what the rules say where Role is venafi.Use, and nil otherwise. Applied are those
	// of the last apply: where rules differ from each other, what a state shows is measured by
	// them, for by what it showed before each look would show something else.
	Terms, Applied *Terms
	// Restore are rules that an undo makes again what they were.
	Restore []venafi.Rule
}

// Of is the set of one grant.
func Of(g venafi.Grant) Set {
	return Set{Role: g.Role, ApplicationID: g.ApplicationID, Grantees: map[string]string{g.Grantee: g.Grantee}}
}

// Grant is the role for one grantee.
func (s Set) Grant(grantee string) venafi.Grant {
	return venafi.Grant{Grantee: grantee, Role: s.Role, ApplicationID: s.ApplicationID}
}

// Holding is what the set is about.
func (s Set) Holding() venafi.Holding { return s.Grant("").Key().Holding() }

// Grants are all grants of the set, each once.
func (s Set) Grants() []venafi.Grant {
	grants := make([]venafi.Grant, 0, len(s.Grantees))
	keys := s.keys()
	for _, label := range s.labels() {
		if g := s.Grant(s.Grantees[label]); keys[g.Key()] == label {
			grants = append(grants, g)
		}
	}
	return grants
}

// Empty is the set with nobody in it.
func (s Set) Empty() Set { return Set{Role: s.Role, ApplicationID: s.ApplicationID} }

// String names the role in errors.
func (s Set) String() string {
	if s.Role == venafi.Use {
		return fmt.Sprintf("application %q", s.ApplicationID)
	}
	if s.Role.OfApplication() {
		return fmt.Sprintf("%s of application %q", s.Role, s.ApplicationID)
	}
	return s.Role.String()
}

// labels returns the labels in order.
func (s Set) labels() []string { return slices.Sorted(maps.Keys(s.Grantees)) }

// keys returns all under which the service may list the grants of the set, each with the first
// label that it has.
func (s Set) keys() map[venafi.Key]string {
	keys := make(map[venafi.Key]string, len(s.Grantees))
	labels := s.labels()
	for _, label := range labels {
		if key := s.Grant(s.Grantees[label]).Key(); keys[key] == "" {
			keys[key] = label
		}
	}
	if len(s.Aliases) > 0 {
		for _, label := range labels {
			for _, key := range s.keysOf(s.Grant(s.Grantees[label])) {
				if _, taken := keys[key]; !taken {
					keys[key] = label
				}
			}
		}
	}
	return keys
}

// keysOf are those under which the service may list one grant.
func (s Set) keysOf(g venafi.Grant) []venafi.Key {
	keys := []venafi.Key{g.Key()}
	if alias := s.Aliases[venafi.CanonicalGrantee(g.Grantee)]; alias != "" {
		keys = append(keys, s.Grant(alias).Key())
	}
	return keys
}

// shown returns the labels of those who hold the role.
func (s Set) shown(held []venafi.Grant) map[string]bool {
	keys, shown := s.keys(), map[string]bool{}
	for _, g := range held {
		if label, ok := keys[g.Key()]; ok {
			shown[label] = true
		}
	}
	return shown
}

// lacks tells whether somebody whom the set lists is not among the holders.
func (s Set) lacks(held []venafi.Grant) bool {
	if len(s.Grantees) == 0 {
		return false
	}
	keys, shown := s.keys(), s.shown(held)
	for _, grantee := range s.Grantees {
		if !shown[keys[s.Grant(grantee).Key()]] {
			return true
		}
	}
	return false
}

func (s *Set) alias(id, listed string) {
	if s.Aliases == nil {
		s.Aliases = map[string]string{}
	}
	s.Aliases[id] = listed
}

func (s *Set) assume(id string, until time.Time) {
	if s.Unsettled == nil {
		s.Unsettled = map[string]time.Time{}
	}
	s.Unsettled[id] = until
}

// Delta is what has to be done so that a role is held by whom a set lists. No grant stands in it
// twice.
type Delta struct {
	// Grant are wanted and not held.
	Grant []venafi.Grant
	// Adopt are wanted, held already, and were not listed before. Nothing is sent for them.
	Adopt []venafi.Grant
	// Revoke are held, were listed before and are not wanted, as the service spells them.
	Revoke []venafi.Grant
	// Foreign are held, and were neither listed before nor are they wanted. They are left alone.
	Foreign []venafi.Grant
	// Amend are wanted rules that say something else than they shall, and Widened those that have
	// scopes which no plan has shown to go. The latter are left alone.
	Amend, Widened []Amendment
}

// Empty tells that nothing has to be sent.
func (d Delta) Empty() bool { return len(d.Grant)+len(d.Revoke)+len(d.Amend) == 0 }

// Diff compares what is wanted with who holds the role. Only what prior lists is revoked: it is
// what the set had, or had found, when the plan was made. So an apply takes away what its plan has
// shown and no more.
func Diff(wanted, prior Set, held []venafi.Grant) Delta {
	var delta Delta
	wants, had := wanted.keys(), prior.keys()
	holds := map[string]bool{}                // labels of wanted
	revokes := make(map[string]int, len(had)) // labels of prior
	seen := make(map[venafi.Key]bool, len(held))
	for _, g := range held {
		key := g.Key()
		if seen[key] {
			continue
		}
		seen[key] = true
		if label, want := wants[key]; want {
			holds[label] = true
			continue
		}
		label, listed := had[key]
		if !listed {
			delta.Foreign = append(delta.Foreign, g)
		} else if at, again := revokes[label]; !again {
			revokes[label] = len(delta.Revoke)
			delta.Revoke = append(delta.Revoke, g)
		} else if prior.Grant(prior.Grantees[label]).Key() != key {
			delta.Revoke[at] = g // as the service lists it, rather than as it was granted
		}
	}
	for _, g := range wanted.Grants() {
		if _, listed := had[g.Key()]; !holds[wants[g.Key()]] {
			delta.Grant = append(delta.Grant, g)
		} else if !listed {
			delta.Adopt = append(delta.Adopt, g)
		}
	}
	return delta
}

// Track returns what a state should list of the sets, of which the first counts most: who holds the
// role, under their labels and in the user's spelling; for an exclusive set everybody else who
// holds it too, with the ID as the label. Who finds the own label taken gets the ID for it as well.
func Track(held []venafi.Grant, exclusive bool, sets ...Set) Set {
	now := sets[0].Empty()
	now.Grantees = make(map[string]string, len(held))
	left := make(map[venafi.Key]venafi.Grant, len(held))
	for _, g := range held {
		left[g.Key()] = g
	}
	for _, set := range sets {
		keys := set.keys()
		for _, g := range set.Grants() {
			holds := false
			for _, key := range set.keysOf(g) {
				if _, ok := left[key]; ok && keys[key] == keys[g.Key()] {
					holds = true
					delete(left, key)
				}
			}
			if !holds {
				continue
			}
			label, id := keys[g.Key()], venafi.CanonicalGrantee(g.Grantee)
			if _, taken := now.Grantees[label]; taken {
				label = freeLabel(now.Grantees, g.Grantee)
			}
			now.Grantees[label] = g.Grantee
			if alias := set.Aliases[id]; alias != "" {
				now.alias(id, alias)
			}
		}
	}
	if !exclusive {
		return now
	}
	for _, g := range held {
		if _, ok := left[g.Key()]; ok {
			delete(left, g.Key())
			now.Grantees[freeLabel(now.Grantees, g.Grantee)] = g.Grantee
		}
	}
	return now
}

// freeLabel is the ID, unless another grantee has that as its label.
func freeLabel(taken map[string]string, id string) string {
	label := id
	for n := 2; ; n++ {
		if _, ok := taken[label]; !ok {
			return label
		}
		label = fmt.Sprintf("%s (%d)", id, n)
	}
}
