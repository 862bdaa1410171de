// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

// Package iis serves the mock of Venafi as IIS does, which crypto/tls cannot: it asks for the client's certificate only when
// a request for certain paths has come, by a second handshake (renegotiation) inside the connection of TLS 1.2. A Go client
// refuses that unless its tls.Config allows it. The package is for tests: its TLS has one cipher suite and no care for timing.
//
// TLS 1.2 is RFC 5246, the renegotiation extension RFC 5746.
package iis

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"
)

// NewTLSServer returns an ordinary TLS server that asks for a client certificate in its first handshake and takes any, also
// none.
func NewTLSServer(handler http.Handler, authority *Authority) *httptest.Server {
	server := httptest.NewUnstartedServer(handler)
	server.Config.ErrorLog = hclog.NewNullLogger().StandardLogger(nil) // tests make handshakes fail
	server.TLS = &tls.Config{Certificates: []tls.Certificate{authority.server()}, ClientAuth: tls.RequestClientCert, MinVersion: tls.VersionTLS12}
	server.StartTLS()
	return server
}

// Options of a Server.
type Options struct {
	// Paths are the beginnings of the paths that ask for a client certificate, whatever their case; none is "/vedauth".
	Paths []string
	// Require answers 403 to a request for these paths that comes without a certificate, before the handler.
	Require bool
	// TLS13 makes the server speak TLS 1.3 with clients that offer it. There it would ask for the certificate by
	// post-handshake authentication, which Go's clients don't know: no certificate comes.
	TLS13 bool
}

// Server is an HTTP/1.1 server that renegotiates.
type Server struct {
	// URL is where it listens.
	URL string

	handler        http.Handler
	options        Options
	certificate    tls.Certificate
	server         *http.Server
	renegotiations atomic.Int64
}

// patience is how long a client may take for a handshake.
const patience = 10 * time.Second

type connKey struct{}

// NewServer starts a server on a port of this machine.
func NewServer(handler http.Handler, authority *Authority, options Options) (*Server, error) {
	if len(options.Paths) == 0 {
		options.Paths = []string{"/vedauth"}
	}
	s := &Server{handler: handler, options: options, certificate: authority.server()}
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("mock of IIS: %w", err)
	}
	s.URL = "https://" + listener.Addr().String()
	s.server = &http.Server{
		Handler:     http.HandlerFunc(s.serveHTTP),
		ErrorLog:    hclog.NewNullLogger().StandardLogger(nil),
		ConnContext: func(ctx context.Context, c net.Conn) context.Context { return context.WithValue(ctx, connKey{}, c) },
	}
	go func() { _ = s.server.Serve(&tlsListener{listener, s}) }()
	return s, nil
}

// Close stops the server and its connections.
func (s *Server) Close() { _ = s.server.Close() }

// Renegotiations returns how many second handshakes were completed.
func (s *Server) Renegotiations() int { return int(s.renegotiations.Load()) }

type tlsListener struct {
	net.Listener
	server *Server
}

func (l *tlsListener) Accept() (net.Conn, error) {
	raw, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &conn{Conn: raw, server: l.server, renegotiated: make(chan struct{})}, nil
}

func (s *Server) serveHTTP(w http.ResponseWriter, r *http.Request) {
	c, _ := r.Context().Value(connKey{}).(*conn)
	path := strings.ToLower(r.URL.Path)
	if slices.ContainsFunc(s.options.Paths, func(prefix string) bool { return strings.HasPrefix(path, prefix) }) {
		if err := c.askCertificate(); err != nil {
			panic(http.ErrAbortHandler) // the client would have none of it
		}
		if s.options.Require && len(c.certificates()) == 0 {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(http.StatusForbidden)
			_, _ = io.WriteString(w, "<html><head><title>403.7</title></head><body><h2>403 - Forbidden: Client certificate required.</h2></body></html>")
			return
		}
	}
	withTLS := *r
	withTLS.TLS = &tls.ConnectionState{Version: c.version(), HandshakeComplete: true, PeerCertificates: c.certificates()}
	s.handler.ServeHTTP(w, &withTLS)
}
