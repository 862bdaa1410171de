// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package chaos

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/appaccess/terraform-provider-appaccess/internal/acctest"
	"github.com/appaccess/terraform-provider-appaccess/internal/acctest/core"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/enos"
)

const dataAuthorization = "appaccess_enos_app_data_authorization"

var dataTypes = []string{"USER", "ASSET", "ROLE", "USER_OP", "USER_PERMISSION", "USER_ALL_PERMISSION", "ROLE_OP", "MENU_GROUP_OP"}

// portal is EnOS in a world. Each resource has two applications that no other resource names, and
// goes from one to the other now and then, which replaces it.
type portal struct {
	w          *world
	mock       *enos.Backend
	apps       []string
	authorized []*authorization

	ours map[string]names // types granted because of Terraform, by application
	was  map[string]names // before the apply
}

// authorization is one resource of the configuration.
type authorization struct {
	core.Address
	apps    [2]string
	second  bool
	present bool
	types   names
	keep    bool
	unknown bool
}

func (a *authorization) app() string {
	if a.second {
		return a.apps[1]
	}
	return a.apps[0]
}

func newPortal(w *world) *portal {
	p := &portal{w: w, mock: w.mock.Enos, ours: map[string]names{}}
	p.mock.SetSwitches(drawSwitches(w, enos.Switches{}, map[string][]string{
		"set_data": {"false", "false_applied"}, "settling": {"second", "minute"}, "rate_limit": {"60", "600"},
		// A list that is null or left out is no proof that somebody took all types away: a refresh
		// fails.
		"empty_list": {"null", "absent"},
		// What the provider has still to learn.
		"info_data": {"*"}, "envelope": {"*"}, "token_calls": {"*"},
	}))
	for i := range 1 + w.rng.IntN(3) {
		a := &authorization{types: names{}}
		a.Address = core.Address{Type: dataAuthorization, Name: fmt.Sprintf("app%d", i)}
		for j := range a.apps {
			a.apps[j] = fmt.Sprintf("access-key-%d-%d", i, j)
			p.apps = append(p.apps, a.apps[j])
		}
		p.authorized = append(p.authorized, a)
	}
	p.apps = append(p.apps, "access-key-of-others")
	for _, app := range p.apps {
		p.ours[app] = names{}
		p.add(app, p.someTypes())
	}
	return p
}

// calm lets time pass, until reads show what was written last. An apply waits for that, and one
// that was interrupted can't: the refresh that came at once would take a list for true that the
// service itself shows wrongly.
func (p *portal) calm() {
	for _, app := range p.apps {
		if types, ok := p.mock.Authorization(acctest.OrgID, app); ok {
			_ = p.mock.SetAuthorization(acctest.OrgID, app, types...)
		}
	}
}

func (p *portal) add(app string, types names) {
	err := p.mock.AddApp(acctest.OrgID, enos.Application{
		AccessKey: app, Name: app, CreatedType: enos.CreatedType(p.w.rng.IntN(2)), DataAuthorizeTypes: slices.Sorted(maps.Keys(types)),
	})
	if err != nil {
		p.w.t.Fatal(err)
	}
}

func (p *portal) someTypes() names {
	types := names{}
	for _, name := range dataTypes {
		if p.w.one(30) {
			types[name] = true
		}
	}
	return types
}

// listed are the types that the service holds for an application.
func (p *portal) listed(app string) (names, bool) {
	list, ok := p.mock.Authorization(acctest.OrgID, app)
	types := names{}
	for _, name := range list {
		types[name] = true
	}
	return types, ok
}

func (p *portal) edit(core.State) {
	w := p.w
	for _, a := range p.authorized {
		if !a.present || w.one(10) {
			a.present = !a.present
		}
		if w.one(10) {
			a.keep = !a.keep
		}
		if w.one(15) {
			a.second = !a.second
		}
		if w.one(60) {
			a.types = p.someTypes()
		}
		a.unknown = w.one(10)
		if a.present {
			w.note("%s: %s %v keep=%t unknown=%t", a.Address, a.app(), slices.Sorted(maps.Keys(a.types)), a.keep, a.unknown)
		}
	}
}

func (p *portal) resources() []core.Resource {
	var out []core.Resource
	for _, a := range p.authorized {
		if !a.present {
			continue
		}
		r := core.Resource{Address: a.Address, Attributes: map[string]any{
			"app_id": a.app(), "data_authorize_types": slices.AppendSeq([]string{}, maps.Keys(a.types)),
		}}
		if a.keep {
			r.Attributes["on_destroy"] = "keep"
		}
		if a.unknown {
			r.Unknown = []string{"data_authorize_types"}
		}
		out = append(out, r)
	}
	return out
}

func (p *portal) meddle() {
	w := p.w
	for _, app := range p.apps {
		switch w.rng.IntN(5) {
		case 0:
			types := p.someTypes()
			if w.one(10) {
				types["SOMETHING_NEW"] = true
			}
			if p.mock.SetAuthorization(acctest.OrgID, app, slices.Sorted(maps.Keys(types))...) == nil {
				w.note("somebody sets %s to %v", app, slices.Sorted(maps.Keys(types)))
				clear(p.ours[app])
			}
		case 1:
			if w.one(10) && p.mock.DeleteApp(acctest.OrgID, app) == nil {
				w.note("somebody deletes %s", app)
				clear(p.ours[app])
			}
		case 2:
			if w.one(20) {
				w.note("somebody ends the tokens")
				p.mock.KillTokens()
			}
		}
	}
}

// clear takes all types from an application that a resource goes over to.
func (p *portal) clear(a core.Address, id string) {
	if a.Type != dataAuthorization {
		return
	}
	_, app, _ := strings.Cut(id, "/")
	p.w.note("somebody clears %s for %s", app, a)
	_ = p.mock.SetAuthorization(acctest.OrgID, app)
	clear(p.ours[app])
}

func (p *portal) mend() {
	for _, a := range p.authorized {
		a.unknown = false
	}
	for _, app := range p.apps {
		list, ok := p.mock.Authorization(acctest.OrgID, app)
		if !ok {
			p.w.note("%s comes back", app)
			p.add(app, names{})
			continue
		}
		// What was written shows at once from here on.
		_ = p.mock.SetAuthorization(acctest.OrgID, app, list...)
	}
}

func (p *portal) demolish() {
	for _, a := range p.authorized {
		a.present = false
	}
}

func (p *portal) begin() {
	p.was = map[string]names{}
	for _, app := range p.apps {
		p.was[app], _ = p.listed(app)
	}
}

func typesOf(object *core.Object) names {
	types := names{}
	for _, name := range texts(object.Attributes()["data_authorize_types"]) {
		types[strings.ToUpper(name)] = true // a type that nobody documented is shown as the service writes it
	}
	return types
}

func (p *portal) read(object *core.Object, a core.Address) error {
	if a.Type != dataAuthorization || p.mock.Switches().Settling != "" {
		return nil // a list that is late proves nothing
	}
	app, _ := object.Attributes()["app_id"].(string)
	listed, ok := p.listed(app)
	switch {
	case !ok:
		return fmt.Errorf("%s is gone, and the state has it", app)
	case !maps.Equal(listed, typesOf(object)):
		return fmt.Errorf("%s has %v", app, listed)
	}
	return nil
}

// stateOf finds the resource of an application in a state.
func (p *portal) stateOf(state core.State, app string) *core.Object {
	for a, object := range state {
		if a.Type == dataAuthorization && object.Attributes()["app_id"] == app {
			return object
		}
	}
	return nil
}

func (p *portal) configured(app string) *authorization {
	for _, a := range p.authorized {
		if a.present && a.app() == app {
			return a
		}
	}
	return nil
}

func (p *portal) applied(before, after core.State, killed bool) error {
	for _, app := range p.apps {
		listed, _ := p.listed(app)
		if !maps.Equal(listed, p.was[app]) && p.stateOf(before, app) == nil && p.configured(app) == nil {
			return fmt.Errorf("%s was changed, and is none of ours", app)
		}
		for name := range listed {
			if !p.was[app][name] {
				p.ours[app][name] = true
			}
		}
		maps.DeleteFunc(p.ours[app], func(name string, _ bool) bool { return !listed[name] })
		object := p.stateOf(after, app)
		if old := p.stateOf(before, app); old != nil && old.Attributes()["on_destroy"] == "keep" && (object == nil || old.Tainted) {
			clear(p.ours[app])
		}
		state := names{}
		if object != nil {
			state = typesOf(object)
		}
		for name := range p.ours[app] {
			switch {
			case state[name]:
			case !killed:
				return fmt.Errorf("%s was granted %s, and no state says so", app, name)
			default:
				delete(p.ours[app], name)
			}
		}
	}
	return nil
}

func (p *portal) converged() error {
	for _, app := range p.apps {
		listed, _ := p.listed(app)
		a := p.configured(app)
		switch {
		case a != nil && !maps.Equal(listed, a.types):
			return fmt.Errorf("%s: %s has %v instead of %v", a.Address, app, listed, a.types)
		case a == nil && len(p.ours[app]) > 0:
			return fmt.Errorf("%s still has %v, which nothing asks for any more", app, p.ours[app])
		}
	}
	return nil
}
