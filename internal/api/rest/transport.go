// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package rest

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"
)

// newTransport makes a transport of its own for each Client: a clone of the default one would carry
// settings that HTTP1Only must not have.
func newTransport(config *Config) (*http.Transport, error) {
	tlsConfig := &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: config.InsecureSkipVerify} //nolint:gosec // the user's choice, and warned of
	if config.CACertificate != "" {
		pool, err := appendRoots(config.CACertificate)
		if err != nil {
			return nil, err
		}
		tlsConfig.RootCAs = pool
	}
	if config.ClientCertificate != nil {
		tlsConfig.Certificates = []tls.Certificate{*config.ClientCertificate}
	}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(!config.HTTP1Only)
	if config.HTTP1Only {
		tlsConfig.Renegotiation = tls.RenegotiateOnceAsClient
		if config.ClientCertificate != nil {
			tlsConfig.MaxVersion = tls.VersionTLS12
		}
	}
	dial := config.Dial
	if dial == nil {
		dial = (&net.Dialer{Timeout: 30 * time.Second, KeepAlive: 30 * time.Second}).DialContext
	}
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            dial,
		TLSClientConfig:        tlsConfig,
		TLSHandshakeTimeout:    30 * time.Second,
		Protocols:              protocols,
		MaxIdleConns:           config.MaxConcurrent,
		MaxIdleConnsPerHost:    config.MaxConcurrent,
		IdleConnTimeout:        90 * time.Second,
		ExpectContinueTimeout:  time.Second,
		MaxResponseHeaderBytes: 1 << 20,
		ReadBufferSize:         16 << 10, // a page of a list in one read
	}, nil
}

// appendRoots gives the system's roots and the certificates in text. Replacing the roots would
// break whatever else the host serves.
func appendRoots(text string) (*x509.CertPool, error) {
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	n := 0
	for rest := []byte(text); ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			return nil, fmt.Errorf("ca_certificate: holds a PEM block %q, only CERTIFICATE blocks belong there", block.Type)
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("ca_certificate: certificate %d: %w", n+1, err)
		}
		pool.AddCert(cert)
		n++
	}
	if n == 0 {
		return nil, errors.New("ca_certificate: holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)")
	}
	return pool, nil
}
