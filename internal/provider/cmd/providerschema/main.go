// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

// Providerschema prints the provider's schema as `terraform providers schema -json` does. The
// documentation is generated from it: no Terraform is needed for that, and an older one, which
// knows less, doesn't leave anything out.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/appaccess/terraform-provider-appaccess/internal/provider"
)

// name is what tfplugindocs looks for in a file; Terraform would write the whole address.
const name = "appaccess"

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "providerschema:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	server := providerserver.NewProtocol6(provider.New("dev")())()
	schemas, err := server.GetProviderSchema(ctx, &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		return err
	}
	identities, err := server.GetResourceIdentitySchemas(ctx, &tfprotov6.GetResourceIdentitySchemasRequest{})
	if err != nil {
		return err
	}
	for _, d := range append(schemas.Diagnostics, identities.Diagnostics...) {
		err = errors.Join(err, fmt.Errorf("%s: %s", d.Summary, d.Detail))
	}
	if err != nil {
		return err
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetIndent("", "  ")
	return encoder.Encode(document{
		FormatVersion: "1.0",
		Schemas: map[string]providerSchema{name: {
			Provider:           newSchema(schemas.Provider),
			Resources:          newSchemas(schemas.ResourceSchemas),
			DataSources:        newSchemas(schemas.DataSourceSchemas),
			EphemeralResources: newSchemas(schemas.EphemeralResourceSchemas),
			ListResources:      newSchemas(schemas.ListResourceSchemas),
			Functions:          newFunctions(schemas.Functions),
			Identities:         newIdentities(identities.IdentitySchemas),
		}},
	})
}
