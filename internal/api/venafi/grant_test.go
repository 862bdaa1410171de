// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestBaseURL(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"https://tpp.example.com":                  "https://tpp.example.com",
		" https://tpp.example.com/ ":               "https://tpp.example.com",
		"https://tpp.example.com/vedsdk":           "https://tpp.example.com",
		"https://tpp.example.com/VEDsdk//":         "https://tpp.example.com",
		"https://tpp.example.com/vedauth/":         "https://tpp.example.com",
		"https://tpp.example.com:8443/a/vedsdk":    "https://tpp.example.com:8443/a",
		"https://tpp.example.com/vedsdk/vedauth":   "https://tpp.example.com",
		"https://tpp.example.com/my%20tpp/vedsdk/": "https://tpp.example.com/my%20tpp",
		"http://127.0.0.1:8080/vedsdk":             "http://127.0.0.1:8080",
	} {
		if got, err := BaseURL(raw); err != nil || got != want {
			t.Errorf("%q: got %q, %v; want %q", raw, got, err, want)
		}
	}
	for _, raw := range []string{"", " ", "tpp.example.com", "http://tpp.example.com", "https://user:secret@tpp.example.com", "https://tpp.example.com/?a=b"} {
		if got, err := BaseURL(raw); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: got %q, %v; want an error that doesn't repeat it", raw, got, err)
		}
	}
}

func TestSameGrantee(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		a, b string
		want bool
	}{
		{"local:{5be5a591-c842-4520-9142-b455f4ad2286}", "LOCAL:{5BE5A591-C842-4520-9142-B455F4AD2286}", true},
		{"local:{5be5a591-c842-4520-9142-b455f4ad2286}", "local:5be5a591-c842-4520-9142-b455f4ad2286", true},
		{"AD+Corp:7f93d2908020204a959910ea5a5704ff", "ad+corp:7F93D290-8020-204A-9599-10EA5A5704FF", true},
		{"AD+Corp:7f93d2908020204a959910ea5a5704ff", "AD+Other:7f93d2908020204a959910ea5a5704ff", false},
		{"AD+Corp:7f93d2908020204a959910ea5a5704ff", "AD+Corp:7f93d2908020204a959910ea5a5704fe", false},
		{"LDAP+x:uid=Jim", "ldap+X:uid=Jim", true},
		{"LDAP+x:uid=Jim", "LDAP+x:uid=jim", false},
		{"LDAP+x:a:b", "LDAP+x:a", false},
		{"LDAP+x:{a}", "LDAP+x:a", false},
		{"none", "none", true},
		{"none", "NONE", false},
	} {
		if got := SameGrantee(test.a, test.b); got != test.want {
			t.Errorf("%s and %s: got %t", test.a, test.b, got)
		}
	}
}

func TestCanonicalGranteeProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		grantee := rapid.String().Draw(t, "grantee")
		canonical := CanonicalGrantee(grantee)
		if again := CanonicalGrantee(canonical); again != canonical {
			t.Fatalf("%q: %q is not stable: %q", grantee, canonical, again)
		}
		guid := rapid.StringMatching(`[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}`).Draw(t, "guid")
		for _, spelling := range []string{strings.ToUpper(guid), "{" + guid + "}", strings.ReplaceAll(guid, "-", ""), "{" + strings.ToLower(guid) + "}"} {
			if !SameGrantee("local:"+guid, "Local:"+spelling) || !IsGUID(spelling) {
				t.Fatalf("%s is not %s", spelling, guid)
			}
		}
		if IsGUID(guid[:len(guid)-1]) || IsGUID("{"+guid) || IsGUID(guid+"}") || IsGUID("g"+guid[1:]) {
			t.Fatal("taken for a GUID")
		}
	})
}

func TestRoles(t *testing.T) {
	t.Parallel()
	for number, name := range map[Role]string{1: "auditor", 2: "application_maintainer", 3: "application_owner", 5: "grant_admin", 6: "admin"} {
		role, err := ParseRole(name)
		if err != nil || role != number || role.String() != name {
			t.Errorf("%s: got %d, %v", name, role, err)
		}
		if role.OfApplication() == role.Overrides() {
			t.Errorf("%s is of an application and overrides others, or neither", name)
		}
	}
	for _, name := range []string{"", "user", "mixed_owner_maintainer", "Admin", "owner"} {
		if _, err := ParseRole(name); err == nil || !strings.Contains(err.Error(), "application_owner") {
			t.Errorf("%q: got %v", name, err)
		}
	}
	if got := Role(7).String(); got != "role 7" {
		t.Errorf("got %q", got)
	}
}

func TestGrantsAreCheckedBeforeTheyAreSent(t *testing.T) {
	t.Parallel()
	for want, g := range map[string]Grant{
		"grantee":                {Role: Admin},
		"cannot be granted":      {Grantee: "local:x", Role: User},
		"role 9":                 {Grantee: "local:x", Role: 9},
		"none is named":          {Grantee: "local:x", Role: ApplicationOwner},
		"the whole installation": {Grantee: "local:x", Role: Admin, ApplicationID: "a"},
	} {
		if err := g.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: got %v, want %q", g, err, want)
		}
	}
	if (Grant{Grantee: "local:x", Role: Auditor, ApplicationID: "odd"}).Key() != (Grant{Grantee: "LOCAL:x", Role: Auditor}).Key() {
		t.Error("an application makes a difference to a global role")
	}
}

func TestResults(t *testing.T) {
	t.Parallel()
	for result, want := range map[Result][2]string{
		0:  {"Success", "succeeded"},
		16: {"RightsAssignmentError", "right"},
		23: {"ScopeMismatch", "scope"},
		24: {"Result 24", "not documented"},
		-1: {"Result -1", "not documented"},
	} {
		if result.String() != want[0] || !strings.Contains(result.Meaning(), want[1]) {
			t.Errorf("%d: got %s, %s", result, result, result.Meaning())
		}
	}
}
