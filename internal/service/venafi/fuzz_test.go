// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/hashicorp/terraform-plugin-framework/resource"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/venafi"
)

var importIDs = []string{
	"admin/local:{5be5a591-c842-4520-9142-b455f4ad2286}", "application_owner/MyIntegration/local:{5be5a591-c842-4520-9142-b455f4ad2286}",
	"application_owner/a/b/AD+corp:7f93d2908020204a959910ea5a5704ff", "application_maintainer/x", "application_maintainer/", "application_maintainer", "auditor", "admin/x", "user/local:x", "", "/",
	"application_owner//local:{5be5a591-c842-4520-9142-b455f4ad2286}", "application_owner/a/LDAP+x:cn=a/b", "\xff/\xff",
}

// FuzzImportGrant: nothing of an import id is lost, and what it names can be granted.
func FuzzImportGrant(f *testing.F) {
	for _, seed := range importIDs {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, id string) {
		identity, diags := importGrant(t.Context(), resource.ImportStateRequest{ID: id})
		if diags.HasError() {
			if text := diags[0].Detail(); text == "" || utf8.ValidString(id) && !utf8.ValidString(text) {
				t.Fatalf("%q gave %q", id, text)
			}
			return
		}
		parts := []string{identity.Role.ValueString(), identity.ApplicationID.ValueString(), identity.Grantee.ValueString()}
		if identity.ApplicationID.IsNull() {
			parts = []string{parts[0], parts[2]}
		}
		role, err := api.ParseRole(parts[0])
		if err != nil || strings.Join(parts, "/") != id || role.OfApplication() != (len(parts) == 3) || granteeProblem(parts[len(parts)-1]) != "" {
			t.Fatalf("%q became %q, %v", id, parts, err)
		}
	})
}

// FuzzImportGrantSet: the same of sets.
func FuzzImportGrantSet(f *testing.F) {
	for _, seed := range importIDs {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, id string) {
		identity, diags := importGrantSet(t.Context(), resource.ImportStateRequest{ID: id})
		if diags.HasError() {
			if diags[0].Detail() == "" {
				t.Fatalf("%q is refused without a word", id)
			}
			return
		}
		role, err := api.ParseRole(identity.Role.ValueString())
		application := identity.ApplicationID.ValueString()
		if err != nil || role.OfApplication() != (application != "") || identity.Role.ValueString()+strings.Repeat("/", min(1, len(application)))+application != id {
			t.Fatalf("%q became %+v, %v", id, identity, err)
		}
	})
}

// FuzzGranteeProblem: what has no problem is an ID that the client takes apart, and what has one is
// told in words.
func FuzzGranteeProblem(f *testing.F) {
	for _, seed := range []string{
		"local:{5be5a591-c842-4520-9142-b455f4ad2286}", "local:5be5a591-c842-4520-9142-b455f4ad2286", "local:admin", "AD+corp:x", "AD+corp:7f93d2908020204a959910ea5a5704ff", "LDAP+x:cn=a:b",
		"", " ", "5be5a591-c842-4520-9142-b455f4ad2286", ":", "AD+:x", "\xff", "local:\n",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, grantee string) {
		problem := granteeProblem(grantee)
		if problem != "" {
			if !utf8.ValidString(problem) {
				t.Fatalf("%q: %q", grantee, problem)
			}
			return
		}
		prefix, universal, ok := strings.Cut(grantee, ":")
		if !ok || prefix == "" || universal == "" || strings.TrimSpace(grantee) != grantee {
			t.Fatalf("%q is no prefixed universal ID", grantee)
		}
	})
}
