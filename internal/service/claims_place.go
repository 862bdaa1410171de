// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package service

import (
	"iter"
	"maps"
)

// place is what is claimed of one target. A thousand resources may each grant it to one member, so
// those are found by the member.
type place[M comparable] struct {
	all  map[string]*Claim[M]       // by resource
	wide map[string]*Claim[M]       // those of them that may concern anybody
	of   map[M]map[string]*Claim[M] // the others, by each of their members
}

// wide tells that a claim may conflict with one that shares no member with it.
func (c *Claim[M]) wide() bool { return c.Exclusive || c.Mode != "" || c.Members == nil }

func (p *place[M]) add(c *Claim[M]) {
	p.all[c.Resource] = c
	if c.wide() {
		p.wide[c.Resource] = c
		return
	}
	for m := range c.Members {
		if p.of[m] == nil {
			p.of[m] = map[string]*Claim[M]{}
		}
		p.of[m][c.Resource] = c
	}
}

func (p *place[M]) remove(c *Claim[M]) {
	delete(p.all, c.Resource)
	if c.wide() {
		delete(p.wide, c.Resource)
		return
	}
	for m := range c.Members {
		delete(p.of[m], c.Resource)
	}
}

// near are the claims that may concern some members, or all claims where anybody may be concerned.
// One may come more than once.
func (p *place[M]) near(anybody bool, members iter.Seq[M]) iter.Seq[*Claim[M]] {
	return func(yield func(*Claim[M]) bool) {
		switch {
		case p == nil:
			return
		case anybody:
			maps.Values(p.all)(yield)
			return
		}
		for _, c := range p.wide {
			if !yield(c) {
				return
			}
		}
		for m := range members {
			for _, c := range p.of[m] {
				if !yield(c) {
					return
				}
			}
		}
	}
}
