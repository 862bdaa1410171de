// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package bench

import (
	"fmt"

	"github.com/appaccess/terraform-provider-appaccess/internal/bench/workload"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/huaweicloud"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

// Limits of the service (vendor pages ListApps, ListAppAuthorizations,
// BatchUpdateAppAuthorizations). They stand here once more because the least number of requests
// must not be worked out by what is measured.
const (
	pageSize         = 100
	appsInRequest    = 20
	accountInRequest = 100
)

// authorizationSet is one appaccess_huaweicloud_app_authorization_set.
type authorizationSet struct {
	size, apps int
	counts     bool // verification = "count"
}

func (w authorizationSet) Title() string {
	title := counted(w.size, "account") + " on " + counted(w.apps, "application")
	if w.counts {
		title += ", `verification = \"count\"`"
	}
	return title
}

const (
	projectID = "2b31ed520a00421fbedb6e57a3b1c2d4"
	region    = "ap-southeast-3"
	accessKey = "BENCHACCESSKEY000001"
	secretKey = "bench-secret-key"
)

func (w authorizationSet) Provider(url string) (string, string) {
	return "huaweicloud", fmt.Sprintf(`
    region             = %[1]q
    access_key         = %[2]q
    secret_key         = %[3]q
    project_id         = %[4]q
    workspace_endpoint = %[5]q
    iam_endpoint       = %[5]q
    verification       = %[6]q
    `, region, accessKey, secretKey, projectID, url, w.verification())
}

func (w authorizationSet) verification() string {
	if w.counts {
		return "count"
	}
	return "full"
}

func (w authorizationSet) Configuration(changed bool) (string, any) {
	accounts := workload.List(w.size)
	if changed {
		accounts = workload.Changed(w.size)
	}
	data := setData{workload.AppIDs(w.apps), workload.ByDomain(accounts)}
	return `
resource "appaccess_huaweicloud_app_authorization_set" "bench" {
  app_ids     = local.data.app_ids
  users       = local.data.users
  user_groups = local.data.user_groups
}
`, data
}

// setData is the configuration of a set.
type setData struct {
	AppIDs []string `json:"app_ids"`
	workload.Accounts
}

func (w authorizationSet) Service(recorder *wire.Recorder, conditions Conditions) Service {
	seed := huaweicloud.Seed{
		Credentials: []huaweicloud.Credential{{AccessKey: accessKey, SecretKey: secretKey}},
		Projects:    []huaweicloud.Project{{ID: projectID, Name: region}},
		Apps:        map[string]huaweicloud.App{},
	}
	for i := range w.apps {
		seed.Apps[workload.AppID(i)] = huaweicloud.App{Name: fmt.Sprintf("Application %03d", i)}
	}
	backend := huaweicloud.New(
		wire.Service{Name: huaweicloud.ServiceName, Recorder: recorder, Latency: conditions.Latency}, seed, huaweicloud.Switches{})
	backend.SetQuota(huaweicloud.Quota{Read: conditions.ReadQuota, Write: conditions.WriteQuota})
	return authorizationService{backend, w}
}

type authorizationService struct {
	*huaweicloud.Backend

	w authorizationSet
}

func (s authorizationService) Drift() error {
	everywhere, somewhere := workload.Drifted(s.w.size)
	for i := range s.w.apps {
		if err := s.Revoke(workload.AppID(i), mockAccounts(everywhere)...); err != nil {
			return err
		}
	}
	return s.Revoke(workload.AppID(0), mockAccounts(somewhere)...)
}

func mockAccounts(accounts []workload.Account) []huaweicloud.Account {
	out := make([]huaweicloud.Account, len(accounts))
	for i, a := range accounts {
		out[i] = huaweicloud.Account{Type: huaweicloud.Simple, Domain: a.Domain, Name: a.Name, Platform: a.Platform}
		if a.Group {
			out[i].Type = huaweicloud.UserGroup
		}
	}
	return out
}

// Least counts what the service's limits leave: every list in pages of 100, of which a full one is
// never taken for the last, every write for 20 applications and 100 accounts of each list. An apply
// reads before it writes, to send only what is missing, and again what it has written, since the
// service answers 200 also when it skipped an account.
func (w authorizationSet) Least(step Step) map[string]int {
	everywhere, somewhere := workload.Drifted(w.size)
	var (
		pages   = func(n int) int { return n/pageSize + 1 }
		modes   = pages(w.apps)
		empty   = w.apps
		full    = w.apps * pages(w.size)
		drifted = pages(w.size-len(everywhere)-len(somewhere)) + (w.apps-1)*pages(w.size-len(everywhere))
		writes  = func(accounts int) int { return ceil(w.apps, appsInRequest) * ceil(accounts, accountInRequest) }
	)
	requests := func(modes, accounts, writes int) map[string]int {
		return map[string]int{
			huaweicloud.OpListApps: modes, huaweicloud.OpListAppAuthorizations: accounts,
			huaweicloud.OpBatchUpdateAppAuthorizations: writes,
		}
	}
	if w.counts {
		// One request tells whether an application has as many as it must have. What has drifted is
		// read after that, and believed as it is in full.
		switch step {
		case Apply:
			return requests(2*modes, empty+w.apps, writes(w.size))
		case NoOpPlan, ChangePlan:
			return requests(modes, w.apps, 0)
		case ChangeApply:
			return requests(2*modes, 2*w.apps, writes(w.size/onePercent))
		case DriftPlan:
			return requests(2*modes, w.apps+drifted, 0)
		case Destroy:
			return requests(5*modes, w.apps+drifted+2*w.apps, w.destroyWrites(len(everywhere), len(somewhere)))
		}
	}
	switch step {
	case Plan:
		return requests(modes, 0, 0)
	case Apply:
		return requests(2*modes, empty+full, writes(w.size))
	case NoOpPlan, ChangePlan:
		return requests(modes, full, 0)
	case ChangeApply:
		return requests(2*modes, 2*full, writes(w.size/onePercent))
	case DriftPlan:
		// What a list lacks is believed when the application is still closed in a list of
		// applications that came after it.
		return requests(2*modes, drifted, 0)
	case Destroy:
		// A refresh, a plan and an apply, in processes of their own, of which the plan asks for the
		// applications alone. The accounts that are gone from one application only make its delta
		// another one: they are in requests of their own, and the applications are listed once more
		// before it is believed that one lacks what others have.
		lists := 5
		if w.apps > 1 && len(somewhere) > 0 {
			lists = 6
		}
		return requests(lists*modes, 2*drifted+empty, w.destroyWrites(len(everywhere), len(somewhere)))
	}
	return nil
}

// destroyWrites is the number of requests that revoke what the drift has left: one application
// lacks more than the others.
func (w authorizationSet) destroyWrites(everywhere, somewhere int) int {
	others := w.size - everywhere
	if somewhere == 0 {
		return ceil(w.apps, appsInRequest) * ceil(others, accountInRequest)
	}
	return ceil(others-somewhere, accountInRequest) + ceil(w.apps-1, appsInRequest)*ceil(others, accountInRequest)
}

const onePercent = 100
