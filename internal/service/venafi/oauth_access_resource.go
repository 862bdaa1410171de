// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"context"
	"errors"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/list"
	listschema "github.com/hashicorp/terraform-plugin-framework/list/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/venafi"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/venafi/grantset"
	"github.com/appaccess/terraform-provider-appaccess/internal/service"
	"github.com/appaccess/terraform-provider-appaccess/internal/service/access"
)

var (
	_ resource.ResourceWithConfigure   = (*accessResource)(nil)
	_ resource.ResourceWithIdentity    = (*accessResource)(nil)
	_ resource.ResourceWithImportState = (*accessResource)(nil)
	_ resource.ResourceWithModifyPlan  = (*accessResource)(nil)
	_ resource.ResourceWithMoveState   = (*accessResource)(nil)
	_ list.ListResourceWithConfigure   = (*accessListResource)(nil)
)

// accessResource says who may use an application: it adds, or it owns.
type accessResource struct {
	access.Resource[accessModel, *accessModel, grantset.Set]
	kind kind
}

// NewOAuthAccessSet returns the resource that lets users and groups use an application, and leaves
// all others alone.
func NewOAuthAccessSet() resource.Resource { return newAccess(additiveAccess, ownedAccess.suffix) }

// NewOAuthAccessExclusive returns the resource that owns who may use an application.
func NewOAuthAccessExclusive() resource.Resource {
	return newAccess(ownedAccess, additiveAccess.suffix)
}

// NewOAuthAccessSetList and NewOAuthAccessExclusiveList find the applications that somebody may
// use.
func NewOAuthAccessSetList() list.ListResource {
	return &accessListResource{newAccess(additiveAccess, "")}
}

// NewOAuthAccessExclusiveList is NewOAuthAccessSetList for the resource that owns.
func NewOAuthAccessExclusiveList() list.ListResource {
	return &accessListResource{newAccess(ownedAccess, "")}
}

func newAccess(k kind, sibling string) *accessResource {
	return &accessResource{kind: k, Resource: access.New[accessModel, *accessModel](access.Definition[accessModel, grantset.Set]{
		Type: k.suffix, Sibling: sibling, ServiceName: venafiName, Noun: "rule", Title: k.title, ImportForm: "application_id",
		ReadTimeout: defaultTimeout, WriteTimeout: setWriteTimeout, Known: venafiKnown, Tally: venafiTally, Connect: k.connect,
		Prepare: k.prepareAccess, Leave: leave[accessModel](k), Named: namedAccess, ImportID: importID, Held: held, Memory: memory,
	})}
}

func (r *accessResource) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	description := "Lets users and groups get tokens for an application of Venafi Trust Protection Platform, by what the vendor calls a rule for each of them, and leaves others alone: " +
		"whoever is taken out of it, or all of it when it is destroyed, loses the access, and nobody else."
	if r.kind.exclusive {
		description = "Owns who may get tokens for an application of Venafi Trust Protection Platform, all of what the vendor calls its rules: whoever is not listed " +
			"loses the access, whoever gave it. Creating it takes nobody's access away: it fails where somebody has access who is not listed, and says how " +
			"to import what is there."
	}
	kept := " Left out, each rule keeps what it has, and a new one gets the server's default."
	resp.Schema = schema.Schema{
		MarkdownDescription: description + "\n\nRemoving somebody does not end the tokens that they have: these work until they expire, and the plan says how many " +
			"there are where the caller may see them. The rule through which the provider itself is logged in is never removed: that is an error. The identity " +
			"that the provider is logged in as needs the OAuth role `admin`, or `application_owner` of the application, with the token scope `admin`.",
		Attributes: map[string]schema.Attribute{
			"application_id": schema.StringAttribute{
				Required: true, Validators: []validator.String{service.Name()}, PlanModifiers: []planmodifier.String{stringplanmodifier.RequiresReplace()},
				MarkdownDescription: "The client ID of the application, upper and lower case included. Changing it makes a new resource.",
			},
			"maximum_scope": schema.StringAttribute{
				Required: true, Validators: []validator.String{scopeValidator{}},
				MarkdownDescription: "What a token may have at most, such as `certificate:manage`. It is changed in place. Order, blanks and letter case of what the " +
					"server answers are no difference. Where somebody has changed a rule, so that they differ, a plan shows each scope that there is, with a " +
					"bar between: `certificate | certificate:manage`.",
			},
			"trustees": schema.MapAttribute{
				Required: true, ElementType: types.StringType,
				Validators: []validator.Map{mapvalidator.KeysAre(service.Name()), granteesValidator{}},
				MarkdownDescription: "Who may use the application: a label of your choice, which is what people read in a plan, and the prefixed universal ID of a user or " +
					"group, such as `AD+corp:7f93d2908020204a959910ea5a5704ff`. Two labels for one ID are an error. May be empty.",
			},
			"description": schema.StringAttribute{Optional: true, MarkdownDescription: "What each rule is for." + kept},
			"access_validity": schema.StringAttribute{
				Optional: true, Validators: []validator.String{durationValidator{}}, MarkdownDescription: "How long an access token lives, such as `2160h`." + kept,
			},
			"grant_validity": schema.StringAttribute{
				Optional: true, Validators: []validator.String{durationValidator{}}, MarkdownDescription: "How long a grant lives, such as `8760h`." + kept,
			},
			"renewable": schema.BoolAttribute{Optional: true, MarkdownDescription: "Whether tokens can be renewed with a refresh token." + kept},
			"max_revocations": schema.Int64Attribute{
				Optional: true, Validators: []validator.Int64{int64validator.AtLeast(0)},
				MarkdownDescription: "How many rules a plan may remove at most; one that would remove more is an error. Default: no limit.",
			},
			"on_destroy": schema.StringAttribute{
				Optional: true, Computed: true, Default: stringdefault.StaticString(access.Revoke),
				Validators: []validator.String{stringvalidator.OneOf(access.Revoke, access.Keep)},
				MarkdownDescription: "What destroying the resource does. `revoke` (default): those whom it lists lose the access. `keep`: nothing is sent, Terraform only " +
					"forgets the resource.",
			},
		},
		Blocks: service.Timeouts(ctx, setTimeouts),
	}
}

func (r *accessResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identityschema.Schema{Attributes: map[string]identityschema.Attribute{
		"application_id": identityschema.StringAttribute{RequiredForImport: true, Description: "The client ID of the application."},
	}}
}

// MoveState turns one of the two resources into the other.
func (r *accessResource) MoveState(ctx context.Context) []resource.StateMover {
	var resp resource.SchemaResponse
	r.Schema(ctx, resource.SchemaRequest{}, &resp)
	return []resource.StateMover{r.FromSibling(resp.Schema)}
}

type accessListResource struct{ *accessResource }

func (r *accessListResource) ListResourceConfigSchema(_ context.Context, _ list.ListResourceSchemaRequest, resp *list.ListResourceSchemaResponse) {
	resp.Schema = listschema.Schema{
		MarkdownDescription: "Finds who may use which application of Venafi Trust Protection Platform: one set for each application that has rules, as far as the caller " +
			"may see them.",
		Attributes: map[string]listschema.Attribute{"application_id": listschema.StringAttribute{
			Optional: true, Validators: []validator.String{service.Name()}, MarkdownDescription: "Only this application. Default: all.",
		}},
	}
}

func (r *accessListResource) List(ctx context.Context, req list.ListRequest, stream *list.ListResultsStream) {
	push(ctx, r.Data, "who may use the OAuth applications", req, stream,
		func(ctx context.Context, client *api.Client, filter applicationFilter, hand func(listed) bool) error {
			all, err := findApplications(ctx, client, filter.ApplicationID)
			if err != nil {
				return err
			}
			run := grantset.New(client, true)
			for _, a := range all {
				set := grantset.Set{Role: api.Use, ApplicationID: a.ID}
				now, err := run.Of(set).Read(ctx, set, true)
				if errors.Is(err, grantset.ErrRulesNotVisible) || err == nil && len(now.Grantees) == 0 {
					continue
				}
				if err != nil {
					return err
				}
				model := newAccessModel(types.StringValue(a.ID))
				model.Track(run.Of(set).Imported(now))
				if !hand(listed{a.ID, applicationIdentity{model.ApplicationID}, &model}) {
					return nil
				}
			}
			return nil
		})
}
