// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud_test

import (
	"testing"

	mock "github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/huaweicloud"
)

// A set that is read by counts has the life that it has when every account is read, whatever the service counts. What a count
// can't see is that somebody has put one account in the place of another.
func TestAccCounts(t *testing.T) {
	t.Parallel()
	for _, count := range []mock.Count{mock.CountRight, mock.CountLate, mock.CountCapped, mock.CountMissing, mock.CountPage} {
		t.Run(string(count), func(t *testing.T) {
			t.Parallel()
			w := newWorkspace(t, nil, mock.Switches{Count: count})
			w.grant(cad, user("foreign"))
			cli := w.cli()
			cli.Write("huaweicloud.tf", w.provider(`verification = "count"`))
			configure := func(accounts string) {
				cli.Write("main.tf", setBlock(additive, `
					app_ids = `+quoted(cad, viewer)+`
					users   = { "corp.example.com" = { `+accounts+` } }`))
			}
			apply := func() {
				t.Helper()
				if r := cli.Plan(); r.Code != 0 {
					t.Fatal(r.Output)
				}
				mustApply(t, cli)
			}
			granted := func(names ...string) {
				t.Helper()
				for _, app := range []string{cad, viewer} {
					all := []string{}
					if app == cad {
						all = append(all, "corp.example.com/foreign")
					}
					for _, name := range names {
						all = append(all, "corp.example.com/"+name)
					}
					if err := w.expect(app, all...); err != nil {
						t.Error(err)
					}
				}
			}
			configure(`a = null, b = null`)
			apply()
			granted("a", "b")
			configure(`b = null, c = null, d = null`)
			apply()
			granted("b", "c", "d")
			mustBeSilent(t, cli.Plan())
			w.revoke(viewer, user("c")) // drift is seen
			apply()
			granted("b", "c", "d")
			// One account in the place of another is the blind spot, where the count is right.
			w.revoke(viewer, user("c"))
			w.grant(viewer, user("x"))
			if count == mock.CountRight {
				mustBeSilent(t, cli.Plan())
			}
			cli.Write("huaweicloud.tf", w.provider(""))
			apply()
			w.revoke(viewer, user("x"))
			granted("b", "c", "d")
			cli.Write("main.tf", "")
			apply()
			granted()
		})
	}
}
