// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package pki_test

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/venafi/pki"
)

func TestTLSServer(t *testing.T) {
	t.Parallel()
	authority := pki.NewAuthority()
	server := pki.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := "nobody"
		if len(r.TLS.PeerCertificates) > 0 {
			name = r.TLS.PeerCertificates[0].Subject.CommonName
		}
		_, _ = fmt.Fprint(w, name, r.ProtoMajor)
	}), authority)
	t.Cleanup(server.Close)
	certificate, key := authority.Issue(pki.Client{CommonName: "admin"})
	pair, err := tls.X509KeyPair([]byte(certificate), []byte(key))
	if err != nil {
		t.Fatal(err)
	}
	for want, config := range map[string]*tls.Config{
		"nobody1": {RootCAs: authority.Pool()},
		"admin1":  {RootCAs: authority.Pool(), Certificates: []tls.Certificate{pair}},
		"admin2":  {RootCAs: authority.Pool(), Certificates: []tls.Certificate{pair}, NextProtos: []string{"h2"}},
	} {
		transport := &http.Transport{TLSClientConfig: config, ForceAttemptHTTP2: strings.HasSuffix(want, "2")}
		t.Cleanup(transport.CloseIdleConnections)
		response, err := (&http.Client{Transport: transport}).Get(server.URL)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil || string(got) != want {
			t.Errorf("got %q, %v, want %q", got, err, want)
		}
	}
	stranger := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pki.NewAuthority().Pool()}}
	if response, err := (&http.Client{Transport: stranger}).Get(server.URL); err == nil {
		response.Body.Close()
		t.Error("a certificate of another authority is taken")
	}
}

func TestIssue(t *testing.T) {
	t.Parallel()
	authority := pki.NewAuthority()
	end := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	certificate, key := authority.Issue(pki.Client{CommonName: "x", Email: "x@example.com", UPN: "x@corp", NotAfter: end})
	pair, err := tls.X509KeyPair([]byte(certificate), []byte(key))
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
