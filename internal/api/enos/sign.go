// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package enos

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"time"
)

// Encryption is the proof of the secret key that the token service wants: SHA-256 of access key,
// timestamp and secret key, in lower-case hex (API.md, section 4).
func Encryption(accessKey, timestamp, secretKey string) string {
	return sum(accessKey, timestamp, secretKey)
}

// Signature is the apim-signature of a call: SHA-256, in lower-case hex, of the token, the query as
// decoded keys and values with the keys in byte order, the body exactly as it is sent, the
// timestamp and the secret key (API.md, section 5). Path, method and host are not signed. Of a key
// that stands twice the first value counts.
func Signature(token string, query url.Values, body []byte, timestamp, secretKey string) string {
	parts := []string{token}
	for _, key := range slices.Sorted(maps.Keys(query)) {
		parts = append(parts, key, query.Get(key))
	}
	return sum(append(parts, string(body), timestamp, secretKey)...)
}

func sum(parts ...string) string {
	h := sha256.New()
	for _, part := range parts {
		h.Write([]byte(part))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// stamps gives the milliseconds since 1970 as decimal text, never the same twice: the token service
// refuses an encryption that it has seen.
type stamps struct {
	mu   sync.Mutex
	last int64
}

func (s *stamps) next() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last = max(s.last+1, time.Now().UnixMilli())
	return strconv.FormatInt(s.last, 10)
}
