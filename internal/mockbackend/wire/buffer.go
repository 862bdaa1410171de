// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package wire

import (
	"bytes"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/hashicorp/go-hclog"
)

// buffered holds an answer back until its record is complete. Flush sends what is there and streams
// from then on.
type buffered struct {
	w         http.ResponseWriter
	s         *Service
	e         *Exchange
	st        *state
	start     time.Time
	status    int
	header    http.Header
	body      bytes.Buffer
	streaming bool
	reason    string // of SetReason
}

func (b *buffered) Header() http.Header {
	if b.streaming {
		return b.w.Header()
	}
	if b.header == nil {
		b.header = http.Header{}
	}
	return b.header
}

func (b *buffered) WriteHeader(status int) {
	if b.status == 0 {
		b.status = status
	}
}

func (b *buffered) Write(p []byte) (int, error) {
	b.WriteHeader(http.StatusOK)
	if b.streaming {
		return b.w.Write(p)
	}
	return b.body.Write(p)
}

// FlushError makes an http.ResponseController stream.
func (b *buffered) FlushError() error {
	if !b.streaming {
		b.WriteHeader(http.StatusOK)
		b.record(b.status, "")
		b.send(0) // the length is not known yet
		if _, err := b.w.Write(b.body.Bytes()); err != nil {
			return err
		}
	}
	return http.NewResponseController(b.w).Flush()
}

// Flush is FlushError for handlers that use http.Flusher.
func (b *buffered) Flush() { _ = b.FlushError() }

// Unwrap gives an http.ResponseController the connection, for deadlines.
func (b *buffered) Unwrap() http.ResponseWriter { return b.w }

// finish completes the record and sends what is buffered.
func (b *buffered) finish() {
	if b.streaming {
		return
	}
	b.WriteHeader(http.StatusOK)
	b.record(b.status, "")
	if b.reason != "" && b.sendRaw() {
		return
	}
	b.send(b.body.Len())
	_, _ = b.w.Write(b.body.Bytes())
}

func (b *buffered) send(length int) {
	b.streaming = true
	for key, values := range b.header {
		b.w.Header()[key] = values
	}
	if length > 0 && b.w.Header().Get("Content-Length") == "" {
		b.w.Header().Set("Content-Length", strconv.Itoa(length))
	}
	b.w.WriteHeader(b.status)
}

// truncate sends half of the answer under the length of the whole and closes the connection. An
// answer without a body announces one that never comes.
func (b *buffered) truncate() {
	b.WriteHeader(http.StatusOK)
	b.record(b.status, "")
	b.Header().Del("Content-Length")
	b.send(max(b.body.Len(), 2))
	_, _ = b.w.Write(b.body.Bytes()[:b.body.Len()/2])
	_ = http.NewResponseController(b.w).Flush()
	panic(http.ErrAbortHandler)
}

// drop resets the connection instead of answering.
func (b *buffered) drop(w http.ResponseWriter, why string) {
	b.record(0, why)
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil { // HTTP/2: aborting the handler resets the stream
		panic(http.ErrAbortHandler)
	}
	inner := conn
	if tlsConn, ok := conn.(interface{ NetConn() net.Conn }); ok {
		inner = tlsConn.NetConn()
	}
	if tcp, ok := inner.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // close sends RST
	}
	_ = inner.Close()
}

// record completes the exchange and logs it.
func (b *buffered) record(status int, why string) {
	var e Exchange
	fields := []any{"status", status}
	if status == 0 {
		fields = []any{"status", "none"}
	}
	b.s.Recorder.update(func() {
		b.e.Status, b.e.Ended = status, time.Now()
		e = *b.e
		fields = append(fields, b.st.notes...)
	})
	fields = append(fields, "ms", e.Ended.Sub(b.start).Milliseconds())
	if e.Fault != "" {
		fields = append(fields, "fault", e.Fault)
	}
	if why != "" {
		fields = append(fields, "why", why)
	}
	level := hclog.Info
	if e.Violation != "" {
		level = hclog.Error
		fields = append(fields, "violation", e.Violation)
	} else if status == 0 || status >= 400 {
		level = hclog.Warn
	}
	b.s.log().Log(level, e.Operation, fields...)
}
