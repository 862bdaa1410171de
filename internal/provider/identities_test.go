// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"maps"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/youmark/pkcs8"
	"software.sslmate.com/src/go-pkcs12"

	"github.com/appaccess/terraform-provider-appaccess/internal/acctest"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/enos"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/huaweicloud"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/venafi"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/venafi/pki"
)

const (
	enosApp        = "66666666-7777-8888-9999-000000000000"
	temporaryKey   = "TEMPORARYACCESSKEY01"
	temporarySK    = "tQ4wE7rT1yU8iO5pA2sD6fG9hJ3kL0zX"
	temporaryToken = "sts-token-Zk3Jx8Qw5Rt7Yu2Io9Pa4Sd6Fg1Hj0"
	idToken        = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJwaXBlbGluZSJ9.c2lnbmF0dXJlLW9mLXRoZS1pc3N1ZXI"
	wrongSecret    = "this-one-is-no-secret-of-any-service"
	keyPassword    = "correct horse battery staple"
	jwtSecret      = "secret-of-the-issuer-of-tokens"
)

// keyRing is what people and pipelines have to prove who they are, right and wrong.
type keyRing struct {
	authority *pki.Authority
	// held is all of it by its name: texts, and the names of files.
	held map[string]string
}

func newKeyRing(t *testing.T) *keyRing {
	t.Helper()
	authority, dir := pki.NewAuthority(), t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		must(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	_, name, _ := strings.Cut(acctest.VenafiUser, ":")
	certificate, key := authority.Issue(pki.Client{CommonName: name})
	expiredCertificate, expiredKey := authority.Issue(pki.Client{CommonName: name, NotAfter: time.Now().Add(-time.Hour)})
	otherCertificate, otherKey := pki.NewAuthority().Issue(pki.Client{CommonName: name}) // of an authority that the service does not trust
	p12, encrypted := locked(t, certificate, key)
	expiredP12, expiredEncrypted := locked(t, expiredCertificate, expiredKey)
	claims := map[string]any{"iss": "https://ci.example.com", "exp": time.Now().Add(time.Hour).Unix()}
	jwt := venafi.SignJWT(jwtSecret, claims)
	claims["exp"] = time.Now().Add(-time.Hour).Unix()
	expiredJWT := venafi.SignJWT(jwtSecret, claims)

	secrets := acctest.SecretsOf(t)
	for what, secret := range map[string]string{
		"an ID token": idToken, "a wrong secret": wrongSecret, "the password of a key": keyPassword, "a JWT": jwt, "a JWT that has expired": expiredJWT,
		"a temporary secret key": temporarySK, "a security token": temporaryToken, "a PKCS#12 file": p12,
	} {
		secrets.Learn(what, secret)
	}
	coded := func(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }
	return &keyRing{authority, map[string]string{
		"nowhere": filepath.Join(dir, "nowhere"), "secretFile": file("secret", wrongSecret), "idTokenFile": file("id-token", idToken+"\n"),
		"profiles": file("config.json", profiles(t)), "encryptedProfiles": file("encrypted.json", "q83vEjRWeJA+/w=="),
		"certificate": certificate, "key": key, "encryptedKey": encrypted, "otherCertificate": otherCertificate, "otherKey": otherKey,
		"expiredCertificate": expiredCertificate, "expiredKey": expiredKey, "expiredEncryptedKey": expiredEncrypted,
		"p12": coded(p12), "expiredP12": coded(expiredP12), "p12File": file("client.p12", p12), "expiredP12File": file("expired.p12", expiredP12),
		"jwt": jwt, "expiredJWT": expiredJWT, "jwtFile": file("jwt", jwt+"\n"), "expiredJWTFile": file("expired-jwt", expiredJWT),
	}}
}

// profiles is the file of the vendor's CLI.
func profiles(t *testing.T) string {
	t.Helper()
	keys := map[string]any{"mode": "AKSK", "accessKeyId": acctest.HuaweicloudAccessKey, "secretAccessKey": acctest.HuaweicloudSecretKey}
	temporary := map[string]any{"accessKeyId": temporaryKey, "secretAccessKey": temporarySK, "securityToken": temporaryToken}
	with := func(of map[string]any, more map[string]any) map[string]any {
		p := maps.Clone(of)
		maps.Copy(p, more)
		return p
	}
	profile := func(name string, more map[string]any) map[string]any {
		return with(with(keys, more), map[string]any{"name": name})
	}
	sso := func(name string, token map[string]any) map[string]any {
		return map[string]any{"name": name, "mode": "SSO", "ssoAuth": map[string]any{"stsToken": token}}
	}
	text, err := json.Marshal(map[string]any{"current": "keys", "profiles": []map[string]any{
		profile("keys", nil),
		profile("wrong keys", map[string]any{"secretAccessKey": wrongSecret}),
		profile("temporary", temporary),
		profile("wrong temporary", with(temporary, map[string]any{"securityToken": wrongSecret})),
		profile("agency", map[string]any{"agencyName": "operators", "agencyDomainName": "corp"}),
		profile("wrong agency", map[string]any{"agencyName": "admins", "agencyDomainName": "corp"}),
		profile("encrypted", map[string]any{"accessKeyId": "q83vEjRWeJA+/w==", "secretAccessKey": "EjRWeJCrze8SNFZ4kKvN7w=="}),
		sso("sso", temporary),
		sso("wrong sso", with(temporary, map[string]any{"secretAccessKey": wrongSecret})),
		sso("logged out", nil),
	}})
	must(t, err)
	return string(text)
}

// locked is a certificate with its key as a PKCS#12 file, and the key as PEM text, both with the
// password.
func locked(t *testing.T, certificate, key string) (p12, encrypted string) {
	t.Helper()
	pair, err := tls.X509KeyPair([]byte(certificate), []byte(key))
	must(t, err)
	der, err := pkcs8.MarshalPrivateKey(pair.PrivateKey, []byte(keyPassword), nil)
	must(t, err)
	leaf, err := x509.ParseCertificate(pair.Certificate[0])
	must(t, err)
	file, err := pkcs12.Modern.Encode(pair.PrivateKey, leaf, nil, keyPassword)
	must(t, err)
	return string(file), string(pem.EncodeToMemory(&pem.Block{Type: "ENCRYPTED PRIVATE KEY", Bytes: der}))
}

// identityWorld is a mock that knows every way to prove who one is, and what people have for it.
type identityWorld struct {
	*acctest.Mock
	*keyRing

	tls        string
	identities huaweicloud.Identities
}

func newIdentityWorld(t *testing.T, keys *keyRing) *identityWorld {
	t.Helper()
	w := &identityWorld{keyRing: &keyRing{keys.authority, maps.Clone(keys.held)}}
	w.Mock = acctest.Start(t, acctest.Options{
		AllowViolations: true, // keys that are wrong
		Huaweicloud: huaweicloud.Seed{
			Apps: map[string]huaweicloud.App{appID: {Name: "CAD"}},
			Credentials: []huaweicloud.Credential{
				{AccessKey: acctest.HuaweicloudAccessKey, SecretKey: acctest.HuaweicloudSecretKey},
				{AccessKey: temporaryKey, SecretKey: temporarySK, SecurityToken: temporaryToken},
			},
		},
		Enos: enos.Seed{Organizations: []enos.Organization{{ID: acctest.OrgID, Applications: []enos.Application{
			{AccessKey: enosApp, ID: "app-1", Code: "portal", Name: "Portal", CreatedType: enos.Own},
		}}}},
		Venafi: venafi.Seed{
			Configuration: venafi.Configuration{ClientCA: keys.authority.PEM()},
			JwtMappings:   []venafi.JwtMapping{{Name: "ci", IssuerURI: "https://ci.example.com", Grantee: acctest.VenafiIdentity, HS256Secret: jwtSecret}},
		},
	})
	w.identities = huaweicloud.Identities{
		Agencies: []huaweicloud.Agency{
			{Name: "operators", DomainName: "corp", DomainID: "d0", TrustedBy: []string{acctest.HuaweicloudAccessKey}},
			{Name: "pipelines", DomainName: "corp", DomainID: "d0", TrustedBy: []string{"*"}},
		},
		Providers: []huaweicloud.IdentityProvider{{ID: "gitlab", Tokens: []string{idToken}}}, ServerAgency: true, MetadataToken: true,
	}
	w.Huaweicloud.SetIdentities(w.identities)
	server := pki.NewTLSServer(acctest.Tapped(t, w.Backend), keys.authority)
	t.Cleanup(server.Close)
	w.tls = server.URL
	token, err := w.Venafi.IssueToken(acctest.VenafiClientID, acctest.VenafiIdentity, "admin;configuration")
	must(t, err)
	acctest.SecretsOf(t).Learn("an access token", token)
	w.held["accessToken"] = token
	return w
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// dialMetadata leads to the metadata service of the mock.
func (w *identityWorld) dialMetadata(ctx context.Context, network, address string) (net.Conn, error) {
	if address == "169.254.169.254:80" {
		address = strings.TrimPrefix(w.URL, "http://")
	}
	return new(net.Dialer).DialContext(ctx, network, address)
}
