// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud_test

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/appaccess/terraform-provider-appaccess/internal/acctest"
	"github.com/appaccess/terraform-provider-appaccess/internal/acctest/core"
	mock "github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/huaweicloud"
)

// inProcess is a Terraform in this process, for what takes no configuration language to see.
type inProcess struct {
	*core.Terraform

	t *testing.T
}

func (w *workspace) inProcess() *inProcess {
	w.t.Helper()
	return &inProcess{t: w.t, Terraform: &core.Terraform{
		State:    core.State{},
		Provider: map[string]any{"huaweicloud": map[string]any{"requests_per_minute": map[string]any{"read": 0, "write": 0}}},
		Server: func() tfprotov6.ProviderServer {
			server, err := acctest.ProvidersWithEnvironment(w.environment())["appaccess"]()
			if err != nil {
				w.t.Fatal(err)
			}
			return acctest.Watch(w.t, server)
		},
	}}
}

// test is the resource "test" of a type.
func test(typeName string, attributes map[string]any, unknown ...string) core.Resource {
	return core.Resource{Address: core.Address{Type: typeName, Name: "test"}, Attributes: attributes, Unknown: unknown}
}

// plan makes a plan that must have no error.
func (tf *inProcess) plan(configuration ...core.Resource) *core.Plan {
	tf.t.Helper()
	plan, err := tf.Plan(tf.t.Context(), configuration)
	if err == nil {
		err = plan.Err()
	}
	if err != nil {
		tf.t.Fatal(err)
	}
	return plan
}

// apply plans and applies.
func (tf *inProcess) apply(configuration ...core.Resource) *core.Diagnostics {
	tf.t.Helper()
	return tf.applyPlan(tf.plan(configuration...))
}

func (tf *inProcess) applyPlan(plan *core.Plan) *core.Diagnostics {
	tf.t.Helper()
	diags, err := tf.Apply(tf.t.Context(), plan)
	if err == nil {
		err = diags.Err()
	}
	if err != nil {
		tf.t.Fatal(err)
	}
	return diags
}

// rename gives an application another name.
func (w *workspace) rename(appID, name string) {
	w.t.Helper()
	if err := w.Update(func(s mock.Seed) (mock.Seed, error) {
		app := s.Apps[appID]
		app.Name = name
		s.Apps[appID] = app
		return s, nil
	}); err != nil {
		w.t.Fatal(err)
	}
}
