// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"sync"
	"unicode/utf8"
)

// maxKnownRecords and maxKnownPages bound the memory of knownRecords: five different lists of 20,000 accounts have 1,000 pages.
const (
	maxKnownRecords = maxRecords
	maxKnownPages   = 1_000
)

// knownRecords remembers what the records of lists mean, by their text, and whole pages by their hash. Applications mostly list the
// same accounts, and an apply lists them twice: so all but the first time, reading a page is a look at a map, and in another order a look for each
// record, instead of a decoding, which would be most of the CPU of a refresh.
type knownRecords struct {
	mu     sync.RWMutex
	byText map[string]authorization
	pages  map[[sha256.Size]byte]plainPage
}

// decode reads a page of the list of accounts as decodeAuthorizations does, which it leaves every page to that is not of the plain form: an
// object of a count and an array of flat objects. A page that came before gives the same slice again: nobody may change it.
func (k *knownRecords) decode(b []byte) ([]authorization, int, error) {
	hash := sha256.Sum256(b)
	k.mu.RLock()
	p, ok := k.pages[hash]
	k.mu.RUnlock()
	if ok {
		return p.records, p.count, nil
	}
	if p, ok = k.split(b); !ok || !utf8.Valid(b) {
		return decodeAuthorizations(b) // where texts are damaged, it says so
	}
	for i, text := range p.unknown {
		var item accountInfo
		if json.Unmarshal(text, &item) != nil || item.problem() != "" {
			return decodeAuthorizations(b) // it says what is wrong
		}
		p.records[i] = item.authorization()
	}
	return k.remember(hash, p), p.count, nil
}

func (k *knownRecords) split(b []byte) (plainPage, bool) {
	k.mu.RLock()
	defer k.mu.RUnlock()
	return splitPage(b, k.byText)
}

// remember gives the records of the page, which somebody else may have read at the same time.
func (k *knownRecords) remember(hash [sha256.Size]byte, p plainPage) []authorization {
	k.mu.Lock()
	defer k.mu.Unlock()
	if known, ok := k.pages[hash]; ok {
		return known.records
	}
	if k.byText == nil {
		k.byText, k.pages = map[string]authorization{}, map[[sha256.Size]byte]plainPage{}
	}
	for i, text := range p.unknown {
		if len(k.byText) < maxKnownRecords {
			k.byText[string(text)] = p.records[i]
		}
	}
	p.unknown = nil // a view of a buffer that is used again
	if len(k.pages) == maxKnownPages {
		clear(k.pages) // lists that change or never come twice in the same order: begin anew
	}
	k.pages[hash] = p
	return p.records
}

// plainPage is a page of which some records are still to be read.
type plainPage struct {
	count   int
	records []authorization
	unknown map[int][]byte // texts of records that are not known, by their place
}

// splitPage splits a page into the texts of its records, which are parts of b. It takes only the plain form, in which the count and the texts are
// all that the page says; whether an unknown text is valid is for its reader to find.
func splitPage(b []byte, known map[string]authorization) (p plainPage, ok bool) {
	s := splitter{b: b}
	if !s.take('{') {
		return p, false
	}
	var counted, listed bool
	for {
		switch {
		case s.takeText(`"count"`) && !counted:
			counted = true
			if ok = s.take(':'); ok {
				p.count, ok = s.number()
			}
		case s.takeText(`"items"`) && !listed:
			listed = true
			ok = s.take(':') && s.records(&p, known)
		default:
			return p, false
		}
		if !ok {
			return p, false
		}
		if !s.take(',') {
			break
		}
	}
	return p, s.take('}') && s.atEnd() && counted && listed
}

// splitter walks over JSON text.
type splitter struct {
	b []byte
	i int
}

func (s *splitter) skipBlanks() {
	for s.i < len(s.b) && (s.b[s.i] == ' ' || s.b[s.i] == '\n' || s.b[s.i] == '\r' || s.b[s.i] == '\t') {
		s.i++
	}
}

func (s *splitter) atEnd() bool {
	s.skipBlanks()
	return s.i == len(s.b)
}

// take goes over c and the blanks before it, if c is there.
func (s *splitter) take(c byte) bool {
	s.skipBlanks()
	if s.i == len(s.b) || s.b[s.i] != c {
		return false
	}
	s.i++
	return true
}

func (s *splitter) takeText(text string) bool {
	s.skipBlanks()
	if !bytes.HasPrefix(s.b[s.i:], []byte(text)) {
		return false
	}
	s.i += len(text)
	return true
}

// number reads a natural number of up to nine digits.
func (s *splitter) number() (n int, ok bool) {
	s.skipBlanks()
	from := s.i
	for ; s.i < len(s.b) && s.b[s.i] >= '0' && s.b[s.i] <= '9'; s.i++ {
		n = n*10 + int(s.b[s.i]-'0')
		if s.i-from > 9 {
			return 0, false
		}
	}
	return n, s.i > from && (s.b[from] != '0' || s.i == from+1)
}

// records reads an array of flat objects.
func (s *splitter) records(p *plainPage, known map[string]authorization) bool {
	if !s.take('[') {
		return false
	}
	if s.take(']') {
		return true
	}
	p.records = make([]authorization, 0, pageLimit)
	for {
		s.skipBlanks()
		record, ok := s.known(known)
		if !ok {
			text, ok := s.object()
			if !ok {
				return false
			}
			if p.unknown == nil {
				p.unknown = map[int][]byte{}
			}
			p.unknown[len(p.records)] = text
		}
		p.records = append(p.records, record)
		if !s.take(',') {
			return s.take(']')
		}
	}
}

// known goes over a known object, if one is there. What is known is a whole object, and none begins with another.
func (s *splitter) known(known map[string]authorization) (authorization, bool) {
	end := bytes.IndexByte(s.b[s.i:], '}') + 1
	record, ok := known[string(s.b[s.i:s.i+end])]
	if ok {
		s.i += end
	}
	return record, ok
}

// object finds the end of an object that holds no other.
func (s *splitter) object() (text []byte, ok bool) {
	from := s.i
	if !s.take('{') {
		return nil, false
	}
	inText := false
	for ; s.i < len(s.b); s.i++ {
		switch c := s.b[s.i]; {
		case c == '"':
			inText = !inText
		case inText && c == '\\':
			s.i++
		case inText:
		case c == '{' || c == '[':
			return nil, false
		case c == '}':
			s.i++
			return s.b[from:s.i], true
		}
	}
	return nil, false
}
