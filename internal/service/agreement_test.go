// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package service

import "testing"

func TestAgreement(t *testing.T) {
	t.Parallel()
	var a Agreement
	for _, step := range []struct{ thing, resource, says, want string }{
		{"issuer", "a", "x", ""}, {"issuer", "b", "x", ""}, {"other", "c", "y", ""}, {"issuer", "c", "y", "a or b"}, {"issuer", "c", "x", ""}, {"issuer", "a", "x", ""},
	} {
		got := a.Say(step.thing, step.resource, step.says)
		if got != step.want && (step.want != "a or b" || got != "a" && got != "b") {
			t.Errorf("%v: %q", step, got)
		}
	}
	if !a.Said("issuer") || a.Said("nothing") || !(*Agreement)(nil).Said("nothing") {
		t.Error("what was said is not what is known")
	}
	if (*Agreement)(nil).Say("x", "y", "z") != "" {
		t.Error("nobody disagrees")
	}
}
