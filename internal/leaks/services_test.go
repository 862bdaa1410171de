// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package leaks

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/youmark/pkcs8"
	"software.sslmate.com/src/go-pkcs12"

	"github.com/appaccess/terraform-provider-appaccess/internal/acctest"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/enos"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/huaweicloud"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/venafi"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/venafi/pki"
)

// Who the services know, and what is granted: none of it is secret.
const (
	region     = "ap-southeast-3"
	projectID  = "2b31ed520a00421fbedb6e57a3b1c2d4"
	appA, appB = "3f791197-d166-4c8e-81e4-38c40ffc1989", "62f48b59-8a3e-4f0c-9d7b-1e2a5c6d7f80"
	orgID      = "o15000000000001"
	enosApp    = "66666666-7777-8888-9999-000000000000"
	clientID   = "leaks-client"
	// Who has rules lets nobody else log in, so they are for other applications.
	otherID, thirdID = "leaks-other", "leaks-third"
	// account is granted something on Huawei Cloud: it has to be found where secrets must not.
	account = "an-account-that-is-no-secret"
)

func grantee(n int) string { return fmt.Sprintf("local:{5be5a591-c842-4520-9142-b455f4ad22%02d}", n) }

// random gives n random characters that no other text has.
func random(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b)
	return base64.RawURLEncoding.EncodeToString(b)[:n]
}

// credentials are all that the provider is ever given. The passwords have what has to be escaped
// somewhere.
type credentials struct {
	accessKey, secretKey               string
	temporaryKey, temporarySecret      string
	securityToken                      string
	enosKey, enosSecret                string
	user, password                     string
	jwt                                string
	certificate, key, authority        string
	encryptedKey, p12, keyPassword     string // p12 in base64
	idToken, profiles                  string // profiles is the file of Huawei Cloud's CLI
	accessToken                        string // of Venafi, given
	wrongSecret, wrongToken, proxyPass string
}

// services are the mock services on two listeners, with a wiretap that learns what must stay
// secret, and a mouth that says it all.
type services struct {
	t         testing.TB
	backend   *mockbackend.Backend
	http, tls string
	given     credentials

	secrets *acctest.Secrets

	mu      sync.Mutex
	checked int // signatures that were computed again from their input
	// secretOf are the secret keys that IAM and the metadata service gave, by access key.
	secretOf map[string]string
	mouth    *mouth
	said     int
	// venafiKnows is the secret of the login in use.
	venafiKnows string
	hold        chan struct{} // where not nil, writes wait for it
	held        chan struct{}
}

func start(t testing.TB) *services {
	t.Helper()
	authority := pki.NewAuthority()
	certificate, key := authority.Issue(pki.Client{CommonName: "leaks"})
	jwtSecret := random(40)
	given := credentials{
		accessKey: "AKLEAKS" + random(13), secretKey: random(40),
		temporaryKey: "AKLEAKT" + random(13), temporarySecret: random(40), securityToken: random(300) + "/+==",
		enosKey: "4f6c1b1e-0000-4000-8000-00000000acc0", enosSecret: random(36),
		user: "local:leaks", password: `p4"s\w & <ö>/+=%` + random(24),
		jwt:         venafi.SignJWT(jwtSecret, map[string]any{"iss": "https://ci.example.com", "exp": 4102444800, "jti": random(24)}),
		certificate: certificate, key: key, authority: authority.PEM(),
		idToken:     venafi.SignJWT(random(40), map[string]any{"sub": "pipeline", "jti": random(24)}),
		keyPassword: random(24),
		wrongSecret: "wr0ng/" + random(30), wrongToken: random(44), proxyPass: "pr0xy" + random(20),
	}
	given.lock(t)
	given.profiles = fmt.Sprintf(`{"current":"leaks","profiles":[{"name":"leaks","mode":"AKSK","accessKeyId":%[1]q,"secretAccessKey":%[2]q},`+
		`{"name":"agency","mode":"AKSK","accessKeyId":%[1]q,"secretAccessKey":%[2]q,"agencyName":"operators","agencyDomainName":"corp"}]}`, given.accessKey, given.secretKey)
	s := &services{t: t, given: given, secrets: acctest.SecretsOf(t), secretOf: map[string]string{}}
	identities := []venafi.Identity{{Prefix: "local", Universal: strings.TrimPrefix(grantee(0), "local:"), Name: "leaks", Password: given.password}}
	for n := 1; n < 6; n++ {
		identities = append(identities, venafi.Identity{Prefix: "local", Universal: strings.TrimPrefix(grantee(n), "local:"), Name: fmt.Sprint("somebody", n)})
	}
	backend, err := mockbackend.New(mockbackend.Options{
		Quota: &huaweicloud.Quota{},
		Seed: &mockbackend.Seed{
			Huaweicloud: huaweicloud.Seed{
				Credentials: []huaweicloud.Credential{
					{AccessKey: given.accessKey, SecretKey: given.secretKey},
					{AccessKey: given.temporaryKey, SecretKey: given.temporarySecret, SecurityToken: given.securityToken},
				},
				Projects: []huaweicloud.Project{{ID: projectID, Name: region}},
				Apps:     map[string]huaweicloud.App{appA: {Name: "CAD"}, appB: {Name: "Ledger"}},
			},
			Enos: enos.Seed{
				ServiceAccounts: []enos.ServiceAccount{{AccessKey: given.enosKey, SecretKey: given.enosSecret, MayRead: true, MayAuthorize: true}},
				Organizations: []enos.Organization{{ID: orgID, Name: "Wind Farm", Applications: []enos.Application{
					{AccessKey: enosApp, ID: "app-1", Code: "portal", Name: "Portal", CreatedType: enos.Own},
				}}},
			},
			Venafi: venafi.Seed{
				Configuration: venafi.Configuration{ClientCA: given.authority},
				Applications:  []venafi.Application{{ID: clientID, Name: "Leaks", MaximumScope: "admin;configuration"}, {ID: otherID, Name: "Other", MaximumScope: "certificate:discover"}, {ID: thirdID, Name: "Third", MaximumScope: "certificate:discover"}},
				Identities:    identities,
				JwtMappings:   []venafi.JwtMapping{{Name: "ci", IssuerURI: "https://ci.example.com", Grantee: grantee(0), HS256Secret: jwtSecret}},
				Roles:         []venafi.Role{{Role: venafi.Admin, Grantee: grantee(0)}},
			},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	s.backend = backend
	backend.Huaweicloud.SetIdentities(huaweicloud.Identities{
		Agencies:  []huaweicloud.Agency{{Name: "operators", DomainName: "corp", DomainID: "d0", TrustedBy: []string{"*"}}},
		Providers: []huaweicloud.IdentityProvider{{ID: "gitlab", Tokens: []string{given.idToken}}}, ServerAgency: true, MetadataToken: true,
	})
	plain, secure := httptest.NewServer(acctest.Tapped(t, s)), pki.NewTLSServer(acctest.Tapped(t, s), authority)
	t.Cleanup(plain.Close)
	t.Cleanup(secure.Close)
	s.http, s.tls = plain.URL, secure.URL
	for name, secret := range map[string]string{
		"the secret key of Huawei Cloud": given.secretKey, "the temporary secret key of Huawei Cloud": given.temporarySecret,
		"the security token": given.securityToken, "the secret key of EnOS": given.enosSecret, "the password of Venafi": given.password,
		"the JWT": given.jwt, "the ID token": given.idToken, "the password of a key": given.keyPassword, "a PKCS#12 file": given.p12, "a secret that is wrong": given.wrongSecret, "a token that is wrong": given.wrongToken, "the password of the proxy": given.proxyPass,
	} {
		s.secrets.Learn(name, secret)
	}
	s.learnKey(given.key)
	return s
}

// lock makes the forms of the client's key that have a password.
func (c *credentials) lock(t testing.TB) {
	t.Helper()
	pair, err := tls.X509KeyPair([]byte(c.certificate), []byte(c.key))
	if err != nil {
		t.Fatal(err)
	}
	encrypted, err := pkcs8.MarshalPrivateKey(pair.PrivateKey, []byte(c.keyPassword), nil)
	if err != nil {
		t.Fatal(err)
	}
	c.encryptedKey = string(pem.EncodeToMemory(&pem.Block{Type: "ENCRYPTED PRIVATE KEY", Bytes: encrypted}))
	p12, err := pkcs12.Modern.Encode(pair.PrivateKey, pair.Leaf, nil, c.keyPassword)
	if err != nil {
		t.Fatal(err)
	}
	c.p12 = base64.StdEncoding.EncodeToString(p12)
}

// learnKey learns the number that makes a private key private: the rest of its text stands in
// certificates too.
func (s *services) learnKey(text string) {
	s.t.Helper()
	block, _ := pem.Decode([]byte(text))
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		s.t.Fatal(err)
	}
	number, err := key.(*ecdsa.PrivateKey).Bytes()
	if err != nil {
		s.t.Fatal(err)
	}
	s.secrets.Learn("the private key", string(number))
	if found := s.secrets.Searcher().In([]byte(text)); len(found) == 0 {
		s.t.Fatal("the private key is not found in its own file")
	}
}

// ServeHTTP listens, and has the mock answer, or the mouth.
func (s *services) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	s.listen(r, body)
	s.mu.Lock()
	mouth, hold, held := s.mouth, s.hold, s.held
	s.mu.Unlock()
	if hold != nil && phaseOf(r) == write {
		select {
		case held <- struct{}{}:
		default:
		}
		<-hold
	}
	if mouth != nil && mouth.phase == phaseOf(r) {
		s.speak(mouth, w, r, body)
		return
	}
	if !givesKeys(r) {
		s.backend.ServeHTTP(w, r)
		return
	}
	answer := httptest.NewRecorder()
	s.backend.ServeHTTP(answer, r)
	var given struct {
		Credential struct{ Access, Secret string }
	}
	if json.Unmarshal(answer.Body.Bytes(), &given) == nil && given.Credential.Access != "" {
		s.mu.Lock()
		s.secretOf[given.Credential.Access] = given.Credential.Secret
		s.mu.Unlock()
	}
	maps.Copy(w.Header(), answer.Header())
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body.Bytes())
}

// givesKeys tells a request that is answered with temporary keys.
func givesKeys(r *http.Request) bool {
	return strings.HasPrefix(r.URL.Path, "/v3.0/OS-CREDENTIAL/") || strings.HasPrefix(r.URL.Path, "/openstack/")
}

// listen learns what a request proves who it is with, and what that was computed from.
func (s *services) listen(r *http.Request, body []byte) {
	authorization := r.Header.Get("Authorization")
	if _, signature, ok := strings.Cut(authorization, "Signature="); ok {
		s.secrets.Learn("a signature of Huawei Cloud", signature)
		s.secrets.LearnWhole("an Authorization header", authorization)
		s.learnSigned(r, body, authorization, signature)
	}
	if signature := r.Header.Get("Apim-Signature"); signature != "" {
		s.secrets.Learn("a signature of EnOS", signature)
		input := r.Header.Get("Apim-Accesstoken")
		query := r.URL.Query()
		for _, key := range slices.Sorted(maps.Keys(query)) {
			input += key + query.Get(key)
		}
		input += string(body) + r.Header.Get("Apim-Timestamp") + s.given.enosSecret
		s.secrets.LearnWhole("what a signature of EnOS is computed from", input)
		s.verify(input, signature)
	}
	var proof struct {
		AppKey, Encryption string
		Timestamp          json.Number
	}
	if json.Unmarshal(body, &proof) == nil && proof.Encryption != "" {
		s.secrets.Learn("the encryption of an EnOS login", proof.Encryption)
		s.secrets.LearnWhole("what the encryption of EnOS is computed from", proof.AppKey+proof.Timestamp.String()+s.given.enosSecret)
		s.verify(proof.AppKey+proof.Timestamp.String()+s.given.enosSecret, proof.Encryption)
	}
}

// verify counts what is computed rightly from its input.
func (s *services) verify(input, signature string) {
	sum := sha256.Sum256([]byte(input))
	s.count(hex.EncodeToString(sum[:]) == signature)
}

func (s *services) count(right bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if right {
		s.checked++
	}
}

// learnSigned learns the canonical request and the string to sign.
func (s *services) learnSigned(r *http.Request, body []byte, authorization, signature string) {
	_, names, _ := strings.Cut(authorization, "SignedHeaders=")
	names, _, _ = strings.Cut(names, ",")
	headers := ""
	for name := range strings.SplitSeq(names, ";") {
		headers += name + ":" + r.Header.Get(name) + "\n"
	}
	sum := sha256.Sum256(body)
	canonical := fmt.Sprintf("%s\n%s/\n%s\n%s\n%s\n%s", r.Method, r.URL.EscapedPath(), r.URL.RawQuery, headers, names, hex.EncodeToString(sum[:]))
	hash := sha256.Sum256([]byte(canonical))
	input := fmt.Sprintf("SDK-HMAC-SHA256\n%s\n%s", r.Header.Get("X-Sdk-Date"), hex.EncodeToString(hash[:]))
	s.secrets.LearnWhole("a canonical request", canonical)
	s.secrets.LearnWhole("a string to sign", input)
	s.secrets.Learn("the hash of a canonical request", hex.EncodeToString(hash[:]))
	access, _, _ := strings.Cut(strings.TrimPrefix(authorization, "SDK-HMAC-SHA256 Access="), ",")
	s.mu.Lock()
	issued := s.secretOf[access]
	s.mu.Unlock()
	for _, key := range []string{s.given.secretKey, s.given.temporarySecret, issued} {
		mac := hmac.New(sha256.New, []byte(key))
		_, _ = io.WriteString(mac, input)
		s.count(hex.EncodeToString(mac.Sum(nil)) == signature)
	}
}

// file keeps a text outside of what is searched.
func (s *services) file(name, text string) string {
	s.t.Helper()
	path := filepath.Join(s.t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
	return path
}
