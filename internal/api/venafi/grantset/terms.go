// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package grantset

import (
	"cmp"
	"context"
	"slices"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/venafi"
)

// Terms are what rules say besides whom they let in. Of what is nil each rule keeps its own, and a
// new one gets the server's default.
type Terms struct {
	Scope       string
	Description *string
	// Access and Grant are validities in seconds.
	Access, Grant *int64
	Renewable     *bool
}

// Amendment is a rule as it is, and as a set wants it.
type Amendment struct{ Is, To venafi.Rule }

// Widens are the scopes that the rule has beyond those that it is to have.
func (a Amendment) Widens() []string {
	return venafi.ScopeLacks(a.Is.MaximumScope, a.To.MaximumScope)
}

// onto is a rule with what is wanted of it.
func (t *Terms) onto(r venafi.Rule) venafi.Rule {
	r.MaximumScope = t.Scope
	if t.Description != nil {
		r.Description = *t.Description
	}
	if t.Access != nil {
		r.AccessValidity = t.Access
	}
	if t.Grant != nil {
		r.GrantValidity = t.Grant
	}
	if t.Renewable != nil {
		r.Renewable = t.Renewable
	}
	return r
}

// said is a rule in which the terms from before stand for what the server does not name: older ones
// leave validities out.
func (t *Terms) said(r venafi.Rule) venafi.Rule {
	if t == nil {
		return r
	}
	if !r.Says("AccessValidity") {
		r.AccessValidity = t.Access
	}
	if !r.Says("GrantValidity") {
		r.GrantValidity = t.Grant
	}
	if !r.Says("Renewable") {
		r.Renewable = t.Renewable
	}
	return r
}

// amendments are the rules of whom a set lists that are not as it wants them. Those are left alone,
// in widened, that have scopes which neither the set names nor the one before: no plan has shown
// that they go.
func amendments(wanted, prior Set, listed *venafi.Listing) (amend, widened []Amendment) {
	if wanted.Terms == nil {
		return nil, nil
	}
	shown := ""
	if prior.Terms != nil {
		shown = prior.Terms.Scope
	}
	for _, rule := range wanted.rules(listed) {
		a := Amendment{Is: rule, To: wanted.Terms.onto(rule)}
		switch {
		case prior.Terms.said(rule).Like(a.To):
		case len(venafi.ScopeLacks(rule.MaximumScope, wanted.Terms.Scope+";"+shown)) > 0:
			widened = append(widened, a)
		default:
			amend = append(amend, a)
		}
	}
	return amend, widened
}

// rules are those that are listed of whom the set lists.
func (s Set) rules(listed *venafi.Listing) []venafi.Rule {
	var rules []venafi.Rule
	for _, g := range s.Grants() {
		keys := s.keysOf(g)
		if at := slices.IndexFunc(keys, func(k venafi.Key) bool { _, ok := listed.Rule(k); return ok }); at >= 0 {
			rule, _ := listed.Rule(keys[at])
			rules = append(rules, rule)
		}
	}
	return rules
}

// applied are the terms by which the rules are measured. A state of an older provider knows only
// those that it shows.
func (s Set) applied() *Terms { return cmp.Or(s.Applied, s.Terms) }

// actual are the terms that a state should show: where rules are not as the last apply said, what
// they say. Where their scopes differ that is each of them, so that a plan shows what goes and what
// is added, whatever the configuration says now.
func (s Set) actual(listed *venafi.Listing) *Terms {
	was := s.applied()
	if was == nil {
		return nil
	}
	now := *was
	var scopes []string
	for _, rule := range s.rules(listed) {
		is := was.said(rule)
		scopes = append(scopes, is.MaximumScope)
		drift(&now.Access, was.Access, is.AccessValidity)
		drift(&now.Grant, was.Grant, is.GrantValidity)
		drift(&now.Renewable, was.Renewable, is.Renewable)
		drift(&now.Description, was.Description, &is.Description)
	}
	if each := venafi.EachScope(scopes); each != "" && !venafi.SameScope(each, was.Scope) {
		now.Scope = each
	}
	return &now
}

// drift takes what is, where something else was wanted.
func drift[T comparable](now **T, wanted, is *T) {
	if wanted != nil && (is == nil || *is != *wanted) {
		*now = is
	}
}

// Imported gives a set the scopes that its rules have.
func (r *Run) Imported(s Set) Set {
	listed, _ := r.listing.Peek()
	s.Applied = &Terms{}
	s.Terms = s.actual(listed)
	s.Applied = s.Terms
	return s
}

// amendAll makes rules say what is wanted, in place, so that nobody loses access for a moment.
func (w *work) amendAll(ctx context.Context) {
	amend := make(map[venafi.Key]Amendment, len(w.delta.Amend))
	grants := make([]venafi.Grant, len(w.delta.Amend))
	for i, a := range w.delta.Amend {
		grants[i] = venafi.Grant{Grantee: a.Is.Trustee, Role: venafi.Use, ApplicationID: a.Is.ApplicationID}
		amend[grants[i].Key()] = a
	}
	w.each(ctx, grants, func(g venafi.Grant) error {
		a := amend[g.Key()]
		err := w.run.client.UpdateRule(ctx, a.To)
		w.mu.Lock()
		defer w.mu.Unlock()
		switch {
		case err == nil:
			w.amended = append(w.amended, a)
			w.progress.count()
		case venafi.Uncertain(err):
			w.unknown = append(w.unknown, g)
			return &UnknownOutcomeError{Grant: g, Err: err}
		}
		return err
	})
}

// reads tells whether a listing shows all rules as they were amended.
func (w *work) reads(listed *venafi.Listing) bool {
	return !slices.ContainsFunc(w.amended, func(a Amendment) bool {
		rule, ok := listed.Rule(venafi.Grant{Grantee: a.To.Trustee, Role: venafi.Use, ApplicationID: a.To.ApplicationID}.Key())
		return ok && !w.change.Wanted.Terms.said(rule).Like(a.To)
	})
}
