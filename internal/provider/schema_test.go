// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// secretName matches the names of attributes that hold secrets, and publicName those that only look
// like it.
var (
	secretName = regexp.MustCompile(`secret|password|token|jwt|private|client_key|client_p12`)
	publicName = regexp.MustCompile(`_id$|_url$|_file$`)
)

// Everything that is registered describes itself, and hides its secrets.
func TestSchemas(t *testing.T) {
	t.Parallel()
	resp, err := providerserver.NewProtocol6(newProvider(nil))().GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	wantReport(t, protocolReport(resp.Diagnostics), nil)

	seen := 0
	lint := func(at string, schema *tfprotov6.Schema) {
		if schema.Block.Description == "" {
			t.Errorf("%s has no description", at)
		}
		seen += lintBlock(t, at, schema.Block)
	}
	lint("provider", resp.Provider)
	for name, schema := range resp.ResourceSchemas {
		lint("resource "+name, schema)
	}
	for name, schema := range resp.DataSourceSchemas {
		lint("data source "+name, schema)
	}
	for name, schema := range resp.EphemeralResourceSchemas {
		lint("ephemeral resource "+name, schema)
	}
	for name, schema := range resp.ListResourceSchemas {
		lint("list resource "+name, schema)
	}
	if want := 3*6 + len(contractEnvironment); seen < want {
		t.Errorf("looked at %d attributes, want %d at least", seen, want)
	}
	for name, function := range resp.Functions {
		if function.Summary == "" || function.Description == "" {
			t.Errorf("the function %s is not described", name)
		}
	}
}

func lintBlock(t *testing.T, at string, block *tfprotov6.SchemaBlock) int {
	t.Helper()
	seen := lintAttributes(t, at, block.Attributes)
	for _, b := range block.BlockTypes {
		if b.Nesting != tfprotov6.SchemaNestedBlockNestingModeSingle {
			t.Errorf("%s.%s may stand more than once", at, b.TypeName)
		}
		if b.TypeName == "timeouts" { // made by the framework's module of that name
			continue
		}
		if b.Block.Description == "" {
			t.Errorf("%s.%s has no description", at, b.TypeName)
		}
		seen += lintBlock(t, at+"."+b.TypeName, b.Block)
	}
	return seen
}

func lintAttributes(t *testing.T, at string, attributes []*tfprotov6.SchemaAttribute) int {
	t.Helper()
	seen := 0
	for _, a := range attributes {
		name := at + "." + a.Name
		seen++
		if strings.TrimSpace(a.Description) == "" {
			t.Errorf("%s has no description", name)
		}
		if !strings.HasSuffix(a.Description, ".") {
			t.Errorf("%s: the description is not a sentence: %q", name, a.Description)
		}
		if a.DescriptionKind != tfprotov6.StringKindMarkdown {
			t.Errorf("%s: the description is not Markdown", name)
		}
		if secret := secretName.MatchString(a.Name) && !publicName.MatchString(a.Name); secret != a.Sensitive {
			t.Errorf("%s: sensitive %v, and its name says %v", name, a.Sensitive, secret)
		}
		if a.NestedType != nil {
			seen += lintAttributes(t, name, a.NestedType.Attributes)
		}
		if a.NestedType != nil && (a.Optional || a.Required) {
			t.Errorf("%s is a nested attribute: Terraform drops its misspelt keys without a word, and refuses those of a block", name)
		}
	}
	return seen
}

// The names of the provider block are the contract's.
func TestProviderAttributes(t *testing.T) {
	t.Parallel()
	have := providerSchema(t, newProvider(nil)).Schema
	var got []string
	for service, block := range have.Blocks {
		if _, single := block.(schema.SingleNestedBlock); !single {
			t.Errorf("%s may stand more than once", service)
		}
		for _, b := range blocks {
			if b.name != service {
				continue
			}
			for _, a := range []string{
				"ca_certificate", "insecure_skip_verify", "request_timeout", "max_retries", "max_concurrent_requests", "max_revocations",
			} {
				if _, diags := have.AttributeAtPath(t.Context(), path.Root(service).AtName(a)); diags.HasError() {
					t.Errorf("%s.%s is missing", service, a)
				}
			}
		}
		got = append(got, service)
	}
	slices.Sort(got)
	if want := []string{"enos", "huaweicloud", "venafi"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
