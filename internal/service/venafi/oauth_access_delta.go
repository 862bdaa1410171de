// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/venafi"
	"github.com/appaccess/terraform-provider-appaccess/internal/service/access"
)

// accessSet is who may use an application, and how; of what is nil each rule has its own.
type accessSet struct {
	application, scope string
	description        *string
	access, grant      *int64
	renewable          *bool
	trustees           map[string]trustee // by canonical ID
	restore            []api.Rule         // what an undo puts back besides
}

// trustee is a user or a group, under the label that the configuration gives it.
type trustee struct{ label, id string }

func (t trustee) String() string {
	if t.label == t.id || t.label == "" {
		return t.id
	}
	return fmt.Sprintf("%s (%s)", t.label, t.id)
}

func (s accessSet) String() string { return fmt.Sprintf("application %q", s.application) }

// name is how a rule's trustee is called here.
func (s accessSet) name(r api.Rule) string {
	if t, ok := s.trustees[api.CanonicalGrantee(r.Trustee)]; ok {
		return t.String()
	}
	return r.Trustee
}

// onto is a rule with what the set wants of it.
func (s accessSet) onto(r api.Rule) api.Rule {
	r.ApplicationID, r.MaximumScope = s.application, s.scope
	set(&r.Description, s.description)
	if s.access != nil {
		r.AccessValidity = s.access
	}
	if s.grant != nil {
		r.GrantValidity = s.grant
	}
	if s.renewable != nil {
		r.Renewable = s.renewable
	}
	return r
}

// differs tells whether a rule is not as the set wants it. Of what the server does not name the prior state says what it was.
func (s accessSet) differs(r api.Rule, prior *accessSet) bool {
	if prior == nil {
		prior = &accessSet{}
	}
	return !api.SameScope(r.MaximumScope, s.scope) || s.description != nil && *s.description != r.Description ||
		changed(s.access, r.AccessValidity, r.Says("AccessValidity"), prior.access) ||
		changed(s.grant, r.GrantValidity, r.Says("GrantValidity"), prior.grant) || changed(s.renewable, r.Renewable, r.Says("Renewable"), prior.renewable)
}

func changed[T comparable](wanted, is *T, said bool, was *T) bool {
	if !said {
		is = was
	}
	return wanted != nil && (is == nil || *is != *wanted)
}

// delta is what has to change. Rules hold all that the server has sent of them.
type delta struct {
	create, update, remove []api.Rule
	before                 []api.Rule // what is updated, as it is
	appeared               []api.Rule // nobody wants it and no plan has shown it
}

func (d delta) empty() bool { return len(d.create)+len(d.update)+len(d.remove) == 0 }

// ruleDelta compares what is wanted with what the server lists. What is taken away is what the prior state lists, and no more.
func ruleDelta(wanted, prior *accessSet, listed []api.Rule, exclusive bool) delta {
	var d delta
	there := make(map[string]bool, len(listed))
	for _, rule := range listed {
		key := api.CanonicalGrantee(rule.Trustee)
		there[key] = true
		switch {
		case wanted != nil && wanted.has(key):
			if wanted.differs(rule, prior) {
				d.before, d.update = append(d.before, rule), append(d.update, wanted.onto(rule))
			}
		case prior != nil && prior.has(key):
			d.remove = append(d.remove, rule)
		case exclusive && wanted != nil:
			d.appeared = append(d.appeared, rule)
		}
	}
	if wanted == nil {
		return d
	}
	for key, t := range wanted.trustees {
		if !there[key] {
			d.create = append(d.create, wanted.onto(api.Rule{Trustee: t.id}))
		}
	}
	slices.SortFunc(d.create, func(a, b api.Rule) int { return cmp.Compare(a.Trustee, b.Trustee) })
	return d
}

func (s accessSet) has(key string) bool {
	_, ok := s.trustees[key]
	return ok
}

// actual is what the server lists, in the terms of a set: all of it for an exclusive one, else of those whom the set names. Where
// a rule is not as the set says, the set says what that rule does, so that a plan shows it.
func (s accessSet) actual(listed []api.Rule, exclusive bool) accessSet {
	now := s
	now.trustees = make(map[string]trustee, len(s.trustees))
	for _, rule := range listed {
		key := api.CanonicalGrantee(rule.Trustee)
		t, named := s.trustees[key]
		switch {
		case named:
		case exclusive:
			t = trustee{rule.Trustee, rule.Trustee}
		default:
			continue
		}
		now.trustees[key] = t
		if !named {
			continue // it shows as a trustee that nobody lists
		}
		if !api.SameScope(rule.MaximumScope, s.scope) {
			now.scope = rule.MaximumScope
		}
		if s.description != nil && *s.description != rule.Description {
			now.description = &rule.Description
		}
		if s.access != nil && changed(s.access, rule.AccessValidity, rule.Says("AccessValidity"), s.access) {
			now.access = rule.AccessValidity
		}
		if s.grant != nil && changed(s.grant, rule.GrantValidity, rule.Says("GrantValidity"), s.grant) {
			now.grant = rule.GrantValidity
		}
		if s.renewable != nil && changed(s.renewable, rule.Renewable, rule.Says("Renewable"), s.renewable) {
			now.renewable = rule.Renewable
		}
	}
	return now
}

// imported is the set that an import makes of all rules: the scope is what most of them have.
func imported(application string, listed []api.Rule) accessSet {
	s := accessSet{application: application, trustees: make(map[string]trustee, len(listed))}
	most := map[string]int{}
	for _, rule := range listed {
		s.trustees[api.CanonicalGrantee(rule.Trustee)] = trustee{rule.Trustee, rule.Trustee}
		most[rule.MaximumScope]++
		if most[rule.MaximumScope] > most[s.scope] {
			s.scope = rule.MaximumScope
		}
	}
	return s
}

// losses names those who lose a rule.
func (s accessSet) losses(rules []api.Rule) access.Loss {
	names := make([]string, len(rules))
	for i, rule := range rules {
		names[i] = s.name(rule)
	}
	return access.Loss{Count: len(rules), Names: firstTen(names)}
}

// firstTen writes a bullet for each of ten, and how many more there are.
func firstTen(names []string) string {
	const most = 10
	slices.Sort(names)
	lines := "  - " + strings.Join(names[:min(len(names), most)], "\n  - ")
	if len(names) > most {
		lines += fmt.Sprintf("\n  … and %d more", len(names)-most)
	}
	return lines
}
