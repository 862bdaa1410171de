// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

// Stands between Terraform and a provider and writes down what the provider cost. Terraform starts
// a provider several times in a command and reports the cost of none of them.
//
//	APPACCESS_BENCH_PROVIDER  the executable to start
//	APPACCESS_BENCH_USAGE     the file to append to, an object for each process: bench.Usage
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"github.com/appaccess/terraform-provider-appaccess/internal/bench/usage"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "watch:", err)
		os.Exit(1)
	}
}

func run() error {
	// Interrupts are for the provider, which shares the process group.
	signal.Ignore(os.Interrupt, syscall.SIGTERM)
	cmd := exec.CommandContext(context.Background(), os.Getenv("APPACCESS_BENCH_PROVIDER"), os.Args[1:]...) //nolint:gosec // the benchmark names it
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := cmd.Start(); err != nil {
		return err
	}
	waitErr := cmd.Wait()
	line, err := json.Marshal(usage.Of(cmd.ProcessState))
	if err != nil {
		return err
	}
	file, err := os.OpenFile(os.Getenv("APPACCESS_BENCH_USAGE"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer file.Close()
	if _, err := file.Write(append(line, '\n')); err != nil {
		return err
	}
	return waitErr
}
