// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package chaos

import (
	"fmt"
	"slices"
	"strings"

	"github.com/appaccess/terraform-provider-appaccess/internal/acctest/core"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/huaweicloud"
)

const (
	additiveSet  = "appaccess_huaweicloud_app_authorization_set"
	exclusiveSet = "appaccess_huaweicloud_app_authorizations_exclusive"
)

// workspace is Huawei Cloud Workspace in a world. Some of its applications belong to one resource
// alone: those of an exclusive one, and those of one that opens them to everybody. The rest is
// shared, by resources whose accounts are disjoint, as the documentation asks. An application goes
// from one resource to another only when no state holds it any more: Terraform applies both in no
// certain order.
type workspace struct {
	w     *world
	mock  *huaweicloud.Backend
	apps  []string
	sets  []*set
	owner map[string]int // of an application; -1 is shared, -2 nobody yet

	ours    map[string]names // granted because of Terraform, by application
	foreign map[string]names // granted by others, and never named by a configuration
	opened  map[string]bool  // opened to everybody because of Terraform
	was     map[string]names // granted before the apply
	open    map[string]bool  // and open
	wiped   map[string]bool  // was open once where opening wipes
	// doubted were closed by an apply since all was well, or are of a tainted instance whose end
	// has failed and whose memory went with it: where names are rewritten, nobody can tell whom it
	// granted from whom they hid, or from others.
	doubted map[string]bool
}

// names are accounts as the mock writes them, in lower case: "domain/name", "group:domain/name".
// See parse for their case.
type names map[string]bool

// set is one resource of the configuration.
type set struct {
	core.Address
	index     int
	exclusive bool
	present   bool
	mode      string
	apps      []string
	accounts  map[string]string // platform type by name
	keep      bool
	limit     bool
	unknown   []string
}

const (
	shared = -1
	nobody = -2
)

func newWorkspace(w *world) *workspace {
	ws := &workspace{
		w: w, mock: w.mock.Huaweicloud, owner: map[string]int{}, ours: map[string]names{}, foreign: map[string]names{}, opened: map[string]bool{},
		wiped: map[string]bool{}, doubted: map[string]bool{},
	}
	// Modes that the service doesn't tell are a world of their own: what somebody else opens can't
	// be seen there.
	switches := drawSwitches(w, huaweicloud.Switches{}, map[string][]string{
		"unknown_account": {"*"}, "market_apps": {"*"}, "account_limit": {"*"},
		// What the provider has still to learn.
		"deleted_app": {"*"}, "count": {"*"}, "type_on_read": {"*"}, "name_form": {"*"}, "domain_form": {"*"},
		"account_on_read": {"own_group"}, "all_user_accounts": {"adds_only"},
	})
	if w.one(40) {
		switch w.rng.IntN(3) {
		case 0:
			switches.AccountCase = huaweicloud.AccountCaseLowered
		case 1:
			switches.AccountOnRead = huaweicloud.AccountOnReadDecorated
		default:
			switches.AccountOnRead = huaweicloud.AccountOnReadSpaced
		}
		w.note("names are rewritten: %s %s", switches.AccountCase, switches.AccountOnRead)
	}
	ws.mock.SetSwitches(switches)
	n := 2 + w.rng.IntN(5)
	if w.one(5) {
		n = 25 // more than one request takes
	}
	for i := range n {
		id := fmt.Sprintf("app-%02d", i)
		ws.apps = append(ws.apps, id)
		ws.owner[id] = nobody
		app := huaweicloud.App{Name: fmt.Sprintf("Application %d", i)}
		if w.one(15) && switches.AppMode != huaweicloud.AppModeOmitted {
			app.AuthorizationType = huaweicloud.AllUser
		}
		if err := ws.mock.AddApp(id, app); err != nil {
			w.t.Fatal(err)
		}
		ws.ours[id], ws.foreign[id] = names{}, names{}
		for range w.rng.IntN(3) {
			ws.grant(id, ws.stranger())
		}
	}
	for i := range 1 + w.rng.IntN(4) {
		s := &set{index: i, mode: huaweicloud.AssignUser, accounts: map[string]string{}, exclusive: w.one(30)}
		s.Address = core.Address{Type: additiveSet, Name: fmt.Sprintf("set%d", i)}
		if s.exclusive {
			s.Type = exclusiveSet
		}
		ws.sets = append(ws.sets, s)
	}
	return ws
}

// account is a name that only one set uses.
func (ws *workspace) account(index int) string {
	domain := []string{"local.com", "corp.example.com"}[ws.w.rng.IntN(2)]
	name := fmt.Sprintf("%s/s%d-%d", domain, index, ws.w.rng.IntN(12))
	if ws.w.one(25) {
		name = "group:" + name
	}
	return name
}

// stranger is a name that no set uses.
func (ws *workspace) stranger() string {
	return strings.Replace(ws.account(99), "s99", "stranger", 1)
}

func (ws *workspace) platform() string { return []string{"", "AD", "LOCAL"}[ws.w.rng.IntN(3)] }

// parse is an account as it is written: every third one in mixed case, wherever it is named.
func parse(name string) huaweicloud.Account {
	var a huaweicloud.Account
	name, group := strings.CutPrefix(name, "group:")
	if group {
		a.Type = huaweicloud.UserGroup
	}
	a.Domain, a.Name, _ = strings.Cut(name, "/")
	if strings.ContainsRune("258", rune(name[len(name)-1])) && a.Domain != "local.com" {
		a.Domain, a.Name = "Corp.Example.com", strings.ToUpper(a.Name)
	}
	return a
}

// granted are the accounts that the service holds for an application, whether it shows them or not.
func (ws *workspace) granted(app string) names {
	out := names{}
	for _, a := range ws.mock.Accounts(app) {
		out[strings.ToLower(a.String())] = true
	}
	return out
}

// rewrites tells whether the service lists accounts by other names than those it was given.
func (ws *workspace) rewrites() bool {
	switches := ws.mock.Switches()
	return switches.AccountOnRead != "" && switches.AccountOnRead != huaweicloud.AccountOnReadPlain || switches.AccountCase == huaweicloud.AccountCaseLowered
}

func (ws *workspace) grant(app, name string) {
	a := parse(name)
	a.Platform = ws.platform()
	if ws.granted(app)[name] || ws.mock.Grant(app, a) != nil {
		return
	}
	if strings.Contains(name, "stranger") {
		ws.foreign[app][name] = true
	}
}

// holders are the states that name an application.
func holders(state core.State, app string) []core.Address {
	var out []core.Address
	for a, object := range state {
		if (a.Type == additiveSet || a.Type == exclusiveSet) && slices.Contains(texts(object.Attributes()["app_ids"]), app) {
			out = append(out, a)
		}
	}
	return out
}
