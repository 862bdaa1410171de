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
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
	"github.com/appaccess/terraform-provider-appaccess/internal/provider"
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

// identityWorld is a mock that knows every way to prove who one is, and the files that people have.
type identityWorld struct {
	*acctest.Mock

	tls, authority                 string
	certificate, key, encrypted    string
	expiredCertificate, expiredKey string
	p12                            []byte
	jwt, expiredJWT, accessToken   string
	profiles, p12File, jwtFile     string
	idTokenFile, encryptedProfiles string
	providers                      huaweicloud.Identities
}

func newIdentityWorld(t *testing.T) *identityWorld {
	t.Helper()
	authority := pki.NewAuthority()
	w := &identityWorld{authority: authority.PEM()}
	_, name, _ := strings.Cut(acctest.VenafiUser, ":")
	w.certificate, w.key = authority.Issue(pki.Client{CommonName: name})
	w.expiredCertificate, w.expiredKey = authority.Issue(pki.Client{CommonName: name, NotAfter: time.Now().Add(-time.Hour)})
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
			Configuration: venafi.Configuration{ClientCA: w.authority},
			JwtMappings:   []venafi.JwtMapping{{Name: "ci", IssuerURI: "https://ci.example.com", Grantee: acctest.VenafiIdentity, HS256Secret: jwtSecret}},
		},
	})
	w.providers = huaweicloud.Identities{
		Agencies: []huaweicloud.Agency{
			{Name: "operators", DomainName: "corp", DomainID: "d0", TrustedBy: []string{acctest.HuaweicloudAccessKey}},
			{Name: "pipelines", DomainName: "corp", DomainID: "d0", TrustedBy: []string{"*"}},
		},
		Providers: []huaweicloud.IdentityProvider{{ID: "gitlab", Tokens: []string{idToken}}}, ServerAgency: true, MetadataToken: true,
	}
	w.Huaweicloud.SetIdentities(w.providers)
	server := pki.NewTLSServer(acctest.Tapped(t, w.Backend), authority)
	t.Cleanup(server.Close)
	w.tls = server.URL

	pair, err := tls.X509KeyPair([]byte(w.certificate), []byte(w.key))
	must(t, err)
	encrypted, err := pkcs8.MarshalPrivateKey(pair.PrivateKey, []byte(keyPassword), nil)
	must(t, err)
	w.encrypted = string(pem.EncodeToMemory(&pem.Block{Type: "ENCRYPTED PRIVATE KEY", Bytes: encrypted}))
	leaf, err := x509.ParseCertificate(pair.Certificate[0])
	must(t, err)
	w.p12, err = pkcs12.Modern.Encode(pair.PrivateKey, leaf, nil, keyPassword)
	must(t, err)
	claims := map[string]any{"iss": "https://ci.example.com", "exp": time.Now().Add(time.Hour).Unix()}
	w.jwt = venafi.SignJWT(jwtSecret, claims)
	claims["exp"] = time.Now().Add(-time.Hour).Unix()
	w.expiredJWT = venafi.SignJWT(jwtSecret, claims)
	w.accessToken, err = w.Venafi.IssueToken(acctest.VenafiClientID, acctest.VenafiIdentity, "admin;configuration")
	must(t, err)

	dir := t.TempDir()
	file := func(name string, text []byte) string {
		path := filepath.Join(dir, name)
		must(t, os.WriteFile(path, text, 0o600))
		return path
	}
	type sso struct {
		Token map[string]string `json:"stsToken"`
	}
	keys := map[string]any{"mode": "AKSK", "accessKeyId": acctest.HuaweicloudAccessKey, "secretAccessKey": acctest.HuaweicloudSecretKey}
	profile := func(name string, more map[string]any) map[string]any {
		p := maps.Clone(keys)
		maps.Copy(p, more)
		p["name"] = name
		return p
	}
	profiles, err := json.Marshal(map[string]any{"current": "keys", "profiles": []map[string]any{
		profile("keys", nil),
		profile("agency", map[string]any{"agencyName": "operators", "agencyDomainName": "corp"}),
		profile("agency of nobody", map[string]any{"agencyName": "admins", "agencyDomainName": "corp"}),
		profile("wrong", map[string]any{"secretAccessKey": wrongSecret}),
		profile("encrypted", map[string]any{"accessKeyId": "q83vEjRWeJA+/w==", "secretAccessKey": "EjRWeJCrze8SNFZ4kKvN7w=="}),
		{"name": "sso", "mode": "SSO", "ssoAuth": sso{map[string]string{"accessKeyId": temporaryKey, "secretAccessKey": temporarySK, "securityToken": temporaryToken}}},
	}})
	must(t, err)
	w.profiles, w.encryptedProfiles = file("config.json", profiles), file("encrypted.json", []byte("q83vEjRWeJA+/w=="))
	w.p12File, w.jwtFile, w.idTokenFile = file("client.p12", w.p12), file("jwt", []byte(w.jwt+"\n")), file("id-token", []byte(idToken+"\n"))

	secrets := acctest.SecretsOf(t)
	for what, secret := range map[string]string{
		"an ID token": idToken, "a wrong secret": wrongSecret, "the password of a key": keyPassword, "a JWT": w.jwt, "a JWT that has expired": w.expiredJWT,
		"an access token": w.accessToken, "a temporary secret key": temporarySK, "a security token": temporaryToken, "a PKCS#12 file": string(w.p12),
	} {
		secrets.Learn(what, secret)
	}
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

// The answers that a source may get.
const (
	right   = "right"
	wrong   = "wrong"
	expired = "expired"
	slow    = "slow"
)

// Every way to prove who one is, with the answers that it may get. The error names the source, the attribute and the variable; that no secret
// is in it, nor in the log, is seen to by the harness.
func TestAccSources(t *testing.T) {
	t.Parallel()
	type change func(w *identityWorld, env map[string]string)
	set := func(pairs ...string) change {
		return func(_ *identityWorld, env map[string]string) {
			for i := 0; i < len(pairs); i += 2 {
				env[pairs[i]] = pairs[i+1]
			}
		}
	}
	delay := func(operation string) change {
		return func(w *identityWorld, _ map[string]string) {
			w.Faults.Add(wire.Fault{Operation: operation, Kind: wire.Slow, Delay: 2 * time.Second})
		}
	}
	noIdentities := func(w *identityWorld, _ map[string]string) { w.Huaweicloud.SetIdentities(huaweicloud.Identities{}) }
	endedAtOnce := func(w *identityWorld, _ map[string]string) {
		w.providers.KeyLife = time.Nanosecond
		w.Huaweicloud.SetIdentities(w.providers)
	}
	keys := []string{"HW_ACCESS_KEY", acctest.HuaweicloudAccessKey, "HW_SECRET_KEY", acctest.HuaweicloudSecretKey}
	agency := append([]string{"HW_ASSUME_ROLE_AGENCY_NAME", "operators", "HW_ASSUME_ROLE_DOMAIN_NAME", "corp"}, keys...)
	oidc := []string{"HW_ASSUME_ROLE_IDP_ID", "gitlab", "HW_ASSUME_ROLE_ID_TOKEN", idToken}
	type answer struct {
		change change
		wants  []string
	}
	keysOf := []string{"The credentials are from the environment: huaweicloud.access_key (HW_ACCESS_KEY), huaweicloud.secret_key (HW_SECRET_KEY)"}
	temporary := []string{"The credentials are from the environment", "huaweicloud.security_token (HW_SECURITY_TOKEN)", "expired"}
	fromProfile := []string{"The credentials are from profile ", "config.json (huaweicloud.profile, from the environment variable HW_PROFILE; huaweicloud.shared_config_file, from the environment variable HW_SHARED_CONFIG_FILE)"}
	fromAgency := []string{"those of the agency ", " of corp (huaweicloud.assume_role.agency_name, from the environment variable HW_ASSUME_ROLE_AGENCY_NAME), assumed with keys from the environment: huaweicloud.access_key (HW_ACCESS_KEY)"}
	fromToken := []string{"from the identity provider gitlab, for the token in huaweicloud.assume_role_with_oidc.id_token, from the environment variable HW_ASSUME_ROLE_ID_TOKEN"}
	fromTokenFile := []string{"from the identity provider gitlab, for the token in huaweicloud.assume_role_with_oidc.id_token_file, from the environment variable HW_ASSUME_ROLE_ID_TOKEN_FILE"}
	timeout := func(from []string) []string {
		return append([]string{"no complete answer in time: request_timeout is 300ms"}, from...)
	}
	login := func(names ...string) []string {
		return []string{"login failed", "The login is " + strings.Join(names, "; ")}
	}
	password := login("venafi.username, from the environment variable VENAFI_USER", "venafi.password, from the environment variable VENAFI_PASS")
	jwt := login("venafi.jwt, from the environment variable VENAFI_JWT")
	certificate := login("venafi.client_certificate, from the environment variable VENAFI_CLIENT_CERTIFICATE", "venafi.client_key, from the environment variable VENAFI_CLIENT_KEY")

	for name, source := range map[string]struct {
		service string
		with    change
		answers map[string]answer
	}{
		"keys": {"huaweicloud", set(keys...), map[string]answer{
			wrong: {set("HW_SECRET_KEY", wrongSecret), keysOf},
		}},
		"temporary keys": {"huaweicloud", set("HW_ACCESS_KEY", temporaryKey, "HW_SECRET_KEY", temporarySK, "HW_SECURITY_TOKEN", temporaryToken), map[string]answer{
			wrong:   {set("HW_SECURITY_TOKEN", wrongSecret), temporary[:2]},
			expired: {func(w *identityWorld, _ map[string]string) { w.Huaweicloud.EndKeys(temporaryKey) }, temporary},
		}},
		"profile": {"huaweicloud", func(w *identityWorld, env map[string]string) {
			env["HW_SHARED_CONFIG_FILE"], env["HW_PROFILE"] = w.profiles, "keys"
		}, map[string]answer{
			wrong:             {set("HW_PROFILE", "wrong"), append([]string{"from profile wrong in "}, fromProfile...)},
			"of another name": {set("HW_PROFILE", "staging"), []string{"huaweicloud.profile (environment variable HW_PROFILE)", "no profile of that name. It has keys, agency"}},
			"encrypted":       {set("HW_PROFILE", "encrypted"), []string{"huaweicloud.profile (environment variable HW_PROFILE)", "not in plain text", "--cli-auth-encrypt=false"}},
			"encrypted file": {func(w *identityWorld, env map[string]string) {
				env["HW_SHARED_CONFIG_FILE"], env["HW_PROFILE"] = w.encryptedProfiles, ""
			}, []string{"huaweicloud.shared_config_file (environment variable HW_SHARED_CONFIG_FILE)", "is not JSON. If it is encrypted", "--cli-auth-encrypt=false"}},
			"no file": {set("HW_SHARED_CONFIG_FILE", "/nowhere/config.json"), []string{"huaweicloud.shared_config_file (environment variable HW_SHARED_CONFIG_FILE)", "no such file"}},
		}},
		"profile after a login with single sign-on": {"huaweicloud", func(w *identityWorld, env map[string]string) {
			env["HW_SHARED_CONFIG_FILE"], env["HW_PROFILE"] = w.profiles, "sso"
		}, map[string]answer{
			expired: {func(w *identityWorld, _ map[string]string) { w.Huaweicloud.EndKeys(temporaryKey) }, append([]string{"expired"}, fromProfile...)},
		}},
		"profile with an agency": {"huaweicloud", func(w *identityWorld, env map[string]string) {
			env["HW_SHARED_CONFIG_FILE"], env["HW_PROFILE"] = w.profiles, "agency"
		}, map[string]answer{
			wrong:   {set("HW_PROFILE", "agency of nobody"), append([]string{"those of the agency admins of corp", "assumed with keys from profile agency of nobody in"}, fromProfile[1])},
			expired: {endedAtOnce, append([]string{"expired", "those of the agency operators"}, fromProfile[1])},
			slow:    {delay("SecurityTokens"), timeout([]string{"those of the agency operators", fromProfile[1]})},
		}},
		"agency": {"huaweicloud", set(agency...), map[string]answer{
			wrong:        {set("HW_ASSUME_ROLE_AGENCY_NAME", "admins"), append([]string{"403", "iam:agencies:assume"}, fromAgency...)},
			"wrong keys": {set("HW_SECRET_KEY", wrongSecret), append([]string{"401", "The signature does not hold"}, fromAgency...)},
			expired:      {endedAtOnce, append([]string{"expired"}, fromAgency...)},
			slow:         {delay("SecurityTokens"), timeout(fromAgency)},
		}},
		"ID token": {"huaweicloud", set(oidc...), map[string]answer{
			wrong:              {set("HW_ASSUME_ROLE_ID_TOKEN", wrongSecret), append([]string{"401", "has not expired"}, fromToken...)},
			expired:            {endedAtOnce, append([]string{"expired"}, fromToken...)},
			slow:               {delay(huaweicloud.OpTokenOfIDToken), timeout(fromToken)},
			"another provider": {set("HW_ASSUME_ROLE_IDP_ID", "github"), []string{"404", "idp_id", "from the identity provider github"}},
		}},
		"ID token of a file, and an agency": {"huaweicloud", func(w *identityWorld, env map[string]string) {
			set("HW_ASSUME_ROLE_IDP_ID", "gitlab", "HW_ASSUME_ROLE_AGENCY_NAME", "pipelines", "HW_ASSUME_ROLE_DOMAIN_ID", "d0")(w, env)
			env["HW_ASSUME_ROLE_ID_TOKEN_FILE"] = w.idTokenFile
		}, map[string]answer{
			wrong: {func(w *identityWorld, env map[string]string) {
				must(t, os.WriteFile(w.idTokenFile, []byte(wrongSecret), 0o600))
			}, fromTokenFile},
			"no file":        {set("HW_ASSUME_ROLE_ID_TOKEN_FILE", "/nowhere/token"), []string{"huaweicloud.assume_role_with_oidc.id_token_file, from the environment variable HW_ASSUME_ROLE_ID_TOKEN_FILE", "no such file"}},
			"another agency": {set("HW_ASSUME_ROLE_AGENCY_NAME", "admins"), append([]string{"those of the agency admins of d0 (huaweicloud.assume_role_with_oidc.agency_name, from the environment variable HW_ASSUME_ROLE_AGENCY_NAME)"}, fromTokenFile...)},
		}},
		"metadata": {"huaweicloud", set(), map[string]answer{
			wrong:   {noIdentities, []string{"huaweicloud.access_key (environment variable HW_ACCESS_KEY)", "huaweicloud.profile (environment variable HW_PROFILE)", "the metadata service answered 404", "give the server an agency"}},
			expired: {endedAtOnce, []string{"expired", "from the metadata service of this cloud server"}},
			slow:    {delay(huaweicloud.OpMetadataKeys), []string{"huaweicloud.access_key (environment variable HW_ACCESS_KEY)", "no answer within 1s"}},
		}},

		"EnOS": {"enos", set("ENOS_ACCESS_KEY", acctest.EnosAccessKey, "ENOS_SECRET_KEY", acctest.EnosSecretKey), map[string]answer{
			wrong: {set("ENOS_SECRET_KEY", wrongSecret), []string{"enos.access_key, from the environment variable ENOS_ACCESS_KEY", "enos.secret_key, from the environment variable ENOS_SECRET_KEY"}},
			slow:  {delay("GetAccessToken"), timeout([]string{"enos.secret_key, from the environment variable ENOS_SECRET_KEY"})},
		}},

		"password": {"venafi", set("VENAFI_USER", acctest.VenafiUser, "VENAFI_PASS", acctest.VenafiPassword), map[string]answer{
			wrong: {set("VENAFI_PASS", wrongSecret), password},
			slow:  {delay("AuthorizeOAuth"), timeout(password)},
		}},
		"JWT": {"venafi", func(w *identityWorld, env map[string]string) { env["VENAFI_JWT"] = w.jwt }, map[string]answer{
			wrong:   {set("VENAFI_JWT", wrongSecret), jwt},
			expired: {func(w *identityWorld, env map[string]string) { env["VENAFI_JWT"] = w.expiredJWT }, append([]string{"has not expired"}, jwt...)},
			slow:    {delay("AuthorizeJwt"), timeout(jwt)},
		}},
		"JWT of a file": {"venafi", func(w *identityWorld, env map[string]string) { env["VENAFI_JWT_FILE"] = w.jwtFile }, map[string]answer{
			expired: {func(w *identityWorld, env map[string]string) {
				must(t, os.WriteFile(w.jwtFile, []byte(w.expiredJWT), 0o600))
			}, login("venafi.jwt_file, from the environment variable VENAFI_JWT_FILE")},
			"no file": {set("VENAFI_JWT_FILE", "/nowhere/jwt"), append([]string{"no such file"}, login("venafi.jwt_file, from the environment variable VENAFI_JWT_FILE")...)},
		}},
		"HCP Terraform": {"venafi", func(w *identityWorld, env map[string]string) { env["TFC_WORKLOAD_IDENTITY_TOKEN_VENAFI"] = w.jwt }, map[string]answer{
			wrong: {set("TFC_WORKLOAD_IDENTITY_TOKEN_VENAFI", wrongSecret), login("venafi.jwt, from the environment variable TFC_WORKLOAD_IDENTITY_TOKEN_VENAFI")},
		}},
		"certificate": {"venafi", func(w *identityWorld, env map[string]string) {
			env["VENAFI_CLIENT_CERTIFICATE"], env["VENAFI_CLIENT_KEY"], env["VENAFI_CLIENT_KEY_PASSWORD"] = w.certificate, w.encrypted, keyPassword
		}, map[string]answer{
			wrong: {set("VENAFI_CLIENT_KEY_PASSWORD", wrongSecret), []string{"venafi.client_key, from the environment variable VENAFI_CLIENT_KEY", "check client_key_password (environment variable VENAFI_CLIENT_KEY_PASSWORD)"}},
			expired: {func(w *identityWorld, env map[string]string) {
				env["VENAFI_CLIENT_CERTIFICATE"], env["VENAFI_CLIENT_KEY"] = w.expiredCertificate, w.expiredKey
			}, certificate},
			slow: {delay("AuthorizeCertificate"), timeout(certificate)},
		}},
		"PKCS#12": {"venafi", func(w *identityWorld, env map[string]string) {
			env["VENAFI_CLIENT_P12"], env["VENAFI_P12_PASSWORD"] = base64.StdEncoding.EncodeToString(w.p12), keyPassword
		}, map[string]answer{
			wrong: {set("VENAFI_P12_PASSWORD", wrongSecret), []string{"venafi.client_p12, from the environment variable VENAFI_CLIENT_P12", "venafi.client_p12_password (environment variable VENAFI_P12_PASSWORD)"}},
			slow:  {delay("AuthorizeCertificate"), timeout(login("venafi.client_p12, from the environment variable VENAFI_CLIENT_P12"))},
		}},
		"PKCS#12 file": {"venafi", func(w *identityWorld, env map[string]string) {
			env["VENAFI_P12_CERTIFICATE"], env["VENAFI_P12_PASSWORD"] = w.p12File, keyPassword
		}, map[string]answer{
			wrong:     {set("VENAFI_P12_PASSWORD", wrongSecret), []string{"venafi.client_p12_file, from the environment variable VENAFI_P12_CERTIFICATE", "venafi.client_p12_password (environment variable VENAFI_P12_PASSWORD)"}},
			"no file": {set("VENAFI_P12_CERTIFICATE", "/nowhere/client.p12"), []string{"venafi.client_p12_file, from the environment variable VENAFI_P12_CERTIFICATE", "no such file"}},
		}},
		"access token": {"venafi", func(w *identityWorld, env map[string]string) { env["VENAFI_TOKEN"] = w.accessToken }, map[string]answer{
			wrong:   {set("VENAFI_TOKEN", wrongSecret), []string{"The login is venafi.access_token, from the environment variable VENAFI_TOKEN"}},
			expired: {func(w *identityWorld, _ map[string]string) { w.Venafi.KillTokens() }, []string{"The login is venafi.access_token, from the environment variable VENAFI_TOKEN", "has expired or was revoked"}},
		}},
		"two logins": {"venafi", set("VENAFI_USER", acctest.VenafiUser, "VENAFI_PASS", acctest.VenafiPassword), map[string]answer{
			wrong: {set("VENAFI_TOKEN", wrongSecret), []string{
				"venafi.access_token, from the environment variable VENAFI_TOKEN", "venafi.username, from the environment variable VENAFI_USER",
			}},
		}},
	} {
		source.answers[right] = answer{change: set()}
		for kind, answer := range source.answers {
			t.Run(name+"/"+kind, func(t *testing.T) {
				t.Parallel()
				w := newIdentityWorld(t)
				env := map[string]string{
					"HOME": t.TempDir(), "HW_REGION_NAME": acctest.Region, "HW_PROJECT_ID": acctest.ProjectID, "HW_WORKSPACE_ENDPOINT": w.URL, "HW_IAM_ENDPOINT": w.URL,
					"ENOS_GATEWAY_URL": w.URL, "ENOS_ORG_ID": acctest.OrgID, "VENAFI_URL": w.tls, "VENAFI_CLIENT_ID": acctest.VenafiClientID,
				}
				source.with(w, env)
				answer.change(w, env)
				once := map[string]any{"max_retries": 0}
				if kind == slow {
					once["request_timeout"] = "300ms"
				}
				trusting := maps.Clone(once)
				trusting["ca_certificate"] = w.authority
				server := acctest.NewServerWith(t, map[string]any{"huaweicloud": once, "enos": once, "venafi": trusting}, env, provider.WithDial(w.dialMetadata))
				read := map[string]string{"huaweicloud": "appaccess_huaweicloud_apps", "enos": "appaccess_enos_app", "venafi": "appaccess_venafi_oauth_roles"}[source.service]
				arguments := map[string]any{}
				if source.service == "enos" {
					arguments["app_id"] = enosApp
				}
				began := time.Now()
				_, diags := server.Read(read, arguments)
				err := diags.Err()
				if took := time.Since(began); kind == slow && took > 1900*time.Millisecond {
					t.Errorf("a slow answer was waited for %s", took)
				}
				if (err == nil) != (kind == right) {
					t.Fatalf("got %v", err)
				}
				for _, want := range answer.wants {
					if !strings.Contains(err.Error(), want) {
						t.Errorf("the error lacks %q:\n%v", want, err)
					}
				}
			})
		}
	}
}
