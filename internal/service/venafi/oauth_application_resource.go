// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/boolplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"github.com/appaccess/terraform-provider-appaccess/internal/service"
	"github.com/appaccess/terraform-provider-appaccess/internal/service/access"
)

var (
	_ resource.ResourceWithConfigure   = (*applicationResource)(nil)
	_ resource.ResourceWithIdentity    = (*applicationResource)(nil)
	_ resource.ResourceWithImportState = (*applicationResource)(nil)
	_ resource.ResourceWithModifyPlan  = (*applicationResource)(nil)
)

// applicationResource is an API integration. It grants nothing by itself, but lives as resources do
// that grant.
type applicationResource struct {
	access.Resource[applicationModel, *applicationModel, application]
}

// NewOAuthApplication returns the resource that makes an API integration.
func NewOAuthApplication() resource.Resource { return newApplicationResource() }

func newApplicationResource() *applicationResource {
	return &applicationResource{access.New[applicationModel, *applicationModel](access.Definition[applicationModel, application]{
		Type: applicationSuffix, ServiceName: venafiName, Noun: "application", Title: "the OAuth application", ImportForm: "application_id",
		ReadTimeout: defaultTimeout, WriteTimeout: defaultTimeout,
		Known: venafiKnown, Tally: venafiTally, Connect: connectApplications, Prepare: prepareApplication, Named: namedApplication,
		ImportID: func(a application) string { return a.id }, Held: func(application) access.Loss { return access.Loss{} },
	})}
}

func venafiKnown(data *service.Data) bool           { return data.Venafi.Known() }
func venafiTally(data *service.Data) *service.Tally { return data.VenafiTally }

// venafiName is how texts call the service.
const venafiName = "Venafi"

func (r *applicationResource) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	kept := " Left out, it stays as the server has it."
	text := func(description string, validators ...validator.String) schema.StringAttribute {
		return schema.StringAttribute{
			Optional: true, Computed: true, Validators: validators,
			PlanModifiers:       []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
			MarkdownDescription: description,
		}
	}
	needed := " A new application needs it." + kept
	resp.Schema = schema.Schema{
		MarkdownDescription: "An API integration of Venafi Trust Protection Platform: what a client ID stands for, and what a token for it may do. Destroying it " +
			"ends it for everybody, so that fails while somebody may still use it: nobody loses access unseen. Who may get a token is the matter of `appaccess_venafi_oauth_access_set` and `appaccess_venafi_oauth_access_exclusive`.\n\n" +
			"The server replaces an application as a whole; what the configuration leaves out, and what this provider does not know, is sent back as it " +
			"was. The identity that the provider is logged in as needs the OAuth role `admin`; for an application that exists, `application_owner` is " +
			"enough. The application through which the provider itself is logged in is never destroyed, and never narrowed to less than the provider asks " +
			"for: that is an error.",
		Attributes: map[string]schema.Attribute{
			"application_id": schema.StringAttribute{
				Required: true, Validators: []validator.String{service.Name()},
				PlanModifiers:       []planmodifier.String{stringplanmodifier.RequiresReplace()},
				MarkdownDescription: "The client ID, upper and lower case included. Changing it makes a new resource.",
			},
			"name":        text("The name that people see."+needed, service.Name()),
			"vendor":      text("Whose software it is."+needed, service.Name()),
			"description": text("What it is for." + needed),
			"url":         text("Where people read more about it."+needed, service.Name()),
			"scope": text("What a token has at least, such as `certificate:discover`. Order, blanks and letter case of what the server answers are no "+
				"difference."+needed, scopeValidator{}),
			"maximum_scope": text("What a token may have at most, such as `certificate:discover,manage`."+needed, scopeValidator{}),
			"access_validity": text("How long an access token lives, such as `2160h`. A new application gets the server's default where it is left out."+kept,
				durationValidator{}),
			"grant_validity": text("How long a grant lives, and may be renewed, such as `8760h`. A new application gets the server's default where it is left "+
				"out."+kept, durationValidator{}),
			"renewable": schema.BoolAttribute{
				Optional: true, Computed: true, PlanModifiers: []planmodifier.Bool{boolplanmodifier.UseStateForUnknown()},
				MarkdownDescription: "Whether tokens can be renewed with a refresh token. A new application gets the server's default where it is left out." + kept,
			},
			"unused_expiration": text("After how long a grant ends that nobody uses, such as `720h`."+kept, durationValidator{}),
			"force_destroy": schema.BoolAttribute{
				Optional: true, Computed: true, Default: booldefault.StaticBool(false),
				MarkdownDescription: "Whether the application may be destroyed while somebody may still use it. Default `false`: destroying fails, and says " +
					"how many rules and live grants there are.",
			},
		},
		Blocks: crudTimeouts(ctx),
	}
}

// crudTimeouts is the block of resources that can do everything.
func crudTimeouts(ctx context.Context) map[string]schema.Block {
	return service.Timeouts(ctx, timeoutsOf("20m"))
}

// setTimeouts are those of sets, which may send thousands of requests.
var setTimeouts = timeoutsOf("2h")

func timeoutsOf(write string) timeouts.Opts {
	return timeouts.Opts{
		Create: true, Read: true, Update: true, Delete: true,
		CreateDescription: "How long a create may take, such as `5m`. Default `" + write + "`.",
		ReadDescription:   "How long a refresh may take. Default `20m`.",
		UpdateDescription: "How long an update may take. Default `" + write + "`.",
		DeleteDescription: "How long a destroy may take. Default `" + write + "`.",
	}
}

func (r *applicationResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identityschema.Schema{Attributes: map[string]identityschema.Attribute{
		"application_id": identityschema.StringAttribute{RequiredForImport: true, Description: "The client ID."},
	}}
}

// attribute paths that diagnostics point at.
var (
	atApplication  = path.Root("application_id")
	atMaximumScope = path.Root("maximum_scope")
)
