// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/shared"
	api "github.com/appaccess/terraform-provider-appaccess/internal/api/venafi"
	"github.com/appaccess/terraform-provider-appaccess/internal/service"
	"github.com/appaccess/terraform-provider-appaccess/internal/service/access"
)

const applicationSuffix = "_venafi_oauth_application"

// applications is the service of API integrations.
type applications struct{ client *api.Client }

func connectApplications(ctx context.Context, data *service.Data) (access.Service[application], diag.Diagnostics) {
	client, diags := data.Venafi.Client(ctx)
	return &applications{client}, diags
}

// Place is the server.
func (s *applications) Place(context.Context) (string, error) { return placeOf(s.client), nil }

func placeOf(client *api.Client) string { return "Venafi " + client.Place() }

func (s *applications) Identity(_ context.Context, a application) (any, error) {
	return applicationIdentity{ApplicationID: service.Text(a.id)}, nil
}

func (s *applications) Read(ctx context.Context, prior application) (application, bool, error) {
	has, err := s.client.Application(ctx, prior.id)
	if api.HasResult(err, api.ApplicationNotFound) {
		return prior, false, nil
	}
	return prior.as(has), true, err
}

func (s *applications) Import(ctx context.Context, named application) (application, error) {
	has, err := s.client.Application(ctx, named.id)
	return named.as(has), err
}

// existsError is a create of what is there already.
type existsError struct{ what, suffix, importID string }

func (e *existsError) Error() string {
	return fmt.Sprintf("%s exists already. To manage it here, import it:\n\n%s", e.what, access.ImportBlock(e.suffix, e.importID))
}

func applicationExists(id string) error {
	return &existsError{fmt.Sprintf("The application %q", id), applicationSuffix, id}
}

// Diff refuses what would lock the provider out, and a create of what is there.
func (s *applications) Diff(ctx context.Context, order access.Order[application]) (access.Change, error) {
	change := access.Change{At: atApplication}
	switch {
	case order.Wanted == nil:
		change.Target = order.Prior.String()
		err := s.refuseEnd(ctx, *order.Prior, false)
		if live := s.live(ctx, order.Prior.id); err == nil && live.count > 0 {
			change.Warnings.AddAttributeWarning(atApplication, "Tokens may outlive the application: "+change.Target,
				fmt.Sprintf("It has %s. Whether these tokens end with it depends on the server: end them in the console where that matters.", live))
		}
		return change, err
	case order.Prior == nil:
		change.Target = order.Wanted.String()
		_, err := s.client.Application(ctx, order.Wanted.id)
		switch {
		case api.HasResult(err, api.ApplicationNotFound), err == nil && order.Ends == order.Wanted.id:
			return change, nil
		case err != nil:
			return change, err
		}
		return change, applicationExists(order.Wanted.id)
	}
	change.Target = order.Wanted.String()
	return change, s.refuseNarrowing(ctx, *order.Wanted)
}

// refuseNarrowing refuses a maximum scope with which the provider could not log in again.
func (s *applications) refuseNarrowing(ctx context.Context, wanted application) error {
	if wanted.maximumScope == nil {
		return nil
	}
	own, scope, err := s.client.OwnApplication(ctx)
	if err != nil || own != wanted.id {
		return err
	}
	if lacking := api.ScopeLacks(scope, *wanted.maximumScope); len(lacking) > 0 {
		return &access.Refusal{
			At: atMaximumScope, Summary: "The provider would lock itself out: " + wanted.String(),
			Detail: fmt.Sprintf("The provider is logged in through this application with the scope %q, and could not log in again: maximum_scope lacks %s.",
				scope, strings.Join(lacking, ", ")),
		}
	}
	return nil
}

// refuseEnd refuses to delete the application through which the provider is logged in and, without
// force_destroy, one that somebody may use: by a live grant, and at the apply by a rule too, since
// a plan can't know which rules go with it.
func (s *applications) refuseEnd(ctx context.Context, a application, apply bool) error {
	own, _, err := s.client.OwnApplication(ctx)
	if err != nil {
		return err
	}
	if own == a.id {
		return &access.Refusal{
			At: atApplication, Summary: "The provider would lock itself out: " + a.String(),
			Detail: "The provider is logged in through this application. Log in through another one to destroy it, or forget the resource with a `removed` " +
				"block with `destroy = false`.",
		}
	}
	if a.force {
		return nil
	}
	has, err := s.client.Application(ctx, a.id)
	switch {
	case api.HasResult(err, api.ApplicationNotFound):
		return nil
	case err != nil:
		return err
	}
	var rules []api.Rule
	if apply {
		if rules, err = s.client.FreshRules(ctx, a.id); err != nil {
			return err
		}
	}
	live := s.live(ctx, a.id)
	if has.GrantCount != nil {
		live.count = max(live.count, int(*has.GrantCount))
	}
	if len(rules) == 0 && live.count == 0 {
		return nil
	}
	return &access.Refusal{
		At: path.Root("force_destroy"), Summary: "Somebody may still use the " + a.String(),
		Detail: fmt.Sprintf("It has %s and %s. Nothing was sent. Take the access away first, and let the tokens expire or end them in the console; or set "+
			"force_destroy = true and apply that before you destroy it.", shared.Counted(len(rules), "rule"), live),
	}
}

// live are the live grants of an application as far as they can be read: who may not see them is
// told nothing of them.
func (s *applications) live(ctx context.Context, id string) *tokens {
	live := &tokens{}
	if all, err := s.client.LiveGrants(ctx, id); err == nil {
		for _, g := range all {
			live.add(g)
		}
	}
	return live
}

// Apply makes, changes or deletes the application, and says what it is then.
func (s *applications) Apply(ctx context.Context, order access.Order[application]) (access.Outcome[application], error) {
	switch {
	case order.Wanted == nil:
		return s.end(ctx, order)
	case order.Prior == nil:
		return s.create(ctx, *order.Wanted)
	}
	wanted := *order.Wanted
	unchanged := access.Outcome[application]{Now: *order.Prior}
	if err := s.refuseNarrowing(ctx, wanted); err != nil {
		return unchanged, err
	}
	has, err := s.client.Application(ctx, wanted.id)
	if err != nil {
		return unchanged, err
	}
	target := wanted.onto(has)
	if !has.Like(target) {
		err = s.client.UpdateApplication(ctx, target)
	}
	return s.after(ctx, wanted, err)
}

func (s *applications) create(ctx context.Context, wanted application) (access.Outcome[application], error) {
	err := s.client.CreateApplication(ctx, wanted.onto(api.Application{}))
	switch {
	case api.HasResult(err, api.ApplicationAlreadyExists) && !api.Uncertain(err):
		return access.Outcome[application]{}, applicationExists(wanted.id)
	case err != nil:
		return access.Outcome[application]{Now: wanted, Touched: api.Uncertain(err)}, err
	case wanted.unused != nil:
		// A create does not take it.
		has, readErr := s.client.Application(ctx, wanted.id)
		if err = readErr; err == nil {
			err = s.client.UpdateApplication(ctx, wanted.onto(has))
		}
	}
	out, err := s.after(ctx, wanted, err)
	if err != nil {
		out.Undo = &wanted
	}
	return out, err
}

// after reads what an application is after a write, and holds a write that succeeded to its word.
func (s *applications) after(ctx context.Context, wanted application, failure error) (access.Outcome[application], error) {
	out := access.Outcome[application]{Now: wanted, Touched: true}
	look, end := lookAfter(ctx)
	defer end()
	has, err := s.client.Application(look, wanted.id)
	switch {
	case err == nil:
		out.Now = wanted.as(has)
		if failure == nil && !has.Like(wanted.onto(has)) {
			failure = fmt.Errorf("the server answered that the application %q is as it was wanted, and then that it is not", wanted.id)
		}
	case failure != nil:
		failure = fmt.Errorf("%w\n\nWhat the application is now could not be found out: %w", failure, err)
	default:
		failure = err
	}
	return out, failure
}

// lookAfter is a context in which what became of a write can be found out, though the operation is
// interrupted.
func lookAfter(ctx context.Context) (context.Context, context.CancelFunc) {
	if ctx.Err() == nil {
		return ctx, func() {}
	}
	return context.WithTimeout(context.WithoutCancel(ctx), lookTime)
}

// stillThere is an error where what was deleted is read after that.
func stillThere(what string, readErr error) error {
	if readErr == nil {
		return fmt.Errorf("the server answered that %s is deleted, and then that it is there", what)
	}
	return nil
}

func (s *applications) end(ctx context.Context, order access.Order[application]) (access.Outcome[application], error) {
	out := access.Outcome[application]{Now: *order.Prior}
	if order.Verb != "undo" {
		if err := s.refuseEnd(ctx, *order.Prior, true); err != nil {
			return out, err
		}
	}
	err := s.client.DeleteApplication(ctx, order.Prior.id)
	switch {
	case api.HasResult(err, api.ApplicationNotFound):
		err = nil
	case err == nil:
		look, end := lookAfter(ctx)
		defer end()
		_, readErr := s.client.Application(look, order.Prior.id)
		err = stillThere("the "+order.Prior.String(), readErr)
	}
	out.Gone, out.Touched = err == nil, false
	return out, err
}

// Explain turns an error of the API into diagnostics that point at the attribute.
func (s *applications) Explain(verb string, a application, err error) (diags diag.Diagnostics) {
	summary := "Unable to " + verb + " the OAuth " + a.String()
	switch {
	case isExists(err):
		diags.AddAttributeError(atApplication, summary, err.Error())
	case api.HasResult(err, api.ApplicationNotFound):
		diags.AddAttributeError(atApplication, summary, sentence(err))
	case api.HasResult(err, api.InvalidScope, api.ScopeMismatch):
		diags.AddAttributeError(atMaximumScope, summary, sentence(err))
	default:
		diags.AddError(summary, sentence(err))
	}
	return diags
}
