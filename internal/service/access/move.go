// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package access

import (
	"context"
	"path"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
)

// FromSibling lets a `moved` block turn the additive resource into the exclusive one and back.
// Their schemas are the same, so the state and the private state go over as they are; the refresh
// that follows shows what the new owner sees.
func (r *Resource[M, PM, S]) FromSibling(schema schema.Schema) resource.StateMover {
	return resource.StateMover{
		SourceSchema: &schema,
		StateMover: func(ctx context.Context, req resource.MoveStateRequest, resp *resource.MoveStateResponse) {
			if r.Sibling == "" || !strings.HasSuffix(req.SourceTypeName, r.Sibling) || !OfProvider(req, "appaccess") || req.SourceState == nil {
				return // not ours: the framework says so
			}
			state := new(M)
			if resp.Diagnostics.Append(req.SourceState.Get(ctx, state)...); resp.Diagnostics.HasError() {
				return
			}
			resp.Diagnostics.Append(resp.TargetState.Set(ctx, state)...)
			resp.TargetPrivate = req.SourcePrivate
		},
	}
}

// OfProvider tells whether a resource that is moved comes from the provider of a name, whoever
// publishes it: "huaweicloud" is registry.terraform.io/huaweicloud/huaweicloud. OpenTofu
// before 1.12.4 gives the name alone.
func OfProvider(req resource.MoveStateRequest, name string) bool {
	return path.Base(req.SourceProviderAddress) == name
}
