// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/enos"
)

var enosBlock = block{
	name:    "enos",
	service: "EnOS",
	description: "The application portal of Envision EnOS. Needed only when something of this service is used; what is left " +
		"out or empty is read from the environment.",
	texts: []text{
		{
			name: "gateway_url", env: "ENOS_GATEWAY_URL", check: isURL,
			description: "The address of the API gateway, which the EnOS Management Console shows under Help > Environment " +
				"Information. `http` is accepted for loopback addresses only.",
		},
		{
			name: "access_key", env: "ENOS_ACCESS_KEY",
			description: "The access key of the service account, which is an application of its own.",
		},
		{
			name: "secret_key", env: "ENOS_SECRET_KEY", sensitive: true,
			description: "The secret key that belongs to `access_key`. It signs requests and is never sent.",
		},
		{
			name: "org_id", env: "ENOS_ORG_ID",
			description: "The organization (OU) of the resources and data sources that name none.",
		},
	},
}

func (p *appaccess) enosConfig(_ context.Context, s *settings) (enos.Config, diag.Diagnostics) {
	if unset := s.unset("gateway_url", "access_key", "secret_key"); len(unset) > 0 {
		return enos.Config{}, s.missing(unset...)
	}
	return enos.Config{
		Rest:       p.rest(s),
		GatewayURL: s.get("gateway_url"),
		AccessKey:  s.get("access_key"),
		SecretKey:  s.get("secret_key"),
		From:       s.sources([]string{"access_key", "secret_key"}),
	}, nil
}
