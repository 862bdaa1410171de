// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package enos

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/appaccess/terraform-provider-appaccess/internal/service"
)

// claim records which application the plan is for, and refuses a second resource of the same configuration for it. It asks
// the service nothing.
func (r *authorizationResource) claim(ctx context.Context, plan authorizationModel, private service.PrivateState) diag.Diagnostics {
	if r.data.EnosClaims == nil || plan.OrgID.IsUnknown() || plan.AppID.IsUnknown() {
		return nil
	}
	instance, diags := service.Instance(ctx, private)
	if diags.HasError() {
		return diags
	}
	types := plan.types()
	conflicts := r.data.EnosClaims.Make(service.Claim[string]{
		Resource: instance, Targets: []string{fmt.Sprintf("%q in %q", plan.AppID.ValueString(), plan.OrgID.ValueString())}, Exclusive: true,
		Describe: func() string { return "data_authorize_types = [" + strings.Join(types, ", ") + "]" },
	})
	if len(conflicts) > 0 {
		others := make([]string, len(conflicts))
		for i, c := range conflicts {
			others[i] = "  - appaccess_enos_app_data_authorization with " + c.Other.Describe()
		}
		diags.AddAttributeError(atAppID, "Two resources own the same application",
			fmt.Sprintf("This resource owns the data authorize types of application %s in organization %s, and so does another one of this configuration: each "+
				"apply would make one of them overwrite the list of the other. The other one:\n\n%s\n\nKeep one of them, and list all types there. To give up a "+
				"resource that exists already without taking anything away, put a `removed` block with `destroy = false` in its place.\n\n%s",
				plan.AppID.ValueString(), plan.OrgID.ValueString(), service.SortedLines(others), service.DestroyAdvice))
	}
	return diags
}
