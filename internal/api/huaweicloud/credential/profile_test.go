// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package credential

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const stored = `{"current":"plain","profiles":[
 {"name":"plain","mode":"AKSK","accessKeyId":"AKPLAIN","secretAccessKey":"sk-of-plain","region":"ap-southeast-3","projectId":"p1"},
 {"name":"temporary","mode":"AKSK","accessKeyId":"AKTEMP","secretAccessKey":"sk-of-temp","securityToken":"tok-of-temp"},
 {"name":"agency","mode":"AKSK","accessKeyId":"AKPLAIN","secretAccessKey":"sk-of-plain","agencyName":"operators","agencyDomainName":"corp","agencyDomainId":"d0"},
 {"name":"nobody's","accessKeyId":"AKPLAIN","secretAccessKey":"sk-of-plain","agencyName":"operators"},
 {"name":"sso","mode":"SSO","ssoAuth":{"stsToken":{"accessKeyId":"AKSSO","secretAccessKey":"sk-of-sso","securityToken":"tok-of-sso"}}},
 {"name":"logged out","mode":"SSO","ssoAuth":{}},
 {"name":"empty","mode":"ecsAgency"},
 {"name":"encrypted","mode":"AKSK","accessKeyId":"c2VjcmV0+/cipher==","secretAccessKey":"c2VjcmV0LWNpcGhlcg=="}]}`

func TestReadProfile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "config.json")
	plain := Keys{AccessKey: "AKPLAIN", SecretKey: "sk-of-plain"}
	for _, tc := range []struct {
		name, text string
		want       Profile
		wants      []string // of the error
	}{
		{name: "", text: stored, want: Profile{Keys: plain, From: "from profile plain in " + file, Region: "ap-southeast-3", ProjectID: "p1"}},
		{name: "temporary", text: stored, want: Profile{Keys: Keys{AccessKey: "AKTEMP", SecretKey: "sk-of-temp", SecurityToken: "tok-of-temp"}, From: "from profile temporary in " + file}},
		{name: "agency", text: stored, want: Profile{Keys: plain, From: "from profile agency in " + file, Agency: Agency{Name: "operators", DomainName: "corp", DomainID: "d0"}}},
		{name: "sso", text: stored, want: Profile{Keys: Keys{AccessKey: "AKSSO", SecretKey: "sk-of-sso", SecurityToken: "tok-of-sso"}, From: "from profile sso in " + file}},
		{name: "nobody's", text: stored, wants: []string{"profile nobody's in " + file, "agencyDomainName"}},
		{name: "logged out", text: stored, wants: []string{"profile logged out", "hcloud configure sso"}},
		{name: "empty", text: stored, wants: []string{"no access key", "ecsAgency"}},
		{name: "encrypted", text: stored, wants: []string{"not in plain text", "--cli-auth-encrypt=false"}},
		{name: "prod", text: stored, wants: []string{"no profile of that name", "plain, temporary"}},
		{name: "", text: `{"profiles":[]}`, wants: []string{"no current profile"}},
		{name: "a", text: `{"profiles":[]}`, wants: []string{"holds no profiles"}},
		{name: "a", text: `["sk-of-plain"]`, wants: []string{"not a file of the vendor's CLI"}},
		{name: "a", text: "\x00\x91sk-of-plain", wants: []string{"not JSON", "encrypted", "--cli-auth-encrypt=false"}},
		{name: "a", text: strings.Repeat(" ", 1<<20+1), wants: []string{"longer than"}},
	} {
		if err := os.WriteFile(file, []byte(tc.text), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := ReadProfile(file, tc.name)
		if (err == nil) != (len(tc.wants) == 0) {
			t.Errorf("%q: %v", tc.name, err)
			continue
		}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%q: %s", tc.name, diff)
		}
		for _, want := range tc.wants {
			if !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "sk-of") || strings.Contains(err.Error(), "cipher") {
				t.Errorf("%q: the error lacks %q or holds a secret: %v", tc.name, want, err)
			}
		}
	}
}
