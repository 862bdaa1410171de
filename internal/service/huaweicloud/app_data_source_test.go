// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	mock "github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/huaweicloud"
)

const appType = "appaccess_huaweicloud_app"

// One application is found by its name or its id.
func TestApp(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, nil, mock.Switches{ListOrder: "shuffled"})
	server := w.server()
	want := map[string]any{
		"id": office, "name": "Office", "version": "365", "authorization_type": "ALL_USER", "status": "NORMAL", "application_source": "CUSTOM",
	}
	for _, by := range []string{"id", "name"} {
		got, diags := server.Read(appType, map[string]any{by: want[by]})
		if err := diags.Err(); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("by %s:\n%s", by, diff)
		}
	}
	if n := len(w.recorder.All()); n != 2 { // the project and the applications, once
		t.Errorf("two look-ups took %d requests", n)
	}
}

// Which application is meant is never guessed: an error says what there is.
func TestApp_errors(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, func(s *mock.Seed) { s.Apps["second"] = mock.App{Name: "Office", Version: "366"} }, mock.Switches{})
	server := w.server()
	empty := newWorkspace(t, func(s *mock.Seed) { clear(s.Apps) }, mock.Switches{}).server()
	for name, test := range map[string]struct {
		by, value string
		want      string
	}{
		"misspelt":           {"name", "AutoCED", `no application of the name "AutoCED". The nearest name is "AutoCAD".`},
		"in another case":    {"name", "VIEWER", `The nearest name is "Viewer".`},
		"an id as a name":    {"name", cad, `"` + cad + `": that is an id. Set id instead of name.`},
		"a name as an id":    {"id", "Viewer", `"Viewer" is the name of an application: its id is "` + viewer + `".`},
		"two names as an id": {"id", "Office", `its id is "` + office + `" or "second".`},
		"unknown":            {"id", "gone", `no application with the id "gone". It may have been deleted`},
		"twice": {"name", "Office", `2 applications have the name "Office". Give the id of the one that you mean:

  - id "` + office + `", version "365"
  - id "second", version "366"`},
		"a blank": {"name", "Viewer ", "begins or ends with a blank"},
	} {
		_, diags := server.Read(appType, map[string]any{test.by: test.value})
		if len(diags.Errors) != 1 || !strings.Contains(diags.Errors[0].Detail, test.want) {
			t.Errorf("%s: %+v lacks %q", name, diags.Errors, test.want)
		}
	}
	_, diags := empty.Read(appType, map[string]any{"name": "Viewer"})
	if len(diags.Errors) != 1 || !strings.Contains(diags.Errors[0].Detail, "it has none at all") {
		t.Errorf("%+v", diags.Errors)
	}
	for _, given := range []map[string]any{{}, {"name": "Viewer", "id": viewer}} {
		if _, diags := server.Read(appType, given); len(diags.Errors) != 1 || !strings.Contains(diags.Errors[0].Detail, "[id,name]") {
			t.Errorf("%v: %+v", given, diags.Errors)
		}
	}
}
