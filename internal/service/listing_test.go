// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package service_test

import (
	"fmt"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/list"

	"github.com/appaccess/terraform-provider-appaccess/internal/service"
)

// pushed pushes up to ten results, of which the one at failing has an error, to somebody who takes
// so many, and returns how many arrived.
func pushed(limit int64, takes, failing int) int {
	arrived := 0
	out := service.NewPush(list.ListRequest{Limit: limit}, func(list.ListResult) bool {
		arrived++
		return arrived != takes
	})
	for i := range 10 {
		result := list.ListResult{DisplayName: fmt.Sprint(i)}
		if i == failing {
			result.Diagnostics = diag.Diagnostics{diag.NewErrorDiagnostic("no", "no")}
		}
		if !out.Result(result) {
			break
		}
	}
	return arrived
}

func TestPush(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		limit                int64
		takes, failing, want int
	}{
		"no limit":              {0, 0, -1, 10},
		"a limit":               {3, 0, -1, 3},
		"a limit of one":        {1, 0, -1, 1},
		"a limit above all":     {20, 0, -1, 10},
		"a limit below zero":    {-1, 0, -1, 10},
		"nobody listens":        {0, 1, -1, 1},
		"somebody goes away":    {5, 2, -1, 2},
		"an error ends it":      {0, 0, 3, 4},
		"an error at the limit": {4, 0, 3, 4},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := pushed(test.limit, test.takes, test.failing); got != test.want {
				t.Errorf("%d results arrived, want %d", got, test.want)
			}
		})
	}
}
