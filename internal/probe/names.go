// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package probe

import (
	"cmp"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// Names replaces the names of people, applications and hosts in what is reported, in any letter
// case and Unicode form.
type Names struct{ names []name }

type name struct {
	length  int
	pattern *regexp.Regexp
	as      string
}

// Add hides a name: a report says as in its place, such as "<user>". What has fewer than three
// characters is hidden only where it stands alone.
func (n *Names) Add(text, as string) {
	for _, form := range []string{text, norm.NFC.String(text), norm.NFD.String(text), url.PathEscape(text)} {
		if form == "" || slices.ContainsFunc(n.names, func(old name) bool { return old.pattern.MatchString(form) && old.length == len(form) }) {
			continue
		}
		words := strings.Fields(form)
		for i, word := range words {
			words[i] = regexp.QuoteMeta(word)
		}
		pattern := strings.Join(words, `\s+`)
		if len(form) < 3 {
			pattern = `\b` + pattern + `\b`
		}
		n.names = append(n.names, name{len(form), regexp.MustCompile(`(?i)` + pattern), as})
	}
	slices.SortStableFunc(n.names, func(a, b name) int { return cmp.Compare(b.length, a.length) })
}

// Hide returns a text without the names.
func (n *Names) Hide(text string) string {
	for _, name := range n.names {
		text = name.pattern.ReplaceAllLiteralString(text, name.as)
	}
	return text
}
