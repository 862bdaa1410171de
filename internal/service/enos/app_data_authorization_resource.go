// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

// Package enos is what Terraform sees of Envision EnOS: which of an organization's data an
// application may use.
package enos

import (
	"context"
	"fmt"
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
	"github.com/appaccess/terraform-provider-appaccess/internal/service/access"
)

// defaultTimeout is that of every operation: one write, and the reads that confirm it, with all
// their repetitions.
const defaultTimeout = 10 * time.Minute

var (
	_ resource.ResourceWithConfigure   = (*authorizationResource)(nil)
	_ resource.ResourceWithIdentity    = (*authorizationResource)(nil)
	_ resource.ResourceWithImportState = (*authorizationResource)(nil)
	_ resource.ResourceWithModifyPlan  = (*authorizationResource)(nil)
)

// authorizationResource owns the data authorize types of one application.
type authorizationResource struct {
	access.Resource[authorizationModel, *authorizationModel, authorization]
}

// NewAppDataAuthorization returns the resource that owns the data authorize types of one
// application.
func NewAppDataAuthorization() resource.Resource { return newAuthorizationResource() }

func newAuthorizationResource() *authorizationResource {
	return &authorizationResource{access.New[authorizationModel, *authorizationModel](access.Definition[authorizationModel, authorization]{
		Type: "_enos_app_data_authorization", ServiceName: "EnOS", Noun: "data authorize type", Title: "the data authorization",
		ImportForm: "org_id/app_id", ReadTimeout: defaultTimeout, WriteTimeout: defaultTimeout,
		Known:   func(data *service.Data) bool { return data.Enos.Known() },
		Tally:   func(data *service.Data) *service.Tally { return data.EnosTally },
		Connect: connect, Prepare: prepare, Named: named, ImportID: importID, Held: held,
		Memory: func(a *authorization) any { return &a.memory },
	})}
}

func (r *authorizationResource) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Owns which data of an EnOS organization an application may use: every type that is not listed is taken away from the " +
			"application, whoever granted it, and destroying the resource takes all of them away. The service knows one list for each application and " +
			"replaces the whole of it, so only one resource may name an application of an organization, and a plan with two is an error. Administrators " +
			"change the same list in Application Portal > Admin Console > Application Management > API Authorization, and what they change shows as " +
			"drift. A create adopts the types that it lists, and the plan fails where it would take others away: import the resource then, and each loss shows. An " +
			"apply fails before it sends anything where a type was granted since its plan: plan again.\n\n" +
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
				Default:    stringdefault.StaticString(access.Revoke),
				Validators: []validator.String{stringvalidator.OneOf(access.Revoke, access.Keep)},
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
