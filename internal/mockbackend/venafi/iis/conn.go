// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package iis

import (
	"bytes"
	"crypto/cipher"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"sync"
	"time"
)

// Types of TLS records, and the alerts that matter here.
const (
	recordChangeCipherSpec = 20
	recordAlert            = 21
	recordHandshake        = 22
	recordData             = 23

	alertFatal            = 2
	alertCloseNotify      = 0
	alertHandshakeFailure = 40
	alertNoRenegotiation  = 100

	headerSize = 5
	maxRecord  = 1 << 14
)

var errNoRenegotiation = errors.New("the client refused to renegotiate")

// half is one direction of a connection; without a cipher it is in the clear.
type half struct {
	aead cipher.AEAD
	salt []byte
	seq  uint64
}

const explicitNonce = 8

// additional is the data that AES-GCM authenticates besides the record's own (RFC 5246, 6.2.3.3).
func (h *half) additional(kind byte, size int) []byte {
	data := binary.BigEndian.AppendUint64(nil, h.seq)
	return binary.BigEndian.AppendUint16(append(data, kind, 3, 3), uint16(size))
}

func (h *half) seal(kind byte, data []byte) []byte {
	payload := data
	if h.aead != nil {
		explicit := binary.BigEndian.AppendUint64(nil, h.seq)
		payload = h.aead.Seal(explicit, slices.Concat(h.salt, explicit), data, h.additional(kind, len(data)))
		h.seq++
	}
	record := binary.BigEndian.AppendUint16([]byte{kind, 3, 3}, uint16(len(payload)))
	return append(record, payload...)
}

func (h *half) open(kind byte, payload []byte) ([]byte, error) {
	if h.aead == nil {
		return payload, nil
	}
	if len(payload) < explicitNonce+h.aead.Overhead() {
		return nil, errors.New("a record too short for its cipher")
	}
	explicit, sealed := payload[:explicitNonce], payload[explicitNonce:]
	data, err := h.aead.Open(nil, slices.Concat(h.salt, explicit), sealed, h.additional(kind, len(sealed)-h.aead.Overhead()))
	h.seq++
	return data, err
}

// conn is the server's side of a connection. It shakes hands when it is first read.
type conn struct {
	net.Conn
	server *Server

	readMu   sync.Mutex
	started  bool
	startErr error
	buffered []byte // bytes of records that are not complete
	messages []byte // bytes of handshake messages that are not complete
	pending  []byte // application data that nobody has read
	in       half
	// verify data of the last handshake, which the next one repeats (RFC 5746).
	clientVerify, serverVerify []byte

	outMu sync.Mutex
	out   half

	mu           sync.Mutex
	tls13        *tls.Conn // set when the connection speaks TLS 1.3
	asked        bool
	peer         []*x509.Certificate
	refused      error
	renegotiated chan struct{} // closed after the second handshake, or when there will be none
}

// NetConn returns the connection below TLS.
func (c *conn) NetConn() net.Conn { return c.Conn }

func (c *conn) inner() *tls.Conn {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.tls13
}

func (c *conn) version() uint16 {
	if inner := c.inner(); inner != nil {
		return inner.ConnectionState().Version
	}
	return tls.VersionTLS12
}

func (c *conn) certificates() []*x509.Certificate {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.peer
}

// Read returns application data. A handshake that the client begins meanwhile is carried out.
func (c *conn) Read(p []byte) (int, error) {
	c.readMu.Lock()
	if err := c.start(); err != nil {
		c.readMu.Unlock()
		return 0, err
	}
	if inner := c.inner(); inner != nil {
		c.readMu.Unlock()
		return inner.Read(p)
	}
	defer c.readMu.Unlock()
	for len(c.pending) == 0 {
		if err := c.pump(); err != nil {
			return 0, err
		}
	}
	n := copy(p, c.pending)
	c.pending = c.pending[n:]
	return n, nil
}

// start shakes hands once. The caller holds readMu.
func (c *conn) start() error {
	if c.started {
		return c.startErr
	}
	c.started = true
	_ = c.SetReadDeadline(time.Now().Add(patience))
	hello, err := c.message()
	if err == nil && c.server.options.TLS13 && offersTLS13(hello) {
		c.switchTo13(hello)
		return nil
	}
	if err == nil {
		err = c.handshake(hello, false)
	}
	_ = c.SetReadDeadline(time.Time{})
	c.startErr = err
	return err
}

// replay is a connection whose first bytes have been read already.
type replay struct {
	net.Conn
	first *bytes.Reader
}

func (r *replay) Read(p []byte) (int, error) {
	if r.first.Len() > 0 {
		return r.first.Read(p)
	}
	return r.Conn.Read(p)
}

func (c *conn) switchTo13(hello []byte) {
	_ = c.SetReadDeadline(time.Time{})
	first := append((&half{}).seal(recordHandshake, hello), c.buffered...)
	inner := tls.Server(&replay{c.Conn, bytes.NewReader(first)}, &tls.Config{
		Certificates: []tls.Certificate{c.server.certificate}, MinVersion: tls.VersionTLS13,
	})
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tls13 = inner
}

// Write sends application data.
func (c *conn) Write(p []byte) (int, error) {
	if inner := c.inner(); inner != nil {
		return inner.Write(p)
	}
	written := 0
	for chunk := range slices.Chunk(p, maxRecord) {
		if err := c.writeRecord(recordData, chunk); err != nil {
			return written, err
		}
		written += len(chunk)
	}
	return written, nil
}

// Close says goodbye and closes the connection.
func (c *conn) Close() error {
	if inner := c.inner(); inner != nil {
		return inner.Close()
	}
	_ = c.SetWriteDeadline(time.Now().Add(time.Second))
	_ = c.writeRecord(recordAlert, []byte{1, alertCloseNotify})
	return c.Conn.Close()
}

func (c *conn) writeRecord(kind byte, data []byte) error {
	c.outMu.Lock()
	defer c.outMu.Unlock()
	_, err := c.Conn.Write(c.out.seal(kind, data))
	return err
}

// readRecord reads and opens one record. What has come of a record stays for the next call when a deadline strikes.
func (c *conn) readRecord() (byte, []byte, error) {
	size := headerSize
	for {
		if len(c.buffered) >= headerSize {
			size = headerSize + int(binary.BigEndian.Uint16(c.buffered[3:headerSize]))
		}
		if len(c.buffered) >= size && size > headerSize {
			break
		}
		chunk := make([]byte, maxRecord)
		n, err := c.Conn.Read(chunk)
		c.buffered = append(c.buffered, chunk[:n]...)
		if err != nil && len(c.buffered) < size {
			return 0, nil, err
		}
	}
	record := c.buffered[:size]
	c.buffered = slices.Clone(c.buffered[size:])
	data, err := c.in.open(record[0], record[headerSize:])
	return record[0], data, err
}

// pump handles one record: data is kept for Read, a handshake is carried out, alerts end the connection or the
// renegotiation.
func (c *conn) pump() error {
	kind, data, err := c.readRecord()
	if err != nil {
		return err
	}
	switch kind {
	case recordData:
		c.pending = append(c.pending, data...)
	case recordAlert:
		return c.alert(data)
	case recordHandshake:
		c.messages = append(c.messages, data...)
		hello, err := c.message()
		if err != nil {
			return err
		}
		err = c.handshake(hello, true)
		c.finishRenegotiation(err)
		return err
	default:
		return fmt.Errorf("an unexpected record of type %d", kind)
	}
	return nil
}

func (c *conn) alert(data []byte) error {
	switch {
	case len(data) != 2:
		return errors.New("a malformed alert")
	case data[1] == alertCloseNotify:
		return io.EOF
	case data[1] == alertNoRenegotiation:
		c.finishRenegotiation(errNoRenegotiation)
		return nil
	case data[0] == alertFatal:
		return fmt.Errorf("the client's alert %d", data[1])
	}
	return nil
}

func (c *conn) finishRenegotiation(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	select {
	case <-c.renegotiated:
		return
	default:
	}
	c.refused = err
	if err == nil {
		c.server.renegotiations.Add(1)
	}
	close(c.renegotiated)
}

// askCertificate renegotiates, once in the life of a connection.
func (c *conn) askCertificate() error {
	c.mu.Lock()
	if c.tls13 != nil {
		c.mu.Unlock()
		return nil
	}
	first := !c.asked
	c.asked = true
	c.mu.Unlock()
	if first {
		if err := c.writeRecord(recordHandshake, []byte{messageHelloRequest, 0, 0, 0}); err != nil {
			return err
		}
	}
	timeout := time.NewTimer(patience)
	defer timeout.Stop()
	for {
		select {
		case <-c.renegotiated:
			c.mu.Lock()
			defer c.mu.Unlock()
			return c.refused
		case <-timeout.C:
			return errors.New("the client does not renegotiate")
		default:
		}
		// The HTTP server may be reading already, to notice a client that hangs up; then that read does the handshake.
		if !c.readMu.TryLock() {
			time.Sleep(time.Millisecond)
			continue
		}
		_ = c.SetReadDeadline(time.Now().Add(patience))
		err := c.pump()
		_ = c.SetReadDeadline(time.Time{})
		c.readMu.Unlock()
		if err != nil {
			return err
		}
	}
}
