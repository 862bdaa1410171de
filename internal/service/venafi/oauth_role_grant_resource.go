// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

// Package venafi is what Terraform sees of Venafi Trust Protection Platform: who holds which OAuth role.
package venafi

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/venafi"
	"github.com/appaccess/terraform-provider-appaccess/internal/service"
)

// defaultTimeout is that of every operation: one write and a listing or two, with all their repetitions, behind the requests
// of all other resources.
const defaultTimeout = 20 * time.Minute

var (
	_ resource.ResourceWithConfigure      = (*grantResource)(nil)
	_ resource.ResourceWithIdentity       = (*grantResource)(nil)
	_ resource.ResourceWithImportState    = (*grantResource)(nil)
	_ resource.ResourceWithModifyPlan     = (*grantResource)(nil)
	_ resource.ResourceWithValidateConfig = (*grantResource)(nil)
)

// NewOAuthRoleGrant returns the resource that grants one role to one grantee and leaves everybody else's alone.
func NewOAuthRoleGrant() resource.Resource { return &grantResource{} }

type grantResource struct {
	data *service.Data
}

func (r *grantResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_venafi_oauth_role_grant"
	// The grantee may be spelled in another way without becoming another one.
	resp.ResourceBehavior.MutableIdentity = true
}

func (r *grantResource) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	data, diags := service.DataFrom(req.ProviderData)
	resp.Diagnostics.Append(diags...)
	r.data = data
}

func (r *grantResource) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Grants an OAuth role to one user or group, and revokes it when it is destroyed; nobody else loses a role. A grant that is there " +
			"already is adopted.\n\n" +
			"The identity that the provider is logged in as needs the OAuth role `admin`, or `application_owner` of the application for application roles, " +
			"with the token scope `admin`. An application maintainer may grant, but not list, and that is not enough. The identity's own roles are never " +
			"revoked: that is an error.\n\n" +
			"For thousands of grantees of one role, `appaccess_venafi_oauth_role_grant_set` is one resource for all of them.",
		Attributes: map[string]schema.Attribute{
			"grantee": schema.StringAttribute{
				Required:   true,
				Validators: []validator.String{granteeValidator{}},
				PlanModifiers: []planmodifier.String{stringplanmodifier.RequiresReplaceIf(
					anotherGrantee, "Another identity makes a new resource; another spelling of the same one doesn't.",
					"Another identity makes a new resource; another spelling of the same one doesn't.",
				)},
				MarkdownDescription: "Who gets the role: the prefixed universal ID of a user or group, such as " +
					"`local:{5be5a591-c842-4520-9142-b455f4ad2286}` or `AD+corp:7f93d2908020204a959910ea5a5704ff`. A name such as `local:admin` is no ID: the " +
					"data source `appaccess_venafi_identity` finds the ID. Upper and lower case and the braces of a GUID make no difference. Another " +
					"identity makes a new resource.",
			},
			"role": schema.StringAttribute{
				Required:      true,
				Validators:    []validator.String{roleValidator{}},
				PlanModifiers: []planmodifier.String{stringplanmodifier.RequiresReplace()},
				MarkdownDescription: "The role. On one application: `application_maintainer` edits its settings, `application_owner` also deletes it and decides " +
					"who maintains it. On the whole installation: `auditor` sees everything and changes nothing, `grant_admin` sees and revokes all grants, " +
					"`admin` may do everything. Whoever holds a role on the whole installation has nothing of roles on applications: the server looks at the " +
					"former alone. Changing it makes a new resource.",
			},
			"application_id": schema.StringAttribute{
				Optional:      true,
				Validators:    []validator.String{applicationValidator{}},
				PlanModifiers: []planmodifier.String{stringplanmodifier.RequiresReplace()},
				MarkdownDescription: "The application, by the ID of its API integration, upper and lower case included. Required for the two application roles, " +
					"and not possible for the others. Changing it makes a new resource.",
			},
		},
		Blocks: service.Timeouts(ctx, timeouts.Opts{
			Create: true, Read: true, Delete: true,
			CreateDescription: "How long a create may take, such as `5m`. Default `20m`.",
			ReadDescription:   "How long a refresh may take. Default `20m`.",
			DeleteDescription: "How long a destroy may take. Default `20m`.",
		}),
	}
}

// anotherGrantee makes a new resource of another identity, and of one that is not known yet.
func anotherGrantee(_ context.Context, req planmodifier.StringRequest, resp *stringplanmodifier.RequiresReplaceIfFuncResponse) {
	resp.RequiresReplace = req.PlanValue.IsUnknown() || !api.SameGrantee(req.PlanValue.ValueString(), req.StateValue.ValueString())
}

func (r *grantResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identityschema.Schema{
		Attributes: map[string]identityschema.Attribute{
			"role": identityschema.StringAttribute{
				RequiredForImport: true,
				Description:       "The role, such as application_owner.",
			},
			"application_id": identityschema.StringAttribute{
				OptionalForImport: true,
				Description:       "The application, for the two application roles.",
			},
			"grantee": identityschema.StringAttribute{
				RequiredForImport: true,
				Description:       "The prefixed universal ID of the user or group.",
			},
		},
	}
}

// ValidateConfig checks what belongs together: a role on an application, and the application.
func (r *grantResource) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	var config grantModel
	if resp.Diagnostics.Append(req.Config.Get(ctx, &config)...); resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(checkApplication(config.Role, config.ApplicationID)...)
}

func (r *grantResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan grantModel
	if resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...); resp.Diagnostics.HasError() {
		return
	}
	op, diags := begin(ctx, r.data, "create", plan.Timeouts.Create)
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		return
	}
	defer op.end()
	outcome := op.client.GrantRole(op.ctx, plan.grant())
	if outcome.Err != nil {
		resp.Diagnostics.Append(op.explain(plan.grant(), outcome.Err)...)
		if !unknownOutcome(outcome.Err) {
			return
		}
		// It may be granted. Forgetting it would leave it so; a state that has it is put right by the next refresh.
	}
	if outcome.Unlisted {
		resp.Diagnostics.AddAttributeWarning(path.Root("grantee"), "The role is granted, but not listed yet",
			fmt.Sprintf("The server confirmed %s, but does not list it even after some seconds. If the next plan wants to grant it again, the server may "+
				"know the grantee by another ID.", plan.grant()))
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, plan.identity())...)
}

func (r *grantResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state grantModel
	if resp.Diagnostics.Append(req.State.Get(ctx, &state)...); resp.Diagnostics.HasError() {
		return
	}
	op, diags := begin(ctx, r.data, "read", state.Timeouts.Read)
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		return
	}
	defer op.end()
	// The identity has to be there also when the resource is gone.
	resp.Diagnostics.Append(resp.Identity.Set(ctx, state.identity())...)
	_, held, err := op.client.FindGrant(op.ctx, state.grant())
	switch {
	case err != nil:
		resp.Diagnostics.Append(op.explain(state.grant(), err)...)
	case !held:
		resp.State.RemoveResource(ctx)
	}
}

// Update saves another spelling of the grantee, or other timeouts. Nothing is sent.
func (r *grantResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan grantModel
	if resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...); resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, plan.identity())...)
}

func (r *grantResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state grantModel
	if resp.Diagnostics.Append(req.State.Get(ctx, &state)...); resp.Diagnostics.HasError() {
		return
	}
	op, diags := begin(ctx, r.data, "delete", state.Timeouts.Delete)
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		return
	}
	defer op.end()
	// After an error Terraform keeps the resource, and the next refresh finds out whether the grant is still there.
	switch err := op.client.RevokeRole(op.ctx, state.grant()); {
	case errors.Is(err, api.ErrClaimed):
		resp.Diagnostics.AddWarning("The role was not revoked",
			fmt.Sprintf("Another resource of this configuration has just claimed %s, so it stays as it is.", state.grant()))
	case err != nil:
		resp.Diagnostics.Append(op.explain(state.grant(), err)...)
	}
}

// ImportState takes `role/grantee`, `role/application_id/grantee`, or an identity.
func (r *grantResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	identity, diags := importGrant(ctx, req)
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		return
	}
	state := newGrantModel(identity)
	op, diags := begin(ctx, r.data, "import", nil)
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		return
	}
	defer op.end()
	_, held, err := op.client.FindGrant(op.ctx, state.grant())
	switch {
	case err != nil:
		resp.Diagnostics.Append(op.explain(state.grant(), err)...)
		return
	case !held:
		resp.Diagnostics.AddError("Unable to import the OAuth role", fmt.Sprintf("Nobody has granted %s: the server does not list it. Check the role, the "+
			"application, upper and lower case included, and the grantee.", state.grant()))
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, state.identity())...)
}

// ModifyPlan warns of roles that one another make void, and refuses to revoke the provider's own. It asks the service only
// what the refresh of this run has not asked.
func (r *grantResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if r.data == nil {
		return
	}
	var plan, state grantModel
	create, destroy := req.State.Raw.IsNull(), req.Plan.Raw.IsNull()
	if !create {
		resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	}
	if !destroy {
		resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	}
	if resp.Diagnostics.HasError() || !destroy && !plan.known() {
		return
	}
	if !destroy {
		if resp.Diagnostics.Append(checkApplication(plan.Role, plan.ApplicationID)...); resp.Diagnostics.HasError() {
			return
		}
		if resp.Diagnostics.Append(r.claim(ctx, plan.grant(), resp.Private)...); resp.Diagnostics.HasError() {
			return
		}
	}
	if !r.data.Venafi.Known() || !create && !destroy && plan.grant().Key() == state.grant().Key() {
		return
	}
	op, diags := begin(ctx, r.data, "plan", nil)
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		return
	}
	defer op.end()
	if !create {
		op.planEnd(state.grant(), &resp.Diagnostics)
	}
	if !destroy {
		op.planGrant(plan.grant(), &resp.Diagnostics)
	}
}

// checkApplication holds an application against the role. What is not known yet is left to the plan.
func checkApplication(role, application types.String) (diags diagnostics) {
	if role.IsNull() || role.IsUnknown() {
		return nil
	}
	parsed, err := api.ParseRole(role.ValueString())
	at := path.Root("application_id")
	switch {
	case err != nil: // said of the role
	case parsed.OfApplication() && application.IsNull():
		diags.AddAttributeError(at, "The role needs an application",
			fmt.Sprintf("The role %s is held on one application: set application_id to the ID of its API integration.", parsed))
	case !parsed.OfApplication() && !application.IsNull() && !application.IsUnknown():
		diags.AddAttributeError(at, "The role takes no application",
			fmt.Sprintf("The role %s is held on the whole installation, not on one application: leave application_id out, or choose application_maintainer "+
				"or application_owner.", parsed))
	}
	return diags
}
