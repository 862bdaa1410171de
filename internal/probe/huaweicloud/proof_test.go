// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud_test

import (
	"testing"

	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend"
	mock "github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/huaweicloud"
	"github.com/appaccess/terraform-provider-appaccess/internal/probe/huaweicloud"
	"github.com/appaccess/terraform-provider-appaccess/internal/probe/probetest"
)

const (
	project = "2b31ed520a00421fbedb6e57a3b1c2d4"
	app     = "3f791197-d166-4c8e-81e4-38c40ffc1989"
)

var bench = probetest.Bench{
	Service: huaweicloud.Service(),
	Seed: mockbackend.Seed{Huaweicloud: mock.Seed{
		Credentials: []mock.Credential{{AccessKey: "PROBEACCESSKEY000001", SecretKey: "probe-secret-key"}},
		Projects:    []mock.Project{{ID: project, Name: "ap-southeast-3"}},
		Directory:   map[string]mock.Domain{"local.com": {Users: []string{"scratch"}}},
		Apps:        map[string]mock.App{app: {Name: "Scratch Pad"}},
	}},
	Environment: map[string]string{
		"HW_REGION_NAME": "ap-southeast-3", "HW_ACCESS_KEY": "PROBEACCESSKEY000001", "HW_SECRET_KEY": "probe-secret-key", "HW_PROJECT_ID": project,
		"HW_WORKSPACE_ENDPOINT": probetest.Address, "HW_IAM_ENDPOINT": probetest.Address,
	},
	Args:    []string{"-app", app, "-user", "scratch", "-closed"},
	Numbers: map[string][]string{"account_limit": {"0", "1", "7"}},
}

// The probe finds what position the mock is in, whatever it is in otherwise, and leaves no trace.
func TestProof(t *testing.T) {
	t.Parallel()
	bench.Prove(t, 200)
}
