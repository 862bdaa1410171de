// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/appaccess/terraform-provider-appaccess/internal/acctest/core"
	mock "github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/huaweicloud"
)

// batchAuthorize is the vendor's one-time action in a state, as its provider writes it: with the
// plugin SDK, where texts that are left out of a block are empty, lists that are left out are
// empty, and the id is random.
func batchAuthorize(mode, users, delUsers string, appIDs ...string) string {
	return fmt.Sprintf(`{
		"app_ids": %s, "authorization_type": %q, "del_users": [%s], "enable_force_new": null,
		"id": "6f0d1b7c-8f6e-4f0d-9b5e-0d6f3c1a2b4e", "region": "ap-southeast-3", "users": [%s]
	}`, quoted(appIDs...), mode, delUsers, users)
}

func batchUser(name, kind, domain, platform string) string {
	return fmt.Sprintf(`{"account": %q, "account_type": %q, "domain": %q, "platform_type": %q}`, name, kind, domain, platform)
}

const vendor = "registry.terraform.io/huaweicloud/huaweicloud"

// move makes the resource "test" of a type from the action of a provider.
func (tf *inProcess) move(typeName, provider, state string) {
	tf.t.Helper()
	diags, err := tf.Move(tf.t.Context(), core.Address{Type: typeName, Name: "test"}, &tfprotov6.MoveResourceStateRequest{
		SourceProviderAddress: provider, SourceTypeName: "huaweicloud_workspace_application_batch_authorize",
		SourceState: &tfprotov6.RawState{JSON: []byte(state)}, SourcePrivate: []byte(`{"schema_version":"0"}`),
	})
	if err == nil {
		err = diags.Err()
	}
	if err != nil {
		tf.t.Fatal(err)
	}
}

// What the vendor's one-time action last granted becomes a set, and nothing is sent for it.
func TestMovedFromBatchAuthorize(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, grantSomebody, mock.Switches{})
	w.grant(viewer, mock.Account{Domain: "local.com", Name: "lisi"}, user("wangwu"), group("engineering"), user("foreign"))
	state := batchAuthorize("ASSIGN_USER", strings.Join([]string{
		batchUser("lisi", "SIMPLE", "", ""), batchUser("wangwu", "SIMPLE", "corp.example.com", "AD"),
		batchUser("engineering", "USER_GROUP", "corp.example.com", "AD"),
	}, ","), batchUser("leaver", "SIMPLE", "", "LOCAL"), cad, viewer)
	people := map[string]any{
		"app_ids": []string{cad, viewer},
		"users":   map[string]any{"local.com": map[string]any{"lisi": nil}, "corp.example.com": map[string]any{"wangwu": "AD"}},
		"user_groups": map[string]any{"corp.example.com": map[string]any{
			"engineering": "AD",
		}},
	}

	tf := w.inProcess()
	tf.move(setType, vendor, state)
	want := map[string]any{
		"app_ids": []any{cad, viewer}, "name": cad + ", " + viewer, "authorization_type": "ASSIGN_USER", "max_revocations": nil, "on_destroy": "revoke",
		"users":       map[string]any{"local.com": map[string]any{"lisi": nil}, "corp.example.com": map[string]any{"wangwu": "AD"}},
		"user_groups": people["user_groups"], "missing": map[string]any{}, "timeouts": nil,
	}
	for address, object := range tf.State {
		if diff := cmp.Diff(want, object.Attributes()); diff != "" {
			t.Errorf("%s:\n%s", address, diff)
		}
	}
	if plan := tf.plan(test(setType, people)); !plan.Empty() || len(plan.Warnings) > 0 {
		t.Errorf("%s\n%+v", plan.Describe(tf.State), plan.Warnings)
	}

	// It is this resource's now: who leaves the configuration is revoked, where the action left
	// access behind.
	delete(people, "user_groups")
	tf.apply(test(setType, people))
	if err := w.expectWrites("ASSIGN_USER cad,viewer -group:engineering@AD"); err != nil {
		t.Error(err)
	}
	if err := w.expect(viewer, "local.com/lisi", "corp.example.com/wangwu", "corp.example.com/foreign"); err != nil {
		t.Error(err)
	}

	// Whom somebody else has revoked since is drift.
	w.revoke(cad, user("wangwu"))
	drifted := w.inProcess()
	drifted.move(setType, "registry.opentofu.org/huaweicloud/huaweicloud", state)
	if plan := drifted.plan(test(setType, people)); plan.Empty() {
		t.Error("nobody saw that wangwu lost an application")
	}

	// The exclusive set shows in its plan whom it would revoke.
	owner := w.inProcess()
	owner.move(exclusiveType, "huaweicloud", state) // as OpenTofu before 1.12.4 says it
	plan := owner.plan(test(exclusiveType, people))
	if text := plan.Describe(owner.State); !strings.Contains(text, "foreign") {
		t.Errorf("the plan does not show who is foreign:\n%s", text)
	}
}

// An application that the action opened to everybody stays open.
func TestMovedFromBatchAuthorize_open(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, nil, mock.Switches{})
	open := test(setType, map[string]any{"app_ids": []string{office}, "authorization_type": "ALL_USER"})
	for _, users := range []string{"", batchUser("zhangsan", "SIMPLE", "", "LOCAL")} { // which the action may give beside
		tf := w.inProcess()
		tf.move(setType, vendor, batchAuthorize("ALL_USER", users, "", office))
		if plan := tf.plan(open); users == "" && !plan.Empty() {
			t.Error(plan.Describe(tf.State))
		}
		tf.apply(open)
		if plan := tf.plan(open); !plan.Empty() || w.Mode(office) != mock.AllUser {
			t.Errorf("%s, and the mode is %s", plan.Describe(tf.State), w.Mode(office))
		}
		tf.apply()
		if got := w.Mode(office); got != mock.AssignUser {
			t.Errorf("after the destroy the mode is %s", got)
		}
		if err := w.SetMode(office, mock.AllUser); err != nil {
			t.Fatal(err)
		}
	}
}

// Other types, and other providers' types of the same name, are refused.
func TestMovedFromOthers(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, nil, mock.Switches{})
	state := batchAuthorize("ASSIGN_USER", "", "", cad)
	for _, from := range [][2]string{
		{vendor, "huaweicloud_workspace_app_group_authorization"},
		{"registry.terraform.io/somebody/else", "huaweicloud_workspace_application_batch_authorize"},
	} {
		diags, err := w.inProcess().Move(t.Context(), core.Address{Type: setType, Name: "test"}, &tfprotov6.MoveResourceStateRequest{
			SourceProviderAddress: from[0], SourceTypeName: from[1], SourceState: &tfprotov6.RawState{JSON: []byte(state)},
		})
		if err != nil || len(diags.Errors) != 1 || diags.Errors[0].Summary != "Unable to Move Resource State" {
			t.Errorf("%s of %s: %+v, %v", from[1], from[0], diags, err)
		}
	}
}
