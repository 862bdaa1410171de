// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package enos

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"net/url"
	"slices"
	"strings"
)

// Encryption returns what a token request has to prove that it knows the secret key: the SHA-256,
// in lower-case hex, of access key, timestamp and secret key, one after the other. See the vendor
// page "Get Access Token".
func Encryption(accessKey, timestamp, secretKey string) string {
	return digest(accessKey, timestamp, secretKey)
}

// Signature returns the apim-signature of a call: the SHA-256, in lower-case hex, of token,
// parameters, body, timestamp and secret key, one after the other. The parameters are written as
// name and decoded value, ordered by the bytes of the name; of a repeated name the first value
// counts. The body is taken byte by byte as it came. See the vendor page "Invoke API with Access
// Token".
func Signature(token string, query url.Values, body []byte, timestamp, secretKey string) string {
	var parameters strings.Builder
	for _, name := range slices.Sorted(maps.Keys(query)) {
		parameters.WriteString(name)
		parameters.WriteString(query.Get(name))
	}
	return digest(token, parameters.String(), string(body), timestamp, secretKey)
}

func digest(parts ...string) string {
	h := sha256.New()
	for _, part := range parts {
		h.Write([]byte(part))
	}
	return hex.EncodeToString(h.Sum(nil))
}
