// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package access

import (
	"bytes"
	"context"
	"encoding/json"

	"github.com/hashicorp/terraform-plugin-framework/diag"
)

// memoryKey names in the private state what a resource remembers beyond its attributes.
const memoryKey = "access"

// memory is what the private state remembers.
type memory struct {
	// Place is where the access was granted. A state of an older provider has none, and takes that
	// of its next refresh.
	Place string `json:"place,omitempty"`
	// Held is what destroying the resource would revoke. A replacement is planned by a call that
	// sees no state.
	Held Loss `json:"held"`
	// Target is what would import the resource.
	Target string `json:"target,omitempty"`
	// Set is what the service remembers of the set.
	Set json.RawMessage `json:"set,omitempty"`

	text []byte
}

type privateReader interface {
	GetKey(ctx context.Context, key string) ([]byte, diag.Diagnostics)
}

type privateWriter interface {
	SetKey(ctx context.Context, key string, value []byte) diag.Diagnostics
}

// recall reads the private state. What can't be read is an error: to forget it could revoke too
// much or too little.
func recall(ctx context.Context, private privateReader) (m memory, diags diag.Diagnostics) {
	m.text, diags = private.GetKey(ctx, memoryKey)
	if len(m.text) == 0 || diags.HasError() {
		return m, diags
	}
	if err := json.Unmarshal(m.text, &m); err != nil {
		diags.AddError("Unreadable private state", "What the state remembers of where the access was granted can't be read: "+err.Error())
	}
	return m, diags
}

// elsewhere is the place that the state remembers when it is another one than that of the provider.
func (m memory) elsewhere(place string) string {
	if m.Place == "" || m.Place == place || Moved() {
		return ""
	}
	return m.Place
}

// recall reads what the service remembers of the set.
func (m memory) recall(into any) {
	if len(m.Set) > 0 {
		_ = json.Unmarshal(m.Set, into) // written below by the same types
	}
}

// set is the model in the service's terms, with what is remembered of it.
func (r *Resource[M, PM, S]) set(model PM, m memory) S {
	set := model.Set()
	if r.Memory != nil {
		m.recall(r.Memory(&set))
	}
	return set
}

// remember writes what there is to remember of a set, if it is anything new.
func (op *operation[M, PM, S]) remember(private privateWriter, m memory, set S) diag.Diagnostics {
	ctx := context.WithoutCancel(op.ctx)
	before := m.text
	m.Place, m.Held, m.Target, m.Set = op.place, op.Held(set), op.ImportID(set), nil
	if op.Memory != nil {
		m.Set = mustMarshal(op.Memory(&set))
	}
	if text := mustMarshal(m); !bytes.Equal(text, before) {
		return private.SetKey(ctx, memoryKey, text)
	}
	return nil
}

func mustMarshal(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // texts, numbers and maps of them
	}
	return text
}
