// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package authset

import (
	"context"
	"net/http"
	"testing"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/rest"
)

// refusing is an office that answers for an application which it doesn't list.
type refusing struct {
	*office
	err error
}

func (o refusing) Authorizations(ctx context.Context, id string) (api.Accounts, error) {
	if id == "gone" {
		return api.Accounts{}, o.err
	}
	return o.office.Authorizations(ctx, id)
}

// An application that the complete list lacks is gone, whatever the service says of its accounts.
// What the gateway says, or what is about who asks, says nothing.
func TestGoneApplications(t *testing.T) {
	t.Parallel()
	answered := func(status int, code string) error { return &rest.Error{Status: status, Code: code} }
	for name, test := range map[string]struct {
		err  error
		gone bool
	}{
		"an empty list":       {nil, true},
		"another code":        {answered(http.StatusNotFound, "WKS.00299999"), true},
		"a bad request":       {answered(http.StatusBadRequest, "WKS.00211807"), true},
		"the gateway's 404":   {answered(http.StatusNotFound, "APIGW.0101"), false},
		"a 404 without code":  {answered(http.StatusNotFound, ""), false},
		"refused credentials": {answered(http.StatusUnauthorized, "WKS.00211302"), false},
		"refused rights":      {answered(http.StatusForbidden, "WKS.00081102"), false},
		"throttled":           {answered(http.StatusTooManyRequests, "WKS.1"), false},
	} {
		o := refusing{newOffice(Actual{"a": {App: api.App{ID: "a", AuthorizationType: api.AssignUser}, Accounts: accountsOf("x")}}), test.err}
		set := Set{AppIDs: []string{"a", "gone"}, Mode: api.AssignUser, Accounts: accountsOf("x")}
		actual, err := ObserveTracked(t.Context(), o, set, false)
		if _, there := actual["gone"]; (err == nil) != test.gone || there {
			t.Errorf("%s: %v, %v", name, actual, err)
		}
		if out, err := Reconcile(t.Context(), o, Reconciliation{Prior: set}); (err == nil) != test.gone {
			t.Errorf("%s: a destroy: %+v, %v", name, out, err)
		}
	}
}

// A write whose first attempt got no answer may still be acted on, whatever its repetition is told:
// the state holds what it may grant.
func TestUnansweredAttempt(t *testing.T) {
	t.Parallel()
	o := newOffice(Actual{"a": {App: api.App{ID: "a", AuthorizationType: api.AssignUser}}})
	o.fault = func(int, api.Assignment) (before, after error) {
		return &rest.Error{Status: http.StatusForbidden, Unanswered: true}, nil
	}
	wanted := Set{AppIDs: []string{"a"}, Mode: api.AssignUser, Accounts: accountsOf("x")}
	out, err := Reconcile(t.Context(), o, Reconciliation{Wanted: wanted})
	if err == nil || out.Undo != nil {
		t.Fatalf("%+v, %v", out, err)
	}
	if state := out.State(wanted, Set{}, false); !state.Lists(account("x")) {
		t.Errorf("the state forgets what may be granted yet: %+v", state)
	}
}
