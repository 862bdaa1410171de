// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package chaos

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/appaccess/terraform-provider-appaccess/internal/acctest/core"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

// An error in write k of n, for each k: the diagnostics say what was done, the state is exactly
// what the service shows, and the next apply sends only what is missing.
func TestPartialFailure(t *testing.T) {
	t.Parallel()
	for _, service := range []string{"huaweicloud", "venafi", "enos"} {
		for _, step := range steps {
			t.Run(service+" "+step.name, func(t *testing.T) {
				t.Parallel()
				f := newFixture(t)
				f.knobs["max_concurrent_requests"] = 1 // so that write k is always the same
				s := f.subject(service)
				n := 0
				for k := 1; ; k++ {
					struck, err := f.partial(&s, step.from, step.to, k)
					if err != nil {
						t.Fatalf("write %d: %v", k, err)
					}
					if !struck {
						break
					}
					n = k
				}
				if want := map[string]int{"huaweicloud": 2, "venafi": 4, "enos": 1}[service]; n < want && step.name != "update" || n == 0 {
					t.Errorf("%d writes, want %d", n, want)
				}
			})
		}
	}
}

func (f *fixture) partial(s *subject, from, to, k int) (bool, error) {
	if err := f.begin(s, from); err != nil {
		return false, err
	}
	plan, err := f.tf.Plan(f.t.Context(), s.configure(to))
	if err == nil {
		err = plan.Err()
	}
	if err != nil {
		return false, err
	}
	before := s.granted()
	struck := f.mock.Faults.Struck()
	// Write k fails, and all that come after it: what is sent after an error must not count on
	// anything.
	f.mock.Faults.Add(wire.Fault{Match: func(r *http.Request, _ []byte) bool { return s.writes(r) }, Kind: wire.Status, Status: http.StatusForbidden, After: k - 1,
		Header: http.Header{"Content-Type": {"application/json"}}, Body: `{"error_code":"TEST.0001","error_msg":"the write was denied","code":99999,"message":"the write was denied","error":"denied","error_description":"the write was denied"}`})
	diags, err := f.tf.Apply(f.t.Context(), plan)
	f.mock.Faults.Clear()
	if err != nil {
		return false, err
	}
	if f.mock.Faults.Struck() == struck {
		return false, diags.Err() // there is no write k
	}
	if bugs := diags.Bugs(); len(bugs) > 0 {
		return false, fmt.Errorf("%+v", bugs)
	}
	if err := s.checkDiagnostics(diags, before, k); err != nil {
		return false, fmt.Errorf("%w\n%s", err, fmt.Sprint(diags.Err()))
	}
	if err := s.checkTrue(f.tf.State, true); err != nil {
		return false, fmt.Errorf("after the error: %w", err)
	}
	return true, f.rest(s, to)
}

// checkDiagnostics makes sure that the error says what the service said, what was done, and how to
// go on.
func (s *subject) checkDiagnostics(diags *core.Diagnostics, before []string, k int) error {
	if len(diags.Errors) != 1 {
		return fmt.Errorf("%d errors", len(diags.Errors))
	}
	text := diags.Errors[0].Summary + "\n" + diags.Errors[0].Detail
	after := s.granted()
	granted, revoked := len(difference(after, before)), len(difference(before, after))
	parts := []string{"the write was denied"}
	switch s.name {
	case "huaweicloud":
		parts = append(parts, "TEST.0001", "403", fmt.Sprintf("Done: %d request", k-1), fmt.Sprintf("%d account", granted), fmt.Sprintf("granted and %d revoked", revoked), "Not done:")
	case "venafi":
		parts = append(parts, "403", fmt.Sprintf("Done: %d of", granted), fmt.Sprintf("and %d of", revoked))
	case "enos":
		parts = append(parts, "99999", "portal")
	}
	for _, part := range parts {
		if !strings.Contains(text, part) {
			return fmt.Errorf("the error lacks %q", part)
		}
	}
	return nil
}

// rest goes on after a failure: a create as its error advises, with `terraform untaint`.
func (f *fixture) rest(s *subject, to int) error {
	for a, object := range f.tf.State {
		untainted := *object
		untainted.Tainted = false
		f.tf.State[a] = &untainted
	}
	missing, surplus := difference(s.stages[to], s.granted()), difference(s.granted(), s.stages[to])
	f.mock.Recorder.Reset()
	if err := f.run(s, to); err != nil {
		return fmt.Errorf("the next run: %w", err)
	}
	var granted, revoked []string
	for _, e := range f.mock.Recorder.All() {
		if s.writes(&http.Request{URL: &url.URL{Path: e.Path}}) {
			g, r := sent(e)
			granted, revoked = append(granted, g...), append(revoked, r...)
		}
	}
	if s.name == "enos" { // the whole list is replaced
		granted, revoked = difference(granted, difference(granted, missing)), surplus
	}
	if !slices.Equal(sorted(granted), sorted(missing)) || !slices.Equal(sorted(revoked), sorted(surplus)) {
		return fmt.Errorf("the next apply granted %d and revoked %d, and %d and %d were missing", len(granted), len(revoked), len(missing), len(surplus))
	}
	if err := s.checkStage(to); err != nil {
		return fmt.Errorf("after the next run: %w", err)
	}
	return s.checkTrue(f.tf.State, true)
}

// sent reads what a write grants and revokes, in the words of its subject.
func sent(e wire.Exchange) (granted, revoked []string) {
	var body struct {
		AppIDs   []string `json:"app_ids"`
		Users    []struct{ Account, Domain string }
		DelUsers []struct{ Account, Domain string } `json:"del_users"`
		Grantee  string                             `json:"GranteePrefixedUniversal"`
		Types    []string                           `json:"dataAuthorizeType"`
	}
	if err := json.Unmarshal(e.Body, &body); err != nil {
		panic(err) // the mock took it
	}
	for _, app := range body.AppIDs {
		for _, user := range body.Users {
			granted = append(granted, app+" "+user.Domain+"/"+user.Account)
		}
		for _, user := range body.DelUsers {
			revoked = append(revoked, app+" "+user.Domain+"/"+user.Account)
		}
	}
	switch {
	case strings.HasSuffix(e.Path, "/revokerole"):
		revoked = append(revoked, body.Grantee)
	case body.Grantee != "":
		granted = append(granted, body.Grantee)
	}
	return append(granted, body.Types...), revoked
}
