// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package bench

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/appaccess/terraform-provider-appaccess/internal/bench/workload"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/huaweicloud"
)

// An apply that a low quota makes last an hour outlives the keys that it began with, those of an
// agency for a quarter of one: they are replaced a minute before they end, once for all requests in
// flight, and none is refused.
func TestLongApplyOutlivesItsKeys(t *testing.T) {
	t.Parallel()
	const accounts, apps, life = 1_000, 20, 15 * time.Minute
	synctest.Test(t, func(t *testing.T) {
		s := start(t, apps, huaweicloud.Quota{Read: 4, Write: 4})
		service, _ := s.service.(authorizationService)
		service.SetIdentities(huaweicloud.Identities{
			Agencies: []huaweicloud.Agency{{Name: "operators", DomainName: "corp", TrustedBy: []string{accessKey}}},
		})
		block, _ := s.Provider["huaweicloud"].(map[string]any)
		block["assume_role"] = map[string]any{"agency_name": "operators", "domain_name": "corp", "duration": life.Seconds()}
		plan := s.plan(t, accounts, workload.AppIDs(apps))
		s.recorder.Reset()
		began := time.Now()
		s.apply(t, plan)
		took := time.Since(began)
		for _, e := range s.recorder.All() {
			if e.Status != http.StatusOK && e.Status != http.StatusCreated {
				t.Errorf("%s was answered %d", e.Operation, e.Status)
			}
		}
		if got, want := s.recorder.Count("SecurityTokens"), 1+int(took/(life-time.Minute)); got != want || took < 2*life {
			t.Errorf("%d key pairs in %s, want %d", got, took, want)
		}
	})
}
