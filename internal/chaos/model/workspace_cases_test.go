// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package model

import (
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/appaccess/terraform-provider-appaccess/internal/acctest/core"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/huaweicloud"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
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

// shows fails the test unless the application has this mode and these accounts, be they hidden or
// not.
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

// A tainted instance that has opened an application is replaced by one that closes it: the old one
// closes it anyway.
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

// Whom a service hides in an application that was opened, though it was to revoke them, is revoked
// when the application is closed.
func TestOpenedApplicationHidesAccounts(t *testing.T) {
	t.Parallel()
	for _, list := range []huaweicloud.AllUserList{huaweicloud.AllUserListEmpty, huaweicloud.AllUserListRecords} {
		for name, next := range map[string][]core.Resource{"destroyed": nil, "closed": closed("w")} {
			t.Run(string(list)+", "+name, func(t *testing.T) {
				t.Parallel()
				atDoor(t, huaweicloud.Switches{AllUserAccounts: huaweicloud.AllUserAccountsIgnored, AllUserList: list}, func(d *door) {
					d.apply(closed("u", "v"))
					d.apply(opened())
					d.shows(huaweicloud.AllUser, "u", "v")
					if plan := d.plan(opened()); !plan.Empty() {
						t.Errorf("the next plan is not empty: %s", plan.Describe(d.tf.State))
					}
					d.apply(next)
					if next == nil {
						d.shows(huaweicloud.AssignUser)
					} else {
						d.shows(huaweicloud.AssignUser, "w")
					}
				})
			})
		}
	}
}

// An application that is opened between the list of applications and that of its accounts hides
// them: they are not gone.
func TestOpenedBetweenTwoLists(t *testing.T) {
	t.Parallel()
	atDoor(t, huaweicloud.Switches{}, func(d *door) {
		d.apply(closed("ann"))
		d.mock.Faults.Add(wire.Fault{Operation: huaweicloud.OpListAppAuthorizations, Kind: wire.Hook, Times: 1, Do: func(*http.Request) {
			_ = d.mock.Huaweicloud.SetMode(appD, huaweicloud.AllUser)
		}})
		plan := d.plan(closed("ann"))
		ws := &workspace{}
		if got := ws.keys(plan.Refreshed[openingSet].Attributes()); !slices.Contains(got, appD+"|ann") {
			t.Errorf("the state holds %q", got)
		}
		d.apply(nil)
		d.shows(huaweicloud.AssignUser)
	})
}

// What the service said yes to just before an interrupt is held as granted while it may still come,
// and not for ever.
func TestAcknowledgedBeforeAnInterrupt(t *testing.T) {
	t.Parallel()
	for name, comes := range map[string]bool{"it comes": true, "it never comes": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			atDoor(t, huaweicloud.Switches{}, func(d *door) {
				d.apply(closed("ann"))
				plan := d.plan(closed("ann", "bob"))
				d.mock.Faults.Add(wire.Fault{Operation: huaweicloud.OpBatchUpdateAppAuthorizations, Kind: wire.LateSuccess, EffectRequests: 1000})
				d.mock.Faults.Add(wire.Fault{Operation: huaweicloud.OpListApps, After: 1, Kind: wire.Hook, Do: func(*http.Request) { d.tf.Interrupt() }})
				diags, err := d.tf.Apply(d.t.Context(), plan)
				if err != nil || diags.Err() == nil {
					t.Fatal("it was not interrupted")
				}
				d.mock.Faults.Clear()
				holds := func(want bool) {
					t.Helper()
					keys := (&workspace{}).keys(d.plan(closed("ann", "bob")).Refreshed[openingSet].Attributes())
					if slices.Contains(keys, appD+"|bob") != want {
						t.Errorf("the state holds %q", keys)
					}
				}
				holds(true)
				if comes {
					d.mock.Faults.Settle()
					d.apply(nil)
					d.shows(huaweicloud.AssignUser)
					return
				}
				time.Sleep(time.Minute)
				holds(false)
			})
		})
	}
}
