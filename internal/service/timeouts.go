// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package service

import (
	"context"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// Timeouts is the block `timeouts` of a resource. Its durations are checked as a whole, so that one
// message has one form wherever the library's own validators differ.
func Timeouts(ctx context.Context, opts timeouts.Opts) map[string]schema.Block {
	block, ok := timeouts.Block(ctx, opts).(schema.SingleNestedBlock)
	if !ok {
		panic("timeouts.Block is no single nested block")
	}
	for name, inner := range block.Attributes {
		if text, ok := inner.(schema.StringAttribute); ok {
			text.Validators = nil
			block.Attributes[name] = text
		}
	}
	block.Validators = []validator.Object{durations{}}
	block.MarkdownDescription = "How long each operation may take, as durations such as `90s`, `30m` or `1h30m`."
	return map[string]schema.Block{"timeouts": block}
}

type durations struct{}

func (durations) Description(context.Context) string {
	return "durations such as 90s, 30m or 1h30m"
}

func (d durations) MarkdownDescription(ctx context.Context) string { return d.Description(ctx) }

func (durations) ValidateObject(_ context.Context, req validator.ObjectRequest, resp *validator.ObjectResponse) {
	for name, value := range req.ConfigValue.Attributes() {
		text, ok := value.(types.String)
		if !ok || text.IsNull() || text.IsUnknown() {
			continue
		}
		if d, err := time.ParseDuration(text.ValueString()); err != nil || d <= 0 {
			resp.Diagnostics.AddAttributeError(req.Path.AtName(name), "Invalid duration",
				fmt.Sprintf("timeouts.%s is %q: write a number and a unit, such as \"90s\", \"30m\" or \"1h30m\", above zero.", name, text.ValueString()))
		}
	}
}
