// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

// switchTests says for every position of every switch what a client sees. TestNoSwitchIsForgotten
// proves that none is left out.
var switchTests = map[string]map[string]func(b *bench){
	"duplicate_add": {
		"ok": func(b *bench) {
			b.mustAssign(AssignUser, []string{cad, mail}, []string{"zhangsan", "lisi"}, nil)
			b.wantAccounts(mail, "zhangsan", "lisi")
		},
		"error": func(b *bench) {
			b.want(b.assign(AssignUser, []string{cad, mail}, []string{"zhangsan", "lisi"}, nil), http.StatusBadRequest, "WKS.00211807", 0)
			b.wantAccounts(cad)
			b.wantAccounts(mail, "zhangsan")
			b.mustAssign(AssignUser, []string{mail}, []string{"lisi"}, nil)
		},
	},
	"absent_remove": {
		"ok": func(b *bench) {
			b.mustAssign(AssignUser, []string{cad, mail}, nil, []string{"zhangsan", "nobody"})
			b.wantAccounts(mail)
		},
		"error": func(b *bench) {
			b.want(b.assign(AssignUser, []string{mail}, nil, []string{"nobody"}), http.StatusBadRequest, "WKS.00211807", 0)
			b.want(b.assign(AssignUser, []string{mail, cad}, nil, []string{"zhangsan"}), http.StatusBadRequest, "WKS.00211807", 0)
			b.wantAccounts(mail, "zhangsan")
			b.mustAssign(AssignUser, []string{mail}, nil, []string{"zhangsan"})
			b.wantAccounts(mail)
		},
	},
	"unknown_account": {
		"skipped": func(b *bench) {
			b.directory()
			b.mustAssign(AssignUser, []string{cad}, []string{"bob", "nobody", "group:corp.example.com/staff", "group:corp.example.com/none", "other.com/bob"}, nil)
			b.wantAccounts(cad, "bob", "staff")
		},
		"error": func(b *bench) {
			b.directory()
			b.want(b.assign(AssignUser, []string{cad}, []string{"bob", "nobody"}, nil), http.StatusBadRequest, "WKS.00170312", 0)
			b.want(b.assign(AssignUser, []string{cad}, []string{"bob", "group:corp.example.com/none"}, nil), http.StatusBadRequest, "WKS.00170208", 0)
			b.wantAccounts(cad)
			b.mustAssign(AssignUser, []string{cad}, []string{"bob"}, []string{"nobody"})
		},
	},
	"default_domain": {
		"shown":   domains("local.com", "local.com"),
		"omitted": domains(absent, "local.com"),
		"hidden":  domains(absent, absent),
		"empty":   domains("", ""),
		"null":    domains(nil, nil),
	},
	"platform_left_out": {
		"omitted": platforms(absent, "AD"),
		"null":    platforms(nil, "AD"),
		"LOCAL":   platforms("LOCAL", "AD"),
		"empty":   platforms("", "AD"),
	},
	"platform_sent": {
		"echoed":  platforms(absent, "AD"),
		"omitted": platforms(absent, absent),
		"null":    platforms(absent, nil),
		"LOCAL":   platforms(absent, "LOCAL"),
	},
	"platform_change": {
		"unchanged": platformChange("LOCAL"),
		"changed":   platformChange("AD"),
	},
	"flip_to_all_user": {
		"keep": func(b *bench) {
			b.mustAssign(AllUser, []string{mail}, nil, nil)
			b.mustAssign(AssignUser, []string{mail}, nil, nil)
			b.wantAccounts(mail, "zhangsan")
		},
		"wipe": func(b *bench) {
			b.mustAssign(AllUser, []string{mail}, []string{"new"}, nil)
			b.mustAssign(AllUser, []string{mail}, nil, nil) // no flip: nothing is wiped
			b.mustAssign(AssignUser, []string{mail}, nil, nil)
			b.wantAccounts(mail, "new")
		},
	},
	"all_user_list": {
		"empty": func(b *bench) {
			b.mustAssign(AllUser, []string{mail}, nil, nil)
			b.wantAccounts(mail)
		},
		"records": func(b *bench) {
			b.mustAssign(AllUser, []string{mail}, nil, nil)
			b.wantAccounts(mail, "zhangsan")
		},
	},
	"all_user_accounts": {
		"applied": func(b *bench) {
			b.mustAssign(AllUser, []string{mail}, []string{"new"}, []string{"zhangsan"})
			b.mustAssign(AssignUser, []string{mail}, nil, nil)
			b.wantAccounts(mail, "new")
		},
		"ignored": func(b *bench) {
			b.mustAssign(AllUser, []string{mail}, []string{"new"}, []string{"zhangsan"})
			b.mustAssign(AssignUser, []string{mail}, nil, nil)
			b.wantAccounts(mail, "zhangsan")
		},
		"adds_only": func(b *bench) {
			b.mustAssign(AllUser, []string{mail}, []string{"new"}, []string{"zhangsan"})
			b.wantAccounts(mail)
			b.mustAssign(AssignUser, []string{mail}, nil, nil)
			b.wantAccounts(mail, "zhangsan", "new")
		},
	},
	"user_in_both": {
		"removed": func(b *bench) {
			b.mustAssign(AssignUser, []string{mail}, []string{"zhangsan", "new"}, []string{"zhangsan", "new"})
			b.wantAccounts(mail)
		},
		"kept": func(b *bench) {
			b.mustAssign(AssignUser, []string{mail}, []string{"zhangsan", "new"}, []string{"zhangsan", "new"})
			b.wantAccounts(mail, "zhangsan", "new")
		},
		"error": func(b *bench) {
			b.want(b.assign(AssignUser, []string{mail}, []string{"a", "new"}, []string{"new"}), http.StatusBadRequest, "WKS.00211807", 0)
			b.wantAccounts(mail, "zhangsan")
		},
	},
	"list_order": {
		"insertion": func(b *bench) {
			b.mustAssign(AssignUser, []string{cad}, []string{"c", "a", "b", "d"}, nil)
			b.wantAccounts(cad, "c", "a", "b", "d")
		},
		"shuffled": func(b *bench) {
			b.mustAssign(AssignUser, []string{cad}, []string{"c", "a", "b", "d"}, nil)
			got := b.accounts(cad)
			b.wantAccounts(cad, got...) // stable
			if slices.Equal(got, []string{"c", "a", "b", "d"}) {
				b.t.Errorf("not shuffled: %v", got)
			}
			slices.Sort(got)
			if !slices.Equal(got, []string{"a", "b", "c", "d"}) {
				b.t.Errorf("not the accounts: %v", got)
			}
		},
		"unstable": func(b *bench) {
			b.mustAssign(AssignUser, []string{cad}, []string{"c", "a", "b", "d"}, nil)
			orders := map[string]bool{}
			for range 100 {
				orders[strings.Join(b.accounts(cad), "")] = true
			}
			if len(orders) < 4 {
				b.t.Errorf("100 requests had %d orders", len(orders))
			}
		},
	},
	"account_on_read": {
		"plain": func(b *bench) {
			b.mustAssign(AssignUser, []string{cad}, []string{"bob", "bob(group)"}, nil)
			b.wantAccounts(cad, "bob", "bob(group)")
		},
		"own_group": func(b *bench) {
			b.directory()
			b.mustAssign(AssignUser, []string{cad}, []string{"corp.example.com/wangwu", "bob", "group:corp.example.com/staff"}, nil)
			b.mustAssign(AssignUser, []string{cad}, []string{"corp.example.com/wangwu (staff)"}, nil) // the same account
			b.wantAccounts(cad, "wangwu (staff)", "bob", "staff")
			b.mustAssign(AssignUser, []string{cad}, []string{"bob (staff)"}, nil) // no member: unknown
			b.mustAssign(AssignUser, []string{cad}, nil, []string{"corp.example.com/wangwu (staff)"})
			b.wantAccounts(cad, "bob", "staff")
		},
		"decorated": decorated("bob(group)"),
		"spaced":    decorated("bob (group)"),
	},
	"batch_bad_app": {
		"atomic": func(b *bench) {
			b.want(b.assign(AssignUser, []string{cad, "none", mail}, []string{"bob"}, nil), http.StatusNotFound, "WKS.00211902", 0)
			b.wantAccounts(cad)
			b.wantAccounts(mail, "zhangsan")
		},
		"partial": func(b *bench) {
			b.want(b.assign(AssignUser, []string{cad, "none", mail}, []string{"bob"}, nil), http.StatusNotFound, "WKS.00211902", 0)
			b.wantAccounts(cad, "bob")
			b.wantAccounts(mail, "zhangsan")
		},
	},
	"account_case": {
		"exact": func(b *bench) {
			b.mustAssign(AssignUser, []string{cad}, []string{"Corp.com/Bob", "corp.com/bob"}, nil)
			b.mustAssign(AssignUser, []string{cad}, nil, []string{"CORP.com/BOB"})
			b.wantAccounts(cad, "Bob", "bob")
		},
		"folded": func(b *bench) {
			b.mustAssign(AssignUser, []string{cad}, []string{"Corp.com/Bob", "corp.com/bob"}, nil)
			b.wantAccounts(cad, "Bob") // the first spelling
			b.mustAssign(AssignUser, []string{cad}, nil, []string{"CORP.com/BOB"})
			b.wantAccounts(cad)
			b.directory()
			b.mustAssign(AssignUser, []string{cad}, []string{"BOB", "group:CORP.example.com/STAFF"}, nil)
			b.wantAccounts(cad, "bob", "staff") // the directory's spelling
		},
		"lowered": func(b *bench) {
			b.mustAssign(AssignUser, []string{cad}, []string{"Corp.com/Bob", "corp.com/bob"}, nil)
			items, _ := b.page(cad, "")
			if len(items) != 1 || items[0]["account"] != "bob" || items[0]["domain"] != "corp.com" {
				b.t.Errorf("listed %v", items)
			}
		},
	},
	"app_mode": {
		"shown": func(b *bench) {
			if a := b.do(http.MethodGet, appsPath, ""); strings.Count(a.body, `"authorization_type"`) != 3 {
				b.t.Error(a.body)
			}
		},
		"omitted": func(b *bench) {
			if a := b.do(http.MethodGet, appsPath, ""); strings.Contains(a.body, `"authorization_type"`) {
				b.t.Error(a.body)
			}
		},
	},
	"name_filter": {
		"fuzzy":   nameFilter(1, 1),
		"exact":   nameFilter(0, 1),
		"ignored": nameFilter(3, 3),
	},
	"retry_after": {
		"omitted": retryAfter(""),
		"sent":    retryAfter("60"),
	},
	"market_apps": {
		"accepted": func(b *bench) {
			b.marketApp()
			b.mustAssign(AssignUser, []string{"market", cad}, []string{"bob"}, nil)
			b.wantAccounts("market", "bob")
		},
		"refused": func(b *bench) {
			b.marketApp()
			b.want(b.assign(AssignUser, []string{cad, "market"}, []string{"bob"}, nil), http.StatusBadRequest, "WKS.00211807", 0)
			b.wantAccounts(cad)
			b.wantAccounts("market")
		},
	},
	"account_limit": {
		"0": func(b *bench) {
			b.mustAssign(AssignUser, []string{cad}, []string{"a", "b", "c", "d"}, nil)
		},
		"3": func(b *bench) {
			b.mustAssign(AssignUser, []string{cad}, []string{"a", "b", "c"}, nil)
			b.want(b.assign(AssignUser, []string{cad}, []string{"c", "d"}, nil), http.StatusBadRequest, "WKS.00211807", 0)
			b.mustAssign(AssignUser, []string{cad}, []string{"c"}, []string{"a"})
			b.mustAssign(AssignUser, []string{cad}, []string{"c", "d"}, nil)
			b.wantAccounts(cad, "b", "c", "d")
		},
	},
}

func (b *bench) directory() {
	b.t.Helper()
	err := b.backend.Update(func(s Seed) (Seed, error) {
		s.Directory = map[string]Domain{
			"local.com": {Users: []string{"bob"}}, "corp.example.com": {Users: []string{"wangwu"}, Groups: []string{"staff"}, Members: map[string]string{"wangwu": "staff"}},
		}
		return s, nil
	})
	if err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) marketApp() {
	b.t.Helper()
	if err := b.backend.AddApp("market", App{Name: "Market", ApplicationSource: "MARKET"}); err != nil {
		b.t.Fatal(err)
	}
}

// absent is a key that is not there.
var absent = struct{}{}

func field(item map[string]any, key string) any {
	value, ok := item[key]
	if !ok {
		return absent
	}
	return value
}

func domains(leftOut, given any) func(b *bench) {
	return func(b *bench) {
		b.mustAssign(AssignUser, []string{cad}, []string{"out", "local.com/in", "corp.com/else"}, nil)
		items, _ := b.page(cad, "")
		for i, want := range []any{leftOut, given, "corp.com"} {
			if got := field(items[i], "domain"); got != want {
				b.t.Errorf("domain of %s is %v, want %v", items[i]["account"], got, want)
			}
		}
		b.mustAssign(AssignUser, []string{cad}, nil, []string{"local.com/out", "in"}) // one and the same domain
		b.wantAccounts(cad, "else")
	}
}

func platforms(leftOut, sent any) func(b *bench) {
	return func(b *bench) {
		b.mustAssign(AssignUser, []string{cad}, []string{"out", "sent=AD"}, nil)
		items, _ := b.page(cad, "")
		for i, want := range []any{leftOut, sent} {
			if got := field(items[i], "platform_type"); got != want {
				b.t.Errorf("platform_type of %s is %v, want %v", items[i]["account"], got, want)
			}
		}
	}
}

func platformChange(want string) func(b *bench) {
	return func(b *bench) {
		b.mustAssign(AssignUser, []string{mail}, []string{"zhangsan=AD"}, nil)
		if got := b.backend.Accounts(mail); len(got) != 1 || got[0].Platform != want {
			b.t.Errorf("%+v, want platform %s", got, want)
		}
	}
}

func decorated(want string) func(b *bench) {
	return func(b *bench) {
		b.mustAssign(AssignUser, []string{cad}, []string{"bob", "group:local.com/ops (group)"}, nil)
		b.mustAssign(AssignUser, []string{cad}, []string{"bob(group)"}, nil) // the same account
		b.wantAccounts(cad, want, strings.Replace(want, "bob", "ops", 1))
		b.mustAssign(AssignUser, []string{cad}, nil, []string{"bob", "group:local.com/ops(group)"})
		b.wantAccounts(cad)
	}
}

func nameFilter(part, whole int) func(b *bench) {
	return func(b *bench) {
		for name, want := range map[string]int{"NOTE": part, "Notepad": whole} {
			a := b.do(http.MethodGet, appsPath+"?name="+name, "")
			if got := strings.Count(a.body, `"tenant_id"`); got != want {
				b.t.Errorf("name=%s: %d apps, want %d", name, got, want)
			}
		}
	}
}

func retryAfter(want string) func(b *bench) {
	return func(b *bench) {
		b.backend.SetQuota(Quota{Read: 1})
		b.accounts(cad)
		a := b.do(http.MethodGet, appsPath, "")
		b.want(a, http.StatusTooManyRequests, "APIGW.0308", 0)
		if got := a.header.Get("Retry-After"); got != want {
			b.t.Errorf("Retry-After %q, want %q", got, want)
		}
	}
}

func TestEverySwitch(t *testing.T) {
	t.Parallel()
	for name, positions := range allSwitchTests() {
		for position, test := range positions {
			t.Run(name+"="+position, func(t *testing.T) {
				t.Parallel()
				var s Switches
				if err := wire.SetSwitch(&s, name, position); err != nil {
					t.Fatal(err)
				}
				test(start(t, s))
			})
		}
		// The first position is what a zero value does.
		first := wire.DescribeSwitches(Switches{})[slices.IndexFunc(wire.DescribeSwitches(Switches{}), func(s wire.Switch) bool { return s.Name == name })]
		t.Run(name+" default", func(t *testing.T) {
			t.Parallel()
			positions[first.Positions[0]](start(t, Switches{}))
		})
	}
}

// TestNoSwitchIsForgotten holds the tests against the struct.
func TestNoSwitchIsForgotten(t *testing.T) {
	t.Parallel()
	for _, s := range wire.DescribeSwitches(Switches{}) {
		if s.Doc == "" {
			t.Errorf("switch %s has no sentence", s.Name)
		}
		for _, position := range s.Positions {
			if _, ok := allSwitchTests()[s.Name][position]; !ok && position != "n" {
				t.Errorf("no test of %s=%s", s.Name, position)
			}
		}
	}
}

func TestSwitchesChangeAtRunTime(t *testing.T) {
	t.Parallel()
	b := start(t, Switches{})
	b.mustAssign(AssignUser, []string{cad}, []string{"Corp.com/Bob", "corp.com/bob", "other=AD"}, nil)
	b.backend.SetSwitches(Switches{AccountCase: AccountCaseFolded})
	want := []Account{{Type: Simple, Domain: "Corp.com", Name: "Bob"}, {Type: Simple, Domain: "local.com", Name: "other", Platform: "AD"}}
	if diff := cmp.Diff(want, b.backend.Accounts(cad)); diff != "" {
		t.Error(diff)
	}
	b.mustAssign(AssignUser, []string{cad}, nil, []string{"CORP.COM/BOB"}) // the key pairs are still known
	b.wantAccounts(cad, "other")
	if got := b.backend.Switches().AccountCase; got != AccountCaseFolded {
		t.Errorf("switch is %q", got)
	}
}
