// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package rest

import (
	"bytes"
	"html"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/shared"
)

// maxText is the longest text of a service that an error repeats.
const maxText = 1000

// clean makes a text that came over the network fit for one line of an error: of bounded length,
// and what is no sign to be read is written as an escape. Secrets are hidden before, since it cuts.
func clean(s string) string { return shared.Printable(strings.TrimSpace(cut(s, maxText))) }

// cut gives the first n bytes of s, less a character that they would part, and a sign that there
// was more.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}

// Excerpt gives the first n bytes of b as quoted text.
func Excerpt(b []byte, n int) string { return strconv.Quote(strings.TrimSpace(cut(string(b), n))) }

var (
	titlePattern = regexp.MustCompile(`(?is)<title[^>]*>(.*?)</title>`)
	h1Pattern    = regexp.MustCompile(`(?is)<h[12][^>]*>(.*?)</h[12]>`)
	tagPattern   = regexp.MustCompile(`(?i)</?(?:a|b|big|br|center|code|em|font|i|p|small|span|strong|tt|u)(?:\s[^<>]*)?/?>`)
)

// isHTML tells whether b looks like a page for people.
func isHTML(b []byte) bool {
	b = bytes.TrimSpace(b)
	return len(b) > 0 && b[0] == '<'
}

// title gives what a page for people says in its title or first heading, "" when it says nothing.
// Only the tags of texts are taken out: without what merely looks like a tag, a secret that the
// page quotes would be known no more.
func title(b []byte) string {
	if len(b) > maxErrorBodyBytes {
		b = b[:maxErrorBodyBytes]
	}
	for _, p := range []*regexp.Regexp{titlePattern, h1Pattern} {
		if m := p.FindSubmatch(b); m != nil {
			// Line breaks of a page are blanks.
			if t := strings.Join(strings.Fields(html.UnescapeString(string(tagPattern.ReplaceAll(m[1], nil)))), " "); t != "" {
				return cut(t, maxText)
			}
		}
	}
	return ""
}

func quotedTitle(b []byte) string {
	if t := title(b); t != "" {
		return " (" + strconv.Quote(t) + ")"
	}
	return ""
}
