// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// many is a seed with n accounts on one app, in the order u000, u001, …
func many(n int) Seed {
	seed := testSeed()
	names := map[string]string{}
	for i := range n {
		names[fmt.Sprintf("u%03d", i)] = ""
	}
	a := seed.Apps[cad]
	a.Users = map[string]map[string]string{"local.com": names}
	a.UserGroups = map[string]map[string]string{"corp.example.com": {"engineering": "AD", "Sales": ""}}
	seed.Apps[cad] = a
	return seed
}

// collect pages through an app as the vendor's provider does: until a page is short.
func (b *bench) collect(app string, limit int) []string {
	b.t.Helper()
	var names []string
	for {
		items, count := b.page(app, fmt.Sprintf("limit=%d&offset=%d", limit, len(names)))
		for _, item := range items {
			names = append(names, item["account"].(string))
		}
		if len(items) < limit {
			if count != len(names) {
				b.t.Errorf("count %d, %d came", count, len(names))
			}
			return names
		}
	}
}

func TestPaging(t *testing.T) {
	t.Parallel()
	b := startWith(t, many(253), Switches{})
	b.backend.SetQuota(Quota{})
	if items, count := b.page(cad, ""); len(items) != defaultLimit || count != 255 {
		t.Errorf("without limit %d items of %d", len(items), count)
	}
	if items, count := b.page(cad, "offset=255"); len(items) != 0 || count != 255 {
		t.Errorf("behind the end %d items of %d", len(items), count)
	}
	for _, limit := range []int{1, 7, 100} {
		got := b.collect(cad, limit)
		if len(got) != 255 || !slices.IsSorted(got[:253]) {
			t.Errorf("limit %d: %d accounts, in order %t", limit, len(got), slices.IsSorted(got[:253]))
		}
	}
	a := b.do(http.MethodGet, appsPath+"/"+cad+"/authorizations?offset=300", "")
	if a.body != `{"count":255,"items":[]}` {
		t.Errorf("empty page is %s", a.body)
	}
}

func TestListParameters(t *testing.T) {
	t.Parallel()
	for _, path := range []string{appsPath, appsPath + "/" + cad + "/authorizations"} {
		for _, query := range []string{
			"limit=0", "limit=101", "limit=-1", "limit=ten", "limit=", "offset=-1", "offset=x", "limit=1&limit=2", "page=2",
		} {
			b := start(t, Switches{})
			b.want(b.do(http.MethodGet, path+"?"+query, ""), http.StatusBadRequest, "WKS.00211807", 1)
		}
	}
	for _, query := range []string{"target_type=USER", "target_type=", "assign_type=NOBODY"} {
		b := start(t, Switches{})
		b.want(b.do(http.MethodGet, appsPath+"/"+cad+"/authorizations?"+query, ""), http.StatusBadRequest, "WKS.00211807", 1)
	}
	b := start(t, Switches{})
	b.want(b.do(http.MethodGet, appsPath+"/none/authorizations", ""), http.StatusNotFound, "WKS.00211902", 0)
	b.want(b.do(http.MethodGet, appsPath+"?assign_type=ALL_USER", ""), http.StatusBadRequest, "WKS.00211807", 1)
}

func TestListFilters(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]int{
		"name=U00": 10, "name=u001": 1, "name=nobody": 0, "target_type=USER_GROUP": 2, "target_type=SIMPLE": 30,
		"target_type=USER_GROUP&name=sal": 1, "assign_type=ASSIGN_USER": 32, "assign_type=ALL_USER": 0,
	} {
		b := startWith(t, many(30), Switches{})
		if items, count := b.page(cad, "limit=100&"+query); len(items) != want || count != want {
			t.Errorf("%s: %d items, count %d, want %d", query, len(items), count, want)
		}
	}
	for filter, want := range map[NameFilter]int{NameFilterFuzzy: 10, NameFilterExact: 0, NameFilterIgnored: 32} {
		b := startWith(t, many(30), Switches{NameFilter: filter})
		if items, _ := b.page(cad, "limit=100&name=U01"); len(items) != want {
			t.Errorf("%s: %d items, want %d", filter, len(items), want)
		}
	}
}

func TestListApps(t *testing.T) {
	t.Parallel()
	b := start(t, Switches{})
	list := func(query string) (apps []appItem, count int) {
		t.Helper()
		a := b.do(http.MethodGet, appsPath+"?"+query, "")
		var l struct {
			Count int
			Items []appItem
		}
		if err := json.Unmarshal([]byte(a.body), &l); err != nil || a.status != http.StatusOK {
			t.Fatalf("%d %s: %v", a.status, a.body, err)
		}
		return l.Items, l.Count
	}
	apps, count := list("limit=2")
	if len(apps) != 2 || count != 3 || apps[0].ID != cad || apps[0].Name != "CAD" || apps[0].AuthorizationType != AssignUser {
		t.Errorf("%d of %d: %+v", len(apps), count, apps)
	}
	apps, _ = list("limit=2&offset=2")
	if len(apps) != 1 || apps[0].ID != open || apps[0].AuthorizationType != AllUser || apps[0].Status != "NORMAL" || apps[0].ApplicationSource != "CUSTOM" {
		t.Errorf("second page %+v", apps)
	}
	if apps, count := list("name=a"); len(apps) != 3 || count != 3 {
		t.Errorf("name=a: %+v", apps)
	}
	if apps, _ := list("name=note"); len(apps) != 1 || apps[0].Name != "Notepad" {
		t.Errorf("name=note: %+v", apps)
	}
}

// TestWindowIsAPermutation: whatever the order, pages of one unchanged list hold every record once.
func TestWindowIsAPermutation(t *testing.T) {
	t.Parallel()
	for n := range 150 {
		for _, order := range []ListOrder{ListOrderInsertion, ListOrderShuffled} {
			b := &Backend{switches: Switches{ListOrder: order}}
			var got []int
			for offset := 0; offset <= n; offset += 7 {
				got = append(got, b.window(n, offset, 7, cad)...)
			}
			if order == ListOrderShuffled && n > 1 && slices.IsSorted(got) {
				t.Errorf("%d records are not shuffled: %v", n, got)
			}
			slices.Sort(got)
			want := []int{}
			for i := range n {
				want = append(want, i)
			}
			if diff := cmp.Diff(want, append([]int{}, got...)); diff != "" {
				t.Fatalf("%s of %d: %s", order, n, diff)
			}
		}
		b := &Backend{switches: Switches{ListOrder: ListOrderUnstable}}
		whole := b.window(n, 0, n, cad)
		slices.Sort(whole)
		if len(slices.Compact(whole)) != n {
			t.Fatalf("unstable order of %d repeats within one page", n)
		}
	}
}

// TestItemsAreJSON: what is written by hand reads back as it was.
func TestItemsAreJSON(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		name, domain := rapid.String().Draw(t, "name"), rapid.String().Draw(t, "domain")
		l := list{Count: 3, Items: []any{
			item{account: name, accountType: value(Simple), domain: value(domain), platformType: null()},
			item{account: domain, accountType: value(UserGroup)},
			appItem{Name: name},
		}}
		text, err := l.appendJSON(nil)
		if err != nil {
			t.Fatal(err)
		}
		var got any
		if err := json.Unmarshal(text, &got); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		items := got.(map[string]any)["items"].([]any)
		want := []any{
			map[string]any{"account": name, "account_type": "SIMPLE", "domain": domain, "platform_type": nil},
			map[string]any{"account": domain, "account_type": "USER_GROUP"},
		}
		if diff := cmp.Diff(want, items[:2]); diff != "" || items[2].(map[string]any)["name"] != name {
			t.Fatalf("%s\n%s", text, diff)
		}
	})
}
