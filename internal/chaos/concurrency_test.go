// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package chaos

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/appaccess/terraform-provider-appaccess/internal/acctest"
	"github.com/appaccess/terraform-provider-appaccess/internal/acctest/core"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/huaweicloud"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

// Ten sets that overlap on the same applications, and ten that grant a role on the same
// application, applied with parallelism 10 by a real Terraform: all ends up granted, nothing of
// others is lost, and writes to one application never interleave. The provider runs in this
// process, so that `go test -race` sees it.
func TestConcurrency(t *testing.T) {
	t.Parallel()
	seed := huaweicloud.Seed{Apps: map[string]huaweicloud.App{}}
	for i := range 4 {
		seed.Apps[fmt.Sprintf("app-%d", i)] = huaweicloud.App{Name: fmt.Sprintf("App %d", i), Users: map[string]map[string]string{"local.com": {"stranger": ""}}}
	}
	w := newWorld(t, 1, acctest.Options{Huaweicloud: seed, Venafi: venafiSeed()})
	// Writes take a while, so that they would meet.
	w.gate.at(func(_ int, r *http.Request) {
		if r.Method == http.MethodPost {
			time.Sleep(2 * time.Millisecond)
		}
	}, nil)
	cli := acctest.NewCLI(t, func() tfprotov6.ProviderServer { return w.server() })
	block, err := json.Marshal(map[string]any{"provider": map[string]any{"appaccess": w.provider(nil)}})
	if err != nil {
		t.Fatal(err)
	}
	cli.Write("block.tf.json", string(block))

	for _, shift := range []int{0, 60} {
		resources, want := overlapping(shift)
		text, err := json.Marshal(configuration(resources))
		if err != nil {
			t.Fatal(err)
		}
		cli.Write("main.tf.json", string(text))
		if r := cli.Run("apply", "-auto-approve", "-no-color", "-parallelism=10"); r.Code != 0 {
			t.Fatal(r.Output)
		}
		for app := range seed.Apps {
			granted := names{}
			for _, a := range w.mock.Huaweicloud.Accounts(app) {
				granted[a.String()] = true
			}
			if !maps.Equal(granted, want[app]) {
				t.Errorf("%s: %d accounts, want %d", app, len(granted), len(want[app]))
			}
		}
		for _, r := range resources {
			grantees, _ := r.Attributes["grantees"].(map[string]any)
			for _, who := range grantees {
				if !w.mock.Venafi.Holds(who.(string), roleIDs["application_maintainer"], "app0") {
					t.Errorf("%s: %s does not hold the role", r.Address, who)
				}
			}
		}
		if r := cli.Run("plan", "-detailed-exitcode", "-no-color"); r.Code != 0 {
			t.Errorf("the plan after it is not empty:\n%s", r.Output)
		}
	}
	exchanges := w.mock.Recorder.All()
	if err := interleaved(exchanges); err != nil {
		t.Error(err)
	}
	if n := w.mock.Recorder.MaxInFlight(); n < 2 {
		t.Errorf("at most %d requests at once: nothing could have interleaved", n)
	}
	if r := cli.Run("destroy", "-auto-approve", "-no-color", "-parallelism=10"); r.Code != 0 {
		t.Fatal(r.Output)
	}
	for app := range seed.Apps {
		if left := w.mock.Huaweicloud.Accounts(app); len(left) != 1 || left[0].Name != "stranger" {
			t.Errorf("%s still has %v", app, left)
		}
	}
}

// overlapping are ten sets with accounts of their own, each on three of four applications, and ten
// grant sets of one role.
func overlapping(shift int) ([]core.Resource, map[string]names) {
	var resources []core.Resource
	want := map[string]names{}
	for app := range 4 {
		want[fmt.Sprintf("app-%d", app)] = names{"local.com/stranger": true}
	}
	for i := range 10 {
		users, apps := map[string]any{}, []string{}
		for app := range 4 {
			if app != (i+shift)%4 {
				apps = append(apps, fmt.Sprintf("app-%d", app))
			}
		}
		for j := range 120 {
			name := fmt.Sprintf("user-%d-%d", i, j+shift)
			users[name] = nil
			for _, app := range apps {
				want[app]["local.com/"+name] = true
			}
		}
		resources = append(resources, core.Resource{
			Address:    core.Address{Type: additiveSet, Name: fmt.Sprintf("set%d", i)},
			Attributes: map[string]any{"app_ids": apps, "users": map[string]any{"local.com": users}},
		})
		grantees := map[string]any{}
		for j := range 3 {
			who := people(crowd)[i*4+(j+shift/60)%4].PrefixedUniversal()
			grantees[who] = who
		}
		resources = append(resources, core.Resource{
			Address:    core.Address{Type: roleGrantSet, Name: fmt.Sprintf("set%d", i)},
			Attributes: map[string]any{"role": "application_maintainer", "application_id": "app0", "grantees": grantees},
		})
	}
	return resources, want
}

// interleaved finds two writes of one application that were under way at once.
func interleaved(exchanges []wire.Exchange) error {
	byApp := map[string][]wire.Exchange{}
	for _, e := range exchanges {
		if e.Operation != huaweicloud.OpBatchUpdateAppAuthorizations {
			continue
		}
		var body struct {
			AppIDs []string `json:"app_ids"`
		}
		if err := json.Unmarshal(e.Body, &body); err != nil {
			return err
		}
		for _, app := range body.AppIDs {
			byApp[app] = append(byApp[app], e)
		}
	}
	if len(byApp) == 0 {
		return fmt.Errorf("no writes")
	}
	for app, list := range byApp {
		slices.SortFunc(list, func(a, b wire.Exchange) int { return a.Started.Compare(b.Started) })
		for i := range len(list) - 1 {
			if list[i+1].Started.Before(list[i].Ended) {
				return fmt.Errorf("two writes to %s were under way at once: %s to %s, and from %s", app, list[i].Started, list[i].Ended, list[i+1].Started)
			}
		}
	}
	return nil
}
