// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud_test

import (
	"fmt"
	"strings"
	"testing"

	mock "github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/huaweicloud"
)

// A set that is read by counts has the life that it has when every account is read, whatever the
// service counts.
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
			// A page shows all of a small application, so that not even one account in the place of
			// another is unseen.
			w.revoke(viewer, user("c"))
			w.grant(viewer, user("x"))
			apply()
			w.revoke(viewer, user("x"))
			granted("b", "c", "d")
			cli.Write("main.tf", "")
			apply()
			granted()
		})
	}
}

// A state that knows no counts, since it was read in full or is of an older version, is read in
// full until an apply has written them. Two sets that change one application in the same run, and a
// set that was moved, know what must be there.
func TestAccCounts_life(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, nil, mock.Switches{})
	cli := w.terraform() // a played one moves nothing
	people := func(prefix string, n int) string {
		var all strings.Builder
		for i := range n {
			fmt.Fprintf(&all, "%s%03d = null\n", prefix, i)
		}
		return all.String()
	}
	write := func(verification string, blocks ...string) {
		cli.Write("huaweicloud.tf", w.provider(verification))
		cli.Write("main.tf", strings.Join(blocks, "\n"))
	}
	set := func(kind, name, accounts string) string {
		return fmt.Sprintf("resource %q %q {\n app_ids = [%q]\n users = { \"corp.example.com\" = {\n%s} }\n}\n", "appaccess_huaweicloud_"+kind, name, cad, accounts)
	}
	lists := func(what string, want int) {
		t.Helper()
		if got := w.recorder.Count(mock.OpListAppAuthorizations); got != want {
			t.Errorf("%s: %d lists, want %d", what, got, want)
		}
		w.recorder.Reset()
	}
	apply := func() {
		t.Helper()
		if r := cli.Plan(); r.Code != 0 {
			t.Fatal(r.Output)
		}
		mustApply(t, cli)
		w.recorder.Reset()
	}
	const count = `verification = "count"`
	one, two := people("a", 220), people("b", 130)

	write("", set(additive, "one", one), set(additive, "two", two))
	apply()
	write(count, set(additive, "one", one), set(additive, "two", two))
	mustBeSilent(t, cli.Plan())
	lists("without a count", 4)

	write(count, set(additive, "one", one+"x = null\n"), set(additive, "two", two+"y = null\nz = null\n"))
	apply()
	if got := len(w.granted(cad)); got != 353 {
		t.Errorf("%d accounts are granted", got)
	}
	mustBeSilent(t, cli.Plan())
	lists("an application that two sets share", 4)
	w.revoke(cad, user("b007")) // which only the second set has
	if r := cli.Plan(); len(r.Changes) == 0 || r.Code != 0 {
		t.Errorf("no change: %s", r.Output)
	}
	mustApply(t, cli)

	write(count, set(additive, "one", one))
	apply()
	if got := len(w.granted(cad)); got != 220 {
		t.Errorf("%d accounts are granted after one set went", got)
	}
	mustBeSilent(t, cli.Plan())
	w.grant(cad, user("stranger"))
	w.recorder.Reset()
	write(count, set(exclusiveOwner, "one", one), "moved {\n from = appaccess_huaweicloud_"+additive+".one\n to = appaccess_huaweicloud_"+exclusiveOwner+".one\n}\n")
	if r := cli.Plan(); r.Code != 0 || len(r.Changes) != 1 {
		t.Errorf("the new owner does not see a stranger: %s", r.Output)
	}
	mustApply(t, cli)
	if got := len(w.granted(cad)); got != 220 {
		t.Errorf("%d accounts are granted to the owner", got)
	}
	w.recorder.Reset()
	mustBeSilent(t, cli.Plan())
	lists("moved", 1)
}
