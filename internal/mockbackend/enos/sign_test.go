// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package enos

import (
	"net/url"
	"testing"
)

const (
	vectorAccessKey = "11111111-2222-3333-4444-555555555555"
	vectorSecretKey = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"
	vectorTimestamp = "1700000000000"
	vectorToken     = "test-access-token"
	vectorApp       = "66666666-7777-8888-9999-000000000000"
	vectorOrg       = "o15000000000001"
)

func TestEncryptionVector(t *testing.T) {
	t.Parallel()
	const want = "6a157db6879b63209686cba63d5ef659a674b130d97f92eee9463cfcc4905299"
	if got := Encryption(vectorAccessKey, vectorTimestamp, vectorSecretKey); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestSignatureVectors(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		token, query, body, timestamp, secret string
		want                                  string
	}{
		"vendor, Chinese text": {
			token: "xxxxaaaxxxx", query: "k3=v3&k1=v1&k2=v2", timestamp: "1572574909697", secret: "xxxappSecretxxx",
			body: "{\n  \"count\": 20,\n  \"page\": 1,\n  \"desc\": \"描述\"\n}",
			want: "59828328f6c1f9771015dc74e4929ae30f518a35a3d2353972c2ea46556fc981",
		},
		"vendor, English text": {
			token: "xxxxaaaxxxx", query: "k3=v3&k1=v1&k2=v2", timestamp: "1572574909697", secret: "xxxappSecretxxx",
			body: "{\n  \"count\": 20,\n  \"page\": 1,\n  \"desc\": \"description\"\n}",
			want: "ad6dc6fc97f4290f3724e94eab38168d8613c41c3a4569b4b8b0efbce96a816c",
		},
		"V2 set": {
			query: "orgId=" + vectorOrg, body: `{"appId":"` + vectorApp + `","dataAuthorizeType":["ROLE","USER_OP","ASSET","USER"]}`,
			want: "2964894d9f5c89d9a2a2eff40ddddd9cc986efe109ae27673d0fbce009e4fe0a",
		},
		"V3 info": {
			query: "orgId=" + vectorOrg + "&appId=" + vectorApp,
			want:  "21bb57d71cdbb65467d29585c3269f3e377938c7af32b1f7c855bc4de4ad2b1f",
		},
		"V4 set nothing": {
			query: "orgId=" + vectorOrg, body: `{"appId":"` + vectorApp + `","dataAuthorizeType":[]}`,
			want: "9733636f6e11e62795213e1e6540a7e412a1142ebaa9f43eed2044a89bb6126c",
		},
		"V5 decoded values": {
			query: "orgId=o1&name=a+b%26c",
			want:  "e60f3dc4c2f6fbe72c7b378e2e115dc4ed921533d4151af96b2785d596de310c",
		},
		"V5 with %20": {
			query: "orgId=o1&name=a%20b%26c",
			want:  "e60f3dc4c2f6fbe72c7b378e2e115dc4ed921533d4151af96b2785d596de310c",
		},
		"V6 byte order": {
			query: "alpha=2&Zeta=1",
			want:  "36ba1d15c282d66dd2927b33727668c6efdd2abca15bff18a3845be16bce19a9",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if tc.token == "" {
				tc.token, tc.timestamp, tc.secret = vectorToken, vectorTimestamp, vectorSecretKey
			}
			query, err := url.ParseQuery(tc.query)
			if err != nil {
				t.Fatal(err)
			}
			if got := Signature(tc.token, query, []byte(tc.body), tc.timestamp, tc.secret); got != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
		})
	}
}

// The encoded text gives another digest than the decoded one, so that a verifier that decoded
// nothing would be found.
func TestSignatureOfEncodedTextDiffers(t *testing.T) {
	t.Parallel()
	const wrong = "972f32a707b8c130d8a84c688fb0b85bec5c1008960634d66d2c5bf861f69a06"
	encoded := url.Values{"orgId": {"o1"}, "name": {"a+b%26c"}}
	if got := Signature(vectorToken, encoded, nil, vectorTimestamp, vectorSecretKey); got != wrong {
		t.Errorf("got %s, want %s", got, wrong)
	}
}
