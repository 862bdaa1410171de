// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package wire

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// SetReason gives an answer a reason phrase of its own, as IIS applications do; net/http knows only
// the standard ones. Over HTTP/1.1 the connection is closed after such an answer. HTTP/2 has no
// reason phrases: there it does nothing. w is the writer that the handler was called with.
func SetReason(w http.ResponseWriter, reason string) {
	if b, ok := w.(*buffered); ok {
		b.reason = strings.NewReplacer("\r", " ", "\n", " ").Replace(reason)
	}
}

// sendRaw writes the whole answer past net/http. It returns false when the connection cannot be
// had.
func (b *buffered) sendRaw() bool {
	conn, buf, err := http.NewResponseController(b.w).Hijack()
	if err != nil {
		return false
	}
	b.streaming = true
	defer conn.Close()
	header := b.header.Clone()
	if header == nil {
		header = http.Header{}
	}
	header.Set("Date", time.Now().UTC().Format(http.TimeFormat))
	header.Set("Connection", "close")
	header.Set("Content-Length", strconv.Itoa(b.body.Len()))
	_, _ = fmt.Fprintf(buf, "HTTP/1.1 %d %s\r\n", b.status, b.reason)
	_ = header.Write(buf)
	_, _ = buf.WriteString("\r\n")
	_, _ = buf.Write(b.body.Bytes())
	_ = buf.Flush()
	return true
}
