// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package bench

import (
	"fmt"

	"github.com/appaccess/terraform-provider-appaccess/internal/bench/workload"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/venafi"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

// roleGrants are grants of one role: of one appaccess_venafi_oauth_role_grant_set, or an
// appaccess_venafi_oauth_role_grant each.
type roleGrants struct {
	size int
	set  bool
}

func (w roleGrants) Title() string {
	if w.set {
		return counted(w.size, "grant") + " in one resource"
	}
	return counted(w.size, "resource") + " of one grant"
}

const (
	clientID       = "bench-client"
	venafiIdentity = "{0be7c400-0000-4000-8000-000000000001}"
	venafiPassword = "bench-password"
	application    = "MyIntegration"
)

func (w roleGrants) Provider(url string) (string, string) {
	return "venafi", fmt.Sprintf(`
    url       = %q
    client_id = %q
    username  = "local:bench"
    password  = %q
    `, url, clientID, venafiPassword)
}

func (w roleGrants) grantees(changed bool) map[string]string {
	grantees := map[string]string{}
	for i := range w.size {
		label, id := fmt.Sprintf("operator %06d", i), i
		if changed && i%onePercent == onePercent/2 {
			label, id = fmt.Sprintf("newcomer %06d", i), w.size+i
		}
		grantees[label] = workload.Grantee(id)
	}
	return grantees
}

func (w roleGrants) Configuration(changed bool) (string, any) {
	hcl := `
resource "appaccess_venafi_oauth_role_grant" "bench" {
  for_each       = local.data
  grantee        = each.value
  role           = "application_maintainer"
  application_id = "MyIntegration"
}
`
	if w.set {
		hcl = `
resource "appaccess_venafi_oauth_role_grant_set" "bench" {
  role           = "application_maintainer"
  application_id = "MyIntegration"
  grantees       = local.data
}
`
	}
	return hcl, w.grantees(changed)
}

func (w roleGrants) Service(recorder *wire.Recorder, conditions Conditions) Service {
	return w.service(recorder, conditions)
}

func (w roleGrants) service(recorder *wire.Recorder, conditions Conditions) roleService {
	backend := venafi.New(wire.Service{Name: venafi.ServiceName, Recorder: recorder, Latency: conditions.Latency}, venafi.Seed{
		Applications: []venafi.Application{
			{ID: clientID, Name: "Benchmark", MaximumScope: "admin;configuration"},
			{ID: application, Name: "Integration", MaximumScope: "certificate"},
		},
		Identities: w.identities(),
		Roles:      []venafi.Role{{Role: venafi.Admin, Grantee: "local:" + venafiIdentity}},
	}, venafi.Switches{})
	return roleService{backend, w}
}

func (w roleGrants) identities() []venafi.Identity {
	identities := []venafi.Identity{{Prefix: "local", Universal: venafiIdentity, Name: "bench", Password: venafiPassword}}
	for i := range 2 * w.size {
		prefix, universal := workload.GranteeParts(i)
		identities = append(identities, venafi.Identity{Prefix: prefix, Universal: universal, Name: fmt.Sprintf("operator.%06d", i)})
	}
	return identities
}

type roleService struct {
	*venafi.Backend

	w roleGrants
}

func (s roleService) Drift() error {
	var gone []venafi.Role
	for i := range s.w.size {
		if i%onePercent == onePercent/4 {
			gone = append(gone, venafi.Role{Role: venafi.Maintainer, Grantee: workload.Grantee(i), ApplicationID: application})
		}
	}
	if n := s.Revoke(gone...); n != len(gone) {
		return fmt.Errorf("%d of %d grants to revoke were there", n, len(gone))
	}
	return nil
}

// lookups is how many grantees the provider looks up in a run.
const lookups = 20

// Least counts a login for each process, a list before the writes and another after them, and a
// write for each grant. Revoking single grants needs no look afterwards, since the service confirms
// each under the spelling that it lists. Where a list lacks a grant, a second one a moment later
// shows that it doesn't only lag behind, and GetRole that the caller would see the grant: without
// both, nobody can say that it is gone. A destroy is planned in a process of its own, which has to
// know who is logged in: nobody's own role is revoked.
func (w roleGrants) Least(step Step) map[string]int {
	part := w.size / onePercent
	requests := func(logins, lists, grants, revokes int) map[string]int {
		return map[string]int{venafi.AuthorizeOAuth: logins, venafi.ListRoles: lists, venafi.GrantRole: grants, venafi.RevokeRole: revokes}
	}
	drifted := func(requests map[string]int) map[string]int {
		requests[venafi.GetRole] = 1
		return requests
	}
	// Whoever plans a grant looks up the first grantees, and of a new resource the application.
	looking := func(requests map[string]int, grants int) map[string]int {
		requests[venafi.IdentityValidate] = min(grants, lookups)
		if !w.set || step == Plan || step == Apply {
			requests[venafi.GetApplication] = 1
		}
		return requests
	}
	switch step {
	case NoOpPlan:
		return requests(1, 1, 0, 0)
	case Plan:
		return looking(requests(1, 1, 0, 0), w.size)
	case ChangePlan:
		return looking(requests(1, 1, 0, 0), part)
	case Apply:
		return looking(requests(1, 2, w.size, 0), w.size)
	case ChangeApply:
		return looking(requests(1, 2, part, part), part)
	case DriftPlan:
		return looking(drifted(requests(1, 2, 0, 0)), part)
	case Destroy:
		lists := 2 + 1
		if w.set {
			lists++
		}
		// Before it is planned Terraform plans the configuration, which grants what drifted away.
		return looking(drifted(requests(3, lists, 0, w.size-part)), part)
	}
	return nil
}
