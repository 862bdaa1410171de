// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package enos

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"net/url"
	"slices"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/rest"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/shared"
)

// CreatedType says where an application of an organization comes from.
type CreatedType int

// Values of createdType (vendor page "Get Application Information").
const (
	Obtained CreatedType = 0 // obtained from another organization
	Own      CreatedType = 1 // created in this organization
	Shortcut CreatedType = 2 // a shortcut, which can't be authorized
)

// App is an application as an organization sees it.
type App struct {
	// Name is the default name, or the first that there is.
	Name        string
	CreatedType CreatedType
}

// App returns what the service says of an application (vendor page "Get Application Information").
// appID is the application's access key. It is asked once in a run. The error is ErrAppNotFound
// (errors.Is) when the application doesn't exist or the organization hasn't obtained it.
func (c *Client) App(ctx context.Context, orgID, appID string) (App, error) {
	return c.app(orgID, appID).Latest(ctx)
}

func (c *Client) app(orgID, appID string) *shared.Reading[App] {
	return c.apps.Of(appKey{orgID, appID}, func(ctx context.Context) (App, error) {
		var data struct {
			NameJSON    json.RawMessage `json:"nameJson"`
			DisplayName rest.Text       `json:"displayName"`
			CreatedType rest.Number     `json:"createdType"`
		}
		err := c.call(ctx, rest.Request{
			Operation: "GetApplicationInformation",
			Path:      portal + "/app/get",
			Query:     url.Values{"orgId": {orgID}, "appId": {appID}},
			Header:    contentType,
			Decode:    decode(&data),
		})
		if err != nil {
			if codeOf(err) == codeNotExist {
				err = &AppError{OrgID: orgID, AppID: appID, Reason: ErrAppNotFound, Err: err}
			}
			return App{}, err
		}
		created, ok := data.CreatedType.Int()
		if !ok {
			created = -1
		}
		return App{Name: cmp.Or(localName(data.NameJSON), string(data.DisplayName)), CreatedType: CreatedType(created)}, nil
	})
}

// localName picks a name of {"default": …, "en_US": …}, which may be plain text too.
func localName(raw json.RawMessage) string {
	var names map[string]rest.Text
	if json.Unmarshal(raw, &names) != nil {
		var name rest.Text
		_ = json.Unmarshal(raw, &name)
		return string(name)
	}
	for _, key := range append([]string{"default", "en_US", "zh_CN"}, slices.Sorted(maps.Keys(names))...) {
		if names[key] != "" {
			return string(names[key])
		}
	}
	return ""
}
