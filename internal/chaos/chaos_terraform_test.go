// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package chaos

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/appaccess/terraform-provider-appaccess/internal/acctest"
	"github.com/appaccess/terraform-provider-appaccess/internal/acctest/core"
)

// The same with a real Terraform, which TestChaos plays itself: fewer worlds, since each takes a
// minute's worth of processes.
func TestChaosWithTerraform(t *testing.T) {
	t.Parallel()
	for i := range uint64(*terraformSeeds) {
		seed := *first + i
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			t.Parallel()
			w := newChaos(t, seed)
			w.knobs["max_retries"] = 1
			if err := w.liveWithTerraform(); err != nil {
				t.Errorf("%v\n\nreplay: go test ./internal/chaos -run 'TestChaosWithTerraform$' -chaos.first=%d -chaos.terraform=1\n\n%s",
					err, seed, strings.Join(w.log, "\n"))
			}
		})
	}
}

// step applies what is configured and checks what that left.
func (w *world) step(cli *acctest.CLI) (acctest.Result, error) {
	text, err := json.Marshal(configuration(w.resources()))
	if err != nil {
		return acctest.Result{}, err
	}
	cli.Write("main.tf.json", string(text))
	before := readState(w, cli.Dir())
	for _, e := range w.estates {
		e.begin()
	}
	result := cli.Run("apply", "-auto-approve", "-no-color")
	w.gate.quiet()
	w.note("apply: exit code %d", result.Code)
	w.tf.State = readState(w, cli.Dir())
	for _, blame := range []string{"Provider produced", "Provider returned invalid", "Missing Resource", "panic:", "Plugin did not respond", "This is always", "This is a bug"} {
		if strings.Contains(result.Output, blame) {
			return result, fmt.Errorf("%q:\n%s", blame, result.Output)
		}
	}
	for _, e := range w.estates {
		if err := e.applied(before, w.tf.State, false); err != nil {
			return result, fmt.Errorf("after an apply: %w\nstate:\n%s\n%s", err, describe(w.tf.State), result.Output)
		}
	}
	if result.Code == 0 && !strings.Contains(result.Output, contest) {
		return result, w.converged(nil)
	}
	return result, nil
}

// importAdvice finds the resource that an error is about, and the id in the import block that it
// gives.
var importAdvice = regexp.MustCompile(`(?s)with (appaccess_\w+)\.(\w+),.*?import \{[^}]* id = "([^"]+)"`)

// concedeWithTerraform is concede, with a real Terraform.
func (w *world) concedeWithTerraform(cli *acctest.CLI, output string) (again bool) {
	again = strings.Contains(output, "Plan again") || strings.Contains(output, "plan again")
	for part := range strings.SplitSeq(output, "Error: ") {
		found := importAdvice.FindStringSubmatch(part)
		if found == nil {
			continue
		}
		again = true
		a := core.Address{Type: found[1], Name: found[2]}
		if w.tf.State[a] == nil {
			w.note("%s is imported from %s: exit code %d", a, found[3], cli.Run("import", a.String(), found[3]).Code)
			continue
		}
		for _, estate := range w.estates {
			switch estate := estate.(type) {
			case *workspace:
				estate.clear(a, strings.Split(found[3], ","))
			case *portal:
				estate.clear(a, found[3])
			}
		}
	}
	return again
}

func (w *world) liveWithTerraform() error {
	cli := acctest.NewCLI(w.t, func() tfprotov6.ProviderServer { return w.server() })
	w.tf.State = core.State{}
	block := func(knobs map[string]any) {
		text, err := json.Marshal(map[string]any{"provider": map[string]any{"appaccess": w.provider(knobs)}})
		if err != nil {
			w.t.Fatal(err)
		}
		cli.Write("block.tf.json", string(text))
	}
	round := func(edit func()) error {
		edit()
		for _, e := range w.estates {
			e.meddle()
		}
		block(w.knobs)
		spoil(w.mock.Faults, w.rng.Uint64(), faultRate, w.delay)
		defer w.mock.Faults.Clear()
		_, err := w.step(cli)
		return err
	}
	settle := func() error {
		for _, e := range w.estates {
			e.mend()
		}
		w.note("the faults stop")
		block(map[string]any{"max_retries": 1})
		result, err := w.step(cli)
		for range 4 {
			if err != nil || result.Code == 0 || !w.concedeWithTerraform(cli, result.Output) {
				break
			}
			result, err = w.step(cli)
		}
		if err == nil && result.Code != 0 {
			err = fmt.Errorf("the apply without faults:\n%s", result.Output)
		}
		if err != nil {
			return err
		}
		if plan := cli.Run("plan", "-detailed-exitcode", "-no-color"); plan.Code != 0 {
			return fmt.Errorf("the plan after the apply is not empty:\n%s", plan.Output)
		}
		return nil
	}
	edit := func() {
		for _, e := range w.estates {
			e.edit(w.tf.State)
			e.mend() // nothing is unknown here
		}
	}
	for range 2 {
		if err := round(edit); err != nil {
			return err
		}
	}
	if err := settle(); err != nil {
		return err
	}
	demolish := func() {
		for _, e := range w.estates {
			e.demolish()
		}
	}
	if err := round(demolish); err != nil {
		return err
	}
	if err := settle(); err != nil {
		return err
	}
	if len(w.tf.State) > 0 {
		return fmt.Errorf("the state is not empty after all was destroyed:\n%s", describe(w.tf.State))
	}
	return nil
}
