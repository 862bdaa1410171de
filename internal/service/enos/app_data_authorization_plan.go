// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package enos

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/enos"
)

// ModifyPlan fills in the provider's organization, and warns of what the apply will take away or give that the attributes
// don't show. It asks the service only what the refresh of this run has not asked.
func (r *authorizationResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if r.data == nil {
		return
	}
	var config, plan, state authorizationModel
	if !req.State.Raw.IsNull() {
		if resp.Diagnostics.Append(req.State.Get(ctx, &state)...); resp.Diagnostics.HasError() {
			return
		}
	}
	if req.Plan.Raw.IsNull() {
		warnDestroy(&resp.Diagnostics, state)
		return
	}
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...); resp.Diagnostics.HasError() {
		return
	}
	create := req.State.Raw.IsNull()
	if config.OrgID.IsNull() && !r.planOrgID(ctx, &plan, state, create, resp) {
		return
	}
	if resp.Diagnostics.Append(r.claim(ctx, plan, resp.Private)...); resp.Diagnostics.HasError() {
		return
	}
	if !create && resp.Plan.Raw.Equal(req.State.Raw) {
		return
	}
	replace := !create && !plan.sameApp(state)
	if !checkTypes(&resp.Diagnostics, plan, state, create || replace) || !plan.known() {
		return
	}
	if replace {
		warnDestroy(&resp.Diagnostics, state)
	}
	if create || replace {
		if r.data.Enos.Known() {
			r.planCreate(ctx, plan, resp)
		}
		return
	}
	warnTakenAway(&resp.Diagnostics, plan, without(state.types(), plan.types()))
	warnPower(&resp.Diagnostics, plan, without(plan.types(), state.types()))
}

// planOrgID plans the provider's organization for a resource that names none. It returns false when there is none.
func (r *authorizationResource) planOrgID(
	ctx context.Context, plan *authorizationModel, state authorizationModel, create bool, resp *resource.ModifyPlanResponse,
) bool {
	plan.OrgID = r.data.EnosOrgID
	switch {
	case plan.OrgID.IsNull():
		resp.Diagnostics.Append(noOrgID())
		return false
	case plan.OrgID.IsUnknown() && !create:
		plan.OrgID = state.OrgID // it is most probably the same, and the apply looks again
	case !create && !plan.OrgID.Equal(state.OrgID):
		resp.RequiresReplace.Append(path.Root("org_id"))
	}
	resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("org_id"), plan.OrgID)...)
	return !resp.Diagnostics.HasError()
}

// planCreate looks at what the application has now, since the apply overwrites it.
func (r *authorizationResource) planCreate(ctx context.Context, plan authorizationModel, resp *resource.ModifyPlanResponse) {
	op, diags := r.begin(ctx, "plan", plan, nil)
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		return
	}
	defer op.end()
	listed, err := op.client.AppAuthorization(op.ctx, op.orgID, op.appID)
	switch {
	case errors.Is(err, api.ErrAppNotFound):
		resp.Diagnostics.AddAttributeWarning(atAppID, "No such application",
			fmt.Sprintf("EnOS knows no %s, or the organization has not obtained it. Unless that changes before the apply, the apply fails.\n\n%v", op.app(), err))
		return
	case err != nil:
		resp.Diagnostics.Append(op.explain(err)...)
		return
	}
	wanted := plan.types()
	if len(listed) > 0 && !slices.Equal(listed, wanted) {
		summary, taken := "Data authorize types that are there already will be adopted", "Nothing of it is taken away; this resource owns it from then on."
		if lost := without(listed, wanted); len(lost) > 0 {
			summary = "Data authorize types that are there already will be overwritten"
			taken = "These are taken away, and with them what they unlock:\n\n" + bullets(lost)
		}
		resp.Diagnostics.AddAttributeWarning(atTypes, summary,
			fmt.Sprintf("The %s has these types already, which somebody else has granted: %s. Creating this resource replaces the whole list. %s\n\n"+
				"To see the change before anything happens, import the resource instead: terraform import ADDRESS %s/%s", op.app(),
				strings.Join(listed, ", "), taken, op.orgID, op.appID))
	}
	warnPower(&resp.Diagnostics, plan, without(wanted, listed))
}

// warnDestroy says what an application can't do any more when the resource is gone.
func warnDestroy(diags *diag.Diagnostics, state authorizationModel) {
	if state.OnDestroy.ValueString() != onDestroyKeep {
		warnTakenAway(diags, state, state.types())
	}
}

// warnTakenAway says what an application can't do any more.
func warnTakenAway(diags *diag.Diagnostics, model authorizationModel, lost []string) {
	if len(lost) == 0 {
		return
	}
	diags.AddAttributeWarning(atTypes, "Data authorize types will be taken away",
		fmt.Sprintf("Application %s in organization %s loses these types, and with them what they unlock:\n\n%s",
			model.AppID.ValueString(), model.OrgID.ValueString(), bullets(lost)))
}

// warnPower says what an application will be able to do with types that are more than reading names.
func warnPower(diags *diag.Diagnostics, model authorizationModel, gained []string) {
	powerful := slices.DeleteFunc(gained, func(name string) bool {
		t, known := api.LookupDataAuthorizeType(name)
		return known && !t.Power || !known && !strings.HasSuffix(name, "_OP")
	})
	if len(powerful) == 0 {
		return
	}
	diags.AddAttributeWarning(atTypes, "The application is given power over the organization",
		fmt.Sprintf("Application %s gets types in organization %s that let it change accounts, roles or menus, or see everybody's permissions:\n\n%s",
			model.AppID.ValueString(), model.OrgID.ValueString(), bullets(powerful)))
}

// checkTypes refuses types that the service doesn't know either. One that it lists, as the state says, may be kept: the
// service can be newer than this provider.
func checkTypes(diags *diag.Diagnostics, plan, state authorizationModel, create bool) bool {
	var listed []string
	if !create {
		listed = state.types()
	}
	ok := true
	for _, name := range plan.types() {
		if _, known := api.LookupDataAuthorizeType(name); !known && !slices.Contains(listed, name) {
			diags.AddAttributeError(atTypes.AtSetValue(types.StringValue(name)), "Unknown data authorize type", unknownType(name))
			ok = false
		}
	}
	return ok
}

// without returns the elements of a that b lacks. Both are sorted.
func without(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(t string) bool {
		_, found := slices.BinarySearch(b, t)
		return found
	})
}
