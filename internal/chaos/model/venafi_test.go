// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package model

import (
	"fmt"
	"slices"
	"strings"

	"github.com/appaccess/terraform-provider-appaccess/internal/acctest/core"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/venafi"
)

// trust is Venafi: the maintainers of two applications. Two additive sets and a single grant share
// those of the first, and an exclusive resource has those of the second.
type trust struct {
	r    *run
	mock *venafi.Backend
	// holder is who wants a grantee on the first application: -1 nobody, 0 and 1 the sets, 2 the
	// single grant.
	holder []int
	// owned are those of the exclusive resource; nil is no resource.
	owned []string
	here  [2]bool // the sets
}

const maintainer = "application_maintainer"

var (
	grantees = people("p", 3)
	others   = people("o", 2)
)

func people(prefix string, n int) []string {
	var out []string
	for i := range n {
		out = append(out, fmt.Sprintf("AD+corp:%s%031x", map[string]string{"p": "a", "o": "f"}[prefix], i))
	}
	return out
}

func newTrust(r *run) estate {
	v := &trust{r: r, mock: r.mock.Venafi, holder: []int{-1, -1, -1}}
	switches := venafi.Switches{
		DuplicateGrant: pick(r, venafi.ResultSuccess, venafi.ResultRights), AbsentRevoke: pick(r, venafi.ResultSuccess, venafi.ResultRights),
	}
	v.mock.SetSwitches(switches)
	r.note("switches: %+v", switches)
	for _, app := range []string{"app0", "app1"} {
		if err := v.mock.AddApplication(venafi.Application{ID: app, Name: app, MaximumScope: "admin"}); err != nil {
			r.t.Fatal(err)
		}
	}
	for _, who := range slices.Concat(grantees, others) {
		prefix, universal, _ := strings.Cut(who, ":")
		if err := v.mock.AddIdentities(venafi.Identity{Prefix: prefix, Universal: universal, Name: universal}); err != nil {
			r.t.Fatal(err)
		}
	}
	return v
}

func (v *trust) edit() {
	for i := range v.holder {
		if v.r.one(60) {
			v.holder[i] = v.r.rng.IntN(4) - 1
		}
		if v.holder[i] == 2 && i > 0 {
			v.holder[i] = v.r.rng.IntN(2) // the single grant is of the first only
		}
	}
	v.here = [2]bool{v.r.one(80), v.r.one(80)}
	v.owned = nil
	if v.r.one(60) {
		v.owned = []string{}
		for _, who := range grantees {
			if v.r.one(50) {
				v.owned = append(v.owned, who)
			}
		}
	}
	v.r.note("configuration: holders %v, sets %v, exclusive %v", v.holder, v.here, v.owned)
}

func (v *trust) demolish() { v.holder, v.here, v.owned = []int{-1, -1, -1}, [2]bool{}, nil }

func (v *trust) of(set int) []string {
	out := []string{}
	for i, h := range v.holder {
		if h == set {
			out = append(out, grantees[i])
		}
	}
	return out
}

func labelled(list []string) map[string]any {
	out := map[string]any{}
	for _, who := range list {
		out["label of "+who] = who
	}
	return out
}

var exclusiveGrants = core.Address{Type: "appaccess_venafi_oauth_role_grants_exclusive", Name: "owner"}

func (v *trust) resources() []core.Resource {
	var out []core.Resource
	for i, here := range v.here {
		if here {
			out = append(out, core.Resource{
				Address:    core.Address{Type: "appaccess_venafi_oauth_role_grant_set", Name: fmt.Sprintf("set%d", i)},
				Attributes: map[string]any{"role": maintainer, "application_id": "app0", "grantees": labelled(v.of(i))},
			})
		}
	}
	for _, who := range v.of(2) {
		out = append(out, core.Resource{
			Address:    core.Address{Type: "appaccess_venafi_oauth_role_grant", Name: "single"},
			Attributes: map[string]any{"role": maintainer, "application_id": "app0", "grantee": who},
		})
	}
	if v.owned != nil {
		out = append(out, core.Resource{Address: exclusiveGrants, Attributes: map[string]any{
			"role": maintainer, "application_id": "app1", "grantees": labelled(v.owned), "max_revocations": 100,
		}})
	}
	return out
}

// ready takes away what a create may not.
func (v *trust) ready(state core.State) {
	if v.owned == nil || state[exclusiveGrants] != nil || state[exclusiveAccess] != nil {
		return
	}
	for _, key := range sorted(v.r.estate.granted()) {
		if strings.HasPrefix(key, "app1|") && v.r.foreign[key] {
			v.r.meddleWith(key)
		}
	}
}

func (v *trust) granted() grants {
	out := grants{}
	for _, role := range v.mock.Roles() {
		if role.Role == venafi.Maintainer {
			out[role.ApplicationID+"|"+role.Grantee] = true
		}
	}
	return out
}

func (v *trust) calm() {}

func (v *trust) strangers() []string {
	return []string{"app0|" + others[0], "app0|" + others[1], "app1|" + others[0], "app1|" + others[1]}
}

func (v *trust) role(key string) venafi.Role {
	app, who, _ := strings.Cut(key, "|")
	return venafi.Role{Role: venafi.Maintainer, Grantee: who, ApplicationID: app}
}

func (v *trust) grant(key string) {
	if err := v.mock.Grant(v.role(key)); err != nil {
		v.r.t.Fatal(err)
	}
}

func (v *trust) revoke(key string) { v.mock.Revoke(v.role(key)) }

func (v *trust) writes() []string { return []string{venafi.GrantRole, venafi.RevokeRole} }

func (v *trust) reads() []string { return []string{venafi.ListRoles, venafi.AuthorizeOAuth} }

func (v *trust) keys(attributes map[string]any) []string {
	app, _ := attributes["application_id"].(string)
	var out []string
	if who, ok := attributes["grantee"].(string); ok {
		out = append(out, app+"|"+who)
	}
	list, _ := attributes["grantees"].(map[string]any)
	for _, who := range list {
		out = append(out, fmt.Sprintf("%s|%s", app, who))
	}
	return out
}
