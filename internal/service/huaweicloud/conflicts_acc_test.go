// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud_test

import (
	"strings"
	"testing"

	mock "github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/huaweicloud"
)

// Two additive sets of one application that differ in their mode are an error of the plan: each
// apply would undo what the other has set. Two that list the same account are a warning that names
// both.
func TestAccSet_additiveConflicts(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, nil, mock.Switches{})
	cli := w.cli()
	set := func(name string, lines ...string) string { return named("app_authorization_set", name, lines...) }
	w.writes()
	cli.Write("main.tf", set("a", apps(cad), users("wangwu"))+set("b", apps(cad, viewer), `authorization_type = "ALL_USER"`))
	mustFail(t, cli.Plan(), "Two sets would open and close the same application in turns", cad, "appaccess_huaweicloud_app_authorization_set")
	mustDo(t, w.expectWrites())

	cli.Write("main.tf", set("a", apps(cad), users("wangwu", "lisi"))+set("b", apps(cad, viewer), users("lisi", "zhaoliu")))
	mustWarn(t, cli.Plan(), "Two sets grant the same access", cad, "1 account: corp.example.com/lisi", "appaccess_huaweicloud_app_authorization_set")
	cli.Write("main.tf", set("a", apps(cad), users("wangwu"))+set("b", apps(cad, viewer), users("lisi", "zhaoliu")))
	mustBeSilent(t, cli.Plan())

	// What both hold, as after an apply that failed half-way, is lost where one lets go of it and
	// the other is unchanged.
	cli.Write("main.tf", set("a", apps(cad), users("wangwu", "lisi"))+set("b", apps(cad, viewer), users("lisi", "zhaoliu")))
	cli.Plan()
	mustApply(t, cli)
	for _, rest := range []string{set("a", apps(cad), users("wangwu")), set("a", apps(viewer), users("lisi", "wangwu")), ""} {
		cli.Write("main.tf", rest+set("b", apps(cad, viewer), users("lisi", "zhaoliu")))
		mustWarn(t, cli.Plan(), "Access that another resource keeps will be revoked: "+cad, "1 account: corp.example.com/lisi",
			"let go of: appaccess_huaweicloud_app_authorization_set with app_ids = [", "kept by: appaccess_huaweicloud_app_authorization_set with app_ids = [")
	}
	mustApply(t, cli)
	mustDo(t, w.expect(cad, "corp.example.com/zhaoliu"))
	mustBeSilent(t, cli.Plan())
	mustApply(t, cli)
	mustDo(t, w.expect(cad, "corp.example.com/lisi", "corp.example.com/zhaoliu"))
	cli.Write("main.tf", "")
	if plan := cli.Plan(); strings.Contains(plan.Output, "another resource keeps") {
		t.Error(plan.Output)
	}
}

// The provider's limit counts all that a plan revokes on the service, destroys among it.
func TestAccSet_providerMaxRevocations(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, nil, mock.Switches{})
	cli := w.cli()
	cli.Write("main.tf", setBlock(additive, `
		for_each = toset(["a", "b", "c"])
		app_ids  = `+quoted(cad)+`
		users    = { "corp.example.com" = { (each.key) = "AD" } }`))
	cli.Plan()
	mustApply(t, cli)
	cli.Write("main.tf", "")
	cli.Write("huaweicloud.tf", w.provider("max_revocations = 2"))
	mustFail(t, cli.Plan(), "More access would be revoked than max_revocations of the provider allows", "allows 2", "AutoCAD")
	cli.Write("huaweicloud.tf", w.provider("max_revocations = 3"))
	if plan := cli.Plan(); plan.Code != 0 {
		t.Fatal(plan.Output)
	}
	mustApply(t, cli)
	mustDo(t, w.expect(cad))
}
