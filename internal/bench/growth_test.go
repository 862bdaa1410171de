// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package bench

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// maxGrowth is how many times as much twice as many may take. Sorting makes it a little more than
// two; a step that compares everything with everything shows as soon as it is a tenth of the whole.
const maxGrowth = 2.2

// maxGrowthOfApps is the same for applications: how many of eight lists that begin together read
// the same page before one of them has made it known is chance, and with few accounts that is a
// good part of the whole.
const maxGrowthOfApps = 2.8

// instrumented is what statements are counted of: everything of ours that Terraform waits for, and
// the framework, which goes through our schemas and values.
var instrumented = []string{
	"./internal/bench/cmd/steps", "./internal/api/...", "./internal/service/...", "github.com/hashicorp/terraform-plugin-framework/...",
	"github.com/hashicorp/terraform-plugin-go/tftypes",
}

// counts are what a step took.
type counts struct {
	Work

	statements uint64
	files      map[string]uint64 // statements by file
}

// of leaves statements of other modules out, or not.
func (c counts) of(ours bool) counts {
	c.files, c.statements = maps.Clone(c.files), 0
	for file, n := range c.files {
		if ours && !strings.HasPrefix(file, "github.com/appaccess/") {
			delete(c.files, file)
			continue
		}
		c.statements += n
	}
	return c
}

// Every step makes the least requests, and what it takes grows as the accounts, the grants and the
// applications do. Nothing here is a time: requests, allocations and the statements that ran are
// the same on a busy machine.
func TestGrowth(t *testing.T) {
	t.Parallel()
	binary := filepath.Join(t.TempDir(), "steps")
	build := exec.CommandContext(t.Context(), "go", "build", "-cover", "-covermode=atomic", //nolint:gosec // names of this module
		"-coverpkg="+strings.Join(instrumented, ","), "-o", binary, "./internal/bench/cmd/steps")
	build.Dir = filepath.Join("..", "..")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", build, err, out)
	}
	for name, specs := range map[string][]Spec{
		"accounts": {
			{Kind: AuthorizationSet, Size: 2_000, Apps: 3}, {Kind: AuthorizationSet, Size: 4_000, Apps: 3},
		},
		"applications": {
			{Kind: AuthorizationSet, Size: 200, Apps: 50}, {Kind: AuthorizationSet, Size: 200, Apps: 100},
		},
		"grants": {
			{Kind: RoleGrantSet, Size: 1_500}, {Kind: RoleGrantSet, Size: 3_000},
		},
		"rules": {
			{Kind: RuleSet, Size: 600}, {Kind: RuleSet, Size: 1_200},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var before map[Step]counts
			for i, spec := range specs {
				workload, err := spec.Workload()
				if err != nil {
					t.Fatal(err)
				}
				now := countSteps(t, binary, spec)
				for _, step := range Steps {
					if extra := more(StepResult{Requests: now[step].Requests, Least: workload.Least(step)}); extra != "" {
						t.Errorf("%s: %s: requests:%s", workload.Title(), step, extra)
					}
					if i > 0 {
						// The framework compares each element of a set, which app_ids is, with each
						// other.
						ours, limit := false, maxGrowth
						if name == "applications" {
							ours, limit = true, maxGrowthOfApps
						}
						checkGrowth(t, workload.Title()+": "+string(step), before[step].of(ours), now[step].of(ours), limit)
					}
				}
				before = now
			}
		})
	}
}

func checkGrowth(t *testing.T, what string, before, now counts, limit float64) {
	t.Helper()
	for unit, n := range map[string][2]uint64{
		"allocations": {before.Allocations, now.Allocations}, "allocated bytes": {before.Bytes, now.Bytes},
		"statements": {before.statements, now.statements},
	} {
		growth := float64(n[1]) / float64(n[0])
		if testing.Verbose() {
			t.Logf("%s: %d %s, %.2f times those of half as many", what, n[1], unit, growth)
		}
		if growth <= limit {
			continue
		}
		t.Errorf("%s: %d %s, %.2f times those of half as many: more than %.1f", what, n[1], unit, growth, limit)
		if unit == "statements" {
			files := slices.SortedFunc(maps.Keys(now.files), func(a, b string) int {
				return cmp.Compare(int64(now.files[b]-2*before.files[b]), int64(now.files[a]-2*before.files[a]))
			})
			for _, file := range files[:min(5, len(files))] {
				t.Logf("  %s: %d, before %d", file, now.files[file], before.files[file])
			}
		}
	}
}

// countSteps runs the steps of a workload in a process of their own.
func countSteps(t *testing.T, binary string, spec Spec) map[Step]counts {
	t.Helper()
	text, err := json.Marshal(spec)
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	cmd := exec.CommandContext(t.Context(), binary, string(text), folder)
	cmd.Env = append(os.Environ(), "GOCOVERDIR="+t.TempDir())
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %v\n%s", cmd, err, stderr.String())
	}
	var work map[Step]Work
	if err := json.Unmarshal(out, &work); err != nil {
		t.Fatal(err)
	}
	result := map[Step]counts{}
	for _, step := range Steps {
		c := counts{Work: work[step], files: statements(t, filepath.Join(folder, string(step)))}
		if c.of(true).statements == 0 || c.Allocations == 0 {
			t.Fatalf("%s: nothing was counted", step)
		}
		result[step] = c
	}
	return result
}

// statements reads how many statements ran, by file.
func statements(t *testing.T, folder string) map[string]uint64 {
	t.Helper()
	profile := filepath.Join(folder, "profile.txt")
	cmd := exec.CommandContext(t.Context(), "go", "tool", "covdata", "textfmt", "-i="+folder, "-o="+profile) //nolint:gosec // a folder of ours
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", cmd, err, out)
	}
	file, err := os.Open(profile)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	sums := map[string]uint64{}
	lines := bufio.NewScanner(file)
	lines.Scan() // the mode
	for lines.Scan() {
		// name.go:line.column,line.column statements count
		fields := strings.Fields(lines.Text())
		if len(fields) != 3 {
			t.Fatalf("%s: %q", profile, lines.Text())
		}
		n, err := strconv.ParseUint(fields[1], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		times, err := strconv.ParseUint(fields[2], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		name, _, _ := strings.Cut(fields[0], ":")
		sums[name] += n * times
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return sums
}

// A spec that can't be run in one process says so.
func TestRunInProcessRefuses(t *testing.T) {
	t.Parallel()
	for _, spec := range []Spec{{Kind: RoleGrants, Size: 1}, {Kind: AppData, Size: 1}, {Kind: "none"}} {
		if err := RunInProcess(t.Context(), spec, nil, nil); err == nil {
			t.Errorf("%+v was run", spec)
		}
	}
}
