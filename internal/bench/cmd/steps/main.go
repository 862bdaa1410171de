// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

// Runs the steps of a workload in this process and says what each took: one JSON object, of
// bench.Work by step. Built with -cover -covermode=atomic it also writes what statements ran, into
// a folder for each step.
//
//	steps '{"kind":"authorization_set","size":2000,"apps":3}' FOLDER
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/coverage"

	"github.com/appaccess/terraform-provider-appaccess/internal/bench"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: steps SPEC FOLDER")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "steps:", err)
		os.Exit(1)
	}
}

func run(text, folder string) error {
	// As the provider does: the SDK's trace log costs more than everything else.
	for _, log := range []string{"TF_LOG_SDK", "TF_LOG_SDK_FRAMEWORK", "TF_LOG_SDK_PROTO", "TF_LOG_PROVIDER_APPACCESS"} {
		if err := os.Setenv(log, "off"); err != nil {
			return err
		}
	}
	var spec bench.Spec
	if err := json.Unmarshal([]byte(text), &spec); err != nil {
		return err
	}
	result := map[bench.Step]bench.Work{}
	err := bench.RunInProcess(context.Background(), spec, func(step bench.Step, run func() error) error {
		var before, after runtime.MemStats
		if err := coverage.ClearCounters(); err != nil {
			return err
		}
		runtime.ReadMemStats(&before)
		err := run()
		runtime.ReadMemStats(&after)
		result[step] = bench.Work{Allocations: after.Mallocs - before.Mallocs, Bytes: after.TotalAlloc - before.TotalAlloc}
		if err != nil {
			return err
		}
		dir := filepath.Join(folder, string(step))
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
		if err := coverage.WriteMetaDir(dir); err != nil {
			return err
		}
		return coverage.WriteCountersDir(dir)
	}, func(step bench.Step, requests map[string]int) error {
		work := result[step]
		work.Requests = requests
		result[step] = work
		return nil
	})
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(result)
}
