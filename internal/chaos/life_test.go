// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package chaos

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"

	"github.com/appaccess/terraform-provider-appaccess/internal/acctest/core"
)

// disturb arms an interrupt or a kill at a random request of the next apply. The caller disarms it.
func (w *world) disturb() (killed *bool, disarm func()) {
	killed = new(bool)
	if !w.one(35) {
		return killed, func() {}
	}
	at, kill, late := 1+w.rng.IntN(12), w.one(40), w.one(50)
	strike := func(n int, _ *http.Request) {
		if n != at {
			return
		}
		if kill {
			*killed = true
			w.gate.kill(w.agent)
			w.tf.Kill()
			return
		}
		w.tf.Interrupt()
	}
	w.note("at request %d: kill %t, after the commit %t", at, kill, late)
	if late {
		w.gate.at(nil, strike)
	} else {
		w.gate.at(strike, nil)
	}
	return killed, func() { w.gate.at(nil, nil) }
}

// round edits, plans and applies under faults.
func (w *world) round(edit bool) (killed bool, err error) {
	if edit {
		for _, e := range w.estates {
			e.edit(w.tf.State)
		}
	}
	if w.one(60) {
		for _, e := range w.estates {
			e.meddle()
		}
	}
	spoil(w.mock.Faults, w.rng.Uint64(), faultRate, w.delay)
	defer w.mock.Faults.Clear()
	plan, err := w.planned()
	if err != nil || len(plan.Errors) > 0 {
		return false, err
	}
	moved := w.one(20)
	if moved {
		for _, e := range w.estates {
			e.meddle()
		}
	}
	dead, disarm := w.disturb()
	diags, err := w.apply(plan, dead)
	disarm()
	if err != nil {
		return false, err
	}
	for _, e := range w.estates {
		if p, ok := e.(*portal); ok {
			p.calm()
		}
	}
	if len(diags.Errors) == 0 && !moved {
		if err := w.converged(plan.Warnings); err != nil {
			return false, fmt.Errorf("after an apply without an error: %w", err)
		}
	}
	return *dead, nil
}

const contest = "Access that another resource keeps will be revoked"

// converged checks what the apply of a plan with these warnings left. Of a service for which the
// plan says that it revokes what another resource keeps, as it does after the import of an
// application that sets share, that is not to be expected: only the next apply grants it again.
func (w *world) converged(warnings []core.Diagnostic) error {
	var errs []error
	for _, e := range w.estates {
		service := "appaccess_venafi_"
		switch e.(type) {
		case *workspace:
			service = "appaccess_huaweicloud_"
		case *portal:
			service = "appaccess_enos_"
		}
		if !slices.ContainsFunc(warnings, func(d core.Diagnostic) bool {
			return strings.HasPrefix(d.Summary, contest) && strings.HasPrefix(d.Address.Type, service)
		}) {
			errs = append(errs, e.converged())
		}
	}
	return errors.Join(errs...)
}

// settle is what has to hold once the faults stop: one apply converges, and the next plan is empty.
func (w *world) settle() error {
	for _, e := range w.estates {
		e.mend()
	}
	w.note("the faults stop")
	w.tf.Provider = w.provider(map[string]any{"max_retries": 1})
	defer func() { w.tf.Provider = w.provider(w.knobs) }()
	plan, err := w.planned()
	if err == nil {
		err = plan.Err()
	}
	if err != nil {
		return fmt.Errorf("the plan without faults: %w", err)
	}
	// What an application hid while it was open shows in the plan after the apply that closes it.
	// Before that, what was planned from a state that was not refreshed may be refused once.
	for i := range 3 {
		diags, err := w.apply(plan, nil)
		if err == nil {
			err = diags.Err()
		}
		stale := err != nil && i == 0 && w.tf.OrphansFirst && strings.Contains(strings.ToLower(err.Error()), "plan again")
		if err != nil && !stale {
			return fmt.Errorf("the apply without faults: %w", err)
		}
		if err := w.converged(plan.Warnings); err != nil && !stale {
			return fmt.Errorf("one apply did not converge: %w", err)
		}
		if plan, err = w.plan(); err != nil {
			return err
		}
		if plan.Empty() {
			break
		}
	}
	if err := plan.Err(); err != nil {
		return fmt.Errorf("the plan after the apply: %w", err)
	}
	if !plan.Empty() {
		return fmt.Errorf("the plan after the apply is not empty: %v\n%s", plan.Actions(), plan.Describe(w.tf.State))
	}
	return nil
}

// places are what the provider may point at by a mistake in a variable: another server, another
// project, another organization.
var places = map[string]struct {
	setting func(block map[string]any, server string)
	fooled  string // what the types of the resources begin with that are elsewhere
}{
	"server": {fooled: "appaccess_", setting: func(block map[string]any, server string) {
		for service, keys := range map[string][]string{"huaweicloud": {"workspace_endpoint", "iam_endpoint"}, "enos": {"gateway_url"}, "venafi": {"url"}} {
			for _, key := range keys {
				block[service].(map[string]any)[key] = server //nolint:forcetypeassert // it is one
			}
		}
	}},
	"project": {fooled: "appaccess_huaweicloud_", setting: func(block map[string]any, _ string) {
		block["huaweicloud"].(map[string]any)["project_id"] = "ffffffffffffffffffffffffffffffff" //nolint:forcetypeassert // it is one
	}},
	"organization": {fooled: dataAuthorization, setting: func(block map[string]any, _ string) {
		block["enos"].(map[string]any)["org_id"] = "o15000000000009" //nolint:forcetypeassert // it is one
	}},
}

// elsewhere points the provider at another place: no plan may take what the state holds there for
// gone, nor plan its end.
func (w *world) elsewhere() error {
	server := httptest.NewServer(w.gate)
	defer server.Close()
	defer func() { w.tf.Provider = w.provider(w.knobs) }()
	for name, place := range places {
		w.tf.Provider = w.provider(map[string]any{"max_retries": 1})
		place.setting(w.tf.Provider, server.URL)
		for _, of := range []func(context.Context, []core.Resource) (*core.Plan, error){w.tf.Plan, w.tf.PlanDestroy} {
			plan, err := of(w.t.Context(), w.resources())
			if err != nil {
				return err
			}
			w.gate.quiet()
			for a := range w.tf.State {
				if strings.HasPrefix(a.Type, place.fooled) && (plan.Refreshed[a] == nil || plan.Changes[a] != nil ||
					!slices.ContainsFunc(plan.Errors, func(d core.Diagnostic) bool {
						return d.Address == a && d.Summary == "The provider points to another place"
					})) {
					return fmt.Errorf("another %s: %s is not refused: %v\n%s", name, a, plan.Errors, plan.Describe(w.tf.State))
				}
			}
		}
	}
	return w.converged(nil)
}

// live is the whole life of a world.
func (w *world) live() error {
	killed := false
	var err error
	for range 2 + w.rng.IntN(3) {
		// What a killed process granted is in no state: the configuration still knows of it.
		if killed, err = w.round(!killed); err != nil {
			return err
		}
	}
	if err := w.settle(); err != nil {
		return err
	}
	if err := w.elsewhere(); err != nil {
		return fmt.Errorf("with the provider of another place: %w", err)
	}
	for _, e := range w.estates {
		e.demolish()
	}
	if _, err := w.round(false); err != nil {
		return err
	}
	if err := w.settle(); err != nil {
		return err
	}
	if len(w.tf.State) > 0 {
		return fmt.Errorf("the state is not empty after all was destroyed:\n%s", describe(w.tf.State))
	}
	if violations := w.mock.Recorder.Violations(); len(violations) > 0 {
		return fmt.Errorf("protocol violations: %q", violations)
	}
	return nil
}
