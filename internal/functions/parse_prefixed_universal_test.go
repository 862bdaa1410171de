// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package functions

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

func TestParsePrefixedUniversal(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]parts{
		"local:{5be5a591-c842-4520-9142-b455f4ad2286}":       {"local", "local", "", "{5be5a591-c842-4520-9142-b455f4ad2286}"},
		"AD+corp:7f93d2908020204a959910ea5a5704ff":           {"AD+corp", "AD", "corp", "7f93d2908020204a959910ea5a5704ff"},
		"AD+VenafiLab-AD.1:1932309a28daf34db5c942630c3a2cc4": {"AD+VenafiLab-AD.1", "AD", "VenafiLab-AD.1", "1932309a28daf34db5c942630c3a2cc4"},
		"LDAP+dir:uid=jdoe:x,ou=people":                      {"LDAP+dir", "LDAP", "dir", "uid=jdoe:x,ou=people"},
		"LDAP+a+b:6ef23fe2-0728-4930-87a8-e1513d7087e4":      {"LDAP+a+b", "LDAP", "a+b", "6ef23fe2-0728-4930-87a8-e1513d7087e4"},
		"ad+corp:7F93D2908020204A959910EA5A5704FF":           {"ad+corp", "ad", "corp", "7F93D2908020204A959910EA5A5704FF"},
	} {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			got, err := run(t, NewParsePrefixedUniversal(), types.ObjectUnknown(partsType), types.StringValue(id))
			if err != nil {
				t.Fatal(err)
			}
			name := types.StringNull()
			if want.name != "" {
				name = types.StringValue(want.name)
			}
			wanted := types.ObjectValueMust(partsType, map[string]attr.Value{
				"prefix": types.StringValue(want.prefix), "provider": types.StringValue(want.provider),
				"name": name, "universal": types.StringValue(want.universal),
			})
			if !got.Equal(wanted) {
				t.Errorf("got %v, want %v", got, wanted)
			}
		})
	}
}

func TestParsePrefixedUniversalRefuses(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]string{
		"":       "no colon",
		"bob":    "no colon",
		"local:": "nothing behind the colon",
		"local+x:{5be5a591-c842-4520-9142-b455f4ad2286}": "only one",
		"AD:7f93d2908020204a959910ea5a5704ff":            "lacks the name of the AD provider",
		"LDAP+:x":                                        "lacks the name of the LDAP provider",
		"local:admin":                                    "is a name",
		"AD+corp:jdoe":                                   "is a name",
		"github:x":                                       `the prefix "github"`,
		" AD+corp:7f93d2908020204a959910ea5a5704ff":      "blank",
		"LDAP+dir:uid=jdoe\x00":                          "control character",
	} {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			_, err := run(t, NewParsePrefixedUniversal(), types.ObjectUnknown(partsType), types.StringValue(id))
			if err == nil || !strings.Contains(err.Text, want) {
				t.Errorf("got %v, want %q", err, want)
			}
		})
	}
}

// Nothing is lost when an ID is taken apart.
func FuzzParse(f *testing.F) {
	for _, id := range []string{"local:{5be5a591-c842-4520-9142-b455f4ad2286}", "AD+corp:7f93", "LDAP+a:b:c", "x", "AD+:"} {
		f.Add(id)
	}
	f.Fuzz(func(t *testing.T, id string) {
		p, problem := parse(id)
		if problem != "" {
			return
		}
		prefix := p.provider
		if p.name != "" {
			prefix += "+" + p.name
		}
		if prefix != p.prefix || p.prefix+":"+p.universal != id {
			t.Errorf("%q became %+v", id, p)
		}
	})
}
