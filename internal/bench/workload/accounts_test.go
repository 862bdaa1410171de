// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package workload_test

import (
	"testing"

	"github.com/appaccess/terraform-provider-appaccess/internal/bench/workload"
)

// The least number of requests is worked out from these counts, so they have to be right.
func TestCounts(t *testing.T) {
	t.Parallel()
	for _, n := range []int{100, 1000, 5000, 20_000} {
		list, changed := workload.List(n), workload.Changed(n)
		if len(list) != n || len(changed) != n {
			t.Fatalf("%d accounts: listed %d, changed %d", n, len(list), len(changed))
		}
		before, after := setOf(list), setOf(changed)
		if len(before) != n || len(after) != n {
			t.Errorf("%d accounts: an account stands twice", n)
		}
		gone := 0
		for a := range before {
			if !after[a] {
				gone++
			}
		}
		if gone != n/100 {
			t.Errorf("%d accounts: %d are replaced, want 1 %%", n, gone)
		}
		everywhere, somewhere := workload.Drifted(n)
		if len(everywhere)+len(somewhere) != n/100 || len(everywhere) == 0 {
			t.Errorf("%d accounts: %d and %d drift, want 1 %%", n, len(everywhere), len(somewhere))
		}
		for _, a := range append(everywhere, somewhere...) {
			if !before[a] || !after[a] {
				t.Errorf("%v drifts and is not in both lists", a)
			}
		}
		count := 0
		form := workload.ByDomain(list)
		for _, domains := range []map[string]map[string]*string{form.Users, form.UserGroups} {
			if len(domains) != len(workload.Domains) && n >= 1000 {
				t.Errorf("%d accounts in %d domains", n, len(domains))
			}
			for _, accounts := range domains {
				count += len(accounts)
			}
		}
		if count != n {
			t.Errorf("%d accounts by domain, want %d", count, n)
		}
	}
}

func setOf(accounts []workload.Account) map[workload.Account]bool {
	out := map[workload.Account]bool{}
	for _, a := range accounts {
		out[a] = true
	}
	return out
}
