// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"bytes"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-log/tflogtest"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/venafi/grantset"
)

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// A long apply says how far it is, at INFO, until it ends.
func TestReport(t *testing.T) {
	t.Parallel()
	var log lockedBuffer
	var progress grantset.Progress
	progress.Due.Store(4000)
	progress.Done.Store(700)
	stop := report(tflogtest.RootLogger(t.Context(), &log), &progress, time.Millisecond)
	for deadline := time.Now().Add(10 * time.Second); strings.Count(log.String(), "\n") < 2 && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond)
	}
	stop()
	entries, err := tflogtest.MultilineJSONDecode(strings.NewReader(log.String()))
	if err != nil || len(entries) < 2 {
		t.Fatalf("%v, %v", entries, err)
	}
	for key, want := range map[string]any{"@level": "info", "grantees_done": 700.0, "grantees": 4000.0} {
		if got := entries[0][key]; got != want {
			t.Errorf("%s is %v, want %v", key, got, want)
		}
	}
}
