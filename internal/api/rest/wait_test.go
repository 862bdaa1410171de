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
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

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

// A server that was never reached is more likely a wrong address than one that restarts, and
// whoever waits for a plan wants to know.
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
