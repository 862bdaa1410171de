// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package rest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	crand "crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// issue makes a certificate, signed by parent or by itself.
func issue(t *testing.T, template x509.Certificate, parent *tls.Certificate) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), crand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template.SerialNumber = big.NewInt(time.Now().UnixNano())
	if template.NotAfter.IsZero() {
		template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	}
	signer, signerKey := &template, any(key)
	if parent != nil {
		signer, signerKey = parent.Leaf, parent.PrivateKey
	}
	der, err := x509.CreateCertificate(crand.Reader, &template, signer, &key.PublicKey, signerKey)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

func pemText(c tls.Certificate) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Certificate[0]}))
}

// authority makes a CA of our own.
func authority(t *testing.T) tls.Certificate {
	t.Helper()
	return issue(t, x509.Certificate{
		Subject: pkix.Name{CommonName: "a private CA"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}, nil)
}

func serveTLS(t *testing.T, config *tls.Config, handler http.HandlerFunc) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(handler)
	server.TLS = config
	server.EnableHTTP2 = true
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	return server
}

func TestCertificates(t *testing.T) {
	t.Parallel()
	ca := authority(t)
	loopback := []net.IP{net.IPv4(127, 0, 0, 1)}
	good := issue(t, x509.Certificate{IPAddresses: loopback}, &ca)
	elsewhere := issue(t, x509.Certificate{DNSNames: []string{"other.example.com"}}, &ca)
	expired := issue(t, x509.Certificate{IPAddresses: loopback, NotBefore: time.Now().Add(-2 * time.Hour), NotAfter: time.Now().Add(-time.Hour)}, &ca)

	for name, tc := range map[string]struct {
		server tls.Certificate
		config Config
		says   string // "" is success
	}{
		"unknown CA":            {good, Config{}, "If the authority is a private one"},
		"its CA is given":       {good, Config{CACertificate: pemText(ca)}, ""},
		"CA among others":       {good, Config{CACertificate: "# roots\n" + pemText(authority(t)) + "\n\n" + pemText(ca)}, ""},
		"another CA is given":   {good, Config{CACertificate: pemText(authority(t))}, "ca_certificate"},
		"verification off":      {good, Config{InsecureSkipVerify: true}, ""},
		"another host":          {elsewhere, Config{CACertificate: pemText(ca)}, "made out for another host"},
		"expired":               {expired, Config{CACertificate: pemText(ca)}, "check its dates"},
		"another host, CA hint": {elsewhere, Config{CACertificate: pemText(ca)}, "ca_certificate"},
		"expired, CA hint":      {expired, Config{CACertificate: pemText(ca)}, "ca_certificate"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var n, connections atomic.Int32
			server := serveTLS(t, &tls.Config{Certificates: []tls.Certificate{tc.server}, GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
				connections.Add(1)
				return nil, nil //nolint:nilnil // keeps the configuration
			}}, func(http.ResponseWriter, *http.Request) { n.Add(1) })
			tc.config.MaxRetries = 3
			c := dial(t, tc.config, server.URL)
			if tc.says == "" {
				if err := c.Do(t.Context(), Request{}); err != nil {
					t.Error(err)
				}
				return
			}
			e := failure(t.Context(), t, c, Request{Method: "POST", Kind: Write})
			if !strings.Contains(e.Error(), tc.says) || !e.Unsent || e.Transient || e.Attempts != 1 {
				t.Errorf("%v (Unsent %v, Transient %v)", e, e.Unsent, e.Transient)
			}
			if n.Load() != 0 || connections.Load() != 1 {
				t.Errorf("%d requests on %d connections", n.Load(), connections.Load())
			}
		})
	}
}

func TestProtocols(t *testing.T) {
	t.Parallel()
	ca := authority(t)
	server := issue(t, x509.Certificate{IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}, &ca)
	client := issue(t, x509.Certificate{Subject: pkix.Name{CommonName: "svc"}}, &ca)
	pool := x509.NewCertPool()
	pool.AddCert(ca.Leaf)
	for name, tc := range map[string]struct {
		config  Config
		proto   int
		version uint16
		peer    string
	}{
		"default":                            {Config{}, 2, tls.VersionTLS13, ""},
		"client certificate":                 {Config{ClientCertificate: &client}, 2, tls.VersionTLS13, "svc"},
		"HTTP/1 only":                        {Config{HTTP1Only: true}, 1, tls.VersionTLS13, ""},
		"HTTP/1 only and client certificate": {Config{HTTP1Only: true, ClientCertificate: &client}, 1, tls.VersionTLS12, "svc"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serveTLS(t, &tls.Config{Certificates: []tls.Certificate{server}, ClientAuth: tls.VerifyClientCertIfGiven, ClientCAs: pool},
				func(_ http.ResponseWriter, r *http.Request) {
					peer := ""
					if len(r.TLS.PeerCertificates) > 0 {
						peer = r.TLS.PeerCertificates[0].Subject.CommonName
					}
					if r.ProtoMajor != tc.proto || r.TLS.Version != tc.version || peer != tc.peer {
						t.Errorf("HTTP/%d over %s with certificate %q", r.ProtoMajor, tls.VersionName(r.TLS.Version), peer)
					}
				})
			tc.config.CACertificate = pemText(ca)
			c := dial(t, tc.config, s.URL)
			if err := c.Do(t.Context(), Request{Method: "POST", Body: []byte("{}")}); err != nil {
				t.Fatal(err)
			}
			tr, _ := c.transport.(*http.Transport)
			if got := tr.TLSClientConfig.Renegotiation; (got == tls.RenegotiateOnceAsClient) != tc.config.HTTP1Only {
				t.Errorf("renegotiation support is %d", got)
			}
		})
	}
}

func TestTLSRefusals(t *testing.T) {
	t.Parallel()
	ca := authority(t)
	cert := issue(t, x509.Certificate{IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}, &ca)
	s := serveTLS(t, &tls.Config{Certificates: []tls.Certificate{cert}, MaxVersion: tls.VersionTLS12, ClientAuth: tls.RequireAnyClientCert},
		func(http.ResponseWriter, *http.Request) { t.Error("a request arrived") })
	c := dial(t, Config{CACertificate: pemText(ca), MaxRetries: 3}, s.URL)
	if e := failure(t.Context(), t, c, Request{}); e.Attempts != 1 || !strings.Contains(e.Error(), "client certificate") {
		t.Errorf("no client certificate: %v", e)
	}
	plain := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(plain.Close)
	c = dial(t, Config{MaxRetries: 3}, strings.Replace(plain.URL, "http://", "https://", 1))
	if e := failure(t.Context(), t, c, Request{}); e.Attempts != 1 || !e.Unsent || !strings.Contains(e.Error(), "does not speak TLS") {
		t.Errorf("no TLS: %v", e)
	}
}

func TestBadCACertificate(t *testing.T) {
	t.Parallel()
	key := string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: []byte("s3cret")}))
	broken := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("s3cret")}))
	for text, says := range map[string]string{
		"/etc/ssl/ca.pem":              "holds no certificate",
		key:                            `PEM block "EC PRIVATE KEY"`,
		broken:                         "certificate 1",
		pemText(authority(t)) + broken: "certificate 2",
	} {
		_, err := New(Config{Service: "Example", BaseURL: "https://x.example.com", CACertificate: text})
		if err == nil || !strings.Contains(err.Error(), "ca_certificate") || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%.20q: %v, want %q", text, err, says)
		}
	}
}

// The environment's proxy is read once for each process, and never used for loopback: so a process
// of its own asks for a host far away, and the proxy is a listener here.
func TestProxyFromEnvironment(t *testing.T) {
	t.Parallel()
	if os.Getenv("REST_TEST_PROXY_CHILD") == "1" {
		c := dial(t, Config{}, "https://workspace.example.com")
		e := failure(t.Context(), t, c, Request{Kind: Write, Method: "POST"})
		if !e.Unsent || e.Attempts != 1 {
			t.Errorf("Unsent = %v after %d attempts: %v", e.Unsent, e.Attempts, e)
		}
		return
	}
	var asked atomic.Value
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Store(r.Method + " " + r.Host)
		w.WriteHeader(http.StatusForbidden)
	}))
	t.Cleanup(proxy.Close)
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), exe, "-test.run=^TestProxyFromEnvironment$", "-test.v")
	cmd.Env = append(os.Environ(), "REST_TEST_PROXY_CHILD=1", "HTTPS_PROXY="+proxy.URL, "https_proxy="+proxy.URL, "NO_PROXY=", "no_proxy=")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	if got := asked.Load(); got != "CONNECT workspace.example.com:443" {
		t.Errorf("the proxy was asked for %v\n%s", got, out)
	}
}
