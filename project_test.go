// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	uses   = regexp.MustCompile(`(?m)^\s*(?:- )?uses: (.*)$`)
	pinned = regexp.MustCompile(`^[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$`)
)

// A tag of an action can be moved by whoever takes over its repository; a digest can't.
func TestWorkflowsPinActionsAndAskForLittle(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(".github/workflows/*.yml")
	if err != nil || len(files) < 2 {
		t.Fatalf("found %v, %v", files, err)
	}
	seen := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range uses.FindAllSubmatch(text, -1) {
			seen++
			if !pinned.Match(match[1]) {
				t.Errorf("%s: %s is not pinned by digest, with its version behind it", file, match[1])
			}
		}
		if !bytes.Contains(text, []byte("\npermissions: {}\n")) {
			t.Errorf("%s: the workflow as a whole has permissions", file)
		}
		checkouts, anonymous := bytes.Count(text, []byte("actions/checkout@")), bytes.Count(text, []byte("persist-credentials: false"))
		if checkouts != anonymous {
			t.Errorf("%s: %d checkouts, %d without credentials", file, checkouts, anonymous)
		}
		for line := range strings.Lines(string(text)) {
			if strings.Contains(line, ": write") && (filepath.Base(file) != "release.yml" || !strings.Contains(line, "contents: write")) {
				t.Errorf("%s: %s", file, strings.TrimSpace(line))
			}
		}
	}
	if seen < 10 {
		t.Errorf("found %d uses of actions: does the pattern still match?", seen)
	}
}

// The registries read the protocol from this file; the provider is served over that protocol.
func TestRegistryManifest(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("terraform-registry-manifest.json")
	if err != nil {
		t.Fatal(err)
	}
	var manifest struct {
		Version  int
		Metadata struct {
			ProtocolVersions []string `json:"protocol_versions"`
		}
	}
	if err := json.Unmarshal(text, &manifest); err != nil {
		t.Fatal(err)
	}
	if manifest.Version != 1 || !slices.Equal(manifest.Metadata.ProtocolVersions, []string{"6.0"}) {
		t.Errorf("got %+v", manifest)
	}
	// It belongs to the files of a release and to their checksums.
	release, err := os.ReadFile(".goreleaser.yml")
	if err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(release, []byte("glob: terraform-registry-manifest.json")); n != 2 {
		t.Errorf(".goreleaser.yml names the manifest %d times, want twice", n)
	}
}

// The tools' modules are pinned apart from the provider's: none of them is among its dependencies.
func TestToolsAreNoDependencies(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	for _, tool := range []string{"golangci-lint", "terraform-plugin-docs", "changie", "cyclonedx"} {
		if bytes.Contains(text, []byte(tool)) {
			t.Errorf("go.mod requires %s", tool)
		}
	}
}
