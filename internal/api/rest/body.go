// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package rest

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// answerBody reads the body of an answer up to a limit, remembers why it ended, and gives back what
// its attempt holds when closed.
type answerBody struct {
	io.ReadCloser

	ctx   context.Context //nolint:containedctx // of the attempt, to tell why reading failed
	limit int64
	left  int64
	err   error // why reading failed; nil at a regular end
	free  func()
}

// tooLong is the error of a body that is longer than the limit.
type tooLong int64

func (n tooLong) Error() string { return fmt.Sprintf("the answer is longer than %d bytes", int64(n)) }

func (b *answerBody) Read(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	if len(p) == 0 {
		return 0, nil
	}
	// One byte more than allowed tells a body that is too long from one that just fits.
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.ReadCloser.Read(p)
	if int64(n) > b.left {
		n, err = int(b.left), tooLong(b.limit)
	}
	b.left -= int64(n)
	if err != nil && !errors.Is(err, io.EOF) {
		b.err = err
	}
	return n, err
}

// drain reads a short rest, so that the connection can be used again.
func (b *answerBody) drain() {
	_, _ = io.CopyN(io.Discard, b, 4<<10)
}

func (b *answerBody) Close() error {
	err := b.ReadCloser.Close()
	if b.free != nil {
		b.free()
		b.free = nil
	}
	return err
}
