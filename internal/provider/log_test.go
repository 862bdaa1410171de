// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-log/tflogtest"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/rest"
)

func TestAPILoggerMasksSecrets(t *testing.T) {
	t.Parallel()
	var output bytes.Buffer
	ctx := tflogtest.RootLogger(t.Context(), &output)
	logger := apiLogger{secrets: []string{"s3cret-key"}}
	logger.Log(ctx, rest.LevelDebug, "sent s3cret-key", map[string]any{
		"text": "with s3cret-key in it", "error": errors.New("refused s3cret-key"), "list": []string{"s3cret-key"}, "status": 200,
	})
	if strings.Contains(output.String(), "s3cret-key") {
		t.Errorf("the secret is in the log: %s", output.String())
	}
	entries, err := tflogtest.MultilineJSONDecode(&output)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != 1 {
		t.Fatalf("%d lines, want 1", len(entries))
	}
	for key, want := range map[string]any{
		"@level": "debug", "@message": "sent ***", "@module": "provider.api", "text": "with *** in it", "error": "refused ***",
		"list": "[***]", "status": float64(200),
	} {
		if got := entries[0][key]; got != want {
			t.Errorf("%s: got %v, want %v", key, got, want)
		}
	}
}

func TestAPILoggerLevel(t *testing.T) { //nolint:paralleltest // it sets the environment
	for level, want := range map[string]string{"": "trace debug info warn", "debug": "debug info warn", "warn": "warn", "off": ""} {
		t.Setenv("TF_LOG_PROVIDER_APPACCESS_API", level)
		var output bytes.Buffer
		ctx := tflogtest.RootLogger(t.Context(), &output)
		for _, l := range []rest.Level{rest.LevelTrace, rest.LevelDebug, rest.LevelInfo, rest.LevelWarn} {
			apiLogger{}.Log(ctx, l, "message", nil)
		}
		entries, err := tflogtest.MultilineJSONDecode(&output)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, e := range entries {
			got = append(got, e["@level"].(string))
		}
		if strings.Join(got, " ") != want {
			t.Errorf("level %q: got %v, want %s", level, got, want)
		}
	}
}
