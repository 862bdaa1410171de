// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

// Package enos is what Terraform sees of Envision EnOS: which of an organization's data an application may use.
package enos

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
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

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/enos"
	"github.com/appaccess/terraform-provider-appaccess/internal/service"
)

// defaultTimeout is that of every operation: one write, and the reads that confirm it, with all their repetitions.
const defaultTimeout = 10 * time.Minute

const (
	onDestroyRevoke = "revoke"
	onDestroyKeep   = "keep"
)

var (
	_ resource.ResourceWithConfigure   = (*authorizationResource)(nil)
	_ resource.ResourceWithIdentity    = (*authorizationResource)(nil)
	_ resource.ResourceWithImportState = (*authorizationResource)(nil)
	_ resource.ResourceWithModifyPlan  = (*authorizationResource)(nil)
)

// NewAppDataAuthorization returns the resource that owns the data authorize types of one application.
func NewAppDataAuthorization() resource.Resource { return &authorizationResource{} }

type authorizationResource struct {
	data *service.Data
}

func (r *authorizationResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_enos_app_data_authorization"
}

func (r *authorizationResource) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	data, diags := service.DataFrom(req.ProviderData)
	resp.Diagnostics.Append(diags...)
	r.data = data
}

func (r *authorizationResource) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Owns which data of an EnOS organization an application may use: every type that is not listed is taken away from the " +
			"application, whoever granted it, and destroying the resource takes all of them away. The service knows one list for each application and " +
			"replaces the whole of it, so only one resource may name an application of an organization, and a plan with two is an error. Administrators " +
			"change the same list in Application Portal > Admin Console > Application Management > API Authorization, and what they change shows as " +
			"drift.\n\n" +
			"The application that the provider's `access_key` belongs to needs the right to authorize applications, which an EnOS system administrator " +
			"grants it.",
		Attributes: map[string]schema.Attribute{
			"org_id": schema.StringAttribute{
				Optional:      true,
				Computed:      true,
				Validators:    []validator.String{notEmpty{"the id of an organization, or leave it out to use the provider's enos.org_id (ENOS_ORG_ID)"}},
				PlanModifiers: []planmodifier.String{stringplanmodifier.RequiresReplaceIfConfigured()},
				MarkdownDescription: "The id of the organization (OU) whose data it is, such as `o15000000000001`: Organization ID under IAM > Organization " +
					"Profile in the console. Default: the provider's `org_id`. Changing it makes a new resource.",
			},
			"app_id": schema.StringAttribute{
				Required:      true,
				Validators:    []validator.String{notEmpty{"the access key of an application"}},
				PlanModifiers: []planmodifier.String{stringplanmodifier.RequiresReplace()},
				MarkdownDescription: "The access key of the application, as Developer Console > Application Registration > Application Details shows it, not " +
					"the internal id of the console. The organization must own the application or have obtained it, and it can't be a shortcut. Changing " +
					"it makes a new resource.",
			},
			"data_authorize_types": schema.SetAttribute{
				Required:    true,
				ElementType: types.StringType,
				Validators: []validator.Set{
					setvalidator.NoNullValues(),
					setvalidator.ValueStringsAre(typeValidator{}),
				},
				MarkdownDescription: "All that the application may use. An empty set takes everything away.\n" + typesTable() +
					"\n\nA type that the service lists and this table lacks is shown, and can be kept by listing it.",
			},
			"on_destroy": schema.StringAttribute{
				Optional:   true,
				Computed:   true,
				Default:    stringdefault.StaticString(onDestroyRevoke),
				Validators: []validator.String{stringvalidator.OneOf(onDestroyRevoke, onDestroyKeep)},
				MarkdownDescription: "What destroying the resource does. `revoke` (default): the application loses all types, also those that were there " +
					"before. `keep`: nothing is sent, Terraform only forgets the resource.",
			},
		},
		Blocks: service.Timeouts(ctx, timeouts.Opts{
			Create: true, Read: true, Update: true, Delete: true,
			CreateDescription: "How long a create may take, such as `5m`. Default `10m`.",
			ReadDescription:   "How long a refresh may take. Default `10m`.",
			UpdateDescription: "How long an update may take. Default `10m`.",
			DeleteDescription: "How long a destroy may take. Default `10m`.",
		}),
	}
}

func (r *authorizationResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identityschema.Schema{
		Attributes: map[string]identityschema.Attribute{
			"org_id": identityschema.StringAttribute{
				OptionalForImport: true,
				Description:       "The id of the organization. When left out of an import it is the provider's.",
			},
			"app_id": identityschema.StringAttribute{
				RequiredForImport: true,
				Description:       "The access key of the application.",
			},
		},
	}
}

func (r *authorizationResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan authorizationModel
	if resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...); resp.Diagnostics.HasError() {
		return
	}
	op, diags := r.begin(ctx, "create", plan, plan.Timeouts.Create)
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		return
	}
	defer op.end()
	if written := op.write(&resp.Diagnostics, plan.types()); written.changed {
		plan.DataAuthorizeTypes = typesValue(written.types)
		resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
		resp.Diagnostics.Append(resp.Identity.Set(ctx, plan.identity())...)
	}
}

func (r *authorizationResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state authorizationModel
	if resp.Diagnostics.Append(req.State.Get(ctx, &state)...); resp.Diagnostics.HasError() {
		return
	}
	op, diags := r.begin(ctx, "read", state, state.Timeouts.Read)
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		return
	}
	defer op.end()
	// The identity has to be there also when the resource is gone.
	resp.Diagnostics.Append(resp.Identity.Set(ctx, state.identity())...)
	listed, err := op.client.AppAuthorization(op.ctx, op.orgID, op.appID)
	switch {
	case errors.Is(err, api.ErrAppNotFound):
		resp.State.RemoveResource(ctx)
	case err != nil:
		resp.Diagnostics.Append(op.explain(err)...)
	default:
		state.DataAuthorizeTypes = typesValue(listed)
		resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
	}
}

func (r *authorizationResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan, state authorizationModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.Append(req.State.Get(ctx, &state)...); resp.Diagnostics.HasError() {
		return
	}
	op, diags := r.begin(ctx, "update", plan, plan.Timeouts.Update)
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		return
	}
	defer op.end()
	if !slices.Equal(plan.types(), state.types()) {
		written := op.write(&resp.Diagnostics, plan.types())
		if !written.changed {
			return // the state before still holds
		}
		plan.DataAuthorizeTypes = typesValue(written.types)
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, plan.identity())...)
}

func (r *authorizationResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state authorizationModel
	if resp.Diagnostics.Append(req.State.Get(ctx, &state)...); resp.Diagnostics.HasError() {
		return
	}
	if state.OnDestroy.ValueString() == onDestroyKeep {
		return
	}
	op, diags := r.begin(ctx, "delete", state, state.Timeouts.Delete)
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		return
	}
	defer op.end()
	if written := op.write(&resp.Diagnostics, nil); resp.Diagnostics.HasError() && written.changed {
		state.DataAuthorizeTypes = typesValue(written.types)
		resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
	}
}

// ImportState takes `org_id/app_id`, or an identity.
func (r *authorizationResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	identity, diags := r.importIdentity(ctx, req)
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		return
	}
	state := newModel(identity)
	op, diags := r.begin(ctx, "import", state, nil)
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		return
	}
	defer op.end()
	listed, err := op.client.AppAuthorization(op.ctx, op.orgID, op.appID)
	if err != nil {
		resp.Diagnostics.Append(op.explain(err)...)
		return
	}
	state.DataAuthorizeTypes = typesValue(listed)
	resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, state.identity())...)
}

// typesTable lists the documented types for the schema.
func typesTable() string {
	var b strings.Builder
	b.WriteString("\n| type | what the application can do with it |\n|---|---|\n")
	for _, t := range api.DataAuthorizeTypes() {
		fmt.Fprintf(&b, "| `%s` | %s |\n", t.Name, t.Unlocks)
	}
	return strings.TrimRight(b.String(), "\n")
}

// attribute paths that diagnostics point at.
var (
	atAppID = path.Root("app_id")
	atTypes = path.Root("data_authorize_types")
)
