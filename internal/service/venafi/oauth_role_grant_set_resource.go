// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/venafi/grantset"
	"github.com/appaccess/terraform-provider-appaccess/internal/service"
	"github.com/appaccess/terraform-provider-appaccess/internal/service/access"
)

// setWriteTimeout is that of a create, an update and a destroy: one request for each grantee, and
// the service may take a second for one.
const setWriteTimeout = 2 * time.Hour

var (
	_ resource.ResourceWithConfigure      = (*grantSetResource)(nil)
	_ resource.ResourceWithIdentity       = (*grantSetResource)(nil)
	_ resource.ResourceWithImportState    = (*grantSetResource)(nil)
	_ resource.ResourceWithModifyPlan     = (*grantSetResource)(nil)
	_ resource.ResourceWithMoveState      = (*grantSetResource)(nil)
	_ resource.ResourceWithValidateConfig = (*grantSetResource)(nil)
)

// NewOAuthRoleGrantSet returns the resource that adds grantees to a role and leaves everybody
// else's alone.
func NewOAuthRoleGrantSet() resource.Resource { return newGrantSet(additiveSet, ownedSet.suffix) }

// NewOAuthRoleGrantsExclusive returns the resource that owns all grants of a role.
func NewOAuthRoleGrantsExclusive() resource.Resource {
	return newGrantSet(ownedSet, additiveSet.suffix)
}

// grantSetResource is both the additive set and the exclusive one: they differ in whose grants they
// answer for.
type grantSetResource struct {
	access.Resource[grantSetModel, *grantSetModel, grantset.Set]
	kind kind
}

func newGrantSet(k kind, sibling string) *grantSetResource {
	return &grantSetResource{kind: k, Resource: access.New[grantSetModel, *grantSetModel](access.Definition[grantSetModel, grantset.Set]{
		Type: k.suffix, Sibling: sibling, ServiceName: "Venafi", Noun: "grantee", Title: k.title, ImportForm: "role or role/application_id",
		ReadTimeout: defaultTimeout, WriteTimeout: setWriteTimeout,
		Known:   func(data *service.Data) bool { return data.Venafi.Known() },
		Tally:   func(data *service.Data) *service.Tally { return data.VenafiTally },
		Connect: k.connect, Prepare: k.prepareSet, Leave: leave[grantSetModel](k), Named: namedSet, ImportID: importID, Held: held, Memory: memory,
	})}
}

// page is what the pages of the two resources say differently.
type page struct{ description, maxRevocations, onDestroy string }

func (k kind) page() page {
	if k.exclusive {
		return page{
			description: "Everybody who is not listed here loses the role: this resource takes **exclusive ownership** of who holds one OAuth role, on one " +
				"application or, for a role on the whole installation, everywhere. Grants that others made show as drift, a `-` in the plan with the ID as the " +
				"label, and are revoked by the apply; destroying the resource revokes all that its state lists. An apply takes away what its plan showed and no " +
				"more: who was granted the role in between is left alone, a warning names them, and the next plan shows them; after a destroy, where there is none, the warning says how to revoke them.\n\nNo other resource may name " +
				"the same role of the same application: the two would take turns revoking each other's grants, and a plan with two exclusive resources of one " +
				"role is an error. To share a role use `appaccess_venafi_oauth_role_grant_set`. A create over grantees who are not listed fails: import the " +
				"role instead, and the first plan shows who will lose it.",
			maxRevocations: "Default: no limit.",
			onDestroy:      "`revoke` (default): everybody whom the state lists loses the role.",
		}
	}
	return page{
		description: "Adds grantees to one OAuth role, and never removes somebody whom it did not list: grants that others made are left alone and never show. " +
			"A grantee who leaves the configuration loses the role.\n\nMany sets may name the same role, as long as no grantee " +
			"stands in two of them: the set that lets go of a grantee revokes the role, whoever else lists it. To own all grants of a role use " +
			"`appaccess_venafi_oauth_role_grants_exclusive`.",
		maxRevocations: "Default: no limit.",
		onDestroy:      "`revoke` (default): exactly the listed grantees lose the role.",
	}
}

func (r *grantSetResource) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	page := r.kind.page()
	resp.Schema = schema.Schema{
		MarkdownDescription: page.description + "\n\nThe identity that the provider is logged in as needs the OAuth role `admin`, or " +
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
					"was planned. Destroying the resource does not count; replacing it does. " + page.maxRevocations,
			},
			"on_destroy": schema.StringAttribute{
				Optional:            true,
				Computed:            true,
				Default:             stringdefault.StaticString(access.Revoke),
				Validators:          []validator.String{stringvalidator.OneOf(access.Revoke, access.Keep)},
				MarkdownDescription: "What destroying the resource does. " + page.onDestroy + " `keep`: nothing is sent, Terraform only forgets the resource.",
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

// MoveState lets a `moved` block turn the additive set into the exclusive one and back.
func (r *grantSetResource) MoveState(ctx context.Context) []resource.StateMover {
	var own resource.SchemaResponse
	r.Schema(ctx, resource.SchemaRequest{}, &own)
	return []resource.StateMover{r.FromSibling(own.Schema)}
}

// prepareSet checks what was not known before, and holds the plan against other resources of the
// configuration.
func (k kind) prepareSet(ctx context.Context, p *access.Planning[grantSetModel, grantset.Set]) {
	diags := &p.Response.Diagnostics
	if diags.Append(p.Plan.check()...); diags.HasError() || p.Plan.Role.IsUnknown() || p.Plan.ApplicationID.IsUnknown() {
		return
	}
	set := p.Plan.Set()
	known, all := knownGrantees(p.Plan.Grantees)
	before, unchanged := leaving(p)
	k.claimRole(ctx, p.Data, p.Response, set, known, all, func() string {
		return fmt.Sprintf("%s with %s", set, k.list(slices.Collect(maps.Keys(set.Grantees))))
	}, before, unchanged)
}

// check checks what belongs together, as far as it is known.
func (m *grantSetModel) check() (diags diag.Diagnostics) {
	diags.Append(checkApplication(m.Role, m.ApplicationID)...)
	diags.Append(checkGrantees(path.Root("grantees"), m.Grantees)...)
	return diags
}
