// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package leaks

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/hashicorp/terraform-plugin-log/tflogtest"
	"github.com/hashicorp/terraform-plugin-log/tfsdklogtest"

	"github.com/appaccess/terraform-provider-appaccess/internal/acctest"
)

// talkative is a test whose context logs all.
type talkative struct {
	testing.TB

	ctx context.Context //nolint:containedctx // it is what a test has
}

func (t talkative) Context() context.Context { return t.ctx }

// journal takes what is logged, from everywhere at once.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// The lists of `terraform query`, which the Terraform at hand may be too old for: through the provider's server, with every answer that says too much.
func TestLists(t *testing.T) {
	t.Parallel()
	s := start(t)
	book := &journal{}
	ctx := tflogtest.RootLogger(tfsdklogtest.RootLogger(t.Context(), book), book)
	env := s.environment("password")
	env["HW_WORKSPACE_ENDPOINT"], env["HW_IAM_ENDPOINT"], env["ENOS_GATEWAY_URL"], env["VENAFI_URL"] = s.http, s.http, s.http, s.http
	queries := map[string]map[string]any{
		"appaccess_huaweicloud_app_authorization_set":        {},
		"appaccess_huaweicloud_app_authorizations_exclusive": {},
		"appaccess_enos_app_data_authorization":              {"app_ids": []string{enosApp}},
		"appaccess_venafi_oauth_role_grant":                  {},
		"appaccess_venafi_oauth_role_grant_set":              {},
		"appaccess_venafi_oauth_role_grants_exclusive":       {},
	}
	spellings, turn := waysInOrder(), 0
	var said strings.Builder
	for _, form := range append(forms(), "") {
		for _, phase := range []phase{login, read} {
			turn++
			server := acctest.NewServer(talkative{t, ctx}, env)
			for name, arguments := range queries {
				if form != "" {
					s.open(&mouth{phase: phase, form: form, way: spellings[turn%len(spellings)]})
				}
				results := server.Query(name, acctest.Query{Config: arguments, IncludeResource: true})
				spoken := s.shut()
				failed := false
				for _, result := range results {
					failed = failed || len(result.Errors) > 0
					fmt.Fprintln(&said, result.DisplayName, result.Identity, result.Resource, result.Errors)
				}
				if len(results) == 0 || failed != (form != "") || spoken == 0 && form != "" && phase == read {
					t.Errorf("%s, %s %s: %d results, failed: %v, %d were said", name, form, phase, len(results), failed, spoken)
				}
			}
		}
	}
	for name, text := range map[string]string{"the log": book.String(), "the results": said.String()} {
		if found := s.searcher().in([]byte(text)); len(found) > 0 {
			t.Errorf("%s holds\n  %s", name, strings.Join(found, "\n  "))
		}
	}
	for _, control := range []string{`"operation":"ListAppAuthorizations"`, `"operation":"ListRoles"`, `"operation":"GetAccessToken"`, "failed"} {
		if !strings.Contains(book.String(), control) {
			t.Errorf("the log lacks %s: it was not at TRACE", control)
		}
	}
	s.learntAll(t)
}
