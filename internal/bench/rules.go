// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package bench

import (
	"fmt"

	"github.com/appaccess/terraform-provider-appaccess/internal/acctest/core"
	"github.com/appaccess/terraform-provider-appaccess/internal/bench/workload"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/venafi"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

// rules are those of one application, of one appaccess_venafi_oauth_access_set. Who gets them are
// those who get roles.
type rules struct{ roleGrants }

func (w rules) Title() string { return counted(w.size, "rule") + " in one resource" }

func (w rules) Configuration(changed bool) (string, any) {
	return `
resource "appaccess_venafi_oauth_access_set" "bench" {
  application_id = "MyIntegration"
  maximum_scope  = "certificate"
  trustees       = local.data
}
`, w.grantees(changed)
}

// resource is the same for the protocol.
func (w rules) resource(changed bool) core.Resource {
	return core.Resource{
		Address:    core.Address{Type: "appaccess_venafi_oauth_access_set", Name: "bench"},
		Attributes: map[string]any{"application_id": application, "maximum_scope": "certificate", "trustees": w.grantees(changed)},
	}
}

func (w rules) Service(recorder *wire.Recorder, conditions Conditions) Service {
	return ruleService{w.service(recorder, conditions)}
}

type ruleService struct{ roleService }

func (s ruleService) Drift() error {
	for i := range s.w.size {
		if i%onePercent == onePercent/4 && !s.RemoveRule(application, workload.Grantee(i)) {
			return fmt.Errorf("the rule of %s is not there", workload.Grantee(i))
		}
	}
	return nil
}

// Least is that of roles, with the list of the one application. Whoever plans that somebody loses a
// rule asks once for the live grants of the application.
func (w rules) Least(step Step) map[string]int {
	part := w.size / onePercent
	requests := func(logins, lists, creates, deletes, lookedUp int) map[string]int {
		all := map[string]int{venafi.AuthorizeOAuth: logins, venafi.GetRules: lists, venafi.CreateRule: creates, venafi.DeleteRule: deletes}
		all[venafi.IdentityValidate] = min(lookedUp, lookups)
		return all
	}
	with := func(requests map[string]int, operation string) map[string]int {
		requests[operation] = 1
		return requests
	}
	switch step {
	case NoOpPlan:
		return requests(1, 1, 0, 0, 0)
	case Plan:
		return requests(1, 1, 0, 0, w.size)
	case ChangePlan:
		return with(requests(1, 1, 0, 0, part), venafi.EnumerateGrants)
	case Apply:
		return requests(1, 2, w.size, 0, w.size)
	case ChangeApply:
		return with(requests(1, 2, part, part, part), venafi.EnumerateGrants)
	case DriftPlan:
		return with(requests(1, 2, 0, 0, part), venafi.GetRole)
	case Destroy:
		return with(with(requests(3, 5, 0, w.size-part, part), venafi.GetRole), venafi.EnumerateGrants)
	}
	return nil
}
