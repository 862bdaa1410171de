// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/venafi"
	"github.com/appaccess/terraform-provider-appaccess/internal/service"
	"github.com/appaccess/terraform-provider-appaccess/internal/service/access"
)

type mappingModel struct {
	Name         types.String   `tfsdk:"name"`
	IssuerURI    types.String   `tfsdk:"issuer_uri"`
	JwksURI      types.String   `tfsdk:"jwks_uri"`
	PurposeField types.String   `tfsdk:"purpose_field"`
	PurposeMatch types.String   `tfsdk:"purpose_match"`
	IDField      types.String   `tfsdk:"id_field"`
	IDMatch      types.String   `tfsdk:"id_match"`
	Grantee      types.String   `tfsdk:"grantee"`
	Timeouts     timeouts.Value `tfsdk:"timeouts"`
}

// mapping is a JWT mapping as it is wanted, or is.
type mapping struct{ api.JwtMapping }

func (m mapping) String() string { return fmt.Sprintf("JWT mapping %q", m.Name) }

// onto is what the server has with what is wanted; an address of keys that is left out stays.
func (m mapping) onto(has api.JwtMapping) api.JwtMapping {
	has.Name, has.IssuerURI, has.PurposeField, has.PurposeMatch = m.Name, m.IssuerURI, m.PurposeField, m.PurposeMatch
	has.IDField, has.IDMatch, has.Grantee = m.IDField, m.IDMatch, m.Grantee
	if m.JwksURI != "" {
		has.JwksURI = m.JwksURI
	}
	return has
}

// Known tells whether nothing that decides has to wait for the apply.
func (m *mappingModel) Known() bool {
	for _, value := range []types.String{m.Name, m.IssuerURI, m.PurposeField, m.PurposeMatch, m.IDField, m.IDMatch, m.Grantee} {
		if value.IsUnknown() {
			return false
		}
	}
	return true
}

// Set is the model in the terms of the service.
func (m *mappingModel) Set() mapping {
	return mapping{api.JwtMapping{
		Name: m.Name.ValueString(), IssuerURI: m.IssuerURI.ValueString(), JwksURI: m.JwksURI.ValueString(), PurposeField: m.PurposeField.ValueString(),
		PurposeMatch: m.PurposeMatch.ValueString(), IDField: m.IDField.ValueString(), IDMatch: m.IDMatch.ValueString(), Grantee: m.Grantee.ValueString(),
	}}
}

// Track makes the model say what the mapping is. Another spelling of the grantee is the same one.
func (m *mappingModel) Track(now mapping) bool {
	before := m.Set()
	hadKeys := m.JwksURI
	m.Name, m.IssuerURI, m.JwksURI = types.StringValue(now.Name), types.StringValue(now.IssuerURI), service.Text(now.JwksURI)
	m.PurposeField, m.PurposeMatch = types.StringValue(now.PurposeField), types.StringValue(now.PurposeMatch)
	m.IDField, m.IDMatch = types.StringValue(now.IDField), types.StringValue(now.IDMatch)
	if now.Grantee == "" || !api.SameGrantee(m.Grantee.ValueString(), now.Grantee) {
		m.Grantee = service.Text(now.Grantee)
	}
	return !before.Like(now.JwtMapping) || !hadKeys.Equal(m.JwksURI)
}

// SameTarget tells whether both are one mapping.
func (m *mappingModel) SameTarget(other *mappingModel) bool { return m.Name.Equal(other.Name) }

// Options are the arguments that have nothing to do with Venafi.
func (m *mappingModel) Options() access.Options { return access.Options{Timeouts: m.Timeouts} }

type mappingIdentity struct {
	Name types.String `tfsdk:"name"`
}

// namedMapping reads what an import names.
func namedMapping(ctx context.Context, _ *service.Data, req resource.ImportStateRequest) (mappingModel, diag.Diagnostics) {
	identity, diags := importedName[mappingIdentity](ctx, req, func(i *mappingIdentity) *types.String { return &i.Name })
	return mappingModel{Name: identity.Name, Timeouts: noTimeouts()}, diags
}

// prepareMapping refuses two resources of one mapping, and two mappings of one issuer that say
// differently where its keys are.
func prepareMapping(ctx context.Context, p *access.Planning[mappingModel, mapping]) {
	plan := p.Plan
	if !plan.Name.IsUnknown() {
		oneOf(ctx, p, p.Data.VenafiMappings, path.Root("name"), "JWT mapping", plan.Name.ValueString())
	}
	if plan.IssuerURI.IsUnknown() || plan.JwksURI.IsUnknown() || plan.JwksURI.IsNull() {
		return
	}
	instance, diags := service.Instance(ctx, p.Response.Private)
	if p.Response.Diagnostics.Append(diags...); diags.HasError() {
		return
	}
	if p.Data.VenafiIssuers.Say(plan.IssuerURI.ValueString(), instance, plan.JwksURI.ValueString()) != "" {
		p.Response.Diagnostics.AddAttributeError(atJwksURI, "Two JWT mappings disagree about the keys of one issuer",
			fmt.Sprintf("The issuer %s has the jwks_uri %s here and another one in another mapping of this configuration. The server knows one for each issuer: give "+
				"all of its mappings the same.", plan.IssuerURI.ValueString(), plan.JwksURI.ValueString()))
	}
}

// hasGroup tells whether an expression has a group that captures: a parenthesis that is neither
// escaped, nor in a class, nor of a kind that captures nothing. .NET writes named groups as
// (?<name>…) and (?'name'…).
func hasGroup(expression string) bool {
	class := false
	for i := 0; i < len(expression); i++ {
		switch c := expression[i]; {
		case c == '\\':
			i++
		case c == '[':
			class = true
		case c == ']':
			class = false
		case c == '(' && !class:
			rest := expression[i+1:]
			named := strings.HasPrefix(rest, "?<") && !strings.HasPrefix(rest, "?<=") && !strings.HasPrefix(rest, "?<!") || strings.HasPrefix(rest, "?'")
			if !strings.HasPrefix(rest, "?") || named {
				return true
			}
		}
	}
	return false
}

func anchored(expression string) bool {
	return strings.HasPrefix(expression, "^") && strings.HasSuffix(expression, "$") && !strings.HasSuffix(expression, `\$`)
}

// httpsValidator wants an HTTPS address.
type httpsValidator struct{}

func (httpsValidator) Description(context.Context) string { return "an HTTPS address" }

func (v httpsValidator) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (httpsValidator) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	if address := req.ConfigValue.ValueString(); len(address) < 9 || !strings.EqualFold(address[:8], "https://") || strings.ContainsAny(address, " \t\r\n") {
		resp.Diagnostics.AddAttributeError(req.Path, "Not an HTTPS address",
			fmt.Sprintf("%s is %q: the server takes only addresses that begin with https://.", req.Path, address))
	}
}

// expressionValidator wants parentheses and brackets that match. The dialect is the server's, so no
// more is checked.
type expressionValidator struct{}

func (expressionValidator) Description(context.Context) string { return "a regular expression" }

func (v expressionValidator) MarkdownDescription(ctx context.Context) string {
	return v.Description(ctx)
}

func (expressionValidator) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	if problem := expressionProblem(req.ConfigValue.ValueString()); problem != "" {
		resp.Diagnostics.AddAttributeError(req.Path, "Not a regular expression", fmt.Sprintf("id_match is %s, which %s.", req.ConfigValue, problem))
	}
}

func expressionProblem(expression string) string {
	if expression == "" {
		return "is empty and would match everybody"
	}
	open, class := 0, false
	for i := 0; i < len(expression); i++ {
		switch c := expression[i]; {
		case c == '\\' && i == len(expression)-1:
			return "ends with a single backslash"
		case c == '\\':
			i++
		case c == '[':
			class = true
		case c == ']':
			class = false
		case class:
		case c == '(':
			open++
		case c == ')' && open == 0:
			return "closes a parenthesis that is not open"
		case c == ')':
			open--
		}
	}
	switch {
	case class:
		return "leaves a bracket open"
	case open > 0:
		return "leaves a parenthesis open"
	}
	return ""
}
