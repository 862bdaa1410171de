// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

// Package service is what the rooms of the services share: the connections that the provider block
// configures.
package service

import (
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/enos"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud/authset"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/venafi"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/venafi/grantset"
)

// Data is what the configured provider gives to everything that is registered. There is one in a
// run.
type Data struct {
	Huaweicloud *Connection[*huaweicloud.Client]
	Enos        *Connection[*enos.Client]
	Venafi      *Connection[*venafi.Client]
	// VenafiRoles is what the resources of Venafi roles and rules share in a run.
	VenafiRoles *Connection[*grantset.Run]

	// HuaweicloudCounts gives what the applies of a run know of the counts of Workspace; nil where
	// every account is to be read.
	HuaweicloudCounts func() *authset.Counts
	// EnosOrgID is the organization of EnOS resources that name none: null when it is not set,
	// unknown when it is known only after apply.
	EnosOrgID types.String

	// What the resources of each service claim in this plan. They are nil when the provider may
	// serve several plans one after the other: see Claims.
	HuaweicloudClaims *Claims[huaweicloud.Handle]
	EnosClaims        *Claims[string] // nobody is granted an application's list but the application
	VenafiClaims      *Claims[string] // grantees as the client's CanonicalGrantee writes them

	// What each service counts in this plan; nil as above.
	HuaweicloudTally, EnosTally, VenafiTally *Tally
	// HuaweicloudReservations are what this apply wants; nil as above.
	HuaweicloudReservations *authset.Reservations
	// VenafiIssuers is where the JWT mappings of this plan say that their issuer publishes its
	// keys; nil as above.
	VenafiIssuers *Agreement
	// VenafiApplications and VenafiMappings are the applications and the JWT mappings of this plan,
	// and which resource each belongs to; nil as above.
	VenafiApplications, VenafiMappings *Agreement
	// EnosReservations are the applications whose list this apply has set; nil as above.
	EnosReservations *Reservations
}

// DataFrom returns the Data in what a Configure method is given. It is nil before the provider is
// configured, as in `terraform validate`, and then nothing is asked of any service.
func DataFrom(providerData any) (*Data, diag.Diagnostics) {
	if providerData == nil {
		return nil, nil
	}
	data, ok := providerData.(*Data)
	if !ok {
		return nil, diag.Diagnostics{diag.NewErrorDiagnostic("Unexpected provider data",
			fmt.Sprintf("Expected %T, got %T. This is a bug in the provider: please report it.", data, providerData))}
	}
	return data, nil
}
