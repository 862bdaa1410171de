// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"fmt"
	"strings"
)

// Role is an OAuth role by the number that the service gives it (vendor page "OAuth Roles";
// OAuthRole in the vendor's OpenAPI).
type Role int

// The roles. Use is no role of the service: it is what a rule gives, the right to get tokens for an
// application. User is what everybody has who holds none, and MixedOwnerMaintainer is worked out by
// the service: neither can be granted.
const (
	Use                   Role = -1
	User                  Role = 0
	Auditor               Role = 1
	ApplicationMaintainer Role = 2
	ApplicationOwner      Role = 3
	MixedOwnerMaintainer  Role = 4
	GrantAdmin            Role = 5
	Admin                 Role = 6
)

var roleNames = map[Role]string{
	Use:                   "use",
	User:                  "user",
	Auditor:               "auditor",
	ApplicationMaintainer: "application_maintainer",
	ApplicationOwner:      "application_owner",
	MixedOwnerMaintainer:  "mixed_owner_maintainer",
	GrantAdmin:            "grant_admin",
	Admin:                 "admin",
}

// GrantableRoles returns the roles that can be granted, in the order of their numbers.
func GrantableRoles() []Role {
	return []Role{Auditor, ApplicationMaintainer, ApplicationOwner, GrantAdmin, Admin}
}

// ParseRole returns the grantable role of a name such as "application_owner".
func ParseRole(name string) (Role, error) {
	var names []string
	for _, r := range GrantableRoles() {
		if r.String() == name {
			return r, nil
		}
		names = append(names, r.String())
	}
	return 0, fmt.Errorf("role %q does not exist or cannot be granted: use one of %s", name, strings.Join(names, ", "))
}

// String returns the name, or "role 7" for a number that is not documented.
func (r Role) String() string {
	if name := roleNames[r]; name != "" {
		return name
	}
	return fmt.Sprintf("role %d", int(r))
}

// OfApplication tells that the role is held on one application. The others are held on the whole
// installation.
func (r Role) OfApplication() bool {
	return r == ApplicationMaintainer || r == ApplicationOwner || r == Use
}

// Overrides tells that whoever holds this role loses what the application roles give: the service
// looks at the global role alone (vendor page "OAuth Roles").
func (r Role) Overrides() bool {
	return r == Auditor || r == GrantAdmin || r == Admin
}

func (r Role) grantable() bool { return r.OfApplication() || r.Overrides() }
