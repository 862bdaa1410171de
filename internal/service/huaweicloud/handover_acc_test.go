// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud_test

import (
	"strings"
	"testing"

	mock "github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/huaweicloud"
)

// What passes from one resource to another in one apply is not lost on the way, whichever of the
// two comes first: the one that takes it up finds nothing to do, and the one that lets go of it
// must not take it away afterwards. The plan after it is empty.
func TestAccSet_handover(t *testing.T) {
	t.Parallel()
	const a, b = "appaccess_huaweicloud_app_authorization_set.a", "appaccess_huaweicloud_app_authorization_set.b"
	after := func(address string) string { return "depends_on = [" + address + "]" }
	set := func(name string, lines ...string) string { return named("app_authorization_set", name, lines...) }
	const open = `authorization_type = "ALL_USER"`
	for name, tc := range map[string]struct {
		before, config string
		cad            []string // who is granted in the end
		mode           string
		kept           string // an account that the plan showed as revoked, and the apply says it left to another resource
	}{
		"an account, taken up first": {
			set("a", apps(cad), users("wangwu", "lisi"), after(b)) + set("b", apps(cad), users("zhaoliu")),
			set("a", apps(cad), users("wangwu"), after(b)) + set("b", apps(cad), users("zhaoliu", "lisi")),
			[]string{"wangwu", "lisi", "zhaoliu"}, mock.AssignUser, "corp.example.com/lisi",
		},
		"an account, let go of first": {
			set("a", apps(cad), users("wangwu", "lisi")) + set("b", apps(cad), users("zhaoliu"), after(a)),
			set("a", apps(cad), users("wangwu")) + set("b", apps(cad), users("zhaoliu", "lisi"), after(a)),
			[]string{"wangwu", "lisi", "zhaoliu"}, mock.AssignUser, "",
		},
		"an account, at once": {
			set("a", apps(cad), users("wangwu", "lisi")) + set("b", apps(cad), users("zhaoliu")),
			set("a", apps(cad), users("wangwu")) + set("b", apps(cad), users("zhaoliu", "lisi")),
			[]string{"wangwu", "lisi", "zhaoliu"}, mock.AssignUser, "",
		},
		"an application": {
			set("a", apps(cad, viewer), users("wangwu", "lisi"), after(b)) + set("b", apps(office), users("lisi")),
			set("a", apps(viewer), users("wangwu", "lisi"), after(b)) + set("b", apps(office, cad), users("lisi")),
			[]string{"lisi"}, mock.AssignUser, "corp.example.com/lisi",
		},
		"all, from one that is destroyed": {
			set("a", apps(cad), users("wangwu", "lisi"), after(b)) + set("b", apps(viewer), users("lisi")),
			set("b", apps(viewer, cad), users("lisi")),
			[]string{"lisi"}, mock.AssignUser, "",
		},
		"all, to a resource of another address": {
			set("a", apps(cad), users("wangwu", "lisi")),
			set("b", apps(cad), users("wangwu", "lisi")),
			[]string{"wangwu", "lisi"}, mock.AssignUser, "",
		},
		"an application of an owner": {
			owner("a", apps(cad, viewer), users("wangwu", "lisi"), after(ownerAddress("b"))) + owner("b", apps(office), users("wangwu", "lisi")),
			owner("a", apps(viewer), users("wangwu", "lisi"), after(ownerAddress("b"))) + owner("b", apps(office, cad), users("wangwu", "lisi")),
			[]string{"wangwu", "lisi"}, mock.AssignUser, "",
		},
		"an open application": {
			set("a", apps(cad, viewer), open, after(b)) + set("b", apps(office), open),
			set("a", apps(viewer), open, after(b)) + set("b", apps(office, cad), open),
			nil, mock.AllUser, "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorkspace(t, nil, mock.Switches{})
			mustDo(t, w.SetMode(office, mock.AssignUser))
			cli := w.terraform()
			cli.Write("main.tf", tc.before)
			mustRun(t, cli, "apply", "-auto-approve")
			cli.Write("main.tf", tc.config)
			applied := cli.Run("apply", "-auto-approve", "-no-color")
			if applied.Code != 0 {
				t.Fatal(applied.Output)
			}
			if _, said, _ := strings.Cut(applied.Output, "Accounts were not revoked"); tc.kept != "" && !strings.Contains(said, "1 account: "+tc.kept) {
				t.Errorf("nothing says that %s was left to another resource:\n%s", tc.kept, applied.Output)
			}
			for i := range tc.cad {
				tc.cad[i] = "corp.example.com/" + tc.cad[i]
			}
			mustDo(t, w.expect(cad, tc.cad...))
			if mode := w.Mode(cad); mode != tc.mode {
				t.Errorf("%s, want %s", mode, tc.mode)
			}
			if r := cli.Run("plan", "-detailed-exitcode"); r.Code != 0 {
				t.Errorf("the plan after it is not empty:\n%s", r.Output)
			}
		})
	}
}

// A resource that is replaced by a new one before it is destroyed takes nothing from it.
func TestAccSet_createBeforeDestroy(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, nil, mock.Switches{})
	cli := w.terraform()
	cli.Write("main.tf", named("app_authorization_set", "a", apps(cad), users("wangwu", "lisi"), "lifecycle {\ncreate_before_destroy = true\n}"))
	mustRun(t, cli, "apply", "-auto-approve")
	mustRun(t, cli, "apply", "-auto-approve", "-replace=appaccess_huaweicloud_app_authorization_set.a")
	mustDo(t, w.expect(cad, "corp.example.com/wangwu", "corp.example.com/lisi"))
	if r := cli.Run("plan", "-detailed-exitcode"); r.Code != 0 {
		t.Errorf("the plan after it is not empty:\n%s", r.Output)
	}
}
