// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud_test

import (
	"testing"

	mock "github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/huaweicloud"
)

// A platform type of null and one of "" are the same: some generators of configurations drop what
// is null, and an account must not vanish with it.
func TestAccSet_emptyPlatform(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, nil, mock.Switches{})
	cli := w.cli()
	write := func(lisi, ops string) {
		cli.Write("main.tf", setBlock(additive, `
			app_ids     = `+quoted(cad)+`
			users       = { "corp.example.com" = { wangwu = "AD", lisi = `+lisi+` } }
			user_groups = { "corp.example.com" = { engineering = `+ops+` } }`))
	}
	unchanged := func(when string) {
		t.Helper()
		if plan := cli.Run("plan", "-detailed-exitcode"); plan.Code != 0 {
			t.Errorf("%s the plan has something to do:\n%s", when, plan.Output)
		}
	}

	write(`""`, `null`)
	mustBeSilent(t, cli.Plan())
	mustApply(t, cli)
	mustDo(t, w.expectWrites("ASSIGN_USER cad +group:engineering,lisi,wangwu@AD"))
	unchanged("after the create")

	write(`null`, `""`)
	unchanged("after a change of the spelling")

	w.revoke(cad, user("lisi"))
	cli.Plan()
	mustApply(t, cli)
	mustDo(t, w.expectWrites("ASSIGN_USER cad +lisi"))
	unchanged("after a repair")
}
