// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package authset

import (
	"runtime"
	"syscall"
	"testing"
	"time"
	"unsafe"
)

// What compares every account with every other shows in time alone. 64 times the accounts take up to 300 times as long, with the
// caches of the processor, and 4,096 times with such a step. So the limit is far from both. The time is that of the processor for this thread,
// the best of some runs.
func TestTimeGrowsAsAccountsDo(t *testing.T) { //nolint:paralleltest // it takes the time
	const small, large, limit = 1_000, 64_000, 1_000
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	smallLoads, largeLoads := newLoads(small, 1), newLoads(large, 1)
	for name, do := range work {
		var growth float64
		for range 3 { // a busy machine may disturb one run
			before := fastest(5, func() { do(smallLoads) })
			now := fastest(2, func() { do(largeLoads) })
			if growth = now.Seconds() / before.Seconds(); growth <= limit {
				break
			}
		}
		if growth > limit {
			t.Errorf("%s: %d accounts take %.0f times as long as %d", name, large, growth, small)
		}
		t.Logf("%s: %.0f times", name, growth)
	}
}

func fastest(runs int, do func()) time.Duration {
	best := time.Duration(1<<63 - 1)
	for range runs {
		began := threadTime()
		do()
		best = min(best, threadTime()-began)
	}
	return best
}

// threadTime is how long the processor has worked for this thread, to the nanosecond.
func threadTime() time.Duration {
	const clock = 3 // CLOCK_THREAD_CPUTIME_ID
	var ts syscall.Timespec
	if _, _, err := syscall.Syscall(syscall.SYS_CLOCK_GETTIME, clock, uintptr(unsafe.Pointer(&ts)), 0); err != 0 {
		panic(err)
	}
	return time.Duration(ts.Nano())
}
