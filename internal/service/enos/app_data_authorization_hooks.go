// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package enos

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/enos"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/rest"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/shared"
	"github.com/appaccess/terraform-provider-appaccess/internal/service"
	"github.com/appaccess/terraform-provider-appaccess/internal/service/access"
)

// afterwards is how long an operation that has failed or was interrupted may still take to find out
// what is true.
const afterwards = 700 * time.Millisecond

// authorization is the list of types of one application.
type authorization struct {
	orgID, appID string
	types        []string // sorted
	memory
}

// memory is what the private state keeps beyond the attributes.
type memory struct {
	// InDefault tells that the organization was the provider's when the set was applied, or read
	// since.
	InDefault bool `json:"in_default,omitempty"`
	// MaybeEmpty tells that the types are what a write may have left of which nobody knows what
	// became, and that there may be none: then an answer without a list is an empty one.
	MaybeEmpty bool `json:"maybe_empty,omitempty"`
}

// expected are the types without which an answer is not believed.
func (a authorization) expected() []string {
	if a.MaybeEmpty {
		return nil
	}
	return a.types
}

func (a authorization) String() string {
	return fmt.Sprintf("application %s in organization %s", a.appID, a.orgID)
}

func importID(a authorization) string { return a.orgID + "/" + a.appID }

// held is what an application loses when the resource is destroyed.
func held(a authorization) access.Loss { return loss(a.types) }

func loss(types []string) access.Loss { return access.Loss{Count: len(types), Names: bullets(types)} }

// authorizations is the service of the lists of types.
type authorizations struct {
	client       *api.Client
	orgID        string // the provider's organization
	reservations *service.Reservations
}

func connect(ctx context.Context, data *service.Data) (access.Service[authorization], diag.Diagnostics) {
	client, diags := data.Enos.Client(ctx)
	return &authorizations{client: client, orgID: data.EnosOrgID.ValueString(), reservations: data.EnosReservations}, diags
}

// Place is the gateway. The organization stands in the state, and another one makes a new resource.
func (s *authorizations) Place(context.Context) (string, error) {
	return "EnOS gateway " + s.client.Gateway(), nil
}

func (s *authorizations) Identity(_ context.Context, a authorization) (any, error) {
	return identityOf(a), nil
}

func (s *authorizations) Read(ctx context.Context, prior authorization) (authorization, bool, error) {
	listed, err := s.client.AppAuthorization(ctx, prior.orgID, prior.appID, prior.expected()...)
	if errors.Is(err, api.ErrAppNotFound) {
		return prior, false, nil
	}
	prior.types, prior.InDefault = listed, prior.InDefault || prior.orgID == s.orgID
	prior.MaybeEmpty = prior.MaybeEmpty && len(listed) > 0
	return prior, true, err
}

func (s *authorizations) Import(ctx context.Context, named authorization) (authorization, error) {
	listed, err := s.client.AppAuthorization(ctx, named.orgID, named.appID)
	named.types = listed
	return named, err
}

// Diff needs the service only for a create: the state has what the refresh has listed.
func (s *authorizations) Diff(ctx context.Context, order access.Order[authorization]) (access.Change, error) {
	switch order.Verb {
	case "delete":
		if prior := order.Prior; prior.InDefault && prior.orgID != s.orgID && !access.Moved() {
			return access.Change{}, &anotherOrganization{state: prior.orgID, provider: s.orgID}
		}
		fallthrough
	case "update":
		return diff(order, order.Prior.types), nil
	}
	listed, err := s.client.AppAuthorization(ctx, order.Wanted.orgID, order.Wanted.appID)
	if err != nil {
		return access.Change{}, err
	}
	return diff(order, listed), nil
}

// diff says what an order changes when these types are listed.
func diff(order access.Order[authorization], listed []string) access.Change {
	if order.Wanted == nil {
		return access.Change{Target: order.Prior.String(), At: atTypes, Revoked: loss(order.Prior.types)}
	}
	wanted := *order.Wanted
	change := access.Change{Target: wanted.String(), At: atTypes}
	lost := without(listed, wanted.types)
	if order.Prior != nil {
		change.Revoked = loss(lost)
		warnTakenAway(&change.Warnings, wanted, lost)
	} else {
		change.Unlisted, change.ImportID = loss(lost), importID(wanted)
		if len(lost) == 0 && len(listed) > 0 && len(listed) < len(wanted.types) {
			change.Warnings.AddAttributeWarning(atTypes, "Types that are there already will be adopted: "+wanted.String(),
				fmt.Sprintf("Somebody else has granted these types: %s. Nothing of it is taken away; this resource owns it from then on.",
					shared.Printable(strings.Join(listed, ", "))))
		}
	}
	warnPower(&change.Warnings, wanted, without(wanted.types, listed))
	return change
}

// Apply replaces the list. What the plan didn't know of fails before anything is sent, since the
// service can only overwrite.
func (s *authorizations) Apply(ctx context.Context, order access.Order[authorization]) (access.Outcome[authorization], error) {
	set := order.Prior
	if order.Wanted != nil {
		set = order.Wanted
	}
	target := *set
	target.InDefault, target.MaybeEmpty = target.orgID == s.orgID, false
	unchanged := access.Outcome[authorization]{Now: target}
	if order.Verb == "update" && slices.Equal(order.Wanted.types, order.Prior.types) {
		return unchanged, nil
	}
	turn, end, err := s.reservations.Take(ctx, importID(*set))
	if err != nil {
		return unchanged, err
	}
	defer end()
	if order.Verb == "delete" && turn.Wanted {
		return unchanged, nil // with create_before_destroy, what is listed is the new instance's
	}
	var expected []string
	if order.Prior != nil {
		expected = order.Prior.expected()
	}
	listed, err := s.client.AppAuthorization(ctx, set.orgID, set.appID, expected...)
	switch {
	case errors.Is(err, api.ErrAppNotFound) && order.Wanted == nil:
		return unchanged, nil
	case err != nil:
		return unchanged, err
	}
	switch {
	case order.Verb == "undo":
		target.types = without(listed, order.Prior.types)
	case order.Wanted == nil:
		target.types = nil
	}
	if order.Prior != nil && order.Verb != "undo" {
		if err := refuseAppeared(target, without(without(listed, order.Prior.types), target.types)); err != nil {
			unchanged.Now.types = listed
			unchanged.Touched = order.Verb == "delete"
			return unchanged, err
		}
	}
	if err := order.Approve(diff(order, listed)); err != nil {
		return unchanged, err
	}
	out, err := s.write(ctx, order.Verb, target, listed)
	turn.Wanted = order.Wanted != nil && out.Touched
	return out, err
}

// refuseAppeared refuses to overwrite types that the plan did not show.
func refuseAppeared(target authorization, appeared []string) error {
	if len(appeared) == 0 {
		return nil
	}
	verb := "were"
	if len(appeared) == 1 {
		verb = "was"
	}
	return &access.Refusal{
		At: atTypes, Summary: "The plan is out of date: " + target.String(),
		Detail: fmt.Sprintf("%s %s granted since the plan. The service can only replace the whole list, so the apply would take away what the plan did not "+
			"show. Nothing was sent: plan again.", shared.Printable(strings.Join(appeared, ", ")), verb),
	}
}

// write replaces the list. After a failure it reads the list again: what counts is what the service
// lists. Where that is what was wanted, the failure is a warning.
func (s *authorizations) write(ctx context.Context, verb string, target authorization, before []string) (access.Outcome[authorization], error) {
	out := access.Outcome[authorization]{Touched: true, Now: target}
	err := s.client.SetAppAuthorization(ctx, target.orgID, target.appID, target.types)
	switch {
	case err == nil:
		tflog.Info(ctx, "set the data authorize types of "+target.String(), map[string]any{"types": len(target.types)})
		return out, nil
	case errors.Is(err, api.ErrAppNotFound) && (verb == "delete" || verb == "undo"):
		return out, nil
	}
	if unconfirmed, ok := errors.AsType[*api.UnconfirmedError](err); ok {
		out.Warnings.AddAttributeWarning(atTypes, "The data authorize types could not be read back: "+target.String(),
			fmt.Sprintf("EnOS accepted the data authorize types, but could not be asked for them afterwards. The state says what was sent; the next plan reads "+
				"what is there.\n\n%v", unconfirmed.Err))
		return out, nil
	}
	if unsent(err) || errors.Is(err, api.ErrAppNotFound) || errors.Is(err, api.ErrShortcut) {
		return access.Outcome[authorization]{Now: target}, err
	}
	listed, readErr := s.readAgain(ctx, target)
	if readErr == nil && slices.Equal(listed, target.types) {
		out.Warnings.AddAttributeWarning(atTypes, "The data authorize types were set, although a call failed: "+target.String(),
			fmt.Sprintf("EnOS lists the data authorize types as they were wanted, so nothing has to be done.\n\n%v", err))
		return out, nil
	}
	accepted := isDifference(err)
	out.Now.MaybeEmpty = (rest.Unanswered(err) || readErr != nil) && min(len(before), len(target.types)) == 0
	if readErr != nil {
		// Nobody knows whether the service acted on it. After a create, forgetting the resource
		// would be the worse mistake.
		out.Touched = accepted || rest.Unanswered(err) || verb == "create"
		out.Now.types = union(before, target.types)
		return out, fmt.Errorf("%w\n\nWhat EnOS lists now could not be found out: %w", err, readErr)
	}
	out.Now.types = listed
	if rest.Unanswered(err) { // the service may still act on it
		out.Now.types = union(listed, target.types)
	}
	if verb == "create" {
		out.Touched = accepted || rest.Unanswered(err)
		granted := target
		if granted.types = without(listed, before); out.Touched && !rest.Unanswered(err) {
			out.Undo = &granted
		}
	}
	return out, err
}

// readAgain reads the list until it is what was wanted, for a while, also when the operation was
// interrupted or has run out of time.
func (s *authorizations) readAgain(ctx context.Context, target authorization) ([]string, error) {
	if ctx.Err() != nil {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), afterwards)
		defer cancel()
	}
	return s.client.AwaitAppAuthorization(ctx, target.orgID, target.appID, target.types)
}

// Explain turns an error of the API into diagnostics that point at the attribute.
func (s *authorizations) Explain(verb string, set authorization, err error) (diags diag.Diagnostics) {
	summary := "Unable to " + verb + " the data authorization"
	detail := fmt.Sprintf("The data authorize types of %s: %v", set, err)
	other, _ := errors.AsType[*anotherOrganization](err)
	switch {
	case other != nil:
		diags.Append(other.diagnostic())
	case errors.Is(err, api.ErrAppNotFound):
		diags.AddAttributeError(atAppID, summary, noSuchApp(err))
	case errors.Is(err, api.ErrShortcut):
		detail += "\n\nGive the access key of the application that the shortcut leads to."
		if verb == "read" || verb == "update" || verb == "delete" {
			detail += " To forget this resource without sending anything, use `terraform state rm`."
		}
		diags.AddAttributeError(atAppID, summary, detail)
	case isDifference(err):
		diags.AddAttributeError(atTypes, summary, fmt.Sprintf("%v.", err))
	default:
		diags.AddError(summary, detail)
	}
	return diags
}

// noSuchApp says which application the organization lacks, and what the service said.
func noSuchApp(err error) string {
	app, ok := errors.AsType[*api.AppError](err)
	if !ok {
		return err.Error()
	}
	text := fmt.Sprintf("Organization %s has no application %s. app_id is its access key (Developer Console > Application Registration > Application "+
		"Details).", app.OrgID, app.AppID)
	if app.Err != nil {
		text += fmt.Sprintf("\n\n%v", app.Err)
	}
	return text
}

// union is what is in either list, sorted.
func union(a, b []string) []string {
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
}

// unsent tells that the service surely did not act.
func unsent(err error) bool {
	e, ok := errors.AsType[*rest.Error](err)
	return ok && e.Unsent
}

func isDifference(err error) bool {
	_, ok := errors.AsType[*api.DifferenceError](err)
	return ok
}
