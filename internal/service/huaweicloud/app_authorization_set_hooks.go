// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud/authset"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/shared"
	"github.com/appaccess/terraform-provider-appaccess/internal/service"
	"github.com/appaccess/terraform-provider-appaccess/internal/service/access"
)

// set is who may use some applications, with what the private state remembers of it.
type set struct {
	authset.Set

	missing map[string][]api.Handle // the accounts that applications lack, by app id
	apps    map[string]api.App      // as they were read last, for their names
	name    string                  // what people call the applications
	memory  memory
	undo    authset.Deltas // what takes a failed create back
}

// memory is what the attributes can't say.
type memory struct {
	// Opened tells that the set opened its applications to everybody. When an administrator closes
	// one of them the attribute says ASSIGN_USER, and the others still have to be closed by a
	// destroy.
	Opened bool `json:"opened,omitempty"`
	// Mixed tells that some applications are open and some are not. Whatever the attribute says, it
	// is not true of all.
	Mixed bool `json:"mixed,omitempty"`
	// Open are the applications that were seen open to everybody. Only these may be closed: a plan
	// has shown it.
	Open []string `json:"open_apps"`
	// Mixes are the applications that mixed sets have open, by the applications of such a set. The
	// plan of a create keeps them, since a tainted instance that it replaces remembers nothing.
	Mixes map[string][]string `json:"mixes,omitempty"`
	// Spelled are the accounts that the service lists in another way than the configuration names
	// them.
	Spelled authset.Spellings `json:"spelled,omitempty"`
	// Unlisted is what the set may have granted though no list shows it.
	Unlisted authset.Unlisted `json:"unlisted,omitzero"`
	// What is remembered of counts is empty where every account is read.
	authset.Memory
	// Gone are the applications that refreshes have dropped from app_ids: a configuration may still
	// name them.
	Gone []string `json:"gone_apps,omitempty"`
}

// prior is what a state remembers: a set that has opened applications owns that, whatever became of
// one of them. A tainted instance whose end has failed remembers nothing, not even how the service
// spells its accounts: those that are not listed by their names may be rows that look like them.
func (s set) prior() authset.Set {
	out := s.Set
	out.Mixed, out.Spelled, out.Unlisted = s.memory.Mixed, s.memory.Spelled, s.memory.Unlisted
	if s.memory.Open == nil {
		out.Unlisted.UnsettledOn = s.AppIDs
		for h := range s.Accounts {
			out.Unlisted.Unsettled = append(out.Unlisted.Unsettled, h.Value())
		}
	}
	open := s.memory.Open
	if mixed, ok := s.memory.Mixes[importID(s)]; ok && open == nil {
		open = mixed
	}
	if open != nil {
		out.Open = make(map[string]bool, len(open))
		for _, id := range open {
			out.Open[id] = true
		}
	}
	if s.memory.Opened {
		out.Mode = api.AllUser
	}
	return out
}

// tracked is a set as it was tracked, with what is to be remembered of it.
func tracked(t authset.Tracked, opened bool, actual authset.Actual) set {
	s := set{Set: t.Set, missing: t.Missing, apps: map[string]api.App{}, memory: memory{Opened: opened, Mixed: t.Mixed, Open: []string{}, Spelled: t.Spelled, Unlisted: t.Unlisted}}
	for _, id := range t.AppIDs {
		s.apps[id] = actual[id].App
		if t.Open[id] {
			s.memory.Open = append(s.memory.Open, id)
		}
	}
	s.name = nameApps(t.AppIDs, s.apps)
	return s
}

// nameApps calls applications by their names, for people.
func nameApps(ids []string, apps map[string]api.App) string {
	const most = 2
	names := make([]string, len(ids))
	for i, id := range ids {
		names[i] = shared.Printable(cmp.Or(apps[id].Name, id))
	}
	slices.Sort(names)
	if more := len(names) - most; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), more)
	}
	return strings.Join(names, ", ")
}

// applied is a set that was applied without an error.
func applied(wanted authset.Set, out authset.Outcome) set {
	wanted.Unlisted = out.Unlisted
	wanted.Spelled = out.Spelled.Of(out.Unlisted.With(wanted.Accounts))
	wanted.Open = map[string]bool{}
	for _, id := range wanted.AppIDs {
		wanted.Open[id] = wanted.Mode == api.AllUser
	}
	wanted.Mixed = false
	return tracked(authset.Tracked{Set: wanted}, wanted.Mode == api.AllUser, out.Actual)
}

func importID(s set) string { return strings.Join(slices.Sorted(slices.Values(s.AppIDs)), ",") }

// held is what destroying a set takes away.
func held(s set) access.Loss {
	var loss access.Loss
	if s.Mode == api.AllUser && len(s.Accounts) == 0 {
		return loss
	}
	all := slices.Collect(maps.Keys(s.Accounts))
	named := authset.NameFirst(all)
	var text []string
	for _, id := range s.AppIDs {
		count, names := len(all), named
		if missing := s.missing[id]; len(missing) > 0 {
			lacks := map[api.Handle]bool{}
			for _, h := range missing {
				lacks[h] = true
			}
			there := slices.DeleteFunc(slices.Clone(all), func(h api.Handle) bool { return lacks[h] })
			count, names = len(there), authset.NameFirst(there)
		}
		if count == 0 {
			continue
		}
		loss.Count += count
		app := s.apps[id]
		app.ID = id
		text = append(text, fmt.Sprintf("%s: %s: %s", app, shared.Counted(count, "account"), names))
	}
	loss.Names = lines(text)
	return loss
}

// sets is the service of the sets.
type sets struct {
	kind   kind
	client *api.Client
	data   *service.Data
}

func (k kind) connect(ctx context.Context, data *service.Data) (access.Service[set], diag.Diagnostics) {
	client, diags := data.Huaweicloud.Client(ctx)
	return &sets{kind: k, client: client, data: data}, diags
}

// Place is the project and the host of Workspace.
func (s *sets) Place(ctx context.Context) (string, error) {
	project, err := s.client.ProjectID(ctx)
	return "Workspace project " + project + " at " + s.client.Host(), err
}

func (s *sets) Identity(ctx context.Context, of set) (any, error) {
	project, err := s.client.ProjectID(ctx)
	return newIdentity(project, of.AppIDs), err
}

// reader is what an operation reads applications by. prior is nil in a create. The counting is nil
// where every account is to be read; where a count once confirmed accounts whose spelling nobody
// has seen yet, it reads every account and learns that.
func (s *sets) reader(wanted authset.Set, prior *set) (authset.Workspace, *authset.Counting) {
	var run *authset.Counts
	if s.data.HuaweicloudCounts != nil {
		run = s.data.HuaweicloudCounts()
	}
	if prior == nil {
		prior = &set{}
	}
	if run == nil && !prior.memory.Unseen {
		return s.client, nil
	}
	remembered := prior.memory.Memory
	if access.Moved() {
		remembered.Counts = nil // it may be another installation
	}
	counting := authset.NewCounting(s.client, run, wanted, prior.tracked(), remembered)
	return counting, counting
}

// Read tells what is granted. An application that is gone leaves the set.
func (s *sets) Read(ctx context.Context, prior set) (set, bool, error) {
	before := prior.prior()
	before.Mode = prior.Mode
	w, counting := s.reader(authset.Set{}, &prior)
	actual, err := authset.ObserveTracked(ctx, w, before, s.kind.exclusive)
	if err != nil {
		return prior, false, err
	}
	prior.learn(counting)
	before.Spelled = prior.memory.Spelled
	if rows := authset.Unwritable(before, actual); s.kind.exclusive && len(rows) > 0 {
		return prior, false, &unwritableError{rows: rows, actual: actual}
	}
	now := tracked(authset.Track(before, actual, s.kind.exclusive), prior.memory.Opened, actual)
	now.memory.Memory = counting.Memory(now.tracked())
	now.memory.Gone = slices.Compact(slices.Sorted(slices.Values(slices.Concat(prior.memory.Gone, absent(prior.AppIDs, actual)))))
	if s.kind.exclusive {
		s.data.HuaweicloudClaims.Hold(service.OfTargets(now.AppIDs), now.AppIDs, now.Lists)
	}
	s.data.HuaweicloudClaims.Hold(openedBy(now.AppIDs), now.memory.Open, func(api.Handle) bool { return true })
	if now.memory.Mixed && now.memory.Opened {
		s.data.HuaweicloudClaims.Hold(mixedSet+importID(now), now.memory.Open, nil)
	}
	return now, len(now.AppIDs) > 0, nil
}

// openedBy names the one resource that has some applications open to everybody.
func openedBy(appIDs []string) string { return "everybody, by the " + service.OfTargets(appIDs) }

// mixedSet begins the names of sets that have opened their applications to everybody, and of which
// an administrator has closed one.
const mixedSet = "mixed set of "

// tainted is what the destroy of a tainted instance needs to know, and its attributes can't say.
func tainted(data *service.Data) any {
	if mixes := data.HuaweicloudClaims.Held(mixedSet); len(mixes) > 0 {
		return memory{Mixes: mixes}
	}
	return nil
}

// Import takes the accounts that the applications have in common, or for an exclusive set all that
// any of them has.
func (s *sets) Import(ctx context.Context, named set) (set, error) {
	actual, err := authset.ObserveAll(ctx, s.client, named.AppIDs)
	if err != nil {
		return named, err
	}
	if gone := absent(named.AppIDs, actual); len(gone) > 0 {
		return named, &authset.GoneError{AppIDs: gone}
	}
	if rows := authset.Unwritable(authset.Set{}, actual); s.kind.exclusive && len(rows) > 0 {
		return named, &unwritableError{rows: rows, actual: actual}
	}
	return tracked(authset.Import(named.AppIDs, actual, s.kind.exclusive), false, actual), nil
}

// Apply brings the service to what is wanted.
func (s *sets) Apply(ctx context.Context, order access.Order[set]) (access.Outcome[set], error) {
	var reservations *authset.Reservations
	if s.data.HuaweicloudClaims != nil { // this provider serves one plan or apply
		reservations = s.data.HuaweicloudReservations
	}
	if order.Verb == "undo" {
		w, _ := s.reader(authset.Set{}, nil)
		return access.Outcome[set]{}, authset.Undo(ctx, w, order.Prior.undo, reservations, s.client.Lag())
	}
	wanted, prior := sides(order)
	w, counting := s.reader(wanted, order.Prior)
	var progress authset.Progress
	of := order.Prior
	if order.Wanted != nil {
		of = order.Wanted
	}
	wrote, stop := service.Report(ctx, map[string]any{"applications": cmp.Or(of.name, nameApps(of.AppIDs, nil))}, s.progress(&progress), s.client.QuotaWait)
	defer stop()
	progress.Wrote = func() { wrote(progress.Requests.Due.Load()) }
	out, err := authset.Reconcile(ctx, w, authset.Reconciliation{
		Wanted: wanted, Prior: prior, Exclusive: s.kind.exclusive, Lag: s.client.Lag(), Reservations: reservations, Counting: counting, Progress: &progress,
		Approve: func(deltas authset.Deltas, actual authset.Actual, spelled authset.Spellings, revoked int) error {
			order := order
			if order.Wanted != nil {
				known := *order.Wanted
				known.memory.Spelled = spelled
				order.Wanted = &known
			}
			change := s.change(order, actual, deltas)
			change.Revoked.Count += revoked
			return order.Approve(change)
		},
	})
	outcome := access.Outcome[set]{Touched: len(out.Touched) > 0, Appeared: loss(out.Foreign, out.Actual), Target: s.target(order, out.Actual)}
	warnOfOthers(&outcome.Warnings, out, prior)
	if err == nil {
		outcome.Now = applied(wanted, out)
		if order.Wanted != nil {
			outcome.Now.name = cmp.Or(order.Wanted.name, outcome.Now.name) // as it was planned
		}
		outcome.Now.memory.Memory = counting.Memory(outcome.Now.tracked())
		return outcome, nil
	}
	opened := wanted.Mode == api.AllUser || order.Prior != nil && order.Prior.memory.Opened
	outcome.Now = tracked(out.State(wanted, prior, s.kind.exclusive), opened, out.Actual)
	outcome.Now.memory.Memory = counting.Memory(outcome.Now.tracked())
	outcome.Gone = len(outcome.Now.AppIDs) == 0
	if _, opened := errors.AsType[*authset.OpenedError](err); opened && order.Verb == "delete" {
		outcome.Touched = true
	}
	if order.Verb == "create" && out.Undo != nil {
		undo := outcome.Now
		undo.undo = *out.Undo
		outcome.Undo = &undo
	}
	return outcome, err
}

// sides are what is wanted and what was there before, in the terms of the client.
func sides(order access.Order[set]) (wanted, prior authset.Set) {
	if order.Wanted != nil {
		wanted = order.Wanted.Set
		wanted.Spelled = order.Wanted.memory.Spelled
	}
	if order.Prior != nil {
		prior = order.Prior.prior()
	}
	return wanted, prior
}

// warnOfOthers tells what an apply left to another resource of the configuration, though the plan
// has shown that it would go.
func warnOfOthers(diags *diag.Diagnostics, out authset.Outcome, prior authset.Set) {
	var passed, open []string
	for _, delta := range out.Left.Apps {
		if delta.LeftOpen {
			open = append(open, delta.App.ID)
		} else {
			passed = append(passed, revocationLine(delta.App, delta.Revocations()))
		}
	}
	if len(passed) > 0 {
		diags.AddWarning("Accounts were not revoked",
			"Another resource of this configuration wants these accounts on the same applications, so they keep access:\n\n"+lines(passed))
	}
	if len(open) > 0 && len(prior.Accounts) > 0 {
		diags.AddWarning("Accounts could not be revoked",
			"Another resource of this configuration has opened these applications to everybody before this one could revoke its accounts there, and "+
				"closing them would take that back. Whoever closes them one day gives these accounts access again:\n\n"+lines(open))
	}
}

// progress says how far an apply is: what is granted and revoked, and what was read before and
// after.
func (s *sets) progress(p *authset.Progress) func() string {
	writes, pages := int64(0), s.client.PagesRead()
	return func() string {
		var parts []string
		if due := p.Granted.Due.Load(); due > 0 {
			parts = append(parts, service.Of("granted", p.Granted.Done.Load(), due))
		}
		if due := p.Revoked.Due.Load(); due > 0 {
			parts = append(parts, service.Of("revoked", p.Revoked.Done.Load(), due))
		}
		sent, due := p.Requests.Done.Load(), p.Requests.Due.Load()
		if due > 0 && len(parts) == 0 {
			parts = append(parts, service.Of("sent", sent, due)+" requests")
		}
		read := s.client.PagesRead()
		if sent != writes {
			writes, pages = sent, read
		}
		if read > pages && sent == due {
			verb := "read"
			if sent > 0 {
				verb = "read back"
			}
			parts = append(parts, fmt.Sprintf("%s %s", verb, shared.Counted(int(read-pages), "page")))
		}
		return strings.Join(parts, "; ")
	}
}

// unwritableError tells of accounts that an exclusive set owns and that no configuration can name.
type unwritableError struct {
	rows   map[string][]api.Handle
	actual authset.Actual
}

func (e *unwritableError) Error() string {
	var text []string
	for _, id := range slices.Sorted(maps.Keys(e.rows)) {
		names := make([]string, len(e.rows[id]))
		for i, h := range e.rows[id] {
			names[i] = fmt.Sprintf("%+q of type %q", h.Value().String(), h.Value().Type)
		}
		text = append(text, fmt.Sprintf("%s: %s", e.actual[id].App, strings.Join(names, ", ")))
	}
	return "The applications list accounts that this resource owns and that no configuration can name: their account type is neither SIMPLE nor " +
		"USER_GROUP, or their name is in a Unicode form (not NFC) that Terraform changes.\n\n" + lines(text) + "\n\nRevoke them in the console of " +
		"Workspace. To destroy this resource as it is, use `terraform destroy -refresh=false`."
}
