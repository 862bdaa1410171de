// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"context"
	"net"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/appaccess/terraform-provider-appaccess/internal/service"
)

// Whoever mistyped an address learns it within seconds, whichever service it is, and which
// attribute to look at.
func TestUnreachedServices(t *testing.T) {
	t.Parallel()
	listApps := func(ctx context.Context, data *service.Data) error {
		client, err := Client(ctx, data.Huaweicloud)
		if err == nil {
			_, err = client.ListApps(ctx, "")
		}
		return err
	}
	getRole := func(ctx context.Context, data *service.Data) error {
		client, err := Client(ctx, data.Venafi)
		if err == nil {
			_, err = client.GetRole(ctx)
		}
		return err
	}
	huaweicloud := environment{"HW_REGION_NAME": "ap-southeast-3", "HW_ACCESS_KEY": "ak", "HW_SECRET_KEY": "sk"}
	venafi := environment{"VENAFI_URL": "https://tpp.example.com", "VENAFI_CLIENT_ID": "c", "VENAFI_JWT": "j"}
	with := func(env environment, more environment) environment {
		all := environment{}
		for _, e := range []environment{env, more} {
			for name, v := range e {
				all[name] = v
			}
		}
		return all
	}
	for name, tc := range map[string]struct {
		env   environment
		ask   func(context.Context, *service.Data) error
		wants []string
	}{
		"Workspace": {with(huaweicloud, environment{"HW_PROJECT_ID": "p"}), listApps, []string{"workspace.ap-southeast-3.myhuaweicloud.com", "region, cloud or workspace_endpoint"}},
		"IAM":       {huaweicloud, listApps, []string{"iam.ap-southeast-3.myhuaweicloud.com", "region, cloud or iam_endpoint"}},
		"IAM for an agency": {
			with(huaweicloud, environment{"HW_ASSUME_ROLE_AGENCY_NAME": "a", "HW_ASSUME_ROLE_DOMAIN_NAME": "d"}), listApps, []string{"CreateTemporaryAccessKeyByAgency", "iam_endpoint"},
		},
		"IAM for an ID token": {
			environment{"HW_REGION_NAME": "r", "HW_PROJECT_ID": "p", "HW_ASSUME_ROLE_IDP_ID": "i", "HW_ASSUME_ROLE_ID_TOKEN": "t"}, listApps,
			[]string{"CreateUnscopedTokenWithIdToken", "iam.r.myhuaweicloud.com", "iam_endpoint"},
		},
		"EnOS": {
			environment{"ENOS_GATEWAY_URL": "https://gateway.example.com", "ENOS_ACCESS_KEY": "ak", "ENOS_SECRET_KEY": "sk"},
			func(ctx context.Context, data *service.Data) error {
				client, err := Client(ctx, data.Enos)
				if err == nil {
					_, err = client.App(ctx, "o", "a")
				}
				return err
			}, []string{"gateway.example.com", "gateway_url"},
		},
		"Venafi":         {with(venafi, environment{"VENAFI_TOKEN": "t", "VENAFI_JWT": ""}), getRole, []string{"tpp.example.com", "(url)"}},
		"Venafi's login": {with(venafi, environment{"VENAFI_AUTH_URL": "https://login.example.com"}), getRole, []string{"login.example.com", "(auth_url)"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				data, diags := configure(t, tc.env, object{}, WithDial(func(context.Context, string, string) (net.Conn, error) {
					return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
				}))
				if diags.HasError() {
					t.Fatal(report(diags))
				}
				began := time.Now()
				err := tc.ask(t.Context(), data)
				if err == nil {
					t.Fatal("nobody answers, and all is well")
				}
				if took := time.Since(began); took > 5*time.Second || took < 2*time.Second {
					t.Errorf("it took %s", took)
				}
				for _, want := range append(tc.wants, "connection refused", "after 3 attempts", "Nothing has answered there in this run") {
					if !strings.Contains(err.Error(), want) {
						t.Errorf("the error lacks %q: %v", want, err)
					}
				}
			})
		})
	}
}
