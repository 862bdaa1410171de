// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package rest

import (
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/iotest"
)

func TestEndlessBody(t *testing.T) {
	t.Parallel()
	for _, status := range []int{200, 201, 400, 429, 500, 503} {
		body := &endless{}
		c := fake(t, Config{MaxRetries: 0, MaxBodyBytes: 1 << 20}, func(*http.Request) (*http.Response, error) {
			r := respond(status, "")
			r.Body = body
			return r, nil
		})
		var dst any
		e := failure(t.Context(), t, c, Request{Decode: DecodeJSON(&dst)})
		if body.read > 2<<20 {
			t.Errorf("%d: %d bytes were read", status, body.read)
		}
		if status < 300 && (e.Transient || !strings.Contains(e.Error(), "longer than 1048576 bytes")) {
			t.Errorf("%d: %v", status, e)
		}
		if len(e.Error()) > 3*maxText {
			t.Errorf("%d: an error of %d bytes", status, len(e.Error()))
		}
	}
}

// A real server that never stops sending, and one that sends a small body which unpacks to an
// endless one.
func TestEndlessBodyOverTheWire(t *testing.T) {
	t.Parallel()
	for name, packed := range map[string]bool{"plain": false, "packed": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var n atomic.Int32
			c := serve(t, Config{MaxRetries: 3}, func(w http.ResponseWriter, _ *http.Request) {
				n.Add(1)
				out := io.Writer(w)
				if packed {
					w.Header().Set("Content-Encoding", "gzip")
					z := gzip.NewWriter(w)
					defer z.Close()
					out = z
				}
				_, _ = io.WriteString(out, `["`)
				block := []byte(strings.Repeat("x", 1<<16))
				for range 1 << 14 { // 1 GiB
					if _, err := out.Write(block); err != nil {
						return
					}
				}
			})
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			var dst any
			e := failure(t.Context(), t, c, Request{MaxBodyBytes: 3 << 20, Decode: DecodeJSON(&dst)})
			runtime.ReadMemStats(&after)
			if n.Load() != 1 || !strings.Contains(e.Error(), "longer than 3145728 bytes") {
				t.Errorf("%d requests: %v", n.Load(), e)
			}
			if used := after.TotalAlloc - before.TotalAlloc; used > 100<<20 {
				t.Errorf("%d MiB were allocated", used>>20)
			}
		})
	}
}

func TestBodyOfExactlyTheLimit(t *testing.T) {
	t.Parallel()
	c := fake(t, Config{MaxBodyBytes: 10}, func(r *http.Request) (*http.Response, error) {
		resp := respond(200, "")
		resp.Body = io.NopCloser(iotest.OneByteReader(strings.NewReader(r.URL.Query().Get("body"))))
		return resp, nil
	})
	var got string
	for body, ok := range map[string]bool{`"12345678"`: true, `"123456789"`: false, `"1234567" `: true, `"1234567"  `: false} {
		err := c.Do(t.Context(), Request{Query: map[string][]string{"body": {body}}, Decode: DecodeJSON(&got)})
		if (err == nil) != ok {
			t.Errorf("%d bytes: %v", len(body), err)
		}
	}
}

func TestDecodeJSON(t *testing.T) {
	t.Parallel()
	type answer struct {
		Count int
		Items []struct{ Name string }
	}
	for body, want := range map[string]struct {
		says      string // "" is success
		transient bool
	}{
		`{"count":1,"items":[{"name":"x"}]}`: {"", false},
		"\ufeff{}":                           {`answered text instead of JSON: "\ufeff{}"`, true},
		" {} \r\n":                           {"", false},
		`null`:                               {"", false},
		`{"count":null,"items":null}`:        {"", false},
		`{"count":1}{"count":2}`:             {"damaged", true},
		`{"count":1} x`:                      {"damaged", true},
		`{"count":1`:                         {"cut off or damaged after 10 bytes", true},
		`[`:                                  {"cut off", true},
		``:                                   {"answered nothing instead of JSON", true},
		"  \n":                               {"answered nothing", true},
		`<!DOCTYPE html><title> Log &amp; in </title>`: {`answered HTML instead of JSON ("Log & in")`, true},
		`<h1>502</h1>`:                   {`HTML instead of JSON ("502")`, true},
		`Service starting`:               {`answered text instead of JSON: "Service starting"`, true},
		"\x1f\x8b\x00\xff\xfe":           {"binary data", true},
		`{"count":"7"}`:                  {"unexpected shape", false},
		`{"count":1.5}`:                  {"unexpected shape", false},
		`{"count":99999999999999999999}`: {"unexpected shape", false},
		`[]`:                             {"unexpected shape", false},
		`"text"`:                         {"unexpected shape", false},
		strings.Repeat("[", 20000):       {"cut off or damaged", true},
	} {
		dst := answer{Count: 99}
		err := DecodeJSON(&dst)(200, nil, strings.NewReader(body))
		if want.says == "" {
			if err != nil || dst.Count == 99 {
				t.Errorf("%q: %v, %+v", body, err, dst)
			}
			continue
		}
		e, ok := errors.AsType[*Error](err)
		if ok {
			e.hide(nil)
		}
		if !ok || !strings.Contains(err.Error(), want.says) || e.Transient != want.transient {
			t.Errorf("%q: %v (transient %v), want %q", body, err, ok && e.Transient, want.says)
		}
		if dst.Count != 99 {
			t.Errorf("%q: an error left %+v", body, dst)
		}
	}
}

func TestDecodeSeesReadErrors(t *testing.T) {
	t.Parallel()
	broken := errors.New("cable out")
	c := fake(t, Config{}, func(*http.Request) (*http.Response, error) {
		r := respond(200, "")
		r.Body = io.NopCloser(io.MultiReader(strings.NewReader(`{"a":`), iotest.ErrReader(broken)))
		return r, nil
	})
	for name, decode := range map[string]func(int, http.Header, io.Reader) error{
		"its own error": func(_ int, _ http.Header, b io.Reader) error { _, err := io.ReadAll(b); return err },
		"another error": func(_ int, _ http.Header, b io.Reader) error { _, _ = io.ReadAll(b); return errors.New("no JSON") },
		"an Error":      DecodeJSON(new(any)),
	} {
		if e := failure(t.Context(), t, c, Request{Decode: decode}); !errors.Is(e, broken) || !e.Transient || e.Status != 200 {
			t.Errorf("%s: %v", name, e)
		}
	}
}

// A Decode that stops early or reads nothing leaves a connection that can be used again.
func TestConnectionReuse(t *testing.T) {
	t.Parallel()
	var addresses atomic.Int32
	last := ""
	c := serve(t, Config{}, func(w http.ResponseWriter, r *http.Request) {
		if r.RemoteAddr != last {
			addresses.Add(1)
			last = r.RemoteAddr
		}
		if r.URL.Path == "/404" {
			w.WriteHeader(404)
		}
		_, _ = io.WriteString(w, strings.Repeat("x", 3000))
	})
	for range 5 {
		if err := c.Do(t.Context(), Request{}); err != nil {
			t.Fatal(err)
		}
		_ = c.Do(context.WithoutCancel(t.Context()), Request{Path: "/404"})
	}
	if addresses.Load() != 1 {
		t.Errorf("%d connections for 10 requests", addresses.Load())
	}
}
