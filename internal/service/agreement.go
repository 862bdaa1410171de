// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package service

import "sync"

// Agreement finds what resources of one plan say differently of one thing. The zero value is ready
// for use; nil is one of a provider that may serve several plans, and finds nothing.
type Agreement struct {
	mu   sync.Mutex
	said map[string]map[string]string // by thing, and then by resource
}

// Said tells whether a resource of this plan has said anything of a thing. Where nobody keeps
// account, it may have.
func (a *Agreement) Said(thing string) bool {
	if a == nil {
		return true
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.said[thing]) > 0
}

// Say records what a resource says of a thing, and returns another resource that says something
// else of it, "" when all agree.
func (a *Agreement) Say(thing, resource, says string) string {
	if a == nil {
		return ""
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.said == nil {
		a.said = map[string]map[string]string{}
	}
	if a.said[thing] == nil {
		a.said[thing] = map[string]string{}
	}
	a.said[thing][resource] = says
	for other, otherwise := range a.said[thing] {
		if otherwise != says {
			return other
		}
	}
	return ""
}
