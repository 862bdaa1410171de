// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud_test

import (
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

const exclusiveAddress = "appaccess_huaweicloud_app_authorizations_exclusive.test"

// Foreign accounts are drift, and are revoked; destroying leaves nobody.
func TestAccExclusive_lifecycle(t *testing.T) {
	t.Parallel()
	for name, switches := range positions {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorkspace(t, nil, switches)
			config := w.exclusive(`
				app_ids     = ` + quoted(cad, viewer) + `
				users       = { "corp.example.com" = { wangwu = "AD" } }
				user_groups = { "corp.example.com" = { engineering = "AD" } }`)
			acctest.Life(t, name == "defaults", resource.TestCase{
				ProtoV6ProviderFactories: factories(),
				Steps: []resource.TestStep{
					{Config: config},
					{
						PreConfig: func() { w.grant(cad, user("stranger")); w.revoke(viewer, user("wangwu")) },
						Config:    config,
						ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
							plancheck.ExpectResourceAction(exclusiveAddress, plancheck.ResourceActionUpdate),
						}},
						PostApplyFunc: func() {
							mustDo(t, w.expect(cad, "corp.example.com/wangwu", "group:corp.example.com/engineering"))
							mustDo(t, w.expect(viewer, "corp.example.com/wangwu", "group:corp.example.com/engineering"))
						},
					},
				},
				CheckDestroy: func(*terraform.State) error {
					if err := w.expect(cad); err != nil {
						return err
					}
					return w.expect(viewer)
				},
			})
		})
	}
}

// A create over accounts that are there fails, names them, and gives the import block;
// max_revocations does not lift that.
func TestAccExclusive_create(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, nil, mock.Switches{})
	for _, name := range []string{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"} {
		w.grant(cad, user(name))
	}
	cli := w.terraform()
	body := `
		app_ids = ` + quoted(cad) + `
		users   = { "corp.example.com" = { a = null } }`
	for _, limit := range []string{"", "\nmax_revocations = 10", "\nmax_revocations = 100"} {
		cli.Write("main.tf", setBlock(exclusiveOwner, body+limit))
		mustFail(t, cli.Plan(), `Access that is not listed would be taken away: application "AutoCAD" (`+cad+`)`, "more than this resource lists", "(11 authorizations)",
			"11 accounts: corp.example.com/b", "corp.example.com/k and 1 more", "import {", "to = appaccess_huaweicloud_app_authorizations_exclusive.NAME", `id = "`+cad+`"`)
	}
	// Imported, everybody shows, and counts.
	importBlock := "import {\nto = " + exclusiveAddress + "\nid = \"" + cad + "\"\n}\n"
	cli.Write("main.tf", setBlock(exclusiveOwner, body+"\nmax_revocations = 10")+importBlock)
	mustFail(t, cli.Plan(), "More would be revoked than max_revocations allows", "11 authorizations", "allows 10")
	cli.Write("main.tf", setBlock(exclusiveOwner, body+"\nmax_revocations = 11")+importBlock)
	plan := cli.Plan()
	mustBeSilent(t, plan)
	mustApply(t, cli)
	mustDo(t, w.expect(cad, "corp.example.com/a"))
	mustBeSilent(t, cli.Plan())

	// An application that joins only adds, too.
	w.grant(viewer, user("stranger"))
	cli.Write("main.tf", setBlock(exclusiveOwner, strings.ReplaceAll(body, quoted(cad), quoted(cad, viewer))))
	mustFail(t, cli.Plan(), "Access that is not listed would be taken away", "Viewer", "corp.example.com/stranger", "a resource of its own", `id = "`+viewer+`"`)
	cli.Write("main.tf", setBlock(exclusiveOwner, body))

	// Foreign accounts that the refresh found show in the diff, and aren't warned of once more.
	w.grant(cad, user("stranger"))
	plan = cli.Plan()
	mustBeSilent(t, plan)
	if plan.Changes[exclusiveAddress] != "update" {
		t.Errorf("changes: %v", plan.Changes)
	}
	w.writes()
	mustApply(t, cli)
	mustDo(t, w.expectWrites("ASSIGN_USER cad -stranger"))
	mustWarn(t, cli.Plan("-destroy"), "Destroying revokes access", "1 authorization will be revoked", "AutoCAD")
}

// An import takes every account that any of the apps has: the first plan shows who will be revoked.
func TestAccExclusive_import(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, nil, mock.Switches{})
	w.grant(cad, user("wangwu"), user("stranger"))
	w.grant(viewer, user("wangwu"), group("sales"))
	config := w.exclusive(`
		app_ids = ` + quoted(cad, viewer) + `
		users   = { "corp.example.com" = { wangwu = null } }`)
	acctest.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: factories(),
		Steps: []resource.TestStep{
			{
				Config: config, ResourceName: exclusiveAddress, ImportState: true, ImportStateId: cad + "," + viewer, ImportStatePersist: true,
			},
			{
				Config: config,
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					expectBefore{attribute: "users", want: map[string]any{"corp.example.com": map[string]any{"stranger": nil, "wangwu": nil}}},
					expectBefore{attribute: "user_groups", want: map[string]any{"corp.example.com": map[string]any{"sales": nil}}},
				}},
				PostApplyFunc: func() {
					mustDo(t, w.expect(cad, "corp.example.com/wangwu"))
					mustDo(t, w.expect(viewer, "corp.example.com/wangwu"))
				},
			},
		},
	})
}

// A moved block turns one set into the other, in both directions, without a request for what both
// agree on.
func TestAccExclusive_moved(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, nil, mock.Switches{})
	body := `
		app_ids = ` + quoted(cad) + `
		users   = { "corp.example.com" = { wangwu = "AD" } }`
	moved := func(from, to string) string {
		return "moved {\n  from = " + from + "\n  to = " + to + "\n}\n"
	}
	acctest.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: factories(),
		Steps: []resource.TestStep{
			{Config: w.set(body)},
			{
				PreConfig: func() { w.writes() },
				Config:    w.exclusive(body) + moved(address, exclusiveAddress),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectResourceAction(exclusiveAddress, plancheck.ResourceActionNoop),
				}},
				PostApplyFunc: func() { mustDo(t, w.expectWrites()) },
			},
			{
				PreConfig: func() { w.grant(cad, user("stranger")) },
				Config:    w.set(body) + moved(exclusiveAddress, address),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectResourceAction(address, plancheck.ResourceActionNoop),
				}},
				PostApplyFunc: func() { mustDo(t, w.expectWrites()) },
			},
			{
				// The new owner finds the stranger, shows him with a `-`, and revokes him.
				Config: w.exclusive(body) + moved(address, exclusiveAddress),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectResourceAction(exclusiveAddress, plancheck.ResourceActionUpdate),
					expectBefore{attribute: "users", want: map[string]any{"corp.example.com": map[string]any{"wangwu": "AD", "stranger": nil}}},
				}},
				ConfigStateChecks: []statecheck.StateCheck{
					statecheck.ExpectKnownValue(exclusiveAddress, tfjsonpath.New("users").AtMapKey("corp.example.com"), knownvalue.MapSizeExact(1)),
				},
				PostApplyFunc: func() { mustDo(t, w.expectWrites("ASSIGN_USER cad -stranger")) },
			},
		},
	})
}
