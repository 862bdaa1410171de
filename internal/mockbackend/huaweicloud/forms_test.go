// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud

import (
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

// formSwitchTests are the [switchTests] of what lists look like.
var formSwitchTests = map[string]map[string]func(b *bench){
	"deleted_app": {
		"404": func(b *bench) { b.want(b.listOf("gone"), http.StatusNotFound, "WKS.00211902", 0) },
		"404_other": func(b *bench) {
			b.want(b.listOf("gone"), http.StatusNotFound, "WKS.00000404", 0)
			b.backend.DeleteApp(cad)
			b.want(b.listOf(cad), http.StatusNotFound, "WKS.00000404", 0)
			// The write is documented.
			b.want(b.assign(AssignUser, []string{cad}, []string{"bob"}, nil), http.StatusNotFound, "WKS.00211902", 0)
		},
		"400":   func(b *bench) { b.want(b.listOf("gone"), http.StatusBadRequest, "WKS.00211807", 0) },
		"empty": func(b *bench) { b.wantBody(b.listOf("gone"), `{"count":0,"items":[]}`) },
	},
	"count": {
		"right": counts(250, 250, 250, 100, 100, 50),
		"late": func(b *bench) {
			b.wantCounts(mail, 1, 1)
			b.mustAssign(AssignUser, []string{mail}, []string{"a", "b"}, nil)
			b.wantCounts(mail, 1, 3, 3)
			b.mustAssign(AssignUser, []string{mail}, []string{"a"}, []string{"nobody"}) // nothing changed
			b.wantCounts(mail, 3)
			if err := b.backend.Revoke(mail, Account{Name: "a"}); err != nil {
				b.t.Fatal(err)
			}
			b.wantCounts(mail, 3, 2)
		},
		"capped": counts(1001, 1000, 1000, 100, 100, 1),
		"missing": func(b *bench) {
			b.wantBody(b.listOf(open), `{"items":[]}`)
			if a := b.do(http.MethodGet, appsPath, ""); strings.Contains(a.body, `"count"`) {
				b.t.Error(a.body)
			}
		},
		"page": counts(250, 100, 50, 100, 100, 50),
	},
	"type_on_read": {
		"documented": types("SIMPLE", "USER_GROUP"),
		"USER":       types("USER", "USER_GROUP"),
		"lower":      types("simple", "user_group"),
		"omitted":    types(absent, absent),
		"null":       types(nil, nil),
	},
	"name_form": {
		"as_sent":  nameForm("bob ", []string{"bob"}, "bob ", "bob"),
		"trimmed":  nameForm(" bob  x ", []string{"bob  x", "bob  x "}, "bob  x"),
		"squeezed": nameForm(" bob  x ", []string{"bob x"}, "bob x"),
		"nfc":      nameForm("Ame\u0301lie", []string{"Am\u00e9lie"}, "Am\u00e9lie"),
		"nfd":      nameForm("Am\u00e9lie", []string{"Ame\u0301lie"}, "Ame\u0301lie"),
	},
	"domain_form": {
		"as_sent": domainForm([]string{"corp.example.com", "CORP", "local.com"}, "corp.example.com/x"),
		"short":   domainForm([]string{"corp", "CORP", "local.com"}, "corp/x"),
		"upper":   domainForm([]string{"CORP.EXAMPLE.COM", "CORP", "local.com"}, "Corp.example.com/x"),
	},
}

func allSwitchTests() map[string]map[string]func(b *bench) {
	all := maps.Clone(switchTests)
	maps.Copy(all, formSwitchTests)
	return all
}

func (b *bench) listOf(app string) answer {
	b.t.Helper()
	return b.do(http.MethodGet, appsPath+"/"+app+"/authorizations", "")
}

func (b *bench) wantBody(a answer, body string) {
	b.t.Helper()
	if a.status != http.StatusOK || a.body != body {
		b.t.Errorf("answered %d %s, want %s", a.status, a.body, body)
	}
}

func (b *bench) wantCounts(app string, counts ...int) {
	b.t.Helper()
	for i, want := range counts {
		if _, got := b.page(app, ""); got != want {
			b.t.Errorf("list %d counts %d, want %d", i, got, want)
		}
	}
}

// counts holds count and the number of items of the first and the last page against those wanted.
func counts(n, first, last, limit, firstItems, lastItems int) func(b *bench) {
	return func(b *bench) {
		var all []Account
		for i := range n {
			all = append(all, Account{Name: fmt.Sprintf("u%d", i)})
		}
		if err := b.backend.Grant(cad, all...); err != nil {
			b.t.Fatal(err)
		}
		for offset, want := range map[int][2]int{0: {first, firstItems}, n / limit * limit: {last, lastItems}} {
			items, count := b.page(cad, fmt.Sprintf("limit=%d&offset=%d", limit, offset))
			if got := [2]int{count, len(items)}; got != want {
				b.t.Errorf("from %d: count and items %v, want %v", offset, got, want)
			}
		}
	}
}

func types(user, group any) func(b *bench) {
	return func(b *bench) {
		b.mustAssign(AssignUser, []string{cad}, []string{"bob", "group:corp.com/staff"}, nil)
		items, _ := b.page(cad, "")
		for i, want := range []any{user, group} {
			if got := field(items[i], "account_type"); got != want {
				b.t.Errorf("account_type of %s is %v, want %v", items[i]["account"], got, want)
			}
		}
		items, _ = b.page(cad, "target_type=USER_GROUP")
		if len(items) != 1 || items[0]["account"] != "staff" {
			b.t.Errorf("filtered: %v", items)
		}
		b.mustAssign(AssignUser, []string{cad}, nil, []string{"bob", "group:corp.com/staff"})
		b.wantAccounts(cad)
	}
}

// nameForm sends a name and then others, which leaves those wanted; the first name takes its
// account away.
func nameForm(sent string, others []string, want ...string) func(b *bench) {
	return func(b *bench) {
		b.mustAssign(AssignUser, []string{cad}, []string{sent}, nil)
		b.mustAssign(AssignUser, []string{cad}, others, nil)
		b.wantAccounts(cad, want...)
		b.mustAssign(AssignUser, []string{cad}, nil, []string{sent})
		b.wantAccounts(cad, want[1:]...)
	}
}

// domainForm holds the domains of three accounts against those wanted; also takes away the first.
func domainForm(want []string, also string) func(b *bench) {
	return func(b *bench) {
		b.mustAssign(AssignUser, []string{cad}, []string{"corp.example.com/x", "CORP/y", "z"}, nil)
		items, _ := b.page(cad, "")
		var got []string
		for _, item := range items {
			got = append(got, item["domain"].(string))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			b.t.Errorf("domains (-want +got):\n%s", diff)
		}
		b.mustAssign(AssignUser, []string{cad}, nil, []string{also})
		b.wantAccounts(cad, "y", "z")
	}
}

// Rows that nobody documented are listed as they are, beside those that they look like, and no
// request reaches them.
func TestForeignRows(t *testing.T) {
	t.Parallel()
	b := start(t, Switches{})
	rows := []Account{
		{Name: "Engineering", Type: UserGroup, Domain: "corp.com"},
		{Name: "Engineering (EU)", Type: UserGroup, Domain: "corp.com"},
		{Name: "bob"},
		{Name: "bob", Type: "USER"},
		{Name: "bob", Type: "user_group"},
		{Name: "bob", Type: NoType},
		{Name: "bob (admins)"},
		{Name: "bob\x1b[1A\x1b[2K"},
		{Name: "x\r\n\nNo changes."},
		{Name: "\u202egnp.bob\u2066"},
	}
	if err := b.backend.Grant(cad, rows...); err != nil {
		t.Fatal(err)
	}
	items, count := b.page(cad, "limit=100")
	if count != len(rows) || len(items) != len(rows) {
		t.Fatalf("%d of %d rows: %v", len(items), count, items)
	}
	for i, row := range rows {
		want := any(row.Type)
		switch row.Type {
		case "":
			want = Simple
		case NoType:
			want = absent
		}
		if items[i]["account"] != row.Name || field(items[i], "account_type") != want {
			t.Errorf("row %d is %v, want %q of type %v", i, items[i], row.Name, want)
		}
	}
	b.mustAssign(AssignUser, []string{cad}, nil, []string{"bob", "group:corp.com/Engineering"})
	if items, _ := b.page(cad, "limit=100"); len(items) != len(rows)-2 {
		t.Errorf("left: %v", items)
	}
	a := b.do(http.MethodPost, appsPath+"/actions/batch-assign-authorization",
		`{"app_ids":["`+cad+`"],"authorization_type":"ASSIGN_USER","del_users":[{"account":"bob","account_type":"USER"}]}`)
	b.want(a, http.StatusBadRequest, "WKS.00211807", 1)
	// They live in the data too.
	before := b.backend.Accounts(cad)
	if err := b.backend.Restore(b.backend.Snapshot()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, b.backend.Accounts(cad)); diff != "" {
		t.Errorf("after a restore (-want +got):\n%s", diff)
	}
	if err := b.backend.Revoke(cad, Account{Name: "bob", Type: NoType}); err != nil || len(b.backend.Accounts(cad)) != len(before)-1 {
		t.Errorf("%v, %v", b.backend.Accounts(cad), err)
	}
}

func TestSeedOfForeignRows(t *testing.T) {
	t.Parallel()
	for want, seed := range map[string]Seed{
		`"SIMPLE" is none`: {Apps: map[string]App{"x": {Name: "X", OtherTypes: map[string]map[string]map[string]string{Simple: {}}}}},
		`"" is none`:       {Apps: map[string]App{"x": {Name: "X", OtherTypes: map[string]map[string]map[string]string{"": {}}}}},
		"as a member of":   {Directory: map[string]Domain{"corp.com": {Users: []string{"bob"}, Members: map[string]string{"bob": "staff"}}}},
	} {
		seed.Projects = []Project{{ID: "p", Name: "p"}}
		if err := start(t, Switches{}).backend.Restore(seed); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// An app is opened when its mode is read and its accounts are not, and the other way round.
func TestModeBetweenTwoReads(t *testing.T) {
	t.Parallel()
	b := start(t, Switches{})
	b.faults.Add(wire.Fault{Kind: OpenAfter, Operation: OpListApps, Times: 1, Body: cad + "," + mail})
	if a := b.do(http.MethodGet, appsPath, ""); strings.Count(a.body, `"authorization_type":"ALL_USER"`) != 1 {
		t.Error(a.body)
	}
	b.wantAccounts(mail)
	if b.backend.Mode(cad) != AllUser || b.backend.Mode(mail) != AllUser {
		t.Error("not opened")
	}
	b.faults.Add(wire.Fault{Kind: CloseAfter, Operation: OpListAppAuthorizations, Times: 1})
	b.wantAccounts(mail)
	b.wantAccounts(mail, "zhangsan")
	if b.backend.Mode(open) != AssignUser {
		t.Error("not closed")
	}
}

// A write that was not answered, or answered early, has its effect later.
func TestLateWrites(t *testing.T) {
	t.Parallel()
	b := start(t, Switches{})
	b.faults.Add(wire.Fault{Kind: wire.LateSuccess, Times: 1, EffectRequests: 2})
	b.wantAccounts(mail, "zhangsan") // a read is answered as ever
	if b.faults.Unsettled() != 0 {
		t.Error("a read is put off")
	}
	b.faults.Clear()
	b.faults.Add(wire.Fault{Kind: wire.LateSuccess, Operation: OpBatchUpdateAppAuthorizations, Times: 1, EffectRequests: 2})
	b.mustAssign(AssignUser, []string{mail}, []string{"bob"}, nil)
	b.wantAccounts(mail, "zhangsan")
	b.wantAccounts(mail, "zhangsan")
	b.wantAccounts(mail, "zhangsan", "bob")
	b.faults.Add(wire.Fault{Kind: wire.Late, Operation: OpBatchUpdateAppAuthorizations, Times: 1})
	if a := b.assign(AssignUser, []string{mail}, nil, []string{"bob"}); a.status != http.StatusGatewayTimeout {
		t.Error(a)
	}
	if len(b.backend.Accounts(mail)) != 2 || b.faults.Unsettled() != 1 {
		t.Error("done at once")
	}
	b.faults.Settle()
	if len(b.backend.Accounts(mail)) != 1 {
		t.Error("not settled")
	}
}
