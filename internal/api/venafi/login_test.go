// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"math/big"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/rest"
	mock "github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/venafi"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

func TestNewChecksTheConfiguration(t *testing.T) {
	t.Parallel()
	valid := Config{URL: "https://tpp.example.com", ClientID: "c", Username: "u", Password: password}
	if _, err := New(valid); err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string]func(*Config){
		"url: is empty":           func(c *Config) { c.URL = "" },
		"url: http://":            func(c *Config) { c.URL = "http://tpp.example.com" },
		"auth_url":                func(c *Config) { c.AuthURL = "ftp://tpp.example.com" },
		"client_id":               func(c *Config) { c.ClientID = "" },
		"username is empty":       func(c *Config) { c.Username = "" },
		"no login":                func(c *Config) { c.Username, c.Password = "", "" },
		"access_token, username":  func(c *Config) { c.AccessToken = "t" },
		"jwt, client_certificate": func(c *Config) { c.Username, c.Password, c.JWT, c.ClientCertificate = "", "", "j", &tls.Certificate{} },
		"certificate":             func(c *Config) { c.Rest.CACertificate = "nonsense" },
	} {
		config := valid
		change(&config)
		_, err := New(config)
		wantError(t, err, want)
	}
}

func clientCertificate(t *testing.T, name string) *tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func TestLogins(t *testing.T) {
	t.Parallel()
	s := start(t, mock.Switches{})
	restored := s.Snapshot()
	restored.JwtMappings = []mock.JwtMapping{{Name: "ci", IssuerURI: "https://ci.example.com", Grantee: adminID, HS256Secret: "shared"}}
	if err := s.Restore(restored); err != nil {
		t.Fatal(err)
	}
	secure := httptest.NewUnstartedServer(s.Backend)
	secure.TLS = &tls.Config{ClientAuth: tls.RequestClientCert}
	secure.StartTLS()
	t.Cleanup(secure.Close)
	authority := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: secure.Certificate().Raw}))

	for operation, configure := range map[string]func(*Config){
		mock.AuthorizeOAuth: func(c *Config) { c.ClientID, c.Username, c.Password = clientID, "local:admin", password },
		mock.AuthorizeJwt: func(c *Config) {
			c.ClientID, c.JWT = clientID, mock.SignJWT("shared", map[string]any{"iss": "https://ci.example.com", "exp": time.Now().Add(time.Hour).Unix()})
		},
		mock.AuthorizeCertificate: func(c *Config) {
			c.URL, c.Rest.CACertificate, c.ClientID, c.ClientCertificate = secure.URL, authority, clientID, clientCertificate(t, "admin")
		},
		"another auth server": func(c *Config) {
			c.AuthURL, c.Rest.CACertificate, c.ClientID, c.ClientCertificate = secure.URL+"/VedAuth", authority, clientID, clientCertificate(t, "admin")
		},
	} {
		c := s.configured(t, configure)
		s.recorder.Reset()
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				if own, err := c.GetRole(t.Context()); err != nil || own.Role != Admin {
					t.Errorf("%s: got %+v, %v", operation, own, err)
				}
			})
		}
		wg.Wait()
		if who, err := c.WhoAmI(t.Context()); err != nil || !SameGrantee(who, adminID) {
			t.Errorf("%s: logged in as %q, %v", operation, who, err)
		}
		if operation == "another auth server" {
			operation = mock.AuthorizeCertificate
		}
		s.counts(t, map[string]int{operation: 1, mock.GetRole: 20, "": 21})
	}
}

func TestFailedLogins(t *testing.T) {
	t.Parallel()
	for want, configure := range map[string]func(*Config){
		"invalid_client": func(c *Config) { c.ClientID, c.Username, c.Password = "Terraform", "admin", password },
		"invalid_grant":  func(c *Config) { c.ClientID, c.Username, c.Password = clientID, "admin", "wrong" },
		"invalid_scope": func(c *Config) {
			c.ClientID, c.Username, c.Password, c.Scope = clientID, "admin", password, "admin;security"
		},
		"JWT mapping": func(c *Config) { c.ClientID, c.JWT = clientID, "a.b.c" },
		"trusts the issuer of client_certificate": func(c *Config) {
			c.ClientID, c.ClientCertificate = clientID, clientCertificate(t, "admin")
		},
	} {
		for form, switches := range map[string]mock.Switches{"body": {}, "capitals": {ErrorKeys: mock.KeysCapitalised}, "phrase": {ErrorForm: mock.ErrorReason}} {
			s := start(t, switches)
			c := s.configured(t, configure)
			_, err := c.ListRoles(t.Context())
			texts := []string{"login failed", "client_id", "scope"}
			if form != "phrase" || !strings.HasPrefix(want, "invalid_") {
				texts = append(texts, want)
			}
			wantError(t, err, texts...)
			if form != "phrase" && strings.Contains(err.Error(), "Check client_id") == (want == "invalid_scope") {
				t.Errorf("%s: what is to be checked is something else: %v", want, err)
			}
			s.counts(t, map[string]int{"": 1})
		}
	}
	t.Run("passing failures", func(t *testing.T) {
		t.Parallel()
		for _, fault := range []wire.FaultKind{wire.ResetBefore, wire.ResetAfter, wire.Truncated, wire.Unavailable, wire.HTML, wire.Throttle, mock.FaultRerun} {
			s := start(t, mock.Switches{})
			s.faults.Add(wire.Fault{Operation: mock.AuthorizeOAuth, Kind: fault, Times: 2})
			if _, err := s.client(t, "admin").ListRoles(t.Context()); err != nil {
				t.Errorf("%s: %v", fault, err)
			}
		}
	})
	t.Run("answers without a token", func(t *testing.T) {
		t.Parallel()
		s := start(t, mock.Switches{})
		s.faults.Add(wire.Fault{Operation: mock.AuthorizeOAuth, Kind: wire.Status, Status: 200, Body: `{"access_token":""}`})
		_, err := s.client(t, "admin").ListRoles(t.Context())
		wantError(t, err, "login failed", "without an access token")
	})
	t.Run("answers 200 with an error", func(t *testing.T) {
		t.Parallel()
		for _, body := range []string{`{"error":"invalid_grant","error_description":"the account is locked"}`, `{"Error":"invalid_grant","Error_description":"the account is locked","access_token":"x"}`} {
			s := start(t, mock.Switches{})
			s.faults.Add(wire.Fault{Operation: mock.AuthorizeOAuth, Kind: wire.Status, Status: 200, Body: body})
			_, err := s.client(t, "admin").ListRoles(t.Context())
			wantError(t, err, "login failed", "invalid_grant", "the account is locked", "username and password")
		}
	})
}

func TestLoginAgain(t *testing.T) {
	t.Parallel()
	for name, switches := range map[string]mock.Switches{"body": {}, "reason phrase": {ErrorForm: mock.ErrorReason}} {
		t.Run("once for an invalid token, "+name, func(t *testing.T) {
			t.Parallel()
			s := start(t, switches)
			c := s.client(t, "admin")
			if _, err := c.ListRoles(t.Context()); err != nil {
				t.Fatal(err)
			}
			s.KillTokens()
			var wg sync.WaitGroup
			for _, g := range []Grant{aliceOnA, aliceOnB, bobAudit} {
				wg.Go(func() {
					if err := c.GrantRole(t.Context(), g); err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			s.counts(t, map[string]int{mock.AuthorizeOAuth: 2})

		})
		t.Run("as long as another token comes, "+name, func(t *testing.T) {
			t.Parallel()
			s := start(t, switches)
			c := s.client(t, "admin")
			s.faults.Add(wire.Fault{Operation: mock.GetRole, Kind: mock.FaultTokenExpired, Times: 3})
			if _, err := c.GetRole(t.Context()); err != nil {
				t.Error(err)
			}
			s.counts(t, map[string]int{mock.AuthorizeOAuth: 4, mock.GetRole: 4})
		})
		t.Run("not for ever, "+name, func(t *testing.T) {
			t.Parallel()
			s := start(t, switches)
			c := s.client(t, "admin")
			c.patience = 50 * time.Millisecond
			s.faults.Add(wire.Fault{Operation: mock.GetRole, Kind: mock.FaultTokenExpired})
			_, err := c.GetRole(t.Context())
			wantError(t, err, "401", "the same installation")
			if n := s.recorder.Count(mock.AuthorizeOAuth); n < 2 || n > 8 {
				t.Errorf("%d logins, want a few with pauses between them", n)
			}
		})
	}
	t.Run("not for the same token", func(t *testing.T) {
		t.Parallel()
		s := start(t, mock.Switches{})
		s.faults.Add(wire.Fault{Operation: mock.AuthorizeOAuth, Kind: wire.Status, Status: 200, Body: `{"access_token":"c2FtZQ=="}`})
		_, err := s.client(t, "admin").GetRole(t.Context())
		wantError(t, err, "401", "the same installation")
		s.counts(t, map[string]int{mock.AuthorizeOAuth: 2, mock.GetRole: 2})
	})
	t.Run("never for a lack of rights or scope", func(t *testing.T) {
		t.Parallel()
		for _, fault := range []wire.FaultKind{mock.FaultInsufficientRight, mock.FaultInsufficientScope, mock.FaultHTML401, mock.FaultHTML403, mock.FaultSessionError} {
			for _, form := range []string{mock.ErrorBody, mock.ErrorReason} {
				if fault == mock.FaultSessionError && form == mock.ErrorReason {
					continue // the phrase alone doesn't tell it from an expired token
				}
				s := start(t, mock.Switches{ErrorForm: form})
				s.faults.Add(wire.Fault{Operation: mock.GrantRole, Kind: fault})
				c := s.client(t, "admin")
				if err := c.GrantRole(t.Context(), aliceOnA); err == nil {
					t.Errorf("%s: no error", fault)
				}
				s.counts(t, map[string]int{mock.AuthorizeOAuth: 1, mock.GrantRole: 1})
			}
		}
	})
	t.Run("before the token ends", func(t *testing.T) {
		t.Parallel()
		s := start(t, mock.Switches{})
		restored, life := s.Snapshot(), int64(3)
		restored.Configuration.AccessTokenValiditySeconds = &life
		if err := s.Restore(restored); err != nil {
			t.Fatal(err)
		}
		c := s.client(t, "admin")
		for range 2 {
			if _, err := c.GetRole(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		s.counts(t, map[string]int{mock.AuthorizeOAuth: 1})
		time.Sleep(1600 * time.Millisecond) // half of its life
		if _, err := c.GetRole(t.Context()); err != nil {
			t.Fatal(err)
		}
		s.counts(t, map[string]int{mock.AuthorizeOAuth: 2, mock.GetRole: 3})
	})
}

func TestReadyTokens(t *testing.T) {
	t.Parallel()
	t.Run("expired", func(t *testing.T) {
		t.Parallel()
		for name, switches := range map[string]mock.Switches{"body": {}, "capitals": {ErrorKeys: mock.KeysCapitalised}, "phrase": {ErrorForm: mock.ErrorReason}} {
			s := start(t, switches)
			c := s.ready(t, adminID, DefaultScope)
			s.KillTokens()
			_, err := c.ListRoles(t.Context())
			wantError(t, err, "access_token (VENAFI_TOKEN) has expired")
			if got := s.recorder.Count(""); got != 1 {
				t.Errorf("%s: %d calls, want 1", name, got)
			}
		}
	})
	t.Run("malformed", func(t *testing.T) {
		t.Parallel()
		s := start(t, mock.Switches{MalformedToken: mock.MalformedSessionError})
		c := s.configured(t, func(c *Config) { c.AccessToken = "not base64!" })
		_, err := c.ListRoles(t.Context())
		wantError(t, err, "session_error", "access_token")
	})
	for _, form := range []string{mock.ErrorBody, mock.ErrorReason} {
		t.Run("without the scope, "+form, func(t *testing.T) {
			t.Parallel()
			s := start(t, mock.Switches{ErrorForm: form})
			_, err := s.ready(t, adminID, "certificate:manage;configuration").ListRoles(t.Context())
			wantError(t, err, "403", `has the scope "certificate:manage;configuration"`, "needs the scope admin.")
			_, _, err = s.ready(t, adminID, "admin").IdentityByName(t.Context(), "local:alice")
			wantError(t, err, "403", `has the scope "admin"`, "needs the scope configuration.")
		})
	}
	t.Run("can't log in", func(t *testing.T) {
		t.Parallel()
		s := start(t, mock.Switches{})
		_, err := s.ready(t, adminID, "admin").Login(t.Context(), "", "")
		wantError(t, err, "access_token")
	})
}

func TestTokensOfTheirOwn(t *testing.T) {
	t.Parallel()
	s := start(t, mock.Switches{})
	c := s.client(t, "admin")
	if _, err := c.GetRole(t.Context()); err != nil {
		t.Fatal(err)
	}
	token, err := c.Login(t.Context(), "app-a", "configuration")
	if err != nil || time.Until(token.Expires) < time.Hour {
		t.Fatalf("got %v, %v", token.Expires, err)
	}
	grant, err := c.Verify(t.Context(), token.AccessToken)
	if err != nil || grant.Scope != "configuration" || grant.Application != "app-a" || !SameGrantee(grant.Identity, adminID) || grant.Expires.IsZero() {
		t.Errorf("got %+v, %v", grant, err)
	}
	if err := c.RevokeToken(t.Context(), token.AccessToken); err != nil {
		t.Error(err)
	}
	wantError(t, c.RevokeToken(t.Context(), token.AccessToken), "202", "did not revoke")
	if _, err := c.Verify(t.Context(), token.AccessToken); err == nil {
		t.Error("the token lives")
	}
	// The client's own token lives on.
	if _, err := c.GetRole(t.Context()); err != nil {
		t.Error(err)
	}
	s.counts(t, map[string]int{mock.AuthorizeOAuth: 2})
}

func TestExpiry(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_700_000_000, 0)
	for _, test := range []struct {
		in, at rest.Number
		want   time.Time
	}{
		{"60", "1800000000", now.Add(time.Minute)},
		{"0", "1800000000", time.Unix(1_800_000_000, 0)},
		{"", "1800000000", time.Unix(1_800_000_000, 0)},
		{"-1", "-1", time.Time{}},
		{"", "", time.Time{}},
		{"soon", "{}", time.Time{}},
	} {
		if got := expiry(test.in, test.at, now); !got.Equal(test.want) {
			t.Errorf("%q, %q: got %v, want %v", test.in, test.at, got, test.want)
		}
	}
	if got := expiry("9223372036854775807", "", now); !got.After(now) {
		t.Errorf("got %v", got)
	}
}

func TestIdentities(t *testing.T) {
	t.Parallel()
	for _, unknown := range []string{mock.IdentityNoBody, mock.IdentityObject, mock.IdentityNull} {
		s := start(t, mock.Switches{UnknownIdentity: unknown})
		c := s.client(t, "admin")
		got, found, err := c.IdentityByName(t.Context(), "local:alice")
		want := Identity{
			Name: "alice", PrefixedName: "local:alice", FullName: "Full alice", PrefixedUniversal: alice, Prefix: "local",
			Universal: strings.TrimPrefix(alice, "local:"), Type: UserIdentity,
		}
		if diff := cmp.Diff(want, got); !found || err != nil || diff != "" {
			t.Errorf("%t, %v, identity (-want +got):\n%s", found, err, diff)
		}
		got, found, err = c.IdentityByID(t.Context(), "local:{00000000-0000-4000-8000-0000000000ff}")
		if !found || err != nil || !got.IsGroup || got.Name != "team" {
			t.Errorf("got %+v, %t, %v", got, found, err)
		}
		if got, found, err = c.IdentityByName(t.Context(), "local:mallory"); found || err != nil {
			t.Errorf("%s: got %+v, %v", unknown, got, err)
		}
		self, _, err := c.Self(t.Context())
		if err != nil || self.Name != "admin" {
			t.Errorf("got %+v, %v", self, err)
		}
	}
	s := start(t, mock.Switches{})
	s.faults.Add(wire.Fault{Operation: mock.IdentitySelf, Kind: wire.Status, Status: 200, Body: `{"Identities":[]}`})
	_, _, err := s.client(t, "admin").Self(t.Context())
	wantError(t, err, "did not say who")
}

// A server that repeats the password in its error, in whatever percent form or cut off, makes no
// error show it.
func TestRepeatedSecrets(t *testing.T) {
	t.Parallel()
	const secret = "pass/wörd %7 of mine"
	for _, echo := range []string{mock.EchoRaw, mock.EchoEscaped, mock.EchoEscapedAll, mock.EchoLong} {
		for _, status := range []string{mock.LoginStatus400, mock.LoginStatus200} {
			for _, length := range []int{len(secret), 10} {
				password := secret[:length]
				s := start(t, mock.Switches{LoginEcho: echo, FailedLogin: status})
				_, err := s.configured(t, func(c *Config) { c.ClientID, c.Username, c.Password = clientID, "admin", password }).ListRoles(t.Context())
				wantError(t, err, "login failed", "invalid_grant", "***")
				text := err.Error()
				for range 2 {
					for n := 0; n+6 <= len(password); n++ {
						if strings.Contains(text, password[n:n+6]) {
							t.Fatalf("%s, %s: %q shows in %q", echo, status, password[n:n+6], text)
						}
					}
					text = percent.ReplaceAllStringFunc(err.Error(), func(code string) string {
						b, _ := hex.DecodeString(code[1:])
						return string(b)
					})
				}
			}
		}
	}
}

var percent = regexp.MustCompile(`%[0-9a-fA-F]{2}`)
