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

func TestPaging(t *testing.T) {
	t.Parallel()
	for _, order := range []mock.ListOrder{mock.ListOrderInsertion, mock.ListOrderShuffled, mock.ListOrderUnstable} {
		for _, n := range []int{0, 1, 99, 100, 101, 1000} {
			t.Run(fmt.Sprint(order, " ", n), func(t *testing.T) {
				t.Parallel()
				b := start(t, map[string]mock.App{cad: {Name: "CAD", Users: users(n)}, mail: {Name: "Mail"}})
				b.SetSwitches(mock.Switches{ListOrder: order})
				got, err := b.client.ListAuthorizations(t.Context(), cad)
				if err != nil {
					t.Fatal(err)
				}
				if len(got) != n || !slices.Equal(names(got), b.listed(cad)) {
					t.Errorf("%d accounts are not the %d of the mock", len(got), n)
				}
				for h, platform := range got {
					if a := h.Value(); a.Domain == "corp.example.com" && platform != huaweicloud.AD {
						t.Fatalf("%s is in %q", a, platform)
					}
				}
				if order != mock.ListOrderUnstable {
					b.want(mock.OpListAppAuthorizations, max(1, (n+99)/100))
				}
				b.want(mock.OpListProjects, 0)
				b.noViolations()
			})
		}
	}
}

func TestListApps(t *testing.T) {
	t.Parallel()
	for _, order := range []mock.ListOrder{mock.ListOrderInsertion, mock.ListOrderShuffled, mock.ListOrderUnstable} {
		for _, n := range []int{0, 1, 100, 101, 250} {
			t.Run(fmt.Sprint(order, " ", n), func(t *testing.T) {
				t.Parallel()
				apps := map[string]mock.App{}
				for i := range n {
					apps[fmt.Sprintf("app-%04d", i)] = mock.App{Name: fmt.Sprintf("App %d", i%200), Version: "1." + fmt.Sprint(i), AuthorizationType: []string{"", "ALL_USER"}[i%2]}
				}
				b := start(t, apps)
				b.SetSwitches(mock.Switches{ListOrder: order})
				first, err := b.client.ListApps(t.Context(), "")
				if err != nil || len(first) != n {
					t.Fatalf("%d apps: %v", len(first), err)
				}
				again, err := b.client.ListApps(t.Context(), "")
				if err != nil || !slices.Equal(first, again) {
					t.Errorf("listed again, it looks different: %v", err)
				}
				for _, app := range first {
					want := apps[app.ID]
					if app.Name != want.Name || app.Version != want.Version || string(app.AuthorizationType) != b.Mode(app.ID) || app.Status != "NORMAL" || app.ApplicationSource != "CUSTOM" {
						t.Fatalf("%+v, the mock has %+v", app, want)
					}
				}
				if order != mock.ListOrderUnstable {
					b.want(mock.OpListApps, 2*max(1, (n+99)/100))
				}
				b.noViolations()
			})
		}
	}
}

// The service's own filter by name is fuzzy, exact or missing: what comes is the same.
func TestListAppsByName(t *testing.T) {
	t.Parallel()
	const odd = "一 (&=?!#%.*)+/\\ü "
	b := start(t, map[string]mock.App{
		"1": {Name: odd}, "2": {Name: odd + "x"}, "3": {Name: "CAD"}, "4": {Name: "cad"}, "5": {Name: "CAD 2"}, "6": {Name: "CAD", Version: "2"},
	})
	for _, filter := range []mock.NameFilter{mock.NameFilterFuzzy, mock.NameFilterExact, mock.NameFilterIgnored} {
		b.SetSwitches(mock.Switches{NameFilter: filter})
		for name, want := range map[string]string{odd: "1", "CAD": "3 6", "cad": "4", "none": ""} {
			apps, err := b.client.ListApps(t.Context(), name)
			var ids []string
			for _, app := range apps {
				ids = append(ids, app.ID)
			}
			if err != nil || strings.Join(ids, " ") != want {
				t.Errorf("%s, %q: %v, %v, want %s", filter, name, ids, err, want)
			}
		}
	}
	b.noViolations()
}

// Under every position of every switch a list is read, and a grant and a revocation do what they say or fail clearly.
func TestEverySwitch(t *testing.T) {
	t.Parallel()
	for _, s := range wire.DescribeSwitches(mock.Switches{}) {
		for _, position := range s.Positions {
			t.Run(s.Name+"/"+position, func(t *testing.T) {
				t.Parallel()
				b := start(t, map[string]mock.App{
					cad:  {Name: "CAD", Users: users(120), UserGroups: map[string]map[string]string{"corp.example.com": {"staff": "AD"}}},
					mail: {Name: "Mail", Users: users(3), AuthorizationType: "ALL_USER"},
				})
				var switches mock.Switches
				value := position
				if position == "n" {
					value = "122"
				}
				if err := wire.SetSwitch(&switches, s.Name, value); err != nil {
					t.Fatal(err)
				}
				b.SetSwitches(switches)
				got, err := b.client.ListAuthorizations(t.Context(), cad)
				if err != nil || len(got) != 121 {
					t.Fatalf("%d listed: %v", len(got), err)
				}
				if want := b.listed(cad); switches.AccountOnRead == "" || switches.AccountOnRead == mock.AccountOnReadPlain {
					if !slices.Equal(names(got), want) {
						t.Errorf("listed %v\nwant %v", names(got)[:5], want[:5])
					}
				}
				open, err := b.client.ListAuthorizations(t.Context(), mail)
				if err != nil || len(open) != 0 && switches.AllUserList != mock.AllUserListRecords {
					t.Errorf("an open app lists %d: %v", len(open), err)
				}
				apps, err := b.client.Apps(t.Context())
				if err != nil || len(apps) != 2 || apps[mail].AuthorizationType != huaweicloud.AllUser && switches.AppMode != mock.AppModeOmitted {
					t.Errorf("%+v: %v", apps, err)
				}
				grant := huaweicloud.Assignment{AppIDs: []string{cad}, AuthorizationType: huaweicloud.AssignUser, Users: []huaweicloud.Authorization{user("newcomer")}}
				if err := b.client.AssignAuthorizations(t.Context(), grant); err != nil {
					t.Fatal(err)
				}
				got, err = b.client.Authorizations(t.Context(), cad)
				if err != nil || len(got) != 122 {
					t.Errorf("after a grant %d are listed: %v", len(got), err)
				}
				err = b.client.AssignAuthorizations(t.Context(), grant) // once more
				if refused := switches.DuplicateAdd == mock.DuplicateAddError; (err != nil) != refused || refused && failure(t, err).Status != 400 {
					t.Errorf("granted once more: %v", err)
				}
				revoke := huaweicloud.Assignment{AppIDs: []string{cad}, AuthorizationType: huaweicloud.AssignUser, DelUsers: grant.Users}
				if err := b.client.AssignAuthorizations(t.Context(), revoke); err != nil {
					t.Error(err)
				}
				if got, err := b.client.Authorizations(t.Context(), cad); err != nil || len(got) != 121 {
					t.Errorf("after a revocation %d are listed: %v", len(got), err)
				}
				b.noViolations()
			})
		}
	}
}

func TestProject(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		change func(*huaweicloud.Config)
		says   string // "" is success
		asked  int
	}{
		"given":       {func(*huaweicloud.Config) {}, "", 0},
		"by region":   {func(c *huaweicloud.Config) { c.ProjectID = "" }, "", 1},
		"by name":     {func(c *huaweicloud.Config) { c.ProjectID, c.Region, c.ProjectName = "", "elsewhere", region }, "", 1},
		"none":        {func(c *huaweicloud.Config) { c.ProjectID, c.ProjectName = "", "nowhere" }, `no project is named "nowhere". Set project_id (HW_PROJECT_ID)`, 1},
		"two":         {func(c *huaweicloud.Config) { c.ProjectID, c.ProjectName = "", "twice" }, `2 projects are named "twice": aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb`, 1},
		"not allowed": {func(c *huaweicloud.Config) { c.ProjectID, c.AccessKey, c.SecretKey = "", "NOBODY", "NSK" }, "iam:projects:list", 1},
		"of another":  {func(c *huaweicloud.Config) { c.ProjectID = strings.Repeat("c", 32) }, "The project is unavailable: check project_id", 0},
		"by temporary key": {func(c *huaweicloud.Config) {
			c.ProjectID, c.AccessKey, c.SecretKey, c.SecurityToken = "", "TEMP", "TSK-of-the-test", "tok+/=="
		}, "", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := start(t, map[string]mock.App{cad: {Name: "CAD"}}, tc.change)
			for range 2 {
				_, err := b.client.ListApps(t.Context(), "")
				if tc.says == "" && err != nil || tc.says != "" && (err == nil || !strings.Contains(err.Error(), tc.says)) {
					t.Fatalf("%v, want %q", err, tc.says)
				}
				if tc.says != "" {
					break
				}
			}
			b.want(mock.OpListProjects, tc.asked)
			if name != "of another" { // which the mock finds fault with, rightly
				b.noViolations()
			}
			if id, err := b.client.ProjectID(t.Context()); tc.says == "" && (err != nil || id != project) {
				t.Errorf("%s, %v", id, err)
			}
		})
	}
	// A write that never left because the project is unknown was surely not acted on.
	b := start(t, map[string]mock.App{cad: {Name: "CAD"}}, func(c *huaweicloud.Config) { c.ProjectID, c.ProjectName = "", "nowhere" })
	err := b.client.AssignAuthorizations(t.Context(), huaweicloud.Assignment{AppIDs: []string{cad}, AuthorizationType: huaweicloud.AllUser})
	if !failure(t, err).Unsent {
		t.Error(err)
	}
}

func TestErrorsOfTheService(t *testing.T) {
	t.Parallel()
	b := start(t, map[string]mock.App{cad: {Name: "CAD"}})
	for _, err := range []error{
		second(b.client.ListAuthorizations(t.Context(), "gone")),
		second(b.client.Authorizations(t.Context(), "gone")),
		b.client.AssignAuthorizations(t.Context(), huaweicloud.Assignment{AppIDs: []string{"gone"}, AuthorizationType: huaweicloud.AllUser}),
	} {
		e := failure(t, err)
		if !errors.Is(err, huaweicloud.ErrAppNotFound) || e.Status != 404 || e.Code != "WKS.00211902" || len(e.RequestID) != 32 || e.Attempts != 1 {
			t.Errorf("%v: %+v", err, e)
		}
	}
	reader := b.dial(func(c *huaweicloud.Config) { c.AccessKey, c.SecretKey = "READER", "RSK" })
	err := reader.AssignAuthorizations(t.Context(), huaweicloud.Assignment{AppIDs: []string{cad}, AuthorizationType: huaweicloud.AllUser})
	if e := failure(t, err); e.Status != 403 || e.Attempts != 1 || !strings.Contains(err.Error(), "workspace:appcenter:batchUpdateAppAuthorizations") {
		t.Error(err)
	}
	nobody := b.dial(func(c *huaweicloud.Config) { c.AccessKey, c.SecretKey = "NOBODY", "NSK" })
	if err := second(nobody.Authorizations(t.Context(), cad)); !strings.Contains(err.Error(), "workspace:appcenter:listAppAuthorizations") || errors.Is(err, huaweicloud.ErrAppNotFound) {
		t.Error(err)
	}
	if err := second(nobody.Apps(t.Context())); !strings.Contains(err.Error(), "workspace:appcenter:listApps ") {
		t.Error(err)
	}
	b.noViolations()

	// A 404 of the gateway, or of some other server, does not mean that the application is gone.
	for _, answer := range []string{`{"error_code":"APIGW.0101","error_msg":"The API does not exist"}`, "<html><title>Not Found</title>", ""} {
		b.faults.Clear()
		b.faults.Add(wire.Fault{Kind: wire.Status, Status: 404, Body: answer})
		if err := second(b.client.Authorizations(t.Context(), cad)); err == nil || errors.Is(err, huaweicloud.ErrAppNotFound) {
			t.Errorf("%q: %v", answer, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

// A key that is wrong is tried once, however many ask at once, and never locked.
func TestWrongKeyIsTriedOnce(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		change func(*huaweicloud.Config)
		says   string
	}{
		"wrong secret":      {func(c *huaweicloud.Config) { c.SecretKey = "wrong-secret" }, "secret_key (HW_SECRET_KEY) belongs to access_key"},
		"unknown key":       {func(c *huaweicloud.Config) { c.AccessKey = "WHO" }, "does not know access_key"},
		"no token":          {func(c *huaweicloud.Config) { c.AccessKey, c.SecretKey = "TEMP", "TSK-of-the-test" }, "security_token (HW_SECURITY_TOKEN)"},
		"wrong secret, IAM": {func(c *huaweicloud.Config) { c.SecretKey, c.ProjectID = "wrong-secret", "" }, "secret_key (HW_SECRET_KEY) belongs"},
		"token of another":  {func(c *huaweicloud.Config) { c.SecurityToken = "of-another-key" }, "security_token (HW_SECURITY_TOKEN)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := start(t, map[string]mock.App{cad: {Name: "CAD", Users: users(1000)}, mail: {Name: "Mail"}}, tc.change)
			errs := make(chan error, 60)
			for i := range cap(errs) {
				go func() {
					switch i % 3 {
					case 0:
						errs <- second(b.client.Apps(t.Context()))
					case 1:
						errs <- second(b.client.ListAuthorizations(t.Context(), cad))
					default:
						errs <- b.client.AssignAuthorizations(t.Context(), huaweicloud.Assignment{
							AppIDs: []string{mail}, AuthorizationType: huaweicloud.AssignUser, Users: []huaweicloud.Authorization{user(fmt.Sprint("u", i))},
						})
					}
				}()
			}
			for range cap(errs) {
				err := <-errs
				if e := failure(t, err); e.Status != 401 || !strings.Contains(err.Error(), tc.says) || e.RequestID == "" {
					t.Errorf("%v, want %q", err, tc.says)
				}
				if strings.Contains(err.Error(), "wrong-secret") || strings.Contains(err.Error(), "of-another-key") {
					t.Errorf("a secret is in %v", err)
				}
			}
			if n := len(b.recorder.All()); n != 1 {
				t.Errorf("%d requests were sent", n)
			}
			if _, err := b.dial().Apps(t.Context()); err != nil {
				t.Errorf("the right key is locked: %v", err)
			}
		})
	}
}

// Once the key is proven requests run side by side; when it expires in the middle, what is not under way is not sent any more.
func TestKeyExpires(t *testing.T) {
	t.Parallel()
	b := start(t, map[string]mock.App{cad: {Name: "CAD", Users: users(20000)}})
	b.faults.Add(wire.Fault{Kind: wire.Slow, Delay: 5 * time.Millisecond, Times: 30})
	b.faults.Add(wire.Fault{Kind: mock.TokenExpired})
	err := second(b.client.ListAuthorizations(t.Context(), cad))
	if e := failure(t, err); e.Status != 401 || e.Code != "APIGW.0307" || !strings.Contains(err.Error(), "temporary credentials have expired") {
		t.Error(err)
	}
	if n := len(b.recorder.All()); n > 30+8 {
		t.Errorf("%d requests were sent", n)
	}
	if b.recorder.MaxInFlight() < 2 {
		t.Errorf("at most %d requests at once", b.recorder.MaxInFlight())
	}
	before := len(b.recorder.All())
	err = b.client.AssignAuthorizations(t.Context(), huaweicloud.Assignment{AppIDs: []string{cad}, AuthorizationType: huaweicloud.AllUser})
	if e := failure(t, err); !e.Unsent || e.Status != 401 || e.Code != "APIGW.0307" || !strings.Contains(e.Message, "not sent, since the service refused the key before") {
		t.Error(err)
	}
	if n := len(b.recorder.All()); n != before {
		t.Error("a request was sent after the key had expired")
	}
}

func TestLockedKeyAndClock(t *testing.T) {
	t.Parallel()
	b := start(t, map[string]mock.App{cad: {Name: "CAD"}})
	for range 5 {
		_ = second(b.dial(func(c *huaweicloud.Config) { c.SecretKey = "wrong" }).Apps(t.Context()))
	}
	if err := second(b.client.Apps(t.Context())); !strings.Contains(err.Error(), "The key pair is locked for five minutes") {
		t.Error(err)
	}
	late := start(t, map[string]mock.App{cad: {Name: "CAD"}})
	late.faults.Add(wire.Fault{Kind: wire.Status, Status: 401, Body: `{"error_msg":"Incorrect IAM authentication information: calc aksk signature fail:signature expired, signature time:20211217T064303Z,server time:20211217T065804Z","error_code":"APIGW.0301","request_id":"0123"}`})
	if err := second(late.client.Apps(t.Context())); !strings.Contains(err.Error(), "The clock of this machine") || !strings.Contains(err.Error(), "signature time:20211217T064303Z") {
		t.Error(err)
	}
}
