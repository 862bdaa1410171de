// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

// Package venafi is what Terraform sees of Venafi Trust Protection Platform: who holds which OAuth
// role.
package venafi

import (
	"context"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/venafi"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/venafi/grantset"
	"github.com/appaccess/terraform-provider-appaccess/internal/service"
	"github.com/appaccess/terraform-provider-appaccess/internal/service/access"
)

// defaultTimeout is that of every operation: one write and a listing or two, with all their
// repetitions, behind the requests of all other resources.
const defaultTimeout = 20 * time.Minute

var (
	_ resource.ResourceWithConfigure      = (*grantResource)(nil)
	_ resource.ResourceWithIdentity       = (*grantResource)(nil)
	_ resource.ResourceWithImportState    = (*grantResource)(nil)
	_ resource.ResourceWithModifyPlan     = (*grantResource)(nil)
	_ resource.ResourceWithValidateConfig = (*grantResource)(nil)
)

// NewOAuthRoleGrant returns the resource that grants one role to one grantee and leaves everybody
// else's alone.
func NewOAuthRoleGrant() resource.Resource { return newGrantResource() }

// grantResource is the additive set for one grantee.
type grantResource struct {
	access.Resource[grantModel, *grantModel, grantset.Set]
}

func newGrantResource() *grantResource {
	return &grantResource{access.New[grantModel, *grantModel](access.Definition[grantModel, grantset.Set]{
		Type: singleGrant.suffix, ServiceName: "Venafi", Noun: "grantee", Title: singleGrant.title, ImportForm: "role/grantee or role/application_id/grantee",
		MutableIdentity: true, // the grantee may be spelled in another way without becoming another one
		ReadTimeout:     defaultTimeout, WriteTimeout: defaultTimeout,
		Known:   func(data *service.Data) bool { return data.Venafi.Known() },
		Tally:   func(data *service.Data) *service.Tally { return data.VenafiTally },
		Connect: singleGrant.connect, Prepare: prepareGrant, Leave: leave[grantModel](singleGrant), Named: namedGrant, ImportID: singleID, Held: held, Memory: memory,
	})}
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

// prepareGrant checks what was not known before, and holds the plan against other resources of the
// configuration.
func prepareGrant(ctx context.Context, p *access.Planning[grantModel, grantset.Set]) {
	if !p.Plan.Known() {
		return
	}
	diags := &p.Response.Diagnostics
	if diags.Append(checkApplication(p.Plan.Role, p.Plan.ApplicationID)...); diags.HasError() {
		return
	}
	set := p.Plan.Set()
	grantee := p.Plan.Grantee.ValueString()
	before, unchanged := leaving(p)
	singleGrant.claimRole(ctx, p.Data, p.Response, set, map[string]string{api.CanonicalGrantee(grantee): grantee}, true, set.Grant(grantee).String,
		before, unchanged)
}

// checkApplication holds an application against the role. What is not known yet is left to the
// plan.
func checkApplication(role, application types.String) (diags diag.Diagnostics) {
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
