// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud_test

import (
	"errors"
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/rest"
	mock "github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/huaweicloud"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

const (
	project = "0123456789abcdef0123456789abcdef"
	region  = "ap-southeast-3"
	cad     = "3f791197-d166-4c8e-81e4-38c40ffc1989"
	mail    = "62f48b59-0c8b-4a9c-9b59-000000000002"
)

// bench is a mock that serves, and a client of it.
type bench struct {
	*mock.Backend

	t        testing.TB
	url      string
	recorder *wire.Recorder
	faults   *wire.Faults
	client   *huaweicloud.Client
}

// users gives n accounts in two domains, platform types included.
func users(n int) map[string]map[string]string {
	out := map[string]map[string]string{"local.com": {}, "corp.example.com": {}}
	for i := range n {
		if i%3 == 0 {
			out["local.com"][fmt.Sprintf("user%06d", i)] = []string{"", "LOCAL"}[i%2]
		} else {
			out["corp.example.com"][fmt.Sprintf("user%06d", i)] = "AD"
		}
	}
	return out
}

func seed(apps map[string]mock.App) mock.Seed {
	for id, app := range apps {
		app.ProjectID = project
		apps[id] = app
	}
	return mock.Seed{
		Credentials: []mock.Credential{
			{AccessKey: "AK", SecretKey: "SK-of-the-test"}, {AccessKey: "TEMP", SecretKey: "TSK-of-the-test", SecurityToken: "tok+/=="},
			{AccessKey: "READER", SecretKey: "RSK", Deny: []string{mock.OpBatchUpdateAppAuthorizations}},
			{AccessKey: "NOBODY", SecretKey: "NSK", Deny: []string{mock.OpListApps, mock.OpListAppAuthorizations, mock.OpListProjects}},
		},
		Projects: []mock.Project{{ID: project, Name: region}, {ID: strings.Repeat("a", 32), Name: "twice"}, {ID: strings.Repeat("b", 32), Name: "twice"}},
		Apps:     apps,
	}
}

// start runs a mock without quotas and a client of it.
func start(t testing.TB, apps map[string]mock.App, change ...func(*huaweicloud.Config)) *bench {
	t.Helper()
	b := &bench{t: t, recorder: &wire.Recorder{}, faults: &wire.Faults{}}
	backend := mock.New(wire.Service{Recorder: b.recorder, Faults: b.faults}, seed(apps), mock.Switches{})
	backend.SetQuota(mock.Quota{})
	b.Backend = backend
	server := httptest.NewServer(backend)
	t.Cleanup(server.Close)
	b.url = server.URL
	b.client = b.dial(change...)
	return b
}

// dial gives another client of the mock.
func (b *bench) dial(change ...func(*huaweicloud.Config)) *huaweicloud.Client {
	b.t.Helper()
	config := huaweicloud.Config{
		Region: region, AccessKey: "AK", SecretKey: "SK-of-the-test", ProjectID: project, WorkspaceEndpoint: b.url, IAMEndpoint: b.url,
		Rest: rest.Config{MaxRetries: 5, RetryWaitMin: time.Millisecond, RequestTimeout: 20 * time.Second},
	}
	for _, f := range change {
		f(&config)
	}
	c, err := huaweicloud.New(config)
	if err != nil {
		b.t.Fatal(err)
	}
	return c
}

func (b *bench) want(operation string, n int) {
	b.t.Helper()
	if got := b.recorder.Count(operation); got != n {
		b.t.Errorf("%d requests of %s, want %d", got, operation, n)
	}
}

func (b *bench) noViolations() {
	b.t.Helper()
	for _, v := range b.recorder.Violations() {
		b.t.Error("the mock complains: ", v)
	}
}

// listed gives what the mock holds for an app in the client's terms.
func (b *bench) listed(appID string) []string {
	var out []string
	for _, a := range b.Accounts(appID) {
		out = append(out, a.String())
	}
	slices.Sort(out)
	return out
}

// names gives accounts as sorted texts.
func names(accounts huaweicloud.Accounts) []string {
	var out []string
	for h := range accounts {
		out = append(out, h.Value().String())
	}
	slices.Sort(out)
	return out
}

func user(name string) huaweicloud.Authorization {
	return huaweicloud.Authorization{Account: huaweicloud.Account{Type: huaweicloud.Simple, Domain: huaweicloud.DefaultDomain, Name: name}}
}

func failure(t testing.TB, err error) *rest.Error {
	t.Helper()
	e, ok := errors.AsType[*rest.Error](err)
	if !ok {
		t.Fatalf("%T %v is no error of the core", err, err)
	}
	return e
}
