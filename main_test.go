// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package main

import "testing"

func TestQuietLogs(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name    string
		environ []string
		quiet   bool
	}{
		{"nothing set", []string{"PATH=/bin"}, true},
		{"set but empty", []string{"TF_LOG=", "TF_LOG_PROVIDER="}, true},
		{"other Terraform variables", []string{"TF_LOG_CORE=trace", "TF_LOG_PATH=x", "TF_ACC=1"}, true},
		{"TF_LOG", []string{"TF_LOG=trace"}, false},
		{"TF_LOG_PROVIDER", []string{"TF_LOG_PROVIDER=debug"}, false},
		{"our own API log", []string{"TF_LOG_PROVIDER_APPACCESS_API=debug"}, false},
		{"TF_LOG_SDK", []string{"TF_LOG_SDK=info"}, false},
		{"TF_LOG_SDK_FRAMEWORK", []string{"TF_LOG_SDK_FRAMEWORK=trace"}, false},
		{"TF_LOG_SDK_PROTO", []string{"TF_LOG_SDK_PROTO=trace"}, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got := map[string]string{}
			quietLogs(tc.environ, func(key, value string) error { got[key] = value; return nil })
			for _, log := range []string{"TF_LOG_SDK_FRAMEWORK", "TF_LOG_PROVIDER_APPACCESS"} {
				if quiet := got[log] == "off"; quiet != tc.quiet {
					t.Errorf("%s is switched off: %v, want %v", log, quiet, tc.quiet)
				}
			}
		})
	}
}
