// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package model

import (
	"fmt"
	"strings"

	"github.com/appaccess/terraform-provider-appaccess/internal/acctest/core"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/huaweicloud"
)

// workspace is Huawei Cloud Workspace. Two additive sets share applications A and B and pass
// accounts to each other; C belongs to an exclusive resource, and D to a set that opens and closes
// it.
type workspace struct {
	r      *run
	mock   *huaweicloud.Backend
	sets   [2]additive
	holder []int    // of each account: -1 nobody, 0 and 1 the sets
	owned  []string // of the exclusive resource; nil is none
	door   []string // of the set that opens; nil is none
	open   bool
}

type additive struct {
	here bool
	apps []string
}

const (
	appA = "app-a"
	appB = "app-b"
	appC = "app-c"
	appD = "app-d"
)

var (
	accounts        = []string{"ann", "bob", "cy"}
	exclusiveSet    = core.Address{Type: "appaccess_huaweicloud_app_authorizations_exclusive", Name: "owner"}
	openingSet      = core.Address{Type: "appaccess_huaweicloud_app_authorization_set", Name: "door"}
	everybody       = "*"
	workspaceTarget = []string{appA, appB, appC, appD}
)

func newWorkspace(r *run) estate {
	ws := &workspace{r: r, mock: r.mock.Huaweicloud, holder: []int{-1, -1, -1}}
	switches := huaweicloud.Switches{
		DuplicateAdd: pick(r, huaweicloud.DuplicateAddOK, huaweicloud.DuplicateAddOK, huaweicloud.DuplicateAddError),
		AllUserList:  pick(r, huaweicloud.AllUserListEmpty, huaweicloud.AllUserListRecords),
		ListOrder:    pick(r, huaweicloud.ListOrderInsertion, huaweicloud.ListOrderUnstable),
		BatchBadApp:  pick(r, huaweicloud.BatchBadAppAtomic, huaweicloud.BatchBadAppPartial),
	}
	ws.mock.SetSwitches(switches)
	r.note("switches: %+v", switches)
	for _, app := range workspaceTarget {
		if err := ws.mock.AddApp(app, huaweicloud.App{Name: app}); err != nil {
			r.t.Fatal(err)
		}
	}
	return ws
}

func (ws *workspace) some(from []string) []string {
	out := []string{}
	for _, one := range from {
		if ws.r.one(50) {
			out = append(out, one)
		}
	}
	return out
}

func (ws *workspace) edit() {
	r := ws.r
	for i := range ws.sets {
		s := &ws.sets[i]
		s.here = r.one(80)
		if len(s.apps) == 0 || r.one(40) {
			s.apps = ws.some([]string{appA, appB})
		}
	}
	for i := range ws.holder {
		if r.one(60) {
			ws.holder[i] = r.rng.IntN(3) - 1
		}
	}
	ws.owned, ws.door = nil, nil
	if r.one(50) {
		ws.owned = ws.some(accounts)
	}
	if r.one(40) {
		ws.door, ws.open = ws.some(accounts), r.one(40)
	}
	r.note("configuration: sets %v, holders %v, exclusive %v, door %v open %t", ws.sets, ws.holder, ws.owned, ws.door, ws.open)
}

func (ws *workspace) demolish() {
	ws.sets, ws.owned, ws.door = [2]additive{}, nil, nil
}

func (ws *workspace) of(set int) []string {
	out := []string{}
	for i, h := range ws.holder {
		if h == set {
			out = append(out, accounts[i])
		}
	}
	return out
}

func users(names []string) map[string]any {
	local := map[string]any{}
	for _, name := range names {
		local[name] = nil
	}
	return map[string]any{"local.com": local}
}

func (ws *workspace) resources() []core.Resource {
	var out []core.Resource
	for i, s := range ws.sets {
		if s.here && len(s.apps) > 0 {
			out = append(out, core.Resource{
				Address:    core.Address{Type: openingSet.Type, Name: fmt.Sprintf("set%d", i)},
				Attributes: map[string]any{"app_ids": s.apps, "users": users(ws.of(i))},
			})
		}
	}
	if ws.owned != nil {
		out = append(out, core.Resource{
			Address: exclusiveSet, Attributes: map[string]any{"app_ids": []string{appC}, "users": users(ws.owned), "max_revocations": 100},
		})
	}
	if ws.door != nil {
		attributes := map[string]any{"app_ids": []string{appD}, "authorization_type": huaweicloud.AllUser}
		if !ws.open {
			attributes = map[string]any{"app_ids": []string{appD}, "users": users(ws.door)}
		}
		out = append(out, core.Resource{Address: openingSet, Attributes: attributes})
	}
	return out
}

// ready takes away what a create may not.
func (ws *workspace) ready(state core.State) {
	for _, key := range sorted(ws.granted()) {
		created := ws.owned != nil && state[exclusiveSet] == nil && strings.HasPrefix(key, appC+"|") ||
			ws.door != nil && !ws.open && state[openingSet] == nil && key == appD+"|"+everybody
		if created && ws.r.foreign[key] {
			ws.r.meddleWith(key)
		}
	}
}

// granted are the accounts of closed applications, and everybody of open ones: who an open
// application hides is not told.
func (ws *workspace) granted() grants {
	out := grants{}
	for _, app := range workspaceTarget {
		if ws.mock.Mode(app) == huaweicloud.AllUser {
			out[app+"|"+everybody] = true
			continue
		}
		for _, a := range ws.mock.Accounts(app) {
			out[app+"|"+a.Name] = true
		}
	}
	return out
}

func (ws *workspace) calm() {}

func (ws *workspace) strangers() []string {
	return []string{appA + "|x", appA + "|y", appB + "|x", appC + "|x", appC + "|y"}
}

func (ws *workspace) grant(key string) {
	app, name, _ := strings.Cut(key, "|")
	if name == everybody {
		_ = ws.mock.SetMode(app, huaweicloud.AllUser)
		return
	}
	if err := ws.mock.Grant(app, huaweicloud.Account{Name: name}); err != nil {
		ws.r.t.Fatal(err)
	}
}

func (ws *workspace) revoke(key string) {
	app, name, _ := strings.Cut(key, "|")
	if name == everybody {
		_ = ws.mock.SetMode(app, huaweicloud.AssignUser)
		return
	}
	if err := ws.mock.Revoke(app, huaweicloud.Account{Name: name}); err != nil {
		ws.r.t.Fatal(err)
	}
}

func (ws *workspace) writes() []string { return []string{huaweicloud.OpBatchUpdateAppAuthorizations} }

func (ws *workspace) reads() []string {
	return []string{huaweicloud.OpListApps, huaweicloud.OpListAppAuthorizations}
}

func (ws *workspace) keys(attributes map[string]any) []string {
	var out []string
	domains, _ := attributes["users"].(map[string]any)
	for _, app := range texts(attributes["app_ids"]) {
		if attributes["authorization_type"] == huaweicloud.AllUser {
			out = append(out, app+"|"+everybody)
		}
		for _, names := range domains {
			names, _ := names.(map[string]any)
			for name := range names {
				out = append(out, app+"|"+name)
			}
		}
	}
	return out
}
