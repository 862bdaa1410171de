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

// Timeouts is the attribute `timeouts` of a resource. Its durations are checked as a whole, since Terraform finds the
// place of an error in the configuration by the outermost attribute only, and the message then names the inner one.
func Timeouts(ctx context.Context, opts timeouts.Opts) schema.Attribute {
	attribute, ok := timeouts.Attributes(ctx, opts).(schema.SingleNestedAttribute)
	if !ok {
		panic("timeouts.Attributes is no nested attribute")
	}
	for name, inner := range attribute.Attributes {
		if text, ok := inner.(schema.StringAttribute); ok {
			text.Validators = nil
			attribute.Attributes[name] = text
		}
	}
	attribute.Validators = []validator.Object{durations{}}
	attribute.MarkdownDescription = "How long each operation may take, as durations such as `90s`, `30m` or `1h30m`."
	return attribute
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
			resp.Diagnostics.AddAttributeError(req.Path, "Invalid duration",
				fmt.Sprintf("timeouts.%s is %q: write a number and a unit, such as \"90s\", \"30m\" or \"1h30m\", above zero.", name, text.ValueString()))
		}
	}
}
