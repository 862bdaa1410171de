// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"golang.org/x/sync/errgroup"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/venafi"
	"github.com/appaccess/terraform-provider-appaccess/internal/service"
	"github.com/appaccess/terraform-provider-appaccess/internal/service/access"
)

// ruleSets is the service of the rules of applications, as sets that add or that own.
type ruleSets struct {
	client       *api.Client
	reservations *service.Reservations
	applications *service.Agreement
	exclusive    bool
}

var atTrustees = path.Root("trustees")

// Place is the server.
func (s *ruleSets) Place(context.Context) (string, error) { return placeOf(s.client), nil }

func (s *ruleSets) Identity(_ context.Context, set accessSet) (any, error) {
	return applicationIdentity{ApplicationID: textValue(set.application)}, nil
}

func (s *ruleSets) Read(ctx context.Context, prior accessSet) (accessSet, bool, error) {
	listed, err := s.client.Rules(ctx, prior.application)
	switch {
	case api.HasResult(err, api.ApplicationNotFound):
		return prior, false, nil
	case err == nil && len(listed) == 0 && len(prior.trustees) > 0:
		err = seesRules(ctx, s.client, prior.application)
	}
	return prior.actual(listed, s.exclusive), true, err
}

func (s *ruleSets) Import(ctx context.Context, named accessSet) (accessSet, error) {
	listed, err := s.client.Rules(ctx, named.application)
	if err == nil && len(listed) == 0 {
		if err = seesRules(ctx, s.client, named.application); err == nil {
			err = fmt.Errorf("the application %q has no rules, so there is nothing to import: create the resource instead", named.application)
		}
	}
	return imported(named.application, listed), err
}

// Diff says what an order changes, by the listing that the refresh has read.
func (s *ruleSets) Diff(ctx context.Context, order access.Order[accessSet]) (access.Change, error) {
	set := either(order)
	listed, err := s.client.Rules(ctx, set.application)
	if api.HasResult(err, api.ApplicationNotFound) && (order.Wanted == nil || order.Prior == nil && s.applications.Said(set.application)) {
		err = nil // it is gone with all its rules, or this plan makes it
	}
	if err != nil {
		return access.Change{}, err
	}
	d := ruleDelta(order.Wanted, order.Prior, listed, s.exclusive)
	change := s.change(order, d)
	if err := s.refuseLockout(ctx, set, d, listed); err != nil {
		return change, err
	}
	s.warnTokens(ctx, set, d, &change.Warnings)
	if order.Prior == nil && s.exclusive {
		s.warnVendor(ctx, set, &change.Warnings)
	}
	return change, nil
}

// either is the set that an order is about, with the names of both.
func either(order access.Order[accessSet]) accessSet {
	if order.Wanted == nil {
		return *order.Prior
	}
	set := *order.Wanted
	if order.Prior != nil {
		set.trustees = make(map[string]trustee, len(order.Wanted.trustees))
		for _, from := range []*accessSet{order.Prior, order.Wanted} {
			for key, t := range from.trustees {
				set.trustees[key] = t
			}
		}
	}
	return set
}

// change is a delta for the guards. A create takes nobody's rule away, and makes none narrower.
func (s *ruleSets) change(order access.Order[accessSet], d delta) access.Change {
	set := either(order)
	change := access.Change{
		Target: set.String(), At: atTrustees, Revoked: set.losses(d.remove), ImportID: set.application,
		Writes: len(d.create) + len(d.update) + len(d.remove), Reads: 1, Quota: s.client.Quota(),
	}
	if order.Prior != nil {
		return change
	}
	var lost []string
	for _, rule := range d.appeared {
		lost = append(lost, rule.Trustee)
	}
	for i, rule := range d.before {
		if lacking := api.ScopeLacks(rule.MaximumScope, d.update[i].MaximumScope); len(lacking) > 0 {
			lost = append(lost, fmt.Sprintf("%s loses the scope %s", set.name(rule), strings.Join(lacking, ", ")))
		}
	}
	if len(lost) > 0 {
		change.Unlisted = access.Loss{Count: len(lost), Names: firstTen(lost)}
	}
	return change
}

// refuseLockout refuses to take the rule through which the provider is logged in, or to make it too narrow to log in again.
func (s *ruleSets) refuseLockout(ctx context.Context, set accessSet, d delta, listed []api.Rule) error {
	own, scope, err := s.client.OwnApplication(ctx)
	if err != nil || own != set.application || len(d.remove)+len(d.update) == 0 {
		return err
	}
	identity, groups, err := s.client.OwnTrustees(ctx)
	if err != nil {
		return err
	}
	refuse := func(rule api.Rule, what string) error {
		return &access.Refusal{
			At: atTrustees, Summary: "The provider would lock itself out: " + set.String(),
			Detail: fmt.Sprintf("The provider is logged in by the rule of %s, and could not log in again: %s. Log in as somebody else to do that.", set.name(rule), what),
		}
	}
	holds := func(rules []api.Rule) bool {
		return slices.ContainsFunc(rules, func(r api.Rule) bool { return api.SameGrantee(r.Trustee, identity) })
	}
	byIdentity := holds(listed) && !holds(d.remove) // then a group's rule is not needed
	mine := func(rule api.Rule) bool {
		return api.SameGrantee(rule.Trustee, identity) ||
			!byIdentity && slices.ContainsFunc(groups, func(g string) bool { return api.SameGrantee(g, rule.Trustee) })
	}
	for _, rule := range d.remove {
		if mine(rule) {
			return refuse(rule, "the rule would go")
		}
	}
	for _, rule := range d.update {
		if lacking := api.ScopeLacks(scope, rule.MaximumScope); len(lacking) > 0 && mine(rule) {
			return refuse(rule, "maximum_scope lacks "+strings.Join(lacking, ", "))
		}
	}
	return nil
}

// warnTokens says what removing does not do, with the live grants of those removed where the caller may see them.
func (s *ruleSets) warnTokens(ctx context.Context, set accessSet, d delta, diags *diag.Diagnostics) {
	if len(d.remove) == 0 {
		return
	}
	detail := "Removing somebody does not end the tokens that they have: these work until they expire, and can't be renewed then."
	live, err := s.client.LiveGrants(ctx, set.application)
	if err != nil {
		diags.AddAttributeWarning(atTrustees, "Tokens outlive the access: "+set.String(), detail+" The provider may not see how many there are.")
		return
	}
	removed := make(map[string]int, len(d.remove)) // by trustee, the place among those removed
	for i, rule := range d.remove {
		removed[api.CanonicalGrantee(rule.Trustee)] = i
	}
	counts, until := make([]int, len(d.remove)), make([]time.Time, len(d.remove))
	for _, grant := range live {
		i, is := removed[api.CanonicalGrantee(grant.GrantedTo)]
		if !is {
			if i, is = removed[api.CanonicalGrantee(grant.Grantee)]; !is {
				continue
			}
		}
		counts[i]++
		if grant.Expires.After(until[i]) {
			until[i] = grant.Expires
		}
	}
	var lines []string
	for i, rule := range d.remove {
		if counts[i] == 0 {
			continue
		}
		line := fmt.Sprintf("%s: %s", set.name(rule), plural(counts[i], "live grant"))
		if !until[i].IsZero() {
			line += ", until " + until[i].UTC().Format("2006-01-02 15:04 UTC")
		}
		lines = append(lines, line)
	}
	if len(lines) > 0 {
		diags.AddAttributeWarning(atTrustees, "Tokens outlive the access: "+set.String(), detail+" End them in the console where that is too late.\n\n"+firstTen(lines))
	}
}

// vendors are whose products register applications of their own.
var vendors = []string{"venafi", "cyberark", "palo alto"}

func (s *ruleSets) warnVendor(ctx context.Context, set accessSet, diags *diag.Diagnostics) {
	a, err := s.client.Application(ctx, set.application)
	if err != nil || !slices.ContainsFunc(vendors, func(v string) bool { return strings.Contains(strings.ToLower(a.Vendor+" "+a.ID), v) }) {
		return
	}
	diags.AddAttributeWarning(atApplication, "The vendor has registered this for a product of its own: "+set.String(),
		fmt.Sprintf("%s (%s) seems to be part of the vendor's software. Who is not listed here loses access to it, and what the product adds by itself will show "+
			"as drift. appaccess_venafi_oauth_access_set leaves others alone.", a.Name, a.Vendor))
}

// Apply makes the rules, and says who may use the application then.
func (s *ruleSets) Apply(ctx context.Context, order access.Order[accessSet]) (access.Outcome[accessSet], error) {
	set := either(order)
	out := access.Outcome[accessSet]{Now: set}
	if order.Prior != nil {
		out.Now = *order.Prior
	}
	give, err := s.reserve(ctx, order.Wanted)
	if err != nil {
		return out, err
	}
	listed, err := s.client.Rules(ctx, set.application)
	switch {
	case order.Wanted == nil && api.HasResult(err, api.ApplicationNotFound):
		out.Gone = true
		return out, nil
	case err != nil:
		give(nil)
		return out, err
	}
	d := ruleDelta(order.Wanted, order.Prior, listed, s.exclusive)
	if order.Verb != "undo" {
		if err = s.refuseLockout(ctx, set, d, listed); err == nil {
			err = order.Approve(s.change(order, d))
		}
		if err != nil {
			give(nil)
			return out, err
		}
	}
	if order.Prior != nil && len(d.appeared) > 0 {
		names := set.losses(d.appeared).Names
		out.Warnings.AddAttributeWarning(atTrustees, "Access has appeared since the plan: "+set.String(),
			"The plan did not show it, so it is left alone, and the next plan shows it:\n\n"+names)
	}
	if order.Verb == "undo" {
		d.update = append(d.update, order.Prior.restore...)
	}
	done, err := s.write(ctx, d)
	out.Touched = len(done.create)+len(done.update)+len(done.remove) > 0 || uncertain(err)
	listed, readErr := s.readBack(ctx, set.application, done, err == nil && !d.empty(), listed)
	if readErr != nil && err == nil {
		out.Warnings.AddAttributeWarning(atTrustees, "The rules could not be read back: "+set.String(),
			"The server confirmed every write, and could not be asked afterwards. The next plan reads what is there.\n\n"+readErr.Error())
	}
	s.conclude(order, &out, done, listed, err)
	switch {
	case out.Undo != nil:
		give(nil) // what was made goes again
	case err != nil:
		give(done.create)
	}
	return out, err
}

// conclude says in an outcome what is true.
func (s *ruleSets) conclude(order access.Order[accessSet], out *access.Outcome[accessSet], done delta, listed []api.Rule, err error) {
	if order.Wanted == nil {
		out.Now = order.Prior.actual(listed, false)
		out.Gone = len(out.Now.trustees) == 0
		return
	}
	set := either(order)
	out.Now = set.actual(listed, s.exclusive)
	if err == nil || order.Prior != nil || uncertain(err) {
		return
	}
	// A create that was refused in part is taken back: what it made goes, what it changed becomes again what it was.
	undo := set
	undo.trustees, undo.restore = map[string]trustee{}, done.before
	for _, rule := range done.create {
		key := api.CanonicalGrantee(rule.Trustee)
		undo.trustees[key] = set.trustees[key]
	}
	out.Undo = &undo
}

func uncertain(err error) bool { return err != nil && api.Uncertain(err) }

func reservation(application, trustee string) string { return application + "\x00" + trustee }

// reserve marks the rules that this apply wants, so that no other resource of the run takes them. Whoever fails gives them
// back, but for those that were made.
func (s *ruleSets) reserve(ctx context.Context, wanted *accessSet) (func(made []api.Rule), error) {
	held := map[string]*service.Reservation{}
	give := func(made []api.Rule) {
		for _, rule := range made {
			delete(held, api.CanonicalGrantee(rule.Trustee))
		}
		for _, r := range held {
			r.Wanted = false
		}
	}
	if wanted == nil {
		return give, nil
	}
	for key := range wanted.trustees {
		r, end, err := s.reservations.Take(ctx, reservation(wanted.application, key))
		if err != nil {
			give(nil)
			return give, err
		}
		if !r.Wanted { // else another resource wants it too, and it stays wanted
			r.Wanted, held[key] = true, r
		}
		end()
	}
	return give, nil
}

// write makes and changes rules, and then deletes; it stops at what fails, and says what it has done.
func (s *ruleSets) write(ctx context.Context, d delta) (done delta, err error) {
	var mu sync.Mutex
	var failed []error
	group, stop := &errgroup.Group{}, false
	group.SetLimit(max(1, s.client.MaxConcurrent()))
	each := func(rules []api.Rule, into *[]api.Rule, do func(api.Rule) error) {
		for i, rule := range rules {
			mu.Lock()
			stopped := stop
			mu.Unlock()
			if stopped || ctx.Err() != nil {
				break
			}
			group.Go(func() error {
				err := do(rule)
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err != nil:
					stop, failed = true, append(failed, fmt.Errorf("%s: %w", rule.Trustee, err))
				default:
					*into = append(*into, rule)
					if into == &done.update && i < len(d.before) {
						done.before = append(done.before, d.before[i])
					}
				}
				return nil
			})
		}
		_ = group.Wait() // errors are kept above
	}
	each(d.create, &done.create, func(r api.Rule) error { return s.client.CreateRule(ctx, r) })
	each(d.update, &done.update, func(r api.Rule) error { return s.client.UpdateRule(ctx, r) })
	each(d.remove, &done.remove, func(r api.Rule) error { return s.end(ctx, r) })
	if len(failed) == 0 && ctx.Err() != nil {
		failed = append(failed, context.Cause(ctx))
	}
	return done, errors.Join(failed[:min(len(failed), 10)]...)
}

// end deletes a rule that no other resource of this run wants.
func (s *ruleSets) end(ctx context.Context, r api.Rule) error {
	turn, end, err := s.reservations.Take(ctx, reservation(r.ApplicationID, api.CanonicalGrantee(r.Trustee)))
	if err != nil {
		return err
	}
	defer end()
	if turn.Wanted {
		return nil
	}
	return s.client.DeleteRule(ctx, r.ApplicationID, r.Trustee)
}

// readBack lists the rules after writes, with what the server has confirmed where the listing lags behind.
func (s *ruleSets) readBack(ctx context.Context, application string, done delta, patient bool, before []api.Rule) ([]api.Rule, error) {
	if len(done.create)+len(done.update)+len(done.remove) == 0 && patient {
		return before, nil
	}
	made, gone := map[string]api.Rule{}, map[string]bool{}
	for _, rule := range slices.Concat(done.create, done.update) {
		made[api.CanonicalGrantee(rule.Trustee)] = rule
	}
	for _, rule := range done.remove {
		gone[api.CanonicalGrantee(rule.Trustee)] = true
	}
	settled := func(listed []api.Rule) bool {
		left := len(made)
		for _, rule := range listed {
			key := api.CanonicalGrantee(rule.Trustee)
			if gone[key] {
				return false
			}
			if _, is := made[key]; is {
				left--
			}
		}
		return left == 0
	}
	look, end := lookAfter(ctx)
	defer end()
	listed, err := s.client.AwaitRules(look, application, settled)
	if err != nil {
		listed = before
	}
	var now []api.Rule
	for _, rule := range listed {
		key := api.CanonicalGrantee(rule.Trustee)
		if gone[key] {
			continue
		}
		delete(made, key)
		now = append(now, rule)
	}
	for _, rule := range made {
		now = append(now, rule)
	}
	return now, err
}

// Explain turns an error of the API into diagnostics that point at the attribute.
func (s *ruleSets) Explain(verb string, set accessSet, err error) (diags diag.Diagnostics) {
	summary := "Unable to " + verb + " the access to " + set.String()
	switch {
	case api.HasResult(err, api.ApplicationNotFound):
		diags.AddAttributeError(atApplication, summary, sentence(err))
	case api.HasResult(err, api.RemoteIdentityRequired):
		diags.AddAttributeError(atTrustees, summary, sentence(err))
	case api.HasResult(err, api.InvalidScope, api.ScopeMismatch):
		diags.AddAttributeError(atMaximumScope, summary, sentence(err))
	default:
		diags.AddError(summary, sentence(err))
	}
	return diags
}
