// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package acctest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// RecordTo is the environment variable that names a folder. Each test leaves a file there of the
// requests that the mock saw and of the diagnostics that the provider gave, so that two versions of
// the provider can be compared with `diff -r`. Requests that were under way at the same time are
// sorted; what is chance, such as a port, is masked.
const RecordTo = "ACCTEST_RECORD"

type record struct {
	mu       sync.Mutex
	requests []*recordedRequest
	notes    []string
}

type recordedRequest struct {
	text         string
	began, ended time.Time
}

var records struct {
	sync.Mutex
	of map[string]*record
}

// recordOf is the record of a test, nil when nothing is recorded.
func recordOf(t testing.TB) *record {
	folder := os.Getenv(RecordTo)
	if folder == "" {
		return nil
	}
	records.Lock()
	defer records.Unlock()
	r := records.of[t.Name()]
	if r == nil {
		r = &record{}
		if records.of == nil {
			records.of = map[string]*record{}
		}
		records.of[t.Name()] = r
		name := t.Name()
		t.Cleanup(func() {
			records.Lock()
			delete(records.of, name)
			records.Unlock()
			room, err := os.Getwd()
			if err != nil {
				t.Error(err)
			}
			if err := r.write(filepath.Join(folder, filepath.Base(room), filepath.FromSlash(name)+".txt")); err != nil {
				t.Error(err)
			}
		})
	}
	return r
}

// observe files a request. What it returns files its end.
func (r *record) observe(request *http.Request, body []byte) func() {
	if r == nil {
		return func() {}
	}
	path := request.URL.EscapedPath()
	if query := request.URL.Query().Encode(); query != "" {
		path += "?" + query
	}
	entry := &recordedRequest{text: masked(strings.TrimSpace(request.Method + " " + path + " " + canonical(body))), began: time.Now()}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.requests = append(r.requests, entry)
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		entry.ended = time.Now()
	}
}

// canonical is JSON with sorted keys, or what it is.
func canonical(body []byte) string {
	var value any
	if json.Unmarshal(body, &value) != nil {
		return string(body)
	}
	text, err := json.Marshal(value)
	if err != nil {
		return string(body)
	}
	return string(text)
}

var chance = []struct {
	is *regexp.Regexp
	as string
}{
	{regexp.MustCompile(`(127\.0\.0\.1|localhost):\d+`), "HOST"},
	{regexp.MustCompile(`\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)?`), "TIME"},
	{regexp.MustCompile(`"(timestamp|encryption)":("[^"]*"|\d+)`), `"$1":CHANCE`},
	{regexp.MustCompile(`\b\d+(\.\d+)?(ms|µs|s)\b`), "DURATION"},
}

func masked(text string) string {
	for _, c := range chance {
		text = c.is.ReplaceAllString(text, c.as)
	}
	return text
}

func (r *record) diagnostics(method string, diags []*tfprotov6.Diagnostic) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, d := range diags {
		at := ""
		if d.Attribute != nil {
			at = " at " + d.Attribute.String()
		}
		r.notes = append(r.notes, masked(fmt.Sprintf("%s %s%s: %s\n    %s", method, d.Severity, at, d.Summary, strings.ReplaceAll(d.Detail, "\n", "\n    "))))
	}
}

// write leaves the file: first the requests in order, then each diagnostic once.
func (r *record) write(path string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out strings.Builder
	out.WriteString("REQUESTS\n")
	var batch []string
	var until time.Time
	flush := func() {
		slices.Sort(batch)
		for _, text := range batch {
			out.WriteString(text + "\n")
		}
		batch = nil
	}
	for _, request := range r.requests {
		if request.began.After(until) {
			flush()
		}
		batch = append(batch, request.text)
		if request.ended.After(until) {
			until = request.ended
		}
	}
	flush()
	out.WriteString("\nDIAGNOSTICS\n")
	slices.Sort(r.notes)
	for _, note := range slices.Compact(r.notes) {
		out.WriteString(note + "\n")
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(out.String()), 0o600)
}
