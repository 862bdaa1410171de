// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"fmt"
	"regexp"
	"strings"
)

// scope maps the name of a scope to its restrictions. See the vendor page "OAuth Scope".
type scope map[string]map[string]bool

var scopeWord = regexp.MustCompile(`^[A-Za-z][A-Za-z_-]*$`)

// parseScope reads scope[:restriction,restriction][;scope…].
func parseScope(text string) (scope, error) {
	parsed := scope{}
	for part := range strings.SplitSeq(text, ";") {
		name, restrictions, restricted := strings.Cut(part, ":")
		name = strings.ToLower(name)
		if !scopeWord.MatchString(name) {
			return nil, fmt.Errorf("scope %q: %q is no scope", text, part)
		}
		if parsed[name] == nil {
			parsed[name] = map[string]bool{}
		}
		if !restricted {
			continue
		}
		for restriction := range strings.SplitSeq(restrictions, ",") {
			if !scopeWord.MatchString(restriction) {
				return nil, fmt.Errorf("scope %q: %q is no restriction", text, restriction)
			}
			parsed[name][strings.ToLower(restriction)] = true
		}
	}
	return parsed, nil
}

// within returns the first part of a scope that a larger one lacks, "" when there is none.
func (s scope) within(larger scope) string {
	for name, restrictions := range s {
		if !larger.has(name, "") {
			return name
		}
		for restriction := range restrictions {
			if !larger.has(name, restriction) {
				return name + ":" + restriction
			}
		}
	}
	return ""
}

// has tells whether a scope, and where given its restriction, is there.
func (s scope) has(name, restriction string) bool {
	restrictions, ok := s[name]
	return ok && (restriction == "" || restrictions[restriction])
}
