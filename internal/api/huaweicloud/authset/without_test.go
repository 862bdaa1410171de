// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package authset

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud"
)

// Nothing of a delta is lost or made up when it is parted, what others have reserved is what is
// left to them, and nobody's grant waits for others.
func TestWithoutParts(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		wanted, prior, actual := drawSet(t, "wanted"), drawSet(t, "prior"), drawActual(t)
		all, theirs := Diff(wanted, prior, actual), map[string]Set{}
		for id := range actual {
			if rapid.Bool().Draw(t, "another resource has reserved something of "+id) {
				theirs[id] = Set{Mode: drawMode(t, id+" reserved"), Accounts: drawAccounts(t, id+" reserved accounts")}
			}
		}
		reserved := func(delta Delta) (open bool, wants func(api.Handle) bool) {
			s, ok := theirs[delta.App.ID]
			if !ok {
				return false, nil
			}
			return s.Mode == api.AllUser && !slices.Contains(wanted.AppIDs, delta.App.ID), s.Lists
		}
		rest, left := all.Without(reserved)
		mine, passed := byApp(rest), byApp(left)
		for _, delta := range all.Apps {
			id := delta.App.ID
			open, wants := reserved(delta)
			if passed[id].LeftOpen != open || open && !mine[id].empty() {
				t.Fatalf("%s is wanted open: %v, and %+v is left of it, %+v to others", id, open, mine[id], passed[id])
			}
			for _, h := range delta.Revocations() {
				theirs := open || wants != nil && wants(h)
				if slices.Contains(passed[id].Revocations(), h) != theirs || slices.Contains(mine[id].Revocations(), h) == theirs {
					t.Fatalf("%s on %s is reserved: %v", h.Value(), id, theirs)
				}
			}
			if n := len(mine[id].Revocations()) + len(passed[id].Revocations()); n != len(delta.Revocations()) {
				t.Fatalf("%s: %d of %d revocations", id, n, len(delta.Revocations()))
			}
			if !open && (mine[id].Flip != delta.Flip || mine[id].Opened != delta.Opened || !slices.Equal(mine[id].Grant, delta.Grant)) {
				t.Fatalf("%s: %+v became %+v", id, delta, mine[id])
			}
		}
		// Asked again what others want of what was left to them, it is all of it; where they give
		// it back, it is due.
		if rest, again := left.Without(reserved); !rest.Empty() || !slices.EqualFunc(again.Apps, left.Apps, sameLeft) {
			t.Fatalf("%+v is left, and then %+v", left, again)
		}
		if rest, again := left.Without(left.reserved()); !rest.Empty() || len(again.Apps) != len(left.Apps) {
			t.Fatalf("what was left says otherwise: %+v, then %+v", left, again)
		}
		due, none := left.Without(func(Delta) (bool, func(api.Handle) bool) { return false, nil })
		if !none.Empty() || due.Revocations() != left.Revocations() {
			t.Fatalf("%+v is given back, and %+v is due", left, due)
		}
	})
}

func byApp(deltas Deltas) map[string]Delta {
	out := map[string]Delta{}
	for _, delta := range deltas.Apps {
		out[delta.App.ID] = delta
	}
	return out
}

func sameLeft(a, b Delta) bool {
	return a.App == b.App && a.LeftOpen == b.LeftOpen && slices.Equal(a.Revocations(), b.Revocations())
}
