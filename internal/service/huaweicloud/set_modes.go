// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud

import (
	"context"
	"encoding/json"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud"
)

// modes is what the private state remembers of the applications' modes, since one attribute can't say it of all of them.
type modes struct {
	// Opened tells that the set opened its applications to everybody. When somebody closes one of them the attribute says
	// ASSIGN_USER, and the others still have to be closed by a destroy.
	Opened bool `json:"opened"`
	// Mixed tells that some applications are open and some are not. Whatever the attribute says, it is not true of all.
	Mixed bool `json:"mixed"`
}

// modesKey names the modes in the private state.
const modesKey = "modes"

type privateReader interface {
	GetKey(ctx context.Context, key string) ([]byte, diag.Diagnostics)
}

type privateWriter interface {
	SetKey(ctx context.Context, key string, value []byte) diag.Diagnostics
}

func readModes(ctx context.Context, private privateReader) (modes, diag.Diagnostics) {
	text, diags := private.GetKey(ctx, modesKey)
	var m modes
	if len(text) > 0 && !diags.HasError() {
		if err := json.Unmarshal(text, &m); err != nil {
			diags.AddError("Unreadable private state", "What the state remembers of the applications' modes can't be read: "+err.Error())
		}
	}
	return m, diags
}

func (m modes) write(ctx context.Context, private privateWriter) diag.Diagnostics {
	text, err := json.Marshal(m)
	if err != nil {
		panic(err) // two booleans
	}
	return private.SetKey(ctx, modesKey, text)
}

// prior is what the state remembers: a set that has opened applications owns that, whatever became of one of them.
func (m modes) prior(state setModel) api.Set {
	set := state.set()
	set.Mixed = m.Mixed
	if m.Opened {
		set.Mode = api.AllUser
	}
	return set
}
