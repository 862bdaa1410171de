// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud

import (
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// localDomain is the domain of an account whose domain is left out.
const localDomain = "local.com"

// account is the identity of an authorization. Accounts are interned: a record holds a number.
type account struct {
	group        bool
	domain, name string
	// odd is an account type that nobody documented, NoType for none.
	odd string
}

type accountID uint32

// platform is a platform type in two bits.
type platform uint8

const (
	platformLeftOut platform = iota
	platformAD
	platformLocal
)

var platformNames = [...]string{platformLeftOut: "", platformAD: "AD", platformLocal: "LOCAL"}

// record is one authorization. Benchmarks hold millions of them.
type record struct {
	id            accountID
	platform      platform
	domainLeftOut bool
	gone          bool
}

// records is an ordered set of authorizations: adding and removing cost the same however many there
// are, and so does a page. Removed ones leave gaps that the next reader closes.
type records struct {
	list  []record
	index map[accountID]uint32
	gaps  int
}

// get returns the record of an account; the pointer is good until the next change.
func (s *records) get(id accountID) *record {
	if i, ok := s.index[id]; ok {
		return &s.list[i]
	}
	return nil
}

func (s *records) add(r record) {
	if s.index == nil {
		s.index = map[accountID]uint32{}
	}
	if s.gaps > 64 && s.gaps > len(s.list)/2 { // nobody reads
		s.all()
	}
	s.index[r.id] = uint32(len(s.list))
	s.list = append(s.list, r)
}

func (s *records) remove(id accountID) bool {
	i, ok := s.index[id]
	if !ok {
		return false
	}
	delete(s.index, id)
	s.list[i].gone = true
	s.gaps++
	return true
}

func (s *records) len() int { return len(s.list) - s.gaps }

func (s *records) clear() { *s = records{} }

// all closes the gaps and returns the records in order of insertion.
func (s *records) all() []record {
	if s.gaps == 0 {
		return s.list
	}
	first := slices.IndexFunc(s.list, func(r record) bool { return r.gone })
	kept := first
	for _, r := range s.list[first:] {
		if !r.gone {
			s.list[kept] = r
			s.index[r.id] = uint32(kept)
			kept++
		}
	}
	s.list, s.gaps = s.list[:kept], 0
	return s.list
}

// intern returns the number of an account, new if need be. A spelling that differs in case only has
// the same number when the switch says so. The caller holds b.mu.
func (b *Backend) intern(a account) accountID {
	key := b.key(a)
	if id, ok := b.ids[key]; ok {
		return id
	}
	if spelling, ok := b.directory[key]; ok {
		a = spelling
	}
	a.name = b.switches.NameForm.of(a.name)
	id := accountID(len(b.accounts))
	b.accounts = append(b.accounts, a)
	b.ids[key] = id
	return id
}

// key is what accounts are compared by.
func (b *Backend) key(a account) account {
	a.name = b.switches.NameForm.of(a.name)
	if a.domain != localDomain {
		a.domain = b.switches.DomainForm.of(a.domain)
	}
	if b.switches.folds() {
		a.domain, a.name = strings.ToLower(a.domain), strings.ToLower(a.name)
	}
	return a
}

// known tells whether the directory has an account. An empty directory has everybody.
func (b *Backend) known(a account) bool {
	if len(b.directory) == 0 {
		return true
	}
	_, ok := b.directory[b.key(a)]
	return ok
}

// of rewrites a name.
func (f NameForm) of(name string) string {
	switch f {
	case NameFormTrimmed:
		return strings.TrimSpace(name)
	case NameFormSqueezed:
		return strings.Join(strings.Fields(name), " ")
	case NameFormNFC:
		return norm.NFC.String(name)
	case NameFormNFD:
		return norm.NFD.String(name)
	}
	return name
}

// of shows a domain.
func (f DomainForm) of(domain string) string {
	switch f {
	case DomainFormShort:
		short, _, _ := strings.Cut(domain, ".")
		return short
	case DomainFormUpper:
		return strings.ToUpper(domain)
	}
	return domain
}
