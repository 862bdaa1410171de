// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/venafi"
)

// Result is what one workload has cost.
type Result struct {
	Spec  Spec
	Title string
	Steps []StepResult
}

// StepResult is what one step has cost, and the same step of the floor.
type StepResult struct {
	Step            Step
	Real, Floor     Cost
	Requests, Least map[string]int
}

// Runner runs workloads with the real Terraform.
type Runner struct {
	// Terraform is the executable, a name or a path.
	Terraform string
	// Progress gets a line for each step.
	Progress io.Writer
	// Module is the folder of the Go module to build the provider from.
	Module string

	dir   string
	tools tools
}

// Prepare builds what is measured into a temporary folder. Close removes it.
func (r *Runner) Prepare(ctx context.Context) error {
	terraform, err := exec.LookPath(r.Terraform)
	if err != nil {
		return err
	}
	if terraform, err = filepath.Abs(terraform); err != nil {
		return err
	}
	if r.dir, err = os.MkdirTemp("", "appaccess-bench-"); err != nil {
		return err
	}
	r.tools = tools{
		terraform: terraform, watch: filepath.Join(r.dir, "watch"), provider: filepath.Join(r.dir, "provider"), floor: filepath.Join(r.dir, "floor"),
	}
	for pkg, out := range map[string]string{
		".": r.tools.provider, "./internal/bench/cmd/floor": r.tools.floor, "./internal/bench/cmd/watch": r.tools.watch,
	} {
		cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", out, pkg) //nolint:gosec // names of this module
		cmd.Dir, cmd.Stdout, cmd.Stderr = r.Module, os.Stderr, os.Stderr
		if err := cmd.Run(); err != nil {
			return errors.Join(fmt.Errorf("go build %s: %w", pkg, err), r.Close())
		}
	}
	return nil
}

// Close removes what was built.
func (r *Runner) Close() error { return os.RemoveAll(r.dir) }

// Run runs all steps of a workload so many times, the floor beside the provider, and keeps the
// cheapest of each: what else the machine does can only add to a cost.
func (r *Runner) Run(ctx context.Context, spec Spec, times int) (Result, error) {
	var best Result
	for i := range times {
		result, err := r.once(ctx, spec)
		if err != nil {
			return Result{}, fmt.Errorf("%s: %w", result.Title, err)
		}
		if i == 0 {
			best = result
			continue
		}
		for j := range result.Steps {
			best.Steps[j].Real = cheaper(best.Steps[j].Real, result.Steps[j].Real)
			best.Steps[j].Floor = cheaper(best.Steps[j].Floor, result.Steps[j].Floor)
		}
	}
	return best, nil
}

func cheaper(a, b Cost) Cost {
	a.Provider.CPU = min(a.Provider.CPU, b.Provider.CPU)
	a.Provider.PeakBytes = max(a.Provider.PeakBytes, b.Provider.PeakBytes) // a bar holds in every run
	a.Terraform.CPU = min(a.Terraform.CPU, b.Terraform.CPU)
	a.Terraform.PeakBytes = max(a.Terraform.PeakBytes, b.Terraform.PeakBytes)
	a.Wall = min(a.Wall, b.Wall)
	return a
}

func (r *Runner) once(ctx context.Context, spec Spec) (result Result, err error) {
	workload, err := spec.Workload()
	if err != nil {
		return result, err
	}
	result = Result{Spec: spec, Title: workload.Title()}
	dir, err := os.MkdirTemp(r.dir, "run-")
	if err != nil {
		return result, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	mock, err := startMock(ctx, spec)
	if err != nil {
		return result, err
	}
	defer func() { err = errors.Join(err, mock.stop()) }()
	real, err := newWorkspace(filepath.Join(dir, "real"), r.tools, r.tools.provider)
	if err != nil {
		return result, err
	}
	floor, err := newWorkspace(filepath.Join(dir, "floor"), r.tools, r.tools.floor)
	if err != nil {
		return result, err
	}
	for _, step := range Steps {
		for _, w := range []*workspace{real, floor} {
			if step == Plan || step == ChangePlan {
				if err := w.configure(workload, mock.URL, noQuota, step == ChangePlan); err != nil {
					return result, err
				}
			}
		}
		if step == DriftPlan {
			if err := mock.drift(); err != nil {
				return result, err
			}
		}
		s, err := r.step(ctx, step, workload, mock, real, floor)
		if err != nil {
			return result, fmt.Errorf("%s: %w", step, err)
		}
		result.Steps = append(result.Steps, s)
		fmt.Fprintf(r.Progress, "%-50s %-24s provider %6.2f s, floor %6.2f s, %3d MB, %d requests\n", result.Title, step,
			s.Real.Provider.CPU.Seconds(), s.Floor.Provider.CPU.Seconds(), s.Real.Provider.PeakBytes>>20, sum(s.Requests))
	}
	return result, nil
}

func (r *Runner) step(ctx context.Context, step Step, workload Workload, mock *mock, real, floor *workspace) (StepResult, error) {
	s := StepResult{Step: step, Least: workload.Least(step)}
	if logins := s.Least[venafi.AuthorizeOAuth]; logins > 0 {
		s.Least[venafi.RevokeToken] = logins // each process ends the token that it has got for itself
	}
	var err error
	if s.Real, err = real.run(ctx, step); err != nil {
		return s, err
	}
	traffic, err := mock.traffic()
	if err != nil {
		return s, err
	}
	s.Requests = traffic.Requests
	if step == DriftPlan {
		return s, nil // nothing drifts in the floor, see FloorOf
	}
	if s.Floor, err = floor.run(ctx, step); err != nil {
		return s, fmt.Errorf("floor: %w", err)
	}
	return s, nil
}

// FloorOf is the floor of step i. That of a refresh with drift is the plan of a change: as many
// accounts differ.
func (r Result) FloorOf(i int) Cost {
	if r.Steps[i].Step == DriftPlan {
		for _, s := range r.Steps {
			if s.Step == ChangePlan {
				return s.Floor
			}
		}
	}
	return r.Steps[i].Floor
}

func sum(requests map[string]int) int {
	n := 0
	for _, count := range requests {
		n += count
	}
	return n
}
