// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package main

import (
	"bytes"
	"io"
	"os"
)

// quiet passes Terraform's output on, without the warning about development overrides, which would
// stand above every step: the provider of the demo was built a moment ago, as the reader knows.
type quiet struct {
	out     io.Writer
	line    []byte // begun and not ended
	held    []byte // the upper edge of a frame, until it is clear what stands in it
	framed  bool   // the warning under way stands in a frame
	skipped int    // lines of the warning under way, 0 outside of it
}

// longestWarning ends the skipping if some version of Terraform ends the warning in another way.
const longestWarning = 15

func (q *quiet) Write(p []byte) (int, error) {
	for line := range bytes.Lines(p) {
		q.line = append(q.line, line...)
		if !bytes.HasSuffix(line, []byte("\n")) {
			continue
		}
		if err := q.endLine(); err != nil {
			return 0, err
		}
	}
	return len(p), nil
}

func (q *quiet) endLine() error {
	line := q.line
	q.line = nil
	if q.skipped > 0 {
		q.skipped++
		last := bytes.Contains(line, []byte("╵")) || !q.framed && bytes.HasSuffix(bytes.TrimSpace(line), []byte("releases."))
		if last || q.skipped > longestWarning {
			q.skipped = 0
		}
		return nil
	}
	if q.held == nil && bytes.Contains(line, []byte("╷")) {
		q.held = line
		return nil
	}
	if bytes.Contains(line, []byte("Provider development overrides are in effect")) {
		q.framed, q.skipped, q.held = q.held != nil, 1, nil
		return nil
	}
	line = append(q.held, line...)
	q.held = nil
	_, err := q.out.Write(line)
	return err
}

// flush passes on what is left when Terraform has ended.
func (q *quiet) flush() error {
	_, err := q.out.Write(append(q.held, q.line...))
	q.held, q.line = nil, nil
	return err
}

// colours tells whether the output goes to a terminal that wants them.
func colours() bool {
	info, err := os.Stdout.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0 && os.Getenv("NO_COLOR") == ""
}
