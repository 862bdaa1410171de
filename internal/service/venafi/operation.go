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

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/venafi"
	"github.com/appaccess/terraform-provider-appaccess/internal/service"
)

type diagnostics = diag.Diagnostics

// operation is one create, read, delete, import or plan.
type operation struct {
	verb    string
	client  *api.Client
	ctx     context.Context // an operation lives only as long as its call
	timeout time.Duration
	// configured tells that the timeout can be configured.
	configured bool
	end        context.CancelFunc
}

// begin opens the client and bounds the operation by the timeout that the configuration gives it.
func begin(
	ctx context.Context, data *service.Data, verb string, timeout func(context.Context, time.Duration) (time.Duration, diagnostics),
) (*operation, diagnostics) {
	client, diags := data.Venafi.Client(ctx)
	if diags.HasError() {
		return nil, diags
	}
	op := &operation{verb: verb, client: client, timeout: defaultTimeout, configured: timeout != nil}
	if timeout != nil {
		var more diagnostics
		if op.timeout, more = timeout(ctx, defaultTimeout); more.HasError() {
			return nil, append(diags, more...)
		}
	}
	op.ctx, op.end = context.WithTimeout(ctx, op.timeout)
	return op, diags
}

func unknownOutcome(err error) bool {
	_, ok := errors.AsType[*api.UnknownOutcomeError](err)
	return ok
}

// explain turns an error of the API into diagnostics that point at the attribute.
func (op *operation) explain(g api.Grant, err error) diagnostics {
	var diags diagnostics
	summary := "Unable to " + op.verb + " the OAuth role grant"
	detail := fmt.Sprintf("The role %s: %v", g, err)
	result, _ := errors.AsType[*api.ResultError](err)
	switch {
	case errors.Is(err, api.ErrOwnIdentity):
		diags.AddError(summary, ownRole(g))
	case isCollateral(err):
		diags.AddError("Roles on other applications were lost", fmt.Sprintf("%v", err))
	case errors.Is(err, context.DeadlineExceeded) && op.configured && op.ctx.Err() != nil:
		diags.AddAttributeError(path.Root("timeouts"), summary,
			fmt.Sprintf("The timeout of %s ran out: raise timeouts.%s.\n\n%s%s", op.timeout, op.verb, detail, op.afterwards(err)))
	case result != nil && result.Result == api.ApplicationNotFound:
		diags.AddAttributeError(path.Root("application_id"), summary, detail)
	case result != nil && (result.Result == api.RemoteIdentityRequired || result.Result == api.InvalidParameters):
		diags.AddAttributeError(path.Root("grantee"), summary, detail)
	default:
		diags.AddError(summary, detail+op.afterwards(err))
	}
	return diags
}

func isCollateral(err error) bool {
	_, ok := errors.AsType[*api.CollateralError](err)
	return ok
}

// afterwards says what the state holds after a write whose outcome nobody knows, and how to go on.
func (op *operation) afterwards(err error) string {
	if op.verb != "create" || !unknownOutcome(err) {
		return ""
	}
	return "\n\nThe state has the grant, since it may be there, and the next plan reads what is. Terraform marks the resource as tainted, and would revoke " +
		"the role and grant it again: to avoid that, run `terraform untaint ADDRESS` with the address of this resource before the next apply."
}

func ownRole(g api.Grant) string {
	return fmt.Sprintf("The role %s belongs to the identity that the provider is logged in as, and revoking it could lock you out. Log in as somebody else "+
		"to revoke it, or forget the resource with `terraform state rm` or a `removed` block with `destroy = false`.", g)
}

// planEnd refuses to revoke a role of the identity that the provider is logged in as.
func (op *operation) planEnd(g api.Grant, diags *diagnostics) {
	own, err := op.client.IsOwn(op.ctx, g.Grantee)
	switch {
	case err != nil:
		diags.Append(op.explain(g, err)...)
	case own:
		diags.AddError("The provider's own role would be revoked", ownRole(g))
	}
	op.client.IntendEnd(g)
}

// planGrant warns where a role on the whole installation meets roles on applications.
func (op *operation) planGrant(g api.Grant, diags *diagnostics) {
	clashes, err := op.client.Intend(op.ctx, g)
	if err != nil {
		diags.Append(op.explain(g, err)...)
		return
	}
	if len(clashes) == 0 {
		return
	}
	lines := make([]string, len(clashes))
	for i, clash := range clashes {
		lines[i] = "  - " + clash.String()
	}
	if g.Role.Overrides() {
		diags.AddAttributeWarning(path.Root("role"), "A role on the whole installation overrides roles on applications",
			fmt.Sprintf("Whoever holds %s has nothing of roles on applications: the server looks at the former alone. The grantee may lose what these roles "+
				"give, which the grantee holds or this plan grants:\n\n%s", g.Role, strings.Join(lines, "\n")))
		return
	}
	diags.AddAttributeWarning(path.Root("role"), "The role is overridden by a role on the whole installation",
		fmt.Sprintf("%s on application %q has no effect while the grantee holds a role on the whole installation, since the server looks at that one alone. "+
			"The grantee holds, or this plan grants:\n\n%s", g.Role, g.ApplicationID, strings.Join(lines, "\n")))
}
