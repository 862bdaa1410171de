// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package authset

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud"
)

// A row that appears with a grant is the account that was granted, however the service spells it:
// it is no difference any more, and goes with the account. Who was there before is somebody else.
func TestSpellings(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		wanted, listed string
		before         []string
		bothNames      bool
		fails          bool
	}{
		"lower case":                       {wanted: "WangWu", listed: "wangwu"},
		"decorated":                        {wanted: "wangwu", listed: "wangwu (sales)"},
		"another Unicode form":             {wanted: "caf\u00e9", listed: "cafe\u0301"},
		"blanks":                           {wanted: "wang  wu", listed: "wang wu"},
		"beside strangers":                 {wanted: "WangWu", listed: "wangwu", before: []string{"WANGWU", "wangwu (sales)", "x"}},
		"somebody who was there before":    {wanted: "WangWu", listed: "wangwu", before: []string{"wangwu"}, fails: true},
		"and whom either name revokes":     {wanted: "WangWu", listed: "wangwu", before: []string{"wangwu"}, bothNames: true, fails: true},
		"a group that looks decorated":     {wanted: "Engineering", listed: "Engineering", before: []string{"Engineering (EU)"}},
		"what has nothing to do with that": {wanted: "WangWu", listed: "lisi", fails: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(Actual{"a": {App: api.App{ID: "a", AuthorizationType: api.AssignUser}, Accounts: accountsOf(test.before...)}})
			o.bothNames = test.bothNames
			o.rewrites = func(h api.Handle) api.Handle {
				if h == account(test.wanted) {
					return account(test.listed)
				}
				return h
			}
			wanted := Set{AppIDs: []string{"a"}, Mode: api.AssignUser, Accounts: accountsOf(test.wanted)}
			out, err := Reconcile(t.Context(), o, Reconciliation{Wanted: wanted})
			if (err != nil) != test.fails {
				t.Fatal(err)
			}
			if test.fails {
				if err := Undo(t.Context(), o, *out.Undo, nil, 0); err != nil {
					t.Error(err)
				}
				want := slices.Sorted(slices.Values(test.before))
				if test.listed == "lisi" { // nobody can tell that it is ours
					want = append(want, "lisi")
				}
				if got := o.granted("a"); !slices.Equal(got, want) {
					t.Errorf("%q are granted after the create was taken back", got)
				}
				return
			}
			applied := wanted
			applied.Spelled = out.Spelled.Of(wanted.Accounts)
			text, err := json.Marshal(applied.Spelled)
			var read Spellings
			if err != nil || json.Unmarshal(text, &read) != nil || !maps.Equal(read, applied.Spelled) && len(read) > 0 {
				t.Fatalf("%s became %v: %v", text, read, err)
			}
			actual, err := ObserveTracked(t.Context(), o, applied, true)
			if err != nil {
				t.Fatal(err)
			}
			if again := Diff(applied, applied, actual); !again.Empty() {
				t.Errorf("again: %+v", again.Apps)
			}
			additive := Track(applied, actual, false)
			if !maps.Equal(additive.Accounts, wanted.Accounts) || len(additive.Missing) > 0 {
				t.Errorf("the state says %+v", additive)
			}
			if exclusive := Track(applied, actual, true); len(exclusive.Accounts) != 1+len(test.before) {
				t.Errorf("an exclusive state says %+v", exclusive)
			}
			if _, err := Reconcile(t.Context(), o, Reconciliation{Prior: applied}); err != nil {
				t.Fatal(err)
			}
			if got := o.granted("a"); !slices.Equal(got, slices.Sorted(slices.Values(test.before))) {
				t.Errorf("%q are granted after the destroy, and were there before: %q", got, test.before)
			}
		})
	}
}

// What no configuration can name is said, and not hidden behind an account that looks like it.
func TestUnwritable(t *testing.T) {
	t.Parallel()
	list := accountsOf("bob", "cafe\u0301", "caf\u00e9", "bob (admins)")
	list[api.Account{Type: "USER", Name: "bob"}.Handle()] = ""
	list[api.Account{Name: "bob"}.Handle()] = ""
	actual := Actual{"a": {App: api.App{ID: "a", AuthorizationType: api.AssignUser}, Accounts: list}}
	set := Set{AppIDs: []string{"a"}, Mode: api.AssignUser, Accounts: accountsOf("bob")}
	if got := Unwritable(set, actual)["a"]; len(got) != 3 {
		t.Errorf("%v", got)
	}
	set.Spelled = Spellings{account("x"): account("cafe\u0301")}
	if got := Unwritable(set, actual)["a"]; len(got) != 2 {
		t.Errorf("with one that is ours: %v", got)
	}
	if got := Track(set, actual, true); !got.Lists(account("bob (admins)")) {
		t.Error("a row that looks like an account of the set is hidden")
	}
}
