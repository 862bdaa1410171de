// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package rest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
)

// TestRetryTable says for each failure which Repeat sends it again.
func TestRetryTable(t *testing.T) {
	t.Parallel()
	status := func(code int, header ...string) transportFunc {
		return func(*http.Request) (*http.Response, error) {
			return respond(code, `{"code":"X.1","message":"no"}`, header...), nil
		}
	}
	broken := func(err error) transportFunc {
		return func(*http.Request) (*http.Response, error) { return nil, err }
	}
	refused := &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	const safe, unsent = 1 << RepeatSafe, 1 << RepeatUnsent
	for name, tc := range map[string]struct {
		network transportFunc
		repeats int // the modes that send it again
		unsent  bool
	}{
		"400": {status(400), 0, false},
		"401": {status(401), 0, false},
		"403": {status(403), 0, false},
		"404": {status(404), 0, false},
		"405": {status(405), 0, false},
		"408": {status(408), 0, false},
		"409": {status(409), 0, false},
		"429": {status(429), safe | unsent, true},
		"500": {status(500), 0, false},
		"501": {status(501), 0, false},
		"502": {status(502), safe, false},
		"503": {status(503), safe, false},
		"504": {status(504), safe, false},
		"302": {status(302, "Location", "https://elsewhere.example.com/"), 0, false},
		"304": {status(304), 0, false},
		// What Classify below says of them:
		"500 transient":        {status(500, "X-Test", "transient"), safe, false},
		"500 rolled back":      {status(500, "X-Test", "transient unsent"), safe | unsent, true},
		"400 surely not done":  {status(400, "X-Test", "unsent"), 0, true},
		"connection refused":   {broken(refused), safe | unsent, true},
		"reset":                {broken(&net.OpError{Op: "read", Err: syscall.ECONNRESET}), safe, false},
		"closed":               {broken(io.EOF), safe, false},
		"no such host":         {broken(&net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", IsNotFound: true}}), 0, true},
		"DNS out of order":     {broken(&net.OpError{Op: "dial", Err: &net.DNSError{Err: "server misbehaving", IsTemporary: true}}), safe | unsent, true},
		"200 HTML":             {func(*http.Request) (*http.Response, error) { return respond(200, "<html>"), nil }, safe, false},
		"200 cut off":          {func(*http.Request) (*http.Response, error) { return respond(200, `{"a":1`), nil }, safe, false},
		"200 nothing":          {func(*http.Request) (*http.Response, error) { return respond(200, ``), nil }, safe, false},
		"200 of another shape": {func(*http.Request) (*http.Response, error) { return respond(200, `{"a":"text"}`), nil }, 0, false},
	} {
		for _, mode := range []Repeat{RepeatSafe, RepeatUnsent, RepeatNever} {
			for _, kind := range []Kind{Read, Write, Login} {
				t.Run(fmt.Sprintf("%s/repeat %d/kind %d", name, mode, kind), func(t *testing.T) {
					t.Parallel()
					synctest.Test(t, func(t *testing.T) {
						sent := 0
						c := fake(t, Config{MaxRetries: 3, Classify: func(a Answer) *Error {
							x := a.Header.Get("X-Test")
							return &Error{Transient: strings.Contains(x, "transient"), Unsent: strings.Contains(x, "unsent")}
						}}, func(r *http.Request) (*http.Response, error) {
							sent++
							return tc.network(r)
						})
						var dst struct{ A int }
						e := failure(t.Context(), t, c, Request{Operation: "Try", Method: "POST", Kind: kind, Repeat: mode, Decode: DecodeJSON(&dst)})
						want := 1
						if tc.repeats&(1<<mode) != 0 {
							want = 4
						}
						if sent != want || e.Attempts != want {
							t.Errorf("sent %d times, the error says %d, want %d: %v", sent, e.Attempts, want, e)
						}
						if e.Unsent != tc.unsent {
							t.Errorf("Unsent = %v, want %v: %v", e.Unsent, tc.unsent, e)
						}
					})
				})
			}
		}
	}
}

// An attempt that may have been acted on is never forgotten because a later one surely was not.
func TestUnsentCoversAllAttempts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sent := 0
		c := fake(t, Config{MaxRetries: 1}, func(*http.Request) (*http.Response, error) {
			if sent++; sent == 1 {
				return nil, io.ErrUnexpectedEOF
			}
			return nil, &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}
		})
		if e := failure(t.Context(), t, c, Request{Kind: Write}); e.Unsent {
			t.Errorf("Unsent after a first attempt that broke off: %v", e)
		}
	})
}

// Whether an attempt was answered is not decided by the next one.
func TestUnansweredCoversAllAttempts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for first, want := range map[int]bool{0: true, 502: true, 504: true, 503: false, 429: false} {
			sent := 0
			c := fake(t, Config{MaxRetries: 1}, func(*http.Request) (*http.Response, error) {
				if sent++; sent > 1 {
					return respond(429, "no"), nil
				}
				if first == 0 {
					return nil, io.ErrUnexpectedEOF
				}
				return respond(first, "no"), nil
			})
			if e := failure(t.Context(), t, c, Request{Kind: Write}); e.Unanswered != want {
				t.Errorf("first %d, then 429: unanswered %v, want %v", first, e.Unanswered, want)
			}
		}
	})
}

func TestRetrySucceeds(t *testing.T) {
	t.Parallel()
	var n atomic.Int32
	c := serve(t, Config{MaxRetries: 5}, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if string(body) != `{"q":"a&b"}` || r.ContentLength != int64(len(body)) {
			t.Errorf("body %q of length %d", body, r.ContentLength)
		}
		switch n.Add(1) {
		case 1:
			w.WriteHeader(503)
		case 2:
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			_ = conn.Close()
		case 3:
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, `{"x":`)
		default:
			_, _ = io.WriteString(w, `{"x":[7]}`)
		}
	})
	var got struct{ X []int }
	err := c.Do(t.Context(), Request{Method: "POST", Path: "/v1/x", Body: map[string]string{"q": "a&b"}, Decode: DecodeJSON(&got)})
	if err != nil || len(got.X) != 1 || got.X[0] != 7 {
		t.Fatalf("got %v, %v", got, err)
	}
	if n.Load() != 4 {
		t.Errorf("%d requests, want 4", n.Load())
	}
}

// A body whose connection ends in the middle is a failure of the attempt, also when it was about to
// be decoded as a stream.
func TestTruncatedBodyIsRepeated(t *testing.T) {
	t.Parallel()
	var n atomic.Int32
	c := serve(t, Config{MaxRetries: 2}, func(w http.ResponseWriter, _ *http.Request) {
		n.Add(1)
		w.Header().Set("Content-Length", "1000")
		_, _ = io.WriteString(w, `{"items":[1,2,3`)
	})
	var got struct{ Items []int }
	e := failure(t.Context(), t, c, Request{Operation: "List", Decode: DecodeJSON(&got)})
	if n.Load() != 3 || !errors.Is(e, io.ErrUnexpectedEOF) || !e.Transient || e.Status != 200 {
		t.Errorf("%d requests, %v", n.Load(), e)
	}
	if got.Items != nil {
		t.Errorf("a failed decode left %v behind", got)
	}
}

func TestBodyFuncIsCalledForEachAttempt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var bodies, authorized []string
		c := fake(t, Config{MaxRetries: 2, Authorize: func(_ context.Context, r *http.Request, body []byte) error {
			authorized = append(authorized, string(body))
			r.Header.Set("X-Stamp", string(body))
			return nil
		}}, func(r *http.Request) (*http.Response, error) {
			b, _ := io.ReadAll(r.Body)
			bodies = append(bodies, string(b)+r.Header.Get("X-Stamp")+r.Header.Get("Content-Type"))
			return respond(503, ""), nil
		})
		n := 0
		e := failure(t.Context(), t, c, Request{Method: "POST", BodyFunc: func() ([]byte, error) { n++; return []byte{'0' + byte(n)}, nil }})
		if got := strings.Join(bodies, " "); got != "11application/json 22application/json 33application/json" || strings.Join(authorized, "") != "123" {
			t.Errorf("sent %q, authorized %q: %v", got, authorized, e)
		}
		boom := errors.New("boom")
		if e := failure(t.Context(), t, c, Request{BodyFunc: func() ([]byte, error) { return nil, boom }}); !errors.Is(e, boom) || !e.Unsent || len(bodies) != 3 {
			t.Errorf("a body that can't be made: %v, %d requests", e, len(bodies))
		}
	})
}
