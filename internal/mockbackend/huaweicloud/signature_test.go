// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestSignatureVectors checks the verifier against the vendor's example (1), the vendor SDK's own
// test (2), and four requests of ours that two other implementations agree on.
func TestSignatureVectors(t *testing.T) {
	t.Parallel()
	const pid = "2b31ed520xxxxxxebedb6e57xxxxxxxx"
	const body5 = `{"app_ids":["3f791197-d166-4c8e-81e4-38c40ffc1989"],"authorization_type":"ASSIGN_USER","users":[{"account":"zhangsan","account_type":"SIMPLE","platform_type":"LOCAL"}]}`
	tests := []struct {
		name, method, target, body string
		header                     map[string]string
		secret, signed             string
		wantHash, wantSignature    string
	}{
		{
			name: "1 vendor example", method: http.MethodGet,
			target:        "/v1/77b6a44cba5143ab91d13ab9a8ff44fd/vpcs?limit=2&marker=13551d6b-755d-4757-b956-536f674975c0",
			header:        map[string]string{"Content-Type": "application/json", "X-Sdk-Date": "20191115T033655Z"},
			secret:        "MFyfvK41ba2giqM7Uio6PznpdUKGpownRZlmVmHc",
			signed:        "content-type;host;x-sdk-date",
			wantHash:      "b25362e603ee30f4f25e7858e8a7160fd36e803bb2dfe206278659d71a9bcd7a",
			wantSignature: "7be6668032f70418fcc22abc52071e57aff61b84a1d2381bb430d6870f4f6ebe",
		},
		{
			name: "2 vendor SDK", method: http.MethodGet, target: "/path?limit=1",
			header: map[string]string{"X-Sdk-Date": "20060102T150405Z"}, signed: "x-sdk-date",
			wantHash:      "85c3b7730f308aee452b16138a42a914397e43a8f0d732dfa521c0ef2afa98a4",
			wantSignature: "5a2ce64c865e0e6046321c6f3d5a77ba8413eeaf355c3166c03d58d02ac79624",
		},
		{
			name: "3 list authorizations", method: http.MethodGet,
			target: "/v1/" + pid + "/app-center/apps/3f791197-d166-4c8e-81e4-38c40ffc1989/authorizations?limit=100&offset=0",
			header: map[string]string{"X-Sdk-Date": "20260102T030405Z", "X-Project-Id": pid}, signed: "x-project-id;x-sdk-date",
			wantHash:      "a300bb4acf3c0c2a38b3d069dabcf145b13a0f9d2f664d933fb6d5bbbd6d6f22",
			wantSignature: "25cf290a0b12d376a7bf73d492c8889f2c6a7144431d07a341ae2a850ed7a671",
		},
		{
			name: "4 escapes and a temporary key", method: http.MethodGet,
			target: "/v1/" + pid + "/app-center/apps?" + escapeQuery("limit", "100", "offset", "0", "name", "一 (&=?!#%.*)"),
			header: map[string]string{"X-Sdk-Date": "20260102T030405Z", "X-Project-Id": pid, "X-Security-Token": "tok"},
			signed: "x-project-id;x-sdk-date;x-security-token",

			wantHash:      "7065e9fb6ac2c97b7b667153228178acbcb8df25ae92bd4cd6fe19b19b2144fd",
			wantSignature: "64db883151c4fd6c4b05c94571e67902b97647ae3edc4de69a95274274409795",
		},
		{
			name: "5 batch write", method: http.MethodPost, body: body5,
			target: "/v1/" + pid + "/app-center/apps/actions/batch-assign-authorization",
			header: map[string]string{"X-Sdk-Date": "20260102T030405Z", "X-Project-Id": pid, "Content-Type": "application/json"},
			signed: "x-project-id;x-sdk-date",

			wantHash:      "4b981646edf790c24a3a9aa486f3e913e1fa94c452742bdc8282cb4f836650c4",
			wantSignature: "2cea4593e550c65c78ae8527f5ad1f617c1a5c257437cdd5888c560165bcf129",
		},
		{
			name: "6 projects", method: http.MethodGet, target: "/v3/projects?name=cn-north-4",
			header: map[string]string{"X-Sdk-Date": "20260102T030405Z"}, signed: "x-sdk-date",
			wantHash:      "34c5f7f7a6290d8f1d66480f641f31f1d6a8ae7493811fb6a0683e573e32e72e",
			wantSignature: "65e1dfaa81b27ea1543fe39ed99b23ed1b893a360356ef1ed78ae3efed4fe2fd",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest(tt.method, "http://service.region.example.com"+tt.target, strings.NewReader(tt.body))
			for key, value := range tt.header {
				r.Header.Set(key, value)
			}
			secret := tt.secret
			if secret == "" {
				secret = "SecretKey"
			}
			canonical, err := canonicalRequest(r, strings.Split(tt.signed, ";"), hexHash([]byte(tt.body)))
			if err != nil {
				t.Fatal(err)
			}
			if got := hexHash([]byte(canonical)); got != tt.wantHash {
				t.Errorf("hash %s, want %s, of\n%s", got, tt.wantHash, canonical)
			}
			if got := sign(secret, tt.header["X-Sdk-Date"], canonical); got != tt.wantSignature {
				t.Errorf("signature %s, want %s", got, tt.wantSignature)
			}
		})
	}
}

func TestParseAuthorization(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]string{
		"": "does not begin",
		"AWS4-HMAC-SHA256 Access=a, SignedHeaders=x-sdk-date, Signature=s":                       "does not begin",
		"SDK-HMAC-SHA256 Access=a, SignedHeaders=host, Signature=s":                              "x-sdk-date is not among",
		"SDK-HMAC-SHA256 Access=a, SignedHeaders=x-sdk-date;host, Signature=s":                   "not sorted",
		"SDK-HMAC-SHA256 Access=a, SignedHeaders=Host;x-sdk-date, Signature=s":                   "lower case",
		"SDK-HMAC-SHA256 Access=a, SignedHeaders=x-sdk-date":                                     "lacks",
		"SDK-HMAC-SHA256 Access=a, Credential=b, SignedHeaders=x-sdk-date, Signature=s":          "unknown part",
		"SDK-HMAC-SHA256 Access=a, SignedHeaders=host;x-project-id;x-sdk-date, Signature=0a1b2c": "",
	} {
		_, err := parseAuthorization(header)
		switch {
		case want == "" && err != nil:
			t.Errorf("%q: %v", header, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%q: error %v, want one with %q", header, err, want)
		}
	}
}
