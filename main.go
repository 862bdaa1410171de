// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

// The provider's executable. Terraform and OpenTofu start it; started by hand it only explains
// itself.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"runtime/debug"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"

	"github.com/appaccess/terraform-provider-appaccess/internal/provider"
)

// version is set by the release build with -ldflags "-X main.version=1.2.3".
var version = "dev"

// gcPercent has the garbage of a run collected half as often as usual: a run is short, and
// collecting was an eighth of the CPU of a large one, which still stays far below 300 MB.
const gcPercent = 200

func main() {
	var debugging, printVersion bool
	flag.BoolVar(&debugging, "debug", false, "wait for a debugger: print the TF_REATTACH_PROVIDERS line to use")
	flag.BoolVar(&printVersion, "version", false, "print the version and exit")
	flag.Parse()
	if printVersion {
		fmt.Println("terraform-provider-appaccess", version)
		return
	}

	quietLogs(os.Environ(), os.Setenv)
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	var cleanup provider.Cleanup
	err := providerserver.Serve(context.Background(), provider.New(version, provider.WithCleanup(&cleanup)), providerserver.ServeOpts{
		Address: "registry.terraform.io/appaccess/appaccess",
		Debug:   debugging,
	})
	// Terraform waits two seconds for the process to end.
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	cleanup.Run(ctx)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// quietLogs switches the logs off for a run that asked for none. Without TF_LOG the plugin SDK and
// the provider still format every line down to TRACE, and Terraform throws them away: the
// framework's line for every path of every value costs several times the CPU of everything else on
// a map of 20,000 accounts, and the provider's line for every request a twentieth of a refresh.
func quietLogs(environ []string, setenv func(key, value string) error) {
	for _, entry := range environ {
		key, value, _ := strings.Cut(entry, "=")
		asked := key == "TF_LOG" || strings.HasPrefix(key, "TF_LOG_PROVIDER") || strings.HasPrefix(key, "TF_LOG_SDK")
		if asked && value != "" {
			return
		}
	}
	for _, log := range []string{"TF_LOG_SDK", "TF_LOG_SDK_FRAMEWORK", "TF_LOG_SDK_PROTO", "TF_LOG_PROVIDER_APPACCESS"} {
		_ = setenv(log, "off") // a failure costs speed only
	}
}
