// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package enos

import (
	"slices"
	"strings"
)

// DataAuthorizeType is one right that an application can be given over the data of an organization.
type DataAuthorizeType struct {
	// Name is the value on the wire.
	Name string
	// Unlocks says what the application can do with it, as "read the name of ...".
	Unlocks string
	// Power tells that it lets the application change accounts, rights, roles or menus, or see the
	// rights of everybody.
	Power bool
}

// dataAuthorizeTypes are those of the vendor page "Update Application Authorization", in its order
// (API.md, section 3).
var dataAuthorizeTypes = []DataAuthorizeType{
	{Name: "USER", Unlocks: "read the ID, user name, email and phone number of all users"},
	{Name: "ASSET", Unlocks: "read the ID and name of all assets"},
	{Name: "ROLE", Unlocks: "read the ID and name of all roles"},
	{Name: "USER_OP", Unlocks: "create and delete user accounts", Power: true},
	{Name: "USER_PERMISSION", Unlocks: "authorize users", Power: true},
	{Name: "USER_ALL_PERMISSION", Unlocks: "read the permissions of all users", Power: true},
	{Name: "ROLE_OP", Unlocks: "edit all roles", Power: true},
	{Name: "MENU_GROUP_OP", Unlocks: "edit all menu groups", Power: true},
}

// DataAuthorizeTypes returns the documented types, in the vendor's order.
func DataAuthorizeTypes() []DataAuthorizeType { return slices.Clone(dataAuthorizeTypes) }

// LookupDataAuthorizeType returns a documented type by its exact name.
func LookupDataAuthorizeType(name string) (DataAuthorizeType, bool) {
	for _, t := range dataAuthorizeTypes {
		if t.Name == name {
			return t, true
		}
	}
	return DataAuthorizeType{}, false
}

// canonical writes a documented type as it is documented, whatever its case, since it is not known
// whether the service keeps the case. Other values are returned as they are.
func canonical(name string) string {
	for _, t := range dataAuthorizeTypes {
		if strings.EqualFold(t.Name, name) {
			return t.Name
		}
	}
	return name
}
