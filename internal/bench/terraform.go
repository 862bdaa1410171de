// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package bench

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/appaccess/terraform-provider-appaccess/internal/bench/usage"
)

// Cost is what one step has cost.
type Cost struct {
	Provider  usage.Usage   `json:"provider"`  // all processes of the provider: Terraform starts several
	Terraform usage.Usage   `json:"terraform"` // without the provider; the peak is the larger of the two
	Wall      time.Duration `json:"wall"`
}

// workspace is a working directory of the real Terraform with one provider.
type workspace struct {
	dir       string
	terraform string
	env       []string
	usageFile string
}

// tools are the executables that a run needs.
type tools struct {
	terraform, watch, provider, floor string
}

// newWorkspace makes a working directory in which the provider is the given executable.
func newWorkspace(dir string, t tools, provider string) (*workspace, error) {
	override := filepath.Join(dir, "override")
	if err := os.MkdirAll(override, 0o700); err != nil {
		return nil, err
	}
	// Terraform starts what has this name, so that the watch is in between.
	if err := os.Symlink(t.watch, filepath.Join(override, "terraform-provider-appaccess")); err != nil {
		return nil, err
	}
	config := filepath.Join(dir, "cli.tfrc")
	text := fmt.Sprintf(`
provider_installation {
  dev_overrides {
    "appaccess/appaccess" = %q
  }
  direct {}
}
`, override)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		return nil, err
	}
	w := &workspace{dir: dir, terraform: t.terraform, usageFile: filepath.Join(dir, "usage.jsonl")}
	for _, entry := range os.Environ() {
		if !strings.HasPrefix(entry, "TF_") {
			w.env = append(w.env, entry)
		}
	}
	w.env = append(w.env, "TF_CLI_CONFIG_FILE="+config, "TF_IN_AUTOMATION=1", "TF_INPUT=0", "CHECKPOINT_DISABLE=1",
		"APPACCESS_BENCH_PROVIDER="+provider, "APPACCESS_BENCH_USAGE="+w.usageFile)
	return w, nil
}

// configure writes the configuration.
func (w *workspace) configure(workload Workload, url string, providerExtra string, changed bool) error {
	hcl, data := workload.Configuration(changed)
	text, err := json.Marshal(data)
	if err != nil {
		return err
	}
	service, attributes := workload.Provider(url)
	main := fmt.Sprintf(`terraform {
  required_providers {
    appaccess = { source = "appaccess/appaccess" }
  }
}

provider "appaccess" {
  %s {
%s
%s
  }
}

locals {
  data = jsondecode(file("${path.module}/data.json"))
}
%s`, service, attributes, providerExtra, hcl)
	if err := os.WriteFile(filepath.Join(w.dir, "data.json"), text, 0o600); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(w.dir, "main.tf"), []byte(main), 0o600)
}

// run runs one step: one or two commands.
func (w *workspace) run(ctx context.Context, step Step) (Cost, error) {
	const planFile = "plan.tfplan"
	switch step {
	case Plan, ChangePlan, DriftPlan:
		return w.command(ctx, changes, "plan", "-detailed-exitcode", "-out="+planFile)
	case NoOpPlan:
		return w.command(ctx, noChanges, "plan", "-detailed-exitcode")
	case Apply, ChangeApply:
		return w.command(ctx, success, "apply", planFile)
	case Destroy:
		return w.command(ctx, success, "destroy", "-auto-approve")
	}
	return Cost{}, fmt.Errorf("there is no step %q", step)
}

// Exit codes of terraform.
const (
	success   = 0
	noChanges = 0 // of plan -detailed-exitcode
	changes   = 2
)

func (w *workspace) command(ctx context.Context, exitCode int, args ...string) (Cost, error) {
	if err := os.Remove(w.usageFile); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return Cost{}, err
	}
	log, err := os.Create(filepath.Join(w.dir, "output.txt"))
	if err != nil {
		return Cost{}, err
	}
	defer log.Close()
	cmd := exec.CommandContext(ctx, w.terraform, slices.Insert(slices.Clone(args), 1, "-no-color")...) //nolint:gosec // the user's
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = w.dir, w.env, log, log
	began := time.Now()
	err = cmd.Run()
	wall := time.Since(began)
	if exit := new(exec.ExitError); err != nil && !errors.As(err, &exit) {
		return Cost{}, err
	}
	if got := cmd.ProcessState.ExitCode(); got != exitCode {
		return Cost{}, fmt.Errorf("terraform %s: exit code %d instead of %d: %s", strings.Join(args, " "), got, exitCode, w.tail())
	}
	provider, err := w.providerUsage()
	if err != nil {
		return Cost{}, fmt.Errorf("terraform %s: %w", strings.Join(args, " "), err)
	}
	// What the system says of a process includes the children that it waited for.
	terraform := usage.Of(cmd.ProcessState)
	terraform.CPU -= provider.CPU
	return Cost{Provider: provider, Terraform: terraform, Wall: wall}, nil
}

// tail is the end of what Terraform said.
func (w *workspace) tail() string {
	text, err := os.ReadFile(filepath.Join(w.dir, "output.txt"))
	if err != nil {
		return err.Error()
	}
	const most = 4000
	return string(text[max(0, len(text)-most):])
}

// providerUsage adds up what the watch has written.
func (w *workspace) providerUsage() (usage.Usage, error) {
	text, err := os.ReadFile(w.usageFile)
	if err != nil {
		return usage.Usage{}, fmt.Errorf("the provider's cost was not written down: %w", err)
	}
	var sum usage.Usage
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		var u usage.Usage
		if err := json.Unmarshal(lines.Bytes(), &u); err != nil {
			return usage.Usage{}, err
		}
		sum = sum.Add(u)
	}
	return sum, nil
}
