// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package rest

import (
	"errors"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// CheckURL parses the address of a service: absolute, https (http for loopback hosts only), without
// user, query and fragment. A trailing slash is dropped. Its errors don't repeat the address, nor a
// part of it: it may hold a password by mistake, or be one.
func CheckURL(raw string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimSpace(raw))
	if err != nil {
		return nil, errors.New("not a valid URL: check the host and the port") // the reason quotes what it finds where the port belongs
	}
	switch {
	case u.Scheme == "" || u.Opaque != "" || u.Host == "" || u.Hostname() == "":
		return nil, errors.New("must be an absolute URL such as https://host.example.com")
	case u.User != nil:
		return nil, errors.New("must not contain a user name or password")
	case u.RawQuery != "" || u.ForceQuery:
		return nil, errors.New("must not contain a query")
	case u.Fragment != "" || strings.HasSuffix(raw, "#"):
		return nil, errors.New("must not contain a fragment")
	case u.Scheme == "http" && !isLoopback(u.Hostname()):
		return nil, errors.New("http:// is accepted for loopback addresses only: use https://")
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, errors.New("the scheme must be https")
	}
	u.Path = strings.TrimRight(u.Path, "/")
	u.RawPath = strings.TrimRight(u.RawPath, "/")
	return u, nil
}

func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.Unmap().IsLoopback()
}

// Escape gives s with every byte but A-Z a-z 0-9 - . _ ~ as %XX (RFC 3986, unreserved characters).
func Escape(s string) string {
	n := 0
	for i := range len(s) {
		if !unreserved(s[i]) {
			n++
		}
	}
	if n == 0 {
		return s
	}
	b := make([]byte, 0, len(s)+2*n)
	return string(appendEscaped(b, s))
}

func unreserved(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '_' || c == '.' || c == '~'
}

func appendEscaped(b []byte, s string) []byte {
	const hex = "0123456789ABCDEF"
	for i := range len(s) {
		if c := s[i]; unreserved(c) {
			b = append(b, c)
		} else {
			b = append(b, '%', hex[c>>4], hex[c&15])
		}
	}
	return b
}

// EncodeQuery gives q with its keys sorted, the values of a key in their order, and everything
// escaped as by Escape.
func EncodeQuery(q url.Values) string {
	if len(q) == 0 {
		return ""
	}
	keys := make([]string, 0, len(q))
	for k := range q {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	b := make([]byte, 0, 64)
	for _, k := range keys {
		for _, v := range q[k] {
			if len(b) > 0 {
				b = append(b, '&')
			}
			b = appendEscaped(b, k)
			b = append(b, '=')
			b = appendEscaped(b, v)
		}
	}
	return string(b)
}

// target gives the URL of a request below base.
func target(base *url.URL, r *Request) *url.URL {
	u := *base
	path := r.Path
	if path != "" && path[0] != '/' {
		path = "/" + path
	}
	if len(r.Segments) > 0 {
		raw := (&url.URL{Path: u.Path, RawPath: u.RawPath}).EscapedPath() + (&url.URL{Path: path}).EscapedPath()
		plain := u.Path + path
		for _, s := range r.Segments {
			raw += "/" + Escape(s)
			plain += "/" + s
		}
		u.Path, u.RawPath = plain, raw
	} else {
		if u.RawPath != "" {
			u.RawPath += (&url.URL{Path: path}).EscapedPath()
		}
		u.Path += path
	}
	if u.Path == "" {
		u.Path = "/"
	}
	u.RawQuery = EncodeQuery(r.Query)
	return &u
}
