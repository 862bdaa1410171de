// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package shared

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

const (
	// maxFile is the longest file that is read, in bytes: credentials are short.
	maxFile = 1 << 20
	// maxShown is the longest name of a file that errors show. Tokens are longer, and people put
	// them in the place of their file.
	maxShown = 64
)

// ReadFile reads a file with credentials, of at most 1 MiB. Its errors repeat nothing of the file,
// nor a name that may be a token.
func ReadFile(name string) ([]byte, error) {
	file, err := os.Open(name)
	if failed, ok := errors.AsType[*fs.PathError](err); ok && len(filepath.Base(name)) > maxShown {
		return nil, fmt.Errorf("it is no file's name but a text of %d characters, or a very long name: %w", len(name), failed.Err)
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	if err == nil && len(text) > maxFile {
		err = fmt.Errorf("%s is longer than %d bytes", name, maxFile)
	}
	return text, err
}
