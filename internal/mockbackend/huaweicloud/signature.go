// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	algorithm       = "SDK-HMAC-SHA256"
	dateLayout      = "20060102T150405Z"
	unsignedPayload = "UNSIGNED-PAYLOAD"
	// maxSkew is how far the signature's time may be from the server's, either way.
	maxSkew = 15 * time.Minute
)

// authorization is a parsed Authorization header.
type authorization struct {
	accessKey string
	signed    []string
	signature string
}

// parseAuthorization reads `SDK-HMAC-SHA256 Access=…, SignedHeaders=a;b, Signature=…`.
func parseAuthorization(header string) (authorization, error) {
	rest, ok := strings.CutPrefix(header, algorithm+" ")
	if !ok {
		return authorization{}, fmt.Errorf("the Authorization header does not begin with %s", algorithm)
	}
	var a authorization
	for part := range strings.SplitSeq(rest, ",") {
		key, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		switch key {
		case "Access":
			a.accessKey = value
		case "SignedHeaders":
			a.signed = strings.Split(value, ";")
		case "Signature":
			a.signature = value
		default:
			return a, errors.New("the Authorization header has an unknown part")
		}
	}
	switch {
	case a.accessKey == "" || a.signature == "":
		return a, errors.New("the Authorization header lacks Access or Signature")
	case !slices.Contains(a.signed, "x-sdk-date"):
		return a, errors.New("x-sdk-date is not among the signed headers")
	case !slices.IsSorted(a.signed):
		return a, errors.New("the signed headers are not sorted")
	}
	for _, name := range a.signed {
		if name != strings.ToLower(name) {
			return a, fmt.Errorf("signed header %q is not in lower case", name)
		}
	}
	return a, nil
}

// canonicalRequest builds the text that both sides hash, from the headers that the client says it
// signed. Source: vendor guide "API request signing", calculation of the canonical request.
func canonicalRequest(r *http.Request, signed []string, payloadHash string) (string, error) {
	path, err := canonicalPath(r.URL.EscapedPath())
	if err != nil {
		return "", err
	}
	query, err := canonicalQuery(r.URL.RawQuery)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n%s\n%s\n", r.Method, path, query)
	for _, name := range signed {
		value, err := signedHeader(r, name)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&b, "%s:%s\n", name, value)
	}
	fmt.Fprintf(&b, "\n%s\n%s", strings.Join(signed, ";"), payloadHash)
	return b.String(), nil
}

// signedHeader returns a header as it came; net/http keeps two of them apart from the others.
func signedHeader(r *http.Request, name string) (string, error) {
	switch name {
	case "host":
		return r.Host, nil
	case "content-length":
		return strconv.FormatInt(r.ContentLength, 10), nil
	}
	values := r.Header.Values(name)
	if len(values) != 1 {
		return "", fmt.Errorf("signed header %q came %d times", name, len(values))
	}
	return strings.TrimSpace(values[0]), nil
}

func canonicalPath(escaped string) (string, error) {
	segments := strings.Split(escaped, "/")
	for i, segment := range segments {
		plain, err := url.PathUnescape(segment)
		if err != nil {
			return "", err
		}
		segments[i] = escape(plain)
	}
	path := strings.Join(segments, "/")
	if !strings.HasSuffix(path, "/") {
		path += "/"
	}
	return path, nil
}

// canonicalQuery sorts keys and values. A plus sign stands for itself: clients have to write a
// blank as %20.
func canonicalQuery(raw string) (string, error) {
	if raw == "" {
		return "", nil
	}
	var pairs []string
	for part := range strings.SplitSeq(raw, "&") {
		key, value, _ := strings.Cut(part, "=")
		plainKey, err := url.PathUnescape(key)
		if err != nil {
			return "", err
		}
		plainValue, err := url.PathUnescape(value)
		if err != nil {
			return "", err
		}
		pairs = append(pairs, plainKey+"\x00"+plainValue)
	}
	slices.Sort(pairs)
	for i, pair := range pairs {
		key, value, _ := strings.Cut(pair, "\x00")
		pairs[i] = escape(key) + "=" + escape(value)
	}
	return strings.Join(pairs, "&"), nil
}

// escape is RFC 3986: everything but A-Z a-z 0-9 - _ . ~ becomes %XX.
func escape(s string) string {
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		switch {
		case 'A' <= c && c <= 'Z', 'a' <= c && c <= 'z', '0' <= c && c <= '9', c == '-', c == '_', c == '.', c == '~':
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// sign computes the signature of a canonical request.
func sign(secretKey, date, canonical string) string {
	mac := hmac.New(sha256.New, []byte(secretKey))
	fmt.Fprintf(mac, "%s\n%s\n%s", algorithm, date, hexHash([]byte(canonical)))
	return hex.EncodeToString(mac.Sum(nil))
}

func hexHash(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
