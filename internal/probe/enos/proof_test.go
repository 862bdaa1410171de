// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package enos_test

import (
	"testing"

	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend"
	mock "github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/enos"
	"github.com/appaccess/terraform-provider-appaccess/internal/probe/enos"
	"github.com/appaccess/terraform-provider-appaccess/internal/probe/probetest"
)

const (
	caller  = "11111111-2222-3333-4444-555555555555"
	scratch = "66666666-7777-8888-9999-000000000000"
	org     = "o15000000000001"
)

var bench = probetest.Bench{
	Service: enos.Service(),
	Seed: mockbackend.Seed{Enos: mock.Seed{
		ServiceAccounts: []mock.ServiceAccount{{AccessKey: caller, SecretKey: "probe-secret-key", MayRead: true, MayAuthorize: true}},
		Organizations: []mock.Organization{{ID: org, Applications: []mock.Application{
			{AccessKey: caller, Name: "Caller", CreatedType: mock.Own, DataAuthorizeTypes: []string{"USER"}},
			{AccessKey: scratch, Name: "Scratch", CreatedType: mock.Own, DataAuthorizeTypes: []string{"ASSET"}},
			{AccessKey: "other", Name: "Other", CreatedType: mock.Own, DataAuthorizeTypes: []string{"ROLE"}},
		}}},
	}},
	Environment: map[string]string{"ENOS_GATEWAY_URL": probetest.Address, "ENOS_ACCESS_KEY": caller, "ENOS_SECRET_KEY": "probe-secret-key"},
	Args:        []string{"-org", org, "-app", scratch, "-own", "-refresh"},
	Bystanders:  []string{"other"},
	Names:       []string{caller, scratch, org},
	Reads:       []string{"/apim-token-service/"},
	Numbers:     map[string][]string{"token_calls": {"0", "1", "3"}},
	Blind: map[string][]string{
		"refresh_expired": {"*"},    // where a refreshed token lives on
		"expired_token":   {"*"},    // where no token dies
		"missing_key":     {"*"},    // no documented request
		"retry_after":     {"*"},    // it takes a throttled request
		"rate_limit":      {"none"}, // no header is no proof
		"token_calls":     {"0"},    // it takes as many calls
	},
	Often: map[string]int{
		"refresh_expired": 30, "missing_key": 0, "retry_after": 0, "empty_list": 12, "order": 12, "settling": 12, "case": 15, "set_data": 20, "token_calls": 40, "own_list": 20,
		"duplicates": 20, "listed_case": 20,
	},
}

func TestProof(t *testing.T) {
	t.Parallel()
	bench.Prove(t, 200)
}

func TestBreak(t *testing.T) {
	t.Parallel()
	bench.Break(t)
}

func TestAsk(t *testing.T) {
	t.Parallel()
	bench.Ask(t, "code_type", "business_status", "info_data")
}
