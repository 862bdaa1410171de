// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

// Demo shows what the provider does, with a real Terraform or OpenTofu and mock services on this
// machine:
//
//	make demo
//
// It builds the provider, starts the mock services in this process, and walks through the
// configuration beside this file: plan, apply, a plan that finds nothing to do, changes behind
// Terraform's back, the plan that shows them, the apply that mends them, and destroy. It works in a
// folder of its own, which it removes, and leaves nothing running. The exit code tells whether each
// step did what it should.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
)

var (
	errInterrupted = errors.New("interrupted")
	errTerminated  = errors.New("terminated")
)

func main() {
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		if <-signals == os.Interrupt {
			cancel(errInterrupted)
		} else {
			cancel(errTerminated)
		}
	}()
	if err := run(ctx, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "\ndemo:", cmp.Or(context.Cause(ctx), err))
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer) (err error) {
	terraform, err := exec.LookPath(cmp.Or(os.Getenv("TERRAFORM"), "terraform"))
	if err != nil {
		return fmt.Errorf("no Terraform: `make demo` finds or fetches one: %w", err)
	}
	root, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return fmt.Errorf("run it inside the project: %w", err)
	}
	folder, err := os.MkdirTemp("", "appaccess-demo-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()

	services, err := startServices(ctx)
	if err != nil {
		return err
	}
	defer services.stop()
	d := &demo{out: out, folder: folder, services: services, terraform: terraform}
	fmt.Fprintln(out, "Building the provider ...")
	if err := d.prepare(ctx, strings.TrimSpace(string(root))); err != nil {
		return err
	}
	fmt.Fprintf(out, "The mock services listen on %s. To try things in them by yourself: go run ./internal/mockbackend/cmd/mockbackend -help\n",
		services.url)
	return d.walk(ctx)
}

// demo is one run.
type demo struct {
	out       io.Writer
	folder    string
	services  *services
	terraform string
	steps     int
}

// prepare builds the provider, copies the configuration, and writes a CLI configuration that makes
// Terraform use the provider from there: without a registry, and so without init.
func (d *demo) prepare(ctx context.Context, root string) error {
	name := "terraform-provider-appaccess"
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	build := exec.CommandContext(ctx, "go", "build", "-o", filepath.Join(d.folder, name), ".")
	build.Dir = root
	if output, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("go build: %w\n%s", err, output)
	}
	configuration, err := filepath.Glob(filepath.Join(root, "examples", "demo", "*.tf"))
	if err != nil {
		return err
	}
	for _, file := range configuration {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(d.folder, filepath.Base(file)), text, 0o600); err != nil {
			return err
		}
	}
	cli := fmt.Sprintf("provider_installation {\n  dev_overrides {\n    \"appaccess/appaccess\" = %q\n  }\n  direct {}\n}\n", d.folder)
	return os.WriteFile(d.cliConfig(), []byte(cli), 0o600)
}

func (d *demo) cliConfig() string { return filepath.Join(d.folder, "cli.tfrc") }
