// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package service

import (
	"strings"
	"testing"
)

func TestTallyCountsAPlan(t *testing.T) {
	t.Parallel()
	limit := int64(10)
	tally := &Tally{Limit: &limit}
	for _, step := range []struct {
		instance string
		count    int
		refused  bool
	}{
		{"a", 6, false},
		{"a", 8, false}, // planned twice, as a replacement is
		{"b", 2, false},
		{"c", 1, true},
		{"d", 5, false}, // said once
	} {
		text := tally.Planned(step.instance, "target of "+step.instance, step.count)
		if (text != "") != step.refused {
			t.Errorf("%s with %d: %q", step.instance, step.count, text)
		}
		if step.refused && (!strings.Contains(text, "revoke 11 or more") || !strings.Contains(text, "allows 10") || !strings.Contains(text, "target of a: 8")) {
			t.Errorf("the text lacks something: %s", text)
		}
	}
	for name, nobody := range map[string]*Tally{"no limit": {}, "none": nil} {
		if text := nobody.Planned("a", "a", 1000); text != "" {
			t.Errorf("%s: %s", name, text)
		}
	}
}

func TestTallyOfARefresh(t *testing.T) {
	t.Parallel()
	type read struct {
		held, left int
		gone       bool
		warns      string
	}
	for name, reads := range map[string][]read{
		"nothing happens":             {{5, 5, false, ""}, {5, 5, false, ""}},
		"one resource is gone":        {{5, 0, true, ""}, {5, 5, false, ""}, {5, 0, true, ""}},
		"all are gone":                {{1, 0, true, ""}, {1, 0, true, "2 resources"}, {1, 0, true, ""}},
		"ten grants and no more":      {{10, 0, false, ""}},
		"more than ten, and not half": {{30, 19, false, ""}},
		"more than ten and half":      {{30, 14, false, "30 grants of the resources that were read so far 16"}, {9, 0, false, ""}},
		"in small pieces":             {{4, 0, false, ""}, {4, 0, false, ""}, {4, 0, false, "12 grants"}},
	} {
		tally := &Tally{}
		for i, r := range reads {
			text := tally.Refreshed(r.held, r.left, r.gone)
			if (text == "") != (r.warns == "") || !strings.Contains(text, r.warns) {
				t.Errorf("%s, read %d: %q, want %q", name, i+1, text, r.warns)
			}
		}
	}
	var none *Tally
	if text := none.Refreshed(100, 0, true); text != "" {
		t.Error(text)
	}
}
