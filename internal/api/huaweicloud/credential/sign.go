// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

// Package credential gives the keys that requests of Huawei Cloud are signed with, wherever they
// come from, and signs with them.
package credential

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/rest"
)

const (
	algorithm           = "SDK-HMAC-SHA256"
	dateLayout          = "20060102T150405Z"
	headerDate          = "X-Sdk-Date"
	headerSecurityToken = "X-Security-Token" //nolint:gosec // a name
)

// signedHeaders are those that are signed where a request has them, sorted. Only what this client
// sets is among them: net/http and proxies add headers of their own and may alter others.
var signedHeaders = []string{"X-Project-Id", headerDate, headerSecurityToken}

// Keys are a key pair, and the token that belongs to it where it is temporary.
type Keys struct {
	AccessKey, SecretKey, SecurityToken string
	// Expires is zero where the keys don't end, or where nobody knows when.
	Expires time.Time
}

// Sign sets the headers that authorize r, whose body is body (vendor guide "Signing API requests").
func (k Keys) Sign(r *http.Request, body []byte, now time.Time) {
	date := now.UTC().Format(dateLayout)
	r.Header.Set(headerDate, date)
	if k.SecurityToken != "" {
		r.Header.Set(headerSecurityToken, k.SecurityToken)
	}
	var names []string
	var headers strings.Builder
	for _, name := range signedHeaders {
		if value := r.Header.Get(name); value != "" {
			names = append(names, strings.ToLower(name))
			headers.WriteString(strings.ToLower(name) + ":" + strings.TrimSpace(value) + "\n")
		}
	}
	signed := strings.Join(names, ";")
	canonical := strings.Join([]string{r.Method, canonicalPath(r.URL), canonicalQuery(r.URL), headers.String(), signed, hash(body)}, "\n")
	mac := hmac.New(sha256.New, []byte(k.SecretKey))
	mac.Write([]byte(algorithm + "\n" + date + "\n" + hash([]byte(canonical))))
	r.Header.Set("Authorization", algorithm+" Access="+k.AccessKey+", SignedHeaders="+signed+", Signature="+hex.EncodeToString(mac.Sum(nil)))
}

// canonicalPath escapes each segment, and ends in a slash, which the path on the wire does not.
func canonicalPath(u *url.URL) string {
	segments := strings.Split(u.EscapedPath(), "/")
	for i, segment := range segments {
		if plain, err := url.PathUnescape(segment); err == nil {
			segments[i] = rest.Escape(plain)
		}
	}
	return strings.TrimSuffix(strings.Join(segments, "/"), "/") + "/"
}

// canonicalQuery sorts the keys, and the values of each.
func canonicalQuery(u *url.URL) string {
	query := u.Query()
	for _, values := range query {
		slices.Sort(values)
	}
	return rest.EncodeQuery(query)
}

func hash(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
