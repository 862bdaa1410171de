// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"context"
	"encoding/json"
	"time"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/rest"
)

// LiveGrant is a token that somebody has. The server's answer holds the token itself and the one
// that renews it: nothing here takes them, and no error quotes the answer.
type LiveGrant struct {
	// Grantee is the person, GrantedTo the trustee whose rule gave the right, such as a group.
	Grantee, GrantedTo string
	// Expires is zero where the token never does, or the server doesn't say.
	Expires time.Time
}

// maxLiveGrants is how many grants of an application are asked for: what there is beyond is not
// counted.
const maxLiveGrants = 100000

// LiveGrants returns the grants of an application, as this run has read them (vendor page "POST
// OAuth/EnumerateGrants").
func (c *Client) LiveGrants(ctx context.Context, applicationID string) ([]LiveGrant, error) {
	return c.oauth.live.Of(applicationID, func(ctx context.Context) ([]LiveGrant, error) {
		if err := needID(applicationID); err != nil {
			return nil, err
		}
		var all []LiveGrant
		body := map[string]any{"ApplicationId": applicationID, "Start": 0, "Count": maxLiveGrants}
		err := c.oauthCall(ctx, rest.Read, "EnumerateGrants", body, func(b []byte) error {
			var err error
			all, err = decodeLiveGrants(b)
			return err
		})
		return all, err
	}).Get(ctx, 0)
}

func decodeLiveGrants(b []byte) ([]LiveGrant, error) {
	var answer struct {
		Grants []struct {
			GranteePrefixedUniversal, GrantedToPrefixedUniversal, ExpiresISO8601 rest.Text
		}
	}
	if json.Unmarshal(b, &answer) != nil {
		return nil, &rest.Error{Message: "answered no list of grants"}
	}
	all := make([]LiveGrant, 0, len(answer.Grants))
	for _, g := range answer.Grants {
		expires, _ := time.Parse(time.RFC3339, string(g.ExpiresISO8601))
		all = append(all, LiveGrant{Grantee: string(g.GranteePrefixedUniversal), GrantedTo: string(g.GrantedToPrefixedUniversal), Expires: expires})
	}
	return all, nil
}
