// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"context"
	"fmt"
	"os"

	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/rest"
)

const (
	// apiSubsystem is the part of the log that tells of requests.
	apiSubsystem = "api"
	// apiLevel is the environment variable that sets its level.
	apiLevel = "TF_LOG_PROVIDER_APPACCESS_API"
)

// apiLogger writes what a service's client reports to the log of Terraform, with the service's
// secrets masked.
type apiLogger struct {
	secrets []string
}

var _ rest.Logger = apiLogger{}

// Enabled errs on the side of a line that is written for nobody: what counts is that a run without
// a log has none.
func (l apiLogger) Enabled(ctx context.Context, _ rest.Level) bool {
	return os.Getenv(apiLevel) != "" || tflog.IsError(ctx)
}

func (l apiLogger) Log(ctx context.Context, level rest.Level, msg string, fields map[string]any) {
	ctx = tflog.NewSubsystem(ctx, apiSubsystem,
		tflog.WithLevelFromEnv("TF_LOG_PROVIDER_APPACCESS", apiSubsystem), tflog.WithRootFields())
	ctx = tflog.SubsystemMaskLogStrings(ctx, apiSubsystem, l.secrets...)
	write := tflog.SubsystemTrace
	switch level {
	case rest.LevelTrace:
	case rest.LevelDebug:
		write = tflog.SubsystemDebug
	case rest.LevelInfo:
		write = tflog.SubsystemInfo
	case rest.LevelWarn:
		write = tflog.SubsystemWarn
	}
	write(ctx, apiSubsystem, msg, maskable(fields))
}

// maskable turns everything but numbers and booleans into text, since masking looks at text only.
func maskable(fields map[string]any) map[string]any {
	texts := make(map[string]any, len(fields))
	for key, v := range fields {
		switch v.(type) {
		case string, bool, int, int64, uint64, float64:
			texts[key] = v
		default:
			texts[key] = fmt.Sprint(v)
		}
	}
	return texts
}
