// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package chaos

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/appaccess/terraform-provider-appaccess/internal/acctest"
	"github.com/appaccess/terraform-provider-appaccess/internal/acctest/core"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/enos"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/huaweicloud"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/venafi"
)

// fixture is a world in which nothing is left to chance: it says what is to be granted, and what is
// granted.
type fixture struct {
	*world
	subjects []subject
}

// subject is one resource of a service, in several stages of its life: nothing, then one list, then
// another. What is granted is told in words such as "app-0 local.com/user1".
type subject struct {
	name    string
	stages  [3][]string                   // what is granted in each; the first is empty
	configs [3]*core.Resource             // nil is no resource
	granted func() []string               // on the service
	listed  func(o *core.Object) []string // by the state, "missing" left out
	writes  func(r *http.Request) bool    // tells a write of this subject
	others  func() error                  // what is not ours is untouched
}

const (
	fixtureApps  = 2
	fixtureUsers = 130 // two requests
	changedUsers = 110 // of them leave, and as many come
)

func newFixture(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{world: newWorld(t, 1, acctest.Options{
		Enos:   enos.Seed{Organizations: []enos.Organization{{ID: acctest.OrgID, Applications: []enos.Application{{AccessKey: "portal", Name: "Portal", CreatedType: enos.Own}}}}},
		Venafi: venafiSeed(),
		Huaweicloud: huaweicloud.Seed{Apps: map[string]huaweicloud.App{
			"app-0": {Name: "AutoCAD", Users: map[string]map[string]string{"local.com": {"stranger": ""}}}, "app-1": {Name: "Viewer"},
		}},
	})}
	f.knobs = map[string]any{"max_retries": 0}
	f.tf.Provider = f.provider(f.knobs)
	if err := f.mock.Venafi.Grant(roleOf(key("application_maintainer", "app0", f.people()[crowd-1]))); err != nil {
		t.Fatal(err)
	}
	f.subjects = []subject{f.workspaceSubject(), f.venafiSubject(), f.enosSubject()}
	return f
}

func (f *fixture) people() []string {
	var out []string
	for _, identity := range people(crowd) {
		out = append(out, identity.PrefixedUniversal())
	}
	return out
}

// subject gives a subject by its name.
func (f *fixture) subject(name string) subject {
	for _, s := range f.subjects {
		if s.name == name {
			return s
		}
	}
	f.t.Fatalf("no subject %s", name)
	return subject{}
}

func (f *fixture) workspaceSubject() subject {
	backend := f.mock.Huaweicloud
	s := subject{name: "huaweicloud"}
	for stage := 1; stage < 3; stage++ {
		users := map[string]any{}
		for i := range fixtureUsers {
			name := fmt.Sprintf("user%03d", i+(stage-1)*changedUsers)
			users[name] = nil
			for app := range fixtureApps {
				s.stages[stage] = append(s.stages[stage], fmt.Sprintf("app-%d local.com/%s", app, name))
			}
		}
		s.configs[stage] = &core.Resource{Address: core.Address{Type: additiveSet, Name: "test"}, Attributes: map[string]any{
			"app_ids": []string{"app-0", "app-1"}, "users": map[string]any{"local.com": users},
		}}
	}
	s.granted = func() []string {
		var out []string
		for app := range fixtureApps {
			id := fmt.Sprintf("app-%d", app)
			for _, a := range backend.Accounts(id) {
				if a.Name != "stranger" {
					out = append(out, id+" "+a.String())
				}
			}
		}
		return out
	}
	s.listed = func(o *core.Object) []string {
		h := heldBy(o)
		var out []string
		for _, app := range h.apps {
			for name := range h.accounts {
				if !h.missing[app][name] {
					out = append(out, app+" "+name)
				}
			}
		}
		return out
	}
	s.writes = func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/batch-assign-authorization") }
	s.others = func() error {
		if !slices.ContainsFunc(backend.Accounts("app-0"), func(a huaweicloud.Account) bool { return a.Name == "stranger" }) {
			return errors.New("the stranger lost access")
		}
		return nil
	}
	return s
}

func (f *fixture) venafiSubject() subject {
	backend := f.mock.Venafi
	s := subject{name: "venafi"}
	stranger := f.people()[crowd-1]
	for stage := 1; stage < 3; stage++ {
		grantees := map[string]any{}
		for i := range 4 {
			who := f.people()[i+(stage-1)*2]
			grantees[who] = who
			s.stages[stage] = append(s.stages[stage], who)
		}
		s.configs[stage] = &core.Resource{Address: core.Address{Type: roleGrantSet, Name: "test"}, Attributes: map[string]any{
			"role": "application_maintainer", "application_id": "app0", "grantees": grantees,
		}}
	}
	s.granted = func() []string {
		var out []string
		for _, role := range backend.Roles() {
			if role.Role == venafi.Maintainer && role.Grantee != stranger {
				out = append(out, role.Grantee)
			}
		}
		return out
	}
	s.listed = func(o *core.Object) []string {
		grantees, _ := o.Attributes()["grantees"].(map[string]any)
		var out []string
		for _, who := range grantees {
			out = append(out, who.(string))
		}
		return out
	}
	s.writes = func(r *http.Request) bool {
		return strings.HasSuffix(r.URL.Path, "/grantrole") || strings.HasSuffix(r.URL.Path, "/revokerole")
	}
	s.others = func() error {
		if !backend.Holds(stranger, venafi.Maintainer, "app0") {
			return errors.New("the stranger lost the role")
		}
		return nil
	}
	return s
}

func (f *fixture) enosSubject() subject {
	backend := f.mock.Enos
	s := subject{name: "enos", stages: [3][]string{nil, {"ASSET", "USER"}, {"ROLE", "USER"}}}
	for stage := 1; stage < 3; stage++ {
		s.configs[stage] = &core.Resource{Address: core.Address{Type: dataAuthorization, Name: "test"}, Attributes: map[string]any{
			"app_id": "portal", "data_authorize_types": s.stages[stage],
		}}
	}
	s.granted = func() []string {
		list, _ := backend.Authorization(acctest.OrgID, "portal")
		return list
	}
	s.listed = func(o *core.Object) []string { return texts(o.Attributes()["data_authorize_types"]) }
	s.writes = func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/authorization/set") }
	s.others = func() error { return nil }
	return s
}

// configure are the resources of a stage.
func (s *subject) configure(stage int) []core.Resource {
	if s.configs[stage] == nil {
		return nil
	}
	return []core.Resource{*s.configs[stage]}
}

func sorted(list []string) []string { return slices.Sorted(slices.Values(list)) }

// difference gives what is in a and not in b.
func difference(a, b []string) []string {
	in := names{}
	for _, x := range b {
		in[x] = true
	}
	return slices.DeleteFunc(slices.Clone(a), func(x string) bool { return in[x] })
}

// state is what the state says is granted.
func (s *subject) state(state core.State) []string {
	for _, object := range state {
		return sorted(s.listed(object))
	}
	return nil
}

// checkTrue makes sure that the state says what is granted: exactly, or all of it and perhaps more
// that may be granted.
func (s *subject) checkTrue(state core.State, exact bool) error {
	granted, listed := sorted(s.granted()), s.state(state)
	if lost := difference(granted, listed); len(lost) > 0 {
		return fmt.Errorf("granted, and not in the state: %d, such as %s", len(lost), lost[0])
	}
	if more := difference(listed, granted); exact && len(more) > 0 {
		return fmt.Errorf("in the state, and not granted: %d, such as %s", len(more), more[0])
	}
	return s.others()
}

// checkStage makes sure that the service shows a stage.
func (s *subject) checkStage(stage int) error {
	granted, want := sorted(s.granted()), sorted(s.stages[stage])
	if !slices.Equal(granted, want) {
		return fmt.Errorf("%d are granted that should not, %d are not that should", len(difference(granted, want)), len(difference(want, granted)))
	}
	return s.others()
}

// run plans and applies a stage, without faults.
func (f *fixture) run(s *subject, stage int) error {
	plan, err := f.tf.Plan(f.t.Context(), s.configure(stage))
	if err == nil {
		err = plan.Err()
	}
	if err != nil {
		return fmt.Errorf("plan: %w", err)
	}
	diags, err := f.tf.Apply(f.t.Context(), plan)
	if err == nil {
		err = diags.Err()
	}
	if err != nil {
		return fmt.Errorf("apply: %w", err)
	}
	return nil
}
