// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package main

import (
	"bytes"
	"encoding/json"
	"io/fs"
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
	for _, tool := range []string{"golangci-lint", "terraform-plugin-docs", "changie", "cyclonedx", "freeze", "actionlint"} {
		if bytes.Contains(text, []byte(tool)) {
			t.Errorf("go.mod requires %s", tool)
		}
	}
}

var (
	section  = regexp.MustCompile(`API\.md,\s+(?://\s+)?section (\d+)`)
	fileLink = regexp.MustCompile(`\]\(([^)#:]+)\)`)
)

// A comment that gives a section of API.md as its reason gives one that exists.
func TestCommentsPointToSections(t *testing.T) {
	t.Parallel()
	seen := 0
	err := filepath.WalkDir("internal/api", func(path string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".go" {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, match := range section.FindAllSubmatch(text, -1) {
			seen++
			room := filepath.Join("internal/api", strings.Split(filepath.ToSlash(path), "/")[2])
			known, err := os.ReadFile(filepath.Join(room, "API.md"))
			if err != nil {
				return err
			}
			if !bytes.Contains(known, []byte("\n## "+string(match[1])+". ")) {
				t.Errorf("%s points to section %s of %s/API.md, which has none", path, match[1], room)
			}
		}
		return nil
	})
	if err != nil || seen == 0 {
		t.Errorf("%d comments point to a section: %v", seen, err)
	}
}

// What the pages for contributors link to is there.
func TestLinksOfContributorsPages(t *testing.T) {
	t.Parallel()
	for _, page := range []string{"README.md", "DESIGN.md", "CONTRIBUTING.md"} {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		links := fileLink.FindAllSubmatch(text, -1)
		for _, link := range links {
			if _, err := os.Stat(string(link[1])); err != nil {
				t.Errorf("%s: %v", page, err)
			}
		}
		if len(links) < 3 {
			t.Errorf("%s: found %d links: does the pattern still match?", page, len(links))
		}
	}
}
