// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

//go:build live

package live

import (
	"flag"
	"fmt"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/enos"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/huaweicloud"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/venafi"
)

var rehearse = flag.Bool("rehearse", false, "run against mock services, as if they were live")

// With -rehearse the environment names mock services and targets there. Nothing else than the
// targets is touched, and all is as it was at the end.
func TestMain(m *testing.M) {
	flag.Parse()
	if !*rehearse {
		os.Exit(m.Run())
	}
	os.Exit(rehearsed(m))
}

func rehearsed(m *testing.M) int {
	const root, first, second = "local:{11111111-aaaa-4bbb-8ccc-dddddddddddd}", "local:{22222222-aaaa-4bbb-8ccc-dddddddddddd}", "AD+corp:0123456789abcdef0123456789abcdef"
	bystanders := map[string]map[string]string{"local.com": {"bystander": "LOCAL"}}
	backend, err := mockbackend.New(mockbackend.Options{Seed: &mockbackend.Seed{
		Huaweicloud: huaweicloud.Seed{
			Credentials: []huaweicloud.Credential{{AccessKey: "REHEARSALKEY00000001", SecretKey: "rehearsal-secret"}},
			Projects:    []huaweicloud.Project{{ID: "p1", Name: "ap-southeast-3"}},
			Apps:        map[string]huaweicloud.App{"app-1": {Name: "Scratch"}, "app-2": {Name: "Bystander", Users: bystanders}},
		},
		Enos: enos.Seed{
			ServiceAccounts: []enos.ServiceAccount{{AccessKey: "rehearsal-key", SecretKey: "rehearsal-secret", MayRead: true, MayAuthorize: true}},
			Organizations: []enos.Organization{{ID: "o1", Applications: []enos.Application{
				{AccessKey: "app-1", Name: "Scratch", CreatedType: enos.Own, DataAuthorizeTypes: []string{}},
				{AccessKey: "app-2", Name: "Bystander", CreatedType: enos.Own, DataAuthorizeTypes: []string{"USER"}},
			}}},
		},
		Venafi: venafi.Seed{
			Applications: []venafi.Application{{ID: "rehearsal", MaximumScope: "admin;configuration"}, {ID: "bystander", MaximumScope: "certificate"}},
			Identities: []venafi.Identity{
				{Prefix: "local", Universal: root[6:], Name: "root", Password: "rehearsal-secret"}, {Prefix: "local", Universal: first[6:], Name: "first"},
				{Prefix: "AD+corp", Universal: second[8:], Name: "second"},
			},
			Roles: []venafi.Role{{Role: venafi.Admin, Grantee: root}, {Role: venafi.Owner, Grantee: first, ApplicationID: "bystander"}},
			Rules: []venafi.Rule{{ApplicationID: "bystander", Trustee: second, MaximumScope: "certificate"}},
		},
	}})
	if err != nil {
		panic(err)
	}
	before := backend.Snapshot()
	server := httptest.NewServer(backend)
	defer server.Close()
	for name, value := range map[string]string{
		"HW_REGION_NAME": "ap-southeast-3", "HW_ACCESS_KEY": "REHEARSALKEY00000001", "HW_SECRET_KEY": "rehearsal-secret", "HW_PROJECT_ID": "p1",
		"HW_WORKSPACE_ENDPOINT": server.URL, "HW_IAM_ENDPOINT": server.URL,
		"ENOS_GATEWAY_URL": server.URL, "ENOS_ACCESS_KEY": "rehearsal-key", "ENOS_SECRET_KEY": "rehearsal-secret",
		"VENAFI_URL": server.URL, "VENAFI_CLIENT_ID": "rehearsal", "VENAFI_USER": "local:root", "VENAFI_PASS": "rehearsal-secret",
		cloudApp: "app-1", cloudUsers: "local.com/first,corp.example.com/second", enosApp: "app-1", enosOrg: "o1",
		venafiApplication: "made-by-a-test", venafiMapping: "made-by-a-test", venafiGrantees: first + "," + second,
	} {
		if err := os.Setenv(name, value); err != nil {
			panic(err)
		}
	}
	code := m.Run()
	if diff := cmp.Diff(before, backend.Snapshot(), cmpopts.EquateEmpty()); diff != "" {
		fmt.Println("FAIL: something is left over (-before +after):\n" + diff)
		code = 1
	}
	if violations := backend.Recorder.Violations(); len(violations) > 0 {
		fmt.Println("FAIL: a correct client never sends:\n" + strings.Join(violations, "\n"))
		code = 1
	}
	return code
}
