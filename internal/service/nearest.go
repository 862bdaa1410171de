// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package service

import (
	"strings"

	"github.com/agext/levenshtein"
)

// Nearest is the name that somebody who wrote another one most likely meant, and by how many
// letters they differ in any case of letters: to swap two counts as two. It is "" when there is no
// name.
func Nearest(written string, names []string) (nearest string, distance int) {
	written = strings.ToUpper(strings.TrimSpace(written))
	for _, name := range names {
		if d := levenshtein.Distance(written, strings.ToUpper(name), nil); nearest == "" || d < distance {
			nearest, distance = name, d
		}
	}
	return nearest, distance
}
