// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package enos

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/enos"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/shared"
	"github.com/appaccess/terraform-provider-appaccess/internal/service"
	"github.com/appaccess/terraform-provider-appaccess/internal/service/access"
)

// prepare fills in the provider's organization, and refuses types that nobody knows and a second
// owner of the application. It asks the service nothing.
func prepare(ctx context.Context, p *access.Planning[authorizationModel, authorization]) {
	var orgID types.String
	diags := &p.Response.Diagnostics
	if diags.Append(p.Request.Config.GetAttribute(ctx, path.Root("org_id"), &orgID)...); diags.HasError() {
		return
	}
	if orgID.IsNull() && !planOrgID(ctx, p) {
		return
	}
	if diags.Append(claim(ctx, p)...); diags.HasError() {
		return
	}
	var listed []string
	if p.State != nil && p.Plan.SameTarget(p.State) {
		listed = p.State.types()
	}
	for _, name := range p.Plan.types() {
		// One that the service lists may be kept: the service can be newer than this provider.
		if _, known := api.LookupDataAuthorizeType(name); !known && !slices.Contains(listed, name) {
			diags.AddAttributeError(atTypes.AtSetValue(types.StringValue(name)), "Unknown data authorize type", unknownType(name))
		}
	}
}

// planOrgID plans the provider's organization for a resource that names none. It returns false when
// there is none.
func planOrgID(ctx context.Context, p *access.Planning[authorizationModel, authorization]) bool {
	p.Plan.OrgID = p.Data.EnosOrgID
	switch {
	case p.Plan.OrgID.IsNull():
		p.Response.Diagnostics.Append(noOrgID())
		return false
	case p.Plan.OrgID.IsUnknown() && p.State != nil:
		p.Plan.OrgID = p.State.OrgID // it is most probably the same, and the apply looks again
	case p.State != nil && !p.Plan.OrgID.Equal(p.State.OrgID):
		if p.Prior().InDefault && !access.Moved() {
			other := anotherOrganization{state: p.State.OrgID.ValueString(), provider: p.Plan.OrgID.ValueString()}
			p.Response.Diagnostics.Append(other.diagnostic())
			return false
		}
		p.Response.RequiresReplace.Append(path.Root("org_id"))
	}
	p.Response.Diagnostics.Append(p.Response.Plan.SetAttribute(ctx, path.Root("org_id"), p.Plan.OrgID)...)
	return !p.Response.Diagnostics.HasError()
}

// anotherOrganization is a provider whose organization is another one than that of a state which
// took the provider's.
type anotherOrganization struct{ state, provider string }

func (e *anotherOrganization) Error() string {
	return fmt.Sprintf("the state is of organization %s, and the provider's is %s", e.state, e.provider)
}

func (e *anotherOrganization) diagnostic() diag.Diagnostic {
	return access.AnotherPlace("plan the data authorization", "organization "+e.state, "organization "+e.provider)
}

// claim records which application the plan is for, and refuses a second resource of the same
// configuration for it.
func claim(ctx context.Context, p *access.Planning[authorizationModel, authorization]) diag.Diagnostics {
	plan := p.Plan
	if p.Data.EnosClaims == nil || plan.OrgID.IsUnknown() || plan.AppID.IsUnknown() {
		return nil
	}
	instance, diags := service.Instance(ctx, p.Response.Private)
	if diags.HasError() {
		return diags
	}
	types := plan.types()
	conflicts := p.Data.EnosClaims.Make(service.Claim[string]{
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

// warnTakenAway says what an application can't do any more.
func warnTakenAway(diags *diag.Diagnostics, a authorization, lost []string) {
	if len(lost) == 0 {
		return
	}
	diags.AddAttributeWarning(atTypes, "Data authorize types will be taken away: "+a.String(),
		"The application loses these types, and with them what they unlock:\n\n"+bullets(lost))
}

// warnPower says what an application will be able to do with types that are more than reading
// names.
func warnPower(diags *diag.Diagnostics, a authorization, gained []string) {
	powerful := slices.DeleteFunc(gained, func(name string) bool {
		t, known := api.LookupDataAuthorizeType(name)
		return known && !t.Power || !known && !strings.HasSuffix(name, "_OP")
	})
	if len(powerful) == 0 {
		return
	}
	diags.AddAttributeWarning(atTypes, "Power over the organization is given: "+a.String(),
		"The application gets types that let it change accounts, rights, roles or menus, or see everybody's permissions:\n\n"+bullets(powerful))
}

// bullets lists types with what they unlock.
func bullets(list []string) string {
	var b strings.Builder
	for _, name := range list {
		unlocks := "a type that this provider does not know"
		if t, ok := api.LookupDataAuthorizeType(name); ok {
			unlocks = t.Unlocks
		}
		fmt.Fprintf(&b, "  - %s: %s\n", shared.Printable(name), unlocks)
	}
	return strings.TrimRight(b.String(), "\n")
}

// without returns the elements of a that b lacks. Both are sorted.
func without(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(t string) bool {
		_, found := slices.BinarySearch(b, t)
		return found
	})
}
