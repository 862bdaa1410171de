// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-log/tflogtest"

	"github.com/appaccess/terraform-provider-appaccess/internal/acctest"
	"github.com/appaccess/terraform-provider-appaccess/internal/acctest/core"
	mock "github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/huaweicloud"
)

// Names that the service lists can't forge what people read: what moves a cursor, breaks a line or
// turns text around is escaped.
func TestHostileNames(t *testing.T) {
	t.Parallel()
	const forged = "No changes. Your infrastructure matches the configuration."
	hostile := []string{"bob\x1b[1A\x1b[2K", "x\n\n" + forged, "carriage\rreturn", "\u202edrawkcab", "zero\u200bwidth"}
	w := newWorkspace(t, func(s *mock.Seed) {
		app := s.Apps[cad]
		app.Name = "CAD\n\n" + forged + "\u202e"
		app.Users = map[string]map[string]string{"evil\x1b[2K.example.com": {}}
		for _, name := range hostile {
			app.Users["evil\x1b[2K.example.com"][name] = "AD"
		}
		s.Apps[cad] = app
		s.Apps["twin\x1b[2K"] = mock.App{Name: app.Name}
	}, mock.Switches{})
	var texts []string
	listen := func(diags *core.Diagnostics) {
		for _, d := range append(diags.Errors, diags.Warnings...) {
			texts = append(texts, d.Summary, d.Detail)
		}
	}
	nobody := map[string]any{"app_ids": []string{cad}}

	// A create over them, their import, the plan of the end of it, and what comes between a plan
	// and its apply.
	tf := w.inProcess()
	plan, err := tf.Plan(t.Context(), []core.Resource{test(exclusiveType, nobody)})
	if err != nil || len(plan.Errors) == 0 {
		t.Fatalf("%+v, %v", plan, err)
	}
	listen(&plan.Diagnostics)
	owner := test(exclusiveType, map[string]any{"app_ids": []string{cad}, "max_revocations": 1})
	if _, err := tf.Import(t.Context(), owner.Address, cad); err != nil {
		t.Fatal(err)
	}
	plan, err = tf.Plan(t.Context(), []core.Resource{owner})
	if err != nil || len(plan.Errors) == 0 {
		t.Fatalf("%+v, %v", plan, err)
	}
	listen(&plan.Diagnostics)
	plan, err = tf.PlanDestroy(t.Context(), []core.Resource{test(exclusiveType, nobody)})
	if err != nil {
		t.Fatal(err)
	}
	listen(&plan.Diagnostics)
	plan = tf.plan(test(exclusiveType, nobody))
	w.grant(cad, mock.Account{Domain: "local.com", Name: "late\x1b[2K"})
	listen(tf.applyPlan(plan))

	// What data sources and queries say.
	server := w.server()
	for _, read := range []map[string]any{{"name": "CAX"}, {"name": "CAD\n\n" + forged + "\u202e"}, {"id": "CAD"}} {
		_, diags := server.Read(appType, read)
		listen(diags)
	}
	_, diags := server.Read("appaccess_huaweicloud_apps", map[string]any{})
	listen(diags)
	texts = append(texts, names(server.Query(setType, acctest.Query{}))...)

	all := strings.Join(texts, "\n")
	for _, shown := range []string{`bob\x1b[1A`, `x\n\nNo changes`, `carriage\rreturn`, `\u202edrawkcab`, `zero\u200bwidth`, `evil\x1b[2K`, `late\x1b[2K`, `twin\x1b[2K`} {
		if !strings.Contains(all, shown) {
			t.Errorf("nobody says %s", shown)
		}
	}
	if strings.ContainsFunc(all, func(r rune) bool { return r != '\n' && !unicode.IsPrint(r) }) || strings.Contains(all, "\n"+forged) {
		t.Errorf("names reach people as they are:\n%q", texts)
	}
}

// A short apply says each of its writes in the log, at INFO.
func TestAccessLog(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, nil, mock.Switches{})
	tf := w.inProcess()
	tf.Server = func() tfprotov6.ProviderServer {
		server, err := acctest.ProvidersWithEnvironment(w.environment())["appaccess"]()
		if err != nil {
			t.Fatal(err)
		}
		return server
	}
	users := func(names ...string) core.Resource {
		accounts := map[string]any{}
		for _, name := range names {
			accounts[name] = "AD"
		}
		return test(setType, map[string]any{"app_ids": []string{cad, viewer}, "users": map[string]any{"corp.example.com": accounts}})
	}
	var said []string
	for _, resource := range []core.Resource{users("wangwu", "lisi"), users("wangwu", "garcia")} {
		var log bytes.Buffer
		if _, err := tf.Apply(tflogtest.RootLogger(t.Context(), &log), tf.plan(resource)); err != nil {
			t.Fatal(err)
		}
		entries, err := tflogtest.MultilineJSONDecode(&log)
		if err != nil {
			t.Fatal(err)
		}
		for _, entry := range entries {
			if entry["@level"] == "info" && entry["applications"] != nil {
				said = append(said, fmt.Sprintf("%v: %v", entry["applications"], entry["@message"]))
			}
		}
	}
	want := []string{cad + ", " + viewer + ": granted 4 of 4", "AutoCAD, Viewer: granted 2 of 2; revoked 2 of 2"}
	if diff := cmp.Diff(want, said); diff != "" {
		t.Error(diff)
	}
}

// The import of an application that doesn't exist says what is wrong with the id, and nothing of a
// configuration that there need not be.
func TestImportOfNoApplication(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, nil, mock.Switches{})
	diags, err := w.inProcess().Import(t.Context(), core.Address{Type: setType, Name: "test"}, "no-such-app")
	if err != nil || len(diags.Errors) != 1 {
		t.Fatalf("%+v, %v", diags, err)
	}
	if text := diags.Errors[0].Detail; !strings.Contains(text, "no-such-app") || !strings.Contains(text, "An import id is") || strings.Contains(text, "from app_ids") || strings.Count(text, "o application") > 1 {
		t.Error(text)
	}
}
