// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/venafi"
)

// progressInterval is how often a long apply says how far it is.
const progressInterval = 5 * time.Second

// apply brings the service to what plan says; prior is nil in a create. It tells whether plan is what the state should say
// then: after an error it is put right to hold who has, or may have, the role; when nothing was sent, the state before holds.
func (r *grantSetResource) apply(op *operation, plan, prior *grantSetModel, diags *diagnostics) bool {
	if diags.Append(plan.checkKnown()...); diags.HasError() {
		return false
	}
	wanted := plan.set()
	before := wanted.Empty()
	if prior != nil {
		before = prior.set()
	}
	var progress api.GrantProgress
	stop := report(op.ctx, &progress, progressInterval)
	defer stop()
	out, err := op.client.ApplyGrants(op.ctx, api.GrantChange{
		Wanted: wanted, Prior: before, Exclusive: r.kind.exclusive, Progress: &progress,
		Approve: func(delta api.GrantDelta) error {
			if op.verb == "delete" {
				return nil // an explicit destroy
			}
			if refusal := r.guard(wanted, before, delta, prior == nil, plan.MaxRevocations); refusal != nil {
				return refusal
			}
			return nil
		},
	})
	names := newNames(before, wanted)
	if len(out.Unlisted) > 0 {
		diags.AddAttributeWarning(path.Root("grantees"), "Roles are granted, but not listed yet",
			fmt.Sprintf("The server confirmed the role %s for these grantees, but does not list it even after some seconds. If the next plan wants to grant it "+
				"again, the server may know them by another ID.\n\n%s", wanted, names.lines(out.Unlisted)))
	}
	if len(out.Claimed) > 0 {
		diags.AddWarning("Roles were not revoked",
			fmt.Sprintf("Another resource of this configuration has just claimed the role %s for these grantees, so they keep it:\n\n%s", wanted,
				names.lines(out.Claimed)))
	}
	if err == nil {
		return true
	}
	diags.Append(r.explain(op, wanted, err)...)
	if out.Touched {
		plan.track(api.TrackGrants(out.Held, r.kind.exclusive, wanted, before))
	}
	return out.Touched
}

// report logs how far an apply is, at every interval until stop is called.
func report(ctx context.Context, progress *api.GrantProgress, interval time.Duration) (stop func()) {
	done := make(chan struct{})
	go func() {
		ticker := time.NewTicker(interval)
		defer ticker.Stop()
		for {
			select {
			case <-done:
				return
			case <-ticker.C:
				tflog.Info(ctx, "Granting and revoking an OAuth role", map[string]any{
					"grantees_done": progress.Done.Load(), "grantees": progress.Due.Load(),
				})
			}
		}
	}()
	return func() { close(done) }
}

// guardError is a plan or an apply that would revoke more than the configuration allows.
type guardError struct{ summary, detail string }

func (e *guardError) Error() string { return e.summary + ": " + e.detail }

// guard holds what would be revoked against max_revocations. It is asked when planning and again when applying, since the
// world may have moved in between.
func (r *grantSetResource) guard(wanted, prior api.GrantSet, delta api.GrantDelta, create bool, maxRevocations types.Int64) *guardError {
	count := len(delta.Revoke)
	names := newNames(prior, wanted)
	switch {
	case maxRevocations.IsUnknown():
		return nil
	case !maxRevocations.IsNull() && int64(count) > maxRevocations.ValueInt64():
		detail := fmt.Sprintf("%s would lose the role %s, and max_revocations allows %d.\n\n%s\n\nIf that is meant, raise max_revocations; otherwise list them "+
			"in grantees.", counted(count, "grantee"), wanted, maxRevocations.ValueInt64(), names.lines(delta.Revoke))
		if create && r.kind.exclusive {
			detail += importAdvice
		}
		return &guardError{summary: "More grantees would be revoked than max_revocations allows", detail: detail}
	case maxRevocations.IsNull() && create && r.kind.exclusive && count > 0:
		return &guardError{
			summary: "The role has grantees that are not listed",
			detail: fmt.Sprintf("Creating this resource takes exclusive ownership, and would revoke the role %s from %s to whom others granted it:\n\n%s\n\n"+
				"Nothing is revoked unless max_revocations is set and allows it.", wanted, counted(count, "grantee"), names.lines(delta.Revoke)) + importAdvice,
		}
	}
	return nil
}

const importAdvice = " To see who will lose the role before anything happens, import it instead, with `terraform import ADDRESS role` or " +
	"`terraform import ADDRESS role/application_id`: the next plan then shows each of these grantees with a `-`."

// explain turns an error of the API into diagnostics that point at the attribute.
func (r *grantSetResource) explain(op *operation, set api.GrantSet, err error) (diags diagnostics) {
	summary := "Unable to " + op.verb + " the OAuth role grants"
	detail := fmt.Sprintf("The role %s: %v", set, err)
	guard, _ := errors.AsType[*guardError](err)
	own, _ := errors.AsType[*api.OwnGrantError](err)
	applied, _ := errors.AsType[*api.GrantSetError](err)
	result, _ := errors.AsType[*api.ResultError](err)
	if applied != nil {
		detail += "\n\n" + afterwards(op, applied)
	}
	switch {
	case guard != nil:
		diags.AddAttributeError(path.Root("max_revocations"), guard.summary, guard.detail)
	case own != nil:
		diags.AddError(ownSummary, ownDetail(own.Grant))
	case isCollateral(err):
		diags.AddError("Roles on other applications were lost", detail)
	case errors.Is(err, context.DeadlineExceeded) && op.configured && op.ctx.Err() != nil:
		diags.AddAttributeError(path.Root("timeouts"), summary, fmt.Sprintf("The timeout of %s ran out: raise timeouts.%s.\n\n%s", op.timeout, op.verb, detail))
	case result != nil && result.Result == api.ApplicationNotFound:
		diags.AddAttributeError(path.Root("application_id"), summary, detail)
	case result != nil && (result.Result == api.RemoteIdentityRequired || result.Result == api.InvalidParameters):
		diags.AddAttributeError(path.Root("grantees"), summary, detail)
	default:
		diags.AddError(summary, detail)
	}
	return diags
}

// afterwards says what the state holds after a failure, and how to go on.
func afterwards(op *operation, err *api.GrantSetError) string {
	text := "The state holds who has the role now; the next apply sends only the rest."
	if op.ctx.Err() != nil {
		text = "It was stopped before it could read back: the state holds all who may have the role, and the next plan reads who has."
	}
	if op.verb == "create" && (err.Granted+err.Revoked > 0 || unknownOutcome(err)) {
		text += " Terraform marks the resource as tainted, and would replace it: revoke everything and grant it again. To go on with the rest instead, " +
			"run `terraform untaint ADDRESS` with the address of this resource, and apply."
	}
	return text
}

const ownSummary = "The provider's own role would be revoked"

func ownDetail(g api.Grant) string {
	return fmt.Sprintf("The role %s belongs to the identity that the provider is logged in as, and revoking it could lock you out. Nothing is sent. List it "+
		"in grantees, or log in as somebody else to revoke it. To get rid of the resource without revoking anything, set on_destroy = \"keep\" and apply before "+
		"you destroy, or use a `removed` block with `destroy = false`.", g)
}
