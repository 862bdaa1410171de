// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"unique"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/shared"
)

// Limits of one BatchUpdateAppAuthorizations request and of the names in it (vendor page
// BatchUpdateAppAuthorizations).
const (
	// MaxAppsPerRequest is the number of unique app_ids in one request.
	MaxAppsPerRequest = 20
	// MaxAccountsPerRequest is the number of unique users, and of unique del_users, in one request.
	MaxAccountsPerRequest = 100
	// MaxAppIDLength is the length of an app id in characters.
	MaxAppIDLength = 128
	// MaxAccountLength is the length of an account in characters.
	MaxAccountLength = 128
	// MaxDomainLength is the length of a domain in characters.
	MaxDomainLength = 64
	// DefaultDomain is the domain of an account that names none.
	DefaultDomain = "local.com"
)

// ErrAppNotFound is in the chain of errors about an application that does not exist (404
// WKS.00211902).
var ErrAppNotFound = errors.New("the application does not exist")

// AccountType tells users from groups. Values that are not among the constants are kept as the
// service sent them.
type AccountType string

const (
	// Simple is a user.
	Simple AccountType = "SIMPLE"
	// UserGroup is a user group.
	UserGroup AccountType = "USER_GROUP"
)

// AuthorizationType is the mode of an application. Values that are not among the constants are kept
// as the service sent them; "" means that the service sent none.
type AuthorizationType string

const (
	// AllUser opens the application to everybody.
	AllUser AuthorizationType = "ALL_USER"
	// AssignUser opens it to the accounts that it lists.
	AssignUser AuthorizationType = "ASSIGN_USER"
)

// PlatformType is where an account lives. "" is left out of requests.
type PlatformType string

const (
	// AD is an Active Directory domain.
	AD PlatformType = "AD"
	// Local is the service's own directory.
	Local PlatformType = "LOCAL"
)

// Account is the identity of an authorization: who may use an application. The platform type is an
// attribute, not part of it.
type Account struct {
	Type   AccountType
	Domain string // never "" in a Handle
	Name   string
}

// Handle is an Account that is held in memory once, however many applications list it: 8 bytes,
// comparable, cheap as a map key.
type Handle = unique.Handle[Account]

// Handle gives the handle of a; a domain "" becomes DefaultDomain.
func (a Account) Handle() Handle {
	if a.Domain == "" {
		a.Domain = DefaultDomain
	}
	return unique.Make(a)
}

// Accounts are the authorizations of one application as the service lists them. The platform type
// is "" where the service does not say.
type Accounts map[Handle]PlatformType

// App is an application of the App Center (vendor page ListApps).
type App struct {
	ID                string
	Name              string
	Version           string
	AuthorizationType AuthorizationType
	Status            string // NORMAL or FORBIDDEN
	ApplicationSource string // CUSTOM, SYSTEM or MARKET
}

// Authorization is an account as a request names it.
type Authorization struct {
	Account

	PlatformType PlatformType
}

// Assignment is one BatchUpdateAppAuthorizations request: Users are added to and DelUsers removed
// from each of the applications, and AuthorizationType becomes the mode of each.
type Assignment struct {
	AppIDs            []string // 1 to MaxAppsPerRequest, unique
	AuthorizationType AuthorizationType
	Users             []Authorization // up to MaxAccountsPerRequest, unique
	DelUsers          []Authorization // up to MaxAccountsPerRequest, unique, none of them in Users

	// Allow, when given, is asked just before the request is sent, when no other request about its
	// applications is under way. Its error keeps the request from being sent.
	Allow func() error
	// Done, when given, is told how the request has ended, before any other request about its
	// applications.
	Done func(err error)
}

// String names an account the way the state does: "domain/name", and "group:domain/name" for a user
// group.
func (a Account) String() string {
	name := a.Domain + "/" + a.Name
	if a.Type == UserGroup {
		return "group:" + name
	}
	return name
}

// Printable names an account for people: what would move a cursor or turn text around is written as
// an escape.
func (a Account) Printable() string { return shared.Printable(a.String()) }

// String names an application for people: its name, where it has one, and its id.
func (a App) String() string {
	if a.Name == "" {
		return "application " + shared.Printable(a.ID)
	}
	return fmt.Sprintf("application %q (%s)", a.Name, shared.Printable(a.ID))
}

// Compare orders accounts by type, domain and name.
func (a Account) Compare(b Account) int {
	// Most have type and domain in common: to see that two texts are one in memory takes no look at
	// them.
	switch {
	case a.Type != b.Type:
		return strings.Compare(string(a.Type), string(b.Type))
	case a.Domain != b.Domain:
		return strings.Compare(a.Domain, b.Domain)
	}
	return strings.Compare(a.Name, b.Name)
}

// Identity tells one map from another, as long as both are alive. The client gives applications
// that list the same accounts one map, so that what holds for one of them is worked out once. Where
// it doesn't, the result is the same and costs more.
func (a Accounts) Identity() uintptr { return reflect.ValueOf(a).Pointer() }
