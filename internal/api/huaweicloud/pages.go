// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud

import (
	"crypto/sha256"
	"sync"
)

// maxKnownPages bounds the memory of knownPages: five different lists of 20,000 accounts have 1,000
// pages.
const maxKnownPages = 1_000

// knownPages remembers what pages say, by their hash. Applications mostly list the same accounts,
// and an apply lists them twice: decoding them anew would be most of the CPU of a refresh.
type knownPages struct {
	mu     sync.RWMutex
	byHash map[[sha256.Size]byte]knownPage
}

type knownPage struct {
	records []authorization
	count   int
}

// decode reads a page of the list of accounts. A page that came before gives the same slice again:
// nobody may change it.
func (k *knownPages) decode(b []byte) ([]authorization, int, error) {
	hash := sha256.Sum256(b)
	k.mu.RLock()
	p, ok := k.byHash[hash]
	k.mu.RUnlock()
	if ok {
		return p.records, p.count, nil
	}
	records, count, err := decodeAuthorizations(b)
	if err != nil {
		return nil, 0, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.byHash == nil || len(k.byHash) == maxKnownPages {
		k.byHash = map[[sha256.Size]byte]knownPage{} // lists that change or never come twice in the same order: begin anew
	}
	k.byHash[hash] = knownPage{records, count}
	return records, count, nil
}
