// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

// Measures the provider with the real Terraform against mock services, and writes the table of BENCHMARKS.md. See `make
// bench`, and -help for what can be chosen.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/appaccess/terraform-provider-appaccess/internal/bench"
)

func main() {
	if len(os.Args) == 3 && os.Args[1] == "mock" {
		exit(bench.ServeMock(os.Args[2], os.Stdin, os.Stdout))
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	exit(run(ctx))
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	quick := flag.Bool("quick", false, "only a few workloads: in two minutes")
	only := flag.String("only", "", "only workloads whose title holds this text")
	times := flag.Int("count", 1, "run each workload so many times and keep the cheapest run of each step")
	out := flag.String("out", "", "write the table to this file, such as BENCHMARKS.md")
	flag.Usage = func() {
		fmt.Fprintf(flag.CommandLine.Output(), "Usage: bench [flags]\n\nThe Terraform or OpenTofu is $TERRAFORM, or terraform. Run it in the folder of the module.\n\n")
		flag.PrintDefaults()
	}
	flag.Parse()

	terraform := os.Getenv("TERRAFORM")
	if terraform == "" {
		terraform = "terraform"
	}
	runner := bench.Runner{Terraform: terraform, Progress: os.Stderr, Module: "."}
	if err := runner.Prepare(ctx); err != nil {
		return err
	}
	defer runner.Close()

	var results []bench.Result
	for _, spec := range bench.Matrix(*quick) {
		workload, err := spec.Workload()
		if err != nil {
			return err
		}
		if !strings.Contains(workload.Title(), *only) {
			continue
		}
		result, err := runner.Run(ctx, spec, bench.Conditions{}, *times, bench.Steps)
		if err != nil {
			return err
		}
		results = append(results, result)
	}
	return bench.Report{
		Results: results, Go: runtime.Version(), Terraform: versionOf(ctx, terraform), Date: time.Now().UTC().Format(time.DateOnly),
		Machine: fmt.Sprintf("%d cores of %s/%s", runtime.NumCPU(), runtime.GOOS, runtime.GOARCH),
	}.Write(os.Stdout, *out)
}

// versionOf is the first line of `terraform version`, or the name of what can't say it.
func versionOf(ctx context.Context, terraform string) string {
	text, err := exec.CommandContext(ctx, terraform, "version").Output()
	if err != nil {
		return filepath.Base(terraform)
	}
	line, _, _ := strings.Cut(string(text), "\n")
	return strings.TrimSpace(line)
}
