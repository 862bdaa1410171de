// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package bench

import (
	"strconv"

	"github.com/appaccess/terraform-provider-appaccess/internal/bench/workload"
)

// authorizationSets are several sets of the same accounts, side by side. They share the applications out among them.
type authorizationSets struct {
	authorizationSet

	sets int
}

func (w authorizationSets) Title() string {
	return counted(w.sets, "set") + " side by side, " + counted(w.size, "account") + " on " + counted(w.apps/w.sets, "application") + " each"
}

func (w authorizationSets) Configuration(bool) (string, any) {
	data := struct {
		Sets map[string][]string `json:"sets"`
		workload.Accounts
	}{map[string][]string{}, workload.ByDomain(workload.List(w.size))}
	for i, first := range w.first() {
		data.Sets[strconv.Itoa(i)] = workload.AppIDs(w.apps)[first : first+w.apps/w.sets]
	}
	return `
resource "appaccess_huaweicloud_app_authorization_set" "bench" {
  for_each    = local.data.sets
  app_ids     = each.value
  users       = local.data.users
  user_groups = local.data.user_groups
}
`, data
}

// first are the numbers of the first application of each set.
func (w authorizationSets) first() []int {
	first := make([]int, w.sets)
	for i := range first {
		first[i] = i * w.apps / w.sets
	}
	return first
}
