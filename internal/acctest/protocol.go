// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package acctest

import (
	"context"
	"fmt"
	"math/big"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/appaccess/terraform-provider-appaccess/internal/provider"
)

// Environment is what Provider says, as environment variables.
func (m *Mock) Environment() map[string]string {
	return map[string]string{
		"HW_REGION_NAME": Region, "HW_ACCESS_KEY": HuaweicloudAccessKey, "HW_SECRET_KEY": HuaweicloudSecretKey,
		"HW_PROJECT_ID": ProjectID, "HW_WORKSPACE_ENDPOINT": m.URL, "HW_IAM_ENDPOINT": m.URL,
		"ENOS_GATEWAY_URL": m.URL, "ENOS_ACCESS_KEY": EnosAccessKey, "ENOS_SECRET_KEY": EnosSecretKey, "ENOS_ORG_ID": OrgID,
		"VENAFI_URL": m.URL, "VENAFI_CLIENT_ID": VenafiClientID, "VENAFI_USER": VenafiUser, "VENAFI_PASS": VenafiPassword,
	}
}

// Server is the provider, asked as Terraform asks it. It is for what the installed Terraform may be too old to ask.
type Server struct {
	tfprotov6.ProviderServer

	lists      tfprotov6.ListResourceServer
	t          testing.TB
	schemas    *tfprotov6.GetProviderSchemaResponse
	identities *tfprotov6.GetResourceIdentitySchemasResponse
}

// NewServer makes a provider that is configured from an environment.
func NewServer(t testing.TB, environment map[string]string, options ...provider.Option) *Server {
	t.Helper()
	server, err := ProvidersWithEnvironment(environment, options...)["appaccess"]()
	if err != nil {
		t.Fatal(err)
	}
	server = Watch(t, server)
	lists, ok := server.(tfprotov6.ListResourceServer)
	if !ok {
		t.Fatal("the provider serves no list resources")
	}
	s := &Server{ProviderServer: server, lists: lists, t: t}
	if s.schemas, err = server.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{}); err != nil {
		t.Fatal(err)
	}
	s.check("GetProviderSchema", s.schemas.Diagnostics)
	if s.identities, err = server.GetResourceIdentitySchemas(t.Context(), &tfprotov6.GetResourceIdentitySchemasRequest{}); err != nil {
		t.Fatal(err)
	}
	s.check("GetResourceIdentitySchemas", s.identities.Diagnostics)
	configured, err := server.ConfigureProvider(t.Context(), &tfprotov6.ConfigureProviderRequest{
		TerraformVersion: "1.14.0", Config: s.dynamic(s.schemas.Provider.ValueType(), nil),
	})
	if err != nil {
		t.Fatal(err)
	}
	s.check("ConfigureProvider", configured.Diagnostics)
	return s
}

func (s *Server) check(what string, diags []*tfprotov6.Diagnostic) {
	s.t.Helper()
	if errs := errorsOf(diags); len(errs) > 0 {
		s.t.Fatalf("%s: %s", what, strings.Join(errs, "\n"))
	}
}

func errorsOf(diags []*tfprotov6.Diagnostic) []string {
	var errs []string
	for _, d := range diags {
		if d.Severity == tfprotov6.DiagnosticSeverityError {
			errs = append(errs, d.Summary+": "+d.Detail)
		}
	}
	return errs
}

// Query is a list block of `terraform query`.
type Query struct {
	// Config holds the arguments: strings and slices of strings.
	Config map[string]any
	// IncludeResource asks for the attributes, not for the identity alone.
	IncludeResource bool
	// Limit is how many results are wanted; 0 is all.
	Limit int64
	// Take is after how many results nobody listens any more; 0 is all.
	Take int
}

// Listed is a result of a query.
type Listed struct {
	DisplayName        string
	Identity, Resource map[string]any
	// Errors stand in place of a result.
	Errors []string

	identity *tfprotov6.ResourceIdentityData
	resource *tfprotov6.DynamicValue
}

// Query lists resources of a type.
func (s *Server) Query(typeName string, q Query) []Listed {
	s.t.Helper()
	config := s.listConfig(typeName, q.Config)
	validated, err := s.lists.ValidateListResourceConfig(s.t.Context(), &tfprotov6.ValidateListResourceConfigRequest{TypeName: typeName, Config: config})
	if err != nil {
		s.t.Fatal(err)
	}
	if errs := errorsOf(validated.Diagnostics); len(errs) > 0 {
		return []Listed{{Errors: errs}}
	}
	stream, err := s.lists.ListResource(s.t.Context(), &tfprotov6.ListResourceRequest{
		TypeName: typeName, Config: config, IncludeResource: q.IncludeResource, Limit: q.Limit,
	})
	if err != nil {
		s.t.Fatal(err)
	}
	var results []Listed
	for result := range stream.Results {
		listed := Listed{
			DisplayName: result.DisplayName, Errors: errorsOf(result.Diagnostics), identity: result.Identity, resource: result.Resource,
		}
		if result.Identity != nil {
			listed.Identity = s.plain(s.identityType(typeName), result.Identity.IdentityData)
		}
		if result.Resource != nil {
			listed.Resource = s.plain(s.schemas.ResourceSchemas[typeName].ValueType(), result.Resource)
		}
		results = append(results, listed)
		if len(results) == q.Take {
			break
		}
	}
	return results
}

func (s *Server) identityType(typeName string) tftypes.Type {
	attributes := map[string]tftypes.Type{}
	for _, a := range s.identities.IdentitySchemas[typeName].IdentityAttributes {
		attributes[a.Name] = a.Type
	}
	return tftypes.Object{AttributeTypes: attributes}
}

func (s *Server) listConfig(typeName string, arguments map[string]any) *tfprotov6.DynamicValue {
	s.t.Helper()
	schema := s.schemas.ListResourceSchemas[typeName]
	if schema == nil {
		s.t.Fatalf("there is no list resource %s", typeName)
	}
	object := schema.ValueType().(tftypes.Object) //nolint:forcetypeassert // a schema is an object
	values := map[string]tftypes.Value{}
	for name, attribute := range object.AttributeTypes {
		switch argument := arguments[name].(type) {
		case nil:
			values[name] = tftypes.NewValue(attribute, nil)
		case []string:
			elements := make([]tftypes.Value, len(argument))
			for i, e := range argument {
				elements[i] = tftypes.NewValue(tftypes.String, e)
			}
			values[name] = tftypes.NewValue(attribute, elements)
		default:
			values[name] = tftypes.NewValue(attribute, argument)
		}
	}
	for name := range arguments {
		if object.AttributeTypes[name] == nil {
			s.t.Fatalf("the list resource %s has no argument %s", typeName, name)
		}
	}
	return s.dynamic(object, values)
}

func (s *Server) dynamic(t tftypes.Type, value any) *tfprotov6.DynamicValue {
	s.t.Helper()
	if value == nil {
		attributes := map[string]tftypes.Value{}
		for name, attribute := range t.(tftypes.Object).AttributeTypes { //nolint:forcetypeassert // a schema is an object
			attributes[name] = tftypes.NewValue(attribute, nil)
		}
		value = attributes
	}
	dynamic, err := tfprotov6.NewDynamicValue(t, tftypes.NewValue(t, value))
	if err != nil {
		s.t.Fatal(err)
	}
	return &dynamic
}

func (s *Server) plain(t tftypes.Type, dynamic *tfprotov6.DynamicValue) map[string]any {
	s.t.Helper()
	value, err := dynamic.Unmarshal(t)
	if err != nil {
		s.t.Fatal(err)
	}
	object, _ := plain(value).(map[string]any)
	return object
}

// plain turns a value into what encoding/json would make of it.
func plain(value tftypes.Value) any {
	if value.IsNull() {
		return nil
	}
	if !value.IsKnown() {
		return "(unknown)"
	}
	var (
		attributes map[string]tftypes.Value
		elements   []tftypes.Value
		text       string
		number     big.Float
		truth      bool
	)
	switch {
	case value.As(&text) == nil:
		return text
	case value.As(&number) == nil:
		f, _ := number.Float64()
		return f
	case value.As(&truth) == nil:
		return truth
	case value.As(&elements) == nil:
		list := make([]any, len(elements))
		for i, e := range elements {
			list[i] = plain(e)
		}
		return list
	case value.As(&attributes) == nil:
		object := make(map[string]any, len(attributes))
		for name, a := range attributes {
			object[name] = plain(a)
		}
		return object
	}
	return fmt.Sprint(value)
}

// PlansClean imports what a query with IncludeResource has found, by its identity, with the configuration that Terraform
// would generate for it. It returns what a plan would change then, "" for nothing.
func (s *Server) PlansClean(typeName string, l Listed) string {
	s.t.Helper()
	ctx := context.WithoutCancel(s.t.Context())
	generated, err := s.GenerateResourceConfig(ctx, &tfprotov6.GenerateResourceConfigRequest{TypeName: typeName, State: l.resource})
	if err != nil {
		s.t.Fatal(err)
	}
	s.check("GenerateResourceConfig", generated.Diagnostics)
	validated, err := s.ValidateResourceConfig(ctx, &tfprotov6.ValidateResourceConfigRequest{TypeName: typeName, Config: generated.Config})
	if err != nil {
		s.t.Fatal(err)
	}
	s.check("ValidateResourceConfig", validated.Diagnostics)
	imported, err := s.ImportResourceState(ctx, &tfprotov6.ImportResourceStateRequest{TypeName: typeName, Identity: l.identity})
	if err != nil {
		s.t.Fatal(err)
	}
	s.check("ImportResourceState", imported.Diagnostics)
	if len(imported.ImportedResources) != 1 {
		s.t.Fatalf("%d resources were imported", len(imported.ImportedResources))
	}
	resource := imported.ImportedResources[0]
	read, err := s.ReadResource(ctx, &tfprotov6.ReadResourceRequest{
		TypeName: typeName, CurrentState: resource.State, CurrentIdentity: resource.Identity, Private: resource.Private,
	})
	if err != nil {
		s.t.Fatal(err)
	}
	s.check("ReadResource", read.Diagnostics)
	planned, err := s.PlanResourceChange(ctx, &tfprotov6.PlanResourceChangeRequest{
		TypeName: typeName, Config: generated.Config, PriorState: read.NewState, PriorIdentity: read.NewIdentity, PriorPrivate: read.Private,
		ProposedNewState: s.proposed(typeName, generated.Config, read.NewState),
	})
	if err != nil {
		s.t.Fatal(err)
	}
	s.check("PlanResourceChange", planned.Diagnostics)
	schema := s.schemas.ResourceSchemas[typeName].ValueType()
	return cmp.Diff(s.plain(schema, read.NewState), s.plain(schema, planned.PlannedState))
}

// proposed is what Terraform proposes: the configuration, and the prior value of what is computed and not configured.
func (s *Server) proposed(typeName string, config, prior *tfprotov6.DynamicValue) *tfprotov6.DynamicValue {
	s.t.Helper()
	schema := s.schemas.ResourceSchemas[typeName]
	values := func(d *tfprotov6.DynamicValue) map[string]tftypes.Value {
		value, err := d.Unmarshal(schema.ValueType())
		if err != nil {
			s.t.Fatal(err)
		}
		var attributes map[string]tftypes.Value
		if err := value.As(&attributes); err != nil {
			s.t.Fatal(err)
		}
		return attributes
	}
	proposed, before := values(config), values(prior)
	for _, attribute := range schema.Block.Attributes {
		if attribute.Computed && proposed[attribute.Name].IsNull() {
			proposed[attribute.Name] = before[attribute.Name]
		}
	}
	return s.dynamic(schema.ValueType(), proposed)
}
