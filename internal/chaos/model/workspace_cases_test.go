// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package model

import (
	"slices"
	"testing"
	"testing/synctest"

	"github.com/appaccess/terraform-provider-appaccess/internal/acctest/core"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/huaweicloud"
)

// door is a bench with one set and one application, that the mock holds as the switches say.
type door struct {
	*bench
	t *testing.T
}

// atDoor runs a test in a bubble.
func atDoor(t *testing.T, switches huaweicloud.Switches, test func(d *door)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		d := &door{bench: newBench(t), t: t}
		defer d.close()
		d.mock.Huaweicloud.SetSwitches(switches)
		if err := d.mock.Huaweicloud.AddApp(appD, huaweicloud.App{Name: appD}); err != nil {
			t.Fatal(err)
		}
		test(d)
	})
}

// closed and opened are the set, demolished is none.
func closed(names ...string) []core.Resource {
	return []core.Resource{{Address: openingSet, Attributes: map[string]any{"app_ids": []string{appD}, "users": users(names)}}}
}

func opened() []core.Resource {
	return []core.Resource{{Address: openingSet, Attributes: map[string]any{"app_ids": []string{appD}, "authorization_type": huaweicloud.AllUser}}}
}

// plan must succeed.
func (d *door) plan(resources []core.Resource) *core.Plan {
	d.t.Helper()
	plan, err := d.tf.Plan(d.t.Context(), resources)
	if err == nil {
		err = plan.Err()
	}
	if err != nil {
		d.t.Fatal(err)
	}
	return plan
}

// apply plans and applies; both must succeed.
func (d *door) apply(resources []core.Resource) {
	d.t.Helper()
	diags, err := d.tf.Apply(d.t.Context(), d.plan(resources))
	if err == nil {
		err = diags.Err()
	}
	if err != nil {
		d.t.Fatal(err)
	}
}

// shows fails the test unless the application has this mode and these accounts, be they hidden or not.
func (d *door) shows(mode string, names ...string) {
	d.t.Helper()
	var got []string
	for _, a := range d.mock.Huaweicloud.Accounts(appD) {
		got = append(got, a.Name)
	}
	if slices.Sort(got); d.mock.Huaweicloud.Mode(appD) != mode || !slices.Equal(got, names) {
		d.t.Errorf("the application is %s, with %q", d.mock.Huaweicloud.Mode(appD), got)
	}
}

// A tainted instance that has opened an application is replaced by one that closes it: the old one closes it anyway.
func TestTaintedOpenerIsReplaced(t *testing.T) {
	t.Parallel()
	atDoor(t, huaweicloud.Switches{}, func(d *door) {
		d.apply(opened())
		tainted := *d.tf.State[openingSet]
		tainted.Tainted = true
		d.tf.State[openingSet] = &tainted
		if action := d.plan(closed("ann")).Changes[openingSet].Action; action != core.Replace {
			t.Errorf("the plan says %s", action)
		}
		d.apply(closed("ann"))
		d.shows(huaweicloud.AssignUser, "ann")
	})
}
