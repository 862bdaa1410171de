// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package probetest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/appaccess/terraform-provider-appaccess/internal/probe"
)

// Break runs the probe twice for each write that a run sends: its answer is lost, or the run is
// interrupted behind it. All is put back whatever the run says, so that the next one finds nothing
// left over.
func (b Bench) Break(t *testing.T) {
	t.Helper()
	for n := range b.count(t) {
		for _, lost := range []bool{false, true} {
			t.Run(fmt.Sprintf("write %d, lost %v", n+1, lost), func(t *testing.T) {
				t.Parallel()
				w := b.World(t, nil)
				before := w.Snapshot()
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				writes := 0
				w.answered = func(r *http.Request) (gone bool) {
					if !b.isWrite(r) {
						return false
					}
					writes++
					if writes == n+1 && !lost {
						cancel()
					}
					return writes == n+1 && lost
				}
				result := w.Run(ctx)
				if !lost && !errors.Is(result.Err, context.Canceled) {
					t.Errorf("interrupted: %v", result.Err)
				}
				w.CheckUntouched(t, before)
				if strings.Contains(fmt.Sprint(result.Report, result.Out), lostHost) {
					t.Errorf("the report holds the name of a host:\n%s", result.Out)
				}
				if t.Failed() {
					t.Logf("%v\n%s", result.Err, result.Log)
				}
			})
		}
	}
}

// Ask shows that nothing is written before somebody agrees, nor by a run that only reads, and that
// this finds what it can.
func (b Bench) Ask(t *testing.T, readable ...string) {
	t.Helper()
	w := b.World(t, nil)
	w.answered = func(r *http.Request) bool {
		if b.isWrite(r) {
			t.Errorf("%s %s", r.Method, r.URL.Path)
		}
		return false
	}
	if result := w.RunInput(t.Context(), "y\n"); result.Err == nil || !strings.Contains(result.Log, "Only \"yes\" is taken") {
		t.Errorf("%v\n%s", result.Err, result.Log)
	}
	result := w.RunInput(t.Context(), "", "-read-only")
	if result.Err != nil {
		t.Fatal(result.Err)
	}
	for _, a := range slices.Concat(result.Answers, result.Notes) {
		if a.Verdict == probe.CannotTell && (a.Why == "" || a.Why == probe.NoAnswer) {
			t.Errorf("no word on why it can't be told: %+v", a)
		}
	}
	for _, question := range readable {
		if a := result.Answer(question); a.Verdict != probe.Found {
			t.Errorf("%+v", a)
		}
	}
	if result := b.World(t, nil).RunInput(t.Context(), "yes\n"); result.Err != nil || b.count(t) == 0 {
		t.Errorf("%v: %s", result.Err, result.Log)
	}
}

// count is how many writes a whole run makes.
func (b Bench) count(t *testing.T) (n int) {
	w := b.World(t, nil)
	w.answered = func(r *http.Request) bool {
		if b.isWrite(r) {
			n++
		}
		return false
	}
	w.Run(t.Context())
	return n
}

func (b Bench) isWrite(r *http.Request) bool { return b.writes(r.Method, r.URL.Path) }

func (b Bench) writes(method, path string) bool {
	return method != http.MethodGet && !slices.ContainsFunc(b.Reads, func(part string) bool { return strings.Contains(path, part) })
}
