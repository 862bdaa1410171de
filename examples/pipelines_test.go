// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package examples_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/gohcl"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"gopkg.in/yaml.v3"

	"github.com/appaccess/terraform-provider-appaccess/internal/acctest"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/huaweicloud"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/venafi"
	"github.com/appaccess/terraform-provider-appaccess/internal/provider"
)

// grants are what the pipelines apply: something of each service.
const grants = `
resource "appaccess_huaweicloud_app_authorization_set" "cad" {
  app_ids = ["3f791197-d166-4c8e-81e4-38c40ffc1989"]
  users   = { "local.com" = { zhangsan = "LOCAL" } }
}
resource "appaccess_enos_app_data_authorization" "portal" {
  app_id               = "66666666-7777-8888-9999-000000000000"
  data_authorize_types = ["USER"]
}
resource "appaccess_venafi_oauth_role_grant" "maintainer" {
  role           = "application_maintainer"
  application_id = "MyIntegration"
  grantee        = "local:{5be5a591-c842-4520-9142-b455f4ad2286}"
}
`

// pipeline is a platform that gives a job an identity, and the services that know it.
type pipeline struct {
	t    *testing.T
	mock *acctest.Mock
	cli  *acctest.CLI
	dir  string // in the place of /tmp
	env  map[string]string
	// tokens are the job's, by audience.
	tokens map[string]string
}

func newPipeline(t *testing.T) *pipeline {
	t.Helper()
	p := &pipeline{t: t, mock: acctest.StartDemo(t), dir: t.TempDir(), env: map[string]string{}}
	demo := p.mock.DemoEnvironment()
	sign := func(audience string) string {
		return venafi.SignJWT("demo-gitlab-secret", map[string]any{
			"iss": "https://gitlab.example.com", "aud": audience, "sub": "project_path:group/access", "exp": time.Now().Add(time.Minute).Unix(),
		})
	}
	p.tokens = map[string]string{"huaweicloud": sign("huaweicloud"), "venafi": sign("venafi")}
	p.mock.Huaweicloud.SetIdentities(huaweicloud.Identities{
		Agencies:  []huaweicloud.Agency{{Name: "access", DomainName: "corp", DomainID: "d0", TrustedBy: []string{"*"}}},
		Providers: []huaweicloud.IdentityProvider{{ID: "pipelines", Tokens: []string{p.tokens["huaweicloud"]}}},
	})
	if err := p.mock.Venafi.Update(func(seed venafi.Seed) (venafi.Seed, error) {
		seed.JwtMappings = append(seed.JwtMappings, venafi.JwtMapping{
			Name: "access", IssuerURI: "https://gitlab.example.com", PurposeField: "aud", PurposeMatch: "venafi", IDField: "sub",
			IDMatch: "^project_path:group/access$", Grantee: seed.Identities[0].PrefixedUniversal(), HS256Secret: "demo-gitlab-secret",
		})
		return seed, nil
	}); err != nil {
		t.Fatal(err)
	}
	// The variables that people set, whatever the platform.
	for _, name := range []string{"HW_REGION_NAME", "HW_WORKSPACE_ENDPOINT", "HW_IAM_ENDPOINT", "ENOS_GATEWAY_URL", "ENOS_ORG_ID", "ENOS_ACCESS_KEY", "ENOS_SECRET_KEY", "VENAFI_URL", "VENAFI_CLIENT_ID"} {
		p.env[name] = demo[name]
	}
	maps.Copy(p.env, map[string]string{
		"HW_PROJECT_ID": acctest.ProjectID, "HW_ASSUME_ROLE_IDP_ID": "pipelines", "HW_ASSUME_ROLE_AGENCY_NAME": "access", "HW_ASSUME_ROLE_DOMAIN_ID": "d0",
		"PLAN_KEY": "a-key-for-plans-of-the-test",
	})
	p.cli = acctest.NewCLI(t, func() tfprotov6.ProviderServer {
		server, err := acctest.Providers(provider.WithEnvironment(func(name string) string { return p.env[name] }))["appaccess"]()
		if err != nil {
			t.Error(err)
		}
		return server
	})
	p.cli.Write("main.tf", grants)
	p.cli.Write("access.jq", read(t, "policy/access.jq"))
	return p
}

// runs runs a script of a job, and returns what the job's log shows: nobody by name.
func (p *pipeline) runs(code int, script string) string {
	p.t.Helper()
	for name, value := range p.env {
		p.cli.Setenv(name, value)
	}
	r := p.cli.Shell(strings.ReplaceAll(script, "/tmp/", p.dir+"/"))
	if r.Code != code {
		p.t.Fatalf("%s\nended with %d, not %d:\n%s", script, r.Code, code, r.Output)
	}
	for _, name := range []string{"zhangsan", "5be5a591"} {
		if strings.Contains(r.Output, name) {
			p.t.Errorf("the log names people:\n%s", r.Output)
		}
	}
	return r.Output
}

// granted tells whether what the configuration grants is there.
func (p *pipeline) granted() bool {
	_, ok := p.mock.Snapshot().Huaweicloud.Apps["3f791197-d166-4c8e-81e4-38c40ffc1989"].Users["local.com"]["zhangsan"]
	return ok && p.mock.Venafi.Holds("local:{5be5a591-c842-4520-9142-b455f4ad2286}", venafi.Maintainer, "MyIntegration")
}

// drifts has somebody take access away behind Terraform's back.
func (p *pipeline) drifts() {
	p.t.Helper()
	if err := p.mock.Huaweicloud.Revoke("3f791197-d166-4c8e-81e4-38c40ffc1989", huaweicloud.Account{Domain: "local.com", Name: "zhangsan"}); err != nil {
		p.t.Fatal(err)
	}
}

// The guide shows the pipelines as they are tested.
func TestGuide_pipelinesAreThoseOfTheExamples(t *testing.T) {
	t.Parallel()
	guide := read(t, "../templates/guides/credentials.md")
	for file, language := range map[string]string{"github-actions.yml": "yaml", "gitlab-ci.yml": "yaml", "hcp-terraform.tf": "terraform"} {
		if !strings.Contains(guide, "```"+language+"\n"+read(t, "pipelines/"+file)+"```") {
			t.Errorf("the guide shows another %s", file)
		}
	}
}

// From nothing to an apply, and a night with drift, with the commands of the workflow.
func TestGuide_githubActions(t *testing.T) {
	t.Parallel()
	var workflow struct {
		Jobs map[string]struct {
			Env   map[string]string
			Steps []struct{ Name, Run string }
		}
	}
	if err := yaml.Unmarshal([]byte(read(t, "pipelines/github-actions.yml")), &workflow); err != nil {
		t.Fatal(err)
	}
	p := newPipeline(t)
	// What GitHub gives to a job that may ask for its token.
	platform := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "bearer of-the-runner" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		_ = json.NewEncoder(w).Encode(map[string]string{"value": p.tokens[r.URL.Query().Get("audience")]})
	}))
	t.Cleanup(platform.Close)
	p.env["ACTIONS_ID_TOKEN_REQUEST_TOKEN"], p.env["ACTIONS_ID_TOKEN_REQUEST_URL"] = "of-the-runner", platform.URL+"/?api-version=2.0"
	p.env["GITHUB_OUTPUT"] = filepath.Join(p.dir, "output")

	job := func(name string, codes map[string]int) (log, output string) {
		t.Helper()
		_ = os.Remove(p.env["GITHUB_OUTPUT"])
		for variable, value := range workflow.Jobs[name].Env {
			if !strings.Contains(value, "${{") {
				p.env[variable] = strings.ReplaceAll(value, "/tmp/", p.dir+"/")
			} else if p.env[variable] == "" {
				t.Errorf("%s: nothing tells what %s is", name, variable)
			}
		}
		ran := 0
		for _, step := range workflow.Jobs[name].Steps {
			if code, listed := codes[step.Name]; step.Run != "" && listed {
				ran++
				log += p.runs(code, step.Run)
			}
		}
		if ran != len(codes) {
			t.Fatalf("%s has not the steps %v", name, codes)
		}
		text, _ := os.ReadFile(p.env["GITHUB_OUTPUT"])
		return log, string(text)
	}
	log, output := job("plan", map[string]int{"Log in": 0, "Plan": 0})
	if output != "changes=yes\n" || !strings.Contains(log, "appaccess_huaweicloud_app_authorization_set.cad: 1 gain, 0 lose access") || p.granted() {
		t.Fatalf("%s\n%s", output, log)
	}
	if err := os.Remove(filepath.Join(p.cli.Dir(), "access.tfplan")); err != nil { // the other job has the encrypted one alone
		t.Fatal(err)
	}
	if log, _ := job("apply", map[string]int{"Log in": 0, "Apply": 0}); !p.granted() || !strings.Contains(log, "3 added") {
		t.Fatal(log)
	}
	if _, output := job("plan", map[string]int{"Log in": 0, "Plan": 0}); output != "changes=no\n" {
		t.Errorf("a plan without changes: %s", output)
	}
	p.drifts()
	if log, output := job("plan", map[string]int{"Log in": 0, "Plan": 0, "Drift": 1}); output != "changes=yes\n" || !strings.Contains(log, "differs") {
		t.Errorf("%s\n%s", output, log)
	}
	p.tokens["huaweicloud"] = p.tokens["venafi"] // of another audience
	if log, _ := job("plan", map[string]int{"Log in": 0, "Plan": 1}); !strings.Contains(log, "id_token_file") {
		t.Errorf("a refused login: %s", log)
	}
}

// gitlabJob has the keywords of a job that the pipeline uses, as GitLab documents them.
type gitlabJob struct {
	Extends, Stage string
	Tokens         map[string]struct{ Aud string } `yaml:"id_tokens"`
	Environment    struct{ Name, Action string }
	ResourceGroup  string `yaml:"resource_group"`
	Rules          []struct{ If, When string }
	Needs, Script  []string
	Artifacts      struct {
		Access   string
		ExpireIn string `yaml:"expire_in"`
		Paths    []string
	}
}

// gitlabPipeline has those of a pipeline. What is none of them is a job.
type gitlabPipeline struct {
	Stages  []string
	Default struct {
		Image struct {
			Name       string
			Entrypoint []string
		}
		BeforeScript []string `yaml:"before_script"`
	}
	Variables map[string]string
	Jobs      map[string]gitlabJob `yaml:",inline"`
}

// readGitlab reads a pipeline. A keyword that is none, a value of another type, or the name of what
// is not there is an error.
func readGitlab(text string) (gitlabPipeline, error) {
	var p gitlabPipeline
	decoder := yaml.NewDecoder(strings.NewReader(text))
	decoder.KnownFields(true)
	if err := decoder.Decode(&p); err != nil {
		return p, err
	}
	for name, job := range p.Jobs {
		_, extends := p.Jobs[job.Extends]
		missing := slices.DeleteFunc(slices.Clone(job.Needs), func(other string) bool { return p.Jobs[other].Script != nil })
		switch hidden := strings.HasPrefix(name, "."); {
		case job.Extends != "" && !extends, len(missing) > 0:
			return p, fmt.Errorf("%s names a job that is not there: %q, %q", name, job.Extends, missing)
		case !hidden && (len(job.Script) == 0 || !slices.Contains(p.Stages, job.Stage)):
			return p, fmt.Errorf("%s has no script, or a stage that is not there: %q", name, job.Stage)
		case !slices.Contains([]string{"", "start", "prepare", "stop", "verify", "access"}, job.Environment.Action):
			return p, fmt.Errorf("%s: an environment has no action %q", name, job.Environment.Action)
		case !slices.Contains([]string{"", "all", "developer", "none"}, job.Artifacts.Access):
			return p, fmt.Errorf("%s: artifacts have no access %q", name, job.Artifacts.Access)
		}
		for _, rule := range job.Rules {
			if !slices.Contains([]string{"", "on_success", "on_failure", "always", "manual", "delayed", "never"}, rule.When) {
				return p, fmt.Errorf("%s: a rule has no when %q", name, rule.When)
			}
		}
	}
	return p, nil
}

// The same with GitLab.
func TestGuide_gitlab(t *testing.T) {
	t.Parallel()
	text := read(t, "pipelines/gitlab-ci.yml")
	pipeline, err := readGitlab(text)
	if err != nil {
		t.Fatal(err)
	}
	for right, wrong := range map[string]string{
		"expire_in:": "expires_in:", "action: access": "action: look", "needs: [plan]": "needs: [plans]", "extends: .services": "extends: .service",
		"when: manual": "when: asked", "stage: plan": "stage: build", "stages: [plan, apply]": "stages: plan",
	} {
		if broken := strings.Replace(text, right, wrong, 1); broken == text {
			t.Errorf("the pipeline has no %s", right)
		} else if _, err := readGitlab(broken); err == nil {
			t.Errorf("%s is not found", wrong)
		}
	}
	p := newPipeline(t)
	run := func(name string, code int) string {
		t.Helper()
		job := pipeline.Jobs[name]
		for variable, token := range pipeline.Jobs[job.Extends].Tokens {
			p.env[variable] = p.tokens[token.Aud]
		}
		before := pipeline.Default.BeforeScript[1:] // after installing the tools
		return p.runs(code, strings.Join(slices.Concat(before, job.Script), "\n"))
	}
	if log := run("plan", 0); !strings.Contains(log, "appaccess_huaweicloud_app_authorization_set.cad: 1 gain, 0 lose access") || p.granted() {
		t.Fatal(log)
	}
	if err := os.Remove(filepath.Join(p.cli.Dir(), "access.tfplan")); err != nil {
		t.Fatal(err)
	}
	if log := run("apply", 0); !p.granted() || !strings.Contains(log, "3 added") {
		t.Fatal(log)
	}
	p.env["CI_PIPELINE_SOURCE"] = "schedule"
	run("plan", 0)
	p.drifts()
	if log := run("plan", 1); !strings.Contains(log, "differs") {
		t.Error(log)
	}
}

// On HCP Terraform the platform runs the commands: what is set there is enough for them.
func TestGuide_hcpTerraform(t *testing.T) {
	t.Parallel()
	file, diags := hclparse.NewParser().ParseHCLFile("pipelines/hcp-terraform.tf")
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	content, _, diags := file.Body.PartialContent(&hcl.BodySchema{Blocks: []hcl.BlockHeaderSchema{{Type: "locals"}}})
	if diags.HasErrors() || len(content.Blocks) != 1 {
		t.Fatal(diags)
	}
	var locals struct {
		Environment map[string]string `hcl:"environment"`
	}
	if diags := gohcl.DecodeBody(content.Blocks[0].Body, nil, &locals); diags.HasErrors() {
		t.Fatal(diags)
	}
	p := newPipeline(t)
	for name := range p.env {
		_, set := locals.Environment[name]
		if !set && name != "ENOS_SECRET_KEY" && name != "PLAN_KEY" && !strings.HasSuffix(name, "_ENDPOINT") {
			t.Errorf("%s is set nowhere", name)
		}
	}
	for name, audience := range locals.Environment {
		if tag, ok := strings.CutPrefix(name, "TFC_WORKLOAD_IDENTITY_AUDIENCE_"); ok {
			p.env["TFC_WORKLOAD_IDENTITY_TOKEN_"+tag] = p.tokens[audience] // the platform does that
		} else if p.env[name] == "" {
			t.Errorf("nothing needs %s", name)
		}
	}
	if log := p.runs(0, "terraform plan -out=access.tfplan > /dev/null && terraform apply access.tfplan | grep complete"); !p.granted() {
		t.Error(fmt.Sprint("nothing is granted: ", log))
	}
}
