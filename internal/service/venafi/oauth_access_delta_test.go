// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/venafi"
)

func drawnSet(t *rapid.T, name string) accessSet {
	s := accessSet{application: "app", scope: rapid.SampledFrom([]string{"a", "b", "B;a", "a ; b"}).Draw(t, name+" scope"), trustees: map[string]trustee{}}
	for _, i := range rapid.SliceOfDistinct(rapid.IntRange(0, 6), rapid.ID[int]).Draw(t, name) {
		id := fmt.Sprintf("AD+corp:%032x", i)
		s.trustees[api.CanonicalGrantee(id)] = trustee{fmt.Sprint("user ", i), id}
	}
	return s
}

func drawnRules(t *rapid.T) []api.Rule {
	s := drawnSet(t, "listed")
	var rules []api.Rule
	for _, who := range s.trustees {
		rules = append(rules, api.Rule{ApplicationID: "app", Trustee: who.id, MaximumScope: rapid.SampledFrom([]string{"a", "b", "a;b"}).Draw(t, "scope")})
	}
	return rules
}

// made is what the server lists after a delta.
func made(listed []api.Rule, d delta) []api.Rule {
	by := map[string]api.Rule{}
	for _, rules := range [][]api.Rule{listed, d.create, d.update} {
		for _, r := range rules {
			by[api.CanonicalGrantee(r.Trustee)] = r
		}
	}
	for _, r := range d.remove {
		delete(by, api.CanonicalGrantee(r.Trustee))
	}
	var now []api.Rule
	for _, r := range by {
		now = append(now, r)
	}
	return now
}

func TestRuleDelta(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		wanted, before, listed := drawnSet(t, "wanted"), drawnSet(t, "prior"), drawnRules(t)
		exclusive := rapid.Bool().Draw(t, "exclusive")
		prior := &before
		if rapid.Bool().Draw(t, "create") {
			prior = nil
		}
		d := ruleDelta(&wanted, prior, listed, exclusive)
		now := made(listed, d)
		// Nobody goes whom the prior state does not list, or whom the set wants.
		for _, r := range d.remove {
			if key := api.CanonicalGrantee(r.Trustee); prior == nil || !prior.has(key) || wanted.has(key) {
				t.Fatalf("%s goes", r.Trustee)
			}
		}
		// All who are wanted have what is wanted, and the set says so.
		if got := wanted.actual(now, false); len(got.trustees) != len(wanted.trustees) || !api.SameScope(got.scope, wanted.scope) {
			t.Fatalf("%+v is not %+v", got, wanted)
		}
		// To do it again is nothing to do.
		if again := ruleDelta(&wanted, prior, now, exclusive); !again.empty() {
			t.Fatalf("%+v is left to do", again)
		}
		// Everybody who is there is wanted, was there and is nobody's business, or is named as having appeared.
		appeared := map[string]bool{}
		for _, r := range d.appeared {
			appeared[r.Trustee] = true
		}
		for _, r := range now {
			if exclusive && !wanted.has(api.CanonicalGrantee(r.Trustee)) && !appeared[r.Trustee] {
				t.Fatalf("%s is there and nobody says it", r.Trustee)
			}
		}
		if end := ruleDelta(nil, &wanted, now, exclusive); len(end.create)+len(end.update) > 0 || len(end.remove) != len(wanted.trustees) {
			t.Fatalf("the end is %+v", end)
		}
	})
}
