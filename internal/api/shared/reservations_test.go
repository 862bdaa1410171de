// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package shared

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
)

func TestReservations(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := NewReservations[string](false)
		end := r.Reserve([]string{"kept", "back"})
		got := map[string]chan Fate{"kept": make(chan Fate), "back": make(chan Fate)}
		for key, c := range got {
			go func() {
				fate, err := r.Fate(t.Context(), key)
				if err != nil {
					t.Error(err)
				}
				c <- fate
			}()
		}
		if fate, err := r.Fate(t.Context(), "other"); fate != Free || err != nil {
			t.Errorf("got %v, %v", fate, err)
		}
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := r.Fate(ended, "kept"); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		synctest.Wait()
		if !r.Pending("kept") || !r.Wanted("back") {
			t.Error("nothing is pending")
		}
		end(func(key string) bool { return key == "kept" })
		end(func(string) bool { return true }) // too late
		if kept, back := <-got["kept"], <-got["back"]; kept != Kept || back != GivenBack {
			t.Errorf("got %v and %v", kept, back)
		}
		if !r.Wanted("kept") || r.Wanted("back") || r.Pending("kept") {
			t.Error("it did not end")
		}
	})
}

// What one plan of many has reserved means nothing to the next.
func TestReservationsOfManyPlans(t *testing.T) {
	t.Parallel()
	r := NewReservations[string](true)
	r.Reserve([]string{"a"})(func(string) bool { return true })
	if fate, err := r.Fate(t.Context(), "a"); fate != Free || err != nil {
		t.Errorf("got %v, %v", fate, err)
	}
}
