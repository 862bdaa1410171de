// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

// A provider whose resources do nothing: the floor of `make bench`.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"

	"github.com/appaccess/terraform-provider-appaccess/internal/bench/floor"
	"github.com/appaccess/terraform-provider-appaccess/internal/provider"
)

func main() {
	// As the real one does: the SDK's trace log costs more than everything else.
	for _, log := range []string{"TF_LOG_SDK", "TF_LOG_SDK_FRAMEWORK", "TF_LOG_SDK_PROTO", "TF_LOG_PROVIDER_APPACCESS"} {
		_ = os.Setenv(log, "off")
	}
	err := providerserver.Serve(context.Background(), floor.Provider(provider.New("floor")), providerserver.ServeOpts{
		Address: "registry.terraform.io/appaccess/appaccess",
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
