// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package shared

import (
	"context"
	"errors"
	"sync"
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

// Two who take the same turns in another order don't wait for each other, and who gives up holds
// none.
func TestTakeAll(t *testing.T) {
	t.Parallel()
	var all Turns[string]
	var wg sync.WaitGroup
	for _, keys := range [][]string{{"a", "b"}, {"b", "a"}} {
		wg.Go(func() {
			for range 1000 {
				done, err := TakeAll(t.Context(), &all, keys)
				if err != nil {
					t.Error(err)
					return
				}
				done()
			}
		})
	}
	wg.Wait()
	done, err := all.Take(t.Context(), "b")
	if err != nil {
		t.Fatal(err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := TakeAll(ended, &all, []string{"a", "b"}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	done()
	if len(all.byKey) != 0 {
		t.Errorf("%d turns are kept", len(all.byKey))
	}
}
