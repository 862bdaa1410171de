// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud_test

import (
	"regexp"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfversion"

	"github.com/appaccess/terraform-provider-appaccess/internal/acctest"
	mock "github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/huaweicloud"
)

// An import takes what the apps have in common, and plans clean.
func TestAccSet_import(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, nil, mock.Switches{})
	config := w.set(`
		app_ids     = ` + quoted(cad, viewer) + `
		users       = { "corp.example.com" = { wangwu = "AD" }, "local.com" = { lisi = null } }
		user_groups = { "corp.example.com" = { engineering = null } }`)
	acctest.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: factories(),
		Steps: []resource.TestStep{
			{Config: config},
			{
				PreConfig: func() { w.grant(cad, user("stranger")) },
				Config:    config, ResourceName: address, ImportState: true, ImportStateId: viewer + ", " + cad, ImportStateVerify: true,
				ImportStateVerifyIdentifierAttribute: "on_destroy",
			},
			{Config: config, ResourceName: address, ImportState: true, ImportStateKind: resource.ImportBlockWithID, ImportStateId: cad + "," + viewer},
			{
				Config: config, ResourceName: address, ImportState: true, ImportStateId: cad + ",no-such-app",
				ExpectError: regexp.MustCompile(`(?s)No such application.*no-such-app`),
			},
			{
				Config: config, ResourceName: address, ImportState: true, ImportStateId: cad + ",," + viewer,
				ExpectError: regexp.MustCompile(`(?s)Invalid import id.*app_id\[,app_id...\]`),
			},
			{
				Config: config, ResourceName: address, ImportState: true, ImportStateId: cad + "," + cad,
				ExpectError: regexp.MustCompile(`(?s)Invalid import id.*twice`),
			},
		},
	})
}

func TestAccSet_importOpen(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, nil, mock.Switches{})
	config := w.set(`
		app_ids            = ` + quoted(office) + `
		authorization_type = "ALL_USER"`)
	acctest.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: factories(),
		Steps: []resource.TestStep{
			{Config: config},
			{Config: config, ResourceName: address, ImportState: true, ImportStateKind: resource.ImportBlockWithID, ImportStateId: office},
		},
	})
}

// By identity, where the installed version knows it.
func TestAccSet_identity(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, nil, mock.Switches{})
	config := func(apps string) string {
		return w.set(`
			app_ids = ` + apps + `
			users   = { "corp.example.com" = { wangwu = "AD" } }`)
	}
	acctest.Test(t, resource.TestCase{
		TerraformVersionChecks:   []tfversion.TerraformVersionCheck{tfversion.SkipBelow(tfversion.Version1_12_0)},
		ProtoV6ProviderFactories: factories(),
		Steps: []resource.TestStep{
			{
				Config: config(quoted(viewer, cad)),
				ConfigStateChecks: []statecheck.StateCheck{statecheck.ExpectIdentity(address, map[string]knownvalue.Check{
					"project_id": knownvalue.StringExact(pid),
					"app_ids":    knownvalue.ListExact([]knownvalue.Check{knownvalue.StringExact(cad), knownvalue.StringExact(viewer)}),
				})},
			},
			{Config: config(quoted(viewer, cad)), ResourceName: address, ImportState: true, ImportStateKind: resource.ImportBlockWithResourceIdentity},
			{ // the identity follows the apps, also when one is gone
				PreConfig: func() { w.DeleteApp(viewer) },
				Config:    config(quoted(cad)),
				ConfigStateChecks: []statecheck.StateCheck{statecheck.ExpectIdentity(address, map[string]knownvalue.Check{
					"project_id": knownvalue.StringExact(pid),
					"app_ids":    knownvalue.ListExact([]knownvalue.Check{knownvalue.StringExact(cad)}),
				})},
			},
		},
	})
}
