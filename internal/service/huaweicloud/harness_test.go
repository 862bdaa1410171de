// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud_test

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/appaccess/terraform-provider-appaccess/internal/acctest"
	mock "github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/huaweicloud"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
	"github.com/appaccess/terraform-provider-appaccess/internal/provider"
)

const (
	cad    = "3f791197-d166-4c8e-81e4-38c40ffc1989"
	viewer = "62f48b59-1111-4c8e-81e4-38c40ffc1989"
	office = "70000000-2222-4c8e-81e4-38c40ffc1989"
	pid    = "2b31ed520xxxxxxebedb6e57xxxxxxxx"
)

// workspace is the mock of Workspace, as a test of the provider uses it.
type workspace struct {
	*mock.Backend
	t        *testing.T
	url      string
	recorder *wire.Recorder
	faults   *wire.Faults
}

func seed() mock.Seed {
	return mock.Seed{
		Credentials: []mock.Credential{{AccessKey: "AccessKey", SecretKey: "Nq5xR8wL2vK7mT4cJ"}},
		Projects:    []mock.Project{{ID: pid, Name: "ap-southeast-3"}},
		Apps: map[string]mock.App{
			cad:    {Name: "AutoCAD", Version: "2027", AuthorizationType: mock.AssignUser},
			viewer: {Name: "Viewer", Version: "1.0", AuthorizationType: mock.AssignUser},
			office: {Name: "Office", Version: "365", AuthorizationType: mock.AllUser},
		},
	}
}

// newWorkspace starts a mock that ends with the test, and fails the test when the provider ever
// sent what a correct client never sends.
func newWorkspace(t *testing.T, edit func(*mock.Seed), switches mock.Switches) *workspace {
	t.Helper()
	w := &workspace{t: t, recorder: &wire.Recorder{}, faults: &wire.Faults{}}
	data := seed()
	if edit != nil {
		edit(&data)
	}
	w.Backend = mock.New(wire.Service{Name: mock.ServiceName, Recorder: w.recorder, Faults: w.faults}, data, switches)
	w.SetQuota(mock.Quota{})
	acctest.SecretsOf(t).Learn("the secret key", data.Credentials[0].SecretKey)
	server := httptest.NewServer(acctest.Tapped(t, w.Backend))
	w.url = server.URL
	t.Cleanup(func() {
		server.Close()
		for _, violation := range w.recorder.Violations() {
			t.Errorf("protocol violation: %s", violation)
		}
	})
	return w
}

// factories serve the provider in this process. Waits between repetitions are short.
func factories() map[string]func() (tfprotov6.ProviderServer, error) {
	return map[string]func() (tfprotov6.ProviderServer, error){
		"appaccess": providerserver.NewProtocol6WithError(testProvider()),
	}
}

var testProvider = provider.New("test", provider.WithRetryWait(time.Millisecond))

// cli is a Terraform that this process plays, and terraform a real one.
func (w *workspace) cli() *acctest.CLI { return w.in(acctest.NewTerraform) }

func (w *workspace) terraform() *acctest.CLI { return w.in(acctest.NewCLI) }

func (w *workspace) in(directory func(*testing.T, func() tfprotov6.ProviderServer) *acctest.CLI) *acctest.CLI {
	w.t.Helper()
	cli := directory(w.t, func() tfprotov6.ProviderServer { return providerserver.NewProtocol6(testProvider())() })
	cli.Write("huaweicloud.tf", w.provider(""))
	return cli
}

// provider is a provider block that reaches the mock; extra goes into its huaweicloud object.
func (w *workspace) provider(extra string) string {
	return fmt.Sprintf(`
provider "appaccess" {
  huaweicloud {
    region             = "ap-southeast-3"
    access_key         = "AccessKey"
    secret_key         = "Nq5xR8wL2vK7mT4cJ"
    workspace_endpoint = %[1]q
    iam_endpoint       = %[1]q
    requests_per_minute {
      read = 0
      write = 0
    }
    %[2]s
  }
}
`, w.url, extra)
}

// environment is what reaches the mock, as environment variables.
func (w *workspace) environment() map[string]string {
	return map[string]string{
		"HW_REGION_NAME": "ap-southeast-3", "HW_ACCESS_KEY": "AccessKey", "HW_SECRET_KEY": "Nq5xR8wL2vK7mT4cJ",
		"HW_WORKSPACE_ENDPOINT": w.url, "HW_IAM_ENDPOINT": w.url,
	}
}

// set is the configuration of an additive set called "test".
func (w *workspace) set(body string) string { return w.resource("app_authorization_set", body) }

// exclusive is the configuration of an exclusive set called "test".
func (w *workspace) exclusive(body string) string {
	return w.resource("app_authorizations_exclusive", body)
}

func (w *workspace) resource(kind, body string) string {
	return w.provider("") + fmt.Sprintf("resource \"appaccess_huaweicloud_%s\" \"test\" {\n%s\n}\n", kind, body)
}

// writes returns the bodies of the writes since the last call, each as "MODE
// apps +granted -revoked".
func (w *workspace) writes() []string {
	var out []string
	for _, e := range w.recorder.All() {
		if e.Operation == mock.OpBatchUpdateAppAuthorizations {
			out = append(out, summarize(w.t, e.Body))
		}
	}
	w.recorder.Reset()
	return out
}

func summarize(t testing.TB, body []byte) string {
	type account struct {
		Account, Domain string
		Type            string `json:"account_type"`
		Platform        string `json:"platform_type"`
	}
	var request struct {
		Apps  []string  `json:"app_ids"`
		Mode  string    `json:"authorization_type"`
		Users []account `json:"users"`
		Del   []account `json:"del_users"`
	}
	if err := json.Unmarshal(body, &request); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	names := map[string]string{cad: "cad", viewer: "viewer", office: "office"}
	var apps []string
	for _, id := range request.Apps {
		if name, ok := names[id]; ok {
			id = name
		}
		apps = append(apps, id)
	}
	slices.Sort(apps)
	text := request.Mode + " " + strings.Join(apps, ",")
	for _, part := range []struct {
		sign     string
		accounts []account
	}{{"+", request.Users}, {"-", request.Del}} {
		var names []string
		for _, a := range part.accounts {
			name := a.Account
			if a.Type == mock.UserGroup {
				name = "group:" + name
			}
			if a.Platform != "" {
				name += "@" + a.Platform
			}
			names = append(names, name)
		}
		slices.Sort(names)
		if len(names) > 0 {
			text += " " + part.sign + strings.Join(names, ",")
		}
	}
	return text
}

// granted are the accounts of an app on the mock, sorted.
func (w *workspace) granted(appID string) []string {
	var out []string
	for _, a := range w.Accounts(appID) {
		out = append(out, a.String())
	}
	slices.Sort(out)
	return out
}

func (w *workspace) expect(appID string, want ...string) error {
	slices.Sort(want)
	if got := w.granted(appID); !slices.Equal(got, want) {
		return fmt.Errorf("%s is granted to %q, want %q", appID, got, want)
	}
	return nil
}

func (w *workspace) expectWrites(want ...string) error {
	if got := w.writes(); !slices.Equal(got, want) {
		return fmt.Errorf("writes:\n  %s\nwant:\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
	return nil
}

// expectWritesInAnyOrder is for requests that are sent side by side.
func (w *workspace) expectWritesInAnyOrder(want ...string) error {
	got := w.writes()
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		return fmt.Errorf("writes %q, want %q", got, want)
	}
	return nil
}

// user and group are accounts of the mock; the domain is corp.example.com.
func user(name string) mock.Account { return mock.Account{Domain: "corp.example.com", Name: name} }

func group(name string) mock.Account {
	return mock.Account{Type: mock.UserGroup, Domain: "corp.example.com", Name: name}
}

func (w *workspace) grant(appID string, accounts ...mock.Account) {
	w.t.Helper()
	if err := w.Grant(appID, accounts...); err != nil {
		w.t.Fatal(err)
	}
}

func (w *workspace) revoke(appID string, accounts ...mock.Account) {
	w.t.Helper()
	if err := w.Revoke(appID, accounts...); err != nil {
		w.t.Fatal(err)
	}
}

func quoted(ids ...string) string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = fmt.Sprintf("%q", id)
	}
	return "[" + strings.Join(out, ", ") + "]"
}
