// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/venafi"
	"github.com/appaccess/terraform-provider-appaccess/internal/service"
	"github.com/appaccess/terraform-provider-appaccess/internal/service/access"
)

type applicationModel struct {
	ApplicationID    types.String   `tfsdk:"application_id"`
	Name             types.String   `tfsdk:"name"`
	Vendor           types.String   `tfsdk:"vendor"`
	Description      types.String   `tfsdk:"description"`
	URL              types.String   `tfsdk:"url"`
	Scope            types.String   `tfsdk:"scope"`
	MaximumScope     types.String   `tfsdk:"maximum_scope"`
	AccessValidity   types.String   `tfsdk:"access_validity"`
	GrantValidity    types.String   `tfsdk:"grant_validity"`
	Renewable        types.Bool     `tfsdk:"renewable"`
	UnusedExpiration types.String   `tfsdk:"unused_expiration"`
	ForceDestroy     types.Bool     `tfsdk:"force_destroy"`
	Timeouts         timeouts.Value `tfsdk:"timeouts"`
}

// application is an API integration as it is wanted, or is; nil wants nothing.
type application struct {
	id                                                  string
	name, vendor, description, url, scope, maximumScope *string
	access, grant, unused                               *int64
	renewable                                           *bool
	force                                               bool
}

func (a application) String() string { return fmt.Sprintf("application %q", a.id) }

// onto is what the server has with what is wanted.
func (a application) onto(has api.Application) api.Application {
	set(&has.Name, a.name)
	set(&has.Vendor, a.vendor)
	set(&has.Description, a.description)
	set(&has.URL, a.url)
	set(&has.Scope, a.scope)
	set(&has.MaximumScope, a.maximumScope)
	has.ID = a.id
	for into, wanted := range map[**int64]*int64{&has.AccessValidity: a.access, &has.GrantValidity: a.grant, &has.UnusedExpiration: a.unused} {
		if wanted != nil {
			*into = wanted
		}
	}
	if a.renewable != nil {
		has.Renewable = a.renewable
	}
	return has
}

func set(into *string, wanted *string) {
	if wanted != nil {
		*into = *wanted
	}
}

func (a application) as(has api.Application) application {
	return application{
		id: has.ID, name: &has.Name, vendor: &has.Vendor, description: &has.Description, url: &has.URL, scope: &has.Scope, maximumScope: &has.MaximumScope,
		access: has.AccessValidity, grant: has.GrantValidity, unused: has.UnusedExpiration, renewable: has.Renewable, force: a.force,
	}
}

// wantedText is nil for what the configuration leaves out: null, or not known before the apply.
func wantedText(value types.String) *string {
	if value.IsUnknown() {
		return nil
	}
	return value.ValueStringPointer()
}

func wantedSeconds(value types.String) *int64 {
	text := wantedText(value)
	if text == nil {
		return nil
	}
	n, err := api.Seconds(*text)
	if err != nil {
		return nil // the validator has said it
	}
	return &n
}

func wantedBool(value types.Bool) *bool {
	if value.IsUnknown() {
		return nil
	}
	return value.ValueBoolPointer()
}

// trackScope keeps the spelling of a scope that means the same.
func trackScope(value *types.String, now *string) {
	if now == nil || value.IsNull() || value.IsUnknown() || !api.SameScope(value.ValueString(), *now) {
		*value = types.StringPointerValue(now)
	}
}

// trackSeconds keeps the spelling of a duration that is as long.
func trackSeconds(value *types.String, now *int64) {
	had := wantedSeconds(*value)
	switch {
	case now == nil:
		*value = types.StringNull()
	case had == nil || *had != *now:
		*value = types.StringValue(api.Duration(*now))
	}
}

// Known tells whether nothing that decides has to wait for the apply.
func (m *applicationModel) Known() bool { return !m.ApplicationID.IsUnknown() }

// Set is the model in the terms of the service.
func (m *applicationModel) Set() application {
	return application{
		id: m.ApplicationID.ValueString(), name: wantedText(m.Name), vendor: wantedText(m.Vendor), description: wantedText(m.Description),
		url: wantedText(m.URL), scope: wantedText(m.Scope), maximumScope: wantedText(m.MaximumScope), access: wantedSeconds(m.AccessValidity),
		grant: wantedSeconds(m.GrantValidity), unused: wantedSeconds(m.UnusedExpiration), renewable: wantedBool(m.Renewable),
		force: m.ForceDestroy.ValueBool(),
	}
}

// Track makes the model say what the application is.
func (m *applicationModel) Track(now application) bool {
	before := *m
	m.Name, m.Vendor = types.StringPointerValue(now.name), types.StringPointerValue(now.vendor)
	m.Description, m.URL = types.StringPointerValue(now.description), types.StringPointerValue(now.url)
	trackScope(&m.Scope, now.scope)
	trackScope(&m.MaximumScope, now.maximumScope)
	trackSeconds(&m.AccessValidity, now.access)
	trackSeconds(&m.GrantValidity, now.grant)
	trackSeconds(&m.UnusedExpiration, now.unused)
	m.Renewable = types.BoolPointerValue(now.renewable)
	if m.ForceDestroy.IsNull() || m.ForceDestroy.IsUnknown() {
		m.ForceDestroy = types.BoolValue(false)
	}
	return !before.equal(m)
}

func (m *applicationModel) equal(other *applicationModel) bool {
	return m.Name.Equal(other.Name) && m.Vendor.Equal(other.Vendor) && m.Description.Equal(other.Description) && m.URL.Equal(other.URL) &&
		m.Scope.Equal(other.Scope) && m.MaximumScope.Equal(other.MaximumScope) && m.AccessValidity.Equal(other.AccessValidity) &&
		m.GrantValidity.Equal(other.GrantValidity) && m.UnusedExpiration.Equal(other.UnusedExpiration) && m.Renewable.Equal(other.Renewable) &&
		m.ForceDestroy.Equal(other.ForceDestroy)
}

// SameTarget tells whether both are one application.
func (m *applicationModel) SameTarget(other *applicationModel) bool {
	return m.ApplicationID.Equal(other.ApplicationID)
}

// Options are the arguments that have nothing to do with Venafi.
func (m *applicationModel) Options() access.Options { return access.Options{Timeouts: m.Timeouts} }

type applicationIdentity struct {
	ApplicationID types.String `tfsdk:"application_id"`
}

// noTimeouts is the block that an import leaves out.
func noTimeouts() timeouts.Value {
	duration := map[string]attr.Type{}
	for _, operation := range []string{"create", "read", "update", "delete"} {
		duration[operation] = types.StringType
	}
	return timeouts.Value{Object: types.ObjectNull(duration)}
}

// namedApplication reads what an import names.
func namedApplication(ctx context.Context, _ *service.Data, req resource.ImportStateRequest) (applicationModel, diag.Diagnostics) {
	identity, diags := importedName[applicationIdentity](ctx, req, func(i *applicationIdentity) *types.String { return &i.ApplicationID })
	return applicationModel{ApplicationID: identity.ApplicationID, Timeouts: noTimeouts()}, diags
}

// importedName reads an import whose id is one name: the import id is that name, or the identity
// has it.
func importedName[I any](ctx context.Context, req resource.ImportStateRequest, name func(*I) *types.String) (identity I, diags diag.Diagnostics) {
	if req.ID != "" {
		*name(&identity) = types.StringValue(req.ID)
	} else {
		diags = req.Identity.Get(ctx, &identity)
	}
	if given := name(&identity).ValueString(); !diags.HasError() && (given == "" || strings.TrimSpace(given) != given) {
		diags.AddError("Invalid import id", fmt.Sprintf("The import names %q: it is empty or has blanks around it.", given))
	}
	return identity, diags
}

// prepareApplication wants of a new application what the server wants, and tells the plan that
// there will be one.
func prepareApplication(ctx context.Context, p *access.Planning[applicationModel, application]) {
	if !p.Plan.ApplicationID.IsUnknown() {
		oneOf(ctx, p, p.Data.VenafiApplications, atApplication, "application", p.Plan.ApplicationID.ValueString())
	}
	if p.State != nil && p.Plan.SameTarget(p.State) {
		return
	}
	var config applicationModel
	if p.Response.Diagnostics.Append(p.Request.Config.Get(ctx, &config)...); p.Response.Diagnostics.HasError() {
		return
	}
	for _, needed := range []struct {
		name  string
		value types.String
	}{
		{"name", config.Name},
		{"vendor", config.Vendor},
		{"description", config.Description},
		{"url", config.URL},
		{"scope", config.Scope},
		{"maximum_scope", config.MaximumScope},
	} {
		if needed.value.IsNull() {
			p.Response.Diagnostics.AddAttributeError(path.Root(needed.name), "A new application needs more",
				fmt.Sprintf("The server makes an application only with a %s: set %s. For an application that exists already it can stay out: import it, with "+
					"the id %q.", needed.name, needed.name, config.ApplicationID.ValueString()))
		}
	}
}

// scopeValidator wants scopes as the server writes them.
type scopeValidator struct{}

func (scopeValidator) Description(context.Context) string {
	return "scopes such as certificate:discover,manage;configuration"
}

func (v scopeValidator) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (scopeValidator) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	if problem := api.CheckScope(req.ConfigValue.ValueString()); problem != "" {
		resp.Diagnostics.AddAttributeError(req.Path, "Invalid scope", fmt.Sprintf("The scope %q can't be read: %s. Scopes are separated by semicolons, and the "+
			"restrictions of one stand behind a colon, separated by commas: \"certificate:discover,manage;configuration\".", req.ConfigValue.ValueString(), problem))
	}
}

// durationValidator wants what api.Seconds reads.
type durationValidator struct{}

func (durationValidator) Description(context.Context) string { return "a duration such as 2160h" }

func (v durationValidator) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (durationValidator) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	if _, err := api.Seconds(req.ConfigValue.ValueString()); err != nil {
		resp.Diagnostics.AddAttributeError(req.Path, "Invalid duration", fmt.Sprintf("The duration %v.", err))
	}
}
