// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"errors"
	"fmt"
	"strings"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/shared"
)

// Grant is an OAuth role that somebody holds.
type Grant struct {
	// Grantee is the prefixed universal ID of a user or group, such as
	// "local:{5be5a591-c842-4520-9142-b455f4ad2286}".
	Grantee string
	Role    Role
	// ApplicationID is the ID of the API integration; it belongs to the application roles only.
	ApplicationID string
}

// Key identifies a grant whatever its spelling.
type Key struct {
	grantee     string
	role        Role
	application string
}

// Key returns the identity of the grant. Global roles have no application, whatever ApplicationID
// says: a listing may show one by mistake.
func (g Grant) Key() Key {
	k := Key{grantee: CanonicalGrantee(g.Grantee), role: g.Role}
	if g.Role.OfApplication() {
		k.application = g.ApplicationID
	}
	return k
}

// Holding returns what the grant is of.
func (k Key) Holding() Holding { return Holding{k.role, k.application} }

// Holding is what grantees hold: a role, on an application or on everything.
type Holding struct {
	role        Role
	application string
}

// String names the grant in errors.
func (g Grant) String() string {
	if g.Role.OfApplication() {
		return fmt.Sprintf("%s of application %q for %s", g.Role, g.ApplicationID, shared.Printable(g.Grantee))
	}
	return fmt.Sprintf("%s for %s", g.Role, shared.Printable(g.Grantee))
}

// Check finds what the service would refuse.
func (g Grant) Check() error {
	switch {
	case g.Grantee == "":
		return errors.New("the grantee is empty")
	case !g.Role.grantable():
		return fmt.Errorf("%s cannot be granted", g.Role)
	case g.Role.OfApplication() && g.ApplicationID == "":
		return fmt.Errorf("%s is held on an application, and none is named", g.Role)
	case !g.Role.OfApplication() && g.ApplicationID != "":
		return fmt.Errorf("%s is held on the whole installation, not on application %q", g.Role, g.ApplicationID)
	}
	return nil
}

// CanonicalGrantee writes a prefixed universal ID so that equal identities are equal texts: the
// prefix in lower case, and a universal ID that is a GUID (32 hexadecimal digits, with or without
// dashes and braces) in lower case without either. Any other universal ID is kept as it is:
// directories may use attributes whose case counts.
func CanonicalGrantee(grantee string) string {
	prefix, universal, ok := strings.Cut(grantee, ":")
	if !ok {
		return grantee
	}
	if digits, ok := guidDigits(universal); ok {
		universal = digits
	}
	return strings.ToLower(prefix) + ":" + universal
}

// SameGrantee tells whether two prefixed universal IDs mean the same identity.
func SameGrantee(a, b string) bool { return CanonicalGrantee(a) == CanonicalGrantee(b) }

// IsGUID tells whether a universal ID is a GUID, in any of the spellings that identity providers
// use.
func IsGUID(universal string) bool {
	_, ok := guidDigits(universal)
	return ok
}

const guidLength = 32

// guidDigits returns the 32 digits of a GUID in lower case: 8-4-4-4-12 or without dashes, with or
// without braces.
func guidDigits(s string) (string, bool) {
	if len(s) > 2 && s[0] == '{' && s[len(s)-1] == '}' {
		s = s[1 : len(s)-1]
	}
	dashed := len(s) == guidLength+4
	if !dashed && len(s) != guidLength {
		return "", false
	}
	digits := make([]byte, 0, guidLength)
	for i := range len(s) {
		c := s[i]
		switch {
		case dashed && (i == 8 || i == 13 || i == 18 || i == 23):
			if c != '-' {
				return "", false
			}
			continue
		case '0' <= c && c <= '9', 'a' <= c && c <= 'f':
		case 'A' <= c && c <= 'F':
			c += 'a' - 'A'
		default:
			return "", false
		}
		digits = append(digits, c)
	}
	return string(digits), true
}
