// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

// Measures the provider with the real Terraform against mock services, and writes the table of
// BENCHMARKS.md. See `make bench`, and -help for what can be chosen.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
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
	only := flag.String("only", "", "only workloads whose title matches this regular expression, such as '^1,000 accounts on 20 '")
	times := flag.Int("count", 1, "run each workload so many times and keep the cheapest run of each step")
	results := flag.String("results", "", "a file with the figures of earlier runs: those that are not measured now are taken from it, and all are written to it")
	out := flag.String("out", "", "write the table to this file, such as BENCHMARKS.md")
	flag.Usage = func() {
		fmt.Fprintf(flag.CommandLine.Output(), "Usage: bench [flags]\n\nThe Terraform or OpenTofu is $TERRAFORM, or terraform. Run it in the folder of the module.\n\n")
		flag.PrintDefaults()
	}
	flag.Parse()
	chosen, err := regexp.Compile(*only)
	if err != nil {
		return fmt.Errorf("-only: %w", err)
	}

	terraform := os.Getenv("TERRAFORM")
	if terraform == "" {
		terraform = "terraform"
	}
	runner := bench.Runner{Terraform: terraform, Progress: os.Stderr, Module: "."}
	if err := runner.Prepare(ctx); err != nil {
		return err
	}
	defer func() { _ = runner.Close() }() // what is left is in the folder for such things

	report := bench.Report{
		Go: runtime.Version(), Terraform: versionOf(ctx, terraform), Date: time.Now().UTC().Format(time.DateOnly),
		Machine: fmt.Sprintf("%d cores of %s/%s", runtime.NumCPU(), runtime.GOOS, runtime.GOARCH),
	}
	if err := measure(ctx, &runner, &report, *quick, chosen, *times); err != nil {
		return err
	}
	if *results != "" {
		if err := merge(&report, *results); err != nil {
			return err
		}
	}
	return report.Write(os.Stdout, *out)
}

// measure runs the workloads whose title matches.
func measure(ctx context.Context, runner *bench.Runner, report *bench.Report, quick bool, only *regexp.Regexp, times int) error {
	for _, spec := range bench.Matrix(quick) {
		workload, err := spec.Workload()
		if err != nil {
			return err
		}
		if !only.MatchString(workload.Title()) {
			continue
		}
		result, err := runner.Run(ctx, spec, times)
		if err != nil {
			return err
		}
		report.Results = append(report.Results, result)
	}
	return nil
}

// merge adds to a report what a file holds of earlier runs, and writes all of it there.
func merge(report *bench.Report, file string) error {
	var earlier bench.Report
	switch text, err := os.ReadFile(file); {
	case err == nil:
		if err := json.Unmarshal(text, &earlier); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	report.Merge(earlier)
	text, err := json.MarshalIndent(report, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(file, text, 0o644) //nolint:gosec // figures for everybody
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
