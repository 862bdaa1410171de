// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud"
	mock "github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/huaweicloud"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

func TestPaging(t *testing.T) {
	t.Parallel()
	for _, order := range []mock.ListOrder{mock.ListOrderInsertion, mock.ListOrderShuffled, mock.ListOrderUnstable} {
		for _, n := range []int{0, 1, 99, 100, 101, 1000} {
			t.Run(fmt.Sprint(order, " ", n), func(t *testing.T) {
				t.Parallel()
				b := start(t, map[string]mock.App{cad: {Name: "CAD", Users: users(n)}, mail: {Name: "Mail"}})
				b.SetSwitches(mock.Switches{ListOrder: order})
				got, err := b.client.ListAuthorizations(t.Context(), cad)
				if err != nil {
					t.Fatal(err)
				}
				if len(got) != n || !slices.Equal(names(got), b.listed(cad)) {
					t.Errorf("%d accounts are not the %d of the mock", len(got), n)
				}
				for h, platform := range got {
					if a := h.Value(); a.Domain == "corp.example.com" && platform != huaweicloud.AD {
						t.Fatalf("%s is in %q", a, platform)
					}
				}
				if order != mock.ListOrderUnstable {
					b.want(mock.OpListAppAuthorizations, max(1, (n+99)/100)+doubted(n))
				}
				b.want(mock.OpListProjects, 0)
				b.noViolations()
			})
		}
	}
}

// Whatever the service counts, a list is read to its end: the account that stands behind a full
// page is foreign, or revoked.
func TestPagingWithoutATrueCount(t *testing.T) {
	t.Parallel()
	for _, count := range []mock.Count{mock.CountCapped, mock.CountPage, mock.CountMissing} {
		for _, n := range []int{100, 1000, 1001, 1100, 1234} {
			t.Run(fmt.Sprint(count, " ", n), func(t *testing.T) {
				t.Parallel()
				b := start(t, map[string]mock.App{cad: {Name: "CAD", Users: users(n)}, mail: {Name: "Mail", Users: users(1000)}})
				b.SetSwitches(mock.Switches{Count: count})
				for id, n := range map[string]int{mail: 1000, cad: n} {
					if got, err := b.client.ListAuthorizations(t.Context(), id); err != nil || len(got) != n {
						t.Errorf("%d of %d accounts are listed: %v", len(got), n, err)
					}
				}
			})
		}
	}
}

func TestListApps(t *testing.T) {
	t.Parallel()
	for _, order := range []mock.ListOrder{mock.ListOrderInsertion, mock.ListOrderShuffled, mock.ListOrderUnstable} {
		for _, n := range []int{0, 1, 100, 101, 250} {
			t.Run(fmt.Sprint(order, " ", n), func(t *testing.T) {
				t.Parallel()
				apps := map[string]mock.App{}
				for i := range n {
					apps[fmt.Sprintf("app-%04d", i)] = mock.App{Name: fmt.Sprintf("App %d", i%200), Version: "1." + fmt.Sprint(i), AuthorizationType: []string{"", "ALL_USER"}[i%2]}
				}
				b := start(t, apps)
				b.SetSwitches(mock.Switches{ListOrder: order})
				first, err := b.client.ListApps(t.Context(), "")
				if err != nil || len(first) != n {
					t.Fatalf("%d apps: %v", len(first), err)
				}
				again, err := b.client.ListApps(t.Context(), "")
				if err != nil || !slices.Equal(first, again) {
					t.Errorf("listed again, it looks different: %v", err)
				}
				for _, app := range first {
					want := apps[app.ID]
					if app.Name != want.Name || app.Version != want.Version || string(app.AuthorizationType) != b.Mode(app.ID) || app.Status != "NORMAL" || app.ApplicationSource != "CUSTOM" {
						t.Fatalf("%+v, the mock has %+v", app, want)
					}
				}
				if order != mock.ListOrderUnstable {
					b.want(mock.OpListApps, 2*(max(1, (n+99)/100)+doubted(n)))
				}
				b.noViolations()
			})
		}
	}
}

// The service's own filter by name is fuzzy, exact or missing: what comes is the same.
func TestListAppsByName(t *testing.T) {
	t.Parallel()
	const odd = "一 (&=?!#%.*)+/\\ü "
	b := start(t, map[string]mock.App{
		"1": {Name: odd}, "2": {Name: odd + "x"}, "3": {Name: "CAD"}, "4": {Name: "cad"}, "5": {Name: "CAD 2"}, "6": {Name: "CAD", Version: "2"},
	})
	for _, filter := range []mock.NameFilter{mock.NameFilterFuzzy, mock.NameFilterExact, mock.NameFilterIgnored} {
		b.SetSwitches(mock.Switches{NameFilter: filter})
		for name, want := range map[string]string{odd: "1", "CAD": "3 6", "cad": "4", "none": ""} {
			apps, err := b.client.ListApps(t.Context(), name)
			var ids []string
			for _, app := range apps {
				ids = append(ids, app.ID)
			}
			if err != nil || strings.Join(ids, " ") != want {
				t.Errorf("%s, %q: %v, %v, want %s", filter, name, ids, err, want)
			}
		}
	}
	b.noViolations()
}

// Under every position of every switch a list is read, and a grant and a revocation do what they
// say or fail clearly.
func TestEverySwitch(t *testing.T) {
	t.Parallel()
	refused := map[string][]string{ // what the client refuses or lists otherwise, tested elsewhere
		"domain_form": {"short", "upper"}, "type_on_read": {"lower", "omitted", "null"}, "count": {"page"},
	}
	for _, s := range wire.DescribeSwitches(mock.Switches{}) {
		for _, position := range s.Positions {
			if slices.Contains(refused[s.Name], position) {
				continue
			}
			t.Run(s.Name+"/"+position, func(t *testing.T) {
				t.Parallel()
				b := start(t, map[string]mock.App{
					cad:  {Name: "CAD", Users: users(120), UserGroups: map[string]map[string]string{"corp.example.com": {"staff": "AD"}}},
					mail: {Name: "Mail", Users: users(3), AuthorizationType: "ALL_USER"},
				})
				var switches mock.Switches
				value := position
				if position == "n" {
					value = "122"
				}
				if err := wire.SetSwitch(&switches, s.Name, value); err != nil {
					t.Fatal(err)
				}
				b.SetSwitches(switches)
				got, err := b.client.ListAuthorizations(t.Context(), cad)
				if err != nil || len(got) != 121 {
					t.Fatalf("%d listed: %v", len(got), err)
				}
				if want := b.listed(cad); switches.AccountOnRead == "" || switches.AccountOnRead == mock.AccountOnReadPlain {
					if !slices.Equal(names(got), want) {
						t.Errorf("listed %v\nwant %v", names(got)[:5], want[:5])
					}
				}
				open, err := b.client.ListAuthorizations(t.Context(), mail)
				if err != nil || len(open) != 0 && switches.AllUserList != mock.AllUserListRecords {
					t.Errorf("an open app lists %d: %v", len(open), err)
				}
				apps, err := b.client.Apps(t.Context())
				if err != nil || len(apps) != 2 || apps[mail].AuthorizationType != huaweicloud.AllUser && switches.AppMode != mock.AppModeOmitted {
					t.Errorf("%+v: %v", apps, err)
				}
				grant := huaweicloud.Assignment{AppIDs: []string{cad}, AuthorizationType: huaweicloud.AssignUser, Users: []huaweicloud.Authorization{user("newcomer")}}
				if err := b.client.AssignAuthorizations(t.Context(), grant); err != nil {
					t.Fatal(err)
				}
				got, err = b.client.Authorizations(t.Context(), cad)
				if err != nil || len(got) != 122 {
					t.Errorf("after a grant %d are listed: %v", len(got), err)
				}
				err = b.client.AssignAuthorizations(t.Context(), grant) // once more
				if refused := switches.DuplicateAdd == mock.DuplicateAddError; (err != nil) != refused || refused && failure(t, err).Status != 400 {
					t.Errorf("granted once more: %v", err)
				}
				revoke := huaweicloud.Assignment{AppIDs: []string{cad}, AuthorizationType: huaweicloud.AssignUser, DelUsers: grant.Users}
				if err := b.client.AssignAuthorizations(t.Context(), revoke); err != nil {
					t.Error(err)
				}
				if got, err := b.client.Authorizations(t.Context(), cad); err != nil || len(got) != 121 {
					t.Errorf("after a revocation %d are listed: %v", len(got), err)
				}
				b.noViolations()
			})
		}
	}
}

func TestProject(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		change func(*huaweicloud.Config)
		says   string // "" is success
		asked  int
	}{
		"given":       {func(*huaweicloud.Config) {}, "", 0},
		"by region":   {func(c *huaweicloud.Config) { c.ProjectID = "" }, "", 1},
		"by name":     {func(c *huaweicloud.Config) { c.ProjectID, c.Region, c.ProjectName = "", "elsewhere", region }, "", 1},
		"none":        {func(c *huaweicloud.Config) { c.ProjectID, c.ProjectName = "", "nowhere" }, `no project is named "nowhere". Set project_id (HW_PROJECT_ID)`, 1},
		"two":         {func(c *huaweicloud.Config) { c.ProjectID, c.ProjectName = "", "twice" }, `2 projects are named "twice": aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb`, 1},
		"not allowed": {func(c *huaweicloud.Config) { c.ProjectID, c.AccessKey, c.SecretKey = "", "NOBODY", "NSK" }, "Set project_id (HW_PROJECT_ID): then IAM is not asked. Or grant the identity the IAM action iam:projects:list in an identity policy, or iam:projects:listProjects in a role policy.", 1},
		"of another":  {func(c *huaweicloud.Config) { c.ProjectID = strings.Repeat("c", 32) }, "The project is unavailable: check project_id", 0},
		"by temporary key": {func(c *huaweicloud.Config) {
			c.ProjectID, c.AccessKey, c.SecretKey, c.SecurityToken = "", "TEMP", "TSK-of-the-test", "tok+/=="
		}, "", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := start(t, map[string]mock.App{cad: {Name: "CAD"}}, tc.change)
			for range 2 {
				_, err := b.client.ListApps(t.Context(), "")
				if tc.says == "" && err != nil || tc.says != "" && (err == nil || !strings.Contains(err.Error(), tc.says)) {
					t.Fatalf("%v, want %q", err, tc.says)
				}
				if tc.says != "" {
					break
				}
			}
			b.want(mock.OpListProjects, tc.asked)
			if name != "of another" { // which the mock finds fault with, rightly
				b.noViolations()
			}
			if id, err := b.client.ProjectID(t.Context()); tc.says == "" && (err != nil || id != project) {
				t.Errorf("%s, %v", id, err)
			}
		})
	}
	// A write that never left because the project is unknown was surely not acted on.
	b := start(t, map[string]mock.App{cad: {Name: "CAD"}}, func(c *huaweicloud.Config) { c.ProjectID, c.ProjectName = "", "nowhere" })
	err := b.client.AssignAuthorizations(t.Context(), huaweicloud.Assignment{AppIDs: []string{cad}, AuthorizationType: huaweicloud.AllUser})
	if !failure(t, err).Unsent {
		t.Error(err)
	}
}

// doubted is the request for what comes after a full page that is the last that the service counts.
func doubted(n int) int {
	if n > 0 && n%100 == 0 {
		return 1
	}
	return 0
}
