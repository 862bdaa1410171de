// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

// Package huaweicloud is what Terraform sees of Huawei Cloud Workspace: who may use the applications of its App Center.
package huaweicloud

import (
	"context"
	"slices"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/mapdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud/authset"
	"github.com/appaccess/terraform-provider-appaccess/internal/service"
)

// Default timeouts. At the documented quota of 200 lists a minute, reading 20,000 accounts on 20 applications takes 20
// minutes, and an apply reads before and after it writes.
const (
	defaultReadTimeout  = 45 * time.Minute
	defaultWriteTimeout = 2 * time.Hour
)

const (
	onDestroyRevoke = "revoke"
	onDestroyKeep   = "keep"
)

var (
	_ resource.ResourceWithConfigure      = (*setResource)(nil)
	_ resource.ResourceWithIdentity       = (*setResource)(nil)
	_ resource.ResourceWithImportState    = (*setResource)(nil)
	_ resource.ResourceWithModifyPlan     = (*setResource)(nil)
	_ resource.ResourceWithMoveState      = (*setResource)(nil)
	_ resource.ResourceWithValidateConfig = (*setResource)(nil)
)

// NewAppAuthorizationSet returns the resource that adds accounts and leaves everybody else's alone.
func NewAppAuthorizationSet() resource.Resource {
	return &setResource{kind: additiveSet}
}

// setResource is both the additive set and the exclusive one: they differ in whose accounts they answer for.
type setResource struct {
	kind kind
	data *service.Data
}

func (r *setResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + r.kind.suffix
	// Which applications a set names is its identity, and may change in place.
	resp.ResourceBehavior.MutableIdentity = true
}

func (r *setResource) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	data, diags := service.DataFrom(req.ProviderData)
	resp.Diagnostics.Append(diags...)
	r.data = data
}

func (r *setResource) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	accounts := types.MapType{ElemType: types.StringType}
	resp.Schema = schema.Schema{
		MarkdownDescription: r.kind.description,
		Attributes: map[string]schema.Attribute{
			"app_ids": schema.SetAttribute{
				Required:    true,
				ElementType: types.StringType,
				Validators: []validator.Set{
					setvalidator.SizeAtLeast(1),
					setvalidator.NoNullValues(),
					setvalidator.ValueStringsAre(stringvalidator.UTF8LengthBetween(1, api.MaxAppIDLength), service.Name()),
				},
				MarkdownDescription: "The ids of the applications, one or more; the data source `appaccess_huaweicloud_apps` looks them up by name. " +
					"There is no upper limit: requests are split. An application that leaves the list loses the accounts of this resource, and one " +
					"that no longer exists is dropped on refresh.",
			},
			"authorization_type": schema.StringAttribute{
				Optional:   true,
				Computed:   true,
				Default:    stringdefault.StaticString(string(api.AssignUser)),
				Validators: []validator.String{stringvalidator.OneOf(string(api.AssignUser), string(api.AllUser))},
				MarkdownDescription: "`ASSIGN_USER` (default): only accounts that are granted may use the applications. `ALL_USER`: everybody may; then " +
					"neither `users` nor `user_groups` can be given, and accounts that were listed before are revoked. The service sets this mode with " +
					"every request, so it holds for all accounts of the application, also for those that others granted.",
			},
			"users": schema.MapAttribute{
				Optional:      true,
				ElementType:   accounts,
				Validators:    []validator.Map{accountsValidator{}},
				PlanModifiers: []planmodifier.Map{keepSpelling{}},
				MarkdownDescription: "The users who may use the applications: a map of domain to a map of account to platform type, which is `AD`, `LOCAL`, " +
					"or `null` or `\"\"`, which are the same, to leave it out of the request. The domain of local users is `local.com`. Names are compared exactly. Changing a platform " +
					"type revokes the account and grants it anew.",
			},
			"user_groups": schema.MapAttribute{
				Optional:            true,
				ElementType:         accounts,
				Validators:          []validator.Map{accountsValidator{}},
				PlanModifiers:       []planmodifier.Map{keepSpelling{}},
				MarkdownDescription: "The user groups whose members may use the applications, in the same form as `users`.",
			},
			"max_revocations": schema.Int64Attribute{
				Optional:   true,
				Validators: []validator.Int64{int64validator.AtLeast(0)},
				MarkdownDescription: "A plan that would revoke more accounts than this fails, and so does an apply that finds more to revoke than was planned. " +
					"An account counts once for each application that it loses. Opening an application to everybody does not count, and neither does " +
					"destroying the resource. " + r.kind.maxRevocations,
			},
			"on_destroy": schema.StringAttribute{
				Optional:            true,
				Computed:            true,
				Default:             stringdefault.StaticString(onDestroyRevoke),
				Validators:          []validator.String{stringvalidator.OneOf(onDestroyRevoke, onDestroyKeep)},
				MarkdownDescription: "What destroying the resource does. " + r.kind.onDestroy + " `keep`: nothing is sent, Terraform only forgets the resource.",
			},
			"missing": schema.MapAttribute{
				Computed:    true,
				Default:     mapdefault.StaticValue(missingValue(nil)), // whatever a refresh has found, the apply empties it
				ElementType: types.ListType{ElemType: types.StringType},
				MarkdownDescription: "The listed accounts that some of the applications lack, by app id: an account as `domain/name`, a group as " +
					"`group:domain/name`. Empty after every successful apply. When somebody revokes an account on some of the applications, it shows here, " +
					"and the next apply grants it again on just those.",
			},
		},
		Blocks: service.Timeouts(ctx, timeouts.Opts{
			Create: true, Read: true, Update: true, Delete: true,
			CreateDescription: "How long a create may take, such as `30m` or `1h30m`. Default `2h`: the service takes 100 writes and 200 reads a minute.",
			ReadDescription:   "How long a refresh may take. Default `45m`.",
			UpdateDescription: "How long an update may take. Default `2h`.",
			DeleteDescription: "How long a destroy may take. Default `2h`.",
		}),
	}
}

func (r *setResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identityschema.Schema{
		Attributes: map[string]identityschema.Attribute{
			"project_id": identityschema.StringAttribute{
				OptionalForImport: true,
				Description:       "The project of the applications. When left out of an import it is the provider's.",
			},
			"app_ids": identityschema.ListAttribute{
				ElementType:       types.StringType,
				RequiredForImport: true,
				Description:       "The ids of the applications, sorted.",
			},
		},
	}
}

func (r *setResource) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	var config setModel
	if resp.Diagnostics.Append(req.Config.Get(ctx, &config)...); resp.Diagnostics.HasError() {
		return
	}
	if config.AuthorizationType.ValueString() != string(api.AllUser) {
		return
	}
	for name, accounts := range map[string]types.Map{"users": config.Users, "user_groups": config.UserGroups} {
		if holdsAccounts(accounts) {
			resp.Diagnostics.AddAttributeError(path.Root(name), "ALL_USER takes no accounts",
				"With authorization_type = \"ALL_USER\" everybody may use the applications, so "+name+" has no effect and can't be given. "+
					"Leave it out, or set authorization_type to \"ASSIGN_USER\".")
		}
	}
}

func (r *setResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan setModel
	if resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...); resp.Diagnostics.HasError() {
		return
	}
	client, diags := r.client(ctx)
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		return
	}
	timeout, diags := plan.Timeouts.Create(ctx, defaultWriteTimeout)
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		return
	}
	timed, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()

	wanted := plan.set()
	tracked, err := r.apply(timed, client, wanted, authset.Set{}, plan.MaxRevocations, &resp.Diagnostics)
	if err != nil {
		resp.Diagnostics.Append(r.explain(err, "create", timeout)...)
		if len(tracked.AppIDs) == 0 {
			return // nothing was sent: there is nothing for a state to hold
		}
		plan.track(tracked)
	}
	if err == nil && !plan.Missing.IsUnknown() {
		resp.State.Raw = req.Plan.Raw // all of it is true now, and to convert it once more costs
	} else {
		plan.Missing = missingValue(tracked.Missing)
		resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
	}
	resp.Diagnostics.Append(r.identify(ctx, client, resp.Identity, plan)...)
	if err == nil {
		tracked = applied(wanted)
	}
	resp.Diagnostics.Append(newModes(wanted.Mode == api.AllUser, tracked).write(ctx, resp.Private)...)
}

func (r *setResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state setModel
	if resp.Diagnostics.Append(req.State.Get(ctx, &state)...); resp.Diagnostics.HasError() {
		return
	}
	client, diags := r.client(ctx)
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		return
	}
	timeout, diags := state.Timeouts.Read(ctx, defaultReadTimeout)
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		return
	}
	timed, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()

	seen, diags := readModes(ctx, req.Private)
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		return
	}
	prior := seen.prior(state)
	prior.Mode = api.AuthorizationType(state.AuthorizationType.ValueString())
	actual, err := authset.ObserveTracked(timed, client, prior, r.kind.exclusive)
	if err != nil {
		resp.Diagnostics.Append(r.explain(err, "read", timeout)...)
		return
	}
	// The identity has to be there also when the resource is gone.
	resp.Diagnostics.Append(r.identify(ctx, client, resp.Identity, state)...)
	tracked := authset.Track(prior, actual, r.kind.exclusive)
	if len(tracked.AppIDs) == 0 {
		resp.State.RemoveResource(ctx)
		return
	}
	if !state.says(prior, tracked) {
		state.track(tracked)
		resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
		resp.Diagnostics.Append(r.identify(ctx, client, resp.Identity, state)...)
	}
	if r.kind.exclusive {
		r.data.HuaweicloudClaims.Hold(service.OfTargets(tracked.AppIDs), tracked.AppIDs, tracked.Lists)
	}
	now := newModes(seen.Opened, tracked)
	now.Gone = slices.Compact(slices.Sorted(slices.Values(slices.Concat(seen.Gone, absent(prior.AppIDs, actual)))))
	resp.Diagnostics.Append(now.write(ctx, resp.Private)...)
}

func (r *setResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan, state setModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.Append(req.State.Get(ctx, &state)...); resp.Diagnostics.HasError() {
		return
	}
	client, diags := r.client(ctx)
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		return
	}
	timeout, diags := plan.Timeouts.Update(ctx, defaultWriteTimeout)
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		return
	}
	timed, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()

	seen, diags := readModes(ctx, req.Private)
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		return
	}
	wanted := plan.set()
	tracked, err := r.apply(timed, client, wanted, seen.prior(state), plan.MaxRevocations, &resp.Diagnostics)
	if err != nil {
		resp.Diagnostics.Append(r.explain(err, "update", timeout)...)
		if len(tracked.AppIDs) == 0 {
			return // nothing was sent: the prior state still holds
		}
		plan.track(tracked)
	}
	if err == nil && !plan.Missing.IsUnknown() {
		resp.State.Raw = req.Plan.Raw // all of it is true now, and to convert it once more costs
	} else {
		plan.Missing = missingValue(tracked.Missing)
		resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
	}
	resp.Diagnostics.Append(r.identify(ctx, client, resp.Identity, plan)...)
	if err == nil {
		tracked = applied(wanted)
	}
	resp.Diagnostics.Append(newModes(wanted.Mode == api.AllUser || err != nil && seen.Opened, tracked).write(ctx, resp.Private)...)
}

func (r *setResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state setModel
	if resp.Diagnostics.Append(req.State.Get(ctx, &state)...); resp.Diagnostics.HasError() {
		return
	}
	if state.OnDestroy.ValueString() == onDestroyKeep {
		return
	}
	client, diags := r.client(ctx)
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		return
	}
	timeout, diags := state.Timeouts.Delete(ctx, defaultWriteTimeout)
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		return
	}
	timed, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()

	seen, diags := readModes(ctx, req.Private)
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		return
	}
	tracked, err := r.apply(timed, client, authset.Set{}, seen.prior(state), types.Int64Null(), &resp.Diagnostics)
	if err != nil {
		resp.Diagnostics.Append(r.explain(err, "delete", timeout)...)
		if len(tracked.AppIDs) == 0 {
			return
		}
		state.track(tracked)
		resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
		resp.Diagnostics.Append(newModes(seen.Opened, tracked).write(ctx, resp.Private)...)
	}
}

// ImportState takes `app_id[,app_id...]`, or an identity.
func (r *setResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	client, diags := r.client(ctx)
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		return
	}
	ids, diags := importIDs(ctx, client, req)
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		return
	}
	actual, err := authset.ObserveAll(ctx, client, ids)
	if err != nil {
		resp.Diagnostics.Append(r.explain(err, "import", 0)...)
		return
	}
	if gone := absent(ids, actual); len(gone) > 0 {
		resp.Diagnostics.Append(r.explain(&authset.GoneError{AppIDs: gone}, "import", 0)...)
		return
	}
	state := newModel()
	state.track(authset.Import(ids, actual, r.kind.exclusive))
	resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
	resp.Diagnostics.Append(r.identify(ctx, client, resp.Identity, state)...)
}

func (r *setResource) client(ctx context.Context) (*api.Client, diag.Diagnostics) {
	return r.data.Huaweicloud.Client(ctx)
}
