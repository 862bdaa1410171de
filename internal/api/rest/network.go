// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package rest

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
)

// readFailure gives the Error of an attempt that got no answer. sent tells whether a connection was
// there to send on.
func (c *call) readFailure(err error, sent bool) *Error {
	// url.Error repeats the query.
	if ue, ok := errors.AsType[*url.Error](err); ok {
		err = ue.Err
	}
	e := &Error{Err: fmt.Errorf("request to %s failed: %w", c.url.Host, err), Unsent: !sent}
	if op, ok := errors.AsType[*net.OpError](err); ok && (op.Op == "dial" || op.Op == "proxyconnect" || op.Op == "socks connect") {
		e.Unsent = true
	}
	switch hint, untrusted := certificateHint(err); {
	case untrusted:
		e.Unsent, e.Hint = true, hint
		return e
	case isAlert(err):
		e.Hint = "The TLS handshake was refused: check the client certificate, if any, and the TLS versions of server and proxy."
		return e
	case isType[tls.RecordHeaderError](err):
		e.Unsent, e.Hint = true, "The server does not speak TLS on this port: check the address."
		return e
	case isType[net.UnknownNetworkError](err), isType[*net.AddrError](err), isType[*net.ParseError](err):
		return e
	}
	if dns, ok := errors.AsType[*net.DNSError](err); ok && dns.IsNotFound {
		e.Hint = "The name does not exist: check " + c.address() + ", and the DNS and proxy settings."
		return e
	}
	e.Transient = true
	if errors.Is(err, os.ErrDeadlineExceeded) || !c.client.reached.Load() {
		e.Hint = c.hintUnreached()
	}
	return e
}

// address is what people set it by.
func (c *call) address() string {
	if from := c.client.config.AddressFrom; from != "" {
		return "the address (" + from + ")"
	}
	return "the address"
}

func (c *call) hintUnreached() string {
	hint := "Check " + c.address() + ", and that it can be reached from here: network, firewall, HTTPS_PROXY and NO_PROXY."
	if !c.client.reached.Load() {
		hint = "Nothing has answered there in this run. " + hint
	}
	return hint
}

func certificateHint(err error) (string, bool) {
	switch {
	case isType[x509.HostnameError](err):
		return "The certificate is made out for another host: check the address. ca_certificate does not change that.", true
	case isType[x509.UnknownAuthorityError](err):
		return "If the authority is a private one, put its PEM text into ca_certificate.", true
	case isType[x509.CertificateInvalidError](err), isType[*tls.CertificateVerificationError](err),
		isType[x509.ConstraintViolationError](err), isType[x509.SystemRootsError](err), isType[x509.UnhandledCriticalExtension](err):
		return "The server's certificate cannot be verified: check its dates, the clock here, and the PEM text in ca_certificate.", true
	}
	return "", false
}

// isAlert tells whether one side ended the TLS handshake on purpose. Trying again gives the same.
func isAlert(err error) bool {
	op, ok := errors.AsType[*net.OpError](err)
	return ok && (op.Op == "remote error" || op.Op == "local error") // as crypto/tls names them
}

func isType[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}
