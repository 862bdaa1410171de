// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"context"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/venafi"
	"github.com/appaccess/terraform-provider-appaccess/internal/service"
)

// setWriteTimeout is that of a create, an update and a destroy: one request for each grantee, and the service may take a second
// for one.
const setWriteTimeout = 2 * time.Hour

const (
	onDestroyRevoke = "revoke"
	onDestroyKeep   = "keep"
)

var (
	_ resource.ResourceWithConfigure      = (*grantSetResource)(nil)
	_ resource.ResourceWithIdentity       = (*grantSetResource)(nil)
	_ resource.ResourceWithImportState    = (*grantSetResource)(nil)
	_ resource.ResourceWithModifyPlan     = (*grantSetResource)(nil)
	_ resource.ResourceWithMoveState      = (*grantSetResource)(nil)
	_ resource.ResourceWithValidateConfig = (*grantSetResource)(nil)
)

// NewOAuthRoleGrantSet returns the resource that adds grantees to a role and leaves everybody else's alone.
func NewOAuthRoleGrantSet() resource.Resource {
	return &grantSetResource{kind: additiveGrants}
}

// grantSetResource is both the additive set and the exclusive one: they differ in whose grants they answer for.
type grantSetResource struct {
	kind setKind
	data *service.Data
}

func (r *grantSetResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + r.kind.suffix
}

func (r *grantSetResource) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	data, diags := service.DataFrom(req.ProviderData)
	resp.Diagnostics.Append(diags...)
	r.data = data
}

func (r *grantSetResource) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: r.kind.description + "\n\nThe identity that the provider is logged in as needs the OAuth role `admin`, or " +
			"`application_owner` of the application for application roles, with the token scope `admin`. Its own roles are never revoked: that is an error.",
		Attributes: map[string]schema.Attribute{
			"role": schema.StringAttribute{
				Required:      true,
				Validators:    []validator.String{roleValidator{}},
				PlanModifiers: []planmodifier.String{stringplanmodifier.RequiresReplace()},
				MarkdownDescription: "The role. On one application: `application_maintainer`, `application_owner`. On the whole installation: `auditor`, " +
					"`grant_admin`, `admin`; whoever holds one of these has nothing of roles on applications. Changing it makes a new resource.",
			},
			"application_id": schema.StringAttribute{
				Optional:      true,
				Validators:    []validator.String{applicationValidator{}},
				PlanModifiers: []planmodifier.String{stringplanmodifier.RequiresReplace()},
				MarkdownDescription: "The application, by the ID of its API integration, upper and lower case included. Required for the two application roles, " +
					"and not possible for the others. Changing it makes a new resource.",
			},
			"grantees": schema.MapAttribute{
				Required:    true,
				ElementType: types.StringType,
				Validators:  []validator.Map{granteesValidator{}},
				MarkdownDescription: "Who holds the role: a map of a label of your choice to the prefixed universal ID of a user or group, such as " +
					"`AD+corp:7f93d2908020204a959910ea5a5704ff`. IDs say nothing to people, so the label is what they read in a plan; changing it alone " +
					"sends nothing. Two labels for one ID are an error. The data source `appaccess_venafi_identity` finds IDs by the name. May be empty.",
			},
			"max_revocations": schema.Int64Attribute{
				Optional:   true,
				Validators: []validator.Int64{int64validator.AtLeast(0)},
				MarkdownDescription: "A plan that would revoke the role from more grantees than this fails, and so does an apply that finds more to revoke than " +
					"was planned. Destroying the resource does not count; replacing it does. " + r.kind.maxRevocations,
			},
			"on_destroy": schema.StringAttribute{
				Optional:            true,
				Computed:            true,
				Default:             stringdefault.StaticString(onDestroyRevoke),
				Validators:          []validator.String{stringvalidator.OneOf(onDestroyRevoke, onDestroyKeep)},
				MarkdownDescription: "What destroying the resource does. " + r.kind.onDestroy + " `keep`: nothing is sent, Terraform only forgets the resource.",
			},
		},
		Blocks: service.Timeouts(ctx, timeouts.Opts{
			Create: true, Read: true, Update: true, Delete: true,
			CreateDescription: "How long a create may take, such as `30m` or `1h30m`. Default `2h`.",
			ReadDescription:   "How long a refresh may take. Default `20m`.",
			UpdateDescription: "How long an update may take. Default `2h`.",
			DeleteDescription: "How long a destroy may take. Default `2h`.",
		}),
	}
}

func (r *grantSetResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
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
		},
	}
}

// ValidateConfig checks what belongs together: a role on an application, and the application.
func (r *grantSetResource) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	var config grantSetModel
	if resp.Diagnostics.Append(req.Config.Get(ctx, &config)...); resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(checkApplication(config.Role, config.ApplicationID)...)
}

func (r *grantSetResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan grantSetModel
	if resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...); resp.Diagnostics.HasError() {
		return
	}
	op, diags := r.begin(ctx, "create", plan.Timeouts.Create)
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		return
	}
	defer op.end()
	if !r.apply(op, &plan, nil, &resp.Diagnostics) {
		return // nothing was sent: there is nothing for a state to hold
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, plan.identity())...)
}

func (r *grantSetResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state grantSetModel
	if resp.Diagnostics.Append(req.State.Get(ctx, &state)...); resp.Diagnostics.HasError() {
		return
	}
	op, diags := r.begin(ctx, "read", state.Timeouts.Read)
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		return
	}
	defer op.end()
	resp.Diagnostics.Append(resp.Identity.Set(ctx, state.identity())...)
	set := state.set()
	held, err := op.client.SetHolders(op.ctx, set, r.kind.exclusive)
	if err != nil {
		resp.Diagnostics.Append(r.explain(op, set, err)...)
		return
	}
	state.track(api.TrackGrants(held, r.kind.exclusive, set))
	resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
}

func (r *grantSetResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan, state grantSetModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.Append(req.State.Get(ctx, &state)...); resp.Diagnostics.HasError() {
		return
	}
	op, diags := r.begin(ctx, "update", plan.Timeouts.Update)
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		return
	}
	defer op.end()
	if !r.apply(op, &plan, &state, &resp.Diagnostics) {
		return // nothing was sent: the prior state still holds
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, plan.identity())...)
}

func (r *grantSetResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state grantSetModel
	if resp.Diagnostics.Append(req.State.Get(ctx, &state)...); resp.Diagnostics.HasError() {
		return
	}
	if state.OnDestroy.ValueString() == onDestroyKeep {
		return
	}
	op, diags := r.begin(ctx, "delete", state.Timeouts.Delete)
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		return
	}
	defer op.end()
	left := state
	left.track(nil)
	if r.apply(op, &left, &state, &resp.Diagnostics) && resp.Diagnostics.HasError() {
		if len(left.Grantees.Elements()) == 0 {
			resp.State.RemoveResource(ctx) // all is revoked; what is wrong is something else
			return
		}
		resp.Diagnostics.Append(resp.State.Set(ctx, &left)...)
	}
}

// ImportState takes `role` or `role/application_id`, or an identity. The IDs serve as labels.
func (r *grantSetResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	identity, diags := importGrantSet(ctx, req)
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		return
	}
	op, diags := r.begin(ctx, "import", nil)
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		return
	}
	defer op.end()
	state := newGrantSetModel(identity)
	held, err := op.client.SetHolders(op.ctx, state.set(), true)
	if err != nil {
		resp.Diagnostics.Append(r.explain(op, state.set(), err)...)
		return
	}
	state.track(api.TrackGrants(held, true))
	resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, state.identity())...)
}

// begin is begin with the default timeout of sets.
func (r *grantSetResource) begin(
	ctx context.Context, verb string, timeout func(context.Context, time.Duration) (time.Duration, diagnostics),
) (*operation, diagnostics) {
	if timeout == nil || verb == "read" {
		return begin(ctx, r.data, verb, timeout)
	}
	return begin(ctx, r.data, verb, func(ctx context.Context, _ time.Duration) (time.Duration, diagnostics) {
		return timeout(ctx, setWriteTimeout)
	})
}

// checkKnown checks what a plan could not, since it was known only after apply.
func (m grantSetModel) checkKnown() (diags diagnostics) {
	diags.Append(checkApplication(m.Role, m.ApplicationID)...)
	diags.Append(checkGrantees(path.Root("grantees"), m.Grantees)...)
	if _, err := api.ParseRole(m.Role.ValueString()); err != nil {
		diags.AddAttributeError(path.Root("role"), "Unknown OAuth role", fmt.Sprintf("The %v.", err))
	}
	return diags
}
