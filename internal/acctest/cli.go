// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package acctest

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6/tf6server"
)

// registries are the hosts under which Terraform and OpenTofu look for providers.
var registries = []string{"registry.terraform.io", "registry.opentofu.org"}

// CLI is a working directory of the real terraform, or tofu, whose provider runs in this process.
// It is for tests that assert on what a person reads; what can be said with plan and state checks
// is better said with Steps.
type CLI struct {
	t      testing.TB
	dir    string
	env    []string
	files  map[string]string // of a Terraform that this process plays, and so is played
	played *player
}

// NewCLI serves the provider until the test ends, and initializes an empty working directory.
func NewCLI(t *testing.T, server func() tfprotov6.ProviderServer) *CLI {
	t.Helper()
	return NewCLIOf(t, map[string]func() tfprotov6.ProviderServer{"appaccess": server})
}

// attached is a provider that Terraform finds running, in the form of TF_REATTACH_PROVIDERS.
type attached struct {
	Protocol             string
	ProtocolVersion, Pid int
	Test                 bool
	Addr                 struct{ Network, String string }
}

// NewCLIOf is NewCLI with any number of providers, by their names in required_providers: each has
// an environment of its own.
func NewCLIOf(t *testing.T, servers map[string]func() tfprotov6.ProviderServer) *CLI {
	t.Helper()
	providers, required := map[string]attached{}, ""
	for name, server := range servers {
		running := serve(t, server)
		for _, registry := range registries {
			providers[registry+"/appaccess/"+name] = running
		}
		required += fmt.Sprintf("    %[1]s = { source = \"appaccess/%[1]s\" }\n", name)
	}
	text, err := json.Marshal(providers)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	empty := filepath.Join(dir, "cli.tfrc")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	c := &CLI{t: t, dir: dir, env: append(os.Environ(),
		"TF_REATTACH_PROVIDERS="+string(text), "TF_CLI_CONFIG_FILE="+empty, "TF_IN_AUTOMATION=1", "CHECKPOINT_DISABLE=1", "TF_INPUT=0")}
	c.Write("provider.tf", "terraform {\n  required_providers {\n"+required+"  }\n}\n")
	if r := c.Run("init"); r.Code != 0 {
		t.Fatalf("init: %s", r.Output)
	}
	return c
}

// serve serves a provider until the test ends.
func serve(t *testing.T, server func() tfprotov6.ProviderServer) attached {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	reattach, closed := make(chan *plugin.ReattachConfig), make(chan struct{})
	go func() {
		_ = tf6server.Serve(registries[0]+"/appaccess/appaccess", func() tfprotov6.ProviderServer { return Watch(t, server()) }, tf6server.WithDebug(ctx, reattach, closed),
			tf6server.WithLoggingSink(t), tf6server.WithGoPluginLogger(hclog.NewNullLogger()))
	}()
	t.Cleanup(func() {
		stop()
		<-closed
	})
	config := <-reattach
	running := attached{Protocol: string(config.Protocol), ProtocolVersion: config.ProtocolVersion, Pid: config.Pid, Test: config.Test}
	running.Addr.Network, running.Addr.String = config.Addr.Network(), config.Addr.String()
	return running
}

// TerraformPath is the terraform or tofu that the tests run: TF_ACC_TERRAFORM_PATH, or what is on
// the PATH. Without one the test fails: an acceptance test that is skipped proves nothing.
func TerraformPath(t testing.TB) string {
	t.Helper()
	if path := os.Getenv("TF_ACC_TERRAFORM_PATH"); path != "" {
		return path
	}
	for _, name := range []string{"terraform", "tofu"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Fatal("neither terraform nor tofu is on the PATH: `make test` fetches one")
	return ""
}

// Dir is the working directory.
func (c *CLI) Dir() string { return c.dir }

// Setenv sets an environment variable for the commands that follow.
func (c *CLI) Setenv(name, value string) { c.env = append(c.env, name+"="+value) }

// Write puts a file into the working directory.
func (c *CLI) Write(name, text string) {
	c.t.Helper()
	if c.played != nil {
		c.files[name] = text
		return
	}
	if err := os.WriteFile(filepath.Join(c.dir, name), []byte(text), 0o600); err != nil {
		c.t.Fatal(err)
	}
}

// Result is what a command of terraform left behind.
type Result struct {
	Code   int
	Stdout string
	Output string // both streams, as they came
}

// Run runs a command such as "plan". It fails the test only when there is no exit code.
func (c *CLI) Run(args ...string) Result {
	c.t.Helper()
	if c.played != nil {
		return c.played.run(c.files, args).Result
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	return c.run(exec.CommandContext(ctx, TerraformPath(c.t), args...))
}

// Shell runs a script as the runners of pipelines do, with terraform on the PATH.
func (c *CLI) Shell(script string) Result {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	bin := c.t.TempDir()
	if err := os.Symlink(TerraformPath(c.t), filepath.Join(bin, "terraform")); err != nil {
		c.t.Fatal(err)
	}
	cmd := exec.CommandContext(ctx, "bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", script)
	cmd.Env = append(slices.Clone(c.env), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	return c.run(cmd)
}

func (c *CLI) run(cmd *exec.Cmd) Result {
	c.t.Helper()
	cmd.Dir = c.dir
	if cmd.Env == nil {
		cmd.Env = c.env
	}
	var stdout, both bytes.Buffer
	var mu sync.Mutex // the streams are copied side by side
	cmd.Stdout = &tee{&mu, []*bytes.Buffer{&stdout, &both}}
	cmd.Stderr = &tee{&mu, []*bytes.Buffer{&both}}
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		c.t.Fatalf("%s: %v", strings.Join(cmd.Args, " "), err)
	}
	return Result{Code: cmd.ProcessState.ExitCode(), Stdout: stdout.String(), Output: both.String()}
}

type tee struct {
	mu      *sync.Mutex
	buffers []*bytes.Buffer
}

func (t *tee) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, buffer := range t.buffers {
		buffer.Write(p)
	}
	return len(p), nil
}

// Diagnostic is a warning or an error as `-json` shows it.
type Diagnostic struct {
	Severity, Summary, Detail, Address string
	Attribute                          string // the first line of the configuration that it points at
}

// Report is what `-json` says of a plan, an apply or a destroy.
type Report struct {
	Result
	Warnings, Errors []Diagnostic
	// Changes are the planned actions by resource address: create, update, delete, replace.
	Changes map[string]string
}

// JSON runs a command with -json and reads what it says.
func (c *CLI) JSON(args ...string) Report {
	c.t.Helper()
	if c.played != nil {
		return c.played.run(c.files, args)
	}
	args = append([]string{args[0], "-json", "-input=false"}, args[1:]...)
	report := Report{Result: c.Run(args...), Changes: map[string]string{}}
	scanner := bufio.NewScanner(strings.NewReader(report.Stdout))
	scanner.Buffer(nil, 64<<20)
	for scanner.Scan() {
		var line struct {
			Type       string
			Diagnostic struct {
				Diagnostic
				Snippet struct{ Code string }
			}
			Change struct {
				Resource struct{ Addr string }
				Action   string
			}
		}
		if json.Unmarshal(scanner.Bytes(), &line) != nil {
			continue
		}
		switch d := line.Diagnostic.Diagnostic; {
		case line.Type == "planned_change":
			report.Changes[line.Change.Resource.Addr] = line.Change.Action
		case line.Type != "diagnostic":
		case d.Severity == "warning":
			d.Attribute = strings.TrimSpace(line.Diagnostic.Snippet.Code)
			report.Warnings = append(report.Warnings, d)
		default:
			d.Attribute = strings.TrimSpace(line.Diagnostic.Snippet.Code)
			report.Errors = append(report.Errors, d)
		}
	}
	return report
}

// Plan plans into a file that Apply applies.
func (c *CLI) Plan(args ...string) Report {
	c.t.Helper()
	return c.JSON(append([]string{"plan", "-out=plan.tfplan"}, args...)...)
}

// Apply applies the last Plan.
func (c *CLI) Apply() Report {
	c.t.Helper()
	return c.JSON("apply", "plan.tfplan")
}
