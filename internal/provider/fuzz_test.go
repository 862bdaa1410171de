// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"crypto/tls"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/rest"
)

// FuzzPEM: certificates that pass the check are taken by the client too, a key pair that Go reads
// passes, and no error repeats what may be a key.
func FuzzPEM(f *testing.F) {
	certificate := "-----BEGIN CERTIFICATE-----\nMIIBITCByKADAgECAgEBMAoGCCqGSM49BAMCMA8xDTALBgNVBAMTBHRlc3QwHhcN\nMjYwMTAxMDAwMDAwWhcNMzYwMTAxMDAwMDAwWjAPMQ0wCwYDVQQDEwR0ZXN0MFkw\n-----END CERTIFICATE-----\n"
	for _, seed := range []string{
		certificate, "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg\n-----END PRIVATE KEY-----\n", "", "-----BEGIN", "-----BEGIN X-----\n-----END X-----\n",
		"-----BEGIN ENCRYPTED PRIVATE KEY-----\n-----END ENCRYPTED PRIVATE KEY-----\n", "-----BEGIN RSA PRIVATE KEY-----\nDEK-Info: x\n\n-----END RSA PRIVATE KEY-----\n", "\xff",
	} {
		f.Add(seed, seed)
	}
	f.Fuzz(func(t *testing.T, certificates, key string) {
		errCertificates, errKey := checkCertificates(certificates), checkKey(key)
		if errCertificates == nil {
			if _, err := rest.New(rest.Config{BaseURL: "https://service.example.com", CACertificate: certificates}); err != nil {
				t.Fatalf("%q passes, and the client says: %v", certificates, err)
			}
		}
		if _, err := tls.X509KeyPair([]byte(certificates), []byte(key)); err == nil && errKey != nil {
			t.Fatalf("Go takes the key, and the check says: %v", errKey)
		}
		for text, err := range map[string]error{certificates: errCertificates, key: errKey} {
			if err == nil {
				continue
			}
			if !utf8.ValidString(err.Error()) || len(err.Error()) > 400 {
				t.Fatalf("%q", err)
			}
			for line := range strings.Lines(text) {
				// The name of a block is no secret, and is quoted.
				if line = strings.TrimSpace(line); len(line) > 40 && !strings.HasPrefix(line, "-----") && strings.Contains(err.Error(), line) {
					t.Fatalf("%v repeats %q", err, line)
				}
			}
		}
	})
}

// FuzzHost: no region and no cloud leads to another host, and no duration is less than a moment.
func FuzzHost(f *testing.F) {
	for _, seed := range []string{"ap-southeast-3", "myhuaweicloud.com", "a.b", "a/b", "a@b", "a:1", "a?b", "a#b", "..", "-a", "", "a..b", "90s", "-1s", "0", "1e9h", "\xff", "ä"} {
		f.Add(seed, seed)
	}
	f.Fuzz(func(t *testing.T, region, cloud string) {
		if d, err := checkDuration(region); err == nil && d <= 0 {
			t.Fatalf("%q is %s", region, d)
		}
		if checkRegion(region) != nil || checkCloud(cloud) != nil {
			return
		}
		u, err := rest.CheckURL("https://workspace." + region + "." + cloud)
		if err != nil || u.Host != "workspace."+region+"."+cloud || u.Path != "" || u.Port() != "" || strings.Contains(region, ".") {
			t.Fatalf("%q and %q lead to %v, %v", region, cloud, u, err)
		}
	})
}

// FuzzSecrets: what a log hides is all of a secret that has several lines.
func FuzzSecrets(f *testing.F) {
	for _, seed := range []string{"x", "a\nb", " a ", "-----BEGIN PRIVATE KEY-----\nMIGH\nAgEA\n-----END PRIVATE KEY-----", "\r\n", "\xff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, secret string) {
		s := &settings{block: venafiBlock, texts: map[string]value{"password": {text: secret}}}
		text := secret
		for _, hidden := range s.secrets() {
			if hidden == "" {
				t.Fatalf("%q hides everything", secret)
			}
			text = strings.ReplaceAll(text, hidden, "")
		}
		if text != "" {
			t.Fatalf("%q of %q is left", text, secret)
		}
	})
}
