// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud/authset"
	"github.com/appaccess/terraform-provider-appaccess/internal/service"
)

// progressInterval is how often a long apply says how far it is.
const progressInterval = 5 * time.Second

// apply brings the service to wanted. After an error it returns what the state should say now: no applications when
// nothing was sent, so that the state before still holds.
func (r *setResource) apply(
	ctx context.Context, client *api.Client, wanted, prior authset.Set, maxRevocations types.Int64, diags *diag.Diagnostics,
) (authset.Tracked, error) {
	var progress authset.Progress
	stop := report(ctx, &progress, progressInterval)
	defer stop()
	var claims *authset.Claims
	if r.data.HuaweicloudClaims != nil { // this provider serves one plan or apply
		claims = r.data.HuaweicloudReservations
	}
	out, err := authset.Reconcile(ctx, client, authset.Reconciliation{
		Wanted: wanted, Prior: prior, Exclusive: r.kind.exclusive, Claims: claims, Progress: &progress,
		Approve: func(deltas authset.Deltas, actual authset.Actual, revoked int) error {
			if len(wanted.AppIDs) == 0 {
				return nil // an explicit destroy
			}
			if refusal := r.refuse(wanted, prior, actual, deltas, maxRevocations, revoked); refusal != nil {
				return refusal
			}
			return nil
		},
	})
	warnOfOthers(diags, out, prior)
	if err == nil || len(out.Touched) == 0 {
		return authset.Tracked{}, err
	}
	return out.State(wanted, prior, r.kind.exclusive), err
}

// warnOfOthers tells what an apply left to another resource of the configuration, though the plan has shown that it would go.
func warnOfOthers(diags *diag.Diagnostics, out authset.Outcome, prior authset.Set) {
	warnForeign(diags, out.Actual, out.Foreign)
	if len(out.Passed) > 0 {
		var text []string
		for _, id := range slices.Sorted(maps.Keys(out.Passed)) {
			text = append(text, revocationLine(out.Actual[id].App, out.Passed[id]))
		}
		diags.AddWarning("Accounts were not revoked",
			"Another resource of this configuration wants these accounts on the same applications, so they keep access:\n\n"+lines(text))
	}
	if len(out.LeftOpen) > 0 && len(prior.Accounts) > 0 {
		diags.AddWarning("Accounts could not be revoked",
			"Another resource of this configuration has opened these applications to everybody before this one could revoke its accounts there, and "+
				"closing them would take that back. Whoever closes them one day gives these accounts access again:\n\n"+lines(out.LeftOpen))
	}
}

// report logs how far an apply is, at every interval until stop is called.
func report(ctx context.Context, progress *authset.Progress, interval time.Duration) (stop func()) {
	done := make(chan struct{})
	go func() {
		ticker := time.NewTicker(interval)
		defer ticker.Stop()
		for {
			select {
			case <-done:
				return
			case <-ticker.C:
				tflog.Info(ctx, "Assigning application authorizations", map[string]any{
					"requests_done": progress.RequestsDone.Load(), "requests": progress.RequestsDue.Load(),
					"accounts_done": progress.AccountsDone.Load(), "accounts": progress.AccountsDue.Load(),
					"applications_read": progress.AppsRead.Load(),
				})
			}
		}
	}()
	return func() { close(done) }
}

// refusal is a plan or an apply that would take away more than it may.
type refusal struct {
	at              path.Path
	summary, detail string
}

func (e *refusal) Error() string { return e.summary + ": " + e.detail }

// refuse holds what would change against what the resource may take away. It is asked when planning
// and again when applying, since the world may have moved in between; revoked is what the same apply
// has revoked already.
func (r *setResource) refuse(
	wanted, prior authset.Set, actual authset.Actual, deltas authset.Deltas, maxRevocations types.Int64, revoked int,
) *refusal {
	if opened := deltas.OpenedApps(); len(opened) > 0 {
		return r.refuseOpened(prior, opened)
	}
	if refusal := r.refuseForeign(wanted, prior, actual); refusal != nil {
		return refusal
	}
	count := deltas.Revocations() + revoked
	if maxRevocations.IsNull() || maxRevocations.IsUnknown() || int64(count) <= maxRevocations.ValueInt64() {
		return nil
	}
	return &refusal{
		at: path.Root("max_revocations"), summary: "More accounts would be revoked than max_revocations allows",
		detail: fmt.Sprintf("%s would be revoked, counted once for each application, and max_revocations allows %d.\n\n%s\n\n"+
			"If that is meant, raise max_revocations; otherwise list the accounts in the configuration.", counted(count, "account"),
			maxRevocations.ValueInt64(), revocationLines(deltas)),
	}
}

// refuseOpened is for applications that would be closed to everybody, though no plan has shown that.
func (r *setResource) refuseOpened(prior authset.Set, opened []api.App) *refusal {
	var joined, since []api.App
	for _, app := range opened {
		if slices.Contains(prior.AppIDs, app.ID) {
			since = append(since, app)
		} else {
			joined = append(joined, app)
		}
	}
	at := path.Root("authorization_type")
	if len(since) > 0 {
		return &refusal{
			at: at, summary: "Opened to everybody since the plan: " + since[0].String(),
			detail: "Somebody has opened these applications to everybody since the state was last read, and the plan does not show that they would be " +
				"closed. Nothing was sent. Plan again: the new plan shows it.\n\n" + appLines(since),
		}
	}
	return &refusal{
		at: at, summary: "Open to everybody already: " + joined[0].String(),
		detail: "Everybody may use these applications, and this resource would close them, which its plan can't show. Import them " +
			r.importFirst(prior) + ": the next plan then shows the change of authorization_type. To leave them open, set " +
			"authorization_type to \"ALL_USER\".\n\n" + appLines(joined) + "\n\n" + r.importBlock(joined),
	}
}

// refuseForeign is for applications that an exclusive set would own, with accounts that it doesn't
// list: a create, and an application that joins the set, only add.
func (r *setResource) refuseForeign(wanted, prior authset.Set, actual authset.Actual) *refusal {
	if !r.kind.exclusive || wanted.Mode == api.AllUser {
		return nil
	}
	unlisted := authset.Foreign(wanted, prior, actual)
	var apps []api.App
	var text []string
	count := 0
	for _, id := range slices.Sorted(maps.Keys(unlisted)) {
		if !slices.Contains(wanted.AppIDs, id) || slices.Contains(prior.AppIDs, id) {
			continue
		}
		apps, text = append(apps, actual[id].App), append(text, revocationLine(actual[id].App, unlisted[id]))
		count += len(unlisted[id])
	}
	if len(apps) == 0 {
		return nil
	}
	return &refusal{
		at: path.Root("app_ids"), summary: "Accounts that are not listed: " + apps[0].String(),
		detail: fmt.Sprintf("This resource takes exclusive ownership of who may use its applications, and would revoke %s that others granted, which its plan "+
			"can't show:\n\n%s\n\nList them, or import the applications %s: the next plan then shows each of these accounts with a `-`.\n\n%s",
			counted(count, "account"), lines(text), r.importFirst(prior), r.importBlock(apps)),
	}
}

// importFirst says what an application has to be imported into: a set that exists can't import more.
func (r *setResource) importFirst(prior authset.Set) string {
	if len(prior.AppIDs) == 0 {
		return "into this resource"
	}
	return "into a resource of its own, apply, and then move them into app_ids of this one"
}

// importBlock is an import block to paste. Providers are not told addresses.
func (r *setResource) importBlock(apps []api.App) string {
	ids := make([]string, len(apps))
	for i, app := range apps {
		ids[i] = app.ID
	}
	return fmt.Sprintf("  import {\n    to = appaccess%s.NAME\n    id = %q\n  }", r.kind.suffix, strings.Join(ids, ","))
}

func appLines(apps []api.App) string {
	text := make([]string, len(apps))
	for i, app := range apps {
		text[i] = app.String()
	}
	return lines(text)
}

// explainGone is the error for ids that no application has. Where the text is the name of one, it says
// the id.
func (r *setResource) explainGone(ctx context.Context, client *api.Client, gone []string) (diags diag.Diagnostics) {
	apps, err := client.Apps(ctx)
	if err != nil {
		return r.explain(err, "plan", 0)
	}
	var text []string
	for _, id := range gone {
		line := fmt.Sprintf("%q", id)
		for _, app := range apps {
			if app.Name == id {
				line += fmt.Sprintf(" is the name of an application: its id is %q", app.ID)
			}
		}
		text = append(text, line)
	}
	diags.AddAttributeError(path.Root("app_ids"), "No such application: "+gone[0],
		"The project has no application with these ids. They may have been deleted, or belong to another project or region: remove them from app_ids, "+
			"or correct them. The data source appaccess_huaweicloud_apps finds ids by the name.\n\n"+lines(text)+"\n\n"+service.DestroyAdvice)
	return diags
}

// explain turns an error of the API into diagnostics that point at the attribute.
func (r *setResource) explain(err error, verb string, timeout time.Duration) diag.Diagnostics {
	summary := "Unable to " + verb + " the application authorizations"
	var (
		guard   *refusal
		opened  *authset.OpenedError
		gone    *authset.GoneError
		applied *authset.ApplyError
		diags   diag.Diagnostics
	)
	if errors.As(err, &opened) {
		var prior authset.Set
		if verb != "create" {
			for _, app := range opened.Apps {
				prior.AppIDs = append(prior.AppIDs, app.ID)
			}
		}
		guard = r.refuseOpened(prior, opened.Apps)
		if !errors.As(err, &applied) {
			err = guard
		}
	}
	switch detail := err.Error(); {
	case errors.As(err, &applied):
		if errors.Is(err, context.DeadlineExceeded) {
			detail = fmt.Sprintf("The timeout of %s ran out: raise timeouts.%s.\n\n%s", timeout, verb, detail)
		}
		detail += "\n\n" + afterwards(verb, applied)
		switch {
		case errors.As(err, &gone):
			diags.AddAttributeError(path.Root("app_ids"), summary, detail)
		case guard != nil || errors.As(err, &guard):
			diags.AddAttributeError(guard.at, guard.summary, detail)
		default:
			diags.AddAttributeError(pathOf(applied), summary, detail)
		}
	case errors.As(err, &guard):
		diags.AddAttributeError(guard.at, guard.summary, guard.detail)
	case errors.As(err, &gone):
		diags.AddAttributeError(path.Root("app_ids"), "No such application",
			detail+".\n\nThe project has no application with this id. It may have been deleted, or belong to another project or region: "+
				"remove it from app_ids, or correct it. Nothing was sent.")
	case errors.Is(err, context.DeadlineExceeded) && timeout > 0:
		diags.AddAttributeError(path.Root("timeouts"), summary,
			fmt.Sprintf("The timeout of %s ran out before anything was sent: raise timeouts.%s.\n\n%s", timeout, verb, detail))
	case errors.Is(err, context.Canceled):
		diags.AddError(summary, "It was interrupted before anything was sent.")
	default:
		diags.AddError(summary, detail)
	}
	return diags
}

// afterwards says what the state holds after a failure, and how to go on.
func afterwards(verb string, err *authset.ApplyError) string {
	text := "The state holds what is granted now; the next apply sends only the rest."
	if err.Interrupted() {
		text = "It was stopped before it could read back: the state holds all that may be granted, and the next plan reads what is."
	}
	if verb == "create" {
		text += " Terraform marks the resource as tainted, and would replace it: revoke everything and grant it again. To go on with the rest " +
			"instead, run `terraform untaint ADDRESS` with the address of this resource, and apply."
	}
	return text
}

// pathOf points at the attribute of the accounts that did not arrive.
func pathOf(err *authset.ApplyError) path.Path {
	for _, delta := range err.Ignored.Apps {
		if len(delta.Grant) == 0 {
			continue
		}
		if delta.Grant[0].Value().Type == api.UserGroup {
			return path.Root("user_groups")
		}
		return path.Root("users")
	}
	return path.Root("app_ids")
}
