// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

// Package usage reads what a process has cost.
package usage

import (
	"os"
	"time"
)

// Usage is what a process, and the children that it waited for, have cost.
type Usage struct {
	CPU       time.Duration `json:"cpu"`        // user and system time
	PeakBytes int64         `json:"peak_bytes"` // the largest resident set, of the largest process; 0 where the system doesn't tell
}

// Of is the usage of a process that has ended.
func Of(state *os.ProcessState) Usage {
	return Usage{CPU: state.UserTime() + state.SystemTime(), PeakBytes: peakBytes(state)}
}

// Add counts both: the processes ran one after the other, or their peaks are of interest one by
// one.
func (u Usage) Add(other Usage) Usage {
	return Usage{CPU: u.CPU + other.CPU, PeakBytes: max(u.PeakBytes, other.PeakBytes)}
}
