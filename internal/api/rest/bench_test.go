// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package rest

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"testing"
)

// page is one page of a long list, as the services answer it.
func page() []byte {
	type item struct {
		Account      string `json:"account"`
		Domain       string `json:"domain"`
		AccountType  string `json:"account_type"`
		PlatformType string `json:"platform_type"`
	}
	items := make([]item, 100)
	for i := range items {
		items[i] = item{"user" + strconv.Itoa(100000+i), "corp.example.com", "SIMPLE", "AD"}
	}
	b, err := json.Marshal(map[string]any{"count": 20000, "items": items})
	if err != nil {
		panic(err)
	}
	return b
}

// BenchmarkDo is the core's own cost of one request: the network answers at once and the body is
// only skimmed.
func BenchmarkDo(b *testing.B) {
	body := page()
	for name, logger := range map[string]Logger{"": nil, "/logged": silent{}} {
		b.Run("core"+name, func(b *testing.B) {
			c, err := New(Config{BaseURL: "https://h.example.com", Quota: Quota{Read: 1 << 30}, Logger: logger, Authorize: func(_ context.Context, r *http.Request, _ []byte) error {
				r.Header.Set("Authorization", "x")
				return nil
			}})
			if err != nil {
				b.Fatal(err)
			}
			c.transport = transportFunc(func(*http.Request) (*http.Response, error) {
				return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(body))}, nil
			})
			request(b, c)
		})
	}
	b.Run("loopback", func(b *testing.B) {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(body) }))
		defer server.Close()
		c, err := New(Config{BaseURL: server.URL})
		if err != nil {
			b.Fatal(err)
		}
		request(b, c)
	})
}

// BenchmarkNetHTTP is what net/http alone takes for the same, as a yardstick for loopback.
func BenchmarkNetHTTP(b *testing.B) {
	body := page()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(body) }))
	defer server.Close()
	client := server.Client()
	b.ReportAllocs()
	for b.Loop() {
		r, err := http.NewRequestWithContext(b.Context(), http.MethodGet, server.URL+"/v1/apps?limit=100&offset=100", http.NoBody)
		if err != nil {
			b.Fatal(err)
		}
		resp, err := client.Do(r)
		if err != nil {
			b.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
	}
}

type silent struct{}

func (silent) Enabled(context.Context, Level) bool                { return true }
func (silent) Log(context.Context, Level, string, map[string]any) {}

func request(b *testing.B, c *Client) {
	b.Helper()
	skim := func(_ int, _ http.Header, r io.Reader) error { return WithBody(r, func([]byte) error { return nil }) }
	query := url.Values{"limit": {"100"}, "offset": {"100"}}
	b.ReportAllocs()
	for b.Loop() {
		if err := c.Do(b.Context(), Request{Operation: "List", Path: "/v1/apps", Query: query, Decode: skim}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecodeJSON(b *testing.B) {
	body := page()
	var dst struct {
		Count int
		Items []struct{ Account, Domain string }
	}
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	decode := DecodeJSON(&dst)
	for b.Loop() {
		if err := decode(200, nil, bytes.NewReader(body)); err != nil {
			b.Fatal(err)
		}
	}
}
