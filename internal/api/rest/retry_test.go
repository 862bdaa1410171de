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
	"time"
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

// The documented default: five retries outlast a quota's window of one minute, whatever the jitter.
func TestWaitsOutlastTheWindow(t *testing.T) {
	t.Parallel()
	for range 200 {
		synctest.Test(t, func(t *testing.T) {
			c := fake(t, Config{MaxRetries: 5}, func(*http.Request) (*http.Response, error) { return respond(502, ""), nil })
			began := time.Now()
			e := failure(t.Context(), t, c, Request{})
			if d := time.Since(began); d < 70*time.Second || d > 97*time.Second || e.Attempts != 6 {
				t.Errorf("waited %s in %d attempts", d, e.Attempts)
			}
		})
	}
}

// A server that was never reached is more likely a wrong address than one that restarts, and whoever
// waits for a plan wants to know.
func TestUnreachedServerIsGivenUpSoon(t *testing.T) {
	t.Parallel()
	refused := &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	for name, tc := range map[string]struct {
		retries  int
		dialling time.Duration // until it fails
		before   int           // answers that came before
		attempts int
		within   time.Duration
		says     string
	}{
		"never reached":        {5, 0, 0, 3, 4 * time.Second, "Nothing has answered there in this run. Check the address (gateway_url), and that it can be reached from here"},
		"fewer tries are kept": {1, 0, 0, 2, 2 * time.Second, "Nothing has answered"},
		"no tries are kept":    {0, 0, 0, 1, 0, "Nothing has answered"},
		"no packet comes back": {5, 30 * time.Second, 0, 1, 30 * time.Second, "Nothing has answered"},
		"reached before":       {5, 0, 1, 6, 97 * time.Second, "connection refused"},
	} {
		for _, kind := range []Kind{Read, Write, Login} {
			t.Run(fmt.Sprintf("%s/kind %d", name, kind), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					sent := 0
					c := fake(t, Config{MaxRetries: tc.retries, AddressFrom: "gateway_url"}, nil)
					c.transport = transportFunc(func(*http.Request) (*http.Response, error) {
						if sent++; sent <= tc.before {
							return respond(200, "{}"), nil
						}
						time.Sleep(tc.dialling)
						return nil, refused
					})
					for range tc.before {
						if err := c.Do(t.Context(), Request{Kind: kind}); err != nil {
							t.Fatal(err)
						}
					}
					began := time.Now()
					e := failure(t.Context(), t, c, Request{Kind: kind})
					if took := time.Since(began); e.Attempts != tc.attempts || took > tc.within || !strings.Contains(e.Error(), tc.says) || !errors.Is(e, syscall.ECONNREFUSED) {
						t.Errorf("%d attempts in %s: %v", e.Attempts, took, e)
					}
					if strings.Contains(e.Error(), "Nothing has answered") != (tc.before == 0) {
						t.Error(e)
					}
				})
			})
		}
	}
}

func TestBackoff(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]time.Duration{
		0: 2500 * time.Millisecond, 1: 2500 * time.Millisecond, 2: 5 * time.Second, 3: 10 * time.Second, 4: 20 * time.Second,
		5: 40 * time.Second, 6: time.Minute, 7: time.Minute, 1 << 20: time.Minute,
	} {
		least, most := time.Hour, time.Duration(0)
		for range 1000 {
			d := backoff(defaultRetryWaitMin, n)
			least, most = min(least, d), max(most, d)
		}
		if least < want || most > want+want/4 || most-least < want/8 {
			t.Errorf("after attempt %d: %s to %s, want %s and up to a quarter more", n, least, most, want)
		}
	}
	if d := backoff(time.Nanosecond, 1); d != 1 {
		t.Errorf("a wait of 1 ns became %s", d)
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Duration{
		"":                               0,
		"0":                              0,
		"7":                              7 * time.Second,
		" 7 ":                            7 * time.Second,
		"-3":                             0,
		"300":                            5 * time.Minute,
		"301":                            5 * time.Minute,
		"99999999999999999999999":        5 * time.Minute,
		"-99999999999999999999999":       0,
		"1.5":                            0,
		"soon":                           0,
		"Mon, 23 Nov 2026 12:00:30 GMT":  30 * time.Second,
		"Mon, 23 Nov 2026 11:00:30 GMT":  0,
		"Tue, 24 Nov 2026 12:00:00 GMT":  5 * time.Minute,
		"Monday, 23-Nov-26 12:00:30 GMT": 30 * time.Second,
	} {
		if got := retryAfter(http.Header{"Retry-After": {text}}, now); got != want {
			t.Errorf("Retry-After: %q gives %s, want %s", text, got, want)
		}
	}
}

func TestRetryAfterIsHonoured(t *testing.T) {
	t.Parallel()
	for _, status := range []int{429, 503} {
		for name, after := range map[string]func() string{
			"seconds": func() string { return "40" },
			"date":    func() string { return time.Now().Add(40 * time.Second).UTC().Format(http.TimeFormat) },
		} {
			t.Run(fmt.Sprint(status, " ", name), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					var at []time.Time // whole seconds, as in a date of HTTP
					c := fake(t, Config{MaxRetries: 1}, func(*http.Request) (*http.Response, error) {
						at = append(at, time.Now())
						time.Sleep(time.Until(time.Now().Truncate(time.Second).Add(time.Second)))
						return respond(status, "", "Retry-After", after()), nil
					})
					e := failure(t.Context(), t, c, Request{})
					if d := at[1].Sub(at[0]); d < 41*time.Second || d > 42*time.Second || e.RetryAfter != 40*time.Second {
						t.Errorf("waited %s, the error says %s", d, e.RetryAfter)
					}
				})
			})
		}
	}
	// On other statuses it means something else, and a short one doesn't shorten what must outlast
	// the window.
	synctest.Test(t, func(t *testing.T) {
		for _, status := range []int{502, 429} {
			var at []time.Time
			c := fake(t, Config{MaxRetries: 1}, func(*http.Request) (*http.Response, error) {
				at = append(at, time.Now())
				return respond(status, "", "Retry-After", map[int]string{502: "200", 429: "0"}[status]), nil
			})
			failure(t.Context(), t, c, Request{})
			if d := at[1].Sub(at[0]); d < 2500*time.Millisecond || d > 4*time.Second {
				t.Errorf("%d: waited %s", status, d)
			}
		}
	})
}

// After a 429 nobody else sends before the wait is over; the other quota isn't touched.
func TestThrottlePausesEverybody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		throttled := false
		c := fake(t, Config{MaxRetries: 3}, func(r *http.Request) (*http.Response, error) {
			if !throttled {
				throttled = true
				return respond(429, "", "Retry-After", "30"), nil
			}
			return respond(200, ""), nil
		})
		done := make(chan time.Duration, 5)
		do := func(kind Kind) {
			if err := c.Do(t.Context(), Request{Kind: kind}); err != nil {
				t.Error(err)
			}
			done <- time.Since(began)
		}
		go do(Read)
		synctest.Wait()
		go do(Read)
		go do(Read)
		synctest.Wait()
		do(Write)
		do(Login)
		for i := range 5 {
			d := <-done
			if i < 2 && d != 0 {
				t.Errorf("another kind waited %s", d)
			}
			if i >= 2 && (d < 30*time.Second || d > 31*time.Second) {
				t.Errorf("waited %s after a 429 that asks for 30 s", d)
			}
		}
	})
}

// Who authorized an attempt hears of its end exactly once, however it ends.
func TestSettled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var got []string
		open := 0
		refuse := errors.New("no key")
		var refused error
		answers := []func(*http.Request) (*http.Response, error){
			func(*http.Request) (*http.Response, error) { return respond(503, ""), nil },
			func(*http.Request) (*http.Response, error) { return nil, io.EOF },
			func(*http.Request) (*http.Response, error) { return respond(200, "<html>"), nil },
			func(*http.Request) (*http.Response, error) { return respond(200, `{}`), nil },
			func(*http.Request) (*http.Response, error) { return respond(302, ``, "Location", "http://[::1"), nil },
			func(r *http.Request) (*http.Response, error) { <-r.Context().Done(); return nil, r.Context().Err() },
		}
		ctx, cancel := context.WithCancel(t.Context())
		c := fake(t, Config{
			MaxRetries: 3,
			Authorize:  func(context.Context, *http.Request, []byte) error { open++; return refused },
			Settled: func(e *Error) {
				open--
				if e == nil {
					got = append(got, "ok")
				} else {
					got = append(got, fmt.Sprint(e.Status))
				}
			},
		}, func(r *http.Request) (*http.Response, error) {
			answer := answers[0]
			answers = answers[1:]
			return answer(r)
		})
		var dst any
		if err := c.Do(ctx, Request{Decode: DecodeJSON(&dst)}); err != nil {
			t.Error(err)
		}
		failure(ctx, t, c, Request{})
		time.AfterFunc(time.Second, cancel)
		failure(ctx, t, c, Request{})
		if text := strings.Join(got, " "); text != "503 0 200 ok 302 0" || open != 0 {
			t.Errorf("heard of %q, %d attempts are open", text, open)
		}
		refused = refuse
		if e := failure(t.Context(), t, c, Request{}); !errors.Is(e, refuse) || e.Attempts != 0 || len(got) != 6 {
			t.Errorf("%v after %d attempts; heard of %d", e, e.Attempts, len(got))
		}
		if err := c.Do(ctx, Request{}); !errors.Is(err, context.Canceled) || len(got) != 6 {
			t.Errorf("%v; heard of %d", err, len(got))
		}
	})
}
