// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package shared

import (
	"strconv"
	"strings"
	"unicode"
)

// Printable is a name as people may see it: what moves a cursor, breaks a line or turns text around
// is written as an escape, since a service may list any name.
func Printable(name string) string {
	if strings.IndexFunc(name, func(r rune) bool { return !unicode.IsPrint(r) || r == unicode.ReplacementChar }) < 0 {
		return name
	}
	quoted := strconv.QuoteToGraphic(name)
	return strings.ReplaceAll(quoted[1:len(quoted)-1], `\"`, `"`)
}

// NameProblem says what is wrong with a name that people wrote, "" for nothing. A blank at an end,
// or a control character anywhere, comes from a spreadsheet or a script and is never meant.
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
