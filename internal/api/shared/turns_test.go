// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package shared

import (
	"context"
	"errors"
	"testing"
)

func TestTurnsEndWithTheirContext(t *testing.T) {
	t.Parallel()
	var all Turns[string]
	done, err := all.Take(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := all.Take(ended, "a"); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if _, err := all.Take(t.Context(), "b"); err != nil {
		t.Errorf("another key waits: %v", err)
	}
	done()
	if len(all.byKey) != 1 {
		t.Errorf("%d turns are kept, want 1", len(all.byKey))
	}
}
