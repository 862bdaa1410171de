// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package service

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// NewListResult makes a result whose resource can be read into a model: every attribute is null,
// and has its type.
func NewListResult(ctx context.Context, req list.ListRequest) list.ListResult {
	result := req.NewListResult(ctx)
	object, ok := result.Resource.Schema.Type().TerraformType(ctx).(tftypes.Object)
	if !ok {
		return result // a schema is an object
	}
	attributes := make(map[string]tftypes.Value, len(object.AttributeTypes))
	for name, attribute := range object.AttributeTypes {
		attributes[name] = tftypes.NewValue(attribute, nil)
	}
	result.Resource.Raw = tftypes.NewValue(object, attributes)
	return result
}

// Push hands results on until the limit is reached, which 0 is none of, or nobody listens any more.
// After an error nothing follows.
type Push struct {
	push func(list.ListResult) bool
	left int64
}

// NewPush limits what a List method pushes.
func NewPush(req list.ListRequest, push func(list.ListResult) bool) *Push {
	return &Push{push: push, left: req.Limit}
}

// Result pushes one result and tells whether to go on.
func (p *Push) Result(result list.ListResult) bool {
	if !p.push(result) || result.Diagnostics.HasError() {
		return false
	}
	p.left--
	return p.left != 0
}

// Fail pushes diagnostics in place of a result.
func (p *Push) Fail(diags diag.Diagnostics) {
	p.push(list.ListResult{Diagnostics: diags})
}
