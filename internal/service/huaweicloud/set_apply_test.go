// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud

import (
	"bytes"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-log/tflogtest"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud/authset"
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

// A long apply says how far it is, at INFO, until it ends.
func TestReport(t *testing.T) {
	t.Parallel()
	var log lockedBuffer
	ctx := tflogtest.RootLogger(t.Context(), &log)
	var progress authset.Progress
	progress.RequestsDue.Store(40)
	progress.RequestsDone.Store(7)
	progress.AccountsDue.Store(4000)
	progress.AccountsDone.Store(700)
	progress.AppsRead.Store(3)
	stop := report(ctx, &progress, time.Millisecond)
	lines := func() []map[string]any {
		log.mu.Lock()
		defer log.mu.Unlock()
		entries, err := tflogtest.MultilineJSONDecode(bytes.NewReader(log.b.Bytes()))
		if err != nil {
			t.Fatal(err)
		}
		return entries
	}
	deadline := time.Now().Add(10 * time.Second)
	for len(lines()) < 2 && time.Now().Before(deadline) {
		time.Sleep(time.Millisecond)
	}
	stop()
	entries := lines()
	if len(entries) < 2 {
		t.Fatal("nothing was reported")
	}
	for key, want := range map[string]any{
		"@level": "info", "requests_done": 7.0, "requests": 40.0, "accounts_done": 700.0, "accounts": 4000.0, "applications_read": 3.0,
	} {
		if got := entries[0][key]; got != want {
			t.Errorf("%s is %v, want %v", key, got, want)
		}
	}
}
