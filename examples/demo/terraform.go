// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// What plan -detailed-exitcode answers.
const (
	nothingToDo   = 0
	somethingToDo = 2
)

// step runs Terraform, says before what to look for, and fails unless Terraform ends with the exit
// code.
func (d *demo) step(ctx context.Context, lookFor string, exitCode int, args ...string) error {
	d.steps++
	title := filepath.Base(d.terraform) + " " + strings.Join(args, " ")
	fmt.Fprintf(d.out, "\n━━━ %d. %s\n    %s\n", d.steps, title, strings.ReplaceAll(lookFor, "\n", "\n    "))
	d.services.Recorder.Reset()

	flags := []string{"-input=false"}
	if !colours() {
		flags = append(flags, "-no-color")
	}
	output := &quiet{out: d.out}
	command := exec.CommandContext(ctx, d.terraform, slices.Insert(slices.Clone(args), 1, flags...)...)
	command.Dir = d.folder
	command.Env = d.environment()
	command.Stdout, command.Stderr = output, output
	// An interrupt from the terminal reaches Terraform by itself, and a second one would make it
	// drop everything.
	command.Cancel = func() error {
		if errors.Is(context.Cause(ctx), errInterrupted) {
			return nil
		}
		return command.Process.Signal(os.Interrupt)
	}
	command.WaitDelay = 20 * time.Second

	err := errors.Join(command.Run(), output.flush())
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if exit, ok := errors.AsType[*exec.ExitError](err); err != nil && !ok || ok && !exit.Exited() {
		return err
	}
	if got := command.ProcessState.ExitCode(); got != exitCode {
		return fmt.Errorf("%s ended with %d, and %d was expected", title, got, exitCode)
	}
	fmt.Fprintf(d.out, "\n    What the services were asked:\n%s", d.services.requests())
	return nil
}

// environment is that of this process without what would change the demo: settings of Terraform,
// and credentials of real services.
func (d *demo) environment() []string {
	environment := slices.DeleteFunc(os.Environ(), func(entry string) bool {
		return slices.ContainsFunc([]string{
			"TF_CLI_ARGS", "TF_CLI_CONFIG_FILE=", "TF_DATA_DIR=", "TF_REATTACH_PROVIDERS=", "TF_VAR_", "TF_WORKSPACE=", "HW_", "ENOS_", "VENAFI_",
		}, func(prefix string) bool { return strings.HasPrefix(entry, prefix) })
	})
	return append(environment, "TF_CLI_CONFIG_FILE="+d.cliConfig(), "TF_VAR_services="+d.services.url, "CHECKPOINT_DISABLE=1", "TF_IN_AUTOMATION=1")
}
