// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud_test

import (
	"errors"
	"testing"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud"
	mock "github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/huaweicloud"
)

// A count is believed only where the list ends there too, whatever the service makes of counts.
func TestCountAuthorizations(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		switches      mock.Switches
		has, expected int
		change        int // an account comes or goes before
		want          int
	}{
		"right":                    {has: 120, expected: 120, want: 120},
		"none":                     {},
		"one":                      {has: 1, expected: 1, want: 1},
		"more":                     {has: 121, expected: 120, want: 121},
		"fewer":                    {has: 119, expected: 120, want: 119},
		"some instead of none":     {has: 3, want: 3},
		"none instead of some":     {expected: 3},
		"late, more":               {switches: mock.Switches{Count: mock.CountLate}, has: 120, change: 1, expected: 120, want: -1},
		"late, fewer":              {switches: mock.Switches{Count: mock.CountLate}, has: 120, change: -1, expected: 120, want: -1},
		"late, as expected now":    {switches: mock.Switches{Count: mock.CountLate}, has: 120, change: 1, expected: 121, want: 120},
		"capped":                   {switches: mock.Switches{Count: mock.CountCapped}, has: 1200, expected: 1200, want: 1000},
		"capped at what is wanted": {switches: mock.Switches{Count: mock.CountCapped}, has: 1001, expected: 1000, want: -1},
		"missing":                  {switches: mock.Switches{Count: mock.CountMissing}, has: 5, expected: 5, want: -1},
		"of the page, all on it":   {switches: mock.Switches{Count: mock.CountPage}, has: 5, expected: 5, want: 5},
		"of the page":              {switches: mock.Switches{Count: mock.CountPage}, has: 120, expected: 120, want: 99},
		"of the page, as many":     {switches: mock.Switches{Count: mock.CountPage}, has: 120, expected: 99, want: 100},
		"another order every time": {switches: mock.Switches{ListOrder: mock.ListOrderUnstable}, has: 120, expected: 120, want: 120},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := start(t, map[string]mock.App{cad: {Name: "CAD", Users: users(tc.has)}})
			b.SetSwitches(tc.switches)
			var err error
			switch tc.change {
			case 1:
				err = b.Grant(cad, mock.Account{Name: "newcomer"})
			case -1:
				err = b.Revoke(cad, b.Accounts(cad)[0])
			}
			if err != nil {
				t.Fatal(err)
			}
			got, last, err := b.client.CountAuthorizations(t.Context(), cad, tc.expected)
			if err != nil || got != tc.want {
				t.Errorf("counted %d: %v, want %d", got, err, tc.want)
			}
			if got == tc.expected && len(last) != min(got, 99) {
				t.Errorf("it shows %d of %d accounts", len(last), got)
			}
			b.want(mock.OpListAppAuthorizations, 1)
			b.noViolations()
		})
	}
}

// A run shares a count until a write to the application; and a list that was read is there without
// another request until then.
func TestCountIsShared(t *testing.T) {
	t.Parallel()
	b := start(t, map[string]mock.App{cad: {Name: "CAD", Users: users(5)}, mail: {Name: "Mail", Users: users(5)}})
	count := func(app string, expected, want, requests int) {
		t.Helper()
		b.recorder.Reset()
		if got, _, err := b.client.CountAuthorizations(t.Context(), app, expected); err != nil || got != want {
			t.Errorf("counted %d: %v, want %d", got, err, want)
		}
		b.want(mock.OpListAppAuthorizations, requests)
	}
	if _, ok := b.client.ListedAuthorizations(cad); ok {
		t.Error("there is a list that nobody has read")
	}
	count(cad, 5, 5, 1)
	count(mail, 5, 5, 1)
	count(cad, 5, 5, 0)
	count(cad, 6, 5, 1)
	if _, err := b.client.Authorizations(t.Context(), cad); err != nil {
		t.Fatal(err)
	}
	if listed, ok := b.client.ListedAuthorizations(cad); !ok || len(listed) != 5 {
		t.Errorf("%d listed, %t", len(listed), ok)
	}
	var done []error
	who := huaweicloud.Authorization{Account: huaweicloud.Account{Type: huaweicloud.Simple, Name: "newcomer"}}
	assignment := huaweicloud.Assignment{
		AppIDs: []string{cad}, AuthorizationType: huaweicloud.AssignUser, Users: []huaweicloud.Authorization{who},
		Done: func(err error) { done = append(done, err) },
	}
	if err := b.client.AssignAuthorizations(t.Context(), assignment); err != nil {
		t.Fatal(err)
	}
	if _, ok := b.client.ListedAuthorizations(cad); ok {
		t.Error("the list of before the write is still there")
	}
	count(cad, 6, 6, 1)
	count(mail, 5, 5, 0)
	assignment.AppIDs = []string{"gone"}
	if err := b.client.AssignAuthorizations(t.Context(), assignment); err == nil || len(done) != 2 || done[0] != nil || !errors.Is(done[1], err) {
		t.Errorf("%v: told %v", err, done)
	}
	if _, _, err := b.client.CountAuthorizations(t.Context(), "gone", 1); !errors.Is(err, huaweicloud.ErrAppNotFound) {
		t.Errorf("%v", err)
	}
	b.noViolations()
}
