// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package access

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"

	"github.com/appaccess/terraform-provider-appaccess/internal/service"
)

// operation is one create, read, update, delete, import or plan.
type operation[M any, PM Model[M, S], S any] struct {
	*Resource[M, PM, S]
	service    Service[S]
	verb       string
	ctx        context.Context // an operation lives only as long as its call
	timeout    time.Duration
	configured bool // the timeout can be configured
	place      string
	end        context.CancelFunc
}

// begin opens the client, bounds the operation by its timeout, and refuses to work in another place
// than the one that the private state remembers.
func (r *Resource[M, PM, S]) begin(ctx context.Context, verb string, options *Options, m memory) (*operation[M, PM, S], diag.Diagnostics) {
	client, diags := r.Connect(ctx, r.Data)
	if diags.HasError() {
		return nil, diags
	}
	op := &operation[M, PM, S]{Resource: r, service: client, verb: verb, timeout: r.WriteTimeout, configured: options != nil}
	if verb == "read" {
		op.timeout = r.ReadTimeout
	}
	if options != nil {
		of := map[string]func(context.Context, time.Duration) (time.Duration, diag.Diagnostics){
			"create": options.Timeouts.Create, "read": options.Timeouts.Read, "update": options.Timeouts.Update, "delete": options.Timeouts.Delete,
		}[verb]
		var more diag.Diagnostics
		if op.timeout, more = of(ctx, op.timeout); more.HasError() {
			return nil, more
		}
	}
	op.ctx, op.end = context.WithTimeout(ctx, op.timeout)
	var err error
	if op.place, err = client.Place(op.ctx); err != nil {
		var none S
		defer op.end()
		return nil, op.explain(none, err)
	}
	if elsewhere := m.elsewhere(op.place); elsewhere != "" {
		op.end()
		return nil, diag.Diagnostics{AnotherPlace(verb+" "+r.Title, elsewhere, op.place)}
	}
	return op, diags
}

// movedVariable lets one run take over a new place.
const movedVariable = "APPACCESS_MOVED"

// Moved tells that this run takes over the place where the provider works now.
func Moved() bool { return os.Getenv(movedVariable) == "1" }

// AnotherPlace is the error of a provider that works in another place than that of the state. task
// is what can't be done.
func AnotherPlace(task, was, is string) diag.Diagnostic {
	return diag.NewErrorDiagnostic("The provider points to another place",
		fmt.Sprintf("Unable to %s: the state was made in one place, and the provider now works in another.\n\n  state:    %s\n  provider: %s\n\n"+
			"Nothing was sent and nothing is dropped from the state. Correct the provider's configuration or its environment. Where both are the same "+
			"installation under two names, or the resources shall move, set %s=1 in the environment of one run, which takes over the new place.",
			task, was, is, movedVariable))
}

// explain turns an error into diagnostics. What is the same for all services is said here.
func (op *operation[M, PM, S]) explain(set S, err error) (diags diag.Diagnostics) {
	summary := "Unable to " + op.verb + " " + op.Title
	if refusal, ok := errors.AsType[*Refusal](err); ok {
		detail := refusal.Detail
		if text := err.Error(); text != refusal.Error() {
			detail += "\n\n" + text
		}
		diags.AddAttributeError(refusal.At, refusal.Summary, detail)
		return diags
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded) && op.configured && op.ctx.Err() != nil:
		for _, d := range op.service.Explain(op.verb, set, err) {
			diags.AddAttributeError(path.Root("timeouts"), d.Summary(),
				fmt.Sprintf("The timeout of %s ran out: raise timeouts.%s.\n\n%s", op.timeout, op.verb, d.Detail()))
		}
	case err == context.Canceled: //nolint:errorlint // a wrapped one says what was interrupted
		diags.Append(service.Failed(summary, err))
	case errors.Is(err, context.Canceled):
		for _, d := range op.service.Explain(op.verb, set, err) {
			text := service.Spoken(d.Detail())
			if at, ok := d.(diag.DiagnosticWithPath); ok {
				diags.AddAttributeError(at.Path(), d.Summary(), text)
				continue
			}
			diags.AddError(d.Summary(), text)
		}
	default:
		diags = op.service.Explain(op.verb, set, err)
	}
	return diags
}

// identify sets the identity of a set.
func (op *operation[M, PM, S]) identify(identity *tfsdk.ResourceIdentity, set S) diag.Diagnostics {
	if identity == nil {
		return nil
	}
	// An interrupt must not cost the state its identity.
	ctx := context.WithoutCancel(op.ctx)
	value, err := op.service.Identity(ctx, set)
	if err != nil {
		return op.explain(set, err)
	}
	return identity.Set(ctx, value)
}

// Refusal is a plan or an apply that would take away more than it may. Nothing is sent.
type Refusal struct {
	At              path.Path
	Summary, Detail string
}

// Error says all of it.
func (e *Refusal) Error() string { return e.Summary + ": " + e.Detail }
