// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/venafi"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/venafi/grantset"
	"github.com/appaccess/terraform-provider-appaccess/internal/service"
	"github.com/appaccess/terraform-provider-appaccess/internal/service/access"
)

// maxNames is how many grantees a message names.
const maxNames = 10

// kind is what tells the resources of roles apart. A single grant is a set of one.
type kind struct {
	suffix    string // of the type name
	title     string // what errors call it
	noun, who string // what it grants, and whom it is about
	whom      string // the vendor's word for one who gets it
	exclusive bool   // answers for grants that it did not make, too
	rules     bool   // is about the rules of an application
	at        path.Path
}

var (
	singleGrant    = ofRoles("_venafi_oauth_role_grant", "the OAuth role grant", path.Root("grantee"))
	additiveSet    = ofRoles("_venafi_oauth_role_grant_set", "the OAuth role grants", path.Root("grantees"))
	ownedSet       = additiveSet.owning("_venafi_oauth_role_grants_exclusive")
	additiveAccess = kind{
		suffix: "_venafi_oauth_access_set", title: "the access to an application", noun: "access", who: "who may use its application", whom: "trustee",
		rules: true, at: path.Root("trustees"),
	}
	ownedAccess = additiveAccess.owning("_venafi_oauth_access_exclusive")
)

func ofRoles(suffix, title string, at path.Path) kind {
	return kind{suffix: suffix, title: title, noun: "role", who: "who holds its role", whom: "grantee", at: at}
}

// owning is the kind that owns what this one adds to.
func (k kind) owning(suffix string) kind {
	k.suffix, k.exclusive = suffix, true
	return k
}

func (k kind) single() bool { return k.suffix == singleGrant.suffix }

// target names what a set is of, for the summaries of warnings.
func (k kind) target(set grantset.Set) string {
	if grants := set.Grants(); k.single() && len(grants) == 1 {
		return grants[0].String()
	}
	return set.String()
}

// about names what a set grants, in a sentence.
func (k kind) about(set grantset.Set) string {
	if k.rules {
		return "access to " + set.String()
	}
	return "role " + k.target(set)
}

// grants is the service of roles, and of the rules of applications.
type grants struct {
	kind
	run          *grantset.Run
	applications *service.Agreement
}

func (k kind) connect(ctx context.Context, data *service.Data) (access.Service[grantset.Set], diag.Diagnostics) {
	run, diags := data.VenafiRoles.Client(ctx)
	return &grants{kind: k, run: run, applications: data.VenafiApplications}, diags
}

// memory is what the private state keeps of a set.
func memory(set *grantset.Set) any {
	kept := &struct {
		Aliases   *map[string]string    `json:"aliases,omitempty"`
		Unsettled *map[string]time.Time `json:"unsettled,omitempty"`
		Applied   **grantset.Terms      `json:"applied,omitempty"`
	}{Aliases: &set.Aliases, Unsettled: &set.Unsettled}
	if set.Role == api.Use {
		kept.Applied = &set.Applied
	}
	return kept
}

// held is what the grantees of a set lose when it is destroyed.
func held(set grantset.Set) access.Loss { return newNames(set).loss(set.Grants()) }

// Place is the server.
func (s *grants) Place(context.Context) (string, error) {
	return "Venafi " + s.run.Client().Place(), nil
}

func (s *grants) Identity(_ context.Context, set grantset.Set) (any, error) {
	if s.rules {
		return applicationIdentity{ApplicationID: service.Text(set.ApplicationID)}, nil
	}
	of := grantSetIdentity{Role: types.StringValue(set.Role.String()), ApplicationID: service.Text(set.ApplicationID)}
	if !s.single() {
		return of, nil
	}
	identity := grantIdentity{Role: of.Role, ApplicationID: of.ApplicationID}
	for _, grantee := range set.Grantees {
		identity.Grantee = types.StringValue(grantee)
	}
	return identity, nil
}

func (s *grants) Read(ctx context.Context, prior grantset.Set) (grantset.Set, bool, error) {
	now, err := s.run.Of(prior).Read(ctx, prior, s.exclusive)
	if api.HasResult(err, api.ApplicationNotFound) {
		return prior, false, nil
	}
	return now, !s.single() || len(now.Grantees) > 0, err
}

// Import reads everybody who holds the role, or the one grant that is named.
func (s *grants) Import(ctx context.Context, named grantset.Set) (grantset.Set, error) {
	run := s.run.Of(named)
	if err := run.CheckApplication(ctx, named); err != nil {
		return named, err
	}
	now, err := run.Read(ctx, named, !s.single())
	if err == nil && s.rules {
		if len(now.Grantees) == 0 {
			return now, fmt.Errorf("the application %q has no rules, so there is nothing to import: create the resource instead", named.ApplicationID)
		}
		return run.Imported(now), nil
	}
	if err == nil && s.single() && len(now.Grantees) == 0 {
		return now, fmt.Errorf("nobody has granted it: the server does not list it. Check the role, the application, upper and lower case included, and the grantee")
	}
	return now, err
}

// Diff says what an order changes. A destroy of roles needs no listing: the state has what the
// refresh before has read.
func (s *grants) Diff(ctx context.Context, order access.Order[grantset.Set]) (access.Change, error) {
	wanted, prior := sets(order)
	if s.rules {
		return s.diffAccess(ctx, order)
	}
	if order.Wanted == nil {
		delta := grantset.Delta{Revoke: prior.Grants()}
		if err := s.run.CheckOwn(ctx, delta.Revoke); err != nil {
			return access.Change{}, err
		}
		_, err := s.run.Intend(ctx, nil, delta.Revoke)
		return s.change(order, delta), err
	}
	delta, err := s.run.Delta(ctx, wanted, prior, s.exclusive)
	if err != nil {
		return access.Change{}, err
	}
	if err := s.run.GuardOwn(ctx, delta.Revoke); err != nil {
		return access.Change{}, err
	}
	gained := grantset.Diff(wanted, prior, nil).Grant
	if order.Prior != nil {
		gained = grantset.Diff(wanted, prior, prior.Grants()).Grant
	}
	if order.Prior == nil && !s.applications.Said(wanted.ApplicationID) { // this plan may make it
		if err := s.run.CheckApplication(ctx, wanted); err != nil {
			return access.Change{}, err
		}
	}
	if err := s.run.CheckGrantees(ctx, delta.Grant); err != nil {
		return access.Change{}, err
	}
	clashes, err := s.run.Intend(ctx, gained, delta.Revoke)
	change := s.change(order, delta)
	warnClashes(&change.Warnings, wanted, clashes)
	return change, err
}

// sets are what an order wants and what was there before, each the empty set where there is none.
func sets(order access.Order[grantset.Set]) (wanted, prior grantset.Set) {
	switch {
	case order.Wanted == nil:
		return order.Prior.Empty(), *order.Prior
	case order.Prior == nil:
		return *order.Wanted, order.Wanted.Empty()
	}
	return *order.Wanted, *order.Prior
}

// change is a delta as the lifecycle looks at it.
func (s *grants) change(order access.Order[grantset.Set], delta grantset.Delta) access.Change {
	wanted, prior := sets(order)
	names := newNames(prior, wanted)
	change := access.Change{
		Target: s.target(wanted), At: s.at, Revoked: names.loss(delta.Revoke),
		Writes: len(delta.Grant) + len(delta.Amend) + len(delta.Revoke), Quota: s.run.Client().Quota(),
	}
	if order.Wanted == nil {
		change.Target = s.target(prior)
	}
	if order.Verb == "create" {
		change.Unlisted, change.ImportID = s.unlisted(names, delta.Foreign, delta.Widened), importID(wanted)
	}
	return change
}

// unlisted is access that a resource does not list: grants that it did not make, where it owns the
// role, and scopes that rules have beyond its own.
func (s *grants) unlisted(names names, foreign []api.Grant, widened []grantset.Amendment) access.Loss {
	var lines []string
	if s.exclusive {
		for _, g := range foreign {
			lines = append(lines, names.of(g.Grantee))
		}
	}
	for _, a := range widened {
		lines = append(lines, fmt.Sprintf("%s loses the scope %s", names.of(a.Is.Trustee), strings.Join(a.Widens(), ", ")))
	}
	loss := access.Loss{Count: len(lines), Names: firstLines(lines, func(line string) string { return line })}
	if len(lines) > 0 && !s.exclusive {
		loss.Names += "\n\nAn import takes up all rules of the application. Those that this resource does not list show as a `-` then, also where another " +
			"one lists them."
	}
	return loss
}

// Apply makes the change. Of an exclusive set, too, it revokes only what the plan was made from:
// who appeared since is left alone.
func (s *grants) Apply(ctx context.Context, order access.Order[grantset.Set]) (access.Outcome[grantset.Set], error) {
	wanted, prior := sets(order)
	if s.single() && order.Verb == "update" {
		return access.Outcome[grantset.Set]{Now: wanted}, nil // another spelling of the same grantee, or other timeouts
	}
	var progress grantset.Progress
	of := wanted
	if order.Wanted == nil {
		of = prior
	}
	wrote, stop := service.Report(ctx, map[string]any{"target": s.target(of)}, func() string {
		return service.Of("granted or revoked", progress.Done.Load(), progress.Due.Load())
	}, s.run.QuotaWait)
	defer stop()
	progress.Wrote = func() { wrote(progress.Due.Load()) }
	made, err := s.run.Of(wanted).Apply(ctx, grantset.Change{
		Wanted: wanted, Prior: prior, Exclusive: s.exclusive, Undo: order.Verb == "undo", Progress: &progress,
		Approve: func(delta grantset.Delta) error {
			if s.rules && order.Verb != "undo" {
				if err := s.refuseLockout(ctx, order, delta); err != nil {
					return err
				}
			}
			return order.Approve(s.change(order, delta))
		},
	})
	if order.Wanted == nil && api.HasResult(err, api.ApplicationNotFound) {
		return access.Outcome[grantset.Set]{Now: prior, Gone: true}, nil
	}
	out := access.Outcome[grantset.Set]{Touched: made.Touched, Now: made.Now, Target: s.target(of)}
	out.Gone = order.Wanted == nil && len(made.Now.Grantees) == 0
	s.warnAfter(&out.Warnings, order, made)
	if order.Prior != nil && order.Verb != "undo" {
		out.Appeared = s.unlisted(newNames(prior, wanted), made.Foreign, made.Widened)
	}
	if err == nil {
		return out, nil
	}
	if failed, ok := errors.AsType[*grantset.Error](err); ok && order.Verb == "create" && ctx.Err() == nil && len(failed.Failures) > 0 && len(made.Unknown) == 0 {
		granted := wanted.Empty()
		granted.Grantees, granted.Terms = map[string]string{}, wanted.Terms
		names := newNames(wanted)
		for _, g := range made.Granted {
			granted.Grantees[names[api.CanonicalGrantee(g.Grantee)]] = g.Grantee
		}
		granted.Aliases = made.Now.Aliases
		for _, a := range made.Amended {
			granted.Restore = append(granted.Restore, a.Is)
		}
		if len(granted.Grantees)+len(granted.Restore) > 0 {
			out.Undo = &granted
		}
	}
	return out, err
}

// warnAfter says what came about otherwise than planned.
func (s *grants) warnAfter(diags *diag.Diagnostics, order access.Order[grantset.Set], made grantset.Outcome) {
	wanted, prior := sets(order)
	names := newNames(prior, wanted)
	target := s.target(wanted)
	if order.Wanted == nil {
		target = s.target(prior)
	}
	if len(made.Unlisted) > 0 {
		diags.AddAttributeWarning(s.at, "Granted, but not listed yet: "+target,
			fmt.Sprintf("The server confirmed the %s for these %ss, but does not list it even after some seconds. If the next plan wants to grant it "+
				"again, the server may know them by another ID.\n\n%s", s.about(wanted), s.whom, names.lines(made.Unlisted)))
	}
	if len(made.Claimed) > 0 && order.Verb != "undo" {
		diags.AddWarning("Not revoked: "+target,
			fmt.Sprintf("Another resource of this configuration has just claimed the %s for these %ss, so they keep it:\n\n%s", s.about(wanted), s.whom,
				names.lines(made.Claimed)))
	}
}

// warnClashes tells where a role on the whole installation meets roles on applications.
func warnClashes(diags *diag.Diagnostics, wanted grantset.Set, clashes []api.Grant) {
	if len(clashes) == 0 {
		return
	}
	text := newNames(wanted).grants(clashes)
	if wanted.Role.Overrides() {
		diags.AddAttributeWarning(path.Root("role"), "A role on the whole installation overrides roles on applications: "+wanted.String(),
			fmt.Sprintf("Whoever holds %s has nothing of roles on applications: the server looks at the former alone. Grantees may lose what these roles give, "+
				"which they hold or this plan grants:\n\n%s", wanted, text))
		return
	}
	diags.AddAttributeWarning(path.Root("role"), "The role is overridden by a role on the whole installation: "+wanted.String(),
		fmt.Sprintf("%s has no effect while a grantee holds a role on the whole installation, since the server looks at that one alone. Held, or granted by this "+
			"plan:\n\n%s", wanted, text))
}
