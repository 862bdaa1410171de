// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package shared

import "testing"

func TestPrintable(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"bob":                     "bob",
		"Jörg Größe (ops) 李":      "Jörg Größe (ops) 李",
		`say "x" \o/`:             `say "x" \o/`,
		"bob\x1b[1A\x1b[2K\"x\"":  `bob\x1b[1A\x1b[2K"x"`,
		"x\n\nNo changes. Your":   `x\n\nNo changes. Your`,
		"a\u202Eb\u200Bc\u2066":   `a\u202eb\u200bc\u2066`,
		"\xff":                    `\xff`,
		"carriage\rreturn\u0085.": `carriage\rreturn\u0085.`,
	} {
		if got := Printable(name); got != want {
			t.Errorf("%q: got %s, want %s", name, got, want)
		}
	}
}
