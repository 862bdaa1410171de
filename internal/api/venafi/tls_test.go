// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"crypto/tls"
	"net/http"
	"sync"
	"testing"

	mock "github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/venafi"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/venafi/pki"
)

// IIS asks for the client's certificate by a second handshake, which only HTTP/1.1 and TLS 1.2
// have. Where the client uses HTTP/1.1, package rest allows that handshake once; its TestProtocols
// holds it.
func TestTLSLetsIISAskForTheCertificate(t *testing.T) {
	t.Parallel()
	s := start(t, mock.Switches{})
	authority := pki.NewAuthority()
	var mu sync.Mutex
	versions := map[string]uint16{}
	secure := pki.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		versions[r.Proto] = r.TLS.Version
		mu.Unlock()
		s.ServeHTTP(w, r)
	}), authority)
	t.Cleanup(secure.Close)
	certificate, key := authority.Issue(pki.Client{CommonName: "admin"})
	pair, err := tls.X509KeyPair([]byte(certificate), []byte(key))
	if err != nil {
		t.Fatal(err)
	}
	for name, configure := range map[string]func(*Config){
		"one server":          func(c *Config) { c.URL = secure.URL },
		"another auth server": func(c *Config) { c.AuthURL = secure.URL + "/vedauth" },
	} {
		clear(versions)
		c := s.configured(t, func(c *Config) {
			c.ClientID, c.ClientCertificate, c.Rest.CACertificate = clientID, &pair, authority.PEM()
			configure(c)
		})
		if _, err := c.GetRole(t.Context()); err != nil {
			t.Fatal(err)
		}
		if len(versions) != 1 || versions["HTTP/1.1"] != tls.VersionTLS12 {
			t.Errorf("%s: the protocols and versions of TLS are %v", name, versions)
		}
	}
}
