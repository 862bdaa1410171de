// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/hashicorp/terraform-plugin-framework/resource"
)

// FuzzImportID: the applications of an import are those between its commas, each once, and none is
// empty.
func FuzzImportID(f *testing.F) {
	for _, seed := range []string{"a", "a,b", " a , b ", "a,,b", "a,a", "", ",", "a/b", "\xff", "a\nb"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, id string) {
		ids, diags := importIDs(t.Context(), nil, resource.ImportStateRequest{ID: id})
		if diags.HasError() {
			if len(ids) > 0 || !utf8.ValidString(diags[0].Detail()) {
				t.Fatalf("%q gave %q and %q", id, ids, diags)
			}
			return
		}
		seen := map[string]bool{}
		for _, id := range ids {
			if id == "" || seen[id] || strings.TrimSpace(id) != id {
				t.Fatalf("%q", ids)
			}
			seen[id] = true
		}
		again, diags := importIDs(t.Context(), nil, resource.ImportStateRequest{ID: strings.Join(ids, ",")})
		if diags.HasError() || !slices.Equal(again, ids) || len(ids) != 1+strings.Count(id, ",") {
			t.Fatalf("%q became %q, and that %q", id, ids, again)
		}
	})
}

// FuzzMemory: what is read of the private state is what would be written.
func FuzzMemory(f *testing.F) {
	for _, seed := range []string{`{"opened":true,"mixed":false}`, `{}`, `null`, `{"opened":7}`, `{"opened":false,"open_apps":["a"]}`, `{"open_apps":[]}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var seen, again memory
		if json.Unmarshal(text, &seen) != nil {
			return
		}
		written, err := json.Marshal(seen)
		if err != nil || json.Unmarshal(written, &again) != nil || !reflect.DeepEqual(again, seen) {
			t.Fatalf("%q became %+v, and that %+v: %v", text, seen, again, err)
		}
	})
}
