// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package shared

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestReadingIsReadOnceForEverybody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int32
		r := NewReading(func(context.Context, Moment) (int32, error) {
			n := calls.Add(1)
			time.Sleep(time.Second)
			return n, nil
		})
		var wg sync.WaitGroup
		for range 100 {
			wg.Go(func() {
				if got, err := r.Get(t.Context(), 0); got != 1 || err != nil {
					t.Errorf("Get = %d, %v; want 1", got, err)
				}
			})
		}
		wg.Wait()
		if got, err := r.Get(t.Context(), 0); got != 1 || err != nil {
			t.Errorf("later Get = %d, %v; want 1", got, err)
		}
		if got, err := r.Get(t.Context(), r.Now()); got != 2 || err != nil {
			t.Errorf("Get after now = %d, %v; want 2", got, err)
		}
	})
}

// A reading under way began before the moment that the caller names, so it may not show what
// happened until then.
func TestReadingUnderWayIsTooOld(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int32
		r := NewReading(func(context.Context, Moment) (int32, error) {
			n := calls.Add(1)
			time.Sleep(time.Second)
			return n, nil
		})
		go func() { _, _ = r.Get(t.Context(), 0) }()
		synctest.Wait()
		written := r.Now()
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() {
				if got, err := r.Get(t.Context(), written); got != 2 || err != nil {
					t.Errorf("Get = %d, %v; want 2", got, err)
				}
			})
		}
		wg.Wait()
		if got := calls.Load(); got != 2 {
			t.Errorf("%d readings, want 2", got)
		}
	})
}

// A reading that waits for its guard shows what was written meanwhile: whoever asks for that joins
// it.
func TestReadingBeginsBehindItsGuard(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int32
		r := NewReading(func(context.Context, Moment) (int32, error) { return calls.Add(1), nil })
		turn := make(chan struct{}, 1)
		r.Guard(func(ctx context.Context) (func(), error) {
			select {
			case turn <- struct{}{}:
				return func() { <-turn }, nil
			case <-ctx.Done():
				return nil, context.Cause(ctx)
			}
		})
		turn <- struct{}{} // somebody writes
		var wg sync.WaitGroup
		get := func(ctx context.Context, after Moment, want error) {
			wg.Go(func() {
				if got, err := r.Get(ctx, after); !errors.Is(err, want) || err == nil && got != 1 {
					t.Errorf("Get = %d, %v; want 1, %v", got, err, want)
				}
			})
		}
		get(t.Context(), 0, nil)
		synctest.Wait()
		get(t.Context(), r.Now(), nil)
		hurried, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		get(hurried, 0, context.DeadlineExceeded)
		time.Sleep(time.Minute)
		if got := calls.Load(); got != 0 {
			t.Errorf("%d readings before the guard returned", got)
		}
		<-turn // the end of the write
		wg.Wait()
		if len(turn) != 0 {
			t.Error("the guard was not released")
		}
		// With nobody left who waits, the guard is given up.
		turn <- struct{}{}
		get(hurried, r.Now(), context.DeadlineExceeded)
		wg.Wait()
		synctest.Wait()
		if got := calls.Load(); got != 1 {
			t.Errorf("%d readings, want 1", got)
		}
	})
}

func TestReadingErrors(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int32
		failed := errors.New("failed")
		r := NewReading(func(context.Context, Moment) (string, error) {
			n := calls.Add(1)
			time.Sleep(time.Second)
			if n == 1 {
				return "", failed
			}
			return fmt.Sprint(n), nil
		})
		go func() {
			if _, err := r.Get(t.Context(), 0); !errors.Is(err, failed) {
				t.Errorf("first Get: %v, want the error", err)
			}
		}()
		synctest.Wait()
		// The error belongs to a reading that is too old for this caller.
		if got, err := r.Get(t.Context(), r.Now()); got != "2" || err != nil {
			t.Errorf("Get = %q, %v; want 2", got, err)
		}
		if _, begun := r.Peek(); begun == 0 {
			t.Error("Peek finds nothing")
		}
	})
}

func TestReadingWaitersGiveUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var cancelled atomic.Int32
		var calls atomic.Int32
		r := NewReading(func(ctx context.Context, _ Moment) (int32, error) {
			n := calls.Add(1)
			select {
			case <-ctx.Done():
				cancelled.Add(1)
				return 0, ctx.Err()
			case <-time.After(time.Minute):
				return n, nil
			}
		})
		impatient, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()

		// One of two gives up: the other one still gets the value.
		got := make(chan int32)
		go func() {
			n, err := r.Get(t.Context(), 0)
			if err != nil {
				t.Errorf("patient Get: %v", err)
			}
			got <- n
		}()
		synctest.Wait()
		if _, err := r.Get(impatient, 0); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("impatient Get: %v", err)
		}
		if n := <-got; n != 1 || cancelled.Load() != 0 {
			t.Errorf("the patient one got %d after %d cancellations", n, cancelled.Load())
		}

		// The only one gives up: the reading is cancelled, and the next caller begins another.
		now := r.Now()
		impatient, cancel = context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := r.Get(impatient, now); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("impatient Get: %v", err)
		}
		if n, err := r.Get(t.Context(), now); n != 3 || err != nil {
			t.Errorf("Get = %d, %v; want 3", n, err)
		}
		if cancelled.Load() != 1 {
			t.Errorf("%d cancellations, want 1", cancelled.Load())
		}
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := r.Get(ended, 0); !errors.Is(err, context.Canceled) {
			t.Errorf("Get with an ended context: %v", err)
		}
	})
}

func TestForgottenReadingIsReadAnew(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int32
		r := NewReading(func(context.Context, Moment) (int32, error) {
			n := calls.Add(1)
			time.Sleep(time.Second)
			return n, nil
		})
		if _, ok := r.Kept(); ok {
			t.Error("something is kept before anything was read")
		}
		for range 2 {
			if got, err := r.Latest(t.Context()); got != 1 || err != nil {
				t.Errorf("Latest = %d, %v; want 1", got, err)
			}
		}
		r.Forget()
		if got, ok := r.Kept(); ok {
			t.Errorf("%d is kept though it is forgotten", got)
		}
		under := make(chan int32)
		go func() {
			got, _ := r.Latest(t.Context())
			under <- got
		}()
		synctest.Wait()
		r.Forget() // while it is being read
		if got, err := r.Latest(t.Context()); got != 3 || err != nil {
			t.Errorf("Latest = %d, %v; want 3", got, err)
		}
		if got := <-under; got != 2 {
			t.Errorf("who asked before got %d, want 2", got)
		}
		if got, ok := r.Kept(); !ok || got != 3 {
			t.Errorf("Kept = %d, %v; want 3", got, ok)
		}
	})
}
