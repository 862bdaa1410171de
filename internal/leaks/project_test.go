// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package leaks

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/go-version"

	"github.com/appaccess/terraform-provider-appaccess/internal/acctest"
)

var scratch string

func TestMain(m *testing.M) {
	code := func() int {
		var err error
		if scratch, err = os.MkdirTemp("", "leaks"); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(scratch)
		return m.Run()
	}()
	os.Exit(code)
}

// mirror is a folder from which terraform installs the provider as users get it, built once.
var mirror = sync.OnceValues(func() (string, error) {
	dir := filepath.Join(scratch, "mirror")
	var first string
	for _, host := range []string{"registry.terraform.io", "registry.opentofu.org"} {
		path := filepath.Join(dir, host, "appaccess", "appaccess", "0.0.1", runtime.GOOS+"_"+runtime.GOARCH, "terraform-provider-appaccess_v0.0.1")
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return "", err
		}
		if first != "" {
			if err := os.Link(first, path); err != nil {
				return "", err
			}
			continue
		}
		cmd := exec.Command("go", "build", "-o", path, ".")
		cmd.Dir = filepath.Join("..", "..")
		if out, err := cmd.CombinedOutput(); err != nil {
			return "", fmt.Errorf("%w: %s", err, out)
		}
		first = path
	}
	return dir, nil
})

// project is a working directory of a real terraform, or tofu, that logs all it can, and keeps all
// that it says.
type project struct {
	t    testing.TB
	s    *services
	dir  string
	env  map[string]string
	runs int
}

func newProject(t testing.TB, s *services, files map[string]string) *project {
	t.Helper()
	providers, err := mirror()
	if err != nil {
		t.Fatal(err)
	}
	p := &project{t: t, s: s, dir: t.TempDir(), env: map[string]string{}}
	p.write("cli.tfrc", fmt.Sprintf("provider_installation {\n  filesystem_mirror {\n    path = %q\n  }\n}\n", providers))
	p.write("ca.pem", s.given.authority)
	for name, text := range files {
		p.write(name, text)
	}
	for _, variable := range os.Environ() {
		name, value, _ := strings.Cut(variable, "=")
		if !slices.ContainsFunc([]string{"TF_", "HW_", "ENOS_", "VENAFI_"}, func(prefix string) bool { return strings.HasPrefix(name, prefix) }) {
			p.env[name] = value
		}
	}
	p.setenv(map[string]string{
		"TF_CLI_CONFIG_FILE": filepath.Join(p.dir, "cli.tfrc"), "TF_IN_AUTOMATION": "1", "CHECKPOINT_DISABLE": "1", "TF_INPUT": "0",
		"TF_LOG": "TRACE", "TF_LOG_PROVIDER": "TRACE", "GOTRACEBACK": "system",
	})
	return p
}

func (p *project) setenv(env map[string]string) { maps.Copy(p.env, env) }

func (p *project) write(name, text string) {
	p.t.Helper()
	path := filepath.Join(p.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		p.t.Fatal(err)
	}
}

// command is a terraform under way.
type command struct {
	*exec.Cmd
	name   string
	output bytes.Buffer // both streams
}

// start starts a command. Every other one logs into a file, the others to stderr.
func (p *project) start(args ...string) *command {
	p.t.Helper()
	p.runs++
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	p.t.Cleanup(cancel)
	c := &command{Cmd: exec.CommandContext(ctx, acctest.TerraformPath(p.t), args...), name: fmt.Sprintf("%03d-%s", p.runs, args[0])}
	c.Dir = p.dir
	for name, value := range p.env {
		c.Env = append(c.Env, name+"="+value)
	}
	if p.runs%2 == 0 {
		c.Env = append(c.Env, "TF_LOG_PATH="+filepath.Join(p.dir, "said", c.name+".log"))
	}
	if err := os.MkdirAll(filepath.Join(p.dir, "said"), 0o700); err != nil {
		p.t.Fatal(err)
	}
	c.Stdout, c.Stderr = &c.output, &c.output
	if err := c.Start(); err != nil {
		p.t.Fatal(err)
	}
	return c
}

// end waits for a command, keeps what it said, and gives the exit code.
func (p *project) end(c *command) (int, string) {
	p.t.Helper()
	err := c.Wait()
	if exit, ok := errors.AsType[*exec.ExitError](err); err != nil && (!ok || exit.ExitCode() < 0) {
		p.t.Fatalf("%s: %v", c.name, err)
	}
	p.write("said/"+c.name+".txt", c.output.String())
	return c.ProcessState.ExitCode(), c.output.String()
}

func (p *project) run(args ...string) (int, string) {
	p.t.Helper()
	return p.end(p.start(args...))
}

// must runs a command that has to succeed.
func (p *project) must(args ...string) string {
	p.t.Helper()
	code, output := p.run(args...)
	if code != 0 {
		p.t.Fatalf("terraform %s: exit code %d\n%s", strings.Join(args, " "), code, withoutLog(output))
	}
	return output
}

// fails runs a command that has to fail for one of the reasons.
func (p *project) fails(reasons []string, args ...string) {
	p.t.Helper()
	code, output := p.run(args...)
	if code == 0 || !slices.ContainsFunc(reasons, func(reason string) bool { return strings.Contains(unwrapped(output), reason) }) {
		p.t.Errorf("terraform %s: exit code %d, want one of %q\n%s", strings.Join(args, " "), code, reasons, withoutLog(output))
	}
}

// withoutLog leaves the log out of what a person reads of a failed test.
func withoutLog(output string) string {
	var b strings.Builder
	for line := range strings.Lines(output) {
		if !strings.Contains(line, "[TRACE]") && !strings.Contains(line, "[DEBUG]") && !strings.Contains(line, "[INFO]") {
			b.WriteString(line)
		}
	}
	return b.String()
}

// unwrapped puts the lines of messages together again.
func unwrapped(output string) string {
	return strings.Join(strings.Fields(strings.NewReplacer("│", " ", "╷", " ", "╵", " ").Replace(output)), " ")
}

// checkSecrets searches all that was written. The search must have had something to search:
// controls are texts that are no secret, by the beginning of the name of files in which they must
// be found.
func (p *project) checkSecrets(controls map[string]string) {
	p.t.Helper()
	found, files := below(p.t, p.s.secrets.Searcher(), p.dir)
	for _, name := range slices.Sorted(maps.Keys(found)) {
		p.t.Errorf("%s holds\n  %s", name, strings.Join(found[name], "\n  "))
	}
	if files < p.runs {
		p.t.Errorf("only %d files were searched after %d commands", files, p.runs)
	}
	for file, control := range controls {
		seen := false
		eachFile(p.t, p.dir, func(name string, data []byte) {
			seen = seen || strings.HasPrefix(name, file) && bytes.Contains(data, []byte(control))
		})
		if !seen {
			p.t.Errorf("no file %s* holds %q, so that nothing is proved of it", file, control)
		}
	}
}

// logged gives the operations that the log of the provider tells of.
func (p *project) logged() map[string]bool {
	operations := map[string]bool{}
	eachFile(p.t, filepath.Join(p.dir, "said"), func(_ string, data []byte) {
		for line := range strings.Lines(string(data)) {
			if !strings.Contains(line, "answered") {
				continue
			}
			if _, operation, ok := strings.Cut(line, "operation="); ok {
				operation, _, _ = strings.Cut(operation, " ")
				operations[strings.TrimSpace(operation)] = true
			}
		}
	})
	return operations
}

var versionPattern = regexp.MustCompile(`(?m)^(Terraform|OpenTofu) v(\S+)`)

// atLeast tells whether what runs here is as new as a version of Terraform, or of OpenTofu.
func (p *project) atLeast(terraform, tofu string) bool {
	p.t.Helper()
	is := versionPattern.FindStringSubmatch(p.must("version"))
	if is == nil {
		p.t.Fatal("terraform does not say its version")
	}
	least := map[string]string{"Terraform": terraform, "OpenTofu": tofu}[is[1]]
	return version.Must(version.NewVersion(is[2])).GreaterThanOrEqual(version.Must(version.NewVersion(least)))
}
