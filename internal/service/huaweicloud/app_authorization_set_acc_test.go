// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/appaccess/terraform-provider-appaccess/internal/acctest"
	mock "github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/huaweicloud"
)

const address = "appaccess_huaweicloud_app_authorization_set.test"

// positions are the mock's switches, each in every position that could change the outcome of an
// additive set.
var positions = map[string]mock.Switches{
	"defaults":                      {},
	"duplicate add is an error":     {DuplicateAdd: mock.DuplicateAddError},
	"absent remove is an error":     {AbsentRemove: mock.AbsentRemoveError},
	"unknown account is an error":   {UnknownAccount: mock.UnknownAccountError},
	"local.com is left out":         {DefaultDomain: mock.DefaultDomainHidden},
	"local.com is empty":            {DefaultDomain: mock.DefaultDomainEmpty},
	"local.com is null":             {DefaultDomain: mock.DefaultDomainNull},
	"platform left out is LOCAL":    {PlatformLeftOut: mock.PlatformLeftOutLocal},
	"platform left out is null":     {PlatformLeftOut: mock.PlatformLeftOutNull},
	"platform sent is left out":     {PlatformSent: mock.PlatformSentOmitted},
	"platform sent is LOCAL":        {PlatformSent: mock.PlatformSentLocal},
	"platform changes in place":     {PlatformChange: mock.PlatformChangeChanged},
	"opening wipes":                 {FlipToAllUser: mock.FlipToAllUserWipe},
	"open apps list records":        {AllUserList: mock.AllUserListRecords},
	"opening ignores accounts":      {AllUserAccounts: mock.AllUserAccountsIgnored, AllUserList: mock.AllUserListRecords},
	"in both lists is kept":         {UserInBoth: mock.UserInBothKept},
	"in both lists is an error":     {UserInBoth: mock.UserInBothError},
	"lists are shuffled":            {ListOrder: mock.ListOrderShuffled},
	"lists are unstable":            {ListOrder: mock.ListOrderUnstable},
	"accounts are decorated":        {AccountOnRead: mock.AccountOnReadDecorated},
	"accounts are decorated spaced": {AccountOnRead: mock.AccountOnReadSpaced},
	"batches are partial":           {BatchBadApp: mock.BatchBadAppPartial},
	"case is ignored":               {AccountCase: mock.AccountCaseFolded},
	"name filter is exact":          {NameFilter: mock.NameFilterExact},
	"modes are not told":            {AppMode: mock.AppModeOmitted},
}

// asListed is a write whose revocations use the spelling in which the service lists what was
// granted.
func asListed(switches mock.Switches, write string) string {
	suffix := map[mock.AccountOnRead]string{mock.AccountOnReadDecorated: "(group)", mock.AccountOnReadSpaced: " (group)"}[switches.AccountOnRead]
	granted, revoked, _ := strings.Cut(write, " -")
	names := strings.Split(revoked, ",")
	for i, name := range names {
		name, platform, sent := strings.Cut(name, "@")
		if names[i] = name + suffix; sent {
			names[i] += "@" + platform
		}
	}
	return granted + " -" + strings.Join(names, ",")
}

// One life of a set, under every position of every switch: the plan is empty after each apply, only
// differences are sent, and what others granted is left alone.
func TestAccSet_lifecycle(t *testing.T) {
	t.Parallel()
	for name, switches := range positions {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorkspace(t, func(s *mock.Seed) {
				app := s.Apps[cad]
				app.Users = map[string]map[string]string{"corp.example.com": {"stranger": "AD"}}
				s.Apps[cad] = app
			}, switches)
			acctest.Life(t, name == "defaults", resource.TestCase{
				ProtoV6ProviderFactories: factories(),
				CheckDestroy: func(*terraform.State) error {
					return errors.Join(w.expect(cad, "corp.example.com/stranger"), w.expect(viewer),
						w.expectWrites(asListed(switches, "ASSIGN_USER viewer -group:engineering@AD,lisi,wangwu@LOCAL")))
				},
				Steps: []resource.TestStep{
					{
						Config: w.set(`
							app_ids     = ` + quoted(cad, viewer) + `
							users       = { "local.com" = { zhangsan = "LOCAL", lisi = null }, "corp.example.com" = { wangwu = "AD" } }
							user_groups = { "corp.example.com" = { engineering = "AD" } }`),
						ConfigStateChecks: []statecheck.StateCheck{
							statecheck.ExpectKnownValue(address, tfjsonpath.New("authorization_type"), knownvalue.StringExact("ASSIGN_USER")),
							statecheck.ExpectKnownValue(address, tfjsonpath.New("on_destroy"), knownvalue.StringExact("revoke")),
							statecheck.ExpectKnownValue(address, tfjsonpath.New("missing"), knownvalue.MapSizeExact(0)),
							statecheck.ExpectKnownValue(address, tfjsonpath.New("users").AtMapKey("local.com"), knownvalue.MapExact(
								map[string]knownvalue.Check{"zhangsan": knownvalue.StringExact("LOCAL"), "lisi": knownvalue.Null()})),
						},
						PostApplyFunc: func() {
							mustDo(t, w.expectWrites("ASSIGN_USER cad,viewer +group:engineering@AD,lisi,wangwu@AD,zhangsan@LOCAL"))
						},
					},
					{ // one leaves, one comes, one changes its platform
						Config: w.set(`
							app_ids     = ` + quoted(cad, viewer) + `
							users       = { "local.com" = { lisi = null, zhaoliu = null }, "corp.example.com" = { wangwu = "LOCAL" } }
							user_groups = { "corp.example.com" = { engineering = "AD" } }`),
						ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
							plancheck.ExpectResourceAction(address, plancheck.ResourceActionUpdate),
						}},
						PostApplyFunc: func() {
							mustDo(t, w.expectWrites(asListed(switches, "ASSIGN_USER cad,viewer -wangwu@AD"),
								asListed(switches, "ASSIGN_USER cad,viewer +wangwu@LOCAL,zhaoliu -zhangsan@LOCAL")))
						},
					},
					{ // an app and an account leave
						Config: w.set(`
							app_ids     = ` + quoted(viewer) + `
							users       = { "local.com" = { lisi = null }, "corp.example.com" = { wangwu = "LOCAL" } }
							user_groups = { "corp.example.com" = { engineering = "AD" } }`),
						PostApplyFunc: func() {
							mustDo(t, w.expectWritesInAnyOrder(asListed(switches, "ASSIGN_USER cad -group:engineering@AD,lisi,wangwu@LOCAL,zhaoliu"),
								asListed(switches, "ASSIGN_USER viewer -zhaoliu")))
						},
					},
				},
			})
		})
	}
}

// Both flips, under every position that matters to an open app.
func TestAccSet_flips(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"defaults", "duplicate add is an error", "absent remove is an error", "opening wipes", "open apps list records",
		"opening ignores accounts", "modes are not told",
	} {
		switches := positions[name]
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorkspace(t, nil, switches)
			w.grant(cad, user("stranger"))
			listed := w.set(`
				app_ids = ` + quoted(cad, viewer) + `
				users   = { "corp.example.com" = { wangwu = "AD" } }`)
			acctest.Steps(t, resource.TestCase{
				ProtoV6ProviderFactories: factories(),
				Steps: []resource.TestStep{
					{Config: listed},
					{
						Config: w.set(`
							app_ids            = ` + quoted(cad, viewer) + `
							authorization_type = "ALL_USER"`),
						PostApplyFunc: func() {
							if w.Mode(cad) != mock.AllUser || w.Mode(viewer) != mock.AllUser {
								t.Error("the apps are not open")
							}
							if writes := w.writes(); writes[len(writes)-1] != "ALL_USER cad,viewer -wangwu@AD" && switches.AllUserAccounts == "" {
								t.Errorf("the last write was %q", writes[len(writes)-1])
							}
						},
					},
					{
						Config: listed,
						PostApplyFunc: func() {
							want := []string{"corp.example.com/stranger", "corp.example.com/wangwu"}
							if switches.FlipToAllUser == mock.FlipToAllUserWipe {
								want = want[1:]
							}
							mustDo(t, w.expect(cad, want...))
							mustDo(t, w.expect(viewer, "corp.example.com/wangwu"))
							if w.Mode(cad) != mock.AssignUser {
								t.Error("the app is open")
							}
						},
					},
					{Config: w.set(`
						app_ids            = ` + quoted(cad, viewer) + `
						authorization_type = "ALL_USER"`)},
				},
				CheckDestroy: func(*terraform.State) error {
					if w.Mode(cad) != mock.AssignUser {
						return errors.New("destroy left the app open")
					}
					return w.expect(viewer)
				},
			})
		})
	}
}

// Drift: an account gone from every app leaves users, one gone from some shows in missing, and only
// those apps get a request.
func TestAccSet_drift(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, nil, mock.Switches{})
	config := w.set(`
		app_ids     = ` + quoted(cad, viewer) + `
		users       = { "corp.example.com" = { wangwu = "AD", zhaoliu = null } }
		user_groups = { "corp.example.com" = { engineering = "AD" } }`)
	acctest.Steps(t, resource.TestCase{
		ProtoV6ProviderFactories: factories(),
		Steps: []resource.TestStep{
			{Config: config},
			{
				PreConfig: func() { w.revoke(cad, user("wangwu"), group("engineering")) },
				Config:    config,
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectResourceAction(address, plancheck.ResourceActionUpdate),
					expectBefore{attribute: "missing", want: map[string]any{cad: []any{"corp.example.com/wangwu", "group:corp.example.com/engineering"}}},
					plancheck.ExpectKnownValue(address, tfjsonpath.New("missing"), knownvalue.MapSizeExact(0)),
				}},
				PostApplyFunc: func() {
					mustDo(t, lastWrites(w, "ASSIGN_USER cad +group:engineering@AD,wangwu@AD"))
				},
			},
			{
				PreConfig: func() { w.revoke(cad, user("wangwu")); w.revoke(viewer, user("wangwu")) },
				Config:    config,
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					expectBefore{attribute: "users", want: map[string]any{"corp.example.com": map[string]any{"zhaoliu": nil}}},
					expectBefore{attribute: "missing", want: map[string]any{}},
				}},
				PostApplyFunc: func() { mustDo(t, lastWrites(w, "ASSIGN_USER cad,viewer +wangwu@AD")) },
			},
			{ // somebody opens an app: its list proves nothing, and closing it is all that is needed
				PreConfig: func() { mustDo(t, w.SetMode(cad, mock.AllUser)) },
				Config:    config,
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					expectBefore{attribute: "authorization_type", want: "ALL_USER"},
				}},
				PostApplyFunc: func() {
					mustDo(t, w.expect(cad, "corp.example.com/wangwu", "corp.example.com/zhaoliu", "group:corp.example.com/engineering"))
					if w.Mode(cad) != mock.AssignUser {
						t.Error("the app is still open")
					}
				},
			},
		},
	})
}

// An app that is gone leaves app_ids on refresh; with none left, the resource does. The
// configuration that still names it is an error of the plan.
func TestAccSet_disappears(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, nil, mock.Switches{})
	cli := w.terraform()
	body := `
		app_ids = %s
		users   = { "corp.example.com" = { wangwu = "AD" } }`
	cli.Write("main.tf", setBlock(additive, fmt.Sprintf(body, quoted(cad, viewer))))
	cli.Plan()
	mustApply(t, cli)
	w.DeleteApp(cad)
	mustWarn(t, cli.Plan(), "No such application any more: "+cad, cad)
	w.writes()
	mustFail(t, cli.Apply(), "No such application", cad, "Nothing was sent")
	mustDo(t, w.expectWrites())
	cli.Write("main.tf", setBlock(additive, fmt.Sprintf(body, quoted(viewer))))
	if plan := cli.Plan(); plan.Code != 0 || len(plan.Changes) > 0 && plan.Changes[address] != "" {
		t.Errorf("changes: %v\n%s", plan.Changes, plan.Output)
	}
	w.DeleteApp(viewer)
	mustRun(t, cli, "apply", "-refresh-only", "-auto-approve")
	if r := cli.Run("state", "list"); strings.Contains(r.Output, address) {
		t.Errorf("the state still has it:\n%s", r.Output)
	}
}

func TestAccSet_onDestroyKeep(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, nil, mock.Switches{})
	acctest.Steps(t, resource.TestCase{
		ProtoV6ProviderFactories: factories(),
		Steps: []resource.TestStep{{Config: w.set(`
			app_ids    = ` + quoted(cad) + `
			users      = { "corp.example.com" = { wangwu = "AD" } }
			on_destroy = "keep"`)}},
		CheckDestroy: func(*terraform.State) error {
			return errors.Join(w.expect(cad, "corp.example.com/wangwu"), w.expectWrites("ASSIGN_USER cad +wangwu@AD"))
		},
	})
}

// More apps and accounts than one request takes.
func TestAccSet_batches(t *testing.T) {
	t.Parallel()
	var ids []string
	w := newWorkspace(t, func(s *mock.Seed) {
		for i := range 45 {
			id := fmt.Sprintf("app-%02d", i)
			ids = append(ids, id)
			s.Apps[id] = mock.App{Name: id}
		}
	}, mock.Switches{})
	acctest.Steps(t, resource.TestCase{
		ProtoV6ProviderFactories: factories(),
		Steps: []resource.TestStep{{
			Config: w.set(`
				app_ids = ` + quoted(ids...) + `
				users   = { "local.com" = { for i in range(250) : "user${i}" => null } }`),
			PostApplyFunc: func() {
				if n := len(w.writes()); n != 9 {
					t.Errorf("%d writes, want ceil(45/20) * ceil(250/100) = 9", n)
				}
				for _, id := range ids {
					if n := len(w.Accounts(id)); n != 250 {
						t.Errorf("%s has %d accounts", id, n)
					}
				}
			},
		}},
		CheckDestroy: func(*terraform.State) error {
			if n := len(w.writes()); n != 9 {
				return fmt.Errorf("destroy: %d writes, want 9", n)
			}
			return nil
		},
	})
}

func mustDo(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}

// lastWrites compares the writes since the last look, leaving out those of the steps before.
func lastWrites(w *workspace, want ...string) error {
	got := w.writes()
	if len(got) < len(want) {
		return fmt.Errorf("writes %q, want %q", got, want)
	}
	got = got[len(got)-len(want):]
	if fmt.Sprint(got) != fmt.Sprint(want) {
		return fmt.Errorf("writes %q, want %q", got, want)
	}
	return nil
}
