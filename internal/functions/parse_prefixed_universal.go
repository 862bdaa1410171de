// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package functions

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/shared"
	api "github.com/appaccess/terraform-provider-appaccess/internal/api/venafi"
)

var partsType = map[string]attr.Type{
	"prefix":    types.StringType,
	"provider":  types.StringType,
	"name":      types.StringType,
	"universal": types.StringType,
}

// NewParsePrefixedUniversal returns the function that takes a prefixed universal ID of Venafi
// apart.
func NewParsePrefixedUniversal() function.Function { return parsePrefixedUniversal{} }

type parsePrefixedUniversal struct{}

func (parsePrefixedUniversal) Metadata(_ context.Context, _ function.MetadataRequest, resp *function.MetadataResponse) {
	resp.Name = "parse_prefixed_universal"
}

func (parsePrefixedUniversal) Definition(_ context.Context, _ function.DefinitionRequest, resp *function.DefinitionResponse) {
	resp.Definition = function.Definition{
		Summary: "Take a prefixed universal ID apart",
		MarkdownDescription: "Takes the prefixed universal ID of a Venafi identity apart. `AD+corp:7f93d2908020204a959910ea5a5704ff` gives\n\n" +
			"* `prefix`: `AD+corp`, all before the first colon;\n" +
			"* `provider`: `AD`, the kind of identity provider: `local`, `AD` or `LDAP`;\n" +
			"* `name`: `corp`, how the administrators named that provider; null for `local`;\n" +
			"* `universal`: `7f93d2908020204a959910ea5a5704ff`, the identity there, as it is written.\n\n" +
			"Text that is no prefixed universal ID, such as the prefixed name `local:admin`, is an error. Whether the identity exists is not asked: the data source " +
			"`appaccess_venafi_identity` does that.",
		Parameters: []function.Parameter{
			function.StringParameter{
				Name:                "prefixed_universal",
				MarkdownDescription: "A prefixed universal ID, such as `local:{5be5a591-c842-4520-9142-b455f4ad2286}`.",
			},
		},
		Return: function.ObjectReturn{AttributeTypes: partsType},
	}
}

func (parsePrefixedUniversal) Run(ctx context.Context, req function.RunRequest, resp *function.RunResponse) {
	var id string
	if resp.Error = req.Arguments.Get(ctx, &id); resp.Error != nil {
		return
	}
	parts, problem := parse(id)
	if problem != "" {
		resp.Error = argumentError(0, problem)
		return
	}
	name := types.StringNull()
	if parts.name != "" {
		name = types.StringValue(parts.name)
	}
	object, diags := types.ObjectValue(partsType, map[string]attr.Value{
		"prefix":    types.StringValue(parts.prefix),
		"provider":  types.StringValue(parts.provider),
		"name":      name,
		"universal": types.StringValue(parts.universal),
	})
	if resp.Error = function.FuncErrorFromDiags(ctx, diags); resp.Error == nil {
		resp.Error = resp.Result.Set(ctx, object)
	}
}

type parts struct{ prefix, provider, name, universal string }

const shape = "A prefixed universal ID is local:UNIVERSAL, AD+NAME:UNIVERSAL or LDAP+NAME:UNIVERSAL, such as " +
	"local:{5be5a591-c842-4520-9142-b455f4ad2286}."

const lookUp = "The data source appaccess_venafi_identity finds the prefixed universal ID by the name."

// notHexadecimal is what no object GUID of Active Directory holds, in any spelling.
var notHexadecimal = regexp.MustCompile(`[^0-9a-fA-F{}-]`)

// parse follows the vendor page "Identity Information": the prefix is the provider's kind, for a
// directory with the name that it was given. The universal ID is a GUID but for LDAP, whose
// administrators choose an attribute.
func parse(id string) (p parts, problem string) {
	prefix, universal, colon := strings.Cut(id, ":")
	provider, name, plus := strings.Cut(prefix, "+")
	p = parts{prefix: prefix, provider: provider, name: name, universal: universal}
	switch {
	case id != "" && shared.NameProblem(id) != "":
		return p, fmt.Sprintf("%q %s.", id, shared.NameProblem(id))
	case !colon:
		return p, fmt.Sprintf("%q has no colon. %s", id, shape)
	case universal == "":
		return p, fmt.Sprintf("%q has nothing behind the colon. %s", id, shape)
	case strings.EqualFold(provider, "local"):
		if plus {
			return p, fmt.Sprintf("%q names a local provider, which there is only one of. %s", id, shape)
		}
		if !api.IsGUID(universal) {
			return p, fmt.Sprintf("%q is a name, and the universal ID of a local identity is a GUID. %s", id, lookUp)
		}
	case strings.EqualFold(provider, "AD"), strings.EqualFold(provider, "LDAP"):
		if name == "" {
			return p, fmt.Sprintf("%q lacks the name of the %s provider. %s", id, provider, shape)
		}
		if strings.EqualFold(provider, "AD") && notHexadecimal.MatchString(universal) {
			return p, fmt.Sprintf("%q is a name, and the universal ID of an Active Directory identity is 32 hexadecimal digits. %s", id, lookUp)
		}
	default:
		return p, fmt.Sprintf("%q has the prefix %q, which is no identity provider. %s", id, prefix, shape)
	}
	return p, ""
}
