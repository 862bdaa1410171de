// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"context"
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/venafi"
	"github.com/appaccess/terraform-provider-appaccess/internal/service"
	"github.com/appaccess/terraform-provider-appaccess/internal/service/access"
)

const mappingSuffix = "_venafi_oauth_jwt_mapping"

// mappings is the service of JWT mappings.
type mappings struct{ client *api.Client }

func connectMappings(ctx context.Context, data *service.Data) (access.Service[mapping], diag.Diagnostics) {
	client, diags := data.Venafi.Client(ctx)
	return &mappings{client}, diags
}

// Place is the server.
func (s *mappings) Place(context.Context) (string, error) { return placeOf(s.client), nil }

func (s *mappings) Identity(_ context.Context, m mapping) (any, error) {
	return mappingIdentity{Name: service.Text(m.Name)}, nil
}

func (s *mappings) Read(ctx context.Context, prior mapping) (mapping, bool, error) {
	has, err := s.client.JwtMapping(ctx, prior.Name)
	if api.HasResult(err, api.JwtMappingNotFound) {
		return prior, false, nil
	}
	return mapping{has}, true, err
}

func (s *mappings) Import(ctx context.Context, named mapping) (mapping, error) {
	has, err := s.client.JwtMapping(ctx, named.Name)
	return mapping{has}, err
}

func mappingExists(name string) error {
	return &existsError{fmt.Sprintf("The JWT mapping %q", name), mappingSuffix, name}
}

// errKeysIgnored is a server that has dropped jwks_uri.
var errKeysIgnored = errors.New("the server took the mapping and dropped its jwks_uri, which servers before 26.2 do not know: leave jwks_uri out, so that " +
	"the server finds the keys by the issuer's own configuration")

// Diff refuses a create of what is there, keys that other mappings of the issuer contradict, and a
// lockout.
func (s *mappings) Diff(ctx context.Context, order access.Order[mapping]) (access.Change, error) {
	change := access.Change{At: path.Root("name")}
	if order.Wanted == nil {
		change.Target = order.Prior.String()
		return change, s.refuseLockout(order)
	}
	wanted := *order.Wanted
	change.Target = wanted.String()
	all, err := s.client.JwtMappings(ctx)
	if err != nil {
		return change, err
	}
	for _, other := range all {
		switch {
		case order.Prior == nil && other.Name == order.Ends:
		case other.Name == wanted.Name && order.Prior == nil:
			return change, mappingExists(wanted.Name)
		case other.Name != wanted.Name && other.IssuerURI == wanted.IssuerURI && wanted.JwksURI != "" && other.JwksURI != "" && other.JwksURI != wanted.JwksURI:
			return change, &access.Refusal{
				At: atJwksURI, Summary: "Two JWT mappings disagree about the keys of one issuer",
				Detail: fmt.Sprintf("The issuer %s has the jwks_uri %s here, and %s in the JWT mapping %q on the server. The server knows one for each issuer.",
					wanted.IssuerURI, wanted.JwksURI, other.JwksURI, other.Name),
			}
		}
	}
	if !anchored(wanted.IDMatch) && (order.Prior == nil || order.Prior.IDMatch != wanted.IDMatch) {
		change.Warnings.AddAttributeWarning(atIDMatch, "The expression may match a part of the claim: "+wanted.Name,
			"id_match does not begin with ^ and end with $. Where the server looks for it anywhere in the claim, a token whose claim holds more than what you "+
				"mean logs in too.")
	}
	if off, err := s.client.JwtLoginOff(ctx); order.Prior == nil && err == nil && off {
		change.Warnings.AddWarning("The server takes no JSON Web Tokens: "+wanted.String(),
			"The mapping has no effect until JWT authentication is turned on for the server (AuthorizeByJwt of its OAuth configuration).")
	}
	return change, s.refuseLockout(order)
}

// refuseLockout refuses to delete the mapping that takes the provider's own token, or to change it
// so that it doesn't.
func (s *mappings) refuseLockout(order access.Order[mapping]) error {
	if order.Prior == nil || order.Verb == "undo" || !s.client.LogsIn(order.Prior.JwtMapping) ||
		order.Wanted != nil && s.client.LogsIn(order.Wanted.JwtMapping) {
		return nil
	}
	return &access.Refusal{
		At: path.Root("name"), Summary: "The provider would lock itself out: " + order.Prior.String(),
		Detail: "The provider is logged in with a JSON Web Token that this mapping takes, and could not log in again. Log in another way to change it, or " +
			"forget the resource with a `removed` block with `destroy = false`.",
	}
}

// Apply makes, changes or deletes the mapping, and says what it is then.
func (s *mappings) Apply(ctx context.Context, order access.Order[mapping]) (access.Outcome[mapping], error) {
	if err := s.refuseLockout(order); err != nil {
		return access.Outcome[mapping]{Now: *order.Prior}, err
	}
	switch {
	case order.Wanted == nil:
		out := access.Outcome[mapping]{Now: *order.Prior}
		err := s.client.DeleteJwtMapping(ctx, order.Prior.Name)
		switch {
		case api.HasResult(err, api.JwtMappingNotFound):
			err = nil
		case err == nil:
			look, end := lookAfter(ctx)
			defer end()
			_, readErr := s.client.JwtMapping(look, order.Prior.Name)
			err = stillThere(order.Prior.String(), readErr)
		}
		out.Gone = err == nil
		return out, err
	case order.Prior == nil:
		wanted := *order.Wanted
		err := s.client.CreateJwtMapping(ctx, wanted.JwtMapping)
		switch {
		case api.HasResult(err, api.JwtMappingAlreadyExists) && !api.Uncertain(err):
			return access.Outcome[mapping]{}, mappingExists(wanted.Name)
		case err != nil:
			return access.Outcome[mapping]{Now: wanted, Touched: api.Uncertain(err)}, err
		}
		out, err := s.after(ctx, wanted, nil)
		if err != nil {
			out.Undo = &wanted
		}
		return out, err
	}
	wanted := *order.Wanted
	has, err := s.client.JwtMapping(ctx, wanted.Name)
	if err != nil {
		return access.Outcome[mapping]{Now: *order.Prior}, err
	}
	if target := wanted.onto(has); !has.Like(target) {
		err = s.client.UpdateJwtMapping(ctx, target)
	}
	return s.after(ctx, wanted, err)
}

// after reads what a mapping is after a write, and holds a write that succeeded to its word.
func (s *mappings) after(ctx context.Context, wanted mapping, failure error) (access.Outcome[mapping], error) {
	out := access.Outcome[mapping]{Now: wanted, Touched: true}
	look, end := lookAfter(ctx)
	defer end()
	has, err := s.client.JwtMapping(look, wanted.Name)
	switch {
	case err != nil && failure != nil:
		return out, fmt.Errorf("%w\n\nWhat the mapping is now could not be found out: %w", failure, err)
	case err != nil:
		return out, err
	}
	out.Now = mapping{has}
	switch {
	case failure != nil:
	case wanted.JwksURI != "" && has.JwksURI == "":
		failure = errKeysIgnored
	case !has.Like(wanted.onto(has)):
		failure = fmt.Errorf("the server answered that the JWT mapping %q is as it was wanted, and then that it is not", wanted.Name)
	}
	return out, failure
}

// Explain turns an error of the API into diagnostics that point at the attribute.
func (s *mappings) Explain(verb string, m mapping, err error) (diags diag.Diagnostics) {
	summary := "Unable to " + verb + " the " + m.String()
	switch {
	case errors.Is(err, errKeysIgnored):
		diags.AddAttributeError(atJwksURI, summary, sentence(err))
	case api.HasResult(err, api.RemoteIdentityRequired):
		diags.AddAttributeError(path.Root("grantee"), summary, sentence(err))
	case isExists(err):
		diags.AddAttributeError(path.Root("name"), summary, err.Error())
	case api.HasResult(err, api.JwtMappingNotFound):
		diags.AddAttributeError(path.Root("name"), summary, sentence(err))
	default:
		diags.AddError(summary, sentence(err))
	}
	return diags
}
