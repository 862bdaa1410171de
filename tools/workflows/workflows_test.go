// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

// Package workflows holds what runs on GitHub against what the project promises of its supply
// chain.
package workflows

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rhysd/actionlint"
	"gopkg.in/yaml.v3"
)

type workflow struct {
	On          yaml.Node      `yaml:"on"`
	Permissions *permissions   `yaml:"permissions"`
	Jobs        map[string]job `yaml:"jobs"`
}

type job struct {
	Permissions *permissions `yaml:"permissions"`
	Uses        yaml.Node    `yaml:"uses"` // of a workflow that lives elsewhere
	Steps       []struct {
		Uses yaml.Node         `yaml:"uses"`
		Run  string            `yaml:"run"`
		With map[string]string `yaml:"with"`
	} `yaml:"steps"`
}

// permissions are what a job's token may do. A single word stands for all scopes.
type permissions map[string]string

func (p *permissions) UnmarshalYAML(node *yaml.Node) error {
	if node.Kind == yaml.ScalarNode {
		*p = permissions{"all": node.Value}
		return nil
	}
	*p = permissions{}
	return node.Decode((*map[string]string)(p))
}

// mayWrite are the scopes in which a job may write, by file and job. Whoever may write id-token may
// ask for an identity of the job's own.
var mayWrite = map[string][]string{
	"release.yml release": {"contents"}, "github-actions.yml plan": {"id-token"}, "github-actions.yml apply": {"id-token"},
}

// pinned is a digest, which nobody can move as a tag can be moved.
var pinned = regexp.MustCompile(`^[\w.-]+/[\w./-]+@[0-9a-f]{40}$`)

// check gives what is wrong with a workflow.
func check(file string, text []byte) (problems []string) {
	problem := func(format string, args ...any) { problems = append(problems, file+": "+fmt.Sprintf(format, args...)) }
	var w workflow
	if err := yaml.Unmarshal(text, &w); err != nil {
		problem("%v", err)
		return problems
	}
	if len(w.Jobs) == 0 {
		problem("no jobs")
	}
	if w.Permissions == nil || len(*w.Permissions) > 0 {
		problem("the workflow as a whole has permissions: write permissions: {}")
	}
	if strings.Contains(triggers(w.On), "pull_request_target") {
		problem("pull_request_target runs foreign code with this repository's secrets")
	}
	uses := func(name string, node yaml.Node) {
		switch {
		case node.Value == "":
		case !pinned.MatchString(node.Value):
			problem("job %s: %s is not pinned by digest", name, node.Value)
		case !regexp.MustCompile(`^# v\d+\.\d+\.\d+$`).MatchString(node.LineComment):
			problem("job %s: behind %s, people can't read the version", name, node.Value)
		}
	}
	for name, j := range w.Jobs {
		if j.Permissions == nil {
			problem("job %s has no permissions of its own", name)
		} else {
			for scope, level := range *j.Permissions {
				if level != "read" && level != "none" && !slices.Contains(mayWrite[file+" "+name], scope) {
					problem("job %s may %s %s", name, level, scope)
				}
			}
		}
		uses(name, j.Uses)
		for _, step := range j.Steps {
			uses(name, step.Uses)
			if strings.HasPrefix(step.Uses.Value, "actions/checkout@") && step.With["persist-credentials"] != "false" {
				problem("job %s leaves its token in the checkout", name)
			}
			if strings.Contains(step.Run, "${{") {
				problem("job %s writes an expression into a shell script, and whoever chooses its value writes the script: %s", name, step.Run)
			}
			for _, word := range []string{"@latest", "@main", "@master", "| sh", "| bash"} {
				if strings.Contains(step.Run, word) {
					problem("job %s runs what changes under its hands: %s", name, step.Run)
				}
			}
		}
	}
	slices.Sort(problems)
	return problems
}

func triggers(on yaml.Node) string {
	text, _ := yaml.Marshal(&on)
	return string(text)
}

func TestWorkflows(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../.github/workflows/*.y*ml")
	if err != nil || len(files) < 2 {
		t.Fatalf("found %v, %v", files, err)
	}
	all := ""
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all += string(text)
		for _, problem := range check(filepath.Base(file), text) {
			t.Error(problem)
		}
	}
	// Its database is online: it belongs to the workflows, where it is pinned, and not to what runs
	// everywhere.
	if !regexp.MustCompile(`run: go run golang\.org/x/vuln/cmd/govulncheck@v\d+\.\d+\.\d+ \./\.\.\.`).MatchString(all) {
		t.Error("no workflow looks for known vulnerabilities")
	}
	for _, file := range []string{"../../.ci/run", "../../GNUmakefile"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), "govulncheck") {
			t.Errorf("%s needs the database of vulnerabilities, which is online", file)
		}
	}
}

func TestCheckFindsWhatIsWrong(t *testing.T) {
	t.Parallel()
	const right = `
on: { push: {} }
permissions: {}
jobs:
  test:
    permissions:
      contents: read
    steps:
      - uses: actions/checkout@de0fac2e4500dabe0009e67214ff5f5447ce83dd # v6.0.2
        with: { persist-credentials: false }
      - run: make test
`
	if problems := check("test.yml", []byte(right)); len(problems) > 0 {
		t.Fatalf("%q", problems)
	}
	for name, tc := range map[string]struct{ old, new, want string }{
		"a tag":                  {"de0fac2e4500dabe0009e67214ff5f5447ce83dd # v6.0.2", "v6", "not pinned"},
		"a short digest":         {"de0fac2e4500dabe0009e67214ff5f5447ce83dd", "de0fac2", "not pinned"},
		"no version":             {" # v6.0.2", "", "can't read the version"},
		"no permissions":         {"    permissions:\n      contents: read\n", "", "no permissions of its own"},
		"write":                  {"contents: read", "contents: write", "may write contents"},
		"write all":              {"permissions:\n      contents: read", "permissions: write-all", "may write-all all"},
		"a permissive whole":     {"permissions: {}", "permissions: read-all", "as a whole"},
		"no word of the whole":   {"permissions: {}\n", "", "as a whole"},
		"foreign code":           {"push: {}", "pull_request_target: {}", "foreign code"},
		"a token left behind":    {"        with: { persist-credentials: false }\n", "", "leaves its token"},
		"an expression":          {"make test", "make ${{ github.head_ref }}", "expression"},
		"what is newest":         {"make test", "go run example.com/x@latest", "under its hands"},
		"what somebody sends":    {"make test", "curl https://example.com | sh", "under its hands"},
		"a workflow of somebody": {"    steps:", "    uses: somebody/x/.github/workflows/y.yml@main\n    steps:", "not pinned"},
		"no YAML":                {"jobs:", "jobs", "yaml"},
		"no jobs":                {"jobs:", "tasks:", "no jobs"},
	} {
		text := strings.Replace(right, tc.old, tc.new, 1)
		if problems := check("test.yml", []byte(text)); text == right || !strings.Contains(strings.Join(problems, "\n"), tc.want) {
			t.Errorf("%s: %q", name, problems)
		}
	}
	// The one job that may write may write nothing else.
	release := strings.NewReplacer("test:", "release:", "contents: read", "contents: write\n      packages: write").Replace(right)
	if problems := check("release.yml", []byte(release)); len(problems) != 1 || !strings.Contains(problems[0], "may write packages") {
		t.Errorf("%q", problems)
	}
}

// The workflow that the guide shows is one that GitHub takes: keys, types, expressions and what
// they refer to. It promises as much as the project's own.
func TestWorkflowOfTheGuide(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../examples/pipelines/github-actions.yml")
	if err != nil {
		t.Fatal(err)
	}
	for _, problem := range check("github-actions.yml", text) {
		t.Error(problem)
	}
	linter, err := actionlint.NewLinter(io.Discard, &actionlint.LinterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	problems := func(text string) []*actionlint.Error {
		found, err := linter.Lint(".github/workflows/access.yml", []byte(text), nil)
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	for _, problem := range problems(string(text)) {
		t.Error(problem)
	}
	if broken := strings.Replace(string(text), "needs.plan.outputs.changes", "needs.plan.outputs.change", 1); len(problems(broken)) != 1 {
		t.Error("an output that no job has is not found")
	}
}
