// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package service

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/terraform-plugin-log/tflog"
)

const (
	// reportInterval is how often a long apply says how far it is.
	reportInterval = 5 * time.Second
	// shortApply is the most requests of an apply that says each of them.
	shortApply = 10
)

// Report says in the log at INFO how far an apply is: every five seconds, when something has moved.
// done says what is done so far, wait how long the next request waits for the quota, and about what
// the apply is about. stop ends it. wrote is to be called after each of the apply's writes, with
// the number of writes that are due: a short apply says each.
func Report(ctx context.Context, about map[string]any, done func() string, wait func() time.Duration) (wrote func(due int64), stop func()) {
	var mu sync.Mutex
	said := done()
	say := func() {
		mu.Lock()
		defer mu.Unlock()
		text := done()
		if text == said {
			return
		}
		said = text
		if d := wait(); d > 0 {
			text += fmt.Sprintf("; waiting %d s for the quota", int(math.Ceil(d.Seconds())))
		}
		tflog.Info(ctx, text, about)
	}
	ended := make(chan struct{})
	go func() {
		ticker := time.NewTicker(reportInterval)
		defer ticker.Stop()
		for {
			select {
			case <-ended:
				return
			case <-ticker.C:
				say()
			}
		}
	}()
	wrote = func(due int64) {
		if due <= shortApply {
			say()
		}
	}
	return wrote, func() { close(ended) }
}

// Of says that n of a number are done, such as "granted 10,000 of 20,000".
func Of(verb string, n, of int64) string {
	return fmt.Sprintf("%s %s of %s", verb, Thousands(n), Thousands(of))
}

// Thousands writes a number as people read it: 10,000.
func Thousands(n int64) string {
	digits := strconv.FormatInt(n, 10)
	var b strings.Builder
	for i, digit := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(digit)
	}
	return b.String()
}
