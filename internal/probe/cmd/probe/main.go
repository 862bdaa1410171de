// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

// Command probe asks a live service what it is like. Run it with the name of a service and -help;
// CONTRIBUTING.md says what to name.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/appaccess/terraform-provider-appaccess/internal/probe"
	"github.com/appaccess/terraform-provider-appaccess/internal/probe/enos"
	"github.com/appaccess/terraform-provider-appaccess/internal/probe/huaweicloud"
	"github.com/appaccess/terraform-provider-appaccess/internal/probe/venafi"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // the second interrupt ends the program
	command := probe.Command{
		Services: []probe.Service{huaweicloud.Service(), enos.Service(), venafi.Service()},
		Version:  version(), Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
	}
	if _, err := command.Run(ctx, os.Args[1:]); err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, "probe:", err)
		}
		os.Exit(1)
	}
}

// version is the commit of this checkout.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "dev"
}
