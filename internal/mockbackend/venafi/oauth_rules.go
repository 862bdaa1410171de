// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"

	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

// Rule says that a user or group may get tokens for an application. See the vendor page "POST
// OAuth/CreateRule".
type Rule struct {
	ApplicationID string `json:"application_id"`
	// Trustee is a prefixed universal ID.
	Trustee      string `json:"trustee"`
	MaximumScope string `json:"maximum_scope"`
	Description  string `json:"description,omitempty"`
	// AccessValiditySeconds, GrantValiditySeconds and Renewable override the application's.
	AccessValiditySeconds *int64 `json:"access_validity_seconds,omitempty"`
	GrantValiditySeconds  *int64 `json:"grant_validity_seconds,omitempty"`
	Renewable             *bool  `json:"renewable,omitempty"`
	// ReviewedBy is a field that no page describes: see [Switches.MoreFields].
	ReviewedBy string `json:"reviewed_by,omitempty"`
}

func (r Rule) check() error {
	if r.ApplicationID == "" || r.Trustee == "" {
		return errors.New("a rule without application_id or trustee")
	}
	if _, err := parseScope(r.MaximumScope); err != nil {
		return fmt.Errorf("rule of %s on %q: %w", r.Trustee, r.ApplicationID, err)
	}
	return nil
}

// ruleRow is a rule that is there, or has just been deleted.
type ruleRow struct {
	Rule
	seq int
	// unseen counts the lists that do not show the rule yet; lingering those that still show it
	// after its end.
	unseen, lingering int
}

// rules are all rules, by application and folded trustee.
type rules struct {
	fold  func(string) string
	seq   int
	byKey map[string]map[string]*ruleRow
	lost  map[string][]*ruleRow
}

func newRules(list []Rule, fold func(string) string) *rules {
	r := &rules{fold: fold, byKey: map[string]map[string]*ruleRow{}, lost: map[string][]*ruleRow{}}
	for _, rule := range list {
		r.add(rule, 0)
	}
	return r
}

func (r *rules) find(application, trustee string) *ruleRow {
	return r.byKey[application][r.fold(trustee)]
}

// add makes a rule; false when there is one already.
func (r *rules) add(rule Rule, unseen int) bool {
	if r.find(rule.ApplicationID, rule.Trustee) != nil {
		return false
	}
	if r.byKey[rule.ApplicationID] == nil {
		r.byKey[rule.ApplicationID] = map[string]*ruleRow{}
	}
	r.seq++
	r.byKey[rule.ApplicationID][r.fold(rule.Trustee)] = &ruleRow{Rule: rule, seq: r.seq, unseen: unseen}
	return true
}

func (r *rules) remove(application, trustee string, lingering int) bool {
	row := r.find(application, trustee)
	if row == nil {
		return false
	}
	delete(r.byKey[application], r.fold(trustee))
	if lingering > 0 && row.unseen == 0 {
		row.lingering = lingering
		r.lost[application] = append(r.lost[application], row)
	}
	return true
}

// all returns the rules in the order in which they were made.
func (r *rules) all() []Rule {
	var rows []*ruleRow
	for _, application := range r.byKey {
		rows = slices.AppendSeq(rows, maps.Values(application))
	}
	slices.SortFunc(rows, func(a, b *ruleRow) int { return cmp.Compare(a.seq, b.seq) })
	var all []Rule
	for _, row := range rows {
		all = append(all, row.Rule)
	}
	return all
}

// list returns the rules of an application that a list shows, and brings the others nearer to the
// truth.
func (r *rules) list(application string, stable bool) []Rule {
	var shown []Rule
	for _, row := range r.byKey[application] {
		if row.unseen > 0 {
			row.unseen--
			continue
		}
		shown = append(shown, row.Rule)
	}
	var lost []*ruleRow
	for _, row := range r.lost[application] {
		if r.find(application, row.Trustee) != nil {
			continue // made again meanwhile
		}
		shown = append(shown, row.Rule)
		if row.lingering--; row.lingering > 0 {
			lost = append(lost, row)
		}
	}
	r.lost[application] = lost
	if stable {
		slices.SortFunc(shown, func(a, b Rule) int { return cmp.Compare(a.Trustee, b.Trustee) })
	} else {
		rand.Shuffle(len(shown), func(i, j int) { shown[i], shown[j] = shown[j], shown[i] })
	}
	return shown
}

// ruleEntry writes a rule as the API does. See the vendor page "POST OAuth/GetRules", whose sample
// has fewer fields than the OpenAPI.
func (b *Backend) ruleEntry(r Rule) map[string]any {
	entry := map[string]any{
		"ApplicationId": r.ApplicationID, "TrusteePrefixedUniversal": b.spell(r.Trustee), "MaximumScope": b.spellScope(r.MaximumScope),
		"Description": r.Description,
	}
	if b.switches.RuleFields != RuleFieldsFour {
		entry["AccessValidity"], entry["GrantValidity"] = validity(r.AccessValiditySeconds), validity(r.GrantValiditySeconds)
		entry["Renewable"] = r.Renewable
	}
	b.addMoreFields(entry, r.ReviewedBy)
	return entry
}

// governs tells whether the caller may make and delete an application's rules.
func (c caller) governs(application string) bool {
	return c.global == Admin || c.applications[application] == Owner
}

// ruleOf reads the fields that a new rule and a whole one share. A refusal has a status.
func (b *Backend) ruleOf(c *call, fields map[string]json.RawMessage) (Rule, reply) {
	inner := &call{r: c.r, params: fields}
	inner.known(append([]string{
		"TrusteePrefixedUniversal", "ApplicationId", "MaximumScope", "Description", "AccessValidity", "GrantValidity", "Renewable",
	}, b.moreFields()...)...)
	values, complete := inner.required("TrusteePrefixedUniversal", "ApplicationId", "MaximumScope")
	description, isText := inner.text("Description")
	reviewed, isName := inner.text(moreField)
	if !complete || !isText || !isName {
		return Rule{}, invalidRequest()
	}
	r := Rule{Trustee: values[0], ApplicationID: values[1], MaximumScope: values[2], Description: description, ReviewedBy: reviewed}
	if !b.validities(inner, &r.AccessValiditySeconds, &r.GrantValiditySeconds, &r.Renewable) {
		return Rule{}, invalidRequest()
	}
	wire.Note(c.r, "application", r.ApplicationID, "trustee", r.Trustee)
	asked, err := parseScope(r.MaximumScope)
	if err != nil {
		wire.Violate(c.r, "%v", err)
		return Rule{}, failed(c, resultInvalidParameters, "The scope is malformed")
	}
	if !c.caller.governs(r.ApplicationID) {
		return Rule{}, b.denied(c)
	}
	application := b.byID[r.ApplicationID]
	if application == nil {
		return Rule{}, failed(c, resultApplicationNotFound, "The application was not found")
	}
	maximum, _ := parseScope(application.MaximumScope) // none allows nothing
	if lacking := asked.within(maximum); lacking != "" && b.switches.RuleBeyondApplication == ScopeMismatch {
		return Rule{}, failed(c, resultScopeMismatch, "The scope '"+lacking+"' is beyond what the application allows")
	}
	return r, reply{}
}

// createRule answers "POST OAuth/CreateRule".
func (b *Backend) createRule(c *call) reply {
	r, refusal := b.ruleOf(c, c.params)
	if refusal.status != 0 {
		return refusal
	}
	if b.directory.universal(r.Trustee) == nil {
		switch b.switches.UnknownGrantee {
		case GranteeAccepted:
		case GranteeInvalid:
			return failed(c, resultInvalidParameters, "The trustee is invalid")
		default:
			return failed(c, resultRemoteIdentityRequired, "A valid identity object was not supplied")
		}
	}
	if c.fault == FaultIgnoredWrite {
		return b.success(map[string]any{"Rule": b.ruleEntry(r)})
	}
	r.ReviewedBy = b.defaultReview(r.ReviewedBy)
	if !b.rules.add(r, b.lag(c)) {
		return failed(c, resultRuleAlreadyExists, "The rule exists already")
	}
	b.byID[r.ApplicationID].Restricted = true
	return b.success(map[string]any{"Rule": b.ruleEntry(r)})
}

// lag is for how many lists a write of this call stays unseen.
func (b *Backend) lag(c *call) int {
	if c.fault == FaultLateList {
		return 1
	}
	return b.switches.staleLists()
}

// updateRule answers "POST OAuth/UpdateRule": the whole rule is replaced.
func (b *Backend) updateRule(c *call) reply {
	c.known("Rule")
	var fields map[string]json.RawMessage
	if wire.DecodeStrict(c.params["Rule"], &fields) != nil || fields == nil {
		wire.Violate(c.r, "Rule is no object")
		return invalidRequest()
	}
	r, refusal := b.ruleOf(c, fields)
	if refusal.status != 0 {
		return refusal
	}
	row := b.rules.find(r.ApplicationID, r.Trustee)
	if row == nil {
		return failed(c, resultRuleNotFound, "The rule was not found")
	}
	if c.fault != FaultIgnoredWrite {
		r.Trustee = row.Trustee
		row.Rule = r
	}
	return b.success(nil)
}

// getRules answers "POST OAuth/GetRules".
func (b *Backend) getRules(c *call) reply {
	c.known("ApplicationId", "TrusteePrefixedUniversal", "TrusteePrefixedUniversals", "MaximumScope", "Renewable", "NoExpire", "ResolveIdentities")
	application, isText := c.text("ApplicationId")
	trustee, isID := c.text("TrusteePrefixedUniversal")
	if !isText || !isID || application == "" && trustee == "" {
		wire.Violate(c.r, "neither ApplicationId nor TrusteePrefixedUniversal")
		return invalidRequest()
	}
	wire.Note(c.r, "application", application, "trustee", trustee)
	if c.caller.global == User && c.caller.applications[application] != Owner {
		switch {
		case application == "" && c.caller.owns():
		case b.switches.ForeignRules == ForeignEmpty && c.caller.owns():
			return b.success(map[string]any{"Rules": []any{}})
		default:
			return b.denied(c)
		}
	}
	if application != "" && b.byID[application] == nil && len(b.rules.byKey[application]) == 0 {
		return failed(c, resultApplicationNotFound, "The application was not found")
	}
	of := []string{application}
	if application == "" {
		of = slices.Sorted(maps.Keys(b.rules.byKey))
	}
	entries := []any{}
	for _, id := range of {
		if c.caller.global == User && c.caller.applications[id] != Owner {
			continue
		}
		for _, rule := range b.rules.list(id, b.switches.Order == OrderStable) {
			if trustee == "" || b.rules.fold(trustee) == b.rules.fold(rule.Trustee) {
				entries = append(entries, b.ruleEntry(rule))
			}
		}
	}
	wire.Note(c.r, "rules", len(entries))
	return b.success(map[string]any{"Rules": entries})
}

// deleteRule answers "POST OAuth/DeleteRule". With one ID alone it deletes all rules of that
// trustee, or of that application, as its page says.
func (b *Backend) deleteRule(c *call) reply {
	c.known("TrusteePrefixedUniversal", "ApplicationId")
	trustee, isID := c.text("TrusteePrefixedUniversal")
	application, isText := c.text("ApplicationId")
	if !isID || !isText || trustee == "" && application == "" {
		wire.Violate(c.r, "neither TrusteePrefixedUniversal nor ApplicationId")
		return invalidRequest()
	}
	wire.Note(c.r, "application", application, "trustee", trustee)
	if trustee == "" || application == "" {
		wire.Violate(c.r, "a DeleteRule with one ID, which deletes rules of others")
	}
	if application != "" && !c.caller.governs(application) || application == "" && c.caller.global != Admin && !c.caller.owns() {
		return b.denied(c)
	}
	if c.fault == FaultIgnoredWrite {
		return b.success(nil)
	}
	deleted, candidates := 0, []Rule(nil)
	if trustee == "" || application == "" {
		candidates = b.rules.all()
	} else if row := b.rules.find(application, trustee); row != nil {
		candidates = []Rule{row.Rule}
	}
	for _, rule := range candidates {
		if (application == "" || rule.ApplicationID == application) && (trustee == "" || b.rules.fold(rule.Trustee) == b.rules.fold(trustee)) &&
			c.caller.governs(rule.ApplicationID) && b.rules.remove(rule.ApplicationID, rule.Trustee, b.lag(c)) {
			deleted++
		}
	}
	wire.Note(c.r, "deleted", deleted)
	if deleted == 0 && b.switches.AbsentRule != ResultSuccess {
		return failed(c, resultRuleNotFound, "The rule was not found")
	}
	return b.success(nil)
}

// ruleFor returns the rule by which an identity may get tokens for an application, its own or that
// of a group. Without one a restricted application lets nobody in.
func (b *Backend) ruleFor(application, identity string) *Rule {
	for _, id := range b.directory.groups(foldGrantee(identity)) {
		if known := b.directory.byUniversal[id]; known != nil {
			if row := b.rules.find(application, known.PrefixedUniversal()); row != nil {
				return &row.Rule
			}
		}
	}
	return nil
}
