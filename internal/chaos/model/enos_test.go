// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package model

import (
	"fmt"
	"slices"
	"strings"

	"github.com/appaccess/terraform-provider-appaccess/internal/acctest"
	"github.com/appaccess/terraform-provider-appaccess/internal/acctest/core"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/enos"
)

const dataAuthorization = "appaccess_enos_app_data_authorization"

// portal is EnOS: two applications, each with a resource of its own, which owns its whole list.
type portal struct {
	r     *run
	mock  *enos.Backend
	lists map[string][]string // by application; nil is no resource
}

var (
	portalApps = []string{"app-a", "app-b"}
	ourTypes   = []string{"USER", "ASSET", "ROLE"}
)

func newPortal(r *run) estate {
	p := &portal{r: r, mock: r.mock.Enos, lists: map[string][]string{}}
	switches := enos.Switches{
		Settling:     pick(r, enos.SettlingNone, enos.SettlingOnce, enos.SettlingThreeTimes),
		ExpiredToken: pick(r, enos.ExpiredStatus, enos.ExpiredUnauthorized),
	}
	if r.one(50) {
		switches.EmptyList = enos.EmptyNull
	}
	p.mock.SetSwitches(switches)
	r.note("switches: %+v", switches)
	for _, app := range portalApps {
		if err := p.mock.AddApp(acctest.OrgID, enos.Application{AccessKey: app, Name: app, CreatedType: enos.Own}); err != nil {
			r.t.Fatal(err)
		}
	}
	return p
}

func (p *portal) edit() {
	for _, app := range portalApps {
		if p.r.one(20) {
			p.lists[app] = nil
			continue
		}
		list := []string{}
		for _, name := range ourTypes {
			if p.r.one(50) {
				list = append(list, name)
			}
		}
		p.lists[app] = list
	}
	p.r.note("configuration: %v", p.lists)
}

func (p *portal) demolish() { clear(p.lists) }

func (p *portal) resources() []core.Resource {
	var out []core.Resource
	for _, app := range portalApps {
		if list := p.lists[app]; list != nil {
			out = append(out, core.Resource{
				Address: core.Address{Type: dataAuthorization, Name: app}, Attributes: map[string]any{"app_id": app, "data_authorize_types": list},
			})
		}
	}
	return out
}

// ready takes away what a create may not.
func (p *portal) ready(state core.State) {
	for _, app := range portalApps {
		if p.lists[app] == nil || state[core.Address{Type: dataAuthorization, Name: app}] != nil {
			continue
		}
		for key := range p.granted() {
			if strings.HasPrefix(key, app+"|") && p.r.foreign[key] {
				p.r.meddleWith(key)
			}
		}
	}
}

func (p *portal) granted() grants {
	out := grants{}
	for _, app := range portalApps {
		list, _ := p.mock.Authorization(acctest.OrgID, app)
		for _, name := range list {
			out[app+"|"+name] = true
		}
	}
	return out
}

// calm lets time pass until reads show what was written last: an apply waits for that, and one that
// was interrupted can't.
func (p *portal) calm() {
	for _, app := range portalApps {
		list, _ := p.mock.Authorization(acctest.OrgID, app)
		if err := p.mock.SetAuthorization(acctest.OrgID, app, list...); err != nil {
			p.r.t.Fatal(err)
		}
	}
}

func (p *portal) strangers() []string { return []string{"app-a|USER_OP", "app-b|ROLE_OP"} }

func (p *portal) change(key string, change func(list []string, name string) []string) {
	app, name, _ := strings.Cut(key, "|")
	list, _ := p.mock.Authorization(acctest.OrgID, app)
	if err := p.mock.SetAuthorization(acctest.OrgID, app, change(list, name)...); err != nil {
		p.r.t.Fatal(err)
	}
}

func (p *portal) grant(key string) {
	p.change(key, func(list []string, name string) []string { return append(list, name) })
}

func (p *portal) revoke(key string) {
	app, _, _ := strings.Cut(key, "|")
	p.change(key, func(list []string, name string) []string {
		held := p.r.tf.State[core.Address{Type: dataAuthorization, Name: app}] != nil
		if held && p.mock.Switches().EmptyList == enos.EmptyNull && len(list) == 1 {
			return list // an answer without a list is no proof that somebody else took the last type away
		}
		return slices.DeleteFunc(list, func(other string) bool { return other == name })
	})
}

func (p *portal) writes() []string { return []string{enos.UpdateApplicationAuthorization} }

func (p *portal) reads() []string {
	return []string{enos.GetApplicationAuthorization, enos.GetApplicationInformation, enos.GetAccessToken}
}

func (p *portal) keys(attributes map[string]any) []string {
	var out []string
	for _, name := range texts(attributes["data_authorize_types"]) {
		out = append(out, fmt.Sprintf("%s|%s", attributes["app_id"], name))
	}
	return out
}
