// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package service

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
)

// Tally counts what one plan takes away on one service, and what its refresh no longer finds. No
// resource sees that by itself. The zero value is ready for use; nil is one of a provider that may
// serve several plans, and counts nothing.
type Tally struct {
	// Limit is the provider's max_revocations, nil for none.
	Limit *int64

	mu      sync.Mutex
	planned map[string]planned // by resource instance
	refused bool

	read, gone, held, lost int
	toldGone, toldLost     bool

	states map[string]bool // the targets of the states that were refreshed
}

type planned struct {
	target string
	count  int
}

// Planned records what the plan of a resource instance revokes, in place of what it revoked before,
// and returns what is wrong when all of the plan together is above the limit, once.
func (t *Tally) Planned(instance, target string, revoked int) string {
	if t == nil {
		return ""
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.planned == nil {
		t.planned = map[string]planned{}
	}
	t.planned[instance] = planned{target, revoked}
	total := 0
	for _, p := range t.planned {
		total += p.count
	}
	if t.Limit == nil || int64(total) <= *t.Limit || t.refused {
		return ""
	}
	t.refused = true
	return fmt.Sprintf("All resources of this service together, those that are destroyed or replaced among them, would revoke %d or more, and max_revocations "+
		"in the provider block allows %d. So far the plan revokes:\n\n%s\n\nA truncated file behind `for_each` or a wrong filter looks like this. If it is meant, "+
		"raise max_revocations of the provider.", total, *t.Limit, t.list())
}

// list names the resources that revoke most.
func (t *Tally) list() string {
	const most = 10
	all := slices.SortedFunc(maps.Values(t.planned), func(a, b planned) int {
		if a.count != b.count {
			return b.count - a.count
		}
		return strings.Compare(a.target, b.target)
	})
	all = slices.DeleteFunc(all, func(p planned) bool { return p.count == 0 })
	var b strings.Builder
	for _, p := range all[:min(len(all), most)] {
		fmt.Fprintf(&b, "  - %s: %d\n", p.target, p.count)
	}
	if len(all) > most {
		fmt.Fprintf(&b, "  … and %d more\n", len(all)-most)
	}
	return strings.TrimRight(b.String(), "\n")
}

// Refreshed records what the refresh of a resource has found: it held so many grants before, and so
// many are left. It returns a warning when the refresh drops every resource that it has read so
// far, or more than ten grants and half of all. Each is said once.
func (t *Tally) Refreshed(held, left int, gone bool) string {
	if t == nil {
		return ""
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.read++
	t.held += held
	t.lost += max(0, held-left)
	if gone {
		t.gone++
	}
	var text string
	switch {
	case gone && t.gone == t.read && t.gone > 1 && !t.toldGone:
		t.toldGone = true
		text = fmt.Sprintf("Of the %d resources that were read so far none is there any more, and all are dropped from the state.", t.read)
	case held > left && t.lost > 10 && 2*t.lost > t.held && !t.toldLost:
		t.toldLost = true
		text = fmt.Sprintf("Of the %d grants of the resources that were read so far %d are not there any more.", t.held, t.lost)
	default:
		return ""
	}
	return text + " Where nobody has revoked that much, the provider may point to another environment, or look at it with an identity that sees less: check it " +
		"before you apply, since the apply would grant all of it again."
}

// Read tells whether the refresh of this plan has read a resource. It is true of a provider that
// may serve several plans.
func (t *Tally) Read() bool {
	if t == nil {
		return true
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.read > 0
}

// Hold records that the state of a resource owns a target. Terraform plans a tainted instance as a
// create that knows of no state: what that state lists goes with the old instance.
func (t *Tally) Hold(target string) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.states == nil {
		t.states = map[string]bool{}
	}
	t.states[target] = true
}

// Holds tells whether a state that was refreshed owns a target.
func (t *Tally) Holds(target string) bool {
	if t == nil {
		return false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.states[target]
}
