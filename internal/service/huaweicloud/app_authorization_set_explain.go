// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud/authset"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/shared"
)

// Explain turns an error of the API into diagnostics that point at the attribute.
func (s *sets) Explain(verb string, _ set, err error) (diags diag.Diagnostics) {
	summary := "Unable to " + verb + " the application authorizations"
	detail := err.Error()
	if opened, ok := errors.AsType[*authset.OpenedError](err); ok {
		refusal := s.kind.refuseOpened(verb == "create", opened.Apps)
		if _, applied := errors.AsType[*authset.ApplyError](err); !applied {
			detail = refusal.Detail
		}
		diags.AddAttributeError(refusal.At, refusal.Summary, detail)
		return diags
	}
	missing, gone := errors.AsType[*authset.GoneError](err)
	applied, wasApplied := errors.AsType[*authset.ApplyError](err)
	switch {
	case wasApplied && gone:
		diags.AddAttributeError(path.Root("app_ids"), summary, detail+"\n\n"+afterwards(verb, applied))
	case wasApplied:
		diags.AddAttributeError(pathOf(applied), summary, detail+"\n\n"+afterwards(verb, applied))
	case gone:
		they, them := "It", "it"
		if len(missing.AppIDs) > 1 {
			they, them = "They", "them"
		}
		advice := fmt.Sprintf(": remove %s from app_ids, or correct %s. Nothing was sent.", them, them)
		if verb == "import" {
			advice = ". An import id is app_id[,app_id...]; the data source appaccess_huaweicloud_app finds an id by the name."
		}
		diags.AddAttributeError(path.Root("app_ids"), "No such application", fmt.Sprintf(
			"The project has no application %s. %s may have been deleted, or belong to another project or region%s",
			shared.Printable(strings.Join(missing.AppIDs, ", ")), they, advice))
	case errors.Is(err, context.Canceled):
		diags.AddError(summary, "The run was interrupted before anything was sent.")
	default:
		diags.AddError(summary, detail)
	}
	return diags
}

// afterwards says what the state holds after a failure, and how to go on.
func afterwards(verb string, err *authset.ApplyError) string {
	switch {
	case err.Interrupted():
		return "It was stopped before it could read back: the state holds all that may be granted, and the next plan reads what is."
	case verb == "create" && !err.Unanswered():
		return "What this create has granted is revoked again, unless a warning says otherwise, and the state holds nothing."
	case verb == "create":
		return "The service may act on a request yet that it did not answer: the state holds all that may be granted. Terraform marks the resource as " +
			"tainted, and would replace it: revoke everything and grant it again. To go on with the rest instead, run `terraform untaint ADDRESS` with " +
			"the address of this resource, and apply."
	}
	return "The state holds what is granted now; the next apply sends only the rest."
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
