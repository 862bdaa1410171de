// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"
)

func claims(change map[string]any) map[string]any {
	all := map[string]any{
		"iss": "https://ci.example.com", "aud": []string{"x", "venafi"}, "sub": "user:admin", "job": "deploy-prod",
		"exp": start.Unix() + 60, "nbf": start.Unix(),
	}
	maps.Copy(all, change)
	maps.DeleteFunc(all, func(_ string, value any) bool { return value == nil })
	return all
}

func (h *harness) loginJwtCall(token string) answer {
	h.t.Helper()
	h.token = ""
	return h.postJSON("/vedauth/authorize/jwt", map[string]any{"client_id": clientID, "scope": "admin", "jwt": token})
}

func TestJwtLogin(t *testing.T) {
	t.Parallel()
	for position, full := range map[string]bool{"": false, JwtAnswerShort: false, JwtAnswerFull: true} {
		t.Run(position, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t, Switches{JwtAnswer: position})
			a := h.loginJwtCall(SignJWT(jwtSecret, claims(nil)))
			if a.Status != http.StatusOK || a.text("identity") != adminID || a.text("refresh_token") == "" || a.text("scope") != "admin" {
				t.Fatal(a)
			}
			for _, key := range []string{"expires", "expires_in", "refresh_until", "token_type"} {
				if _, ok := a.Body[key]; ok != full {
					t.Errorf("%s is there: %t", key, ok)
				}
			}
			if !h.usable(a.text("access_token")) {
				t.Error("the token is not usable")
			}
		})
	}
}

func TestJwtLoginClaims(t *testing.T) {
	t.Parallel()
	malformed := func(parts ...string) string { return strings.Join(parts, ".") }
	good := strings.Split(SignJWT(jwtSecret, claims(nil)), ".")
	none := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`))
	for name, tc := range map[string]struct {
		token    string
		identity string
		message  string
	}{
		"one audience":   {token: SignJWT(jwtSecret, claims(map[string]any{"aud": "venafi"})), identity: adminID},
		"prefixed name":  {token: SignJWT(jwtSecret, claims(map[string]any{"sub": "user:AD+corp:alice"})), identity: aliceID},
		"universal":      {token: SignJWT(jwtSecret, claims(map[string]any{"sub": "user:" + ownerID})), identity: ownerID},
		"fixed grantee":  {token: SignJWT(jwtSecret, map[string]any{"iss": "https://fixed.example.com", "exp": start.Unix() + 1}), identity: adminID},
		"unknown user":   {token: SignJWT(jwtSecret, claims(map[string]any{"sub": "user:root"})), message: "maps to no identity"},
		"expired":        {token: SignJWT(jwtSecret, claims(map[string]any{"exp": start.Unix()})), message: "has expired"},
		"no expiry":      {token: SignJWT(jwtSecret, claims(map[string]any{"exp": nil})), message: "has expired"},
		"not yet":        {token: SignJWT(jwtSecret, claims(map[string]any{"nbf": start.Unix() + 1})), message: "not valid yet"},
		"other audience": {token: SignJWT(jwtSecret, claims(map[string]any{"aud": "other"})), message: "another audience"},
		"no audience":    {token: SignJWT(jwtSecret, claims(map[string]any{"aud": nil})), message: "another audience"},
		"other issuer":   {token: SignJWT(jwtSecret, claims(map[string]any{"iss": "https://evil.example.com"})), message: "no JWT mapping"},
		"other purpose":  {token: SignJWT(jwtSecret, claims(map[string]any{"job": "test-deploy-x"})), message: "the claim job"},
		"other id":       {token: SignJWT(jwtSecret, claims(map[string]any{"sub": "admin"})), message: "the claim sub"},
		"id a number":    {token: SignJWT(jwtSecret, claims(map[string]any{"sub": 7})), message: "the claim sub"},
		"wrong secret":   {token: SignJWT("other", claims(nil)), message: "signature of the JWT is invalid"},
		"unsigned":       {token: malformed(none, good[1], ""), message: `no key for the algorithm`},
		"two parts":      {token: malformed(good[0], good[1]), message: "not three parts"},
		"no base64":      {token: malformed(good[0], good[1], "%%"), message: "malformed"},
		"no JSON":        {token: malformed(good[0], good[2], good[2]), message: "malformed"},
		"RS256 with no key": {
			token: malformed(base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"RS256"}`)), good[1], good[2]), message: "no key for the algorithm",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t, Switches{})
			a := h.loginJwtCall(tc.token)
			if tc.identity != "" {
				if a.text("identity") != tc.identity {
					t.Error(a)
				}
				return
			}
			h.wantError(a, http.StatusBadRequest, "invalid_grant")
			if !strings.Contains(a.text("error_description"), tc.message) {
				t.Errorf("got %s, want %q", a, tc.message)
			}
		})
	}
}

func TestJwtLoginRS256(t *testing.T) {
	t.Parallel()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	sign := func(all map[string]any) string {
		payload, err := json.Marshal(all)
		if err != nil {
			t.Fatal(err)
		}
		signed := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"RS256"}`)) + "." + base64.RawURLEncoding.EncodeToString(payload)
		digest := sha256.Sum256([]byte(signed))
		signature, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, digest[:])
		if err != nil {
			t.Fatal(err)
		}
		return signed + "." + base64.RawURLEncoding.EncodeToString(signature)
	}
	h := newHarness(t, Switches{})
	seed := h.Snapshot()
	seed.JwtMappings = []JwtMapping{{
		Name: "rsa", IssuerURI: "https://ci.example.com", IDField: "sub", IDMatch: "user:(.+)",
		RS256PublicKey: string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})),
	}}
	if err := h.Restore(seed); err != nil {
		t.Fatal(err)
	}
	token := sign(claims(nil))
	if a := h.loginJwtCall(token); a.text("identity") != adminID {
		t.Error(a)
	}
	parts := strings.Split(token, ".")
	parts[1] = strings.Split(sign(claims(map[string]any{"sub": "user:owner"})), ".")[1]
	if a := h.loginJwtCall(strings.Join(parts, ".")); !strings.Contains(a.Text, "signature") {
		t.Errorf("another payload under the same signature: %s", a)
	}
	h.wantError(h.loginJwtCall(SignJWT(seed.JwtMappings[0].RS256PublicKey, claims(nil))), http.StatusBadRequest, "invalid_grant")
}

// A mapping with neither a grantee nor a group names nobody.
func TestJwtMappingWithoutUser(t *testing.T) {
	t.Parallel()
	h := newHarness(t, Switches{})
	seed := h.Snapshot()
	seed.JwtMappings = []JwtMapping{{Name: "empty", IssuerURI: "https://ci.example.com", HS256Secret: jwtSecret}}
	if err := h.Restore(seed); err != nil {
		t.Fatal(err)
	}
	if a := h.loginJwtCall(SignJWT(jwtSecret, claims(nil))); !strings.Contains(a.Text, "names no user") {
		t.Error(a)
	}
	h.wantError(h.postJSON("/vedauth/authorize/jwt", map[string]any{"client_id": clientID, "scope": "admin"}), 400, "invalid_request")
}

func ExampleSignJWT() {
	token := SignJWT("secret", map[string]any{"iss": "https://ci.example.com"})
	fmt.Println(len(strings.Split(token, ".")))
	// Output: 3
}
