// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package rest

import (
	"bytes"
	"html"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxText is the longest text of a service that an error repeats.
const maxText = 1000

// clean makes a text that came over the network fit for one line of an error: valid UTF-8, no control characters, of bounded length.
func clean(s string) string {
	if len(s) > maxText {
		cut := maxText
		for cut > 0 && !utf8.RuneStart(s[cut]) {
			cut--
		}
		s = s[:cut] + "…"
	}
	plain := true
	for _, r := range s {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			plain = false
			break
		}
	}
	if plain {
		return strings.TrimSpace(s)
	}
	return strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if r == utf8.RuneError {
			return '\uFFFD'
		}
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, s)), " ")
}

// Excerpt gives the first n bytes of b as quoted text.
func Excerpt(b []byte, n int) string {
	if len(b) > n {
		b = b[:n]
	}
	return strconv.Quote(clean(strings.ToValidUTF8(string(b), "\uFFFD")))
}

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

// title gives what a page for people says in its title or first heading, "" when it says nothing. Only the tags of
// texts are taken out: without what merely looks like a tag, a secret that the page quotes would be known no more.
func title(b []byte) string {
	if len(b) > maxErrorBodyBytes {
		b = b[:maxErrorBodyBytes]
	}
	for _, p := range []*regexp.Regexp{titlePattern, h1Pattern} {
		if m := p.FindSubmatch(b); m != nil {
			if t := clean(html.UnescapeString(string(tagPattern.ReplaceAll(m[1], nil)))); t != "" {
				return t
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
