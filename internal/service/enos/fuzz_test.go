// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package enos

import (
	"testing"
	"unicode/utf8"

	"github.com/hashicorp/terraform-plugin-framework/resource"
)

// FuzzImportID: an import id is the organization, a slash and the application, and nothing else is.
func FuzzImportID(f *testing.F) {
	for _, seed := range []string{"o1/a", "o1", "/a", "o1/", "o1/a/b", "", "/", "\xff/\xff", " o1 / a "} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, id string) {
		if id == "" {
			return // the lifecycle refuses it for every resource
		}
		identity, diags := named(t.Context(), nil, resource.ImportStateRequest{ID: id})
		orgID, appID := identity.OrgID.ValueString(), identity.AppID.ValueString()
		if diags.HasError() {
			if orgID != "" || appID != "" || !utf8.ValidString(diags[0].Detail()) {
				t.Fatalf("%q gave %+v and %q", id, identity, diags)
			}
			return
		}
		if orgID == "" || appID == "" || orgID+"/"+appID != id {
			t.Fatalf("%q became %+v", id, identity)
		}
	})
}
