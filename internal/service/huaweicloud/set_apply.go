// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud"
)

// progressInterval is how often a long apply says how far it is.
const progressInterval = 5 * time.Second

// apply brings the service to wanted. After an error it returns what the state should say now: no applications when
// nothing was sent, so that the state before still holds.
func (r *setResource) apply(
	ctx context.Context, client *api.Client, wanted, prior api.Set, maxRevocations types.Int64, diags *diag.Diagnostics,
) (api.Tracked, error) {
	var progress api.Progress
	stop := report(ctx, &progress, progressInterval)
	defer stop()
	var claims *api.Claims
	if r.data.HuaweicloudClaims != nil { // this provider serves one plan or apply
		claims = client.Claims()
	}
	out, err := api.Reconcile(ctx, client, api.Reconciliation{
		Wanted: wanted, Prior: prior, Exclusive: r.kind.exclusive, Claims: claims, Progress: &progress,
		Approve: func(deltas api.Deltas, _ api.Actual, revoked int) error {
			if len(wanted.AppIDs) == 0 {
				return nil // an explicit destroy
			}
			if refusal := r.guard(deltas, prior, maxRevocations, revoked); refusal != nil {
				return refusal
			}
			return nil
		},
	})
	warnOfOthers(diags, out, prior)
	if err == nil || len(out.Touched) == 0 {
		return api.Tracked{}, err
	}
	return out.State(wanted, prior, r.kind.exclusive), err
}

// warnOfOthers tells what an apply left to another resource of the configuration, though the plan has shown that it would go.
func warnOfOthers(diags *diag.Diagnostics, out api.Outcome, prior api.Set) {
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
func report(ctx context.Context, progress *api.Progress, interval time.Duration) (stop func()) {
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

// guardError is a plan or an apply that would revoke more than the configuration allows.
type guardError struct{ summary, detail string }

func (e *guardError) Error() string { return e.summary + ": " + e.detail }

// guard holds the deltas against max_revocations. It is asked when planning and again when applying, since the world
// may have moved in between; revoked is what the same apply has revoked already.
func (r *setResource) guard(deltas api.Deltas, prior api.Set, maxRevocations types.Int64, revoked int) *guardError {
	count := deltas.Revocations() + revoked
	create := len(prior.AppIDs) == 0
	switch {
	case maxRevocations.IsUnknown():
		return nil
	case !maxRevocations.IsNull() && int64(count) > maxRevocations.ValueInt64():
		detail := fmt.Sprintf("%s would be revoked, counted once for each application, and max_revocations allows %d.\n\n%s\n\n"+
			"If that is meant, raise max_revocations; otherwise list the accounts in the configuration.", counted(count, "account"), maxRevocations.ValueInt64(),
			revocationLines(deltas))
		if create && r.kind.exclusive {
			detail += importAdvice
		}
		return &guardError{summary: "More accounts would be revoked than max_revocations allows", detail: detail}
	case maxRevocations.IsNull() && create && r.kind.exclusive && count > 0:
		return &guardError{
			summary: "The applications have accounts that are not listed",
			detail: fmt.Sprintf("Creating this resource takes exclusive ownership, and would revoke %s that others granted:\n\n%s\n\n"+
				"Nothing is revoked unless max_revocations is set and allows it.", counted(count, "account"), revocationLines(deltas)) + importAdvice,
		}
	}
	return nil
}

const importAdvice = " To see who will be revoked before anything happens, import the applications instead, with " +
	"`terraform import ADDRESS app_id[,app_id...]`: the next plan then shows each of these accounts with a `-`."

// explain turns an error of the API into diagnostics that point at the attribute.
func (r *setResource) explain(err error, verb string, timeout time.Duration) diag.Diagnostics {
	summary := "Unable to " + verb + " the application authorizations"
	var (
		guard   *guardError
		gone    *api.GoneError
		applied *api.ApplyError
		diags   diag.Diagnostics
	)
	switch detail := err.Error(); {
	case errors.As(err, &applied):
		if errors.Is(err, context.DeadlineExceeded) {
			detail = fmt.Sprintf("The timeout of %s ran out: raise timeouts.%s.\n\n%s", timeout, verb, detail)
		}
		detail += "\n\n" + afterwards(verb, applied)
		switch {
		case errors.As(err, &gone):
			diags.AddAttributeError(path.Root("app_ids"), summary, detail)
		case errors.As(err, &guard):
			diags.AddAttributeError(path.Root("max_revocations"), guard.summary, detail)
		default:
			diags.AddAttributeError(pathOf(applied), summary, detail)
		}
	case errors.As(err, &guard):
		diags.AddAttributeError(path.Root("max_revocations"), guard.summary, guard.detail)
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
func afterwards(verb string, err *api.ApplyError) string {
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
func pathOf(err *api.ApplyError) path.Path {
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
