// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package leaks

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/appaccess/terraform-provider-appaccess/internal/acctest"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

const required = `
terraform {
  required_providers {
    appaccess = { source = "appaccess/appaccess" }
  }
}
`

// everything uses all that the provider has but what is new in Terraform. The variant, a number,
// changes what every resource grants.
const everything = `
variable "variant" { default = 0 }

locals {
  users    = { "local.com" = { "` + account + `-${var.variant}" = "LOCAL" } }
  types    = [["USER"], ["ROLE", "ASSET"], ["MENU_GROUP_OP"]][var.variant % 3]
  somebody = ["GRANTEE1", "GRANTEE2", "GRANTEE3", "GRANTEE4", "GRANTEE5"]
  grantees = { "grantee ${var.variant}" = local.somebody[var.variant % 5] }
}

resource "appaccess_huaweicloud_app_authorization_set" "r" {
  app_ids = ["APPA"]
  users   = local.users
}

resource "appaccess_huaweicloud_app_authorizations_exclusive" "r" {
  app_ids = ["APPB"]
  users   = local.users
}

resource "appaccess_enos_app_data_authorization" "r" {
  app_id               = "ENOSAPP"
  data_authorize_types = local.types
}

resource "appaccess_venafi_oauth_role_grant" "r" {
  role           = "application_owner"
  application_id = "CLIENT"
  grantee        = local.somebody[var.variant % 5]
}

resource "appaccess_venafi_oauth_role_grant_set" "r" {
  role           = "application_maintainer"
  application_id = "CLIENT"
  grantees       = local.grantees
}

resource "appaccess_venafi_oauth_role_grants_exclusive" "r" {
  role     = "auditor"
  grantees = local.grantees
}

resource "appaccess_venafi_oauth_application" "r" {
  application_id = "leaks-pipeline"
  name           = "Pipeline ${var.variant}"
  vendor         = "Example"
  description    = "Leaks"
  url            = "https://ci.example.com"
  scope          = "certificate:discover"
  maximum_scope  = "certificate:discover"

  access_validity   = "2160h"
  grant_validity    = "8760h"
  unused_expiration = "720h"
  renewable         = true
}

resource "appaccess_venafi_oauth_jwt_mapping" "r" {
  name          = "leaks"
  issuer_uri    = "https://ci${var.variant}.example.com"
  purpose_field = "aud"
  purpose_match = "tpp"
  id_field      = "sub"
  id_match      = "leaks"
  grantee       = local.somebody[var.variant % 5]
}

resource "appaccess_venafi_oauth_access_set" "r" {
  application_id = "leaks-third"
  maximum_scope  = "certificate:discover"
  trustees       = local.grantees
}

resource "appaccess_venafi_oauth_access_exclusive" "r" {
  application_id = "leaks-other"
  maximum_scope  = "certificate:discover"
  trustees       = local.grantees
}

data "appaccess_venafi_oauth_applications" "d" {}

data "appaccess_venafi_oauth_rules" "d" {
  application_id = "CLIENT"
}

data "appaccess_huaweicloud_apps" "d" {}

data "appaccess_huaweicloud_app" "d" {
  id = "APPA"
}

data "appaccess_huaweicloud_app_authorizations" "d" {
  app_id = "APPA"
}

data "appaccess_enos_app" "d" {
  app_id = "ENOSAPP"
}

data "appaccess_venafi_identity" "d" {
  name = "local:somebody1"
}

data "appaccess_venafi_oauth_roles" "d" {}

output "domains" {
  value = provider::appaccess::accounts_by_domain([{ account = "lisi", domain = "local.com", platform_type = "LOCAL" }])
}

output "universal" {
  value = provider::appaccess::parse_prefixed_universal("GRANTEE1").universal
}

output "data" {
  value = [data.appaccess_huaweicloud_apps.d, data.appaccess_huaweicloud_app_authorizations.d, data.appaccess_enos_app.d,
    data.appaccess_venafi_identity.d, data.appaccess_venafi_oauth_roles.d]
}
`

func (s *services) fill(text string) string {
	names := []string{"APPA", appA, "APPB", appB, "ENOSAPP", enosApp, "CLIENT", clientID, "HTTP_URL", s.http, "TLS_URL", s.tls}
	for n := range 6 {
		names = append(names, "GRANTEE"+strconv.Itoa(n), grantee(n))
	}
	return strings.NewReplacer(names...).Replace(text)
}

// fromEnvironment is a provider block that leaves the credentials to the environment. Nothing is
// repeated: failures are what is looked at.
const fromEnvironment = `
provider "appaccess" {
  huaweicloud {
    workspace_endpoint  = "HTTP_URL"
    iam_endpoint        = "HTTP_URL"
    max_retries         = 0
    requests_per_minute {
      read = 0
      write = 0
    }
  }
  enos {
    gateway_url = "HTTP_URL"
    max_retries = 0
  }
  venafi {
    max_retries    = 0
    ca_certificate = file("${path.module}/ca.pem")
  }
}
`

// environment are the credentials of all services, for one kind of login of Venafi.
func (s *services) environment(kind string) map[string]string {
	env := map[string]string{
		"HW_REGION_NAME": region, "HW_ACCESS_KEY": s.given.accessKey, "HW_SECRET_KEY": s.given.secretKey, "HW_SECURITY_TOKEN": "",
		"ENOS_ACCESS_KEY": s.given.enosKey, "ENOS_SECRET_KEY": s.given.enosSecret, "ENOS_ORG_ID": orgID,
		"VENAFI_URL": s.tls, "VENAFI_CLIENT_ID": clientID, "VENAFI_USER": "", "VENAFI_PASS": "", "VENAFI_JWT": "", "VENAFI_TOKEN": "",
		"VENAFI_CLIENT_CERTIFICATE": "", "VENAFI_CLIENT_KEY": "",
	}
	knows := ""
	switch kind {
	case "password", "temporary keys":
		env["VENAFI_USER"], env["VENAFI_PASS"], knows = s.given.user, s.given.password, s.given.password
	case "jwt":
		env["VENAFI_JWT"], knows = s.given.jwt, s.given.jwt
	case "certificate":
		env["VENAFI_CLIENT_CERTIFICATE"], env["VENAFI_CLIENT_KEY"] = s.given.certificate, s.given.key
	case "token", "metadata":
		env["VENAFI_TOKEN"], knows = s.given.accessToken, s.given.accessToken
	case "profile":
		env["VENAFI_JWT_FILE"], knows = s.file("jwt", s.given.jwt), s.given.jwt
		env["HW_SHARED_CONFIG_FILE"], env["HW_PROFILE"] = s.file("profiles.json", s.given.profiles), "agency"
	case "id token":
		env["VENAFI_CLIENT_CERTIFICATE"], env["VENAFI_CLIENT_KEY"], env["VENAFI_CLIENT_KEY_PASSWORD"] = s.given.certificate, s.given.encryptedKey, s.given.keyPassword
		env["HW_ASSUME_ROLE_IDP_ID"], env["HW_ASSUME_ROLE_ID_TOKEN"] = "gitlab", s.given.idToken
		env["HW_ASSUME_ROLE_AGENCY_NAME"], env["HW_ASSUME_ROLE_DOMAIN_ID"] = "operators", "d0"
	}
	switch kind {
	case "metadata", "profile", "id token":
		env["HW_ACCESS_KEY"], env["HW_SECRET_KEY"], env["HOME"] = "", "", s.t.TempDir()
	case "jwt", "certificate", "token", "temporary keys":
		env["HW_ACCESS_KEY"], env["HW_SECRET_KEY"], env["HW_SECURITY_TOKEN"] = s.given.temporaryKey, s.given.temporarySecret, s.given.securityToken
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.venafiKnows = knows
	return env
}

// A life of everything with a real terraform at its most talkative: nothing that it leaves behind
// holds a secret, not even the stacks of a provider that dies.
func TestLife(t *testing.T) {
	t.Parallel()
	s := start(t)
	p := newProject(t, s, map[string]string{"main.tf": required + s.fill(fromEnvironment+everything)})
	p.setenv(s.environment("password"))
	p.must("init")
	p.covers()
	// The provider ends its own token when its run ends, and a server that is slow to end it holds
	// nobody up.
	s.backend.Faults.Add(wire.Fault{Operation: "RevokeToken", Kind: wire.Slow, Delay: 2 * time.Minute, Times: 1})
	began := time.Now()
	p.must("plan", "-out=first.tfplan")
	if took := time.Since(began); took > time.Minute {
		t.Errorf("a plan took %s", took)
	}
	p.must("show", "-json", "first.tfplan")
	p.must("apply", "first.tfplan")
	// Who loses the access has a token, and the plan says so: the list of grants holds it.
	if _, err := s.backend.Venafi.IssueToken(thirdID, grantee(1), "certificate:discover"); err != nil {
		t.Fatal(err)
	}
	p.must("apply", "-auto-approve", "-json", "-var=variant=1")
	if names := s.secrets.Names(); !slices.Contains(names, "AccessToken of the answer to a list of grants") || !slices.Contains(names, "RefreshToken of the answer to a list of grants") {
		t.Errorf("the tokens of a grant were not learnt: %q", names)
	}
	if n := s.backend.Venafi.LiveTokens(); n != 1 {
		t.Errorf("%d tokens are alive, want that of somebody else: the others outlive the runs that got them", n)
	}
	p.must("state", "pull")
	p.must("output", "-json")
	p.crash()
	p.must("apply", "-auto-approve", "-refresh-only") // what the process that died had sent may still arrive
	p.must("apply", "-auto-approve", "-destroy")
	p.viaProxy("http://user:"+s.given.proxyPass+"@%zz", "service.example.com")
	p.viaProxy("http://user:"+s.given.proxyPass+"@127.0.0.1:1", "proxyconnect")
	p.checkSecrets(map[string]string{
		"first.tfplan!tfplan": account, "terraform.tfstate.backup": account, "said/003-plan.txt": "answered", "said/004-show.txt": account,
		"said/005-apply.txt": "provider.terraform-provider-appaccess", "said/006-apply.txt": "1 live grant, until",
	})
	logged := p.logged()
	for operation := range s.backend.Recorder.Counts() {
		if operation == "RevokeToken" {
			continue // the provider ends its own token when its server has ended, and nobody listens any more
		}
		if !logged[operation] {
			t.Errorf("the log tells nothing of %s: it was not at TRACE", operation)
		}
	}
	s.learntAll(t)
}

// viaProxy plans by way of a proxy that is not there. A process knows one proxy, so this takes one
// of its own.
func (p *project) viaProxy(proxy, reason string) {
	p.t.Helper()
	p.setenv(map[string]string{"VENAFI_URL": "https://service.example.com", "HTTPS_PROXY": proxy, "NO_PROXY": ""})
	p.fails([]string{reason}, "plan", "-json")
}

// learntAll makes sure that the wiretap heard what it had to, and that it knows how signatures are
// made.
func (s *services) learntAll(t *testing.T) {
	t.Helper()
	names := s.secrets.Names()
	for _, name := range []string{
		"a signature of Huawei Cloud", "a signature of EnOS", "the header Apim-Accesstoken", "the encryption of", "the private key", "the header Authorization",
	} {
		if !slices.ContainsFunc(names, func(n string) bool { return strings.HasPrefix(n, name) }) {
			t.Errorf("nothing was learnt of %s", name)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.checked < 20 {
		t.Errorf("only %d signatures follow from the inputs that were searched for", s.checked)
	}
}

// logIn gets a token as people get one to hand it to the provider.
func (s *services) logIn() {
	s.t.Helper()
	body := fmt.Sprintf(`{"client_id":%q,"scope":"admin;configuration","username":"leaks","password":"%s"}`, clientID, acctest.InJSON(s.given.password, false))
	answer := s.post("/vedauth/authorize/oauth", body)
	if err := json.Unmarshal(answer, &struct {
		Token *string `json:"access_token"`
	}{&s.given.accessToken}); err != nil || s.given.accessToken == "" {
		s.t.Fatalf("%v: %s", err, answer)
	}
}

// covers makes sure that what the provider has is used here: what is new has to come here too.
func (p *project) covers() {
	p.t.Helper()
	p.env["TF_LOG"] = ""
	text := p.must("providers", "schema", "-json")
	p.env["TF_LOG"] = "TRACE"
	var schemas struct {
		Providers map[string]struct {
			Resources map[string]any `json:"resource_schemas"`
			Data      map[string]any `json:"data_source_schemas"`
			Ephemeral map[string]any `json:"ephemeral_resource_schemas"`
			Functions map[string]any `json:"functions"`
		} `json:"provider_schemas"`
	}
	if err := json.Unmarshal([]byte(text[strings.Index(text, "{"):]), &schemas); err != nil {
		p.t.Fatal(err)
	}
	used := everything + ephemeral
	n := 0
	for _, provider := range schemas.Providers {
		for kind, names := range map[string]map[string]any{"resource": provider.Resources, "data": provider.Data, "ephemeral": provider.Ephemeral, "function": provider.Functions} {
			for name := range names {
				n++
				block := fmt.Sprintf("%s %q", kind, name)
				if kind == "function" {
					block = "provider::appaccess::" + name
				}
				if !strings.Contains(used, block) {
					p.t.Errorf("%s is not used in this test", block)
				}
			}
		}
	}
	if n < 13 {
		p.t.Errorf("the provider has only %d things", n)
	}
}

// crash has the provider print the stacks of all its goroutines while it waits for the answers to
// its writes, and die.
func (p *project) crash() {
	p.t.Helper()
	hold, held := make(chan struct{}), make(chan struct{}, 1)
	p.s.mu.Lock()
	p.s.hold, p.s.held = hold, held
	p.s.mu.Unlock()
	c := p.start("apply", "-auto-approve", "-var=variant=2")
	select {
	case <-held:
	case <-time.After(time.Minute):
		p.t.Error("no write came")
	}
	killed := 0
	for _, pid := range children(p.t, c.Process.Pid) {
		if process, err := os.FindProcess(pid); err == nil && process.Signal(syscall.SIGABRT) == nil {
			killed++
		}
	}
	if killed == 0 {
		p.t.Error("no provider was found")
	}
	p.s.mu.Lock()
	p.s.hold = nil
	p.s.mu.Unlock()
	time.AfterFunc(time.Second, func() { close(hold) })
	code, _ := p.end(c)
	dump := ""
	eachFile(p.t, p.dir, func(name string, data []byte) {
		if strings.HasPrefix(name, "said/"+c.name) {
			dump += string(data)
		}
	})
	if code == 0 || !strings.Contains(dump, "SIGABRT") || !strings.Contains(dump, "goroutine ") || !strings.Contains(dump, "rest.(*call)") {
		p.t.Errorf("exit code %d, and no stacks of a provider that waits for an answer", code)
	}
}

// children gives the processes that a process has started.
func children(t testing.TB, parent int) []int {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "ps", "-A", "-o", "pid=,ppid=").Output()
	if err != nil {
		t.Fatal(err)
	}
	var pids []int
	for line := range strings.Lines(string(out)) {
		var pid, ppid int
		if _, err := fmt.Sscan(line, &pid, &ppid); err == nil && ppid == parent {
			pids = append(pids, pid)
		}
	}
	return pids
}
