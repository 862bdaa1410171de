// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package shared

import (
	"strings"
	"unicode"
)

// NameProblem says what is wrong with a name that people wrote, "" for nothing. A blank at an end, or a
// control character anywhere, comes from a spreadsheet or a script and is never meant.
func NameProblem(name string) string {
	switch {
	case strings.TrimSpace(name) == "":
		return "is empty"
	case strings.TrimSpace(name) != name:
		return "begins or ends with a blank"
	case strings.ContainsFunc(name, unicode.IsControl):
		return "has a control character in it"
	}
	return ""
}
