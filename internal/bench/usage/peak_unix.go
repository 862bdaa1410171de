// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

//go:build unix

package usage

import (
	"os"
	"runtime"
	"syscall"
)

func peakBytes(state *os.ProcessState) int64 {
	rusage, ok := state.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	if runtime.GOOS == "darwin" || runtime.GOOS == "ios" {
		return int64(rusage.Maxrss) //nolint:unconvert // narrower on some platforms
	}
	return int64(rusage.Maxrss) * 1024 //nolint:unconvert // narrower on some platforms
}
