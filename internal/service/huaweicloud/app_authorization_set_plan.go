// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud/authset"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/shared"
	"github.com/appaccess/terraform-provider-appaccess/internal/service"
	"github.com/appaccess/terraform-provider-appaccess/internal/service/access"
)

// maxLines is how many applications a warning lists.
const maxLines = 20

// countArgument is how an apply or a refresh reads less.
const countArgument = `verification = "count"`

// insight is what a plan knows beyond its attributes.
type insight struct {
	wanted, prior authset.Set
	actual        authset.Actual
	deltas        authset.Deltas
}

// Diff works out the same difference as the apply, from what the refresh of this run has read.
func (s *sets) Diff(ctx context.Context, order access.Order[set]) (access.Change, error) {
	if order.Wanted == nil {
		return s.diffDestroy(ctx, order)
	}
	actual, err := s.observe(ctx, order)
	if err != nil {
		return access.Change{}, err
	}
	wanted, prior := sides(order)
	deltas := authset.Diff(wanted, prior, actual)
	if err := s.refuse(ctx, order, actual, deltas); err != nil {
		return access.Change{}, err
	}
	if s.kind.exclusive && order.Prior == nil {
		// What a state holds goes with the resource that is replaced, as its plan shows.
		claims, owner := s.data.HuaweicloudClaims, service.OfTargets(wanted.AppIDs)
		actual = without(actual, func(appID string, h api.Handle) bool { return claims.Holds(owner, appID, h) })
	}
	change := s.change(order, actual, deltas)
	s.warn(&change.Warnings, insight{wanted: wanted, prior: prior, actual: actual, deltas: deltas})
	if gone := absent(wanted.AppIDs, actual); len(gone) > 0 {
		change.Warnings.AddAttributeWarning(path.Root("app_ids"), "No such application any more: "+gone[0],
			"These applications of the set have been deleted. Applying fails before anything is sent: remove them from app_ids.\n\n"+lines(gone))
	}
	return change, nil
}

// refuse is for what no apply may do: close what no plan has shown, and grant what doesn't exist.
func (s *sets) refuse(ctx context.Context, order access.Order[set], actual authset.Actual, deltas authset.Deltas) error {
	wanted, prior := sides(order)
	gone := absent(wanted.AppIDs, actual)
	if order.Prior != nil {
		gone = slices.DeleteFunc(gone, func(id string) bool { return slices.Contains(order.Prior.memory.Gone, id) })
	}
	if len(gone) > 0 {
		return s.refuseGone(ctx, gone)
	}
	var joined, since []api.App
	for _, app := range deltas.OpenedApps() {
		switch {
		case slices.Contains(prior.AppIDs, app.ID):
			since = append(since, app)
		case order.Prior == nil && s.data.HuaweicloudClaims.Holds(openedBy(wanted.AppIDs), app.ID, api.Handle{}):
			// The resource that is replaced has it open, and closes it, as its plan shows.
		default:
			joined = append(joined, app)
		}
	}
	switch {
	case len(since) > 0:
		return s.kind.refuseOpened(false, since)
	case len(joined) > 0:
		return s.kind.refuseOpened(true, joined)
	}
	return nil
}

// diffDestroy says what the state holds. Some Terraforms plan the end of what no configuration
// names before they refresh it: what was opened since is refused by the apply, which takes it into
// the state for the next plan to show.
func (s *sets) diffDestroy(ctx context.Context, order access.Order[set]) (access.Change, error) {
	apps, err := s.client.Apps(ctx)
	if err != nil {
		return access.Change{}, err
	}
	_, prior := sides(order)
	actual := authset.Remembered(authset.Tracked{Set: prior, Missing: order.Prior.missing}, apps)
	deltas := authset.Diff(authset.Set{}, prior, actual)
	change := s.change(order, actual, deltas)
	s.warn(&change.Warnings, insight{prior: prior, actual: actual, deltas: deltas})
	return change, nil
}

// change is the difference in the terms of the lifecycle.
func (s *sets) change(order access.Order[set], actual authset.Actual, deltas authset.Deltas) access.Change {
	wanted, prior := sides(order)
	in := insight{actual: actual, deltas: deltas}
	change := access.Change{
		Target: s.target(order, actual), At: path.Root("app_ids"), Revoked: access.Loss{Count: deltas.Revocations(), Names: revocationLines(deltas)},
		Writes: deltas.Requests(), Reads: in.counts(), Quota: s.client.Quota(), Joins: order.Prior != nil,
	}
	if s.data.HuaweicloudCounts == nil {
		change.Reads, change.Faster = in.reads(), access.Faster{Argument: countArgument, Reads: in.counts()}
	}
	if !s.kind.exclusive || order.Wanted == nil || wanted.Mode == api.AllUser {
		return change
	}
	unlisted := authset.Foreign(wanted, prior, actual)
	maps.DeleteFunc(unlisted, func(id string, _ []api.Handle) bool {
		return !slices.Contains(wanted.AppIDs, id) || slices.Contains(prior.AppIDs, id)
	})
	change.Unlisted, change.ImportID = loss(unlisted, actual), strings.Join(slices.Sorted(maps.Keys(unlisted)), ",")
	return change
}

// target names the first application, and how many more there are.
func (s *sets) target(order access.Order[set], actual authset.Actual) string {
	of := order.Prior
	if order.Wanted != nil {
		of = order.Wanted
	}
	if len(of.AppIDs) == 0 {
		return "no applications"
	}
	app := actual[of.AppIDs[0]].App
	app.ID = of.AppIDs[0]
	if more := len(of.AppIDs) - 1; more > 0 {
		return fmt.Sprintf("%s and %s more", app, shared.Counted(more, "application"))
	}
	return app.String()
}

// without is a look at the service without some of the accounts.
func without(actual authset.Actual, drop func(appID string, h api.Handle) bool) authset.Actual {
	out := maps.Clone(actual)
	for id, status := range actual {
		status.Accounts = maps.Clone(status.Accounts)
		maps.DeleteFunc(status.Accounts, func(h api.Handle, _ api.PlatformType) bool { return drop(id, h) })
		out[id] = status
	}
	return out
}

// observe reads what the plan needs. The create of an additive set revokes nobody, so that the
// modes of its applications are all that can surprise.
func (s *sets) observe(ctx context.Context, order access.Order[set]) (authset.Actual, error) {
	wanted, prior := sides(order)
	if !s.kind.exclusive && len(prior.AppIDs) == 0 {
		return authset.Observe(ctx, s.client, authset.Set{AppIDs: wanted.AppIDs, Mode: wanted.Mode}, prior, false)
	}
	w, counting := s.reader(wanted, order.Prior)
	actual, err := authset.Observe(ctx, w, wanted, prior, s.kind.exclusive)
	if order.Prior != nil {
		order.Prior.learn(counting)
	}
	return actual, err
}

// refuseGone is for ids that no application has. Where the text is the name of one, it says the id.
func (s *sets) refuseGone(ctx context.Context, gone []string) error {
	apps, err := s.client.Apps(ctx)
	if err != nil {
		return err
	}
	var text []string
	for _, id := range gone {
		text = append(text, noSuchID(apps, id))
	}
	return &access.Refusal{
		At: path.Root("app_ids"), Summary: "No such application: " + gone[0],
		Detail: "The project has no application with these ids. They may have been deleted, or belong to another project or region: remove them from app_ids, " +
			"or correct them. The data source appaccess_huaweicloud_app finds an id by the name.\n\n" + lines(text) + "\n\n" + service.DestroyAdvice,
	}
}

// refuseOpened is for applications that would be closed to everybody, though no plan has shown
// that. joins tells that they were no applications of the set before.
func (k kind) refuseOpened(joins bool, opened []api.App) *access.Refusal {
	at := path.Root("authorization_type")
	if !joins {
		return &access.Refusal{
			At: at, Summary: "Opened to everybody since the plan: " + opened[0].String(),
			Detail: "Somebody has opened these applications to everybody since the state was last read, and the plan does not show that they would be " +
				"closed. Nothing was sent. Plan again: the new plan shows it.\n\n" + appLines(opened),
		}
	}
	ids := make([]string, len(opened))
	for i, app := range opened {
		ids[i] = app.ID
	}
	return &access.Refusal{
		At: at, Summary: "Open to everybody already: " + opened[0].String(),
		Detail: "Everybody may use these applications, and this resource would close them, which its plan can't show. Import them first: into this " +
			"resource, or, where they join a set, into a resource of its own whose applications move into app_ids of this one afterwards. The next plan " +
			"then shows the change of authorization_type. To leave them open, set authorization_type to \"ALL_USER\".\n\n" + appLines(opened) +
			fmt.Sprintf("\n\n  import {\n    to = appaccess%s.NAME\n    id = %q\n  }", k.suffix, strings.Join(ids, ",")),
	}
}

func appLines(apps []api.App) string {
	text := make([]string, len(apps))
	for i, app := range apps {
		text[i] = app.String()
	}
	return lines(text)
}

// warn says what the apply will do that the attributes don't show, a warning for each kind of
// surprise.
func (s *sets) warn(diags *diag.Diagnostics, in insight) {
	in.warnModes(diags, s.kind.exclusive)
	if len(in.wanted.AppIDs) > 0 {
		in.warnLeaving(diags)
	}
}

func (in insight) warnModes(diags *diag.Diagnostics, exclusive bool) {
	var closed, opened []string
	for _, delta := range in.deltas.Apps {
		switch {
		case !delta.Flip:
		case delta.Mode == api.AllUser:
			opened = append(opened, delta.App.String())
		case delta.App.AuthorizationType == api.AllUser:
			closed = append(closed, delta.App.String())
		}
	}
	if len(closed) > 0 {
		who := fmt.Sprintf("only the %s that this resource lists, and who was granted it by others, may use it", shared.Counted(len(in.wanted.Accounts), "account"))
		switch {
		case len(in.wanted.AppIDs) == 0 && exclusive:
			who = "nobody may use it"
		case len(in.wanted.AppIDs) == 0:
			who = "only who was granted it by others may use it"
		case exclusive:
			who = fmt.Sprintf("only the %s that this resource lists may use it", shared.Counted(len(in.wanted.Accounts), "account"))
		}
		diags.AddAttributeWarning(path.Root("authorization_type"), "Applications that are open to everybody will be closed: "+closed[0],
			"Everybody may use these applications now. The apply sets each to ASSIGN_USER: afterwards "+who+".\n\n"+lines(closed))
	}
	if len(opened) > 0 {
		diags.AddAttributeWarning(path.Root("authorization_type"), "Applications will be opened to everybody: "+opened[0],
			"Only assigned accounts may use these applications now. The apply sets each to ALL_USER: afterwards every user of the Workspace may use "+
				"it, whatever others have assigned.\n\n"+lines(opened))
	}
}

// warnLeaving tells of applications that leave app_ids: the diff shows the id, and not who loses
// it.
func (in insight) warnLeaving(diags *diag.Diagnostics) {
	var text []string
	count, first := 0, ""
	for _, delta := range in.deltas.Apps {
		if !slices.Contains(in.wanted.AppIDs, delta.App.ID) && len(delta.Revoke) > 0 {
			count += len(delta.Revoke)
			first = cmp.Or(first, delta.App.String())
			text = append(text, revocationLine(delta.App, delta.Revoke))
		}
	}
	if count > 0 {
		diags.AddAttributeWarning(path.Root("app_ids"), "Applications that leave app_ids lose their accounts: "+first,
			fmt.Sprintf("%s will be revoked:\n\n%s\n\nWhere a resource behind another alias of the provider lists them from now on, they lose access until the next "+
				"plan, which grants it again: add them there in an apply of its own first.", shared.Counted(count, "authorization"), lines(text)))
	}
}

// loss names accounts by application.
func loss(accounts map[string][]api.Handle, actual authset.Actual) access.Loss {
	var out access.Loss
	var text []string
	for _, id := range slices.Sorted(maps.Keys(accounts)) {
		text = append(text, revocationLine(actual[id].App, accounts[id]))
		out.Count += len(accounts[id])
	}
	out.Names = lines(text)
	return out
}

// listRequests is how many requests list so many, of which a full page is never taken for the last.
func listRequests(n int) int { return n/100 + 1 }

// counts is about how many requests read where applications are counted: one before and one after
// for each.
func (in insight) counts() int {
	return 2*listRequests(len(in.actual)) + len(in.actual) + len(in.deltas.Apps)
}

// reads is about how many lists the apply asks for: before it writes, and again what it has
// written.
func (in insight) reads() int {
	n := 2 * listRequests(len(in.actual))
	for _, status := range in.actual {
		n += listRequests(len(status.Accounts))
	}
	for _, delta := range in.deltas.Apps {
		n += listRequests(max(0, len(in.actual[delta.App.ID].Accounts)+len(delta.Grant)-len(delta.Revoke)))
	}
	return n
}

// refreshed is what the refresh of a state has read where every account is read.
func refreshed(ctx context.Context, data *service.Data, state *setModel) access.Change {
	client, diags := data.Huaweicloud.Client(ctx)
	if data.HuaweicloudCounts != nil || diags.HasError() {
		return access.Change{}
	}
	ids := state.appIDs()
	apps := listRequests(len(ids))
	c := access.Change{Target: state.Name.ValueString(), Quota: client.Quota(), Reads: apps, Faster: access.Faster{Argument: countArgument, Reads: apps + len(ids)}}
	for _, id := range ids {
		if listed, ok := client.ListedAuthorizations(id); ok {
			c.Reads += listRequests(len(listed))
		}
	}
	return c
}

func revocationLines(deltas authset.Deltas) string {
	var text []string
	for _, delta := range deltas.Apps {
		if revoked := delta.Revocations(); len(revoked) > 0 && delta.Mode != api.AllUser {
			text = append(text, revocationLine(delta.App, revoked))
		}
	}
	return lines(text)
}

func revocationLine(app api.App, accounts []api.Handle) string {
	return fmt.Sprintf("%s: %s: %s", app, shared.Counted(len(accounts), "account"), authset.NameAccounts(accounts))
}

func lines(text []string) string {
	var b strings.Builder
	for i, line := range text {
		if i == maxLines {
			fmt.Fprintf(&b, "  … and %s more\n", shared.Counted(len(text)-i, "application"))
			break
		}
		fmt.Fprintf(&b, "  - %s\n", line)
	}
	return strings.TrimRight(b.String(), "\n")
}

func absent(ids []string, actual authset.Actual) []string {
	return slices.DeleteFunc(slices.Clone(ids), func(id string) bool { _, ok := actual[id]; return ok })
}
