// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

// Licences checks the licence of every module that is linked into the provider, on every platform
// that is released:
//
//	go run ./licences FOLDER
//
// FOLDER is the provider's module. A module passes when its licence file is, for the most part, the
// text of licences that may be combined with ours. It prints what it found, and exits with 1 when a
// module doesn't pass.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/licensecheck"
)

// accepted are the licences, by SPDX identifier, that may be linked into a program under MPL-2.0
// and given away with it.
var accepted = []string{"Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MPL-2.0", "MPL-2.0-no-copyleft-exception"}

// platforms differ in the modules they link.
var platforms = []string{"darwin", "freebsd", "linux", "windows"}

// minCoverage is the share of a licence file, in percent, that must be known text. The rest is
// names and years.
const minCoverage = 75

type module struct {
	Path, Version, Dir string
	Main               bool
	Replace            *module
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: licences FOLDER")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "licences:", err)
		os.Exit(1)
	}
}

func run(folder string, out io.Writer) error {
	modules := map[string]module{}
	for _, platform := range platforms {
		if err := linked(folder, platform, modules); err != nil {
			return err
		}
	}
	var failures []error
	for _, path := range slices.Sorted(maps.Keys(modules)) {
		m := modules[path]
		found, err := licences(m.Dir)
		if err != nil {
			failures = append(failures, fmt.Errorf("%s %s: %w", m.Path, m.Version, err))
			continue
		}
		fmt.Fprintf(out, "%-60s %s\n", m.Path, strings.Join(found, ", "))
	}
	return errors.Join(failures...)
}

// linked adds the modules whose packages the provider imports.
func linked(folder, platform string, modules map[string]module) error {
	command := exec.Command("go", "list", "-deps", "-json=Module", ".")
	command.Dir = folder
	command.Env = append(os.Environ(), "GOOS="+platform, "CGO_ENABLED=0")
	var stderr bytes.Buffer
	command.Stderr = &stderr
	output, err := command.Output()
	if err != nil {
		return fmt.Errorf("go list in %s: %w\n%s", folder, err, stderr.String())
	}
	decoder := json.NewDecoder(bytes.NewReader(output))
	for {
		var p struct{ Module *module }
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		switch m := p.Module; {
		case m == nil: // of the standard library
		case m.Main:
		case m.Replace != nil:
			modules[m.Path] = *m.Replace
		default:
			modules[m.Path] = *m
		}
	}
}

// licences reads the licence files at the top of a module.
func licences(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var found []string
	for _, entry := range entries {
		name := strings.ToUpper(entry.Name())
		if entry.IsDir() || !strings.HasPrefix(name, "LICENSE") && !strings.HasPrefix(name, "LICENCE") && !strings.HasPrefix(name, "COPYING") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, entry.Name()))
		if err != nil {
			return nil, err
		}
		ids, err := recognise(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", entry.Name(), err)
		}
		found = append(found, ids...)
	}
	if len(found) == 0 {
		return nil, errors.New("no licence file")
	}
	slices.Sort(found)
	return slices.Compact(found), nil
}

func recognise(text []byte) ([]string, error) {
	coverage := licensecheck.Scan(text)
	var ids []string
	for _, match := range coverage.Match {
		if !slices.Contains(accepted, match.ID) {
			return nil, fmt.Errorf("the licence is %s, which is not on the list", match.ID)
		}
		ids = append(ids, match.ID)
	}
	if len(ids) == 0 || coverage.Percent < minCoverage {
		return nil, fmt.Errorf("not a licence that is known: %.0f %% of the text was recognised", coverage.Percent)
	}
	return ids, nil
}
