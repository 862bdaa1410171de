// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud

import (
	"context"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/resource"
)

// MoveState lets a `moved` block turn the additive set into the exclusive one and back. Their schemas are the same, so
// the state goes over as it is; the refresh that follows shows what the new owner sees.
func (r *setResource) MoveState(ctx context.Context) []resource.StateMover {
	var schema resource.SchemaResponse
	r.Schema(ctx, resource.SchemaRequest{}, &schema)
	from := additiveSet
	if !r.kind.exclusive {
		from = exclusiveSet
	}
	return []resource.StateMover{{
		SourceSchema: &schema.Schema,
		StateMover: func(ctx context.Context, req resource.MoveStateRequest, resp *resource.MoveStateResponse) {
			if !strings.HasSuffix(req.SourceTypeName, from.suffix) || !strings.HasSuffix(req.SourceProviderAddress, "/appaccess") {
				return // not ours: the framework says so
			}
			var state setModel
			if resp.Diagnostics.Append(req.SourceState.Get(ctx, &state)...); resp.Diagnostics.HasError() {
				return
			}
			resp.Diagnostics.Append(resp.TargetState.Set(ctx, &state)...)
			resp.TargetPrivate = req.SourcePrivate
		},
	}}
}
