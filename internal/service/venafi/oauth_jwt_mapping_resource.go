// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"github.com/appaccess/terraform-provider-appaccess/internal/service"
	"github.com/appaccess/terraform-provider-appaccess/internal/service/access"
)

var (
	_ resource.ResourceWithConfigure      = (*mappingResource)(nil)
	_ resource.ResourceWithIdentity       = (*mappingResource)(nil)
	_ resource.ResourceWithImportState    = (*mappingResource)(nil)
	_ resource.ResourceWithModifyPlan     = (*mappingResource)(nil)
	_ resource.ResourceWithValidateConfig = (*mappingResource)(nil)
)

// mappingResource says whose JSON Web Tokens log in.
type mappingResource struct {
	access.Resource[mappingModel, *mappingModel, mapping]
}

// NewOAuthJwtMapping returns the resource that says whose JSON Web Tokens log in, and as whom.
func NewOAuthJwtMapping() resource.Resource { return newMappingResource() }

func newMappingResource() *mappingResource {
	return &mappingResource{access.New[mappingModel, *mappingModel](access.Definition[mappingModel, mapping]{
		Type: mappingSuffix, ServiceName: venafiName, Noun: "JWT mapping", Title: "the JWT mapping", ImportForm: "name",
		ReadTimeout: defaultTimeout, WriteTimeout: defaultTimeout,
		Known: venafiKnown, Tally: venafiTally, Connect: connectMappings, Prepare: prepareMapping, Named: namedMapping,
		ImportID: func(m mapping) string { return m.Name }, Held: func(mapping) access.Loss { return access.Loss{} },
	})}
}

func (r *mappingResource) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	required := func(description string, modifiers ...planmodifier.String) schema.StringAttribute {
		return schema.StringAttribute{
			Required: true, Validators: []validator.String{service.Name()}, PlanModifiers: modifiers, MarkdownDescription: description,
		}
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "Says whose JSON Web Tokens log in to Venafi Trust Protection Platform, and as whom: the pipelines of one issuer, without a secret that " +
			"somebody has to keep. When it is changed or destroyed, whoever it no longer takes loses the way to log in. Whoever is logged in so still needs a rule for the application: see `appaccess_venafi_oauth_access_set`.\n\n" +
			"The server replaces a mapping as a whole; what this provider does not know is sent back as it was. The identity that the provider is logged " +
			"in as needs the OAuth role `admin`. The mapping through which the provider itself is logged in is never destroyed, and never changed so that " +
			"it would not take the provider's token: that is an error.",
		Attributes: map[string]schema.Attribute{
			"name":       required("The name of the mapping. Changing it makes a new resource.", stringplanmodifier.RequiresReplace()),
			"issuer_uri": required("Who signs the tokens: their claim `iss`, letter by letter."),
			"jwks_uri": schema.StringAttribute{
				Optional: true, Computed: true, Validators: []validator.String{httpsValidator{}},
				PlanModifiers: []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
				MarkdownDescription: "Where the issuer publishes its keys, by HTTPS. Default: where the issuer's own configuration says. All mappings of one issuer " +
					"have the same; servers before 26.2 may not know it, and then it is an error. Left out, it stays as the server has it.",
			},
			"purpose_field": required("The claim that says what a token is for, such as `aud`."),
			"purpose_match": required("The value that this claim must have."),
			"id_field":      required("The claim that says who it is, such as `sub`."),
			"id_match": schema.StringAttribute{
				Required: true, Validators: []validator.String{expressionValidator{}},
				MarkdownDescription: "A regular expression that this claim must match, in the dialect of .NET. Without `grantee` its first group is the identity. Begin " +
					"it with `^` and end it with `$`: whether the server wants the whole claim to match is not documented.",
			},
			"grantee": schema.StringAttribute{
				Optional: true, Validators: []validator.String{granteeValidator{}},
				MarkdownDescription: "As whom the tokens log in: the prefixed universal ID of a user. Default: the first group of `id_match` is the identity.",
			},
		},
		Blocks: crudTimeouts(ctx),
	}
}

func (r *mappingResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identityschema.Schema{Attributes: map[string]identityschema.Attribute{
		"name": identityschema.StringAttribute{RequiredForImport: true, Description: "The name of the JWT mapping."},
	}}
}

// ValidateConfig wants an identity from somewhere.
func (r *mappingResource) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	var config mappingModel
	if resp.Diagnostics.Append(req.Config.Get(ctx, &config)...); resp.Diagnostics.HasError() || config.IDMatch.IsUnknown() || config.IDMatch.IsNull() {
		return
	}
	match := config.IDMatch.ValueString()
	if config.Grantee.IsNull() && !hasGroup(match) {
		resp.Diagnostics.AddAttributeError(atIDMatch, "Nobody is named",
			"There is no grantee, so the first group of id_match is the identity, and id_match has no group: put the part of the claim that names the identity "+
				"in parentheses, such as \"^user:(.+)$\", or set grantee.")
	}
}

var (
	atIDMatch = path.Root("id_match")
	atJwksURI = path.Root("jwks_uri")
)
