// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi_test

import (
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-testing/echoprovider"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"
	"github.com/hashicorp/terraform-plugin-testing/tfversion"

	"github.com/appaccess/terraform-provider-appaccess/internal/acctest"
	mock "github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/venafi"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
	"github.com/appaccess/terraform-provider-appaccess/internal/provider"
)

// Ephemeral resources came with Terraform 1.10.
var knowsEphemeral = []tfversion.TerraformVersionCheck{tfversion.SkipBelow(tfversion.Version1_10_0)}

func withEcho() map[string]func() (tfprotov6.ProviderServer, error) {
	factories := acctest.Providers()
	factories["echo"] = echoprovider.NewProviderServer()
	return factories
}

const echo = `
	provider "echo" {
	  data = ephemeral.appaccess_venafi_access_token.x
	}
	resource "echo" "x" {}
`

// Each run gets a token of its own with what was asked for, and leaves none behind.
func TestAccAccessToken(t *testing.T) {
	t.Parallel()
	m := acctest.Start(t, directory())
	acctest.Test(t, resource.TestCase{
		TerraformVersionChecks: knowsEphemeral, ProtoV6ProviderFactories: withEcho(),
		Steps: []resource.TestStep{{
			Config: m.Provider() + echo + `
			ephemeral "appaccess_venafi_access_token" "x" {
			  client_id = "MyIntegration"
			  scope     = "certificate:manage"
			}`,
			ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectKnownValue("echo.x", tfjsonpath.New("data"), knownvalue.ObjectExact(map[string]knownvalue.Check{
					"client_id": knownvalue.StringExact("MyIntegration"), "scope": knownvalue.StringExact("certificate:manage"),
					"access_token": knownvalue.StringRegexp(regexp.MustCompile(`.{10}`)),
					"expires_at":   knownvalue.StringFunc(inTheFuture),
				})),
			},
		}},
	})
	logins, revocations := m.Recorder.Count("AuthorizeOAuth"), m.Recorder.Count("RevokeToken")
	if logins == 0 || logins != revocations {
		t.Errorf("%d logins and %d revocations", logins, revocations)
	}
	if n := m.Venafi.LiveTokens(); n != 0 {
		t.Errorf("%d tokens are still valid", n)
	}
	for _, e := range m.Recorder.All() {
		if e.Operation == "AuthorizeOAuth" && !strings.Contains(string(e.Body), `"client_id":"MyIntegration"`) {
			t.Errorf("a login for somebody else: %s", e.Path)
		}
	}
}

func inTheFuture(text string) error {
	at, err := time.Parse(time.RFC3339, text)
	if err == nil && (time.Until(at) <= 0 || at.Location() != time.UTC) {
		return &time.ParseError{Message: " is not in the future, in UTC", Value: text}
	}
	return err
}

// Left out, the arguments are the provider's, and stay null; a server that doesn't say when the
// token ends isn't guessed for.
func TestAccAccessToken_defaults(t *testing.T) {
	t.Parallel()
	m := acctest.Start(t, directory())
	m.Venafi.SetSwitches(mock.Switches{ExpiresIn: "absent", Expires: "absent"})
	acctest.Test(t, resource.TestCase{
		TerraformVersionChecks: knowsEphemeral, ProtoV6ProviderFactories: withEcho(),
		Steps: []resource.TestStep{{
			Config: m.Provider() + echo + `ephemeral "appaccess_venafi_access_token" "x" {}`,
			ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectKnownValue("echo.x", tfjsonpath.New("data"), knownvalue.ObjectPartial(map[string]knownvalue.Check{
					"client_id": knownvalue.Null(), "scope": knownvalue.Null(), "expires_at": knownvalue.Null(),
				})),
			},
		}},
	})
	for _, e := range m.Recorder.All() {
		if e.Operation == "AuthorizeOAuth" && !strings.Contains(string(e.Body), `"client_id":"`+acctest.VenafiClientID+`"`) {
			t.Errorf("a login for somebody else: %s", e.Path)
		}
	}
}

func TestAccAccessToken_errors(t *testing.T) {
	t.Parallel()
	m := acctest.Start(t, directory())
	token, err := m.Venafi.IssueToken(acctest.VenafiClientID, acctest.VenafiIdentity, "admin")
	if err != nil {
		t.Fatal(err)
	}
	ready := `
		provider "appaccess" {
		  venafi {
		    url          = "` + m.URL + `"
		    access_token = "` + token + `"
		  }
		}`
	acctest.Test(t, resource.TestCase{
		TerraformVersionChecks: knowsEphemeral, ProtoV6ProviderFactories: withEcho(),
		Steps: []resource.TestStep{
			{
				Config:      m.Provider() + echo + `ephemeral "appaccess_venafi_access_token" "x" { client_id = "unheard-of" }`,
				ExpectError: regexp.MustCompile(`(?s)Unable to get an access token.*client_id`),
			},
			{
				Config:      ready + echo + `ephemeral "appaccess_venafi_access_token" "x" {}`,
				ExpectError: regexp.MustCompile(`(?s)access_token.*(username|login)`),
			},
			{
				Config:      m.Provider() + echo + `ephemeral "appaccess_venafi_access_token" "x" { scope = "" }`,
				ExpectError: regexp.MustCompile(`(?s)scope`),
			},
			{Config: m.Provider()},
		},
	})
}

// A token that the server doesn't revoke is a warning: what the run did is done. Nothing of the
// token is in state, plan or log.
func TestAccAccessToken_notRevoked(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]wire.Fault{
		"202": {Operation: "RevokeToken", Kind: wire.Status, Status: http.StatusAccepted},
		"500": {Operation: "RevokeToken", Kind: wire.ServerError},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := acctest.Start(t, directory())
			m.Faults.Add(fault)
			cli := ephemeralCLI(t, m)
			report := cli.JSON("apply", "-auto-approve")
			if len(report.Errors) > 0 {
				t.Fatalf("%+v", report.Errors)
			}
			var warned bool
			for _, w := range report.Warnings {
				warned = warned || w.Summary == "The access token may still be valid" && strings.Contains(w.Detail, "RevokeToken")
			}
			if !warned {
				t.Errorf("no warning: %+v", report.Warnings)
			}
		})
	}
}

// A token that has ended before its time needs no revocation, and no warning.
func TestAccAccessToken_endedAlready(t *testing.T) {
	t.Parallel()
	m := acctest.Start(t, directory())
	m.Faults.Add(wire.Fault{Operation: "RevokeToken", Kind: mock.FaultTokenExpired})
	cli := ephemeralCLI(t, m)
	if report := cli.JSON("apply", "-auto-approve"); len(report.Errors)+len(report.Warnings) > 0 {
		t.Errorf("%+v %+v", report.Errors, report.Warnings)
	}
}

func ephemeralCLI(t *testing.T, m *acctest.Mock) *acctest.CLI {
	t.Helper()
	cli := acctest.NewCLI(t, func() tfprotov6.ProviderServer {
		return providerserver.NewProtocol6(provider.New("test", provider.WithRetryWait(acctest.RetryWait))())()
	})
	cli.Write("main.tf", m.Provider()+`
		ephemeral "appaccess_venafi_access_token" "x" {}
		resource "terraform_data" "x" {
		  input = "something to do"
		}`)
	return cli
}

func TestAccAccessToken_isNotStored(t *testing.T) {
	t.Parallel()
	m := acctest.Start(t, directory())
	cli := ephemeralCLI(t, m)
	plan := cli.Plan()
	apply := cli.Apply()
	state, err := os.ReadFile(filepath.Join(cli.Dir(), "terraform.tfstate"))
	if err != nil {
		t.Fatal(err)
	}
	shown := cli.Run("show", "-json", "plan.tfplan").Output + plan.Output + apply.Output + string(state)
	n := 0
	for _, e := range m.Recorder.All() {
		if e.Operation != "RevokeToken" {
			continue
		}
		n++
		if token := strings.TrimPrefix(e.Header.Get("Authorization"), "Bearer "); strings.Contains(shown, token) || len(token) < 10 {
			t.Errorf("the token %q is in state, plan or output", token)
		}
	}
	if logins := m.Recorder.Count("AuthorizeOAuth"); n == 0 || n != logins {
		t.Errorf("%d tokens were revoked, and %d were got", n, logins)
	}
}
