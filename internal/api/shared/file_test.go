// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package shared

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestReadFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	short, long := filepath.Join(dir, "token"), filepath.Join(dir, "long")
	for name, size := range map[string]int{short: maxFile, long: maxFile + 1} {
		if err := os.WriteFile(name, make([]byte, size), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if text, err := ReadFile(short); err != nil || len(text) != maxFile {
		t.Errorf("%d bytes, %v", len(text), err)
	}
	if _, err := ReadFile(long); err == nil || !strings.Contains(err.Error(), "longer than") {
		t.Error(err)
	}
	if _, err := ReadFile(short + "x"); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), short) {
		t.Error(err)
	}
	// A token in the place of its file's name is not repeated.
	token := "eyJhbGciOiJIUzI1NiJ9." + strings.Repeat("c2VjcmV0", 20)
	if _, err := ReadFile(token); !errors.Is(err, fs.ErrNotExist) || strings.Contains(err.Error(), "c2VjcmV0") {
		t.Error(err)
	}
}
