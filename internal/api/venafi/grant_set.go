// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"context"
	"fmt"
	"maps"
	"slices"
)

// GrantSet is one role, on an application or on the whole installation, and who holds it or is to hold it.
type GrantSet struct {
	Role          Role
	ApplicationID string
	// Grantees are prefixed universal IDs, each under a label for people.
	Grantees map[string]string
}

// Grant is the role for one grantee.
func (s GrantSet) Grant(grantee string) Grant {
	return Grant{Grantee: grantee, Role: s.Role, ApplicationID: s.ApplicationID}
}

// Grants are all grants of the set, each once.
func (s GrantSet) Grants() []Grant {
	grants := make([]Grant, 0, len(s.Grantees))
	keys := s.keys()
	for _, label := range s.labels() {
		if g := s.Grant(s.Grantees[label]); keys[g.Key()] == label {
			grants = append(grants, g)
		}
	}
	return grants
}

// Empty is the set with nobody in it.
func (s GrantSet) Empty() GrantSet { return GrantSet{Role: s.Role, ApplicationID: s.ApplicationID} }

// String names the role in errors.
func (s GrantSet) String() string {
	if s.Role.OfApplication() {
		return fmt.Sprintf("%s of application %q", s.Role, s.ApplicationID)
	}
	return s.Role.String()
}

// labels returns the labels in order.
func (s GrantSet) labels() []string { return slices.Sorted(maps.Keys(s.Grantees)) }

// keys returns the grants by their identity, each under the first of its labels.
func (s GrantSet) keys() map[Key]string {
	keys := make(map[Key]string, len(s.Grantees))
	for _, label := range s.labels() {
		if key := s.Grant(s.Grantees[label]).Key(); keys[key] == "" {
			keys[key] = label
		}
	}
	return keys
}

// GrantDelta is what has to be done so that a role is held by whom a set lists. No grant stands in it twice.
type GrantDelta struct {
	// Grant are wanted and not held.
	Grant []Grant
	// Adopt are wanted, held already, and were not listed before. Nothing is sent for them.
	Adopt []Grant
	// Revoke are held and not wanted, as the service spells them.
	Revoke []Grant
}

// Empty tells that nothing has to be sent.
func (d GrantDelta) Empty() bool { return len(d.Grant) == 0 && len(d.Revoke) == 0 }

// DiffGrants compares what is wanted with who holds the role. Somebody else's grants are revoked by an exclusive set only;
// otherwise those are that prior lists, which is what the set wanted before.
func DiffGrants(wanted, prior GrantSet, held []Grant, exclusive bool) GrantDelta {
	var delta GrantDelta
	wants, had := wanted.keys(), prior.keys()
	holds := make(map[Key]bool, len(held))
	for _, g := range held {
		key := g.Key()
		if holds[key] {
			continue
		}
		holds[key] = true
		_, want := wants[key]
		if _, listed := had[key]; !want && (listed || exclusive) {
			delta.Revoke = append(delta.Revoke, g)
		}
	}
	for _, label := range wanted.labels() {
		g := wanted.Grant(wanted.Grantees[label])
		key := g.Key()
		if wants[key] != label {
			continue // a second label of the same grantee
		}
		if _, listed := had[key]; !holds[key] {
			delta.Grant = append(delta.Grant, g)
		} else if !listed {
			delta.Adopt = append(delta.Adopt, g)
		}
	}
	return delta
}

// TrackGrants returns the grantees that a state should list: those in the sets, of which the first counts most, who hold the
// role, under their labels and in the user's spelling; for an exclusive set everybody else who holds it too, with the ID as
// the label. Who finds the own label taken gets the ID for it as well.
func TrackGrants(held []Grant, exclusive bool, sets ...GrantSet) map[string]string {
	left := make(map[Key]Grant, len(held))
	for _, g := range held {
		left[g.Key()] = g
	}
	tracked := make(map[string]string, len(held))
	for _, set := range sets {
		for _, label := range set.labels() {
			grantee := set.Grantees[label]
			key := set.Grant(grantee).Key()
			if _, ok := left[key]; !ok {
				continue
			}
			delete(left, key)
			if _, taken := tracked[label]; taken {
				label = freeLabel(tracked, grantee)
			}
			tracked[label] = grantee
		}
	}
	if !exclusive {
		return tracked
	}
	for _, g := range held {
		if _, ok := left[g.Key()]; ok {
			delete(left, g.Key())
			tracked[freeLabel(tracked, g.Grantee)] = g.Grantee
		}
	}
	return tracked
}

// freeLabel is the ID, unless somebody else is called so.
func freeLabel(taken map[string]string, id string) string {
	label := id
	for n := 2; ; n++ {
		if _, ok := taken[label]; !ok {
			return label
		}
		label = fmt.Sprintf("%s (%d)", id, n)
	}
}

// SetHolders returns who holds the role of a set, by the shared listing and what this run has changed. Where the listing
// lacks somebody whom the set lists, a second one is asked for a moment later, once in a run: a listing may lag behind. What
// the caller can't see is no proof that nobody holds it: ErrNotVisible (errors.Is).
func (c *Client) SetHolders(ctx context.Context, set GrantSet, exclusive bool) ([]Grant, error) {
	listed, err := c.roles.current(ctx)
	if err != nil {
		return nil, err
	}
	holding := set.Grant("").Key().holding()
	held := c.roles.ofHolding(listed, holding)
	missing := lacks(set, held)
	if missing {
		if listed, err = c.roles.second(ctx, c.settle[0]); err != nil {
			return nil, err
		}
		held = c.roles.ofHolding(listed, holding)
		missing = lacks(set, held)
	}
	if missing || exclusive && len(held) == 0 {
		if err := c.checkVisible(ctx, set.Grant("")); err != nil {
			return nil, err
		}
	}
	return held, nil
}

// lacks tells whether somebody whom a set lists is not among the holders.
func lacks(set GrantSet, held []Grant) bool {
	holds := make(map[Key]bool, len(held))
	for _, g := range held {
		holds[g.Key()] = true
	}
	for _, grantee := range set.Grantees {
		if !holds[set.Grant(grantee).Key()] {
			return true
		}
	}
	return false
}

// OwnAmong finds a grant of the identity that the client is logged in as.
func (c *Client) OwnAmong(ctx context.Context, grants []Grant) (Grant, bool, error) {
	for _, g := range grants {
		if own, err := c.IsOwn(ctx, g.Grantee); own || err != nil {
			return g, own, err
		}
	}
	return Grant{}, false, nil
}
