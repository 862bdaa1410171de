// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package chaos

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/appaccess/terraform-provider-appaccess/internal/acctest/core"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/enos"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/hostile"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/huaweicloud"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/venafi"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

// operations are what the provider asks each service in the life of a resource.
var operations = map[string][]string{
	"huaweicloud": {
		huaweicloud.OpListProjects, huaweicloud.OpListApps, huaweicloud.OpListAppAuthorizations, huaweicloud.OpBatchUpdateAppAuthorizations,
	},
	"enos":   {enos.GetAccessToken, enos.GetApplicationAuthorization, enos.UpdateApplicationAuthorization, enos.GetApplicationInformation},
	"venafi": {venafi.AuthorizeOAuth, venafi.ListRoles, venafi.GrantRole, venafi.RevokeRole, venafi.GetRole},
}

// lies are the answers that come at once; giants are those that take long.
func lies(service string) []wire.FaultKind {
	kinds := []wire.FaultKind{
		hostile.NullBody, hostile.DeepBody, hostile.Nulls, hostile.WrongTypes, hostile.InvalidUTF8, hostile.UnknownEnum, hostile.WrongContentType,
		wire.HTML, wire.Half,
	}
	if service == "huaweicloud" {
		kinds = append(kinds, huaweicloud.RepeatingPages, huaweicloud.OverlappingPages, huaweicloud.ShortPages, huaweicloud.CountHigh, huaweicloud.CountLow,
			huaweicloud.CountNegative, huaweicloud.MissingItems)
	}
	return kinds
}

// Answers that no honest service gives, from each operation: an update under them ends in a clear
// error or in what was asked for, takes nothing from anybody, and the next one converges.
func TestHostileAnswers(t *testing.T) {
	t.Parallel()
	for service, list := range operations {
		for _, operation := range list {
			t.Run(service+" "+operation, func(t *testing.T) {
				t.Parallel()
				f := newFixture(t)
				s := f.subject(service)
				for _, kind := range lies(service) {
					if err := f.lie(&s, wire.Fault{Operation: operation, Kind: kind}); err != nil {
						t.Errorf("%s: %v", kind, err)
					}
				}
			})
		}
	}
}

// lie updates a subject from stage 1 to stage 2 under a fault.
func (f *fixture) lie(s *subject, fault wire.Fault) error {
	fault.Service = s.name
	if err := f.begin(s, 1); err != nil {
		return err
	}
	f.mock.Faults.Add(fault)
	plan, err := f.tf.Plan(f.t.Context(), s.configure(2))
	if err != nil {
		return err
	}
	diags := &plan.Diagnostics
	if len(plan.Errors) == 0 {
		if diags, err = f.tf.Apply(f.t.Context(), plan); err != nil {
			return err
		}
	}
	f.mock.Faults.Clear()
	f.gate.quiet()
	if bugs := diags.Bugs(); len(bugs) > 0 {
		return fmt.Errorf("%+v", bugs)
	}
	if err := readable(diags); err != nil {
		return err
	}
	// Who is listed before and after keeps access, nobody else gets it, and others keep theirs.
	granted := s.granted()
	kept := difference(s.stages[1], difference(s.stages[1], s.stages[2]))
	if lost := difference(kept, granted); len(lost) > 0 {
		return fmt.Errorf("%d lost access, such as %s: %w", len(lost), lost[0], diags.Err())
	}
	if more := difference(granted, slices.Concat(s.stages[1], s.stages[2])); len(more) > 0 {
		return fmt.Errorf("%d got access, such as %s", len(more), more[0])
	}
	if err := s.others(); err != nil {
		return err
	}
	if len(diags.Errors) == 0 && len(diags.Warnings) == 0 && !believable(fault) {
		if err := s.checkStage(2); err != nil {
			return fmt.Errorf("not a word, and %w", err)
		}
	}
	if err := f.run(s, 2); err != nil {
		return fmt.Errorf("the run after it: %w", err)
	}
	if believable(fault) { // who left the list while the service said that they had no access keeps it
		if lost := difference(s.stages[2], s.granted()); len(lost) > 0 {
			return fmt.Errorf("after the run after it %d have no access, such as %s", len(lost), lost[0])
		}
		return f.run(s, 1) // lists them again, for the next to revoke
	}
	if err := s.checkStage(2); err != nil {
		return fmt.Errorf("after the run after it: %w", err)
	}
	return s.checkTrue(f.tf.State, true)
}

// believable tells that the answers of a fault are well-formed lists that lack everybody: nothing
// tells them from the truth.
func believable(fault wire.Fault) bool {
	return fault.Kind == hostile.UnknownEnum && (fault.Operation == huaweicloud.OpListAppAuthorizations || fault.Operation == venafi.ListRoles)
}

// maxErrorLength is the longest error that people are still shown.
const maxErrorLength = 8 << 10

// readable makes sure that errors are texts for people.
func readable(diags *core.Diagnostics) error {
	for _, d := range slices.Concat(diags.Errors, diags.Warnings) {
		text := d.Summary + "\n" + d.Detail
		switch {
		case strings.TrimSpace(d.Summary) == "" || strings.TrimSpace(d.Detail) == "":
			return fmt.Errorf("an error without words: %+v", d)
		case len(text) > maxErrorLength:
			return fmt.Errorf("an error of %d bytes: %.200s", len(text), text)
		case !utf8.ValidString(text):
			return fmt.Errorf("an error that is not UTF-8: %q", text)
		}
		if i := strings.IndexFunc(text, func(r rune) bool { return !unicode.IsPrint(r) && r != '\n' }); i >= 0 {
			return fmt.Errorf("an error that can't be printed: %q", text)
		}
	}
	return nil
}

// Redirects are not followed: nothing reaches the other host, no credentials and no signature.
func TestRedirects(t *testing.T) {
	t.Parallel()
	var reached atomic.Int64
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		reached.Add(1)
		t.Errorf("%s %s reached the other host, with %v", r.Method, r.URL, r.Header)
	}))
	t.Cleanup(elsewhere.Close)
	for service, list := range operations {
		for _, operation := range list {
			t.Run(service+" "+operation, func(t *testing.T) {
				t.Parallel()
				f := newFixture(t)
				s := f.subject(service)
				for _, status := range []int{301, 302, 303, 307, 308} {
					err := f.lie(&s, wire.Fault{
						Operation: operation, Kind: wire.Status, Status: status, Header: http.Header{"Location": {elsewhere.URL + "/trap?secret=1"}},
					})
					if err != nil {
						t.Errorf("%d: %v", status, err)
					}
				}
				// The error names the host.
				if err := f.begin(&s, 0); err != nil {
					t.Fatal(err)
				}
				f.mock.Faults.Add(wire.Fault{Service: service, Operation: operation, Kind: hostile.Redirect, Body: elsewhere.URL + "/trap"})
				plan, err := f.tf.Plan(t.Context(), s.configure(1))
				if err != nil {
					t.Fatal(err)
				}
				diags := &plan.Diagnostics
				if len(plan.Errors) == 0 {
					if diags, err = f.tf.Apply(t.Context(), plan); err != nil {
						t.Fatal(err)
					}
				}
				f.mock.Faults.Clear()
				if err := diags.Err(); err != nil && !strings.Contains(err.Error(), strings.TrimPrefix(elsewhere.URL, "http://")) {
					t.Errorf("the error does not name the host: %v", err)
				}
			})
		}
	}
}

const (
	maxGrowth = 160 << 20
	maxTime   = 60 * time.Second
)

// Answers of a gigabyte, one string of a gigabyte, and pages without an end, from each operation:
// memory stays bounded, and the run ends. It runs alone, since it looks at the memory of the whole
// process.
func TestGiants(t *testing.T) { //nolint:paralleltest // see above
	for service, list := range operations {
		f := newFixture(t)
		s := f.subject(service)
		for _, operation := range list {
			kinds := []wire.FaultKind{hostile.GiantBody, hostile.GiantString}
			if operation == huaweicloud.OpListApps || operation == huaweicloud.OpListAppAuthorizations {
				kinds = append(kinds, huaweicloud.EndlessPages)
			}
			for _, kind := range kinds {
				began := time.Now()
				growth := growth(func() {
					if err := f.lie(&s, wire.Fault{Operation: operation, Kind: kind}); err != nil {
						t.Errorf("%s %s: %v", operation, kind, err)
					}
				})
				took := time.Since(began)
				t.Logf("%s %s: %s, %d MiB", operation, kind, took.Round(time.Millisecond), growth>>20)
				if growth > maxGrowth {
					t.Errorf("%s %s: took %d MiB", operation, kind, growth>>20)
				}
				if took > maxTime {
					t.Errorf("%s %s: took %s", operation, kind, took)
				}
			}
		}
		f.mock.Recorder.Limit(-1, -1)
	}
}

// growth is how much more memory is in use while f runs than before.
func growth(f func()) uint64 {
	defer debug.SetGCPercent(debug.SetGCPercent(100)) // whatever GOGC the tests run with
	debug.FreeOSMemory()
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	peak := before.HeapInuse
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		ticker := time.NewTicker(20 * time.Millisecond)
		defer ticker.Stop()
		for {
			select {
			case <-done:
				return
			case <-ticker.C:
				var now runtime.MemStats
				runtime.ReadMemStats(&now)
				peak = max(peak, now.HeapInuse)
			}
		}
	})
	f()
	close(done)
	wg.Wait()
	return peak - before.HeapInuse
}
