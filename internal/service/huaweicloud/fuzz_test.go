// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud

import (
	"context"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
)

// FuzzImportID: the applications of an import are those between its commas, each once, and none is empty.
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

// privateState is a private state that anybody may have edited.
type privateState map[string][]byte

func (p privateState) GetKey(_ context.Context, key string) ([]byte, diag.Diagnostics) {
	return p[key], nil
}

func (p privateState) SetKey(_ context.Context, key string, value []byte) diag.Diagnostics {
	p[key] = value
	return nil
}

// FuzzPrivateState: what is read of the private state is what would be written, or it is refused, or as if there were none.
func FuzzPrivateState(f *testing.F) {
	for _, seed := range []string{`{"opened":true,"mixed":false}`, `{}`, ``, `null`, `[]`, `{"opened":7}`, `{"opened":false,"open_apps":["a"]}`, `{"open_apps":[]}`, `[null]`, "\xff"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		private := privateState{modesKey: text}
		seen, diags := readModes(t.Context(), private)
		if diags.HasError() {
			if json.Valid(text) && seen.Opened {
				t.Fatalf("%q gave %+v and %q", text, seen, diags)
			}
		} else {
			written := privateState{}
			seen.write(t.Context(), written)
			if again, diags := readModes(t.Context(), written); diags.HasError() || !reflect.DeepEqual(again, seen) {
				t.Fatalf("%q became %+v, and that %+v", text, seen, again)
			}
		}
	})
}
