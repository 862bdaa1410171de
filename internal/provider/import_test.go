// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// An import of nothing, as `terraform import ADDRESS ""` and an import block with an empty id make
// it, is an error that says what an id looks like.
func TestImportOfNothing(t *testing.T) {
	t.Parallel()
	p := newProvider(environment{
		"HW_REGION_NAME": "ap-southeast-3", "HW_ACCESS_KEY": "ak", "HW_SECRET_KEY": "sk", "HW_PROJECT_ID": "p",
		"ENOS_GATEWAY_URL": "http://127.0.0.1:1", "ENOS_ACCESS_KEY": "ak", "ENOS_SECRET_KEY": "sk", "ENOS_ORG_ID": "o",
		"VENAFI_URL": "http://127.0.0.1:1", "VENAFI_TOKEN": "t",
	})
	config, err := tfprotov6.NewDynamicValue(providerSchema(t, p).Schema.Type().TerraformType(t.Context()),
		terraformValue(t, providerSchema(t, p).Schema.Type().TerraformType(t.Context()), object{}))
	if err != nil {
		t.Fatal(err)
	}
	server := providerserver.NewProtocol6(p)()
	schemas, err := server.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	configured, err := server.ConfigureProvider(t.Context(), &tfprotov6.ConfigureProviderRequest{Config: &config})
	if err != nil || len(configured.Diagnostics) > 0 {
		t.Fatalf("%v %s", err, protocolReport(configured.Diagnostics))
	}
	for name := range schemas.ResourceSchemas {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			resp, err := server.ImportResourceState(t.Context(), &tfprotov6.ImportResourceStateRequest{TypeName: name})
			if err != nil {
				t.Fatal(err)
			}
			text := protocolReport(resp.Diagnostics)
			if len(resp.Diagnostics) != 1 || !strings.Contains(text, "Invalid import id") || !strings.Contains(text, "is empty") || strings.Contains(text, "..\n") {
				t.Error(text)
			}
		})
	}
}
