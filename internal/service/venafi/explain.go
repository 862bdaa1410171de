// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/venafi"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/venafi/grantset"
)

// Explain turns an error of the API into diagnostics that point at the attribute.
func (s *grants) Explain(verb string, set grantset.Set, err error) (diags diag.Diagnostics) {
	summary := "Unable to " + verb + " " + s.title
	if s.rules {
		summary = "Unable to " + verb + " the " + s.about(set)
	}
	applied, _ := errors.AsType[*grantset.Error](err)
	said := err
	if applied != nil && s.single() && len(applied.Failures) == 1 {
		said = applied.Failures[0].Err
	}
	detail := fmt.Sprintf("The %s: %v", s.about(set), said)
	if s.rules { // the summary has it
		detail = strings.ToUpper(said.Error()[:1]) + said.Error()[1:]
	}
	if missing, ok := errors.AsType[*grantset.MissingError](err); ok {
		at := s.at
		if missing.Application != "" {
			at = path.Root("application_id")
		}
		diags.AddAttributeError(at, summary, detail+".")
		return diags
	}
	own, _ := errors.AsType[*grantset.OwnGrantError](err)
	collateral, _ := errors.AsType[*grantset.CollateralError](err)
	result, _ := errors.AsType[*api.ResultError](err)
	switch {
	case own != nil:
		diags.AddError("The provider's own role would be revoked", ownDetail(own))
		return diags
	case collateral != nil:
		diags.AddError("Roles on other applications were lost", detail)
		return diags
	}
	if applied != nil {
		detail += afterwards(verb, applied)
	}
	switch {
	case result != nil && result.Result == api.ApplicationNotFound:
		diags.AddAttributeError(path.Root("application_id"), summary, detail)
	case result != nil && (result.Result == api.InvalidScope || result.Result == api.ScopeMismatch) && s.rules:
		diags.AddAttributeError(atMaximumScope, summary, detail)
	case result != nil && (result.Result == api.RemoteIdentityRequired || result.Result == api.InvalidParameters):
		diags.AddAttributeError(s.at, summary, detail)
	default:
		diags.AddError(summary, detail)
	}
	return diags
}

// afterwards says what the state holds after a failure, and how to go on.
func afterwards(verb string, err *grantset.Error) string {
	_, unknown := errors.AsType[*grantset.UnknownOutcomeError](err)
	switch {
	case verb == "create" && !unknown && !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded):
		return "\n\nA create is all or nothing: what it has granted is revoked again, and whoever had it before keeps it."
	case verb == "create":
		return "\n\nThe state holds all who may have it, and the next plan reads who has. Terraform marks the resource as tainted, and would revoke " +
			"and grant it again: to avoid that, run `terraform untaint ADDRESS` with the address of this resource before the next apply."
	case unknown:
		return "\n\nThe state holds all who may have it, and the next plan reads who has."
	}
	return "\n\nThe state holds who has it now; the next apply sends only the rest."
}

func ownDetail(own *grantset.OwnGrantError) string {
	who := "belongs to the identity that the provider is logged in as"
	if own.Group {
		who = "belongs to a group through which the identity that the provider is logged in as has it, or may have it"
	}
	return fmt.Sprintf("The role %s %s, and revoking it could lock you out. Nothing is sent for it. Keep it in the configuration, or log in as somebody else to "+
		"revoke it. To get rid of the resource without revoking anything, set on_destroy = \"keep\" where the resource has it and apply before you destroy, or "+
		"forget it with a `removed` block with `destroy = false` or `terraform state rm`.", own.Grant, who)
}
