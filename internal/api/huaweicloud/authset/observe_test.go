// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package authset

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud"
)

// The plan of a destroy works with what the state remembers. What it shows must be what a reading
// would show.
func TestRememberedShowsWhatWasRead(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		prior, actual, exclusive := drawSet(t, "prior"), drawActual(t), rapid.Bool().Draw(t, "exclusive")
		apps := map[string]api.App{}
		for id, status := range actual {
			status.App.AuthorizationType = api.AssignUser // an open application's list proves nothing, and the state doesn't follow it
			actual[id], apps[id] = status, status.App
		}
		tracked := Track(prior, actual, exclusive)
		read := Diff(Set{}, tracked.Set, actual)
		remembered := Diff(Set{}, tracked.Set, Remembered(tracked, apps))
		if diff := cmp.Diff(names(read), names(remembered)); diff != "" {
			t.Fatalf("-read +remembered\n%s", diff)
		}
	})
}

// names is what people see of deltas.
func names(deltas Deltas) map[string][]string {
	out := map[string][]string{}
	for _, delta := range deltas.Apps {
		for _, h := range delta.Revoke {
			out[delta.App.ID] = append(out[delta.App.ID], h.Value().String())
		}
	}
	return out
}
