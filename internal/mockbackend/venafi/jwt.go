// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"crypto"
	"crypto/hmac"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// SignJWT makes a JSON Web Token with HS256, for tests.
func SignJWT(secret string, claims map[string]any) string {
	payload, err := json.Marshal(claims)
	if err != nil {
		panic(err) // the caller's claims are no JSON
	}
	signed := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + base64.RawURLEncoding.EncodeToString(payload)
	return signed + "." + base64.RawURLEncoding.EncodeToString(hs256(signed, secret))
}

func hs256(signed, secret string) []byte {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(signed))
	return mac.Sum(nil)
}

func publicKey(text string) (*rsa.PublicKey, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil, errors.New("rs256_public_key is no PEM")
	}
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("rs256_public_key: %w", err)
	}
	rsaKey, ok := key.(*rsa.PublicKey)
	if !ok {
		return nil, errors.New("rs256_public_key is no RSA key")
	}
	return rsaKey, nil
}

// jwtUser returns the user that a token stands for: a prefixed universal ID, a prefixed name or a
// name.
func (b *Backend) jwtUser(token string) (string, error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return "", errors.New("the JWT has not three parts")
	}
	var header struct {
		Algorithm string `json:"alg"`
	}
	var claims map[string]any
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil || !decodePart(parts[0], &header) || !decodePart(parts[1], &claims) {
		return "", errors.New("the JWT is malformed")
	}
	err = errors.New("no JWT mapping has the issuer of the JWT")
	for _, mapping := range b.mappings {
		if mapping.IssuerURI != claims["iss"] {
			continue
		}
		if err = b.keyed(mapping).verify(header.Algorithm, parts[0]+"."+parts[1], signature); err != nil {
			continue
		}
		var user string
		if user, err = mapping.user(claims, b.service.Time(), b.switches.IDMatch != MatchPart); err == nil {
			return user, nil
		}
	}
	return "", err
}

func decodePart(part string, into any) bool {
	text, err := base64.RawURLEncoding.DecodeString(part)
	return err == nil && json.Unmarshal(text, into) == nil
}

func (m JwtMapping) verify(algorithm, signed string, signature []byte) error {
	invalid := errors.New("the signature of the JWT is invalid")
	switch {
	case algorithm == "HS256" && m.HS256Secret != "":
		if !hmac.Equal(hs256(signed, m.HS256Secret), signature) {
			return invalid
		}
	case algorithm == "RS256" && m.RS256PublicKey != "":
		key, err := publicKey(m.RS256PublicKey)
		digest := sha256.Sum256([]byte(signed))
		if err != nil || rsa.VerifyPKCS1v15(key, crypto.SHA256, digest[:], signature) != nil {
			return invalid
		}
	default:
		return fmt.Errorf("the mapping %s has no key for the algorithm %q", m.Name, algorithm)
	}
	return nil
}

// keyed gives a mapping without a key that of its issuer.
func (b *Backend) keyed(m JwtMapping) JwtMapping {
	for _, issuer := range b.issuers {
		if issuer.URI == m.IssuerURI && m.HS256Secret == "" && m.RS256PublicKey == "" {
			m.HS256Secret, m.RS256PublicKey = issuer.HS256Secret, issuer.RS256PublicKey
		}
	}
	return m
}

func (m JwtMapping) user(claims map[string]any, now time.Time, whole bool) (string, error) {
	expires, ok := claims["exp"].(float64)
	if !ok || !now.Before(time.Unix(int64(expires), 0)) {
		return "", errors.New("the JWT has expired")
	}
	if from, ok := claims["nbf"].(float64); ok && now.Before(time.Unix(int64(from), 0)) {
		return "", errors.New("the JWT is not valid yet")
	}
	if m.Audience != "" && !holds(claims["aud"], m.Audience) {
		return "", errors.New("the JWT is for another audience")
	}
	if m.PurposeField != "" && !holds(claims[m.PurposeField], m.PurposeMatch) {
		return "", fmt.Errorf("the claim %s of the JWT does not match", m.PurposeField)
	}
	var groups []string
	if m.IDField != "" {
		if groups = match(m.IDMatch, claims[m.IDField], whole); groups == nil {
			return "", fmt.Errorf("the claim %s of the JWT does not match", m.IDField)
		}
	}
	switch {
	case m.Grantee != "":
		return m.Grantee, nil
	case len(groups) > 1:
		return groups[1], nil
	}
	return "", fmt.Errorf("the mapping %s names no user", m.Name)
}

// holds tells whether a claim is a value, or a list that holds it.
func holds(claim any, value string) bool {
	list, _ := claim.([]any)
	return claim == value || slices.Contains(list, any(value))
}

// match returns the groups of an expression that matches a claim, the whole of it or a part; nil
// when it doesn't.
func match(expression string, claim any, whole bool) []string {
	text, ok := claim.(string)
	if !ok {
		return nil
	}
	if whole {
		expression = `^(?:` + expression + `)$`
	}
	return regexp.MustCompile(expression).FindStringSubmatch(text) // compiled once when it came
}
