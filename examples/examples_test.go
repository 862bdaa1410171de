// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

// Package examples_test holds the examples of the documentation to what they promise: each is
// planned against the mock services with the data that they have for people, and each resource is
// applied, imported in every way, and planned again.
package examples_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/go-version"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/appaccess/terraform-provider-appaccess/internal/acctest"
)

// needs says from which version a kind of example is understood: of Terraform, and of OpenTofu (""
// for never).
type needs struct{ terraform, tofu string }

var (
	needsFunctions = needs{"1.8.0", "1.7.0"}
	needsEphemeral = needs{"1.10.0", "1.11.0"}
	needsIdentity  = needs{"1.12.0", "1.12.0"}
)

// met tells whether the installed terraform or tofu is new enough.
func (n needs) met(t *testing.T, cli *acctest.CLI) bool {
	t.Helper()
	var installed struct {
		Version string `json:"terraform_version"`
	}
	if err := json.Unmarshal([]byte(cli.Run("version", "-json").Stdout), &installed); err != nil {
		t.Fatal(err)
	}
	least := n.terraform
	if strings.HasPrefix(cli.Run("version").Stdout, "OpenTofu") {
		least = n.tofu
	}
	return version.Must(version.NewVersion(installed.Version)).Core().GreaterThanOrEqual(version.Must(version.NewVersion(least)))
}

// start gives a working directory with the files of an example and a provider block that reaches
// the mock services.
func start(t *testing.T, folder string) (*acctest.CLI, *acctest.Mock) {
	t.Helper()
	m := acctest.StartDemo(t)
	cli := newCLI(t)
	cli.Write("mock.tf", m.DemoProvider())
	files, err := filepath.Glob(filepath.Join(folder, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if name := filepath.Base(file); !strings.HasPrefix(name, "import") {
			cli.Write(name, read(t, file))
		}
	}
	cli.Write("provider.tf", "") // the example says itself which provider it needs
	return cli, m
}

// Linters of Terraform's language find nothing in the examples: versions are given, and what is
// declared is used.
func TestExamples_lint(t *testing.T) {
	t.Parallel()
	n := 0
	for _, kind := range []string{"resources", "data-sources", "functions", "ephemeral-resources", "provider", "demo", "testing"} {
		of := []string{kind}
		if !slices.Contains([]string{"provider", "demo", "testing"}, kind) {
			of = folders(t, kind)
		}
		for _, folder := range of {
			files, err := filepath.Glob(filepath.Join(folder, "*.tf"))
			if err != nil || len(files) == 0 {
				t.Fatalf("%s: %d files, %v", folder, len(files), err)
			}
			var text strings.Builder
			for _, file := range files {
				text.WriteString(read(t, file))
			}
			for _, pattern := range []string{`required_version = ">= 1\.\d+"`, `source  = "appaccess/appaccess"`, `version = ">= [\d.]+"`} {
				if !regexp.MustCompile(pattern).MatchString(text.String()) {
					t.Errorf("%s lacks %s", folder, pattern)
				}
			}
			for _, declared := range regexp.MustCompile(`(?m)^(data|variable) "(\w+)"(?: "(\w+)")? {`).FindAllStringSubmatch(text.String(), -1) {
				n++
				reference := "var." + declared[2]
				if declared[1] == "data" {
					reference = "data." + declared[2] + "." + declared[3] + "."
				}
				if !strings.Contains(text.String(), reference) {
					t.Errorf("%s declares %s and doesn't use it", folder, reference)
				}
			}
			if regexp.MustCompile(`(?m)^[^#]*= null\b`).MatchString(text.String()) {
				t.Errorf("%s has a null, which some generators of configurations drop", folder)
			}
		}
	}
	if n < 5 {
		t.Errorf("found %d declarations: does the pattern still match?", n)
	}
}

func newCLI(t *testing.T) *acctest.CLI {
	t.Helper()
	return acctest.NewCLI(t, func() tfprotov6.ProviderServer {
		server, err := acctest.Providers()["appaccess"]()
		if err != nil {
			t.Error(err)
		}
		return server
	})
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// folders are the examples of one kind.
func folders(t *testing.T, kind string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(kind, "*"))
	if err != nil || len(found) == 0 {
		t.Fatalf("there are no examples of %s: %v", kind, err)
	}
	return found
}

func TestExamples_dataSources(t *testing.T) {
	t.Parallel()
	for _, folder := range folders(t, "data-sources") {
		t.Run(filepath.Base(folder), func(t *testing.T) {
			t.Parallel()
			cli, _ := start(t, folder)
			applies(t, cli)
		})
	}
}

func TestExamples_functions(t *testing.T) {
	t.Parallel()
	for _, folder := range folders(t, "functions") {
		t.Run(filepath.Base(folder), func(t *testing.T) {
			t.Parallel()
			cli, _ := start(t, folder)
			if !needsFunctions.met(t, cli) {
				return
			}
			applies(t, cli)
		})
	}
}

func TestExamples_ephemeralResources(t *testing.T) {
	t.Parallel()
	for _, folder := range folders(t, "ephemeral-resources") {
		t.Run(filepath.Base(folder), func(t *testing.T) {
			t.Parallel()
			cli, m := start(t, folder)
			if !needsEphemeral.met(t, cli) {
				return
			}
			cli.Write("enroll.sh", "#!/bin/sh\ntest -n \"$VENAFI_TOKEN\"\n")
			if err := os.Chmod(filepath.Join(cli.Dir(), "enroll.sh"), 0o700); err != nil {
				t.Fatal(err)
			}
			applies(t, cli)
			if n := m.Venafi.LiveTokens(); n != 0 {
				t.Errorf("%d tokens are left", n)
			}
		})
	}
}

// applies plans, applies, and plans again, which finds nothing to do.
func applies(t *testing.T, cli *acctest.CLI) {
	t.Helper()
	if plan := cli.Plan(); plan.Code != 0 {
		t.Fatalf("plan: %s", plan.Output)
	}
	if apply := cli.Apply(); apply.Code != 0 {
		t.Fatalf("apply: %s", apply.Output)
	}
	if again := cli.Run("plan", "-detailed-exitcode"); again.Code != 0 {
		t.Errorf("the second plan has something to do:\n%s", again.Output)
	}
}

// The configuration that Terraform generates for what is imported plans clean as it is generated.
func TestExamples_generatedConfiguration(t *testing.T) {
	t.Parallel()
	for _, folder := range folders(t, "resources") {
		t.Run(filepath.Base(folder), func(t *testing.T) {
			t.Parallel()
			cli, m := start(t, folder)
			applies(t, cli)

			fresh := newCLI(t)
			fresh.Write("mock.tf", m.DemoProvider())
			fresh.Write("import.tf", read(t, filepath.Join(folder, "import-by-string-id.tf")))
			if r := fresh.Run("plan", "-generate-config-out=generated.tf"); r.Code != 0 || !strings.Contains(r.Output, "1 to import, 0 to add, 0 to change, 0 to destroy") {
				t.Fatalf("%s", r.Output)
			}
			if r := fresh.Run("apply", "-auto-approve"); r.Code != 0 {
				t.Fatalf("%s", r.Output)
			}
			if r := fresh.Run("plan", "-detailed-exitcode"); r.Code != 0 {
				t.Errorf("the generated configuration has something to do:\n%s", r.Output)
			}
		})
	}
}

var importCommand = regexp.MustCompile(`(?m)^terraform import (\S+) '?([^'\n]+)'?$`)

func TestExamples_resources(t *testing.T) {
	t.Parallel()
	for _, folder := range folders(t, "resources") {
		t.Run(filepath.Base(folder), func(t *testing.T) {
			t.Parallel()
			cli, _ := start(t, folder)
			applies(t, cli)

			commands := importCommand.FindAllStringSubmatch(read(t, filepath.Join(folder, "import.sh")), -1)
			if len(commands) == 0 {
				t.Error("import.sh imports nothing")
			}
			for _, command := range commands {
				forget(t, cli, command[1])
				if r := cli.Run("import", command[1], command[2]); r.Code != 0 {
					t.Fatalf("import %s: %s", command[2], r.Output)
				}
				matches(t, cli, command[0])
			}
			for _, name := range []string{"import-by-string-id.tf", "import-by-identity.tf"} {
				if strings.Contains(name, "identity") && !needsIdentity.met(t, cli) {
					continue
				}
				block := read(t, filepath.Join(folder, name))
				forget(t, cli, regexp.MustCompile(`to\s*=\s*(\S+)`).FindStringSubmatch(block)[1])
				cli.Write("import.tf", block)
				if r := cli.Run("apply", "-auto-approve"); r.Code != 0 || !strings.Contains(r.Output, "1 imported") {
					t.Fatalf("%s: %s", name, r.Output)
				}
				if err := os.Remove(filepath.Join(cli.Dir(), "import.tf")); err != nil {
					t.Fatal(err)
				}
				matches(t, cli, name)
			}
		})
	}
}

func forget(t *testing.T, cli *acctest.CLI, address string) {
	t.Helper()
	if r := cli.Run("state", "rm", address); r.Code != 0 {
		t.Fatal(r.Output)
	}
}

// matches makes sure that the configuration is what was imported. Arguments that are Terraform's
// own, and no service knows, are set by the apply.
func matches(t *testing.T, cli *acctest.CLI, how string) {
	t.Helper()
	plan := cli.Run("plan", "-detailed-exitcode")
	touched := regexp.MustCompile(`(?m)^\s+[-+~] (\S+)`).FindAllStringSubmatch(plan.Output, -1)
	for _, attribute := range touched {
		if attribute[1] != "max_revocations" && attribute[1] != "resource" {
			t.Errorf("%s: the plan changes %s:\n%s", how, attribute[1], plan.Output)
		}
	}
	if r := cli.Run("apply", "-auto-approve"); r.Code != 0 {
		t.Fatal(r.Output)
	}
}

// The examples of `terraform query` are read as Terraform would read them, and asked for as it
// would ask.
func TestExamples_listResources(t *testing.T) {
	t.Parallel()
	for _, folder := range folders(t, "list-resources") {
		t.Run(filepath.Base(folder), func(t *testing.T) {
			t.Parallel()
			m := acctest.StartDemo(t)
			server := acctest.NewServer(t, m.DemoEnvironment())
			file, diags := hclparse.NewParser().ParseHCLFile(filepath.Join(folder, "list-resource.tfquery.hcl"))
			if diags.HasErrors() {
				t.Fatal(diags)
			}
			lists, diags := file.Body.Content(&hcl.BodySchema{Blocks: []hcl.BlockHeaderSchema{{Type: "list", LabelNames: []string{"type", "name"}}}})
			if diags.HasErrors() || len(lists.Blocks) == 0 {
				t.Fatalf("no list block: %v", diags)
			}
			for _, block := range lists.Blocks {
				if block.Labels[0] != filepath.Base(folder) {
					t.Errorf("it lists %s", block.Labels[0])
				}
				results := server.Query(block.Labels[0], acctest.Query{Config: arguments(t, block), IncludeResource: true})
				if len(results) == 0 {
					t.Error("nothing was found")
				}
				for _, result := range results {
					if len(result.Errors) > 0 {
						t.Errorf("%v", result.Errors)
					}
				}
			}
		})
	}
}

// arguments reads the config block of a list block.
func arguments(t *testing.T, list *hcl.Block) map[string]any {
	t.Helper()
	content, diags := list.Body.Content(&hcl.BodySchema{
		Attributes: []hcl.AttributeSchema{{Name: "provider", Required: true}, {Name: "include_resource"}, {Name: "limit"}},
		Blocks:     []hcl.BlockHeaderSchema{{Type: "config"}},
	})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	config := map[string]any{}
	for _, block := range content.Blocks {
		attributes, diags := block.Body.JustAttributes()
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		for name, attribute := range attributes {
			value, diags := attribute.Expr.Value(nil)
			if diags.HasErrors() {
				t.Fatal(diags)
			}
			if value.Type().IsPrimitiveType() {
				config[name] = value.AsString()
				continue
			}
			var texts []string
			for _, element := range value.AsValueSlice() {
				texts = append(texts, element.AsString())
			}
			config[name] = texts
		}
	}
	return config
}

// The example of the provider block needs nothing but itself.
func TestExamples_provider(t *testing.T) {
	t.Parallel()
	cli := newCLI(t)
	cli.Write("provider.tf", read(t, filepath.Join("provider", "provider.tf")))
	if r := cli.Run("validate"); r.Code != 0 {
		t.Fatal(r.Output)
	}
}
