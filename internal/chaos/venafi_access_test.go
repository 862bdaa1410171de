// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package chaos

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/appaccess/terraform-provider-appaccess/internal/acctest/core"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/venafi"
)

const (
	accessSet       = "appaccess_venafi_oauth_access_set"
	accessExclusive = "appaccess_venafi_oauth_access_exclusive"
	use             = "use" // an application: what a rule allows, as the keys of grants have it

	widest          = "certificate:discover,manage;configuration;security"
	strangersReason = "somebody asked for it"
)

// scopes are what rules may allow, each within the widest.
var scopes = []string{"certificate", "certificate:manage", "configuration;certificate:manage", "certificate:manage,discover;configuration", widest}

// terms are what a set says of its rules besides whom they let in.
type terms struct {
	scope, description string
	hours              int // how long a grant lives; 0 is not said
}

func (t terms) attributes(app string) map[string]any {
	attributes := map[string]any{"application_id": app, "maximum_scope": t.scope}
	if t.description != "" {
		attributes["description"] = t.description
	}
	if t.hours > 0 {
		attributes["grant_validity"] = fmt.Sprintf("%dh", t.hours)
	}
	return attributes
}

func (t terms) String() string {
	if t.scope == "" {
		return ""
	}
	return fmt.Sprintf(" scope=%q description=%q hours=%d", t.scope, t.description, t.hours)
}

// ruleTruth is what a trust remembers of rules.
type ruleTruth struct {
	was map[string]venafi.Rule // before the apply
	// hidden have scopes that no plan has shown: the set lists them, and the state did not.
	hidden map[string]bool
}

// newAccess is who may use the applications of Venafi in a world. Additive sets share two of them,
// with disjoint trustees, and one exclusive resource has the third. It has dice of its own, and the
// switches are those of newTrust.
func newAccess(w *world) *trust {
	v := &trust{
		w: w, dice: rand.New(rand.NewPCG(w.seed, 0xacce55)), mock: w.mock.Venafi, ours: map[string]bool{}, foreign: map[string]bool{},
		rules: &ruleTruth{hidden: map[string]bool{}},
	}
	v.populate([]string{accessSet, accessSet, accessExclusive})
	owned := false
	for _, h := range v.holders {
		if h.exclusive() && owned { // an owner that goes and one that comes in one plan take turns
			h.Type = accessSet
		}
		owned = owned || h.exclusive()
	}
	return v
}

// used is the application of a resource.
func (v *trust) used(h *holder) (role, app string) {
	if h.exclusive() {
		return use, fmt.Sprintf("app%d", venafiAppCount-1)
	}
	return use, fmt.Sprintf("app%d", v.dice.IntN(venafiAppCount-1))
}

// editTerms changes what a set says of its rules.
func (v *trust) editTerms(h *holder) {
	if h.terms.scope == "" || v.one(25) {
		h.terms.scope = scopes[v.dice.IntN(len(scopes))]
	}
	if v.one(20) {
		h.terms.description = []string{"", "Builds", "Releases"}[v.dice.IntN(3)]
	}
	if v.one(20) {
		h.terms.hours = []int{0, 24, 8760}[v.dice.IntN(3)]
	}
}

// ruled are the rules, by their keys.
func (v *trust) ruled() map[string]venafi.Rule {
	out := map[string]venafi.Rule{}
	for _, rule := range v.mock.Rules() {
		out[key(use, rule.ApplicationID, rule.Trustee)] = rule
	}
	return out
}

func (v *trust) foreignRule(k string) venafi.Rule {
	parts := strings.SplitN(k, "/", 3)
	rule := venafi.Rule{ApplicationID: parts[1], Trustee: parts[2], MaximumScope: scopes[v.dice.IntN(len(scopes))], Description: strangersReason}
	if v.mock.Switches().MoreFields == venafi.Sent {
		rule.ReviewedBy = "a stranger"
	}
	return rule
}

func (v *trust) revoke(k string) {
	if v.rules == nil {
		v.mock.Revoke(roleOf(k))
		return
	}
	parts := strings.SplitN(k, "/", 3)
	v.mock.RemoveRule(parts[1], parts[2])
}

// rescope lets somebody change the scope of a rule, whoever made it.
func (v *trust) rescope() {
	for _, rule := range v.mock.Rules() {
		if !v.one(30) {
			continue
		}
		rule.MaximumScope = scopes[v.dice.IntN(len(scopes))]
		v.w.note("somebody lets %s have %s on %s", rule.Trustee, rule.MaximumScope, rule.ApplicationID)
		v.mock.RemoveRule(rule.ApplicationID, rule.Trustee)
		if err := v.mock.AddRules(rule); err != nil {
			v.w.t.Fatal(err)
		}
	}
}

// atoms are the parts of a scope: each name, and each restriction with its name.
func atoms(scope string) names {
	out := names{}
	for part := range strings.FieldsFuncSeq(strings.ToLower(strings.ReplaceAll(scope, " ", "")), func(r rune) bool { return r == ';' || r == '|' }) {
		name, restrictions, restricted := strings.Cut(part, ":")
		if out[name] = true; !restricted {
			continue
		}
		for restriction := range strings.SplitSeq(restrictions, ",") {
			out[name+":"+restriction] = true
		}
	}
	return out
}

func sameScope(a, b string) bool { return beyond(a, b) == "" && beyond(b, a) == "" }

// beyond is a part that a scope has and the other has not.
func beyond(scope, other string) string {
	has := atoms(other)
	for atom := range atoms(scope) {
		if !has[atom] {
			return atom
		}
	}
	return ""
}

// showsScopes makes sure that a state shows the scope of each of its rules, so that the plan shows
// which go and which are added.
func (v *trust) showsScopes(object *core.Object, a core.Address) error {
	said, _ := object.Attributes()["maximum_scope"].(string)
	listed := fold(grantsOf(a, object))
	for k, rule := range v.ruled() {
		if listed[folded(k)] && !slices.ContainsFunc(strings.Split(said, "|"), func(each string) bool { return sameScope(each, rule.MaximumScope) }) {
			return fmt.Errorf("the rule %s allows %s, and the state says %q", k, rule.MaximumScope, said)
		}
	}
	return nil
}

// keptRules makes sure that rules which no set lists are what they were, that none lost what a
// newer server says of it, and notes whose scopes no plan has shown.
func (v *trust) keptRules(before core.State, owned names) error {
	clear(v.rules.hidden)
	for k, is := range v.ruled() {
		was, there := v.rules.was[k]
		if !there {
			continue
		}
		if is.ReviewedBy != was.ReviewedBy {
			return fmt.Errorf("the rule %s was reviewed by %q, and is by %q", k, was.ReviewedBy, is.ReviewedBy)
		}
		v.rules.hidden[k] = !v.shown(before, k, was.MaximumScope)
		parts := strings.SplitN(k, "/", 3)
		if !v.named(before, k) && v.foreign[k] && !owned[key(use, parts[1], "")] &&
			(is.MaximumScope != was.MaximumScope || is.Description != was.Description) {
			return fmt.Errorf("the rule %s was changed, which no set lists: %+v", k, is)
		}
	}
	return nil
}

// shown tells whether a state shows all that a rule allows.
func (v *trust) shown(state core.State, k, scope string) bool {
	for a, object := range state {
		if said, ok := object.Attributes()["maximum_scope"].(string); ok && v.has(a) && fold(grantsOf(a, object))[folded(k)] && beyond(scope, said) == "" {
			return true
		}
	}
	return false
}

// saysTerms makes sure that a rule says what its set does.
func (v *trust) saysTerms(h *holder, k string) error {
	rule := v.ruled()[k]
	validity := int64(0)
	if rule.GrantValiditySeconds != nil {
		validity = *rule.GrantValiditySeconds
	}
	switch {
	case v.rules.hidden[k] && beyond(rule.MaximumScope, h.terms.scope) != "": // the next plan shows what it would lose
		return nil
	case !sameScope(rule.MaximumScope, h.terms.scope), h.terms.description != "" && rule.Description != h.terms.description,
		h.terms.hours > 0 && validity != int64(h.terms.hours)*3600:
		return fmt.Errorf("%s: the rule of %s is %+v, valid for %d seconds, want %s", h.Address, k, rule, validity, h.terms)
	}
	return nil
}
