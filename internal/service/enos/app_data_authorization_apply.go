// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package enos

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/enos"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/rest"
)

// afterwards is how long an operation that has failed or was interrupted may still take to find out what is true.
const afterwards = 700 * time.Millisecond

// operation is one create, read, update, delete or import of one application's list.
type operation struct {
	verb         string
	client       *api.Client
	ctx          context.Context // an operation lives only as long as its call
	orgID, appID string
	timeout      time.Duration
	configured   bool // the timeout can be configured
	end          context.CancelFunc
}

// begin opens the client and bounds the operation by the timeout that the configuration gives it.
func (r *authorizationResource) begin(
	ctx context.Context, verb string, model authorizationModel,
	timeout func(context.Context, time.Duration) (time.Duration, diag.Diagnostics),
) (*operation, diag.Diagnostics) {
	client, diags := r.data.Enos.Client(ctx)
	if diags.HasError() {
		return nil, diags
	}
	op := &operation{verb: verb, client: client, orgID: model.OrgID.ValueString(), appID: model.AppID.ValueString(), timeout: defaultTimeout}
	if op.configured = timeout != nil; op.configured {
		var more diag.Diagnostics
		if op.timeout, more = timeout(ctx, defaultTimeout); more.HasError() {
			return nil, append(diags, more...)
		}
	}
	op.ctx, op.end = context.WithTimeout(ctx, op.timeout)
	return op, diags
}

// written is what a write left behind.
type written struct {
	// changed tells that the service acted on the write, or may have, so that the state has to follow.
	changed bool
	types   []string
}

// write replaces the list. After a failure it reads the list again: what counts is what the service lists. Where that is what
// was wanted, the failure is a warning.
func (op *operation) write(diags *diag.Diagnostics, wanted []string) written {
	err := op.client.SetAppAuthorization(op.ctx, op.orgID, op.appID, wanted)
	switch {
	case err == nil:
		return written{changed: true, types: wanted}
	case errors.Is(err, api.ErrAppNotFound) && op.verb == "delete":
		return written{}
	}
	if unconfirmed, ok := errors.AsType[*api.UnconfirmedError](err); ok {
		diags.AddAttributeWarning(atTypes, "The data authorize types could not be read back",
			fmt.Sprintf("EnOS accepted the data authorize types of %s, but could not be asked for them afterwards. The state says what was sent; the "+
				"next plan reads what is there.\n\n%v", op.app(), unconfirmed.Err))
		return written{changed: true, types: wanted}
	}
	if unsent(err) || errors.Is(err, api.ErrAppNotFound) || errors.Is(err, api.ErrShortcut) {
		diags.Append(op.explain(err)...)
		return written{}
	}
	listed, readErr := op.readAgain(wanted)
	if readErr == nil && slices.Equal(listed, wanted) {
		diags.AddAttributeWarning(atTypes, "The data authorize types were set, although a call failed",
			fmt.Sprintf("EnOS lists the data authorize types of %s as they were wanted, so nothing has to be done.\n\n%v", op.app(), err))
		return written{changed: true, types: wanted}
	}
	accepted := isDifference(err)
	switch {
	case readErr != nil:
		// Nobody knows whether the service acted on it. After a create, forgetting the resource would be the worse mistake.
		diags.Append(op.explain(fmt.Errorf("%w\n\nWhat EnOS lists now could not be found out: %w", err, readErr))...)
		return written{changed: accepted || op.verb == "create", types: wanted}
	case op.verb == "create" && !accepted && !unanswered(err):
		// What is listed was there before, and is not this resource's.
		diags.Append(op.explain(err)...)
		return written{}
	}
	diags.Append(op.explain(err)...)
	return written{changed: true, types: listed}
}

// readAgain reads the list until it is what was wanted, for a while, also when the operation was interrupted or has run out of
// time.
func (op *operation) readAgain(wanted []string) ([]string, error) {
	ctx := op.ctx
	if ctx.Err() != nil {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), afterwards)
		defer cancel()
	}
	return op.client.AwaitAppAuthorization(ctx, op.orgID, op.appID, wanted)
}

// unsent tells that the service surely did not act.
func unsent(err error) bool {
	e, ok := errors.AsType[*rest.Error](err)
	return ok && e.Unsent
}

// unanswered tells that the service did not say what became of the write, and may still act on it.
func unanswered(err error) bool {
	e, ok := errors.AsType[*rest.Error](err)
	return ok && !e.Unsent && (e.Status == 0 || e.Status == http.StatusGatewayTimeout)
}

func (op *operation) app() string {
	return fmt.Sprintf("application %s in organization %s", op.appID, op.orgID)
}

// explain turns an error of the API into diagnostics that point at the attribute.
func (op *operation) explain(err error) diag.Diagnostics {
	var diags diag.Diagnostics
	summary := "Unable to " + op.verb + " the data authorization"
	detail := fmt.Sprintf("The data authorize types of %s: %v", op.app(), err)
	switch {
	case errors.Is(err, api.ErrAppNotFound):
		diags.AddAttributeError(atAppID, summary, detail+"\n\nGive the application's access key, not the internal id of the console, and an organization "+
			"that owns the application or has obtained it.")
	case errors.Is(err, api.ErrShortcut):
		detail += "\n\nGive the access key of the application that the shortcut leads to."
		if op.verb == "read" || op.verb == "update" || op.verb == "delete" {
			detail += " To forget this resource without sending anything, use `terraform state rm`."
		}
		diags.AddAttributeError(atAppID, summary, detail)
	case errors.Is(err, context.DeadlineExceeded) && op.configured && op.ctx.Err() != nil:
		diags.AddAttributeError(path.Root("timeouts"), summary, fmt.Sprintf("The timeout of %s ran out: raise timeouts.%s.\n\n%s", op.timeout, op.verb, detail))
	case isDifference(err):
		diags.AddAttributeError(atTypes, summary, detail+op.untaint())
	default:
		diags.AddError(summary, detail)
	}
	return diags
}

func isDifference(err error) bool {
	_, ok := errors.AsType[*api.DifferenceError](err)
	return ok
}

// untaint says how to go on after a create that failed half-way.
func (op *operation) untaint() string {
	if op.verb != "create" {
		return ""
	}
	return "\n\nThe state holds what the service lists. Terraform marks the resource as tainted, and would replace it: take all types away and grant them " +
		"again. To go on instead, run `terraform untaint ADDRESS` with the address of this resource, and apply."
}

// bullets lists types with what they unlock.
func bullets(list []string) string {
	var b strings.Builder
	for _, name := range list {
		unlocks := "a type that this provider does not know"
		if t, ok := api.LookupDataAuthorizeType(name); ok {
			unlocks = t.Unlocks
		}
		fmt.Fprintf(&b, "  - %s: %s\n", name, unlocks)
	}
	return strings.TrimRight(b.String(), "\n")
}
