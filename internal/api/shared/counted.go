// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package shared

import "fmt"

// Counted is a number with its noun: "1 account", "2 accounts".
func Counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
