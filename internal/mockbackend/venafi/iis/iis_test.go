// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package iis_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/venafi/iis"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

// echo answers with the client's name and the size of the body, and sends as many bytes as the query says.
var echo = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	name := "nobody"
	if r.TLS != nil && len(r.TLS.PeerCertificates) > 0 {
		name = r.TLS.PeerCertificates[0].Subject.CommonName
	}
	_, _ = fmt.Fprintf(w, "%s %d %x\n", name, len(body), r.TLS.Version)
	if r.URL.RawQuery == "big" {
		_, _ = io.WriteString(w, strings.Repeat("x", 1<<20))
	}
})

type setup struct {
	authority *iis.Authority
	server    *iis.Server
}

func start(t *testing.T, options iis.Options) setup {
	t.Helper()
	authority := iis.NewAuthority()
	server, err := iis.NewServer(echo, authority, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	return setup{authority, server}
}

func client(t *testing.T, authority *iis.Authority, change func(*tls.Config)) *http.Client {
	t.Helper()
	config := &tls.Config{RootCAs: authority.Pool(), MinVersion: tls.VersionTLS12}
	if change != nil {
		change(config)
	}
	transport := &http.Transport{TLSClientConfig: config}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: 20 * time.Second}
}

func renegotiating(certificates ...tls.Certificate) func(*tls.Config) {
	return func(config *tls.Config) {
		config.Renegotiation = tls.RenegotiateOnceAsClient
		config.Certificates = certificates
	}
}

func issued(t *testing.T, authority *iis.Authority, name string) tls.Certificate {
	t.Helper()
	pair, err := tls.X509KeyPair(pemPair(authority.Issue(iis.Client{CommonName: name})))
	if err != nil {
		t.Fatal(err)
	}
	return pair
}

func pemPair(certificate, key string) ([]byte, []byte) { return []byte(certificate), []byte(key) }

func call(c *http.Client, url, body string) (int, string, error) {
	response, err := c.Post(url, "application/json", strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return response.StatusCode, string(text), err
}

func want(t *testing.T, c *http.Client, url, body string, status int, text string) {
	t.Helper()
	gotStatus, got, err := call(c, url, body)
	if err != nil || gotStatus != status || !strings.HasPrefix(got, text) {
		t.Errorf("%s: got %d %.80q, %v; want %d %q", url, gotStatus, got, err, status, text)
	}
}

// Other paths are served without a second handshake, whatever the client thinks of one.
func TestWithoutRenegotiation(t *testing.T) {
	t.Parallel()
	s := start(t, iis.Options{Require: true})
	c := client(t, s.authority, nil)
	want(t, c, s.server.URL+"/vedsdk/oauth/listroles", "{}", 200, "nobody 2 303")
	want(t, c, s.server.URL+"/vedsdk/x?big", strings.Repeat("y", 100_000), 200, "nobody 100000 303")
	if n := s.server.Renegotiations(); n != 0 {
		t.Errorf("%d renegotiations", n)
	}
}

// What Go does by itself: it refuses, and the request fails with an error that names the cause.
func TestRefusedRenegotiation(t *testing.T) {
	t.Parallel()
	s := start(t, iis.Options{})
	_, _, err := call(client(t, s.authority, nil), s.server.URL+"/vedauth/authorize/oauth", "{}")
	if err == nil || !strings.Contains(err.Error(), "no renegotiation") {
		t.Errorf("got %v", err)
	}
}

func TestRenegotiation(t *testing.T) {
	t.Parallel()
	s := start(t, iis.Options{})
	c := client(t, s.authority, renegotiating(issued(t, s.authority, "admin")))
	want(t, c, s.server.URL+"/vedsdk/before", "{}", 200, "nobody 2 303")
	for range 3 { // one handshake more in the life of a connection
		want(t, c, s.server.URL+"/VedAuth/Authorize/Certificate", "{}", 200, "admin 2 303")
	}
	want(t, c, s.server.URL+"/vedauth/x?big", strings.Repeat("y", 300_000), 200, "admin 300000 303")
	want(t, c, s.server.URL+"/vedsdk/after?big", strings.Repeat("y", 100_000), 200, "admin 100000 303")
	if n := s.server.Renegotiations(); n != 1 {
		t.Errorf("%d renegotiations", n)
	}
}

// A request without a body is answered too: the HTTP server reads ahead then.
func TestRenegotiationWithoutBody(t *testing.T) {
	t.Parallel()
	s := start(t, iis.Options{})
	c := client(t, s.authority, renegotiating(issued(t, s.authority, "admin")))
	for range 2 {
		response, err := c.Get(s.server.URL + "/vedauth/revoke/token")
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil || string(text) != "admin 0 303\n" {
			t.Errorf("%q, %v", text, err)
		}
	}
}

func TestRenegotiationWithoutCertificate(t *testing.T) {
	t.Parallel()
	s := start(t, iis.Options{})
	want(t, client(t, s.authority, renegotiating()), s.server.URL+"/vedauth/x", "{}", 200, "nobody 2 303")
	if n := s.server.Renegotiations(); n != 1 {
		t.Errorf("%d renegotiations", n)
	}
	s = start(t, iis.Options{Require: true, Paths: []string{"/vedauth/authorize/certificate"}})
	c := client(t, s.authority, renegotiating())
	want(t, c, s.server.URL+"/vedauth/authorize/oauth", "{}", 200, "nobody 2 303")
	want(t, c, s.server.URL+"/vedauth/authorize/certificate", "{}", 403, "<html>")
}

// Go's clients know no authentication after the handshake of TLS 1.3: they have to offer no more than TLS 1.2.
func TestTLS13(t *testing.T) {
	t.Parallel()
	s := start(t, iis.Options{TLS13: true, Require: true})
	certificate := issued(t, s.authority, "admin")
	c := client(t, s.authority, renegotiating(certificate))
	want(t, c, s.server.URL+"/vedsdk/x?big", "{}", 200, "nobody 2 304")
	want(t, c, s.server.URL+"/vedauth/x", "{}", 403, "<html>")
	capped := client(t, s.authority, func(config *tls.Config) {
		renegotiating(certificate)(config)
		config.MaxVersion = tls.VersionTLS12
	})
	want(t, capped, s.server.URL+"/vedauth/x", "{}", 200, "admin 2 303")
}

// Client keys of other kinds sign the handshake as well.
func TestClientKeys(t *testing.T) {
	t.Parallel()
	s := start(t, iis.Options{})
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for name, key := range map[string]crypto.Signer{"rsa": rsaKey, "p384": p384} {
		template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotAfter: time.Now().Add(time.Hour)}
		der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
		if err != nil {
			t.Fatal(err)
		}
		c := client(t, s.authority, renegotiating(tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}))
		want(t, c, s.server.URL+"/vedauth/x", "{}", 200, name+" 2 303")
	}
}

// A client that presents somebody else's certificate doesn't get through.
func TestForeignKey(t *testing.T) {
	t.Parallel()
	s := start(t, iis.Options{})
	admin, other := issued(t, s.authority, "admin"), issued(t, s.authority, "other")
	admin.PrivateKey = other.PrivateKey
	if status, text, err := call(client(t, s.authority, renegotiating(admin)), s.server.URL+"/vedauth/x", "{}"); err == nil {
		t.Errorf("got %d %q", status, text)
	}
}

func TestRefusedClients(t *testing.T) {
	t.Parallel()
	s := start(t, iis.Options{})
	for name, change := range map[string]func(*tls.Config){
		"unknown authority": func(config *tls.Config) { config.RootCAs = iis.NewAuthority().Pool() },
		"TLS 1.3 only":      func(config *tls.Config) { config.MinVersion = tls.VersionTLS13 },
		"other ciphers": func(config *tls.Config) {
			config.CipherSuites = []uint16{tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384}
			config.MaxVersion = tls.VersionTLS12
		},
	} {
		if _, _, err := call(client(t, s.authority, change), s.server.URL+"/vedsdk/x", "{}"); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// What is no TLS handshake ends its own connection only.
func TestGarbage(t *testing.T) {
	t.Parallel()
	s := start(t, iis.Options{TLS13: true})
	for name, garbage := range map[string]string{
		"plain HTTP":          "GET / HTTP/1.1\r\nHost: x\r\n\r\n" + strings.Repeat("x", 1<<16),
		"an alert":            "\x15\x03\x01\x00\x02\x02\x28",
		"a warning":           "\x15\x03\x01\x00\x02\x01\x5a",
		"half an alert":       "\x15\x03\x01\x00\x01\x02",
		"goodbye":             "\x15\x03\x01\x00\x02\x01\x00",
		"cipher change":       "\x14\x03\x01\x00\x01\x01",
		"data":                "\x17\x03\x01\x00\x01\x01",
		"a Finished":          "\x16\x03\x01\x00\x04\x14\x00\x00\x00",
		"an empty hello":      "\x16\x03\x01\x00\x04\x01\x00\x00\x00",
		"a cut hello":         "\x16\x03\x01\x00\x08\x01\x00\x00\x04\x03\x03\x00\x00",
		"a hello that lies":   "\x16\x03\x01\x00\x2a\x01\x00\x00\x26\x03\x03" + strings.Repeat("r", 32) + "\xff\xff\xff\xff",
		"a hello, no ciphers": "\x16\x03\x01\x00\x2f\x01\x00\x00\x2b\x03\x03" + strings.Repeat("r", 32) + "\x00\x00\x02\x00\x00\x01\x00\x00\x00",
	} {
		conn, err := net.Dial("tcp", strings.TrimPrefix(s.server.URL, "https://"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(conn, garbage); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := conn.SetReadDeadline(time.Now().Add(8 * time.Second)); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadAll(conn); errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%s: the server holds the connection", name)
		}
		conn.Close()
	}
	want(t, client(t, s.authority, nil), s.server.URL+"/vedsdk/x", "{}", 200, "nobody 2 304")
}

// The faults of the wire work over this server as over any other.
func TestFaults(t *testing.T) {
	t.Parallel()
	authority, faults := iis.NewAuthority(), &wire.Faults{}
	service := wire.Service{Faults: faults}
	server, err := iis.NewServer(service.Handle("Op", func(w http.ResponseWriter, _ *http.Request) {
		wire.SetReason(w, "A reason of its own")
		w.WriteHeader(http.StatusBadRequest)
	}), authority, iis.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	c := client(t, authority, renegotiating())
	response, err := c.Post(server.URL+"/vedauth/x", "application/json", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.Status != "400 A reason of its own" {
		t.Errorf("got %q", response.Status)
	}
	faults.Add(wire.Fault{Kind: wire.ResetAfter, Times: 1})
	if _, _, err := call(c, server.URL+"/vedauth/x", "{}"); err == nil {
		t.Error("no reset")
	}
}

func TestConcurrentConnections(t *testing.T) {
	t.Parallel()
	s := start(t, iis.Options{})
	certificate := issued(t, s.authority, "admin")
	var wg sync.WaitGroup
	for range 4 {
		c := client(t, s.authority, renegotiating(certificate))
		for range 6 {
			wg.Go(func() { want(t, c, s.server.URL+"/vedauth/x?big", strings.Repeat("y", 50_000), 200, "admin 50000 303") })
		}
	}
	wg.Wait()
}

func TestOrdinaryTLSServer(t *testing.T) {
	t.Parallel()
	authority := iis.NewAuthority()
	server := iis.NewTLSServer(echo, authority)
	t.Cleanup(server.Close)
	want(t, client(t, authority, nil), server.URL+"/vedauth/x", "{}", 200, "nobody 2 304")
	certificate := issued(t, authority, "admin")
	want(t, client(t, authority, func(config *tls.Config) { config.Certificates = []tls.Certificate{certificate} }), server.URL+"/vedauth/x", "{}", 200, "admin 2 304")
}

func TestIssue(t *testing.T) {
	t.Parallel()
	authority := iis.NewAuthority()
	end := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	pair, err := tls.X509KeyPair(pemPair(authority.Issue(iis.Client{CommonName: "x", Email: "x@example.com", UPN: "x@corp", NotAfter: end})))
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(pair.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	if len(leaf.EmailAddresses) != 1 || leaf.EmailAddresses[0] != "x@example.com" || !leaf.NotAfter.Equal(end) {
		t.Errorf("%v until %s", leaf.EmailAddresses, leaf.NotAfter)
	}
	if !strings.HasPrefix(authority.PEM(), "-----BEGIN CERTIFICATE-----") {
		t.Errorf("PEM %q", authority.PEM())
	}
}
