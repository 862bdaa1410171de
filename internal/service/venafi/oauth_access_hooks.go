// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/shared"
	api "github.com/appaccess/terraform-provider-appaccess/internal/api/venafi"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/venafi/grantset"
	"github.com/appaccess/terraform-provider-appaccess/internal/service/access"
)

// diffAccess is Diff of who may use an application. What is there to use the listing of the refresh
// tells.
func (s *grants) diffAccess(ctx context.Context, order access.Order[grantset.Set]) (access.Change, error) {
	wanted, prior := sets(order)
	run := s.run.Of(wanted)
	delta, err := run.Delta(ctx, wanted, prior, s.exclusive)
	if api.HasResult(err, api.ApplicationNotFound) && (order.Wanted == nil || order.Prior == nil && s.applications.Said(wanted.ApplicationID)) {
		delta, err = grantset.Diff(wanted, prior, nil), nil // it is gone with all its rules, or this plan makes it
	}
	if err == nil {
		err = run.CheckGrantees(ctx, delta.Grant)
	}
	if err == nil {
		err = s.refuseLockout(ctx, order, delta)
	}
	if err != nil {
		return access.Change{}, err
	}
	change := s.change(order, delta)
	s.warnTokens(ctx, wanted, newNames(prior, wanted), delta.Revoke, &change.Warnings)
	if order.Prior == nil && s.exclusive {
		s.warnVendor(ctx, wanted, &change.Warnings)
	}
	return change, nil
}

// refuseLockout refuses to take the rule through which the provider is logged in, or to make it too
// narrow to log in again.
func (s *grants) refuseLockout(ctx context.Context, order access.Order[grantset.Set], delta grantset.Delta) error {
	wanted, prior := sets(order)
	client := s.run.Client()
	own, scope, err := client.OwnApplication(ctx)
	if err != nil || own != wanted.ApplicationID || len(delta.Revoke)+len(delta.Amend) == 0 {
		return err
	}
	identity, groups, err := client.OwnTrustees(ctx)
	if err != nil {
		return err
	}
	listed, err := client.Rules(ctx, wanted.ApplicationID)
	if err != nil {
		return err
	}
	is := func(trustee string) bool { return api.SameGrantee(trustee, identity) }
	going := slices.ContainsFunc(delta.Revoke, func(g api.Grant) bool { return is(g.Grantee) })
	byIdentity := !going && slices.ContainsFunc(listed, func(r api.Rule) bool { return is(r.Trustee) }) // then a group's rule is not needed
	mine := func(trustee string) bool {
		return is(trustee) || !byIdentity && slices.ContainsFunc(groups, func(g string) bool { return api.SameGrantee(g, trustee) })
	}
	refuse := func(trustee, what string) error {
		return &access.Refusal{
			At: s.at, Summary: "The provider would lock itself out: " + wanted.String(),
			Detail: fmt.Sprintf("The provider is logged in by the rule of %s, and could not log in again: %s. Log in as somebody else to do that.",
				newNames(prior, wanted).of(trustee), what),
		}
	}
	for _, g := range delta.Revoke {
		if mine(g.Grantee) {
			return refuse(g.Grantee, "the rule would go")
		}
	}
	for _, a := range delta.Amend {
		if lacking := api.ScopeLacks(scope, a.To.MaximumScope); len(lacking) > 0 && mine(a.Is.Trustee) {
			return refuse(a.Is.Trustee, "maximum_scope lacks "+strings.Join(lacking, ", "))
		}
	}
	return nil
}

// warnTokens says what removing does not do, with the live grants of those removed where the caller
// may see them.
func (s *grants) warnTokens(ctx context.Context, set grantset.Set, names names, removed []api.Grant, diags *diag.Diagnostics) {
	if len(removed) == 0 {
		return
	}
	summary := "Tokens outlive the access: " + set.String()
	detail := "Removing somebody does not end the tokens that they have: these work until they expire, and can't be renewed then."
	live, err := s.run.Client().LiveGrants(ctx, set.ApplicationID)
	if err != nil {
		diags.AddAttributeWarning(s.at, summary, detail+" The provider may not see how many there are.")
		return
	}
	of := make(map[string]*tokens, len(removed)) // by trustee
	for _, g := range removed {
		of[api.CanonicalGrantee(g.Grantee)] = &tokens{}
	}
	for _, grant := range live {
		has := of[api.CanonicalGrantee(grant.GrantedTo)]
		if has == nil {
			has = of[api.CanonicalGrantee(grant.Grantee)]
		}
		if has == nil {
			continue
		}
		has.add(grant)
	}
	removed = slices.DeleteFunc(slices.Clone(removed), func(g api.Grant) bool { return of[api.CanonicalGrantee(g.Grantee)].count == 0 })
	if len(removed) == 0 {
		return
	}
	diags.AddAttributeWarning(s.at, summary, detail+" End them in the console where that is too late.\n\n"+firstLines(removed, func(g api.Grant) string {
		return fmt.Sprintf("%s: %s", names.of(g.Grantee), of[api.CanonicalGrantee(g.Grantee)])
	}))
}

// tokens are live grants: how many, and until when the last of them lives, where the server says
// that.
type tokens struct {
	count int
	until time.Time
}

func (t *tokens) add(g api.LiveGrant) {
	t.count++
	if g.Expires.After(t.until) {
		t.until = g.Expires
	}
}

func (t *tokens) String() string {
	text := shared.Counted(t.count, "live grant")
	if !t.until.IsZero() {
		text += ", until " + t.until.UTC().Format("2006-01-02 15:04 UTC")
	}
	return text
}

// vendors are whose products register applications of their own.
var vendors = []string{"venafi", "cyberark", "palo alto"}

func (s *grants) warnVendor(ctx context.Context, set grantset.Set, diags *diag.Diagnostics) {
	a, err := s.run.Client().Application(ctx, set.ApplicationID)
	if err != nil || !slices.ContainsFunc(vendors, func(v string) bool { return strings.Contains(strings.ToLower(a.Vendor+" "+a.ID), v) }) {
		return
	}
	diags.AddAttributeWarning(atApplication, "The vendor has registered this for a product of its own: "+set.String(),
		fmt.Sprintf("%s (%s) seems to be part of the vendor's software. Who is not listed here loses access to it, and what the product adds by itself will show "+
			"as drift. appaccess_venafi_oauth_access_set leaves others alone.", a.Name, a.Vendor))
}
