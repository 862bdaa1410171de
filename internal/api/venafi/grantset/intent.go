// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package grantset

import (
	"context"
	"slices"
	"sync"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/venafi"
)

// intents are what a plan is going to grant and revoke, as far as it has come. They see what no
// listing shows: roles that one plan gives to the same grantee.
type intents struct {
	forget bool

	mu     sync.Mutex
	grants map[string][]venafi.Grant // by grantee
	ends   map[venafi.Key]bool
}

// Intend records what a plan is going to do, and returns the grants that the new ones override or
// that override them: whoever holds a global role has nothing of application roles (vendor page
// "OAuth Roles"). They are held by the same grantee, by the shared listing, or planned; those that
// are planned to end don't count.
func (r *Run) Intend(ctx context.Context, grants, ends []venafi.Grant) ([]venafi.Grant, error) {
	var listed *venafi.Listing
	if len(grants) > 0 {
		var err error
		if listed, err = r.listing.Get(ctx, 0); err != nil {
			return nil, err
		}
	}
	in := &r.intents
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.grants == nil {
		in.grants, in.ends = map[string][]venafi.Grant{}, map[venafi.Key]bool{}
	}
	if !in.forget {
		for _, g := range ends {
			in.ends[g.Key()] = true
		}
	}
	var clashes []venafi.Grant
	for _, g := range grants {
		grantee := venafi.CanonicalGrantee(g.Grantee)
		seen := map[venafi.Key]bool{}
		for _, other := range slices.Concat(r.knowledge.ofGrantee(listed, g.Grantee), in.grants[grantee]) {
			key := other.Key()
			if g.Role.Overrides() != other.Role.Overrides() && other.Check() == nil && !in.ends[key] && !seen[key] {
				seen[key] = true
				clashes = append(clashes, other)
			}
		}
		if !in.forget {
			in.grants[grantee] = append(in.grants[grantee], g)
		}
	}
	return clashes, nil
}
