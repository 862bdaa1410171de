// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package main

import (
	"bytes"
	"testing"
)

func TestQuiet(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, in, want string }{
		{"plain", "before\n\nWarning: Provider development overrides are in effect\n\nThe following ...\nreleases.\nafter\n", "before\n\nafter\n"},
		{"framed", "╷\n│ Warning: Provider development overrides are in effect\n│ \n│ published releases.\n│ more\n╵\nafter\n", "after\n"},
		{"another warning", "╷\n│ Warning: Destroying revokes access\n│ releases.\n╵\nafter\n", "╷\n│ Warning: Destroying revokes access\n│ releases.\n╵\nafter\n"},
		{
			"another warning behind it", "╷\n│ Warning: Provider development overrides are in effect\n╵\n╷\n│ Error: no\n╵\n",
			"╷\n│ Error: no\n╵\n",
		},
		{"no line end", "before\nafter", "before\nafter"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			for _, size := range []int{1, 3, len(tc.in)} { // however it arrives
				var out bytes.Buffer
				q := &quiet{out: &out}
				for rest := []byte(tc.in); len(rest) > 0; {
					n := min(size, len(rest))
					if _, err := q.Write(rest[:n]); err != nil {
						t.Fatal(err)
					}
					rest = rest[n:]
				}
				if err := q.flush(); err != nil {
					t.Fatal(err)
				}
				if out.String() != tc.want {
					t.Errorf("in pieces of %d: got %q, want %q", size, out.String(), tc.want)
				}
			}
		})
	}
}
