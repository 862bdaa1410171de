// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud_test

import (
	"testing"

	"github.com/appaccess/terraform-provider-appaccess/internal/acctest/core"
	mock "github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/huaweicloud"
)

// A set says the names of its applications, in plans that change it and in its state.
func TestSetName(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, func(s *mock.Seed) {
		s.Apps["plain"], s.Apps["odd"] = mock.App{Name: "Plain"}, mock.App{Name: "line\nbreak \u202e"}
	}, mock.Switches{})
	for _, typeName := range []string{setType, exclusiveType} {
		tf := w.inProcess()
		configuration := func(user string, ids ...string) core.Resource {
			return test(typeName, map[string]any{"app_ids": ids, "users": map[string]any{"corp.example.com": map[string]any{user: "AD"}}})
		}
		// expect applies a configuration whose plan says one name, and whose state says another one
		// afterwards.
		expect := func(when string, resource core.Resource, plans any, state string) {
			t.Helper()
			plan := tf.plan(resource)
			if got := planned(plan)["name"]; got != plans {
				t.Errorf("%s, %s: the plan says %v, want %v", typeName, when, got, plans)
			}
			tf.applyPlan(plan)
			if got := tf.State[resource.Address].Attributes()["name"]; got != state {
				t.Errorf("%s, %s: the state says %v, want %s", typeName, when, got, state)
			}
			resource.Unknown = nil
			if again := tf.plan(resource); !again.Empty() {
				t.Errorf("%s, %s: %s", typeName, when, again.Describe(tf.State))
			}
		}
		expect("one", configuration("wangwu", viewer), nil, "Viewer")
		expect("another account", configuration("lisi", viewer), "Viewer", "Viewer")
		expect("two", configuration("lisi", viewer, cad), nil, "AutoCAD, Viewer")
		expect("four", configuration("lisi", viewer, cad, "plain", "odd"), nil, "AutoCAD, Plain and 2 more")
		expect("a strange one", configuration("lisi", "odd"), nil, `line\nbreak \u202e`)

		w.rename("odd", "Even")
		if plan := tf.plan(configuration("lisi", "odd")); !plan.Empty() {
			t.Error(plan.Describe(tf.State))
		}
		expect("a new name", configuration("wangwu", "odd"), "Even", "Even")

		// Renamed between a plan and its apply: what was planned holds until the next refresh.
		for _, app := range []string{"odd", "plain"} {
			plan := tf.plan(configuration("lisi", app))
			w.rename(app, "New "+app)
			tf.applyPlan(plan)
			expect("after it was renamed", configuration("wangwu", app), "New "+app, "New "+app)
		}

		// Applications that are known only when the plan is applied, and accounts.
		ids := configuration("lisi", cad)
		ids.Unknown = []string{"app_ids"}
		expect("unknown applications", ids, nil, "AutoCAD")
		accounts := configuration("wangwu", cad)
		accounts.Unknown = []string{"users"}
		plan := tf.plan(accounts)
		w.rename(cad, "Another")
		tf.applyPlan(plan)
		expect("unknown accounts", configuration("wangwu", cad), "Another", "Another")
		tf.apply()
		w.rename("odd", "line\nbreak \u202e")
		w.rename("plain", "Plain")
		w.rename(cad, "AutoCAD")
	}
}

// planned are the attributes that a plan of one resource promises.
func planned(plan *core.Plan) map[string]any {
	for _, change := range plan.Changes {
		attributes, _ := core.Plain(change.Planned).(map[string]any)
		return attributes
	}
	return nil
}
