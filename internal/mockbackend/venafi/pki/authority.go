// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

// Package pki makes certificates, and serves the mock of Venafi over TLS. It is for tests.
package pki

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/hashicorp/go-hclog"
)

// Authority is a certificate authority of one's own, for tests.
type Authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

// Certificates are valid over a time that covers any clock of a test.
var (
	notBefore = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	notAfter  = time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)
)

// NewAuthority makes an authority with a key of its own.
func NewAuthority() *Authority {
	key := newKey()
	template := &x509.Certificate{
		SerialNumber: serial(), Subject: pkix.Name{CommonName: "Mock Authority"}, NotBefore: notBefore, NotAfter: notAfter,
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	a := &Authority{certificate: template, key: key}
	a.certificate = a.sign(template, key)
	return a
}

// PEM returns the authority's certificate.
func (a *Authority) PEM() string { return encode("CERTIFICATE", a.certificate.Raw) }

// Pool returns a pool with the authority's certificate.
func (a *Authority) Pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.certificate)
	return pool
}

// Client is what a client certificate says.
type Client struct {
	CommonName, Email, UPN string
	// NotAfter is the end of its validity; zero is far away.
	NotAfter time.Time
}

// Issue makes a client certificate and its key, in PEM.
func (a *Authority) Issue(c Client) (certificate, key string) {
	private := newKey()
	template := &x509.Certificate{
		SerialNumber: serial(), Subject: pkix.Name{CommonName: c.CommonName}, NotBefore: notBefore, NotAfter: notAfter,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	if !c.NotAfter.IsZero() {
		template.NotAfter = c.NotAfter
	}
	if c.Email != "" || c.UPN != "" {
		template.ExtraExtensions = []pkix.Extension{alternativeNames(c)}
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		panic(err) // a P-256 key always marshals
	}
	return encode("CERTIFICATE", a.sign(template, private).Raw), encode("PRIVATE KEY", der)
}

// alternativeNames writes the extension by hand, since crypto/x509 knows no user principal names.
func alternativeNames(c Client) pkix.Extension {
	var names []asn1.RawValue
	if c.UPN != "" {
		name := struct {
			ID    asn1.ObjectIdentifier
			Value string `asn1:"utf8,explicit,tag:0"`
		}{asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 311, 20, 2, 3}, c.UPN}
		other, err := asn1.MarshalWithParams(name, "tag:0")
		if err != nil {
			panic(err) // the name is not UTF-8
		}
		names = append(names, asn1.RawValue{FullBytes: other})
	}
	if c.Email != "" {
		names = append(names, asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 1, Bytes: []byte(c.Email)})
	}
	value, err := asn1.Marshal(names)
	if err != nil {
		panic(err) // raw values always marshal
	}
	return pkix.Extension{Id: asn1.ObjectIdentifier{2, 5, 29, 17}, Value: value}
}

// server makes the certificate of a server on this machine.
func (a *Authority) server() tls.Certificate {
	key := newKey()
	certificate := a.sign(&x509.Certificate{
		SerialNumber: serial(), Subject: pkix.Name{CommonName: "localhost"}, NotBefore: notBefore, NotAfter: notAfter,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
	}, key)
	return tls.Certificate{Certificate: [][]byte{certificate.Raw}, PrivateKey: key, Leaf: certificate}
}

func (a *Authority) sign(template *x509.Certificate, key *ecdsa.PrivateKey) *x509.Certificate {
	der, err := x509.CreateCertificate(rand.Reader, template, a.certificate, key.Public(), a.key)
	if err != nil {
		panic(err) // the templates of this file are right
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		panic(err) // just made
	}
	return certificate
}

func newKey() *ecdsa.PrivateKey {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err) // the random source never fails
	}
	return key
}

func serial() *big.Int {
	n, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		panic(err) // the random source never fails
	}
	return n.Add(n, big.NewInt(1))
}

func encode(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

// NewTLSServer returns a TLS server that asks for a client certificate in its first handshake and
// takes any, also none. IIS asks in a second handshake, once a request has come, which crypto/tls
// does for clients only.
func NewTLSServer(handler http.Handler, authority *Authority) *httptest.Server {
	server := httptest.NewUnstartedServer(handler)
	server.Config.ErrorLog = hclog.NewNullLogger().StandardLogger(nil) // tests make handshakes fail
	server.EnableHTTP2 = true
	server.TLS = &tls.Config{Certificates: []tls.Certificate{authority.server()}, ClientAuth: tls.RequestClientCert, MinVersion: tls.VersionTLS12}
	server.StartTLS()
	return server
}
