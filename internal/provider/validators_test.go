// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"strings"
	"testing"
)

// wantReport checks the text of an error, or that there is none.
func wantReport(t *testing.T, got string, want []string) {
	t.Helper()
	if len(want) == 0 && got != "" {
		t.Errorf("unexpected:\n%s", got)
	}
	for _, w := range want {
		if !strings.Contains(got, w) {
			t.Errorf("the report lacks %q:\n%s", w, got)
		}
	}
}

// What stands in the configuration is refused by `terraform validate`, with the attribute's path,
// whether or not the service is used.
func TestValidateAttributes(t *testing.T) {
	t.Parallel()
	certificate, key := newKeyPair(t)
	otherCertificate, _ := newKeyPair(t)
	for _, b := range blocks {
		for _, tc := range []struct {
			name   string
			config object
			want   []string // of the report; none: it is accepted
		}{
			{"nothing", object{}, nil},
			{"timeout", object{"request_timeout": "1m30s"}, nil},
			{"timeout without a unit", object{"request_timeout": "90"}, []string{b.path("request_timeout"), `it is not a length of time`, `"90s"`}},
			{"timeout of nothing", object{"request_timeout": "0s"}, []string{b.path("request_timeout"), "positive"}},
			{"negative timeout", object{"request_timeout": "-5s"}, []string{b.path("request_timeout"), "positive"}},
			{"unknown timeout", object{"request_timeout": unknown{}}, nil},
			{"retries", object{"max_retries": 0}, nil},
			{"negative retries", object{"max_retries": -1}, []string{b.path("max_retries"), "between 0 and"}},
			{"unlimited", object{"requests_per_minute": object{"read": 0, "write": 0}}, nil},
			{"negative read quota", object{"requests_per_minute": object{"read": -1}}, []string{b.path("requests_per_minute.read"), "between 0 and"}},
			{"negative write quota", object{"requests_per_minute": object{"write": -1}}, []string{b.path("requests_per_minute.write"), "between 0 and"}},
			{"nothing at a time", object{"max_concurrent_requests": 0}, []string{b.path("max_concurrent_requests"), "between 1 and"}},
			{"authority", object{"ca_certificate": certificate}, nil},
			{"authorities with text around", object{"ca_certificate": "# ours\n" + certificate + "\n# and theirs\n" + otherCertificate}, nil},
			{"a file name is no authority", object{"ca_certificate": "/etc/ssl/ca.pem"}, []string{b.path("ca_certificate"), "no PEM certificate", "file()"}},
			{"a key is no authority", object{"ca_certificate": key}, []string{b.path("ca_certificate"), `"PRIVATE KEY"`}},
			{"broken authority", object{"ca_certificate": encodePEM("CERTIFICATE", []byte("x"))}, []string{b.path("ca_certificate"), "certificate 1 can't be read"}},
			{"cut off authority", object{"ca_certificate": certificate + otherCertificate[:200]}, []string{b.path("ca_certificate"), "after certificate 1 is broken"}},
			{"empty authority", object{"ca_certificate": ""}, nil},
		} {
			t.Run(b.name+"/"+tc.name, func(t *testing.T) {
				t.Parallel()
				wantReport(t, protocolReport(validate(t, nil, object{b.name: tc.config})), tc.want)
			})
		}
	}
}

func TestValidateAddresses(t *testing.T) {
	t.Parallel()
	for _, b := range blocks {
		for _, text := range b.texts {
			if !strings.HasSuffix(text.name, "url") && !strings.HasSuffix(text.name, "endpoint") {
				continue
			}
			at := b.path(text.name)
			for _, tc := range []struct {
				name  string
				value any
				want  []string
			}{
				{"https", "https://service.example.com", nil},
				{"https with a path", "https://service.example.com/gateway/", nil},
				{"http to this machine", "http://127.0.0.1:8080", nil},
				{"http to this machine by IPv6", "http://[::1]:8080", nil},
				{"http to this machine by name", "http://localhost:8080", nil},
				{"unknown", unknown{}, nil},
				{"http elsewhere", "http://service.example.com", []string{at, "loopback", "https://"}},
				{"http to a name that begins like this machine", "http://localhost.example.com", []string{at, "loopback"}},
				{"http to an address that begins like this machine", "http://127.0.0.1.example.com", []string{at, "loopback"}},
				{"no scheme", "service.example.com", []string{at, "absolute URL"}},
				{"another scheme", "ftp://service.example.com", []string{at, "https"}},
				{"credentials in it", "https://user:hunter2@service.example.com", []string{at, "user name or password"}},
				{"a query", "https://service.example.com?a=b", []string{at, "query"}},
			} {
				t.Run(at+"/"+tc.name, func(t *testing.T) {
					t.Parallel()
					got := protocolReport(validate(t, nil, object{b.name: object{text.name: tc.value}}))
					wantReport(t, got, tc.want)
					if strings.Contains(got, "hunter2") {
						t.Errorf("the report repeats the password:\n%s", got)
					}
				})
			}
		}
	}
}

// The region and the cloud are parts of the host that gets the credentials.
func TestValidateRegionAndCloud(t *testing.T) {
	t.Parallel()
	for value, refused := range map[string]bool{
		"ap-southeast-3": false, "cn-north-4": false, "evil.example.com/": true, "a b": true, "x@evil": true, "a.b": true, "-a": true,
	} {
		got := protocolReport(validate(t, nil, object{"huaweicloud": object{"region": value}}))
		if refused != strings.Contains(got, "huaweicloud.region") {
			t.Errorf("region %q: %q", value, got)
		}
	}
	for value, refused := range map[string]bool{
		"myhuaweicloud.com": false, "myhuaweicloud.eu": false, "cloud": false, "evil.com/x": true, "a..b": true, ".com": true, "a:1": true,
	} {
		got := protocolReport(validate(t, nil, object{"huaweicloud": object{"cloud": value}}))
		if refused != strings.Contains(got, "huaweicloud.cloud") {
			t.Errorf("cloud %q: %q", value, got)
		}
	}
}
