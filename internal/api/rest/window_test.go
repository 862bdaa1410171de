// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package rest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// visit is one request as a property test sees it.
type visit struct {
	arrive, takes time.Duration // planned
	lost          bool          // never reaches the service
	admitted      time.Duration // observed
	gone          time.Duration // observed: when release was called
	seen          time.Duration // when the service saw it: some moment in between
}

// play sends the visits through a window on a fake clock.
func play(t *testing.T, limit int, visits []*visit) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newWindow(limit)
		began := time.Now()
		var wg sync.WaitGroup
		for _, v := range visits {
			wg.Go(func() {
				time.Sleep(v.arrive)
				if err := w.acquire(t.Context()); err != nil {
					t.Error(err)
				}
				v.admitted = time.Since(began)
				time.Sleep(v.takes)
				v.gone = time.Since(began)
				w.release(!v.lost)
			})
		}
		wg.Wait()
		if w.inFlight != 0 || w.waiting.len() != 0 {
			t.Errorf("%d in flight and %d waiting at the end", w.inFlight, w.waiting.len())
		}
	})
}

// Never more than the limit in any 60 seconds, however long the answers take and whenever the
// service sees a request; no wait without need; first come, first served.
func TestWindowProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		limit := rapid.IntRange(1, 12).Draw(rt, "limit")
		n := rapid.IntRange(1, 60).Draw(rt, "requests")
		span := rapid.SampledFrom([]int{1, 1000, 60_000, 300_000}).Draw(rt, "span")
		slow := rapid.SampledFrom([]int{0, 50, 5000, 90_000}).Draw(rt, "slow")
		moment := rapid.Float64Range(0, 1)
		visits := make([]*visit, n)
		for i := range visits {
			visits[i] = &visit{
				// Distinct arrivals, so that their order is certain.
				arrive: time.Duration(rapid.IntRange(0, span).Draw(rt, "arrive"))*time.Millisecond + time.Duration(i)*time.Microsecond,
				takes:  time.Duration(rapid.IntRange(0, slow).Draw(rt, "takes")) * time.Millisecond,
				lost:   rapid.IntRange(0, 9).Draw(rt, "lost") == 0,
			}
		}
		play(t, limit, visits)
		var seen []time.Duration
		for _, v := range visits {
			if !v.lost {
				v.seen = v.admitted + time.Duration(moment.Draw(rt, "seen")*float64(v.gone-v.admitted))
				seen = append(seen, v.seen)
			}
		}
		slices.Sort(seen)
		for i := limit; i < len(seen); i++ {
			if seen[i]-seen[i-limit] <= time.Minute {
				rt.Fatalf("%d requests within %s, the limit is %d", limit+1, seen[i]-seen[i-limit], limit)
			}
		}
		slices.SortFunc(visits, func(a, b *visit) int { return int(a.arrive - b.arrive) })
		for i, v := range visits {
			if i > 0 && v.admitted < visits[i-1].admitted {
				rt.Fatalf("who came at %s overtook who came at %s", v.arrive, visits[i-1].arrive)
			}
			if v.admitted == v.arrive {
				continue
			}
			// It waited: a place must have become free at the very moment when it, or the one
			// before it, was admitted.
			if !slices.ContainsFunc(visits, func(o *visit) bool {
				return !o.lost && o.gone+windowLength == v.admitted || o.lost && o.gone == v.admitted
			}) {
				rt.Fatalf("who came at %s waited until %s though no place became free then", v.arrive, v.admitted)
			}
		}
	})
}

func TestWindowBelowTheLimitNobodyWaits(t *testing.T) {
	t.Parallel()
	visits := make([]*visit, 200)
	for i := range visits {
		visits[i] = &visit{takes: time.Duration(i) * time.Millisecond}
	}
	play(t, 200, visits)
	for _, v := range visits {
		if v.admitted != 0 {
			t.Fatalf("admitted after %s", v.admitted)
		}
	}
}

// A long run uses the whole quota: n requests each minute, plus what the answers take.
func TestWindowUsesTheQuota(t *testing.T) {
	t.Parallel()
	visits := make([]*visit, 1000)
	for i := range visits {
		visits[i] = &visit{takes: 50 * time.Millisecond}
	}
	play(t, 100, visits)
	last := slices.MaxFunc(visits, func(a, b *visit) int { return int(a.admitted - b.admitted) }).admitted
	if least := 9 * time.Minute; last < least || float64(last) > float64(least)/0.95 {
		t.Errorf("1000 requests at 100 a minute took %s", last)
	}
}

func TestWindowPause(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for _, limit := range []int{0, 5} {
			w := newWindow(limit)
			w.pause(10 * time.Second)
			w.pause(3 * time.Second) // doesn't end the longer one
			began := time.Now()
			for range 3 {
				if err := w.acquire(t.Context()); err != nil {
					t.Fatal(err)
				}
				w.release(true)
			}
			if d := time.Since(began); d != 10*time.Second {
				t.Errorf("limit %d: waited %s", limit, d)
			}
			// A pause that begins while somebody waits holds for them too.
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			w.pause(time.Second)
			time.AfterFunc(time.Second/2, func() { w.pause(10 * time.Second) })
			began = time.Now()
			if err := w.acquire(ctx); err != nil || time.Since(began) != 10500*time.Millisecond {
				t.Errorf("limit %d: %v after %s", limit, err, time.Since(began))
			}
			w.release(false)
			cancel()
		}
	})
}

// Who gives up, at whatever moment, takes no place with them and holds nobody up.
func TestWindowGivingUp(t *testing.T) {
	t.Parallel()
	for seed := range uint64(50) {
		synctest.Test(t, func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 1))
			w := newWindow(3)
			var wg sync.WaitGroup
			for range 40 {
				start := time.Duration(random.IntN(100)) * time.Second
				patience := time.Duration(random.IntN(200)) * time.Second
				wg.Go(func() {
					time.Sleep(start)
					ctx, cancel := context.WithTimeout(t.Context(), patience)
					defer cancel()
					began := time.Now()
					if err := w.acquire(ctx); err != nil {
						if d := time.Since(began); d != patience {
							t.Errorf("gave up after %s, not %s", d, patience)
						}
						return
					}
					w.release(true)
				})
			}
			wg.Wait()
			time.Sleep(windowLength)
			if w.inFlight != 0 || w.waiting.len() != 0 || w.wait(time.Now()) != 0 || len(w.answered) != 0 {
				t.Errorf("left behind: %d in flight, %d waiting, %d counted", w.inFlight, w.waiting.len(), len(w.answered))
			}
		})
	}
}

// The quota and the bound of concurrency as a client keeps them, with repeated requests counted
// like the others.
func TestClientKeepsQuotaAndConcurrency(t *testing.T) {
	t.Parallel()
	for _, kind := range []Kind{Read, Write} {
		t.Run(fmt.Sprint(kind), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var mu sync.Mutex
				var seen []time.Time
				inFlight, most := 0, 0
				random := rand.New(rand.NewPCG(uint64(kind), 2))
				config := Config{MaxRetries: 20, RetryWaitMin: time.Second, Quota: Quota{Read: 7, Write: 7}, MaxConcurrent: 4}
				c := fake(t, config, func(*http.Request) (*http.Response, error) {
					mu.Lock()
					seen = append(seen, time.Now())
					inFlight++
					most = max(most, inFlight)
					takes := time.Duration(random.IntN(3000)) * time.Millisecond
					fails := random.IntN(4) == 0
					mu.Unlock()
					time.Sleep(takes)
					mu.Lock()
					inFlight--
					mu.Unlock()
					if fails {
						return respond(502, ""), nil
					}
					return respond(200, ""), nil
				})
				var wg sync.WaitGroup
				for range 60 {
					wg.Go(func() {
						if err := c.Do(t.Context(), Request{Kind: kind}); err != nil {
							t.Error(err)
						}
					})
				}
				wg.Wait()
				if most != 4 {
					t.Errorf("%d requests at once, want 4", most)
				}
				for i := 7; i < len(seen); i++ {
					if d := seen[i].Sub(seen[i-7]); d <= time.Minute {
						t.Fatalf("8 requests within %s", d)
					}
				}
			})
		})
	}
}

// A connection is taken until the body has been read, and not while waiting to send again.
func TestConnectionIsHeldForTheBodyOnly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		first := true
		c := fake(t, Config{MaxConcurrent: 1, MaxRetries: 1}, func(*http.Request) (*http.Response, error) {
			if first {
				first = false
				return respond(503, "", "Retry-After", "100"), nil
			}
			return respond(200, ""), nil
		})
		began := time.Now()
		var wg sync.WaitGroup
		wg.Go(func() { _ = c.Do(t.Context(), Request{}) })
		synctest.Wait()
		if err := c.Do(t.Context(), Request{}); err != nil || time.Since(began) != 0 {
			t.Errorf("%v after %s", err, time.Since(began))
		}
		wg.Wait()
	})
}

// A login that every waiting request needs must not queue up behind them.
func TestLoginInsideAuthorize(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var once sync.Once
		var c *Client
		c = fake(t, Config{MaxConcurrent: 2, Quota: Quota{Read: 2, Write: 2}, Authorize: func(ctx context.Context, r *http.Request, _ []byte) error {
			if r.URL.Path == "/login" {
				return nil
			}
			var err error
			once.Do(func() { err = c.Do(ctx, Request{Operation: "Login", Path: "/login", Kind: Login}) })
			return err
		}}, func(*http.Request) (*http.Response, error) { return respond(200, ""), nil })
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				if err := c.Do(t.Context(), Request{Path: "/x"}); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	})
}

// Who comes at the very moment when a place becomes free does not overtake who has waited for it.
func TestWindowNobodyOvertakes(t *testing.T) {
	t.Parallel()
	for range 50 {
		synctest.Test(t, func(t *testing.T) {
			w := newWindow(1)
			began := time.Now()
			var late time.Duration
			var wg sync.WaitGroup
			wg.Go(func() {
				time.Sleep(windowLength)
				if err := w.acquire(t.Context()); err != nil {
					t.Error(err)
				}
				late = time.Since(began)
				w.release(false)
			})
			synctest.Wait()
			if err := w.acquire(t.Context()); err != nil {
				t.Fatal(err)
			}
			w.release(true)
			if err := w.acquire(t.Context()); err != nil || time.Since(began) != windowLength {
				t.Errorf("admitted after %s, not %s: %v", time.Since(began), windowLength, err)
			}
			w.release(true)
			wg.Wait()
			if late != 2*windowLength {
				t.Errorf("who came last was admitted after %s", late)
			}
		})
	}
}
