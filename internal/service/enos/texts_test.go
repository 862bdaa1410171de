// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package enos

import (
	"strings"
	"testing"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/enos"
)

// A type that the service lists can't forge what people read.
func TestHostileTypes(t *testing.T) {
	t.Parallel()
	const listed, shown = "USER\x1b[2K\u202e", `USER\x1b[2K\u202e`
	target := authorization{orgID: "o1", appID: "a"}
	for what, text := range map[string]string{
		"a loss":       loss([]string{listed}).Names,
		"a plan":       refuseAppeared(target, []string{listed}).Error(),
		"a difference": (&api.DifferenceError{Extra: []string{listed}}).Error(),
	} {
		if !strings.Contains(text, shown) || strings.Contains(text, listed) {
			t.Errorf("%s: %q", what, text)
		}
	}
}
