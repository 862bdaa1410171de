// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// scopeSet is a scope as the server means it: names with restrictions, whatever their order, blanks
// and letter case.
type scopeSet map[string]map[string]bool

func parseScope(scope string) scopeSet {
	set := scopeSet{}
	for part := range strings.FieldsFuncSeq(scope, func(r rune) bool { return r == ';' || r == '|' }) {
		name, restrictions, _ := strings.Cut(part, ":")
		if name = strings.ToLower(strings.TrimSpace(name)); name == "" {
			continue
		}
		if set[name] == nil {
			set[name] = map[string]bool{}
		}
		for restriction := range strings.SplitSeq(restrictions, ",") {
			if restriction = strings.ToLower(strings.TrimSpace(restriction)); restriction != "" {
				set[name][restriction] = true
			}
		}
	}
	return set
}

// SameScope tells whether two scopes mean the same. What EachScope has written of several is the
// same as nothing else.
func SameScope(a, b string) bool {
	return a == b || !strings.ContainsRune(a+b, '|') && maps.EqualFunc(parseScope(a), parseScope(b), func(x, y map[string]bool) bool { return maps.Equal(x, y) })
}

// ScopeLacks returns what a scope has and another lacks, such as "certificate:manage", in order.
func ScopeLacks(scope, of string) []string {
	has := parseScope(of)
	var lacking []string
	for name, restrictions := range parseScope(scope) {
		if has[name] == nil {
			lacking = append(lacking, name)
		}
		for restriction := range restrictions {
			if !has[name][restriction] {
				lacking = append(lacking, name+":"+restriction)
			}
		}
	}
	slices.Sort(lacking)
	return lacking
}

// EachScope writes the scopes that rules have, each once and in order, with a bar between:
// "certificate | certificate:manage". It says which scopes there are, and is none that anybody can
// be given. Of one that all have it is what the server wrote.
func EachScope(scopes []string) string {
	spelled, each := map[string]bool{}, map[string]bool{}
	for _, scope := range scopes {
		if !spelled[scope] {
			spelled[scope], each[parseScope(scope).String()] = true, true
		}
	}
	if len(each) == 1 {
		return scopes[0]
	}
	return strings.Join(slices.Sorted(maps.Keys(each)), " | ")
}

// String is the scope in order, and without blanks.
func (s scopeSet) String() string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(s)) {
		part := name
		if len(s[name]) > 0 {
			part += ":" + strings.Join(slices.Sorted(maps.Keys(s[name])), ",")
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, ";")
}

// bareScope is a scope without blanks: a server may write them, and not read them.
func bareScope(scope string) string { return strings.Join(strings.Fields(scope), "") }

// CheckScope says what is wrong with the form of a scope, "" when nothing is: names of letters,
// each with restrictions behind a colon, as in "certificate:discover,manage;configuration".
func CheckScope(scope string) string {
	switch {
	case strings.TrimSpace(scope) == "":
		return "it is empty"
	case strings.ContainsRune(scope, '|'):
		return "these are the scopes that several rules have, as a state shows them: choose one for all"
	}
	for part := range strings.SplitSeq(scope, ";") {
		name, restrictions, restricted := strings.Cut(part, ":")
		words := []string{name}
		if restricted {
			words = append(words, strings.Split(restrictions, ",")...)
		}
		for _, word := range words {
			if !isScopeWord(strings.TrimSpace(word)) {
				return fmt.Sprintf("%q is no name of a scope or a restriction", strings.TrimSpace(word))
			}
		}
	}
	return ""
}

func isScopeWord(word string) bool {
	for _, r := range word {
		if (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '_' && r != '-' && r != '.' {
			return false
		}
	}
	return word != ""
}

// Seconds reads a duration such as "2160h" as the server counts it; what it can't count is an
// error.
func Seconds(duration string) (int64, error) {
	d, err := time.ParseDuration(duration)
	switch {
	case err != nil:
		return 0, fmt.Errorf("%q is no duration: write a number and a unit, such as \"2160h\" or \"90m\"", duration)
	case d <= 0 || d%time.Second != 0:
		return 0, fmt.Errorf("%q is not a whole number of seconds above zero", duration)
	}
	return int64(d / time.Second), nil
}

// Duration writes seconds as Seconds reads them, in the largest unit that leaves nothing over:
// "2160h", "90m", "45s".
func Duration(seconds int64) string {
	switch {
	case seconds%3600 == 0:
		return fmt.Sprintf("%dh", seconds/3600)
	case seconds%60 == 0:
		return fmt.Sprintf("%dm", seconds/60)
	}
	return fmt.Sprintf("%ds", seconds)
}
