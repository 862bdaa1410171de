// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package leaks

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// window is the length of the pieces of secrets that are searched for, before they are spelt.
const window = 12

// windowOf is the length of a piece in a spelling: a shorter one would tell too little of the secret to be one.
func windowOf(way string) int {
	switch {
	case strings.EqualFold(way, "hex"):
		return 2 * window
	case strings.HasPrefix(way, "base64"):
		return window * 4 / 3
	}
	return window
}

// ways are the spellings of a secret that are searched for.
var ways = map[string]func(string) string{
	"plain":      func(s string) string { return s },
	"JSON":       func(s string) string { return inJSON(s, false) },
	"JSON, HTML": func(s string) string { return inJSON(s, true) },
	"JSON twice": func(s string) string { return inJSON(inJSON(s, false), false) },
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

func inJSON(s string, safe bool) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(safe)
	if err := e.Encode(s); err != nil {
		panic(err) // a text
	}
	return b.String()[1 : b.Len()-2]
}

// inBase64 is what of a coded text depends on s alone, when other bytes stand before it and behind it.
func inBase64(encoding *base64.Encoding, s string, before int) string {
	coded := encoding.EncodeToString(append(make([]byte, before), s...))
	return coded[(before*8+5)/6 : (before+len(s))*8/6]
}

// searcher finds secrets in what was written.
type searcher struct {
	pieces map[int]map[string]string // by their length, to what they are pieces of
	wholes map[string][]string       // by their last bytes
	names  map[string]string         // of the wholes
}

func newSearcher() *searcher {
	return &searcher{pieces: map[int]map[string]string{}, wholes: map[string][]string{}, names: map[string]string{}}
}

// add searches for every piece of a secret, in every spelling.
func (s *searcher) add(name, secret string) {
	if len(secret) < window+3 {
		panic(fmt.Sprintf("%s is too short a secret to be searched for", name))
	}
	for way, spell := range ways {
		text, n := spell(secret), windowOf(way)
		if s.pieces[n] == nil {
			s.pieces[n] = map[string]string{}
		}
		for i := 0; i+n <= len(text); i++ {
			if s.pieces[n][text[i:i+n]] == "" {
				s.pieces[n][text[i:i+n]] = name + ", " + way
			}
		}
	}
}

// addWhole searches for a text as a whole, in every spelling: its parts are no secret.
func (s *searcher) addWhole(name, text string) {
	for way, spell := range ways {
		whole := spell(text)
		if s.names[whole] == "" {
			last := whole[len(whole)-window:]
			s.wholes[last] = append(s.wholes[last], whole)
			s.names[whole] = name + ", " + way
		}
	}
}

// in finds what data holds, at most a few of each file.
func (s *searcher) in(data []byte) []string {
	var found []string
	for i := 0; i < len(data) && len(found) < 5; i++ {
		name := ""
		for n, pieces := range s.pieces {
			if i+n <= len(data) && name == "" {
				name = pieces[string(data[i:i+n])]
			}
		}
		if i+window <= len(data) {
			for _, whole := range s.wholes[string(data[i:i+window])] {
				if bytes.HasSuffix(data[:i+window], []byte(whole)) {
					name = s.names[whole]
				}
			}
		}
		if name != "" {
			found = append(found, fmt.Sprintf("%s: …%q…", name, data[max(0, i-80):min(len(data), i+60)]))
			i += 200 // the next pieces are of the same secret
		}
	}
	return found
}

// below searches all files of a folder, and what is packed in them. It gives the places, by file.
func (s *searcher) below(t testing.TB, dir string) (found map[string][]string, files int) {
	t.Helper()
	found = map[string][]string{}
	eachFile(t, dir, func(name string, data []byte) {
		files++
		if places := s.in(data); len(places) > 0 {
			found[name] = places
		}
	})
	return found, files
}

// eachFile reads all files of a folder, and those that are packed in them.
func eachFile(t testing.TB, dir string, visit func(name string, data []byte)) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, _ := filepath.Rel(dir, path)
		visit(name, data)
		if !bytes.HasPrefix(data, []byte("PK\x03\x04")) {
			return nil
		}
		packed, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			return err
		}
		for _, file := range packed.File {
			r, err := file.Open()
			if err != nil {
				return err
			}
			data, err := io.ReadAll(r)
			if err != nil {
				return err
			}
			visit(name+"!"+file.Name, data)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// What is planted is found, in every spelling, as a whole and cut off, in a file and in a packed one.
func TestSearchFindsWhatIsPlanted(t *testing.T) {
	t.Parallel()
	secrets := map[string]string{
		"key": "kq8Zr3vT1mXw9Lb2Yc7Nd4Hs", "password": `x7"W & <q>\é/+=longer`, "token": "YWJjZGVm/+9876543210==", "lines": "MIGHAgEAMBMGBy\nqGSM49AgEGCCqG",
	}
	s := newSearcher()
	for name, secret := range secrets {
		s.add(name, secret)
	}
	const input = "GET\n/v1/apps/\n\nx-sdk-date:20261123T000000Z\n\nx-sdk-date\ne3b0c44298fc1c14"
	s.addWhole("input", input)
	innocent := "2026-11-23T21:00:00Z [TRACE] GET /v1/apps/ e3b0c44298fc1c14 kq8Zr3vT1mX"
	if found := s.in([]byte(innocent)); found != nil {
		t.Errorf("found %q in what holds none", found)
	}
	for way, spell := range ways {
		for name, secret := range secrets {
			text := spell(secret)
			for what, planted := range map[string]string{"whole": text, "begin": text[:len(text)-3], "end": text[4:]} {
				if found := s.in([]byte(innocent + planted + innocent)); len(found) == 0 || !strings.HasPrefix(found[0], name) {
					t.Errorf("%s of %s, %s: found %q", what, name, way, found)
				}
			}
		}
		text := spell(input)
		if found := s.in([]byte(innocent + text)); len(found) == 0 {
			t.Errorf("the signing input, %s, is not found", way)
		}
		if found := s.in([]byte(innocent + text[1:])); len(found) != 0 {
			t.Errorf("a part of the signing input, %s, is found", way)
		}
	}
	// base64 of a text that holds the secret somewhere
	for before := range 4 {
		coded := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("u", before) + secrets["password"] + "!"))
		if found := s.in([]byte(coded)); len(found) == 0 {
			t.Errorf("base64 with %d bytes before: nothing found", before)
		}
	}

	dir := t.TempDir()
	var packed bytes.Buffer
	w := zip.NewWriter(&packed)
	file, err := w.Create("tfplan")
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.WriteString(file, strings.Repeat("x", 1000)+secrets["key"])
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string]string{"plan": packed.String(), ".terraform/a": secrets["token"], "b": innocent} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	found, files := s.below(t, dir)
	if len(found) != 2 || files != 4 || len(found["plan!tfplan"]) != 1 || len(found[".terraform/a"]) != 1 {
		t.Errorf("found %q in %d files", found, files)
	}
}
