// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package service

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-log/tflogtest"
)

// said are the lines of a log at INFO.
func said(t *testing.T, log *bytes.Buffer) []string {
	t.Helper()
	entries, err := tflogtest.MultilineJSONDecode(log)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, entry := range entries {
		lines = append(lines, fmt.Sprintf("%v: %v: %v", entry["@level"], entry["applications"], entry["@message"]))
	}
	return lines
}

// A long apply says every five seconds how far it is, when something has moved, and a short one
// each of its writes.
func TestReport(t *testing.T) {
	t.Parallel()
	about := map[string]any{"applications": "CAD"}
	t.Run("long", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			var log bytes.Buffer
			granted, wait := int64(0), 42*time.Second
			wrote, stop := Report(tflogtest.RootLogger(t.Context(), &log), about, func() string { return Of("granted", granted, 20_000) },
				func() time.Duration { return wait })
			for range 100 { // a quota, within the first seconds
				granted += 100
				wrote(200)
			}
			time.Sleep(41*time.Second + time.Millisecond)
			granted, wait = 20_000, 0
			time.Sleep(5 * time.Second)
			stop()
			granted++
			time.Sleep(time.Minute)
			want := []string{
				"info: CAD: granted 10,000 of 20,000; waiting 42 s for the quota",
				"info: CAD: granted 20,000 of 20,000",
			}
			if diff := cmp.Diff(want, said(t, &log)); diff != "" {
				t.Error(diff)
			}
		})
	})
	t.Run("short", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			var log bytes.Buffer
			granted := int64(0)
			wrote, stop := Report(tflogtest.RootLogger(t.Context(), &log), about, func() string { return Of("granted", granted, 2) },
				func() time.Duration { return 0 })
			for granted < 2 {
				granted++
				wrote(2)
			}
			time.Sleep(time.Minute)
			stop()
			if diff := cmp.Diff([]string{"info: CAD: granted 1 of 2", "info: CAD: granted 2 of 2"}, said(t, &log)); diff != "" {
				t.Error(diff)
			}
		})
	})
}

func TestThousands(t *testing.T) {
	t.Parallel()
	for n, want := range map[int64]string{0: "0", 999: "999", 1_000: "1,000", 20_000: "20,000", 1_234_567: "1,234,567"} {
		if got := Thousands(n); got != want {
			t.Errorf("%d: %s", n, got)
		}
	}
}

func TestSpoken(t *testing.T) {
	t.Parallel()
	for err, want := range map[error]string{
		context.Canceled: "The run was interrupted.",
		fmt.Errorf("reading: %w", context.Canceled): "reading: the run was interrupted",
		errors.New("refused"):                       "refused",
	} {
		if got := Failed("", err).Detail(); got != want {
			t.Errorf("%v: %s", err, got)
		}
	}
}
