// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package leaks

import (
	"archive/zip"
	"bytes"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/appaccess/terraform-provider-appaccess/internal/acctest"
)

// below searches all files of a folder, and what is packed in them. It gives the places, by file.
func below(t testing.TB, s *acctest.Searcher, dir string) (found map[string][]string, files int) {
	t.Helper()
	found = map[string][]string{}
	eachFile(t, dir, func(name string, data []byte) {
		files++
		if places := s.In(data); len(places) > 0 {
			found[name] = places
		}
	})
	return found, files
}

// eachFile reads all files of a folder, and those that are packed in them.
func eachFile(t testing.TB, dir string, visit func(name string, data []byte)) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, _ := filepath.Rel(dir, path)
		visit(name, data)
		if !bytes.HasPrefix(data, []byte("PK\x03\x04")) {
			return nil
		}
		packed, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			return err
		}
		for _, file := range packed.File {
			r, err := file.Open()
			if err != nil {
				return err
			}
			data, err := io.ReadAll(r)
			if err != nil {
				return err
			}
			visit(name+"!"+file.Name, data)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// What is planted is found in a file and in a packed one.
func TestSearchFindsWhatIsPlanted(t *testing.T) {
	t.Parallel()
	const secret = "kq8Zr3vT1mXw9Lb2Yc7Nd4Hs"
	known := acctest.SecretsOf(t)
	known.Learn("key", secret)
	dir := t.TempDir()
	var packed bytes.Buffer
	w := zip.NewWriter(&packed)
	file, err := w.Create("tfplan")
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.WriteString(file, strings.Repeat("x", 1000)+secret)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string]string{"plan": packed.String(), ".terraform/a": secret, "b": "no secret"} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	found, files := below(t, known.Searcher(), dir)
	if len(found) != 2 || files != 4 || len(found["plan!tfplan"]) != 1 || len(found[".terraform/a"]) != 1 {
		t.Errorf("found %q in %d files", found, files)
	}
}
