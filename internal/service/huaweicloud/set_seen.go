// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud

import (
	"context"
	"encoding/json"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud"
)

// seenApp is what the private state remembers of an application since the last refresh. Terraform plans a destroy in a process of its own,
// after the refresh in another one: without it, the plan would list the applications once more.
type seenApp struct {
	ID   string                `json:"id"`
	Name string                `json:"name,omitempty"`
	Mode api.AuthorizationType `json:"mode,omitempty"`
}

// seenKey names the applications in the private state.
const seenKey = "apps"

// rememberApps notes what a refresh has seen of the applications.
func rememberApps(ctx context.Context, private privateWriter, ids []string, actual api.Actual) diag.Diagnostics {
	apps := make([]seenApp, 0, len(ids))
	for _, id := range ids {
		app := actual[id].App
		apps = append(apps, seenApp{ID: id, Name: app.Name, Mode: app.AuthorizationType})
	}
	text, err := json.Marshal(apps)
	if err != nil {
		panic(err) // texts alone
	}
	return private.SetKey(ctx, seenKey, text)
}

// forgetApps is for what changes the applications: until the next refresh, nothing is remembered of them.
func forgetApps(ctx context.Context, private privateWriter) diag.Diagnostics {
	return private.SetKey(ctx, seenKey, nil)
}

// rememberedApps are the applications as the last refresh has seen them. ok is false when it has not seen all of them, or
// something was applied since.
func rememberedApps(ctx context.Context, private privateReader, ids []string) (apps map[string]api.App, ok bool) {
	text, diags := private.GetKey(ctx, seenKey)
	var seen []seenApp
	if diags.HasError() || json.Unmarshal(text, &seen) != nil {
		return nil, false
	}
	apps = make(map[string]api.App, len(seen))
	for _, app := range seen {
		apps[app.ID] = api.App{ID: app.ID, Name: app.Name, AuthorizationType: app.Mode}
	}
	for _, id := range ids {
		if _, ok := apps[id]; !ok {
			return nil, false
		}
	}
	return apps, true
}
