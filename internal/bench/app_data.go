// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package bench

import (
	"fmt"

	"github.com/appaccess/terraform-provider-appaccess/internal/bench/workload"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/enos"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

// appData are applications with an appaccess_enos_app_data_authorization each.
type appData struct{ size int }

func (w appData) Title() string { return counted(w.size, "EnOS application") }

const (
	orgID         = "o15000000000001"
	enosAccessKey = "4f6c1b1e-0000-4000-8000-0000000bench"
	enosSecretKey = "bench-enos-secret-key"
)

func (w appData) Provider(url string) (string, string) {
	return "enos", fmt.Sprintf(`
    gateway_url = %q
    access_key  = %q
    secret_key  = %q
    org_id      = %q
    `, url, enosAccessKey, enosSecretKey, orgID)
}

func (w appData) Configuration(changed bool) (string, any) {
	types := map[string][]string{}
	for i := range w.size {
		types[workload.AppID(i)] = []string{"USER", "ASSET"}
		if changed && i%onePercent == onePercent/2 {
			types[workload.AppID(i)] = []string{"USER", "ROLE"}
		}
	}
	return `
resource "appaccess_enos_app_data_authorization" "bench" {
  for_each             = local.data
  app_id               = each.key
  data_authorize_types = each.value
}
`, types
}

func (w appData) Service(recorder *wire.Recorder, conditions Conditions) Service {
	org := enos.Organization{ID: orgID}
	for i := range w.size {
		org.Applications = append(org.Applications, enos.Application{
			AccessKey: workload.AppID(i), Name: fmt.Sprintf("Application %03d", i), CreatedType: enos.Obtained,
		})
	}
	backend := enos.New(wire.Service{Name: enos.ServiceName, Recorder: recorder, Latency: conditions.Latency}, enos.Seed{
		ServiceAccounts: []enos.ServiceAccount{{AccessKey: enosAccessKey, SecretKey: enosSecretKey, MayRead: true, MayAuthorize: true}},
		Organizations:   []enos.Organization{org},
	}, enos.Switches{})
	return appDataService{backend, w}
}

type appDataService struct {
	*enos.Backend

	w appData
}

func (s appDataService) Drift() error {
	for i := range s.w.size {
		if i%onePercent == onePercent/4 {
			if err := s.SetAuthorization(orgID, workload.AppID(i), "USER"); err != nil {
				return err
			}
		}
	}
	return nil
}

// Least counts a token for each process, and a reading of each application after it was written. A
// create is planned with a look at what it would overwrite, and Terraform plans again within the
// apply, which a provider can't tell from the first time. An update and a destroy look for
// themselves: what was granted since the plan must not be overwritten.
func (w appData) Least(step Step) map[string]int {
	part := w.size / onePercent
	requests := func(tokens, reads, writes int) map[string]int {
		return map[string]int{
			enos.GetAccessToken: tokens, enos.GetApplicationAuthorization: reads, enos.UpdateApplicationAuthorization: writes,
		}
	}
	switch step {
	case Plan, NoOpPlan, ChangePlan, DriftPlan:
		return requests(1, w.size, 0)
	case Apply:
		return requests(1, 2*w.size, w.size)
	case ChangeApply:
		return requests(1, 2*part, part)
	case Destroy:
		return requests(2, 3*w.size, w.size)
	}
	return nil
}
