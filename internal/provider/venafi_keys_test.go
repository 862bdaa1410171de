// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/youmark/pkcs8"
	"software.sslmate.com/src/go-pkcs12"
)

// Client certificates in every form that people have them in.
func TestClientCertificates(t *testing.T) {
	t.Parallel()
	certificate, key := newKeyPair(t)
	pair, err := tls.X509KeyPair([]byte(certificate), []byte(key))
	if err != nil {
		t.Fatal(err)
	}
	const password = "correct horse battery"
	modern, err := pkcs8.MarshalPrivateKey(pair.PrivateKey, []byte(password), nil)
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode([]byte(key))
	old, err := x509.EncryptPEMBlock(rand.Reader, "PRIVATE KEY", block.Bytes, []byte(password), x509.PEMCipherAES256) //nolint:staticcheck // people have such keys
	if err != nil {
		t.Fatal(err)
	}
	p12, err := pkcs12.Modern.Encode(pair.PrivateKey, pair.Leaf, nil, password)
	if err != nil {
		t.Fatal(err)
	}
	legacy, err := pkcs12.LegacyDES.Encode(pair.PrivateKey, pair.Leaf, nil, password)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "client.p12")
	if err := os.WriteFile(file, p12, 0o600); err != nil {
		t.Fatal(err)
	}
	inBase64 := base64.StdEncoding.EncodeToString(p12)
	inLines := inBase64[:64] + "\n" + inBase64[64:]
	for name, tc := range map[string]struct {
		env    environment
		config object
		wants  []string
	}{
		"PEM":               {nil, object{"client_certificate": certificate, "client_key": key}, nil},
		"encrypted PEM":     {nil, object{"client_certificate": certificate, "client_key": encodePEM("ENCRYPTED PRIVATE KEY", modern), "client_key_password": password}, nil},
		"old encrypted PEM": {environment{"VENAFI_CLIENT_KEY_PASSWORD": password}, object{"client_certificate": certificate, "client_key": string(pem.EncodeToMemory(old))}, nil},
		"PKCS#12":           {nil, object{"client_p12": inLines, "client_p12_password": password}, nil},
		"old PKCS#12":       {environment{"VENAFI_CLIENT_P12": base64.StdEncoding.EncodeToString(legacy), "VENAFI_P12_PASSWORD": password}, nil, nil},
		"PKCS#12 file":      {environment{"VENAFI_P12_PASSWORD": password}, object{"client_p12_file": file}, nil},
		"the block wins":    {environment{"VENAFI_CLIENT_P12": "nonsense", "VENAFI_P12_PASSWORD": password}, object{"client_p12_file": file}, nil},

		"no password": {
			nil, object{"client_certificate": certificate, "client_key": encodePEM("ENCRYPTED PRIVATE KEY", modern)},
			[]string{"venafi.client_key", "is encrypted", "VENAFI_CLIENT_KEY_PASSWORD"},
		},
		"wrong password": {
			nil, object{"client_certificate": certificate, "client_key": encodePEM("ENCRYPTED PRIVATE KEY", modern), "client_key_password": password + "x"},
			[]string{"can't be decrypted", "client_key_password"},
		},
		"wrong password of PKCS#12": {
			nil, object{"client_p12": inBase64, "client_p12_password": password + "x"}, []string{"venafi.client_p12", "client_p12_password", "VENAFI_P12_PASSWORD"},
		},
		"no base64": {environment{"VENAFI_CLIENT_P12": "%%%"}, nil, []string{"VENAFI_CLIENT_P12", "not base64"}},
		"no file":   {environment{"VENAFI_P12_CERTIFICATE": file + "x"}, nil, []string{"VENAFI_P12_CERTIFICATE", "no such file"}},
		"no PKCS#12": {
			nil, object{"client_p12": base64.StdEncoding.EncodeToString([]byte("hello"))}, []string{"not a PKCS#12 file"},
		},
		"both in the environment": {
			environment{"VENAFI_CLIENT_P12": inBase64, "VENAFI_P12_CERTIFICATE": file, "VENAFI_P12_PASSWORD": password}, nil,
			[]string{"VENAFI_CLIENT_P12", "VENAFI_P12_CERTIFICATE", "keep one"},
		},
		"two kinds": {
			nil, object{"client_p12": inBase64, "client_certificate": certificate, "client_key": key}, []string{"More than one kind", "a PKCS#12 file", "a client certificate"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := object{"url": "https://tpp.example.com", "client_id": "ci"}
			for k, v := range tc.config {
				config[k] = v
			}
			got, diags := newProvider(tc.env).(*appaccess).venafiConfig(t.Context(), resolved(t, venafiBlock, tc.env, config))
			text := report(diags)
			if diags.HasError() != (len(tc.wants) > 0) {
				t.Fatal(text)
			}
			for _, want := range tc.wants {
				if !strings.Contains(text, want) || strings.Contains(text, password) {
					t.Errorf("the report lacks %q or holds the password: %s", want, text)
				}
			}
			if len(tc.wants) == 0 && (got.ClientCertificate == nil || string(got.ClientCertificate.Certificate[0]) != string(pair.Certificate[0])) {
				t.Error("another certificate")
			}
		})
	}
}

// The token of a pipeline.
func TestJSONWebTokens(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		env               environment
		config            object
		jwt, file, wanted string
	}{
		"text":              {nil, object{"jwt": "j"}, "j", "", ""},
		"file":              {nil, object{"jwt_file": "/f"}, "", "/f", ""},
		"file wins":         {environment{"VENAFI_JWT": "j"}, object{"jwt_file": "/f"}, "", "/f", ""},
		"text wins":         {environment{"VENAFI_JWT_FILE": "/f"}, object{"jwt": "j"}, "j", "", ""},
		"both in variables": {environment{"VENAFI_JWT": "j", "VENAFI_JWT_FILE": "/f"}, nil, "", "", "VENAFI_JWT_FILE"},
		"HCP Terraform":     {environment{"TFC_WORKLOAD_IDENTITY_TOKEN": "w"}, nil, "w", "", ""},
		"HCP Terraform's for Venafi": {
			environment{"TFC_WORKLOAD_IDENTITY_TOKEN": "w", "TFC_WORKLOAD_IDENTITY_TOKEN_VENAFI": "v"}, nil, "v", "", "",
		},
		"another login before it": {environment{"TFC_WORKLOAD_IDENTITY_TOKEN": "w", "VENAFI_JWT": "j"}, nil, "j", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := object{"url": "https://tpp.example.com", "client_id": "ci"}
			for k, v := range tc.config {
				config[k] = v
			}
			got, diags := newProvider(tc.env).(*appaccess).venafiConfig(t.Context(), resolved(t, venafiBlock, tc.env, config))
			if text := report(diags); diags.HasError() != (tc.wanted != "") || !strings.Contains(text, tc.wanted) {
				t.Fatal(text)
			}
			if got.JWT != tc.jwt || got.JWTFile != tc.file {
				t.Errorf("jwt %q, file %q", got.JWT, got.JWTFile)
			}
			if strings.HasPrefix(name, "HCP") && !strings.Contains(got.From, "TFC_WORKLOAD_IDENTITY_TOKEN") {
				t.Errorf("from %q", got.From)
			}
		})
	}
	_, diags := newProvider(nil).(*appaccess).venafiConfig(t.Context(),
		resolved(t, venafiBlock, environment{"TFC_WORKLOAD_IDENTITY_TOKEN": "w"}, object{"url": "https://tpp.example.com"}))
	if !strings.Contains(report(diags), "VENAFI_CLIENT_ID") {
		t.Errorf("without a client_id: %s", report(diags))
	}
}
