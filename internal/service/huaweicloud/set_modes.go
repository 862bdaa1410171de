// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud/authset"
)

// modes is what the private state remembers of the applications' modes, since one attribute can't say it of all of them.
type modes struct {
	// Opened tells that the set opened its applications to everybody. When somebody closes one of them the attribute says
	// ASSIGN_USER, and the others still have to be closed by a destroy.
	Opened bool `json:"opened"`
	// Mixed tells that some applications are open and some are not. Whatever the attribute says, it is not true of all.
	Mixed bool `json:"mixed"`
	// Open are the applications that were seen open to everybody. Only these may be closed: a plan has shown
	// it. Null in older states, which don't say.
	Open []string `json:"open_apps"`
	// Gone are the applications that refreshes have dropped from app_ids: a configuration may still name them.
	Gone []string `json:"gone_apps,omitempty"`
}

// newModes is what a state remembers after the set was applied, or read.
func newModes(opened bool, tracked authset.Tracked) modes {
	open := []string{}
	for id, isOpen := range tracked.Open {
		if isOpen {
			open = append(open, id)
		}
	}
	slices.Sort(open)
	return modes{Opened: opened, Mixed: tracked.Mixed, Open: open}
}

// applied is what a set says that was applied without an error.
func applied(set authset.Set) authset.Tracked {
	set.Open = map[string]bool{}
	for _, id := range set.AppIDs {
		set.Open[id] = set.Mode == api.AllUser
	}
	set.Mixed = false
	return authset.Tracked{Set: set}
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
		panic(err) // booleans and texts
	}
	return private.SetKey(ctx, modesKey, text)
}

// prior is what the state remembers: a set that has opened applications owns that, whatever became of one of them.
func (m modes) prior(state setModel) authset.Set {
	set := state.set()
	set.Mixed = m.Mixed
	if m.Open != nil {
		set.Open = map[string]bool{}
		for _, id := range m.Open {
			set.Open[id] = true
		}
	}
	if m.Opened {
		set.Mode = api.AllUser
	}
	return set
}
