// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"context"
	"net/http"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/rest"
)

// GrantRole asks the service to grant a role (vendor page "POST OAuth/GrantRole"). It is sent again
// only where the service surely did not act: there is no code for "already granted", and after any
// other failure a listing has to tell what became of it.
func (c *Client) GrantRole(ctx context.Context, g Grant) error {
	return c.writeRole(ctx, "GrantRole", "/vedsdk/oauth/grantrole", g)
}

// RevokeRole asks the service to revoke a role (vendor page "POST OAuth/RevokeRole"), in the same
// way.
func (c *Client) RevokeRole(ctx context.Context, g Grant) error {
	return c.writeRole(ctx, "RevokeRole", "/vedsdk/oauth/revokerole", g)
}

func (c *Client) writeRole(ctx context.Context, operation, path string, g Grant) error {
	return c.call(ctx, c.api, rest.Request{
		Operation: operation,
		Method:    http.MethodPost,
		Path:      path,
		Body: struct {
			Grantee       string `json:"GranteePrefixedUniversal"`
			Role          Role   `json:"Role"`
			ApplicationID string `json:"ApplicationId,omitempty"`
		}{g.Grantee, g.Role, g.ApplicationID},
		Kind:   rest.Write,
		Repeat: rest.RepeatUnsent,
		Grace:  writeGrace,
		Decode: decodeEnvelope,
	})
}
