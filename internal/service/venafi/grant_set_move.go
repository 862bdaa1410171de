// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"context"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/resource"
)

// MoveState lets a `moved` block turn the additive set into the exclusive one and back. Their schemas are the same, so the
// state goes over as it is; the refresh that follows shows what the new owner sees.
func (r *grantSetResource) MoveState(ctx context.Context) []resource.StateMover {
	var schema resource.SchemaResponse
	r.Schema(ctx, resource.SchemaRequest{}, &schema)
	from := additiveGrants
	if !r.kind.exclusive {
		from = exclusiveGrants
	}
	return []resource.StateMover{{
		SourceSchema: &schema.Schema,
		StateMover: func(ctx context.Context, req resource.MoveStateRequest, resp *resource.MoveStateResponse) {
			if !strings.HasSuffix(req.SourceTypeName, from.suffix) || !strings.HasSuffix(req.SourceProviderAddress, "/appaccess") {
				return // not ours: the framework says so
			}
			var state grantSetModel
			if resp.Diagnostics.Append(req.SourceState.Get(ctx, &state)...); resp.Diagnostics.HasError() {
				return
			}
			resp.Diagnostics.Append(resp.TargetState.Set(ctx, &state)...)
		},
	}}
}
