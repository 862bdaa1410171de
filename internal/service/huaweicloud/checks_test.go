// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud_test

import (
	"context"
	"fmt"
	"reflect"

	"github.com/hashicorp/terraform-plugin-testing/plancheck"
)

// expectBefore checks an attribute as the refresh found it.
type expectBefore struct {
	attribute string
	want      any
}

func (e expectBefore) CheckPlan(_ context.Context, req plancheck.CheckPlanRequest, resp *plancheck.CheckPlanResponse) {
	for _, change := range req.Plan.ResourceChanges {
		before, ok := change.Change.Before.(map[string]any)
		if !ok {
			continue
		}
		if got := before[e.attribute]; !reflect.DeepEqual(got, e.want) {
			resp.Error = fmt.Errorf("%s was %v after the refresh, want %v", e.attribute, got, e.want)
		}
		return
	}
	resp.Error = fmt.Errorf("the plan has no resource that was there before")
}
