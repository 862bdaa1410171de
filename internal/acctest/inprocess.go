// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package acctest

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/appaccess/terraform-provider-appaccess/internal/acctest/core"
)

// TerraformForAll is the environment variable that lets a real Terraform run also the tests that
// need none.
const TerraformForAll = "ACCTEST_TERRAFORM"

// NewTerraform is a working directory like that of NewCLI, of a Terraform that this process plays:
// plans and applies cost milliseconds. What it does not play ends the test: see configured.
func NewTerraform(t *testing.T, server func() tfprotov6.ProviderServer) *CLI {
	t.Helper()
	if os.Getenv(TerraformForAll) != "" {
		return NewCLI(t, server)
	}
	return &CLI{t: t, files: map[string]string{}, played: played(t, server)}
}

func played(t testing.TB, server func() tfprotov6.ProviderServer) *player {
	return &player{t: t, Terraform: &core.Terraform{State: core.State{}, Server: func() tfprotov6.ProviderServer { return Watch(t, server()) }}}
}

// player plays the commands of Terraform.
type player struct {
	*core.Terraform

	t     testing.TB
	saved struct {
		plan   *core.Plan
		config *configuration
	}
}

// run plays a command as JSON would report it.
func (p *player) run(texts map[string]string, args []string) (report Report) {
	p.t.Helper()
	p.SkipRefresh, p.Replace, p.Parallelism = false, map[core.Address]bool{}, 0
	var operands []string
	destroy, detailed, approved := args[0] == "destroy", false, false
	for _, arg := range args[1:] {
		name, value, _ := strings.Cut(arg, "=")
		switch name {
		case "-destroy":
			destroy = true
		case "-refresh":
			p.SkipRefresh = value == "false"
		case "-replace":
			p.Replace[address(value)] = true
		case "-parallelism":
			_, _ = fmt.Sscan(value, &p.Parallelism)
		case "-detailed-exitcode":
			detailed = true
		case "-auto-approve":
			approved = true
		case "-out", "-no-color", "-input", "-json":
		default:
			if strings.HasPrefix(name, "-") {
				p.t.Fatalf("this process can't play %s %s: the test needs a real Terraform", args[0], arg)
			}
			operands = append(operands, arg)
		}
	}
	switch command := args[0]; {
	case command == "plan":
		report = p.plan(texts, destroy)
		if detailed && report.Code == 0 && len(report.Changes) > 0 {
			report.Code = 2
		}
	case (command == "apply" || command == "destroy") && approved:
		if report = p.plan(texts, destroy); report.Code == 0 {
			p.apply(&report)
		}
	case command == "apply" && len(operands) == 1:
		report = Report{Changes: map[string]string{}}
		p.apply(&report)
	case command == "import":
		p.configure(texts)
		diags, err := p.Import(p.t.Context(), address(operands[0]), operands[1])
		p.report(&report, diags, err)
	case command == "state" && operands[0] == "list":
		for a := range p.State {
			report.Stdout += a.String() + "\n"
		}
	case command == "state" && operands[0] == "rm":
		delete(p.State, address(operands[1]))
	case command == "taint" || command == "untaint":
		object := *p.State[address(operands[0])]
		object.Tainted = command == "taint"
		p.State[address(operands[0])] = &object
	case command == "show" && len(operands) == 0, command == "state" && operands[0] == "show":
		for a, object := range p.State {
			report.Stdout += strings.Join(append([]string{a.String()}, differences("", nil, object.Attributes())...), "\n") + "\n"
		}
	default:
		p.t.Fatalf("this process can't play %q: the test needs a real Terraform", args)
	}
	report.Output += report.Stdout
	return report
}

func address(text string) core.Address {
	typeName, name, _ := strings.Cut(text, ".")
	return core.Address{Type: typeName, Name: name}
}

func (p *player) configure(texts map[string]string) {
	p.t.Helper()
	config, err := configured(texts)
	if err != nil {
		p.t.Fatal(err)
	}
	p.saved.config, p.saved.plan, p.Provider = config, nil, config.provider
}

func (p *player) plan(texts map[string]string, destroy bool) (report Report) {
	p.t.Helper()
	p.configure(texts)
	for _, pair := range p.saved.config.moved {
		if diags, err := p.MoveOwn(p.t.Context(), pair[0], pair[1]); err != nil || len(diags.Errors) > 0 {
			p.report(&report, diags, err)
			return report
		}
	}
	of := p.Plan
	if destroy {
		of = p.PlanDestroy
	}
	plan, err := of(p.t.Context(), p.saved.config.resources)
	if plan == nil {
		plan = &core.Plan{}
	}
	p.report(&report, &plan.Diagnostics, err)
	for a, action := range plan.Actions() {
		report.Changes[a.String()] = string(action)
		var before any
		if object := plan.Refreshed[a]; object != nil {
			before = object.Attributes()
		}
		report.Output += fmt.Sprintf("%s: %s\n%s\n", a, action, strings.Join(differences("", before, core.Plain(plan.Changes[a].Planned)), "\n"))
	}
	if report.Code == 0 {
		p.saved.plan = plan
	}
	return report
}

func (p *player) apply(report *Report) {
	p.t.Helper()
	if p.saved.plan == nil {
		p.t.Fatal("there is no plan to apply")
	}
	diags, err := p.Apply(p.t.Context(), p.saved.plan)
	p.saved.plan = nil
	p.report(report, diags, err)
}

// report adds diagnostics as Terraform shows them.
func (p *player) report(report *Report, diags *core.Diagnostics, err error) {
	p.t.Helper()
	if refused, ok := errors.AsType[*core.ConfigurationError](err); ok {
		diags, err = &refused.Diagnostics, nil
	}
	if err != nil {
		p.t.Fatal(err)
	}
	if report.Changes == nil {
		report.Changes = map[string]string{}
	}
	add := func(to *[]Diagnostic, severity string, from []core.Diagnostic) {
		for _, d := range from {
			out := Diagnostic{Severity: severity, Summary: d.Summary, Detail: d.Detail, Address: d.Address.String(), Attribute: p.saved.config.source(d)}
			*to = append(*to, out)
			report.Output += fmt.Sprintf("%s: %s\n\n  with %s: %s\n\n%s\n\n", severity, out.Summary, out.Address, out.Attribute, out.Detail)
		}
	}
	add(&report.Warnings, "warning", diags.Warnings)
	add(&report.Errors, "error", diags.Errors)
	if len(report.Errors) > 0 {
		report.Code = 1
	}
}

// differences shows what a plan changes in about the words of Terraform.
func differences(name string, before, after any) []string {
	b, bothMaps := before.(map[string]any)
	a, ok := after.(map[string]any)
	if bothMaps = bothMaps || before == nil; bothMaps && ok || (ok || after == nil) && b != nil {
		var out []string
		keys := maps.Clone(a)
		if keys == nil {
			keys = map[string]any{}
		}
		maps.Copy(keys, b)
		for _, key := range slices.Sorted(maps.Keys(keys)) {
			label := key
			if name != "" {
				label = strconv.Quote(key)
			}
			out = append(out, differences(label, b[key], a[key])...)
		}
		return out
	}
	show := func(v any) string {
		if text, ok := v.(string); ok {
			return strconv.Quote(text)
		}
		return fmt.Sprint(v)
	}
	switch from, to := show(before), show(after); {
	case from == to:
		return nil
	case before == nil:
		return []string{"  + " + name + " = " + to}
	case after == nil:
		return []string{"  - " + name + " = " + from + " -> null"}
	default:
		return []string{"  ~ " + name + " = " + from + " -> " + to}
	}
}

// sortedState is the state in the order of its addresses.
func sortedState(state core.State) []core.Address {
	return slices.SortedFunc(maps.Keys(state), func(a, b core.Address) int { return strings.Compare(a.String(), b.String()) })
}
