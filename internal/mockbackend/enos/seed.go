// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package enos

import (
	"encoding/json"
	"fmt"
	"slices"
)

// Seed is the whole data of the mock service, as a person writes it.
type Seed struct {
	// TokenValiditySeconds is the lifetime of an access token; 0 is 7200.
	TokenValiditySeconds int `json:"token_validity_seconds,omitempty"`
	// ExtraTypes are authorization types that the service knows besides the eight documented ones.
	ExtraTypes []string `json:"extra_types,omitempty"`
	// ServiceAccounts are the applications that may call the API.
	ServiceAccounts []ServiceAccount `json:"service_accounts"`
	// Organizations are the organization units with the applications they own, have obtained, or
	// link to.
	Organizations []Organization `json:"organizations"`
}

// ServiceAccount is the access key and secret key of an application, and what the system
// administrator granted it.
type ServiceAccount struct {
	AccessKey string `json:"access_key"`
	// SecretKey is blank in a snapshot; restoring a blank one keeps the key that the account had.
	SecretKey string `json:"secret_key,omitempty"`
	// MayRead and MayAuthorize are the administrator's grant to read and to change the
	// authorizations of applications.
	MayRead      bool `json:"may_read"`
	MayAuthorize bool `json:"may_authorize"`
}

// Organization is an organization unit (OU).
type Organization struct {
	ID           string        `json:"id"`
	Name         string        `json:"name,omitempty"`
	Applications []Application `json:"applications"`
}

// CreatedType says how an application came to an organization.
type CreatedType int

// The values of createdType, as the vendor page "Get Application Information" numbers them.
const (
	Obtained CreatedType = 0
	Own      CreatedType = 1
	Shortcut CreatedType = 2
)

var createdTypes = []string{Obtained: "obtained", Own: "own", Shortcut: "shortcut"}

// MarshalJSON writes the name.
func (c CreatedType) MarshalJSON() ([]byte, error) {
	if int(c) < 0 || int(c) >= len(createdTypes) {
		return nil, fmt.Errorf("created_type %d is none of %v", int(c), createdTypes)
	}
	return json.Marshal(createdTypes[c])
}

// UnmarshalJSON reads the name.
func (c *CreatedType) UnmarshalJSON(data []byte) error {
	var name string
	if err := json.Unmarshal(data, &name); err != nil {
		return fmt.Errorf("created_type is one of %v: %w", createdTypes, err)
	}
	i := slices.Index(createdTypes, name)
	if i < 0 {
		return fmt.Errorf("created_type %q is none of %v", name, createdTypes)
	}
	*c = CreatedType(i)
	return nil
}

// Application is one application of an organization.
type Application struct {
	// AccessKey is what the app-portal calls name appId.
	AccessKey string `json:"access_key"`
	// ID is the console's internal id, which app/get answers.
	ID          string      `json:"id,omitempty"`
	Code        string      `json:"code,omitempty"`
	Name        string      `json:"name"`
	CreatedType CreatedType `json:"created_type"`
	// DataAuthorizeTypes is the application's authorization in this organization. It may hold
	// values that the documentation doesn't know.
	DataAuthorizeTypes []string `json:"data_authorize_types"`
}

// types are the documented authorization types; see the vendor page "Update Application
// Authorization".
var types = []string{
	"USER", "ASSET", "ROLE", "USER_OP", "USER_PERMISSION", "USER_ALL_PERMISSION", "ROLE_OP", "MENU_GROUP_OP",
}

// check says what is wrong with a seed.
func (s Seed) check() error {
	if s.TokenValiditySeconds < 0 {
		return fmt.Errorf("token_validity_seconds is %d, and cannot be below 0", s.TokenValiditySeconds)
	}
	accounts := map[string]bool{}
	for i, account := range s.ServiceAccounts {
		if account.AccessKey == "" {
			return fmt.Errorf("service_accounts[%d] has no access_key", i)
		}
		if accounts[account.AccessKey] {
			return fmt.Errorf("service account %q stands twice", account.AccessKey)
		}
		accounts[account.AccessKey] = true
	}
	orgs := map[string]bool{}
	for i, org := range s.Organizations {
		if org.ID == "" {
			return fmt.Errorf("organizations[%d] has no id", i)
		}
		if orgs[org.ID] {
			return fmt.Errorf("organization %q stands twice", org.ID)
		}
		orgs[org.ID] = true
		apps := map[string]bool{}
		for j, app := range org.Applications {
			if app.AccessKey == "" {
				return fmt.Errorf("organization %q: applications[%d] has no access_key", org.ID, j)
			}
			if apps[app.AccessKey] {
				return fmt.Errorf("organization %q: application %q stands twice", org.ID, app.AccessKey)
			}
			apps[app.AccessKey] = true
		}
	}
	return nil
}
