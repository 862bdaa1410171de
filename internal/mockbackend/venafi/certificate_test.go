// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"crypto/tls"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/venafi/pki"
)

// loginCertificateCall logs in at a server with a client certificate; an empty one is none.
func loginCertificateCall(t *testing.T, url string, authority *pki.Authority, certificate, key string) answer {
	t.Helper()
	config := &tls.Config{RootCAs: authority.Pool(), MinVersion: tls.VersionTLS12, MaxVersion: tls.VersionTLS12}
	if certificate != "" {
		pair, err := tls.X509KeyPair([]byte(certificate), []byte(key))
		if err != nil {
			t.Fatal(err)
		}
		// Sent whatever authorities the server names.
		config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &pair, nil }
	}
	transport := &http.Transport{TLSClientConfig: config}
	t.Cleanup(transport.CloseIdleConnections)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/vedauth/authorize/certificate", strings.NewReader(`{"client_id":"terraform","scope":"admin"}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	return exchange(t, &http.Client{Transport: transport}, r)
}

func TestCertificateLogin(t *testing.T) {
	t.Parallel()
	authority, stranger := pki.NewAuthority(), pki.NewAuthority()
	for name, tc := range map[string]struct {
		source   string
		ca       *pki.Authority
		issuer   *pki.Authority
		client   pki.Client
		none     bool
		disabled bool
		identity string
		code     string
		message  string
	}{
		"common name":         {client: pki.Client{CommonName: "admin"}, identity: adminID},
		"prefixed name":       {source: "CN", client: pki.Client{CommonName: "AD+corp:alice"}, identity: aliceID},
		"UPN":                 {source: "SAN:UPN", client: pki.Client{CommonName: "x", UPN: "Admin@corp.example.com", Email: "y@example.com"}, identity: adminID},
		"e-mail":              {source: "SAN:EMAIL", client: pki.Client{CommonName: "x", Email: "admin@example.com"}, identity: adminID},
		"trusted":             {ca: authority, client: pki.Client{CommonName: "admin"}, identity: adminID},
		"of a stranger":       {ca: authority, issuer: stranger, client: pki.Client{CommonName: "admin"}, code: "invalid_grant", message: "not trusted"},
		"stranger, no CA set": {issuer: stranger, client: pki.Client{CommonName: "admin"}, identity: adminID},
		"expired":             {client: pki.Client{CommonName: "admin", NotAfter: start.Add(-time.Second)}, code: "invalid_grant", message: "not trusted"},
		"unknown name":        {client: pki.Client{CommonName: "root"}, code: "invalid_grant", message: "maps to no identity"},
		"no name":             {client: pki.Client{}, code: "invalid_grant", message: "maps to no identity"},
		"no UPN":              {source: "SAN:UPN", client: pki.Client{CommonName: "admin", Email: "admin@example.com"}, code: "invalid_grant", message: "maps to no identity"},
		"no e-mail":           {source: "SAN:EMAIL", client: pki.Client{CommonName: "admin"}, code: "invalid_grant", message: "maps to no identity"},
		"no certificate":      {none: true, code: "invalid_grant", message: "was not supplied"},
		"switched off":        {disabled: true, client: pki.Client{CommonName: "admin"}, code: "unauthorized_client", message: "not enabled"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t, Switches{CertificateLogin: CertificateEnabled})
			if tc.disabled {
				h.SetSwitches(Switches{CertificateLogin: CertificateDisabled})
			}
			seed := h.Snapshot()
			seed.Configuration.CertificateSource = tc.source
			if tc.ca != nil {
				seed.Configuration.ClientCA = tc.ca.PEM()
			}
			if err := h.Restore(seed); err != nil {
				t.Fatal(err)
			}
			if tc.issuer == nil {
				tc.issuer = authority
			}
			certificate, key := tc.issuer.Issue(tc.client)
			if tc.none {
				certificate = ""
			}
			ordinary := pki.NewTLSServer(h.Backend, authority)
			t.Cleanup(ordinary.Close)
			a := loginCertificateCall(t, ordinary.URL, authority, certificate, key)
			if tc.identity == "" {
				h.wantError(a, 400, tc.code)
				if !strings.Contains(a.text("error_description"), tc.message) {
					t.Errorf("got %s, want %q", a, tc.message)
				}
				return
			}
			if a.Status != 200 || a.text("identity") != tc.identity || a.text("access_token") == "" || a.number("expires_in") != 7776000 {
				t.Errorf("got %s, want %s", a, tc.identity)
			}
			if !h.usable(a.text("access_token")) {
				t.Error("the token is not usable")
			}
		})
	}
}

// Without TLS there is no certificate.
func TestCertificateLoginWithoutTLS(t *testing.T) {
	t.Parallel()
	h := newHarness(t, Switches{})
	h.wantError(h.post("/vedauth/authorize/certificate", `{"client_id":"terraform","scope":"admin"}`), 400, "invalid_grant")
	h.wantError(h.post("/vedauth/authorize/certificate", `{"client_id":"terraform"}`), 400, "invalid_request")
	h.wantViolation("no scope")
}
