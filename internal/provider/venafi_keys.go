// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"

	"github.com/youmark/pkcs8"
	"software.sslmate.com/src/go-pkcs12"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/shared"
)

// workloadIdentity takes the token that HCP Terraform gives to a run as an attribute, and tells
// whether there is one. The names are those of the platform: the first has the name of the service
// in it.
func (s *settings) workloadIdentity(attribute string) bool {
	for _, name := range []string{"TFC_WORKLOAD_IDENTITY_TOKEN_" + strings.ToUpper(s.block.name), "TFC_WORKLOAD_IDENTITY_TOKEN"} {
		if token := strings.TrimSpace(s.getenv(name)); token != "" {
			s.texts[attribute] = value{text: token, env: name}
			return true
		}
	}
	return false
}

// oneOf picks the attribute of two that mean the same which is set. What stands in the block wins
// over the environment.
func (s *settings) oneOf(one, other string) (string, error) {
	switch {
	case !s.has(other), s.has(one) && s.explicit(one) && !s.explicit(other):
		return one, nil
	case !s.has(one), s.explicit(other) && !s.explicit(one):
		return other, nil
	}
	return "", fmt.Errorf("%s and %s are both set: keep one", s.source(one), s.source(other))
}

// sources says where those of the attributes come from that are set.
func (s *settings) sources(attributes []string) string {
	var sources []string
	for _, a := range attributes {
		if s.has(a) {
			sources = append(sources, s.source(a))
		}
	}
	return strings.Join(sources, "; ")
}

// keyPair reads the client certificate and its key. Its errors repeat nothing of either.
func keyPair(s *settings, kind loginKind) (*tls.Certificate, error) {
	if kind == p12Login {
		return p12Pair(s)
	}
	certificate, key := []byte(s.get("client_certificate")), []byte(s.get("client_key"))
	key, err := decryptKey(key, s.get("client_key_password"))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.source("client_key"), err)
	}
	pair, err := tls.X509KeyPair(certificate, key)
	if err != nil {
		return nil, fmt.Errorf("%s and %s don't go together: %w", s.source("client_certificate"), s.source("client_key"), err)
	}
	return &pair, nil
}

// decryptKey gives PEM text whose key is not encrypted.
func decryptKey(text []byte, password string) ([]byte, error) {
	for left := text; ; {
		var b *pem.Block
		if b, left = pem.Decode(left); b == nil {
			return text, nil
		}
		modern := b.Type == "ENCRYPTED PRIVATE KEY"
		if !modern && !x509.IsEncryptedPEMBlock(b) { //nolint:staticcheck // openssl wrote such keys for decades, and people have them
			continue
		}
		if password == "" {
			return nil, errors.New("the private key is encrypted: set client_key_password (environment variable VENAFI_CLIENT_KEY_PASSWORD)")
		}
		if !modern {
			plain, err := x509.DecryptPEMBlock(b, []byte(password)) //nolint:staticcheck // see above
			if err != nil {
				return nil, errors.New("the private key can't be decrypted: check client_key_password (environment variable VENAFI_CLIENT_KEY_PASSWORD)")
			}
			return pem.EncodeToMemory(&pem.Block{Type: b.Type, Bytes: plain}), nil
		}
		key, err := pkcs8.ParsePKCS8PrivateKey(b.Bytes, []byte(password))
		if err != nil {
			return nil, errors.New("the private key can't be decrypted: check client_key_password (environment variable VENAFI_CLIENT_KEY_PASSWORD)")
		}
		plain, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			return nil, errors.New("the private key is of a kind that TLS can't use")
		}
		return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: plain}), nil
	}
}

func p12Pair(s *settings) (*tls.Certificate, error) {
	from, err := s.oneOf("client_p12", "client_p12_file")
	if err != nil {
		return nil, err
	}
	var data []byte
	if from == "client_p12_file" {
		data, err = shared.ReadFile(s.get(from))
	} else if data, err = base64.StdEncoding.DecodeString(strings.Join(strings.Fields(s.get(from)), "")); err != nil {
		err = errors.New("it is not base64")
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.source(from), err)
	}
	key, certificate, chain, err := pkcs12.DecodeChain(data, s.get("client_p12_password"))
	switch {
	case errors.Is(err, pkcs12.ErrIncorrectPassword):
		return nil, fmt.Errorf("%s can't be decrypted: check %s", s.source(from), s.name("client_p12_password"))
	case err != nil:
		return nil, fmt.Errorf("%s is not a PKCS#12 file with one certificate and its key: %w", s.source(from), err)
	}
	pair := &tls.Certificate{PrivateKey: key, Leaf: certificate, Certificate: [][]byte{certificate.Raw}}
	for _, c := range chain {
		pair.Certificate = append(pair.Certificate, c.Raw)
	}
	return pair, nil
}
