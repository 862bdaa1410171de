// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package chaos

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/appaccess/terraform-provider-appaccess/internal/acctest"
	"github.com/appaccess/terraform-provider-appaccess/internal/acctest/core"
)

// scratch is removed when all tests are done.
var scratch string

func TestMain(m *testing.M) {
	code := func() int {
		var err error
		if scratch, err = os.MkdirTemp("", "chaos"); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(scratch)
		return m.Run()
	}()
	os.Exit(code)
}

// binary is the provider as users get it, built once.
var binary = sync.OnceValues(func() (string, error) {
	path := filepath.Join(scratch, "terraform-provider-appaccess")
	cmd := exec.Command("go", "build", "-o", path, ".")
	cmd.Dir = filepath.Join("..", "..")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return path, nil
})

// project is a working directory of a real terraform, or tofu, that runs the provider's binary.
type project struct {
	w   *world
	dir string
	env []string
}

// newProject makes a working directory whose provider block reaches the world's services.
func newProject(w *world, knobs map[string]any) *project {
	w.t.Helper()
	path, err := binary()
	if err != nil {
		w.t.Fatal(err)
	}
	p := &project{w: w, dir: w.t.TempDir()}
	overrides := ""
	for _, address := range []string{"registry.terraform.io/appaccess/appaccess", "registry.opentofu.org/appaccess/appaccess"} {
		overrides += fmt.Sprintf("    %q = %q\n", address, filepath.Dir(path))
	}
	p.write("cli.tfrc", "provider_installation {\n  dev_overrides {\n"+overrides+"  }\n  direct {}\n}\n")
	p.json("provider.tf.json", map[string]any{
		"terraform": map[string]any{"required_providers": map[string]any{"appaccess": map[string]any{"source": "appaccess/appaccess"}}},
		"provider":  map[string]any{"appaccess": w.provider(knobs)},
	})
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "TF_LOG") && !strings.HasPrefix(variable, "HW_") && !strings.HasPrefix(variable, "VENAFI_") {
			p.env = append(p.env, variable)
		}
	}
	p.env = append(p.env, "TF_CLI_CONFIG_FILE="+filepath.Join(p.dir, "cli.tfrc"), "TF_IN_AUTOMATION=1", "CHECKPOINT_DISABLE=1", "TF_INPUT=0")
	return p
}

func (p *project) write(name, text string) {
	p.w.t.Helper()
	if err := os.WriteFile(filepath.Join(p.dir, name), []byte(text), 0o600); err != nil {
		p.w.t.Fatal(err)
	}
}

func (p *project) json(name string, v any) {
	p.w.t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		p.w.t.Fatal(err)
	}
	p.write(name, string(text))
}

// configuration is the resources as Terraform reads them.
func configuration(resources []core.Resource) map[string]any {
	byType := map[string]map[string]any{}
	for _, r := range resources {
		if byType[r.Type] == nil {
			byType[r.Type] = map[string]any{}
		}
		byType[r.Type][r.Name] = r.Attributes
	}
	if len(byType) == 0 {
		return map[string]any{}
	}
	return map[string]any{"resource": byType}
}

func (p *project) configure(resources ...core.Resource) {
	p.w.t.Helper()
	p.json("main.tf.json", configuration(resources))
}

// command is a terraform under way.
type command struct {
	*exec.Cmd
	output output
	done   chan struct{}
	ended  time.Time
}

// output is what a command has written so far.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// start starts a command such as "apply", "-auto-approve".
func (p *project) start(args ...string) *command {
	p.w.t.Helper()
	c := &command{Cmd: exec.Command(acctest.TerraformPath(p.w.t), args...), done: make(chan struct{})}
	c.Dir, c.Env = p.dir, p.env
	c.Stdout, c.Stderr = &c.output, &c.output
	if err := c.Start(); err != nil {
		p.w.t.Fatal(err)
	}
	p.w.t.Cleanup(func() { _ = c.Process.Kill() })
	go func() {
		_ = c.Wait()
		c.ended = time.Now()
		close(c.done)
	}()
	return c
}

// wait waits for the end and gives the exit code.
func (c *command) wait(t testing.TB) int {
	t.Helper()
	select {
	case <-c.done:
	case <-time.After(10 * time.Minute):
		t.Fatalf("terraform does not end:\n%s", c.output.String())
	}
	return c.ProcessState.ExitCode()
}

// run runs a command to its end.
func (p *project) run(args ...string) (int, string) {
	p.w.t.Helper()
	c := p.start(args...)
	code := c.wait(p.w.t)
	return code, c.output.String()
}

// must runs a command that has to succeed.
func (p *project) must(args ...string) string {
	p.w.t.Helper()
	code, output := p.run(args...)
	if code != 0 {
		p.w.t.Fatalf("terraform %s: exit code %d\n%s", strings.Join(args, " "), code, output)
	}
	return output
}

// provider gives the process ids of the providers that a terraform has started.
func (c *command) providers() []int {
	var pids []int
	entries, _ := os.ReadDir("/proc")
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		stat, err := os.ReadFile(filepath.Join("/proc", entry.Name(), "stat"))
		if err != nil {
			continue
		}
		// pid (name) state ppid
		_, rest, _ := strings.Cut(string(stat), ") ")
		var state string
		var parent int
		if _, err := fmt.Sscan(rest, &state, &parent); err == nil && parent == c.Process.Pid && state != "Z" {
			pids = append(pids, pid)
		}
	}
	return pids
}

// readState reads a state file.
func readState(w *world, dir string) core.State {
	w.t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "terraform.tfstate"))
	if errors.Is(err, os.ErrNotExist) {
		return core.State{}
	}
	if err != nil {
		w.t.Fatal(err)
	}
	var file struct {
		Resources []struct {
			Type, Name string
			Instances  []struct {
				Status     string
				Attributes map[string]any
			}
		}
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&file); err != nil {
		w.t.Fatal(err)
	}
	state := core.State{}
	for _, r := range file.Resources {
		a := core.Address{Type: r.Type, Name: r.Name}
		for _, instance := range r.Instances {
			object, err := w.tf.Object(w.t.Context(), a, instance.Attributes, instance.Status == "tainted")
			if err != nil {
				w.t.Fatal(err)
			}
			state[a] = object
		}
	}
	return state
}

func (p *project) state() core.State {
	p.w.t.Helper()
	return readState(p.w, p.dir)
}
