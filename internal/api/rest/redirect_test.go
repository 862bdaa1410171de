// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package rest

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
)

// A redirect is an error that names the host. Nothing is sent there, credentials least of all.
func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	var elsewhere atomic.Int32
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) }))
	t.Cleanup(other.Close)
	otherHost := strings.TrimPrefix(other.URL, "http://")

	for name, tc := range map[string]struct{ location, says string }{
		"another host":    {other.URL + "/login?next=1", "redirected to http://" + otherHost + ", which is not followed"},
		"the same host":   {"/elsewhere", "redirected to http://127.0.0.1:"},
		"without scheme":  {"//" + otherHost + "/x", "redirected to http://" + otherHost},
		"no location":     {"", "redirects are not followed"},
		"no URL":          {"http://[::1:bad/%zz", "redirects are not followed"},
		"with a password": {"https://user:hunter2@idp.example.com/", "redirected to https://idp.example.com, which"},
	} {
		for _, status := range []int{300, 301, 302, 303, 304, 305, 307, 308, 399} {
			for _, method := range []string{"GET", "POST"} {
				var n atomic.Int32
				c := serve(t, Config{MaxRetries: 2, Authorize: func(_ context.Context, r *http.Request, _ []byte) error {
					r.Header.Set("Authorization", "Bearer sesame-sesame-sesame")
					return nil
				}}, func(w http.ResponseWriter, r *http.Request) {
					if n.Add(1) > 1 || r.URL.Path != "/x" {
						t.Errorf("%s: request %d is for %s", name, n.Load(), r.URL)
					}
					if tc.location != "" {
						w.Header()["Location"] = []string{tc.location}
					}
					w.WriteHeader(status)
				})
				e := failure(t.Context(), t, c, Request{Method: method, Path: "/x", Query: url.Values{"token": {"t0p-s3cret"}}, Body: []byte("{}")})
				if e.Status != status || !strings.Contains(e.Error(), tc.says) || e.Transient || n.Load() != 1 {
					t.Errorf("%s, %d: %v (%d requests)", name, status, e, n.Load())
				}
				for _, secret := range []string{"sesame", "hunter2", "s3cret"} {
					if strings.Contains(e.Error(), secret) {
						t.Errorf("%s, %d: %q is in %v", name, status, secret, e)
					}
				}
			}
		}
	}
	if elsewhere.Load() != 0 {
		t.Errorf("%d requests reached the other host", elsewhere.Load())
	}
}

// Positive control: the other host would have counted a request.
func TestOtherHostCounts(t *testing.T) {
	t.Parallel()
	var n atomic.Int32
	c := serve(t, Config{}, func(w http.ResponseWriter, _ *http.Request) { n.Add(1); _, _ = io.WriteString(w, "x") })
	if err := c.Do(t.Context(), Request{}); err != nil || n.Load() != 1 {
		t.Errorf("%v, %d requests", err, n.Load())
	}
}
