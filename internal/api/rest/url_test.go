// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package rest

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCheckURL(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"https://host.example.com":        "https://host.example.com",
		" https://host.example.com/ ":     "https://host.example.com",
		"HTTPS://Host:8443/a/b//":         "https://Host:8443/a/b",
		"https://host/a%2Fb/":             "https://host/a%2Fb",
		"http://localhost:8080":           "http://localhost:8080",
		"http://LOCALHOST":                "http://LOCALHOST",
		"http://127.0.0.1:1/x":            "http://127.0.0.1:1/x",
		"http://127.9.9.9":                "http://127.9.9.9",
		"http://[::1]:80":                 "http://[::1]:80",
		"http://[::ffff:127.0.0.1]":       "http://[::ffff:127.0.0.1]",
		"https://[2001:db8::1]":           "https://[2001:db8::1]",
		"http://host.example.com":         "!http:// is accepted for loopback addresses only",
		"http://128.0.0.1":                "!loopback",
		"http://localhost.example.com":    "!loopback",
		"http://127.0.0.1.example.com":    "!loopback",
		"http://0.0.0.0":                  "!loopback",
		"http://2130706433":               "!loopback",
		"ftp://host":                      "!the scheme must be https",
		"host.example.com":                "!absolute URL",
		"host:443":                        "!absolute URL",
		"//host":                          "!absolute URL",
		"https:host":                      "!absolute URL",
		"https://":                        "!absolute URL",
		"https://:443":                    "!absolute URL",
		"":                                "!absolute URL",
		"https://user:hunter2@host":       "!must not contain a user name",
		"https://user@host":               "!must not contain a user name",
		"https://host?":                   "!query",
		"https://host?a=hunter2":          "!query",
		"https://host#hunter2":            "!fragment",
		"https://host#":                   "!fragment",
		"https://host:hunter2":            "!port",
		"https://user:hunter2@ho st":      "!not a valid URL",
		"https://%zz.example.com/hunter2": "!not a valid URL",
	} {
		u, err := CheckURL(raw)
		if says, bad := strings.CutPrefix(want, "!"); bad {
			if err == nil || !strings.Contains(err.Error(), says) {
				t.Errorf("%q: %v, want an error about %q", raw, err, says)
			} else if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("%q: the error repeats the password: %v", raw, err)
			}
			continue
		}
		if err != nil || u.String() != want {
			t.Errorf("%q: %v, %v, want %q", raw, u, err, want)
		}
	}
}

func TestTarget(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		base string
		r    Request
		want string
	}{
		{"https://h", Request{}, "https://h/"},
		{"https://h", Request{Path: "/v1/a"}, "https://h/v1/a"},
		{"https://h/", Request{Path: "v1/a"}, "https://h/v1/a"},
		{"https://h/p/q", Request{Path: "/v1/a b%"}, "https://h/p/q/v1/a%20b%25"},
		{"https://h/p%2Fq", Request{Path: "/v1/a b"}, "https://h/p%2Fq/v1/a%20b"},
		{"https://h/p%2Fq", Request{Path: "/v1", Segments: []string{"a/b", "c d", "ü", "x;y=z&", "a~b._-"}}, "https://h/p%2Fq/v1/a%2Fb/c%20d/%C3%BC/x%3By%3Dz%26/a~b._-"},
		{"https://h", Request{Segments: []string{"%41", "?#"}}, "https://h/%2541/%3F%23"},
		{"https://h", Request{Path: "/a", Query: url.Values{"z": {"1"}, "name": {"一 (&=?!#%.*)", "+"}, "": {""}}}, "https://h/a?=&name=%E4%B8%80%20%28%26%3D%3F%21%23%25.%2A%29&name=%2B&z=1"},
	} {
		base, err := CheckURL(tc.base)
		if err != nil {
			t.Fatal(err)
		}
		if got := target(base, &tc.r).String(); got != tc.want {
			t.Errorf("got  %s\nwant %s", got, tc.want)
		}
		if !strings.HasPrefix(base.String(), strings.TrimSuffix(tc.base, "/")) {
			t.Errorf("the base became %s", base)
		}
	}
}

func TestSegmentsThatAreSteps(t *testing.T) {
	t.Parallel()
	c := fake(t, Config{}, func(r *http.Request) (*http.Response, error) {
		t.Errorf("sent to %s", r.URL)
		return nil, errors.New("sent")
	})
	for _, s := range []string{"", ".", ".."} {
		if e := failure(t.Context(), t, c, Request{Segments: []string{"a", s}}); !e.Unsent || e.Attempts != 0 {
			t.Errorf("%q: %v", s, e)
		}
	}
	if e := failure(t.Context(), t, c, Request{Body: func() {}}); !e.Unsent || !strings.Contains(e.Error(), "can't be written as JSON") {
		t.Error(e)
	}
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	var got http.Header
	c := fake(t, Config{UserAgent: "appaccess/1"}, func(r *http.Request) (*http.Response, error) {
		got = r.Header
		return respond(200, ""), nil
	})
	for _, tc := range []struct {
		r    Request
		want http.Header
	}{
		{Request{}, http.Header{"Accept": {"application/json"}, "User-Agent": {"appaccess/1"}}},
		{Request{Body: []byte(nil)}, http.Header{"Accept": {"application/json"}, "User-Agent": {"appaccess/1"}}},
		{Request{Body: 1}, http.Header{"Accept": {"application/json"}, "User-Agent": {"appaccess/1"}, "Content-Type": {"application/json"}}},
		{
			Request{Body: 1, Header: http.Header{"content-type": {"application/json;charset=UTF-8"}, "ACCEPT": {"*/*"}, "X-A": {"1", "2"}}},
			http.Header{"Accept": {"*/*"}, "User-Agent": {"appaccess/1"}, "Content-Type": {"application/json;charset=UTF-8"}, "X-A": {"1", "2"}},
		},
	} {
		if err := c.Do(t.Context(), tc.r); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Error(diff)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for says, config := range map[string]Config{
		"loopback":                {BaseURL: "http://example.com"},
		"max_retries":             {BaseURL: "https://h", MaxRetries: -1},
		"request_timeout":         {BaseURL: "https://h", RequestTimeout: -1},
		"requests_per_minute":     {BaseURL: "https://h", Quota: Quota{Write: -1}},
		"max_concurrent_requests": {BaseURL: "https://h", MaxConcurrent: -1},
	} {
		config.Service = "Example"
		if _, err := New(config); err == nil || !strings.Contains(err.Error(), says) || !strings.HasPrefix(err.Error(), "Example: ") {
			t.Errorf("%v, want an error about %s", err, says)
		}
	}
}
