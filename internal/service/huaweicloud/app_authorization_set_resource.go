// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

// Package huaweicloud is what Terraform sees of Huawei Cloud Workspace: who may use the
// applications of its App Center.
package huaweicloud

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/mapdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud"
	"github.com/appaccess/terraform-provider-appaccess/internal/service"
	"github.com/appaccess/terraform-provider-appaccess/internal/service/access"
)

// Default timeouts. At the documented quota of 200 lists a minute, reading 20,000 accounts on 20
// applications takes 20 minutes, and an apply reads before and after it writes.
const (
	defaultReadTimeout  = 45 * time.Minute
	defaultWriteTimeout = 2 * time.Hour
)

var (
	_ resource.ResourceWithConfigure      = (*setResource)(nil)
	_ resource.ResourceWithIdentity       = (*setResource)(nil)
	_ resource.ResourceWithImportState    = (*setResource)(nil)
	_ resource.ResourceWithModifyPlan     = (*setResource)(nil)
	_ resource.ResourceWithMoveState      = (*setResource)(nil)
	_ resource.ResourceWithValidateConfig = (*setResource)(nil)
)

// setResource is both the additive set and the exclusive one: they differ in whose accounts they
// answer for.
type setResource struct {
	access.Resource[setModel, *setModel, set]

	kind kind
}

// NewAppAuthorizationSet returns the resource that adds accounts and leaves everybody else's alone.
func NewAppAuthorizationSet() resource.Resource { return newSetResource(additiveSet) }

// NewAppAuthorizationsExclusive returns the resource that owns the whole list of its applications.
func NewAppAuthorizationsExclusive() resource.Resource { return newSetResource(exclusiveSet) }

func newSetResource(k kind) *setResource {
	return &setResource{kind: k, Resource: access.New[setModel, *setModel](access.Definition[setModel, set]{
		Type: k.suffix, Sibling: k.sibling, ServiceName: "Huawei Cloud Workspace", Noun: "authorization", Title: "the application authorizations",
		ImportForm: "app_id[,app_id...]", MutableIdentity: true, ReadTimeout: defaultReadTimeout, WriteTimeout: defaultWriteTimeout,
		Known:   func(data *service.Data) bool { return data.Huaweicloud.Known() },
		Tally:   func(data *service.Data) *service.Tally { return data.HuaweicloudTally },
		Connect: k.connect, Prepare: k.prepare, Leave: k.leave, Named: named, ImportID: importID, Held: held,
		Late: func(now set) map[string]tftypes.Value {
			return map[string]tftypes.Value{"name": tftypes.NewValue(tftypes.String, now.name)}
		},
		Refresh: refreshed, Memory: func(s *set) any { return &s.memory }, Tainted: tainted,
	})}
}

// kind is what tells the two set resources apart.
type kind struct {
	suffix, sibling string // of the type names
	exclusive       bool   // answers for accounts that it did not grant, too

	// what the page of the resource says
	description, maxRevocations, onDestroy, listing string
}

var additiveSet = kind{
	suffix: "_huaweicloud_app_authorization_set", sibling: "_huaweicloud_app_authorizations_exclusive",
	description: "**Adds** accounts to applications of Huawei Cloud Workspace, and never removes an account that it did not add: every listed account " +
		"gets every listed application, and accounts that others granted are left alone and never show. An account that leaves the " +
		"configuration is revoked on all its applications.\n\nMany sets may name the same application, as long as they agree on `authorization_type` " +
		"and no account stands in two of them: the set that lets go of an account revokes it, whoever else lists it. To own the whole list of an " +
		"application use `appaccess_huaweicloud_app_authorizations_exclusive`.",
	maxRevocations: "Default: no limit.",
	onDestroy: "`revoke` (default): exactly the listed accounts are revoked, and an `ALL_USER` set becomes `ASSIGN_USER`; who was granted the " +
		"application by others keeps it.",
	listing: "A set that is imported as it was found answers for all these accounts: who leaves its configuration is revoked. To answer for some of " +
		"them only, write a set that lists these, and don't import it: to grant what is granted already changes nothing.",
}

var exclusiveSet = kind{
	suffix: "_huaweicloud_app_authorizations_exclusive", sibling: "_huaweicloud_app_authorization_set",
	exclusive: true,
	description: "Everybody who is not listed here is removed: this resource takes **exclusive ownership** of who may use these applications of Huawei " +
		"Cloud Workspace. Accounts that others granted show as drift, a `-` in the plan, and are revoked by the apply; destroying the resource leaves " +
		"nobody but whom others granted access since its plan: a warning names them, and says how to revoke them.\n\nNo other resource may name the same application: the two would take turns revoking each other's accounts, and a plan with two " +
		"exclusive resources of one application is an error. To share an application use `appaccess_huaweicloud_app_authorization_set`. A create over " +
		"accounts that are there already fails: import the applications instead, and the first plan shows who will be revoked.",
	maxRevocations: "Default: no limit.",
	onDestroy:      "`revoke` (default): every account that the state lists is revoked, and the applications end in `ASSIGN_USER`, open to nobody else.",
	listing: "An exclusive set that is imported as it was found revokes nobody at first; whom others grant an application from then on it revokes " +
		"at the next apply.",
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
				MarkdownDescription: "The ids of the applications, one or more; the data source `appaccess_huaweicloud_app` looks one up by name. " +
					"There is no upper limit: requests are split. An application that leaves the list loses the accounts of this resource, and one " +
					"that no longer exists is dropped on refresh.",
			},
			"name": schema.StringAttribute{
				Computed:      true,
				PlanModifiers: []planmodifier.String{sameApps{}},
				MarkdownDescription: "The names of the applications, for people: the first two in alphabetical order, and how many more there are. Terraform " +
					"shows it in every diff of the resource, so that a plan says which applications it is about.",
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
				Default:             stringdefault.StaticString(access.Revoke),
				Validators:          []validator.String{stringvalidator.OneOf(access.Revoke, access.Keep)},
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

// MoveState lets a `moved` block turn the additive set into the exclusive one and back, and the
// vendor's one-time action into either.
func (r *setResource) MoveState(ctx context.Context) []resource.StateMover {
	var schema resource.SchemaResponse
	r.Schema(ctx, resource.SchemaRequest{}, &schema)
	return []resource.StateMover{r.FromSibling(schema.Schema), fromBatchAuthorize}
}
