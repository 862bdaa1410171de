// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package acctest

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// Secrets are what nothing may hold that a test leaves behind: what the provider is given, and what
// the services gave it.
type Secrets struct {
	mu     sync.Mutex
	pieces map[string]string // by the secret, its name
	wholes map[string]string
}

var secretsByTest struct {
	sync.Mutex
	of map[string]*Secrets
}

// SecretsOf are the secrets of a test. [Watch] searches for them in everything that the provider
// says.
func SecretsOf(t testing.TB) *Secrets {
	secretsByTest.Lock()
	defer secretsByTest.Unlock()
	s := secretsByTest.of[t.Name()]
	if s == nil {
		s = &Secrets{pieces: map[string]string{}, wholes: map[string]string{}}
		if secretsByTest.of == nil {
			secretsByTest.of = map[string]*Secrets{}
		}
		secretsByTest.of[t.Name()] = s
	}
	return s
}

// Learn adds a secret, every piece of which is one.
func (s *Secrets) Learn(name, secret string) {
	if secret == "" {
		return
	}
	if len(secret) < window+3 {
		panic(fmt.Sprintf("%s is too short a secret to be searched for", name))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pieces[secret] = name
}

// LearnWhole adds a text whose parts are no secret.
func (s *Secrets) LearnWhole(name, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wholes[text] = name
}

// Names are the names of all secrets.
func (s *Secrets) Names() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Values(s.pieces))
}

// Searcher knows all that has been learnt so far.
func (s *Secrets) Searcher() *Searcher {
	found := &Searcher{pieces: map[int]map[string]string{}, wholes: map[string][]string{}, names: map[string]string{}}
	s.addTo(found)
	return found
}

func (s *Secrets) addTo(found *Searcher) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for secret, name := range s.pieces {
		found.add(name, secret)
	}
	for text, name := range s.wholes {
		found.addWhole(name, text)
	}
}

// searcherOf knows the secrets of a test, of the tests that it is a part of, and of its parts.
func searcherOf(test string) *Searcher {
	secretsByTest.Lock()
	defer secretsByTest.Unlock()
	found := &Searcher{pieces: map[int]map[string]string{}, wholes: map[string][]string{}, names: map[string]string{}}
	for name, s := range secretsByTest.of {
		if name == test || strings.HasPrefix(name, test+"/") || strings.HasPrefix(test, name+"/") {
			s.addTo(found)
		}
	}
	return found
}

// window is the length of the pieces of secrets that are searched for, before they are spelt.
const window = 12

// windowOf is the length of a piece in a spelling: a shorter one would tell too little of the
// secret to be one.
func windowOf(way string) int {
	switch {
	case strings.EqualFold(way, "hex"):
		return 2 * window
	case strings.HasPrefix(way, "base64"):
		return window * 4 / 3
	}
	return window
}

// Spellings are the ways to write a secret that are searched for. What is percent-encoded in any
// other way is found too.
var Spellings = map[string]func(string) string{
	"plain":      func(s string) string { return s },
	"JSON":       func(s string) string { return InJSON(s, false) },
	"JSON, HTML": func(s string) string { return InJSON(s, true) },
	"JSON twice": func(s string) string { return InJSON(InJSON(s, false), false) },
	"quoted":     func(s string) string { q := strconv.Quote(s); return q[1 : len(q)-1] },
	"query":      url.QueryEscape,
	"path":       url.PathEscape,
	"HTML":       html.EscapeString,
	"hex":        func(s string) string { return hex.EncodeToString([]byte(s)) },
	"HEX":        func(s string) string { return strings.ToUpper(hex.EncodeToString([]byte(s))) },
	"backwards":  func(s string) string { r := []rune(s); slices.Reverse(r); return string(r) },
	"base64":     func(s string) string { return inBase64(base64.RawStdEncoding, s, 0) },
	"base64+1":   func(s string) string { return inBase64(base64.RawStdEncoding, s, 1) },
	"base64+2":   func(s string) string { return inBase64(base64.RawStdEncoding, s, 2) },
	"base64url":  func(s string) string { return inBase64(base64.RawURLEncoding, s, 0) },
}

// InJSON is a text as it stands in JSON, without the quotes.
func InJSON(s string, safe bool) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(safe)
	if err := e.Encode(s); err != nil {
		panic(err) // a text
	}
	return b.String()[1 : b.Len()-2]
}

// inBase64 is what of a coded text depends on s alone, when other bytes stand before it and behind
// it.
func inBase64(encoding *base64.Encoding, s string, before int) string {
	coded := encoding.EncodeToString(append(make([]byte, before), s...))
	return coded[(before*8+5)/6 : (before+len(s))*8/6]
}

// Searcher finds secrets in what was written.
type Searcher struct {
	pieces map[int]map[string]string // by their length, to what they are pieces of
	wholes map[string][]string       // by their last bytes
	names  map[string]string         // of the wholes
	begins [1 << 14]uint64           // a bit for the first bytes of each that is searched for
}

func (s *Searcher) add(name, secret string) {
	for way, spell := range Spellings {
		text, n := spell(secret), windowOf(way)
		if s.pieces[n] == nil {
			s.pieces[n] = map[string]string{}
		}
		for i := 0; i+n <= len(text); i++ {
			if s.pieces[n][text[i:i+n]] == "" {
				s.pieces[n][text[i:i+n]] = name + ", " + way
				s.mark(text[i:])
			}
		}
	}
}

func (s *Searcher) addWhole(name, text string) {
	for way, spell := range Spellings {
		whole := spell(text)
		if s.names[whole] == "" {
			last := whole[len(whole)-window:]
			s.wholes[last] = append(s.wholes[last], whole)
			s.names[whole] = name + ", " + way
			s.mark(last)
		}
	}
}

func (s *Searcher) mark(text string) {
	at := beginning(text[0], text[1], text[2], text[3])
	s.begins[at>>6] |= 1 << (at & 63)
}

func beginning(a, b, c, d byte) uint32 {
	return (uint32(a) | uint32(b)<<8 | uint32(c)<<16 | uint32(d)<<24) * 0x9e3779b1 >> 12
}

var percentForm = regexp.MustCompile(`(?:%[0-9A-Fa-f]{2})+`)

// In finds what data holds, at most a few places.
func (s *Searcher) In(data []byte) []string {
	found := s.in(data)
	if len(found) == 0 && percentForm.Match(data) {
		found = s.in(percentForm.ReplaceAllFunc(data, func(form []byte) []byte {
			text, err := url.PathUnescape(string(form))
			if err != nil {
				return form
			}
			return []byte(text)
		}))
	}
	return found
}

func (s *Searcher) in(data []byte) []string {
	var found []string
	for i := 0; i+window <= len(data) && len(found) < 5; i++ {
		at := beginning(data[i], data[i+1], data[i+2], data[i+3])
		if s.begins[at>>6]&(1<<(at&63)) == 0 {
			continue
		}
		name := ""
		for n, pieces := range s.pieces {
			if i+n <= len(data) && name == "" {
				name = pieces[string(data[i:i+n])]
			}
		}
		for _, whole := range s.wholes[string(data[i:i+window])] {
			if bytes.HasSuffix(data[:i+window], []byte(whole)) {
				name = s.names[whole]
			}
		}
		if name != "" {
			from, to := max(0, i-150), min(len(data), i+150)
			found = append(found, fmt.Sprintf("%s, at %d: %q", name, i, data[from:to]))
			i += 500
		}
	}
	return found
}
